//! Variables, fields and what happens when the built-in ones change.

use std::rc::Rc;

use super::Interp;
use crate::array::Cell;
use crate::error::{Run, fatal};
use crate::input::Ending;
use crate::parse::ast::{Expr, VarRef};
use crate::parse::special;
use crate::record::{Splitter, parse_widths};
use crate::value::{Str, Value};

/// Which variable decides how records are split: the one assigned last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Splitting {
    /// `FS`
    Separator,
    /// `FPAT`
    Fields,
    /// `FIELDWIDTHS`
    Widths,
}

impl<'p> Interp<'p, '_> {
    /// The cell of a variable.
    #[inline]
    pub(super) fn cell(&mut self, variable: VarRef) -> &mut Cell {
        match variable {
            VarRef::Global(slot) => &mut self.globals[slot as usize],
            VarRef::Local(slot) => &mut self.locals[self.base + slot as usize],
        }
    }

    /// The name of a variable, with what kind it is, for messages.
    pub(super) fn name_of(&self, variable: VarRef) -> String {
        match variable {
            VarRef::Global(slot) => String::from_utf8_lossy(&self.program.globals[slot as usize]).into_owned(),
            VarRef::Local(slot) => {
                let function = self
                    .locals_of
                    .last()
                    .and_then(|index| self.program.functions.get(*index as usize));
                let name = function.and_then(|function| function.params.get(slot as usize));
                name.map_or_else(|| "?".to_owned(), |name| String::from_utf8_lossy(name).into_owned())
            }
        }
    }

    pub(super) fn array_as_scalar<T>(&self, variable: VarRef) -> Run<T> {
        fatal(format!(
            "attempt to use array `{}' in a scalar context",
            self.name_of(variable)
        ))
    }

    /// The value of a variable.
    #[inline]
    pub(super) fn variable(&mut self, variable: VarRef) -> Run<Value> {
        let cell = match variable {
            VarRef::Global(slot) if slot <= special::FNR || slot == special::RT => return Ok(self.counter(slot)),
            VarRef::Global(slot) => &self.globals[slot as usize],
            VarRef::Local(slot) => &self.locals[self.base + slot as usize],
        };
        match cell {
            Cell::Value(value) => Ok(value.clone()),
            Cell::Array(_) => self.array_as_scalar(variable),
        }
    }

    /// The variables that are computed when they are read.
    fn counter(&mut self, slot: u32) -> Value {
        match slot {
            special::NF => Value::Num(self.record.count() as f64),
            special::NR => Value::Num(self.nr),
            special::FNR => Value::Num(self.fnr),
            _ => Value::text(&self.terminator),
        }
    }

    /// Assigns to a variable, a field or an element.
    #[inline]
    pub(super) fn assign(&mut self, target: &'p Expr, value: Value) -> Run<()> {
        match target {
            Expr::Var(VarRef::Global(slot)) if *slot < special::COUNT => self.set_special(*slot, value),
            Expr::Var(variable) => {
                if let Cell::Value(old) = self.cell(*variable) {
                    *old = value;
                    return Ok(());
                }
                self.array_as_scalar(*variable)
            }
            Expr::FieldAt(index) => self.set_field(*index as usize, value),
            Expr::Field(index) => {
                let index = self.field_index(index)?;
                self.set_field(index, value)
            }
            Expr::Element(subscript) => {
                let array = self.array(&subscript.array)?;
                let mut key = self.take_buffer();
                let at = self.key(&subscript.index, &mut key)?;
                let clash = match array.borrow_mut().entry(at) {
                    Cell::Value(old) => {
                        *old = value;
                        false
                    }
                    Cell::Array(_) => true,
                };
                if clash {
                    return self.element_as_scalar(subscript);
                }
                self.give_buffer(key);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The number of a field.
    pub(super) fn field_index(&mut self, index: &'p Expr) -> Run<usize> {
        let number = self.num(index)?;
        if number < 0.0 || number.is_nan() {
            let shown = number.trunc();
            if shown < 0.0 {
                return fatal(format!("attempt to access field {shown}"));
            }
        }
        Ok(number as usize)
    }

    /// The value of a field.
    #[inline]
    pub(super) fn field(&mut self, index: usize) -> Value {
        if index == 0 {
            Value::from_input(self.record.text(&self.ofs, &self.convfmt))
        } else {
            self.record.value(index)
        }
    }

    pub(super) fn set_field(&mut self, index: usize, value: Value) -> Run<()> {
        if index == 0 {
            let text = value.to_str(&self.convfmt);
            self.record.set_text(text.bytes());
            return Ok(());
        }
        if !self.record.set(index, value) {
            return fatal(format!("field number {index} is too large"));
        }
        Ok(())
    }

    /// A string kept in a global slot.
    pub(super) fn global_text(&self, slot: u32) -> Str {
        match &self.globals[slot as usize] {
            Cell::Value(value) => value.to_str(&self.convfmt),
            Cell::Array(_) => Str::default(),
        }
    }

    /// Assigns to a built-in variable.
    pub(super) fn set_special(&mut self, slot: u32, value: Value) -> Run<()> {
        if let Cell::Array(_) = self.globals[slot as usize] {
            return self.array_as_scalar(VarRef::Global(slot));
        }
        let text = |interp: &Self| value.to_str(&interp.convfmt).bytes().to_vec();
        match slot {
            special::NF => {
                let count = value.to_num();
                if count < 0.0 {
                    return fatal("NF set to negative value");
                }
                if !self.record.set_count(count as usize) {
                    return fatal(format!("NF set to {count}, which is too large"));
                }
                return Ok(());
            }
            special::NR => {
                self.nr = value.to_num();
                return Ok(());
            }
            special::FNR => {
                self.fnr = value.to_num();
                return Ok(());
            }
            special::RT => {
                self.terminator = text(self);
                return Ok(());
            }
            special::OFS => {
                // The record at hand is put together with the separator that was in force when it changed.
                self.record.text(&self.ofs, &self.convfmt);
                self.ofs = text(self);
            }
            special::ORS => self.ors = text(self),
            special::SUBSEP => self.subsep = text(self),
            special::CONVFMT => self.convfmt = text(self),
            special::OFMT => self.ofmt = text(self),
            _ => {}
        }
        self.globals[slot as usize] = Cell::Value(value);
        match slot {
            special::FS => self.choose_splitter(Splitting::Separator),
            special::FPAT => self.choose_splitter(Splitting::Fields),
            special::FIELDWIDTHS => self.choose_splitter(Splitting::Widths),
            special::RS => self.choose_ending(),
            special::IGNORECASE => {
                let icase = match &self.globals[slot as usize] {
                    Cell::Value(value) => value.to_bool(),
                    Cell::Array(_) => false,
                };
                if icase != self.icase {
                    self.icase = icase;
                    self.statics.fill(None);
                    self.choose_splitter(self.splitting)?;
                    self.choose_ending()?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn choose_splitter(&mut self, splitting: Splitting) -> Run<()> {
        self.splitting = splitting;
        let paragraph = matches!(self.ending, Ending::Paragraph);
        let splitter = match splitting {
            Splitting::Separator => {
                let separator = self.global_text(special::FS);
                self.splitter_for(separator.bytes(), paragraph)?
            }
            Splitting::Fields => {
                let source = self.global_text(special::FPAT);
                Splitter::Fields(self.cache.get(source.bytes(), self.icase, self.options.utf8)?)
            }
            Splitting::Widths => {
                let text = self.global_text(special::FIELDWIDTHS);
                match parse_widths(text.bytes()) {
                    Ok(widths) => Splitter::Widths(Rc::new(widths), self.options.utf8),
                    Err(number) => {
                        let shown = String::from_utf8_lossy(text.bytes()).into_owned();
                        return fatal(format!("invalid FIELDWIDTHS value, for field {number}, near `{shown}'"));
                    }
                }
            }
        };
        self.record.set_splitter(splitter);
        let name: &[u8] = match splitting {
            Splitting::Separator => b"FS",
            Splitting::Fields => b"FPAT",
            Splitting::Widths => b"FIELDWIDTHS",
        };
        if let Cell::Array(facts) = &self.globals[special::PROCINFO as usize] {
            facts.borrow_mut().set(b"FS", Value::text(name));
        }
        Ok(())
    }

    /// How a separator string takes text apart.
    pub(super) fn splitter_for(&mut self, separator: &[u8], newline_too: bool) -> Run<Splitter> {
        let utf8 = self.options.utf8;
        Ok(match separator {
            b" " => Splitter::Blank,
            b"" => Splitter::Chars(utf8),
            // A single character is just that, whatever `IGNORECASE` says.
            [byte] if *byte < 0x80 => Splitter::Byte(*byte, newline_too),
            [byte] if !utf8 => Splitter::Byte(*byte, newline_too),
            source if newline_too => {
                let mut either = b"(".to_vec();
                either.extend_from_slice(source);
                either.extend_from_slice(b")|\n");
                Splitter::Regex(self.cache.get(&either, self.icase, utf8)?)
            }
            source => Splitter::Regex(self.cache.get(source, self.icase, utf8)?),
        })
    }

    fn choose_ending(&mut self) -> Run<()> {
        let source = self.global_text(special::RS);
        let was_paragraph = matches!(self.ending, Ending::Paragraph);
        self.ending = match source.bytes() {
            b"" => Ending::Paragraph,
            [byte] => Ending::Byte(*byte),
            source => Ending::Regex(self.cache.get(source, self.icase, self.options.utf8)?),
        };
        if was_paragraph != matches!(self.ending, Ending::Paragraph) {
            self.choose_splitter(self.splitting)?;
        }
        Ok(())
    }
}
