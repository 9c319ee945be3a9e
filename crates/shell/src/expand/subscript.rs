//! Subscripts: arithmetic for indexed arrays, keys for associative ones.

use crate::shell::{Flow, Shell};
use crate::state::access::Elem;
use crate::syntax::ast::Subscript;

use super::param::Sub;

impl Shell {
    /// Evaluates a subscript of `name`.
    pub(crate) fn subscript(&mut self, name: &[u8], s: &Subscript) -> Result<Sub, Flow> {
        Ok(match s {
            Subscript::At => Sub::At,
            Subscript::Star => Sub::Star,
            Subscript::Expr(_) => Sub::One(self.element(name, s)?),
        })
    }

    /// Evaluates a subscript that must name one element (an assignment).
    pub(crate) fn element(&mut self, name: &[u8], s: &Subscript) -> Result<Elem, Flow> {
        let assoc = self.is_assoc(name);
        match s {
            Subscript::At if assoc => Ok(Elem::Key(b"@".to_vec())),
            Subscript::Star if assoc => Ok(Elem::Key(b"*".to_vec())),
            Subscript::At | Subscript::Star => {
                let shown: &[u8] = if matches!(s, Subscript::At) { b"[@]" } else { b"[*]" };
                self.error([name, shown, b": bad array subscript"].concat());
                Err(Flow::Discard(1))
            }
            Subscript::Expr(e) if assoc => Ok(Elem::Key(self.expand_string(&e.key)?)),
            Subscript::Expr(e) => Ok(Elem::Index(self.arith(&e.index)?)),
        }
    }

    /// Evaluates the text between brackets, as builtins and namerefs give it. Expansions in it are performed.
    pub(crate) fn subscript_text(&mut self, name: &[u8], text: &[u8]) -> Result<Elem, Flow> {
        let expanded =
            if memchr::memchr3(b'$', b'`', b'\\', text).is_some() || memchr::memchr2(b'"', b'\'', text).is_some() {
                let options = self.parse_options();
                match crate::syntax::parse_word_text(bytes::Bytes::copy_from_slice(text), &options, self.line) {
                    Ok(word) => self.expand_string(&word)?,
                    Err(_) => text.to_vec(),
                }
            } else {
                text.to_vec()
            };
        if self.is_assoc(name) {
            return Ok(Elem::Key(expanded));
        }
        Ok(Elem::Index(self.arith_text(&expanded)?))
    }
}
