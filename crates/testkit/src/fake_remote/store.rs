//! What a [`FakeRemote`](super::FakeRemote) holds: a map from path to file or directory.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use vfs::{Errno, Fingerprint, Precondition, Result, Stat, Time, VPath};

use super::Behaviour;

#[derive(Debug, Clone)]
pub(super) enum Object {
    Dir,
    File { data: Bytes, version: u64, mtime: Time },
}

#[derive(Debug, Default)]
pub(super) struct Store {
    objects: BTreeMap<VPath, Object>,
    version: u64,
}

impl Object {
    pub(super) fn stat(&self, behaviour: &Behaviour) -> Stat {
        match self {
            Self::Dir => Stat::dir(),
            Self::File { data, version, mtime } => Stat {
                size: behaviour.known_sizes.then_some(data.len() as u64),
                mtime: Some(*mtime),
                fingerprint: behaviour.fingerprints.then(|| fingerprint(*version)),
                ..Stat::file(0)
            },
        }
    }
}

pub(super) fn fingerprint(version: u64) -> Fingerprint {
    Fingerprint(Arc::from(format!("v{version}")))
}

impl Store {
    fn object(&mut self, data: Bytes) -> Object {
        self.version += 1;
        Object::File {
            data,
            version: self.version,
            mtime: Time::now(),
        }
    }

    pub(super) fn plant(&mut self, path: &VPath, data: Bytes) {
        let mut above = path.parent();
        while let Some(dir) = above {
            above = dir.parent();
            if !dir.is_root() {
                self.objects.insert(dir, Object::Dir);
            }
        }
        let object = self.object(data);
        self.objects.insert(path.clone(), object);
    }

    pub(super) fn uproot(&mut self, path: &VPath) {
        self.objects.remove(path);
    }

    /// What is at `path`: `ENOTDIR` when a file is on the way.
    pub(super) fn get(&self, path: &VPath) -> Result<Object> {
        if path.is_root() {
            return Ok(Object::Dir);
        }
        if let Some(object) = self.objects.get(path) {
            return Ok(object.clone());
        }
        self.above(path)?;
        Err(Errno::ENOENT.into())
    }

    /// Whether everything above `path` is a directory.
    fn above(&self, path: &VPath) -> Result<()> {
        let Some(parent) = path.parent().filter(|p| !p.is_root()) else {
            return Ok(());
        };
        match self.objects.get(&parent) {
            Some(Object::Dir) => Ok(()),
            Some(Object::File { .. }) => Err(Errno::ENOTDIR.into()),
            None => {
                let mut at = parent.parent();
                while let Some(dir) = at.filter(|d| !d.is_root()) {
                    if let Some(Object::File { .. }) = self.objects.get(&dir) {
                        return Err(Errno::ENOTDIR.into());
                    }
                    at = dir.parent();
                }
                Err(Errno::ENOENT.into())
            }
        }
    }

    /// Everything below `dir`.
    pub(super) fn below<'a>(&'a self, dir: &'a VPath) -> impl Iterator<Item = (&'a VPath, &'a Object)> {
        self.objects
            .range::<VPath, _>((Bound::Included(dir), Bound::Unbounded))
            .filter(move |(path, _)| path.starts_with(dir) && *path != dir)
    }

    /// What lies directly in `dir`.
    pub(super) fn children(&self, dir: &VPath) -> Vec<(Box<[u8]>, Object)> {
        self.below(dir)
            .filter(|(path, _)| path.parent().as_ref() == Some(dir))
            .filter_map(|(path, object)| Some((path.file_name()?.into(), object.clone())))
            .collect()
    }

    pub(super) fn put(&mut self, path: &VPath, data: Bytes, precondition: &Precondition) -> Result<Object> {
        match self.get(path) {
            Ok(_) if *precondition == Precondition::Absent => return Err(Errno::EEXIST.into()),
            Ok(Object::Dir) => return Err(Errno::EISDIR.into()),
            Ok(Object::File { version, .. }) => match precondition {
                Precondition::Matches(print) if *print != fingerprint(version) => return Err(Errno::ESTALE.into()),
                _ => {}
            },
            Err(e) if e.errno() != Errno::ENOENT => return Err(e),
            Err(_) => {
                self.above(path)?;
                if let Precondition::Matches(_) = precondition {
                    return Err(Errno::ESTALE.into());
                }
            }
        }
        let object = self.object(data);
        self.objects.insert(path.clone(), object.clone());
        Ok(object)
    }

    pub(super) fn mkdir(&mut self, path: &VPath) -> Result<()> {
        match self.get(path) {
            Ok(_) => Err(Errno::EEXIST.into()),
            Err(e) if e.errno() != Errno::ENOENT => Err(e),
            Err(_) => {
                self.above(path)?;
                self.objects.insert(path.clone(), Object::Dir);
                Ok(())
            }
        }
    }

    pub(super) fn remove(&mut self, path: &VPath) -> Result<()> {
        match self.get(path)? {
            Object::Dir => Err(Errno::EISDIR.into()),
            Object::File { .. } => {
                self.objects.remove(path);
                Ok(())
            }
        }
    }

    pub(super) fn rmdir(&mut self, path: &VPath) -> Result<()> {
        if path.is_root() {
            return Err(Errno::EBUSY.into());
        }
        match self.get(path)? {
            Object::File { .. } => Err(Errno::ENOTDIR.into()),
            Object::Dir if self.below(path).next().is_some() => Err(Errno::ENOTEMPTY.into()),
            Object::Dir => {
                self.objects.remove(path);
                Ok(())
            }
        }
    }
}
