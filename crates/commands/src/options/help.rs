//! `--help` and `--version`, made from the option table.

use super::{Arg, Opt, Spec, Suite, flag};

/// What every command understands.
pub(super) const STANDARD: &[Opt] = &[
    flag("", "help", "display this help and exit"),
    flag("", "version", "output version information and exit"),
];

/// Column at which descriptions begin.
const COLUMN: usize = 29;

impl Spec {
    /// The text of `--help`.
    pub fn help(&self, name: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for (n, line) in self.usage.lines().enumerate() {
            out.extend_from_slice(if n == 0 { b"Usage: " } else { b"  or:  " });
            out.extend_from_slice(name);
            if !line.is_empty() {
                out.push(b' ');
            }
            out.extend_from_slice(line.as_bytes());
            out.push(b'\n');
        }
        if self.usage.is_empty() {
            out.extend_from_slice(&[b"Usage: ", name, b"\n"].concat());
        }
        out.extend_from_slice(self.about.as_bytes());
        out.extend_from_slice(b"\n\n");
        let own = |key| self.options.iter().any(|o| o.has_long(key));
        let standard = STANDARD.iter().filter(|o| !own(o.key().as_bytes()));
        for opt in self.options.iter().filter(|o| !o.help.is_empty()).chain(standard) {
            let head = synopsis(opt);
            let mut lines = opt.help.lines();
            let first = lines.next().unwrap_or_default();
            if head.len() + 2 > COLUMN {
                out.extend_from_slice(head.as_bytes());
                out.extend_from_slice(format!("\n{:COLUMN$}{first}\n", "").as_bytes());
            } else {
                out.extend_from_slice(format!("{head:COLUMN$}{first}\n").as_bytes());
            }
            for line in lines {
                out.extend_from_slice(format!("{:COLUMN$}{line}\n", "").as_bytes());
            }
        }
        if !self.notes.is_empty() {
            out.push(b'\n');
            out.extend_from_slice(self.notes.as_bytes());
            out.push(b'\n');
        }
        out
    }

    /// The text of `--version`: whose behaviour it is, and whose program.
    pub fn version(&self, name: &[u8]) -> Vec<u8> {
        let suite = match self.suite {
            Suite::Coreutils => "GNU coreutils compatible) 9.1",
            Suite::Findutils => "GNU findutils compatible) 4.9.0",
            Suite::Diffutils => "GNU diffutils compatible) 3.8",
            Suite::UtilLinux => "util-linux compatible) 2.38.1",
            Suite::Other(text) => text,
        };
        let own = concat!("\n@mirage/node-native ", env!("CARGO_PKG_VERSION"), "\n");
        [name, b" (", suite.as_bytes(), own.as_bytes()].concat()
    }
}

fn synopsis(opt: &Opt) -> String {
    let shorts: Vec<String> = opt.shorts.chars().map(|c| format!("-{c}")).collect();
    let longs: Vec<String> = opt.longs().map(|l| format!("--{l}")).collect();
    let lead = if shorts.is_empty() { "      " } else { "  " };
    let mut all = shorts;
    let has_long = !longs.is_empty();
    all.extend(longs);
    let mut text = format!("{lead}{}", all.join(", "));
    match (opt.arg, has_long) {
        (Arg::No, _) => {}
        (Arg::Required(m), true) => text.push_str(&format!("={m}")),
        (Arg::Required(m), false) => text.push_str(&format!(" {m}")),
        (Arg::Optional(m), true) => text.push_str(&format!("[={m}]")),
        (Arg::Optional(m), false) => text.push_str(&format!("[{m}]")),
    }
    text
}
