//! Words as bash prints them: the source text, with command substitutions laid out anew and `$'…'` decoded.

use super::super::{
    ast::{ParamOp, Subscript, SubstBody, Word, WordPart},
    escapes::decode_ansi_c,
};

/// The text of a word.
pub fn word_text(word: &Word) -> Vec<u8> {
    source_text(&word.raw, &word.parts)
}

/// A piece of source that is printed differently.
struct Replacement {
    /// Address of its text, which is a slice of the same buffer as the word's text.
    address: usize,
    length: usize,
    text: Vec<u8>,
}

/// `raw` with the substitutions among `parts` replaced.
pub(super) fn source_text(raw: &[u8], parts: &[WordPart]) -> Vec<u8> {
    if memchr::memchr2(b'$', b'\\', raw).is_none() && memchr::memchr2(b'<', b'>', raw).is_none() {
        return raw.to_vec();
    }
    let mut replacements = Vec::new();
    collect(parts, &mut replacements);
    let base = raw.as_ptr() as usize;
    let mut pieces: Vec<(usize, Replacement)> = replacements
        .into_iter()
        .filter_map(|piece| {
            let offset = piece.address.checked_sub(base)?;
            (offset + piece.length <= raw.len()).then_some((offset, piece))
        })
        .collect();
    pieces.sort_by_key(|(offset, _)| *offset);
    let mut pieces = pieces.into_iter().peekable();
    let mut out = Vec::with_capacity(raw.len());
    let mut double = false;
    // Inside the braces of an expansion that stands in double quotes, where a pattern may hold `$'…'`.
    let mut operand = false;
    let mut i = 0;
    while let Some(&c) = raw.get(i) {
        if let Some((_, piece)) = pieces.next_if(|(offset, _)| *offset == i) {
            out.extend_from_slice(&piece.text);
            i += piece.length.max(1);
            continue;
        }
        match (c, raw.get(i + 1)) {
            (b'\\', Some(b'\n')) => i += 2,
            (b'\\', Some(&next)) => {
                out.extend_from_slice(&[c, next]);
                i += 2;
            }
            (b'$', Some(b'\'')) if !double || operand => {
                let end = ansi_end(raw, i + 2);
                out.extend_from_slice(&single_quoted(&decode_ansi_c(&raw[i + 2..end])));
                i = end + 1;
            }
            (b'$', Some(b'"')) if !double => i += 1,
            (b'$', Some(b'{')) if double => {
                operand = true;
                out.extend_from_slice(b"${");
                i += 2;
            }
            (b'}', _) if operand => {
                operand = false;
                out.push(c);
                i += 1;
            }
            (b'\'', _) if !double => {
                let end = memchr::memchr(b'\'', &raw[i + 1..]).map_or(raw.len(), |n| i + n + 2);
                out.extend_from_slice(&raw[i..end]);
                i = end;
            }
            _ => {
                double ^= c == b'"';
                out.push(c);
                i += 1;
            }
        }
    }
    out
}

/// The closing quote of `$'…'` whose text starts at `from`.
fn ansi_end(raw: &[u8], from: usize) -> usize {
    let mut i = from;
    while let Some(&c) = raw.get(i) {
        match c {
            b'\'' => return i,
            b'\\' => i += 2,
            _ => i += 1,
        }
    }
    raw.len().max(from)
}

fn collect(parts: &[WordPart], out: &mut Vec<Replacement>) {
    for part in parts {
        match part {
            WordPart::Command(command) if !command.backquoted => {
                let list = match &command.body {
                    SubstBody::List(list) | SubstBody::ReadFile(list) => list,
                    SubstBody::Broken { .. } => continue,
                };
                let body = super::substitution(list);
                let open: &[u8] = if body.first() == Some(&b'(') { b"$( " } else { b"$(" };
                push(&command.raw, [open, &body, b")"].concat(), out);
            }
            WordPart::ProcessIn(subst) => push(
                &subst.raw,
                [b"<(", &super::substitution(&subst.list)[..], b")"].concat(),
                out,
            ),
            WordPart::ProcessOut(subst) => push(
                &subst.raw,
                [b">(", &super::substitution(&subst.list)[..], b")"].concat(),
                out,
            ),
            WordPart::DoubleQuoted(inner) => collect(inner, out),
            WordPart::Param(expansion) => {
                if let Some(Subscript::Expr(sub)) = &expansion.subscript {
                    collect(&sub.key.parts, out);
                }
                stacker::maybe_grow(super::RED_ZONE, super::SEGMENT, || collect_operands(&expansion.op, out));
            }
            WordPart::Arith(expr) => {
                stacker::maybe_grow(super::RED_ZONE, super::SEGMENT, || collect(&expr.word.parts, out));
            }
            _ => {}
        }
    }
}

fn collect_operands(op: &ParamOp, out: &mut Vec<Replacement>) {
    match op {
        ParamOp::Default { word, .. } => collect(&word.parts, out),
        ParamOp::RemovePrefix { pattern, .. } | ParamOp::RemoveSuffix { pattern, .. } => collect(&pattern.parts, out),
        ParamOp::Replace {
            pattern, replacement, ..
        } => {
            collect(&pattern.parts, out);
            if let Some(replacement) = replacement {
                collect(&replacement.parts, out);
            }
        }
        ParamOp::Case {
            pattern: Some(pattern), ..
        } => collect(&pattern.parts, out),
        ParamOp::Substring { offset, length } => {
            collect(&offset.word.parts, out);
            if let Some(length) = length {
                collect(&length.word.parts, out);
            }
        }
        _ => {}
    }
}

fn push(raw: &[u8], text: Vec<u8>, out: &mut Vec<Replacement>) {
    out.push(Replacement {
        address: raw.as_ptr() as usize,
        length: raw.len(),
        text,
    });
}

/// Text between single quotes, quotes in it written as `'\''`.
pub(super) fn single_quoted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    out.push(b'\'');
    for &c in text {
        if c == b'\'' {
            out.extend_from_slice(b"'\\''");
        } else {
            out.push(c);
        }
    }
    out.push(b'\'');
    out
}
