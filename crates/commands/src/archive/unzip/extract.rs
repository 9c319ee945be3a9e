//! Extracting, testing, and writing to standard output.

use std::io::{BufRead, Write};

use shell::command::{CommandError, Context};
use vfs::{Errno, OpenOptions, SetAttr, VPath};

use super::list::shown;
use super::{Action, Existing, Settings};
use crate::archive::names::unsafe_prefix;
use crate::archive::zipfile::{Archive, Entry, Unpacked, unpack};

struct Job<'s> {
    s: &'s Settings,
    existing: Existing,
    status: u8,
    bad: usize,
    /// Made last, so that nothing is written through them.
    links: Vec<(VPath, Vec<u8>, Vec<u8>)>,
    dirs: Vec<(VPath, Entry)>,
}

/// Does what is asked with all entries; the exit status.
pub(super) fn all(
    cx: &mut Context<'_>,
    s: &Settings,
    archive: &Archive,
    entries: &[Entry],
    name: &[u8],
) -> Result<u8, CommandError> {
    let mut job = Job {
        s,
        existing: s.existing,
        status: 0,
        bad: 0,
        links: Vec::new(),
        dirs: Vec::new(),
    };
    for entry in entries {
        cx.cancel.check()?;
        if entry.is_encrypted() {
            job.complain(cx, entry, "unable to get password")?;
            job.status = job.status.max(5);
            continue;
        }
        match s.action {
            Action::Test => job.test(cx, archive, entry)?,
            Action::Pipe | Action::Show => job.pipe(cx, archive, entry)?,
            _ => job.extract(cx, archive, entry)?,
        }
    }
    job.finish(cx)?;
    if s.action == Action::Test && s.quiet < 2 {
        let shown_name = String::from_utf8_lossy(name);
        let all = entries.len() == archive.entries.len();
        let text = match (job.bad, all) {
            (0, true) => format!("No errors detected in compressed data of {shown_name}.\n"),
            (0, false) => {
                let s = if entries.len() == 1 { "" } else { "s" };
                format!(
                    "No errors detected in {shown_name} for the {} file{s} tested.\n",
                    entries.len()
                )
            }
            (n, _) => {
                let s = if n == 1 { "" } else { "s" };
                format!("At least one error was detected in {shown_name}.\n")
                    .replace("one error", &format!("{n} error{s}"))
            }
        };
        cx.stdout.write_all(text.as_bytes())?;
    }
    Ok(job.status)
}

