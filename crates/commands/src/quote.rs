//! How GNU tools show names: gnulib's quoting styles, with ASCII quotes in messages.

use bstr::ByteSlice;

/// A name in quotes, as in `cannot stat 'x'` (gnulib `quoteaf`): always quoted, in a form that a shell reads back.
pub fn quoteaf(name: impl AsRef<[u8]>) -> Vec<u8> {
    shell_escape(name.as_ref(), true, false)
}

/// A name before a colon, as in `cat: x: No such file or directory` (gnulib `quotef`): quoted only when it must be.
pub fn quotef(name: impl AsRef<[u8]>) -> Vec<u8> {
    shell_escape(name.as_ref(), false, true)
}

/// A word of the command line, as in `invalid number of lines: 'x'` (gnulib `quote`).
pub fn quote(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut out = vec![b'\''];
    escape_c(text.as_ref(), b'\'', &mut out);
    out.push(b'\'');
    out
}

/// `"x"` with C escapes (`ls -Q`).
pub fn quote_c(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    escape_c(text, b'"', &mut out);
    out.push(b'"');
    out
}

/// C escapes without quotes (`ls -b`), where a blank is escaped too.
pub fn escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    for part in text.split_inclusive(|b| *b == b' ') {
        let (body, blank) = match part.split_last() {
            Some((b' ', body)) => (body, true),
            _ => (part, false),
        };
        escape_c(body, 0, &mut out);
        if blank {
            out.extend_from_slice(b"\\ ");
        }
    }
    out
}

/// Unprintable bytes as `?` (`ls -q`).
pub fn hide(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (start, end, c) in text.char_indices() {
        if printable(&text[start..end], c) {
            out.extend_from_slice(&text[start..end]);
        } else {
            out.push(b'?');
        }
    }
    out
}

fn escape_c(text: &[u8], quote: u8, out: &mut Vec<u8>) {
    for (start, end, c) in text.char_indices() {
        let raw = &text[start..end];
        match raw {
            [b] if *b == quote && quote != 0 => out.extend_from_slice(&[b'\\', quote]),
            b"\\" => out.extend_from_slice(b"\\\\"),
            _ if printable(raw, c) => out.extend_from_slice(raw),
            _ => octal(raw, out),
        }
    }
}

fn octal(raw: &[u8], out: &mut Vec<u8>) {
    for b in raw {
        match *b {
            7 => out.extend_from_slice(b"\\a"),
            8 => out.extend_from_slice(b"\\b"),
            9 => out.extend_from_slice(b"\\t"),
            10 => out.extend_from_slice(b"\\n"),
            11 => out.extend_from_slice(b"\\v"),
            12 => out.extend_from_slice(b"\\f"),
            13 => out.extend_from_slice(b"\\r"),
            b => out.extend_from_slice(format!("\\{b:03o}").as_bytes()),
        }
    }
}

/// Whether a decoded character is shown as it is; `bstr` decodes invalid bytes as U+FFFD.
fn printable(raw: &[u8], c: char) -> bool {
    if c == '\u{fffd}' {
        return raw == "\u{fffd}".as_bytes();
    }
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')
}

/// gnulib's `shell-escape` (and `shell-escape-always`) style; `colon` quotes names with a colon too.
pub fn shell_escape(name: &[u8], always: bool, colon: bool) -> Vec<u8> {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"%+,-./_@".contains(b) || (*b == b':' && !colon);
    if !always && !name.is_empty() && name.iter().all(plain) {
        return name.to_vec();
    }
    let mut needs = always || name.is_empty();
    let mut compatible = true;
    let mut single = false;
    let mut body = Vec::with_capacity(name.len() + 8);
    let mut in_escape = false;
    for (start, end, c) in name.char_indices() {
        let raw = &name[start..end];
        if !printable(raw, c) {
            needs = true;
            compatible = false;
            if !in_escape {
                body.extend_from_slice(b"'$'");
                in_escape = true;
            }
            octal(raw, &mut body);
            continue;
        }
        if in_escape {
            body.extend_from_slice(b"''");
            in_escape = false;
        }
        match raw {
            b"'" => {
                needs = true;
                single = true;
                body.extend_from_slice(b"'\\''");
                continue;
            }
            b"{" | b"}" => needs |= name.len() == 1,
            b"#" | b"~" => {
                compatible &= start == 0;
                needs |= start == 0;
            }
            b" " => needs = true,
            [
                b'!' | b'"' | b'$' | b'&' | b'(' | b')' | b'*' | b';' | b'<' | b'=' | b'>' | b'?' | b'[' | b'\\' | b'^'
                | b'`' | b'|',
            ] => {
                needs = true;
                compatible = false;
            }
            b":" => needs |= colon,
            _ => compatible &= raw.len() == 1 && plain(&raw[0]) || raw.len() > 1,
        }
        body.extend_from_slice(raw);
    }
    if !needs {
        return name.to_vec();
    }
    if single && compatible {
        return [b"\"", name, b"\""].concat();
    }
    let mut out = Vec::with_capacity(body.len() + 2);
    // A leading escape sequence follows an empty quoted part, which gnulib prints too.
    out.push(b'\'');
    out.extend_from_slice(&body);
    out.push(b'\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_look_as_gnulib_shows_them() {
        for (name, want) in [
            (&b"a"[..], &b"a"[..]),
            (b"", b"''"),
            (b"a b", b"'a b'"),
            (b"it's", b"\"it's\""),
            (b"it's*", b"'it'\\''s*'"),
            (b"a\nb", b"'a'$'\\n''b'"),
            (b"a:b", b"'a:b'"),
            (b"{", b"'{'"),
            (b"a{}", b"a{}"),
            (b"#a", b"'#a'"),
            (b"a#", b"a#"),
            (b"\xff", b"''$'\\377'"),
            ("é".as_bytes(), "é".as_bytes()),
        ] {
            assert_eq!(quotef(name).as_bstr(), want.as_bstr());
        }
        assert_eq!(quoteaf(b"a"), b"'a'");
        assert_eq!(quote(b"it's\n"), b"'it\\'s\\n'");
    }
}
