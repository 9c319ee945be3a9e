//! Adding files to an archive.

use std::collections::HashMap;
use std::io::Write;

use shell::command::{CommandError, Context};
use vfs::{Errno, FileKind, Stat, VPath, VfsError};

use super::header::{Member, encode, kind};
use super::open::Writer;
use super::settings::{Settings, Target};
use super::{show, usage};
use crate::archive::names::unsafe_prefix;
use crate::files::copy::identity;
use crate::input;

/// Makes the archive; whether anything failed.
pub(super) fn run(cx: &mut Context<'_>, s: &Settings) -> Result<bool, CommandError> {
    if s.targets.is_empty() {
        return Err(usage("Cowardly refusing to create an empty archive"));
    }
    let writer = Writer::create(cx, s)?;
    add_all(cx, s, writer, |_, _| true)
}

/// Adds all targets that `newer` lets through, and ends the archive.
pub(super) fn add_all(
    cx: &mut Context<'_>,
    s: &Settings,
    writer: Writer,
    newer: impl Fn(&[u8], &Stat) -> bool,
) -> Result<bool, CommandError> {
    let archive = if s.streams() { None } else { cx.path(&s.archive).ok() };
    let mut adder = Adder {
        s,
        writer,
        archive,
        seen: HashMap::new(),
        told_names: Vec::new(),
        told_links: false,
        failed: false,
        width: 0,
    };
    for target in &s.targets {
        adder.target(cx, target, &newer)?;
    }
    let Adder { writer, failed, .. } = adder;
    let total = writer.finish()?;
    if s.totals {
        cx.stdout.flush_now()?;
        let _ = cx
            .stderr
            .write_all(format!("Total bytes written: {total}\n").as_bytes());
    }
    Ok(failed)
}

struct Adder<'s> {
    s: &'s Settings,
    writer: Writer,
    /// The archive itself, which must not go into itself.
    archive: Option<VPath>,
    /// Files with several names, and the first name that went in.
    seen: HashMap<(VPath, u64), Vec<u8>>,
    /// Prefixes whose removal was reported.
    told_names: Vec<Vec<u8>>,
    told_links: bool,
    failed: bool,
    width: usize,
}

