//! Redirections (POSIX XCU 2.7).

use std::sync::Arc;

use vfs::{Cancel, Errno, OpenOptions, VfsError};

use crate::io::Memory;
use crate::shell::{Flow, Shell};
use crate::state::access::AssignError;
use crate::state::fds::Fd;
use crate::state::options::SetOpt;
use crate::syntax::ast::{Redirect, RedirectFd, RedirectOp};

/// Descriptors as they were before redirections, to be put back.
#[derive(Default)]
pub(crate) struct Undo {
    saved: Vec<(u32, Option<Fd>)>,
    kept: bool,
}

impl Undo {
    /// Leaves the redirections in place (`exec >file`).
    pub fn keep(&mut self) {
        self.kept = true;
    }
}

/// First descriptor that `{name}>` picks.
const VARIABLE_FD: u32 = 10;

impl Shell {
    /// Performs redirections in order. An error is reported and abandons the command with status 1.
    pub(crate) fn redirect_all(&mut self, redirects: &[Redirect], undo: &mut Undo) -> Result<(), Flow> {
        for r in redirects {
            self.redirect(r, Some(undo))?;
        }
        Ok(())
    }

    /// Puts descriptors back. False when something that was written could not be committed.
    pub(crate) fn undo_redirects(&mut self, undo: Undo) -> bool {
        if undo.kept {
            return true;
        }
        let mut ok = true;
        for (fd, old) in undo.saved.into_iter().rev() {
            if let Some(gone) = self.fds.set(fd, old) {
                ok &= self.closed(gone);
            }
        }
        ok
    }

    /// Closes a description when this was the last reference to it, and reports a failure to write it out.
    fn closed(&mut self, file: Fd) -> bool {
        if Arc::strong_count(&file) > 1 {
            return true;
        }
        match file.close(&self.cancel) {
            Ok(()) => true,
            Err(e) if e.errno() == Errno::ECANCELED => true,
            Err(e) => {
                let name = file.path().map(|p| p.as_bytes().to_vec()).unwrap_or_default();
                self.error([&name[..], b": ", e.gnu_text().as_bytes()].concat());
                false
            }
        }
    }

    fn fail<T>(&mut self, message: impl AsRef<[u8]>) -> Result<T, Flow> {
        self.error(message);
        Err(Flow::Discard(1))
    }

    /// Performs one redirection.
    pub(crate) fn redirect(&mut self, r: &Redirect, mut undo: Option<&mut Undo>) -> Result<(), Flow> {
        if r.line > 0 {
            self.line = r.line;
        }
        if self.fds.len() >= self.call.limits().open_files {
            return self.fail("redirection error: cannot duplicate fd: Too many open files");
        }
        match r.op {
            RedirectOp::HereDoc | RedirectOp::HereDocStripTabs => {
                let text = match &r.here_doc {
                    Some(doc) if doc.expand => self.expand_double_quoted(&doc.body().word)?,
                    Some(doc) => doc.body().raw.to_vec(),
                    None => Vec::new(),
                };
                self.put_fd(r, Some(Arc::new(Memory::new(text))), undo)
            }
            RedirectOp::HereString => {
                let mut text = self.expand_string(&r.target)?;
                text.push(b'\n');
                self.put_fd(r, Some(Arc::new(Memory::new(text))), undo)
            }
            RedirectOp::DupInput | RedirectOp::DupOutput => self.redirect_dup(r, undo),
            RedirectOp::OutputAndError | RedirectOp::AppendOutputAndError => {
                let name = self.redirect_name(r)?;
                let file = self.open_redirect(&name, r.op)?;
                self.set_fd(1, Some(file.clone()), undo.as_deref_mut());
                self.set_fd(2, Some(file), undo);
                Ok(())
            }
            _ => {
                let name = self.redirect_name(r)?;
                let file = self.open_redirect(&name, r.op)?;
                self.put_fd(r, Some(file), undo)
            }
        }
    }

