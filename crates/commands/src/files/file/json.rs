//! JSON by parsing it (RFC 8259), and JSON in lines.

use super::verdict::Verdict;

/// How deep values may nest.
const DEPTH: usize = 500;

/// JSON, or several values in a row that begin with the same kind of bracket.
pub(super) fn detect(data: &[u8]) -> Option<Verdict> {
    let mut p = Parser { data, at: 0 };
    p.blanks();
    let object = match p.peek()? {
        b'{' => true,
        b'[' => false,
        _ => return None,
    };
    p.value(0)?;
    p.blanks();
    if p.at == data.len() {
        return Some(Verdict::new("JSON text data", "application/json").ext("json"));
    }
    if !object {
        return None;
    }
    while p.at < data.len() {
        if p.peek()? != b'{' {
            return None;
        }
        p.value(0)?;
        p.blanks();
    }
    Some(Verdict::new("New Line Delimited JSON text data", "application/x-ndjson").ext("ndjson"))
}

struct Parser<'a> {
    data: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, b: u8) -> Option<()> {
        (self.peek()? == b).then(|| self.at += 1)
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        self.blanks();
        match self.peek()? {
            b'{' => self.list(depth, b'}', true),
            b'[' => self.list(depth, b']', false),
            b'"' => self.string(),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn list(&mut self, depth: usize, end: u8, named: bool) -> Option<()> {
        self.at += 1;
        self.blanks();
        if self.peek()? == end {
            self.at += 1;
            return Some(());
        }
        loop {
            self.blanks();
            if named {
                self.string()?;
                self.blanks();
                self.take(b':')?;
            }
            self.value(depth + 1)?;
            self.blanks();
            match self.peek()? {
                b',' => self.at += 1,
                b if b == end => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn string(&mut self) -> Option<()> {
        self.take(b'"')?;
        loop {
            let b = self.peek()?;
            self.at += 1;
            match b {
                b'"' => return Some(()),
                0 => return None,
                b'\\' => match self.peek()? {
                    b'u' => {
                        let hex = self.data.get(self.at + 1..self.at + 5)?;
                        if !hex.iter().all(u8::is_ascii_hexdigit) {
                            return None;
                        }
                        self.at += 5;
                    }
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
                    _ => return None,
                },
                _ => {}
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.data[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    fn digits(&mut self) -> usize {
        let n = self.data[self.at..].iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += n;
        n
    }

    fn number(&mut self) -> Option<()> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        let whole = self.digits();
        let mut part = 0;
        if self.peek() == Some(b'.') {
            self.at += 1;
            part = self.digits();
        }
        if whole + part == 0 {
            return None;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return None;
            }
        }
        Some(())
    }
}