impl Adder<'_> {
    fn warn(&mut self, cx: &mut Context<'_>, shown: &[u8], what: &str, e: &VfsError) -> Result<(), CommandError> {
        if e.errno() == Errno::ECANCELED {
            return Err(e.clone().into());
        }
        cx.stdout.flush_now()?;
        cx.warn(
            [
                &show::name(shown)[..],
                b": ",
                what.as_bytes(),
                b": ",
                e.gnu_text().as_bytes(),
            ]
            .concat(),
        );
        self.failed = true;
        Ok(())
    }

    fn target(
        &mut self,
        cx: &mut Context<'_>,
        target: &Target,
        newer: &impl Fn(&[u8], &Stat) -> bool,
    ) -> Result<(), CommandError> {
        let base = match target.dir.is_empty() {
            true => cx.cwd.clone(),
            false => {
                let dir = cx.path(&target.dir)?;
                match cx.fs.stat(&dir) {
                    Ok(stat) if stat.is_dir() => dir,
                    other => {
                        let e = other.err().unwrap_or_else(|| Errno::ENOTDIR.into());
                        let text = [&target.dir[..], b": Cannot open: ", e.gnu_text().as_bytes()].concat();
                        return Err(super::open::fatal(text));
                    }
                }
            }
        };
        // A tree is walked without recursion: names still to come, the next one last.
        let mut name = target.name.clone();
        while name.len() > 1 && name.ends_with(b"/") {
            name.pop();
        }
        let mut todo = vec![name];
        let mut empty_dirs = Vec::new();
        while let Some(name) = todo.pop() {
            cx.cancel.check()?;
            if self.s.excludes.hit(&name) {
                continue;
            }
            let path = match base.join(&name) {
                Ok(path) => path,
                Err(e) => {
                    self.warn(cx, &name, "Cannot stat", &e)?;
                    continue;
                }
            };
            let stat = if self.s.dereference {
                cx.fs.stat(&path)
            } else {
                cx.fs.lstat(&path)
            };
            let stat = match stat {
                Ok(stat) => stat,
                Err(e) => {
                    // The prefix is reported even for what is not there.
                    self.member_name(cx, &name)?;
                    self.warn(cx, &name, "Cannot stat", &e)?;
                    continue;
                }
            };
            if self.archive.as_ref() == Some(&path) {
                cx.warn([&show::name(&name)[..], b": file is the archive; not dumped"].concat());
                continue;
            }
            let added = newer(&name, &stat) && self.one(cx, &name, &path, &stat)?;
            if stat.is_dir() && self.s.recursion {
                match cx.fs.read_dir(&path) {
                    Ok(entries) => {
                        let slash: &[u8] = if name.ends_with(b"/") { b"" } else { b"/" };
                        todo.extend(entries.iter().rev().map(|e| [&name[..], slash, &e.name].concat()));
                    }
                    Err(e) => self.warn(cx, &name, "Cannot open", &e)?,
                }
            }
            if self.s.remove && added {
                if stat.is_dir() {
                    empty_dirs.push((name, path));
                } else if let Err(e) = cx.fs.remove(&path) {
                    self.warn(cx, &name, "Cannot unlink", &e)?;
                }
            }
        }
        for (name, path) in empty_dirs.into_iter().rev() {
            if let Err(e) = cx.fs.rmdir(&path) {
                self.warn(cx, &name, "Cannot rmdir", &e)?;
            }
        }
        Ok(())
    }

    /// The name under which a file goes in.
    fn member_name(&mut self, cx: &mut Context<'_>, name: &[u8]) -> Result<Vec<u8>, CommandError> {
        let cut = if self.s.absolute { 0 } else { unsafe_prefix(name) };
        if cut > 0 {
            let prefix = name[..cut].to_vec();
            if !self.told_names.contains(&prefix) {
                cx.stdout.flush_now()?;
                cx.warn([b"Removing leading `", &prefix[..], b"' from member names"].concat());
                self.told_names.push(prefix);
            }
        }
        Ok(if name.len() == cut {
            b".".to_vec()
        } else {
            name[cut..].to_vec()
        })
    }

    /// Adds one file, directory or link; whether it went in.
    fn one(&mut self, cx: &mut Context<'_>, name: &[u8], path: &VPath, stat: &Stat) -> Result<bool, CommandError> {
        let mut stored = self.member_name(cx, name)?;
        let mut shown = name.to_vec();
        if stat.is_dir() {
            for text in [&mut stored, &mut shown] {
                if !text.ends_with(b"/") {
                    text.push(b'/');
                }
            }
        }
        let mut member = self.describe(stored, stat);
        let mut source = None;
        match stat.kind {
            FileKind::Dir => member.kind = kind::DIR,
            FileKind::Symlink => {
                member.kind = kind::SYMLINK;
                member.link = match cx.fs.read_link(path) {
                    Ok(text) => text.to_vec(),
                    Err(e) => return self.warn(cx, name, "Cannot read link", &e).map(|()| false),
                };
            }
            FileKind::Fifo => member.kind = kind::FIFO,
            FileKind::CharDevice => member.kind = kind::CHAR_DEVICE,
            FileKind::BlockDevice => member.kind = kind::BLOCK_DEVICE,
            FileKind::Socket => {
                cx.warn([&show::name(name)[..], b": socket ignored"].concat());
                return Ok(false);
            }
            FileKind::File => {
                member.kind = kind::FILE;
                if !self.earlier_name(cx, &mut member, path, stat)? {
                    match self.open(cx, path, stat, &mut member) {
                        Ok(opened) => source = Some(opened),
                        Err(e) => return self.warn(cx, name, "Cannot open", &e).map(|()| false),
                    }
                }
            }
        }
        self.tell(cx, &shown, &member)?;
        self.writer.put(&encode(&member, self.s.format))?;
        if let Some(source) = source {
            self.content(cx, name, source, member.size)?;
        }
        Ok(true)
    }

    /// Makes a member a link to an earlier one, if the file has gone in under another name.
    fn earlier_name(
        &mut self,
        cx: &mut Context<'_>,
        member: &mut Member,
        path: &VPath,
        stat: &Stat,
    ) -> Result<bool, CommandError> {
        if stat.nlink < 2 || stat.ino == 0 || self.s.hard_dereference {
            return Ok(false);
        }
        let key = identity(cx, path, stat);
        if let Some(first) = self.seen.get(&key) {
            member.kind = kind::HARD_LINK;
            member.link.clone_from(first);
            return Ok(true);
        }
        if !self.told_links && !self.told_names.is_empty() {
            let prefix = self.told_names[0].clone();
            cx.stdout.flush_now()?;
            cx.warn([b"Removing leading `", &prefix[..], b"' from hard link targets"].concat());
            self.told_links = true;
        }
        self.seen.insert(key, member.name.clone());
        Ok(false)
    }

    /// Opens a file. One whose size is not known is read as a whole, since the size comes first.
    fn open(&self, cx: &mut Context<'_>, path: &VPath, stat: &Stat, member: &mut Member) -> vfs::Result<Content> {
        let mut reader = cx.fs.read(path, vfs::ByteRange::ALL)?;
        if let Some(size) = stat.size {
            member.size = size;
            // The first piece is read before the header is written: a file that cannot be read stays out altogether.
            let first = reader.chunk()?;
            return Ok(Content {
                first,
                reader: Some(reader),
            });
        }
        let all = input::Source::File(reader).read_all()?;
        member.size = all.len() as u64;
        Ok(Content {
            first: all,
            reader: None,
        })
    }

    fn describe(&self, name: Vec<u8>, stat: &Stat) -> Member {
        let (uid, gid) = (u64::from(stat.uid.unwrap_or(0)), u64::from(stat.gid.unwrap_or(0)));
        let known = |id: u64| if id == 0 { b"root".to_vec() } else { Vec::new() };
        let (owner, uid) = self.s.owner.clone().unwrap_or_else(|| (known(uid), uid));
        let (group, gid) = self.s.group.clone().unwrap_or_else(|| (known(gid), gid));
        let default = if stat.is_dir() { 0o755 } else { 0o644 };
        let mode = stat.mode.unwrap_or(default);
        let names = |text: Vec<u8>| if self.s.numeric { Vec::new() } else { text };
        Member {
            name,
            mode: self
                .s
                .mode
                .as_ref()
                .map_or(mode, |change| change.apply(mode, stat.is_dir(), 0)),
            uid,
            gid,
            mtime: self.s.mtime.or(stat.mtime).unwrap_or_default(),
            owner: names(owner),
            group: names(group),
            device: (stat.rdev >> 8, stat.rdev & 0xff),
            ..Member::default()
        }
    }

    /// Names what goes in: on standard output, unless the archive goes there.
    fn tell(&mut self, cx: &mut Context<'_>, shown: &[u8], member: &Member) -> Result<(), CommandError> {
        let mut line = match self.s.verbose {
            0 => return Ok(()),
            1 => show::name(shown),
            _ => {
                let named = Member {
                    name: shown.to_vec(),
                    ..member.clone()
                };
                show::line(&named, self.s, &mut self.width)
            }
        };
        line.push(b'\n');
        if self.s.streams() {
            let _ = cx.stderr.write_all(&line);
            return Ok(());
        }
        cx.stdout.buffer().extend_from_slice(&line);
        Ok(cx.stdout.spill()?)
    }

    /// Copies the content: exactly as much as the header says.
    fn content(
        &mut self,
        cx: &mut Context<'_>,
        name: &[u8],
        mut content: Content,
        size: u64,
    ) -> Result<(), CommandError> {
        let mut left = size;
        let mut chunk = std::mem::take(&mut content.first);
        while left > 0 {
            cx.cancel.check()?;
            if chunk.is_empty() {
                break;
            }
            let take = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            self.writer.put(&chunk[..take])?;
            left -= take as u64;
            chunk = match content.reader.as_mut().map(vfs::blocking::Reader::chunk) {
                Some(Ok(next)) => next,
                Some(Err(e)) => {
                    self.warn(cx, name, "Read error", &e)?;
                    bytes::Bytes::new()
                }
                None => bytes::Bytes::new(),
            };
        }
        if left > 0 {
            cx.warn(
                [
                    &show::name(name)[..],
                    format!(": File shrank by {left} bytes; padding with zeros").as_bytes(),
                ]
                .concat(),
            );
            self.failed = true;
            let zeros = vec![0; 64 * 1024];
            while left > 0 {
                let take = zeros.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                self.writer.put(&zeros[..take])?;
                left -= take as u64;
            }
        }
        self.writer.pad()
    }
}

/// The bytes of a file to be added.
struct Content {
    first: bytes::Bytes,
    reader: Option<vfs::blocking::Reader>,
}
