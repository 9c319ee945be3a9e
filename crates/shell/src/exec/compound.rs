//! Compound commands.

use std::sync::Arc;

use pattern::glob::Pattern;

use crate::shell::{Exec, Flow, Function, Shell};
use crate::state::access::Elem;
use crate::state::options::{SetOpt, ShOpt};
use crate::state::value::Attrs;
use crate::state::vars::is_name;
use crate::syntax::ast::{
    ArithForClause, CaseClause, CaseEnd, Command, CommandKind, ForClause, FunctionDef, List, WhileClause, Word,
};
use crate::trap::Event;

/// What a loop does after its body.
enum Turn {
    Next,
    Leave,
}

impl Shell {
    /// Runs a compound command; its redirections are in place, except a subshell's.
    pub(super) fn exec_compound(&mut self, command: &Arc<Command>) -> Exec {
        match &command.kind {
            CommandKind::Empty => Ok(0),
            CommandKind::Simple(s) => {
                let status = self.exec_simple(command, s)?;
                self.checked(status)
            }
            CommandKind::Brace(list) => self.exec_list(list),
            CommandKind::Subshell(list) => {
                let status = self.exec_subshell(command, list)?;
                self.checked(status)
            }
            CommandKind::If(c) => {
                for (condition, body) in &c.branches {
                    if self.exec_condition(condition)? == 0 {
                        return self.exec_list(body);
                    }
                }
                match &c.otherwise {
                    Some(body) => self.exec_list(body),
                    None => {
                        self.status = 0;
                        Ok(0)
                    }
                }
            }
            CommandKind::While(c) => self.exec_while(c),
            CommandKind::For(c) => self.exec_for(command, c),
            CommandKind::ArithFor(c) => self.exec_arith_for(command, c),
            CommandKind::Select(c) => self.exec_select(command, c),
            CommandKind::Case(c) => self.exec_case(command, c),
            CommandKind::Arith(e) => {
                self.line = command.line;
                self.set_command_text(command);
                self.debug_trap()?;
                if self.on(SetOpt::Xtrace) {
                    let text = [b"((", &e.word.raw[..], b"))"].concat();
                    self.trace_line(&text)?;
                }
                let status = match self.arith_for(e, b"((") {
                    Ok(n) => u8::from(n == 0),
                    Err(Flow::Discard(s)) => s,
                    Err(flow) => return Err(flow),
                };
                self.set_pipestatus(status);
                self.checked(status)
            }
            CommandKind::Cond(e) => {
                self.line = command.line;
                self.set_command_text(command);
                self.debug_trap()?;
                let status = self.exec_cond(e)?;
                self.set_pipestatus(status);
                self.checked(status)
            }
            CommandKind::Function(def) => self.define_function(command, def),
            CommandKind::Coproc(c) => self.exec_coproc(c),
        }
    }

    /// Evaluates arithmetic on behalf of a command whose name messages show.
    pub(crate) fn arith_for(&mut self, e: &crate::syntax::ast::ArithExpr, command: &[u8]) -> Result<i64, Flow> {
        if let Some(program) = e.program() {
            let program = program.clone();
            return self.eval_program_for(&program, command);
        }
        let text = self.expand_double_quoted(&e.word)?;
        self.eval_program_for(&crate::arith::Program::parse(&text), command)
    }

    pub(crate) fn set_pipestatus(&mut self, status: u8) {
        self.pipestatus.clear();
        self.pipestatus.push(status);
    }

