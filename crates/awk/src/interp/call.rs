//! Calls of functions that the program defines.

use super::Interp;
use crate::array::{Array, Cell};
use crate::error::{Run, fatal};
use crate::parse::ast::{Expr, VarRef};
use crate::parse::token::Place;
use crate::value::Value;

/// Stack that must be left for one more call, and how much is added when it is not.
const RED_ZONE: usize = 2 << 20;
const SEGMENT: usize = 16 << 20;

impl<'p> Interp<'p, '_> {
    /// Calls the function with this index.
    pub(super) fn call(&mut self, callee: u32, arguments: &'p [Expr], place: Place) -> Run<Value> {
        let function = &self.program.functions[callee as usize];
        if !function.defined {
            self.place = place;
            return fatal(format!(
                "function `{}' not defined",
                String::from_utf8_lossy(&function.name)
            ));
        }
        let mark = self.locals.len();
        for (index, argument) in arguments.iter().enumerate() {
            let cell = match function.arrays.get(index) {
                Some(true) => self.array_argument(argument)?,
                Some(false) => self.argument(argument)?,
                None => {
                    self.effect(argument)?;
                    continue;
                }
            };
            self.locals.push(cell);
        }
        self.enter(callee, mark)
    }

    /// Runs a function whose arguments have been pushed from `mark` on.
    fn enter(&mut self, callee: u32, mark: usize) -> Run<Value> {
        let function = &self.program.functions[callee as usize];
        self.locals.resize_with(mark + function.params.len(), Cell::default);
        if self.locals_of.len() >= self.options.max_depth {
            return fatal(format!(
                "function calls are nested too deeply (limit {})",
                self.options.max_depth
            ));
        }
        self.tick()?;
        let place = self.place;
        let base = std::mem::replace(&mut self.base, mark);
        self.locals_of.push(callee);
        self.returned = Value::Uninit;
        let result = stacker::maybe_grow(RED_ZONE, SEGMENT, || self.block(&function.body));
        self.locals_of.pop();
        self.base = base;
        self.locals.truncate(mark);
        result?;
        self.place = place;
        Ok(std::mem::take(&mut self.returned))
    }

    /// Calls a function with values at hand, as a comparison function for sorting.
    pub(super) fn call_with(&mut self, callee: u32, values: Vec<Cell>) -> Run<Value> {
        let mark = self.locals.len();
        let wanted = self.program.functions[callee as usize].params.len();
        self.locals.extend(values.into_iter().take(wanted));
        self.enter(callee, mark)
    }

    /// The index of a function by name.
    pub(super) fn function_named(&self, name: &[u8]) -> Option<u32> {
        let found = self
            .program
            .functions
            .iter()
            .position(|function| function.defined && function.name == name)?;
        u32::try_from(found).ok()
    }

    pub(super) fn indirect(&mut self, callee: &'p Expr, arguments: &'p [Expr], place: Place) -> Run<Value> {
        let name = self.text(callee)?;
        match self.function_named(name.bytes()) {
            Some(index) => self.call(index, arguments, place),
            None => {
                let shown = String::from_utf8_lossy(name.bytes()).into_owned();
                fatal(format!(
                    "`{shown}' is not a function, so it cannot be called indirectly"
                ))
            }
        }
    }

    /// An argument for a parameter that is used as an array: shared, not copied.
    fn array_argument(&mut self, argument: &'p Expr) -> Run<Cell> {
        match argument {
            Expr::Var(variable) => {
                if let (VarRef::Global(_), Cell::Value(value)) = (*variable, &*self.cell(*variable))
                    && !matches!(value, Value::Uninit)
                {
                    // The function complains, when it comes to using it.
                    return Ok(Cell::Value(value.clone()));
                }
                self.array_variable(*variable).map(Cell::Array)
            }
            Expr::Element(subscript) => {
                if let Cell::Value(value) = self.argument(argument)?
                    && !matches!(value, Value::Uninit)
                {
                    return Ok(Cell::Value(value));
                }
                self.sub_array(subscript).map(Cell::Array)
            }
            _ => self.eval(argument).map(Cell::Value),
        }
    }

    /// An argument for any other parameter: arrays are shared, scalars copied.
    fn argument(&mut self, argument: &'p Expr) -> Run<Cell> {
        match argument {
            Expr::Var(variable) => {
                if let Cell::Array(array) = self.cell(*variable) {
                    return Ok(Cell::Array(array.clone()));
                }
                self.variable(*variable).map(Cell::Value)
            }
            Expr::Element(subscript) => {
                let outer = self.array(&subscript.array)?;
                let mut key = self.take_buffer();
                let at = self.key(&subscript.index, &mut key)?;
                let cell = outer.borrow_mut().entry(at).clone();
                self.give_buffer(key);
                Ok(cell)
            }
            _ => self.eval(argument).map(Cell::Value),
        }
    }

    /// A fresh array with these values under 1, 2, and so on.
    pub(super) fn fill_array(array: &mut Array, values: impl IntoIterator<Item = Value>) {
        array.fill(values.into_iter().map(Cell::Value));
    }
}
