//! The escapes of `$'…'` (bash manual, "ANSI-C Quoting").

/// Decodes the text between the quotes of `$'…'`. A NUL ends the string, as in bash.
pub fn decode_ansi_c(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut i = 0;
    while let Some(&c) = text.get(i) {
        i += 1;
        if c != b'\\' {
            out.push(c);
            continue;
        }
        let Some(&escape) = text.get(i) else {
            out.push(b'\\');
            break;
        };
        i += 1;
        match escape {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'e' | b'E' => out.push(0x1b),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'\\' | b'\'' | b'"' | b'?' => out.push(escape),
            b'0'..=b'7' => {
                let (value, used) = number(&text[i - 1..], 8, 3);
                i += used - 1;
                let byte = (value & 0xff) as u8;
                if byte == 0 {
                    return out;
                }
                out.push(byte);
            }
            b'x' => {
                let braced = text.get(i) == Some(&b'{');
                let from = i + usize::from(braced);
                let (value, used) = number(
                    text.get(from..).unwrap_or_default(),
                    16,
                    if braced { usize::MAX } else { 2 },
                );
                if used == 0 && !braced {
                    out.extend_from_slice(b"\\x");
                    continue;
                }
                i = from + used;
                if braced && text.get(i) == Some(&b'}') {
                    i += 1;
                }
                let byte = (value & 0xff) as u8;
                if byte == 0 {
                    return out;
                }
                out.push(byte);
            }
            b'u' | b'U' => {
                let (value, used) = number(
                    text.get(i..).unwrap_or_default(),
                    16,
                    if escape == b'u' { 4 } else { 8 },
                );
                if used == 0 {
                    out.extend_from_slice(&[b'\\', escape]);
                    continue;
                }
                i += used;
                if value == 0 {
                    return out;
                }
                push_code_point(&mut out, value);
            }
            b'c' => {
                let Some(&control) = text.get(i) else {
                    out.extend_from_slice(b"\\c");
                    break;
                };
                i += 1;
                // `\c\\` is one control character.
                if control == b'\\' && text.get(i) == Some(&b'\\') {
                    i += 1;
                }
                let byte = if control == b'?' {
                    0x7f
                } else {
                    control.to_ascii_uppercase() & 0x1f
                };
                if byte == 0 {
                    return out;
                }
                out.push(byte);
            }
            other => out.extend_from_slice(&[b'\\', other]),
        }
    }
    out
}

/// Reads at most `max` digits; returns the value (wrapping) and how many there were.
fn number(text: &[u8], radix: u32, max: usize) -> (u32, usize) {
    let mut value = 0u32;
    let mut used = 0;
    while used < max
        && let Some(digit) = text.get(used).and_then(|&c| char::from(c).to_digit(radix))
    {
        value = value.wrapping_mul(radix).wrapping_add(digit);
        used += 1;
    }
    (value, used)
}

/// Appends a code point in UTF-8, in the original scheme of up to six bytes (so surrogates and large values pass, as in bash).
pub fn push_code_point(out: &mut Vec<u8>, value: u32) {
    let tail = |shift: u32| 0x80 | ((value >> shift) & 0x3f) as u8;
    match value {
        0..=0x7f => out.push(value as u8),
        0x80..=0x7ff => out.extend_from_slice(&[0xc0 | (value >> 6) as u8, tail(0)]),
        0x800..=0xffff => out.extend_from_slice(&[0xe0 | (value >> 12) as u8, tail(6), tail(0)]),
        0x1_0000..=0x1f_ffff => out.extend_from_slice(&[0xf0 | (value >> 18) as u8, tail(12), tail(6), tail(0)]),
        0x20_0000..=0x3ff_ffff => {
            out.extend_from_slice(&[0xf8 | (value >> 24) as u8, tail(18), tail(12), tail(6), tail(0)]);
        }
        0x400_0000..=0x7fff_ffff => {
            out.extend_from_slice(&[
                0xfc | (value >> 30) as u8,
                tail(24),
                tail(18),
                tail(12),
                tail(6),
                tail(0),
            ]);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::decode_ansi_c;

    #[test]
    fn decodes_what_bash_decodes() {
        assert_eq!(
            decode_ansi_c(br"a\tb\n\x41\101\u00e9\U0001F600\cA\e"),
            "a\tb\nAA\u{e9}\u{1F600}\u{1}\u{1b}".as_bytes()
        );
        assert_eq!(decode_ansi_c(br"\xff\q\x"), b"\xff\\q\\x");
        assert_eq!(decode_ansi_c(br"a\0b"), b"a");
        assert_eq!(decode_ansi_c(br"\x{41}z"), b"Az");
    }
}
