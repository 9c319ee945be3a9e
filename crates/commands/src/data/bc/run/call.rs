//! Calls of functions, of the program's own and of the library.

use shell::command::{CommandError, Context};

use super::super::math;
use super::super::number::Num;
use super::super::parse::{Given, Own};
use super::{Array, Machine, Run, Stop};

/// How deep functions may call each other.
const DEPTH: usize = 4000;

/// What is given to a function: a number, or an array with the caller's name for it.
enum Passed {
    Value(Num),
    Array(Vec<u8>, Array),
}

impl Machine {
    pub(super) fn call(&mut self, cx: &mut Context<'_>, name: &[u8], given: &[Given]) -> Run<Num> {
        let Some(f) = self.functions.get(name).cloned() else {
            if self.library
                && let [letter @ (b's' | b'c' | b'a' | b'l' | b'e' | b'j')] = name
            {
                return self.library_call(cx, *letter, given);
            }
            self.address += 3;
            let name = String::from_utf8_lossy(name).into_owned();
            return Err(Stop::Fault(format!("Function {name} not defined.")));
        };
        if f.parameters.len() != given.len() {
            return Err(Stop::Fault("Parameter number mismatch".into()));
        }
        if self.depth >= DEPTH {
            return Err(Stop::Error(CommandError::fail(
                1,
                "functions call each other too deeply",
            )));
        }
        // Values first, for they may be those of names that the function has for itself.
        let mut values: Vec<(&Own, Passed)> = Vec::new();
        for (own, given) in f.parameters.iter().zip(given) {
            match given {
                Given::Value(e) if !own.array => values.push((own, Passed::Value(self.expr(cx, e)?))),
                Given::Array(from) if own.array => {
                    let copy = self.arrays.get(from).cloned().unwrap_or_default();
                    values.push((own, Passed::Array(from.clone(), copy)));
                }
                _ => return Err(Stop::Fault("Parameter type mismatch".into())),
            }
        }
        let mut saved_names: Vec<(Vec<u8>, Option<Num>)> = Vec::new();
        let mut saved_arrays: Vec<(Vec<u8>, Option<Array>)> = Vec::new();
        let mut shared: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for (own, passed) in values {
            match passed {
                Passed::Value(value) => {
                    saved_names.push((own.name.clone(), self.names.insert(own.name.clone(), value)));
                }
                Passed::Array(from, copy) => {
                    saved_arrays.push((own.name.clone(), self.arrays.insert(own.name.clone(), copy)));
                    if own.shared {
                        shared.push((own.name.clone(), from));
                    }
                }
            }
        }
        for own in &f.autos {
            if own.array {
                saved_arrays.push((own.name.clone(), self.arrays.remove(&own.name)));
            } else {
                saved_names.push((own.name.clone(), self.names.remove(&own.name)));
            }
        }
        let caller = std::mem::replace(&mut self.function, f.name.clone());
        let address = std::mem::replace(&mut self.address, 0);
        self.depth += 1;
        let result = crate::deep::deep(|| self.statements(cx, &f.body));
        self.depth -= 1;
        if !matches!(result, Err(Stop::Fault(_))) {
            self.function = caller;
            self.address = address;
        }
        let back: Vec<(Vec<u8>, Array)> = shared
            .into_iter()
            .map(|(own, from)| (from, self.arrays.get(&own).cloned().unwrap_or_default()))
            .collect();
        for (name, old) in saved_names.into_iter().rev() {
            match old {
                Some(old) => self.names.insert(name, old),
                None => self.names.remove(&name),
            };
        }
        for (name, old) in saved_arrays.into_iter().rev() {
            match old {
                Some(old) => self.arrays.insert(name, old),
                None => self.arrays.remove(&name),
            };
        }
        self.arrays.extend(back);
        match result {
            Ok(()) | Err(Stop::Return(None)) => Ok(Num::int(0)),
            Err(Stop::Return(Some(value))) => Ok(value),
            Err(other) => Err(other),
        }
    }

    fn library_call(&mut self, cx: &mut Context<'_>, letter: u8, given: &[Given]) -> Run<Num> {
        let count = if letter == b'j' { 2 } else { 1 };
        if given.len() != count {
            return Err(Stop::Fault("Parameter number mismatch".into()));
        }
        let mut values = Vec::new();
        for g in given {
            let Given::Value(e) = g else {
                return Err(Stop::Fault("Parameter type mismatch".into()));
            };
            values.push(self.expr(cx, e)?);
        }
        let scale = self.scale;
        let cancel = cx.cancel.clone();
        let mut poll = || cancel.check().is_err();
        let x = &values[values.len() - 1];
        let result = match letter {
            b'e' => math::exp(x, scale, &mut poll),
            b'l' if x.is_zero() || x.is_negative() => {
                let nines = Num::int(1).sub(&Num::int(10).pow(scale.max(1) as i64, 0).unwrap_or_else(|| Num::int(1)));
                Some(if scale == 0 { Num::int(-9) } else { nines }.rescale(scale))
            }
            b'l' => math::ln(x, scale, &mut poll),
            b'a' => math::atan(x, scale, &mut poll),
            b's' => math::sin(x, scale, false, &mut poll),
            b'c' => math::sin(x, scale, true, &mut poll),
            _ => match values[0].to_i64() {
                Some(n) => math::bessel(n, x, scale, &mut poll),
                None => None,
            },
        };
        cx.cancel.check().map_err(CommandError::from)?;
        result.ok_or_else(|| Stop::Fault("argument out of range of the math library".into()))
    }
}
