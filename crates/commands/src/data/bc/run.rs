//! Runs statements.

mod call;

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::rc::Rc;

use shell::command::{CommandError, Context};

use super::lex;
use super::number::Num;
use super::parse::{Binary, Expr, Function, Item, Parser, Place, Printed, Stmt};
use crate::input;

/// Largest index of an array, and base of output.
const MOST: i64 = 1 << 24;
const MOST_BASE: i64 = 2_147_483_647;
/// Most digits that a number may have.
const DIGITS: usize = 20_000_000;

type Array = BTreeMap<i64, Num>;

/// Why a statement did not come to its end.
enum Stop {
    Break,
    Continue,
    Return(Option<Num>),
    Halt,
    /// A fault: the line is given up.
    Fault(String),
    Error(CommandError),
}

impl From<CommandError> for Stop {
    fn from(e: CommandError) -> Self {
        Self::Error(e)
    }
}

type Run<T> = Result<T, Stop>;

pub(super) struct Machine {
    scale: usize,
    ibase: u32,
    obase: u32,
    last: Num,
    names: HashMap<Vec<u8>, Num>,
    arrays: HashMap<Vec<u8>, Array>,
    functions: HashMap<Vec<u8>, Rc<Function>>,
    library: bool,
    /// Characters per line; 0 for no limit.
    width: usize,
    column: usize,
    depth: usize,
    /// The function that runs.
    function: Vec<u8>,
    /// Where about in the code: counts as the real machine's byte code does.
    address: usize,
    rounds: u32,
    /// What is left of standard input for `read()`.
    input: Vec<u8>,
    random: u64,
}

impl Machine {
    pub(super) fn new(cx: &Context<'_>, library: bool) -> Self {
        let width = cx
            .var("BC_LINE_LENGTH")
            .and_then(|v| std::str::from_utf8(v).ok()?.trim().parse::<usize>().ok())
            .map_or(70, |n| if n == 0 { 0 } else { n.max(3) });
        Self {
            scale: if library { 20 } else { 0 },
            ibase: 10,
            obase: 10,
            last: Num::int(0),
            names: HashMap::new(),
            arrays: HashMap::new(),
            functions: HashMap::new(),
            library,
            width,
            column: 0,
            depth: 0,
            function: b"(main)".to_vec(),
            address: 0,
            rounds: 0,
            input: Vec::new(),
            random: 0x2545_f491_4f6c_dd1d,
        }
    }

    /// Runs a file; false when it said that all is over.
    pub(super) fn file(&mut self, cx: &mut Context<'_>, name: &[u8], text: &[u8]) -> Result<bool, CommandError> {
        let mut parser = Parser::new(lex::words(text));
        loop {
            match parser.item() {
                Item::End => return Ok(true),
                Item::Quit => return Ok(false),
                Item::Fault(fault) => {
                    cx.stdout.flush_now()?;
                    let line = [name, format!(" {}: {}\n", fault.0, fault.1).as_bytes()].concat();
                    let _ = cx.stderr.write_all(&line);
                }
                Item::Line(list) => {
                    self.address = 0;
                    for s in &list {
                        match self.statement(cx, s) {
                            Ok(()) | Err(Stop::Break | Stop::Continue | Stop::Return(_)) => {}
                            Err(Stop::Halt) => return Ok(false),
                            Err(Stop::Error(e)) => return Err(e),
                            Err(Stop::Fault(text)) => {
                                self.report(cx, "error", &text)?;
                                self.function = b"(main)".to_vec();
                                self.depth = 0;
                                break;
                            }
                        }
                    }
                    cx.stdout.flush_now()?;
                }
            }
        }
    }

    /// Runs standard input.
    pub(super) fn standard_input(&mut self, cx: &mut Context<'_>) -> Result<(), CommandError> {
        let text = input::stdin(cx).read_all()?;
        // What stands in the lines behind a `read()` is its input, not a program.
        if memchr::memmem::find(&text, b"read").is_none() {
            return self.file(cx, b"(standard_in)", &text).map(drop);
        }
        let mut rest = text.to_vec();
        let mut line = 0;
        while !rest.is_empty() {
            let end = complete(&rest);
            let tail = rest.split_off(end);
            self.input = tail;
            let padded = [vec![b'\n'; line], rest.clone()].concat();
            line += memchr::memchr_iter(b'\n', &rest).count();
            if !self.file(cx, b"(standard_in)", &padded)? {
                break;
            }
            rest = std::mem::take(&mut self.input);
        }
        Ok(())
    }

