//! Writing to files that a command opens by itself.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use shell::command::Context;
use shell::io::{OpenFile, Output};
use vfs::blocking::File;
use vfs::{Cancel, Errno, OpenOptions, Stat, VfsError};

/// A file as an [`Output`]: written in blocks, committed when flushed by [`close`] or dropped.
struct Target(Mutex<(File, u64)>);

impl OpenFile for Target {
    fn read(&self, _max: usize, _cancel: &Cancel) -> vfs::Result<Bytes> {
        Err(Errno::EBADF.into())
    }

    fn write(&self, data: &[u8], cancel: &Cancel) -> vfs::Result<()> {
        self.write_bytes(Bytes::copy_from_slice(data), cancel)
    }

    fn write_bytes(&self, data: Bytes, _cancel: &Cancel) -> vfs::Result<()> {
        let mut g = self.0.lock();
        g.1 = g.0.write_at(g.1, data)?;
        Ok(())
    }

    fn stat(&self, _cancel: &Cancel) -> vfs::Result<Stat> {
        self.0.lock().0.stat()
    }
}

/// Opens an operand for writing. The error names the operand. New files get `0666` less the mask.
pub fn open(cx: &Context<'_>, operand: &[u8], options: OpenOptions) -> vfs::Result<Output> {
    let path = cx.path(operand)?;
    if operand.ends_with(b"/") {
        return Err(VfsError::new(Errno::EISDIR).operand(operand));
    }
    if let Some(file) = cx.host.descriptor(&path) {
        // `>(list)`, `/dev/stderr`: what the shell has open already.
        return Ok(Output::new(file, cx.cancel.clone()));
    }
    let options = OpenOptions {
        mode: options.mode.or(Some(0o666 & !cx.umask)),
        ..options
    };
    let file = cx.fs.open(&path, options).map_err(|e| e.with_operand(operand))?;
    Ok(Output::new(Arc::new(Target(Mutex::new((file, 0)))), cx.cancel.clone()))
}

/// What to say of an operand that could not be changed: the mount that is read-only, or `x: TEXT`.
pub fn complaint(cx: &Context<'_>, operand: &[u8], error: &VfsError) -> Vec<u8> {
    refusal(cx, operand, error).unwrap_or_else(|| crate::input::complaint(operand, error))
}

/// `read-only mount at /x/`, if that is what stands in the way.
pub fn refusal(cx: &Context<'_>, operand: &[u8], error: &VfsError) -> Option<Vec<u8>> {
    if error.errno() != Errno::EROFS {
        return None;
    }
    let path = cx.path(operand).ok()?;
    let (mount, _) = cx.fs.fs().vfs().mounts().find(&path)?;
    let prefix = mount.prefix.as_bytes();
    let slash: &[u8] = if prefix == b"/" { b"" } else { b"/" };
    Some([&b"read-only mount at "[..], prefix, slash].concat())
}

/// Prints a [`complaint`]; passes a cancellation on.
pub fn warn(cx: &mut Context<'_>, operand: &[u8], error: &VfsError) -> vfs::Result<()> {
    if error.errno() == Errno::ECANCELED {
        return Err(error.clone());
    }
    let message = complaint(cx, operand, error);
    cx.warn(message);
    Ok(())
}
