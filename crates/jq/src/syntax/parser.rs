//! Recursive descent over the grammar of jq 1.8, with operator precedence.

use super::SyntaxError;
use super::ast::{Ast, BinaryOp, Definition, Id, Module, Param, Pattern, PatternKey, Tree, UpdateOp};
use super::lexer::{Lexer, Token};

/// How deeply a program may nest.
const MAX_NESTING: u32 = 3000;
/// How long a chain of operators may get: such a chain nests in the tree, not in the text.
pub(super) const MAX_CHAIN: u32 = 10_000;

pub(super) type Result<T> = std::result::Result<T, SyntaxError>;

/// Parses a program or module.
pub(crate) fn parse(text: &str) -> Result<Module> {
    let mut p = Parser {
        lexer: Lexer::new(text),
        peeked: None,
        tree: Tree::default(),
        depth: 0,
        calls: Vec::new(),
    };
    p.module()
}

pub(super) struct Parser<'a> {
    pub(super) lexer: Lexer<'a>,
    pub(super) peeked: Option<(Token<'a>, (usize, usize))>,
    pub(super) tree: Tree,
    depth: u32,
    /// Name and arity of every call seen so far, to tell which definitions mention themselves.
    pub(super) calls: Vec<(&'a str, usize)>,
}

impl<'a> Parser<'a> {
    pub(super) fn text(&self) -> &'a str {
        self.lexer.text
    }

    /// Where reading goes on; only meaningful while nothing is peeked.
    pub(super) fn position(&self) -> usize {
        self.lexer.at
    }

    pub(super) fn seek(&mut self, at: usize) {
        self.peeked = None;
        self.lexer.at = at;
    }

    pub(super) fn add(&mut self, node: Ast) -> Id {
        self.tree.nodes.push(node);
        Id(u32::try_from(self.tree.nodes.len() - 1).unwrap_or(u32::MAX))
    }

    pub(super) fn peek(&mut self) -> Result<Token<'a>> {
        if self.peeked.is_none() {
            self.peeked = Some(self.lexer.next()?);
        }
        Ok(self.peeked.map_or(Token::End, |p| p.0))
    }

    pub(super) fn take(&mut self) -> Result<(Token<'a>, (usize, usize))> {
        match self.peeked.take() {
            Some(p) => Ok(p),
            None => self.lexer.next(),
        }
    }

    pub(super) fn accept(&mut self, op: &'static str) -> Result<bool> {
        let hit = self.peek()? == Token::Op(op);
        if hit {
            self.peeked = None;
        }
        Ok(hit)
    }

    pub(super) fn accept_word(&mut self, word: &str) -> Result<bool> {
        let hit = self.peek()? == Token::Keyword(word);
        if hit {
            self.peeked = None;
        }
        Ok(hit)
    }

    pub(super) fn expect(&mut self, op: &'static str) -> Result<()> {
        let (token, span) = self.take()?;
        if token == Token::Op(op) {
            Ok(())
        } else {
            Err(self.unexpected(token, span, &format!(", expecting '{op}'")))
        }
    }

    pub(super) fn expect_word(&mut self, word: &'static str) -> Result<()> {
        let (token, span) = self.take()?;
        if token == Token::Keyword(word) {
            Ok(())
        } else {
            Err(self.unexpected(token, span, &format!(", expecting \"{word}\"")))
        }
    }

    /// The `)` of an interpolation: the string goes on right after it.
    pub(super) fn close_interpolation(&mut self) -> Result<()> {
        let (token, span) = self.take()?;
        if token == Token::Op(")") {
            self.seek(span.1);
            Ok(())
        } else {
            Err(self.unexpected(token, span, ""))
        }
    }

    pub(super) fn unexpected(&self, token: Token<'_>, span: (usize, usize), hint: &str) -> SyntaxError {
        let what = match token {
            Token::Ident(_) => "IDENT".to_owned(),
            Token::Keyword(w) => format!("\"{w}\""),
            Token::Field(_) => "FIELD".to_owned(),
            Token::Variable(_) => "BINDING".to_owned(),
            Token::Format(_) => "FORMAT".to_owned(),
            Token::Number(_) => "LITERAL".to_owned(),
            Token::Quote => "QQSTRING_START".to_owned(),
            Token::Op(op) if op.len() == 1 => format!("'{op}'"),
            Token::Op(op) => format!("\"{op}\""),
            Token::End => "end of file".to_owned(),
        };
        SyntaxError {
            message: format!("syntax error, unexpected {what}{hint}"),
            span,
        }
    }

    pub(super) fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_NESTING {
            let at = self.lexer.at;
            return Err(SyntaxError {
                message: "syntax error, memory exhausted".to_owned(),
                span: (at, at),
            });
        }
        self.depth += 1;
        let r = if self.depth.is_multiple_of(16) {
            stacker::maybe_grow(256 * 1024, 1024 * 1024, || f(self))
        } else {
            f(self)
        };
        self.depth -= 1;
        r
    }

    pub(super) fn chain_too_long(&self) -> SyntaxError {
        let at = self.lexer.at;
        SyntaxError {
            message: "syntax error, memory exhausted".to_owned(),
            span: (at, at),
        }
    }

    pub(super) fn definition(&mut self) -> Result<usize> {
        self.nested(|p| {
            p.expect_word("def")?;
            let name = match p.take()? {
                (Token::Ident(n) | Token::Keyword(n), _) => n,
                (t, s) => return Err(p.unexpected(t, s, ", expecting IDENT")),
            };
            let mut params = Vec::new();
            if p.accept("(")? {
                loop {
                    params.push(match p.take()? {
                        (Token::Ident(n) | Token::Keyword(n), _) => Param {
                            name: n.to_owned(),
                            value: false,
                        },
                        (Token::Variable(n), _) => Param {
                            name: n.to_owned(),
                            value: true,
                        },
                        (t, s) => return Err(p.unexpected(t, s, "")),
                    });
                    if !p.accept(";")? {
                        break;
                    }
                }
                p.expect(")")?;
            }
            p.expect(":")?;
            let first_call = p.calls.len();
            let body = p.query()?;
            p.expect(";")?;
            let recursive = p.calls[first_call..].contains(&(name, params.len()));
            let uses = params
                .iter()
                .filter(|q| !q.value)
                .map(|q| {
                    p.calls[first_call..]
                        .iter()
                        .filter(|c| **c == (q.name.as_str(), 0))
                        .count()
                })
                .max()
                .unwrap_or(0);
            p.tree.definitions.push(Definition {
                name: name.to_owned(),
                params,
                body,
                recursive,
                uses,
            });
            Ok(p.tree.definitions.len() - 1)
        })
    }

    /// A pipeline: the widest construct.
    pub(super) fn query(&mut self) -> Result<Id> {
        self.nested(|p| {
            // Pipes nest to the right; collected here so that a long pipeline costs no recursion.
            let mut stages = Vec::new();
            let last = loop {
                match p.peek()? {
                    Token::Keyword("def") => {
                        let definition = p.definition()?;
                        let body = p.query()?;
                        break p.add(Ast::Def { definition, body });
                    }
                    Token::Keyword("label") => {
                        p.take()?;
                        let name = p.variable_name()?;
                        p.expect("|")?;
                        let body = p.query()?;
                        break p.add(Ast::Label { name, body });
                    }
                    _ => {}
                }
                let stage = p.comma()?;
                if p.accept("|")? {
                    stages.push(stage);
                    if stages.len() > MAX_CHAIN as usize {
                        return Err(p.chain_too_long());
                    }
                } else {
                    break stage;
                }
            };
            let mut id = last;
            for s in stages.into_iter().rev() {
                id = p.add(Ast::Pipe(s, id));
            }
            Ok(id)
        })
    }

    fn comma(&mut self) -> Result<Id> {
        let mut left = self.binding()?;
        let mut chain = 0;
        while self.accept(",")? {
            chain += 1;
            if chain > 4 * MAX_CHAIN {
                return Err(self.chain_too_long());
            }
            let right = match self.peek()? {
                Token::Keyword("def" | "label") => self.query()?,
                _ => self.binding()?,
            };
            left = self.add(Ast::Comma(left, right));
        }
        Ok(left)
    }

    /// An expression, or `expression as patterns | body`.
    fn binding(&mut self) -> Result<Id> {
        let source = self.expression(0)?;
        if !self.accept_word("as")? {
            return Ok(source);
        }
        let patterns = self.patterns()?;
        self.expect("|")?;
        let body = self.query()?;
        Ok(self.add(Ast::As { source, patterns, body }))
    }

    pub(super) fn patterns(&mut self) -> Result<Vec<Pattern>> {
        let mut patterns = vec![self.pattern()?];
        while self.accept("?//")? {
            patterns.push(self.pattern()?);
        }
        Ok(patterns)
    }

    fn pattern(&mut self) -> Result<Pattern> {
        self.nested(|p| match p.take()? {
            (Token::Variable(n), _) => Ok(Pattern::Variable(n.to_owned())),
            (Token::Op("["), _) => {
                let mut items = vec![p.pattern()?];
                while p.accept(",")? {
                    items.push(p.pattern()?);
                }
                p.expect("]")?;
                Ok(Pattern::Array(items))
            }
            (Token::Op("{"), _) => {
                let mut entries = Vec::new();
                loop {
                    entries.push(p.pattern_entry()?);
                    if !p.accept(",")? {
                        break;
                    }
                }
                p.expect("}")?;
                Ok(Pattern::Object(entries))
            }
            (t, s) => Err(p.unexpected(t, s, ", expecting BINDING or '[' or '{'")),
        })
    }

    fn pattern_entry(&mut self) -> Result<(PatternKey, Option<Pattern>)> {
        let key = match self.take()? {
            (Token::Variable(n), _) => {
                let key = PatternKey::Variable(n.to_owned());
                let inner = if self.accept(":")? { Some(self.pattern()?) } else { None };
                return Ok((key, inner));
            }
            (Token::Ident(n) | Token::Keyword(n), _) => PatternKey::Name(n.to_owned()),
            (Token::Quote, _) => PatternKey::Expr(self.string(None)?),
            (Token::Format(f), _) => {
                let f = f.to_owned();
                self.expect_quote()?;
                PatternKey::Expr(self.string(Some(f))?)
            }
            (Token::Op("("), _) => {
                let key = self.query()?;
                self.expect(")")?;
                PatternKey::Expr(key)
            }
            (t, s) => return Err(self.unexpected(t, s, "")),
        };
        self.expect(":")?;
        Ok((key, Some(self.pattern()?)))
    }

    pub(super) fn expect_quote(&mut self) -> Result<()> {
        match self.take()? {
            (Token::Quote, _) => Ok(()),
            (t, s) => Err(self.unexpected(t, s, ", expecting QQSTRING_START")),
        }
    }

    pub(super) fn variable_name(&mut self) -> Result<String> {
        match self.take()? {
            (Token::Variable(n), _) => Ok(n.to_owned()),
            (t, s) => Err(self.unexpected(t, s, ", expecting BINDING")),
        }
    }

    /// Operators at or above a binding power. `//` groups to the right, comparison and assignment do not group.
    pub(super) fn expression(&mut self, min: u8) -> Result<Id> {
        self.nested(|p| {
            let mut left = p.prefix()?;
            let mut chain = 0;
            loop {
                let Some((power, grouping)) = p.operator()? else {
                    return Ok(left);
                };
                if power < min {
                    return Ok(left);
                }
                chain += 1;
                if chain > MAX_CHAIN {
                    return Err(p.chain_too_long());
                }
                let (op, _) = p.take()?;
                let right_min = if grouping == Grouping::Right { power } else { power + 1 };
                let right = p.expression(right_min)?;
                left = p.combine(op, left, right);
                if grouping == Grouping::None
                    && let Some((next, _)) = p.operator()?
                    && next == power
                {
                    let (t, s) = p.take()?;
                    return Err(p.unexpected(t, s, ""));
                }
            }
        })
    }

    /// Binding power and grouping of the operator that comes next, if one does.
    fn operator(&mut self) -> Result<Option<(u8, Grouping)>> {
        use Grouping::{Left, None as Non, Right};
        Ok(Some(match self.peek()? {
            Token::Op("//" | "?//") => (1, Right),
            Token::Op("=" | "|=" | "+=" | "-=" | "*=" | "/=" | "%=" | "//=") => (2, Non),
            Token::Keyword("or") => (3, Left),
            Token::Keyword("and") => (4, Left),
            Token::Op("==" | "!=" | "<" | "<=" | ">" | ">=") => (5, Non),
            Token::Op("+" | "-") => (6, Left),
            Token::Op("*" | "/" | "%") => (7, Left),
            _ => return Ok(None),
        }))
    }

    fn combine(&mut self, op: Token<'_>, a: Id, b: Id) -> Id {
        let node = match op {
            Token::Keyword("or") => Ast::Or(a, b),
            Token::Keyword("and") => Ast::And(a, b),
            Token::Op("//") => Ast::Alt(a, b),
            // The lexer takes the longest operator: `a?//b` is `a? // b`.
            Token::Op("?//") => {
                let body = self.add(Ast::Try { body: a, handler: None });
                Ast::Alt(body, b)
            }
            Token::Op("=") => Ast::Update(UpdateOp::Set, a, b),
            Token::Op("|=") => Ast::Update(UpdateOp::Modify, a, b),
            Token::Op("//=") => Ast::Update(UpdateOp::Alt, a, b),
            Token::Op("+=") => Ast::Update(UpdateOp::Arith(BinaryOp::Add), a, b),
            Token::Op("-=") => Ast::Update(UpdateOp::Arith(BinaryOp::Sub), a, b),
            Token::Op("*=") => Ast::Update(UpdateOp::Arith(BinaryOp::Mul), a, b),
            Token::Op("/=") => Ast::Update(UpdateOp::Arith(BinaryOp::Div), a, b),
            Token::Op("%=") => Ast::Update(UpdateOp::Arith(BinaryOp::Mod), a, b),
            Token::Op("==") => Ast::Binary(BinaryOp::Eq, a, b),
            Token::Op("!=") => Ast::Binary(BinaryOp::Ne, a, b),
            Token::Op("<") => Ast::Binary(BinaryOp::Lt, a, b),
            Token::Op("<=") => Ast::Binary(BinaryOp::Le, a, b),
            Token::Op(">") => Ast::Binary(BinaryOp::Gt, a, b),
            Token::Op(">=") => Ast::Binary(BinaryOp::Ge, a, b),
            Token::Op("+") => Ast::Binary(BinaryOp::Add, a, b),
            Token::Op("-") => Ast::Binary(BinaryOp::Sub, a, b),
            Token::Op("*") => Ast::Binary(BinaryOp::Mul, a, b),
            Token::Op("/") => Ast::Binary(BinaryOp::Div, a, b),
            _ => Ast::Binary(BinaryOp::Mod, a, b),
        };
        self.add(node)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Grouping {
    Left,
    Right,
    None,
}
