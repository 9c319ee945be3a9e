//! Quoting so that the shell reads the same text again.

/// As `printf %q`, `declare -p`-like lists of words and `xtrace` quote where backslashes are wanted: `a\ b`, `$'\n'`, `''`.
pub fn backslashed(text: &[u8]) -> Vec<u8> {
    if text.is_empty() {
        return b"''".to_vec();
    }
    if needs_ansi(text) {
        return ansi(text);
    }
    let mut out = Vec::with_capacity(text.len() + 8);
    for (i, b) in text.iter().enumerate() {
        let special = match b {
            b' ' | b'\t' | b'\n' | b'\'' | b'"' | b'\\' | b'|' | b'&' | b';' | b'(' | b')' | b'<' | b'>' | b'!'
            | b'{' | b'}' | b'*' | b'[' | b'?' | b']' | b'^' | b'$' | b'`' | b',' => true,
            b'~' => i == 0 || matches!(text[i - 1], b':' | b'='),
            b'#' => i == 0,
            _ => false,
        };
        if special {
            out.push(b'\\');
        }
        out.push(*b);
    }
    out
}

/// `'text'`, with `'` as `'\''`.
pub fn single(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    out.push(b'\'');
    for b in text {
        if *b == b'\'' {
            out.extend_from_slice(b"'\\''");
        } else {
            out.push(*b);
        }
    }
    out.push(b'\'');
    out
}

/// As `${x@Q}`: single quotes, or `$'…'` when there are control characters.
pub fn always(text: &[u8]) -> Vec<u8> {
    if needs_ansi(text) { ansi(text) } else { single(text) }
}

/// `"text"` with `$`, `` ` ``, `"` and `\` escaped, or `$'…'` when there are control characters: values in `declare -p`.
pub fn double(text: &[u8]) -> Vec<u8> {
    if needs_ansi(text) {
        return ansi(text);
    }
    let mut out = Vec::with_capacity(text.len() + 2);
    out.push(b'"');
    for b in text {
        if matches!(b, b'$' | b'`' | b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*b);
    }
    out.push(b'"');
    out
}

/// As `set`, `alias` without arguments and `xtrace` show a value: bare when nothing in it is special.
pub fn if_needed(text: &[u8]) -> Vec<u8> {
    if needs_ansi(text) {
        ansi(text)
    } else if text.is_empty() || needs_quotes(text) {
        single(text)
    } else {
        text.to_vec()
    }
}

/// As [`if_needed`], for `set`, which shows empty values bare.
pub fn for_set(text: &[u8]) -> Vec<u8> {
    if text.is_empty() { Vec::new() } else { if_needed(text) }
}

/// Whether the shell would not read `text` back as one plain word.
pub fn needs_quotes(text: &[u8]) -> bool {
    text.iter().enumerate().any(|(i, b)| match b {
        b' ' | b'\t' | b'\n' | b'\'' | b'"' | b'\\' | b'|' | b'&' | b';' | b'(' | b')' | b'<' | b'>' | b'!' | b'{'
        | b'}' | b'*' | b'[' | b'?' | b']' | b'^' | b'$' | b'`' => true,
        b'~' => i == 0 || matches!(text[i - 1], b':' | b'='),
        b'#' => i == 0 || matches!(text[i - 1], b' ' | b'\t'),
        _ => false,
    })
}

/// Whether `text` holds control characters or bytes that are no UTF-8, which only `$'…'` can show.
pub fn needs_ansi(text: &[u8]) -> bool {
    if text.iter().all(|b| (32..127).contains(b)) {
        return false;
    }
    match std::str::from_utf8(text) {
        Ok(s) => s.chars().any(char::is_control),
        Err(_) => true,
    }
}

/// `$'…'`.
pub fn ansi(text: &[u8]) -> Vec<u8> {
    let mut out = b"$'".to_vec();
    let mut rest = text;
    while let Some(&b) = rest.first() {
        let escape = match b {
            7 => b'a',
            8 => b'b',
            9 => b't',
            10 => b'n',
            11 => b'v',
            12 => b'f',
            13 => b'r',
            27 => b'E',
            b'\\' => b'\\',
            b'\'' => b'\'',
            _ => 0,
        };
        if escape != 0 {
            out.extend_from_slice(&[b'\\', escape]);
            rest = &rest[1..];
            continue;
        }
        let (c, len) = bstr::decode_utf8(rest);
        match c {
            Some(c) if !c.is_control() => {
                out.extend_from_slice(&rest[..len]);
                rest = &rest[len..];
            }
            _ => {
                out.extend_from_slice(format!("\\{b:03o}").as_bytes());
                rest = &rest[1..];
            }
        }
    }
    out.push(b'\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_style_quotes_as_bash_does() {
        assert_eq!(backslashed(b"a b'c"), b"a\\ b\\'c");
        assert_eq!(always(b"it's"), b"'it'\\''s'");
        assert_eq!(always(b"a\nb\x01"), b"$'a\\nb\\001'");
        assert_eq!(double(b"a\"$b"), b"\"a\\\"\\$b\"");
        assert_eq!(if_needed(b"plain"), b"plain");
        assert_eq!(if_needed(b""), b"''");
        assert_eq!(ansi(b"\xff\xc3\xa9'"), b"$'\\377\xc3\xa9\\''");
    }
}
