//! Compound commands.

use std::sync::Arc;

use super::{
    arithmetic::ArithEnd,
    ast::{
        ArithExpr, ArithForClause, CaseClause, CaseEnd, CaseItem, CommandKind, ForClause, IfClause, List, WhileClause,
        Word,
    },
    error::SyntaxError,
    keywords::Keyword,
    machine::{Machine, Parse, class},
    words::WordContext,
};

impl Machine<'_> {
    /// The compound command that starts with `keyword`, which ends at `end`.
    pub fn compound(&mut self, keyword: Keyword, end: usize) -> Parse<CommandKind> {
        let start = self.pos;
        self.pos = end;
        self.end = end;
        Ok(match keyword {
            Keyword::OpenBrace => {
                let list = self.body()?;
                self.expect_keyword(Keyword::CloseBrace)?;
                CommandKind::Brace(list)
            }
            Keyword::If => CommandKind::If(self.if_clause()?),
            Keyword::While | Keyword::Until => {
                let condition = self.body()?;
                self.expect_keyword(Keyword::Do)?;
                let body = self.body()?;
                self.expect_keyword(Keyword::Done)?;
                CommandKind::While(WhileClause {
                    until: keyword == Keyword::Until,
                    condition,
                    body,
                })
            }
            Keyword::For => self.for_clause(start)?,
            Keyword::Select => {
                self.skip_blanks();
                CommandKind::Select(self.for_in()?)
            }
            Keyword::Case => CommandKind::Case(self.case_clause()?),
            Keyword::OpenCond => CommandKind::Cond(self.cond_command()?),
            _ => return Err(self.unexpected()),
        })
    }

    /// `( list )` or `(( expression ))`.
    pub fn parenthesis(&mut self) -> Parse<CommandKind> {
        let start = self.pos;
        self.bump();
        if self.peek() == b'('
            && let Some(expr) = self.try_double_paren(start)?
        {
            return Ok(CommandKind::Arith(expr));
        }
        let list = self.body()?;
        if self.peek() != b')' {
            return Err(self.unexpected());
        }
        self.bump();
        Ok(CommandKind::Subshell(Arc::new(list)))
    }

    fn if_clause(&mut self) -> Parse<IfClause> {
        let mut clause = IfClause::default();
        loop {
            let condition = self.body()?;
            self.expect_keyword(Keyword::Then)?;
            let body = self.body()?;
            clause.branches.push((condition, body));
            if self.eat_keyword(Keyword::Elif) {
                continue;
            }
            if self.eat_keyword(Keyword::Else) {
                clause.otherwise = Some(self.body()?);
            }
            self.expect_keyword(Keyword::Fi)?;
            return Ok(clause);
        }
    }

    fn for_clause(&mut self, start: usize) -> Parse<CommandKind> {
        self.skip_blanks();
        if self.peek() == b'(' && self.peek_second() == b'(' {
            return self.arith_for(start);
        }
        Ok(CommandKind::For(self.for_in()?))
    }

    /// Name, words and body of `for` and `select`.
    fn for_in(&mut self) -> Parse<ForClause> {
        if class::OF[self.peek() as usize] & class::META != 0 {
            return Err(self.unexpected());
        }
        let name = self.read_word(WordContext::default())?.raw;
        self.skip_newlines()?;
        let mut words = None;
        if self.eat_keyword(Keyword::In) {
            let mut list = Vec::new();
            loop {
                self.skip_blanks();
                let c = self.peek();
                let substitution = matches!(c, b'<' | b'>') && self.at(self.pos + 1) == b'(';
                if class::OF[c as usize] & class::META == 0 || substitution {
                    list.push(self.argument(false)?);
                } else if c == b'\n' || c == b';' && !matches!(self.peek_second(), b';' | b'&') {
                    break;
                } else {
                    return Err(self.unexpected());
                }
            }
            if self.peek() == b';' {
                self.bump();
            }
            words = Some(list);
        } else if self.peek() == b';' {
            self.bump();
        }
        self.skip_newlines()?;
        Ok(ForClause {
            name,
            words,
            body: self.loop_body()?,
        })
    }

    /// `do list done` or `{ list }`.
    fn loop_body(&mut self) -> Parse<List> {
        let close = if self.eat_keyword(Keyword::Do) {
            Keyword::Done
        } else if self.eat_keyword(Keyword::OpenBrace) {
            Keyword::CloseBrace
        } else {
            return Err(self.unexpected());
        };
        let list = self.body()?;
        self.expect_keyword(close)?;
        Ok(list)
    }

    /// `for (( init; condition; step ))`.
    fn arith_for(&mut self, start: usize) -> Parse<CommandKind> {
        let open = self.pos;
        self.bump();
        self.peek();
        self.bump();
        let inside = self.pos;
        let mut parts: Vec<Option<ArithExpr>> = Vec::with_capacity(3);
        loop {
            let expr = self.arith_text(ArithEnd::ForPart, start)?;
            let blank = expr
                .as_static()
                .is_some_and(|text| text.iter().all(u8::is_ascii_whitespace));
            parts.push((!blank).then_some(expr));
            let closed = self.at(self.pos) == b')';
            self.pos += 1;
            if closed {
                break;
            }
        }
        let text_end = self.pos - 1;
        if self.peek() != b')' {
            return Err(self.unexpected());
        }
        self.bump();
        if parts.len() != 3 {
            let reason: &[u8] = if parts.len() < 3 {
                b"syntax error: arithmetic expression required"
            } else {
                b"syntax error: `;' unexpected"
            };
            let mut error = self.error_at(open, reason.to_vec());
            error.detail = Some([b"syntax error: `((", &self.src[inside..text_end], b"))'"].concat());
            return Err(error);
        }
        self.skip_blanks();
        if self.peek() == b';' && !matches!(self.peek_second(), b';' | b'&') {
            self.bump();
        }
        self.skip_newlines()?;
        let body = self.loop_body()?;
        let mut parts = parts.into_iter();
        let mut next = || parts.next().flatten();
        Ok(CommandKind::ArithFor(ArithForClause {
            init: next(),
            condition: next(),
            step: next(),
            body,
        }))
    }

    fn case_clause(&mut self) -> Parse<CaseClause> {
        self.skip_blanks();
        let word = self.plain_word()?;
        self.skip_newlines()?;
        self.expect_keyword(Keyword::In)?;
        let mut items = Vec::new();
        loop {
            self.skip_newlines()?;
            if self.peek() == b'(' {
                self.bump();
                self.skip_blanks();
            } else if self.eat_keyword(Keyword::Esac) {
                return Ok(CaseClause { word, items });
            }
            let patterns = self.case_patterns()?;
            let body = self.list()?;
            let (end, length) = match (self.peek(), self.peek_second()) {
                (b';', b';') => {
                    let third = self.src[self.pos..].starts_with(b";;&");
                    (
                        if third { CaseEnd::Continue } else { CaseEnd::Break },
                        if third { 3 } else { 2 },
                    )
                }
                (b';', b'&') => (CaseEnd::FallThrough, 2),
                _ => {
                    self.expect_keyword(Keyword::Esac)?;
                    items.push(CaseItem {
                        patterns,
                        body,
                        end: CaseEnd::Break,
                    });
                    return Ok(CaseClause { word, items });
                }
            };
            for _ in 0..length {
                self.peek();
                self.bump();
            }
            items.push(CaseItem { patterns, body, end });
        }
    }

    fn case_patterns(&mut self) -> Parse<Vec<Word>> {
        let mut patterns = Vec::new();
        loop {
            self.skip_blanks();
            patterns.push(self.plain_word()?);
            self.skip_blanks();
            match self.peek() {
                b'|' if self.peek_second() != b'|' => self.bump(),
                b')' => {
                    self.bump();
                    return Ok(patterns);
                }
                _ => return Err(self.unexpected()),
            }
        }
    }

    /// A word that must come next.
    pub fn plain_word(&mut self) -> Parse<Word> {
        let c = self.peek();
        let substitution = matches!(c, b'<' | b'>') && self.at(self.pos + 1) == b'(';
        if class::OF[c as usize] & class::META != 0 && !substitution {
            return Err(self.unexpected());
        }
        self.read_word(WordContext::default())
    }

    /// A failure inside `[[ ]]`: the line is that of the cursor.
    pub fn cond_error(&mut self, message: Vec<u8>) -> Box<SyntaxError> {
        let pos = self.pos;
        let mut error = self.error_at(pos, message);
        error.kind = super::error::ErrorKind::Conditional;
        error.incomplete = self.at(pos) == 0;
        error
    }
}
