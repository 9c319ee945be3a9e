//! Brace expansion (bash manual, "Brace Expansion"): one word becomes several, before any other expansion.
//!
//! It works on the parts of a word: quoted text and expansions are opaque, only unquoted literal bytes can be braces, commas
//! and dots.

use bytes::Bytes;

use super::{
    assignment_of,
    ast::{Word, WordFlags, WordPart},
};

/// Alternatives inside alternatives beyond which a word is refused.
const MAX_NESTING: usize = 1_000;

/// The expansion would give more words than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("brace expansion: more than {limit} words")]
pub struct BraceLimit {
    /// The limit that was given.
    pub limit: usize,
}

/// A byte that can be syntax, or a part that cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Byte(u8),
    Part(u32),
    /// A byte made by a sequence such as `{Z..a}`: never syntax.
    Made(u8),
}

type Text = Vec<Symbol>;

/// The words that `word` stands for: itself if it has no braces to expand.
///
/// # Errors
/// [`BraceLimit`] if there would be more than `limit`.
pub fn expand_braces(word: &Word, limit: usize) -> Result<Vec<Word>, BraceLimit> {
    if !word.flags.has(WordFlags::BRACE) {
        return Ok(vec![word.clone()]);
    }
    let mut text = Text::new();
    for (index, part) in word.parts.iter().enumerate() {
        match part {
            WordPart::Literal(bytes) => text.extend(bytes.iter().map(|&c| Symbol::Byte(c))),
            // It is found again afterwards: `~{a,b}` is two prefixes.
            WordPart::Tilde(name) => {
                text.push(Symbol::Byte(b'~'));
                text.extend(name.iter().map(|&c| Symbol::Byte(c)));
            }
            _ => text.push(Symbol::Part(u32::try_from(index).unwrap_or(u32::MAX))),
        }
    }
    let texts = Expander { limit }.expand(&text, 0)?;
    if texts.len() == 1 && texts[0] == text {
        return Ok(vec![word.clone()]);
    }
    Ok(texts.iter().map(|text| rebuild(word, text)).collect())
}

struct Expander {
    limit: usize,
}

impl Expander {
    fn check(&self, count: usize) -> Result<(), BraceLimit> {
        if count > self.limit {
            Err(BraceLimit { limit: self.limit })
        } else {
            Ok(())
        }
    }

    fn expand(&self, text: &[Symbol], depth: usize) -> Result<Vec<Text>, BraceLimit> {
        self.check(if depth > MAX_NESTING { usize::MAX } else { 0 })?;
        let mut results: Vec<Text> = vec![Text::new()];
        let mut rest = text;
        loop {
            let Some((open, close)) = find_group(rest) else {
                append(&mut results, rest);
                break;
            };
            append(&mut results, &rest[..open]);
            let inside = &rest[open + 1..close];
            let choices = if inside.contains(&Symbol::Byte(b',')) {
                let mut choices = Vec::new();
                for item in split_commas(inside) {
                    let words = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.expand(item, depth + 1))?;
                    choices.extend(words);
                    self.check(choices.len())?;
                }
                Some(choices)
            } else {
                self.sequence(inside)?
            };
            match choices {
                Some(choices) => {
                    self.check(results.len().saturating_mul(choices.len()))?;
                    results = results
                        .iter()
                        .flat_map(|left| choices.iter().map(move |right| [&left[..], &right[..]].concat()))
                        .collect();
                }
                None => append(&mut results, &rest[open..=close]),
            }
            rest = &rest[close + 1..];
        }
        Ok(results)
    }

    /// `{x..y[..step]}`, without the braces.
    fn sequence(&self, inside: &[Symbol]) -> Result<Option<Vec<Text>>, BraceLimit> {
        let mut bytes = Vec::with_capacity(inside.len());
        for symbol in inside {
            match symbol {
                Symbol::Byte(c) => bytes.push(*c),
                _ => return Ok(None),
            }
        }
        let Some(sequence) = Sequence::parse(&bytes) else {
            return Ok(None);
        };
        if sequence.count() > self.limit as u128 {
            return Err(BraceLimit { limit: self.limit });
        }
        Ok(Some(sequence.words()))
    }
}

fn append(results: &mut [Text], text: &[Symbol]) {
    for result in results {
        result.extend_from_slice(text);
    }
}

/// The first brace group that can be expanded: positions of its braces.
fn find_group(text: &[Symbol]) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let open = from + text[from..].iter().position(|&c| c == Symbol::Byte(b'{'))?;
        // `{}` alone is a word of its own (`find -exec`).
        if open == 0 && text.get(1) == Some(&Symbol::Byte(b'}')) {
            from = open + 1;
            continue;
        }
        if let Some(close) = closing(text, open + 1) {
            return Some((open, close));
        }
        from = open + 1;
    }
}

