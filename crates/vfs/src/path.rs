//! [`VPath`]: an absolute, normalised path. Every door normalises once, here.

use std::fmt;
use std::sync::Arc;

use crate::error::{Errno, Result, VfsError};

/// Longest path accepted, in bytes, as Linux's `PATH_MAX` (limits.h) counts it.
pub const PATH_MAX: usize = 4096;
/// Longest name of one component, in bytes (`NAME_MAX`).
pub const NAME_MAX: usize = 255;

/// An absolute path without `.`, `..`, empty components or a trailing slash; `/` is the root. Any byte but NUL and `/` may
/// stand in a name. Cheap to clone. `..` is resolved lexically.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VPath(Arc<[u8]>);

impl VPath {
    /// The root, `/`.
    pub fn root() -> Self {
        thread_local!(static ROOT: VPath = VPath(Arc::from(&b"/"[..])));
        ROOT.with(Clone::clone)
    }

    /// Normalises an absolute path. `EINVAL` for a relative path or a NUL byte, `ENAMETOOLONG` past the limits, `ENOENT`
    /// for the empty string (POSIX XBD 4.16).
    pub fn new(raw: impl AsRef<[u8]>) -> Result<Self> {
        let raw = raw.as_ref();
        match raw.first() {
            Some(b'/') if is_normalised(raw) => Ok(Self(Arc::from(raw))),
            Some(b'/') => Self::root().join(raw),
            None => Err(VfsError::new(Errno::ENOENT)),
            Some(_) => Err(VfsError::new(Errno::EINVAL)
                .detail("the path must be absolute")
                .operand(raw)),
        }
    }

    /// Bytes that are known to be a normalised path.
    pub(crate) fn trusted(normalised: &[u8]) -> Self {
        if normalised.len() <= 1 {
            return Self::root();
        }
        Self(Arc::from(normalised))
    }

    /// Resolves `raw` against this directory: an absolute `raw` stands for itself. Errors as for [`VPath::new`].
    pub fn join(&self, raw: impl AsRef<[u8]>) -> Result<Self> {
        let raw = raw.as_ref();
        if memchr::memchr(0, raw).is_some() {
            return Err(VfsError::new(Errno::EINVAL)
                .detail("the path contains a NUL byte")
                .operand(raw));
        }
        if raw.len() > PATH_MAX {
            return Err(VfsError::new(Errno::ENAMETOOLONG).operand(raw));
        }
        let absolute = raw.first() == Some(&b'/');
        let base: &[u8] = if absolute || self.is_root() { b"" } else { &self.0 };
        let mut out = Vec::with_capacity(base.len() + raw.len() + 1);
        out.extend_from_slice(base);
        for part in raw.split(|b| *b == b'/') {
            match part {
                b"" | b"." => {}
                b".." => out.truncate(memchr::memrchr(b'/', &out).unwrap_or(0)),
                name if name.len() > NAME_MAX => return Err(VfsError::new(Errno::ENAMETOOLONG).operand(raw)),
                name => {
                    out.push(b'/');
                    out.extend_from_slice(name);
                }
            }
        }
        if out.is_empty() {
            return Ok(Self::root());
        }
        if out.len() > PATH_MAX {
            return Err(VfsError::new(Errno::ENAMETOOLONG).operand(raw));
        }
        Ok(Self(Arc::from(out)))
    }

    /// This directory's child `name`. `EINVAL` when `name` is empty, `.`, `..` or contains `/` or NUL.
    pub fn child(&self, name: impl AsRef<[u8]>) -> Result<Self> {
        let name = name.as_ref();
        if matches!(name, b"" | b"." | b"..") || memchr::memchr2(0, b'/', name).is_some() {
            return Err(VfsError::new(Errno::EINVAL).detail("not a file name").operand(name));
        }
        if name.len() > NAME_MAX {
            return Err(VfsError::new(Errno::ENAMETOOLONG).operand(name));
        }
        let base: &[u8] = if self.is_root() { b"" } else { &self.0 };
        Ok(Self([base, b"/", name].concat().into()))
    }

