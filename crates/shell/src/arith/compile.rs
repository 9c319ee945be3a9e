//! From text to code for the stack machine.

use super::{
    ArithError, Program, Variable,
    lex::{Binary, Lexer, Token},
};

/// Nesting of parentheses and the like beyond which an expression is refused.
const MAX_NESTING: usize = 20_000;
/// Stack that must remain before a nested expression is compiled in place, and the size of a further segment.
const RED_ZONE: usize = 96 * 1024;
const SEGMENT: usize = 2 * 1024 * 1024;

/// One instruction. Values are on a stack; `u32` operands are indices of variables, jump targets or positions in the text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Op {
    /// Pushes a constant.
    Number(i64),
    /// Pushes the value of a variable.
    Load(u32),
    /// Remembers which element a variable names, for `LoadPlace` and `StorePlace`.
    Place(u32),
    /// Pushes the value of the remembered element.
    LoadPlace,
    /// Assigns the top to the remembered element and forgets it.
    StorePlace,
    /// Assigns the top to a variable.
    Store(u32),
    /// `++x`: adds to a variable and pushes the new value.
    Before(u32, i64),
    /// `x++`: adds to a variable and pushes the old value.
    After(u32, i64),
    /// Two values become one. The position is that of the right operand, for division by zero.
    Binary(Binary, u32),
    /// Power. The position is for a negative exponent.
    Power(u32),
    Negate,
    Not,
    Complement,
    /// Any non-zero value becomes 1.
    Truth,
    /// Drops the top.
    Pop,
    Jump(u32),
    /// Pops; jumps if zero.
    JumpIfZero(u32),
    /// `&&`: a zero stays and jumps; anything else is popped.
    And(u32),
    /// `||`: a non-zero value becomes 1 and jumps; zero is popped.
    Or(u32),
    /// The syntax error.
    Fail,
}

/// What an operand was, as far as assignment cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A variable, whose `Load` is the last instruction.
    Variable(u32),
    Value,
}

struct Compiler<'a> {
    lexer: Lexer<'a>,
    code: Vec<Op>,
    variables: Vec<Variable>,
    error: Option<ArithError>,
    depth: usize,
    /// Values on the stack at this point, and the most there ever were.
    height: usize,
    stack: usize,
}

/// Compiles `text`; `depth` is the nesting of subscripts around it.
pub(super) fn compile(text: &[u8], depth: usize) -> Program {
    let mut compiler = Compiler {
        lexer: Lexer::new(text, depth),
        code: Vec::new(),
        variables: Vec::new(),
        error: None,
        depth: 0,
        height: 0,
        stack: 1,
    };
    compiler.whole();
    Program {
        text: text.to_vec(),
        code: compiler.code,
        variables: compiler.variables,
        error: compiler.error,
        stack: compiler.stack,
    }
}

