//! Reads the formats of `diff`, with whatever stands between them.

use shell::command::Context;

use super::hunk::{Hunk, Op};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Unified,
    Context,
    Normal,
}

/// What is to be done to one file.
#[derive(Debug)]
pub(super) struct Patch {
    pub(super) format: Format,
    old_name: Option<Vec<u8>>,
    new_name: Option<Vec<u8>>,
    index: Option<Vec<u8>>,
    pub(super) header: Vec<Vec<u8>>,
    /// The lines before the first hunk.
    pub(super) leading: Vec<Vec<u8>>,
    /// Line of the input at which the hunks begin.
    pub(super) line: usize,
    pub(super) hunks: Vec<Hunk>,
    pub(super) rename: Option<(Vec<u8>, Vec<u8>)>,
    pub(super) copies: bool,
    pub(super) mode: Option<u32>,
    git: bool,
    created: bool,
    deleted: bool,
}

impl Patch {
    /// Whether the file need not be there before.
    pub(super) fn creates(&self, reverse: bool) -> bool {
        let (flag, name) = if reverse {
            (self.deleted, &self.new_name)
        } else {
            (self.created, &self.old_name)
        };
        flag || name.as_deref() == Some(b"/dev/null")
            || self.hunks.first().is_some_and(|h| {
                let (start, op) = if reverse {
                    (h.new_start, Op::Add)
                } else {
                    (h.old_start, Op::Remove)
                };
                start == 0 && h.count(op) == 0
            })
    }

    /// Whether the file is to be gone afterwards.
    pub(super) fn deletes(&self, reverse: bool) -> bool {
        let (flag, name) = if reverse {
            (self.created, &self.old_name)
        } else {
            (self.deleted, &self.new_name)
        };
        flag || name.as_deref() == Some(b"/dev/null")
    }

    /// The file that the headers mean.
    pub(super) fn target(&self, cx: &mut Context<'_>, strip: Option<usize>, reverse: bool) -> Option<Vec<u8>> {
        if let Some((from, to)) = &self.rename {
            return Some(if reverse { to.clone() } else { from.clone() });
        }
        let mut names: Vec<Vec<u8>> = Vec::new();
        for name in [&self.old_name, &self.new_name, &self.index].into_iter().flatten() {
            if name != b"/dev/null"
                && let Some(name) = stripped(name, strip, self.git)
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        names.retain(|name| {
            let parts = name.split(|b| *b == b'/');
            let fine = !name.starts_with(b"/") && parts.clone().all(|p| p != b"..");
            if !fine {
                let line = [&b"Ignoring potentially dangerous file name "[..], name, b"\n"].concat();
                super::say(cx, &line);
            }
            fine
        });
        let weight = |name: &[u8]| {
            let base = name.rsplit(|b| *b == b'/').next().unwrap_or_default();
            (name.iter().filter(|b| **b == b'/').count(), base.len(), name.len())
        };
        let there = |name: &Vec<u8>| cx.path(name).is_ok_and(|p| cx.fs.stat(&p).is_ok_and(|s| !s.is_dir()));
        let found = names.iter().filter(|n| there(n)).min_by_key(|n| weight(n)).cloned();
        found.or_else(|| {
            names
                .iter()
                .filter(|_| self.creates(reverse))
                .min_by_key(|n| weight(n))
                .cloned()
        })
    }
}

/// A name without its first components; without a number only the last one is left.
fn stripped(name: &[u8], strip: Option<usize>, git: bool) -> Option<Vec<u8>> {
    let count = match strip {
        Some(n) => n,
        None if git => 1,
        None => {
            return name
                .rsplit(|b| *b == b'/')
                .next()
                .filter(|n| !n.is_empty())
                .map(<[u8]>::to_vec);
        }
    };
    let mut rest = name;
    for _ in 0..count {
        let at = memchr::memchr(b'/', rest)?;
        let slashes = rest[at..].iter().take_while(|b| **b == b'/').count();
        rest = &rest[at + slashes..];
    }
    Some(rest.to_vec()).filter(|n| !n.is_empty())
}

pub(super) struct Reader<'t> {
    lines: Vec<&'t [u8]>,
    at: usize,
    format: Option<Format>,
}

/// A range `N[,M]`: start and count.
fn range(text: &[u8]) -> Option<(usize, usize)> {
    let mut parts = text.splitn(2, |b| *b == b',');
    let number = |t: &[u8]| std::str::from_utf8(t).ok()?.parse::<usize>().ok();
    let start = number(parts.next()?)?;
    match parts.next() {
        Some(count) => Some((start, number(count)?)),
        None => Some((start, 1)),
    }
}

