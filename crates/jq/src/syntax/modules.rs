//! The top level of a source text: `module`, `import` and `include` directives.

use super::SyntaxError;
use super::ast::{Ast, EntryKey, Id, Import, Module};
use super::lexer::Token;
use super::parser::{Parser, Result};
use crate::value::{Object, Str, Value};

impl Parser<'_> {
    pub(super) fn module(&mut self) -> Result<Module> {
        let mut module = Module::default();
        if self.accept_word("module")? {
            let (_, span) = self.peeked.unwrap_or((Token::End, (self.lexer.at, self.lexer.at)));
            let meta = self.postfix()?;
            match self.constant(meta) {
                Some(v @ Value::Object(_)) => module.metadata = Some(v),
                Some(_) => {
                    return Err(SyntaxError {
                        message: "Module metadata must be an object".to_owned(),
                        span,
                    });
                }
                None => {
                    return Err(SyntaxError {
                        message: "Module metadata must be constant".to_owned(),
                        span,
                    });
                }
            }
            self.expect(";")?;
        }
        while matches!(self.peek()?, Token::Keyword("import" | "include")) {
            let import = self.import()?;
            module.imports.push(import);
        }
        while self.peek()? == Token::Keyword("def") {
            let d = self.definition()?;
            module.definitions.push(d);
        }
        if self.peek()? != Token::End {
            module.main = Some(self.query()?);
        }
        let (token, span) = self.take()?;
        if token != Token::End {
            return Err(self.unexpected(token, span, ", expecting end of file"));
        }
        module.tree = std::mem::take(&mut self.tree);
        Ok(module)
    }

    fn import(&mut self) -> Result<Import> {
        let (word, span) = self.take()?;
        let path = self.constant_string()?;
        let (mut name, mut data) = (None, false);
        if word == Token::Keyword("import") {
            self.expect_word("as")?;
            match self.take()? {
                (Token::Ident(n) | Token::Keyword(n), _) => name = Some(n.to_owned()),
                (Token::Variable(n), _) => {
                    name = Some(n.to_owned());
                    data = true;
                }
                (t, s) => return Err(self.unexpected(t, s, "")),
            }
        }
        let mut metadata = None;
        if self.peek()? != Token::Op(";") {
            let meta = self.postfix()?;
            match self.constant(meta) {
                Some(v @ Value::Object(_)) => metadata = Some(v),
                Some(_) => {
                    return Err(SyntaxError {
                        message: "Module metadata must be an object".to_owned(),
                        span,
                    });
                }
                None => {
                    return Err(SyntaxError {
                        message: "Module metadata must be constant".to_owned(),
                        span,
                    });
                }
            }
        }
        self.expect(";")?;
        Ok(Import {
            path,
            name,
            data,
            metadata,
            span,
        })
    }

    /// The value of a constant expression, as module metadata must be.
    fn constant(&self, id: Id) -> Option<Value> {
        match self.tree.node(id) {
            Ast::Literal(v) => Some(v.clone()),
            Ast::Neg(n) => match self.constant(*n)? {
                Value::Number(n) => Some(Value::Number(n.negate())),
                _ => None,
            },
            Ast::Call { name, args, .. } if args.is_empty() => match name.as_str() {
                "null" => Some(Value::Null),
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                _ => None,
            },
            Ast::Array(None) => Some(Value::array(Vec::new())),
            Ast::Array(Some(body)) => {
                let mut items = Vec::new();
                let mut todo = vec![*body];
                while let Some(id) = todo.pop() {
                    match self.tree.node(id) {
                        Ast::Comma(a, b) => todo.extend([*b, *a]),
                        _ => items.push(self.constant(id)?),
                    }
                }
                Some(Value::array(items))
            }
            Ast::Object(entries) => {
                let mut o = Object::new();
                for e in entries {
                    let key = match &e.key {
                        EntryKey::Name(n) => n.clone(),
                        EntryKey::Expr(k) | EntryKey::Str(k) => self.constant(*k)?.as_str()?.to_owned(),
                        EntryKey::Variable(_) => return None,
                    };
                    o.insert(Str::from(key), self.constant(e.value?)?);
                }
                Some(Value::Object(o))
            }
            _ => None,
        }
    }
}
