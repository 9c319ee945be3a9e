//! Arguments as numbers.

use super::Run;
use crate::format::float::Extended;

/// An argument read as an integer.
struct Integer {
    negative: bool,
    value: u64,
    /// It does not fit into 64 bits.
    overflow: bool,
    /// Something else is wrong with it, and has been reported.
    reported: bool,
}

impl Run<'_> {
    /// An argument that starts with a quote stands for the code of the next character.
    fn character(arg: &[u8]) -> Option<u32> {
        let [b'\'' | b'"', rest @ ..] = arg else { return None };
        let code = match std::str::from_utf8(&rest[..rest.len().min(4)]) {
            Ok(text) => text.chars().next().map(u32::from),
            Err(error) if error.valid_up_to() > 0 => std::str::from_utf8(&rest[..error.valid_up_to()])
                .ok()
                .and_then(|text| text.chars().next())
                .map(u32::from),
            Err(_) => rest.first().map(|&c| u32::from(c)),
        };
        Some(code.unwrap_or(0))
    }

    fn invalid(&mut self, arg: &[u8]) {
        let reason: &[u8] = match arg {
            [b'0', digit, ..] if digit.is_ascii_digit() => b": invalid octal number",
            [b'0', b'x', ..] => b": invalid hex number",
            _ => b": invalid number",
        };
        self.complain(&[arg, reason].concat());
    }

    fn out_of_range(&mut self, arg: &[u8]) {
        // Only a warning: the status stays.
        self.host
            .complain(&[b"warning: ", arg, b": Numerical result out of range"].concat());
    }

    pub(super) fn signed(&mut self) -> i64 {
        let Integer {
            negative,
            value,
            overflow,
            reported,
        } = self.magnitude();
        let limit = i64::MAX as u64 + u64::from(negative);
        if overflow || value > limit {
            if !reported {
                let arg = self.last_argument();
                self.out_of_range(&arg);
            }
            return if negative { i64::MIN } else { i64::MAX };
        }
        if negative {
            (value as i64).wrapping_neg()
        } else {
            value as i64
        }
    }

    pub(super) fn unsigned(&mut self) -> u64 {
        let Integer {
            negative,
            value,
            overflow,
            reported,
        } = self.magnitude();
        if overflow {
            if !reported {
                let arg = self.last_argument();
                self.out_of_range(&arg);
            }
            return u64::MAX;
        }
        if negative { value.wrapping_neg() } else { value }
    }

    fn last_argument(&self) -> Vec<u8> {
        self.next
            .checked_sub(1)
            .and_then(|i| self.args.get(i))
            .cloned()
            .unwrap_or_default()
    }

    /// The next argument as an integer. Reports trailing text.
    fn magnitude(&mut self) -> Integer {
        let arg = self.text();
        if let Some(code) = Self::character(&arg) {
            return Integer {
                negative: false,
                value: u64::from(code),
                overflow: false,
                reported: false,
            };
        }
        let mut i = arg.iter().take_while(|c| c.is_ascii_whitespace() || **c == 11).count();
        let negative = arg.get(i) == Some(&b'-');
        if matches!(arg.get(i), Some(b'-' | b'+')) {
            i += 1;
        }
        let is_hex = arg[i..].starts_with(b"0x") || arg[i..].starts_with(b"0X");
        let (radix, start) = match arg.get(i) {
            Some(b'0') if is_hex && arg.get(i + 2).is_some_and(u8::is_ascii_hexdigit) => (16, i + 2),
            Some(b'0') => (8, i),
            _ => (10, i),
        };
        let mut value = 0u64;
        let mut overflow = false;
        let mut end = start;
        while let Some(digit) = arg.get(end).and_then(|&c| char::from(c).to_digit(radix)) {
            match value
                .checked_mul(u64::from(radix))
                .and_then(|v| v.checked_add(u64::from(digit)))
            {
                Some(sum) => value = sum,
                None => overflow = true,
            }
            end += 1;
        }
        let none = end == start && start == i;
        if none && !arg.is_empty() || end < arg.len() {
            self.invalid(&arg);
            // One complaint is enough: the caller clamps without another.
            let clamped = if overflow { u64::MAX } else { value };
            return Integer {
                negative,
                value: clamped,
                overflow,
                reported: true,
            };
        }
        Integer {
            negative,
            value,
            overflow,
            reported: false,
        }
    }

    pub(super) fn float(&mut self) -> Extended {
        let arg = self.text();
        if let Some(code) = Self::character(&arg) {
            return Extended::from_i64(i64::from(code));
        }
        let parsed = Extended::parse(&arg);
        if parsed.used < arg.len() {
            self.invalid(&arg);
        } else if parsed.range {
            self.out_of_range(&arg);
        }
        parsed.value
    }
}
