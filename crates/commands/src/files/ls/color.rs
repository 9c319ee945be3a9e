//! Colours: `LS_COLORS` and the built-in ones.

use shell::command::Context;
use vfs::{FileKind, Stat};

use super::entry::Entry;
use crate::files::facts;

/// Colours by kind, and by the end of the name.
pub(super) struct Colors {
    kinds: Vec<(Vec<u8>, Vec<u8>)>,
    suffixes: Vec<(Vec<u8>, Vec<u8>)>,
}

const DEFAULTS: &[(&str, &str)] = &[
    ("di", "01;34"),
    ("ln", "01;36"),
    ("pi", "33"),
    ("so", "01;35"),
    ("bd", "01;33"),
    ("cd", "01;33"),
    ("ex", "01;32"),
    ("su", "37;41"),
    ("sg", "30;43"),
    ("st", "37;44"),
    ("ow", "34;42"),
    ("tw", "30;42"),
];

/// Terminals that `dircolors` lists.
fn known_terminal(term: &[u8]) -> bool {
    let term = String::from_utf8_lossy(term);
    let starts = [
        "alacritty",
        "ansi",
        "con80x",
        "con132x",
        "cons25",
        "console",
        "cygwin",
        "dtterm",
        "eterm",
        "Eterm",
        "gnome",
        "hurd",
        "jfbterm",
        "kitty",
        "konsole",
        "kterm",
        "linux",
        "mlterm",
        "putty",
        "rxvt",
        "screen",
        "st-",
        "terminator",
        "tmux",
        "vt100",
        "vt220",
        "xterm",
    ];
    term.contains("color") || term.contains("direct") || term == "st" || starts.iter().any(|s| term.starts_with(s))
}

impl Colors {
    /// The colours in force; `None` where nothing says that they can be shown: no `LS_COLORS`, no `COLORTERM`, and a
    /// `TERM` that is not known for them.
    pub fn load(cx: &Context<'_>) -> Option<Self> {
        let set = |v: &str| cx.var(v).is_some_and(|t| !t.is_empty());
        if !set("LS_COLORS") && !set("COLORTERM") && !known_terminal(cx.var("TERM").unwrap_or_default()) {
            return None;
        }
        let mut colors = Self {
            kinds: DEFAULTS
                .iter()
                .map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec()))
                .collect(),
            suffixes: Vec::new(),
        };
        for item in cx.var("LS_COLORS").unwrap_or_default().split(|b| *b == b':') {
            let Some(at) = memchr::memchr(b'=', item) else { continue };
            let (key, value) = (item[..at].to_vec(), item[at + 1..].to_vec());
            match key.strip_prefix(b"*") {
                Some(suffix) => colors.suffixes.push((suffix.to_vec(), value)),
                None => {
                    colors.kinds.retain(|(k, _)| *k != key);
                    colors.kinds.push((key, value));
                }
            }
        }
        Some(colors)
    }

    fn kind(&self, key: &str) -> Option<&[u8]> {
        let (_, v) = self.kinds.iter().find(|(k, _)| k == key.as_bytes())?;
        (!v.is_empty() && v != b"0" && v != b"00").then_some(v)
    }

    /// The colour of an entry, if it has one.
    pub fn of(&self, entry: &Entry) -> Option<&[u8]> {
        let stat = entry.stat.as_ref()?;
        if stat.is_symlink() {
            return match &entry.link {
                Some((_, None)) => self.kind("or").or_else(|| self.kind("ln")),
                Some((_, Some(target))) if self.kinds.iter().any(|(k, v)| k == b"ln" && v == b"target") => {
                    self.plain(&entry.name, target)
                }
                _ => self.kind("ln"),
            };
        }
        self.plain(&entry.name, stat)
    }

    /// The colour of what is no link.
    pub fn plain(&self, name: &[u8], stat: &Stat) -> Option<&[u8]> {
        let mode = facts::mode(stat);
        match stat.kind {
            FileKind::Dir => match (mode & 0o1000 != 0, mode & 0o002 != 0) {
                (true, true) => self.kind("tw"),
                (false, true) => self.kind("ow"),
                (true, false) => self.kind("st"),
                _ => self.kind("di"),
            },
            FileKind::File => {
                if mode & 0o4000 != 0 {
                    return self.kind("su");
                }
                if mode & 0o2000 != 0 {
                    return self.kind("sg");
                }
                if mode & 0o111 != 0 {
                    return self.kind("ex");
                }
                self.suffixes
                    .iter()
                    .rev()
                    .find(|(s, _)| name.len() >= s.len() && name[name.len() - s.len()..].eq_ignore_ascii_case(s))
                    .map(|(_, v)| v.as_slice())
                    .or_else(|| self.kind("fi"))
            }
            FileKind::Symlink => self.kind("ln"),
            FileKind::Fifo => self.kind("pi"),
            FileKind::Socket => self.kind("so"),
            FileKind::BlockDevice => self.kind("bd"),
            FileKind::CharDevice => self.kind("cd"),
        }
    }
}
