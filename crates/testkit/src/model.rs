//! [`Model`]: the smallest possible file system, written for being obviously right rather than fast. Random operations on a
//! backend are compared with it.

use std::collections::BTreeMap;

use vfs::resource::RenameMode;
use vfs::{Errno, FileKind};

/// One operation. Paths begin with `/` and are not the root.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // Each is the operation of the same name.
pub enum Op {
    Write(String, Vec<u8>),
    Append(String, Vec<u8>),
    Truncate(String, u64),
    Read(String, u64, u64),
    List(String),
    Stat(String),
    Mkdir(String),
    Remove(String),
    Rmdir(String),
    Rename(String, String, RenameMode),
    Copy(String, String),
    Link(String, String),
    Symlink(String, String),
    ReadLink(String),
}

/// What an operation shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// That it went well.
    Done,
    /// Content, or the text of a link.
    Bytes(Vec<u8>),
    /// Names, sorted.
    Names(Vec<String>),
    /// Type, and for files size and number of links.
    Stat(FileKind, Option<(u64, u32)>),
    /// A refusal.
    Fails(Errno),
    /// That the link at this path must be followed first.
    Link(String),
}

type Id = usize;

#[derive(Debug, Clone)]
enum Node {
    File(Vec<u8>),
    Dir(BTreeMap<String, Id>),
    Symlink(String),
}

/// A file system: nodes by number, number 0 the root.
#[derive(Debug, Clone)]
pub struct Model {
    nodes: Vec<Node>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            nodes: vec![Node::Dir(BTreeMap::new())],
        }
    }
}

type Outcome<T = Seen> = Result<T, Seen>;

fn refuse<T>(errno: Errno) -> Outcome<T> {
    Err(Seen::Fails(errno))
}

impl Model {
    /// Does `op`.
    pub fn apply(&mut self, op: &Op) -> Seen {
        let result = match op {
            Op::Write(path, data) => self.change(path, true, |file| *file = data.clone()),
            Op::Append(path, data) => self.change(path, true, |file| file.extend(data)),
            Op::Truncate(path, len) => self.change(path, false, |file| file.resize(*len as usize, 0)),
            Op::Read(path, start, len) => self.read(path, *start as usize, *len as usize),
            Op::List(path) => self.list(path),
            Op::Stat(path) => self.stat(path),
            Op::Mkdir(path) => self.make(path, Node::Dir(BTreeMap::new())),
            Op::Symlink(text, path) => self.make(path, Node::Symlink(text.clone())),
            Op::Remove(path) => self.remove(path, false),
            Op::Rmdir(path) => self.remove(path, true),
            Op::Rename(from, to, mode) => self.rename(from, to, *mode),
            Op::Copy(from, to) => self.copy(from, to),
            Op::Link(from, to) => self.link(from, to),
            Op::ReadLink(path) => self.read_link(path),
        };
        result.unwrap_or_else(|seen| seen)
    }

    /// The directory that holds the last name, that name, and what it stands for.
    fn entry(&self, path: &str) -> Outcome<(Id, String, Option<Id>)> {
        let mut names: Vec<&str> = path[1..].split('/').collect();
        let last = names.pop().unwrap_or_default();
        let mut at = 0;
        let mut here = String::new();
        for name in names {
            here = format!("{here}/{name}");
            let Node::Dir(entries) = &self.nodes[at] else {
                return refuse(Errno::ENOTDIR);
            };
            at = *entries.get(name).ok_or(Seen::Fails(Errno::ENOENT))?;
            match &self.nodes[at] {
                Node::Dir(_) => {}
                Node::File(_) => return refuse(Errno::ENOTDIR),
                Node::Symlink(_) => return Err(Seen::Link(here)),
            }
        }
        let Node::Dir(entries) = &self.nodes[at] else {
            return refuse(Errno::ENOTDIR);
        };
        Ok((at, last.to_owned(), entries.get(last).copied()))
    }

    fn find(&self, path: &str) -> Outcome<Id> {
        self.entry(path)?.2.ok_or(Seen::Fails(Errno::ENOENT))
    }

    /// The content of a file.
    fn file(&self, path: &str) -> Outcome<&Vec<u8>> {
        match &self.nodes[self.find(path)?] {
            Node::File(data) => Ok(data),
            Node::Dir(_) => refuse(Errno::EISDIR),
            Node::Symlink(_) => Err(Seen::Link(path.into())),
        }
    }

    fn entries(&mut self, dir: Id) -> &mut BTreeMap<String, Id> {
        match &mut self.nodes[dir] {
            Node::Dir(entries) => entries,
            other => panic!("not a directory: {other:?}"),
        }
    }

    fn add(&mut self, dir: Id, name: String, node: Node) {
        self.nodes.push(node);
        let id = self.nodes.len() - 1;
        self.entries(dir).insert(name, id);
    }

    fn is_dir(&self, id: Id) -> bool {
        matches!(self.nodes[id], Node::Dir(_))
    }

    fn is_empty(&self, id: Id) -> bool {
        matches!(&self.nodes[id], Node::Dir(entries) if entries.is_empty())
    }