    fn report(&mut self, cx: &mut Context<'_>, kind: &str, text: &str) -> Result<(), CommandError> {
        cx.stdout.flush_now()?;
        let function = String::from_utf8_lossy(&self.function).into_owned();
        let line = format!("Runtime {kind} (func={function}, adr={}): {text}\n", self.address);
        let _ = cx.stderr.write_all(line.as_bytes());
        Ok(())
    }

    fn poll(&mut self, cx: &Context<'_>) -> Run<()> {
        self.rounds = self.rounds.wrapping_add(1);
        if self.rounds.is_multiple_of(256) {
            cx.cancel.check().map_err(CommandError::from)?;
        }
        Ok(())
    }

    fn out(&mut self, cx: &mut Context<'_>, text: &[u8]) -> Run<()> {
        let out = cx.stdout.buffer();
        for b in text {
            if *b == b'\n' {
                self.column = 0;
            } else {
                // The last columns are for the backslash and the newline.
                if self.width > 0 && self.column + 2 >= self.width {
                    out.extend_from_slice(b"\\\n");
                    self.column = 0;
                }
                self.column += 1;
            }
            out.push(*b);
        }
        Ok(cx.stdout.spill().map_err(CommandError::from)?)
    }

    fn raw(&mut self, cx: &mut Context<'_>, text: &[u8]) -> Run<()> {
        cx.stdout.buffer().extend_from_slice(text);
        self.column = match memchr::memrchr(b'\n', text) {
            Some(n) => text.len() - n - 1,
            None => self.column + text.len(),
        };
        Ok(cx.stdout.spill().map_err(CommandError::from)?)
    }

    fn statements(&mut self, cx: &mut Context<'_>, list: &[Stmt]) -> Run<()> {
        for s in list {
            self.statement(cx, s)?;
        }
        Ok(())
    }

    fn statement(&mut self, cx: &mut Context<'_>, s: &Stmt) -> Run<()> {
        self.poll(cx)?;
        match s {
            Stmt::Expr(e) => {
                let value = self.expr(cx, e)?;
                let silent = match e {
                    Expr::Assign(..) => true,
                    Expr::Call(name, _) => self.functions.get(name).is_some_and(|f| f.void),
                    _ => false,
                };
                if !silent {
                    let text = value.show(self.obase);
                    self.out(cx, text.as_bytes())?;
                    self.out(cx, b"\n")?;
                    self.last = value;
                }
                Ok(())
            }
            Stmt::Text(text) => self.raw(cx, text),
            Stmt::Print(list) => {
                for item in list {
                    match item {
                        Printed::Text(text) => {
                            let text = unescape(text);
                            self.raw(cx, &text)?;
                        }
                        Printed::Value(e) => {
                            let value = self.expr(cx, e)?;
                            let text = value.show(self.obase);
                            self.out(cx, text.as_bytes())?;
                            self.last = value;
                        }
                    }
                }
                Ok(())
            }
            Stmt::Block(list) => crate::deep::deep(|| self.statements(cx, list)),
            Stmt::If(condition, then, otherwise) => {
                if !self.expr(cx, condition)?.is_zero() {
                    crate::deep::deep(|| self.statement(cx, then))
                } else if let Some(other) = otherwise {
                    crate::deep::deep(|| self.statement(cx, other))
                } else {
                    Ok(())
                }
            }
            Stmt::While(condition, body) => {
                while !self.expr(cx, condition)?.is_zero() {
                    match crate::deep::deep(|| self.statement(cx, body)) {
                        Ok(()) | Err(Stop::Continue) => {}
                        Err(Stop::Break) => break,
                        Err(other) => return Err(other),
                    }
                }
                Ok(())
            }
            Stmt::For(first, condition, step, body) => {
                if let Some(e) = first {
                    self.expr(cx, e)?;
                }
                loop {
                    if let Some(e) = condition
                        && self.expr(cx, e)?.is_zero()
                    {
                        return Ok(());
                    }
                    match crate::deep::deep(|| self.statement(cx, body)) {
                        Ok(()) | Err(Stop::Continue) => {}
                        Err(Stop::Break) => return Ok(()),
                        Err(other) => return Err(other),
                    }
                    if let Some(e) = step {
                        self.expr(cx, e)?;
                    }
                }
            }
            Stmt::Break => Err(Stop::Break),
            Stmt::Continue => Err(Stop::Continue),
            Stmt::Return(value) => {
                let value = match value {
                    Some(e) => Some(self.expr(cx, e)?),
                    None => None,
                };
                Err(Stop::Return(value))
            }
            Stmt::Halt => Err(Stop::Halt),
            Stmt::Limits => {
                let text = format!(
                    "BC_BASE_MAX     = {MOST_BASE}\nBC_DIM_MAX      = {}\nBC_SCALE_MAX    = {DIGITS}\nBC_STRING_MAX   = 2147483647\nMAX Exponent    = 9223372036854775807\n",
                    MOST - 1
                );
                self.raw(cx, text.as_bytes())
            }
            Stmt::Warranty => self.raw(cx, b"This program comes WITHOUT ANY WARRANTY.\n"),
            Stmt::Define(f) => {
                self.functions.insert(f.name.clone(), f.clone());
                Ok(())
            }
        }
    }

