//! A backend in memory that has exactly the capabilities a test gives it, and counts what it is asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use vfs::handle::OpenOptions;
use vfs::resource::RenameMode;
use vfs::{
    ByteRange, ByteStream, Capabilities, DirEntry, EntryStream, Errno, FileKind, Fingerprint, Precondition, RandomFile,
    Resource, Result, SetAttr, Stat, TreeEntry, VPath, VfsError, WriteOptions,
};

#[derive(Clone)]
enum Node {
    File(Arc<Mutex<File>>),
    Dir,
    Link(Vec<u8>),
}

#[derive(Default)]
struct File {
    data: Vec<u8>,
    version: u64,
    mode: Option<u32>,
}

/// How often each kind of request was made.
#[derive(Default)]
pub struct Counts {
    pub stat: AtomicU64,
    pub list: AtomicU64,
    pub read: AtomicU64,
    pub read_bytes: AtomicU64,
    pub write: AtomicU64,
}

pub struct Fake {
    caps: Capabilities,
    nodes: Mutex<BTreeMap<Vec<u8>, Node>>,
    versions: AtomicU64,
    pub counts: Counts,
    /// Whether every request first says "not yet".
    pub slow: bool,
    /// Whether stats carry a fingerprint.
    pub fingerprints: bool,
}

/// Everything in memory, as RAM has it.
pub const LOCAL: Capabilities = Capabilities {
    write: true,
    random_access: true,
    append: true,
    rename: true,
    copy: true,
    symlinks: true,
    hard_links: false,
    attributes: true,
    directories: true,
    flat_list: false,
    remote: false,
    instant: true,
};

/// As little as an object store has.
pub const OBJECTS: Capabilities = Capabilities {
    write: true,
    random_access: false,
    append: false,
    rename: false,
    copy: true,
    symlinks: false,
    hard_links: false,
    attributes: false,
    directories: false,
    flat_list: true,
    remote: true,
    instant: false,
};

fn err<T>(e: Errno) -> Result<T> {
    Err(VfsError::new(e))
}

impl Fake {
    pub fn new(caps: Capabilities) -> Self {
        Self {
            caps,
            nodes: Mutex::default(),
            versions: AtomicU64::new(1),
            counts: Counts::default(),
            slow: caps.remote,
            fingerprints: true,
        }
    }

