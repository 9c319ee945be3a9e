//! Operands: constants, variables, fields, calls, groups.

use super::ast::{Arith, ArrayRef, Expr, Input, Subscript, VarRef};
use super::expr::pattern;
use super::token::{BUILTINS, Builtin, Tok};
use super::{Parsed, Parser};

impl Parser<'_> {
    /// An operand with `++`, `--` or an assignment behind it.
    pub(super) fn postfix(&mut self) -> Parsed<Expr> {
        let grouped = *self.peek() == Tok::LParen;
        let operand = self.operand()?;
        if grouped || !is_target(&operand) {
            return Ok(operand);
        }
        let step = match self.peek() {
            Tok::Increment => Some(1.0),
            Tok::Decrement => Some(-1.0),
            _ => None,
        };
        if let Some(step) = step {
            self.at += 1;
            return Ok(Expr::PostStep(Box::new(operand), step));
        }
        let arith = match self.peek() {
            Tok::Assign => None,
            Tok::AddAssign => Some(Arith::Add),
            Tok::SubAssign => Some(Arith::Sub),
            Tok::MulAssign => Some(Arith::Mul),
            Tok::DivAssign => Some(Arith::Div),
            Tok::ModAssign => Some(Arith::Mod),
            Tok::PowAssign => Some(Arith::Pow),
            _ => return Ok(operand),
        };
        self.at += 1;
        let right = self.expression()?;
        Ok(match arith {
            None => Self::assignment(operand, right),
            Some(arith) => Expr::AssignArith(arith, Box::new(operand), Box::new(right)),
        })
    }

    fn operand(&mut self) -> Parsed<Expr> {
        let token = self.token().clone();
        match token.tok {
            Tok::Number(value) => {
                self.at += 1;
                Ok(Expr::Num(value))
            }
            Tok::Text(text) => {
                self.at += 1;
                Ok(Expr::Text(self.text_slot(text)))
            }
            Tok::Regex(source) => {
                self.at += 1;
                Ok(Expr::Regex(self.regex_slot(source)))
            }
            Tok::TypedRegex(source) => {
                self.at += 1;
                Ok(Expr::TypedRegex(self.regex_slot(source)))
            }
            Tok::Dollar => self.field(),
            Tok::Increment | Tok::Decrement => {
                let step = if token.tok == Tok::Increment { 1.0 } else { -1.0 };
                self.at += 1;
                let target = if *self.peek() == Tok::Dollar {
                    self.field()?
                } else {
                    self.name_operand()?
                };
                Ok(Expr::PreStep(Box::new(target), step))
            }
            Tok::Name(_) => self.name_operand(),
            Tok::CallName(name) => {
                self.at += 1;
                self.call(&name, token.place)
            }
            Tok::Builtin(builtin) => {
                self.at += 1;
                self.builtin(builtin)
            }
            Tok::At => {
                self.at += 1;
                let Tok::CallName(name) = self.bump() else {
                    self.at -= 1;
                    return Err(self.unexpected());
                };
                let callee = Expr::Var(self.variable(name));
                let arguments = self.arguments()?;
                Ok(Expr::Indirect(Box::new(callee), arguments, token.place))
            }
            Tok::LParen => self.group(),
            Tok::Getline => {
                self.at += 1;
                let target = self.optional_target()?.map(Box::new);
                if self.take(&Tok::Less) {
                    let file = self.getline_file()?;
                    return Ok(Expr::Getline(Input::File(Box::new(file)), target));
                }
                Ok(Expr::Getline(Input::Main, target))
            }
            Tok::Minus | Tok::Plus | Tok::Not => self.deeper(Self::signed),
            _ => Err(self.unexpected()),
        }
    }

    fn signed(&mut self) -> Parsed<Expr> {
        let sign = self.bump();
        let inner = Box::new(self.postfix()?);
        Ok(match sign {
            Tok::Minus => Expr::Negate(inner),
            Tok::Plus => Expr::Plus(inner),
            _ => Expr::Not(inner),
        })
    }

    fn field(&mut self) -> Parsed<Expr> {
        self.at += 1;
        let index = self.deeper(|parser| match parser.peek() {
            Tok::Minus | Tok::Plus | Tok::Not => parser.signed(),
            _ => parser.operand(),
        })?;
        Ok(match index {
            Expr::Num(value) if (0.0..1e6).contains(&value) => Expr::FieldAt(value as u32),
            index => Expr::Field(Box::new(index)),
        })
    }

    /// What `getline <` reads: an operand without concatenation.
    fn getline_file(&mut self) -> Parsed<Expr> {
        let grouped = *self.peek() == Tok::LParen;
        let operand = self.operand()?;
        if !grouped && is_target(&operand) {
            let step = match self.peek() {
                Tok::Increment => 1.0,
                Tok::Decrement => -1.0,
                _ => return Ok(operand),
            };
            self.at += 1;
            return Ok(Expr::PostStep(Box::new(operand), step));
        }
        Ok(operand)
    }

    /// The variable that `getline` sets, if there is one.
    pub(super) fn optional_target(&mut self) -> Parsed<Option<Expr>> {
        match self.peek() {
            Tok::Name(_) => Ok(Some(self.name_operand()?)),
            Tok::Dollar => Ok(Some(self.field()?)),
            _ => Ok(None),
        }
    }

    /// `name` or `name[…]`.
    fn name_operand(&mut self) -> Parsed<Expr> {
        let token = self.token().clone();
        let Tok::Name(name) = token.tok.clone() else {
            return Err(self.unexpected());
        };
        if let Some(index) = self.function_slots.get(&name)
            && self.program.functions[*index as usize].defined
            && !self.locals.contains_key(&name)
        {
            let shown = String::from_utf8_lossy(&name).into_owned();
            let message =
                format!("function `{shown}' called with space between name and `('\nor used as a variable or an array");
            return Err(self.error_plain(&token, &message));
        }
        self.at += 1;
        let variable = self.variable(name);
        if *self.peek() != Tok::LBracket {
            return Ok(Expr::Var(variable));
        }
        match self.subscripts(ArrayRef::Var(variable))? {
            ArrayRef::Element(subscript) => Ok(Expr::Element(subscript)),
            ArrayRef::Var(variable) => Ok(Expr::Var(variable)),
        }
    }

    /// Everything in brackets behind an array.
    fn subscripts(&mut self, mut array: ArrayRef) -> Parsed<ArrayRef> {
        if let ArrayRef::Var(variable) = array {
            self.mark_array(variable);
        }
        let mut levels = 0;
        while self.take(&Tok::LBracket) {
            levels += 1;
            if levels > 100 {
                return Err(self.error_here("array is nested too deeply"));
            }
            let mut index = Vec::new();
            self.expression_list(&mut index)?;
            self.expect(&Tok::RBracket)?;
            array = ArrayRef::Element(Box::new(Subscript { array, index }));
        }
        Ok(array)
    }

    /// A name that stands for an array, with or without subscripts.
    pub(super) fn array_operand(&mut self) -> Parsed<ArrayRef> {
        let Tok::Name(name) = self.peek().clone() else {
            return Err(self.unexpected());
        };
        self.at += 1;
        let variable = self.variable(name);
        self.mark_array(variable);
        self.subscripts(ArrayRef::Var(variable))
    }

    fn group(&mut self) -> Parsed<Expr> {
        self.at += 1;
        let saved = (self.no_in, self.no_greater);
        (self.no_in, self.no_greater) = (false, false);
        let mut list = Vec::new();
        let parsed = self.expression_list(&mut list);
        (self.no_in, self.no_greater) = saved;
        parsed?;
        self.expect(&Tok::RParen)?;
        if list.len() == 1
            && let Some(only) = list.pop()
        {
            return Ok(only);
        }
        if !self.take(&Tok::In) {
            return Err(self.unexpected());
        }
        let array = self.array_operand()?;
        Ok(Expr::In(list, array))
    }

    fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        self.expect(&Tok::LParen)?;
        let mut list = Vec::new();
        self.skip_newlines();
        if !self.take(&Tok::RParen) {
            self.expression_list(&mut list)?;
            self.expect(&Tok::RParen)?;
        }
        Ok(list)
    }

    fn call(&mut self, name: &[u8], place: super::token::Place) -> Parsed<Expr> {
        if self.locals.contains_key(name) {
            let shown = String::from_utf8_lossy(name).into_owned();
            let token = self.tokens[self.at - 1].clone();
            return Err(self.error_plain(
                &token,
                &format!("attempt to use non-function `{shown}' in function call"),
            ));
        }
        let callee = self.function_slot(name);
        let arguments = self.arguments()?;
        if let Some(function) = self.function {
            for (index, argument) in arguments.iter().enumerate() {
                if let Expr::Var(VarRef::Local(local)) = argument {
                    self.passed_on.push(((function, *local), (callee, index as u32)));
                }
            }
        }
        self.calls.push((callee, arguments.len(), place));
        Ok(Expr::Call(callee, arguments, place))
    }

    fn builtin(&mut self, builtin: Builtin) -> Parsed<Expr> {
        if builtin == Builtin::Length && *self.peek() != Tok::LParen {
            return Ok(Expr::Builtin(builtin, vec![Expr::FieldAt(0)]));
        }
        if *self.peek() != Tok::LParen {
            return Err(self.unexpected());
        }
        let mut arguments = self.arguments()?;
        let count = arguments.len();
        if let Some((name, _, least, most)) = BUILTINS.iter().find(|(_, known, ..)| *known == builtin)
            && !(*least..=*most).contains(&count)
        {
            let token = self.tokens[self.at - 1].clone();
            return Err(self.error_at(&token, &format!("{count} is invalid as number of arguments for {name}")));
        }
        match builtin {
            Builtin::Length if count == 0 => arguments.push(Expr::FieldAt(0)),
            Builtin::Split | Builtin::Patsplit => {
                self.array_argument(&mut arguments, 1)?;
                pattern_argument(&mut arguments, 2);
                self.array_argument(&mut arguments, 3)?;
            }
            Builtin::Match => {
                pattern_argument(&mut arguments, 1);
                self.array_argument(&mut arguments, 2)?;
            }
            Builtin::Sub | Builtin::Gsub => {
                pattern_argument(&mut arguments, 0);
                if count == 2 {
                    arguments.push(Expr::FieldAt(0));
                }
            }
            Builtin::Gensub => {
                pattern_argument(&mut arguments, 0);
                if count == 3 {
                    arguments.push(Expr::FieldAt(0));
                }
            }
            Builtin::Asort | Builtin::Asorti => {
                self.array_argument(&mut arguments, 0)?;
                self.array_argument(&mut arguments, 1)?;
            }
            _ => {}
        }
        Ok(Expr::Builtin(builtin, arguments))
    }

    /// Turns the argument at `index`, if there is one, into a reference to an array.
    fn array_argument(&mut self, arguments: &mut [Expr], index: usize) -> Parsed<()> {
        let Some(argument) = arguments.get_mut(index) else {
            return Ok(());
        };
        let array = match std::mem::replace(argument, Expr::Num(0.0)) {
            Expr::Var(variable) => {
                self.mark_array(variable);
                ArrayRef::Var(variable)
            }
            Expr::Element(subscript) => ArrayRef::Element(subscript),
            _ => {
                let token = self.tokens[self.at - 1].clone();
                let number = ["first", "second", "third", "fourth"]
                    .get(index)
                    .copied()
                    .unwrap_or("last");
                return Err(self.error_at(&token, &format!("{number} argument is not an array")));
            }
        };
        if let Some(argument) = arguments.get_mut(index) {
            *argument = Expr::ArrayArg(array);
        }
        Ok(())
    }
}

fn pattern_argument(arguments: &mut [Expr], index: usize) {
    if let Some(argument) = arguments.get_mut(index) {
        let inner = std::mem::replace(argument, Expr::Num(0.0));
        *argument = Expr::PatternArg(pattern(inner));
    }
}

fn is_target(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Var(_) | Expr::Field(_) | Expr::FieldAt(_) | Expr::Element(_)
    )
}
