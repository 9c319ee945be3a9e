//! Pathname expansion against the tree.

use pattern::glob::{GlobOptions, Pattern, Piece};
use vfs::{FileKind, VPath};

use crate::shell::{Flow, Shell};
use crate::state::options::ShOpt;

use super::field::Field;

/// One component of a pattern.
enum Part {
    /// No wildcard.
    Plain(Vec<u8>),
    /// To be matched against names.
    Match(Pattern),
    /// `**` under `globstar`.
    Deep,
}

struct Walk<'a> {
    shell: &'a mut Shell,
    dotglob: bool,
    /// `.` and `..` match too (`shopt -u globskipdots`).
    dot_dirs: bool,
    out: Vec<Vec<u8>>,
}

impl Shell {
    /// Replaces a field by the names that match it.
    pub(crate) fn expand_glob(&mut self, field: Field, out: &mut Vec<Vec<u8>>) -> Result<(), Flow> {
        let names = self.glob_field(&field)?;
        if names.is_empty() {
            if self.shopt(ShOpt::Failglob) {
                self.error([b"no match: ", &field.text[..]].concat());
                return Err(Flow::Discard(1));
            }
            if !self.shopt(ShOpt::Nullglob) {
                out.push(field.text);
            }
            return Ok(());
        }
        out.extend(names);
        Ok(())
    }

    /// The names that match, sorted.
    pub(crate) fn glob_field(&mut self, field: &Field) -> Result<Vec<Vec<u8>>, Flow> {
        let ignore = self.globignore()?;
        let dotglob = self.shopt(ShOpt::Dotglob) || !ignore.is_empty();
        let (prefix, parts) = self.glob_parts(field)?;
        let mut walk = Walk {
            dot_dirs: !self.shopt(ShOpt::Globskipdots) && ignore.is_empty(),
            shell: self,
            dotglob,
            out: Vec::new(),
        };
        walk.go(prefix, &parts)?;
        let mut names = walk.out;
        names.sort_unstable();
        names.dedup();
        if !ignore.is_empty() {
            names.retain(|n| !ignore.iter().any(|p| p.matches(n)));
        }
        Ok(names)
    }

    fn globignore(&mut self) -> Result<Vec<Pattern>, Flow> {
        let text = self.var_text(b"GLOBIGNORE");
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let options = GlobOptions {
            extglob: self.shopt(ShOpt::Extglob),
            nocase: self.shopt(ShOpt::Nocaseglob),
            utf8: self.utf8(),
            pathname: true,
            ..GlobOptions::default()
        };
        Ok(split_globignore(&text)
            .into_iter()
            .filter_map(|p| Pattern::new(p, &options).ok())
            .collect())
    }

    /// Cuts a field at its slashes. The leading slashes go into the prefix.
    fn glob_parts(&mut self, field: &Field) -> Result<(Vec<u8>, Vec<Part>), Flow> {
        let text = &field.text;
        let mut prefix = Vec::new();
        let mut at = 0;
        while text.get(at) == Some(&b'/') {
            prefix.push(b'/');
            at += 1;
        }
        let extglob = self.shopt(ShOpt::Extglob);
        let nocase = self.shopt(ShOpt::Nocaseglob);
        let options = GlobOptions {
            extglob,
            nocase,
            utf8: self.utf8(),
            ..GlobOptions::default()
        };
        let mut parts = Vec::new();
        loop {
            let end = component_end(text, at, extglob, &field.quoted);
            let sub = cut(field, at, end);
            if sub.has_wildcard(extglob) {
                let deep = self.shopt(ShOpt::Globstar) && sub.text == b"**" && sub.quoted.is_empty();
                if deep {
                    parts.push(Part::Deep);
                } else {
                    let pattern = Pattern::from_pieces(sub.pieces(), &options).map_err(|e| {
                        self.error(e.to_string());
                        Flow::Discard(1)
                    })?;
                    parts.push(Part::Match(pattern));
                }
            } else {
                parts.push(Part::Plain(unescaped(&sub)));
            }
            if end >= text.len() {
                break;
            }
            at = end + 1;
        }
        Ok((prefix, parts))
    }
}

