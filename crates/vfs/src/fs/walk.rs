//! From a path to a backend: links on the way, then the mount, then permission.

use std::sync::Arc;

use crate::error::{Errno, Result, VfsError};
use crate::fs::Fs;
use crate::mode::Op;
use crate::mount::Mount;
use crate::path::VPath;
use crate::permission::check;
use crate::stat::Stat;

/// Links followed for one path before it is a loop (`MAXSYMLINKS`, path_resolution(7)).
const MAX_LINKS: u32 = 40;

/// Where an operation goes.
#[derive(Clone)]
pub(crate) struct Target {
    /// The mount.
    pub(crate) mount: Arc<Mount>,
    /// The path as the mount sees it.
    pub(crate) below: VPath,
    /// The workspace path, links of the namespace followed.
    pub(crate) path: VPath,
    /// The link of the namespace that the path ends in, where the operation is about links themselves.
    pub(crate) link: Option<(Stat, Arc<[u8]>)>,
}

/// One path on its way through links. Ask for a [`Target`], try the operation there, and hand every error to
/// [`Walk::step`]: it returns if there is another place to try.
pub(crate) struct Walk<'a> {
    fs: &'a Fs,
    asked: &'a VPath,
    at: VPath,
    op: Op,
    name: &'static str,
    follow: bool,
    hops: u32,
}

impl<'a> Walk<'a> {
    /// Starts at `asked`; `name` is the operation for errors. The last component is followed too if `follow`.
    #[inline]
    pub(crate) fn new(fs: &'a Fs, op: Op, name: &'static str, asked: &'a VPath, follow: bool) -> Self {
        Self {
            fs,
            asked,
            at: asked.clone(),
            op,
            name,
            follow,
            hops: 0,
        }
    }

    /// Where to try next.
    #[inline]
    pub(crate) fn target(&mut self) -> Result<Target> {
        let fs = self.fs;
        let table = fs.vfs.mounts.load();
        let namespace = &fs.vfs.namespace;
        let mut link = None;
        if !namespace.is_empty() {
            while let Some((end, text)) = namespace.link_on_the_way(&self.at, self.follow, |p| table.hides(p)) {
                let at = VPath::trusted(&self.at.as_bytes()[..end]);
                check(&fs.session, table.covering(&at), Op::Read, &at).map_err(|e| self.named(e))?;
                self.jump(end, &text)?;
            }
            if !self.follow && !table.hides(self.at.as_bytes()) {
                link = namespace.link(&self.at);
            }
        }
        let mount = table.covering(&self.at);
        check(&fs.session, mount, self.op, &self.at).map_err(|e| self.named(e))?;
        let Some(below) = self.at.relative_to(&mount.prefix) else {
            return Err(self.named(Errno::ENOENT.into()));
        };
        Ok(Target {
            mount: mount.clone(),
            below,
            path: self.at.clone(),
            link,
        })
    }

    /// Follows the link that stopped the operation at `target`; any other error comes back, with its operand.
    pub(crate) fn step(&mut self, target: &Target, error: VfsError) -> Result<()> {
        let Some(hit) = error.link_hit() else {
            return Err(self.named(error));
        };
        if !target.below.starts_with(&hit.at) || (!self.follow && hit.at == target.below) {
            return Err(self.named(error));
        }
        let end = target.mount.prefix.append(&hit.at).as_bytes().len();
        let text = hit.target.clone();
        self.jump(end, &text)
    }

    /// Continues where the link at the path's first `end` bytes points to.
    pub(crate) fn jump(&mut self, end: usize, text: &[u8]) -> Result<()> {
        self.hops += 1;
        if self.hops > MAX_LINKS {
            return Err(self.named(Errno::ELOOP.into()));
        }
        if text.is_empty() {
            return Err(self.named(Errno::ENOENT.into()));
        }
        let bytes = self.at.as_bytes();
        let dir = VPath::trusted(&bytes[..memchr::memrchr(b'/', &bytes[..end]).unwrap_or(0)]);
        let to = dir.join(text).map_err(|e| self.named(e))?;
        self.at = match bytes.get(end..) {
            Some(rest @ [_, ..]) => to.append(&VPath::trusted(rest)),
            _ => to,
        };
        Ok(())
    }

    /// The error as the caller asked: with its path and the operation's name.
    #[cold]
    pub(crate) fn named(&self, e: VfsError) -> VfsError {
        named(e, self.name, self.asked)
    }
}

/// Names operand and operation of an error.
#[cold]
pub(crate) fn named(e: VfsError, name: &'static str, path: &VPath) -> VfsError {
    e.with_operand(path.as_bytes()).op(name)
}

/// Runs an operation at every place that links lead to, until one answers. The error of the last place is named.
macro_rules! follow {
    ($walk:ident, $target:ident => $call:expr) => {
        loop {
            let $target = $walk.target()?;
            match $call {
                Ok(out) => break (out, $target),
                Err(e) => $walk.step(&$target, e)?,
            }
        }
    };
}
pub(crate) use follow;
