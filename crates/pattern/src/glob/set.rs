//! Bracket expressions of globs, as tests on single symbols.
//!
//! A symbol is a `u32`: a character in UTF-8 mode, a byte in byte mode. In byte mode values from 128 belong to no class.

/// A POSIX character class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum CharClass {
    Alnum,
    Alpha,
    Ascii,
    Blank,
    Cntrl,
    Digit,
    Graph,
    Lower,
    Print,
    Punct,
    Space,
    Upper,
    Word,
    Xdigit,
}

impl CharClass {
    /// The class that bash knows under this name.
    pub(super) fn named(name: &[u8]) -> Option<CharClass> {
        Some(match name {
            b"alnum" => CharClass::Alnum,
            b"alpha" => CharClass::Alpha,
            b"ascii" => CharClass::Ascii,
            b"blank" => CharClass::Blank,
            b"cntrl" => CharClass::Cntrl,
            b"digit" => CharClass::Digit,
            b"graph" => CharClass::Graph,
            b"lower" => CharClass::Lower,
            b"print" => CharClass::Print,
            b"punct" => CharClass::Punct,
            b"space" => CharClass::Space,
            b"upper" => CharClass::Upper,
            b"word" => CharClass::Word,
            b"xdigit" => CharClass::Xdigit,
            _ => return None,
        })
    }

    fn has(self, symbol: u32, utf8: bool) -> bool {
        if !utf8 && symbol > 0x7f {
            return false;
        }
        let Some(c) = char::from_u32(symbol) else { return false };
        let no_break = matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}');
        let space = c.is_whitespace() && !no_break;
        let control = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        match self {
            CharClass::Alnum => c.is_alphanumeric(),
            CharClass::Alpha => c.is_alphabetic() || (!c.is_ascii() && c.is_numeric()),
            CharClass::Ascii => c.is_ascii(),
            CharClass::Blank => c == '\t' || (space && !control),
            CharClass::Cntrl => control,
            CharClass::Digit => c.is_ascii_digit(),
            CharClass::Graph => !control && !space,
            CharClass::Lower => c.is_lowercase(),
            CharClass::Print => !control,
            CharClass::Punct => !control && !space && !c.is_alphanumeric(),
            CharClass::Space => space,
            CharClass::Upper => c.is_uppercase(),
            CharClass::Word => c.is_alphanumeric() || c == '_',
            CharClass::Xdigit => c.is_ascii_hexdigit(),
        }
    }
}

/// A member of a bracket expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Item {
    /// Both ends included.
    Range(u32, u32),
    Class(CharClass),
}

/// A bracket expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Set {
    items: Vec<Item>,
    negated: bool,
    nocase: bool,
    utf8: bool,
    /// The answers for the first 128 symbols.
    ascii: u128,
}

impl Set {
    /// Compiles the members.
    pub(super) fn new(items: Vec<Item>, negated: bool, nocase: bool, utf8: bool) -> Set {
        let mut set = Set {
            items,
            negated,
            nocase,
            utf8,
            ascii: 0,
        };
        for symbol in 0..128 {
            if set.test(symbol) {
                set.ascii |= 1 << symbol;
            }
        }
        set
    }

    /// Whether the symbol is a member.
    pub(super) fn has(&self, symbol: u32) -> bool {
        if symbol < 128 {
            self.ascii >> symbol & 1 != 0
        } else {
            self.test(symbol)
        }
    }

    fn test(&self, symbol: u32) -> bool {
        let one = |s: u32| {
            self.items.iter().any(|item| match item {
                Item::Range(lo, hi) => *lo <= s && s <= *hi,
                Item::Class(class) => class.has(s, self.utf8),
            })
        };
        let found = one(symbol)
            || (self.nocase && {
                let (lower, upper) = cases(symbol, self.utf8);
                (lower != symbol && one(lower)) || (upper != symbol && one(upper))
            });
        found != self.negated
    }
}

/// The lower and upper case of a symbol; itself where it has none of one symbol.
pub(super) fn cases(symbol: u32, utf8: bool) -> (u32, u32) {
    if symbol < 128 || !utf8 {
        let Ok(byte) = u8::try_from(symbol) else {
            return (symbol, symbol);
        };
        return (
            u32::from(byte.to_ascii_lowercase()),
            u32::from(byte.to_ascii_uppercase()),
        );
    }
    let Some(c) = char::from_u32(symbol) else {
        return (symbol, symbol);
    };
    let single = |mut cs: Box<dyn Iterator<Item = char>>| match (cs.next(), cs.next()) {
        (Some(c), None) => u32::from(c),
        _ => symbol,
    };
    (single(Box::new(c.to_lowercase())), single(Box::new(c.to_uppercase())))
}

/// The symbol that stands for all its case variants.
pub(super) fn fold(symbol: u32, utf8: bool) -> u32 {
    cases(symbol, utf8).0
}
