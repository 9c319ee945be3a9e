//! `expr`: evaluates an expression whose every token is an argument.

use std::cmp::Ordering;

use num_bigint::BigInt;
use pattern::regex::{Options, Regex, Syntax};
use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use crate::deep::deep;
use crate::options::{Args, Order, Spec};
use crate::quote::quote;
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "expr",
    "EXPRESSION\nOPTION",
    "Print the value of EXPRESSION to standard output.",
    &[],
)
.trouble(2)
.order(Order::Raw)
.notes(
    "EXPRESSION may be:\n\n\
     \x20 ARG1 | ARG2       ARG1 if it is neither null nor 0, otherwise ARG2\n\n\
     \x20 ARG1 & ARG2       ARG1 if neither argument is null or 0, otherwise 0\n\n\
     \x20 ARG1 < ARG2       ARG1 is less than ARG2\n\
     \x20 ARG1 <= ARG2      ARG1 is less than or equal to ARG2\n\
     \x20 ARG1 = ARG2       ARG1 is equal to ARG2\n\
     \x20 ARG1 != ARG2      ARG1 is unequal to ARG2\n\
     \x20 ARG1 >= ARG2      ARG1 is greater than or equal to ARG2\n\
     \x20 ARG1 > ARG2       ARG1 is greater than ARG2\n\n\
     \x20 ARG1 + ARG2       arithmetic sum of ARG1 and ARG2\n\
     \x20 ARG1 - ARG2       arithmetic difference of ARG1 and ARG2\n\n\
     \x20 ARG1 * ARG2       arithmetic product of ARG1 and ARG2\n\
     \x20 ARG1 / ARG2       arithmetic quotient of ARG1 divided by ARG2\n\
     \x20 ARG1 % ARG2       arithmetic remainder of ARG1 divided by ARG2\n\n\
     \x20 STRING : REGEXP   anchored pattern match of REGEXP in STRING\n\n\
     \x20 match STRING REGEXP        same as STRING : REGEXP\n\
     \x20 substr STRING POS LENGTH   substring of STRING, POS counted from 1\n\
     \x20 index STRING CHARS         index in STRING where any CHARS is found, or 0\n\
     \x20 length STRING              length of STRING\n\
     \x20 + TOKEN                    interpret TOKEN as a string, even if it is a\n\
     \x20                              keyword like 'match' or an operator like '/'\n\n\
     \x20 ( EXPRESSION )             value of EXPRESSION\n\n\
     Exit status is 0 if EXPRESSION is neither null nor 0, 1 if EXPRESSION is null\n\
     or 0, 2 if EXPRESSION is syntactically invalid, and 3 if an error occurred.",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

/// How deep parentheses may nest.
const MAX_DEPTH: usize = 100_000;

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut tokens = args.operands;
    if tokens.first().is_some_and(|t| t == b"--") {
        tokens.remove(0);
    }
    if tokens.is_empty() {
        return Err(SPEC.usage_error(cx, "missing operand"));
    }
    let mut e = Evaluator {
        tokens: &tokens,
        at: 0,
        utf8: cx.utf8(),
        depth: 0,
    };
    let value = e.or(true)?;
    if let Some(extra) = e.peek() {
        return Err(syntax([b"unexpected argument ", &quote(extra)[..]].concat()));
    }
    let null = value.is_null();
    let mut line = value.into_text();
    line.push(b'\n');
    cx.stdout.write_bytes(line.into())?;
    Ok(if null { ExitStatus::FAILURE } else { ExitStatus::SUCCESS })
}

fn syntax(message: Vec<u8>) -> CommandError {
    CommandError::fail(2, [b"syntax error: ", &message[..]].concat())
}

/// A value: text, or a number that came out of arithmetic. Small numbers need no allocation.
#[derive(Debug, Clone)]
enum Value {
    Text(Vec<u8>),
    Small(i128),
    Big(BigInt),
}

impl Value {
    fn into_text(self) -> Vec<u8> {
        match self {
            Value::Text(text) => text,
            Value::Small(n) => n.to_string().into_bytes(),
            Value::Big(n) => n.to_string().into_bytes(),
        }
    }

