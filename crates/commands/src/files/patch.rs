//! `patch`: applies differences to files.

mod apply;
mod hunk;
mod read;

use std::io::Write;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::{Errno, SetAttr, VPath};

use self::apply::Outcome;
use self::read::{Format, Patch, Reader};
use crate::input;
use crate::number::decimal;
use crate::options::{Args, Spec, Suite, flag, optional, value};
use crate::quote::quotef;
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "patch",
    "[OPTION]... [ORIGFILE [PATCHFILE]]",
    "Apply a diff file to an original.",
    &[
        value("p", "strip", "NUM", "Strip NUM leading components from file names."),
        value(
            "F",
            "fuzz",
            "LINES",
            "Set the fuzz factor to LINES for inexact matching.",
        ),
        flag(
            "l",
            "ignore-whitespace",
            "Ignore white space changes between patch and input.",
        ),
        flag("c", "context", "Interpret the patch as a context difference."),
        flag("e", "ed", "Interpret the patch as an ed script."),
        flag("n", "normal", "Interpret the patch as a normal difference."),
        flag("u", "unified", "Interpret the patch as a unified difference."),
        flag(
            "N",
            "forward",
            "Ignore patches that appear to be reversed or already applied.",
        ),
        flag(
            "R",
            "reverse",
            "Assume patches were created with old and new files swapped.",
        ),
        value("i", "input", "PATCHFILE", "Read patch from PATCHFILE instead of stdin."),
        value("o", "output", "FILE", "Output patched files to FILE."),
        value("r", "reject-file", "FILE", "Output rejects to FILE."),
        value("D", "ifdef", "NAME", ""),
        optional("", "merge", "TYPE", ""),
        flag(
            "E",
            "remove-empty-files",
            "Remove output files that are empty after patching.",
        ),
        flag("Z", "set-utc", ""),
        flag("T", "set-time", ""),
        value("", "quoting-style", "WORD", ""),
        flag("b", "backup", "Back up the original contents of each file."),
        flag("", "backup-if-mismatch", "Back up if the patch does not match exactly."),
        flag(
            "",
            "no-backup-if-mismatch",
            "Back up mismatches only if otherwise requested.",
        ),
        value("V", "version-control", "STYLE", ""),
        value("B", "prefix", "PREFIX", "Prepend PREFIX to backup file names."),
        value("Y", "basename-prefix", "PREFIX", ""),
        value("z", "suffix", "SUFFIX", "Append SUFFIX to backup file names."),
        value("g", "get", "NUM", ""),
        flag(
            "t",
            "batch",
            "Ask no questions; skip bad-Prereq patches; assume reversed.",
        ),
        flag(
            "f",
            "force",
            "Like -t, but ignore bad-Prereq patches, and assume unreversed.",
        ),
        flag("s", "quiet silent", "Work silently unless an error occurs."),
        flag("", "verbose", "Output extra information about the work being done."),
        flag(
            "",
            "dry-run",
            "Do not actually change any files; just print what would happen.",
        ),
        flag("", "posix", "Conform to the POSIX standard."),
        value("d", "directory", "DIR", "Change the working directory to DIR first."),
        value("", "reject-format", "FORMAT", ""),
        flag("", "binary", "(accepted)"),
        value("", "read-only", "BEHAVIOR", "(accepted)"),
        flag("", "follow-symlinks", "(accepted)"),
        flag("v", "version", "Output version info."),
    ],
)
.trouble(2)
.suite(Suite::Other("compatible with GNU patch 2.7.6"));

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

/// What the options say.
pub(super) struct Settings {
    strip: Option<usize>,
    fuzz: usize,
    blanks: bool,
    forward: bool,
    reverse: bool,
    batch: bool,
    force: bool,
    quiet: bool,
    verbose: bool,
    dry: bool,
    remove_empty: bool,
    backup: bool,
    backup_mismatch: bool,
    prefix: Vec<u8>,
    suffix: Vec<u8>,
    reject: Option<Vec<u8>>,
    output: Option<Vec<u8>>,
}

