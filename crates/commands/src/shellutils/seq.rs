//! `seq`: numbers in sequence.

mod number;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use crate::cformat::Conversion;
use crate::options::{Args, Order, Spec, flag, value};
use crate::quote::quote;
use crate::tool::Tool;
use number::Operand;

const SPEC: Spec = Spec::new(
    "seq",
    "[OPTION]... LAST\n[OPTION]... FIRST LAST\n[OPTION]... FIRST INCREMENT LAST",
    "Print numbers from FIRST to LAST, in steps of INCREMENT.",
    &[
        value("f", "format", "FORMAT", "use printf style floating-point FORMAT"),
        value(
            "s",
            "separator",
            "STRING",
            "use STRING to separate numbers (default: \\n)",
        ),
        flag("w", "equal-width", "equalize width by padding with leading zeroes"),
    ],
)
.order(Order::Stop)
.notes(
    "If FIRST or INCREMENT is omitted, it defaults to 1.  That is, an\n\
     omitted INCREMENT defaults to 1 even when LAST is smaller than FIRST.\n\
     The sequence of numbers ends when the sum of the current number and\nINCREMENT would become greater than LAST.",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run).prepare(protect_negatives);

/// A negative number is an operand, not an option.
fn protect_negatives(_: &Spec, cx: &mut Context<'_>) -> Result<(), CommandError> {
    let mut at = 0;
    while let Some(arg) = cx.args.get(at) {
        match &arg[..] {
            [b'-', b'.' | b'0'..=b'9', ..] => {
                cx.args.insert(at, b"--".to_vec());
                break;
            }
            b"-f" | b"-s" | b"--format" | b"--separator" => at += 2,
            [b'-', _, ..] if arg != b"--" => at += 1,
            _ => break,
        }
    }
    Ok(())
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let equal_width = args.has("equal-width");
    let separator = args.last("separator").unwrap_or(b"\n").to_vec();
    if args.operands.is_empty() {
        return Err(SPEC.usage_error(cx, "missing operand"));
    }
    if let Some(extra) = args.operands.get(3) {
        return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat()));
    }
    let format = match args.last("format") {
        Some(text) => Some(Format::parse(text)?),
        None => None,
    };
    if format.is_some() && equal_width {
        return Err(SPEC.usage_error(
            cx,
            "format string may not be specified when printing equal width strings",
        ));
    }
    let mut numbers = Vec::new();
    for word in &args.operands {
        let n = Operand::parse(word)
            .ok_or_else(|| SPEC.usage_error(cx, [&b"invalid floating point argument: "[..], &quote(word)].concat()))?;
        if n.value.is_nan() {
            return Err(SPEC.usage_error(cx, [&b"invalid 'not-a-number' argument: "[..], &quote(word)].concat()));
        }
        numbers.push(n);
    }
    let one = || Operand::one();
    let (first, step, last) = match numbers.len() {
        1 => (one(), one(), numbers.remove(0)),
        2 => {
            let last = numbers.remove(1);
            (numbers.remove(0), one(), last)
        }
        _ => {
            let (last, step) = (numbers.remove(2), numbers.remove(1));
            (numbers.remove(0), step, last)
        }
    };
    if step.value == 0.0 {
        return Err(SPEC.usage_error(
            cx,
            [&b"invalid Zero increment value: "[..], &quote(&args.operands[1])].concat(),
        ));
    }
    let sequence = Sequence {
        precision: first.precision.zip(step.precision).map(|(a, b)| a.max(b)),
        first,
        step,
        last,
        separator,
    };
    match format {
        None => match sequence.scaled() {
            Some(exact) => sequence.print_exact(cx, exact, equal_width),
            None => sequence.print_float(cx, &sequence.default_format(equal_width)),
        },
        Some(format) => sequence.print_float(cx, &format),
    }
}

/// A format with exactly one conversion.
struct Format {
    before: Vec<u8>,
    conversion: Conversion,
    after: Vec<u8>,
}

impl Format {
    fn parse(text: &[u8]) -> Result<Self, CommandError> {
        let fail = |tail: &[u8]| CommandError::fail(1, [&b"format "[..], &quote(text), tail].concat());
        let mut found: Option<(Conversion, Vec<u8>)> = None;
        let mut plain = Vec::new();
        let mut at = 0;
        while at < text.len() {
            if text[at] != b'%' {
                plain.push(text[at]);
                at += 1;
                continue;
            }
            if text.get(at + 1) == Some(&b'%') {
                plain.push(b'%');
                at += 2;
                continue;
            }
            if found.is_some() {
                return Err(fail(b" has too many % directives"));
            }
            let (conversion, len) = Conversion::parse(&text[at + 1..]);
            match conversion.letter {
                0 => return Err(fail(b" ends in %")),
                letter if !b"aefgAEFG".contains(&letter) => {
                    return Err(fail(&[b" has unknown %", &[letter][..], b" directive"].concat()));
                }
                _ => {}
            }
            at += 1 + len;
            found = Some((conversion, std::mem::take(&mut plain)));
        }
        match found {
            Some((conversion, before)) => Ok(Self {
                before,
                conversion,
                after: plain,
            }),
            None => Err(fail(b" has no % directive")),
        }
    }
}

struct Sequence {
    first: Operand,
    step: Operand,
    last: Operand,
    precision: Option<usize>,
    separator: Vec<u8>,
}

/// Numbers as multiples of a power of ten.
struct Scaled {
    first: i128,
    step: i128,
    last: i128,
}

