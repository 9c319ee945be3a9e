//! Arrays and their elements.

use super::Interp;
use crate::array::{Array, ArrayHandle, Cell, Key};
use crate::error::{Run, fatal};
use crate::parse::ast::{ArrayRef, Expr, Subscript, VarRef};
use crate::value::Value;

impl<'p> Interp<'p, '_> {
    /// The array that a reference names; an untouched variable becomes one.
    #[inline]
    pub(super) fn array(&mut self, reference: &'p ArrayRef) -> Run<ArrayHandle> {
        match reference {
            ArrayRef::Var(variable) => self.array_variable(*variable),
            ArrayRef::Element(subscript) => self.sub_array(subscript),
        }
    }

    #[inline]
    pub(super) fn array_variable(&mut self, variable: VarRef) -> Run<ArrayHandle> {
        let cell = self.cell(variable);
        match cell {
            Cell::Array(array) => Ok(array.clone()),
            Cell::Value(Value::Uninit) => {
                let array = Array::handle();
                *cell = Cell::Array(array.clone());
                Ok(array)
            }
            Cell::Value(_) => {
                let kind = if matches!(variable, VarRef::Local(_)) {
                    "scalar parameter"
                } else {
                    "scalar"
                };
                fatal(format!(
                    "attempt to use {kind} `{}' as an array",
                    self.name_of(variable)
                ))
            }
        }
    }

    pub(super) fn sub_array(&mut self, subscript: &'p Subscript) -> Run<ArrayHandle> {
        let outer = self.array(&subscript.array)?;
        let mut key = self.take_buffer();
        let at = self.key(&subscript.index, &mut key)?;
        let inner = match outer.borrow_mut().entry(at) {
            Cell::Array(array) => Some(array.clone()),
            cell @ Cell::Value(Value::Uninit) => {
                let array = Array::handle();
                *cell = Cell::Array(array.clone());
                Some(array)
            }
            Cell::Value(_) => None,
        };
        match inner {
            Some(inner) => {
                self.give_buffer(key);
                Ok(inner)
            }
            None => {
                let shown = self.element_name(subscript);
                fatal(format!("attempt to use scalar `{shown}' as an array"))
            }
        }
    }

    /// Evaluates the subscript: a positive integer is given back as it is, anything else (parts joined with `SUBSEP`)
    /// goes into `out`, which is empty.
    #[inline]
    pub(super) fn key<'b>(&mut self, index: &'p [Expr], out: &'b mut Vec<u8>) -> Run<Key<'b>> {
        if let [only] = index {
            match only {
                Expr::FieldAt(_) | Expr::Text(_) | Expr::Concat(_) => self.append(only, out)?,
                _ => match self.eval(only)? {
                    Value::Num(number) if (1.0..1e9).contains(&number) && number.trunc() == number => {
                        return Ok(Key::Number(number as u32));
                    }
                    value => value.append_to(out, &self.convfmt),
                },
            }
            return Ok(Key::Text(out));
        }
        for (position, part) in index.iter().enumerate() {
            if position > 0 {
                out.extend_from_slice(&self.subsep);
            }
            self.append(part, out)?;
        }
        Ok(Key::Text(out))
    }

    /// The value of an element, which comes into being if it was not there.
    #[inline]
    pub(super) fn element(&mut self, subscript: &'p Subscript) -> Run<Value> {
        let array = self.array(&subscript.array)?;
        let mut key = self.take_buffer();
        let at = self.key(&subscript.index, &mut key)?;
        let value = match array.borrow_mut().entry(at) {
            Cell::Value(value) => Some(value.clone()),
            Cell::Array(_) => None,
        };
        match value {
            Some(value) => {
                self.give_buffer(key);
                Ok(value)
            }
            None => self.element_as_scalar(subscript),
        }
    }

    pub(super) fn element_as_scalar<T>(&mut self, subscript: &'p Subscript) -> Run<T> {
        let shown = self.element_name(subscript);
        fatal(format!("attempt to use array `{shown}' in a scalar context"))
    }

    fn element_name(&mut self, subscript: &'p Subscript) -> String {
        let outer = match &subscript.array {
            ArrayRef::Var(variable) => self.name_of(*variable),
            ArrayRef::Element(outer) => self.element_name(outer),
        };
        let mut key = Vec::new();
        let shown = match self.key(&subscript.index, &mut key) {
            Ok(Key::Number(number)) => number.to_string(),
            Ok(Key::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            Err(_) => "?".to_owned(),
        };
        format!("{outer}[\"{shown}\"]")
    }
}
