//! `read`, and reading lines from a descriptor without taking more than the line.

use std::sync::Arc;
use std::time::Duration;

use vfs::{Cancel, Errno, VfsError};

use crate::expand::field::Ifs;
use crate::io::OpenFile;
use crate::shell::{Exec, Flow, Shell};
use crate::state::access::AssignError;
use crate::state::value::{Attrs, Value};
use crate::timer::Deadline;

use super::options::{integer, parse};

/// How much is read at once from what can take back the rest.
const CHUNK: usize = 4096;

/// Reads byte by byte, in chunks where the description takes back what is left over.
pub(crate) struct ByteReader {
    file: Arc<dyn OpenFile>,
    cancel: Cancel,
    chunk: bytes::Bytes,
    at: usize,
    seekable: bool,
}

impl ByteReader {
    /// From the present position of `file`.
    pub fn new(file: Arc<dyn OpenFile>, cancel: Cancel) -> Self {
        let seekable = file.seekable();
        Self {
            file,
            cancel,
            chunk: bytes::Bytes::new(),
            at: 0,
            seekable,
        }
    }

    /// The next byte.
    pub fn next(&mut self) -> vfs::Result<Option<u8>> {
        if self.at >= self.chunk.len() {
            self.chunk = self.file.read(if self.seekable { CHUNK } else { 1 }, &self.cancel)?;
            self.at = 0;
        }
        match self.chunk.get(self.at) {
            Some(b) => {
                self.at += 1;
                Ok(Some(*b))
            }
            None => Ok(None),
        }
    }
}

impl Drop for ByteReader {
    fn drop(&mut self) {
        let left = self.chunk.len() - self.at.min(self.chunk.len());
        if left > 0 {
            self.file.give_back(left as u64);
        }
    }
}

impl Shell {
    /// The next line of standard input with its newline; `None` at the end.
    pub(crate) fn read_raw_line(&mut self) -> Result<Option<Vec<u8>>, Flow> {
        let mut reader = ByteReader::new(self.stdin(), self.cancel.clone());
        let mut line = Vec::new();
        loop {
            match reader.next() {
                Ok(Some(b'\n')) => {
                    line.push(b'\n');
                    return Ok(Some(line));
                }
                Ok(Some(b)) => line.push(b),
                Ok(None) | Err(_) if self.cancel.is_cancelled() => return Err(Flow::Stop),
                Ok(None) => return Ok((!line.is_empty()).then_some(line)),
                Err(_) => return Ok(None),
            }
        }
    }

    /// A line for `select`, as `read` would put it into `REPLY`; `None` at the end of input.
    pub(crate) fn read_reply(&mut self) -> Result<Option<Vec<u8>>, Flow> {
        Ok(self.read_raw_line()?.map(|mut l| {
            if l.ends_with(b"\n") {
                l.pop();
            }
            l
        }))
    }
}

/// What to stop at.
struct Wanted {
    delimiter: Option<u8>,
    count: Option<usize>,
    raw: bool,
    utf8: bool,
}

/// Text with the positions that a backslash made ordinary.
#[derive(Default)]
struct Line {
    text: Vec<u8>,
    escaped: Vec<bool>,
}

impl Line {
    fn push(&mut self, b: u8, escaped: bool) {
        self.text.push(b);
        self.escaped.push(escaped);
    }
}