    /// The file name: all expansions, but it must come to one word.
    fn redirect_name(&mut self, r: &Redirect) -> Result<Vec<u8>, Flow> {
        let mut words = Vec::new();
        if self.on(SetOpt::Posix) {
            words.push(self.expand_string(&r.target)?);
        } else {
            self.expand_word_into(&r.target, &mut words)?;
        }
        if words.len() == 1
            && let Some(word) = words.pop()
        {
            return Ok(word);
        }
        self.fail([&r.target.raw[..], b": ambiguous redirect"].concat())
    }

    fn set_fd(&mut self, fd: u32, file: Option<Fd>, undo: Option<&mut Undo>) {
        let old = self.fds.set(fd, file);
        if let Some(undo) = undo {
            undo.saved.push((fd, old));
        }
    }

    /// Puts a description where the redirection says.
    fn put_fd(&mut self, r: &Redirect, file: Option<Fd>, undo: Option<&mut Undo>) -> Result<(), Flow> {
        match &r.fd {
            None => self.set_fd(r.op.default_fd(), file, undo),
            Some(RedirectFd::Number(n)) => {
                if *n as usize >= self.call.limits().open_files {
                    return self.fail(format!("{n}: Bad file descriptor"));
                }
                self.set_fd(*n, file, undo);
            }
            Some(RedirectFd::Variable(name)) => {
                // Such a descriptor stays open until it is closed by hand.
                let fd = self.fds.free_from(VARIABLE_FD);
                self.fds.set(fd, file);
                let result = match self.parse_target(name) {
                    Ok((base, elem)) => self.assign(&base, elem, fd.to_string().into_bytes(), false),
                    Err(e) => Err(e),
                };
                match result {
                    Ok(()) => {}
                    Err(AssignError::Flow(f)) => return Err(f),
                    Err(e) => {
                        self.fds.set(fd, None);
                        self.error(e.to_string());
                        return self.fail([&name[..], b": cannot assign fd to variable"].concat());
                    }
                }
            }
        }
        Ok(())
    }

