//! One name in a listing.

use shell::command::Context;
use unicode_width::UnicodeWidthStr;
use vfs::{FileKind, Stat, Time, VPath};

use super::options::{Format, Indicator, Options, Stamp};
use crate::files::facts;

pub(super) struct Entry {
    pub name: Vec<u8>,
    /// As it is shown.
    pub shown: Vec<u8>,
    /// Columns that the shown name takes.
    pub width: usize,
    pub stat: Option<Stat>,
    /// The text of a link, and the stat of what it leads to.
    pub link: Option<(Vec<u8>, Option<Stat>)>,
}

impl Entry {
    pub fn new(cx: &Context<'_>, o: &Options, name: Vec<u8>, path: &VPath, stat: Option<Stat>) -> Self {
        let shown = o.quoted(&name);
        let width = String::from_utf8_lossy(&shown).width();
        let wants_link =
            o.format == Format::Long || o.color.is_some() || o.dirs_first || o.indicator == Indicator::Classify;
        let link = match &stat {
            Some(s) if s.is_symlink() && wants_link => cx
                .fs
                .read_link(path)
                .ok()
                .map(|text| (text.to_vec(), cx.fs.stat(path).ok())),
            _ => None,
        };
        Self {
            name,
            shown,
            width,
            stat,
            link,
        }
    }

    pub fn target_is_dir(&self) -> bool {
        matches!(&self.link, Some((_, Some(s))) if s.is_dir())
    }

    pub fn leads_to_dir(&self) -> bool {
        self.stat.as_ref().is_some_and(Stat::is_dir) || self.target_is_dir()
    }

    pub fn size(&self) -> u64 {
        self.stat.as_ref().map_or(0, facts::size)
    }

    pub fn time(&self, stamp: Stamp) -> Time {
        let Some(s) = &self.stat else { return Time::default() };
        match stamp {
            Stamp::Modified => s.mtime,
            Stamp::Accessed => s.atime.or(s.mtime),
            Stamp::Changed => s.ctime.or(s.mtime),
            Stamp::Born => s.btime.or(s.mtime),
        }
        .unwrap_or_default()
    }

    pub fn extension(&self) -> &[u8] {
        memchr::memrchr(b'.', &self.name).map_or(&[], |at| &self.name[at..])
    }
}

/// The character that follows a name.
pub(super) fn indicator(stat: &Stat, style: Indicator) -> Option<u8> {
    if style == Indicator::None {
        return None;
    }
    match stat.kind {
        FileKind::Dir => Some(b'/'),
        _ if style == Indicator::Slash => None,
        FileKind::Symlink => Some(b'@'),
        FileKind::Fifo => Some(b'|'),
        FileKind::Socket => Some(b'='),
        FileKind::File if style == Indicator::Classify && facts::mode(stat) & 0o111 != 0 => Some(b'*'),
        _ => None,
    }
}
