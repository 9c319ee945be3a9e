//! The longest string that every match must contain. Where it is rare, looking for it first beats every automaton.

use fancy_regex::{Expr, LookAround};
use regex_syntax::hir::{Hir, HirKind};

/// Shorter strings are too common to help.
const MIN: usize = 2;
/// How deep the search for it goes.
const MAX_DEPTH: usize = 100;

#[derive(Default)]
struct Best {
    best: Vec<u8>,
    /// The string that ends right here.
    run: Vec<u8>,
}

impl Best {
    fn literal(&mut self, bytes: &[u8]) {
        self.run.extend_from_slice(bytes);
    }

    /// What comes next is not known.
    fn cut(&mut self) {
        if self.run.len() > self.best.len() {
            self.best = std::mem::take(&mut self.run);
        }
        self.run.clear();
    }

    fn finish(mut self) -> Option<Vec<u8>> {
        self.cut();
        (self.best.len() >= MIN).then_some(self.best)
    }
}

/// That of an automaton's expression; `None` also when the expression is nothing but strings, which need no help.
pub(super) fn of_hir(hir: &Hir) -> Option<Vec<u8>> {
    if hir.properties().is_alternation_literal() {
        return None;
    }
    let mut best = Best::default();
    hir_part(hir, &mut best, 0);
    best.finish()
}

fn hir_part(hir: &Hir, best: &mut Best, depth: usize) {
    if depth > MAX_DEPTH {
        best.cut();
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(l) => best.literal(&l.0),
        HirKind::Class(_) | HirKind::Alternation(_) => best.cut(),
        HirKind::Capture(c) => hir_part(&c.sub, best, depth + 1),
        HirKind::Concat(subs) => subs.iter().for_each(|s| hir_part(s, best, depth + 1)),
        HirKind::Repetition(r) => {
            if r.min > 0 {
                // At least one turn stands next to what comes before.
                hir_part(&r.sub, best, depth + 1);
            }
            if r.min != 1 || r.max != Some(1) {
                best.cut();
            }
        }
    }
}

/// That of a pattern for the backtracking matcher, in its own syntax.
pub(super) fn of_perl(pattern: &str, icase: bool) -> Option<Vec<u8>> {
    if icase {
        return None;
    }
    let tree = Expr::parse_tree(pattern).ok()?;
    let mut best = Best::default();
    perl_part(&tree.expr, &mut best, 0);
    best.finish()
}

fn perl_part(expr: &Expr, best: &mut Best, depth: usize) {
    if depth > MAX_DEPTH {
        best.cut();
        return;
    }
    match expr {
        Expr::Empty | Expr::Assertion(_) => {}
        Expr::Literal { val, casei: false } => best.literal(val.as_bytes()),
        Expr::Concat(subs) => subs.iter().for_each(|s| perl_part(s, best, depth + 1)),
        Expr::Group(inner) => perl_part(inner, best, depth + 1),
        Expr::AtomicGroup(inner) => perl_part(inner, best, depth + 1),
        // What is looked at must be there, but is not next to the match on the side that counts here.
        Expr::LookAround(inner, LookAround::LookAhead | LookAround::LookBehind) => {
            best.cut();
            perl_part(inner, best, depth + 1);
            best.cut();
        }
        Expr::Repeat { child, lo, hi, .. } => {
            if *lo > 0 {
                perl_part(child, best, depth + 1);
            }
            if (*lo, *hi) != (1, 1) {
                best.cut();
            }
        }
        _ => best.cut(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_string_of_every_match_is_found() {
        let hir = |p: &str| of_hir(&regex_syntax::parse(p).unwrap()).map(|l| String::from_utf8(l).unwrap());
        assert_eq!(hir("a.*bcd.*ef"), Some("bcd".to_owned()));
        assert_eq!(hir("x(foo)+bar"), Some("xfoo".to_owned()));
        assert_eq!(hir("(foo)?bar"), Some("bar".to_owned()));
        assert_eq!(hir("foo|bar"), None);
        assert_eq!(hir("foo"), None);
        assert_eq!(hir("[ab]c"), None);
        assert_eq!(of_perl("(?<=foo )bar", false), Some(b"foo ".to_vec()));
        assert_eq!(of_perl("a(?!xyz)b", false), None);
        assert_eq!(of_perl("(a|b)cd\\1", false), Some(b"cd".to_vec()));
    }
}