    fn expr(&mut self, cx: &mut Context<'_>, e: &Expr) -> Run<Num> {
        crate::deep::deep(|| self.expr_here(cx, e))
    }

    fn expr_here(&mut self, cx: &mut Context<'_>, e: &Expr) -> Run<Num> {
        Ok(match e {
            Expr::Number(digits) => {
                self.address += if matches!(&digits[..], b"0" | b"1") {
                    1
                } else {
                    digits.len() + 2
                };
                Num::parse(digits, self.ibase)
            }
            Expr::Group(inner) => self.expr(cx, inner)?,
            Expr::Place(place) => {
                let index = self.index(cx, place)?;
                self.address += 2;
                self.load(place, index)
            }
            Expr::Assign(place, op, value) => {
                let index = self.index(cx, place)?;
                let before = self.load(place, index);
                let mut new = self.expr(cx, value)?;
                if let Some(op) = op {
                    new = self.apply(cx, *op, &before, &new)?;
                }
                self.address += 2;
                self.store(cx, place, index, new.clone())?;
                // What was stored may have been corrected.
                match place {
                    Place::Scale | Place::Ibase | Place::Obase => self.load(place, index),
                    _ => new,
                }
            }
            Expr::Step(place, up, before) => {
                let index = self.index(cx, place)?;
                let old = self.load(place, index);
                let new = old.add(&Num::int(if *up { 1 } else { -1 }));
                self.store(cx, place, index, new.clone())?;
                if *before { old } else { new }
            }
            Expr::Negate(inner) => {
                let n = self.expr(cx, inner)?.neg();
                self.address += 1;
                n
            }
            Expr::Not(inner) => Num::int(i64::from(self.expr(cx, inner)?.is_zero())),
            Expr::Binary(Binary::And, a, b) => {
                let yes = !self.expr(cx, a)?.is_zero() && !self.expr(cx, b)?.is_zero();
                Num::int(i64::from(yes))
            }
            Expr::Binary(Binary::Or, a, b) => {
                let yes = !self.expr(cx, a)?.is_zero() || !self.expr(cx, b)?.is_zero();
                Num::int(i64::from(yes))
            }
            Expr::Binary(op, a, b) => {
                let (a, b) = (self.expr(cx, a)?, self.expr(cx, b)?);
                self.address += 1;
                self.apply(cx, *op, &a, &b)?
            }
            Expr::Length(inner) => Num::int(self.expr(cx, inner)?.length() as i64),
            Expr::ScaleOf(inner) => Num::int(self.expr(cx, inner)?.scale as i64),
            Expr::Sqrt(inner) => {
                let n = self.expr(cx, inner)?;
                self.address += 2;
                let scale = self.scale;
                match n.sqrt(scale) {
                    Some(root) => root,
                    None => return Err(Stop::Fault("Square root of a negative number".into())),
                }
            }
            Expr::Read => self.read(),
            Expr::Random => {
                self.random ^= self.random << 13;
                self.random ^= self.random >> 7;
                self.random ^= self.random << 17;
                Num::int((self.random >> 33) as i64)
            }
            Expr::Call(name, given) => self.call(cx, name, given)?,
        })
    }

    fn apply(&mut self, cx: &mut Context<'_>, op: Binary, a: &Num, b: &Num) -> Run<Num> {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let truth = |yes: bool| Ok(Num::int(i64::from(yes)));
        let zero = || Stop::Fault("Divide by zero".into());
        match op {
            Binary::Add => Ok(a.add(b)),
            Binary::Sub => Ok(a.sub(b)),
            Binary::Mul => Ok(a.mul(b, self.scale)),
            Binary::Div => a.div(b, self.scale).ok_or_else(zero),
            Binary::Mod => a.rem(b, self.scale).ok_or_else(|| Stop::Fault("Modulo by zero".into())),
            Binary::Pow => {
                if b.has_fraction() {
                    self.report(cx, "warning", "non-zero scale in exponent")?;
                }
                let too_large = || Stop::Fault("exponent too large in raise".into());
                let n = b.to_i64().ok_or_else(too_large)?;
                // Whatever would fill the memory is refused before it is tried.
                let digits = (a.length() as u128) * u128::from(n.unsigned_abs());
                if digits > DIGITS as u128 && !matches!(a.rescale(0).to_i64(), Some(-1..=1) if !a.has_fraction()) {
                    return Err(too_large());
                }
                a.pow(n, self.scale).ok_or_else(zero)
            }
            Binary::Less => truth(a.cmp(b) == Less),
            Binary::LessEqual => truth(a.cmp(b) != Greater),
            Binary::Greater => truth(a.cmp(b) == Greater),
            Binary::GreaterEqual => truth(a.cmp(b) != Less),
            Binary::Equal => truth(a.cmp(b) == Equal),
            Binary::NotEqual => truth(a.cmp(b) != Equal),
            Binary::And => truth(!a.is_zero() && !b.is_zero()),
            Binary::Or => truth(!a.is_zero() || !b.is_zero()),
        }
    }

