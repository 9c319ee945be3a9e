//! Statements.

use super::ast::{ArrayRef, Case, Expr, Redirect, Stmt, StmtKind};
use super::token::Tok;
use super::{Parsed, Parser, Section};

/// How and where output goes.
type Target = (Redirect, Expr);

impl Parser<'_> {
    /// `{ statements }`.
    pub(super) fn block(&mut self) -> Parsed<Vec<Stmt>> {
        self.expect(&Tok::LBrace)?;
        let mut body = Vec::new();
        loop {
            while matches!(self.peek(), Tok::Newline | Tok::Semicolon) {
                self.at += 1;
            }
            if self.take(&Tok::RBrace) {
                return Ok(body);
            }
            if *self.peek() == Tok::Eof {
                return Err(self.unexpected());
            }
            body.push(self.statement()?);
        }
    }

    fn statement(&mut self) -> Parsed<Stmt> {
        self.deeper(Self::statement_inner)
    }

    fn statement_inner(&mut self) -> Parsed<Stmt> {
        let place = self.token().place;
        let kind = match self.peek() {
            Tok::LBrace => StmtKind::Block(self.block()?),
            Tok::Semicolon => {
                self.at += 1;
                StmtKind::Block(Vec::new())
            }
            Tok::If => self.if_statement()?,
            Tok::While => {
                self.at += 1;
                let condition = self.condition()?;
                if self.take(&Tok::Semicolon) {
                    StmtKind::While(
                        condition,
                        Box::new(Stmt {
                            kind: StmtKind::Block(Vec::new()),
                            place,
                        }),
                    )
                } else {
                    StmtKind::While(condition, self.loop_body()?)
                }
            }
            Tok::Do => {
                self.at += 1;
                let body = self.loop_body()?;
                while matches!(self.peek(), Tok::Newline | Tok::Semicolon) {
                    self.at += 1;
                }
                self.expect(&Tok::While)?;
                let condition = self.condition()?;
                self.terminator()?;
                StmtKind::DoWhile(body, condition)
            }
            Tok::For => self.for_statement()?,
            Tok::Switch => self.switch_statement()?,
            _ => {
                let statement = self.simple()?;
                self.terminator()?;
                return Ok(statement);
            }
        };
        Ok(Stmt { kind, place })
    }

    /// The end of a simple statement.
    fn terminator(&mut self) -> Parsed<()> {
        match self.peek() {
            Tok::Newline | Tok::Semicolon => {
                self.at += 1;
                Ok(())
            }
            Tok::RBrace => Ok(()),
            _ => Err(self.unexpected()),
        }
    }

    fn condition(&mut self) -> Parsed<Expr> {
        self.expect(&Tok::LParen)?;
        let condition = self.nested_expression()?;
        self.expect(&Tok::RParen)?;
        Ok(condition)
    }

    fn loop_body(&mut self) -> Parsed<Box<Stmt>> {
        self.skip_newlines();
        self.loops += 1;
        let body = self.statement();
        self.loops -= 1;
        Ok(Box::new(body?))
    }

    fn if_statement(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        let condition = self.condition()?;
        self.skip_newlines();
        let then = Box::new(self.statement()?);
        let before = self.at;
        while matches!(self.peek(), Tok::Newline | Tok::Semicolon) {
            self.at += 1;
        }
        if !self.take(&Tok::Else) {
            self.at = before;
            return Ok(StmtKind::If(condition, then, None));
        }
        self.skip_newlines();
        let otherwise = Box::new(self.statement()?);
        Ok(StmtKind::If(condition, then, Some(otherwise)))
    }

    fn for_statement(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        self.expect(&Tok::LParen)?;
        if let (Tok::Name(name), Tok::In) = (self.peek().clone(), self.peek_at(1)) {
            let before = self.at;
            self.at += 2;
            if let Tok::Name(_) = self.peek() {
                let array = self.array_operand()?;
                if self.take(&Tok::RParen) {
                    let variable = Expr::Var(self.variable(name));
                    if self.take(&Tok::Semicolon) {
                        let place = self.token().place;
                        let empty = Box::new(Stmt {
                            kind: StmtKind::Block(Vec::new()),
                            place,
                        });
                        return Ok(StmtKind::ForIn(variable, array, empty));
                    }
                    let body = self.loop_body()?;
                    return Ok(StmtKind::ForIn(variable, array, body));
                }
            }
            self.at = before;
        }
        let start = if *self.peek() == Tok::Semicolon {
            None
        } else {
            Some(Box::new(self.simple()?))
        };
        self.expect(&Tok::Semicolon)?;
        self.skip_newlines();
        let condition = if *self.peek() == Tok::Semicolon {
            None
        } else {
            Some(self.nested_expression()?)
        };
        self.expect(&Tok::Semicolon)?;
        self.skip_newlines();
        let step = if *self.peek() == Tok::RParen {
            None
        } else {
            Some(Box::new(self.simple()?))
        };
        let place = self.token().place;
        self.expect(&Tok::RParen)?;
        let body = if self.take(&Tok::Semicolon) {
            Box::new(Stmt {
                kind: StmtKind::Block(Vec::new()),
                place,
            })
        } else {
            self.loop_body()?
        };
        Ok(StmtKind::For(start, condition, step, body))
    }

    fn switch_statement(&mut self) -> Parsed<StmtKind> {
        self.at += 1;
        let subject = self.condition()?;
        self.skip_newlines();
        self.expect(&Tok::LBrace)?;
        self.switches += 1;
        let mut cases: Vec<(Option<Case>, Vec<Stmt>)> = Vec::new();
        loop {
            while matches!(self.peek(), Tok::Newline | Tok::Semicolon) {
                self.at += 1;
            }
            match self.peek().clone() {
                Tok::RBrace => {
                    self.at += 1;
                    break;
                }
                Tok::Default => {
                    if cases.iter().any(|(case, _)| case.is_none()) {
                        return Err(self.error_here("duplicate `default' detected in switch body"));
                    }
                    self.at += 1;
                    self.expect(&Tok::Colon)?;
                    cases.push((None, Vec::new()));
                }
                Tok::Case => {
                    self.at += 1;
                    let case = self.case_label()?;
                    self.expect(&Tok::Colon)?;
                    cases.push((Some(case), Vec::new()));
                }
                _ => {
                    if cases.is_empty() {
                        return Err(self.unexpected());
                    }
                    let statement = self.statement()?;
                    if let Some((_, body)) = cases.last_mut() {
                        body.push(statement);
                    }
                }
            }
        }
        self.switches -= 1;
        Ok(StmtKind::Switch(subject, cases))
    }

    fn case_label(&mut self) -> Parsed<Case> {
        let negative = self.take(&Tok::Minus);
        if !negative {
            self.take(&Tok::Plus);
        }
        let case = match self.peek().clone() {
            Tok::Number(value) => Case::Value(Expr::Num(if negative { -value } else { value })),
            Tok::Text(text) if !negative => Case::Value(Expr::Text(self.text_slot(text))),
            Tok::Regex(source) | Tok::TypedRegex(source) if !negative => Case::Regex(self.regex_slot(source)),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(case)
    }

    /// A statement that needs a terminator (and may stand in the head of a `for`).
    fn simple(&mut self) -> Parsed<Stmt> {
        let token = self.token().clone();
        let place = token.place;
        let kind = match &token.tok {
            Tok::Print => {
                self.at += 1;
                let (list, target) = self.print_list()?;
                StmtKind::Print(list, target)
            }
            Tok::Printf => {
                self.at += 1;
                let (list, target) = self.print_list()?;
                if list.is_empty() {
                    return Err(self.unexpected());
                }
                StmtKind::Printf(list, target)
            }
            Tok::Next | Tok::NextFile => {
                self.at += 1;
                let name = if token.tok == Tok::Next { "next" } else { "nextfile" };
                let inside = match self.section {
                    Section::Begin => Some("BEGIN"),
                    Section::End => Some("END"),
                    Section::BeginFile if token.tok == Tok::Next => Some("BEGINFILE"),
                    Section::EndFile => Some("ENDFILE"),
                    _ => None,
                };
                if let Some(inside) = inside {
                    return Err(self.error_plain(&token, &format!("`{name}' used in {inside} action")));
                }
                if token.tok == Tok::Next {
                    StmtKind::Next
                } else {
                    StmtKind::NextFile
                }
            }
            Tok::Exit => {
                self.at += 1;
                StmtKind::Exit(self.optional_expression()?)
            }
            Tok::Return => {
                if self.function.is_none() {
                    return Err(self.error_here("`return' used outside function context"));
                }
                self.at += 1;
                StmtKind::Return(self.optional_expression()?)
            }
            Tok::Break => {
                self.at += 1;
                if self.loops == 0 && self.switches == 0 {
                    let message = "`break' is not allowed outside a loop or switch";
                    return Err(self.error_plain(&token, message));
                }
                StmtKind::Break
            }
            Tok::Continue => {
                self.at += 1;
                if self.loops == 0 {
                    return Err(self.error_plain(&token, "`continue' is not allowed outside a loop"));
                }
                StmtKind::Continue
            }
            Tok::Delete => {
                self.at += 1;
                let parenthesised = self.take(&Tok::LParen);
                let array = self.array_operand()?;
                if parenthesised {
                    self.expect(&Tok::RParen)?;
                }
                match array {
                    ArrayRef::Element(subscript) => StmtKind::Delete(*subscript),
                    ArrayRef::Var(_) => StmtKind::DeleteAll(array),
                }
            }
            _ => StmtKind::Expr(self.expression()?),
        };
        Ok(Stmt { kind, place })
    }

    fn optional_expression(&mut self) -> Parsed<Option<Expr>> {
        match self.peek() {
            Tok::Newline | Tok::Semicolon | Tok::RBrace | Tok::Eof => Ok(None),
            _ => Ok(Some(self.expression()?)),
        }
    }

    /// The operands of `print` or `printf`, and where the output goes.
    fn print_list(&mut self) -> Parsed<(Vec<Expr>, Option<Target>)> {
        let mut list = Vec::new();
        if *self.peek() == Tok::LParen && self.parenthesised_list() {
            self.at += 1;
            self.expression_list(&mut list)?;
            self.expect(&Tok::RParen)?;
        } else if !self.print_ends() {
            let saved = std::mem::replace(&mut self.no_greater, true);
            loop {
                list.push(self.expression()?);
                if !self.take(&Tok::Comma) {
                    break;
                }
                self.skip_newlines();
            }
            self.no_greater = saved;
        }
        let kind = match self.peek() {
            Tok::Greater => Redirect::Truncate,
            Tok::Append => Redirect::Append,
            Tok::Pipe => Redirect::Pipe,
            Tok::PipeBoth => Redirect::Coprocess,
            _ => return Ok((list, None)),
        };
        self.at += 1;
        let saved = std::mem::replace(&mut self.no_greater, true);
        let target = self.concatenation()?;
        self.no_greater = saved;
        Ok((list, Some((kind, target))))
    }

    fn print_ends(&self) -> bool {
        matches!(
            self.peek(),
            Tok::Newline
                | Tok::Semicolon
                | Tok::RBrace
                | Tok::Eof
                | Tok::Greater
                | Tok::Append
                | Tok::Pipe
                | Tok::PipeBoth
        )
    }

    /// Whether the `(` at hand closes where the list of a `print` ends, so that it holds the whole list.
    fn parenthesised_list(&self) -> bool {
        let mut depth = 0usize;
        for (index, token) in self.tokens[self.at..].iter().enumerate() {
            match token.tok {
                Tok::LParen => depth += 1,
                Tok::RParen => {
                    depth -= 1;
                    if depth == 0 {
                        return matches!(
                            self.peek_at(index + 1),
                            Tok::Newline
                                | Tok::Semicolon
                                | Tok::RBrace
                                | Tok::RParen
                                | Tok::Eof
                                | Tok::Greater
                                | Tok::Append
                                | Tok::Pipe
                                | Tok::PipeBoth
                        );
                    }
                }
                Tok::Eof => return false,
                _ => {}
            }
        }
        false
    }
}
