//! Arrays and their elements.

use super::Interp;
use crate::array::{Array, ArrayHandle, Cell};
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
        self.key(&subscript.index, &mut key)?;
        let mut outer = outer.borrow_mut();
        let cell = outer.entry(&key);
        let inner = match cell {
            Cell::Array(array) => array.clone(),
            Cell::Value(Value::Uninit) => {
                let array = Array::handle();
                *cell = Cell::Array(array.clone());
                array
            }
            Cell::Value(_) => {
                let shown = self.element_name(subscript, &key);
                return fatal(format!("attempt to use scalar `{shown}' as an array"));
            }
        };
        drop(outer);
        self.give_buffer(key);
        Ok(inner)
    }

    /// Appends the subscript: its parts joined with `SUBSEP`.
    #[inline]
    pub(super) fn key(&mut self, index: &'p [Expr], out: &mut Vec<u8>) -> Run<()> {
        for (position, part) in index.iter().enumerate() {
            if position > 0 {
                out.extend_from_slice(&self.subsep);
            }
            self.append(part, out)?;
        }
        Ok(())
    }

    /// The value of an element, which comes into being if it was not there.
    #[inline]
    pub(super) fn element(&mut self, subscript: &'p Subscript) -> Run<Value> {
        let array = self.array(&subscript.array)?;
        let mut key = self.take_buffer();
        self.key(&subscript.index, &mut key)?;
        let value = match array.borrow_mut().entry(&key) {
            Cell::Value(value) => Some(value.clone()),
            Cell::Array(_) => None,
        };
        match value {
            Some(value) => {
                self.give_buffer(key);
                Ok(value)
            }
            None => self.element_as_scalar(subscript, &key),
        }
    }

    pub(super) fn element_as_scalar<T>(&self, subscript: &Subscript, key: &[u8]) -> Run<T> {
        fatal(format!(
            "attempt to use array `{}' in a scalar context",
            self.element_name(subscript, key)
        ))
    }

    fn element_name(&self, subscript: &Subscript, key: &[u8]) -> String {
        let outer = match &subscript.array {
            ArrayRef::Var(variable) => self.name_of(*variable),
            ArrayRef::Element(_) => "array".to_owned(),
        };
        format!("{outer}[\"{}\"]", String::from_utf8_lossy(key))
    }
}
