//! What can only be checked when the whole program is known.

use super::{Parsed, Parser, SyntaxError};

impl Parser<'_> {
    pub(super) fn check(&mut self) -> Parsed<()> {
        self.spread_arrays();
        for (callee, count, place) in std::mem::take(&mut self.calls) {
            let function = &self.program.functions[callee as usize];
            if function.defined && count > function.params.len() {
                let name = String::from_utf8_lossy(&function.name).into_owned();
                self.warn_at(
                    place,
                    &format!("function `{name}' called with more arguments than declared"),
                );
            }
        }
        for function in &self.program.functions {
            let name = String::from_utf8_lossy(&function.name);
            if function.defined && self.global_slots.contains_key(&function.name) {
                let message = format!("function name `{name}' previously defined");
                return Err(SyntaxError::plain(&self.sources[0], 1, &message));
            }
            if !function.defined && self.global_slots.contains_key(&function.name) {
                let message = format!("attempt to use non-function `{name}' in function call");
                return Err(SyntaxError::plain(&self.sources[0], 1, &message));
            }
        }
        Ok(())
    }

    /// A parameter that is handed to a function as an array is an array itself; repeated until nothing changes.
    fn spread_arrays(&mut self) {
        let functions = &mut self.program.functions;
        let is_array = |functions: &[super::Function], (function, index): (u32, u32)| {
            functions[function as usize]
                .arrays
                .get(index as usize)
                .copied()
                .unwrap_or(false)
        };
        loop {
            let mut changed = false;
            for (from, to) in &self.passed_on {
                if is_array(functions, *to) && !is_array(functions, *from) {
                    functions[from.0 as usize].arrays[from.1 as usize] = true;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }
}