    async fn asked(&self, counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::SeqCst);
        if self.slow {
            let mut polls = 3;
            std::future::poll_fn(|cx| {
                polls -= 1;
                if polls > 0 {
                    cx.waker().wake_by_ref();
                    return std::task::Poll::Pending;
                }
                std::task::Poll::Ready(())
            })
            .await;
        }
    }

    fn version(&self) -> u64 {
        self.versions.fetch_add(1, Ordering::SeqCst)
    }

    /// Changes a file behind the workspace's back.
    pub fn put(&self, path: &str, data: &[u8]) {
        let file = File {
            data: data.to_vec(),
            version: self.version(),
            mode: None,
        };
        self.nodes
            .lock()
            .insert(path.as_bytes().to_vec(), Node::File(Arc::new(Mutex::new(file))));
    }

    pub fn content(&self, path: &str) -> Option<Vec<u8>> {
        match self.nodes.lock().get(path.as_bytes()) {
            Some(Node::File(f)) => Some(f.lock().data.clone()),
            _ => None,
        }
    }

    fn node(&self, path: &VPath, end: bool) -> Result<Node> {
        let nodes = self.nodes.lock();
        let bytes = path.as_bytes();
        for (i, _) in bytes.iter().enumerate().filter(|(i, b)| **b == b'/' && *i > 0) {
            match nodes.get(&bytes[..i]) {
                Some(Node::Link(text)) => {
                    return Err(VfsError::link(VPath::new(&bytes[..i]).unwrap(), &text[..]));
                }
                Some(Node::File(_)) => return err(Errno::ENOTDIR),
                Some(Node::Dir) => {}
                None if self.caps.directories => return err(Errno::ENOENT),
                None => {}
            }
        }
        if path.is_root() {
            return Ok(Node::Dir);
        }
        match nodes.get(bytes) {
            Some(Node::Link(text)) if end => Err(VfsError::link(path.clone(), &text[..])),
            Some(node) => Ok(node.clone()),
            None if !self.caps.directories && Self::any_below(&nodes, path) => Ok(Node::Dir),
            None => err(Errno::ENOENT),
        }
    }

    fn any_below(nodes: &BTreeMap<Vec<u8>, Node>, dir: &VPath) -> bool {
        let start = [dir.as_bytes(), b"/"].concat();
        nodes
            .range(start.clone()..)
            .next()
            .is_some_and(|(k, _)| k.starts_with(&start))
    }

    fn stat_of(&self, node: &Node) -> Stat {
        match node {
            Node::Dir => Stat::dir(),
            Node::Link(text) => Stat {
                size: Some(text.len() as u64),
                ..Stat::new(FileKind::Symlink)
            },
            Node::File(f) => {
                let f = f.lock();
                Stat {
                    mode: f.mode,
                    fingerprint: self.fingerprints.then(|| Fingerprint(f.version.to_string().into())),
                    ..Stat::file(f.data.len() as u64)
                }
            }
        }
    }

    fn children(&self, dir: &VPath) -> Vec<(Vec<u8>, Node)> {
        let start = if dir.is_root() {
            b"/".to_vec()
        } else {
            [dir.as_bytes(), b"/"].concat()
        };
        let mut out: Vec<(Vec<u8>, Node)> = Vec::new();
        for (k, node) in self.nodes.lock().range(start.clone()..) {
            let Some(rest) = k.strip_prefix(&start[..]) else { break };
            match rest.iter().position(|b| *b == b'/') {
                None => out.push((rest.to_vec(), node.clone())),
                Some(i) if !self.caps.directories && out.last().is_none_or(|(n, _)| n != &rest[..i]) => {
                    out.push((rest[..i].to_vec(), Node::Dir));
                }
                Some(_) => {}
            }
        }
        out
    }

    fn file_for_write(&self, path: &VPath, options: &WriteOptions) -> Result<Option<Arc<Mutex<File>>>> {
        let found = match self.node(path, true) {
            Ok(Node::Dir) => return err(Errno::EISDIR),
            Ok(Node::File(f)) => Some(f),
            Ok(Node::Link(_)) => return err(Errno::EIO),
            Err(e) if e.errno() == Errno::ENOENT => {
                if let Some(parent) = path.parent()
                    && self.caps.directories
                {
                    self.node(&parent, false)?;
                }
                None
            }
            Err(e) => return Err(e),
        };
        match (&options.precondition, &found) {
            (Precondition::Absent, Some(_)) => err(Errno::EEXIST),
            (Precondition::Matches(_), None) => err(Errno::ESTALE),
            (Precondition::Matches(f), Some(file)) if *f.0 != file.lock().version.to_string() => err(Errno::ESTALE),
            _ => Ok(found),
        }
    }

    fn store(&self, path: &VPath, found: Option<Arc<Mutex<File>>>, data: Vec<u8>, mode: Option<u32>) -> Stat {
        let version = self.version();
        let node = match found {
            Some(f) if self.caps.random_access => {
                let mut file = f.lock();
                (file.data, file.version) = (data, version);
                drop(file);
                Node::File(f)
            }
            _ => Node::File(Arc::new(Mutex::new(File { data, version, mode }))),
        };
        let stat = self.stat_of(&node);
        self.nodes.lock().insert(path.as_bytes().to_vec(), node);
        stat
    }
}

#[async_trait]
impl Resource for Fake {
    fn kind(&self) -> &str {
        "fake"
    }

    fn capabilities(&self) -> Capabilities {
        self.caps
    }

    async fn stat(&self, path: &VPath) -> Result<Stat> {
        self.asked(&self.counts.stat).await;
        Ok(self.stat_of(&self.node(path, false)?))
    }

    async fn list(&self, path: &VPath) -> Result<EntryStream> {
        self.asked(&self.counts.list).await;
        match self.node(path, true)? {
            Node::Dir => Ok(EntryStream::ready(
                self.children(path)
                    .into_iter()
                    .map(|(name, node)| DirEntry {
                        name: name.into(),
                        stat: Some(self.stat_of(&node)),
                    })
                    .collect(),
            )),
            _ => err(Errno::ENOTDIR),
        }
    }