    /// Empty, or zero however it is written.
    fn is_null(&self) -> bool {
        match self {
            Value::Small(n) => *n == 0,
            Value::Big(_) => false,
            Value::Text(text) => {
                let digits = text.strip_prefix(b"-").unwrap_or(text);
                text.is_empty() || (!digits.is_empty() && digits.iter().all(|&b| b == b'0'))
            }
        }
    }

    /// The value as a number, if it looks like one.
    fn number(&self) -> Option<Value> {
        let Value::Text(text) = self else {
            return Some(self.clone());
        };
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let text = std::str::from_utf8(text).ok()?;
        text.parse()
            .ok()
            .map(Value::Small)
            .or_else(|| text.parse().ok().map(Value::Big))
    }

    fn big(self) -> Option<BigInt> {
        match self {
            Value::Small(n) => Some(n.into()),
            Value::Big(n) => Some(n),
            Value::Text(_) => None,
        }
    }
}

fn truth(yes: bool) -> Value {
    Value::Small(i128::from(yes))
}

fn arithmetic(op: &[u8], a: &Value, b: &Value) -> Result<Value, CommandError> {
    let not_integer = || CommandError::fail(2, "non-integer argument");
    let a = a.number().ok_or_else(not_integer)?;
    let b = b.number().ok_or_else(not_integer)?;
    if matches!(op, b"/" | b"%") && matches!(b, Value::Small(0)) {
        return Err(CommandError::fail(2, "division by zero"));
    }
    if let (Value::Small(a), Value::Small(b)) = (&a, &b) {
        let small = match op {
            b"+" => a.checked_add(*b),
            b"-" => a.checked_sub(*b),
            b"*" => a.checked_mul(*b),
            b"/" => a.checked_div(*b),
            _ => a.checked_rem(*b),
        };
        if let Some(n) = small {
            return Ok(Value::Small(n));
        }
    }
    let (a, b) = (a.big().ok_or_else(not_integer)?, b.big().ok_or_else(not_integer)?);
    let n = match op {
        b"+" => a + b,
        b"-" => a - b,
        b"*" => a * b,
        b"/" => a / b,
        _ => a % b,
    };
    Ok(i128::try_from(&n).map_or(Value::Big(n), Value::Small))
}

/// Numbers compare as such when both sides are, everything else by bytes.
fn compare(a: Value, b: Value) -> Ordering {
    match (a.number(), b.number()) {
        (Some(Value::Small(a)), Some(Value::Small(b))) => a.cmp(&b),
        (Some(a), Some(b)) => a.big().cmp(&b.big()),
        _ => a.into_text().cmp(&b.into_text()),
    }
}

struct Evaluator<'a> {
    tokens: &'a [Vec<u8>],
    at: usize,
    utf8: bool,
    depth: usize,
}

