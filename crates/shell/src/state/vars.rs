//! Variables by name, in dynamic scopes. Copies are cheap (reference counts) and come apart on the first write.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::command::Environment;

use super::value::{Attrs, Value, Var};

/// A name, shared between the copies of a table.
pub type Name = Arc<[u8]>;
type Map = HashMap<Name, Arc<Var>, ahash::RandomState>;

/// What a scope belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// The shell.
    Global,
    /// A function call: where `local` makes variables.
    Function,
    /// Assignments before a command, for as long as it runs.
    Temporary,
}

#[derive(Debug, Clone)]
struct Scope {
    kind: ScopeKind,
    map: Arc<Map>,
}

impl Scope {
    fn new(kind: ScopeKind) -> Self {
        Self {
            kind,
            map: Arc::new(Map::default()),
        }
    }
}

/// All variables of a shell.
#[derive(Debug, Clone)]
pub struct Vars {
    scopes: Vec<Scope>,
    env: Option<Arc<Environment>>,
}

impl Default for Vars {
    fn default() -> Self {
        Self {
            scopes: vec![Scope::new(ScopeKind::Global)],
            env: None,
        }
    }
}

/// Whether `name` is an identifier.
pub fn is_name(name: &[u8]) -> bool {
    matches!(name.first(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_'))
        && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

impl Vars {
    /// Number of scopes; 1 at the top level.
    pub fn depth(&self) -> usize {
        self.scopes.len()
    }

    /// Opens a scope.
    pub fn push(&mut self, kind: ScopeKind) {
        self.scopes.push(Scope::new(kind));
    }

    /// Closes scopes until `depth` are left.
    pub fn pop_to(&mut self, depth: usize) {
        while self.scopes.len() > depth.max(1) {
            if let Some(scope) = self.scopes.pop()
                && scope.map.values().any(|v| v.attrs.has(Attrs::EXPORT))
            {
                self.env = None;
            }
        }
    }

    /// The names in the scope at `index`.
    pub fn names_at(&self, index: usize) -> Vec<Name> {
        self.scopes
            .get(index)
            .map_or_else(Vec::new, |s| s.map.keys().cloned().collect())
    }

    /// The innermost scope of a function, if any.
    pub fn function_scope(&self) -> Option<usize> {
        self.scopes.iter().rposition(|s| s.kind == ScopeKind::Function)
    }

    /// What the scope at `index` belongs to.
    pub fn kind_at(&self, index: usize) -> Option<ScopeKind> {
        self.scopes.get(index).map(|s| s.kind)
    }

    /// Makes the scope at `index` that of a function call: the assignments before the call are its first local variables.
    pub fn make_function_scope(&mut self, index: usize) {
        if let Some(scope) = self.scopes.get_mut(index) {
            scope.kind = ScopeKind::Function;
        }
    }

    /// The scope that holds the visible variable `name`.
    pub fn scope_of(&self, name: &[u8]) -> Option<usize> {
        self.scopes.iter().rposition(|s| s.map.contains_key(name))
    }

    /// The visible variable `name`.
    #[inline]
    pub fn get(&self, name: &[u8]) -> Option<&Var> {
        for s in self.scopes.iter().rev() {
            if let Some(v) = s.map.get(name) {
                return Some(v);
            }
        }
        None
    }

    /// The variable `name` of the scope at `index`.
    pub fn get_at(&self, index: usize, name: &[u8]) -> Option<&Var> {
        self.scopes.get(index)?.map.get(name).map(|v| &**v)
    }

    /// The visible variable `name` for changing it. Anything but the value of an unexported variable makes the cached
    /// environment stale.
    #[inline]
    pub fn get_mut(&mut self, name: &[u8]) -> Option<&mut Var> {
        let scope = self.scopes.iter_mut().rev().find(|s| s.map.contains_key(name))?;
        let var = Arc::make_mut(Arc::make_mut(&mut scope.map).get_mut(name)?);
        if var.attrs.has(Attrs::EXPORT) {
            self.env = None;
        }
        Some(var)
    }

    /// The variable `name` of the scope at `index`, made if need be.
    pub fn entry_at(&mut self, index: usize, name: &[u8]) -> Option<&mut Var> {
        let scope = self.scopes.get_mut(index)?;
        self.env = None;
        let map = Arc::make_mut(&mut scope.map);
        if !map.contains_key(name) {
            map.insert(Arc::from(name), Arc::default());
        }
        map.get_mut(name).map(Arc::make_mut)
    }

    /// The variable `name` of the scope at `index`, made if need be, to change its value: the cached environment stays good
    /// when the variable is not exported.
    #[inline]
    pub fn entry_for_value(&mut self, index: usize, name: &[u8]) -> Option<&mut Var> {
        let scope = self.scopes.get_mut(index)?;
        let map = Arc::make_mut(&mut scope.map);
        if !map.contains_key(name) {
            map.insert(Arc::from(name), Arc::default());
        }
        let var = Arc::make_mut(map.get_mut(name)?);
        if var.attrs.has(Attrs::EXPORT) {
            self.env = None;
        }
        Some(var)
    }

    /// The visible variable `name`, or a new global one.
    #[inline]
    pub fn entry(&mut self, name: &[u8]) -> &mut Var {
        let at = self.scope_of(name).unwrap_or(0);
        let scope = &mut self.scopes[at];
        let map = Arc::make_mut(&mut scope.map);
        if !map.contains_key(name) {
            self.env = None;
        }
        let var = Arc::make_mut(map.entry(Arc::from(name)).or_default());
        if var.attrs.has(Attrs::EXPORT) {
            self.env = None;
        }
        var
    }

    /// Puts a variable into the scope at `index`, replacing what was there.
    pub fn put_at(&mut self, index: usize, name: &[u8], var: Var) {
        self.env = None;
        if let Some(scope) = self.scopes.get_mut(index) {
            Arc::make_mut(&mut scope.map).insert(Arc::from(name), Arc::new(var));
        }
    }

    /// Puts a global variable.
    pub fn put(&mut self, name: &[u8], var: Var) {
        self.put_at(0, name, var);
    }

    /// Puts a variable into the innermost scope.
    pub fn put_innermost(&mut self, name: &[u8], var: Var) {
        self.put_at(self.scopes.len() - 1, name, var);
    }

    /// Takes the variable out of the scope at `index`.
    pub fn remove_at(&mut self, index: usize, name: &[u8]) -> Option<Arc<Var>> {
        self.env = None;
        let scope = self.scopes.get_mut(index)?;
        if !scope.map.contains_key(name) {
            return None;
        }
        Arc::make_mut(&mut scope.map).remove(name)
    }

    /// The environment for commands: every exported variable that has a text value.
    pub fn environment(&mut self) -> Arc<Environment> {
        if let Some(env) = &self.env {
            return env.clone();
        }
        let mut seen: HashMap<&[u8], ()> = HashMap::new();
        let mut env = Environment::new();
        for scope in self.scopes.iter().rev() {
            for (name, var) in scope.map.iter() {
                if seen.insert(name, ()).is_some() || !var.attrs.has(Attrs::EXPORT) {
                    continue;
                }
                if let Value::Scalar(text) = &var.value {
                    env.insert(name.to_vec(), text.clone());
                }
            }
        }
        let env = Arc::new(env);
        self.env = Some(env.clone());
        env
    }

    /// The environment was changed by other means than through this table.
    pub fn forget_environment(&mut self) {
        self.env = None;
    }

    /// The names of all visible variables, sorted.
    pub fn names(&self) -> BTreeSet<Name> {
        self.scopes.iter().flat_map(|s| s.map.keys().cloned()).collect()
    }

    /// The names of visible variables that begin with `prefix`, sorted.
    pub fn names_with_prefix(&self, prefix: &[u8]) -> BTreeSet<Name> {
        self.scopes
            .iter()
            .flat_map(|s| s.map.keys().filter(|k| k.starts_with(prefix)).cloned())
            .collect()
    }
}