    /// Runs `( list )`; whether its failure counts is the caller's business.
    pub(super) fn exec_subshell(&mut self, command: &Command, list: &Arc<List>) -> Exec {
        self.line = command.line;
        self.descend(b"subshell")?;
        let mut sub = self.fork_process();
        self.depth -= 1;
        let mut undo = super::Undo::default();
        let substitutions = sub.substitution_fds.len();
        let result = match sub.redirect_all(&command.redirects, &mut undo) {
            Ok(()) => sub.exec_list(list),
            Err(flow) => Err(flow),
        };
        let mut status = sub.finish_subshell(result);
        if !sub.undo_redirects(undo) && status == 0 {
            status = 1;
        }
        sub.close_substitutions(substitutions);
        drop(sub);
        if self.cancel.is_cancelled() {
            return Err(Flow::Stop);
        }
        self.set_pipestatus(status);
        self.status = status;
        Ok(status)
    }

    /// What the way in which a loop's body ended means for the loop.
    fn turn(&mut self, result: Exec, status: &mut u8) -> Result<Turn, Flow> {
        match result {
            Ok(s) => {
                *status = s;
                Ok(Turn::Next)
            }
            Err(Flow::Break(n)) => {
                // 0, or 1 when `break` complained.
                *status = self.status;
                if n > 1 {
                    Err(Flow::Break(n - 1))
                } else {
                    Ok(Turn::Leave)
                }
            }
            Err(Flow::Continue(n)) => {
                *status = self.status;
                if n > 1 {
                    Err(Flow::Continue(n - 1))
                } else {
                    Ok(Turn::Next)
                }
            }
            Err(flow) => Err(flow),
        }
    }

    /// Runs `body` as the inside of a loop.
    fn looped(&mut self, body: impl FnOnce(&mut Self) -> Exec) -> Exec {
        self.loops += 1;
        let result = body(self);
        self.loops = self.loops.saturating_sub(1);
        result
    }

    fn exec_while(&mut self, c: &WhileClause) -> Exec {
        self.looped(|sh| {
            let mut status = 0;
            loop {
                sh.tick()?;
                let condition = match sh.exec_condition(&c.condition) {
                    Ok(s) => s,
                    other => {
                        if let Turn::Leave = sh.turn(other, &mut status)? {
                            break;
                        }
                        // `continue` in the condition counts as a condition that holds: `while` asks again, `until` ends.
                        if c.until {
                            break;
                        }
                        continue;
                    }
                };
                if (condition == 0) == c.until {
                    break;
                }
                let result = sh.exec_list(&c.body);
                if let Turn::Leave = sh.turn(result, &mut status)? {
                    break;
                }
            }
            sh.status = status;
            Ok(status)
        })
    }

    fn for_words(&mut self, c: &ForClause) -> Result<Vec<Vec<u8>>, Flow> {
        match &c.words {
            Some(words) => self.expand_words(words),
            None => Ok(self.positional.to_vec()),
        }
    }

    fn check_loop_name(&mut self, name: &[u8]) -> Result<bool, Flow> {
        if is_name(name) {
            return Ok(true);
        }
        self.error([b"`", name, b"': not a valid identifier"].concat());
        Ok(false)
    }

    fn exec_for(&mut self, command: &Arc<Command>, c: &ForClause) -> Exec {
        self.line = command.line;
        if !self.check_loop_name(&c.name)? {
            return self.checked(1);
        }
        let words = self.for_words(c)?;
        let traced = self.on(SetOpt::Xtrace) || self.traps.get(Event::Debug).is_some();
        self.looped(|sh| {
            let mut status = 0;
            for word in words {
                sh.tick()?;
                sh.line = command.line;
                if traced {
                    sh.set_command_text(command);
                    sh.debug_trap()?;
                    if sh.on(SetOpt::Xtrace) {
                        sh.trace_for(c)?;
                    }
                }
                if !sh.assign_loop_variable(&c.name, word)? {
                    return sh.checked(1);
                }
                let result = sh.exec_list(&c.body);
                if let Turn::Leave = sh.turn(result, &mut status)? {
                    break;
                }
            }
            sh.status = status;
            Ok(status)
        })
    }

