//! From the syntax tree to the representation that the automata are built from, with what can be known beforehand.

use regex_syntax::hir::{Capture, Class, Hir, Look, Repetition};

use super::ast::{Assert, Node};
use super::classes;
use super::syntax::Options;

/// Lowers a tree. A back-reference becomes a copy of its group, which matches all that the reference could match and
/// more, so that the automaton can be a filter in front of the exact matcher.
pub(super) fn lower(node: &Node, options: &Options) -> Hir {
    let mut groups = Vec::new();
    collect_groups(node, &mut groups);
    Lower { options, groups }.node(node)
}

fn collect_groups<'a>(node: &'a Node, into: &mut Vec<(u32, &'a Node)>) {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || match node {
        Node::Group(n, inner) => {
            into.push((*n, inner));
            collect_groups(inner, into);
        }
        Node::Repeat(_, _, inner) => collect_groups(inner, into),
        Node::Concat(items) | Node::Alt(items) => items.iter().for_each(|item| collect_groups(item, into)),
        _ => {}
    });
}

struct Lower<'a> {
    options: &'a Options,
    groups: Vec<(u32, &'a Node)>,
}

impl Lower<'_> {
    fn node(&self, node: &Node) -> Hir {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.node_inner(node))
    }

    fn node_inner(&self, node: &Node) -> Hir {
        let o = self.options;
        match node {
            Node::Empty => Hir::empty(),
            Node::Char(c) if o.line_terminator.is_some_and(|t| char::from(t) == *c) => Hir::fail(),
            Node::Byte(b) if o.line_terminator == Some(*b) => Hir::fail(),
            Node::Char(c) if o.icase => Hir::class(classes::of_char(*c, true)),
            Node::Char(c) => {
                let mut buf = [0; 4];
                Hir::literal(c.encode_utf8(&mut buf).as_bytes().to_vec())
            }
            Node::Byte(b) if o.icase && !o.utf8 => Hir::class(classes::of_byte(*b, true)),
            Node::Byte(b) => Hir::literal([*b]),
            Node::Class(set) => Hir::class(set.clone()),
            Node::Any => Hir::class(any(o)),
            Node::Assert(a) => Hir::look(look(*a, o)),
            Node::Group(n, inner) => Hir::capture(Capture {
                index: *n,
                name: None,
                sub: Box::new(self.node(inner)),
            }),
            Node::Backref(n) => match self.groups.iter().find(|(m, _)| m == n) {
                // Anything at all: the copy of a group that itself holds references could grow without bound.
                Some((_, inner)) if !has_backref(inner) => strip_captures(self.node(inner)),
                _ => Hir::repetition(Repetition {
                    min: 0,
                    max: None,
                    greedy: true,
                    sub: Box::new(Hir::class(Class::Bytes(all_bytes()))),
                }),
            },
            Node::Concat(items) => Hir::concat(items.iter().map(|i| self.node(i)).collect()),
            Node::Alt(items) => Hir::alternation(items.iter().map(|i| self.node(i)).collect()),
            Node::Repeat(min, max, inner) => Hir::repetition(Repetition {
                min: *min,
                max: *max,
                greedy: true,
                sub: Box::new(self.node(inner)),
            }),
        }
    }
}

fn all_bytes() -> regex_syntax::hir::ClassBytes {
    regex_syntax::hir::ClassBytes::new([regex_syntax::hir::ClassBytesRange::new(0, 255)])
}

fn has_backref(node: &Node) -> bool {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || match node {
        Node::Backref(_) => true,
        Node::Group(_, inner) | Node::Repeat(_, _, inner) => has_backref(inner),
        Node::Concat(items) | Node::Alt(items) => items.iter().any(has_backref),
        _ => false,
    })
}

