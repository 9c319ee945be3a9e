//! From words to statements.

use std::rc::Rc;

use super::lex::Token;

/// How deep a program may nest.
const DEPTH: usize = 500;

/// Something that can be assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Name(Vec<u8>),
    Element(Vec<u8>, Box<Expr>),
    Scale,
    Ibase,
    Obase,
    Last,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    And,
    Or,
}

/// What is given to a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    Value(Expr),
    Array(Vec<u8>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    Number(Vec<u8>),
    Place(Place),
    Assign(Place, Option<Binary>, Box<Expr>),
    /// Whether it goes up, and whether the value before is meant.
    Step(Place, bool, bool),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    Call(Vec<u8>, Vec<Given>),
    Length(Box<Expr>),
    ScaleOf(Box<Expr>),
    Sqrt(Box<Expr>),
    Read,
    Random,
    /// In brackets: an assignment within is shown.
    Group(Box<Expr>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Printed {
    Text(Vec<u8>),
    Value(Expr),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stmt {
    Expr(Expr),
    Text(Vec<u8>),
    Print(Vec<Printed>),
    If(Expr, Box<Stmt>, Option<Box<Stmt>>),
    While(Expr, Box<Stmt>),
    For(Option<Expr>, Option<Expr>, Option<Expr>, Box<Stmt>),
    Block(Vec<Stmt>),
    Break,
    Continue,
    Return(Option<Expr>),
    Halt,
    Limits,
    Warranty,
    Define(Rc<Function>),
}

/// A name of a function's own: of an array, and one that stands for the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) name: Vec<u8>,
    pub(super) array: bool,
    pub(super) shared: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: Vec<u8>,
    pub(super) void: bool,
    pub(super) parameters: Vec<Own>,
    pub(super) autos: Vec<Own>,
    pub(super) body: Vec<Stmt>,
}

/// A fault in the program: the line and the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault(pub(super) usize, pub(super) String);

/// What came next.
#[derive(Debug)]
pub(super) enum Item {
    Line(Vec<Stmt>),
    Fault(Fault),
    Quit,
    End,
}

/// Reads one line of statements after the other.
pub(super) struct Parser {
    words: Vec<(Token, usize)>,
    at: usize,
    depth: usize,
    loops: usize,
    in_function: bool,
}

type Parsed<T> = Result<T, Option<Fault>>;

impl Parser {
    pub(super) fn new(words: Vec<(Token, usize)>) -> Self {
        Self {
            words,
            at: 0,
            depth: 0,
            loops: 0,
            in_function: false,
        }
    }

    fn peek(&self) -> &Token {
        self.words.get(self.at).map_or(&Token::End, |(t, _)| t)
    }

    fn next(&mut self) -> Token {
        let t = self.peek().clone();
        if self.at < self.words.len() {
            self.at += 1;
        }
        t
    }

    /// The line that the scanner has come to.
    fn line(&self) -> usize {
        let last = self.words.last().map_or(1, |(_, l)| *l);
        match self.words.get(self.at) {
            // The scanner has read the newline when the fault is noticed.
            Some((Token::Newline, l)) => l + 1,
            Some((_, l)) => *l,
            None => last,
        }
    }

    fn wrong<T>(&self) -> Parsed<T> {
        if let Token::Illegal(b) = self.peek() {
            let text = format!("illegal character: {}", char::from(*b));
            return Err(Some(Fault(self.line(), text)));
        }
        Err(Some(Fault(self.line(), "syntax error".into())))
    }

    fn op(&mut self, op: &str) -> bool {
        let found = matches!(self.peek(), Token::Op(o) if *o == op);
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, op: &str) -> Parsed<()> {
        if self.op(op) { Ok(()) } else { self.wrong() }
    }

    fn newlines(&mut self) {
        while *self.peek() == Token::Newline {
            self.at += 1;
        }
    }

    /// The number of words taken so far, from which the rest of the input can be found.
    pub(super) fn item(&mut self) -> Item {
        self.newlines();
        if *self.peek() == Token::End {
            return Item::End;
        }
        (self.depth, self.loops, self.in_function) = (0, 0, false);
        match self.statements() {
            Ok(list) => Item::Line(list),
            Err(None) => Item::Quit,
            Err(Some(fault)) => {
                while !matches!(self.peek(), Token::Newline | Token::End) {
                    self.at += 1;
                }
                Item::Fault(fault)
            }
        }
    }

    /// Statements up to the end of the line, which must be there.
    fn statements(&mut self) -> Parsed<Vec<Stmt>> {
        let mut list = Vec::new();
        loop {
            match self.peek() {
                Token::Newline => {
                    self.at += 1;
                    return Ok(list);
                }
                Token::Op(";") => self.at += 1,
                Token::End => return self.wrong(),
                _ => {
                    list.push(self.statement()?);
                    match self.peek() {
                        Token::Newline | Token::Op(";") => {}
                        _ if matches!(list.last(), Some(Stmt::Define(_))) => {}
                        _ => return self.wrong(),
                    }
                }
            }
        }
    }

    fn nest<T>(&mut self, f: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Some(Fault(self.line(), "nested too deeply".into())));
        }
        let result = crate::deep::deep(|| f(self));
        self.depth -= 1;
        result
    }

    fn statement(&mut self) -> Parsed<Stmt> {
        self.nest(Self::statement_here)
    }

    fn statement_here(&mut self) -> Parsed<Stmt> {
        let word = match self.peek() {
            Token::Text(text) => {
                let text = text.clone();
                self.at += 1;
                return Ok(Stmt::Text(text));
            }
            Token::Op("{") => {
                self.at += 1;
                return Ok(Stmt::Block(self.block()?));
            }
            Token::Keyword(k) => *k,
            _ => return Ok(Stmt::Expr(self.expr()?)),
        };
        // These keywords begin expressions.
        if matches!(
            word,
            "scale" | "ibase" | "obase" | "last" | "length" | "sqrt" | "read" | "random"
        ) {
            return Ok(Stmt::Expr(self.expr()?));
        }
        self.at += 1;
        match word {
            "quit" => Err(None),
            "halt" => Ok(Stmt::Halt),
            "limits" => Ok(Stmt::Limits),
            "warranty" => Ok(Stmt::Warranty),
            "break" if self.loops > 0 => Ok(Stmt::Break),
            "break" => Err(Some(Fault(self.line_before(), "Break outside a for/while".into()))),
            "continue" if self.loops > 0 => Ok(Stmt::Continue),
            "continue" => Err(Some(Fault(self.line_before(), "Continue outside a for".into()))),
            "return" => {
                let bare = matches!(self.peek(), Token::Newline | Token::End | Token::Op(";" | "}"));
                let value = if bare { None } else { Some(self.expr()?) };
                if !self.in_function {
                    return Err(Some(Fault(self.line(), "Return outside of a function.".into())));
                }
                Ok(Stmt::Return(value))
            }
            "print" => {
                let mut list = Vec::new();
                loop {
                    list.push(match self.peek() {
                        Token::Text(text) => {
                            let text = text.clone();
                            self.at += 1;
                            Printed::Text(text)
                        }
                        _ => Printed::Value(self.expr()?),
                    });
                    if !self.op(",") {
                        return Ok(Stmt::Print(list));
                    }
                }
            }
            "if" => {
                self.need("(")?;
                let condition = self.expr()?;
                self.need(")")?;
                self.newlines();
                let then = self.statement()?;
                let mut otherwise = None;
                if *self.peek() == Token::Keyword("else") {
                    self.at += 1;
                    self.newlines();
                    otherwise = Some(Box::new(self.statement()?));
                }
                Ok(Stmt::If(condition, Box::new(then), otherwise))
            }
            "while" => {
                self.need("(")?;
                let condition = self.expr()?;
                self.need(")")?;
                Ok(Stmt::While(condition, Box::new(self.body()?)))
            }
            "for" => {
                self.need("(")?;
                let part = |p: &mut Self, end: &str| -> Parsed<Option<Expr>> {
                    if p.op(end) {
                        return Ok(None);
                    }
                    let e = p.expr()?;
                    p.need(end)?;
                    Ok(Some(e))
                };
                let (a, b, c) = (part(self, ";")?, part(self, ";")?, part(self, ")")?);
                Ok(Stmt::For(a, b, c, Box::new(self.body()?)))
            }
            "define" => self.define(),
            _ => {
                self.at -= 1;
                self.wrong()
            }
        }
    }

    fn line_before(&self) -> usize {
        self.words.get(self.at.saturating_sub(1)).map_or(1, |(_, l)| *l)
    }

    /// The body of a loop.
    fn body(&mut self) -> Parsed<Stmt> {
        self.newlines();
        self.loops += 1;
        let body = self.statement();
        self.loops -= 1;
        body
    }

    /// Statements up to the closing bracket.
    fn block(&mut self) -> Parsed<Vec<Stmt>> {
        let mut list = Vec::new();
        loop {
            match self.peek() {
                Token::Newline | Token::Op(";") => self.at += 1,
                Token::Op("}") => {
                    self.at += 1;
                    return Ok(list);
                }
                Token::End => return self.wrong(),
                _ => {
                    list.push(self.statement()?);
                    if !matches!(self.peek(), Token::Newline | Token::Op(";" | "}")) {
                        return self.wrong();
                    }
                }
            }
        }
    }

    fn own_names(&mut self, end: &Token) -> Parsed<Vec<Own>> {
        let mut list = Vec::new();
        while self.peek() != end {
            if !list.is_empty() {
                self.need(",")?;
            }
            let shared = self.op("*") || self.op("&");
            let Token::Name(name) = self.next() else {
                self.at -= 1;
                return self.wrong();
            };
            let array = self.op("[");
            if array {
                self.need("]")?;
            }
            list.push(Own { name, array, shared });
        }
        Ok(list)
    }

    fn define(&mut self) -> Parsed<Stmt> {
        let void = *self.peek() == Token::Keyword("void");
        self.at += usize::from(void);
        let Token::Name(name) = self.next() else {
            self.at -= 1;
            return self.wrong();
        };
        self.need("(")?;
        let parameters = self.own_names(&Token::Op(")"))?;
        self.need(")")?;
        self.newlines();
        self.need("{")?;
        self.newlines();
        let mut autos = Vec::new();
        if *self.peek() == Token::Keyword("auto") {
            self.at += 1;
            let end = if self.words[self.at..]
                .iter()
                .find(|(t, _)| matches!(t, Token::Newline | Token::Op(";")))
                .is_some_and(|(t, _)| *t == Token::Newline)
            {
                Token::Newline
            } else {
                Token::Op(";")
            };
            autos = self.own_names(&end)?;
        }
        let before = (self.loops, self.in_function);
        (self.loops, self.in_function) = (0, true);
        let body = self.block();
        (self.loops, self.in_function) = before;
        Ok(Stmt::Define(Rc::new(Function {
            name,
            void,
            parameters,
            autos,
            body: body?,
        })))
    }

    fn expr(&mut self) -> Parsed<Expr> {
        self.nest(|p| p.binary(0))
    }

    /// Operators from the weakest: `||`, `&&`, `!`, comparisons, assignments, sums, products, powers.
    fn binary(&mut self, level: usize) -> Parsed<Expr> {
        const LEVELS: [&[(&str, Binary)]; 5] = [
            &[("||", Binary::Or)],
            &[("&&", Binary::And)],
            &[
                ("==", Binary::Equal),
                ("!=", Binary::NotEqual),
                ("<=", Binary::LessEqual),
                (">=", Binary::GreaterEqual),
                ("<", Binary::Less),
                (">", Binary::Greater),
            ],
            &[("+", Binary::Add), ("-", Binary::Sub)],
            &[("*", Binary::Mul), ("/", Binary::Div), ("%", Binary::Mod)],
        ];
        if level == 2 && matches!(self.peek(), Token::Op("!")) {
            self.at += 1;
            let inner = self.nest(|p| p.binary(2))?;
            return Ok(Expr::Not(Box::new(inner)));
        }
        let Some(table) = LEVELS.get(level) else {
            return self.power();
        };
        let mut left = self.binary(level + 1)?;
        loop {
            let found = match self.peek() {
                Token::Op(o) => table.iter().find(|(t, _)| t == o).map(|(_, b)| *b),
                _ => None,
            };
            let Some(op) = found else { return Ok(left) };
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = Expr::Binary(op, Box::new(left), Box::new(right));
        }
    }

    fn power(&mut self) -> Parsed<Expr> {
        let base = self.unary()?;
        if self.op("^") {
            let exponent = self.nest(Self::power)?;
            return Ok(Expr::Binary(Binary::Pow, Box::new(base), Box::new(exponent)));
        }
        Ok(base)
    }

    fn unary(&mut self) -> Parsed<Expr> {
        if self.op("-") {
            let inner = self.nest(Self::unary)?;
            return Ok(Expr::Negate(Box::new(inner)));
        }
        for (op, up) in [("++", true), ("--", false)] {
            if self.op(op) {
                return match self.primary()? {
                    Expr::Place(place) => Ok(Expr::Step(place, up, false)),
                    _ => self.wrong(),
                };
            }
        }
        let e = self.primary()?;
        let Expr::Place(place) = e else { return Ok(e) };
        let Token::Op(op) = *self.peek() else {
            return Ok(Expr::Place(place));
        };
        let assigned = match op {
            "++" | "--" => {
                self.at += 1;
                return Ok(Expr::Step(place, op == "++", true));
            }
            "=" => None,
            "+=" => Some(Binary::Add),
            "-=" => Some(Binary::Sub),
            "*=" => Some(Binary::Mul),
            "/=" => Some(Binary::Div),
            "%=" => Some(Binary::Mod),
            "^=" => Some(Binary::Pow),
            _ => return Ok(Expr::Place(place)),
        };
        self.at += 1;
        // An assignment takes all that is stronger than a comparison.
        let value = self.nest(|p| p.binary(3))?;
        Ok(Expr::Assign(place, assigned, Box::new(value)))
    }

    fn argument(&mut self) -> Parsed<Box<Expr>> {
        self.need("(")?;
        let e = self.expr()?;
        self.need(")")?;
        Ok(Box::new(e))
    }

    fn primary(&mut self) -> Parsed<Expr> {
        match self.next() {
            Token::Number(digits) => Ok(Expr::Number(digits)),
            Token::Op("(") => {
                let e = self.expr()?;
                self.need(")")?;
                Ok(Expr::Group(Box::new(e)))
            }
            Token::Op(".") | Token::Keyword("last") => Ok(Expr::Place(Place::Last)),
            Token::Keyword("ibase") => Ok(Expr::Place(Place::Ibase)),
            Token::Keyword("obase") => Ok(Expr::Place(Place::Obase)),
            Token::Keyword("scale") if *self.peek() == Token::Op("(") => Ok(Expr::ScaleOf(self.argument()?)),
            Token::Keyword("scale") => Ok(Expr::Place(Place::Scale)),
            Token::Keyword("length") => Ok(Expr::Length(self.argument()?)),
            Token::Keyword("sqrt") => Ok(Expr::Sqrt(self.argument()?)),
            Token::Keyword(k @ ("read" | "random")) => {
                self.need("(")?;
                self.need(")")?;
                Ok(if k == "read" { Expr::Read } else { Expr::Random })
            }
            Token::Name(name) => {
                if self.op("[") {
                    let index = self.expr()?;
                    self.need("]")?;
                    return Ok(Expr::Place(Place::Element(name, Box::new(index))));
                }
                if !self.op("(") {
                    return Ok(Expr::Place(Place::Name(name)));
                }
                let mut given = Vec::new();
                while !self.op(")") {
                    if !given.is_empty() {
                        self.need(",")?;
                    }
                    let array = match (self.peek(), self.words.get(self.at + 1), self.words.get(self.at + 2)) {
                        (Token::Name(n), Some((Token::Op("["), _)), Some((Token::Op("]"), _))) => Some(n.clone()),
                        _ => None,
                    };
                    given.push(match array {
                        Some(n) => {
                            self.at += 3;
                            Given::Array(n)
                        }
                        None => Given::Value(self.expr()?),
                    });
                }
                Ok(Expr::Call(name, given))
            }
            _ => {
                self.at = self.at.saturating_sub(1);
                self.wrong()
            }
        }
    }
}
