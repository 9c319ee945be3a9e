//! Decoding of single characters out of bytes.

/// The length of the UTF-8 character at the start of `s` with its value; `None` when the bytes are not UTF-8 or absent.
pub(crate) fn decode(s: &[u8]) -> Option<(char, usize)> {
    let &first = s.first()?;
    if first < 0x80 {
        return Some((char::from(first), 1));
    }
    let len = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    let text = std::str::from_utf8(s.get(..len)?).ok()?;
    text.chars().next().map(|c| (c, len))
}

/// The UTF-8 character that ends at the end of `s`; `None` when the bytes are not UTF-8 or absent.
pub(crate) fn decode_last(s: &[u8]) -> Option<(char, usize)> {
    let len = s.len();
    for back in 1..=4.min(len) {
        let b = s[len - back];
        if b & 0xC0 != 0x80 {
            return match decode(&s[len - back..]) {
                Some((c, n)) if n == back => Some((c, n)),
                _ => None,
            };
        }
    }
    None
}

/// How many bytes to step over the character at the start of `s`: 1 for bytes that are not UTF-8.
pub(crate) fn step(s: &[u8], utf8: bool) -> usize {
    match s.first() {
        Some(&b) if b >= 0x80 && utf8 => decode(s).map_or(1, |(_, n)| n),
        _ => 1,
    }
}
