//! Commands other than `s` and `y`.

use super::{MAX_DEPTH, Parsed, Parser, PendingText, is_blank, text};
use crate::script::{Action, Address, Command};

impl Parser<'_> {
    /// Reads the command whose first byte (of its address, if it has one) is `byte`.
    pub(super) fn command(&mut self, byte: u8) -> Parsed<()> {
        let mut next = Some(byte);
        let first = self.address(next)?;
        let mut last = None;
        if first.is_some() {
            if let Some(Address::Plus(_) | Address::Multiple(_)) = first {
                return self.error("invalid usage of +N or ~N as first address");
            }
            next = self.next_nonblank();
            if next == Some(b',') {
                next = self.next_nonblank();
                last = self.address(next)?;
                if last.is_none() {
                    return self.error("unexpected `,'");
                }
                next = self.next_nonblank();
            }
            if let Some(Address::Line(0)) = first
                && (self.posix || !matches!(last, Some(Address::Match(_))))
            {
                return self.error("invalid usage of line address 0");
            }
        }
        let mut negated = false;
        if next == Some(b'!') {
            negated = true;
            next = self.next_nonblank();
            if next == Some(b'!') {
                return self.error("multiple `!'s");
            }
        }
        let Some(letter) = next else {
            return self.error("missing command");
        };
        self.check_addresses(letter, first.is_some(), last.is_some())?;
        let action = match letter {
            b'#' => return self.comment(),
            b'v' => return self.version(),
            b':' => return self.label(),
            b'}' => {
                let Some((open, _)) = self.blocks.pop() else {
                    return self.error("unexpected `}'");
                };
                let here = self.script.commands.len();
                if let Action::Block(end) = &mut self.script.commands[open].action {
                    *end = here;
                }
                return self.end_of_command();
            }
            b'{' => {
                if self.blocks.len() >= MAX_DEPTH {
                    return self.error("blocks are nested too deeply");
                }
                let place = self.place(0);
                let command = self.add(Command {
                    first,
                    last,
                    negated,
                    action: Action::Block(0),
                });
                self.blocks.push((command, place));
                return Ok(());
            }
            b'a' | b'i' | b'c' => {
                let action = match letter {
                    b'a' => Action::Append(Vec::new()),
                    b'i' => Action::Insert(Vec::new()),
                    _ => Action::Change(Vec::new()),
                };
                let command = self.add(Command {
                    first,
                    last,
                    negated,
                    action,
                });
                return self.text_argument(command);
            }
            b'e' => {
                self.refuse_in_sandbox()?;
                let mut command = Vec::new();
                let start = self.next_nonblank();
                self.back(start);
                while let Some(byte) = self.next().filter(|byte| *byte != b'\n') {
                    command.push(byte);
                }
                Action::Execute(command)
            }
            b'b' | b't' | b'T' => {
                let action = match letter {
                    b'b' => Action::Branch(usize::MAX),
                    b't' => Action::BranchIf(usize::MAX),
                    _ => Action::BranchUnless(usize::MAX),
                };
                let label = self.read_label();
                let command = self.add(Command {
                    first,
                    last,
                    negated,
                    action,
                });
                if !label.is_empty() {
                    self.jumps.push((command, label));
                }
                return self.end_of_command();
            }
            b'q' | b'Q' => {
                let status = self.optional_number().unwrap_or(0) as u8;
                self.end_of_command()?;
                if letter == b'q' {
                    Action::Quit(status)
                } else {
                    Action::QuitSilently(status)
                }
            }
            b'l' | b'L' => {
                let width = self
                    .optional_number()
                    .map(|width| usize::try_from(width).unwrap_or(usize::MAX));
                self.end_of_command()?;
                Action::List(width)
            }
            b'r' => {
                self.refuse_in_sandbox()?;
                Action::ReadFile(self.file_name()?)
            }
            b'R' => {
                self.refuse_in_sandbox()?;
                let name = self.file_name()?;
                Action::ReadLine(index_of(&mut self.script.line_sources, name))
            }
            b'w' | b'W' => {
                self.refuse_in_sandbox()?;
                let output = self.output_file()?;
                if letter == b'w' {
                    Action::WriteFile(output)
                } else {
                    Action::WriteFirst(output)
                }
            }
            b's' => self.substitution()?,
            b'y' => self.translation()?,
            _ => {
                let Some(action) = simple(letter) else {
                    let shown = char::from(letter);
                    return self.error(&format!("unknown command: `{shown}'"));
                };
                self.end_of_command()?;
                action
            }
        };
        self.add(Command {
            first,
            last,
            negated,
            action,
        });
        Ok(())
    }

    fn check_addresses(&self, letter: u8, first: bool, last: bool) -> Parsed<()> {
        match letter {
            b'#' if first => self.error("comments don't accept any addresses"),
            b':' if first => self.error(": doesn't want any addresses"),
            b'}' if first && !self.blocks.is_empty() => self.error("} doesn't want any addresses"),
            b'q' | b'Q' if last => self.error("command only uses one address"),
            b'=' | b'a' | b'i' | b'r' if last && self.posix => self.error("command only uses one address"),
            _ => Ok(()),
        }
    }

    fn comment(&mut self) -> Parsed<()> {
        let from = self.at;
        let rest = &self.text[from..];
        // A script that starts with `#n` is quiet, whatever follows on that line.
        if from == 1 && self.chunk == 0 && rest.first() == Some(&b'n') {
            self.script.quiet = true;
        }
        while let Some(byte) = self.next() {
            if byte == b'\n' {
                break;
            }
        }
        Ok(())
    }

    fn version(&mut self) -> Parsed<()> {
        let label = self.read_label();
        let wanted: Vec<u64> = String::from_utf8_lossy(&label)
            .split('.')
            .map(|part| part.parse().unwrap_or(0))
            .collect();
        if !label.is_empty() && wanted > vec![4, 9, 0] {
            return self.error("expected newer version of sed");
        }
        self.posix = false;
        self.end_of_command()
    }

    fn label(&mut self) -> Parsed<()> {
        let label = self.read_label();
        if label.is_empty() {
            return self.error("\":\" lacks a label");
        }
        let here = self.script.commands.len();
        self.labels.insert(label, here);
        Ok(())
    }

    fn read_label(&mut self) -> Vec<u8> {
        let mut label = Vec::new();
        let mut byte = self.next_nonblank();
        while let Some(known) = byte {
            // POSIX lets labels go on to the end of the line.
            let ends =
                known == b'\n' || (!self.posix && (known.is_ascii_whitespace() || known == b';' || known == b'}'));
            if ends {
                self.back(byte);
                break;
            }
            label.push(known);
            byte = self.next();
        }
        label
    }

    fn optional_number(&mut self) -> Option<u64> {
        match self.next_nonblank() {
            Some(digit @ b'0'..=b'9') => Some(self.number(digit)),
            other => {
                self.back(other);
                None
            }
        }
    }

    fn refuse_in_sandbox(&self) -> Parsed<()> {
        if self.options.sandbox {
            self.error("e/r/w commands disabled in sandbox mode")
        } else {
            Ok(())
        }
    }

    pub(super) fn file_name(&mut self) -> Parsed<Vec<u8>> {
        let mut name = Vec::new();
        let mut byte = self.next_nonblank();
        while let Some(known) = byte.filter(|byte| *byte != b'\n') {
            name.push(known);
            byte = self.next();
        }
        if name.is_empty() {
            self.back(byte);
            return self.error("missing filename in r/R/w/W commands");
        }
        Ok(name)
    }

    pub(super) fn output_file(&mut self) -> Parsed<usize> {
        if self.options.sandbox {
            return self.error("e/r/w commands disabled in sandbox mode");
        }
        let name = self.file_name()?;
        Ok(index_of(&mut self.script.outputs, name))
    }

    /// The text of `a`, `i` and `c`, in its classic form (behind a backslash and a newline) or on the line itself.
    fn text_argument(&mut self, command: usize) -> Parsed<()> {
        let mut byte = self.next_nonblank();
        if byte.is_none() {
            return self.error("expected \\ after `a', `c' or `i'");
        }
        if byte == Some(b'\\') {
            // White space up to the newline of the classic form is skipped; in front of text it belongs to it.
            let mark = (self.at, self.line);
            byte = self.next();
            while byte.is_some_and(is_blank) {
                byte = self.next();
            }
            if byte != Some(b'\n') {
                (self.at, self.line) = mark;
            } else if self.at - mark.0 > 1 {
                // Blanks and then a newline: the blanks are the text.
                (self.at, self.line) = mark;
            }
            if byte.is_none() {
                self.pending = Some(PendingText {
                    command,
                    raw: Vec::new(),
                });
                return Ok(());
            }
        } else {
            self.back(byte);
        }
        self.read_text(command, Vec::new());
        Ok(())
    }

    /// Reads text up to a newline that no backslash precedes; at the end of the chunk a backslash asks for more.
    pub(super) fn read_text(&mut self, command: usize, mut raw: Vec<u8>) {
        loop {
            match self.next() {
                Some(b'\\') => match self.next() {
                    Some(escaped) => raw.extend_from_slice(&[b'\\', escaped]),
                    None => {
                        raw.extend_from_slice(b"\\\n");
                        self.pending = Some(PendingText { command, raw });
                        return;
                    }
                },
                Some(b'\n') | None => {
                    raw.push(b'\n');
                    self.set_text(command, &raw);
                    return;
                }
                Some(byte) => raw.push(byte),
            }
        }
    }

    pub(super) fn set_text(&mut self, command: usize, raw: &[u8]) {
        let done = text::plain(raw);
        if let Action::Append(text) | Action::Insert(text) | Action::Change(text) =
            &mut self.script.commands[command].action
        {
            *text = done;
        }
    }
}

fn index_of(names: &mut Vec<Vec<u8>>, name: Vec<u8>) -> usize {
    match names.iter().position(|known| *known == name) {
        Some(index) => index,
        None => {
            names.push(name);
            names.len() - 1
        }
    }
}

fn simple(letter: u8) -> Option<Action> {
    Some(match letter {
        b'=' => Action::LineNumber,
        b'd' => Action::Delete,
        b'D' => Action::DeleteFirst,
        b'F' => Action::FileName,
        b'g' => Action::GetHold,
        b'G' => Action::AppendHold,
        b'h' => Action::Hold,
        b'H' => Action::HoldAppend,
        b'n' => Action::Next,
        b'N' => Action::NextAppend,
        b'p' => Action::Print,
        b'P' => Action::PrintFirst,
        b'x' => Action::Exchange,
        b'z' => Action::Zap,
        _ => return None,
    })
}