/// Reads up to the delimiter: whether it was found (or the count reached).
fn read_line(reader: &mut ByteReader, w: &Wanted, line: &mut Line) -> vfs::Result<bool> {
    let mut characters = 0;
    let mut pending = 0;
    if w.count == Some(0) {
        return Ok(true);
    }
    loop {
        let Some(b) = reader.next()? else { return Ok(false) };
        if b == b'\\' && !w.raw {
            match reader.next()? {
                None => return Ok(false),
                // A line that goes on.
                Some(b'\n') => continue,
                Some(c) => {
                    if c != 0 {
                        line.push(c, true);
                    }
                }
            }
        } else if Some(b) == w.delimiter {
            return Ok(true);
        } else if b == 0 {
            continue;
        } else {
            line.push(b, false);
        }
        if let Some(count) = w.count {
            // Count whole characters.
            if pending > 0 {
                pending -= 1;
            } else if w.utf8 && b >= 0xc0 {
                pending = match b {
                    0xc0..=0xdf => 1,
                    0xe0..=0xef => 2,
                    _ => 3,
                };
            }
            if pending == 0 {
                characters += 1;
            }
            if characters >= count {
                return Ok(true);
            }
        }
    }
}

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"ersa:d:i:n:N:p:t:u:") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let value = |l: u8| p.options.iter().rev().find(|(o, _)| *o == l).and_then(|(_, v)| *v);
    let names = &args[p.operands..];
    let number = |sh: &Shell, l: u8| -> Result<Option<usize>, u8> {
        match value(l) {
            None => Ok(None),
            Some(v) => match integer(v).and_then(|n| usize::try_from(n).ok()) {
                Some(n) => Ok(Some(n)),
                None => {
                    sh.builtin_error(b"read", [v, b": invalid number"].concat());
                    Err(1)
                }
            },
        }
    };
    let (count, exact) = match (number(sh, b'n'), number(sh, b'N')) {
        (Err(s), _) | (_, Err(s)) => return Ok(s),
        (Ok(n), Ok(exact)) => (exact.or(n), exact.is_some()),
    };
    let timeout = match value(b't') {
        None => None,
        Some(t) => match std::str::from_utf8(t).ok().and_then(|t| t.parse::<f64>().ok()) {
            Some(t) if t >= 0.0 => Some(t),
            _ => {
                sh.builtin_error(b"read", [t, b": invalid timeout specification"].concat());
                return Ok(1);
            }
        },
    };
    let fd = match value(b'u') {
        None => 0,
        Some(u) => match integer(u).and_then(|n| u32::try_from(n).ok()) {
            Some(n) => n,
            None => {
                sh.builtin_error(b"read", [u, b": invalid file descriptor specification"].concat());
                return Ok(1);
            }
        },
    };
    for n in names {
        if let Err(e @ AssignError::Invalid(_)) = sh.parse_target(n) {
            sh.builtin_error(b"read", e.to_string());
            return Ok(1);
        }
    }
    let Some(file) = sh.fd(fd).cloned() else {
        let text = if fd == 0 {
            "read error: 0: Bad file descriptor".to_string()
        } else {
            format!("{fd}: invalid file descriptor: Bad file descriptor")
        };
        sh.builtin_error(b"read", text);
        return Ok(1);
    };
    if timeout == Some(0.0) {
        return Ok(u8::from(!file.ready()));
    }
    let delimiter = match value(b'd') {
        _ if exact => None,
        None => Some(b'\n'),
        Some(d) => Some(d.first().copied().unwrap_or(0)),
    };
    let wanted = Wanted {
        delimiter,
        count,
        raw: p.has(b'r'),
        utf8: sh.utf8(),
    };
    let mut line = Line::default();
    let (cancel, deadline) = match timeout {
        Some(t) => {
            let c = sh.cancel.child();
            let after = Duration::try_from_secs_f64(t).unwrap_or(Duration::MAX);
            let d = Deadline::arm(after, &c);
            (c, d)
        }
        None => (sh.cancel.clone(), None),
    };
    let result = {
        let mut reader = ByteReader::new(file, cancel.clone());
        read_line(&mut reader, &wanted, &mut line)
    };
    drop(deadline);
    let mut status = 0;
    match result {
        Ok(true) => {}
        Ok(false) => status = 1,
        Err(_) if sh.cancel.is_cancelled() => return Err(Flow::Stop),
        Err(e) if e.errno() == Errno::ECANCELED => status = 142,
        Err(e) => {
            report(sh, fd, &e);
            return Ok(1);
        }
    }
    sh.check_memory(line.text.len())?;
    store(sh, names, value(b'a'), line, exact, status)
}

fn report(sh: &mut Shell, fd: u32, e: &VfsError) {
    sh.builtin_error(b"read", format!("read error: {fd}: {}", e.gnu_text()));
}

