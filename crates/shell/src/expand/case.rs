//! Upper and lower case of bytes that are mostly UTF-8.

/// The characters of `text`: UTF-8 sequences, and bytes that belong to none.
pub fn chars(text: &[u8], utf8: bool) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let len = char_len(rest, utf8)?;
        let (c, tail) = rest.split_at(len);
        rest = tail;
        Some(c)
    })
}

/// Length of the first character; `None` at the end.
#[inline]
pub fn char_len(text: &[u8], utf8: bool) -> Option<usize> {
    let first = *text.first()?;
    if first < 0x80 || !utf8 {
        return Some(1);
    }
    let (_, len) = bstr::decode_utf8(text);
    match bstr::decode_utf8(text).0 {
        Some(_) => Some(len),
        None => Some(1),
    }
}

/// Number of characters.
pub fn char_count(text: &[u8], utf8: bool) -> usize {
    if !utf8 || text.is_ascii() {
        return text.len();
    }
    chars(text, utf8).count()
}

/// Byte offset of character `index`; the length of the text when it is past the end.
pub fn char_offset(text: &[u8], index: usize, utf8: bool) -> usize {
    if !utf8 || text.is_ascii() {
        return index.min(text.len());
    }
    let mut at = 0;
    for _ in 0..index {
        match char_len(&text[at..], utf8) {
            Some(n) => at += n,
            None => break,
        }
    }
    at
}

/// One character changed by `towupper`/`towlower`: only changes from one character to one.
pub fn map_char(c: &[u8], utf8: bool, up: bool) -> Vec<u8> {
    if let [b] = c {
        let changed = if up {
            b.to_ascii_uppercase()
        } else {
            b.to_ascii_lowercase()
        };
        return vec![if *b < 128 { changed } else { *b }];
    }
    if utf8 && let (Some(ch), _) = bstr::decode_utf8(c) {
        let mut mapped: Vec<char> = if up {
            ch.to_uppercase().collect()
        } else {
            ch.to_lowercase().collect()
        };
        if mapped.len() == 1
            && let Some(one) = mapped.pop()
        {
            return one.to_string().into_bytes();
        }
    }
    c.to_vec()
}

/// Everything in lower case.
pub fn lower(text: &[u8], utf8: bool) -> Vec<u8> {
    if !utf8 || text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    chars(text, utf8).flat_map(|c| map_char(c, utf8, false)).collect()
}

/// Everything in upper case.
pub fn upper(text: &[u8], utf8: bool) -> Vec<u8> {
    if !utf8 || text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    chars(text, utf8).flat_map(|c| map_char(c, utf8, true)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_count_as_characters_and_stay() {
        let t = b"a\xffb\xc3\xa9";
        assert_eq!((char_count(t, true), char_count(t, false)), (4, 5));
        assert_eq!(upper(t, true), b"A\xffB\xc3\x89");
        assert_eq!(char_offset(t, 3, true), 3);
    }
}
