//! `l`: the pattern space in an unambiguous form (POSIX XCU sed).

/// Escapes what cannot be printed and breaks lines after `width - 1` columns; 0 never breaks.
pub fn unambiguous(text: &[u8], width: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    let mut column = 0;
    let mut shown = Vec::new();
    for byte in text {
        shown.clear();
        match byte {
            b'\\' => shown.extend_from_slice(b"\\\\"),
            7 => shown.extend_from_slice(b"\\a"),
            8 => shown.extend_from_slice(b"\\b"),
            12 => shown.extend_from_slice(b"\\f"),
            b'\n' => shown.extend_from_slice(b"\\n"),
            b'\r' => shown.extend_from_slice(b"\\r"),
            b'\t' => shown.extend_from_slice(b"\\t"),
            11 => shown.extend_from_slice(b"\\v"),
            b' '..=b'~' => shown.push(*byte),
            _ => shown.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
        }
        if width > 0 && column + shown.len() > width - 1 {
            out.extend_from_slice(b"\\\n");
            column = 0;
        }
        out.extend_from_slice(&shown);
        column += shown.len();
    }
    out.extend_from_slice(b"$\n");
    out
}

#[cfg(test)]
mod tests {
    use super::unambiguous;

    #[test]
    fn lines_break_before_escapes() {
        assert_eq!(unambiguous(b"three", 5), b"thre\\\ne$\n");
        assert_eq!(unambiguous("a\té".as_bytes(), 0), b"a\\t\\303\\251$\n");
        assert_eq!(unambiguous(b"ab\tc", 4), b"ab\\\n\\tc$\n");
    }
}