    /// Sets the variable of `for` and `select`. A nameref is pointed elsewhere rather than followed.
    fn assign_loop_variable(&mut self, name: &[u8], word: Vec<u8>) -> Result<bool, Flow> {
        let nameref = self.vars.get(name).is_some_and(|v| v.attrs.has(Attrs::NAMEREF));
        let result = if nameref {
            let scope = self.vars.scope_of(name).unwrap_or(0);
            self.assign_at(scope, name, Elem::Whole, word, false)
        } else {
            self.assign(name, Elem::Whole, word, false)
        };
        match result {
            Ok(()) => Ok(true),
            Err(e) => Err(self.assign_failed(&e)),
        }
    }

    fn exec_arith_for(&mut self, command: &Arc<Command>, c: &ArithForClause) -> Exec {
        self.line = command.line;
        let evaluate = |sh: &mut Self, e: &Option<crate::syntax::ast::ArithExpr>| -> Result<Option<i64>, Flow> {
            let Some(e) = e else { return Ok(Some(1)) };
            if sh.on(SetOpt::Xtrace) {
                let text = [b"((", &e.word.raw[..], b"))"].concat();
                sh.trace_line(&text)?;
            }
            if sh.traps.get(Event::Debug).is_some() {
                sh.line = command.line;
                sh.debug_trap()?;
            }
            match sh.arith_for(e, b"((") {
                Ok(n) => Ok(Some(n)),
                Err(Flow::Discard(_)) => Ok(None),
                Err(flow) => Err(flow),
            }
        };
        if evaluate(self, &c.init)?.is_none() {
            return self.checked(1);
        }
        self.looped(|sh| {
            let mut status = 0;
            loop {
                sh.tick()?;
                sh.line = command.line;
                match evaluate(sh, &c.condition)? {
                    None => {
                        status = 1;
                        break;
                    }
                    Some(0) => break,
                    Some(_) => {}
                }
                let result = sh.exec_list(&c.body);
                if let Turn::Leave = sh.turn(result, &mut status)? {
                    break;
                }
                sh.line = command.line;
                if evaluate(sh, &c.step)?.is_none() {
                    status = 1;
                    break;
                }
            }
            sh.status = status;
            Ok(status)
        })
    }

    fn exec_select(&mut self, command: &Arc<Command>, c: &ForClause) -> Exec {
        self.line = command.line;
        if !self.check_loop_name(&c.name)? {
            return self.checked(1);
        }
        let words = self.for_words(c)?;
        if words.is_empty() {
            return Ok(0);
        }
        self.looped(|sh| {
            let mut status = 0;
            let mut show = true;
            loop {
                sh.tick()?;
                if show {
                    let menu = menu(&words);
                    sh.write_error(&menu);
                }
                show = false;
                let prompt = match sh.get_var(b"PS3") {
                    Some(p) => p.into_owned(),
                    None => b"#? ".to_vec(),
                };
                sh.write_error(&prompt);
                let Some(line) = sh.read_reply()? else {
                    sh.put(b"select", b"\n")?;
                    return sh.checked(1);
                };
                let trimmed = line.trim_ascii().to_vec();
                if trimmed.is_empty() {
                    show = true;
                    continue;
                }
                let choice = std::str::from_utf8(&trimmed)
                    .ok()
                    .and_then(|t| t.parse::<usize>().ok())
                    .and_then(|n| words.get(n.wrapping_sub(1)).cloned())
                    .unwrap_or_default();
                if !sh.assign_loop_variable(b"REPLY", line)? || !sh.assign_loop_variable(&c.name, choice)? {
                    return sh.checked(1);
                }
                let result = sh.exec_list(&c.body);
                if let Turn::Leave = sh.turn(result, &mut status)? {
                    break;
                }
                if sh.var_text(b"REPLY").is_empty() {
                    show = true;
                }
            }
            sh.status = status;
            Ok(status)
        })
    }

