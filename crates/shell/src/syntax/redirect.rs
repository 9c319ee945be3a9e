//! Redirections and here-documents.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::{
    ast::{HereDoc, HereDocBody, Redirect, RedirectFd, RedirectOp, Warning, Word, WordFlags, WordPart},
    machine::{Machine, Parse, class},
    words::WordContext,
};

impl Machine<'_> {
    /// The redirection at the cursor, if there is one.
    pub fn redirect(&mut self) -> Parse<Option<Redirect>> {
        let start = self.pos;
        let fd = match self.peek() {
            b'0'..=b'9' => match self.redirect_number() {
                Some(number) => Some(RedirectFd::Number(number)),
                None => {
                    self.pos = start;
                    return Ok(None);
                }
            },
            b'{' => match self.redirect_variable() {
                Some(name) => Some(RedirectFd::Variable(name)),
                None => {
                    self.pos = start;
                    return Ok(None);
                }
            },
            _ => None,
        };
        let Some(op) = self.redirect_operator(fd.is_some()) else {
            self.pos = start;
            return Ok(None);
        };
        self.end = self.pos;
        let line = self.line();
        self.skip_blanks();
        let c = self.peek();
        let substitution = matches!(c, b'<' | b'>') && self.at(self.pos + 1) == b'(';
        if class::OF[c as usize] & class::META != 0 && !substitution {
            return Err(self.unexpected());
        }
        if !matches!(op, RedirectOp::DupInput | RedirectOp::DupOutput) && c.is_ascii_digit() {
            // Digits before an operator belong to that one.
            let here = self.pos;
            if self.redirect_number().is_some() {
                let token = self.src.slice(here..self.pos);
                self.pos = here;
                return Err(self.unexpected_token(token));
            }
            self.pos = here;
        }
        let target = self.read_word(WordContext::default())?;
        let here_doc = matches!(op, RedirectOp::HereDoc | RedirectOp::HereDocStripTabs).then(|| {
            let doc = Arc::new(HereDoc {
                delimiter: unquoted(&target),
                expand: !target.is_quoted(),
                strip_tabs: op == RedirectOp::HereDocStripTabs,
                line,
                content: OnceLock::new(),
            });
            self.pending.push(Arc::clone(&doc));
            doc
        });
        Ok(Some(Redirect {
            fd,
            op,
            target,
            here_doc,
            line,
        }))
    }

    /// Digits directly before an operator.
    fn redirect_number(&mut self) -> Option<u32> {
        let mut value = 0u32;
        while let digit @ b'0'..=b'9' = self.peek() {
            value = value.checked_mul(10)?.checked_add(u32::from(digit - b'0'))?;
            self.pos += 1;
        }
        (matches!(self.peek(), b'<' | b'>') && value <= i32::MAX as u32).then_some(value)
    }

    /// `{name}` directly before an operator.
    fn redirect_variable(&mut self) -> Option<Bytes> {
        let start = self.pos + 1;
        let mut i = start;
        if !class::is_name_start(self.at(i)) {
            return None;
        }
        while class::is_name(self.at(i)) {
            i += 1;
        }
        if self.at(i) == b'[' {
            while !matches!(self.at(i), b']' | b'\n' | 0) {
                i += 1;
            }
            i += 1;
        }
        if self.at(i) != b'}' || !matches!(self.at(i + 1), b'<' | b'>') {
            return None;
        }
        self.pos = i + 1;
        Some(self.src.slice(start..i))
    }

    fn redirect_operator(&mut self, has_fd: bool) -> Option<RedirectOp> {
        // Longest first.
        const OPERATORS: [(&[u8], RedirectOp); 12] = [
            (b"<<<", RedirectOp::HereString),
            (b"<<-", RedirectOp::HereDocStripTabs),
            (b"<<", RedirectOp::HereDoc),
            (b"<&", RedirectOp::DupInput),
            (b"<>", RedirectOp::ReadWrite),
            (b"<", RedirectOp::Read),
            (b">>", RedirectOp::Append),
            (b">&", RedirectOp::DupOutput),
            (b">|", RedirectOp::Clobber),
            (b">", RedirectOp::Write),
            (b"&>>", RedirectOp::AppendOutputAndError),
            (b"&>", RedirectOp::OutputAndError),
        ];
        match self.peek() {
            b'<' | b'>' => {}
            b'&' if !has_fd => {}
            _ => return None,
        }
        // A process substitution is a word, even directly after a number.
        if self.at(self.pos + 1) == b'(' {
            return None;
        }
        OPERATORS.iter().find(|(text, _)| self.eat(text)).map(|&(_, op)| op)
    }

    /// Reads the bodies of all pending here-documents, which start at the cursor.
    pub fn read_here_docs(&mut self) -> Parse<()> {
        for doc in std::mem::take(&mut self.pending) {
            let start_line = self.line();
            let raw = self.here_doc_text(&doc, start_line);
            let word = if doc.expand {
                let needs_parsing = memchr::memchr3(b'$', b'`', b'\\', &raw).is_some();
                if needs_parsing {
                    self.nested(|m| {
                        let mut inner = Machine::raw(raw.clone(), start_line, m.aliases, m.opts);
                        inner.depth = m.depth;
                        Ok(inner.here_doc_word())
                    })?
                } else {
                    one_part(WordPart::Literal(raw.clone()), &raw, start_line)
                }
            } else {
                one_part(WordPart::Quoted(raw.clone()), &raw, start_line)
            };
            // Set once: the document was pending until now.
            let _ = doc.content.set(HereDocBody { raw, word });
        }
        Ok(())
    }

    /// The body of one here-document, up to its delimiter line, which is consumed.
    fn here_doc_text(&mut self, doc: &HereDoc, body_line: u32) -> Bytes {
        let start = self.pos;
        // Made only when the text differs from the source.
        let mut copy: Option<Vec<u8>> = None;
        let mut line = Vec::new();
        loop {
            let line_start = self.pos;
            if line_start >= self.src.len() {
                self.warn_unfinished(doc, body_line);
                return copy.map_or_else(|| self.src.slice(start..line_start), Bytes::from);
            }
            let joined = self.here_doc_line(doc.expand, &mut line);
            let line_end = self.pos;
            let physical = &self.src[line_start..line_end];
            let text = if joined { &line[..] } else { physical };
            let tabs = if doc.strip_tabs {
                text.iter().take_while(|&&c| c == b'\t').count()
            } else {
                0
            };
            let text = &text[tabs..];
            let content = text.strip_suffix(b"\n").unwrap_or(text);
            if content == &doc.delimiter[..] {
                return copy.map_or_else(|| self.src.slice(start..line_start), Bytes::from);
            }
            // `$(cat <<X … X)`: the closing parenthesis may follow the delimiter.
            if self.in_subst
                && let Some(rest) = content.strip_prefix(&doc.delimiter[..])
                && rest.contains(&b')')
            {
                self.pos = line_end - rest.len() - (text.len() - content.len());
                self.warn_unfinished(doc, body_line);
                return copy.map_or_else(|| self.src.slice(start..line_start), Bytes::from);
            }
            match &mut copy {
                Some(copy) => copy.extend_from_slice(text),
                None if joined || tabs > 0 => {
                    let mut buffer = self.src[start..line_start].to_vec();
                    buffer.extend_from_slice(text);
                    copy = Some(buffer);
                }
                None => {}
            }
        }
    }

    /// The warning about a document that ends with the input. bash names the line before its body as the place where it
    /// starts, and the last line of the input.
    fn warn_unfinished(&mut self, doc: &HereDoc, body_line: u32) {
        let at_end = self.pos >= self.src.len();
        let line = self.line().saturating_sub(u32::from(at_end));
        let started = body_line.saturating_sub(1);
        let message = [
            format!("warning: here-document at line {started} delimited by end-of-file (wanted `").as_bytes(),
            &doc.delimiter,
            b"')",
        ]
        .concat();
        self.warnings.push(Warning { line, message });
    }

    /// Moves past one line. In an expanding document a backslash joins it with the next; then the joined text is in `line`
    /// and the answer is true.
    fn here_doc_line(&mut self, expand: bool, line: &mut Vec<u8>) -> bool {
        line.clear();
        let mut joined = false;
        loop {
            let from = self.pos;
            let to = memchr::memchr(b'\n', &self.src[from..]).map_or(self.src.len(), |i| from + i + 1);
            self.pos = to;
            let text = &self.src[from..to];
            let continued = expand
                && text.ends_with(b"\\\n")
                && text[..text.len() - 1].iter().rev().take_while(|&&c| c == b'\\').count() % 2 == 1
                && to < self.src.len();
            if continued {
                line.extend_from_slice(&text[..text.len() - 2]);
                joined = true;
                continue;
            }
            if joined {
                line.extend_from_slice(text);
            }
            return joined;
        }
    }
}