fn fatal(parts: &[&[u8]]) -> CommandError {
    CommandError::fail(2, [b"**** ", &parts.concat()[..]].concat())
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut s = Settings {
        strip: None,
        fuzz: 2,
        blanks: args.has("ignore-whitespace"),
        forward: args.has("forward"),
        reverse: args.has("reverse"),
        batch: args.has("batch"),
        force: args.has("force"),
        quiet: args.has("quiet"),
        verbose: args.has("verbose"),
        dry: args.has("dry-run"),
        remove_empty: args.has("remove-empty-files"),
        backup: args.has("backup") || args.has("prefix") || args.has("suffix"),
        backup_mismatch: !args.has("no-backup-if-mismatch") && !args.has("posix"),
        prefix: args.last("prefix").unwrap_or_default().to_vec(),
        suffix: args.last("suffix").map_or_else(Vec::new, <[u8]>::to_vec),
        reject: args.last("reject-file").map(<[u8]>::to_vec),
        output: args.last("output").map(<[u8]>::to_vec),
    };
    if s.prefix.is_empty() && s.suffix.is_empty() {
        s.suffix = b".orig".to_vec();
    }
    for (key, what) in [
        ("ifdef", "--ifdef"),
        ("merge", "--merge"),
        ("ed", "--ed"),
        ("basename-prefix", "--basename-prefix"),
    ] {
        if args.has(key) {
            return Err(fatal(&[what.as_bytes(), b" is not supported"]));
        }
    }
    if args.has("version") {
        cx.stdout.write_bytes(SPEC.version(b"patch").into())?;
        return Ok(ExitStatus::SUCCESS);
    }
    if let Some(text) = args.last("strip") {
        let n = decimal(text).map_err(|_| fatal(&[b"strip count ", text, b" is not a number"]))?;
        s.strip = Some(n as usize);
    }
    if let Some(text) = args.last("fuzz") {
        let n = decimal(text).map_err(|_| fatal(&[b"fuzz factor ", text, b" is not a number"]))?;
        s.fuzz = n as usize;
    }
    if let Some(dir) = args.last("directory") {
        let path = cx.path(dir).and_then(|p| match cx.fs.stat(&p)?.is_dir() {
            true => Ok(p),
            false => Err(Errno::ENOTDIR.into()),
        });
        cx.cwd = path.map_err(|e| fatal(&[b"Can't change to directory ", dir, b" : ", e.gnu_text().as_bytes()]))?;
    }
    let named = args
        .last("input")
        .map(<[u8]>::to_vec)
        .or_else(|| args.operands.get(1).cloned());
    let text = match named.filter(|n| n != b"-") {
        Some(name) => input::open(cx, &name)
            .and_then(|mut source| source.read_all())
            .map_err(|e| fatal(&[b"Can't open patch file ", &name, b" : ", e.gnu_text().as_bytes()]))?,
        None => input::stdin(cx).read_all()?,
    };
    if text.is_empty() {
        return Ok(ExitStatus::SUCCESS);
    }
    let format = ["context", "normal", "unified"]
        .iter()
        .find(|k| args.has(k))
        .map(|k| match *k {
            "context" => Format::Context,
            "normal" => Format::Normal,
            _ => Format::Unified,
        });
    let mut reader = Reader::new(&text, format);
    let (mut worst, mut count) = (0, 0);
    let mut output: Vec<u8> = Vec::new();
    loop {
        cx.cancel.check()?;
        match reader.next() {
            Ok(Some(patch)) => {
                count += 1;
                let operand = args.operands.first().filter(|_| count == 1);
                worst = worst.max(one(cx, &s, &patch, operand.map(Vec::as_slice), &mut output)?);
            }
            Ok(None) => break,
            Err(message) => return Err(fatal(&[message.as_bytes()])),
        }
    }
    if count == 0 {
        return Err(fatal(&[b"Only garbage was found in the patch input."]));
    }
    if let Some(name) = s.output.as_ref().filter(|_| !s.dry) {
        let path = cx.path(name)?;
        cx.fs.write_all(&path, output.into())?;
    }
    Ok(ExitStatus(worst))
}

