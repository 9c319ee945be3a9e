//! `set -x`.

use crate::expand::quote;
use crate::shell::{Flow, Shell};
use crate::syntax::ast::{Assignment, ForClause};

use super::DeclArg;

impl Shell {
    fn trace_prefix(&mut self) -> Result<Vec<u8>, Flow> {
        let Some(ps4) = self.get_var(b"PS4") else {
            return Ok(Vec::new());
        };
        let ps4 = ps4.into_owned();
        // What PS4 runs is not itself traced.
        let saved = self.opts;
        self.opts.set(crate::state::options::SetOpt::Xtrace, false);
        let text = self.expand_prompt(&ps4);
        self.opts = saved;
        let text = text?;
        // The first character is repeated for each level of substitution.
        let utf8 = self.utf8();
        let Some(len) = crate::expand::case::char_len(&text, utf8) else {
            return Ok(text);
        };
        let mut out = text[..len].repeat(self.trace_level.max(1));
        out.extend_from_slice(&text[len..]);
        Ok(out)
    }

    /// Prints one line of trace.
    pub(crate) fn trace_line(&mut self, text: &[u8]) -> Result<(), Flow> {
        let mut line = self.trace_prefix()?;
        line.extend_from_slice(text);
        line.push(b'\n');
        let to = self
            .get_var(b"BASH_XTRACEFD")
            .and_then(|v| std::str::from_utf8(&v).ok()?.parse::<u32>().ok())
            .and_then(|fd| self.fds.get(fd).cloned())
            .or_else(|| self.fds.get(2).cloned());
        if let Some(f) = to {
            let _ = f.write(&line, &self.cancel);
        }
        Ok(())
    }

    pub(super) fn trace_command(&mut self, args: &[Vec<u8>], decl: &[DeclArg]) -> Result<(), Flow> {
        let mut text = Vec::new();
        for (i, a) in args.iter().enumerate() {
            if i > 0 {
                text.push(b' ');
            }
            text.extend_from_slice(&quote::if_needed(a));
        }
        for d in decl {
            text.push(b' ');
            match d {
                DeclArg::Array { assignment, .. } => text.extend_from_slice(&assignment.raw),
                d => text.extend_from_slice(&quote::if_needed(&d.clone().into_text())),
            }
        }
        self.trace_line(&text)
    }

    pub(super) fn trace_assignment(&mut self, a: &Assignment, value: &[u8]) -> Result<(), Flow> {
        let target = super::declare::target_text(a);
        let op: &[u8] = if a.append { b"+=" } else { b"=" };
        let value = quote::for_set(value);
        self.trace_line(&[&target[..], op, &value].concat())
    }

    pub(super) fn trace_for(&mut self, c: &ForClause) -> Result<(), Flow> {
        let mut text = [b"for ", &c.name[..]].concat();
        if let Some(words) = &c.words {
            text.extend_from_slice(b" in");
            for w in words {
                text.push(b' ');
                text.extend_from_slice(&w.raw);
            }
        }
        self.trace_line(&text)
    }
}
