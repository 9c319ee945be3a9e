//! Evaluating an expression for a file.

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use shell::io::Output;
use vfs::{Errno, FileKind, OpenOptions, Stat, Time};

use super::exec::Batch;
use super::expr::{Expr, Leaf, Permission, Sink, Stamp};
use super::parse::Parsed;
use super::{Globals, Here};
use crate::files::facts::{self, Names};
use crate::quote::{quote, quotef};
use crate::shellutils::basename::base_name;
use crate::time::Zone;

/// What comes after a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Go,
    /// Not into this directory.
    Prune,
    /// No further.
    Quit,
}

/// The state of a run.
pub(crate) struct Run {
    pub globals: Globals,
    pub ok: bool,
    expr: Option<Expr>,
    sinks: Vec<Output>,
    pub(super) batches: Vec<Batch>,
    pub(super) names: Names,
    pub(super) zone: Zone,
    flow: Flow,
}

/// One of a file's times; the modification's where a backend has no other.
pub(crate) fn time_of(stat: &Stat, stamp: Stamp) -> Time {
    match stamp {
        Stamp::Accessed => stat.atime,
        Stamp::Born => stat.btime,
        Stamp::Changed => stat.ctime,
        Stamp::Modified => stat.mtime,
    }
    .or(stat.mtime)
    .unwrap_or_default()
}

impl Run {
    pub fn new(cx: &mut Context<'_>, parsed: Parsed) -> Result<Self, CommandError> {
        let mut sinks = Vec::new();
        for file in &parsed.sinks {
            let out = crate::output::open(cx, file, OpenOptions::writing())
                .map_err(|e| CommandError::fail(1, [&quote(file)[..], b": ", e.gnu_text().as_bytes()].concat()))?;
            sinks.push(out);
        }
        Ok(Self {
            globals: parsed.globals,
            ok: true,
            expr: Some(parsed.expr),
            sinks,
            batches: (0..parsed.batches).map(|_| Batch::default()).collect(),
            names: Names::load(cx),
            zone: Zone::of(cx),
            flow: Flow::Go,
        })
    }

    /// Evaluates the expression for one file.
    pub fn eval(&mut self, cx: &mut Context<'_>, here: &Here<'_>) -> Result<Flow, CommandError> {
        self.flow = Flow::Go;
        // Taken out for the time being, so that actions may change the rest of the state.
        let Some(expr) = self.expr.take() else {
            return Ok(Flow::Go);
        };
        let result = self.expr(cx, &expr, here);
        self.expr = Some(expr);
        result?;
        Ok(self.flow)
    }

    /// Runs what is still to be run and closes files.
    pub fn finish(mut self, cx: &mut Context<'_>) -> CommandResult {
        for batch in std::mem::take(&mut self.batches) {
            if !batch.run(cx)? {
                self.ok = false;
            }
        }
        for sink in &mut self.sinks {
            sink.flush_now()?;
        }
        Ok(if self.ok {
            ExitStatus::SUCCESS
        } else {
            ExitStatus::FAILURE
        })
    }

