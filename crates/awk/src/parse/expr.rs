//! Operators, from the loosest to the tightest (POSIX XCU awk, "Expressions in awk").

use super::ast::{Arith, Compare, Expr, Input, Pattern, VarRef};
use super::token::Tok;
use super::{MAX_DEPTH, Parsed, Parser};

impl Parser<'_> {
    /// An expression in the context at hand.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.deeper(Self::conditional)
    }

    /// An expression between brackets of some kind, where `in` and `>` mean what they always do.
    pub(super) fn nested_expression(&mut self) -> Parsed<Expr> {
        let saved = (self.no_in, self.no_greater);
        (self.no_in, self.no_greater) = (false, false);
        let inner = self.expression();
        (self.no_in, self.no_greater) = saved;
        inner
    }

    /// Expressions separated by commas, at least one.
    pub(super) fn expression_list(&mut self, list: &mut Vec<Expr>) -> Parsed<()> {
        loop {
            self.skip_newlines();
            list.push(self.nested_expression()?);
            self.skip_newlines();
            if !self.take(&Tok::Comma) {
                return Ok(());
            }
        }
    }

    fn conditional(&mut self) -> Parsed<Expr> {
        let condition = self.or()?;
        if !self.take(&Tok::Question) {
            return Ok(condition);
        }
        self.skip_newlines();
        let yes = self.expression()?;
        self.skip_newlines();
        self.expect(&Tok::Colon)?;
        self.skip_newlines();
        let no = self.expression()?;
        Ok(Expr::Cond(Box::new((condition, yes, no))))
    }

    /// Left-leaning trees count towards the depth too: evaluating them recurses.
    fn chain(&self, length: &mut usize) -> Parsed<()> {
        *length += 1;
        if *length > MAX_DEPTH {
            Err(self.error_here("expression has too many operators"))
        } else {
            Ok(())
        }
    }

    fn or(&mut self) -> Parsed<Expr> {
        let mut left = self.and()?;
        let mut length = 0;
        while *self.peek() == Tok::Or {
            self.at += 1;
            self.chain(&mut length)?;
            self.skip_newlines();
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expr> {
        let mut left = self.membership()?;
        let mut length = 0;
        while *self.peek() == Tok::And {
            self.at += 1;
            self.chain(&mut length)?;
            self.skip_newlines();
            left = Expr::And(Box::new(left), Box::new(self.membership()?));
        }
        Ok(left)
    }

    fn membership(&mut self) -> Parsed<Expr> {
        let mut left = self.matching()?;
        let mut length = 0;
        while *self.peek() == Tok::In && !self.no_in {
            self.at += 1;
            self.chain(&mut length)?;
            let array = self.array_operand()?;
            left = Expr::In(vec![left], array);
        }
        Ok(left)
    }

    fn matching(&mut self) -> Parsed<Expr> {
        let mut left = self.comparison()?;
        let mut length = 0;
        loop {
            let negated = match self.peek() {
                Tok::Match => false,
                Tok::NoMatch => true,
                _ => return Ok(left),
            };
            if matches!(left, Expr::Regex(_)) {
                self.warn_at(self.token().place, "regular expression on left of `~' or `!~' operator");
            }
            self.at += 1;
            self.chain(&mut length)?;
            let right = self.comparison()?;
            left = Expr::Match(Box::new(left), pattern(right), negated);
        }
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let left = self.piped()?;
        let Some(operator) = self.compare_operator() else {
            return Ok(left);
        };
        self.at += 1;
        let right = self.piped()?;
        let compared = Expr::Compare(operator, Box::new(left), Box::new(right));
        // Comparisons do not associate.
        if self.compare_operator().is_some() {
            return Err(self.unexpected());
        }
        Ok(compared)
    }

    fn compare_operator(&self) -> Option<Compare> {
        Some(match self.peek() {
            Tok::Less => Compare::Less,
            Tok::LessEqual => Compare::LessEqual,
            Tok::Equal => Compare::Equal,
            Tok::NotEqual => Compare::NotEqual,
            Tok::GreaterEqual => Compare::GreaterEqual,
            Tok::Greater if !self.no_greater => Compare::Greater,
            _ => return None,
        })
    }

    /// `command | getline` after a concatenation.
    fn piped(&mut self) -> Parsed<Expr> {
        let mut left = self.concatenation()?;
        let mut length = 0;
        while matches!(self.peek(), Tok::Pipe | Tok::PipeBoth) && *self.peek_at(1) == Tok::Getline {
            let both = *self.peek() == Tok::PipeBoth;
            self.at += 2;
            self.chain(&mut length)?;
            let target = self.optional_target()?;
            let source = if both {
                Input::Coprocess
            } else {
                Input::Command(Box::new(left))
            };
            left = Expr::Getline(source, target.map(Box::new));
        }
        Ok(left)
    }

    /// Operands side by side.
    pub(super) fn concatenation(&mut self) -> Parsed<Expr> {
        let first = self.additive()?;
        if !self.operand_follows() {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.operand_follows() {
            parts.push(self.additive()?);
        }
        Ok(Expr::Concat(parts))
    }

    fn operand_follows(&self) -> bool {
        match self.peek() {
            Tok::Number(_)
            | Tok::Text(_)
            | Tok::Regex(_)
            | Tok::TypedRegex(_)
            | Tok::Name(_)
            | Tok::CallName(_)
            | Tok::Builtin(_)
            | Tok::Dollar
            | Tok::At
            | Tok::Not
            | Tok::LParen
            | Tok::Increment
            | Tok::Decrement => true,
            // `"x" in a` inside a `for` head is no concatenation, nor is anything else that is a word.
            _ => false,
        }
    }

    fn additive(&mut self) -> Parsed<Expr> {
        let mut left = self.multiplicative()?;
        let mut length = 0;
        loop {
            let operator = match self.peek() {
                Tok::Plus => Arith::Add,
                Tok::Minus => Arith::Sub,
                _ => return Ok(left),
            };
            self.at += 1;
            self.chain(&mut length)?;
            let right = self.multiplicative()?;
            left = self.arith(operator, left, right)?;
        }
    }

    fn multiplicative(&mut self) -> Parsed<Expr> {
        let mut left = self.unary()?;
        let mut length = 0;
        loop {
            let operator = match self.peek() {
                Tok::Star => Arith::Mul,
                Tok::Slash => Arith::Div,
                Tok::Percent => Arith::Mod,
                _ => return Ok(left),
            };
            self.at += 1;
            self.chain(&mut length)?;
            let right = self.unary()?;
            left = self.arith(operator, left, right)?;
        }
    }

    /// Builds an arithmetic node; constants are computed now.
    fn arith(&self, operator: Arith, left: Expr, right: Expr) -> Parsed<Expr> {
        if let (Expr::Num(a), Expr::Num(b)) = (&left, &right) {
            let value = match operator {
                Arith::Add => a + b,
                Arith::Sub => a - b,
                Arith::Mul => a * b,
                Arith::Div if *b == 0.0 => {
                    return Err(self.error_plain(&self.tokens[self.at - 1], "division by zero attempted"));
                }
                Arith::Mod if *b == 0.0 => {
                    return Err(self.error_plain(&self.tokens[self.at - 1], "division by zero attempted in `%'"));
                }
                Arith::Div => a / b,
                Arith::Mod => a % b,
                Arith::Pow => crate::interp::power(*a, *b),
            };
            return Ok(Expr::Num(value));
        }
        Ok(Expr::Arith(operator, Box::new(left), Box::new(right)))
    }

    fn unary(&mut self) -> Parsed<Expr> {
        match self.peek() {
            Tok::Not => {
                self.at += 1;
                let inner = self.deeper(Self::unary)?;
                Ok(Expr::Not(Box::new(inner)))
            }
            Tok::Minus => {
                self.at += 1;
                let inner = self.deeper(Self::unary)?;
                Ok(match inner {
                    Expr::Num(value) => Expr::Num(-value),
                    inner => Expr::Negate(Box::new(inner)),
                })
            }
            Tok::Plus => {
                self.at += 1;
                let inner = self.deeper(Self::unary)?;
                Ok(Expr::Plus(Box::new(inner)))
            }
            _ => self.power(),
        }
    }

    fn power(&mut self) -> Parsed<Expr> {
        let base = self.postfix()?;
        if *self.peek() != Tok::Caret {
            return Ok(base);
        }
        self.at += 1;
        // Right-associative, and the exponent may carry a sign.
        let exponent = self.deeper(Self::unary)?;
        self.arith(Arith::Pow, base, exponent)
    }

    /// Whether evaluating `expr` can change a variable or read input.
    pub(super) fn is_quiet(expr: &Expr) -> bool {
        match expr {
            Expr::Num(_) | Expr::Text(_) | Expr::Var(_) | Expr::FieldAt(_) | Expr::Regex(_) => true,
            Expr::Field(inner) | Expr::Not(inner) | Expr::Negate(inner) | Expr::Plus(inner) => Self::is_quiet(inner),
            Expr::Element(subscript) => subscript.index.iter().all(Self::is_quiet),
            Expr::Arith(_, left, right)
            | Expr::Compare(_, left, right)
            | Expr::And(left, right)
            | Expr::Or(left, right) => Self::is_quiet(left) && Self::is_quiet(right),
            Expr::Concat(parts) => parts.iter().all(Self::is_quiet),
            Expr::Cond(parts) => Self::is_quiet(&parts.0) && Self::is_quiet(&parts.1) && Self::is_quiet(&parts.2),
            Expr::Builtin(builtin, arguments) => {
                use super::token::Builtin::{Index, Int, Length, Sprintf, Substr, Tolower, Toupper};
                matches!(builtin, Index | Int | Length | Sprintf | Substr | Tolower | Toupper)
                    && arguments.iter().all(Self::is_quiet)
            }
            _ => false,
        }
    }

    /// `left = right`, with `v = v x` turned into an append.
    pub(super) fn assignment(left: Expr, right: Expr) -> Expr {
        if let (Expr::Var(target), Expr::Concat(parts)) = (&left, &right)
            && let Some(Expr::Var(first)) = parts.first()
            && first == target
            && !matches!(target, VarRef::Global(slot) if *slot < super::special::COUNT)
            && parts[1..].iter().all(Self::is_quiet)
        {
            let mut rest = parts[1..].to_vec();
            let tail = match rest.pop() {
                Some(only) if rest.is_empty() => only,
                Some(last) => {
                    rest.push(last);
                    Expr::Concat(rest)
                }
                None => return Expr::Assign(Box::new(left), Box::new(right)),
            };
            return Expr::Append(Box::new(left), Box::new(tail));
        }
        Expr::Assign(Box::new(left), Box::new(right))
    }
}

/// An operand of `~`: a constant regular expression, or anything that computes one.
pub(super) fn pattern(expr: Expr) -> Pattern {
    match expr {
        Expr::Regex(index) | Expr::TypedRegex(index) => Pattern::Static(index),
        expr => Pattern::Dynamic(Box::new(expr)),
    }
}