    fn redirect_dup(&mut self, r: &Redirect, mut undo: Option<&mut Undo>) -> Result<(), Flow> {
        let mut words = Vec::new();
        self.expand_word_into(&r.target, &mut words)?;
        let [word] = words.as_slice() else {
            return self.fail([&r.target.raw[..], b": ambiguous redirect"].concat());
        };
        let word = word.clone();
        let (digits, moves) = match word.strip_suffix(b"-") {
            Some(d) => (d, true),
            None => (&word[..], false),
        };
        if digits.is_empty() && moves {
            // `>&-`: close.
            if let Some(RedirectFd::Variable(name)) = &r.fd {
                let fd = self.variable_fd(name)?;
                self.fds.set(fd, None);
                return Ok(());
            }
            let fd = match &r.fd {
                Some(RedirectFd::Number(n)) => *n,
                _ => r.op.default_fd(),
            };
            if let Some(gone) = self.fds.get(fd).cloned() {
                self.set_fd(fd, None, undo.as_deref_mut());
                if undo.is_none() {
                    self.closed(gone);
                }
            } else {
                self.set_fd(fd, None, undo);
            }
            return Ok(());
        }
        if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
            let from: u32 = std::str::from_utf8(digits)
                .ok()
                .and_then(|d| d.parse().ok())
                .unwrap_or(u32::MAX);
            let Some(file) = self.fds.get(from).cloned() else {
                // bash names what was written: a number, or the word.
                return self.fail([digits, b": Bad file descriptor"].concat());
            };
            let same = matches!(&r.fd, Some(RedirectFd::Number(n)) if *n == from);
            self.put_fd(r, Some(file), undo.as_deref_mut())?;
            if moves && !same {
                self.set_fd(from, None, undo);
            }
            return Ok(());
        }
        // `>&word` means `&>word`, unless a descriptor was written.
        if r.op == RedirectOp::DupOutput && (r.fd.is_none() || r.fd == Some(RedirectFd::Number(1)) && !raw_fd(r)) {
            let file = self.open_redirect(&word, RedirectOp::OutputAndError)?;
            self.set_fd(1, Some(file.clone()), undo.as_deref_mut());
            self.set_fd(2, Some(file), undo);
            return Ok(());
        }
        self.fail([&r.target.raw[..], b": ambiguous redirect"].concat())
    }

    /// The descriptor stored in a variable, for `{name}>&-`.
    fn variable_fd(&mut self, name: &[u8]) -> Result<u32, Flow> {
        let target = self.target_of_text(name)?;
        let value = match self.value_of(&target)? {
            crate::expand::Found::One(v) => v,
            _ => Vec::new(),
        };
        match std::str::from_utf8(&value).ok().and_then(|v| v.parse().ok()) {
            Some(fd) => Ok(fd),
            None => self.fail([name, b": ambiguous redirect"].concat()),
        }
    }

    /// Opens what a redirection names.
    pub(crate) fn open_redirect(&mut self, name: &[u8], op: RedirectOp) -> Result<Fd, Flow> {
        let options = match op {
            RedirectOp::Read => OpenOptions::reading(),
            RedirectOp::Append | RedirectOp::AppendOutputAndError => OpenOptions::appending(),
            RedirectOp::ReadWrite => OpenOptions {
                read: true,
                write: true,
                create: true,
                ..OpenOptions::default()
            },
            _ => OpenOptions::writing(),
        };
        let clobber_check = self.on(SetOpt::Noclobber)
            && matches!(
                op,
                RedirectOp::Write | RedirectOp::OutputAndError | RedirectOp::DupOutput
            );
        match self.open_file(name, options, clobber_check) {
            Ok(f) => Ok(f),
            Err(e) => match e.errno() {
                Errno::ECANCELED => Err(Flow::Stop),
                Errno::EEXIST if clobber_check => self.fail([name, b": cannot overwrite existing file"].concat()),
                Errno::EROFS => {
                    let at = self
                        .path(name)
                        .map(|p| p.as_bytes().to_vec())
                        .unwrap_or_else(|_| name.to_vec());
                    // The contract words this one without the shell's prefix.
                    let line = [b"mount at '", &at[..], b"' is read-only\n"].concat();
                    self.write_error(&line);
                    Err(Flow::Discard(1))
                }
                _ => self.fail([name, b": ", e.gnu_text().as_bytes()].concat()),
            },
        }
    }

    /// Opens a path of the tree, a device, or a descriptor by name.
    pub(crate) fn open_file(&mut self, name: &[u8], mut options: OpenOptions, noclobber: bool) -> Result<Fd, VfsError> {
        let path = self.path(name)?;
        if let Some(found) = self.device(path.as_bytes(), &options) {
            return found;
        }
        if name.ends_with(b"/") && options.create {
            return Err(VfsError::new(Errno::EISDIR).operand(name));
        }
        if options.create {
            options.mode = Some(0o666 & !self.umask);
        }
        if noclobber {
            match self.fs.stat(&path) {
                Ok(s) if s.is_file() => return Err(VfsError::new(Errno::EEXIST).operand(name)),
                _ => {}
            }
        }
        let handle = vfs::runtime::block_on(&self.cancel, self.fs.fs().open(&path, options))?;
        if options.read && !options.writes() {
            // Opening a directory works, reading it does not; bash reports it when the command reads.
            if let Ok(s) = vfs::runtime::block_on(&Cancel::new(), handle.stat())
                && s.is_dir()
            {
                return Ok(Arc::new(super::devices::Directory(path)));
            }
        }
        Ok(Arc::new(super::devices::FsFile::new(handle)))
    }
}

fn raw_fd(r: &Redirect) -> bool {
    matches!(r.fd, Some(RedirectFd::Number(_)))
}
