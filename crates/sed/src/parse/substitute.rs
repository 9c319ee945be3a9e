//! `s` and `y`.

use super::{Parsed, Parser, text};
use crate::script::{Action, Substitution, Translation};

impl Parser<'_> {
    pub(super) fn substitution(&mut self) -> Parsed<Action> {
        let unterminated = "unterminated `s' command";
        let Some(delimiter) = self.next() else {
            return self.error(unterminated);
        };
        if delimiter == b'\n' {
            self.next();
            return self.error(unterminated);
        }
        let Some(pattern) = self.delimited(delimiter, true) else {
            return self.error(unterminated);
        };
        let Some(replacement) = self.delimited(delimiter, false) else {
            return self.error(unterminated);
        };
        let mut made = Substitution {
            regex: None,
            parts: Vec::new(),
            plain: None,
            global: false,
            number: 0,
            print: 0,
            evaluate: false,
            output: None,
        };
        let (mut icase, mut multiline) = (false, false);
        loop {
            match self.next_nonblank() {
                Some(b'i' | b'I') if !self.posix => icase = true,
                Some(b'm' | b'M') if !self.posix => multiline = true,
                Some(b'e') if !self.posix => {
                    if self.options.sandbox {
                        return self.error("e/r/w commands disabled in sandbox mode");
                    }
                    made.evaluate = true;
                    if made.print > 0 {
                        // `pe` prints before, `ep` after.
                        made.print |= 2;
                    }
                }
                Some(b'p') => {
                    if made.print > 0 {
                        return self.error("multiple `p' options to `s' command");
                    }
                    made.print = 1;
                }
                Some(b'g') => {
                    if made.global {
                        return self.error("multiple `g' options to `s' command");
                    }
                    made.global = true;
                }
                Some(b'w') => {
                    made.output = Some(self.output_file()?);
                    break;
                }
                Some(digit @ b'0'..=b'9') => {
                    if made.number > 0 {
                        return self.error("multiple number options to `s' command");
                    }
                    made.number = self.number(digit);
                    if made.number == 0 {
                        return self.error("number option to `s' command may not be zero");
                    }
                }
                byte @ Some(b'}' | b'#') => {
                    self.back(byte);
                    break;
                }
                None | Some(b'\n' | b';') => break,
                Some(b'\r') if matches!(self.text.get(self.at), None | Some(b'\n')) => break,
                Some(_) => return self.error("unknown option to `s'"),
            }
        }
        made.number = made.number.max(1);
        made.regex = self.regex(&pattern, icase, multiline)?;
        made.parts = text::replacement(&replacement, self.posix);
        let highest = made.parts.iter().map(text::group_of).max().unwrap_or(0);
        if let Some(re) = &made.regex
            && highest > re.groups()
        {
            return self.error(&format!("invalid reference \\{highest} on `s' command's RHS"));
        }
        made.plain = text::as_plain(&made.parts);
        Ok(Action::Substitute(Box::new(made)))
    }

    pub(super) fn translation(&mut self) -> Parsed<Action> {
        let unterminated = "unterminated `y' command";
        let Some(delimiter) = self.next() else {
            return self.error(unterminated);
        };
        let Some(from) = self.delimited(delimiter, false) else {
            return self.error(unterminated);
        };
        let Some(to) = self.delimited(delimiter, false) else {
            return self.error(unterminated);
        };
        let utf8 = self.options.utf8;
        let from = text::characters(&text::plain_y(&from), utf8);
        let to = text::characters(&text::plain_y(&to), utf8);
        if from.len() != to.len() {
            return self.error("strings for `y' command are different lengths");
        }
        let translation = if from.iter().chain(&to).all(|character| character.len() == 1) {
            let mut map = Box::new([0; 256]);
            for (byte, target) in map.iter_mut().enumerate() {
                *target = byte as u8;
            }
            // The first of several mappings of the same character counts.
            for (from, to) in from.iter().zip(&to).rev() {
                map[usize::from(from[0])] = to[0];
            }
            Translation::Bytes(map)
        } else {
            Translation::Characters(from.into_iter().zip(to).rev().collect())
        };
        self.end_of_command()?;
        Ok(Action::Translate(Box::new(translation)))
    }
}
