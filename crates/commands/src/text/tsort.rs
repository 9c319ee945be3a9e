//! `tsort`: a total order out of a partial one (Knuth, TAOCP 2.2.3, algorithm T).

use std::collections::{BTreeMap, VecDeque};

use shell::command::{CommandError, CommandResult, Context};

use crate::input;
use crate::options::{Args, Spec};
use crate::quote::{quote, quotef};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "tsort",
    "[OPTION] [FILE]",
    "Write totally ordered list consistent with the partial ordering in FILE.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

#[derive(Default)]
struct Node {
    /// How many stand before it.
    before: usize,
    /// Newest first.
    after: Vec<usize>,
    done: bool,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if let Some(extra) = args.operands.get(1) {
        return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat()));
    }
    let name = args.files().remove(0);
    let text = input::open(cx, &name)
        .and_then(|mut s| s.read_all())
        .map_err(|e| CommandError::fail(1, input::complaint(&name, &e)))?;
    let words: Vec<&[u8]> = text
        .split(|b| matches!(b, b' ' | b'\t' | b'\n'))
        .filter(|w| !w.is_empty())
        .collect();
    if words.len() % 2 == 1 {
        return Err(CommandError::fail(
            1,
            [&quotef(&name)[..], b": input contains an odd number of tokens"].concat(),
        ));
    }
    // In the order of names, as the real tool goes through its tree.
    let names: BTreeMap<&[u8], usize> = words.iter().map(|w| (*w, 0)).collect();
    let order: Vec<&[u8]> = names.keys().copied().collect();
    let index: BTreeMap<&[u8], usize> = order.iter().enumerate().map(|(n, w)| (*w, n)).collect();
    let mut nodes: Vec<Node> = order.iter().map(|_| Node::default()).collect();
    for pair in words.chunks_exact(2) {
        let (Some(&a), Some(&b)) = (index.get(pair[0]), index.get(pair[1])) else {
            continue;
        };
        if a != b {
            nodes[a].after.insert(0, b);
            nodes[b].before += 1;
        }
    }
    let mut ok = true;
    let mut left = nodes.len();
    while left > 0 {
        let mut ready: VecDeque<usize> = (0..nodes.len())
            .filter(|n| nodes[*n].before == 0 && !nodes[*n].done)
            .collect();
        while let Some(n) = ready.pop_front() {
            cx.cancel.check()?;
            nodes[n].done = true;
            left -= 1;
            let out = cx.stdout.buffer();
            out.extend_from_slice(order[n]);
            out.push(b'\n');
            cx.stdout.spill()?;
            for next in std::mem::take(&mut nodes[n].after) {
                nodes[next].before -= 1;
                if nodes[next].before == 0 {
                    ready.push_back(next);
                }
            }
        }
        if left > 0 {
            ok = false;
            cx.warn([&quotef(&name)[..], b": input contains a loop:"].concat());
            break_loop(cx, &mut nodes, &order);
        }
    }
    status(ok, 1)
}

/// Finds a loop, names its members and takes one of its relations away.
fn break_loop(cx: &mut Context<'_>, nodes: &mut [Node], order: &[&[u8]]) {
    // Every node that is left has one before it that is left: going back must come to one that was seen.
    let back = |nodes: &[Node], n: usize| (0..nodes.len()).find(|m| !nodes[*m].done && nodes[*m].after.contains(&n));
    let Some(mut at) = (0..nodes.len()).find(|n| !nodes[*n].done) else {
        return;
    };
    let mut path = vec![at];
    let cycle = loop {
        let Some(previous) = back(nodes, at) else { return };
        if let Some(n) = path.iter().position(|p| *p == previous) {
            break path[n..].to_vec();
        }
        path.push(previous);
        at = previous;
    };
    // The walk went backwards.
    let mut members: Vec<usize> = cycle.into_iter().rev().collect();
    let least = members
        .iter()
        .enumerate()
        .min_by_key(|(_, n)| **n)
        .map_or(0, |(at, _)| at);
    members.rotate_left(least);
    for n in &members {
        cx.warn(order[*n]);
    }
    let (last, first) = (members[members.len() - 1], members[0]);
    if let Some(at) = nodes[last].after.iter().position(|n| *n == first) {
        nodes[last].after.remove(at);
        nodes[first].before -= 1;
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn what_must_come_first_does_and_loops_are_broken() {
        let lab = Lab::new();
        assert_eq!(lab.run("tsort", &[], b"a b\nb c\n").stdout, b"a\nb\nc\n");
        assert_eq!(lab.run("tsort", &[], b"a a b c d c").stdout, b"a\nb\nd\nc\n");
        let out = lab.run("tsort", &[], b"a b b a");
        assert_eq!((out.status, out.stdout.as_slice()), (1, &b"a\nb\n"[..]));
        assert_eq!(out.stderr, b"tsort: -: input contains a loop:\ntsort: a\ntsort: b\n");
        assert_eq!(lab.run("tsort", &[], b"a").status, 1);
    }
}
