//! Evaluating expressions: as a value, as a number, as a truth, or as text appended to a buffer.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Interp, power};
use crate::array::Cell;
use crate::error::{Message, Run, Stop, fatal};
use crate::parse::ast::{Arith, Compare, Expr, Pattern, Subscript, VarRef};
use crate::parse::special;
use crate::regex::Re;
use crate::value::{Str, Value, number};

fn truth_value(truth: bool) -> Value {
    Value::Num(if truth { 1.0 } else { 0.0 })
}

impl<'p> Interp<'p, '_> {
    /// The value of an expression.
    pub(super) fn eval(&mut self, expr: &'p Expr) -> Run<Value> {
        match expr {
            Expr::Num(value) => Ok(Value::Num(*value)),
            Expr::Text(index) => Ok(self.texts[*index as usize].clone()),
            Expr::TypedRegex(index) => Ok(Value::Regex(Str::new(&self.program.regexes[*index as usize].source))),
            Expr::Var(variable) => self.variable(*variable),
            Expr::FieldAt(index) => Ok(self.field(*index as usize)),
            Expr::Field(index) => {
                let index = self.field_index(index)?;
                Ok(self.field(index))
            }
            Expr::Element(subscript) => self.element(subscript),
            Expr::Assign(target, value) => {
                let value = self.eval(value)?;
                self.assign(target, value.clone())?;
                // Assigning may convert: what the target now holds counts, as for `(NF = "3x")`.
                Ok(value)
            }
            Expr::Append(target, _) => {
                self.effect(expr)?;
                self.eval(target)
            }
            Expr::AssignArith(arith, target, value) => {
                let right = self.num(value)?;
                let left = self.num(target)?;
                let result = self.arith(*arith, left, right, true)?;
                self.assign(target, Value::Num(result))?;
                Ok(Value::Num(result))
            }
            Expr::PreStep(target, step) => Ok(Value::Num(self.step(target, *step)? + step)),
            Expr::PostStep(target, step) => Ok(Value::Num(self.step(target, *step)?)),
            Expr::Cond(parts) => {
                if self.truth(&parts.0)? {
                    self.eval(&parts.1)
                } else {
                    self.eval(&parts.2)
                }
            }
            Expr::Negate(_) | Expr::Plus(_) | Expr::Arith(..) => Ok(Value::Num(self.num(expr)?)),
            Expr::Regex(_)
            | Expr::And(..)
            | Expr::Or(..)
            | Expr::Not(_)
            | Expr::Compare(..)
            | Expr::Match(..)
            | Expr::In(..) => Ok(truth_value(self.truth(expr)?)),
            Expr::Concat(_) => {
                let mut out = self.take_buffer();
                self.append(expr, &mut out)?;
                let value = Value::text(&out);
                self.give_buffer(out);
                Ok(value)
            }
            Expr::Call(function, arguments, place) => self.call(*function, arguments, *place),
            Expr::Indirect(callee, arguments, place) => self.indirect(callee, arguments, *place),
            Expr::Builtin(builtin, arguments) => self.builtin(*builtin, arguments),
            Expr::Getline(source, target) => self.getline(source, target.as_deref()).map(Value::Num),
            Expr::PatternArg(Pattern::Dynamic(inner)) => self.eval(inner),
            Expr::PatternArg(Pattern::Static(index)) => {
                Ok(Value::Regex(Str::new(&self.program.regexes[*index as usize].source)))
            }
            Expr::ArrayArg(_) => fatal("attempt to use array in a scalar context"),
        }
    }

    /// Evaluates for the effect alone.
    pub(super) fn effect(&mut self, expr: &'p Expr) -> Run<()> {
        match expr {
            Expr::Assign(target, value) => {
                let value = match &**value {
                    Expr::Arith(..) => Value::Num(self.num(value)?),
                    _ => self.eval(value)?,
                };
                self.assign(target, value)
            }
            Expr::AssignArith(arith, target, value) => {
                let right = self.num(value)?;
                if let Expr::Element(subscript) = &**target {
                    return self.change_element(subscript, *arith, right);
                }
                let left = self.num(target)?;
                let result = self.arith(*arith, left, right, true)?;
                self.assign(target, Value::Num(result))
            }
            Expr::Append(target, tail) => {
                let mut buffer = self.take_buffer();
                self.append(tail, &mut buffer)?;
                if let Expr::Var(variable) = &**target {
                    let convfmt = std::mem::take(&mut self.convfmt);
                    let fits = match self.cell(*variable) {
                        Cell::Value(Value::Str(text)) => {
                            text.push(&buffer);
                            true
                        }
                        Cell::Value(value) => {
                            let mut text = value.to_str(&convfmt);
                            text.push(&buffer);
                            *value = Value::Str(text);
                            true
                        }
                        Cell::Array(_) => false,
                    };
                    self.convfmt = convfmt;
                    if !fits {
                        return self.array_as_scalar(*variable);
                    }
                }
                self.give_buffer(buffer);
                Ok(())
            }
            Expr::PreStep(target, step) | Expr::PostStep(target, step) => self.step(target, *step).map(drop),
            _ => self.eval(expr).map(drop),
        }
    }

    /// Adds `step` to a target and gives the number it held before.
    fn step(&mut self, target: &'p Expr, step: f64) -> Run<f64> {
        if let Expr::Element(subscript) = target {
            let array = self.array(&subscript.array)?;
            let mut key = self.take_buffer();
            let at = self.key(&subscript.index, &mut key)?;
            let old = match array.borrow_mut().entry(at) {
                Cell::Value(value) => {
                    let old = value.to_num();
                    *value = Value::Num(old + step);
                    Some(old)
                }
                Cell::Array(_) => None,
            };
            return match old {
                Some(old) => {
                    self.give_buffer(key);
                    Ok(old)
                }
                None => self.element_as_scalar(subscript),
            };
        }
        let old = self.num(target)?;
        self.assign(target, Value::Num(old + step))?;
        Ok(old)
    }

    /// `element op= right`, with one look-up.
    fn change_element(&mut self, subscript: &'p Subscript, arith: Arith, right: f64) -> Run<()> {
        let array = self.array(&subscript.array)?;
        let mut key = self.take_buffer();
        let at = self.key(&subscript.index, &mut key)?;
        let fits = match array.borrow_mut().entry(at) {
            Cell::Value(value) => {
                *value = Value::Num(self.arith(arith, value.to_num(), right, true)?);
                true
            }
            Cell::Array(_) => false,
        };
        if !fits {
            return self.element_as_scalar(subscript);
        }
        self.give_buffer(key);
        Ok(())
    }

    /// The number of an expression that holds one without further ado.
    #[inline]
    fn ready_number(&self, expr: &Expr) -> Option<f64> {
        let cell = match expr {
            Expr::Num(value) => return Some(*value),
            Expr::Var(VarRef::Local(slot)) => &self.locals[self.base + *slot as usize],
            Expr::Var(VarRef::Global(slot)) if *slot >= special::COUNT => &self.globals[*slot as usize],
            Expr::Var(VarRef::Global(special::NR)) => return Some(self.nr),
            Expr::Var(VarRef::Global(special::FNR)) => return Some(self.fnr),
            _ => return None,
        };
        match cell {
            Cell::Value(Value::Num(number)) => Some(*number),
            _ => None,
        }
    }

    /// The number of an expression.
    pub(super) fn num(&mut self, expr: &'p Expr) -> Run<f64> {
        match expr {
            Expr::Num(value) => Ok(*value),
            Expr::FieldAt(0) => Ok(number::leading(self.record.text(&self.ofs, &self.convfmt))),
            Expr::FieldAt(index) => Ok(self.record.number(*index as usize)),
            Expr::Var(VarRef::Global(special::NR)) => Ok(self.nr),
            Expr::Var(VarRef::Global(special::FNR)) => Ok(self.fnr),
            Expr::Var(VarRef::Global(special::NF)) => Ok(self.record.count() as f64),
            Expr::Var(variable @ VarRef::Local(_)) => match self.cell(*variable) {
                Cell::Value(value) => Ok(value.to_num()),
                Cell::Array(_) => self.array_as_scalar(*variable),
            },
            Expr::Var(VarRef::Global(slot)) if *slot != special::RT => match &self.globals[*slot as usize] {
                Cell::Value(value) => Ok(value.to_num()),
                Cell::Array(_) => self.array_as_scalar(VarRef::Global(*slot)),
            },
            Expr::Arith(arith, left, right) => {
                let left = self.num(left)?;
                let right = self.num(right)?;
                self.arith(*arith, left, right, false)
            }
            Expr::Negate(inner) => Ok(-self.num(inner)?),
            Expr::Plus(inner) => self.num(inner),
            Expr::Field(index) => {
                let index = self.field_index(index)?;
                if index == 0 {
                    return Ok(number::leading(self.record.text(&self.ofs, &self.convfmt)));
                }
                Ok(self.record.number(index))
            }
            _ => Ok(self.eval(expr)?.to_num()),
        }
    }

    fn arith(&self, arith: Arith, left: f64, right: f64, assigning: bool) -> Run<f64> {
        Ok(match arith {
            Arith::Add => left + right,
            Arith::Sub => left - right,
            Arith::Mul => left * right,
            Arith::Div if right == 0.0 => {
                return fatal(if assigning {
                    "division by zero attempted in `/='"
                } else {
                    "division by zero attempted"
                });
            }
            Arith::Mod if right == 0.0 => {
                return fatal(if assigning {
                    "division by zero attempted in `%='"
                } else {
                    "division by zero attempted in `%'"
                });
            }
            Arith::Div => left / right,
            Arith::Mod => left % right,
            Arith::Pow => power(left, right),
        })
    }

    /// Whether an expression is true.
    pub(super) fn truth(&mut self, expr: &'p Expr) -> Run<bool> {
        match expr {
            Expr::And(left, right) => Ok(self.truth(left)? && self.truth(right)?),
            Expr::Or(left, right) => Ok(self.truth(left)? || self.truth(right)?),
            Expr::Not(inner) => Ok(!self.truth(inner)?),
            Expr::Regex(index) => {
                let re = self.static_re(*index)?;
                Ok(re.is_match(self.record.text(&self.ofs, &self.convfmt)))
            }
            Expr::Match(subject, pattern, negated) => Ok(self.matches(subject, pattern)? != *negated),
            Expr::Compare(operator, left, right) => self.compare(*operator, left, right),
            Expr::In(index, array) => {
                let array = self.array(array)?;
                let mut key = self.take_buffer();
                let at = self.key(index, &mut key)?;
                let found = array.borrow().contains(at);
                self.give_buffer(key);
                Ok(found)
            }
            Expr::Negate(_) | Expr::Plus(_) | Expr::Arith(..) | Expr::Num(_) => Ok(self.num(expr)? != 0.0),
            // A regular expression as a value is matched against the record, wherever a truth is wanted.
            Expr::TypedRegex(index) => {
                let re = self.static_re(*index)?;
                Ok(re.is_match(self.record.text(&self.ofs, &self.convfmt)))
            }
            _ => Ok(self.eval(expr)?.to_bool()),
        }
    }

    fn compare(&mut self, operator: Compare, left: &'p Expr, right: &'p Expr) -> Run<bool> {
        if let (Some(left), Some(right)) = (self.ready_number(left), self.ready_number(right)) {
            return Ok(compare_numbers(operator, left, right));
        }
        if let (Expr::Arith(..) | Expr::Negate(_), Expr::Arith(..) | Expr::Num(_) | Expr::Negate(_)) = (left, right) {
            let left = self.num(left)?;
            return Ok(compare_numbers(operator, left, self.num(right)?));
        }
        let left = self.eval(left)?;
        let right = self.eval(right)?;
        Ok(self.compare_values(operator, &left, &right))
    }

    /// Compares as numbers when both sides are numbers or look like numbers, else as strings.
    pub(super) fn compare_values(&self, operator: Compare, left: &Value, right: &Value) -> bool {
        match (left, right) {
            (Value::Str(_) | Value::Regex(_), _) | (_, Value::Str(_) | Value::Regex(_)) => {
                let ordering =
                    self.order_texts(left.to_str(&self.convfmt).bytes(), right.to_str(&self.convfmt).bytes());
                match operator {
                    Compare::Less => ordering == Ordering::Less,
                    Compare::LessEqual => ordering != Ordering::Greater,
                    Compare::Equal => ordering == Ordering::Equal,
                    Compare::NotEqual => ordering != Ordering::Equal,
                    Compare::Greater => ordering == Ordering::Greater,
                    Compare::GreaterEqual => ordering != Ordering::Less,
                }
            }
            _ => compare_numbers(operator, left.to_num(), right.to_num()),
        }
    }

    /// The order of two strings: by bytes, without case under `IGNORECASE`.
    pub(super) fn order_texts(&self, left: &[u8], right: &[u8]) -> Ordering {
        if self.icase {
            let fold = |text: &[u8]| crate::value::text::map_case(text, self.options.utf8, false);
            return fold(left).cmp(&fold(right));
        }
        left.cmp(right)
    }

    /// Appends the string of an expression.
    pub(super) fn append(&mut self, expr: &'p Expr, out: &mut Vec<u8>) -> Run<()> {
        match expr {
            Expr::FieldAt(0) => out.extend_from_slice(self.record.text(&self.ofs, &self.convfmt)),
            Expr::FieldAt(index) => self.record.append(*index as usize, out, &self.convfmt),
            Expr::Text(index) => out.extend_from_slice(&self.program.texts[*index as usize]),
            Expr::Concat(parts) => {
                for part in parts {
                    self.append(part, out)?;
                }
            }
            Expr::Var(VarRef::Global(slot)) if *slot > special::FNR && *slot != special::RT => {
                match &self.globals[*slot as usize] {
                    Cell::Value(value) => value.append_to(out, &self.convfmt),
                    Cell::Array(_) => return self.array_as_scalar(VarRef::Global(*slot)),
                }
            }
            Expr::Field(index) => {
                let index = self.field_index(index)?;
                if index == 0 {
                    out.extend_from_slice(self.record.text(&self.ofs, &self.convfmt));
                } else {
                    self.record.append(index, out, &self.convfmt);
                }
            }
            _ => self.eval(expr)?.append_to(out, &self.convfmt),
        }
        Ok(())
    }

    /// The string of an expression.
    pub(super) fn text(&mut self, expr: &'p Expr) -> Run<Str> {
        match expr {
            Expr::FieldAt(0) => Ok(Str::new(self.record.text(&self.ofs, &self.convfmt))),
            Expr::FieldAt(index) => Ok(self.record.text_of(*index as usize, &self.convfmt)),
            _ => {
                let value = self.eval(expr)?;
                Ok(value.to_str(&self.convfmt))
            }
        }
    }

    /// Compiles the constant regular expressions, so that a mistake shows before anything runs.
    pub(super) fn compile_all(&mut self) -> Run<()> {
        let program = self.program;
        for (index, regex) in program.regexes.iter().enumerate() {
            let re = match regex.compiled.get() {
                Some((utf8, re)) if *utf8 == self.options.utf8 => re.clone(),
                _ => match Re::new(&regex.source, false, self.options.utf8) {
                    Ok(re) => {
                        let re = Arc::new(re);
                        // Whoever comes first keeps it for later runs of the same program.
                        let _ = regex.compiled.set((self.options.utf8, re.clone()));
                        re
                    }
                    Err(error) => {
                        let name = program
                            .source_names
                            .get(usize::from(regex.place.source))
                            .map_or("", String::as_str);
                        let mut message = format!("{name}:{}: error: {error}: /", regex.place.line).into_bytes();
                        message.extend_from_slice(&regex.source);
                        message.push(b'/');
                        return Err(Stop::Refused(Box::new(Message(message))));
                    }
                },
            };
            self.statics[index] = Some(re);
        }
        Ok(())
    }

    /// The compiled form of a constant regular expression.
    #[inline]
    pub(super) fn static_re(&mut self, index: u32) -> Run<Arc<Re>> {
        if let Some(re) = &self.statics[index as usize] {
            return Ok(re.clone());
        }
        let source = &self.program.regexes[index as usize].source;
        let re = self.cache.get(source, self.icase, self.options.utf8)?;
        self.statics[index as usize] = Some(re.clone());
        Ok(re)
    }

    /// The compiled form of an operand that stands for a regular expression.
    pub(super) fn pattern(&mut self, pattern: &'p Pattern) -> Run<Arc<Re>> {
        match pattern {
            Pattern::Static(index) => self.static_re(*index),
            Pattern::Dynamic(expr) => {
                let source = self.text(expr)?;
                self.cache.get(source.bytes(), self.icase, self.options.utf8)
            }
        }
    }

    fn matches(&mut self, subject: &'p Expr, pattern: &'p Pattern) -> Run<bool> {
        if let Pattern::Static(index) = pattern {
            let re = self.static_re(*index)?;
            match subject {
                Expr::FieldAt(0) => return Ok(re.is_match(self.record.text(&self.ofs, &self.convfmt))),
                Expr::FieldAt(field) => {
                    if let Some(raw) = self.record.raw(*field as usize) {
                        return Ok(re.is_match(raw));
                    }
                }
                _ => {}
            }
        }
        let mut text = self.take_buffer();
        self.append(subject, &mut text)?;
        let re = self.pattern(pattern)?;
        let found = re.is_match(&text);
        self.give_buffer(text);
        Ok(found)
    }
}

fn compare_numbers(operator: Compare, left: f64, right: f64) -> bool {
    // Not-a-number equals itself and is greater than anything else, as in gawk.
    let ordering = left
        .partial_cmp(&right)
        .unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()));
    match operator {
        Compare::Less => ordering == Ordering::Less,
        Compare::LessEqual => ordering != Ordering::Greater,
        Compare::Equal => ordering == Ordering::Equal,
        Compare::NotEqual => ordering != Ordering::Equal,
        Compare::Greater => ordering == Ordering::Greater,
        Compare::GreaterEqual => ordering != Ordering::Less,
    }
}
