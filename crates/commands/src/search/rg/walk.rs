//! Which files a search looks into.

use std::sync::Arc;

use shell::command::CommandError;
use vfs::resource::DirEntry;
use vfs::{BlockingFs, Errno, FileKind, Stat, Time, VPath, VfsError};

use super::config::{Select, SortBy};
use super::ignore::{Rules, Verdict};

/// A file to search.
pub(super) struct File {
    /// As it is printed.
    pub name: Vec<u8>,
    pub path: VPath,
    /// Named on the command line, so that no filter applies.
    pub explicit: bool,
    time: Option<Time>,
}

impl File {
    /// A file of the command line.
    pub(super) fn explicit(name: Vec<u8>, path: VPath) -> File {
        File {
            name,
            path,
            explicit: true,
            time: None,
        }
    }
}

/// The rules that stand in one directory, linked to those above.
struct Layer {
    above: Option<Arc<Layer>>,
    /// The directory they stand in.
    dir: VPath,
    dot: Rules,
    git: Rules,
    /// The directory is the top of a git repository.
    is_repository: bool,
    /// The directory lies in one.
    in_repository: bool,
}

struct Level {
    name: Vec<u8>,
    path: VPath,
    real: Option<VPath>,
    layer: Arc<Layer>,
    entries: std::vec::IntoIter<DirEntry>,
}

/// Lists the files of trees.
pub(super) struct Walker<'a> {
    pub fs: &'a BlockingFs,
    pub select: &'a Select,
    pub cwd: &'a VPath,
    pub files: Vec<File>,
    /// What could not be listed.
    pub errors: Vec<(Vec<u8>, VfsError)>,
}

