//! Listing and extracting.

use std::collections::HashSet;
use std::io::{self, Write};

use shell::command::{CommandError, Context};
use vfs::{Errno, OpenOptions, SetAttr, VPath, VfsError};

use super::header::{Member, kind};
use super::open::{fatal, reader};
use super::read::{Next, Reader};
use super::select::Wanted;
use super::settings::{Action, Existing, Settings};
use super::show;
use crate::archive::names::unsafe_prefix;

/// Lists or extracts; whether anything failed.
pub(super) fn run(cx: &mut Context<'_>, s: &Settings) -> Result<bool, CommandError> {
    let names = s.targets.iter().map(|t| t.name.clone()).collect();
    let mut wanted = Wanted::new(names, s.wildcards)?;
    let mut archive = reader(cx, s)?;
    let base = match s.dir.is_empty() {
        true => cx.cwd.clone(),
        false => {
            let dir = cx.path(&s.dir)?;
            if s.action == Action::Extract
                && let Err(e) = cx.fs.read_dir(&dir)
            {
                return Err(fatal(
                    [&s.dir[..], b": Cannot open: ", e.gnu_text().as_bytes()].concat(),
                ));
            }
            dir
        }
    };
    let mut x = Extractor {
        s,
        base,
        failed: false,
        width: 0,
        told: Vec::new(),
        links: Vec::new(),
        dirs: Vec::new(),
        made: HashSet::new(),
    };
    loop {
        cx.cancel.check()?;
        match archive.next() {
            Ok(Next::End) => break,
            Ok(Next::LoneZero(_)) if s.ignore_zeros => {}
            Ok(Next::LoneZero(block)) => {
                cx.stdout.flush_now()?;
                cx.warn(format!("A lone zero block at {block}"));
                break;
            }
            Ok(Next::Junk { first, whole }) => {
                cx.stdout.flush_now()?;
                if first {
                    cx.warn("This does not look like a tar archive");
                }
                if whole {
                    cx.warn("Skipping to next header");
                }
                x.failed = true;
            }
            Ok(Next::Member(member)) => {
                if wanted.hit(&member.name) && !s.excludes.hit(&member.name) {
                    x.member(cx, &mut archive, &member)?;
                }
            }
            Err(e) => return Err(broken(cx, s, e)),
        }
    }
    x.finish(cx)?;
    let missing: Vec<_> = wanted.unused().map(<[u8]>::to_vec).collect();
    let wild = |name: &Vec<u8>| name.iter().any(|b| matches!(b, b'*' | b'?' | b'[' | b'\\'));
    if !s.wildcards && missing.iter().any(wild) {
        cx.stdout.flush_now()?;
        cx.warn("Pattern matching characters used in file names");
        cx.warn("Use --wildcards to enable pattern matching, or --no-wildcards to suppress this warning");
    }
    for name in missing {
        cx.stdout.flush_now()?;
        cx.warn([&show::name(&name)[..], b": Not found in archive"].concat());
        x.failed = true;
    }
    Ok(x.failed)
}

/// An archive that ends too early, or whose compression is damaged.
fn broken(cx: &mut Context<'_>, s: &Settings, e: io::Error) -> CommandError {
    if e.get_ref().is_some_and(|inner| inner.is::<VfsError>()) {
        return e.into();
    }
    if cx.stdout.flush_now().is_err() {
        return CommandError::BrokenPipe;
    }
    match (e.kind(), s.codec) {
        (io::ErrorKind::UnexpectedEof, codec) => {
            if let Some(codec) = codec {
                let _ = cx
                    .stderr
                    .write_all(format!("\n{}: stdin: unexpected end of file\n", codec.program()).as_bytes());
            }
            fatal("Unexpected EOF in archive")
        }
        _ => {
            let _ = cx.stderr.write_all(format!("\ngzip: stdin: {e}\n").as_bytes());
            cx.warn("Child returned status 1");
            CommandError::fail(2, "Error is not recoverable: exiting now")
        }
    }
}

struct Extractor<'s> {
    s: &'s Settings,
    base: VPath,
    failed: bool,
    width: usize,
    /// Prefixes whose removal was reported.
    told: Vec<Vec<u8>>,
    /// Symbolic links are made last: no member of the same archive can be written through one.
    links: Vec<(VPath, Member)>,
    /// Directories get their attributes last, since their contents change their times.
    dirs: Vec<(VPath, Member)>,
    /// Directories known to be there.
    made: HashSet<VPath>,
}

