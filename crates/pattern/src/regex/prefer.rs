//! Rewrites that make the automata prefer what glibc prefers, so that groups get the same text.
//!
//! glibc tries an empty alternative last wherever it stands, and does not let an optional repetition be empty: in
//! `(a*){1,2}` on `a` the group holds `a`, not the empty string of a needless second turn.

use super::ast::Node;

/// How deep and how wide the rewriting of one repetition may go before it is left alone.
const BUDGET: usize = 64;

/// Rewrites a tree. It matches the same strings.
pub(super) fn rewrite(node: Node) -> Node {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || match node {
        Node::Group(n, inner) => Node::Group(n, Box::new(rewrite(*inner))),
        Node::Concat(items) => Node::Concat(items.into_iter().map(rewrite).collect()),
        Node::Alt(items) => {
            let (mut full, empty): (Vec<Node>, Vec<Node>) =
                items.into_iter().map(rewrite).partition(|i| !matches!(i, Node::Empty));
            full.extend(empty.into_iter().take(1));
            Node::alt(full)
        }
        Node::Repeat(min, max, inner) => repeat(min, max, rewrite(*inner)),
        node => node,
    })
}

fn repeat(min: u32, max: Option<u32>, inner: Node) -> Node {
    if !nullable(&inner) || !has_group(&inner) || min > 8 {
        return Node::Repeat(min, max, Box::new(inner));
    }
    let mut budget = BUDGET;
    let Some(full) = not_empty(&inner, &mut budget) else {
        return Node::Repeat(min, max, Box::new(inner));
    };
    let optional = max.map(|max| max - min);
    let mut items = Vec::new();
    match min {
        0 => {}
        1 => items.push(inner),
        _ => items.push(Node::Repeat(min, Some(min), Box::new(inner))),
    }
    if optional != Some(0) {
        items.push(Node::Repeat(0, optional, Box::new(full)));
    }
    Node::concat(items)
}

fn has_group(node: &Node) -> bool {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || match node {
        Node::Group(..) => true,
        Node::Repeat(_, _, inner) => has_group(inner),
        Node::Concat(items) | Node::Alt(items) => items.iter().any(has_group),
        _ => false,
    })
}

/// Whether the node can match the empty string.
fn nullable(node: &Node) -> bool {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || match node {
        Node::Empty | Node::Assert(_) | Node::Backref(_) => true,
        Node::Char(_) | Node::Byte(_) | Node::Class(_) | Node::Any => false,
        Node::Group(_, inner) => nullable(inner),
        Node::Concat(items) => items.iter().all(nullable),
        Node::Alt(items) => items.iter().any(nullable),
        Node::Repeat(min, _, inner) => *min == 0 || nullable(inner),
    })
}

/// What matches all that the node matches but the empty string; `None` when that is not simple to say.
fn not_empty(node: &Node, budget: &mut usize) -> Option<Node> {
    *budget = budget.checked_sub(1)?;
    if !nullable(node) {
        return Some(node.clone());
    }
    match node {
        Node::Group(n, inner) => Some(Node::Group(*n, Box::new(not_empty(inner, budget)?))),
        Node::Alt(items) => {
            let mut full = Vec::new();
            for item in items.iter().filter(|i| !matches!(i, Node::Empty)) {
                full.push(not_empty(item, budget)?);
            }
            (!full.is_empty()).then(|| Node::alt(full))
        }
        Node::Repeat(min, max, inner) => {
            let min = if nullable(inner) { 1 } else { (*min).max(1) };
            Some(Node::Repeat(min, *max, Box::new(not_empty(inner, budget)?)))
        }
        // Either the first part is not empty, or it is and one of the others is not.
        Node::Concat(items) if items.len() <= 4 => {
            let mut branches = Vec::new();
            for (i, item) in items.iter().enumerate() {
                let mut branch = vec![not_empty(item, budget)?];
                branch.extend_from_slice(&items[i + 1..]);
                branches.push(Node::concat(branch));
            }
            Some(Node::alt(branches))
        }
        _ => None,
    }
}
