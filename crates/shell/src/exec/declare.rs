//! Arguments of declaration builtins (`declare`, `export` …), whose assignments are neither split nor globbed.

use crate::shell::{Flow, Shell};
use crate::syntax::ast::{ArrayElement, AssignValue, Assignment, Word};

/// An argument of a declaration builtin.
#[derive(Debug, Clone)]
pub(crate) enum DeclArg {
    /// Anything that is no assignment: options, names.
    Word(Vec<u8>),
    /// An assignment that was no assignment in the source but is one after expansion.
    Text {
        /// The variable.
        name: Vec<u8>,
        /// Text between brackets.
        subscript: Option<Vec<u8>>,
        /// `+=`.
        append: bool,
        /// The value.
        value: Vec<u8>,
    },
    /// `name=value` with the value expanded.
    Scalar {
        /// The assignment as written: name, subscript, `+=`.
        assignment: Box<Assignment>,
        /// The value.
        value: Vec<u8>,
    },
    /// `name=(…)`, not yet expanded: how depends on the kind of array that the builtin makes.
    Array {
        /// The assignment as written.
        assignment: Box<Assignment>,
        /// The elements.
        elements: Vec<ArrayElement>,
    },
}

impl DeclArg {
    /// What `$_` is after the command: a compound assignment counts as the name only.
    pub fn last_argument(&self) -> Vec<u8> {
        match self {
            Self::Array { assignment, .. } => assignment.name.to_vec(),
            other => other.clone().into_text(),
        }
    }

    /// The argument as one text, for messages and for builtins that take words.
    pub fn into_text(self) -> Vec<u8> {
        match self {
            Self::Word(w) => w,
            Self::Text {
                name,
                subscript,
                append,
                value,
            } => {
                let mut out = name;
                if let Some(s) = subscript {
                    out.push(b'[');
                    out.extend_from_slice(&s);
                    out.push(b']');
                }
                out.extend_from_slice(if append { b"+=" } else { b"=" });
                out.extend_from_slice(&value);
                out
            }
            Self::Scalar { assignment, value } => {
                let op: &[u8] = if assignment.append { b"+=" } else { b"=" };
                let target = target_text(&assignment);
                [&target[..], op, &value].concat()
            }
            Self::Array { assignment, .. } => assignment.raw.to_vec(),
        }
    }
}

/// `name` or `name[subscript]` as written.
pub(crate) fn target_text(a: &Assignment) -> Vec<u8> {
    match &a.subscript {
        None => a.name.to_vec(),
        Some(_) => {
            let end = memchr::memmem::find(&a.raw, b"]=")
                .or_else(|| memchr::memmem::find(&a.raw, b"]+="))
                .map_or(a.name.len(), |i| i + 1);
            a.raw[..end].to_vec()
        }
    }
}

impl Shell {
    /// Expands the arguments of a declaration builtin.
    pub(super) fn declaration_args(&mut self, words: &[Word]) -> Result<Vec<DeclArg>, Flow> {
        let mut out = Vec::with_capacity(words.len());
        for w in words {
            match &w.assignment {
                None => {
                    let mut texts = Vec::new();
                    self.expand_word_into(w, &mut texts)?;
                    out.extend(texts.into_iter().map(DeclArg::Word));
                }
                Some(a) => match &a.value {
                    AssignValue::Scalar(value) => {
                        let value = self.expand_string(value)?;
                        out.push(DeclArg::Scalar {
                            assignment: a.clone(),
                            value,
                        });
                    }
                    AssignValue::Array(elements) => out.push(DeclArg::Array {
                        assignment: a.clone(),
                        elements: elements.clone(),
                    }),
                },
            }
        }
        Ok(out)
    }
}