/// Splits what was read and assigns it.
fn store(sh: &mut Shell, names: &[Vec<u8>], array: Option<&[u8]>, line: Line, exact: bool, status: u8) -> Exec {
    let ifs = sh.ifs();
    if let Some(name) = array {
        let words = if exact { vec![line.text] } else { split_all(&line, &ifs) };
        let scope = sh.vars.scope_of(name).unwrap_or(0);
        if let Some(v) = sh.vars.get(name) {
            if v.attrs.has(Attrs::READONLY) {
                sh.error([name, b": readonly variable"].concat());
                return Ok(1);
            }
            if v.is_assoc() {
                sh.builtin_error(
                    b"read",
                    [name, b": cannot convert associative to indexed array"].concat(),
                );
                return Ok(1);
            }
        }
        let (real, _) = sh.deref_owned(name);
        let scope = sh.vars.scope_of(&real).unwrap_or(scope);
        if let Some(v) = sh.vars.entry_at(scope, &real) {
            v.value = Value::Indexed(words.into());
            v.attrs.insert(Attrs::INDEXED);
        }
        return Ok(status);
    }
    let mut failed = false;
    match names {
        [] => failed |= !sh.set_for(b"read", b"REPLY", line.text)?,
        [first, rest @ ..] if exact => {
            failed |= !sh.set_for(b"read", first, line.text)?;
            for n in rest {
                failed |= !sh.set_for(b"read", n, Vec::new())?;
            }
        }
        names => {
            let mut at = 0;
            skip_spaces(&line, &ifs, &mut at);
            for (i, n) in names.iter().enumerate() {
                let text = if i + 1 == names.len() {
                    rest_of(&line, &ifs, at)
                } else {
                    next_word(&line, &ifs, &mut at)
                };
                failed |= !sh.set_for(b"read", n, text)?;
            }
        }
    }
    Ok(if failed { 1 } else { status })
}

fn skip_spaces(line: &Line, ifs: &Ifs, at: &mut usize) {
    while *at < line.text.len() && !line.escaped[*at] && ifs.is_space(line.text[*at]) {
        *at += 1;
    }
}

/// The next word, with the separator after it consumed.
fn next_word(line: &Line, ifs: &Ifs, at: &mut usize) -> Vec<u8> {
    let start = *at;
    while *at < line.text.len() && (line.escaped[*at] || !ifs.is_separator(line.text[*at])) {
        *at += 1;
    }
    let word = line.text[start..*at].to_vec();
    skip_spaces(line, ifs, at);
    if *at < line.text.len() && !line.escaped[*at] && ifs.is_separator(line.text[*at]) && !ifs.is_space(line.text[*at])
    {
        *at += 1;
        skip_spaces(line, ifs, at);
    }
    word
}

/// What the last variable gets: the rest, without trailing white space and without a single trailing separator.
fn rest_of(line: &Line, ifs: &Ifs, at: usize) -> Vec<u8> {
    let mut end = line.text.len();
    let trim = |end: &mut usize| {
        while *end > at && !line.escaped[*end - 1] && ifs.is_space(line.text[*end - 1]) {
            *end -= 1;
        }
    };
    trim(&mut end);
    // If only one word is left, its separator goes, too.
    let mut probe = at;
    while probe < end && (line.escaped[probe] || !ifs.is_separator(line.text[probe])) {
        probe += 1;
    }
    let word_end = probe;
    while probe < end && !line.escaped[probe] && ifs.is_space(line.text[probe]) {
        probe += 1;
    }
    if probe < end && !line.escaped[probe] && ifs.is_separator(line.text[probe]) {
        probe += 1;
        while probe < end && !line.escaped[probe] && ifs.is_space(line.text[probe]) {
            probe += 1;
        }
        if probe == end {
            return line.text[at..word_end].to_vec();
        }
    }
    line.text[at..end].to_vec()
}

fn split_all(line: &Line, ifs: &Ifs) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut at = 0;
    skip_spaces(line, ifs, &mut at);
    while at < line.text.len() {
        out.push(next_word(line, ifs, &mut at));
    }
    out
}
