//! `chmod`: changes file modes.

use shell::command::{CommandError, CommandResult, Context};
use vfs::{Errno, SetAttr, Stat, VPath, VfsError};

use super::modes::{ModeChange, letters};
use super::rm::join;
use crate::deep::deep;
use crate::options::{Args, Spec, flag, value};
use crate::output;
use crate::quote::{quote, quoteaf, quotef};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "chmod",
    "[OPTION]... MODE[,MODE]... FILE...\n[OPTION]... OCTAL-MODE FILE...\n[OPTION]... --reference=RFILE FILE...",
    "Change the mode of each FILE to MODE.\nWith --reference, change the mode of each FILE to that of RFILE.",
    &[
        flag("c", "changes", "like verbose but report only when a change is made"),
        flag("f", "silent quiet", "suppress most error messages"),
        flag("v", "verbose", "output a diagnostic for every file processed"),
        flag("", "no-preserve-root", "do not treat '/' specially (the default)"),
        flag("", "preserve-root", "fail to operate recursively on '/'"),
        value("", "reference", "RFILE", "use RFILE's mode instead of MODE values"),
        flag("R", "recursive", "change files and directories recursively"),
        value("", "mode-operand", "", ""),
    ],
)
.notes("Each MODE is of the form '[ugoa]*([-+=]([rwxXst]*|[ugo]))+|[-+=][0-7]+'.");

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run).prepare(protect_modes);

/// `-w` and the like are modes, not options; they are put together and stand for MODE.
fn protect_modes(_: &Spec, cx: &mut Context<'_>) -> Result<(), CommandError> {
    for arg in &mut cx.args {
        if arg == b"--" {
            break;
        }
        if arg.len() > 1 && arg[0] == b'-' && b"rwxXstugoa,+=01234567".contains(&arg[1]) {
            *arg = [b"--mode-operand=", &arg[..]].concat();
        }
    }
    Ok(())
}

struct Chmod {
    change: ModeChange,
    /// The mode had the form of an option, so that a mask that gets in the way is reported.
    surprising: bool,
    verbose: bool,
    changes: bool,
    silent: bool,
    recursive: bool,
    ok: bool,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let given: Vec<&[u8]> = args
        .options
        .iter()
        .filter(|o| o.key == "mode-operand")
        .map(crate::options::Item::value)
        .collect();
    let mut operands = &args.operands[..];
    let surprising = !given.is_empty();
    let text: Vec<u8> = if let Some(file) = args.last("reference") {
        let mode = cx.path(file).and_then(|p| cx.fs.stat(&p)).map_err(|e| {
            CommandError::fail(
                1,
                [
                    &b"failed to get attributes of "[..],
                    &quoteaf(file),
                    b": ",
                    e.gnu_text().as_bytes(),
                ]
                .concat(),
            )
        })?;
        format!("{:05o}", mode.mode.unwrap_or(0o644)).into_bytes()
    } else if surprising {
        given.join(&b',')
    } else {
        match operands.split_first() {
            None => return Err(SPEC.usage_error(cx, "missing operand")),
            Some((first, rest)) => {
                operands = rest;
                first.clone()
            }
        }
    };
    if operands.is_empty() {
        return Err(if args.has("reference") || surprising && args.operands.is_empty() {
            let message = if surprising {
                [
                    &b"missing operand after "[..],
                    &quote(given.last().copied().unwrap_or_default()),
                ]
                .concat()
            } else {
                b"missing operand".to_vec()
            };
            SPEC.usage_error(cx, message)
        } else {
            SPEC.usage_error(cx, [&b"missing operand after "[..], &quote(&text)].concat())
        });
    }
    let change = ModeChange::parse(&text)
        .ok_or_else(|| SPEC.usage_error(cx, [&b"invalid mode: "[..], &quote(&text)].concat()))?;
    let mut chmod = Chmod {
        change,
        surprising,
        verbose: args.has("verbose"),
        changes: args.has("changes"),
        silent: args.has("silent"),
        recursive: args.has("recursive"),
        ok: true,
    };
    for name in operands {
        let path = match cx.path(name) {
            Ok(path) => path,
            Err(e) => {
                chmod.complain(cx, b"cannot access ", name, &e)?;
                continue;
            }
        };
        if chmod.recursive && args.has("preserve-root") && path.is_root() {
            cx.warn("it is dangerous to operate recursively on '/'");
            cx.warn("use --no-preserve-root to override this failsafe");
            chmod.ok = false;
            continue;
        }
        chmod.visit(cx, name, &path, true)?;
    }
    status(chmod.ok, 1)
}