/// The brace that closes a group whose content starts at `from`: the first one at its level after a comma or `..`.
fn closing(text: &[Symbol], from: usize) -> Option<usize> {
    let mut level = 0usize;
    let mut separated = false;
    for (i, symbol) in text.iter().enumerate().skip(from) {
        match symbol {
            Symbol::Byte(b'}') if level == 0 && separated => return Some(i),
            Symbol::Byte(b'{') => level += 1,
            Symbol::Byte(b'}') => level = level.saturating_sub(1),
            Symbol::Byte(b',') if level == 0 => separated = true,
            Symbol::Byte(b'.') if level == 0 => {
                separated |=
                    text.get(i + 1) == Some(&Symbol::Byte(b'.')) && text.get(i + 2) != Some(&Symbol::Byte(b'}'));
            }
            _ => {}
        }
    }
    None
}

/// The alternatives, separated by commas outside nested groups.
fn split_commas(text: &[Symbol]) -> Vec<&[Symbol]> {
    let mut items = Vec::new();
    let mut level = 0usize;
    let mut start = 0;
    for (i, symbol) in text.iter().enumerate() {
        match symbol {
            Symbol::Byte(b'{') if closing(text, i + 1).is_some() || level > 0 => level += 1,
            Symbol::Byte(b'}') => level = level.saturating_sub(1),
            Symbol::Byte(b',') if level == 0 => {
                items.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    items.push(&text[start..]);
    items
}

/// A sequence of numbers or letters.
struct Sequence {
    first: i64,
    last: i64,
    step: i64,
    letters: bool,
    /// Pad with zeros to this width.
    width: usize,
}

impl Sequence {
    fn parse(text: &[u8]) -> Option<Self> {
        let dots = find(text, b"..")?;
        let (left, rest) = (&text[..dots], &text[dots + 2..]);
        let (right, step) = match find(rest, b"..") {
            Some(at) => (&rest[..at], Some(number(&rest[at + 2..])?)),
            None => (rest, None),
        };
        let (first, last, letters, width) = match (left, right) {
            (&[a], &[b]) if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => (i64::from(a), i64::from(b), true, 0),
            _ => {
                let padded = |text: &[u8]| match text {
                    [b'0', rest @ ..] | [b'-', b'0', rest @ ..] => !rest.is_empty(),
                    _ => false,
                };
                let width = if padded(left) || padded(right) {
                    left.len().max(right.len())
                } else {
                    0
                };
                (number(left)?, number(right)?, false, width)
            }
        };
        // The direction of the step is that of the sequence.
        let size = step.unwrap_or(1).checked_abs()?.max(1);
        let step = if first > last { -size } else { size };
        Some(Self {
            first,
            last,
            step,
            letters,
            width,
        })
    }

    fn count(&self) -> u128 {
        (i128::from(self.last) - i128::from(self.first)).unsigned_abs() / i128::from(self.step).unsigned_abs() + 1
    }

    fn words(&self) -> Vec<Text> {
        let count = usize::try_from(self.count()).unwrap_or(usize::MAX);
        let mut words = Vec::with_capacity(count);
        let mut value = self.first;
        for _ in 0..count {
            let word: Text = if self.letters {
                let byte = u8::try_from(value).unwrap_or(b'?');
                // A backslash made this way quotes nothing and vanishes.
                if byte == b'\\' {
                    vec![Symbol::Part(u32::MAX)]
                } else {
                    vec![Symbol::Made(byte)]
                }
            } else {
                format!("{value:0width$}", width = self.width)
                    .bytes()
                    .map(Symbol::Made)
                    .collect()
            };
            words.push(word);
            value = value.wrapping_add(self.step);
        }
        words
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A word from expanded text.
fn rebuild(word: &Word, text: &[Symbol]) -> Word {
    let mut parts = Vec::new();
    let mut flags = WordFlags::default();
    let mut literal = Vec::new();
    let mut rest = text;
    if let Some((name, used)) = tilde(text) {
        parts.push(WordPart::Tilde(name));
        flags.insert(WordFlags::EXPANSION);
        rest = &text[used..];
    }
    let flush = |literal: &mut Vec<u8>, parts: &mut Vec<WordPart>| {
        if !literal.is_empty() {
            parts.push(WordPart::Literal(Bytes::from(std::mem::take(literal))));
        }
    };
    for symbol in rest {
        match *symbol {
            Symbol::Byte(c) | Symbol::Made(c) => {
                if matches!(c, b'*' | b'?' | b'[' | b'(') && word.flags.has(WordFlags::GLOB) {
                    flags.insert(WordFlags::GLOB);
                }
                literal.push(c);
            }
            Symbol::Part(index) => {
                flush(&mut literal, &mut parts);
                let part = word
                    .parts
                    .get(index as usize)
                    .cloned()
                    .unwrap_or_else(|| WordPart::Quoted(Bytes::new()));
                match &part {
                    WordPart::Quoted(_) => flags.insert(WordFlags::QUOTED),
                    WordPart::DoubleQuoted(_) => {
                        flags.insert(WordFlags::QUOTED);
                        flags.insert(WordFlags::EXPANSION);
                    }
                    _ => flags.insert(WordFlags::EXPANSION),
                }
                parts.push(part);
            }
        }
    }
    flush(&mut literal, &mut parts);
    let raw = match parts.as_slice() {
        [WordPart::Literal(text)] => text.clone(),
        _ => word.raw.clone(),
    };
    let mut result = Word {
        parts,
        raw,
        assignment: None,
        line: word.line,
        flags,
    };
    if word.assignment.is_some() {
        result.assignment = assignment_of(&result).map(Box::new);
    }
    result
}

/// A tilde prefix at the start of expanded text: the name and how many symbols it takes.
fn tilde(text: &[Symbol]) -> Option<(Bytes, usize)> {
    let [Symbol::Byte(b'~'), rest @ ..] = text else {
        return None;
    };
    let mut name = Vec::new();
    for symbol in rest {
        match symbol {
            Symbol::Byte(b'/') => break,
            Symbol::Byte(c) | Symbol::Made(c) if !matches!(c, b'{' | b'}' | b'*' | b'?' | b'[') => name.push(*c),
            _ => return None,
        }
    }
    let used = name.len() + 1;
    Some((Bytes::from(name), used))
}

#[cfg(test)]
mod tests {
    use super::{super::*, *};

    /// Expands the second word of `echo TEXT`; quoted parts show as their text.
    fn expand(text: &str) -> String {
        let list = Parser::parse_all(
            format!("echo {text}").into_bytes(),
            &NoAliases,
            &ParseOptions::default(),
        );
        let list = list.expect("parses");
        let ast::CommandKind::Simple(simple) = &list.items[0].and_or.first.commands[0].kind else {
            panic!("not a simple command");
        };
        let mut out = Vec::new();
        for word in &simple.words[1..] {
            for word in expand_braces(word, 10_000).expect("within the limit") {
                let mut text = Vec::new();
                for part in &word.parts {
                    match part {
                        WordPart::Literal(bytes) | WordPart::Quoted(bytes) => text.extend_from_slice(bytes),
                        WordPart::Param(param) => text.extend_from_slice(&param.raw),
                        WordPart::Tilde(name) => text.extend_from_slice(&[b"<", &name[..], b">"].concat()),
                        other => panic!("{other:?}"),
                    }
                }
                out.push(String::from_utf8(text).expect("text"));
            }
        }
        out.join(" ")
    }

    #[test]
    fn expands_like_bash() {
        for (text, result) in [
            ("{a,b}", "a b"),
            ("x{a,b}y{1,2}", "xay1 xay2 xby1 xby2"),
            ("{a,{b,c}d}", "a bd cd"),
            ("{a}", "{a}"),
            ("{a},b}", "a} b"),
            ("{{a,b}}", "{a} {b}"),
            ("{a,b{c,d}", "{a,bc {a,bd"),
            ("{1..3}", "1 2 3"),
            ("{3..1}", "3 2 1"),
            ("{1..10..3}", "1 4 7 10"),
            ("{10..1..-4}", "10 6 2"),
            ("{01..3}", "01 02 03"),
            ("{-05..5..5}", "-05 000 005"),
            ("{a..e..2}", "a c e"),
            ("{1..a}", "{1..a}"),
            ("{1..2}{a..b}", "1a 1b 2a 2b"),
            ("{1..x}{a,b}", "{1..x}a {1..x}b"),
            ("{,a}b", "b ab"),
            ("{a,b}{", "a{ b{"),
            ("{'a,b',c}", "a,b c"),
            (r"{a\,b,c}", "a,b c"),
            ("{}", "{}"),
            ("${x}{a,b}", "${x}a ${x}b"),
            ("~{a,b}", "<a> <b>"),
            ("{~,x}/y", "<>/y x/y"),
            ("{$x..3}", "{$x..3}"),
            ("{a,b", "{a,b"),
            ("a{,}", "a a"),
            ("{1..2..0}", "1 2"),
            ("{a,b}.{c..d}", "a.c a.d b.c b.d"),
        ] {
            assert_eq!(expand(text), result, "{text}");
        }
    }

    #[test]
    fn refuses_to_explode() {
        let list = Parser::parse_all(
            &b"echo {1..100000}{1..100000} {1..9999999999}"[..],
            &NoAliases,
            &ParseOptions::default(),
        );
        let list = list.expect("parses");
        let ast::CommandKind::Simple(simple) = &list.items[0].and_or.first.commands[0].kind else {
            panic!("not a simple command");
        };
        assert_eq!(
            expand_braces(&simple.words[1], 1_000_000).err(),
            Some(BraceLimit { limit: 1_000_000 })
        );
        assert_eq!(
            expand_braces(&simple.words[2], 1_000_000).err(),
            Some(BraceLimit { limit: 1_000_000 })
        );
    }
}