impl Extractor<'_> {
    fn fail(&mut self, cx: &mut Context<'_>, name: &[u8], what: &str, e: &VfsError) -> Result<(), CommandError> {
        if e.errno() == Errno::ECANCELED {
            return Err(e.clone().into());
        }
        cx.stdout.flush_now()?;
        cx.warn(
            [
                &show::name(name)[..],
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

    fn member(&mut self, cx: &mut Context<'_>, archive: &mut Reader<'_>, member: &Member) -> Result<(), CommandError> {
        let s = self.s;
        if s.action == Action::List {
            self.report_prefix(cx, member)?;
            return self.tell(cx, member);
        }
        let Some(name) = self.target_name(cx, member)? else {
            return Ok(());
        };
        if s.verbose > 0 {
            self.tell(cx, member)?;
        }
        if s.to_stdout {
            if member.kind == kind::FILE {
                return copy(cx, archive, |cx, data| Ok(cx.stdout.write_all(data)?), self, &name);
            }
            return Ok(());
        }
        let path = match self.base.join(&name) {
            Ok(path) => path,
            Err(e) => return self.fail(cx, &name, "Cannot open", &e),
        };
        self.extract(cx, archive, member, &name, &path)
    }

    fn report_prefix(&mut self, cx: &mut Context<'_>, member: &Member) -> Result<usize, CommandError> {
        let cut = if self.s.absolute {
            0
        } else {
            unsafe_prefix(&member.name)
        };
        let prefix = &member.name[..cut];
        if cut > 0 && !self.told.iter().any(|t| t == prefix) {
            cx.stdout.flush_now()?;
            cx.warn([b"Removing leading `", prefix, b"' from member names"].concat());
            self.told.push(prefix.to_vec());
        }
        Ok(cut)
    }

    /// The name to extract to; `None` for what is not extracted at all.
    fn target_name(&mut self, cx: &mut Context<'_>, member: &Member) -> Result<Option<Vec<u8>>, CommandError> {
        let cut = self.report_prefix(cx, member)?;
        let name = self.stripped(&member.name[cut..]);
        Ok(name.map(|name| match &self.s.top {
            Some(top) if name != *top && !name.starts_with(&[&top[..], b"/"].concat()) => {
                [&top[..], b"/", &name].concat()
            }
            _ => name,
        }))
    }

    /// A name without its first components.
    fn stripped(&self, name: &[u8]) -> Option<Vec<u8>> {
        let parts: Vec<&[u8]> = name
            .split(|b| *b == b'/')
            .filter(|p| !p.is_empty() && *p != b".")
            .collect();
        if parts.len() <= self.s.strip {
            // The directory itself (`./`) is there anyway.
            return (self.s.strip == 0).then(|| b".".to_vec());
        }
        let text = parts[self.s.strip..].join(&b'/');
        let absolute = self.s.absolute && self.s.strip == 0 && name.starts_with(b"/");
        Some(if absolute { [b"/", &text[..]].concat() } else { text })
    }

    fn tell(&mut self, cx: &mut Context<'_>, member: &Member) -> Result<(), CommandError> {
        let s = self.s;
        let long = if s.action == Action::List {
            s.verbose > 0
        } else {
            s.verbose > 1
        };
        let mut line = if long {
            show::line(member, s, &mut self.width)
        } else {
            show::name(&member.name)
        };
        line.push(b'\n');
        if s.to_stdout {
            let _ = cx.stderr.write_all(&line);
            return Ok(());
        }
        cx.stdout.buffer().extend_from_slice(&line);
        Ok(cx.stdout.spill()?)
    }

    /// Makes the directories above `path`.
    fn parents(&mut self, cx: &Context<'_>, path: &VPath) -> vfs::Result<()> {
        let Some(parent) = path.parent() else { return Ok(()) };
        if self.made.contains(&parent) {
            return Ok(());
        }
        cx.fs.mkdir_all(&parent, Some(0o777 & !cx.umask))?;
        self.made.insert(parent);
        Ok(())
    }

    /// Makes room for a member; false when something is there that stays.
    fn make_room(&mut self, cx: &mut Context<'_>, name: &[u8], path: &VPath, verb: &str) -> Result<bool, CommandError> {
        let Ok(old) = cx.fs.lstat(path) else {
            return Ok(true);
        };
        match self.s.existing {
            Existing::Skip => return self.skip(cx, name).map(|()| false),
            Existing::Refuse => return self.fail(cx, name, verb, &Errno::EEXIST.into()).map(|()| false),
            Existing::Replace => {}
        }
        let removed = if old.is_dir() {
            cx.fs.rmdir(path)
        } else {
            cx.fs.remove(path)
        };
        match removed {
            Ok(()) => Ok(true),
            Err(e) if old.is_dir() && e.errno() == Errno::ENOTEMPTY => {
                self.fail(cx, name, verb, &Errno::EISDIR.into()).map(|()| false)
            }
            Err(e) => self.fail(cx, name, verb, &e).map(|()| false),
        }
    }

    fn skip(&mut self, cx: &mut Context<'_>, name: &[u8]) -> Result<(), CommandError> {
        if self.s.verbose > 0 {
            cx.stdout.flush_now()?;
            cx.warn([&show::name(name)[..], b": skipping existing file"].concat());
        }
        Ok(())
    }

    fn extract(
        &mut self,
        cx: &mut Context<'_>,
        archive: &mut Reader<'_>,
        member: &Member,
        name: &[u8],
        path: &VPath,
    ) -> Result<(), CommandError> {
        if let Err(e) = self.parents(cx, path) {
            let what = if member.kind == kind::DIR {
                "Cannot mkdir"
            } else {
                "Cannot open"
            };
            return self.fail(cx, name, what, &e);
        }
        match member.kind {
            kind::DIR => {
                let made = match cx.fs.lstat(path) {
                    Ok(old) if old.is_dir() && self.s.existing == Existing::Skip => return self.skip(cx, name),
                    Ok(old) if old.is_dir() => Ok(()),
                    Ok(_) => {
                        if !self.make_room(cx, name, path, "Cannot mkdir")? {
                            return Ok(());
                        }
                        cx.fs.mkdir(path, Some(0o755))
                    }
                    Err(_) => cx.fs.mkdir(path, Some(0o755)),
                };
                if let Err(e) = made {
                    return self.fail(cx, name, "Cannot mkdir", &e);
                }
                self.made.insert(path.clone());
                self.dirs.push((path.clone(), member.clone()));
                Ok(())
            }
            kind::SYMLINK => {
                // The real tool makes a placeholder for a link that leads elsewhere, and words its failure so.
                let verb = if unsafe_prefix(&member.link) > 0 {
                    "Cannot open".to_owned()
                } else {
                    format!("Cannot create symlink to '{}'", String::from_utf8_lossy(&member.link))
                };
                if self.make_room(cx, name, path, &verb)? {
                    self.links.push((path.clone(), member.clone()));
                }
                Ok(())
            }
            kind::HARD_LINK => self.hard_link(cx, member, name, path),
            kind::CHAR_DEVICE | kind::BLOCK_DEVICE | kind::FIFO => {
                let e = VfsError::new(Errno::ENOTSUP).detail("Operation not supported");
                self.fail(
                    cx,
                    name,
                    if member.kind == kind::FIFO {
                        "Cannot mkfifo"
                    } else {
                        "Cannot mknod"
                    },
                    &e,
                )
            }
            kind::SPARSE => {
                let e = VfsError::new(Errno::ENOTSUP).detail("sparse members are not supported");
                self.fail(cx, name, "Cannot open", &e)
            }
            kind::VOLUME => Ok(()),
            _ => self.file(cx, archive, member, name, path),
        }
    }

    fn file(
        &mut self,
        cx: &mut Context<'_>,
        archive: &mut Reader<'_>,
        member: &Member,
        name: &[u8],
        path: &VPath,
    ) -> Result<(), CommandError> {
        if !self.make_room(cx, name, path, "Cannot open")? {
            return Ok(());
        }
        let options = OpenOptions {
            exclusive: true,
            mode: Some(0o600),
            ..OpenOptions::writing()
        };
        let mut file = match cx.fs.open(path, options) {
            Ok(file) => file,
            Err(e) => return self.fail(cx, name, "Cannot open", &e),
        };
        copy(cx, archive, |_, data| Ok(file.write_all(data)?), self, name)?;
        if let Err(e) = file.close() {
            return self.fail(cx, name, "Cannot write", &e);
        }
        self.attributes(cx, member, name, path)
    }

    fn hard_link(
        &mut self,
        cx: &mut Context<'_>,
        member: &Member,
        name: &[u8],
        path: &VPath,
    ) -> Result<(), CommandError> {
        let cut = if self.s.absolute {
            0
        } else {
            unsafe_prefix(&member.link)
        };
        let Some(target) = self.stripped(&member.link[cut..]) else {
            return Ok(());
        };
        let verb = format!("Cannot hard link to '{}'", String::from_utf8_lossy(&member.link));
        let from = match self.base.join(&target) {
            Ok(from) => from,
            Err(e) => return self.fail(cx, name, &verb, &e),
        };
        if from == *path || !self.make_room(cx, name, path, &verb)? {
            return Ok(());
        }
        // A link to a link that is still to be made is one more of these.
        if let Some((_, link)) = self.links.iter().find(|(p, _)| *p == from) {
            let link = link.clone();
            self.links.push((path.clone(), link));
            return Ok(());
        }
        match cx.fs.link(&from, path) {
            Ok(()) => Ok(()),
            // Where there are no hard links, a copy serves.
            Err(e) if matches!(e.errno(), Errno::ENOTSUP | Errno::EXDEV | Errno::EPERM) => {
                match cx.fs.copy(&from, path) {
                    Ok(()) => Ok(()),
                    Err(e) => self.fail(cx, name, &verb, &e),
                }
            }
            Err(e) => self.fail(cx, name, &verb, &e),
        }
    }

    /// Mode and time, as far as the backend keeps them.
    fn attributes(
        &mut self,
        cx: &mut Context<'_>,
        member: &Member,
        name: &[u8],
        path: &VPath,
    ) -> Result<(), CommandError> {
        let mask = if self.s.umask { cx.umask } else { 0 };
        let attr = SetAttr {
            mode: (member.kind != kind::SYMLINK).then_some(member.mode & 0o7777 & !mask),
            mtime: (!self.s.touch).then_some(member.mtime),
            ..SetAttr::default()
        };
        match cx.fs.set_attr(path, attr, false) {
            Err(e) if !matches!(e.errno(), Errno::ENOTSUP | Errno::EPERM) => self.fail(cx, name, "Cannot utime", &e),
            _ => Ok(()),
        }
    }

    /// What had to wait: links, then the attributes of directories, the deepest first.
    fn finish(&mut self, cx: &mut Context<'_>) -> Result<(), CommandError> {
        for (path, member) in std::mem::take(&mut self.links) {
            let verb = format!("Cannot create symlink to '{}'", String::from_utf8_lossy(&member.link));
            match cx.fs.symlink(&member.link, &path) {
                Ok(()) => self.attributes(cx, &member, &member.name, &path)?,
                Err(e) if e.errno() == Errno::EEXIST && self.s.existing == Existing::Replace => {
                    // An earlier member of the same name, extracted meanwhile, gives way to the later link.
                    let again = cx.fs.remove(&path).and_then(|()| cx.fs.symlink(&member.link, &path));
                    if let Err(e) = again {
                        self.fail(cx, &member.name, &verb, &e)?;
                    }
                }
                Err(e) => self.fail(cx, &member.name, &verb, &e)?,
            }
        }
        for (path, member) in std::mem::take(&mut self.dirs).into_iter().rev() {
            self.attributes(cx, &member, &member.name, &path)?;
        }
        Ok(())
    }
}

/// Copies the content of the current member.
fn copy(
    cx: &mut Context<'_>,
    archive: &mut Reader<'_>,
    mut sink: impl FnMut(&mut Context<'_>, &[u8]) -> Result<(), CommandError>,
    x: &Extractor<'_>,
    _name: &[u8],
) -> Result<(), CommandError> {
    let mut buf = vec![0; 128 * 1024];
    loop {
        cx.cancel.check()?;
        match archive.data(&mut buf) {
            Ok(0) => return Ok(()),
            Ok(n) => sink(cx, &buf[..n])?,
            Err(e) => return Err(broken(cx, x.s, e)),
        }
    }
}
