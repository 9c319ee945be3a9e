//! `${x@Q}` and the other transformations.

use crate::shell::{Flow, Shell};
use crate::state::value::{Attrs, Value, Var};

use super::case::{char_len, lower, map_char, upper};
use super::param::{Found, Sub, Target};
use super::quote;

impl Shell {
    /// Applies `@op`.
    pub(super) fn transform(&mut self, target: &Target, found: Found, op: u8) -> Result<Found, Flow> {
        match op {
            b'a' => {
                let letters = match target {
                    Target::Var(name, _) => {
                        let (real, _) = self.deref_owned(name);
                        self.vars.get(&real).map(attr_letters).unwrap_or_default()
                    }
                    _ => Vec::new(),
                };
                Ok(match found {
                    Found::Many(items, star) => Found::Many(vec![letters; items.len()], star),
                    Found::One(_) => Found::One(letters),
                    Found::Unset => Found::Unset,
                })
            }
            b'A' => Ok(self.transform_assign(target, found)),
            b'K' | b'k' => Ok(self.transform_pairs(target, found, op == b'k')),
            _ => Ok(match found {
                Found::One(t) => Found::One(self.transform_text(&t, op)?),
                Found::Many(items, star) => {
                    let mut out = Vec::with_capacity(items.len());
                    for t in &items {
                        out.push(self.transform_text(t, op)?);
                    }
                    Found::Many(out, star)
                }
                Found::Unset => Found::Unset,
            }),
        }
    }

    fn transform_text(&mut self, text: &[u8], op: u8) -> Result<Vec<u8>, Flow> {
        let utf8 = self.utf8();
        Ok(match op {
            b'Q' => quote::always(text),
            b'U' => upper(text, utf8),
            b'L' => lower(text, utf8),
            b'u' => match char_len(text, utf8) {
                Some(n) => [&map_char(&text[..n], utf8, true)[..], &text[n..]].concat(),
                None => Vec::new(),
            },
            b'E' => crate::syntax::escapes::decode_ansi_c(text),
            b'P' => self.expand_prompt(text)?,
            _ => text.to_vec(),
        })
    }

    /// What `@a` and `@A` show of a variable that has no value.
    pub(super) fn transform_unset(&mut self, target: &Target, op: u8) -> Option<Vec<u8>> {
        let Target::Var(name, _) = target else { return None };
        let (real, _) = self.deref_owned(name);
        let var = self.vars.get(&real)?;
        let letters = attr_letters(var);
        match op {
            b'a' => Some(letters),
            b'A' if !letters.is_empty() => Some([b"declare -", &letters[..], b" ", &real].concat()),
            _ => None,
        }
    }

    /// A command that makes the variable again.
    fn transform_assign(&mut self, target: &Target, found: Found) -> Found {
        match target {
            Target::Var(name, sub) => {
                let (real, _) = self.deref_owned(name);
                let letters = self.vars.get(&real).map(attr_letters).unwrap_or_default();
                let declare = |value: &[u8]| {
                    if letters.is_empty() {
                        [&real[..], b"=", value].concat()
                    } else {
                        [b"declare -", &letters[..], b" ", &real[..], b"=", value].concat()
                    }
                };
                match (found, sub) {
                    (Found::Many(..), Sub::At | Sub::Star) => {
                        let value = self.lookup(&real).map(|v| list_literal(&v.value)).unwrap_or_default();
                        if self.lookup(&real).is_some_and(|v| !v.value.is_array()) {
                            let text = self.var_text(&real);
                            return Found::One(declare(&quote::always(&text)));
                        }
                        Found::One(declare(&value))
                    }
                    (Found::One(t), _) => Found::One(declare(&quote::always(&t))),
                    (f, _) => f,
                }
            }
            Target::Special(b'@' | b'*') => match found {
                Found::Many(items, _) => {
                    let mut out = b"set --".to_vec();
                    for i in &items {
                        out.push(b' ');
                        out.extend_from_slice(&quote::always(i));
                    }
                    Found::One(out)
                }
                f => f,
            },
            _ => found,
        }
    }

