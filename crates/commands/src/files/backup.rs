//! Backups of files that are about to be replaced (`--backup`, `--suffix`).

use shell::command::{CommandError, Context};

use crate::options::{Args, Spec};

/// How backups are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// None are made.
    None,
    /// Numbered (`x.~1~`).
    Numbered,
    /// Numbered if there are numbered ones, else simple.
    Existing,
    /// Simple (`x~`).
    Simple,
}

/// What the options say about backups.
#[derive(Debug, Clone)]
pub struct Backup {
    control: Control,
    suffix: Vec<u8>,
}

impl Backup {
    /// Reads `-b`, `--backup[=CONTROL]` and `-S`.
    pub fn from_args(spec: &Spec, cx: &Context<'_>, args: &Args) -> Result<Self, CommandError> {
        let table = [
            ("none", Control::None),
            ("off", Control::None),
            ("simple", Control::Simple),
            ("never", Control::Simple),
            ("existing", Control::Existing),
            ("nil", Control::Existing),
            ("numbered", Control::Numbered),
            ("t", Control::Numbered),
        ];
        let mut control = Control::None;
        for o in args
            .options
            .iter()
            .filter(|o| matches!(o.key, "backup" | "b" | "suffix"))
        {
            let asked = match (&o.value, o.key) {
                (Some(v), "backup") => Some(v.as_slice()),
                (_, "backup" | "b") => cx.var("VERSION_CONTROL"),
                // A suffix alone asks for backups too.
                _ if control == Control::None => cx.var("VERSION_CONTROL"),
                _ => continue,
            };
            control = match asked.filter(|v| !v.is_empty()) {
                Some(v) => spec.choose(cx, "backup type", v, &table)?,
                None => Control::Existing,
            };
        }
        let suffix = args
            .last("suffix")
            .or_else(|| cx.var("SIMPLE_BACKUP_SUFFIX"))
            .filter(|s| !s.is_empty() && !s.contains(&b'/'))
            .unwrap_or(b"~")
            .to_vec();
        Ok(Self { control, suffix })
    }

    /// Whether backups are made.
    pub fn wanted(&self) -> bool {
        self.control != Control::None
    }

    /// The name that `file` would be kept under.
    pub fn name(&self, cx: &Context<'_>, file: &[u8]) -> Vec<u8> {
        let highest = if self.control == Control::Simple {
            0
        } else {
            highest_number(cx, file)
        };
        if self.control == Control::Numbered || highest > 0 {
            return [file, format!(".~{}~", highest + 1).as_bytes()].concat();
        }
        [file, &self.suffix[..]].concat()
    }
}

fn highest_number(cx: &Context<'_>, file: &[u8]) -> u64 {
    let Some(path) = cx.path(file).ok() else { return 0 };
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return 0;
    };
    let number = |entry: &[u8]| -> Option<u64> {
        let digits = entry.strip_prefix(name)?.strip_prefix(b".~")?.strip_suffix(b"~")?;
        crate::number::decimal(digits).ok()
    };
    cx.fs
        .read_dir(&dir)
        .map(|entries| entries.iter().filter_map(|e| number(&e.name)).max().unwrap_or(0))
        .unwrap_or(0)
}