fn say(cx: &mut Context<'_>, text: &[u8]) {
    cx.stdout.buffer().extend_from_slice(text);
}

/// Applies the part of a patch that is about one file; the exit status.
fn one(
    cx: &mut Context<'_>,
    s: &Settings,
    patch: &Patch,
    operand: Option<&[u8]>,
    output: &mut Vec<u8>,
) -> Result<u8, CommandError> {
    if s.verbose {
        let kind = match patch.format {
            Format::Unified => "unified",
            Format::Context => "new-style context",
            Format::Normal => "normal",
        };
        say(cx, format!("Hmm...  Looks like a {kind} diff to me...\n").as_bytes());
        leading(cx, patch);
    }
    let Some(name) = operand
        .map(<[u8]>::to_vec)
        .or_else(|| patch.target(cx, s.strip, s.reverse))
    else {
        say(
            cx,
            format!("can't find file to patch at input line {}\n", patch.line).as_bytes(),
        );
        let hint = if s.strip.is_some() {
            "Perhaps you used the wrong -p or --strip option?\n"
        } else {
            "Perhaps you should have used the -p or --strip option?\n"
        };
        say(cx, hint.as_bytes());
        leading(cx, patch);
        let end = if s.batch || s.force {
            "No file to patch.  Skipping patch.\n"
        } else {
            "File to patch: \nSkip this patch? [y] \nSkipping patch.\n"
        };
        say(cx, end.as_bytes());
        ignored(cx, patch.hunks.len(), patch.hunks.len(), "ignored", None);
        return Ok(1);
    };
    let path = cx.path(&name)?;
    let stat = cx.fs.stat(&path).ok();
    let data = match cx.fs.read_all(&path) {
        Ok(data) => data.to_vec(),
        Err(e) if e.errno() == Errno::ECANCELED => return Err(e.into()),
        Err(e) if e.errno() == Errno::ENOENT => Vec::new(),
        Err(e) => return Err(fatal(&[b"Can't open file ", &name, b" : ", e.gnu_text().as_bytes()])),
    };
    let renamed = patch
        .rename
        .as_ref()
        .filter(|_| operand.is_none())
        .map(|(from, to)| if s.reverse { from } else { to });
    let shown = s
        .output
        .clone()
        .or_else(|| renamed.cloned())
        .unwrap_or_else(|| name.clone());
    if !s.quiet || s.verbose {
        let verb: &[u8] = if s.dry { b"checking file " } else { b"patching file " };
        let origin = match (&s.output, renamed) {
            (Some(_), _) => [&b" (read from "[..], &quotef(&name), b")"].concat(),
            (None, Some(_)) if patch.copies => [&b" (copied from "[..], &quotef(&name), b")"].concat(),
            (None, Some(_)) => [&b" (renamed from "[..], &quotef(&name), b")"].concat(),
            _ => Vec::new(),
        };
        say(cx, &[verb, &quotef(&shown), &origin, b"\n"].concat());
    }
    if stat.is_none() && !patch.creates(s.reverse) && !patch.hunks.is_empty() {
        say(
            cx,
            format!("Hunk #1 FAILED at {}.\n", patch.hunks[0].old_start).as_bytes(),
        );
        return Err(fatal(&[b"Can't reopen file ", &name, b" : No such file or directory"]));
    }
    let outcome = apply::apply(cx, s, patch, &data)?;
    finish(
        cx,
        s,
        patch,
        &name,
        &shown,
        (&path, stat.as_ref(), &data),
        outcome,
        output,
    )
}

fn leading(cx: &mut Context<'_>, patch: &Patch) {
    let rule = "--------------------------\n";
    say(cx, b"The text leading up to this was:\n");
    say(cx, rule.as_bytes());
    for line in &patch.leading {
        say(cx, &[b"|", &line[..], b"\n"].concat());
    }
    say(cx, rule.as_bytes());
}