    /// The index of an element.
    fn index(&mut self, cx: &mut Context<'_>, place: &Place) -> Run<i64> {
        let Place::Element(name, e) = place else { return Ok(0) };
        let value = self.expr(cx, e)?;
        self.address += 2;
        match value.to_i64() {
            Some(n @ 0..MOST) => Ok(n),
            _ => {
                let name = String::from_utf8_lossy(name).into_owned();
                Err(Stop::Fault(format!("Array {name} subscript out of bounds.")))
            }
        }
    }

    fn load(&self, place: &Place, index: i64) -> Num {
        match place {
            Place::Name(name) => self.names.get(name).cloned().unwrap_or_else(|| Num::int(0)),
            Place::Element(name, _) => {
                let found = self.arrays.get(name).and_then(|a| a.get(&index));
                found.cloned().unwrap_or_else(|| Num::int(0))
            }
            Place::Scale => Num::int(self.scale as i64),
            Place::Ibase => Num::int(self.ibase.into()),
            Place::Obase => Num::int(self.obase.into()),
            Place::Last => self.last.clone(),
        }
    }

    fn store(&mut self, cx: &mut Context<'_>, place: &Place, index: i64, value: Num) -> Run<()> {
        match place {
            Place::Name(name) => {
                self.names.insert(name.clone(), value);
            }
            Place::Element(name, _) => {
                self.arrays.entry(name.clone()).or_default().insert(index, value);
            }
            Place::Last => self.last = value,
            Place::Scale => {
                if value.is_negative() {
                    self.report(cx, "warning", "negative scale, set to 0")?;
                    self.scale = 0;
                } else {
                    self.scale = value.to_i64().map_or(DIGITS, |n| (n as usize).min(DIGITS));
                }
            }
            Place::Ibase | Place::Obase => {
                let input = *place == Place::Ibase;
                let (name, most) = if input { ("ibase", 36) } else { ("obase", MOST_BASE) };
                let n = value.to_i64().unwrap_or(if value.is_negative() { 0 } else { i64::MAX });
                if n < 2 {
                    self.report(cx, "warning", &format!("{name} too small, set to 2"))?;
                } else if n > most {
                    self.report(cx, "warning", &format!("{name} too large, set to {most}"))?;
                }
                let n = n.clamp(2, most) as u32;
                if input {
                    self.ibase = n;
                } else {
                    self.obase = n;
                }
            }
        }
        Ok(())
    }

    /// A number out of standard input.
    fn read(&mut self) -> Num {
        let text = std::mem::take(&mut self.input);
        let start = text.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(text.len());
        let body = &text[start..];
        let negative = body.first() == Some(&b'-');
        let digits = &body[usize::from(negative)..];
        let len = digits
            .iter()
            .take_while(|b| b.is_ascii_digit() || b.is_ascii_uppercase() || **b == b'.')
            .count();
        let n = if len == 0 {
            Num::int(0)
        } else {
            Num::parse(&digits[..len], self.ibase)
        };
        let rest = &digits[len..];
        self.input = rest.strip_prefix(b"\n").unwrap_or(rest).to_vec();
        if negative { n.neg() } else { n }
    }
}

/// The length of the first line that is whole by itself: with all brackets closed.
fn complete(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n + 1);
        let mut open = 0i64;
        for (word, _) in lex::words(&text[..end]) {
            match word {
                lex::Token::Op("{") => open += 1,
                lex::Token::Op("}") => open -= 1,
                _ => {}
            }
        }
        if open <= 0 || end == text.len() {
            return end;
        }
        at = end;
    }
}

/// The escapes of `print`.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&b) = text.get(at) {
        at += 1;
        if b != b'\\' {
            out.push(b);
            continue;
        }
        let Some(&c) = text.get(at) else {
            out.push(b);
            break;
        };
        at += 1;
        match c {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'q' => out.push(b'"'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'\\' => out.push(b'\\'),
            // Any other escape is nothing.
            _ => {}
        }
    }
    out
}
