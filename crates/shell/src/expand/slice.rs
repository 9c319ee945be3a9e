//! `${x:offset:length}`.

use crate::shell::{Flow, Shell};
use crate::state::value::Value;
use crate::syntax::ast::ArithExpr;

use super::case::{char_count, char_offset};
use super::param::{Found, Sub, Target};

impl Shell {
    /// Part of a text, of the positional parameters or of an array.
    pub(super) fn slice(
        &mut self,
        target: &Target,
        found: Found,
        offset: &ArithExpr,
        length: Option<&ArithExpr>,
    ) -> Result<Found, Flow> {
        let at = self.arith(offset)?;
        let len = match length {
            Some(e) => Some((self.arith(e)?, e)),
            None => None,
        };
        match found {
            Found::Unset => Ok(Found::Unset),
            Found::One(text) => {
                let utf8 = self.utf8();
                let total = char_count(&text, utf8) as i64;
                let start = if at < 0 { at.saturating_add(total) } else { at };
                if start < 0 || start > total {
                    return Ok(Found::One(Vec::new()));
                }
                let end = match len {
                    None => total,
                    Some((n, _)) if n >= 0 => start.saturating_add(n).min(total),
                    Some((n, e)) => {
                        let end = total + n.max(-total - 1);
                        if end < start {
                            return Err(self.negative_length(e));
                        }
                        end
                    }
                };
                let from = char_offset(&text, start as usize, utf8);
                let to = from + char_offset(&text[from..], (end - start) as usize, utf8);
                Ok(Found::One(text[from..to].to_vec()))
            }
            Found::Many(items, star) => {
                if let Some((n, e)) = len
                    && n < 0
                {
                    return Err(self.negative_length(e));
                }
                let want = len.map_or(usize::MAX, |(n, _)| usize::try_from(n).unwrap_or(usize::MAX));
                let picked = self.slice_list(target, items, at, want);
                Ok(Found::Many(picked, star))
            }
        }
    }

    fn slice_list(&mut self, target: &Target, items: Vec<Vec<u8>>, at: i64, want: usize) -> Vec<Vec<u8>> {
        match target {
            Target::Special(_) => {
                // The list begins with `$0`, but only an offset of 0 reaches it.
                let total = items.len() as i64 + 1;
                let start = if at < 0 { at + total } else { at };
                if start < 0 || start > items.len() as i64 {
                    return Vec::new();
                }
                let zero = std::iter::once(self.name.to_vec());
                zero.chain(items).skip(start as usize).take(want).collect()
            }
            Target::Var(name, Sub::At | Sub::Star) => {
                let (real, _) = self.deref_owned(name);
                match self.lookup(&real).as_deref().map(|v| &v.value) {
                    Some(Value::Indexed(a)) => {
                        let start = if at < 0 { at.saturating_add(a.end()) } else { at };
                        if start < 0 {
                            return Vec::new();
                        }
                        a.values_from(start).take(want).cloned().collect()
                    }
                    Some(Value::Assoc(_)) => {
                        let total = items.len() as i64;
                        let start = if at < 0 { at + total } else { (at - 1).max(0) };
                        if start < 0 {
                            return Vec::new();
                        }
                        items.into_iter().skip(start as usize).take(want).collect()
                    }
                    _ => {
                        // A text is a list of one.
                        let start = if at < 0 { at + 1 } else { at };
                        if start != 0 {
                            Vec::new()
                        } else {
                            items.into_iter().take(want).collect()
                        }
                    }
                }
            }
            _ => items,
        }
    }

    fn negative_length(&mut self, e: &ArithExpr) -> Flow {
        self.error([&e.word.raw[..], b": substring expression < 0"].concat());
        Flow::Discard(1)
    }
}
