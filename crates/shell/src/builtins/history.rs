//! `history` and `fc`: the lines that the session was given.

use bytes::Bytes;
use vfs::Errno;

use crate::shell::{Exec, Shell};
use crate::state::options::SetOpt;

use super::options::parse;

/// `history [-c] [-d offset] [n]`, `history -anrw [filename]`, `history -ps arg [arg...]`.
pub(super) fn history(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let parsed = match parse(sh, args, b"cd:anrwps") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let operands = &args[parsed.operands..];
    let file_options = parsed.options.iter().filter(|(l, _)| b"anrw".contains(l)).count();
    if file_options > 1 {
        sh.builtin_error(b"history", "cannot use more than one of -anrw");
        return Ok(1);
    }
    if parsed.has(b'c') {
        sh.history_mut().clear();
        if operands.is_empty() && file_options == 0 {
            return Ok(0);
        }
    }
    if let Some(offset) = parsed.value(b'd') {
        return delete(sh, offset);
    }
    if parsed.has(b's') {
        if !operands.is_empty() {
            let line = operands.join(&b' ');
            sh.history_mut().push(line.into());
        }
        return Ok(0);
    }
    if parsed.has(b'p') {
        // No history expansion happens in a script, so what is expanded is what was given.
        let mut text = Vec::new();
        for operand in operands {
            text.extend_from_slice(operand);
            text.push(b'\n');
        }
        return sh.put(b"history", &text);
    }
    if file_options > 0 {
        let operand = operands.first().cloned();
        let letter = parsed
            .options
            .iter()
            .map(|(l, _)| *l)
            .find(|l| b"anrw".contains(l))
            .unwrap_or(b'r');
        return with_file(sh, letter, operand);
    }
    let lines = sh.history.len();
    let from = match operands.first() {
        None => 0,
        Some(_) if operands.len() > 1 => {
            sh.builtin_error(b"history", "too many arguments");
            return Ok(1);
        }
        Some(n) => match std::str::from_utf8(n).ok().and_then(|s| s.parse::<usize>().ok()) {
            Some(n) => lines.saturating_sub(n),
            None => {
                sh.builtin_error(b"history", [&n[..], b": numeric argument required"].concat());
                return Ok(1);
            }
        },
    };
    let mut text = Vec::new();
    for (i, line) in sh.history.iter().enumerate().skip(from) {
        text.extend(format!("{:5}  ", i + 1).bytes());
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    sh.put(b"history", &text)
}

/// `history -d offset` or `-d start-end`; negative offsets count from the end.
fn delete(sh: &mut Shell, offset: &[u8]) -> Exec {
    let len = sh.history.len() as i64;
    let place = |text: &str| -> Option<usize> {
        let n = text.parse::<i64>().ok()?;
        let at = if n < 0 { len + n } else { n - 1 };
        (0..len).contains(&at).then_some(at as usize)
    };
    let text = String::from_utf8_lossy(offset).into_owned();
    let range = match text[1.min(text.len())..].find('-').map(|at| at + 1) {
        Some(dash) => place(&text[..dash]).zip(place(&text[dash + 1..])),
        None => place(&text).map(|at| (at, at)),
    };
    match range.filter(|(a, b)| a <= b) {
        Some((a, b)) => {
            sh.history_mut().drain(a..=b);
            Ok(0)
        }
        None => {
            sh.builtin_error(b"history", format!("{text}: history position out of range"));
            Ok(1)
        }
    }
}

fn with_file(sh: &mut Shell, letter: u8, operand: Option<Vec<u8>>) -> Exec {
    let name = operand.unwrap_or_else(|| sh.var_text(b"HISTFILE"));
    if name.is_empty() {
        return Ok(0);
    }
    let result = sh.path(&name).and_then(|path| match letter {
        b'r' | b'n' => {
            let content = sh.fs().read_all(&path)?;
            let lines = content
                .split(|b| *b == b'\n')
                .filter(|l| !l.is_empty())
                .map(Bytes::copy_from_slice);
            sh.history_mut().extend(lines);
            Ok(())
        }
        _ => {
            let mut text = sh.history.join(&b'\n');
            if !text.is_empty() {
                text.push(b'\n');
            }
            if letter == b'a' {
                sh.fs().append(&path, Bytes::from(text))
            } else {
                sh.fs().write_all(&path, Bytes::from(text))
            }
        }
    });
    match result {
        Ok(()) => Ok(0),
        Err(e) if e.errno() == Errno::ECANCELED => Err(crate::shell::Flow::Stop),
        Err(e) => {
            sh.builtin_error(b"history", [&name[..], b": ", e.gnu_text().as_bytes()].concat());
            Ok(1)
        }
    }
}

/// `fc [-e ename] [-lnr] [first] [last]` or `fc -s [pat=rep] [command]`. There is no editor to call, so only listing and
/// re-running work.
pub(super) fn fc(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    // `-5` is a place in the list, not an option.
    let options = 1 + args
        .iter()
        .skip(1)
        .take_while(|a| a.len() > 1 && a[0] == b'-' && !a[1].is_ascii_digit())
        .count();
    let parsed = match parse(sh, &args[..options], b"e:lnrs") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let operands = [&args[parsed.operands.min(options)..options], &args[options..]].concat();
    let (list, plain, reverse, rerun) = (parsed.has(b'l'), parsed.has(b'n'), parsed.has(b'r'), parsed.has(b's'));
    // The line that holds the `fc` itself does not count.
    let len = sh.history.len() as i64 - i64::from(sh.recorded);
    let place = |text: &[u8]| -> Option<i64> {
        match std::str::from_utf8(text).ok().and_then(|s| s.parse::<i64>().ok()) {
            Some(n) if n <= 0 => Some((len + n - i64::from(n == 0)).max(0)),
            Some(n) => Some((n - 1).min(len - 1)),
            None => sh.history[..len.max(0) as usize]
                .iter()
                .rposition(|l| l.starts_with(text))
                .map(|at| at as i64),
        }
    };
    if rerun || !list {
        let mut operands = operands.iter().peekable();
        let replace = operands.next_if(|o| rerun && o.contains(&b'=')).cloned();
        let at = match operands.next() {
            Some(o) => place(o),
            None => (len > 0).then_some(len - 1),
        };
        let Some(line) = at.and_then(|at| sh.history.get(usize::try_from(at).ok()?)).cloned() else {
            sh.builtin_error(b"fc", "no command found");
            return Ok(1);
        };
        if !rerun {
            sh.builtin_error(b"fc", "no editor is available; use fc -s to run a command again");
            return Ok(1);
        }
        let line = match replace {
            Some(r) => {
                let at = r.iter().position(|b| *b == b'=').unwrap_or(0);
                bstr::ByteSlice::replacen(&line[..], &r[..at], &r[at + 1..], 1)
            }
            None => line.to_vec(),
        };
        sh.write_error(&[&line[..], b"\n"].concat());
        sh.history_mut().push(line.clone().into());
        let at = sh.line;
        return sh.run_text(line.into(), at);
    }
    if len == 0 {
        return Ok(0);
    }
    let first = operands.first().map_or(Some((len - 16).max(0)), |o| place(o));
    let last = operands.get(1).map_or(Some(len - 1), |o| place(o));
    let (Some(first), Some(last)) = (first, last) else {
        sh.builtin_error(b"fc", "history specification out of range");
        return Ok(1);
    };
    let mut rows: Vec<i64> = (first.min(last)..=first.max(last)).collect();
    if reverse || first > last {
        rows.reverse();
    }
    let mut text = Vec::new();
    for at in rows {
        let Some(line) = usize::try_from(at).ok().and_then(|i| sh.history.get(i)) else {
            continue;
        };
        if !plain {
            text.extend((at + 1).to_string().bytes());
        }
        text.extend_from_slice(b"\t ");
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    sh.put(b"fc", &text)
}

impl Shell {
    /// Puts a command into the history before it runs, where history is kept (`set -o history`, `bash -i`). `HISTCONTROL` and
    /// `HISTIGNORE` may keep it out.
    pub(crate) fn record_line(&mut self, text: &[u8]) {
        self.recorded = false;
        let text = text.trim_ascii_end();
        if !self.on(SetOpt::History) || text.is_empty() {
            return;
        }
        let control = self.var_text(b"HISTCONTROL");
        let wants = |word: &[u8]| control.split(|b| *b == b':').any(|c| c == word || c == b"ignoreboth");
        if wants(b"ignorespace") && text.starts_with(b" ") {
            return;
        }
        if wants(b"ignoredups") && self.history.last().is_some_and(|l| l == text) {
            return;
        }
        let ignored = self.var_text(b"HISTIGNORE");
        for pattern in ignored.split(|b| *b == b':').filter(|p| !p.is_empty()) {
            if pattern == b"&" && self.history.last().is_some_and(|l| l == text) {
                return;
            }
            let options = pattern::glob::GlobOptions::default();
            if pattern::glob::Pattern::new(pattern, &options).is_ok_and(|p| p.matches(text)) {
                return;
            }
        }
        if control.split(|b| *b == b':').any(|c| c == b"erasedups") {
            self.history_mut().retain(|l| l != text);
        }
        self.history_mut().push(Bytes::copy_from_slice(text));
        self.recorded = true;
        let most = std::str::from_utf8(&self.var_text(b"HISTSIZE"))
            .ok()
            .and_then(|n| n.parse::<usize>().ok());
        if let Some(most) = most {
            let excess = self.history.len().saturating_sub(most);
            self.history_mut().drain(..excess);
        }
    }
}
