//! Command and process substitutions.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    ast::{
        AndOr, Command, CommandKind, CommandSubst, List, ProcessSubst, RedirectFd, RedirectOp, SubstBody, Warning,
        WordPart,
    },
    machine::{Machine, Parse},
    words::Quote,
};

impl Machine<'_> {
    /// The commands of `$(…)` and the like; the cursor is after the opening parenthesis and ends up after the closing one.
    pub fn substitution_list(&mut self) -> Parse<List> {
        let pending = std::mem::take(&mut self.pending);
        let outside = std::mem::replace(&mut self.in_subst, true);
        let list = self.list()?;
        if self.peek() != b')' {
            return Err(self.unexpected());
        }
        self.bump();
        self.in_subst = outside;
        let mut left = std::mem::replace(&mut self.pending, pending);
        if !left.is_empty() {
            let line = self.line();
            let plural = if left.len() == 1 { "" } else { "s" };
            let message = format!(
                "warning: command substitution: {} unterminated here-document{plural}",
                left.len()
            );
            self.warnings.push(Warning {
                line,
                message: message.into_bytes(),
            });
            // Their bodies come before those of documents outside.
            left.append(&mut self.pending);
            self.pending = left;
        }
        Ok(list)
    }

    /// `<(…)` or `>(…)` at the cursor.
    pub fn process_substitution(&mut self) -> Parse<WordPart> {
        let start = self.pos;
        let input = self.at(start) == b'<';
        self.pos += 2;
        let list = Arc::new(self.nested(|m| m.substitution_list())?);
        let subst = ProcessSubst {
            list,
            raw: self.src.slice(start..self.pos),
        };
        Ok(if input {
            WordPart::ProcessIn(subst)
        } else {
            WordPart::ProcessOut(subst)
        })
    }

    /// `` `…` `` at the cursor. Its content is parsed at once, but an error in it waits until it runs.
    pub fn backquoted(&mut self, quote: Quote) -> Parse<WordPart> {
        self.memoised(|m| m.backquoted_text(quote))
    }

    fn backquoted_text(&mut self, quote: Quote) -> Parse<WordPart> {
        let open = self.pos;
        let start = open + 1;
        let mut i = start;
        let mut escapes = false;
        loop {
            match self.at(i) {
                0 => return Err(self.unclosed(open, b"`")),
                b'`' => break,
                b'\\' => {
                    escapes = true;
                    i += 2;
                }
                _ => i += 1,
            }
        }
        let text = if escapes {
            let mut text = Vec::with_capacity(i - start);
            let mut k = start;
            while k < i {
                let (c, next) = (self.src[k], self.at(k + 1));
                if c == b'\\' && (matches!(next, b'$' | b'`' | b'\\') || next == b'"' && quote == Quote::Double) {
                    text.push(next);
                    k += 2;
                } else {
                    text.push(c);
                    k += 1;
                    if c == b'\\' && k < i {
                        text.push(self.src[k]);
                        k += 1;
                    }
                }
            }
            Bytes::from(text)
        } else {
            self.src.slice(start..i)
        };
        self.pos = i + 1;
        let line = self.line_at(open);
        let (body, warnings) = self.nested(|m| {
            let mut inner = Machine::new(text, line, m.aliases, m.opts);
            inner.depth = m.depth;
            Ok(inner.deferred_body())
        })?;
        Ok(WordPart::Command(CommandSubst {
            body,
            backquoted: true,
            raw: self.src.slice(open..self.pos),
            line,
            warnings,
        }))
    }

    /// Parses the whole input, keeping an error for later.
    pub fn deferred_body(mut self) -> (SubstBody, Vec<Warning>) {
        let mut list = List::default();
        let mut warnings = Vec::new();
        loop {
            match self.complete_command() {
                Ok(Some(command)) => {
                    list.items.extend(command.list.items);
                    warnings.extend(command.warnings);
                }
                Ok(None) => return (classify(list), warnings),
                Err(error) => {
                    let error = Arc::new(*error);
                    return (
                        SubstBody::Broken {
                            before: Arc::new(list),
                            error,
                        },
                        warnings,
                    );
                }
            }
        }
    }
}

/// Recognises `$(< file)`.
pub(super) fn classify(list: List) -> SubstBody {
    let read_file = match list.items.as_slice() {
        [item] if !item.background => single_command(&item.and_or).is_some_and(|command| match &command.kind {
            CommandKind::Simple(simple) => {
                simple.words.is_empty()
                    && simple.assignments.is_empty()
                    && matches!(command.redirects.as_slice(), [redirect]
                        if redirect.op == RedirectOp::Read
                            && matches!(redirect.fd, None | Some(RedirectFd::Number(0))))
            }
            _ => false,
        }),
        _ => false,
    };
    let list = Arc::new(list);
    if read_file {
        SubstBody::ReadFile(list)
    } else {
        SubstBody::List(list)
    }
}

/// The command of an and-or list that is nothing but that command.
fn single_command(and_or: &AndOr) -> Option<&Command> {
    match (and_or.rest.as_slice(), and_or.first.commands.as_slice()) {
        ([], [command]) if !and_or.first.bang && and_or.first.time.is_none() => Some(command),
        _ => None,
    }
}