/// Splits at colons that are not inside brackets.
fn split_globignore(text: &[u8]) -> Vec<&[u8]> {
    let mut out = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        match text[at] {
            b'\\' => at += 1,
            b'[' => {
                if let Some(end) = memchr::memchr(b']', &text[at + 1..]) {
                    at += end + 1;
                }
            }
            b':' => {
                out.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    out.push(text.get(start..).unwrap_or_default());
    out.retain(|p| !p.is_empty());
    out
}

fn is_quoted(quoted: &[(usize, usize)], at: usize) -> bool {
    quoted.iter().any(|(s, e)| (*s..*e).contains(&at))
}

/// Where the component that starts at `at` ends: at a slash that is not inside an extended list.
fn component_end(text: &[u8], at: usize, extglob: bool, quoted: &[(usize, usize)]) -> usize {
    let mut depth = 0usize;
    let mut i = at;
    while i < text.len() {
        match text[i] {
            b'/' if depth == 0 => return i,
            b'(' if extglob
                && !is_quoted(quoted, i)
                && (depth > 0 || i > at && matches!(text[i - 1], b'?' | b'*' | b'+' | b'@' | b'!')) =>
            {
                depth += 1;
            }
            b')' if depth > 0 && !is_quoted(quoted, i) => depth -= 1,
            _ => {}
        }
        i += 1;
    }
    if depth > 0 {
        // An unclosed list: slashes count after all.
        return memchr::memchr(b'/', &text[at..]).map_or(text.len(), |n| at + n);
    }
    i
}

/// The part of a field between two offsets.
fn cut(field: &Field, from: usize, to: usize) -> Field {
    Field {
        text: field.text[from..to].to_vec(),
        quoted: field
            .quoted
            .iter()
            .filter(|(s, e)| *e > from && *s < to)
            .map(|(s, e)| (s.max(&from) - from, e.min(&to) - from))
            .collect(),
    }
}

/// The text with the backslashes of unquoted parts removed.
fn unescaped(field: &Field) -> Vec<u8> {
    if memchr::memchr(b'\\', &field.text).is_none() {
        return field.text.clone();
    }
    let mut out = Vec::with_capacity(field.text.len());
    for piece in field.pieces() {
        match piece {
            Piece::Literal(b) => out.extend_from_slice(b),
            Piece::Active(b) => {
                let mut it = b.iter();
                while let Some(c) = it.next() {
                    if *c == b'\\' {
                        out.extend(it.next());
                    } else {
                        out.push(*c);
                    }
                }
            }
        }
    }
    out
}

impl Walk<'_> {
    fn directory(&self, prefix: &[u8]) -> Option<VPath> {
        if prefix.is_empty() {
            return Some(self.shell.cwd.clone());
        }
        self.shell.cwd.join(prefix).ok()
    }

    /// Matches `parts` below `prefix`, which is empty or ends in a slash.
    fn go(&mut self, prefix: Vec<u8>, parts: &[Part]) -> Result<(), Flow> {
        self.shell.tick()?;
        if self.out.len() > self.shell.call.limits().words {
            return Err(self.shell.limit("words made by a glob"));
        }
        let Some((first, rest)) = parts.split_first() else {
            return Ok(());
        };
        match first {
            Part::Plain(name) => self.plain(prefix, name, rest),
            Part::Match(pattern) => self.matching(&prefix, pattern, rest),
            Part::Deep => self.deep(&prefix, rest),
        }
    }

    fn plain(&mut self, mut prefix: Vec<u8>, name: &[u8], rest: &[Part]) -> Result<(), Flow> {
        prefix.extend_from_slice(name);
        if !rest.is_empty() {
            prefix.push(b'/');
            return self.go(prefix, rest);
        }
        // The last component must exist; after a slash there must be a directory.
        let Some(path) = self.directory(&prefix) else {
            return Ok(());
        };
        let there = if name.is_empty() {
            self.shell.fs.stat(&path).is_ok_and(|s| s.is_dir())
        } else {
            self.shell.fs.lstat(&path).is_ok()
        };
        if there {
            self.out.push(prefix);
        }
        Ok(())
    }

    fn matching(&mut self, prefix: &[u8], pattern: &Pattern, rest: &[Part]) -> Result<(), Flow> {
        let Some(dir) = self.directory(prefix) else {
            return Ok(());
        };
        let Ok(entries) = self.shell.fs.read_dir(&dir) else {
            return Ok(());
        };
        if self.dot_dirs {
            for name in [&b"."[..], b".."] {
                if !pattern.matches_name(name, false) {
                    continue;
                }
                let path = [prefix, name].concat();
                if rest.is_empty() {
                    self.out.push(path);
                } else {
                    self.go([&path[..], b"/"].concat(), rest)?;
                }
            }
        }
        for entry in entries {
            if !pattern.matches_name(&entry.name, self.dotglob) {
                continue;
            }
            let mut path = [prefix, &entry.name].concat();
            if rest.is_empty() {
                self.out.push(path);
                continue;
            }
            // Only directories, or links to them, lead on.
            let may_lead = entry
                .stat
                .as_ref()
                .is_none_or(|s| matches!(s.kind, FileKind::Dir | FileKind::Symlink));
            if may_lead {
                path.push(b'/');
                self.go(path, rest)?;
            }
        }
        Ok(())
    }

    fn deep(&mut self, prefix: &[u8], rest: &[Part]) -> Result<(), Flow> {
        // Consecutive `**` are one.
        let rest = match rest {
            [Part::Deep, tail @ ..] => {
                let mut tail = tail;
                while let [Part::Deep, t @ ..] = tail {
                    tail = t;
                }
                tail
            }
            r => r,
        };
        let mut todo = vec![prefix.to_vec()];
        while let Some(prefix) = todo.pop() {
            self.shell.tick()?;
            match rest {
                [] => {
                    if !prefix.is_empty() {
                        self.out.push(prefix.clone());
                    }
                }
                [Part::Plain(name)] if name.is_empty() => {
                    if !prefix.is_empty() {
                        self.out.push(prefix.clone());
                    }
                }
                _ => self.go(prefix.clone(), rest)?,
            }
            let Some(dir) = self.directory(&prefix) else { continue };
            let Ok(entries) = self.shell.fs.read_dir(&dir) else {
                continue;
            };
            for entry in entries {
                if entry.name.starts_with(b".") && !self.dotglob {
                    continue;
                }
                let path = [&prefix[..], &entry.name].concat();
                let is_dir = match &entry.stat {
                    Some(s) => s.is_dir(),
                    None => self
                        .directory(&path)
                        .is_some_and(|p| self.shell.fs.lstat(&p).is_ok_and(|s| s.is_dir())),
                };
                if is_dir {
                    todo.push([&path[..], b"/"].concat());
                } else if rest.is_empty() {
                    self.out.push(path);
                }
            }
        }
        if rest.is_empty() {
            // Directories were collected with their slash, which belongs to `**/` only.
            for path in &mut self.out {
                if path.len() > 1 && path.ends_with(b"/") && path != prefix {
                    path.pop();
                }
            }
        }
        Ok(())
    }
}
