//! A stretch of differences.

/// What a line of a hunk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Keep,
    Remove,
    Add,
}

/// Lines that belong together. Lines have their newlines, if they have any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Hunk {
    /// Line in the old file, from 1; before the first for an insertion into nothing.
    pub(super) old_start: usize,
    pub(super) new_start: usize,
    pub(super) lines: Vec<(Op, Vec<u8>)>,
}

impl Hunk {
    /// The lines of the old file.
    pub(super) fn old(&self) -> Vec<&[u8]> {
        self.side(Op::Remove)
    }

    fn side(&self, op: Op) -> Vec<&[u8]> {
        let wanted = |o: Op| o == Op::Keep || o == op;
        self.lines
            .iter()
            .filter(|(o, _)| wanted(*o))
            .map(|(_, l)| &l[..])
            .collect()
    }

    pub(super) fn count(&self, op: Op) -> usize {
        self.lines.iter().filter(|(o, _)| *o == Op::Keep || *o == op).count()
    }

    /// Unchanged lines at the beginning and at the end.
    pub(super) fn context(&self) -> (usize, usize) {
        let keeps = |l: &&(Op, Vec<u8>)| l.0 == Op::Keep;
        let before = self.lines.iter().take_while(keeps).count();
        let after = self.lines.iter().rev().take_while(keeps).count();
        (before, if before == self.lines.len() { 0 } else { after })
    }

    /// The other way round.
    pub(super) fn reversed(&self) -> Self {
        let mut lines: Vec<(Op, Vec<u8>)> = Vec::with_capacity(self.lines.len());
        // What was added is now removed, and removals come first.
        let mut added: Vec<(Op, Vec<u8>)> = Vec::new();
        for (op, line) in &self.lines {
            match op {
                Op::Keep => {
                    lines.append(&mut added);
                    lines.push((Op::Keep, line.clone()));
                }
                Op::Remove => added.push((Op::Add, line.clone())),
                Op::Add => lines.push((Op::Remove, line.clone())),
            }
        }
        lines.append(&mut added);
        Self {
            old_start: self.new_start,
            new_start: self.old_start,
            lines,
        }
    }

    /// As a unified difference.
    pub(super) fn unified(&self, out: &mut Vec<u8>) {
        let range = |start: usize, count: usize| {
            if count == 1 {
                start.to_string()
            } else {
                format!("{start},{count}")
            }
        };
        let head = format!(
            "@@ -{} +{} @@\n",
            range(self.old_start, self.count(Op::Remove)),
            range(self.new_start, self.count(Op::Add))
        );
        out.extend_from_slice(head.as_bytes());
        for (op, line) in &self.lines {
            out.push(match op {
                Op::Keep => b' ',
                Op::Remove => b'-',
                Op::Add => b'+',
            });
            out.extend_from_slice(line);
            if !line.ends_with(b"\n") {
                out.extend_from_slice(b"\n\\ No newline at end of file\n");
            }
        }
    }
}
