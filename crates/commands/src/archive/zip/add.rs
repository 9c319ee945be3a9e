//! Which files go in, and how.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use crc32fast::Hasher;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use shell::command::{CommandError, Context};
use vfs::{Errno, Stat, VPath};

use super::settings::{Mode, Settings, compile};
use super::{Failure, Target, failure, say};
use crate::archive::zipfile::{Archive, DEFLATED, Entry, STORED, extra, local_header, percent, stamp};

/// One file to add.
pub(super) struct Job {
    /// The name inside the archive.
    name: Vec<u8>,
    path: VPath,
    stat: Stat,
}

/// What is to be done.
#[derive(Default)]
pub(super) struct Plan {
    jobs: Vec<Job>,
    by_name: HashMap<Vec<u8>, usize>,
    deleted: HashSet<Vec<u8>>,
    /// Whether any name was found at all.
    pub(super) matched: bool,
    pub(super) unreadable: bool,
}

impl Plan {
    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.deleted.is_empty()
    }

    pub(super) fn deletes(&self, name: &[u8]) -> bool {
        self.deleted.contains(name)
    }

    pub(super) fn job(&self, name: &[u8]) -> Option<&Job> {
        self.by_name.get(name).map(|n| &self.jobs[*n])
    }

    /// Those that the old archive does not have.
    pub(super) fn new_jobs<'p>(&'p self, old: Option<&'p Archive>) -> impl Iterator<Item = &'p Job> {
        let there: HashSet<&[u8]> = old.iter().flat_map(|a| &a.entries).map(|e| &e.name[..]).collect();
        self.jobs.iter().filter(move |j| !there.contains(&j.name[..]))
    }

    fn push(&mut self, job: Job) {
        if !self.by_name.contains_key(&job.name) {
            self.by_name.insert(job.name.clone(), self.jobs.len());
            self.jobs.push(job);
        }
    }
}

fn unmatched(cx: &mut Context<'_>, s: &Settings, name: &[u8]) -> Result<(), CommandError> {
    say(cx, s, &[b"\tzip warning: name not matched: ", name, b"\n"].concat())
}

/// The entries that `-d` takes out.
pub(super) fn deletions(cx: &mut Context<'_>, s: &Settings, old: Option<&Archive>) -> Result<Plan, CommandError> {
    let mut plan = Plan::default();
    for name in &s.names {
        let pattern = compile(name)?;
        let mut any = false;
        for entry in old.iter().flat_map(|a| &a.entries) {
            if pattern.matches(&entry.name) && !s.exclude.iter().any(|p| p.matches(&entry.name)) {
                plan.deleted.insert(entry.name.clone());
                any = true;
            }
        }
        if !any {
            unmatched(cx, s, name)?;
        }
    }
    Ok(plan)
}

/// A name as it stands in archives: without a leading slash or `./`.
fn stored_name(name: &[u8]) -> &[u8] {
    let mut name = name;
    loop {
        name = match name {
            [b'/', rest @ ..] | [b'.', b'/', rest @ ..] => rest,
            _ => return name,
        };
    }
}