impl Walker<'_> {
    /// Adds the files below a directory, which is printed as `name` (empty for the working directory left out).
    pub(super) fn tree(&mut self, name: &[u8], path: &VPath) -> Result<(), CommandError> {
        let start = self.files.len();
        let above = if self.select.parent_ignore {
            self.parents(path)
        } else {
            None
        };
        let mut open = Vec::new();
        open.extend(self.level(name, path, above, &[])?);
        while let Some(level) = open.last_mut() {
            let Some(entry) = level.entries.next() else {
                open.pop();
                continue;
            };
            let Ok(child) = level.path.child(&entry.name) else {
                continue;
            };
            let mut name = level.name.clone();
            if !name.is_empty() && !name.ends_with(b"/") {
                name.push(b'/');
            }
            name.extend_from_slice(&entry.name);
            let layer = level.layer.clone();
            let mut stat = match entry.stat {
                Some(stat) => Ok(stat),
                None => self.fs.lstat(&child),
            };
            if stat.as_ref().is_ok_and(|s| s.kind == FileKind::Symlink) {
                if !self.select.follow {
                    continue;
                }
                stat = self.fs.stat(&child);
            }
            let stat = match stat {
                Ok(stat) => stat,
                Err(e) => {
                    self.error(name, e)?;
                    continue;
                }
            };
            if self.leaves_out(&layer, &child, &entry.name, &stat) {
                continue;
            }
            if stat.is_dir() {
                if self.select.max_depth.is_none_or(|max| open.len() < max)
                    && let Some(level) = self.level(&name, &child, Some(layer), &open)?
                {
                    open.push(level);
                }
            } else if stat.is_file()
                && self
                    .select
                    .max_size
                    .is_none_or(|max| stat.size.is_none_or(|s| s <= max))
            {
                let time = match self.select.sort {
                    SortBy::Path => None,
                    SortBy::Modified => stat.mtime,
                    SortBy::Accessed => stat.atime,
                    SortBy::Created => stat.btime.or(stat.ctime),
                };
                self.files.push(File {
                    name,
                    path: child,
                    explicit: false,
                    time,
                });
            }
        }
        let added = &mut self.files[start..];
        if self.select.sort != SortBy::Path {
            added.sort_by_key(|f| f.time);
        }
        if self.select.reverse {
            added.reverse();
        }
        Ok(())
    }

    fn error(&mut self, name: Vec<u8>, e: VfsError) -> Result<(), CommandError> {
        if e.errno() == Errno::ECANCELED {
            return Err(e.into());
        }
        self.errors.push((name, e));
        Ok(())
    }

    fn level(
        &mut self,
        name: &[u8],
        path: &VPath,
        above: Option<Arc<Layer>>,
        open: &[Level],
    ) -> Result<Option<Level>, CommandError> {
        self.fs.cancel().check()?;
        let mut real = None;
        if self.select.follow {
            real = self.fs.canonicalize(path).ok();
            if real.is_some() && open.iter().any(|l| l.real == real) {
                return Ok(None);
            }
        }
        if self.select.max_depth == Some(0) {
            return Ok(None);
        }
        match self.fs.read_dir(path) {
            Ok(entries) => {
                let layer = self.layer(path, above, Some(&entries));
                let entries = entries.into_iter();
                Ok(Some(Level {
                    name: name.to_vec(),
                    path: path.clone(),
                    real,
                    layer,
                    entries,
                }))
            }
            Err(e) => {
                self.error(name.to_vec(), e)?;
                Ok(None)
            }
        }
    }

    /// The layers of the directories above.
    fn parents(&self, path: &VPath) -> Option<Arc<Layer>> {
        if !self.select.dot_ignore && !self.select.vcs_ignore {
            return None;
        }
        let mut dirs = Vec::new();
        let mut at = path.parent();
        while let Some(dir) = at {
            at = dir.parent();
            dirs.push(dir);
        }
        let mut layer = None;
        for dir in dirs.into_iter().rev() {
            layer = Some(self.layer(&dir, layer, None));
        }
        layer
    }

    fn layer(&self, dir: &VPath, above: Option<Arc<Layer>>, entries: Option<&[DirEntry]>) -> Arc<Layer> {
        let has = |name: &[u8]| entries.is_none_or(|e| e.iter().any(|e| *e.name == *name));
        let mut dot = Rules::default();
        let mut git = Rules::default();
        let read = |name: &[u8], rules: &mut Rules| {
            if has(name)
                && let Ok(path) = dir.child(name)
                && let Ok(text) = self.fs.read_all(&path)
            {
                rules.add_file(&text);
            }
        };
        if self.select.dot_ignore {
            read(b".ignore", &mut dot);
            read(b".rgignore", &mut dot);
        }
        let mut is_repository = false;
        if self.select.vcs_ignore {
            is_repository = match entries {
                Some(_) => has(b".git"),
                None => dir.child(b".git").is_ok_and(|p| self.fs.lstat(&p).is_ok()),
            };
            read(b".gitignore", &mut git);
            if is_repository
                && let Ok(path) = dir.join(b".git/info/exclude")
                && let Ok(text) = self.fs.read_all(&path)
            {
                // Less important than the file in the tree.
                let mut exclude = Rules::default();
                exclude.add_file(&text);
                if git.is_empty() {
                    git = exclude;
                }
            }
        }
        let in_repository =
            is_repository || !self.select.require_git || above.as_ref().is_some_and(|a| a.in_repository);
        Arc::new(Layer {
            above,
            dir: dir.clone(),
            dot,
            git,
            is_repository,
            in_repository,
        })
    }

    fn leaves_out(&self, layer: &Arc<Layer>, path: &VPath, name: &[u8], stat: &Stat) -> bool {
        let is_dir = stat.is_dir();
        let below_cwd = relative(path, self.cwd);
        match self.select.overrides.override_verdict(below_cwd, is_dir) {
            Verdict::Ignore => return true,
            Verdict::Keep => return false,
            Verdict::None => {}
        }
        let verdict = self.ignored(layer, path, is_dir);
        if verdict == Verdict::Ignore {
            return true;
        }
        if !is_dir && self.select.types.skips(name) {
            return true;
        }
        verdict != Verdict::Keep && !self.select.hidden && name.starts_with(b".")
    }

    /// What the ignore files say; those nearer to the file first, `.rgignore` and `.ignore` before `.gitignore`.
    fn ignored(&self, layer: &Arc<Layer>, path: &VPath, is_dir: bool) -> Verdict {
        let mut git = Verdict::None;
        let mut outside = false;
        let mut at = Some(layer);
        while let Some(layer) = at {
            let below = relative(path, &layer.dir);
            match layer.dot.verdict(below, is_dir) {
                Verdict::None => {}
                verdict => return verdict,
            }
            if git == Verdict::None && !outside && layer.in_repository {
                git = layer.git.verdict(below, is_dir);
            }
            // Rules do not reach into a repository from outside of it.
            outside |= layer.is_repository;
            at = layer.above.as_ref();
        }
        if git == Verdict::None {
            git = self.select.extra.verdict(relative(path, self.cwd), is_dir);
        }
        git
    }
}

/// The path seen from a directory, without a leading slash; the whole path when it is not below.
fn relative<'p>(path: &'p VPath, dir: &VPath) -> &'p [u8] {
    let bytes = path.as_bytes();
    let skip = if path.starts_with(dir) && !dir.is_root() {
        dir.as_bytes().len()
    } else {
        0
    };
    bytes[skip..].strip_prefix(b"/").unwrap_or(&bytes[skip..])
}