    async fn read(&self, path: &VPath, range: ByteRange, pin: Option<&Fingerprint>) -> Result<ByteStream> {
        self.asked(&self.counts.read).await;
        match self.node(path, true)? {
            Node::File(f) => {
                let f = f.lock();
                if pin.is_some_and(|p| *p.0 != f.version.to_string()) {
                    return err(Errno::ESTALE);
                }
                let (a, b) = range.clamp(f.data.len() as u64);
                self.counts.read_bytes.fetch_add(b - a, Ordering::SeqCst);
                let bytes = f.data[a as usize..b as usize].to_vec();
                if self.slow {
                    let chunks: Vec<_> = bytes.chunks(10_000).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
                    return Ok(ByteStream::new(futures::stream::iter(chunks)));
                }
                Ok(bytes.into())
            }
            _ => err(Errno::EISDIR),
        }
    }

    async fn open(&self, path: &VPath, options: &OpenOptions) -> Result<Arc<dyn RandomFile>> {
        if !self.caps.random_access {
            return err(Errno::ENOTSUP);
        }
        self.asked(&self.counts.stat).await;
        let file = match self.node(path, true) {
            Ok(Node::File(_)) if options.create && options.exclusive => return err(Errno::EEXIST),
            Ok(Node::File(f)) => {
                if options.truncate {
                    let mut f = f.lock();
                    (f.data, f.version) = (Vec::new(), self.version());
                }
                f
            }
            Ok(_) => return err(Errno::EISDIR),
            Err(e) if e.errno() == Errno::ENOENT && options.create => {
                self.store(
                    path,
                    self.file_for_write(path, &WriteOptions::default())?,
                    Vec::new(),
                    options.mode,
                );
                match self.node(path, true)? {
                    Node::File(f) => f,
                    _ => return err(Errno::EIO),
                }
            }
            Err(e) => return Err(e),
        };
        Ok(Arc::new(Open(file)))
    }

    async fn write(&self, path: &VPath, body: ByteStream, options: &WriteOptions) -> Result<Stat> {
        self.asked(&self.counts.write).await;
        self.file_for_write(path, options)?;
        let data = body.collect().await?.to_vec();
        let found = self.file_for_write(path, options)?;
        Ok(self.store(path, found, data, options.mode))
    }

    async fn append(&self, path: &VPath, body: ByteStream) -> Result<Stat> {
        self.asked(&self.counts.write).await;
        let found = self.file_for_write(path, &WriteOptions::default())?;
        let mut data = found.as_ref().map(|f| f.lock().data.clone()).unwrap_or_default();
        data.extend_from_slice(&body.collect().await?);
        Ok(self.store(path, found, data, None))
    }

    async fn truncate(&self, path: &VPath, len: u64) -> Result<()> {
        match self.node(path, true)? {
            Node::File(f) => {
                f.lock().data.resize(len as usize, 0);
                Ok(())
            }
            _ => err(Errno::EISDIR),
        }
    }

    async fn mkdir(&self, path: &VPath, _: Option<u32>) -> Result<()> {
        self.asked(&self.counts.write).await;
        assert!(self.caps.directories);
        match self.node(path, false) {
            Ok(_) => err(Errno::EEXIST),
            Err(e) if e.errno() == Errno::ENOENT => {
                if let Some(parent) = path.parent() {
                    self.node(&parent, false)?;
                }
                self.nodes.lock().insert(path.as_bytes().to_vec(), Node::Dir);
                Ok(())
            }
            Err(e) => Err(e),
        }
    }

    async fn remove(&self, path: &VPath) -> Result<()> {
        self.asked(&self.counts.write).await;
        match self.node(path, false)? {
            Node::Dir => err(Errno::EISDIR),
            _ => {
                self.nodes.lock().remove(path.as_bytes());
                Ok(())
            }
        }
    }

    async fn rmdir(&self, path: &VPath) -> Result<()> {
        self.asked(&self.counts.write).await;
        match self.node(path, false)? {
            Node::Dir if !self.children(path).is_empty() => err(Errno::ENOTEMPTY),
            Node::Dir => {
                self.nodes.lock().remove(path.as_bytes());
                Ok(())
            }
            _ => err(Errno::ENOTDIR),
        }
    }