impl Compiler<'_> {
    fn whole(&mut self) {
        if self.lexer.text.iter().all(u8::is_ascii_whitespace) {
            self.push(Op::Number(0));
            return;
        }
        if !self.advance() {
            return;
        }
        self.comma();
        if self.error.is_none() && !matches!(self.lexer.token, Token::End) {
            let error = self.lexer.error("syntax error in expression");
            self.pop(Op::Pop);
            self.fail(error);
        }
    }

    /// Emits an instruction that pushes.
    fn push(&mut self, op: Op) {
        self.code.push(op);
        self.height += 1;
        self.stack = self.stack.max(self.height);
    }

    /// Emits an instruction that pops one value more than it pushes.
    fn pop(&mut self, op: Op) {
        self.code.push(op);
        self.height = self.height.saturating_sub(1);
    }

    /// Records a syntax error. It takes the place of an operand.
    fn fail(&mut self, error: ArithError) {
        self.push(Op::Fail);
        self.error.get_or_insert(error);
    }

    fn fail_here(&mut self, reason: &str) {
        let error = self.lexer.error(reason);
        self.fail(error);
    }

    /// Moves on; on failure the error stands for an operand and the answer is false.
    fn advance(&mut self) -> bool {
        match self.lexer.advance() {
            Ok(()) => true,
            Err(error) => {
                self.fail(error);
                false
            }
        }
    }

    /// Moves on after a complete operand, which an error replaces.
    fn advance_past_operand(&mut self) {
        if let Err(error) = self.lexer.advance() {
            self.pop(Op::Pop);
            self.fail(error);
        }
    }

    fn nested(&mut self, f: impl FnOnce(&mut Self) -> Kind) -> Kind {
        if self.depth >= MAX_NESTING {
            self.fail_here("expression recursion level exceeded");
            return Kind::Value;
        }
        self.depth += 1;
        let kind = stacker::maybe_grow(RED_ZONE, SEGMENT, || f(self));
        self.depth -= 1;
        kind
    }

    fn here(&self) -> u32 {
        u32::try_from(self.code.len()).unwrap_or(u32::MAX)
    }

    fn patch(&mut self, at: usize, target: u32) {
        if let Some(Op::Jump(to) | Op::JumpIfZero(to) | Op::And(to) | Op::Or(to)) = self.code.get_mut(at) {
            *to = target;
        }
    }

    fn position(pos: usize) -> u32 {
        u32::try_from(pos).unwrap_or(u32::MAX)
    }

    fn comma(&mut self) -> Kind {
        let mut kind = self.nested(Self::assignment);
        while self.error.is_none() && matches!(self.lexer.token, Token::Comma) {
            self.pop(Op::Pop);
            if !self.advance() {
                break;
            }
            self.nested(Self::assignment);
            kind = Kind::Value;
        }
        kind
    }

    fn assignment(&mut self) -> Kind {
        let kind = self.conditional();
        if self.error.is_some() {
            return kind;
        }
        let Token::Assign(op) = self.lexer.token else {
            return kind;
        };
        let Kind::Variable(variable) = kind else {
            let error = self.lexer.error("attempted assignment to non-variable");
            self.pop(Op::Pop);
            self.fail(error);
            return Kind::Value;
        };
        self.code.pop();
        self.height -= 1;
        match op {
            None => {
                // The subscript is evaluated after the right side, as in bash.
                if self.advance() {
                    self.nested(Self::assignment);
                }
                self.code.push(Op::Store(variable));
            }
            Some(op) => {
                self.code.push(Op::Place(variable));
                self.push(Op::LoadPlace);
                let mut position = self.lexer.pos;
                if self.advance() {
                    position = self.lexer.at;
                    self.nested(Self::assignment);
                }
                let at = if self.error.is_none() { self.lexer.at } else { position };
                self.pop(Op::Binary(op, Self::position(at)));
                self.code.push(Op::StorePlace);
            }
        }
        Kind::Value
    }

    fn conditional(&mut self) -> Kind {
        let kind = self.or();
        if self.error.is_some() || !matches!(self.lexer.token, Token::Question) {
            return kind;
        }
        let test = self.code.len();
        self.pop(Op::JumpIfZero(0));
        if self.advance() {
            if matches!(self.lexer.token, Token::End | Token::Colon) {
                self.fail_here("expression expected");
            } else {
                self.nested(Self::comma);
            }
        }
        if self.error.is_none() && !matches!(self.lexer.token, Token::Colon) {
            let error = self.lexer.error("`:' expected for conditional expression");
            self.pop(Op::Pop);
            self.fail(error);
        }
        let jump = self.code.len();
        self.pop(Op::Jump(0));
        let otherwise = self.here();
        self.patch(test, otherwise);
        if self.error.is_some() {
            self.push(Op::Fail);
        } else if self.advance() {
            if matches!(self.lexer.token, Token::End) {
                self.fail_here("expression expected");
            } else {
                self.nested(Self::conditional);
            }
        }
        let end = self.here();
        self.patch(jump, end);
        Kind::Value
    }

    fn or(&mut self) -> Kind {
        let mut kind = self.and();
        while self.error.is_none() && matches!(self.lexer.token, Token::Or) {
            let jump = self.code.len();
            self.pop(Op::Or(0));
            if self.advance() {
                self.and();
            }
            self.code.push(Op::Truth);
            let end = self.here();
            self.patch(jump, end);
            kind = Kind::Value;
        }
        kind
    }

    fn and(&mut self) -> Kind {
        let mut kind = self.binary(1);
        while self.error.is_none() && matches!(self.lexer.token, Token::And) {
            let jump = self.code.len();
            self.pop(Op::And(0));
            if self.advance() {
                self.binary(1);
            }
            self.code.push(Op::Truth);
            let end = self.here();
            self.patch(jump, end);
            kind = Kind::Value;
        }
        kind
    }

    /// Operators of precedence `level` and above.
    fn binary(&mut self, level: u8) -> Kind {
        let mut kind = self.power();
        while self.error.is_none()
            && let Token::Binary(op) = self.lexer.token
            && op.level() >= level
        {
            if self.advance() {
                // A right operand that starts here is what division by zero complains about.
                let position = Self::position(self.lexer.at);
                self.binary(op.level() + 1);
                self.pop(Op::Binary(op, position));
            } else {
                self.pop(Op::Binary(op, 0));
            }
            kind = Kind::Value;
        }
        kind
    }

    /// Associates to the right and binds less tightly than the unary operators.
    fn power(&mut self) -> Kind {
        let kind = self.unary();
        if self.error.is_some() || !matches!(self.lexer.token, Token::Power) {
            return kind;
        }
        if self.advance() {
            self.nested(Self::power);
        }
        let position = Self::position(self.lexer.at);
        self.pop(Op::Power(position));
        Kind::Value
    }

    fn unary(&mut self) -> Kind {
        let op = match self.lexer.token {
            Token::Not => Some(Op::Not),
            Token::Complement => Some(Op::Complement),
            Token::Binary(Binary::Subtract) => Some(Op::Negate),
            Token::Binary(Binary::Add) => None,
            _ => return self.primary(),
        };
        if self.advance() {
            self.nested(Self::unary);
        }
        self.code.extend(op);
        Kind::Value
    }

    fn primary(&mut self) -> Kind {
        match std::mem::replace(&mut self.lexer.token, Token::End) {
            Token::Number(value) => {
                self.push(Op::Number(value));
                self.lexer.token = Token::Number(value);
                self.advance_past_operand();
                Kind::Value
            }
            Token::Name(variable) => self.variable(variable),
            Token::Before(change) => {
                self.lexer.token = Token::Before(change);
                if !self.advance() {
                    return Kind::Value;
                }
                let Token::Name(variable) = std::mem::replace(&mut self.lexer.token, Token::Number(0)) else {
                    self.fail_here("identifier expected after pre-increment or pre-decrement");
                    return Kind::Value;
                };
                let index = self.add_variable(variable);
                self.push(Op::Before(index, change));
                self.lexer.changed = true;
                self.advance_past_operand();
                self.lexer.changed = false;
                Kind::Value
            }
            Token::Open => {
                self.lexer.token = Token::Open;
                if !self.advance() {
                    return Kind::Value;
                }
                self.nested(Self::comma);
                if self.error.is_none() {
                    if matches!(self.lexer.token, Token::Close) {
                        self.advance_past_operand();
                    } else {
                        let error = self.lexer.error("missing `)'");
                        self.pop(Op::Pop);
                        self.fail(error);
                    }
                }
                Kind::Value
            }
            other => {
                self.lexer.token = other;
                self.fail_here("syntax error: operand expected");
                Kind::Value
            }
        }
    }

    fn add_variable(&mut self, variable: Variable) -> u32 {
        self.variables.push(variable);
        u32::try_from(self.variables.len() - 1).unwrap_or(u32::MAX)
    }

    fn variable(&mut self, variable: Variable) -> Kind {
        // The lexer must know that a variable came last.
        self.lexer.token = Token::Name(Variable {
            name: Vec::new(),
            subscript: None,
            at: variable.at,
        });
        let index = self.add_variable(variable);
        self.push(Op::Load(index));
        self.advance_past_operand();
        if self.error.is_none()
            && let Token::After(change) = self.lexer.token
        {
            self.code.pop();
            self.code.push(Op::After(index, change));
            self.advance_past_operand();
            return Kind::Value;
        }
        Kind::Variable(index)
    }
}