    /// `@K`: keys and quoted values in one text; `@k`: as separate words.
    fn transform_pairs(&mut self, target: &Target, found: Found, words: bool) -> Found {
        let Target::Var(name, Sub::At | Sub::Star) = target else {
            return match found {
                Found::One(t) => Found::One(quote::always(&t)),
                Found::Many(items, star) => Found::Many(items.iter().map(|t| quote::always(t)).collect(), star),
                Found::Unset => Found::Unset,
            };
        };
        let star = matches!(found, Found::Many(_, true));
        let (real, _) = self.deref_owned(name);
        let Some(var) = self.lookup(&real) else {
            return Found::Unset;
        };
        let pairs: Vec<(Vec<u8>, Vec<u8>)> = match &var.value {
            Value::Indexed(a) => a.iter().map(|(i, v)| (i.to_string().into_bytes(), v.clone())).collect(),
            Value::Assoc(a) => a.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
            v => return v.scalar().map_or(Found::Unset, |s| Found::One(quote::always(s))),
        };
        let assoc = matches!(var.value, Value::Assoc(_));
        if words {
            return Found::Many(pairs.into_iter().flat_map(|(k, v)| [k, v]).collect(), star);
        }
        let mut out = Vec::new();
        for (k, v) in &pairs {
            if !out.is_empty() {
                out.push(b' ');
            }
            out.extend_from_slice(&if assoc { key_text(k) } else { k.clone() });
            out.push(b' ');
            out.extend_from_slice(&quote::double(v));
        }
        if assoc && !out.is_empty() {
            out.push(b' ');
        }
        Found::One(out)
    }
}

/// The letters of `declare` for a variable's attributes, in bash's order.
pub(crate) fn attr_letters(v: &Var) -> Vec<u8> {
    let mut out = Vec::new();
    if matches!(v.value, Value::Indexed(_)) || v.attrs.has(Attrs::INDEXED) && !v.is_assoc() {
        out.push(b'a');
    }
    if v.is_assoc() {
        out.push(b'A');
    }
    for (attr, letter) in [
        (Attrs::INTEGER, b'i'),
        (Attrs::NAMEREF, b'n'),
        (Attrs::READONLY, b'r'),
        (Attrs::TRACE, b't'),
        (Attrs::EXPORT, b'x'),
        (Attrs::CAPITAL, b'c'),
        (Attrs::LOWER, b'l'),
        (Attrs::UPPER, b'u'),
    ] {
        if v.attrs.has(attr) {
            out.push(letter);
        }
    }
    out
}

/// A key between brackets as `declare -p` shows it.
pub(crate) fn key_text(key: &[u8]) -> Vec<u8> {
    if quote::needs_ansi(key) {
        quote::ansi(key)
    } else if key.is_empty() || quote::needs_quotes(key) || matches!(key, b"@" | b"*") {
        quote::double(key)
    } else {
        key.to_vec()
    }
}

/// `([0]="a" [1]="b")`, as `declare -p` shows an array.
pub(crate) fn list_literal(value: &Value) -> Vec<u8> {
    let mut out = b"(".to_vec();
    match value {
        Value::Indexed(a) => {
            for (n, (i, v)) in a.iter().enumerate() {
                if n > 0 {
                    out.push(b' ');
                }
                out.extend_from_slice(format!("[{i}]=").as_bytes());
                out.extend_from_slice(&quote::double(v));
            }
        }
        Value::Assoc(a) => {
            for (k, v) in a.iter() {
                out.push(b'[');
                out.extend_from_slice(&key_text(k));
                out.extend_from_slice(b"]=");
                out.extend_from_slice(&quote::double(v));
                out.push(b' ');
            }
        }
        _ => {}
    }
    out.push(b')');
    out
}