fn strip_captures(hir: Hir) -> Hir {
    use regex_syntax::hir::HirKind;
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(l) => Hir::literal(l.0),
        HirKind::Class(c) => Hir::class(c),
        HirKind::Look(l) => Hir::look(l),
        HirKind::Repetition(r) => Hir::repetition(Repetition {
            sub: Box::new(strip_captures(*r.sub)),
            ..r
        }),
        HirKind::Capture(c) => strip_captures(*c.sub),
        HirKind::Concat(subs) => Hir::concat(subs.into_iter().map(strip_captures).collect()),
        HirKind::Alternation(subs) => Hir::alternation(subs.into_iter().map(strip_captures).collect()),
    })
}

/// What `.` matches.
pub(super) fn any(o: &Options) -> Class {
    let mut set = classes::empty(o.utf8);
    classes::negate(&mut set);
    if o.newline {
        classes::remove(&mut set, b'\n');
    }
    if let Some(end) = o.line_terminator {
        classes::remove(&mut set, end);
    }
    set
}

fn look(assert: Assert, o: &Options) -> Look {
    let lines = o.newline || o.line_terminator.is_some();
    match (assert, o.utf8) {
        (Assert::LineStart, _) if lines => Look::StartLF,
        (Assert::LineEnd, _) if lines => Look::EndLF,
        (Assert::TextStart, _) if o.line_terminator.is_some() => Look::StartLF,
        (Assert::TextEnd, _) if o.line_terminator.is_some() => Look::EndLF,
        (Assert::LineStart | Assert::TextStart, _) => Look::Start,
        (Assert::LineEnd | Assert::TextEnd, _) => Look::End,
        (Assert::WordEdge, true) => Look::WordUnicode,
        (Assert::WordEdge, false) => Look::WordAscii,
        (Assert::NotWordEdge, true) => Look::WordUnicodeNegate,
        (Assert::NotWordEdge, false) => Look::WordAsciiNegate,
        (Assert::WordStart, true) => Look::WordStartUnicode,
        (Assert::WordStart, false) => Look::WordStartAscii,
        (Assert::WordEnd, true) => Look::WordEndUnicode,
        (Assert::WordEnd, false) => Look::WordEndAscii,
        (Assert::NoWordBefore, true) => Look::WordStartHalfUnicode,
        (Assert::NoWordBefore, false) => Look::WordStartHalfAscii,
        (Assert::NoWordAfter, true) => Look::WordEndHalfUnicode,
        (Assert::NoWordAfter, false) => Look::WordEndHalfAscii,
    }
}

/// Puts longer alternatives first where their lengths are known, at the top of a pattern: the first that matches is
/// then the longest, and no second search is needed. Equally long ones keep their order, so groups keep their text.
pub(super) fn sort_alternatives(node: Node) -> Node {
    match node {
        Node::Alt(items) if items.iter().all(|i| fixed_chars(i).is_some()) => {
            let mut items = items;
            items.sort_by_key(|i| std::cmp::Reverse(fixed_chars(i)));
            Node::Alt(items)
        }
        node => node,
    }
}

/// Whether all matches have the same number of characters.
pub(super) fn is_fixed(node: &Node) -> bool {
    fixed_chars(node).is_some()
}

/// Whether a leftmost-first search already finds the longest match.
pub(super) fn first_is_longest(node: &Node, o: &Options) -> bool {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || match node {
        Node::Alt(items) => {
            let lengths: Option<Vec<u64>> = items.iter().map(fixed_chars).collect();
            if let Some(lengths) = lengths {
                return lengths.windows(2).all(|w| w[0] >= w[1]);
            }
            // Alternatives that start differently exclude each other.
            let firsts: Vec<First> = items.iter().map(|i| first(i, o)).collect();
            items.len() <= 16
                && items.iter().all(|i| first_is_longest(i, o))
                && firsts
                    .iter()
                    .enumerate()
                    .all(|(n, a)| !a.nullable && firsts[n + 1..].iter().all(|b| !b.nullable && excludes(a, b)))
        }
        Node::Concat(items) => sequence_is_longest(items, o),
        Node::Group(_, inner) => first_is_longest(inner, o),
        other => sequence_is_longest(std::slice::from_ref(other), o),
    })
}

