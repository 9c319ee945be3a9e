//! `import` and `include`: finding modules, checking for cycles, making their names visible.

use super::scope::{Binding, ScopeId};
use super::{At, CompileError, Compiler, Result, Source, describe};
use crate::json;
use crate::syntax::{Import, Module, SyntaxError};
use crate::value::{Object, Str, Value};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// How a program gets at module files.
pub trait Loader {
    /// The directories that are searched, in order (`-L`).
    fn search_paths(&self) -> Vec<String>;

    /// The content of a file, or `None` if there is no such file.
    fn read(&self, path: &str) -> Option<Vec<u8>>;

    /// What `~` stands for at the start of a search path.
    fn home(&self) -> Option<String> {
        None
    }

    /// What `$ORIGIN` stands for at the start of a search path.
    fn origin(&self) -> Option<String> {
        None
    }
}

/// Modules by file, with the scope of their definitions once they are complete.
#[derive(Default)]
pub(super) struct Loaded {
    by_path: HashMap<String, Option<ScopeId>>,
    data: HashMap<String, Value>,
    /// Names and entries of the definitions of a module, by its scope.
    exports: HashMap<ScopeId, Vec<(Rc<str>, usize, ScopeId)>>,
}

fn fail<T>(message: String) -> Result<T> {
    Err(CompileError {
        messages: vec![message],
    })
}

impl Compiler<'_> {
    /// The scope inside a source: its imports, then its definitions. `dir` is where the source lies.
    pub(super) fn module_scope(&mut self, source: usize, outer: ScopeId, dir: Option<&str>) -> Result<ScopeId> {
        let module = Arc::clone(&self.sources[source].module);
        let mut scope = outer;
        for import in &module.imports {
            scope = self.import(source, scope, import, dir)?;
        }
        let mut exports = Vec::new();
        for &d in &module.definitions {
            scope = self.define(
                At {
                    source,
                    scope,
                    depth: 0,
                },
                d,
            );
            let def = &module.tree.definitions[d];
            exports.push((Rc::from(def.name.as_str()), def.params.len(), scope));
        }
        self.modules.exports.insert(scope, exports);
        Ok(scope)
    }

    fn import(&mut self, source: usize, scope: ScopeId, import: &Import, dir: Option<&str>) -> Result<ScopeId> {
        let extension = if import.data { "json" } else { "jq" };
        let loader = self.options.loader;
        let found = loader.and_then(|l| find(l, import, dir, extension));
        let Some((path, bytes)) = found else {
            let optional = matches!(meta(import, "optional"), Some(Value::Bool(true)));
            if optional {
                return Ok(scope);
            }
            let at = At {
                source,
                scope,
                depth: 0,
            };
            return self.error(at, import.span, &format!("module not found: {}", import.path));
        };
        if import.data {
            let value = match self.modules.data.get(&path) {
                Some(v) => v.clone(),
                None => {
                    let values = json::parse_all(&bytes)
                        .or_else(|e| fail(format!("jq: error loading data file {path}: {e}")))?;
                    let v = Value::array(values);
                    self.modules.data.insert(path, v.clone());
                    v
                }
            };
            let name = import.name.clone().unwrap_or_default();
            let qualified = format!("{name}::{name}");
            let scope = self.scopes.add(
                scope,
                Binding::Constant {
                    name: Rc::from(qualified),
                    value: value.clone(),
                },
            );
            return Ok(self.scopes.add(
                scope,
                Binding::Constant {
                    name: Rc::from(name),
                    value,
                },
            ));
        }
        let inner = self.load(&path, &bytes)?;
        let exports = self.modules.exports.get(&inner).cloned().unwrap_or_default();
        let mut scope = scope;
        for (name, arity, target) in exports {
            let name = match &import.name {
                Some(prefix) => Rc::from(format!("{prefix}::{name}")),
                None => name,
            };
            scope = self.scopes.add(scope, Binding::Alias { name, arity, target });
        }
        Ok(scope)
    }

    fn load(&mut self, path: &str, bytes: &[u8]) -> Result<ScopeId> {
        match self.modules.by_path.get(path) {
            Some(Some(scope)) => return Ok(*scope),
            Some(None) => return fail(format!("jq: error: circular import of {path}")),
            None => {}
        }
        if self.modules.by_path.values().filter(|s| s.is_none()).count() > 200 {
            return fail(format!("jq: error: imports are nested too deeply at {path}"));
        }
        self.modules.by_path.insert(path.to_owned(), None);
        let text = String::from_utf8_lossy(bytes).into_owned();
        let module = crate::syntax::parse(&text).or_else(|e| fail(describe(&e, &text, path)))?;
        if module.main.is_some() {
            let e = SyntaxError {
                message: "library should only have function definitions, not a main expression".to_owned(),
                span: (0, text.len()),
            };
            return fail(describe(&e, &text, path));
        }
        self.sources.push(Source {
            module: Arc::new(module),
            text: Rc::from(text),
            name: path.to_owned(),
        });
        let source = self.sources.len() - 1;
        let scope = self.module_scope(source, ScopeId::NONE, directory(path))?;
        // A module without definitions of its own still needs a scope that tells it apart.
        let name: Rc<str> = Rc::from("");
        let exports = self.modules.exports.get(&scope).cloned().unwrap_or_default();
        let marked = self.scopes.add(
            scope,
            Binding::Constant {
                name,
                value: Value::Null,
            },
        );
        self.modules.exports.insert(marked, exports);
        self.check(source, marked)?;
        self.modules.by_path.insert(path.to_owned(), Some(marked));
        Ok(marked)
    }

    /// Compiles every definition of a module once, so that mistakes show even in functions that are not used.
    fn check(&mut self, source: usize, scope: ScopeId) -> Result<()> {
        let module = Arc::clone(&self.sources[source].module);
        for (_, _, entry) in self.modules.exports.get(&scope).cloned().unwrap_or_default() {
            let Some(Binding::Function { definition, .. }) = self.scopes.get(entry).cloned() else {
                continue;
            };
            if !module.tree.definitions[definition].params.is_empty() {
                continue;
            }
            self.call_function(
                At {
                    source,
                    scope,
                    depth: 0,
                },
                entry,
                &[],
            )?;
        }
        Ok(())
    }
}

