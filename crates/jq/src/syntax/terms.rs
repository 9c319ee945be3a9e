//! Terms and their suffixes, object construction, conditionals.

use super::SyntaxError;
use super::ast::{Ast, Entry, EntryKey, Id};
use super::lexer::Token;
use super::parser::{MAX_CHAIN, Parser, Result};
use crate::value::{Number, Value};

impl<'a> Parser<'a> {
    /// A term, or one with `-` or `try` in front.
    pub(super) fn prefix(&mut self) -> Result<Id> {
        match self.peek()? {
            Token::Op("-") => {
                self.take()?;
                let inner = self.nested(Self::prefix)?;
                Ok(match self.tree.node(inner) {
                    Ast::Literal(Value::Number(n)) => {
                        let v = Value::Number(n.negate());
                        self.add(Ast::Literal(v))
                    }
                    _ => self.add(Ast::Neg(inner)),
                })
            }
            Token::Keyword("try") => {
                self.take()?;
                let body = self.nested(Self::prefix)?;
                let handler = if self.accept_word("catch")? {
                    Some(self.nested(Self::prefix)?)
                } else {
                    None
                };
                Ok(self.add(Ast::Try { body, handler }))
            }
            Token::Keyword("def") => self.query(),
            _ => self.postfix(),
        }
    }

    /// A term with its suffixes: `.name`, `[…]`, `?`.
    pub(super) fn postfix(&mut self) -> Result<Id> {
        let mut term = self.term()?;
        let mut chain = 0;
        loop {
            chain += 1;
            if chain > MAX_CHAIN {
                return Err(self.chain_too_long());
            }
            match self.peek()? {
                Token::Field(name) => {
                    self.take()?;
                    term = self.index_name(term, name);
                }
                Token::Op(".") => {
                    self.take()?;
                    match self.take()? {
                        (Token::Quote, _) => {
                            let key = self.string(None)?;
                            term = self.add(Ast::Index { target: term, key });
                        }
                        (Token::Format(f), _) => {
                            let f = f.to_owned();
                            self.expect_quote()?;
                            let key = self.string(Some(f))?;
                            term = self.add(Ast::Index { target: term, key });
                        }
                        (Token::Op("["), _) => term = self.bracket(term)?,
                        (t, s) => return Err(self.unexpected(t, s, "")),
                    }
                }
                Token::Op("[") => {
                    self.take()?;
                    term = self.bracket(term)?;
                }
                Token::Op("?") => {
                    self.take()?;
                    term = self.add(Ast::Try {
                        body: term,
                        handler: None,
                    });
                }
                _ => return Ok(term),
            }
        }
    }

    fn index_name(&mut self, target: Id, name: &str) -> Id {
        let key = self.add(Ast::Literal(Value::from(name)));
        self.add(Ast::Index { target, key })
    }

    /// What follows `[` after a term: nothing, an index or a slice.
    fn bracket(&mut self, target: Id) -> Result<Id> {
        if self.accept("]")? {
            return Ok(self.add(Ast::Iterate(target)));
        }
        if self.accept(":")? {
            let to = self.query()?;
            self.expect("]")?;
            return Ok(self.add(Ast::Slice {
                target,
                from: None,
                to: Some(to),
            }));
        }
        let key = self.query()?;
        if self.accept(":")? {
            let to = if self.peek()? == Token::Op("]") {
                None
            } else {
                Some(self.query()?)
            };
            self.expect("]")?;
            return Ok(self.add(Ast::Slice {
                target,
                from: Some(key),
                to,
            }));
        }
        self.expect("]")?;
        Ok(self.add(Ast::Index { target, key }))
    }

