//! Ignore files and `-g` globs, in the syntax of gitignore(5).

use pattern::regex::{Options, Regex, Syntax};
use shell::command::CommandError;

/// One line of an ignore file, or one `-g`.
#[derive(Debug, Clone)]
pub(super) struct Glob {
    regex: Regex,
    /// Begins with `!`.
    negated: bool,
    /// Ends with `/`: matches directories only.
    dir_only: bool,
}

/// Rules in order; the last that matches decides.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    globs: Vec<Glob>,
}

/// What rules say of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    None,
    /// Leave it out.
    Ignore,
    /// Keep it, whatever other rules say.
    Keep,
}

impl Glob {
    /// A line of an ignore file; `None` for comments and empty lines.
    fn for_ignore(line: &[u8]) -> Option<Glob> {
        let mut line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b"#") {
            return None;
        }
        // Trailing blanks do not count unless quoted.
        while line.ends_with(b" ") && !line.ends_with(b"\\ ") {
            line = &line[..line.len() - 1];
        }
        Glob::new(line, false)
    }

    /// A `-g` glob. What it says is the other way round: a match keeps, `!` leaves out.
    pub(super) fn for_override(text: &[u8], icase: bool) -> Result<Glob, CommandError> {
        let glob = Glob::new(text, icase)
            .ok_or_else(|| CommandError::fail(2, format!("error parsing glob '{}'", String::from_utf8_lossy(text))))?;
        Ok(Glob {
            negated: !glob.negated,
            ..glob
        })
    }

    fn new(text: &[u8], icase: bool) -> Option<Glob> {
        let (negated, text) = match text.strip_prefix(b"!") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (dir_only, text) = match text.strip_suffix(b"/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if text.is_empty() {
            return None;
        }
        let (anchored, text) = match text.strip_prefix(b"/") {
            Some(rest) => (true, rest),
            None => (text.contains(&b'/'), text),
        };
        let mut source = Vec::from(if anchored { &b"^"[..] } else { b"^(?:.*/)?" });
        translate(text, &mut source);
        source.push(b'$');
        let options = Options {
            icase,
            ..Options::new(Syntax::Rust)
        };
        let regex = Regex::new(&[b"(?s)", &source[..]].concat(), &options).ok()?;
        Some(Glob {
            regex,
            negated,
            dir_only,
        })
    }

    fn matches(&self, path: &[u8], is_dir: bool) -> bool {
        (is_dir || !self.dir_only) && self.regex.is_match(path).unwrap_or(false)
    }
}

/// A glob as a regular expression.
fn translate(glob: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    let mut braces = 0;
    while at < glob.len() {
        let rest = &glob[at..];
        let before_slash = at == 0 || glob[at - 1] == b'/';
        match rest[0] {
            b'*' if rest.starts_with(b"**/") && before_slash => {
                out.extend_from_slice(b"(?:.*/)?");
                at += 3;
                continue;
            }
            b'*' if rest == b"**" && before_slash => {
                out.extend_from_slice(b".*");
                at += 2;
                continue;
            }
            b'*' => {
                out.extend_from_slice(b"[^/]*");
                at += rest.iter().take_while(|&&b| b == b'*').count();
                continue;
            }
            b'?' => out.extend_from_slice(b"[^/]"),
            b'[' => {
                if let Some(len) = bracket(rest, out) {
                    at += len;
                    continue;
                }
                out.extend_from_slice(b"\\[");
            }
            b'{' => {
                braces += 1;
                out.extend_from_slice(b"(?:");
            }
            b'}' if braces > 0 => {
                braces -= 1;
                out.push(b')');
            }
            b',' if braces > 0 => out.push(b'|'),
            b'\\' if rest.len() > 1 => {
                literal(rest[1], out);
                at += 1;
            }
            b => literal(b, out),
        }
        at += 1;
    }
}

fn literal(b: u8, out: &mut Vec<u8>) {
    if b.is_ascii_punctuation() {
        out.push(b'\\');
    }
    out.push(b);
}

/// A bracket expression; returns its length.
fn bracket(rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let negated = matches!(rest.get(1), Some(b'!' | b'^'));
    let start = 1 + usize::from(negated);
    let end = start + 1 + rest.get(start + 1..)?.iter().position(|&b| b == b']')?;
    out.extend_from_slice(if negated { b"[^/" } else { b"[" });
    for &b in &rest[start..end] {
        if b != b'-' && b.is_ascii_punctuation() {
            out.push(b'\\');
        }
        out.push(b);
    }
    out.push(b']');
    Some(end + 1)
}

impl Rules {
    /// Adds a rule.
    pub(super) fn push(&mut self, glob: Glob) {
        self.globs.push(glob);
    }

    /// Adds the lines of an ignore file.
    pub(super) fn add_file(&mut self, text: &[u8]) {
        self.globs
            .extend(text.split(|&b| b == b'\n').filter_map(Glob::for_ignore));
    }

    /// Whether there is no rule.
    pub(super) fn is_empty(&self) -> bool {
        self.globs.is_empty()
    }

    /// What the rules say of a path below the directory they stand in.
    pub(super) fn verdict(&self, path: &[u8], is_dir: bool) -> Verdict {
        match self.globs.iter().rev().find(|g| g.matches(path, is_dir)) {
            None => Verdict::None,
            Some(glob) if glob.negated => Verdict::Keep,
            Some(_) => Verdict::Ignore,
        }
    }

    /// What `-g` globs say: with a glob that keeps, files that none keeps are left out.
    pub(super) fn override_verdict(&self, path: &[u8], is_dir: bool) -> Verdict {
        match self.verdict(path, is_dir) {
            Verdict::None if !is_dir && self.globs.iter().any(|g| g.negated) => Verdict::Ignore,
            verdict => verdict,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_that_matches_decides() {
        let mut rules = Rules::default();
        rules.add_file(b"# no\n*.log\n!keep.log\n/top\nsub/x\ndir/\n**/deep/**\na{b,c}d\n");
        for (path, is_dir, want) in [
            (&b"a.log"[..], false, Verdict::Ignore),
            (b"d/a.log", false, Verdict::Ignore),
            (b"keep.log", false, Verdict::Keep),
            (b"top", false, Verdict::Ignore),
            (b"d/top", false, Verdict::None),
            (b"sub/x", false, Verdict::Ignore),
            (b"a/sub/x", false, Verdict::None),
            (b"dir", true, Verdict::Ignore),
            (b"dir", false, Verdict::None),
            (b"q/deep/z", false, Verdict::Ignore),
            (b"acd", false, Verdict::Ignore),
        ] {
            assert_eq!(rules.verdict(path, is_dir), want, "{}", String::from_utf8_lossy(path));
        }
    }
}
