//! Finds where hunks belong, and puts them there.

use shell::command::{CommandError, Context};

use super::hunk::{Hunk, Op};
use super::read::Patch;
use super::{Settings, say};

/// What became of a file.
pub(super) struct Outcome {
    pub(super) data: Vec<u8>,
    pub(super) rejected: Vec<Hunk>,
    /// The rest was left out after a question.
    pub(super) skipped: bool,
    /// Something did not fit where and as it said.
    pub(super) mismatch: bool,
    /// It was found out that the patch goes the other way.
    pub(super) reversed: bool,
}

struct File<'d> {
    lines: Vec<&'d [u8]>,
    /// The lines before this one have been dealt with.
    frozen: usize,
    blanks: bool,
}

/// Lines with their newlines.
fn split(data: &[u8]) -> Vec<&[u8]> {
    data.split_inclusive(|b| *b == b'\n').collect()
}

/// Whether lines are the same but for the amount of white space.
fn similar(a: &[u8], b: &[u8]) -> bool {
    let words = |l: &[u8]| -> Vec<Vec<u8>> {
        l.split(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
            .filter(|w| !w.is_empty())
            .map(<[u8]>::to_vec)
            .collect()
    };
    words(a) == words(b)
}

impl File<'_> {
    fn matches(&self, hunk: &[&[u8]], at: usize, before: usize, after: usize) -> bool {
        let end = hunk.len() - after;
        if at + end > self.lines.len() {
            return false;
        }
        (before..end).all(|n| {
            let line = self.lines[at + n];
            line == hunk[n] || (self.blanks && similar(line, hunk[n]))
        })
    }

    /// Where the old lines of a hunk are, from 0, leaving out as many lines of context as `fuzz` says.
    fn locate(&self, hunk: &Hunk, guess: isize, fuzz: usize) -> Option<usize> {
        let old = hunk.old();
        let (prefix, suffix) = hunk.context();
        let context = prefix.max(suffix);
        let (before, after) = (
            fuzz as isize + prefix as isize - context as isize,
            fuzz as isize + suffix as isize - context as isize,
        );
        let last = self.lines.len();
        if old.is_empty() {
            return usize::try_from(guess).ok().filter(|g| *g <= last).or(Some(last));
        }
        let skip = |n: isize| n.max(0) as usize;
        let (skip_before, skip_after) = (skip(before).min(old.len()), skip(after));
        if skip_before + skip_after > old.len() {
            return None;
        }
        // With less context at one end the hunk was made at the file's end.
        if before < 0 && hunk.old_start <= 1 {
            let fits = self.frozen == 0 && self.matches(&old, 0, skip_before, skip_after);
            return fits.then_some(0);
        }
        if after < 0 {
            let at = last.checked_sub(old.len())?;
            let fits = at + skip_before >= self.frozen && self.matches(&old, at, skip_before, skip_after);
            return fits.then_some(at);
        }
        let fits = |at: isize| match usize::try_from(at) {
            Ok(at) => at + skip_before >= self.frozen && self.matches(&old, at, skip_before, skip_after),
            Err(_) => false,
        };
        let reach = (guess.unsigned_abs() + last) as isize;
        for distance in 0..=reach {
            for at in [guess + distance, guess - distance] {
                if fits(at) {
                    return usize::try_from(at).ok();
                }
            }
        }
        None
    }
}