impl Sequence {
    /// The sequence in integers, when all operands are plain decimal numbers of a size that allows it.
    fn scaled(&self) -> Option<Scaled> {
        let scale = self.first.precision?.max(self.step.precision?);
        let fine = scale.max(self.last.precision?);
        let (first, step) = (self.first.scaled(scale)?, self.step.scaled(scale)?);
        if self.last.value.is_infinite() {
            let last = if self.last.value > 0.0 { i128::MAX } else { i128::MIN };
            return Some(Scaled { first, step, last });
        }
        let last = self.last.scaled(fine)?;
        let unit = 10i128.checked_pow(u32::try_from(fine - scale).ok()?)?;
        // A last number that lies between two steps is never reached: round towards the first.
        let last = if step > 0 {
            last.div_euclid(unit)
        } else {
            -(-last).div_euclid(unit)
        };
        Some(Scaled { first, step, last })
    }

    fn print_exact(&self, cx: &mut Context<'_>, s: Scaled, equal_width: bool) -> CommandResult {
        let precision = self.precision.unwrap_or(0);
        let width = if equal_width { self.width(precision) } else { 0 };
        let mut at = s.first;
        let mut count = 0u32;
        let in_range = |n: i128| if s.step > 0 { n <= s.last } else { n >= s.last };
        if !in_range(at) {
            return Ok(ExitStatus::SUCCESS);
        }
        let negative_zero = self.first.value == 0.0 && self.first.value.is_sign_negative();
        if precision == 0 && width == 0 && s.step == 1 && at >= 0 && self.separator == b"\n" && !negative_zero {
            return count_up(cx, at, s.last);
        }
        loop {
            let out = cx.stdout.buffer();
            if count > 0 {
                out.extend_from_slice(&self.separator);
            }
            number::write(at, precision, width, negative_zero && count == 0, out);
            cx.stdout.spill()?;
            count = count.wrapping_add(1);
            if count.is_multiple_of(4096) {
                cx.cancel.check()?;
            }
            match at.checked_add(s.step) {
                Some(next) if in_range(next) => at = next,
                _ => break,
            }
        }
        cx.stdout.buffer().push(b'\n');
        cx.stdout.spill()?;
        Ok(ExitStatus::SUCCESS)
    }

    /// Common width: that of the wider end, at the precision that is printed.
    fn width(&self, precision: usize) -> usize {
        let end = |n: &Operand| {
            let own = n.precision.unwrap_or(0);
            let mut width = n.width + precision - own.min(precision);
            if own > precision {
                width = n.width - (own - precision);
                if precision == 0 {
                    width -= 1;
                }
            } else if own == 0 && precision > 0 {
                width += 1;
            }
            width
        };
        end(&self.first).max(end(&self.last))
    }

    fn default_format(&self, equal_width: bool) -> Format {
        let conversion = match self.precision {
            Some(precision) => Conversion {
                letter: b'f',
                precision: Some(precision),
                zero: equal_width,
                width: if equal_width { self.width(precision) } else { 0 },
                ..Conversion::default()
            },
            None => Conversion {
                letter: b'g',
                ..Conversion::default()
            },
        };
        Format {
            before: Vec::new(),
            conversion,
            after: Vec::new(),
        }
    }

    fn print_float(&self, cx: &mut Context<'_>, format: &Format) -> CommandResult {
        let (first, step, last) = (self.first.value, self.step.value, self.last.value);
        // Steps that are exact in decimal are added up exactly, so that 0.1 + 0.2 does not stop short of 0.3.
        let exact = self.scaled();
        let unit = self.precision.map_or(1.0, |p| 10f64.powi(p as i32));
        let mut count = 0u64;
        loop {
            let (value, more) = match &exact {
                Some(s) => {
                    let n = i128::from(count)
                        .checked_mul(s.step)
                        .and_then(|d| d.checked_add(s.first));
                    let Some(n) = n else { break };
                    (n as f64 / unit, if s.step > 0 { n <= s.last } else { n >= s.last })
                }
                None => {
                    let value = first + count as f64 * step;
                    // Rounding may have pushed the last number just past the end.
                    let close = (value - last).abs() < step.abs() * 1e-9;
                    (value, close || if step > 0.0 { value <= last } else { value >= last })
                }
            };
            if !more {
                break;
            }
            let out = cx.stdout.buffer();
            if count > 0 {
                out.extend_from_slice(&self.separator);
            }
            out.extend_from_slice(&format.before);
            out.extend_from_slice(format.conversion.format(value).as_bytes());
            out.extend_from_slice(&format.after);
            cx.stdout.spill()?;
            count += 1;
            if count.is_multiple_of(1024) {
                cx.cancel.check()?;
            }
        }
        if count > 0 {
            cx.stdout.buffer().push(b'\n');
            cx.stdout.spill()?;
        }
        Ok(ExitStatus::SUCCESS)
    }
}

/// The plain case, by counting in decimal: one digit changes nine times out of ten.
fn count_up(cx: &mut Context<'_>, from: i128, to: i128) -> CommandResult {
    let mut digits = from.to_string().into_bytes();
    digits.push(b'\n');
    let mut left = (to - from) as u128 + 1;
    while left > 0 {
        let batch = left.min(4096) as usize;
        left -= batch as u128;
        let out = cx.stdout.buffer();
        out.reserve(batch * digits.len());
        for _ in 0..batch {
            out.extend_from_slice(&digits);
            let mut at = digits.len() - 1;
            loop {
                if at == 0 {
                    digits.insert(0, b'1');
                    break;
                }
                at -= 1;
                if digits[at] < b'9' {
                    digits[at] += 1;
                    break;
                }
                digits[at] = b'0';
            }
        }
        cx.stdout.spill()?;
        cx.cancel.check()?;
    }
    Ok(ExitStatus::SUCCESS)
}
