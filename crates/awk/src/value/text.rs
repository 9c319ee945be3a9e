//! Characters in byte strings: UTF-8 where it is valid, single bytes elsewhere.

/// Length in bytes of the character at the start of `text` (which is not empty). An invalid byte is a character of its own.
#[inline]
pub fn char_len(text: &[u8]) -> usize {
    let first = text[0];
    if first < 0x80 {
        return 1;
    }
    let wanted = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return 1,
    };
    match text.get(..wanted) {
        Some(part) if std::str::from_utf8(part).is_ok() => wanted,
        _ => 1,
    }
}

/// Number of characters in `text`.
pub fn char_count(text: &[u8]) -> usize {
    let mut count = 0;
    let mut rest = text;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => return count + valid.chars().count(),
            Err(error) => {
                let good = error.valid_up_to();
                count += std::str::from_utf8(&rest[..good]).map_or(0, |valid| valid.chars().count());
                // One bad byte is one character; what follows is looked at afresh.
                count += 1;
                rest = &rest[good + 1..];
            }
        }
    }
}

/// Byte offset of the character with number `index` (from 0), or the length of `text` when there are fewer.
pub fn offset_of(text: &[u8], index: usize) -> usize {
    let mut at = 0;
    for _ in 0..index {
        if at >= text.len() {
            break;
        }
        at += char_len(&text[at..]);
    }
    at
}

/// Maps every character with `map`; bytes that are not valid characters pass through.
pub fn map_case(text: &[u8], utf8: bool, upper: bool) -> Vec<u8> {
    if !utf8 || text.is_ascii() {
        return if upper {
            text.to_ascii_uppercase()
        } else {
            text.to_ascii_lowercase()
        };
    }
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            // Like towupper(3), a character maps to exactly one character or to itself.
            let mapped = if upper {
                single(character.to_uppercase())
            } else {
                single(character.to_lowercase())
            };
            let mut buffer = [0; 4];
            out.extend_from_slice(mapped.unwrap_or(character).encode_utf8(&mut buffer).as_bytes());
        }
        out.extend_from_slice(chunk.invalid());
    }
    out
}

fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next();
    if mapped.next().is_some() { None } else { first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_count_one_each() {
        assert_eq!(char_count("añb".as_bytes()), 3);
        assert_eq!(char_count(b"a\xff\xfeb"), 4);
        assert_eq!(char_count(b"\xe2\x82"), 2);
        assert_eq!(offset_of("añb".as_bytes(), 2), 3);
        assert_eq!(offset_of(b"ab", 9), 2);
    }

    #[test]
    fn case_mapping_keeps_foreign_bytes() {
        assert_eq!(
            map_case("straße é\u{0}".as_bytes(), true, true),
            "STRAßE É\u{0}".as_bytes()
        );
        assert_eq!(map_case(b"A\xffB", true, false), b"a\xffb");
    }
}
