//! Making a file out of a file, as compressors do: in one piece or not at all.

use std::io::{self, Write};

use shell::command::{CommandError, Context};
use vfs::blocking::File;
use vfs::{OpenOptions, SetAttr, Stat, VPath};

/// Where a compressor writes to.
pub(super) enum Sink {
    /// Standard output.
    Stdout(shell::io::Output),
    /// A new file, removed unless [`Sink::finish`] is reached.
    File(NewFile),
    /// Nowhere: testing.
    Nothing,
}

/// A file that is not complete yet.
pub(super) struct NewFile {
    file: Option<File>,
    fs: vfs::BlockingFs,
    path: VPath,
    keep: bool,
}

impl Drop for NewFile {
    fn drop(&mut self) {
        self.file = None;
        if !self.keep {
            // Also after a cancellation, which must not stop the cleaning up.
            let fs = self.fs.with_cancel(vfs::Cancel::new());
            let _ = fs.remove(&self.path);
        }
    }
}

impl NewFile {
    /// Makes `path`, replacing what is there if `replace`.
    pub(super) fn create(cx: &Context<'_>, path: &VPath, replace: bool) -> vfs::Result<Self> {
        if replace {
            match cx.fs.remove(path) {
                Err(e) if e.errno() != vfs::Errno::ENOENT => return Err(e),
                _ => {}
            }
        }
        let options = OpenOptions {
            exclusive: true,
            mode: Some(0o600),
            ..OpenOptions::writing()
        };
        let file = cx.fs.open(path, options)?;
        Ok(Self {
            file: Some(file),
            fs: cx.fs.clone(),
            path: path.clone(),
            keep: false,
        })
    }

    /// Commits the content and gives the file the attributes of another; without one, what the mask leaves of `rw-rw-rw-`.
    pub(super) fn finish(mut self, like: Option<&Stat>, mtime: Option<vfs::Time>, umask: u32) -> vfs::Result<()> {
        if let Some(file) = self.file.take() {
            file.close()?;
        }
        self.keep = true;
        let attr = SetAttr {
            mode: like.and_then(|s| s.mode).or(Some(0o666 & !umask)),
            uid: None,
            gid: None,
            atime: like.and_then(|s| s.atime),
            mtime: mtime.or(like.and_then(|s| s.mtime)),
        };
        match self.fs.set_attr(&self.path, attr, false) {
            // What the backend cannot keep is not worth failing for.
            Err(e) if !matches!(e.errno(), vfs::Errno::ENOTSUP | vfs::Errno::EPERM) => Err(e),
            _ => Ok(()),
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match &mut self.file {
            Some(file) => file.write(data),
            None => Err(vfs::VfsError::new(vfs::Errno::EBADF).into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(data),
            Self::File(new) => new.write(data),
            Self::Nothing => Ok(data.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => Ok(out.flush_now()?),
            _ => Ok(()),
        }
    }
}

impl Sink {
    /// Completes the output.
    pub(super) fn finish(self, like: Option<&Stat>, mtime: Option<vfs::Time>, umask: u32) -> Result<(), CommandError> {
        match self {
            Self::Stdout(mut out) => Ok(out.flush_now()?),
            Self::File(new) => Ok(new.finish(like, mtime, umask)?),
            Self::Nothing => Ok(()),
        }
    }
}