fn sequence_is_longest(items: &[Node], o: &Options) -> bool {
    for (n, item) in items.iter().enumerate() {
        if fixed_chars(item).is_some() {
            continue;
        }
        let rest = &items[n + 1..];
        let mut inner = item;
        while let Node::Group(_, i) = inner {
            inner = i;
        }
        let Node::Repeat(_, _, body) = inner else {
            return rest.is_empty() && first_is_longest(inner, o);
        };
        match fixed_chars(body) {
            Some(len) if len > 0 => {}
            _ => return false,
        }
        if rest.iter().all(|i| fixed_chars(i).is_some()) {
            return true;
        }
        // What follows cannot start where the loop could go on: the loop has no choice.
        if fixed_chars(body) != Some(1) || !excludes(&first(body, o), &first_of(rest, o)) {
            return false;
        }
    }
    true
}

/// The number of characters that a node matches, when it is always the same.
fn fixed_chars(node: &Node) -> Option<u64> {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || match node {
        Node::Empty | Node::Assert(_) => Some(0),
        Node::Char(_) | Node::Class(_) | Node::Any => Some(1),
        // A stray byte may be the first of a character that another alternative matches whole.
        Node::Byte(b) => (*b < 0x80).then_some(1),
        Node::Group(_, inner) => fixed_chars(inner),
        Node::Backref(_) => None,
        Node::Concat(items) => items.iter().map(fixed_chars).sum(),
        Node::Alt(items) => {
            let len = fixed_chars(items.first()?)?;
            items.iter().all(|i| fixed_chars(i) == Some(len)).then_some(len)
        }
        Node::Repeat(min, max, inner) => {
            (Some(*min) == *max).then_some(())?;
            Some(fixed_chars(inner)?.saturating_mul(u64::from(*min)))
        }
    })
}

/// What a node can start with; `set` is `None` when that is not known.
struct First {
    nullable: bool,
    set: Option<Class>,
}

fn excludes(a: &First, b: &First) -> bool {
    match (&a.set, &b.set) {
        (Some(a), Some(b)) => classes::disjoint(a, b),
        _ => false,
    }
}

fn first_of(items: &[Node], o: &Options) -> First {
    let mut all = First {
        nullable: true,
        set: Some(classes::empty(o.utf8)),
    };
    for item in items {
        let f = first(item, o);
        merge(&mut all.set, f.set);
        if !f.nullable {
            all.nullable = false;
            break;
        }
    }
    all
}

fn merge(into: &mut Option<Class>, other: Option<Class>) {
    match (into.as_mut(), other) {
        (Some(a), Some(b)) => classes::union(a, &b),
        _ => *into = None,
    }
}

fn first(node: &Node, o: &Options) -> First {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || match node {
        Node::Empty | Node::Assert(_) => First {
            nullable: true,
            set: Some(classes::empty(o.utf8)),
        },
        Node::Char(c) => First {
            nullable: false,
            set: Some(classes::of_char(*c, o.icase)),
        },
        Node::Byte(b) if !o.utf8 => First {
            nullable: false,
            set: Some(classes::of_byte(*b, o.icase)),
        },
        Node::Byte(_) | Node::Backref(_) => First {
            nullable: true,
            set: None,
        },
        Node::Class(set) => First {
            nullable: false,
            set: Some(set.clone()),
        },
        Node::Any => First {
            nullable: false,
            set: Some(any(o)),
        },
        Node::Group(_, inner) => first(inner, o),
        Node::Concat(items) => first_of(items, o),
        Node::Alt(items) => {
            let mut all = First {
                nullable: false,
                set: Some(classes::empty(o.utf8)),
            };
            for item in items {
                let f = first(item, o);
                merge(&mut all.set, f.set);
                all.nullable |= f.nullable;
            }
            all
        }
        Node::Repeat(min, _, inner) => {
            let f = first(inner, o);
            First {
                nullable: f.nullable || *min == 0,
                ..f
            }
        }
    })
}