    fn expr(&mut self, cx: &mut Context<'_>, expr: &Expr, here: &Here<'_>) -> Result<bool, CommandError> {
        match expr {
            Expr::And(list) => {
                for e in list {
                    if self.flow == Flow::Quit || !self.expr(cx, e, here)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Expr::Or(list) => {
                for e in list {
                    if self.flow == Flow::Quit || self.expr(cx, e, here)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Expr::List(list) => {
                let mut last = false;
                for e in list {
                    if self.flow == Flow::Quit {
                        break;
                    }
                    last = self.expr(cx, e, here)?;
                }
                Ok(last)
            }
            Expr::Not(e) => Ok(!self.expr(cx, e, here)?),
            Expr::Leaf(leaf) => self.leaf(cx, leaf, here),
        }
    }

    fn leaf(&mut self, cx: &mut Context<'_>, leaf: &Leaf, here: &Here<'_>) -> Result<bool, CommandError> {
        let s = here.stat;
        Ok(match leaf {
            Leaf::True => true,
            Leaf::False => false,
            Leaf::Name(glob) => glob.matches(base_name(here.name)),
            Leaf::Path(glob) => glob.matches(here.name),
            Leaf::LinkName(glob) => s.is_symlink() && cx.fs.read_link(here.path).is_ok_and(|t| glob.matches(&t)),
            Leaf::Regex(regex) => regex
                .find_at(here.name, 0)
                .map_err(|e| CommandError::fail(1, e.to_string()))?
                .is_some_and(|m| m.start == 0 && m.end == here.name.len()),
            Leaf::Type(kinds) => kinds.contains(&s.kind),
            Leaf::LinkedType(kinds) => match self.linked(cx, here) {
                Ok(kind) => kinds.contains(&kind),
                Err(e) => {
                    self.ok = false;
                    cx.warn([&quote(here.name)[..], b": ", e.gnu_text().as_bytes()].concat());
                    false
                }
            },
            Leaf::Empty => match s.kind {
                FileKind::File => s.size == Some(0) || (s.size.is_none() && self.reads_nothing(cx, here)),
                FileKind::Dir => cx.fs.read_dir(here.path).is_ok_and(|e| e.is_empty()),
                _ => false,
            },
            // Sessions are privileged: what matters is whether anybody may execute, and whether the mount may be written.
            Leaf::Access(1) => s.is_dir() || facts::mode(s) & 0o111 != 0,
            Leaf::Access(2) => cx.fs.check(vfs::Op::Write, here.path).is_ok(),
            Leaf::Access(_) => true,
            Leaf::Size(c, n, unit) => c.holds(facts::size(s).div_ceil(*unit), *n),
            Leaf::Links(c, n) => c.holds(u64::from(s.nlink), *n),
            Leaf::Inode(c, n) => c.holds(s.ino, *n),
            Leaf::User(c, n) => c.holds(u64::from(s.uid.unwrap_or(0)), *n),
            Leaf::Group(c, n) => c.holds(u64::from(s.gid.unwrap_or(0)), *n),
            Leaf::NoUser => self.names.user(s.uid.unwrap_or(0)).is_none(),
            Leaf::NoGroup => self.names.group(s.gid.unwrap_or(0)).is_none(),
            Leaf::FileSystem(kind) => kind_of_mount(cx, here) == *kind,
            Leaf::Perm(kind, for_file, for_dir) => {
                let want = if s.is_dir() { *for_dir } else { *for_file };
                let mode = facts::mode(s);
                match kind {
                    Permission::Exactly => mode == want,
                    Permission::All => mode & want == want,
                    Permission::Any => want == 0 || mode & want != 0,
                }
            }
            Leaf::Days(stamp, c, n, now) => c.holds(age(time_of(s, *stamp), *now).div_euclid(86_400), *n),
            Leaf::Minutes(stamp, c, n, now) => {
                let age = age(time_of(s, *stamp), *now);
                match c {
                    // A minute that has begun counts.
                    super::expr::Compare::Equal => age > (n - 1) * 60 && age <= n * 60,
                    super::expr::Compare::More => age > n * 60,
                    super::expr::Compare::Less => age < n * 60,
                }
            }
            Leaf::Newer(stamp, bound) => time_of(s, *stamp) > *bound,
            Leaf::Used(c, n) => {
                let days =
                    (time_of(s, Stamp::Accessed).seconds - time_of(s, Stamp::Changed).seconds).div_euclid(86_400);
                days >= 0 && c.holds(days, *n)
            }
            Leaf::Same(mount, ino) => crate::files::copy::identity(cx, here.path, s) == (mount.clone(), *ino),
            Leaf::Print(sink, end) => {
                let out = self.out(cx, *sink).buffer();
                out.extend_from_slice(here.name);
                out.push(*end);
                self.out(cx, *sink).spill()?;
                true
            }
            Leaf::Printf(sink, format) => {
                let mut text = Vec::new();
                let flush = format.expand(cx, self, here, &mut text);
                let out = self.out(cx, *sink);
                out.buffer().extend_from_slice(&text);
                if flush {
                    out.flush_now()?
                } else {
                    out.spill()?
                }
                true
            }
            Leaf::Ls(sink) => {
                let text = super::printf::ls_line(cx, self, here);
                let out = self.out(cx, *sink);
                out.buffer().extend_from_slice(&text);
                out.spill()?;
                true
            }
            Leaf::Exec(exec) => self.exec(cx, exec, here)?,
            Leaf::Delete => self.delete(cx, here)?,
            Leaf::Prune => {
                self.flow = Flow::Prune;
                true
            }
            Leaf::Quit => {
                self.flow = Flow::Quit;
                true
            }
        })
    }

    fn out<'o>(&'o mut self, cx: &'o mut Context<'_>, sink: Sink) -> &'o mut Output {
        match sink.and_then(|n| self.sinks.get_mut(n)) {
            Some(out) => out,
            None => &mut cx.stdout,
        }
    }

    fn linked(&self, cx: &Context<'_>, here: &Here<'_>) -> vfs::Result<FileKind> {
        let follow = self.globals.follow == super::Follow::Always;
        if follow {
            return Ok(cx.fs.lstat(here.path)?.kind);
        }
        if !here.stat.is_symlink() {
            return Ok(here.stat.kind);
        }
        match cx.fs.stat(here.path) {
            Ok(s) => Ok(s.kind),
            Err(e) if e.errno() == Errno::ENOENT => Ok(FileKind::Symlink),
            Err(e) => Err(e),
        }
    }

    /// Whether a file of unknown size is empty.
    fn reads_nothing(&self, cx: &Context<'_>, here: &Here<'_>) -> bool {
        cx.fs
            .read(here.path, vfs::ByteRange::at(0, 1))
            .and_then(|mut r| r.chunk())
            .is_ok_and(|c| c.is_empty())
    }

    fn delete(&mut self, cx: &mut Context<'_>, here: &Here<'_>) -> Result<bool, CommandError> {
        // `find . -delete` leaves the starting point `.` alone.
        if here.name == b"." {
            return Ok(true);
        }
        let result = if here.stat.is_dir() {
            match cx.fs.lstat(here.path) {
                Ok(s) if s.is_symlink() => cx.fs.remove(here.path),
                _ => cx.fs.rmdir(here.path),
            }
        } else {
            cx.fs.remove(here.path)
        };
        match result {
            Ok(()) => Ok(true),
            Err(e) if e.errno() == Errno::ECANCELED => Err(e.into()),
            Err(e) => {
                self.ok = false;
                let message = crate::output::refusal(cx, here.name, &e).unwrap_or_else(|| {
                    [
                        &b"cannot delete "[..],
                        &quotef_always(here.name),
                        b": ",
                        e.gnu_text().as_bytes(),
                    ]
                    .concat()
                });
                cx.warn(message);
                Ok(false)
            }
        }
    }
}

fn quotef_always(name: &[u8]) -> Vec<u8> {
    if quotef(name) == name {
        quote(name)
    } else {
        quotef(name)
    }
}

fn kind_of_mount(cx: &Context<'_>, here: &Here<'_>) -> Vec<u8> {
    cx.fs
        .fs()
        .vfs()
        .mounts()
        .find(here.path)
        .map(|(m, _)| m.resource.kind().as_bytes().to_vec())
        .unwrap_or_default()
}

/// Whole seconds since a time, fractions counting as more.
fn age(time: Time, now: Time) -> i64 {
    let whole = now.seconds.saturating_sub(time.seconds);
    if now.nanos < time.nanos { whole - 1 } else { whole }
}