    async fn rename(&self, from: &VPath, to: &VPath, mode: RenameMode) -> Result<()> {
        assert!(self.caps.rename);
        let source = self.node(from, false)?;
        match self.node(to, false) {
            Ok(_) if mode == RenameMode::NoReplace => return err(Errno::EEXIST),
            Ok(Node::Dir) if !matches!(source, Node::Dir) => return err(Errno::EISDIR),
            Ok(Node::Dir) if !self.children(to).is_empty() => return err(Errno::ENOTEMPTY),
            Ok(n) if matches!(source, Node::Dir) && !matches!(n, Node::Dir) => return err(Errno::ENOTDIR),
            Ok(_) => {}
            Err(e) if e.errno() == Errno::ENOENT => {
                if let Some(parent) = to.parent() {
                    self.node(&parent, false)?;
                }
            }
            Err(e) => return Err(e),
        }
        let mut nodes = self.nodes.lock();
        nodes.remove(to.as_bytes());
        let start = [from.as_bytes(), b"/"].concat();
        let keys: Vec<Vec<u8>> = nodes
            .keys()
            .filter(|k| &k[..] == from.as_bytes() || k.starts_with(&start))
            .cloned()
            .collect();
        for k in keys {
            if let Some(node) = nodes.remove(&k) {
                nodes.insert([to.as_bytes(), &k[from.as_bytes().len()..]].concat(), node);
            }
        }
        Ok(())
    }

    async fn copy(&self, from: &VPath, to: &VPath) -> Result<()> {
        self.asked(&self.counts.write).await;
        let Node::File(f) = self.node(from, true)? else {
            return err(Errno::EISDIR);
        };
        let data = f.lock().data.clone();
        let found = self.file_for_write(to, &WriteOptions::default())?;
        self.store(to, found, data, None);
        Ok(())
    }

    async fn symlink(&self, target: &[u8], path: &VPath) -> Result<()> {
        assert!(self.caps.symlinks);
        match self.node(path, false) {
            Ok(_) => err(Errno::EEXIST),
            Err(e) if e.errno() == Errno::ENOENT => {
                if let Some(parent) = path.parent() {
                    self.node(&parent, false)?;
                }
                self.nodes
                    .lock()
                    .insert(path.as_bytes().to_vec(), Node::Link(target.to_vec()));
                Ok(())
            }
            Err(e) => Err(e),
        }
    }

    async fn read_link(&self, path: &VPath) -> Result<Bytes> {
        match self.node(path, false)? {
            Node::Link(text) => Ok(text.into()),
            _ => err(Errno::EINVAL),
        }
    }

    async fn set_attr(&self, path: &VPath, attr: SetAttr) -> Result<()> {
        assert!(self.caps.attributes);
        if let Node::File(f) = self.node(path, false)? {
            let mut f = f.lock();
            f.mode = attr.mode.or(f.mode);
        }
        Ok(())
    }

    async fn flat_list(&self, prefix: &VPath) -> Result<EntryStream<TreeEntry>> {
        self.asked(&self.counts.list).await;
        let start = if prefix.is_root() {
            b"/".to_vec()
        } else {
            [prefix.as_bytes(), b"/"].concat()
        };
        Ok(EntryStream::ready(
            self.nodes
                .lock()
                .iter()
                .filter(|(k, _)| k.starts_with(&start))
                .map(|(k, n)| TreeEntry {
                    path: VPath::new(k).unwrap(),
                    stat: self.stat_of(n),
                })
                .collect(),
        ))
    }
}

struct Open(Arc<Mutex<File>>);

#[async_trait]
impl RandomFile for Open {
    async fn read_at(&self, offset: u64, len: usize) -> Result<Bytes> {
        let f = self.0.lock();
        let (a, b) = ByteRange::at(offset, len as u64).clamp(f.data.len() as u64);
        Ok(Bytes::copy_from_slice(&f.data[a as usize..b as usize]))
    }

    async fn write_at(&self, offset: u64, data: Bytes) -> Result<()> {
        let mut f = self.0.lock();
        let end = offset as usize + data.len();
        if f.data.len() < end {
            f.data.resize(end, 0);
        }
        f.data[offset as usize..end].copy_from_slice(&data);
        Ok(())
    }

    async fn append(&self, data: Bytes) -> Result<u64> {
        let mut f = self.0.lock();
        let at = f.data.len() as u64;
        f.data.extend_from_slice(&data);
        Ok(at)
    }

    async fn truncate(&self, len: u64) -> Result<()> {
        self.0.lock().data.resize(len as usize, 0);
        Ok(())
    }

    async fn sync(&self, _: bool) -> Result<()> {
        Ok(())
    }

    async fn stat(&self) -> Result<Stat> {
        Ok(Stat::file(self.0.lock().data.len() as u64))
    }

    async fn set_attr(&self, _: SetAttr) -> Result<()> {
        Ok(())
    }
}
