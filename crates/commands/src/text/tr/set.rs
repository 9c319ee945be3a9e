//! The arrays of `tr`: parsing and pairing (POSIX XCU tr, "extended description").

use crate::quote::{quote, quoteaf};

/// One part of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Element {
    /// Bytes in order: one byte, or a range.
    Bytes(u8, u8),
    /// `[:alpha:]`.
    Class(Class),
    /// `[=c=]`.
    Equivalence(u8),
    /// `[c*n]`; 0 is as many as needed.
    Repeat(u8, usize),
}

impl Element {
    pub fn is_endless_repeat(&self) -> bool {
        matches!(self, Self::Repeat(_, 0))
    }

    fn expand(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bytes(a, b) => out.extend(*a..=*b),
            Self::Class(class) => out.extend((0..=255).filter(|b| class.has(*b))),
            Self::Equivalence(b) => out.push(*b),
            // An endless repeat stands for at least one; `plan` stretches it to what is needed.
            Self::Repeat(b, n) => out.resize(out.len() + (*n).max(1), *b),
        }
    }
}

/// A character class of POSIX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Alnum,
    Alpha,
    Blank,
    Cntrl,
    Digit,
    Graph,
    Lower,
    Print,
    Punct,
    Space,
    Upper,
    Xdigit,
}

impl Class {
    fn parse(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"alnum" => Self::Alnum,
            b"alpha" => Self::Alpha,
            b"blank" => Self::Blank,
            b"cntrl" => Self::Cntrl,
            b"digit" => Self::Digit,
            b"graph" => Self::Graph,
            b"lower" => Self::Lower,
            b"print" => Self::Print,
            b"punct" => Self::Punct,
            b"space" => Self::Space,
            b"upper" => Self::Upper,
            b"xdigit" => Self::Xdigit,
            _ => return None,
        })
    }

    fn has(self, b: u8) -> bool {
        match self {
            Self::Alnum => b.is_ascii_alphanumeric(),
            Self::Alpha => b.is_ascii_alphabetic(),
            Self::Blank => matches!(b, b' ' | b'\t'),
            Self::Cntrl => b.is_ascii_control(),
            Self::Digit => b.is_ascii_digit(),
            Self::Graph => b.is_ascii_graphic(),
            Self::Lower => b.is_ascii_lowercase(),
            Self::Print => (32..127).contains(&b),
            Self::Punct => b.is_ascii_punctuation(),
            Self::Space => matches!(b, 9..=13 | b' '),
            Self::Upper => b.is_ascii_uppercase(),
            Self::Xdigit => b.is_ascii_hexdigit(),
        }
    }

    fn is_case(self) -> bool {
        matches!(self, Self::Lower | Self::Upper)
    }
}

/// The map that changes nothing.
pub(super) fn identity() -> [u8; 256] {
    std::array::from_fn(|b| b as u8)
}

/// Parses an array; the error is the message for the user.
pub(super) fn parse(text: &[u8], warnings: &mut Vec<Vec<u8>>) -> Result<Vec<Element>, Vec<u8>> {
    let (bytes, escaped) = unescape(text, warnings);
    let plain = |at: usize, b: u8| bytes.get(at) == Some(&b) && !escaped[at];
    let mut elements = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if plain(at, b'[')
            && let Some((element, next)) = bracket(&bytes, &escaped, at)?
        {
            elements.push(element);
            at = next;
            continue;
        }
        if plain(at + 1, b'-') && at + 2 < bytes.len() {
            let (a, b) = (bytes[at], bytes[at + 2]);
            if a > b {
                let shown = [visible(a), b"-".to_vec(), visible(b)].concat();
                return Err([
                    &b"range-endpoints of "[..],
                    &quoteaf(shown),
                    b" are in reverse collating sequence order",
                ]
                .concat());
            }
            elements.push(Element::Bytes(a, b));
            at += 3;
        } else {
            elements.push(Element::Bytes(bytes[at], bytes[at]));
            at += 1;
        }
    }
    Ok(elements)
}

