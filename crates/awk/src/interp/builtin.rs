//! The functions of the language: numbers, bits, time, commands; the others are in `strings`, `substitute` and `sort`.

use super::{Interp, sandboxed};
use crate::array::Cell;
use crate::error::{Run, Stop, describe, fatal};
use crate::parse::ast::{ArrayRef, Expr, VarRef};
use crate::parse::special;
use crate::parse::token::Builtin;
use crate::time;
use crate::value::{Value, number};

impl<'p> Interp<'p, '_> {
    pub(super) fn builtin(&mut self, builtin: Builtin, arguments: &'p [Expr]) -> Run<Value> {
        match builtin {
            Builtin::Length => self.length(arguments),
            Builtin::Substr => self.substr(arguments),
            Builtin::Index => self.index(arguments),
            Builtin::Toupper => self.map_case(arguments, true),
            Builtin::Tolower => self.map_case(arguments, false),
            Builtin::Sprintf => {
                let mut out = self.take_buffer();
                self.format(arguments, &mut out)?;
                let value = Value::text(&out);
                self.give_buffer(out);
                Ok(value)
            }
            Builtin::Split => self.split(arguments),
            Builtin::Patsplit => self.patsplit(arguments),
            Builtin::Match => self.match_function(arguments),
            Builtin::Sub => self.substitute(arguments, false),
            Builtin::Gsub => self.substitute(arguments, true),
            Builtin::Gensub => self.gensub(arguments),
            Builtin::Asort => self.asort(arguments, false),
            Builtin::Asorti => self.asort(arguments, true),
            Builtin::Close => {
                let name = self.text_at(arguments, 0)?;
                self.close(&name).map(Value::Num)
            }
            Builtin::Fflush => self.fflush(arguments),
            Builtin::System => self.system(arguments),
            Builtin::Typeof => self.type_of(arguments).map(|name| Value::text(name.as_bytes())),
            Builtin::Isarray => {
                let array = match arguments.first() {
                    Some(argument) => self.holds_array(argument)?,
                    None => false,
                };
                Ok(Value::Num(if array { 1.0 } else { 0.0 }))
            }
            Builtin::Srand => self.srand(arguments),
            Builtin::Strftime => self.strftime(arguments),
            Builtin::Mktime => self.mktime(arguments),
            _ => self.numeric(builtin, arguments).map(Value::Num),
        }
    }

    fn numeric(&mut self, builtin: Builtin, arguments: &'p [Expr]) -> Run<f64> {
        let first = match (builtin, arguments.first()) {
            (Builtin::Strtonum, Some(argument)) => return self.strtonum(argument),
            (_, Some(argument)) => self.num(argument)?,
            _ => 0.0,
        };
        Ok(match builtin {
            Builtin::Int => first.trunc(),
            Builtin::Sqrt => {
                if first < 0.0 {
                    self.warn(&format!("sqrt: received negative argument {}", shown(first)))?;
                    return Ok(-f64::NAN);
                }
                first.sqrt()
            }
            Builtin::Exp => {
                let result = first.exp();
                if result.is_infinite() && first.is_finite() {
                    self.warn(&format!("exp: argument {} is out of range", shown(first)))?;
                }
                result
            }
            Builtin::Log => {
                if first < 0.0 {
                    self.warn(&format!("log: received negative argument {}", shown(first)))?;
                    return Ok(-f64::NAN);
                }
                first.ln()
            }
            Builtin::Sin => first.sin(),
            Builtin::Cos => first.cos(),
            Builtin::Atan2 => first.atan2(self.num_at(arguments, 1)?),
            Builtin::Rand => self.random.fraction(),
            Builtin::Systime => self.io.now().as_secs() as f64,
            Builtin::Mkbool => f64::from(u8::from(first != 0.0)),
            Builtin::Compl => {
                let value = self.bits("compl", 1, first)?;
                // As many bits as a double holds exactly.
                (!value & ((1 << 53) - 1)) as f64
            }
            Builtin::And | Builtin::Or | Builtin::Xor => {
                let name = match builtin {
                    Builtin::And => "and",
                    Builtin::Or => "or",
                    _ => "xor",
                };
                let mut result = self.bits(name, 1, first)?;
                for (index, argument) in arguments.iter().enumerate().skip(1) {
                    let next = self.num(argument)?;
                    let next = self.bits(name, index + 1, next)?;
                    match builtin {
                        Builtin::And => result &= next,
                        Builtin::Or => result |= next,
                        _ => result ^= next,
                    }
                }
                result as f64
            }
            Builtin::Lshift | Builtin::Rshift => {
                let by = self.num_at(arguments, 1)?;
                let name = if builtin == Builtin::Lshift { "lshift" } else { "rshift" };
                if first < 0.0 || by < 0.0 {
                    return fatal(format!("{name}({first:.6}, {by:.6}): negative values are not allowed"));
                }
                let (value, by) = (first as u64, by as u32);
                let result = if builtin == Builtin::Lshift {
                    value.checked_shl(by)
                } else {
                    value.checked_shr(by)
                };
                result.unwrap_or(0) as f64
            }
            _ => first,
        })
    }

    fn bits(&self, name: &str, position: usize, value: f64) -> Run<u64> {
        if value < 0.0 {
            if name == "compl" {
                return fatal(format!("compl({value:.6}): negative value is not allowed"));
            }
            return fatal(format!(
                "{name}: argument {position} negative value {} is not allowed",
                shown(value)
            ));
        }
        Ok(value as u64)
    }

    fn strtonum(&mut self, argument: &'p Expr) -> Run<f64> {
        match self.eval(argument)? {
            Value::Num(value) => Ok(value),
            value => Ok(number::with_radix(value.to_str(&self.convfmt).bytes())),
        }
    }

    /// The number of an argument; zero when it is missing.
    pub(super) fn num_at(&mut self, arguments: &'p [Expr], index: usize) -> Run<f64> {
        match arguments.get(index) {
            Some(argument) => self.num(argument),
            None => Ok(0.0),
        }
    }

    /// The bytes of an argument; empty when it is missing.
    pub(super) fn text_at(&mut self, arguments: &'p [Expr], index: usize) -> Run<Vec<u8>> {
        let mut out = Vec::new();
        if let Some(argument) = arguments.get(index) {
            self.append(argument, &mut out)?;
        }
        Ok(out)
    }

    fn fflush(&mut self, arguments: &'p [Expr]) -> Run<Value> {
        if arguments.is_empty() {
            self.flush_all()?;
            return Ok(Value::Num(0.0));
        }
        let name = self.text_at(arguments, 0)?;
        if name.is_empty() {
            self.flush_all()?;
            return Ok(Value::Num(0.0));
        }
        if name == b"/dev/stdout" {
            self.flush_stdout(true)?;
            return Ok(Value::Num(0.0));
        }
        match self.outputs.flush_named(self.io, &name) {
            Ok(true) => Ok(Value::Num(0.0)),
            Ok(false) => {
                if !self.readers.iter().any(|(known, ..)| *known == name) {
                    let shown = String::from_utf8_lossy(&name).into_owned();
                    self.warn(&format!("fflush: `{shown}' is not an open file, pipe or co-process"))?;
                }
                Ok(Value::Num(-1.0))
            }
            Err(error) => Err(super::output_error(&name, &error)),
        }
    }

    fn system(&mut self, arguments: &'p [Expr]) -> Run<Value> {
        if self.options.sandbox {
            return sandboxed("'system' function");
        }
        let command = self.text_at(arguments, 0)?;
        self.flush_all()?;
        match self.io.system(&command) {
            Ok(status) => Ok(Value::Num(f64::from(status))),
            Err(error) => {
                if self.io.poll(0) {
                    return Err(Stop::Cancelled);
                }
                fatal(format!("system: {}", describe(&error)))
            }
        }
    }

    fn srand(&mut self, arguments: &'p [Expr]) -> Run<Value> {
        let previous = self.seed;
        self.seed = match arguments.first() {
            Some(argument) => self.num(argument)?,
            None => self.io.now().as_secs() as f64,
        };
        // Fractions count as well; whole seeds are what srandom(3) gets.
        self.random = crate::random::Random::new(self.seed as i64 as u32);
        Ok(Value::Num(previous))
    }

    fn strftime(&mut self, arguments: &'p [Expr]) -> Run<Value> {
        let format = match arguments.first() {
            Some(argument) => self.text(argument)?.bytes().to_vec(),
            None => match &self.globals[special::PROCINFO as usize] {
                Cell::Array(facts) => match facts.borrow().get(b"strftime") {
                    Some(Cell::Value(value)) => value.to_str(&self.convfmt).bytes().to_vec(),
                    _ => time::DEFAULT_FORMAT.to_vec(),
                },
                Cell::Value(_) => time::DEFAULT_FORMAT.to_vec(),
            },
        };
        let seconds = match arguments.get(1) {
            Some(argument) => self.num(argument)?,
            None => self.io.now().as_secs() as f64,
        };
        let utc = match arguments.get(2) {
            Some(argument) => self.truth(argument)?,
            None => false,
        };
        let zone = if utc { Some(b"UTC".to_vec()) } else { self.zone() };
        Ok(Value::from_vec(time::format(&format, seconds.floor(), zone.as_deref())))
    }

    fn mktime(&mut self, arguments: &'p [Expr]) -> Run<Value> {
        let text = self.text_at(arguments, 0)?;
        let utc = match arguments.get(1) {
            Some(argument) => self.truth(argument)?,
            None => false,
        };
        let zone = if utc { Some(b"UTC".to_vec()) } else { self.zone() };
        Ok(Value::Num(time::make(&text, zone.as_deref())))
    }

    /// The `TZ` that the program sees.
    fn zone(&self) -> Option<Vec<u8>> {
        match &self.globals[special::ENVIRON as usize] {
            Cell::Array(environment) => match environment.borrow().get(b"TZ") {
                Some(Cell::Value(value)) => Some(value.to_str(&self.convfmt).bytes().to_vec()),
                _ => None,
            },
            Cell::Value(_) => None,
        }
    }

    fn type_of(&mut self, arguments: &'p [Expr]) -> Run<&'static str> {
        let Some(argument) = arguments.first() else {
            return Ok("untyped");
        };
        if self.holds_array(argument)? {
            return Ok("array");
        }
        let value = match argument {
            Expr::Var(VarRef::Global(slot)) if *slot < special::COUNT => self.eval(argument)?,
            Expr::Var(variable) => match self.cell(*variable) {
                Cell::Value(value) => value.clone(),
                Cell::Array(_) => return Ok("array"),
            },
            Expr::Element(subscript) => {
                let array = self.array(&subscript.array)?;
                let mut key = self.take_buffer();
                let at = self.key(&subscript.index, &mut key)?;
                let value = match array.borrow_mut().entry(at) {
                    Cell::Value(value) => value.clone(),
                    Cell::Array(_) => return Ok("array"),
                };
                self.give_buffer(key);
                value
            }
            Expr::FieldAt(_) | Expr::Field(_) => match self.eval(argument)? {
                Value::Uninit => return Ok("unassigned"),
                value => value,
            },
            Expr::ArrayArg(ArrayRef::Var(_)) => return Ok("array"),
            _ => self.eval(argument)?,
        };
        Ok(match value {
            Value::Uninit => "untyped",
            Value::Num(_) => "number",
            Value::Str(_) => "string",
            Value::StrNum(..) => "strnum",
            Value::Regex(_) => "regexp",
        })
    }
}

/// A number as it appears in messages.
fn shown(value: f64) -> String {
    let mut out = Vec::new();
    number::append(&mut out, value, b"%.6g");
    String::from_utf8_lossy(&out).into_owned()
}
