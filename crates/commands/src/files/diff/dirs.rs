//! Comparing trees.

use std::collections::BTreeMap;

use shell::command::{CommandError, Context};
use vfs::{Errno, FileKind, Stat};

use super::{Diff, Side};
use crate::deep::deep;
use crate::files::facts;
use crate::files::rm::join;
use crate::input;

impl Diff {
    pub(super) fn dirs(&mut self, cx: &mut Context<'_>, from: &[u8], to: &[u8], top: bool) -> Result<(), CommandError> {
        cx.cancel.check()?;
        let mut names: BTreeMap<Vec<u8>, [Option<Vec<u8>>; 2]> = BTreeMap::new();
        for (at, dir) in [from, to].into_iter().enumerate() {
            let entries = match cx.path(dir).and_then(|p| cx.fs.read_dir(&p)) {
                Ok(entries) => entries,
                // With -N, a tree that is missing counts as empty.
                Err(e) if e.errno() == Errno::ENOENT && !top => Vec::new(),
                Err(e) => {
                    cx.stdout.flush_now()?;
                    cx.warn(input::complaint(dir, &e));
                    self.status = 2;
                    return Ok(());
                }
            };
            for entry in entries {
                if self.exclude.iter().any(|g| g.matches(&entry.name)) {
                    continue;
                }
                let key = if self.icase_names {
                    entry.name.to_ascii_lowercase()
                } else {
                    entry.name.to_vec()
                };
                names.entry(key).or_default()[at] = Some(entry.name.to_vec());
            }
        }
        for [a, b] in names.into_values() {
            match (a, b) {
                (Some(a), Some(b)) => {
                    let (a, b) = (join(from, &a), join(to, &b));
                    deep(|| self.pair(cx, &a, &b))?;
                }
                (Some(name), None) if self.new_file => {
                    let (a, b) = (join(from, &name), join(to, &name));
                    deep(|| self.lone(cx, &a, &b, true))?;
                }
                (None, Some(name)) if self.new_file || self.new_first => {
                    let (a, b) = (join(from, &name), join(to, &name));
                    deep(|| self.lone(cx, &a, &b, false))?;
                }
                (Some(name), None) => self.only(cx, from, &name)?,
                (None, Some(name)) => self.only(cx, to, &name)?,
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn only(&mut self, cx: &mut Context<'_>, dir: &[u8], name: &[u8]) -> Result<(), CommandError> {
        self.status = self.status.max(1);
        self.say(cx, &[b"Only in ", dir, b": ", name])
    }

    fn say(&self, cx: &mut Context<'_>, parts: &[&[u8]]) -> Result<(), CommandError> {
        let out = cx.stdout.buffer();
        for part in parts {
            out.extend_from_slice(part);
        }
        out.push(b'\n');
        Ok(cx.stdout.spill()?)
    }

    /// A name that one side lacks, compared with nothing.
    fn lone(&mut self, cx: &mut Context<'_>, a: &[u8], b: &[u8], first: bool) -> Result<(), CommandError> {
        let present = if first { a } else { b };
        let stat = cx.path(present).and_then(|p| cx.fs.stat(&p)).ok();
        match stat {
            Some(s) if s.is_dir() => {
                if self.recursive {
                    self.dirs(cx, a, b, false)
                } else {
                    let (dir, name) = split(present);
                    self.only(cx, dir, name)
                }
            }
            stat => {
                let side = |name: &[u8], here: bool| Side {
                    name: name.to_vec(),
                    stat: stat.clone().filter(|_| here),
                };
                self.files(cx, &side(a, first), &side(b, !first), true)
            }
        }
    }

    fn pair(&mut self, cx: &mut Context<'_>, a: &[u8], b: &[u8]) -> Result<(), CommandError> {
        let (Some(left), Some(right)) = (self.look(cx, a, false)?, self.look(cx, b, false)?) else {
            return Ok(());
        };
        let kind = |s: &Side| s.stat.as_ref().map(|s| s.kind);
        match (kind(&left), kind(&right)) {
            (Some(FileKind::Dir), Some(FileKind::Dir)) if self.recursive => self.dirs(cx, a, b, true),
            (Some(FileKind::Dir), Some(FileKind::Dir)) => self.say(cx, &[b"Common subdirectories: ", a, b" and ", b]),
            (Some(x), Some(y)) if x != y && (x == FileKind::Dir || y == FileKind::Dir) => {
                self.status = self.status.max(1);
                let name = |s: &Option<Stat>| s.as_ref().map_or("", facts::kind_name).as_bytes();
                self.say(
                    cx,
                    &[
                        b"File ",
                        a,
                        b" is a ",
                        name(&left.stat),
                        b" while file ",
                        b,
                        b" is a ",
                        name(&right.stat),
                    ],
                )
            }
            _ => self.files(cx, &left, &right, true),
        }
    }
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memrchr(b'/', path) {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b".", path),
    }
}