/// The files that are to be added or refreshed.
pub(super) fn plan(
    cx: &mut Context<'_>,
    s: &Settings,
    old: Option<&Archive>,
    archive: &VPath,
) -> Result<Plan, CommandError> {
    let mut plan = Plan::default();
    let mut names = s.names.clone();
    if names.is_empty() && s.mode == Mode::Freshen {
        names = old.iter().flat_map(|a| &a.entries).map(|e| e.name.clone()).collect();
    }
    let dated: HashMap<&[u8], i64> = old
        .iter()
        .flat_map(|a| &a.entries)
        .map(|e| (&e.name[..], e.mtime(&s.zone).seconds))
        .collect();
    for operand in names {
        let path = cx.path(&operand)?;
        let stat = if s.symlinks {
            cx.fs.lstat(&path)
        } else {
            cx.fs.stat(&path)
        };
        let stat = match stat {
            Ok(stat) => stat,
            Err(e) if e.errno() == Errno::ECANCELED => return Err(e.into()),
            Err(_) => {
                unmatched(cx, s, &operand)?;
                continue;
            }
        };
        plan.matched = true;
        // Walked without recursion; the next one is last.
        let mut todo = vec![(operand.clone(), path, stat)];
        while let Some((name, path, stat)) = todo.pop() {
            cx.cancel.check()?;
            if stat.is_dir() && s.recursive {
                for entry in cx.fs.read_dir(&path)?.into_iter().rev() {
                    let slash: &[u8] = if name.ends_with(b"/") { b"" } else { b"/" };
                    let below = [&name[..], slash, &entry.name].concat();
                    let at = path.child(&entry.name)?;
                    match if s.symlinks { cx.fs.lstat(&at) } else { cx.fs.stat(&at) } {
                        Ok(stat) => todo.push((below, at, stat)),
                        Err(_) => unmatched(cx, s, &below)?,
                    }
                }
            }
            if path == *archive {
                continue;
            }
            let mut inside = stored_name(&name).to_vec();
            if s.junk {
                let base = inside
                    .strip_suffix(b"/")
                    .unwrap_or(&inside)
                    .rsplit(|b| *b == b'/')
                    .next();
                inside = base.unwrap_or_default().to_vec();
            }
            if stat.is_dir() {
                if s.junk || s.no_dirs {
                    continue;
                }
                if !inside.ends_with(b"/") && !inside.is_empty() {
                    inside.push(b'/');
                }
            }
            let special = !(stat.is_file() || stat.is_dir() || stat.is_symlink());
            if special || matches!(&inside[..], b"" | b"." | b"./" | b"..") {
                continue;
            }
            let included = s.include.is_empty() || s.include.iter().any(|p| p.matches(&inside));
            if !included || s.exclude.iter().any(|p| p.matches(&inside)) {
                continue;
            }
            let mtime = stat.mtime.map_or(0, |t| t.seconds);
            let wanted = match (s.mode, dated.get(&inside[..])) {
                (Mode::Add | Mode::Delete, _) | (Mode::Update, None) => true,
                (Mode::Freshen, None) => false,
                (Mode::Update | Mode::Freshen, Some(there)) => mtime > *there,
            };
            if wanted {
                plan.push(Job {
                    name: inside,
                    path,
                    stat,
                });
            }
        }
    }
    Ok(plan)
}

/// Adds one file; its entry, or nothing if it cannot be read.
pub(super) fn one(
    cx: &mut Context<'_>,
    s: &Settings,
    job: &Job,
    verb: &str,
    out: &mut Target,
    totals: &mut (u64, u64),
) -> Result<Result<Option<Entry>, Failure>, CommandError> {
    let mtime = job.stat.mtime.unwrap_or_default();
    let default = if job.stat.is_dir() { 0o755 } else { 0o644 };
    let mode = job.stat.kind.mode_bits() | job.stat.mode.unwrap_or(default);
    let mut entry = Entry {
        name: job.name.clone(),
        made_by: 3 << 8 | 30,
        method: STORED,
        stamp: stamp(mtime, &s.zone),
        external: mode << 16 | if job.stat.is_dir() { 0x10 } else { 0 },
        offset: out.at,
        extra: if s.no_extra { Vec::new() } else { extra(mtime, false) },
        ..Entry::default()
    };
    if entry.name.len() > usize::from(u16::MAX) || out.at > u64::from(u32::MAX) {
        return Ok(Err(failure(6, "Entry too big to split, read, or write")));
    }
    let data = if job.stat.is_dir() {
        Vec::new()
    } else {
        match content(cx, s, job, &mut entry) {
            Ok(data) => data,
            Err(CommandError::Cancelled) => return Err(CommandError::Cancelled),
            Err(_) => {
                let text = [b"\tzip warning: could not open for reading: ", &job.name[..], b"\n"].concat();
                return say(cx, s, &text).map(|()| Ok(None));
            }
        }
    };
    if entry.size > u64::from(u32::MAX) {
        return Ok(Err(failure(6, "Entry too big to split, read, or write")));
    }
    let local = if s.no_extra { Vec::new() } else { extra(mtime, true) };
    out.put(&local_header(&entry, &local))?;
    out.put(&data)?;
    totals.0 += entry.size;
    totals.1 += entry.packed;
    if !s.quiet {
        let how = if entry.method == STORED { "stored" } else { "deflated" };
        let percent = if entry.method == STORED {
            0
        } else {
            percent(entry.size, entry.packed)
        };
        let sizes = if s.verbose && !job.stat.is_dir() {
            format!("\t(in={}) (out={}) ({how} {percent}%)\n", entry.size, entry.packed)
        } else {
            format!(" ({how} {percent}%)\n")
        };
        say(cx, s, &[verb.as_bytes(), b": ", &job.name, sizes.as_bytes()].concat())?;
    }
    Ok(Ok(Some(entry)))
}

