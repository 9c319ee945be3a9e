//! The formatting of bash's `printf` (bash manual, "Bash Builtin Commands"; POSIX XCU `printf`).

mod argument;
mod escape;

use escape::escape;

use super::float::{self, Extended, Magnitude};

/// What formatting asks of the shell.
pub trait PrintfHost {
    /// Reports a problem; the text goes after `bash: line N: printf: `.
    fn complain(&mut self, message: &[u8]);

    /// `%q`.
    fn quote(&mut self, text: &[u8]) -> Vec<u8>;

    /// `%(format)T` for a number of seconds since 1970; `None` is now, and `Some(-2)`, which the caller resolves, the start
    /// of the shell.
    fn time(&mut self, format: &[u8], seconds: Option<i64>) -> Vec<u8>;

    /// `%n`: stores the number of bytes so far; false if the name is no identifier (already reported).
    fn store(&mut self, name: &[u8], count: usize) -> bool;
}

/// Formats `args` with `format`, which is used again until they are consumed. Returns the status (0 or 1). Output beyond
/// `limit` bytes is refused with an error.
pub fn printf(format: &[u8], args: &[Vec<u8>], host: &mut dyn PrintfHost, out: &mut Vec<u8>, limit: usize) -> u8 {
    let mut run = Run {
        args,
        next: 0,
        host,
        out,
        failed: false,
        limit,
    };
    loop {
        let before = run.next;
        if !run.once(format) {
            break;
        }
        if run.next == before || run.next >= args.len() {
            break;
        }
    }
    u8::from(run.failed)
}

/// A conversion specification.
#[derive(Default)]
struct Spec {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

struct Run<'a> {
    args: &'a [Vec<u8>],
    next: usize,
    host: &'a mut dyn PrintfHost,
    out: &'a mut Vec<u8>,
    failed: bool,
    limit: usize,
}