fn visible(b: u8) -> Vec<u8> {
    if (32..127).contains(&b) {
        vec![b]
    } else {
        format!("\\{b:03o}").into_bytes()
    }
}

/// `[:class:]`, `[=c=]` or `[c*n]` at a bracket, and where it ends.
fn bracket(bytes: &[u8], escaped: &[bool], at: usize) -> Result<Option<(Element, usize)>, Vec<u8>> {
    let plain = |i: usize, b: u8| bytes.get(i) == Some(&b) && !escaped[i];
    for kind in [b':', b'='] {
        if !plain(at + 1, kind) {
            continue;
        }
        let closing = (at + 2..bytes.len().saturating_sub(1)).find(|i| plain(*i, kind) && plain(*i + 1, b']'));
        let Some(close) = closing else { continue };
        let name = &bytes[at + 2..close];
        if name.is_empty() {
            // `[::]` and `[==]`: an error, unless it is a repeat such as `[:*5]`.
            return Err(if kind == b':' {
                b"missing character class name '[::]'".to_vec()
            } else {
                b"missing equivalence class character '[==]'".to_vec()
            });
        }
        let element = if kind == b':' {
            match Class::parse(name) {
                Some(class) => Element::Class(class),
                None if repeat(bytes, escaped, at)?.is_some() => break,
                None => return Err([&b"invalid character class "[..], &quote(name)].concat()),
            }
        } else {
            match name {
                [b] => Element::Equivalence(*b),
                _ if repeat(bytes, escaped, at)?.is_some() => break,
                _ => {
                    return Err([name, b": equivalence class operand must be a single character"].concat());
                }
            }
        };
        return Ok(Some((element, close + 2)));
    }
    repeat(bytes, escaped, at)
}

fn repeat(bytes: &[u8], escaped: &[bool], at: usize) -> Result<Option<(Element, usize)>, Vec<u8>> {
    let plain = |i: usize, b: u8| bytes.get(i) == Some(&b) && !escaped[i];
    if at + 1 >= bytes.len() || !plain(at + 2, b'*') {
        return Ok(None);
    }
    let from = at + 3;
    for close in from..bytes.len() {
        if escaped[close] {
            return Ok(None);
        }
        if bytes[close] != b']' {
            continue;
        }
        let digits = &bytes[from..close];
        let radix = if digits.first() == Some(&b'0') { 8 } else { 10 };
        let count = if digits.is_empty() {
            Some(0)
        } else {
            std::str::from_utf8(digits)
                .ok()
                .and_then(|d| usize::from_str_radix(d, radix).ok())
        };
        return match count {
            // Nothing repeats usefully more often than there are bytes to pair with.
            Some(n) => Ok(Some((Element::Repeat(bytes[at + 1], n.min(1 << 16)), close + 1))),
            None => Err([&b"invalid repeat count "[..], &quote(digits), b" in [c*n] construct"].concat()),
        };
    }
    Ok(None)
}

/// Resolves escapes; the flags tell which bytes have lost their special meaning.
fn unescape(text: &[u8], warnings: &mut Vec<Vec<u8>>) -> (Vec<u8>, Vec<bool>) {
    let (mut bytes, mut escaped) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < text.len() {
        if text[at] != b'\\' {
            bytes.push(text[at]);
            escaped.push(false);
            at += 1;
            continue;
        }
        at += 1;
        let Some(&b) = text.get(at) else {
            warnings.push(b"warning: an unescaped backslash at end of string is not portable".to_vec());
            bytes.push(b'\\');
            escaped.push(false);
            break;
        };
        at += 1;
        let value = match b {
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'v' => 11,
            b'0'..=b'7' => {
                let mut n = u32::from(b - b'0');
                let mut digits = 1;
                while digits < 3 {
                    let Some(d @ b'0'..=b'7') = text.get(at) else { break };
                    let next = n * 8 + u32::from(d - b'0');
                    if next > 255 {
                        warnings.push(
                            format!(
                                "warning: the ambiguous octal escape \\{0}{1}{2} is being\n\tinterpreted as the 2-byte sequence \\0{0}{1}, {2}",
                                text[at - 2] as char, text[at - 1] as char, *d as char
                            )
                            .into_bytes(),
                        );
                        break;
                    }
                    n = next;
                    at += 1;
                    digits += 1;
                }
                n as u8
            }
            other => other,
        };
        bytes.push(value);
        escaped.push(true);
    }
    (bytes, escaped)
}

