//! Which files are searched: `--include`, `--exclude`, `--exclude-dir`.

use pattern::glob::{GlobOptions, Pattern};

/// Name patterns in the order given.
#[derive(Debug, Clone, Default)]
pub(in crate::search) struct Filter {
    files: Vec<(Pattern, bool)>,
    dirs: Vec<Pattern>,
}

fn glob(text: &[u8]) -> Option<Pattern> {
    Pattern::new(
        text,
        &GlobOptions {
            extglob: false,
            ..GlobOptions::default()
        },
    )
    .ok()
}

impl Filter {
    /// Adds `--include` or `--exclude`.
    pub(super) fn add_files(&mut self, text: &[u8], include: bool) {
        self.files.extend(glob(text).map(|p| (p, include)));
    }

    /// Adds `--exclude-dir`; trailing slashes do not count.
    pub(super) fn add_dir(&mut self, text: &[u8]) {
        let end = text
            .iter()
            .rposition(|&b| b != b'/')
            .map_or(text.len().min(1), |n| n + 1);
        self.dirs.extend(glob(&text[..end]));
    }

    /// Whether a file is left out. A name of the command line matches by any of its tails, one found in a directory by
    /// its last component. Of contradicting patterns the last that matches wins; without any, a file is left out when the
    /// first pattern is an `--include`.
    pub(super) fn skips_file(&self, name: &[u8], command_line: bool) -> bool {
        let Some((_, first_include)) = self.files.first() else {
            return false;
        };
        let name = if command_line { name } else { base(name) };
        let decision = self.files.iter().rev().find(|(p, _)| matches(p, name, command_line));
        decision.map_or(*first_include, |(_, include)| !include)
    }

    /// Whether a directory is left out.
    pub(super) fn skips_dir(&self, name: &[u8], command_line: bool) -> bool {
        let name = if command_line { name } else { base(name) };
        self.dirs.iter().any(|p| matches(p, name, command_line))
    }
}

fn base(name: &[u8]) -> &[u8] {
    name.rsplit(|&b| b == b'/').next().unwrap_or(name)
}

fn matches(pattern: &Pattern, name: &[u8], tails: bool) -> bool {
    let trimmed = name.iter().rposition(|&b| b != b'/').map_or(name, |n| &name[..=n]);
    if pattern.matches(trimmed) {
        return true;
    }
    tails
        && (1..trimmed.len())
            .any(|at| trimmed[at - 1] == b'/' && trimmed[at] != b'/' && pattern.matches(&trimmed[at..]))
}