/// The name in a header line: up to a tab, or to a date after blanks.
fn file_name(text: &[u8]) -> Vec<u8> {
    let end = memchr::memchr(b'\t', text).unwrap_or(text.len());
    let text = text[..end].trim_ascii_end();
    text.strip_prefix(b"\"")
        .and_then(|t| t.strip_suffix(b"\""))
        .unwrap_or(text)
        .to_vec()
}

/// `5a6,7`: two ranges around a letter.
fn normal_command(line: &[u8]) -> Option<(usize, usize, u8, usize, usize)> {
    let at = line.iter().position(|b| matches!(b, b'a' | b'c' | b'd'))?;
    let span = |t: &[u8]| -> Option<(usize, usize)> {
        let mut parts = t.splitn(2, |b| *b == b',');
        let number = |t: &[u8]| std::str::from_utf8(t).ok()?.parse::<usize>().ok();
        let from = number(parts.next()?)?;
        Some((
            from,
            match parts.next() {
                Some(to) => number(to)?,
                None => from,
            },
        ))
    };
    let ((a, b), (c, d)) = (span(&line[..at])?, span(&line[at + 1..])?);
    Some((a, b, line[at], c, d))
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t [u8], format: Option<Format>) -> Self {
        Self {
            lines: text.split_inclusive(|b| *b == b'\n').collect(),
            at: 0,
            format,
        }
    }

    /// A line without its end.
    fn line(&self, at: usize) -> Option<&'t [u8]> {
        let line = self.lines.get(at)?;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        Some(line)
    }

    fn allowed(&self, format: Format) -> bool {
        self.format.is_none_or(|f| f == format)
    }

    /// The next patch; the error is the message for the user.
    pub(super) fn next(&mut self) -> Result<Option<Patch>, String> {
        let mut p = Patch {
            format: Format::Unified,
            old_name: None,
            new_name: None,
            index: None,
            header: Vec::new(),
            leading: Vec::new(),
            line: 0,
            hunks: Vec::new(),
            rename: None,
            copies: false,
            mode: None,
            git: false,
            created: false,
            deleted: false,
        };
        let (mut rename_from, mut rename_to) = (None, None);
        let start = self.at;
        while let Some(line) = self.line(self.at) {
            let next = self.line(self.at + 1).unwrap_or_default();
            if let Some(rest) = line.strip_prefix(b"diff --git ") {
                if p.git && (rename_from.is_some() || p.mode.is_some()) {
                    break;
                }
                p.git = true;
                let mut names = rest.splitn(2, |b| *b == b' ');
                p.old_name = names.next().map(<[u8]>::to_vec);
                p.new_name = names.next().map(<[u8]>::to_vec);
            } else if p.git && (line.starts_with(b"rename from ") || line.starts_with(b"copy from ")) {
                p.copies = line.starts_with(b"copy");
                rename_from = line.splitn(3, |b| *b == b' ').nth(2).map(<[u8]>::to_vec);
            } else if p.git && (line.starts_with(b"rename to ") || line.starts_with(b"copy to ")) {
                rename_to = line.splitn(3, |b| *b == b' ').nth(2).map(<[u8]>::to_vec);
            } else if p.git
                && let Some(mode) = line
                    .strip_prefix(b"new file mode ")
                    .or_else(|| line.strip_prefix(b"new mode "))
            {
                p.created |= line.starts_with(b"new file");
                p.mode = std::str::from_utf8(mode)
                    .ok()
                    .and_then(|m| u32::from_str_radix(m.trim(), 8).ok());
            } else if p.git && line.starts_with(b"deleted file mode ") {
                p.deleted = true;
            } else if let Some(name) = line.strip_prefix(b"Index:") {
                p.index = Some(file_name(name.trim_ascii_start()));
            } else if line.starts_with(b"--- ") && next.starts_with(b"+++ ") && self.allowed(Format::Unified) {
                p.old_name = Some(file_name(&line[4..]));
                p.new_name = Some(file_name(&next[4..]));
                p.header = vec![line.to_vec(), next.to_vec()];
                if self.line(self.at + 2).is_some_and(|l| l.starts_with(b"@@ -")) {
                    self.at += 2;
                    p.format = Format::Unified;
                    break;
                }
            } else if line.starts_with(b"@@ -") && self.allowed(Format::Unified) {
                p.format = Format::Unified;
                break;
            } else if line.starts_with(b"*** ") && next.starts_with(b"--- ") && self.allowed(Format::Context) {
                p.old_name = Some(file_name(&line[4..]));
                p.new_name = Some(file_name(&next[4..]));
                p.header = vec![[b"--- ", &line[4..]].concat(), [b"+++ ", &next[4..]].concat()];
                self.at += 2;
                p.format = Format::Context;
                break;
            } else if line.starts_with(b"***************") && self.allowed(Format::Context) {
                p.format = Format::Context;
                break;
            } else if self.allowed(Format::Normal)
                && let Some((.., op, _, _)) = normal_command(line)
                && next.starts_with(if op == b'a' { b"> " } else { b"< " })
            {
                p.format = Format::Normal;
                break;
            }
            self.at += 1;
        }
        let renames = rename_from.is_some() && rename_to.is_some();
        if let (Some(from), Some(to)) = (rename_from, rename_to) {
            p.rename = Some((from, to));
        }
        p.leading = (start..self.at)
            .filter_map(|n| self.line(n).map(<[u8]>::to_vec))
            .collect();
        p.line = self.at + 1;
        if self.at >= self.lines.len() {
            // Renames, modes and empty files come without hunks.
            return Ok(Some(p).filter(|p| renames || (p.git && (p.created || p.deleted || p.mode.is_some()))));
        }
        loop {
            let hunk = match p.format {
                Format::Unified => self.unified()?,
                Format::Context => self.context()?,
                Format::Normal => self.normal()?,
            };
            match hunk {
                Some(h) => p.hunks.push(h),
                None => break,
            }
        }
        Ok(Some(p))
    }

    fn malformed<T>(&self, at: usize) -> Result<T, String> {
        let text = self
            .line(at)
            .map(|l| String::from_utf8_lossy(l).into_owned())
            .unwrap_or_default();
        Err(format!("malformed patch at line {}: {text}\n", at + 1))
    }

    /// Takes the newline off the last line if a note says so.
    fn no_newline(&mut self, lines: &mut [(Op, Vec<u8>)]) {
        if self.line(self.at).is_some_and(|l| l.starts_with(b"\\ ")) {
            if let Some((_, last)) = lines.last_mut() {
                last.pop();
            }
            self.at += 1;
        }
    }

    fn unified(&mut self) -> Result<Option<Hunk>, String> {
        let Some(head) = self.line(self.at).and_then(|l| l.strip_prefix(b"@@ -")) else {
            return Ok(None);
        };
        let mut words = head.split(|b| *b == b' ');
        let old = words.next().and_then(range);
        let new = words.next().and_then(|w| w.strip_prefix(b"+")).and_then(range);
        let (Some(old), Some(new)) = (old, new) else {
            return self.malformed(self.at);
        };
        self.at += 1;
        let mut h = Hunk {
            old_start: old.0,
            new_start: new.0,
            lines: Vec::new(),
        };
        let (mut left_old, mut left_new) = (old.1, new.1);
        while left_old > 0 || left_new > 0 {
            let Some(line) = self.lines.get(self.at) else {
                if self.at >= self.lines.len() && left_old.max(left_new) <= 3 {
                    // Trailing context that was lost on the way.
                    break;
                }
                return Err("unexpected end of file in patch".to_string());
            };
            let (op, body): (Op, &[u8]) = match line.first() {
                Some(b' ') => (Op::Keep, &line[1..]),
                Some(b'\t') => (Op::Keep, line),
                Some(b'\n') => (Op::Keep, line),
                Some(b'-') => (Op::Remove, &line[1..]),
                Some(b'+') => (Op::Add, &line[1..]),
                _ => return self.malformed(self.at),
            };
            let fits = match op {
                Op::Keep => left_old > 0 && left_new > 0,
                Op::Remove => left_old > 0,
                Op::Add => left_new > 0,
            };
            if !fits {
                return self.malformed(self.at);
            }
            if op != Op::Add {
                left_old -= 1;
            }
            if op != Op::Remove {
                left_new -= 1;
            }
            let mut body = body.to_vec();
            if !body.ends_with(b"\n") {
                body.push(b'\n');
            }
            h.lines.push((op, body));
            self.at += 1;
            self.no_newline(&mut h.lines);
        }
        Ok(Some(h))
    }

    /// The lines of one half of a context hunk, up to its counterpart.
    fn half(&mut self, count: usize) -> Result<Vec<(u8, Vec<u8>)>, String> {
        let mut all: Vec<(u8, Vec<u8>)> = Vec::new();
        while all.len() < count {
            let Some(line) = self.lines.get(self.at) else { break };
            let mark = line.first().copied().unwrap_or(b' ');
            if !matches!(mark, b' ' | b'!' | b'+' | b'-') || line.starts_with(b"--- ") || line.starts_with(b"***") {
                break;
            }
            let mut body = line.get(2..).unwrap_or(b"\n").to_vec();
            if !body.ends_with(b"\n") {
                body.push(b'\n');
            }
            all.push((mark, body));
            self.at += 1;
            if self.line(self.at).is_some_and(|l| l.starts_with(b"\\ ")) {
                if let Some((_, last)) = all.last_mut() {
                    last.pop();
                }
                self.at += 1;
            }
        }
        Ok(all)
    }

    fn context(&mut self) -> Result<Option<Hunk>, String> {
        if !self.line(self.at).is_some_and(|l| l.starts_with(b"***************")) {
            return Ok(None);
        }
        self.at += 1;
        let span = |line: Option<&[u8]>, open: &[u8], close: &[u8]| -> Option<(usize, usize)> {
            let body = line?.strip_prefix(open)?.strip_suffix(close)?;
            let mut parts = body.splitn(2, |b| *b == b',');
            let number = |t: &[u8]| std::str::from_utf8(t).ok()?.parse::<usize>().ok();
            let from = number(parts.next()?)?;
            let to = match parts.next() {
                Some(to) => number(to)?,
                None => from,
            };
            Some((
                from,
                if from == 0 && to == 0 {
                    0
                } else {
                    (to + 1).saturating_sub(from)
                },
            ))
        };
        let Some((old_start, old_count)) = span(self.line(self.at), b"*** ", b" ****") else {
            return self.malformed(self.at);
        };
        self.at += 1;
        let mut old = self.half(old_count)?;
        let Some((new_start, new_count)) = span(self.line(self.at), b"--- ", b" ----") else {
            return self.malformed(self.at);
        };
        self.at += 1;
        let mut new = self.half(new_count)?;
        // A half without changes is left out; it is what the other half keeps.
        let kept = |half: &[(u8, Vec<u8>)]| half.iter().filter(|(m, _)| *m == b' ').cloned().collect::<Vec<_>>();
        if old.is_empty() && old_count > 0 {
            old = kept(&new);
        }
        if new.is_empty() && new_count > 0 {
            new = kept(&old);
        }
        let mut lines = Vec::new();
        let (mut a, mut b) = (old.into_iter().peekable(), new.into_iter().peekable());
        loop {
            while let Some((_, line)) = a.next_if(|(m, _)| *m != b' ') {
                lines.push((Op::Remove, line));
            }
            while let Some((_, line)) = b.next_if(|(m, _)| *m != b' ') {
                lines.push((Op::Add, line));
            }
            match (a.next(), b.next()) {
                (None, None) => break,
                (Some((_, line)), _) | (None, Some((_, line))) => lines.push((Op::Keep, line)),
            }
        }
        Ok(Some(Hunk {
            old_start,
            new_start,
            lines,
        }))
    }

    fn normal(&mut self) -> Result<Option<Hunk>, String> {
        let Some((a, b, op, c, d)) = self.line(self.at).and_then(normal_command) else {
            return Ok(None);
        };
        self.at += 1;
        let mut lines = Vec::new();
        let mut take = |r: &mut Self, count: usize, mark: &[u8], op: Op| -> Result<(), String> {
            for _ in 0..count {
                let Some(body) = r.lines.get(r.at).and_then(|l| l.strip_prefix(mark)) else {
                    return r.malformed(r.at);
                };
                let mut body = body.to_vec();
                if !body.ends_with(b"\n") {
                    body.push(b'\n');
                }
                lines.push((op, body));
                r.at += 1;
                r.no_newline(&mut lines);
            }
            Ok(())
        };
        if op != b'a' {
            take(self, (b + 1).saturating_sub(a), b"< ", Op::Remove)?;
        }
        if op == b'c' {
            if self.line(self.at) != Some(b"---") {
                return self.malformed(self.at);
            }
            self.at += 1;
        }
        if op != b'd' {
            take(self, (d + 1).saturating_sub(c), b"> ", Op::Add)?;
        }
        Ok(Some(Hunk {
            old_start: a,
            new_start: c,
            lines,
        }))
    }
}
