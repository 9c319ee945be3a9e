//! Lexical scopes: a tree of bindings, each pointing at what surrounds it.

use crate::syntax::Id;
use crate::value::Value;
use std::rc::Rc;

/// Index of a binding; it stands for that binding and everything around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ScopeId(pub u32);

impl ScopeId {
    pub const NONE: Self = Self(u32::MAX);
}

/// A closure parameter's argument.
#[derive(Clone, Debug)]
pub(super) enum Argument {
    /// An expression, to be compiled wherever the parameter is used.
    Inline { source: usize, scope: ScopeId, id: Id },
    /// What is in an environment slot.
    Slot(u32),
}

#[derive(Clone, Debug)]
pub(super) enum Binding {
    /// `$name` in the environment slot at this depth.
    Variable { name: Rc<str>, level: u32 },
    /// `$name` with a value known at compile time.
    Constant { name: Rc<str>, value: Value },
    /// `def name(…)`, defined where `depth` environment slots exist.
    Function {
        name: Rc<str>,
        arity: usize,
        source: usize,
        definition: usize,
        depth: u32,
    },
    /// Another name for a function: how a module's functions are known outside.
    Alias {
        name: Rc<str>,
        arity: usize,
        target: ScopeId,
    },
    /// A parameter without arguments of its own.
    Parameter { name: Rc<str>, argument: Argument },
    /// `label $name`
    Label { name: Rc<str>, level: u32 },
}

#[derive(Default)]
pub(super) struct Scopes {
    nodes: Vec<(Binding, ScopeId)>,
}

impl Scopes {
    pub fn add(&mut self, outer: ScopeId, binding: Binding) -> ScopeId {
        self.nodes.push((binding, outer));
        ScopeId(u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX))
    }

    pub fn get(&self, id: ScopeId) -> Option<&Binding> {
        self.nodes.get(id.0 as usize).map(|n| &n.0)
    }

    /// The bindings visible from `id`, innermost first.
    pub fn iter(&self, id: ScopeId) -> impl Iterator<Item = (ScopeId, &Binding)> {
        let mut at = id;
        std::iter::from_fn(move || {
            let (binding, outer) = self.nodes.get(at.0 as usize)?;
            let here = at;
            at = *outer;
            Some((here, binding))
        })
    }

    pub fn variable(&self, scope: ScopeId, wanted: &str) -> Option<&Binding> {
        self.iter(scope).map(|(_, b)| b).find(|b| match b {
            Binding::Variable { name, .. } | Binding::Constant { name, .. } => &**name == wanted,
            _ => false,
        })
    }

    pub fn label(&self, scope: ScopeId, wanted: &str) -> Option<u32> {
        self.iter(scope).find_map(|(_, b)| match b {
            Binding::Label { name, level } if &**name == wanted => Some(*level),
            _ => None,
        })
    }

    /// A function or parameter, with aliases followed.
    pub fn function(&self, scope: ScopeId, wanted: &str, args: usize) -> Option<(ScopeId, &Binding)> {
        let (id, found) = self.iter(scope).find(|(_, b)| match b {
            Binding::Function { name, arity, .. } | Binding::Alias { name, arity, .. } => {
                *arity == args && &**name == wanted
            }
            Binding::Parameter { name, .. } => args == 0 && &**name == wanted,
            _ => false,
        })?;
        match found {
            Binding::Alias { target, .. } => self.get(*target).map(|b| (*target, b)),
            _ => Some((id, found)),
        }
    }
}
