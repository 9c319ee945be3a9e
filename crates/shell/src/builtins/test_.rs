//! `test` and `[`. With up to four arguments their number decides the meaning (POSIX XCU `test`); beyond that an expression
//! with `-o`, `-a`, `!` and parentheses is parsed.

use crate::exec::cond::numeric;
use crate::shell::{Exec, Flow, Shell};
use crate::syntax::ast::CondOp;

use super::options::integer;

/// Why there is no answer.
enum Problem {
    /// A message; the status is 2.
    Usage(Vec<u8>),
    Flow(Flow),
}

impl From<Flow> for Problem {
    fn from(flow: Flow) -> Self {
        Self::Flow(flow)
    }
}

type Answer = Result<bool, Problem>;

/// Parentheses and negations beyond which an expression is refused.
const MAX_NESTING: usize = 1_000;

struct Test<'a> {
    shell: &'a mut Shell,
    args: &'a [Vec<u8>],
    at: usize,
    depth: usize,
    /// Called as `[`.
    bracket: bool,
}

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let name = args.first().cloned().unwrap_or_default();
    let mut operands = args.get(1..).unwrap_or_default();
    if name == b"[" {
        match operands.split_last() {
            Some((last, rest)) if last == b"]" => operands = rest,
            _ => {
                sh.builtin_error(b"[", "missing `]'");
                return Ok(2);
            }
        }
    }
    let bracket = name == b"[";
    let mut test = Test {
        shell: sh,
        args: operands,
        at: 0,
        depth: 0,
        bracket,
    };
    match test.by_count(operands) {
        Ok(true) => Ok(0),
        Ok(false) => Ok(1),
        Err(Problem::Flow(flow)) => Err(flow),
        Err(Problem::Usage(message)) => {
            sh.builtin_error(&name, message);
            Ok(2)
        }
    }
}

fn usage(parts: &[&[u8]]) -> Problem {
    Problem::Usage(parts.concat())
}

/// The letter of a unary operator.
fn unary(arg: &[u8]) -> Option<u8> {
    match arg {
        [b'-', letter] if b"abcdefghknoprstuvwxzGLNORS".contains(letter) => Some(*letter),
        _ => None,
    }
}

fn binary(arg: &[u8]) -> Option<CondOp> {
    Some(match arg {
        b"=" => CondOp::Equal,
        b"==" => CondOp::EqualEqual,
        b"!=" => CondOp::NotEqual,
        b"<" => CondOp::Less,
        b">" => CondOp::Greater,
        b"-eq" => CondOp::NumEq,
        b"-ne" => CondOp::NumNe,
        b"-lt" => CondOp::NumLt,
        b"-le" => CondOp::NumLe,
        b"-gt" => CondOp::NumGt,
        b"-ge" => CondOp::NumGe,
        b"-nt" => CondOp::Newer,
        b"-ot" => CondOp::Older,
        b"-ef" => CondOp::SameFile,
        _ => return None,
    })
}

impl Test<'_> {
    fn by_count(&mut self, args: &[Vec<u8>]) -> Answer {
        match args {
            [] => Ok(false),
            [one] => Ok(!one.is_empty()),
            [bang, rest @ ..] if bang == b"!" && rest.len() == 1 => Ok(rest[0].is_empty()),
            [op, operand] => match unary(op) {
                Some(letter) => self.unary(letter, operand),
                None => Err(usage(&[op, b": unary operator expected"])),
            },
            [left, op, right] => self.three(left, op, right),
            [bang, rest @ ..] if bang == b"!" && rest.len() == 3 => self.by_count(rest).map(|answer| !answer),
            [open, inner @ .., close] if inner.len() == 2 && open == b"(" && close == b")" => self.by_count(inner),
            _ => {
                let answer = self.or()?;
                if self.at < self.args.len() {
                    Err(usage(&[b"too many arguments"]))
                } else {
                    Ok(answer)
                }
            }
        }
    }

    fn three(&mut self, left: &[u8], op: &[u8], right: &[u8]) -> Answer {
        if let Some(op) = binary(op) {
            return self.binary(op, left, right);
        }
        match (left, op, right) {
            (_, b"-a", _) => Ok(!left.is_empty() && !right.is_empty()),
            (_, b"-o", _) => Ok(!left.is_empty() || !right.is_empty()),
            (b"!", ..) => self.by_count(&[op.to_vec(), right.to_vec()]).map(|answer| !answer),
            (b"(", _, b")") => Ok(!op.is_empty()),
            _ => Err(usage(&[op, b": binary operator expected"])),
        }
    }

    fn unary(&mut self, letter: u8, operand: &[u8]) -> Answer {
        Ok(self.shell.test_unary(letter, operand)?)
    }

    fn binary(&mut self, op: CondOp, left: &[u8], right: &[u8]) -> Answer {
        let Some(compare) = numeric(op) else {
            return Ok(self.shell.test_binary(op, left, right));
        };
        let number = |text: &[u8]| integer(text).ok_or_else(|| usage(&[text, b": integer expression expected"]));
        Ok(compare(number(left)?, number(right)?))
    }

    fn peek(&self) -> Option<&[u8]> {
        self.args.get(self.at).map(Vec::as_slice)
    }

    /// Alternatives are all evaluated, as in bash.
    fn or(&mut self) -> Answer {
        let mut answer = self.and()?;
        while self.peek() == Some(b"-o") {
            self.at += 1;
            answer |= self.and()?;
        }
        Ok(answer)
    }

    fn and(&mut self) -> Answer {
        let mut answer = self.term()?;
        while self.peek() == Some(b"-a") {
            self.at += 1;
            answer &= self.term()?;
        }
        Ok(answer)
    }

    fn term(&mut self) -> Answer {
        let mut negate = false;
        while self.peek() == Some(b"!") {
            negate = !negate;
            self.at += 1;
        }
        Ok(self.primary()? != negate)
    }

    fn primary(&mut self) -> Answer {
        let args = self.args;
        let Some(first) = args.get(self.at) else {
            return Err(usage(&[b"argument expected"]));
        };
        if first == b"(" {
            self.at += 1;
            self.depth += 1;
            if self.depth > MAX_NESTING {
                return Err(usage(&[b"expression nested too deeply"]));
            }
            let answer = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.or())?;
            self.depth -= 1;
            return match self.peek() {
                Some(b")") => {
                    self.at += 1;
                    Ok(answer)
                }
                Some(other) => Err(usage(&[b"`)' expected, found ", other])),
                // For `[` the closing bracket is still there to be found.
                None if self.bracket => Err(usage(&[b"`)' expected, found ]"])),
                None => Err(usage(&[b"`)' expected"])),
            };
        }
        if let Some(op) = args.get(self.at + 1).and_then(|op| binary(op))
            && let Some(right) = args.get(self.at + 2)
        {
            self.at += 3;
            return self.binary(op, first, right);
        }
        // An operator without an operand is a string like any other.
        if let Some(letter) = unary(first)
            && let Some(operand) = args.get(self.at + 1)
        {
            self.at += 2;
            return self.unary(letter, operand);
        }
        self.at += 1;
        Ok(!first.is_empty())
    }
}