impl<'a> Evaluator<'a> {
    fn peek(&self) -> Option<&'a [u8]> {
        self.tokens.get(self.at).map(Vec::as_slice)
    }

    /// Takes the next token if it is one of these.
    fn take(&mut self, ops: &[&[u8]]) -> Option<&'a [u8]> {
        let token = self.peek().filter(|t| ops.contains(t))?;
        self.at += 1;
        Some(token)
    }

    fn missing(&self) -> CommandError {
        let before = self
            .at
            .checked_sub(1)
            .and_then(|i| self.tokens.get(i))
            .map(Vec::as_slice)
            .unwrap_or_default();
        syntax([b"missing argument after ", &quote(before)[..]].concat())
    }

    /// `|`. With `run` unset, an expression is only read: the side that does not count may divide by zero.
    fn or(&mut self, run: bool) -> Result<Value, CommandError> {
        let mut left = self.and(run)?;
        while self.take(&[b"|"]).is_some() {
            let decided = !left.is_null();
            let right = self.and(run && !decided)?;
            if !decided {
                left = if right.is_null() { truth(false) } else { right };
            }
        }
        Ok(left)
    }

    fn and(&mut self, run: bool) -> Result<Value, CommandError> {
        let mut left = self.comparison(run)?;
        while self.take(&[b"&"]).is_some() {
            let decided = left.is_null();
            let right = self.comparison(run && !decided)?;
            if decided || right.is_null() {
                left = truth(false);
            }
        }
        Ok(left)
    }

    fn comparison(&mut self, run: bool) -> Result<Value, CommandError> {
        let mut left = self.sum(run)?;
        while let Some(op) = self.take(&[b"<", b"<=", b"=", b"==", b"!=", b">=", b">"]) {
            let right = self.sum(run)?;
            let order = if run { compare(left, right) } else { Ordering::Equal };
            left = truth(match op {
                b"<" => order.is_lt(),
                b"<=" => order.is_le(),
                b"=" | b"==" => order.is_eq(),
                b"!=" => order.is_ne(),
                b">=" => order.is_ge(),
                _ => order.is_gt(),
            });
        }
        Ok(left)
    }

    fn sum(&mut self, run: bool) -> Result<Value, CommandError> {
        let mut left = self.product(run)?;
        while let Some(op) = self.take(&[b"+", b"-"]) {
            let right = self.product(run)?;
            if run {
                left = arithmetic(op, &left, &right)?;
            }
        }
        Ok(left)
    }

    fn product(&mut self, run: bool) -> Result<Value, CommandError> {
        let mut left = self.matching(run)?;
        while let Some(op) = self.take(&[b"*", b"/", b"%"]) {
            let right = self.matching(run)?;
            if run {
                left = arithmetic(op, &left, &right)?;
            }
        }
        Ok(left)
    }

    fn matching(&mut self, run: bool) -> Result<Value, CommandError> {
        let mut left = self.keyword(run)?;
        while self.take(&[b":"]).is_some() {
            let right = self.keyword(run)?;
            if run {
                left = self.matched(left, right)?;
            }
        }
        Ok(left)
    }

    fn keyword(&mut self, run: bool) -> Result<Value, CommandError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(CommandError::fail(2, "expression is nested too deeply"));
        }
        let value = deep(|| self.keyword_inner(run));
        self.depth -= 1;
        value
    }

    fn keyword_inner(&mut self, run: bool) -> Result<Value, CommandError> {
        match self.peek() {
            None => Err(self.missing()),
            Some(b"+") => {
                self.at += 1;
                let text = self.peek().ok_or_else(|| self.missing())?;
                self.at += 1;
                Ok(Value::Text(text.to_vec()))
            }
            Some(b"length") => {
                self.at += 1;
                let text = self.keyword(run)?.into_text();
                Ok(Value::Small(self.chars(&text).len() as i128))
            }
            Some(b"match") => {
                self.at += 1;
                let text = self.keyword(run)?;
                let pattern = self.keyword(run)?;
                if run { self.matched(text, pattern) } else { Ok(text) }
            }
            Some(b"index") => {
                self.at += 1;
                let text = self.keyword(run)?.into_text();
                let set = self.keyword(run)?.into_text();
                let set = self.chars(&set);
                let found = self.chars(&text).iter().position(|c| set.contains(c));
                Ok(Value::Small(found.map_or(0, |n| n as i128 + 1)))
            }
            Some(b"substr") => {
                self.at += 1;
                let text = self.keyword(run)?.into_text();
                let from = self.keyword(run)?;
                let len = self.keyword(run)?;
                Ok(Value::Text(self.substr(&text, &from, &len)))
            }
            Some(b"(") => {
                self.at += 1;
                let value = self.or(run)?;
                match self.peek() {
                    Some(b")") => {
                        self.at += 1;
                        Ok(value)
                    }
                    Some(other) => Err(syntax([b"expecting ')' instead of ", &quote(other)[..]].concat())),
                    None => {
                        let before = &self.tokens[self.at - 1];
                        Err(syntax([b"expecting ')' after ", &quote(before)[..]].concat()))
                    }
                }
            }
            Some(b")") => Err(syntax(b"unexpected ')'".to_vec())),
            Some(token) => {
                self.at += 1;
                Ok(Value::Text(token.to_vec()))
            }
        }
    }

    /// The characters of a text; bytes that are not UTF-8 count one each.
    fn chars<'t>(&self, text: &'t [u8]) -> Vec<&'t [u8]> {
        if !self.utf8 {
            return text.chunks(1).collect();
        }
        let mut all = Vec::new();
        for chunk in text.utf8_chunks() {
            let valid = chunk.valid();
            all.extend(
                valid
                    .char_indices()
                    .map(|(i, c)| &valid.as_bytes()[i..i + c.len_utf8()]),
            );
            all.extend(chunk.invalid().chunks(1));
        }
        all
    }

    fn substr(&self, text: &[u8], from: &Value, len: &Value) -> Vec<u8> {
        let at_least_one = |v: &Value| match v.number()? {
            Value::Small(n) if n > 0 => Some(usize::try_from(n).unwrap_or(usize::MAX)),
            Value::Big(n) if n > BigInt::ZERO => Some(usize::MAX),
            _ => None,
        };
        let (Some(from), Some(len)) = (at_least_one(from), at_least_one(len)) else {
            return Vec::new();
        };
        self.chars(text)
            .into_iter()
            .skip(from - 1)
            .take(len)
            .collect::<Vec<_>>()
            .concat()
    }

    /// `STRING : REGEXP`: the first group, or the number of characters matched.
    fn matched(&self, text: Value, pattern: Value) -> Result<Value, CommandError> {
        let (text, pattern) = (text.into_text(), pattern.into_text());
        let options = Options {
            utf8: self.utf8,
            ..Options::new(Syntax::Bre)
        };
        let regex = Regex::new(&pattern, &options).map_err(|e| CommandError::fail(2, e.to_string()))?;
        let mut captures = regex.new_captures();
        let found = regex
            .captures_at(&text, 0, &mut captures)
            .map_err(|e| CommandError::fail(3, e.to_string()))?;
        let whole = captures.get(0).filter(|m| found && m.start == 0);
        Ok(match (whole, regex.group_count() > 1) {
            (Some(_), true) => Value::Text(captures.get(1).map_or_else(Vec::new, |m| text[m.range()].to_vec())),
            (Some(m), false) => Value::Small(self.chars(&text[m.range()]).len() as i128),
            (None, true) => Value::Text(Vec::new()),
            (None, false) => truth(false),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    fn expr(args: &str) -> (String, u8) {
        let args: Vec<&str> = args.split(' ').collect();
        let outcome = Lab::new().run("expr", &args, b"");
        (
            String::from_utf8([outcome.stdout, outcome.stderr].concat()).unwrap(),
            outcome.status,
        )
    }

    #[test]
    fn values_and_status_are_those_of_gnu_expr() {
        for (args, want, status) in [
            ("1 + 2 + 3 * 2", "9\n", 0),
            ("( 1 + 2 ) * 3", "9\n", 0),
            ("-7 / 2", "-3\n", 0),
            ("-7 % 2", "-1\n", 0),
            ("9223372036854775807 + 1", "9223372036854775808\n", 0),
            (
                "99999999999999999999999 * 99999999999999999999999",
                "9999999999999999999999800000000000000000000001\n",
                0,
            ),
            ("abc : a\\(.\\)c", "b\n", 0),
            ("abc : ab", "2\n", 0),
            ("abc : x", "0\n", 1),
            ("substr abcdef 2 3", "bcd\n", 0),
            ("index abcdef dx", "4\n", 0),
            ("length + length", "6\n", 0),
            ("10 < 9", "0\n", 1),
            ("abc < abd", "1\n", 0),
            ("0 | 5", "5\n", 0),
            ("1 & 0", "0\n", 1),
            ("1 | ( 5 / 0 )", "1\n", 0),
            ("00", "00\n", 1),
            ("a + 1", "expr: non-integer argument\n", 2),
            ("5 / 0", "expr: division by zero\n", 2),
        ] {
            assert_eq!(expr(args), (want.to_owned(), status), "{args}");
        }
    }

    #[test]
    fn deep_nesting_does_not_crash() {
        let deep = format!("{}1{}", "( ".repeat(20_000), " )".repeat(20_000));
        assert_eq!(expr(&deep).0, "1\n");
    }
}