fn one_part(part: WordPart, raw: &Bytes, line: u32) -> Word {
    let mut flags = WordFlags::default();
    if matches!(part, WordPart::Quoted(_)) {
        flags.insert(WordFlags::QUOTED);
    }
    Word {
        parts: vec![part],
        raw: raw.clone(),
        assignment: None,
        line,
        flags,
    }
}

/// The delimiter of a here-document: its word with quotes removed and nothing expanded.
fn unquoted(word: &Word) -> Bytes {
    if let [WordPart::Literal(text)] = word.parts.as_slice() {
        return text.clone();
    }
    let mut out = Vec::new();
    remove_quotes(&word.parts, &mut out);
    Bytes::from(out)
}

fn remove_quotes(parts: &[WordPart], out: &mut Vec<u8>) {
    for part in parts {
        match part {
            WordPart::Literal(text) | WordPart::Quoted(text) | WordPart::BadSubst(text) => out.extend_from_slice(text),
            WordPart::DoubleQuoted(inner) => remove_quotes(inner, out),
            WordPart::Tilde(name) => {
                out.push(b'~');
                out.extend_from_slice(name);
            }
            WordPart::Param(expansion) => out.extend_from_slice(&expansion.raw),
            WordPart::Command(command) => out.extend_from_slice(&command.raw),
            WordPart::Arith(expr) => out.extend_from_slice(&expr.word.raw),
            WordPart::Unclosed { text, .. } => out.extend_from_slice(text),
            WordPart::ProcessIn(subst) | WordPart::ProcessOut(subst) => out.extend_from_slice(&subst.raw),
        }
    }
}