    fn change(&mut self, path: &str, create: bool, change: impl FnOnce(&mut Vec<u8>)) -> Outcome {
        let (dir, name, id) = self.entry(path)?;
        match id {
            None if create => {
                let mut data = Vec::new();
                change(&mut data);
                self.add(dir, name, Node::File(data));
            }
            None => return refuse(Errno::ENOENT),
            Some(id) => match &mut self.nodes[id] {
                Node::File(data) => change(data),
                Node::Dir(_) => return refuse(Errno::EISDIR),
                Node::Symlink(_) => return Err(Seen::Link(path.into())),
            },
        }
        Ok(Seen::Done)
    }

    fn read(&self, path: &str, start: usize, len: usize) -> Outcome {
        let data = self.file(path)?;
        let start = start.min(data.len());
        let end = (start + len).min(data.len());
        Ok(Seen::Bytes(data[start..end].to_vec()))
    }

    fn list(&self, path: &str) -> Outcome {
        match &self.nodes[self.find(path)?] {
            Node::Dir(entries) => Ok(Seen::Names(entries.keys().cloned().collect())),
            Node::File(_) => refuse(Errno::ENOTDIR),
            Node::Symlink(_) => Err(Seen::Link(path.into())),
        }
    }

    fn stat(&self, path: &str) -> Outcome {
        let id = self.find(path)?;
        let links = self
            .nodes
            .iter()
            .filter_map(|n| match n {
                Node::Dir(entries) => Some(entries.values().filter(|i| **i == id).count()),
                _ => None,
            })
            .sum::<usize>() as u32;
        Ok(match &self.nodes[id] {
            Node::File(data) => Seen::Stat(FileKind::File, Some((data.len() as u64, links))),
            Node::Dir(_) => Seen::Stat(FileKind::Dir, None),
            Node::Symlink(_) => Seen::Stat(FileKind::Symlink, None),
        })
    }

    fn make(&mut self, path: &str, node: Node) -> Outcome {
        let (dir, name, id) = self.entry(path)?;
        if id.is_some() {
            return refuse(Errno::EEXIST);
        }
        self.add(dir, name, node);
        Ok(Seen::Done)
    }

    fn remove(&mut self, path: &str, directory: bool) -> Outcome {
        let (dir, name, id) = self.entry(path)?;
        let id = id.ok_or(Seen::Fails(Errno::ENOENT))?;
        match (directory, self.is_dir(id)) {
            (true, false) => return refuse(Errno::ENOTDIR),
            (false, true) => return refuse(Errno::EISDIR),
            (true, true) if !self.is_empty(id) => return refuse(Errno::ENOTEMPTY),
            _ => {}
        }
        self.entries(dir).remove(&name);
        // A directory that is gone holds nothing; a file may have other names.
        Ok(Seen::Done)
    }

    fn rename(&mut self, from: &str, to: &str, mode: RenameMode) -> Outcome {
        let (from_dir, from_name, source) = self.entry(from)?;
        let (to_dir, to_name, target) = self.entry(to)?;
        let source = source.ok_or(Seen::Fails(Errno::ENOENT))?;
        match (mode, target) {
            (RenameMode::NoReplace, Some(_)) => return refuse(Errno::EEXIST),
            (RenameMode::Exchange, None) => return refuse(Errno::ENOENT),
            _ => {}
        }
        let below = |a: &str, b: &str| a.starts_with(&format!("{b}/"));
        if below(to, from) {
            return refuse(Errno::EINVAL);
        }
        if below(from, to) {
            return refuse(if mode == RenameMode::Exchange {
                Errno::EINVAL
            } else {
                Errno::ENOTEMPTY
            });
        }
        if target == Some(source) {
            return Ok(Seen::Done);
        }
        match (mode, target) {
            (RenameMode::Exchange, Some(target)) => {
                self.entries(from_dir).insert(from_name, target);
            }
            (_, Some(target)) => {
                match (self.is_dir(source), self.is_dir(target)) {
                    (true, false) => return refuse(Errno::ENOTDIR),
                    (false, true) => return refuse(Errno::EISDIR),
                    (true, true) if !self.is_empty(target) => return refuse(Errno::ENOTEMPTY),
                    _ => {}
                }
                self.entries(from_dir).remove(&from_name);
            }
            (_, None) => {
                self.entries(from_dir).remove(&from_name);
            }
        }
        self.entries(to_dir).insert(to_name, source);
        Ok(Seen::Done)
    }

    fn copy(&mut self, from: &str, to: &str) -> Outcome {
        let data = self.file(from)?.clone();
        self.change(to, true, |file| *file = data)
    }

    fn link(&mut self, from: &str, to: &str) -> Outcome {
        let source = self.find(from)?;
        let (dir, name, target) = self.entry(to)?;
        if target.is_some() {
            return refuse(Errno::EEXIST);
        }
        if self.is_dir(source) {
            return refuse(Errno::EPERM);
        }
        self.entries(dir).insert(name, source);
        Ok(Seen::Done)
    }

    fn read_link(&self, path: &str) -> Outcome {
        match &self.nodes[self.find(path)?] {
            Node::Symlink(text) => Ok(Seen::Bytes(text.clone().into_bytes())),
            _ => refuse(Errno::EINVAL),
        }
    }
}
