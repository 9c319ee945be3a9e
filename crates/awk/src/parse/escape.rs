//! Backslash escapes of awk strings (POSIX XCU awk, table "Escape Sequences in awk"; gawk manual, 3.2).

/// Replaces the escapes of a string. `warn` hears about the doubtful ones, with the byte in question.
pub fn unescape(raw: &[u8], mut warn: impl FnMut(&[u8], u8)) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let Some(found) = memchr::memchr(b'\\', &raw[at..]) else {
            out.extend_from_slice(&raw[at..]);
            break;
        };
        out.extend_from_slice(&raw[at..at + found]);
        at += found + 1;
        let Some(byte) = raw.get(at).copied() else {
            out.push(b'\\');
            break;
        };
        at += 1;
        match byte {
            b'"' | b'\\' => out.push(byte),
            b'\n' => {}
            b'\r' if raw.get(at) == Some(&b'\n') => at += 1,
            b'x' => {
                let length = raw[at..]
                    .iter()
                    .take(2)
                    .take_while(|digit| digit.is_ascii_hexdigit())
                    .count();
                if length == 0 {
                    warn(b"no hex digits in `\\x' escape sequence", b'x');
                    out.push(b'x');
                } else {
                    out.push(value(&raw[at..at + length], 16));
                    at += length;
                }
            }
            b'u' => {
                let digits = raw[at..].iter().take(8).take_while(|digit| digit.is_ascii_hexdigit());
                let length = digits.count();
                let code = raw[at..at + length].iter().try_fold(0u32, |sum, digit| {
                    sum.checked_mul(16)?.checked_add(char::from(*digit).to_digit(16)?)
                });
                match code.filter(|_| length > 0).and_then(char::from_u32) {
                    Some(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                    None if length > 0 => out.push(b'?'),
                    None => {
                        warn(b"no hex digits in `\\u' escape sequence", b'u');
                        out.push(b'u');
                    }
                }
                at += length;
            }
            b'0'..=b'7' => {
                let length = raw[at - 1..]
                    .iter()
                    .take(3)
                    .take_while(|digit| matches!(digit, b'0'..=b'7'))
                    .count();
                out.push(value(&raw[at - 1..at - 1 + length], 8));
                at += length - 1;
            }
            _ => match simple(byte) {
                Some(plain) => out.push(plain),
                None => {
                    let mut message = b"escape sequence `\\".to_vec();
                    message.push(byte);
                    message.extend_from_slice(b"' treated as plain `");
                    message.push(byte);
                    message.push(b'\'');
                    warn(&message, byte);
                    out.push(byte);
                }
            },
        }
    }
    out
}

/// The control character that a letter behind a backslash stands for.
pub fn simple(letter: u8) -> Option<u8> {
    Some(match letter {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        _ => return None,
    })
}

/// Digits of the given radix as one byte; what does not fit wraps around, as in C.
pub fn value(digits: &[u8], radix: u32) -> u8 {
    digits.iter().fold(0u32, |sum, digit| {
        sum * radix + char::from(*digit).to_digit(radix).unwrap_or(0)
    }) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_points_become_utf8() {
        assert_eq!(
            unescape(br"caf\u00E9 \u48 \u110000", |_, _| {}),
            "caf\u{e9} H ?".as_bytes()
        );
    }

    #[test]
    fn escapes_are_replaced_and_doubtful_ones_reported() {
        let mut reported = Vec::new();
        let text = unescape(br#"a\tb\"\\\101\x41g\q\/\"#, |message, _| {
            reported.push(message.to_vec())
        });
        assert_eq!(text, b"a\tb\"\\AAgq/\\");
        assert_eq!(reported.len(), 2);
        assert_eq!(reported[0], b"escape sequence `\\q' treated as plain `q'");
    }
}