/// Applies all hunks.
pub(super) fn apply(cx: &mut Context<'_>, s: &Settings, patch: &Patch, data: &[u8]) -> Result<Outcome, CommandError> {
    let mut o = Outcome {
        data: Vec::with_capacity(data.len()),
        rejected: Vec::new(),
        skipped: false,
        mismatch: false,
        reversed: false,
    };
    let mut file = File {
        lines: split(data),
        frozen: 0,
        blanks: s.blanks,
    };
    let mut reverse = s.reverse;
    let mut anyway = false;
    let (mut offset, mut grown) = (0isize, 0isize);
    for (n, original) in patch.hunks.iter().enumerate() {
        cx.cancel.check()?;
        let mut hunk = if reverse { original.reversed() } else { original.clone() };
        if o.skipped {
            o.rejected.push(hunk);
            continue;
        }
        let (prefix, suffix) = hunk.context();
        let most = s.fuzz.min(prefix.max(suffix));
        let mut found = None;
        let mut fuzz = 0;
        while fuzz <= most {
            let guess = |h: &Hunk| {
                let start = if h.count(Op::Remove) == 0 {
                    h.old_start as isize
                } else {
                    h.old_start as isize - 1
                };
                start + offset
            };
            found = file.locate(&hunk, guess(&hunk), fuzz);
            if found.is_none() && n == 0 && !s.force && !anyway && reverse == s.reverse {
                let other = hunk.reversed();
                if let Some(at) = file.locate(&other, guess(&other), fuzz) {
                    o.mismatch = true;
                    let what = if reverse {
                        "Unreversed"
                    } else {
                        "Reversed (or previously applied)"
                    };
                    if s.forward {
                        say(cx, format!("{what} patch detected!  Skipping patch.\n").as_bytes());
                        o.skipped = true;
                    } else if s.batch {
                        let word = if reverse { "Ignoring -R." } else { "Assuming -R." };
                        say(cx, format!("{what} patch detected!  {word}\n").as_bytes());
                        (reverse, o.reversed, hunk, found) = (!reverse, true, other, Some(at));
                    } else {
                        // Nobody is there to answer, so the answer is no.
                        let word = if reverse { "Ignore -R?" } else { "Assume -R?" };
                        let text =
                            format!("{what} patch detected!  {word} [n] \nApply anyway? [n] \nSkipping patch.\n");
                        say(cx, text.as_bytes());
                        (o.skipped, anyway) = (true, true);
                    }
                    break;
                }
            }
            if found.is_some() {
                break;
            }
            o.mismatch = true;
            fuzz += 1;
        }
        let Some(at) = found else {
            if o.skipped {
                o.mismatch = false;
            } else {
                let line = hunk.old_start as isize + grown;
                say(cx, format!("Hunk #{} FAILED at {line}.\n", n + 1).as_bytes());
            }
            o.rejected.push(hunk);
            continue;
        };
        let start = if hunk.count(Op::Remove) == 0 {
            hunk.old_start as isize
        } else {
            hunk.old_start as isize - 1
        };
        let moved = at as isize - start;
        offset = moved;
        if fuzz > 0 || moved != 0 || s.verbose {
            o.mismatch |= fuzz > 0 || moved != 0;
            if !s.quiet || s.verbose {
                let line = at as isize + 1 + grown;
                let mut text = format!("Hunk #{} succeeded at {line}", n + 1);
                if fuzz > 0 {
                    text.push_str(&format!(" with fuzz {fuzz}"));
                }
                if moved != 0 {
                    text.push_str(&format!(" (offset {moved} line{})", if moved == 1 { "" } else { "s" }));
                }
                text.push_str(".\n");
                say(cx, text.as_bytes());
            }
        }
        for line in &file.lines[file.frozen..at.max(file.frozen)] {
            o.data.extend_from_slice(line);
        }
        let mut position = at;
        for (op, line) in &hunk.lines {
            match op {
                // What stands in the file, which may differ where the match was not exact.
                Op::Keep => {
                    if position >= file.frozen
                        && let Some(own) = file.lines.get(position)
                    {
                        o.data.extend_from_slice(own);
                    }
                    position += 1;
                }
                Op::Remove => position += 1,
                Op::Add => o.data.extend_from_slice(line),
            }
        }
        file.frozen = position.min(file.lines.len());
        grown += hunk.count(Op::Add) as isize - hunk.count(Op::Remove) as isize;
    }
    for line in &file.lines[file.frozen..] {
        o.data.extend_from_slice(line);
    }
    Ok(o)
}
