//! `env -S`: splitting a string into arguments.

use shell::command::Environment;

/// The words of a string: blanks separate, quotes group, escapes and `${NAME}` are resolved, `#` begins a comment.
pub(super) fn words(text: &[u8], env: &Environment) -> Result<Vec<Vec<u8>>, Vec<u8>> {
    let mut words: Vec<Vec<u8>> = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote = 0u8;
    let mut at = 0;
    while let Some(&b) = text.get(at) {
        at += 1;
        match b {
            b'\'' if quote != b'"' => {
                quote = if quote == 0 { b'\'' } else { 0 };
                word.get_or_insert_default();
            }
            b'"' if quote != b'\'' => {
                quote = if quote == 0 { b'"' } else { 0 };
                word.get_or_insert_default();
            }
            b' ' | 9..=13 if quote == 0 => words.extend(word.take()),
            b'#' if quote == 0 && word.is_none() => break,
            b'\\' if quote == b'\'' && !matches!(text.get(at), Some(b'\\' | b'\'')) => {
                word.get_or_insert_default().push(b'\\');
            }
            b'\\' => {
                let Some(&e) = text.get(at) else {
                    return Err(b"invalid backslash at end of string in -S".to_vec());
                };
                at += 1;
                let c = match e {
                    b'"' | b'#' | b'$' | b'\'' | b'\\' => e,
                    b'_' if quote == 0 => {
                        words.extend(word.take());
                        continue;
                    }
                    b'_' => b' ',
                    b'c' if quote == b'"' => return Err(b"'\\c' must not appear in double-quoted -S string".to_vec()),
                    b'c' => break,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'v' => 11,
                    _ => return Err([&b"invalid sequence '\\"[..], &[e], b"' in -S"].concat()),
                };
                word.get_or_insert_default().push(c);
            }
            b'$' if quote != b'\'' => {
                let name = text[at..]
                    .strip_prefix(b"{")
                    .and_then(|rest| memchr::memchr(b'}', rest).map(|n| &rest[..n]))
                    .filter(|n| !n.is_empty() && !n[0].is_ascii_digit())
                    .filter(|n| n.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_'))
                    .ok_or_else(|| {
                        [
                            &b"only ${VARNAME} expansion is supported, error at: "[..],
                            &text[at - 1..],
                        ]
                        .concat()
                    })?;
                at += name.len() + 2;
                if let Some(value) = env.get(name) {
                    word.get_or_insert_default().extend_from_slice(value);
                }
            }
            _ => word.get_or_insert_default().push(b),
        }
    }
    if quote != 0 {
        return Err(b"no terminating quote in -S string".to_vec());
    }
    words.extend(word);
    Ok(words)
}
