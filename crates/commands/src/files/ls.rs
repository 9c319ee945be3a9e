//! `ls`: lists directories.

mod color;
mod entry;
mod layout;
mod long;
mod options;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::{Errno, VPath, VfsError};

use self::entry::Entry;
use self::options::{Format, Options, SPEC, Sort};
use super::rm::join;
use crate::deep::deep;
use crate::options::Args;
use crate::quote::{quoteaf, quotef};
use crate::tool::Tool;

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

/// As `ls -C -b`.
pub const DIR: Tool = Tool::new(crate::options::Spec { name: "dir", ..SPEC }, run);

/// As `ls -l -b`.
pub const VDIR: Tool = Tool::new(crate::options::Spec { name: "vdir", ..SPEC }, run);

pub(crate) struct Ls {
    options: Options,
    status: u8,
    /// Something has been printed, so that the next header is set apart.
    printed: bool,
    colored: bool,
    /// Widths that the columns of the next long listing have at least.
    reserved: [usize; 6],
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let options = Options::read(cx, &args)?;
    let mut ls = Ls {
        options,
        status: 0,
        printed: false,
        colored: false,
        reserved: [0; 6],
    };
    let operands = if args.operands.is_empty() {
        vec![b".".to_vec()]
    } else {
        args.operands
    };
    let (mut files, mut dirs) = (Vec::new(), Vec::new());
    for name in &operands {
        match ls.operand(cx, name) {
            Ok(entry) => {
                let is_dir = entry.stat.as_ref().is_some_and(|s| s.is_dir())
                    || (entry.target_is_dir() && ls.options.follow_operands());
                if is_dir && !ls.options.directory {
                    dirs.push(entry);
                } else {
                    files.push(entry);
                }
            }
            Err(e) if matches!(e.errno(), Errno::ECANCELED) => return Err(e.into()),
            Err(e) => ls.complain(cx, &[b"cannot access ", &quoteaf(name)], &e, true),
        }
    }
    ls.sort(&mut files);
    ls.sort(&mut dirs);
    if !files.is_empty() {
        if ls.options.format == Format::Long {
            // All operands count for the widths, even those that are listed by themselves.
            ls.reserve(cx, &dirs);
        }
        ls.show(cx, &files)?;
        ls.printed = true;
    }
    let header = ls.options.recursive || operands.len() > 1 || !files.is_empty();
    for dir in dirs {
        let path = cx.path(&dir.name)?;
        ls.list(cx, &dir.name, &path, header, true)?;
    }
    Ok(ExitStatus(ls.status))
}

impl Ls {
    fn complain(&mut self, cx: &mut Context<'_>, what: &[&[u8]], e: &VfsError, serious: bool) {
        let _ = cx.stdout.flush_now();
        cx.warn([&what.concat(), &b": "[..], e.gnu_text().as_bytes()].concat());
        self.status = self.status.max(if serious { 2 } else { 1 });
    }

    fn operand(&self, cx: &Context<'_>, name: &[u8]) -> vfs::Result<Entry> {
        let path = cx.path(name)?;
        let o = &self.options;
        let mut stat = cx.fs.lstat(&path)?;
        if stat.is_symlink() {
            let follow = o.dereference || name.ends_with(b"/");
            match cx.fs.stat(&path) {
                Ok(s) if follow || (s.is_dir() && o.follow_operands()) => stat = s,
                Ok(_) => {}
                Err(e) if follow || (o.follow_operands() && e.errno() != Errno::ENOENT) => return Err(e),
                Err(_) => {}
            }
        }
        if name.ends_with(b"/") && !stat.is_dir() {
            return Err(Errno::ENOTDIR.into());
        }
        Ok(Entry::new(cx, o, name.to_vec(), &path, Some(stat)))
    }