fn ignored(cx: &mut Context<'_>, count: usize, total: usize, what: &str, rejects: Option<&[u8]>) {
    let plural = if total == 1 { "" } else { "s" };
    let mut line = format!("{count} out of {total} hunk{plural} {what}").into_bytes();
    if let Some(name) = rejects {
        line.extend_from_slice(&[&b" -- saving rejects to file "[..], &quotef(name)].concat());
    }
    line.push(b'\n');
    say(cx, &line);
}

#[allow(clippy::too_many_arguments)] // One call site; the parts have nothing in common.
fn finish(
    cx: &mut Context<'_>,
    s: &Settings,
    patch: &Patch,
    name: &[u8],
    shown: &[u8],
    (path, stat, data): (&VPath, Option<&vfs::Stat>, &[u8]),
    outcome: Outcome,
    output: &mut Vec<u8>,
) -> Result<u8, CommandError> {
    let mut status = 0;
    if !outcome.rejected.is_empty() {
        status = 1;
        let file = match &s.reject {
            Some(f) if f == b"-" => None,
            Some(f) => Some(f.clone()),
            None => Some([shown, b".rej"].concat()),
        };
        let what = if outcome.skipped { "ignored" } else { "FAILED" };
        ignored(cx, outcome.rejected.len(), patch.hunks.len(), what, file.as_deref());
        if let Some(file) = file.filter(|_| !s.dry) {
            let mut text = Vec::new();
            let names = patch.header.iter().map(|line| line.get(4..).unwrap_or_default());
            let mut names: Vec<&[u8]> = names.collect();
            if s.reverse != outcome.reversed {
                names.reverse();
            }
            for (mark, name) in [b"--- ", b"+++ "].iter().zip(names) {
                text.extend_from_slice(&[&mark[..], name, b"\n"].concat());
            }
            for hunk in &outcome.rejected {
                hunk.unified(&mut text);
            }
            let place = cx.path(&file)?;
            cx.fs.write_all(&place, text.into())?;
        }
    }
    if s.verbose {
        say(cx, b"done\n");
    }
    if s.dry || (outcome.skipped && outcome.rejected.len() == patch.hunks.len()) {
        return Ok(status);
    }
    if s.output.is_some() {
        output.extend_from_slice(&outcome.data);
        return Ok(status);
    }
    if (s.backup || (s.backup_mismatch && outcome.mismatch)) && stat.is_some() {
        let backup = [&s.prefix[..], name, &s.suffix].concat();
        let place = cx.path(&backup)?;
        cx.fs.write_all(&place, data.to_vec().into())?;
    }
    let deletes = patch.deletes(s.reverse != outcome.reversed);
    let gone = outcome.data.is_empty() && (s.remove_empty || deletes);
    if gone {
        if stat.is_some() {
            cx.fs.remove(path)?;
        }
        return Ok(status);
    }
    if deletes && outcome.rejected.is_empty() {
        let text = [
            &b"Not deleting file "[..],
            &quotef(shown),
            b" as content differs from patch\n",
        ]
        .concat();
        say(cx, &text);
        status = 1;
    }
    let target = cx.path(shown)?;
    if let Some(parent) = target.parent()
        && cx.fs.stat(&parent).is_err()
    {
        cx.fs.mkdir_all(&parent, None)?;
    }
    let written = cx.fs.write_all(&target, outcome.data.into());
    written.map_err(|e| fatal(&[b"Can't create file ", shown, b" : ", e.gnu_text().as_bytes()]))?;
    let mode = patch
        .mode
        .filter(|_| !s.reverse)
        .or_else(|| stat.and_then(|s| s.mode).filter(|_| shown != name));
    if let Some(mode) = mode {
        let attr = SetAttr {
            mode: Some(mode & 0o7777),
            ..SetAttr::default()
        };
        let _ = cx.fs.set_attr(&target, attr, true);
    }
    if shown != name && !patch.copies && stat.is_some() {
        cx.fs.remove(path)?;
    }
    cx.stdout.spill()?;
    cx.stderr.flush()?;
    Ok(status)
}

#[cfg(test)]
mod tests;