impl Chmod {
    fn complain(&mut self, cx: &mut Context<'_>, what: &[u8], name: &[u8], e: &VfsError) -> Result<(), CommandError> {
        if matches!(e.errno(), Errno::ECANCELED | Errno::EPIPE) {
            return Err(e.clone().into());
        }
        self.ok = false;
        if !self.silent {
            let message = output::refusal(cx, name, e)
                .unwrap_or_else(|| [what, &quoteaf(name), b": ", e.gnu_text().as_bytes()].concat());
            cx.warn(message);
        }
        Ok(())
    }

    fn visit(&mut self, cx: &mut Context<'_>, name: &[u8], path: &VPath, top: bool) -> Result<(), CommandError> {
        cx.cancel.check()?;
        // Links named on the command line are followed; those met on the way are left alone.
        let stat = match if top { cx.fs.stat(path) } else { cx.fs.lstat(path) } {
            Ok(stat) => stat,
            Err(e) if top && e.errno() == Errno::ENOENT && cx.fs.lstat(path).is_ok() => {
                self.ok = false;
                if !self.silent {
                    cx.warn([&b"cannot operate on dangling symlink "[..], &quoteaf(name)].concat());
                }
                return Ok(());
            }
            Err(e) => return self.complain(cx, b"cannot access ", name, &e),
        };
        if stat.is_symlink() {
            if self.verbose {
                let line = [
                    &b"neither symbolic link "[..],
                    &quoteaf(name),
                    b" nor referent has been changed\n",
                ]
                .concat();
                cx.stdout.buffer().extend_from_slice(&line);
                cx.stdout.spill()?;
            }
            return Ok(());
        }
        self.change(cx, name, path, &stat)?;
        if self.recursive && stat.is_dir() {
            let entries = match cx.fs.read_dir(path) {
                Ok(entries) => entries,
                Err(e) => return self.complain(cx, b"cannot read directory ", name, &e),
            };
            for entry in entries {
                let child = path.child(&entry.name)?;
                deep(|| self.visit(cx, &join(name, &entry.name), &child, false))?;
            }
        }
        Ok(())
    }

    fn change(&mut self, cx: &mut Context<'_>, name: &[u8], path: &VPath, stat: &Stat) -> Result<(), CommandError> {
        let old = stat.mode.unwrap_or(if stat.is_dir() { 0o755 } else { 0o644 });
        let new = self.change.apply(old, stat.is_dir(), cx.umask);
        let attr = SetAttr {
            mode: Some(new),
            ..SetAttr::default()
        };
        if let Err(e) = cx.fs.set_attr(path, attr, true) {
            return self.complain(cx, b"changing permissions of ", name, &e);
        }
        if self.verbose || (self.changes && new != old) {
            let text = if new == old {
                format!(" retained as {old:04o} ({})\n", letters(old))
            } else {
                format!(
                    " changed from {old:04o} ({}) to {new:04o} ({})\n",
                    letters(old),
                    letters(new)
                )
            };
            let line = [&b"mode of "[..], &quoteaf(name), text.as_bytes()].concat();
            cx.stdout.buffer().extend_from_slice(&line);
            cx.stdout.spill()?;
        }
        if self.surprising {
            let naive = self.change.apply(old, stat.is_dir(), 0);
            if new & !naive != 0 {
                self.ok = false;
                let text = format!(": new permissions are {}, not {}", letters(new), letters(naive));
                cx.warn([&quotef(name)[..], text.as_bytes()].concat());
            }
        }
        Ok(())
    }
}