impl Job<'_> {
    fn complain(&mut self, cx: &mut Context<'_>, entry: &Entry, text: &str) -> Result<(), CommandError> {
        cx.stdout.flush_now()?;
        let mut line = b"   skipping: ".to_vec();
        line.extend_from_slice(&padded(&shown(&entry.name)));
        line.extend_from_slice(text.as_bytes());
        line.push(b'\n');
        let _ = cx.stderr.write_all(&line);
        Ok(())
    }

    fn tell(&self, cx: &mut Context<'_>, verb: &str, name: &[u8], pad: bool) -> Result<(), CommandError> {
        if self.s.quiet > 0 {
            return Ok(());
        }
        let name = if pad { padded(name) } else { name.to_vec() };
        Ok(cx
            .stdout
            .write_all(&[format!("{verb:>11}: ").as_bytes(), &name, b"\n"].concat())?)
    }

    /// What is wrong with an entry's data, if anything.
    fn verdict(&mut self, cx: &mut Context<'_>, entry: &Entry, result: &Unpacked) -> Result<bool, CommandError> {
        let text = match result {
            Unpacked::Fine => return Ok(true),
            Unpacked::BadCrc(found) => format!(" bad CRC {found:08x}  (should be {:08x})\n", entry.crc),
            Unpacked::Invalid => "\n  error:  invalid compressed data to inflate\n".to_owned(),
            Unpacked::Unsupported(method) => {
                self.complain(cx, entry, &format!("unsupported compression method {method}"))?;
                self.status = self.status.max(81);
                self.bad += 1;
                return Ok(false);
            }
        };
        cx.stdout.flush_now()?;
        let _ = cx
            .stderr
            .write_all(&[&shown(&entry.name)[..], b": ", text.as_bytes()].concat());
        self.status = self.status.max(2);
        self.bad += 1;
        Ok(false)
    }

    fn test(&mut self, cx: &mut Context<'_>, archive: &Archive, entry: &Entry) -> Result<(), CommandError> {
        let result = unpack(cx, archive, entry, |_| Ok(()))?;
        if self.verdict(cx, entry, &result)? && self.s.quiet == 0 {
            let line = [b"    testing: ", &padded(&shown(&entry.name))[..], b" OK\n"].concat();
            cx.stdout.write_all(&line)?;
        }
        Ok(())
    }

    fn pipe(&mut self, cx: &mut Context<'_>, archive: &Archive, entry: &Entry) -> Result<(), CommandError> {
        if entry.is_dir() {
            return Ok(());
        }
        let named = self.s.action == Action::Show;
        if named {
            self.tell(cx, verb(entry), &shown(&entry.name), true)?;
        }
        let mut out = cx.stdout.duplicate();
        cx.stdout.flush_now()?;
        let result = unpack(cx, archive, entry, |data| Ok(out.write_all(data)?))?;
        out.flush_now()?;
        if self.verdict(cx, entry, &result)? && named {
            cx.stdout.write_all(b"\n")?;
        }
        Ok(())
    }

    /// The name to extract to; `None` for what has none left.
    fn target(&mut self, cx: &mut Context<'_>, entry: &Entry) -> Result<Option<Vec<u8>>, CommandError> {
        let cut = unsafe_prefix(&entry.name);
        if cut > 0 {
            let text: &[u8] = if entry.name.starts_with(b"/") {
                b"warning:  stripped absolute path spec from "
            } else {
                b"warning:  skipped \"../\" path component(s) in "
            };
            cx.stdout.write_all(&[text, &shown(&entry.name), b"\n"].concat())?;
            self.status = self.status.max(1);
        }
        let mut name = entry.name[cut..].to_vec();
        if self.s.junk {
            if entry.is_dir() {
                return Ok(None);
            }
            let base = name.rsplit(|b| *b == b'/').next().unwrap_or_default();
            name = base.to_vec();
        }
        if self.s.lower {
            name.make_ascii_lowercase();
        }
        if name.is_empty() {
            return Ok(None);
        }
        Ok(Some(if self.s.dir.is_empty() {
            name
        } else {
            let slash: &[u8] = if self.s.dir.ends_with(b"/") { b"" } else { b"/" };
            [&self.s.dir[..], slash, &name].concat()
        }))
    }

    fn cannot(&mut self, cx: &mut Context<'_>, name: &[u8], e: &vfs::VfsError) -> Result<(), CommandError> {
        if e.errno() == Errno::ECANCELED {
            return Err(e.clone().into());
        }
        cx.stdout.flush_now()?;
        let text = [
            b"error:  cannot create ",
            name,
            b"\n        ",
            e.gnu_text().as_bytes(),
            b"\n",
        ]
        .concat();
        let _ = cx.stderr.write_all(&text);
        self.status = self.status.max(50);
        Ok(())
    }

    fn extract(&mut self, cx: &mut Context<'_>, archive: &Archive, entry: &Entry) -> Result<(), CommandError> {
        let Some(name) = self.target(cx, entry)? else {
            return Ok(());
        };
        let path = cx.path(&name)?;
        if entry.is_dir() {
            let there = cx.fs.stat(&path).is_ok_and(|s| s.is_dir());
            if !there {
                if self.s.freshen {
                    return Ok(());
                }
                if let Err(e) = cx.fs.mkdir_all(&path, Some(0o777 & !cx.umask)) {
                    return self.cannot(cx, &name, &e);
                }
                self.tell(cx, "creating", &shown(&name), false)?;
            }
            self.dirs.push((path, entry.clone()));
            return Ok(());
        }
        if !self.may_write(cx, entry, &name, &path)? {
            return Ok(());
        }
        if let Some(parent) = path.parent()
            && let Err(e) = cx.fs.mkdir_all(&parent, Some(0o777 & !cx.umask))
        {
            return self.cannot(cx, &name, &e);
        }
        if entry.is_symlink() {
            let mut text = Vec::new();
            let result = unpack(cx, archive, entry, |data| {
                text.extend_from_slice(data);
                Ok(())
            })?;
            if self.verdict(cx, entry, &result)? {
                if self.s.quiet == 0 {
                    let line = [
                        b"    linking: ",
                        &padded(&shown(&name))[..],
                        b"-> ",
                        &shown(&text),
                        b" \n",
                    ]
                    .concat();
                    cx.stdout.write_all(&line)?;
                }
                self.links.push((path, name, text));
            }
            return Ok(());
        }
        let options = OpenOptions {
            exclusive: true,
            mode: Some(0o666 & !cx.umask),
            ..OpenOptions::writing()
        };
        let mut file = match cx.fs.open(&path, options) {
            Ok(file) => file,
            Err(e) => return self.cannot(cx, &name, &e),
        };
        self.tell(cx, verb(entry), &shown(&name), true)?;
        let result = unpack(cx, archive, entry, |data| Ok(file.write_all(data)?))?;
        file.close()?;
        self.verdict(cx, entry, &result)?;
        self.attributes(cx, entry, &path)
    }

    /// Whether the file may be made; asks when one is there.
    fn may_write(
        &mut self,
        cx: &mut Context<'_>,
        entry: &Entry,
        name: &[u8],
        path: &VPath,
    ) -> Result<bool, CommandError> {
        let Ok(old) = cx.fs.lstat(path) else {
            return Ok(!self.s.freshen);
        };
        if (self.s.freshen || self.s.update)
            && old
                .mtime
                .is_some_and(|t| t.seconds >= entry.mtime(&self.s.zone).seconds)
        {
            return Ok(false);
        }
        if self.existing == Existing::Ask {
            let (yes, always) = self.ask(cx, name)?;
            if always {
                self.existing = if yes { Existing::Replace } else { Existing::Keep };
            }
            if !yes {
                return Ok(false);
            }
        } else if self.existing == Existing::Keep {
            return Ok(false);
        }
        match cx.fs.remove(path) {
            Ok(()) => Ok(true),
            Err(e) => self.cannot(cx, name, &e).map(|()| false),
        }
    }

    /// The answer to the question whether to replace a file, and whether it holds for all others.
    fn ask(&mut self, cx: &mut Context<'_>, name: &[u8]) -> Result<(bool, bool), CommandError> {
        loop {
            cx.stdout.flush_now()?;
            let question = [
                b"replace ",
                &shown(name)[..],
                b"? [y]es, [n]o, [A]ll, [N]one, [r]ename: ",
            ]
            .concat();
            let _ = cx.stderr.write_all(&question);
            let mut line = Vec::new();
            cx.stdin.read_until(b'\n', &mut line)?;
            match line.first() {
                None => {
                    let _ = cx
                        .stderr
                        .write_all(b" NULL\n(EOF or read error, treating as \"[N]one\" ...)\n");
                    self.status = self.status.max(1);
                    return Ok((false, true));
                }
                Some(b'y' | b'Y') => return Ok((true, false)),
                Some(b'n') => return Ok((false, false)),
                Some(b'A') => return Ok((true, true)),
                Some(b'N') => return Ok((false, true)),
                Some(_) => {
                    let answer = line.strip_suffix(b"\n").unwrap_or(&line).to_vec();
                    let _ = cx
                        .stderr
                        .write_all(&[b"error:  invalid response [", &answer[..], b"]\n"].concat());
                }
            }
        }
    }

    fn attributes(&mut self, cx: &mut Context<'_>, entry: &Entry, path: &VPath) -> Result<(), CommandError> {
        let keep = if self.s.special_bits { 0o7777 } else { 0o777 };
        let attr = SetAttr {
            mode: entry.mode().map(|m| m & keep),
            mtime: Some(entry.mtime(&self.s.zone)),
            ..SetAttr::default()
        };
        match cx.fs.set_attr(path, attr, false) {
            // What the backend cannot keep is not worth failing for.
            Err(e) if !matches!(e.errno(), Errno::ENOTSUP | Errno::EPERM) => Err(e.into()),
            _ => Ok(()),
        }
    }

    fn finish(&mut self, cx: &mut Context<'_>) -> Result<(), CommandError> {
        let links = std::mem::take(&mut self.links);
        if !links.is_empty() && self.s.quiet == 0 {
            cx.stdout.write_all(b"finishing deferred symbolic links:\n")?;
        }
        for (path, name, text) in links {
            if self.s.quiet == 0 {
                let mut column = padded(&shown(&name));
                column.pop();
                let line = [b"  ", &column[..], b"-> ", &shown(&text), b"\n"].concat();
                cx.stdout.write_all(&line)?;
            }
            if let Err(e) = cx.fs.symlink(&text, &path) {
                self.cannot(cx, &name, &e)?;
            }
        }
        for (path, entry) in std::mem::take(&mut self.dirs).into_iter().rev() {
            self.attributes(cx, &entry, &path)?;
        }
        Ok(())
    }
}

fn verb(entry: &Entry) -> &'static str {
    if entry.method == crate::archive::zipfile::STORED {
        "extracting"
    } else {
        "inflating"
    }
}

/// A name in at least 22 columns, and two blanks.
fn padded(name: &[u8]) -> Vec<u8> {
    let mut out = name.to_vec();
    out.resize(out.len().max(22) + 2, b' ');
    out
}
