//! From syntax tree to code: names are resolved, functions that do not recurse are expanded where they are called.

mod bindings;
mod calls;
mod emit;
mod expr;
mod modules;
mod scope;

use crate::ir::{Code, NodeId};
use crate::syntax::{Id, Module, SyntaxError};
use crate::value::{Object, Str, Value};
pub use modules::{Loader, module_metadata};
use scope::{Binding, ScopeId, Scopes};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// What a program needs to know when it is compiled.
#[derive(Default)]
pub struct CompileOptions<'a> {
    /// Named arguments: `$name`, and `$ARGS.named`.
    pub named: Vec<(String, Value)>,
    /// Positional arguments: `$ARGS.positional`.
    pub positional: Vec<Value>,
    /// `$ENV` and `env`; an empty object if there is none.
    pub env: Option<Value>,
    /// Finds modules.
    pub loader: Option<&'a dyn Loader>,
}

/// A program that does not compile: one message per problem, in jq's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .messages.join("\n"))]
pub struct CompileError {
    /// The messages, each possibly of several lines (the second shows the place).
    pub messages: Vec<String>,
}

type Result<T> = std::result::Result<T, CompileError>;

/// Beyond this many nodes functions are called rather than expanded.
const INLINE_BUDGET: usize = 30_000;
/// Functions that would repeat an argument more often than this, one inside the other, are called.
const FANOUT_LIMIT: usize = 256;
/// Beyond this many nodes a program is refused.
const NODE_LIMIT: usize = 4_000_000;

/// One source text that takes part in a program.
struct Source {
    module: Arc<Module>,
    text: Rc<str>,
    /// How messages name it.
    name: String,
}

/// Where code is being compiled.
#[derive(Clone, Copy)]
struct At {
    source: usize,
    scope: ScopeId,
    /// How many environment slots exist here.
    depth: u32,
}

struct Compiler<'a> {
    options: &'a CompileOptions<'a>,
    sources: Vec<Source>,
    scopes: Scopes,
    code: Code,
    /// Height of each node above its deepest leaf, to place stack checks.
    heights: Vec<u32>,
    /// Compiled recursive functions by the scope entry that defines them.
    functions: HashMap<ScopeId, u32>,
    /// Scope entries of the definitions in the prelude that were needed.
    prelude: HashMap<usize, ScopeId>,
    prelude_source: Option<usize>,
    modules: modules::Loaded,
    nesting: u32,
    /// How many times over an argument may be repeated by the functions being expanded around here.
    fanout: usize,
}

/// Compiles a program.
pub(crate) fn compile(text: &str, options: &CompileOptions<'_>) -> Result<Code> {
    let mut c = Compiler {
        options,
        sources: Vec::new(),
        scopes: Scopes::default(),
        code: Code::default(),
        heights: Vec::new(),
        functions: HashMap::new(),
        prelude: HashMap::new(),
        prelude_source: None,
        modules: modules::Loaded::default(),
        nesting: 0,
        fanout: 1,
    };
    let module = crate::syntax::parse(text).map_err(|e| CompileError {
        messages: vec![describe(&e, text, "<top-level>")],
    })?;
    c.sources.push(Source {
        module: Arc::new(module),
        text: Rc::from(text),
        name: "<top-level>".to_owned(),
    });
    let scope = c.globals();
    let scope = c.module_scope(0, scope, None)?;
    let main = c.sources[0].module.main;
    let at = At {
        source: 0,
        scope,
        depth: 0,
    };
    c.code.main = match main {
        Some(id) => c.expr(at, id)?,
        None => c.emit(crate::ir::Op::Identity)?,
    };
    Ok(c.code)
}

impl Compiler<'_> {
    /// The predefined variables.
    fn globals(&mut self) -> ScopeId {
        let mut named = Object::new();
        for (k, v) in &self.options.named {
            if named.get(k).is_none() {
                named.insert(Str::from(k.as_str()), v.clone());
            }
        }
        let mut args = Object::new();
        args.insert(Str::from("positional"), Value::array(self.options.positional.clone()));
        args.insert(Str::from("named"), Value::Object(named.clone()));
        let env = self.options.env.clone().unwrap_or_else(|| Value::Object(Object::new()));
        let mut scope = ScopeId::NONE;
        let fixed = [
            ("ENV", env),
            ("__prog_args", Value::Object(named)),
            ("ARGS", Value::Object(args)),
        ];
        for (name, value) in fixed {
            scope = self.scopes.add(
                scope,
                Binding::Constant {
                    name: Rc::from(name),
                    value,
                },
            );
        }
        // The first of several arguments with one name wins, as in jq.
        for (name, value) in self.options.named.iter().rev() {
            scope = self.scopes.add(
                scope,
                Binding::Constant {
                    name: Rc::from(name.as_str()),
                    value: value.clone(),
                },
            );
        }
        scope
    }

    fn error<T>(&self, at: At, span: (usize, usize), message: &str) -> Result<T> {
        let source = &self.sources[at.source];
        let e = SyntaxError {
            message: message.to_owned(),
            span,
        };
        Err(CompileError {
            messages: vec![describe(&e, &source.text, &source.name)],
        })
    }

    /// Compiles an expression, with a budget against deep nesting.
    fn expr(&mut self, at: At, id: Id) -> Result<NodeId> {
        if self.nesting >= 40_000 {
            return self.error(at, (0, 0), "program is nested too deeply");
        }
        self.nesting += 1;
        let r = if self.nesting.is_multiple_of(16) {
            stacker::maybe_grow(256 * 1024, 2 * 1024 * 1024, || self.expr_inner(at, id))
        } else {
            self.expr_inner(at, id)
        };
        self.nesting -= 1;
        r
    }
}

/// A message in the form of jq 1.8: what, where, the line and a marker below it.
pub(crate) fn describe(e: &SyntaxError, text: &str, name: &str) -> String {
    let start = e.span.0.min(text.len());
    let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let line_no = 1 + text[..start].bytes().filter(|b| *b == b'\n').count();
    let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
    let line = &text[line_start..line_end];
    let column = start - line_start + 1;
    let width = e.span.1.clamp(start + 1, line_end.max(start + 1)) - start;
    format!(
        "jq: error: {} at {name}, line {line_no}, column {column}:\n    {line}\n    {}{}",
        e.message,
        " ".repeat(text[line_start..start].chars().count()),
        "^".repeat(width)
    )
}