/// Which bytes an array holds.
pub(super) fn members(elements: &[Element], complement: bool) -> [bool; 256] {
    let mut all = [complement; 256];
    let mut list = Vec::new();
    for e in elements {
        e.expand(&mut list);
    }
    for b in list {
        all[usize::from(b)] = !complement;
    }
    all
}

/// The map from the first array to the second; the error is the message for the user.
pub(super) fn plan(set1: &[Element], set2: &[Element], complement: bool, truncate: bool) -> Result<[u8; 256], Vec<u8>> {
    let mut map = identity();
    if set2.iter().filter(|e| e.is_endless_repeat()).count() > 1 {
        return Err(b"only one [c*] repeat construct may appear in string2".to_vec());
    }
    if set2.iter().any(|e| matches!(e, Element::Equivalence(_))) {
        return Err(b"[=c=] expressions may not appear in string2 when translating".to_vec());
    }
    if set2.iter().any(|e| matches!(e, Element::Class(c) if !c.is_case())) {
        return Err(
            b"when translating, the only character classes that may appear in\nstring2 are 'upper' and 'lower'"
                .to_vec(),
        );
    }
    // Where each case class of the first array begins; only there may one of the second array begin.
    let mut from = Vec::new();
    let mut cases1 = Vec::new();
    for e in set1 {
        if let Element::Class(c) = e
            && c.is_case()
        {
            cases1.push((from.len(), *c));
        }
        e.expand(&mut from);
    }
    if complement {
        let has = members(set1, false);
        from = (0..=255).filter(|b| !has[usize::from(*b)]).collect();
        if set2.iter().any(|e| matches!(e, Element::Class(_))) {
            return Err(b"misaligned [:upper:] and/or [:lower:] construct".to_vec());
        }
    }
    let fixed: usize = {
        let mut list = Vec::new();
        set2.iter()
            .filter(|e| !e.is_endless_repeat())
            .for_each(|e| e.expand(&mut list));
        list.len()
    };
    let mut to = Vec::new();
    let mut cases2 = Vec::new();
    for e in set2 {
        match e {
            Element::Repeat(b, 0) => to.resize(to.len() + from.len().saturating_sub(fixed), *b),
            Element::Class(c) => {
                cases2.push((to.len(), *c));
                e.expand(&mut to);
            }
            _ => e.expand(&mut to),
        }
    }
    for (at, _) in &cases2 {
        if !cases1.iter().any(|(start, _)| start == at) {
            return Err(b"misaligned [:upper:] and/or [:lower:] construct".to_vec());
        }
    }
    if to.len() < from.len() {
        if truncate {
            from.truncate(to.len());
        } else {
            match (to.last(), set2.last()) {
                (None, _) => return Err(b"when not truncating set1, string2 must be non-empty".to_vec()),
                (_, Some(Element::Class(_))) => {
                    return Err(b"when translating with string1 longer than string2,\nthe latter string must not end with a character class".to_vec());
                }
                (Some(last), _) => to.resize(from.len(), *last),
            }
        }
    }
    if complement
        && set1.iter().any(|e| matches!(e, Element::Class(_)))
        && to.iter().take(from.len()).any(|b| Some(b) != to.first())
    {
        return Err(
            b"when translating with complemented character classes,\nstring2 must map all characters in the domain to one"
                .to_vec(),
        );
    }
    for (a, b) in from.iter().zip(&to) {
        map[usize::from(*a)] = *b;
    }
    // Pairs of case classes map by case, whatever the order of the letters.
    for (at, class2) in cases2 {
        for (start, class1) in &cases1 {
            if *start == at && *class1 != class2 {
                for b in (0..=255u8).filter(|b| class1.has(*b)) {
                    map[usize::from(b)] = b ^ 0x20;
                }
            }
        }
    }
    Ok(map)
}
