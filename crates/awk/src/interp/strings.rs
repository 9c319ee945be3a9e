//! `length`, `substr`, `index`, `split` and their kin.

use super::Interp;
use crate::array::Cell;
use crate::error::{Run, fatal};
use crate::parse::ast::{ArrayRef, Expr, Pattern};
use crate::record::{Splitter, split};
use crate::value::{Str, Value, number, text};

impl<'p> Interp<'p, '_> {
    /// Number of characters.
    pub(super) fn char_count(&self, bytes: &[u8]) -> usize {
        if !self.options.utf8 || bytes.is_ascii() {
            bytes.len()
        } else {
            text::char_count(bytes)
        }
    }

    pub(super) fn length(&mut self, arguments: &'p [Expr]) -> Run<Value> {
        let Some(argument) = arguments.first() else {
            return Ok(Value::Num(0.0));
        };
        match argument {
            Expr::FieldAt(0) => {
                let utf8 = self.options.utf8;
                let text = self.record.text(&self.ofs, &self.convfmt);
                let count = if !utf8 || text.is_ascii() {
                    text.len()
                } else {
                    text::char_count(text)
                };
                return Ok(Value::Num(count as f64));
            }
            Expr::Var(variable) => {
                if let Cell::Array(array) = self.cell(*variable) {
                    let count = array.borrow().len();
                    return Ok(Value::Num(count as f64));
                }
            }
            Expr::Element(subscript) if self.holds_array(argument)? => {
                let count = self.sub_array(subscript)?.borrow().len();
                return Ok(Value::Num(count as f64));
            }
            _ => {}
        }
        let value = self.text(argument)?;
        let count = if !self.options.utf8 || value.is_ascii() {
            value.bytes().len()
        } else {
            text::char_count(value.bytes())
        };
        Ok(Value::Num(count as f64))
    }

    pub(super) fn substr(&mut self, arguments: &'p [Expr]) -> Run<Value> {
        let Some(subject) = arguments.first() else {
            return Ok(Value::text(b""));
        };
        let subject = self.text(subject)?;
        let start = self.num_at(arguments, 1)?;
        let length = match arguments.get(2) {
            Some(length) => Some(self.num(length)?),
            None => None,
        };
        let start = if start.is_nan() || start < 1.0 {
            0
        } else {
            start as usize - 1
        };
        // Fractions are cut off; nothing, or less than nothing, is asked for below one.
        let count = match length {
            Some(length) if length.is_nan() || length < 1.0 => return Ok(Value::text(b"")),
            Some(length) => length as usize,
            None => usize::MAX,
        };
        let bytes = subject.bytes();
        if !self.options.utf8 || subject.is_ascii() {
            if start >= bytes.len() {
                return Ok(Value::text(b""));
            }
            let end = start.saturating_add(count).min(bytes.len());
            if start == 0 && end == bytes.len() {
                return Ok(Value::Str(subject));
            }
            return Ok(Value::text(&bytes[start..end]));
        }
        let from = text::offset_of(bytes, start);
        let rest = &bytes[from..];
        Ok(Value::text(&rest[..text::offset_of(rest, count)]))
    }

    pub(super) fn index(&mut self, arguments: &'p [Expr]) -> Run<Value> {
        if let Some(Expr::Regex(_) | Expr::TypedRegex(_)) = arguments.get(1) {
            return fatal("index: regexp constant as second argument is not allowed");
        }
        let (Some(subject), Some(wanted)) = (arguments.first(), arguments.get(1)) else {
            return Ok(Value::Num(0.0));
        };
        let (mut subject, mut wanted) = (self.text(subject)?, self.text(wanted)?);
        if self.icase {
            subject = Str::from_vec(text::map_case(subject.bytes(), self.options.utf8, false));
            wanted = Str::from_vec(text::map_case(wanted.bytes(), self.options.utf8, false));
        }
        let found = memchr::memmem::find(subject.bytes(), wanted.bytes());
        Ok(Value::Num(
            found.map_or(0, |at| self.char_count(&subject.bytes()[..at]) + 1) as f64,
        ))
    }

    pub(super) fn map_case(&mut self, arguments: &'p [Expr], upper: bool) -> Run<Value> {
        let subject = self.text_at(arguments, 0)?;
        Ok(Value::from_vec(text::map_case(&subject, self.options.utf8, upper)))
    }

    /// The way of splitting that an argument asks for.
    fn separator_argument(&mut self, argument: Option<&'p Expr>) -> Run<Splitter> {
        match argument {
            Some(Expr::PatternArg(Pattern::Static(index))) => {
                // A regular expression of one blank is just that, unlike the string.
                let source = &self.program.regexes[*index as usize].source;
                if source.is_empty() {
                    return Ok(Splitter::Chars(self.options.utf8));
                }
                Ok(Splitter::Regex(self.static_re(*index)?))
            }
            Some(Expr::PatternArg(Pattern::Dynamic(expr))) => match self.eval(expr)? {
                Value::Regex(source) => Ok(Splitter::Regex(self.cache.get(
                    source.bytes(),
                    self.icase,
                    self.options.utf8,
                )?)),
                value => {
                    let source = value.to_str(&self.convfmt);
                    self.splitter_for(source.bytes(), false)
                }
            },
            _ => {
                let source = self.global_text(crate::parse::special::FS);
                self.splitter_for(source.bytes(), false)
            }
        }
    }

    pub(super) fn split(&mut self, arguments: &'p [Expr]) -> Run<Value> {
        let subject = self.text_at(arguments, 0)?;
        let splitter = self.separator_argument(arguments.get(2))?;
        let blank = matches!(splitter, Splitter::Blank);
        self.store_split(&subject, &splitter, arguments, if blank { 0 } else { 1 })
    }

    pub(super) fn patsplit(&mut self, arguments: &'p [Expr]) -> Run<Value> {
        let subject = self.text_at(arguments, 0)?;
        let splitter = match arguments.get(2) {
            Some(Expr::PatternArg(pattern)) => Splitter::Fields(self.pattern(pattern)?),
            _ => {
                let source = self.global_text(crate::parse::special::FPAT);
                Splitter::Fields(self.cache.get(source.bytes(), self.icase, self.options.utf8)?)
            }
        };
        self.store_split(&subject, &splitter, arguments, 0)
    }

    /// Splits `subject` into the array that is argument 1, the separators into argument 3, numbered from `first`.
    fn store_split(&mut self, subject: &[u8], splitter: &Splitter, arguments: &'p [Expr], first: i64) -> Run<Value> {
        let Some(Expr::ArrayArg(target)) = arguments.get(1) else {
            return Ok(Value::Num(0.0));
        };
        let target = self.array(target)?;
        let separators: Option<&'p ArrayRef> = match arguments.get(3) {
            Some(Expr::ArrayArg(separators)) => Some(separators),
            _ => None,
        };
        let (mut spans, mut between) = (Vec::new(), Vec::new());
        split(
            subject,
            splitter,
            &mut spans,
            separators.is_some().then_some(&mut between),
        );
        let part = |(from, to): &(u32, u32)| &subject[*from as usize..*to as usize];
        Self::fill_array(
            &mut target.borrow_mut(),
            spans.iter().map(|span| Value::from_input(part(span))),
        );
        if let Some(separators) = separators {
            let separators = self.array(separators)?;
            let mut separators = separators.borrow_mut();
            separators.clear();
            let mut key = Vec::new();
            for (index, span) in between.iter().enumerate() {
                key.clear();
                number::append_integer(&mut key, index as i64 + first);
                separators.set(&key, Value::text(part(span)));
            }
        }
        Ok(Value::Num(spans.len() as f64))
    }
}
