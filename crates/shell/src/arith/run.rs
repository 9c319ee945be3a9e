//! The stack machine.

use super::{
    ArithError, ArithVars, Element, MAX_RECURSION, Program, Variable, compile::Op, error, lex::Binary, number,
};

/// Programs that need no more slots than this run without allocating.
const SMALL_STACK: usize = 16;
/// Stack that must remain before a variable's value is evaluated in place, and the size of a further segment.
const RED_ZONE: usize = 96 * 1024;
const SEGMENT: usize = 2 * 1024 * 1024;

/// An element of an array whose subscript has been evaluated.
#[derive(Clone, Copy)]
enum Place {
    Scalar,
    Index(i64),
    /// The key is the text of the subscript.
    Key,
}

impl Program {
    /// Evaluates; `depth` is the number of variables whose values are being evaluated around it.
    pub(super) fn run(&self, vars: &mut dyn ArithVars, depth: usize) -> Result<i64, ArithError> {
        let mut small = [0i64; SMALL_STACK];
        let mut large;
        let stack = if self.stack <= SMALL_STACK {
            &mut small[..]
        } else {
            large = vec![0i64; self.stack];
            &mut large[..]
        };
        let mut machine = Machine {
            program: self,
            vars,
            depth,
            stack,
            height: 0,
            places: Vec::new(),
        };
        let value = machine.run()?;
        match &self.error {
            // The faulty part was skipped, but the text is wrong all the same.
            Some(error) => Err(error.clone()),
            None => Ok(value),
        }
    }

    fn error(&self, reason: &str, at: u32) -> ArithError {
        let from = (at as usize).min(self.text.len());
        error(&self.text, reason, &self.text[from..])
    }
}

struct Machine<'p, 'v> {
    program: &'p Program,
    vars: &'v mut dyn ArithVars,
    depth: usize,
    stack: &'v mut [i64],
    height: usize,
    places: Vec<(u32, Place)>,
}

impl Machine<'_, '_> {
    fn push(&mut self, value: i64) {
        if let Some(slot) = self.stack.get_mut(self.height) {
            *slot = value;
            self.height += 1;
        }
    }

    fn pop(&mut self) -> i64 {
        self.height = self.height.saturating_sub(1);
        self.stack.get(self.height).copied().unwrap_or(0)
    }

    fn run(&mut self) -> Result<i64, ArithError> {
        let program = self.program;
        let mut next = 0;
        while let Some(&op) = program.code.get(next) {
            next += 1;
            match op {
                Op::Number(value) => self.push(value),
                Op::Load(variable) => {
                    let value = self.load(variable)?;
                    self.push(value);
                }
                Op::Place(variable) => {
                    let place = self.place(variable)?;
                    self.places.push((variable, place));
                }
                Op::LoadPlace => {
                    let value = match self.places.last() {
                        Some(&(variable, place)) => self.value(variable, place)?,
                        None => 0,
                    };
                    self.push(value);
                }
                Op::StorePlace => {
                    let value = self.pop();
                    if let Some((variable, place)) = self.places.pop() {
                        self.store(variable, place, value)?;
                    }
                    self.push(value);
                }
                Op::Store(variable) => {
                    let value = self.pop();
                    let place = self.place(variable)?;
                    self.store(variable, place, value)?;
                    self.push(value);
                }
                Op::Before(variable, change) => {
                    let place = self.place(variable)?;
                    let value = self.value(variable, place)?.wrapping_add(change);
                    self.store(variable, place, value)?;
                    self.push(value);
                }
                Op::After(variable, change) => {
                    let place = self.place(variable)?;
                    let value = self.value(variable, place)?;
                    self.store(variable, place, value.wrapping_add(change))?;
                    self.push(value);
                }
                Op::Binary(op, at) => {
                    let right = self.pop();
                    let left = self.pop();
                    let value = binary(op, left, right).ok_or_else(|| program.error("division by 0", at))?;
                    self.push(value);
                }
                Op::Power(at) => {
                    let exponent = self.pop();
                    let base = self.pop();
                    let Ok(exponent) = u64::try_from(exponent) else {
                        return Err(program.error("exponent less than 0", at));
                    };
                    self.push(power(base, exponent));
                }
                Op::Negate => {
                    let value = self.pop();
                    self.push(value.wrapping_neg());
                }
                Op::Not => {
                    let value = self.pop();
                    self.push(i64::from(value == 0));
                }
                Op::Complement => {
                    let value = self.pop();
                    self.push(!value);
                }
                Op::Truth => {
                    let value = self.pop();
                    self.push(i64::from(value != 0));
                }
                Op::Pop => {
                    self.pop();
                }
                Op::Jump(to) => next = to as usize,
                Op::JumpIfZero(to) => {
                    if self.pop() == 0 {
                        next = to as usize;
                    }
                }
                Op::And(to) => {
                    if self.pop() == 0 {
                        self.push(0);
                        next = to as usize;
                    }
                }
                Op::Or(to) => {
                    if self.pop() != 0 {
                        self.push(1);
                        next = to as usize;
                    }
                }
                Op::Fail => {
                    return Err(program
                        .error
                        .clone()
                        .unwrap_or_else(|| program.error("syntax error in expression", 0)));
                }
            }
        }
        Ok(self.pop())
    }