    /// What lies below this directory under `names`, one after the other. Each must be a valid name ([`VPath::child`] says
    /// which are); there is no limit on the whole, as a kernel that walks relative to a directory knows none.
    pub fn below<'n>(&self, names: impl Iterator<Item = &'n [u8]>) -> Self {
        let mut out = if self.is_root() { Vec::new() } else { self.0.to_vec() };
        for name in names {
            out.push(b'/');
            out.extend_from_slice(name);
        }
        Self::trusted(&out)
    }

    /// The bytes, beginning with `/`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path as text; invalid UTF-8 becomes U+FFFD. For messages only.
    pub fn to_string_lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// Whether this is `/`.
    pub fn is_root(&self) -> bool {
        self.0.len() == 1
    }

    /// The last component; `None` for the root.
    pub fn file_name(&self) -> Option<&[u8]> {
        if self.is_root() {
            return None;
        }
        memchr::memrchr(b'/', &self.0).map(|at| &self.0[at + 1..])
    }

    /// The directory that holds this path; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(match memchr::memrchr(b'/', &self.0) {
            None | Some(0) => Self::root(),
            Some(at) => Self(Arc::from(&self.0[..at])),
        })
    }

    /// The components from the root down; none for the root.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0[1..].split(|b| *b == b'/').filter(|c| !c.is_empty())
    }

    /// Whether `self` is `dir` or lies below it.
    pub fn starts_with(&self, dir: &VPath) -> bool {
        dir.is_root()
            || (self.0.starts_with(&dir.0) && (self.0.len() == dir.0.len() || self.0.get(dir.0.len()) == Some(&b'/')))
    }

    /// This path seen from `dir` as root (`/a/b` below `/a` is `/b`; `/a` itself is `/`); `None` when it is not below.
    pub fn relative_to(&self, dir: &VPath) -> Option<Self> {
        if dir.is_root() {
            return Some(self.clone());
        }
        if !self.starts_with(dir) {
            return None;
        }
        if self.0.len() == dir.0.len() {
            return Some(Self::root());
        }
        Some(Self(Arc::from(&self.0[dir.0.len()..])))
    }

    /// The opposite of [`VPath::relative_to`]: `self` is a directory, `below` a path seen from it as root.
    pub fn append(&self, below: &VPath) -> Self {
        if self.is_root() {
            return below.clone();
        }
        if below.is_root() {
            return self.clone();
        }
        Self([&self.0[..], &below.0[..]].concat().into())
    }
}

/// Whether an absolute path already has the form that [`VPath`] keeps: the common case, answered without a copy.
fn is_normalised(raw: &[u8]) -> bool {
    if raw.len() > PATH_MAX {
        return false;
    }
    let mut start = 0;
    for at in memchr::memchr2_iter(b'/', 0, &raw[1..]).chain([raw.len() - 1]) {
        let name = &raw[1 + start..1 + at];
        if matches!(name, b"" | b"." | b"..") || name.len() > NAME_MAX || raw.get(1 + at) == Some(&0) {
            return false;
        }
        start = at + 1;
    }
    true
}

impl fmt::Debug for VPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string_lossy())
    }
}

impl fmt::Display for VPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_lossy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(s: &str) -> VPath {
        VPath::new(s).unwrap()
    }

    #[test]
    fn dots_and_slashes_are_normalised() {
        for (raw, want) in [
            ("/", "/"),
            ("//", "/"),
            ("/a//b/", "/a/b"),
            ("/a/./b/../c", "/a/c"),
            ("/../..", "/"),
            ("/a/..", "/"),
        ] {
            assert_eq!(p(raw).as_bytes(), want.as_bytes(), "{raw}");
        }
    }

    #[test]
    fn bad_paths_are_refused_with_an_errno() {
        assert_eq!(VPath::new("a").unwrap_err().errno(), Errno::EINVAL);
        assert_eq!(VPath::new("").unwrap_err().errno(), Errno::ENOENT);
        assert_eq!(VPath::new("/a\0b").unwrap_err().errno(), Errno::EINVAL);
        assert_eq!(
            VPath::new(format!("/{}", "x".repeat(256))).unwrap_err().errno(),
            Errno::ENAMETOOLONG
        );
        assert_eq!(p("/a").child("b/c").unwrap_err().errno(), Errno::EINVAL);
    }

    #[test]
    fn relative_to_and_append_are_inverse() {
        assert_eq!(p("/a/b").relative_to(&p("/a")), Some(p("/b")));
        assert_eq!(p("/a").relative_to(&p("/a")), Some(p("/")));
        assert_eq!(p("/ab").relative_to(&p("/a")), None);
        assert_eq!(p("/a").append(&p("/b")), p("/a/b"));
        assert_eq!(p("/a").append(&p("/")), p("/a"));
        assert_eq!(p("/").append(&p("/b")), p("/b"));
    }
}
