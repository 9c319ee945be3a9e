//! [`Rig`]: a backend under test, with calls that wait and read like a script.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;
use vfs::resource::RenameMode;
use vfs::runtime::block_on;
use vfs::{
    ByteRange, ByteStream, Cancel, Capabilities, DirEntry, Errno, OpenOptions, Precondition, RandomFile, Resource,
    Result, SetAttr, Stat, VPath, WriteOptions,
};

/// A fresh, empty backend under test.
pub struct Rig {
    /// The backend.
    pub fs: Arc<dyn Resource>,
    /// What it says it can do.
    pub caps: Capabilities,
    /// Whether names may hold any bytes; else only UTF-8.
    pub any_bytes: bool,
    keep: Vec<Box<dyn Any + Send + Sync>>,
}

/// A path, from text that is known to be one.
#[track_caller]
pub fn p(path: impl AsRef<[u8]>) -> VPath {
    VPath::new(path).unwrap()
}

/// Asserts that `result` failed with `errno`.
#[track_caller]
pub fn fails<T>(result: Result<T>, errno: Errno) {
    match result {
        Ok(_) => panic!("succeeded, but should have failed with {errno:?}"),
        Err(e) => assert_eq!(e.errno(), errno, "{e}"),
    }
}

/// Asserts that `result` reports the link `at` with text `target`, for the namespace to follow.
#[track_caller]
pub fn hits_link<T>(result: Result<T>, at: &str, target: &str) {
    match result {
        Ok(_) => panic!("succeeded, but should have reported the link {at}"),
        Err(e) => {
            let hit = e
                .link_hit()
                .unwrap_or_else(|| panic!("{e} does not name the link {at}"));
            assert_eq!((hit.at.as_bytes(), &*hit.target), (at.as_bytes(), target.as_bytes()));
        }
    }
}

/// Waits for a future on this thread.
pub fn run<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    block_on(&Cancel::new(), future)
}

impl Rig {
    /// Puts `fs` to the test.
    pub fn new(fs: impl Resource) -> Self {
        let fs: Arc<dyn Resource> = Arc::new(fs);
        let caps = fs.capabilities();
        Self {
            fs,
            caps,
            any_bytes: true,
            keep: Vec::new(),
        }
    }

    /// Keeps `what` (a temporary directory, a server) alive as long as the rig.
    #[must_use]
    pub fn keep(mut self, what: impl Any + Send + Sync) -> Self {
        self.keep.push(Box::new(what));
        self
    }

    /// Names of this backend must be UTF-8.
    #[must_use]
    pub fn utf8_names(mut self) -> Self {
        self.any_bytes = false;
        self
    }

    /// See [`Resource::write`]; `Ok` is the new stat.
    pub fn put(&self, path: &str, data: impl Into<Bytes>) -> Result<Stat> {
        self.put_if(path, data, Precondition::None)
    }

    /// See [`Resource::write`], under a condition.
    pub fn put_if(&self, path: &str, data: impl Into<Bytes>, precondition: Precondition) -> Result<Stat> {
        let options = WriteOptions {
            precondition,
            ..WriteOptions::default()
        };
        run(self.fs.write(&p(path), ByteStream::Bytes(data.into()), &options))
    }

    /// The whole content.
    pub fn get(&self, path: &str) -> Result<Bytes> {
        self.get_range(path, ByteRange::ALL)
    }

    /// A part of the content.
    pub fn get_range(&self, path: &str, range: ByteRange) -> Result<Bytes> {
        run(async { self.fs.read(&p(path), range, None).await?.collect().await })
    }

    /// Asserts the whole content.
    #[track_caller]
    pub fn holds(&self, path: &str, content: impl AsRef<[u8]>) {
        let got = self.get(path).unwrap();
        assert!(
            got == content.as_ref(),
            "{path} holds {} bytes {:?}, not {:?}",
            got.len(),
            &got[..got.len().min(80)],
            &content.as_ref()[..content.as_ref().len().min(80)]
        );
    }

    /// See [`Resource::stat`].
    pub fn stat(&self, path: &str) -> Result<Stat> {
        run(self.fs.stat(&p(path)))
    }

    /// Whether there is nothing at `path`.
    pub fn missing(&self, path: &str) -> bool {
        matches!(self.stat(path), Err(e) if e.errno() == Errno::ENOENT)
    }

    /// The entries of a directory, sorted by name.
    pub fn list(&self, path: &str) -> Result<Vec<DirEntry>> {
        let mut entries = run(async { self.fs.list(&p(path)).await?.collect().await })?;
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// The names in a directory, sorted.
    pub fn names(&self, path: &str) -> Result<Vec<String>> {
        let entries = self.list(path)?;
        Ok(entries
            .iter()
            .map(|e| String::from_utf8_lossy(&e.name).into_owned())
            .collect())
    }

    /// See [`Resource::mkdir`].
    pub fn mkdir(&self, path: &str) -> Result<()> {
        run(self.fs.mkdir(&p(path), None))
    }

    /// See [`Resource::remove`].
    pub fn remove(&self, path: &str) -> Result<()> {
        run(self.fs.remove(&p(path)))
    }

    /// See [`Resource::rmdir`].
    pub fn rmdir(&self, path: &str) -> Result<()> {
        run(self.fs.rmdir(&p(path)))
    }

    /// See [`Resource::rename`].
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.rename_as(from, to, RenameMode::Replace)
    }

    /// See [`Resource::rename`].
    pub fn rename_as(&self, from: &str, to: &str, mode: RenameMode) -> Result<()> {
        run(self.fs.rename(&p(from), &p(to), mode))
    }

    /// See [`Resource::append`].
    pub fn append(&self, path: &str, data: impl Into<Bytes>) -> Result<Stat> {
        run(self.fs.append(&p(path), ByteStream::Bytes(data.into())))
    }

    /// See [`Resource::truncate`].
    pub fn truncate(&self, path: &str, len: u64) -> Result<()> {
        run(self.fs.truncate(&p(path), len))
    }

    /// See [`Resource::copy`].
    pub fn copy(&self, from: &str, to: &str) -> Result<()> {
        run(self.fs.copy(&p(from), &p(to)))
    }

    /// See [`Resource::link`].
    pub fn link(&self, existing: &str, new: &str) -> Result<()> {
        run(self.fs.link(&p(existing), &p(new)))
    }

    /// See [`Resource::symlink`].
    pub fn symlink(&self, target: &str, path: &str) -> Result<()> {
        run(self.fs.symlink(target.as_bytes(), &p(path)))
    }

    /// See [`Resource::read_link`].
    pub fn read_link(&self, path: &str) -> Result<Bytes> {
        run(self.fs.read_link(&p(path)))
    }

    /// See [`Resource::set_attr`].
    pub fn set_attr(&self, path: &str, attr: SetAttr) -> Result<()> {
        run(self.fs.set_attr(&p(path), attr))
    }

    /// See [`Resource::open`].
    pub fn open(&self, path: &str, options: OpenOptions) -> Result<Arc<dyn RandomFile>> {
        run(self.fs.open(&p(path), &options))
    }
}