    /// Which element the variable names now.
    fn place(&mut self, index: u32) -> Result<Place, ArithError> {
        let program = self.program;
        let Some(Variable {
            name,
            subscript: Some(subscript),
            at,
        }) = program.variables.get(index as usize)
        else {
            return Ok(Place::Scalar);
        };
        if self.vars.is_assoc(name) {
            return Ok(Place::Key);
        }
        let depth = self.deeper(*at)?;
        let value = match &subscript.index {
            Some(index) => stacker::maybe_grow(RED_ZONE, SEGMENT, || index.run(self.vars, depth))?,
            None => {
                let text = self.vars.expand(&subscript.text)?;
                self.evaluate(&text, depth)?
            }
        };
        Ok(Place::Index(value))
    }

    fn deeper(&self, at: usize) -> Result<usize, ArithError> {
        if self.depth + 1 >= MAX_RECURSION {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            return Err(self.program.error("expression recursion level exceeded", at));
        }
        Ok(self.depth + 1)
    }

    fn evaluate(&mut self, text: &[u8], depth: usize) -> Result<i64, ArithError> {
        if let Some(value) = number::plain(text) {
            return Ok(value);
        }
        stacker::maybe_grow(RED_ZONE, SEGMENT, || Program::parse(text).run(self.vars, depth))
    }

    fn load(&mut self, index: u32) -> Result<i64, ArithError> {
        let place = self.place(index)?;
        self.value(index, place)
    }

    /// The value of an element. Its text is an expression.
    fn value(&mut self, index: u32, place: Place) -> Result<i64, ArithError> {
        let program = self.program;
        let Some(variable) = program.variables.get(index as usize) else {
            return Ok(0);
        };
        let Some(text) = self.vars.get(&variable.name, place.element(variable))? else {
            return Ok(0);
        };
        if let Some(value) = number::plain(&text) {
            return Ok(value);
        }
        if text.is_empty() {
            return Ok(0);
        }
        let text = text.into_owned();
        let depth = self.deeper(variable.at)?;
        self.evaluate(&text, depth)
    }

    fn store(&mut self, index: u32, place: Place, value: i64) -> Result<(), ArithError> {
        let program = self.program;
        match program.variables.get(index as usize) {
            Some(variable) => self.vars.set(&variable.name, place.element(variable), value),
            None => Ok(()),
        }
    }
}

impl Place {
    fn element<'a>(self, variable: &'a Variable) -> Element<'a> {
        match (self, &variable.subscript) {
            (Self::Index(index), _) => Element::Index(index),
            (Self::Key, Some(subscript)) => Element::Key(&subscript.text),
            _ => Element::Scalar,
        }
    }
}

/// `None` for a division by zero.
fn binary(op: Binary, left: i64, right: i64) -> Option<i64> {
    Some(match op {
        Binary::BitOr => left | right,
        Binary::BitXor => left ^ right,
        Binary::BitAnd => left & right,
        Binary::Equal => i64::from(left == right),
        Binary::NotEqual => i64::from(left != right),
        Binary::LessEqual => i64::from(left <= right),
        Binary::GreaterEqual => i64::from(left >= right),
        Binary::Less => i64::from(left < right),
        Binary::Greater => i64::from(left > right),
        // The count is taken modulo 64, as the processor does.
        Binary::ShiftLeft => left.wrapping_shl((right & 63) as u32),
        Binary::ShiftRight => left.wrapping_shr((right & 63) as u32),
        Binary::Add => left.wrapping_add(right),
        Binary::Subtract => left.wrapping_sub(right),
        Binary::Multiply => left.wrapping_mul(right),
        Binary::Divide if right == 0 => return None,
        Binary::Divide => left.wrapping_div(right),
        Binary::Remainder if right == 0 => return None,
        Binary::Remainder => left.wrapping_rem(right),
    })
}

/// By repeated squaring, wrapping.
fn power(mut base: i64, mut exponent: u64) -> i64 {
    let mut result = 1i64;
    while exponent != 0 {
        if exponent & 1 == 1 {
            result = result.wrapping_mul(base);
        }
        exponent >>= 1;
        base = base.wrapping_mul(base);
    }
    result
}