impl Run<'_> {
    fn text(&mut self) -> Vec<u8> {
        let text = self.args.get(self.next).cloned().unwrap_or_default();
        self.next += 1;
        text
    }

    fn complain(&mut self, message: &[u8]) {
        self.failed = true;
        self.host.complain(message);
    }

    /// One pass over the format; false to stop.
    fn once(&mut self, format: &[u8]) -> bool {
        let mut i = 0;
        while i < format.len() {
            let plain = memchr::memchr2(b'%', b'\\', &format[i..]).map_or(format.len(), |n| i + n);
            self.out.extend_from_slice(&format[i..plain]);
            i = plain;
            match format.get(i) {
                None => break,
                Some(b'\\') => {
                    let (used, problem) = escape(&format[i + 1..], false, self.out);
                    if let Some(problem) = problem {
                        self.host.complain(problem.as_bytes());
                    }
                    i += 1 + used;
                }
                Some(_) => {
                    let Some(used) = self.conversion(&format[i..]) else {
                        return false;
                    };
                    i += used;
                }
            }
            if self.out.len() > self.limit {
                self.complain(b"output too large");
                return false;
            }
        }
        true
    }

    /// The conversion at the start of `text`; its length, or `None` to stop.
    fn conversion(&mut self, text: &[u8]) -> Option<usize> {
        if text.get(1) == Some(&b'%') {
            self.out.push(b'%');
            return Some(2);
        }
        let mut spec = Spec::default();
        let mut i = 1;
        while let Some(flag) = text.get(i) {
            match flag {
                b'-' => spec.left = true,
                b'0' => spec.zero = true,
                b'+' => spec.plus = true,
                b' ' => spec.space = true,
                b'#' => spec.alternate = true,
                // Thousands separators: there are none in the C locale.
                b'\'' => {}
                _ => break,
            }
            i += 1;
        }
        if text.get(i) == Some(&b'*') {
            i += 1;
            let width = self.star();
            spec.left |= width < 0;
            spec.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        } else {
            spec.width = count(text, &mut i);
        }
        if text.get(i) == Some(&b'.') {
            i += 1;
            if text.get(i) == Some(&b'*') {
                i += 1;
                spec.precision = usize::try_from(self.star()).ok();
            } else if text.get(i) == Some(&b'-') {
                // A negative precision is as good as none.
                i += 1;
                count(text, &mut i);
            } else {
                spec.precision = Some(count(text, &mut i));
            }
        }
        while matches!(text.get(i), Some(b'h' | b'j' | b'l' | b'L' | b'q' | b't' | b'z')) {
            // `%q` is a conversion of bash, not a length.
            if text[i] == b'q' {
                break;
            }
            i += 1;
        }
        let too_large = i32::MAX as usize;
        if spec.width > too_large
            || spec.precision.is_some_and(|p| p > too_large)
            || spec.width.max(spec.precision.unwrap_or(0)) > self.limit
        {
            self.complain(b"field too large");
            return None;
        }
        let Some(&conversion) = text.get(i) else {
            self.complain(&[b"`", text, b"': missing format character"].concat());
            return None;
        };
        i += 1;
        self.convert(conversion, &spec, text, i)
    }

    fn convert(&mut self, conversion: u8, spec: &Spec, text: &[u8], end: usize) -> Option<usize> {
        match conversion {
            b'c' => {
                let arg = self.text();
                let byte = arg.first().copied().unwrap_or(0);
                self.pad(spec, &[byte]);
            }
            b's' => {
                let arg = self.text();
                self.string(spec, &arg);
            }
            b'b' => {
                let arg = self.text();
                let mut value = Vec::with_capacity(arg.len());
                let stop = self.expand(&arg, &mut value);
                self.string(spec, &value);
                if stop {
                    // bash ends with success whatever went before.
                    self.failed = false;
                    return None;
                }
            }
            b'q' => {
                let arg = self.text();
                let value = self.host.quote(&arg);
                self.string(spec, &value);
            }
            b'Q' => {
                let mut arg = self.text();
                arg.truncate(spec.precision.unwrap_or(usize::MAX));
                let value = self.host.quote(&arg);
                self.pad(spec, &value);
            }
            b'n' => {
                let name = self.text();
                let count = self.out.len();
                if !name.is_empty() && !self.host.store(&name, count) {
                    self.failed = true;
                }
            }
            b'(' => return self.time(spec, text, end),
            b'd' | b'i' => {
                let value = self.signed();
                let sign: &[u8] = match (value < 0, spec.plus, spec.space) {
                    (true, ..) => b"-",
                    (false, true, _) => b"+",
                    (false, false, true) => b" ",
                    _ => b"",
                };
                let digits = value.unsigned_abs().to_string();
                self.integer(spec, sign, digits.as_bytes());
            }
            b'u' | b'o' | b'x' | b'X' => {
                let value = self.unsigned();
                let (prefix, digits) = match conversion {
                    b'u' => ("", value.to_string()),
                    b'o' => ("", format!("{value:o}")),
                    b'x' => (if value == 0 { "" } else { "0x" }, format!("{value:x}")),
                    _ => (if value == 0 { "" } else { "0X" }, format!("{value:X}")),
                };
                let prefix = if spec.alternate { prefix } else { "" };
                let octal_zero = conversion == b'o'
                    && spec.alternate
                    && value != 0
                    && spec.precision.is_none_or(|precision| precision <= digits.len());
                let digits = if octal_zero { format!("0{digits}") } else { digits };
                // `%#.0o` of zero keeps its digit.
                let precision = match spec.precision {
                    Some(0) if conversion == b'o' && spec.alternate => Some(1),
                    other => other,
                };
                let spec = Spec { precision, ..*spec };
                self.integer(&spec, prefix.as_bytes(), digits.as_bytes());
            }
            b'a' | b'A' | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
                let value = self.float();
                self.real(spec, conversion, value);
            }
            _ => {
                self.complain(&[b"`", &[conversion][..], b"': invalid format character"].concat());
                return None;
            }
        }
        Some(end)
    }

    /// `%(format)T`; `end` is after the parenthesis.
    fn time(&mut self, spec: &Spec, text: &[u8], end: usize) -> Option<usize> {
        let mut level = 1;
        let mut close = end;
        while let Some(c) = text.get(close) {
            match c {
                b'(' => level += 1,
                b')' => level -= 1,
                _ => {}
            }
            if level == 0 {
                break;
            }
            close += 1;
        }
        let after = text.get(close + 1).copied();
        if after != Some(b'T') {
            let shown: &[u8] = after.as_ref().map_or(b"", std::slice::from_ref);
            self.host
                .complain(&[b"warning: `", shown, b"': invalid time format specification"].concat());
            // The text is printed as it stands.
            self.out.extend_from_slice(&text[..end]);
            return Some(end);
        }
        let format = if close == end { &b"%X"[..] } else { &text[end..close] };
        let seconds = if self.next < self.args.len() { self.signed() } else { -1 };
        let value = self.host.time(format, (seconds != -1).then_some(seconds));
        self.string(spec, &value);
        Some(close + 2)
    }

    fn star(&mut self) -> i64 {
        if self.next < self.args.len() { self.signed() } else { 0 }
    }

    /// A string, cut to the precision.
    fn string(&mut self, spec: &Spec, text: &[u8]) {
        let end = spec.precision.unwrap_or(usize::MAX).min(text.len());
        self.pad(spec, &text[..end]);
    }

    fn pad(&mut self, spec: &Spec, text: &[u8]) {
        let missing = spec.width.saturating_sub(text.len());
        if !spec.left {
            self.out.resize(self.out.len() + missing, b' ');
        }
        self.out.extend_from_slice(text);
        if spec.left {
            self.out.resize(self.out.len() + missing, b' ');
        }
    }

    fn integer(&mut self, spec: &Spec, sign: &[u8], digits: &[u8]) {
        let digits = if spec.precision == Some(0) && digits == b"0" {
            b""
        } else {
            digits
        };
        let zeros = match spec.precision {
            Some(precision) => precision.saturating_sub(digits.len()),
            None if spec.zero && !spec.left => spec.width.saturating_sub(sign.len() + digits.len()),
            None => 0,
        };
        let mut text = Vec::with_capacity(sign.len() + zeros + digits.len());
        text.extend_from_slice(sign);
        text.resize(text.len() + zeros, b'0');
        text.extend_from_slice(digits);
        self.pad(spec, &text);
    }

    fn real(&mut self, spec: &Spec, conversion: u8, value: Extended) {
        let lower = conversion.to_ascii_lowercase();
        let mut sign: Vec<u8> = match (value.negative, spec.plus, spec.space) {
            (true, ..) => b"-".to_vec(),
            (false, true, _) => b"+".to_vec(),
            (false, false, true) => b" ".to_vec(),
            _ => Vec::new(),
        };
        let precision = spec.precision.unwrap_or(6);
        let (mut digits, zero) = match value.magnitude {
            Magnitude::Infinite => (b"inf".to_vec(), false),
            Magnitude::Nan => (b"nan".to_vec(), false),
            Magnitude::Finite { mantissa, exponent } => {
                let digits = match lower {
                    b'f' => float::fixed(mantissa, exponent, precision, spec.alternate),
                    b'e' => float::scientific(mantissa, exponent, precision, spec.alternate, b'e'),
                    b'g' => float::general(mantissa, exponent, precision, spec.alternate, b'e'),
                    _ => {
                        sign.extend_from_slice(b"0x");
                        float::hex(mantissa, exponent, spec.precision, spec.alternate)
                    }
                };
                (digits, spec.zero && !spec.left)
            }
        };
        if conversion != lower {
            digits.make_ascii_uppercase();
            sign.make_ascii_uppercase();
        }
        let zeros = if zero {
            spec.width.saturating_sub(sign.len() + digits.len())
        } else {
            0
        };
        let mut text = sign;
        text.resize(text.len() + zeros, b'0');
        text.extend_from_slice(&digits);
        self.pad(spec, &text);
    }

    /// The escapes of `%b`; true when `\c` ends the output.
    fn expand(&mut self, text: &[u8], out: &mut Vec<u8>) -> bool {
        let mut i = 0;
        while i < text.len() {
            let plain = memchr::memchr(b'\\', &text[i..]).map_or(text.len(), |n| i + n);
            out.extend_from_slice(&text[i..plain]);
            i = plain;
            if i >= text.len() {
                break;
            }
            if text.get(i + 1) == Some(&b'c') {
                return true;
            }
            let (used, problem) = escape(&text[i + 1..], true, out);
            if let Some(problem) = problem {
                self.host.complain(problem.as_bytes());
            }
            i += 1 + used;
        }
        false
    }
}

/// Digits; saturates.
fn count(text: &[u8], i: &mut usize) -> usize {
    let mut value = 0usize;
    while let Some(digit @ b'0'..=b'9') = text.get(*i) {
        value = value.saturating_mul(10).saturating_add(usize::from(digit - b'0'));
        *i += 1;
    }
    value
}

#[cfg(test)]
mod tests;
