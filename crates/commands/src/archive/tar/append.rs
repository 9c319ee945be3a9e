//! Adding to an archive that is there already.

use std::collections::HashMap;

use shell::command::{CommandError, Context};
use vfs::{Errno, OpenOptions, Time};

use super::open::{Writer, cannot_open, fatal, reader};
use super::read::Next;
use super::settings::{Action, Settings};
use super::{create, usage};
use crate::archive::codec::Codec;
use crate::archive::names::unsafe_prefix;

/// Appends; with `--update` only what is newer than its copy in the archive. Whether anything failed.
pub(super) fn run(cx: &mut Context<'_>, s: &Settings) -> Result<bool, CommandError> {
    if s.targets.is_empty() && s.action == Action::Update {
        return Err(usage("Cowardly refusing to create an empty archive"));
    }
    if s.codec.is_some() {
        return Err(usage("Cannot update compressed archives"));
    }
    if s.streams() {
        return Err(fatal("-: Cannot append to a stream"));
    }
    let path = cx.path(&s.archive)?;
    match cx.fs.stat(&path) {
        Err(e) if e.errno() == Errno::ENOENT => {
            let writer = Writer::create(cx, s)?;
            return create::add_all(cx, s, writer, |_, _| true);
        }
        _ => {}
    }
    let start = cx
        .fs
        .read(&path, vfs::ByteRange::at(0, 512))
        .and_then(|mut r| r.chunk());
    let start = start.map_err(|e| cannot_open(s, &e))?;
    if Codec::detect(&start).is_some() && start.get(257..262) != Some(b"ustar") {
        return Err(usage("Cannot update compressed archives"));
    }
    let mut archive = reader(cx, s)?;
    let mut newest: HashMap<Vec<u8>, Time> = HashMap::new();
    loop {
        cx.cancel.check()?;
        match archive.next()? {
            Next::Member(member) => {
                let name = member.name.strip_suffix(b"/").unwrap_or(&member.name).to_vec();
                newest.insert(name, member.mtime);
            }
            Next::Junk { .. } => return Err(fatal("This does not look like a tar archive")),
            Next::LoneZero(_) | Next::End => break,
        }
    }
    let end = archive.end();
    let options = OpenOptions {
        write: true,
        ..OpenOptions::default()
    };
    let mut file = cx.fs.open(&path, options).map_err(|e| cannot_open(s, &e))?;
    file.truncate(end)?;
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(end))?;
    let update = s.action == Action::Update;
    let absolute = s.absolute;
    create::add_all(cx, s, Writer::resume(file, end, s), |name, stat| {
        let stored = if absolute { name } else { &name[unsafe_prefix(name)..] };
        let there = newest.get(stored.strip_suffix(b"/").unwrap_or(stored));
        // Archives keep whole seconds.
        !update || there.is_none_or(|t| stat.mtime.is_none_or(|m| m.seconds > t.seconds))
    })
}
