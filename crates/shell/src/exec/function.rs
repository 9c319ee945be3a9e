//! Function calls.

use std::sync::Arc;

use crate::shell::{Exec, Flow, Frame, Function, Shell};
use crate::state::options::{SetOpt, ShOpt};
use crate::state::value::Attrs;
use crate::state::vars::ScopeKind;
use crate::trap::Event;

impl Shell {
    /// Calls a function with `args` as positional parameters.
    pub(crate) fn call_function(&mut self, f: &Arc<Function>, name: &[u8], args: Vec<Vec<u8>>) -> Exec {
        let scope = self.vars.depth();
        self.vars.push(ScopeKind::Function);
        let result = self.call_function_here(f, name, args);
        self.vars.pop_to(scope);
        result
    }

    /// Calls a function in the innermost scope, which was made for it.
    pub(crate) fn call_function_here(&mut self, f: &Arc<Function>, name: &[u8], args: Vec<Vec<u8>>) -> Exec {
        let limit = self.call.limits().depth;
        let nested = self
            .get_var(b"FUNCNEST")
            .and_then(|v| std::str::from_utf8(&v).ok()?.parse::<usize>().ok())
            .filter(|n| *n > 0)
            .is_some_and(|n| self.frames.iter().filter(|f| f.function).count() >= n);
        if nested || self.depth >= limit {
            let most = if nested {
                String::from_utf8_lossy(&self.var_text(b"FUNCNEST")).into_owned()
            } else {
                limit.to_string()
            };
            self.error(
                [
                    name,
                    format!(": maximum function nesting level exceeded ({most})").as_bytes(),
                ]
                .concat(),
            );
            return Err(Flow::Discard(1));
        }
        self.depth += 1;
        let call_line = self.line;
        self.frames.push(Frame {
            name: name.into(),
            source: f.source.clone(),
            line: call_line,
            function: true,
        });
        let scope = self.vars.depth();
        let saved_args = std::mem::replace(&mut self.positional, Arc::new(args));
        let saved_loops = std::mem::take(&mut self.loops);
        let saved_getopts = self.getopts_at;
        let traced = f.attrs.has(Attrs::TRACE);
        let functrace = self.on(SetOpt::Functrace) || traced || self.shopt(ShOpt::Extdebug);
        let errtrace = self.on(SetOpt::Errtrace) || self.shopt(ShOpt::Extdebug);
        let hidden = self.traps.hide(errtrace, functrace);
        self.local_options.push(None);

        let body = f.def.body.clone();
        let mut result = match self.debug_trap() {
            Ok(()) => self.exec_command(&body),
            Err(flow) => Err(flow),
        };
        if let Err(Flow::Return(status)) = result {
            result = Ok(status);
        }
        // The RETURN trap sees the status of the command before `return`.
        if result.is_ok()
            && self.traps.get(Event::Return).is_some()
            && let Err(flow) = self.run_trap(Event::Return)
        {
            result = Err(flow);
        }
        if let Ok(status) = result {
            self.status = status;
        }

        if let Some(Some(bits)) = self.local_options.pop() {
            self.opts.restore_set_bits(bits);
        }
        self.traps.unhide(hidden);
        self.getopts_at = saved_getopts;
        self.loops = saved_loops;
        self.positional = saved_args;
        self.vars.pop_to(scope);
        self.frames.pop();
        self.depth -= 1;
        self.line = call_line;
        result
    }
}
