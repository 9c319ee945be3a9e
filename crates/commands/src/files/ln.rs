//! `ln`: makes links.

use shell::command::{CommandError, CommandResult, Context};
use vfs::resource::RenameMode;
use vfs::{Errno, VPath};

use super::backup::Backup;
use super::prompt::confirm;
use super::realpath::relative;
use super::resolve::{Missing, canonical};
use super::rm::join;
use crate::options::{Args, Spec, flag, optional, value};
use crate::output;
use crate::quote::quoteaf;
use crate::shellutils::basename::base_name;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "ln",
    "[OPTION]... [-T] TARGET LINK_NAME\n[OPTION]... TARGET\n[OPTION]... TARGET... DIRECTORY\n[OPTION]... -t DIRECTORY TARGET...",
    "In the 1st form, create a link to TARGET with the name LINK_NAME.\n\
     In the 2nd form, create a link to TARGET in the current directory.\n\
     In the 3rd and 4th forms, create links to each TARGET in DIRECTORY.\n\
     Create hard links by default, symbolic links with --symbolic.",
    &[
        optional(
            "",
            "backup",
            "CONTROL",
            "make a backup of each existing destination file",
        ),
        flag("b", "", "like --backup but does not accept an argument"),
        flag(
            "dF",
            "directory",
            "allow the superuser to attempt to hard link directories",
        ),
        flag("f", "force", "remove existing destination files"),
        flag("i", "interactive", "prompt whether to remove destinations"),
        flag("L", "logical", "dereference TARGETs that are symbolic links"),
        flag(
            "n",
            "no-dereference",
            "treat LINK_NAME as a normal file if\n  it is a symbolic link to a directory",
        ),
        flag("P", "physical", "make hard links directly to symbolic links"),
        flag("r", "relative", "with -s, create links relative to link location"),
        flag("s", "symbolic", "make symbolic links instead of hard links"),
        value("S", "suffix", "SUFFIX", "override the usual backup suffix"),
        value(
            "t",
            "target-directory",
            "DIRECTORY",
            "specify the DIRECTORY in which to create\n  the links",
        ),
        flag("T", "no-target-directory", "treat LINK_NAME as a normal file always"),
        flag("v", "verbose", "print name of each linked file"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

struct Ln {
    symbolic: bool,
    force: bool,
    ask: bool,
    relative: bool,
    logical: bool,
    verbose: bool,
    backup: Backup,
    made: Vec<VPath>,
}

fn run(cx: &mut Context<'_>, mut args: Args) -> CommandResult {
    let mut ln = Ln {
        symbolic: args.has("symbolic"),
        force: false,
        ask: false,
        relative: args.has("relative"),
        logical: false,
        verbose: args.has("verbose"),
        backup: Backup::from_args(&SPEC, cx, &args)?,
        made: Vec::new(),
    };
    for o in &args.options {
        match o.key {
            "force" => (ln.force, ln.ask) = (true, false),
            "interactive" => (ln.force, ln.ask) = (false, true),
            "logical" => ln.logical = true,
            "physical" => ln.logical = false,
            _ => {}
        }
    }
    if ln.relative && !ln.symbolic {
        return Err(CommandError::fail(1, "cannot do --relative without --symbolic"));
    }
    let no_dereference = args.has("no-dereference");
    let mut operands = std::mem::take(&mut args.operands);
    if operands.is_empty() {
        return Err(SPEC.usage_error(cx, "missing file operand"));
    }
    let is_dir = |cx: &Context<'_>, name: &[u8]| {
        cx.path(name).is_ok_and(|p| {
            let link = no_dereference && cx.fs.lstat(&p).is_ok_and(|s| s.is_symlink());
            !link && cx.fs.stat(&p).is_ok_and(|s| s.is_dir())
        })
    };
    let dir = if let Some(dir) = args.last("target-directory") {
        if !is_dir(cx, dir) {
            let e = cx.path(dir).and_then(|p| cx.fs.stat(&p)).err();
            let text = e.map_or("Not a directory", |e| e.errno().strerror());
            return Err(CommandError::fail(
                1,
                [&b"target directory "[..], &quoteaf(dir), b": ", text.as_bytes()].concat(),
            ));
        }
        Some(dir.to_vec())
    } else if args.has("no-target-directory") {
        if operands.len() != 2 {
            return Err(match operands.get(2) {
                Some(extra) => SPEC.usage_error(cx, [&b"extra operand "[..], &quoteaf(extra)].concat()),
                None => SPEC.usage_error(
                    cx,
                    [&b"missing destination file operand after "[..], &quoteaf(&operands[0])].concat(),
                ),
            });
        }
        None
    } else if operands.len() == 1 {
        Some(b".".to_vec())
    } else {
        let last = operands[operands.len() - 1].clone();
        if is_dir(cx, &last) {
            operands.pop();
            Some(last)
        } else if operands.len() > 2 {
            let e = cx.path(&last).and_then(|p| cx.fs.stat(&p)).err();
            let text = e.map_or("Not a directory", |e| e.errno().strerror());
            return Err(CommandError::fail(
                1,
                [&b"target "[..], &quoteaf(&last), b": ", text.as_bytes()].concat(),
            ));
        } else {
            None
        }
    };
    let mut ok = true;
    match dir {
        Some(dir) => {
            for target in &operands {
                let name = join(&dir, base_name(target));
                ok &= ln.link(cx, target, &name)?;
            }
        }
        None => ok &= ln.link(cx, &operands[0], &operands[1])?,
    }
    status(ok, 1)
}

impl Ln {
    fn link(&mut self, cx: &mut Context<'_>, target: &[u8], name: &[u8]) -> Result<bool, CommandError> {
        let fail = |cx: &mut Context<'_>, parts: &[&[u8]]| {
            cx.warn(parts.concat());
            Ok(false)
        };
        let mut source = None;
        if !self.symbolic {
            let found = cx.path(target).and_then(|p| {
                let stat = if self.logical { cx.fs.stat(&p) } else { cx.fs.lstat(&p) }?;
                let p = if self.logical { cx.fs.canonicalize(&p)? } else { p };
                Ok((p, stat))
            });
            match found {
                Ok((_, stat)) if stat.is_dir() => {
                    return fail(
                        cx,
                        &[&crate::quote::quotef(target), b": hard link not allowed for directory"],
                    );
                }
                Ok((path, _)) => source = Some(path),
                Err(e) => {
                    return fail(
                        cx,
                        &[b"failed to access ", &quoteaf(target), b": ", e.gnu_text().as_bytes()],
                    );
                }
            }
        }
        let path = cx.path(name)?;
        let mut backed_up = None;
        if let Ok(present) = cx.fs.lstat(&path) {
            if self.made.contains(&path) && (self.force || self.ask) {
                return fail(
                    cx,
                    &[
                        b"will not overwrite just-created ",
                        &quoteaf(name),
                        b" with ",
                        &quoteaf(target),
                    ],
                );
            }
            if self.force || self.ask || self.backup.wanted() {
                if present.is_dir() {
                    return fail(cx, &[&crate::quote::quotef(name), b": cannot overwrite directory"]);
                }
                let same = source.as_ref() == Some(&path)
                    || (self.symbolic && !self.backup.wanted() && cx.path(target).is_ok_and(|t| t == path));
                if same {
                    return fail(cx, &[&quoteaf(target), b" and ", &quoteaf(name), b" are the same file"]);
                }
                if self.ask && !confirm(cx, [&b"replace "[..], &quoteaf(name), b"? "].concat())? {
                    return Ok(true);
                }
                if self.backup.wanted() {
                    let kept = self.backup.name(cx, name);
                    cx.fs.rename(&path, &cx.path(&kept)?, RenameMode::Replace)?;
                    backed_up = Some(kept);
                } else if let Err(e) = cx.fs.remove(&path) {
                    return fail(cx, &[b"cannot remove ", &quoteaf(name), b": ", e.gnu_text().as_bytes()]);
                }
            }
        }
        let text = if self.relative {
            relative_text(cx, target, name)
        } else {
            target.to_vec()
        };
        let result = match &source {
            Some(source) => cx.fs.link(source, &path),
            None if text.is_empty() => Err(Errno::ENOENT.into()),
            None => cx.fs.symlink(&text, &path),
        };
        match result {
            Ok(()) => {
                self.made.push(path);
                if self.verbose {
                    let arrow: &[u8] = if self.symbolic { b" -> " } else { b" => " };
                    let mut line = [&quoteaf(name)[..], arrow, &quoteaf(&text)].concat();
                    if let Some(kept) = backed_up {
                        line.extend_from_slice(&[&b" ~ "[..], &quoteaf(kept)].concat());
                    }
                    line.push(b'\n');
                    cx.stdout.buffer().extend_from_slice(&line);
                    cx.stdout.spill()?;
                }
                Ok(true)
            }
            Err(e) if e.errno() == Errno::ECANCELED => Err(e.into()),
            Err(e) => {
                if let Some(message) = output::refusal(cx, name, &e) {
                    return fail(cx, &[&message]);
                }
                let mut message = if self.symbolic {
                    [&b"failed to create symbolic link "[..], &quoteaf(name)].concat()
                } else {
                    [&b"failed to create hard link "[..], &quoteaf(name)].concat()
                };
                if !self.symbolic && e.errno() != Errno::EEXIST {
                    message.extend_from_slice(&[&b" => "[..], &quoteaf(target)].concat());
                }
                fail(cx, &[&message, b": ", e.errno().strerror().as_bytes()])
            }
        }
    }
}

/// The text that leads from the link's directory to the target.
fn relative_text(cx: &Context<'_>, target: &[u8], name: &[u8]) -> Vec<u8> {
    let dir = crate::shellutils::dirname::dir_name(name);
    let from = canonical(cx, dir, Missing::Any, false, true);
    let to = canonical(cx, target, Missing::Any, false, true);
    match (from, to) {
        (Ok(from), Ok(to)) => relative(&to, &from),
        _ => target.to_vec(),
    }
}
