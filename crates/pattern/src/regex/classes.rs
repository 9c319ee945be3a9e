//! Character sets: the named classes, in bytes and in Unicode.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, HirKind};

/// The set that a Unicode expression such as `\p{L}` stands for; empty if the tables do not know it.
fn unicode(expr: &str) -> ClassUnicode {
    match regex_syntax::parse(expr).map(regex_syntax::hir::Hir::into_kind) {
        Ok(HirKind::Class(Class::Unicode(set))) => set,
        _ => ClassUnicode::empty(),
    }
}

fn bytes(ranges: &[(u8, u8)]) -> Class {
    Class::Bytes(ClassBytes::new(ranges.iter().map(|&(a, b)| ClassBytesRange::new(a, b))))
}

fn chars(ranges: &[(char, char)]) -> Class {
    Class::Unicode(ClassUnicode::new(
        ranges.iter().map(|&(a, b)| ClassUnicodeRange::new(a, b)),
    ))
}

macro_rules! cached {
    ($expr:expr) => {{
        static SET: OnceLock<ClassUnicode> = OnceLock::new();
        Class::Unicode(SET.get_or_init(|| unicode($expr)).clone())
    }};
}

/// The class `[:name:]`, or `None` when POSIX has no such class (POSIX XBD 7.3.1).
///
/// In UTF-8 mode letters follow Unicode; digits are ASCII, as in glibc's `C.UTF-8`.
pub(super) fn named(name: &[u8], utf8: bool) -> Option<Class> {
    let set = match (name, utf8) {
        (b"alpha", false) => bytes(&[(b'A', b'Z'), (b'a', b'z')]),
        (b"alnum", false) => bytes(&[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]),
        (b"upper", false) => bytes(&[(b'A', b'Z')]),
        (b"lower", false) => bytes(&[(b'a', b'z')]),
        (b"digit", false) => bytes(&[(b'0', b'9')]),
        (b"xdigit", false) => bytes(&[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')]),
        (b"space", false) => bytes(&[(9, 13), (32, 32)]),
        (b"blank", false) => bytes(&[(9, 9), (32, 32)]),
        (b"punct", false) => bytes(&[(33, 47), (58, 64), (91, 96), (123, 126)]),
        (b"cntrl", false) => bytes(&[(0, 31), (127, 127)]),
        (b"graph", false) => bytes(&[(33, 126)]),
        (b"print", false) => bytes(&[(32, 126)]),
        (b"digit", true) => chars(&[('0', '9')]),
        (b"xdigit", true) => chars(&[('0', '9'), ('A', 'F'), ('a', 'f')]),
        (b"alpha", true) => cached!(r"[\p{Alphabetic}\p{Nd}--0-9]"),
        (b"alnum", true) => cached!(r"[\p{Alphabetic}\p{Nd}]"),
        (b"upper", true) => cached!(r"\p{Uppercase}"),
        (b"lower", true) => cached!(r"\p{Lowercase}"),
        (b"space", true) => cached!(r"[\s--\x{85}\x{a0}\x{2007}\x{202f}]"),
        (b"blank", true) => cached!(r"[\t\p{Zs}--\x{a0}\x{2007}\x{202f}]"),
        (b"cntrl", true) => cached!(r"[\p{Cc}\x{2028}\x{2029}]"),
        (b"punct", true) => {
            cached!(r"[^\p{Alphabetic}\p{Nd}\p{Cc}\p{Cn}\p{Cs}\x{2028}\x{2029}\p{Zs}--\x{a0}\x{2007}\x{202f}]")
        }
        (b"graph", true) => {
            cached!(r"[^\p{Cc}\p{Cn}\p{Cs}\x{2028}\x{2029} \x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{205f}\x{3000}]")
        }
        (b"print", true) => cached!(r"[^\p{Cc}\p{Cn}\p{Cs}\x{2028}\x{2029}]"),
        _ => return None,
    };
    Some(set)
}

/// Word characters: letters, digits and underscore.
pub(super) fn word(utf8: bool) -> Class {
    if utf8 {
        cached!(r"\w")
    } else {
        bytes(&[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')])
    }
}

/// White space, as `[[:space:]]`.
pub(super) fn space(utf8: bool) -> Class {
    named(b"space", utf8).unwrap_or_else(|| empty(utf8))
}

/// The empty set.
pub(super) fn empty(utf8: bool) -> Class {
    if utf8 {
        Class::Unicode(ClassUnicode::empty())
    } else {
        Class::Bytes(ClassBytes::empty())
    }
}

/// Adds a set to another of the same kind.
pub(super) fn union(into: &mut Class, other: &Class) {
    match (into, other) {
        (Class::Unicode(a), Class::Unicode(b)) => a.union(b),
        (Class::Bytes(a), Class::Bytes(b)) => a.union(b),
        _ => {}
    }
}

/// Takes one byte (an ASCII character in UTF-8 mode) out of a set.
pub(super) fn remove(set: &mut Class, byte: u8) {
    match set {
        Class::Unicode(s) if byte < 0x80 => {
            let c = char::from(byte);
            s.difference(&ClassUnicode::new([ClassUnicodeRange::new(c, c)]));
        }
        Class::Unicode(_) => {}
        Class::Bytes(s) => s.difference(&ClassBytes::new([ClassBytesRange::new(byte, byte)])),
    }
}

/// Adds the case variants of every member.
pub(super) fn fold(set: &mut Class) {
    match set {
        // The tables are compiled in, so folding cannot fail; were they missing, ASCII would be all there is.
        Class::Unicode(s) => {
            let _ = s.try_case_fold_simple();
        }
        Class::Bytes(s) => s.case_fold_simple(),
    }
}

/// Turns a set into its complement.
pub(super) fn negate(set: &mut Class) {
    match set {
        Class::Unicode(s) => s.negate(),
        Class::Bytes(s) => s.negate(),
    }
}

/// The set of one character with its case variants.
pub(super) fn of_char(c: char, icase: bool) -> Class {
    let mut set = chars(&[(c, c)]);
    if icase {
        fold(&mut set);
    }
    set
}

/// The set of one byte with its case variants.
pub(super) fn of_byte(b: u8, icase: bool) -> Class {
    let mut set = bytes(&[(b, b)]);
    if icase {
        fold(&mut set);
    }
    set
}

/// Whether two sets have no member in common.
pub(super) fn disjoint(a: &Class, b: &Class) -> bool {
    match (a, b) {
        (Class::Unicode(a), Class::Unicode(b)) => {
            let mut both = a.clone();
            both.intersect(b);
            both.ranges().is_empty()
        }
        (Class::Bytes(a), Class::Bytes(b)) => {
            let mut both = a.clone();
            both.intersect(b);
            both.ranges().is_empty()
        }
        _ => false,
    }
}