fn directory(path: &str) -> Option<&str> {
    path.rfind('/').map(|i| if i == 0 { "/" } else { &path[..i] })
}

fn meta<'v>(import: &'v Import, key: &str) -> Option<&'v Value> {
    match &import.metadata {
        Some(Value::Object(o)) => o.get(key),
        _ => None,
    }
}

/// Looks for a module: first along its own `search` metadata, relative to the importing file, then along the
/// library path.
fn find(loader: &dyn Loader, import: &Import, dir: Option<&str>, extension: &str) -> Option<(String, Vec<u8>)> {
    let mut paths: Vec<String> = Vec::new();
    let own: Vec<&str> = match meta(import, "search") {
        Some(Value::String(s)) => vec![s.as_str()],
        Some(Value::Array(a)) => a.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    for p in own {
        paths.push(match dir {
            Some(d) if !p.starts_with(['/', '~', '$']) => format!("{d}/{p}"),
            _ => p.to_owned(),
        });
    }
    paths.extend(loader.search_paths());
    let name = import.path.as_str();
    if name.is_empty() || name.starts_with('/') || name.split('/').any(|part| part == "..") {
        return None;
    }
    let base = name.rsplit('/').next().unwrap_or(name);
    for p in paths {
        let p = match (p.strip_prefix('~'), p.strip_prefix("$ORIGIN")) {
            (Some(rest), _) => format!("{}{rest}", loader.home().unwrap_or_default()),
            (_, Some(rest)) => format!("{}{rest}", loader.origin().unwrap_or_default()),
            _ => p,
        };
        let p = p.trim_end_matches('/');
        for candidate in [
            format!("{p}/{name}.{extension}"),
            format!("{p}/{name}/{base}.{extension}"),
        ] {
            if let Some(bytes) = loader.read(&candidate) {
                return Some((candidate, bytes));
            }
        }
    }
    None
}

/// What `modulemeta` says of a module: its metadata, its dependencies and the functions it defines.
///
/// # Errors
/// A message if there is no such module or it does not parse.
pub fn module_metadata(loader: &dyn Loader, name: &str) -> std::result::Result<Value, String> {
    let import = Import {
        path: name.to_owned(),
        name: None,
        data: false,
        metadata: None,
        span: (0, 0),
    };
    let (path, bytes) = find(loader, &import, None, "jq").ok_or_else(|| format!("module not found: {name}"))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let module: Module = crate::syntax::parse(&text).map_err(|e| describe(&e, &text, &path))?;
    let mut out = match &module.metadata {
        Some(Value::Object(o)) => o.clone(),
        _ => Object::new(),
    };
    let deps = module.imports.iter().map(|i| {
        let mut o = match &i.metadata {
            Some(Value::Object(o)) => o.clone(),
            _ => Object::new(),
        };
        if let Some(name) = &i.name {
            o.insert(Str::from("as"), Value::from(name.as_str()));
        }
        o.insert(Str::from("is_data"), Value::Bool(i.data));
        o.insert(Str::from("relpath"), Value::from(i.path.as_str()));
        Value::Object(o)
    });
    out.insert(Str::from("deps"), Value::array(deps.collect()));
    let defs = module.definitions.iter().map(|d| {
        let d = &module.tree.definitions[*d];
        Value::from(format!("{}/{}", d.name, d.params.len()))
    });
    out.insert(Str::from("defs"), Value::array(defs.collect()));
    Ok(Value::Object(out))
}