    fn sort(&self, entries: &mut [Entry]) {
        let o = &self.options;
        if o.sort == Sort::None {
            return;
        }
        entries.sort_by(|a, b| {
            let grouped = if o.dirs_first {
                b.leads_to_dir().cmp(&a.leads_to_dir())
            } else {
                std::cmp::Ordering::Equal
            };
            let order = match o.sort {
                Sort::Time => b.time(o.time).cmp(&a.time(o.time)),
                Sort::Size => b.size().cmp(&a.size()),
                Sort::Version => crate::version::compare(&a.name, &b.name),
                Sort::Extension => a.extension().cmp(b.extension()),
                Sort::Width => a.width.cmp(&b.width),
                Sort::Name | Sort::None => std::cmp::Ordering::Equal,
            };
            let order = order.then_with(|| a.name.cmp(&b.name));
            grouped.then(if o.reverse { order.reverse() } else { order })
        });
    }

    fn list(
        &mut self,
        cx: &mut Context<'_>,
        name: &[u8],
        path: &VPath,
        header: bool,
        operand: bool,
    ) -> Result<(), CommandError> {
        cx.cancel.check()?;
        let listed = match cx.fs.read_dir(path) {
            Ok(listed) => listed,
            Err(e) if e.errno() == Errno::ECANCELED => return Err(e.into()),
            Err(e) => {
                self.complain(cx, &[b"cannot open directory ", &quoteaf(name)], &e, operand);
                return Ok(());
            }
        };
        let o = &self.options;
        let mut entries = Vec::new();
        if o.all {
            for dot in [&b"."[..], b".."] {
                let target = path.join(dot)?;
                let stat = cx.fs.stat(&target).ok();
                entries.push(Entry::new(cx, o, dot.to_vec(), &target, stat));
            }
        }
        let mut broken = Vec::new();
        for item in listed {
            if !o.shows(&item.name) {
                continue;
            }
            let child = path.child(&item.name)?;
            let mut stat = item.stat.filter(|_| !o.dereference);
            if stat.is_none() && o.needs_stat() {
                let found = if o.dereference {
                    cx.fs.stat(&child).or_else(|_| cx.fs.lstat(&child))
                } else {
                    cx.fs.lstat(&child)
                };
                match found {
                    Ok(s) => stat = Some(s),
                    Err(e) => broken.push((join(name, &item.name), e)),
                }
            }
            entries.push(Entry::new(cx, o, item.name.to_vec(), &child, stat));
        }
        for (shown, e) in broken {
            self.complain(cx, &[b"cannot access ", &quoteaf(&shown)], &e, false);
        }
        self.sort(&mut entries);
        if header {
            let out = cx.stdout.buffer();
            if self.printed {
                out.push(b'\n');
            }
            let shown = if name.contains(&b'\n') {
                quotef(name)
            } else {
                self.options.quoted(name)
            };
            out.extend_from_slice(&shown);
            out.extend_from_slice(b":\n");
        }
        self.printed = true;
        if matches!(self.options.format, Format::Long) || self.options.blocks {
            let total: u64 = entries
                .iter()
                .filter_map(|e| e.stat.as_ref())
                .map(super::facts::blocks)
                .sum();
            let line = format!("total {}\n", self.options.block_scale.show(total * 512));
            cx.stdout.buffer().extend_from_slice(line.as_bytes());
        }
        self.show(cx, &entries)?;
        if self.options.recursive {
            for entry in entries {
                let real = entry.stat.as_ref().is_some_and(|s| s.is_dir());
                if real && entry.name != b"." && entry.name != b".." {
                    let child = path.child(&entry.name)?;
                    deep(|| self.list(cx, &join(name, &entry.name), &child, true, false))?;
                }
            }
        }
        Ok(())
    }

    fn show(&mut self, cx: &mut Context<'_>, entries: &[Entry]) -> Result<(), CommandError> {
        match self.options.format {
            Format::Long => self.show_long(cx, entries)?,
            Format::OnePerLine => {
                for entry in entries {
                    let mut line = Vec::new();
                    self.prefix(entry, entries, &mut line);
                    self.name(entry, &mut line);
                    line.push(self.options.end);
                    cx.stdout.buffer().extend_from_slice(&line);
                    cx.stdout.spill()?;
                }
            }
            Format::Commas => self.show_commas(cx, entries)?,
            Format::Columns => self.show_columns(cx, entries, true)?,
            Format::Across => self.show_columns(cx, entries, false)?,
        }
        Ok(())
    }
}