    fn exec_case(&mut self, command: &Arc<Command>, c: &CaseClause) -> Exec {
        self.line = command.line;
        self.set_command_text(command);
        self.debug_trap()?;
        if self.on(SetOpt::Xtrace) {
            let text = [b"case ", &c.word.raw[..], b" in"].concat();
            self.trace_line(&text)?;
        }
        let subject = self.expand_string(&c.word)?;
        let nocase = self.shopt(ShOpt::Nocasematch);
        let mut status = 0;
        self.status = 0;
        let mut i = 0;
        while let Some(item) = c.items.get(i) {
            i += 1;
            let mut hit = false;
            for p in &item.patterns {
                if self.case_matches(p, &subject, nocase)? {
                    hit = true;
                    break;
                }
            }
            if !hit {
                continue;
            }
            status = self.exec_list(&item.body)?;
            let mut end = item.end;
            while end == CaseEnd::FallThrough {
                let Some(next) = c.items.get(i) else {
                    return Ok(status);
                };
                i += 1;
                status = self.exec_list(&next.body)?;
                end = next.end;
            }
            if end == CaseEnd::Break {
                break;
            }
        }
        self.status = status;
        Ok(status)
    }

    fn case_matches(&mut self, p: &Word, subject: &[u8], nocase: bool) -> Result<bool, Flow> {
        if !nocase && let Some(text) = p.as_plain() {
            return Ok(text == subject);
        }
        let pattern: Pattern = self.expand_pattern(p, nocase)?;
        Ok(pattern.matches(subject))
    }

    fn define_function(&mut self, command: &Arc<Command>, def: &Arc<FunctionDef>) -> Exec {
        self.line = command.line;
        let name = &def.name;
        if self.funcs.get(&name[..]).is_some_and(|f| f.attrs.has(Attrs::READONLY)) {
            self.error([&name[..], b": readonly function"].concat());
            return self.checked(1);
        }
        if self.on(SetOpt::Posix) {
            if !is_name(name) {
                self.error([b"`", &name[..], b"': not a valid identifier"].concat());
                return Err(Flow::Exit(2));
            }
            if crate::builtins::is_special(name) {
                self.error([b"`", &name[..], b"': is a special builtin"].concat());
                return Err(Flow::Exit(2));
            }
        }
        let source = self.source_name();
        let attrs = self.funcs.get(&name[..]).map(|f| f.attrs).unwrap_or_default();
        let function = Function {
            def: def.clone(),
            source,
            attrs,
        };
        Arc::make_mut(&mut self.funcs).insert(Arc::from(&name[..]), Arc::new(function));
        self.status = 0;
        Ok(0)
    }
}

/// The menu of `select`, in columns as bash lays it out for 80 columns.
fn menu(words: &[Vec<u8>]) -> Vec<u8> {
    const WIDTH: usize = 80;
    let count = words.len();
    let number_width = count.to_string().len();
    let longest = words.iter().map(|w| w.len()).max().unwrap_or(0) + number_width + 2;
    let mut columns = (WIDTH / (longest + 2)).max(1);
    let mut rows = count.div_ceil(columns);
    if rows == 1 {
        // One item a line rather than one line.
        rows = columns.min(count).max(count);
        columns = 1;
    }
    let _ = columns;
    let mut out = Vec::new();
    for row in 0..rows {
        let mut i = row;
        let mut position = 0;
        while i < count {
            let item = format!("{:>number_width$}) ", i + 1);
            out.extend_from_slice(item.as_bytes());
            out.extend_from_slice(&words[i]);
            let width = item.len() + words[i].len();
            i += rows;
            if i < count {
                // bash pads with tabs where it can.
                let mut from = position + width;
                let to = position + longest + 2;
                while from < to {
                    if to / 8 > from / 8 {
                        out.push(b'\t');
                        from += 8 - from % 8;
                    } else {
                        out.push(b' ');
                        from += 1;
                    }
                }
                position += longest + 2;
            }
        }
        out.push(b'\n');
    }
    out
}