/// The bytes to store, compressed when that makes them fewer. Fills in sizes, checksum and method.
fn content(cx: &mut Context<'_>, s: &Settings, job: &Job, entry: &mut Entry) -> Result<Vec<u8>, CommandError> {
    if job.stat.is_symlink() {
        let text = cx.fs.read_link(&job.path)?.to_vec();
        let mut crc = Hasher::new();
        crc.update(&text);
        entry.crc = crc.finalize();
        (entry.size, entry.packed) = (text.len() as u64, text.len() as u64);
        return Ok(text);
    }
    let mut reader = cx.fs.read(&job.path, vfs::ByteRange::ALL)?;
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::new(s.level.max(2)));
    let mut plain = Some(Vec::new());
    let (mut crc, mut text) = (Hasher::new(), true);
    loop {
        cx.cancel.check()?;
        let chunk = reader.chunk()?;
        if chunk.is_empty() {
            break;
        }
        crc.update(&chunk);
        text &= !chunk.contains(&0);
        entry.size += chunk.len() as u64;
        if s.level > 0 {
            packer.write_all(&chunk)?;
        }
        // Small files are kept as they are too; a large one that does not shrink is read again.
        if let Some(p) = plain.as_mut().filter(|p| s.level == 0 || p.len() < 1 << 20) {
            p.extend_from_slice(&chunk);
        } else {
            plain = None;
        }
        if packer.get_ref().len() > cx.limits.memory {
            return Err(CommandError::fail(4, "out of memory"));
        }
    }
    entry.crc = crc.finalize();
    entry.internal = u16::from(text && entry.size > 0);
    let packed = packer.finish()?;
    if s.level > 0 && (packed.len() as u64) < entry.size {
        entry.method = DEFLATED;
        entry.flags = match s.level {
            8..=9 => 2,
            2 => 4,
            1 => 6,
            _ => 0,
        };
        entry.packed = packed.len() as u64;
        return Ok(packed);
    }
    entry.packed = entry.size;
    match plain {
        Some(plain) => Ok(plain),
        None => Ok(crate::input::Source::File(cx.fs.read(&job.path, vfs::ByteRange::ALL)?)
            .read_all()?
            .to_vec()),
    }
}

/// Removes what went in (`-m`): files first, then directories that are empty.
pub(super) fn remove_originals(cx: &Context<'_>, plan: &Plan) -> Result<(), CommandError> {
    for job in plan.jobs.iter().filter(|j| !j.stat.is_dir()) {
        cx.fs.remove(&job.path)?;
    }
    for job in plan.jobs.iter().rev().filter(|j| j.stat.is_dir()) {
        match cx.fs.rmdir(&job.path) {
            Err(e) if e.errno() != Errno::ENOTEMPTY => return Err(e.into()),
            _ => {}
        }
    }
    Ok(())
}