    fn term(&mut self) -> Result<Id> {
        let (token, span) = self.take()?;
        match token {
            Token::Op(".") => match self.peek()? {
                Token::Quote => {
                    self.take()?;
                    let target = self.add(Ast::Identity);
                    let key = self.string(None)?;
                    Ok(self.add(Ast::Index { target, key }))
                }
                Token::Format(f) => {
                    let f = f.to_owned();
                    self.take()?;
                    self.expect_quote()?;
                    let target = self.add(Ast::Identity);
                    let key = self.string(Some(f))?;
                    Ok(self.add(Ast::Index { target, key }))
                }
                _ => Ok(self.add(Ast::Identity)),
            },
            Token::Op("..") => Ok(self.add(Ast::RecurseDefault)),
            Token::Field(name) => {
                let target = self.add(Ast::Identity);
                Ok(self.index_name(target, name))
            }
            Token::Number(text) => {
                let v = Number::parse(text.as_bytes()).map_or(Value::Null, Value::Number);
                Ok(self.add(Ast::Literal(v)))
            }
            Token::Quote => self.string(None),
            Token::Format(name) => {
                let name = name.to_owned();
                if self.peek()? == Token::Quote {
                    self.take()?;
                    self.string(Some(name))
                } else {
                    Ok(self.add(Ast::Format(name)))
                }
            }
            Token::Variable("__loc__") => {
                let line = 1 + self.text()[..span.0].bytes().filter(|b| *b == b'\n').count() as u64;
                Ok(self.add(Ast::Location { line }))
            }
            Token::Variable(name) => Ok(self.add(Ast::Var {
                name: name.to_owned(),
                span,
            })),
            Token::Op("(") => {
                let id = self.query()?;
                self.expect(")")?;
                Ok(id)
            }
            Token::Op("[") => {
                if self.accept("]")? {
                    return Ok(self.add(Ast::Array(None)));
                }
                let body = self.query()?;
                self.expect("]")?;
                Ok(self.add(Ast::Array(Some(body))))
            }
            Token::Op("{") => self.object(),
            Token::Keyword("if") => self.conditional(),
            Token::Keyword("reduce") => {
                let source = self.expression(0)?;
                self.expect_word("as")?;
                let patterns = self.patterns()?;
                self.expect("(")?;
                let init = self.query()?;
                self.expect(";")?;
                let update = self.query()?;
                self.expect(")")?;
                Ok(self.add(Ast::Reduce {
                    source,
                    patterns,
                    init,
                    update,
                }))
            }
            Token::Keyword("foreach") => {
                let source = self.expression(0)?;
                self.expect_word("as")?;
                let patterns = self.patterns()?;
                self.expect("(")?;
                let init = self.query()?;
                self.expect(";")?;
                let update = self.query()?;
                let extract = if self.accept(";")? { Some(self.query()?) } else { None };
                self.expect(")")?;
                Ok(self.add(Ast::Foreach {
                    source,
                    patterns,
                    init,
                    update,
                    extract,
                }))
            }
            Token::Ident("break") if matches!(self.peek()?, Token::Variable(_)) => {
                let name = self.variable_name()?;
                Ok(self.add(Ast::Break {
                    name,
                    span: (span.0, self.lexer.at),
                }))
            }
            Token::Ident("break") => Err(SyntaxError {
                message: "break requires a label to break to".to_owned(),
                span,
            }),
            Token::Ident(name) => {
                let mut args = Vec::new();
                if self.accept("(")? {
                    loop {
                        args.push(self.query()?);
                        if !self.accept(";")? {
                            break;
                        }
                    }
                    self.expect(")")?;
                }
                self.calls.push((name, args.len()));
                Ok(self.add(Ast::Call {
                    name: name.to_owned(),
                    args,
                    span,
                }))
            }
            _ => Err(self.unexpected(token, span, "")),
        }
    }

    fn conditional(&mut self) -> Result<Id> {
        self.nested(|p| {
            let cond = p.query()?;
            p.expect_word("then")?;
            let then = p.query()?;
            let other = match p.take()? {
                (Token::Keyword("elif"), _) => Some(p.conditional()?),
                (Token::Keyword("else"), _) => {
                    let other = p.query()?;
                    p.expect_word("end")?;
                    Some(other)
                }
                (Token::Keyword("end"), _) => None,
                (t, s) => return Err(p.unexpected(t, s, "")),
            };
            Ok(p.add(Ast::If { cond, then, other }))
        })
    }

    fn object(&mut self) -> Result<Id> {
        let mut entries = Vec::new();
        if !self.accept("}")? {
            loop {
                let e = self.entry()?;
                entries.push(e);
                if !self.accept(",")? {
                    break;
                }
                // A trailing comma is allowed since jq 1.7.
                if self.peek()? == Token::Op("}") {
                    break;
                }
            }
            self.expect("}")?;
        }
        Ok(self.add(Ast::Object(entries)))
    }

    fn entry(&mut self) -> Result<Entry> {
        let (token, span) = self.take()?;
        let key = match token {
            Token::Ident(n) | Token::Keyword(n) => EntryKey::Name(n.to_owned()),
            Token::Variable("__loc__") => {
                let line = 1 + self.text()[..span.0].bytes().filter(|b| *b == b'\n').count() as u64;
                let value = self.add(Ast::Location { line });
                return Ok(Entry {
                    key: EntryKey::Name("__loc__".to_owned()),
                    value: Some(value),
                    span,
                });
            }
            Token::Variable(n) => EntryKey::Variable(n.to_owned()),
            Token::Number(text) => {
                let v = Number::parse(text.as_bytes()).map_or(Value::Null, Value::Number);
                EntryKey::Expr(self.add(Ast::Literal(v)))
            }
            Token::Quote => self.string(None).map(|id| self.entry_key(id))?,
            Token::Format(f) => {
                let f = f.to_owned();
                self.expect_quote()?;
                self.string(Some(f)).map(|id| self.entry_key(id))?
            }
            Token::Op("(") => {
                let id = self.query()?;
                self.expect(")")?;
                let key = EntryKey::Expr(id);
                self.expect(":")?;
                let value = Some(self.entry_value()?);
                return Ok(Entry { key, value, span });
            }
            _ => return Err(self.unexpected(token, span, "")),
        };
        let value = if self.accept(":")? {
            Some(self.entry_value()?)
        } else if let EntryKey::Expr(_) = key {
            let (t, s) = self.take()?;
            return Err(self.unexpected(t, s, ""));
        } else {
            None
        };
        Ok(Entry { key, value, span })
    }

    fn entry_key(&self, id: Id) -> EntryKey {
        match self.tree.node(id) {
            Ast::Literal(Value::String(s)) => EntryKey::Name(s.to_string()),
            _ => EntryKey::Str(id),
        }
    }

    /// An object value: an expression without commas, possibly piped.
    fn entry_value(&mut self) -> Result<Id> {
        self.nested(|p| {
            let left = p.expression(0)?;
            if p.accept("|")? {
                let right = p.entry_value()?;
                return Ok(p.add(Ast::Pipe(left, right)));
            }
            Ok(left)
        })
    }
}
