//! The grammar of commands: lists, pipelines, simple commands, functions (bash manual, "Shell Commands"). Compound commands
//! are in [`super::compound`].

use std::sync::Arc;

use bytes::Bytes;

use super::{
    ast::{
        AndOr, AndOrOp, Command, CommandKind, CompleteCommand, CoprocClause, FunctionDef, List, ListItem, Pipeline,
        Redirect, RedirectFd, RedirectOp, SimpleCommand, TimeFormat, Word, WordFlags, WordPart,
    },
    keywords::Keyword,
    machine::{Machine, Parse, class},
    words::WordContext,
};

impl Machine<'_> {
    /// One complete command with the newline that ends it.
    pub fn complete_command(&mut self) -> Parse<Option<CompleteCommand>> {
        self.discard_consumed();
        self.skip_newlines()?;
        if self.at(self.pos) == 0 {
            return Ok(None);
        }
        let start = self.pos;
        let line = self.line();
        let mut list = List::default();
        loop {
            if !self.starts_command()? {
                break;
            }
            let and_or = Arc::new(self.and_or()?);
            self.skip_blanks();
            let c = self.peek();
            let more = self.separator(c);
            list.items.push(ListItem {
                and_or,
                background: more && c == b'&',
                newline: false,
            });
            if !more {
                break;
            }
            self.skip_blanks();
        }
        self.skip_blanks();
        let text_end = self.pos;
        match self.peek() {
            b'\n' => self.newline()?,
            0 if !self.pending.is_empty() => self.read_here_docs()?,
            0 => {}
            _ => return Err(self.unexpected()),
        }
        Ok(Some(CompleteCommand {
            list,
            text: self.src.slice(start.min(text_end)..text_end),
            line,
            warnings: std::mem::take(&mut self.warnings),
        }))
    }

    /// Consumes `;` or `&` if one separates commands here.
    fn separator(&mut self, c: u8) -> bool {
        match c {
            b';' if !matches!(self.peek_second(), b';' | b'&') => {}
            b'&' if self.peek_second() != b'&' => {}
            _ => return false,
        }
        self.bump();
        true
    }

    /// A list inside a compound command or substitution; ends where no further command starts. May be empty.
    pub fn list(&mut self) -> Parse<List> {
        let mut list = List::default();
        loop {
            self.skip_newlines()?;
            if !self.starts_command()? {
                return Ok(list);
            }
            let and_or = Arc::new(self.and_or()?);
            self.skip_blanks();
            let c = self.peek();
            if c == b'\n' {
                list.items.push(ListItem {
                    and_or,
                    background: false,
                    newline: true,
                });
                continue;
            }
            let more = self.separator(c);
            list.items.push(ListItem {
                and_or,
                background: more && c == b'&',
                newline: false,
            });
            if !more {
                return Ok(list);
            }
        }
    }

    /// A list that must not be empty.
    pub fn body(&mut self) -> Parse<List> {
        let list = self.list()?;
        if list.is_empty() {
            Err(self.unexpected())
        } else {
            Ok(list)
        }
    }

    /// True if a command starts at the cursor; expands an alias there first.
    fn starts_command(&mut self) -> Parse<bool> {
        if self.opts.expand_aliases {
            self.expand_alias();
        }
        let c = self.peek();
        if class::OF[c as usize] & class::META != 0 {
            return Ok(match c {
                b'(' | b'<' | b'>' => true,
                b'&' => self.peek_second() == b'>',
                _ => false,
            });
        }
        Ok(!self.keyword().is_some_and(|(keyword, _)| keyword.closes()))
    }

    fn and_or(&mut self) -> Parse<AndOr> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.skip_blanks();
            let op = match self.peek() {
                b'&' if self.peek_second() == b'&' => AndOrOp::And,
                b'|' if self.peek_second() == b'|' => AndOrOp::Or,
                _ => return Ok(AndOr { first, rest }),
            };
            self.bump();
            self.peek();
            self.bump();
            self.skip_newlines()?;
            if !self.starts_command()? {
                return Err(self.unexpected());
            }
            rest.push((op, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Parse<Pipeline> {
        let mut pipeline = Pipeline {
            line: self.line(),
            ..Pipeline::default()
        };
        let mut prefixed = false;
        while let Some((keyword, end)) = self.keyword() {
            match keyword {
                Keyword::Bang => {
                    pipeline.bang = true;
                    pipeline.negated = !pipeline.negated;
                    self.pos = end;
                }
                Keyword::Time if self.time_is_keyword(end) => {
                    self.pos = end;
                    pipeline.time = Some(pipeline.time.unwrap_or(TimeFormat::Default));
                    self.time_options(&mut pipeline);
                }
                _ => break,
            }
            prefixed = true;
            self.end = self.pos;
            self.skip_blanks();
            self.expand_alias();
        }
        if prefixed && matches!(self.peek(), b'\n' | b';' | 0) {
            return Ok(pipeline);
        }
        if prefixed && !self.starts_command()? {
            return Err(self.unexpected());
        }
        loop {
            let mut command = self.nested(Self::command)?;
            self.skip_blanks();
            let piped = self.peek() == b'|' && self.peek_second() != b'|';
            if !piped {
                pipeline.commands.push(Arc::new(command));
                return Ok(pipeline);
            }
            self.bump();
            if self.peek() == b'&' {
                self.bump();
                let line = self.line();
                command.redirects.push(both_to_pipe(line));
            }
            pipeline.commands.push(Arc::new(command));
            self.skip_newlines()?;
            if !self.starts_command()? || matches!(self.keyword(), Some((Keyword::Bang, _))) {
                return Err(self.unexpected());
            }
        }
    }

    /// In POSIX mode `time` followed by an option is a command.
    fn time_is_keyword(&self, end: usize) -> bool {
        if !self.opts.posix {
            return true;
        }
        let mut i = end;
        while matches!(self.at(i), b' ' | b'\t') {
            i += 1;
        }
        self.at(i) != b'-'
    }

    fn time_options(&mut self, pipeline: &mut Pipeline) {
        loop {
            self.skip_blanks();
            let after = |m: &Self, n: usize| class::OF[m.at(m.pos + n) as usize] & class::META != 0;
            if self.src[self.pos..].starts_with(b"-p") && after(self, 2) {
                pipeline.time = Some(TimeFormat::Posix);
            } else if !(self.src[self.pos..].starts_with(b"--") && after(self, 2)) {
                return;
            }
            self.pos += 2;
        }
    }

    /// A command with its redirections. A command is known to start here.
    fn command(&mut self) -> Parse<Command> {
        let start = self.pos;
        let line = self.line();
        let keyword = self.keyword();
        let kind = match keyword {
            Some((Keyword::Function, end)) => self.function_keyword(start, end)?,
            Some((Keyword::Coproc, end)) => self.coproc(end)?,
            Some((keyword, end)) if keyword.opens_compound() => self.compound(keyword, end)?,
            _ if self.peek() == b'(' => self.parenthesis()?,
            _ => return self.simple_command(start, line),
        };
        let redirects = match kind {
            // The redirections after a function's body are the body's.
            CommandKind::Function(_) | CommandKind::Coproc(_) => Vec::new(),
            _ => self.redirects()?,
        };
        Ok(self.finish_command(kind, redirects, start, line))
    }

    fn finish_command(&mut self, kind: CommandKind, redirects: Vec<Redirect>, start: usize, line: u32) -> Command {
        let end = self.end.max(start);
        let end_line = self.line_at(end);
        Command {
            kind,
            redirects,
            line,
            end_line,
            text: self.src.slice(start..end),
        }
    }

    /// Redirections after a compound command.
    fn redirects(&mut self) -> Parse<Vec<Redirect>> {
        let mut redirects = Vec::new();
        loop {
            self.skip_blanks();
            match self.redirect()? {
                Some(redirect) => redirects.push(redirect),
                None => return Ok(redirects),
            }
        }
    }

    /// A compound command that must come next (the body of a function).
    fn compound_body(&mut self) -> Parse<Command> {
        self.skip_newlines()?;
        let start = self.pos;
        let line = self.line();
        let kind = match self.keyword() {
            Some((keyword, end)) if keyword.opens_compound() => self.nested(|m| m.compound(keyword, end))?,
            _ if self.peek() == b'(' => self.nested(Self::parenthesis)?,
            _ => return Err(self.unexpected()),
        };
        let redirects = self.redirects()?;
        Ok(self.finish_command(kind, redirects, start, line))
    }

    fn function(&mut self, name: Bytes, keyword: bool, start: usize) -> Parse<CommandKind> {
        let line = self.line_at(start);
        let body = Arc::new(self.compound_body()?);
        let text = self.src.slice(start..self.end.max(start));
        Ok(CommandKind::Function(Arc::new(FunctionDef {
            name,
            keyword,
            body,
            line,
            text,
        })))
    }

    /// `function name [()] body`.
    fn function_keyword(&mut self, start: usize, end: usize) -> Parse<CommandKind> {
        self.pos = end;
        self.skip_blanks();
        if class::OF[self.peek() as usize] & class::META != 0 {
            return Err(self.unexpected());
        }
        let name = self.read_word(WordContext::default())?.raw;
        self.skip_blanks();
        if self.peek() == b'(' {
            let mark = self.pos;
            self.bump();
            self.skip_blanks();
            if self.peek() == b')' {
                self.bump();
            } else {
                self.pos = mark;
            }
        }
        self.function(name, true, start)
    }

    /// `coproc [name] command`.
    fn coproc(&mut self, end: usize) -> Parse<CommandKind> {
        self.pos = end;
        self.skip_blanks();
        let opens = |m: &mut Self| m.peek() == b'(' || m.keyword().is_some_and(|(keyword, _)| keyword.opens_compound());
        let literal = |text: &'static [u8]| Word {
            parts: vec![WordPart::Literal(Bytes::from_static(text))],
            raw: Bytes::from_static(text),
            ..Word::default()
        };
        if opens(self) {
            let body = Arc::new(self.compound_body()?);
            return Ok(CommandKind::Coproc(CoprocClause {
                name: literal(b"COPROC"),
                body,
            }));
        }
        if !self.starts_command()? {
            return Err(self.unexpected());
        }
        let mark = self.pos;
        let line = self.line();
        if class::OF[self.peek() as usize] & class::META == 0 {
            let name = self.speculate(|m| m.read_word(WordContext::default()))?;
            self.skip_blanks();
            if opens(self) && !(self.peek() == b'(' && self.empty_parens_follow()) {
                let body = Arc::new(self.compound_body()?);
                return Ok(CommandKind::Coproc(CoprocClause { name, body }));
            }
            self.pos = mark;
        }
        let body = Arc::new(self.simple_command(mark, line)?);
        Ok(CommandKind::Coproc(CoprocClause {
            name: literal(b"COPROC"),
            body,
        }))
    }

    fn empty_parens_follow(&self) -> bool {
        let mut i = self.pos + 1;
        while matches!(self.at(i), b' ' | b'\t') {
            i += 1;
        }
        self.at(i) == b')'
    }

    fn simple_command(&mut self, start: usize, line: u32) -> Parse<Command> {
        let mut simple = SimpleCommand::default();
        let mut redirects = Vec::new();
        let mut declares = false;
        loop {
            self.skip_blanks();
            if self.alias_next {
                self.alias_next = false;
                self.expand_alias();
            }
            let c = self.peek();
            let k = class::OF[c as usize];
            if k & class::META != 0 {
                match c {
                    b'<' | b'>' if self.at(self.pos + 1) != b'(' => {}
                    b'<' | b'>' => {
                        simple.words.push(self.read_word(WordContext::default())?);
                        continue;
                    }
                    b'&' if self.peek_second() == b'>' => {}
                    b'(' => {
                        if simple.words.len() == 1 && simple.assignments.is_empty() && redirects.is_empty() {
                            return self.function_or_error(&simple.words[0], start, line);
                        }
                        return Err(self.unexpected());
                    }
                    _ => break,
                }
            }
            if (k & class::META != 0 || c.is_ascii_digit() || c == b'{')
                && let Some(redirect) = self.redirect()?
            {
                redirects.push(redirect);
                continue;
            }
            if simple.words.is_empty() {
                if class::is_name_start(c)
                    && let Some(word) = self.assignment_or_word(&mut simple.assignments)?
                {
                    declares = declares_variables(&word);
                    simple.words.push(word);
                } else if !class::is_name_start(c) {
                    simple.words.push(self.read_word(WordContext::default())?);
                }
            } else {
                let word = self.argument(declares)?;
                simple.words.push(word);
            }
        }
        self.alias_next = false;
        Ok(self.finish_command(CommandKind::Simple(simple), redirects, start, line))
    }

    /// After the first word and an opening parenthesis.
    fn function_or_error(&mut self, name: &Word, start: usize, line: u32) -> Parse<Command> {
        self.bump();
        self.skip_blanks();
        if self.peek() != b')' {
            return Err(self.unexpected());
        }
        self.bump();
        let kind = self.function(name.raw.clone(), false, start)?;
        Ok(self.finish_command(kind, Vec::new(), start, line))
    }
}

/// `2>&1`, which `|&` stands for.
fn both_to_pipe(line: u32) -> Redirect {
    let one = Bytes::from_static(b"1");
    let target = Word {
        parts: vec![WordPart::Literal(one.clone())],
        raw: one,
        assignment: None,
        line,
        flags: WordFlags::default(),
    };
    Redirect {
        fd: Some(RedirectFd::Number(2)),
        op: RedirectOp::DupOutput,
        target,
        here_doc: None,
        line,
    }
}

/// True for the commands after which `name=(` starts a compound assignment among the arguments.
fn declares_variables(word: &Word) -> bool {
    matches!(
        word.as_plain(),
        Some(b"declare" | b"typeset" | b"local" | b"export" | b"readonly" | b"alias" | b"eval" | b"let")
    )
}
