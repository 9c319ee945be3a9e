//! `--stream`: the events of a JSON text as it is read, without building the whole value.

use super::lexer::Lexer;
use super::parse::ParseError;
use crate::value::{MAX_DEPTH, Value};
use std::collections::VecDeque;

/// One event, as the value jq makes of it.
pub type Event = Value;

#[derive(Debug)]
enum Level {
    /// Index of the element being read and whether one was finished.
    Array { index: u64, any: bool },
    /// The key being read, and whether a pair was finished.
    Object { key: Option<Value>, any: bool },
}

/// Turns JSON text fed in pieces into `[path, leaf]` and `[path]` events.
#[derive(Debug)]
pub struct Events {
    lexer: Lexer,
    levels: Vec<Level>,
    /// A scalar (or closed container, which is `None`) waiting for the separator after it.
    pending: Option<Option<Value>>,
    /// An object key waiting for its colon.
    out: VecDeque<Value>,
    bom: usize,
    failed: Option<ParseError>,
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}

impl Events {
    /// A reader without text.
    pub fn new() -> Self {
        Self {
            lexer: Lexer::at(1, 0),
            levels: Vec::new(),
            pending: None,
            out: VecDeque::new(),
            bom: 0,
            failed: None,
        }
    }

    /// The next event of the text fed so far, then the error that ended it, if any.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Result<Event, ParseError>> {
        match self.out.pop_front() {
            Some(v) => Some(Ok(v)),
            None => self.failed.take().map(Err),
        }
    }

    /// The path of what was being read, for `--stream-errors`.
    pub fn path(&self) -> Value {
        Value::array(self.levels.iter().map(Level::component).collect())
    }

    /// Reads text.
    pub fn feed(&mut self, bytes: &[u8]) {
        for &b in bytes {
            if self.failed.is_some() {
                return;
            }
            if self.bom < 3 {
                if b == b"\xEF\xBB\xBF"[self.bom] {
                    self.bom += 1;
                    continue;
                }
                self.bom = 3;
            }
            if let Err(m) = self.byte(b) {
                self.fail(m, false);
            }
        }
    }

    /// Ends the text.
    pub fn finish(&mut self) {
        if self.failed.is_some() {
            return;
        }
        let end = match self.lexer.finish() {
            Ok(Some(v)) => self.scalar(v),
            Ok(None) => Ok(()),
            Err(m) => Err(m),
        };
        match end {
            Err(m) => self.fail(m, true),
            Ok(()) if !self.levels.is_empty() => self.fail("Unfinished JSON term", true),
            Ok(()) => {}
        }
    }

    fn fail(&mut self, message: &'static str, eof: bool) {
        let (line, column) = self.lexer.position();
        self.failed = Some(ParseError {
            message,
            line,
            column,
            eof,
        });
        self.lexer.reset();
    }

    fn byte(&mut self, b: u8) -> Result<(), &'static str> {
        let step = self.lexer.step(b)?;
        if let Some(v) = step.literal {
            self.scalar(v)?;
        }
        if let Some(s) = step.structure {
            self.structure(s)?;
        }
        if let Some(v) = step.string {
            self.scalar(v)?;
        }
        Ok(())
    }

    fn scalar(&mut self, v: Value) -> Result<(), &'static str> {
        if self.pending.is_some() {
            return Err("Expected separator between values");
        }
        match self.levels.last_mut() {
            None => self.leaf(v),
            Some(Level::Object { key, .. }) if key.is_none() => {
                if !matches!(v, Value::String(_)) {
                    return Err("Object keys must be strings");
                }
                self.pending = Some(Some(v));
            }
            Some(_) => {
                self.leaf(v);
                self.pending = Some(None);
            }
        }
        Ok(())
    }

    fn leaf(&mut self, v: Value) {
        let event = Value::array(vec![self.path(), v]);
        self.out.push_back(event);
    }

    fn structure(&mut self, s: u8) -> Result<(), &'static str> {
        match s {
            b'[' | b'{' => {
                if self.pending.is_some() {
                    return Err("Expected a separator between values");
                }
                if matches!(self.levels.last(), Some(Level::Object { key: None, .. })) {
                    return Err("Expected string key after '{'");
                }
                if self.levels.len() >= MAX_DEPTH {
                    return Err("Exceeds depth limit for parsing");
                }
                self.levels.push(if s == b'[' {
                    Level::Array { index: 0, any: false }
                } else {
                    Level::Object { key: None, any: false }
                });
            }
            b':' => match (self.levels.last_mut(), self.pending.take()) {
                (Some(Level::Object { key: key @ None, .. }), Some(Some(k))) => *key = Some(k),
                (Some(Level::Object { key: None, .. }), _) => return Err("Expected string key before ':'"),
                _ => return Err("':' not as part of an object"),
            },
            b',' => {
                let done = self.pending.take();
                match (self.levels.last_mut(), done) {
                    (Some(Level::Array { index, any }), Some(None)) => {
                        *index += 1;
                        *any = true;
                    }
                    (Some(Level::Object { key, any }), Some(None)) => {
                        // The last key stays until the next one replaces it: the closing event names it.
                        if key.is_none() {
                            return Err("Objects must consist of key:value pairs");
                        }
                        *any = true;
                        *key = None;
                    }
                    (Some(Level::Object { .. }), Some(Some(_))) => {
                        return Err("Objects must consist of key:value pairs");
                    }
                    _ => return Err("Expected value before ','"),
                }
            }
            b']' => match self.levels.last() {
                Some(Level::Array { any, .. }) => {
                    if self.pending.is_none() && *any {
                        return Err("Expected another array element");
                    }
                    self.close(Value::array(Vec::new()));
                }
                _ if self.levels.is_empty() => return Err("Unmatched ']' at the top-level"),
                _ => return Err("Unmatched ']' in the middle of an object"),
            },
            _ => match self.levels.last() {
                Some(Level::Object { key, any }) => {
                    if matches!(self.pending, Some(Some(_))) {
                        return Err("Missing value in key:value pair");
                    }
                    if self.pending.is_none() && (*any || key.is_some()) {
                        return Err(if key.is_some() {
                            "Missing value in key:value pair"
                        } else {
                            "Expected another key-value pair"
                        });
                    }
                    self.close(Value::Object(crate::value::Object::new()));
                }
                _ if self.levels.is_empty() => return Err("Unmatched '}' at the top-level"),
                _ => return Err("Unmatched '}' in the middle of an array"),
            },
        }
        Ok(())
    }

    /// Ends the innermost container: an empty one is a leaf, another is closed by the path of its last element.
    fn close(&mut self, empty: Value) {
        if self.pending.take().is_some() {
            let path = self.path();
            self.levels.pop();
            self.out.push_back(Value::array(vec![path]));
        } else {
            self.levels.pop();
            self.leaf(empty);
        }
        if !self.levels.is_empty() {
            self.pending = Some(None);
        }
    }
}

impl Level {
    fn component(&self) -> Value {
        match self {
            #[allow(clippy::cast_precision_loss)]
            Self::Array { index, .. } => Value::number(*index as f64),
            Self::Object { key, .. } => key.clone().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::print_compact;

    /// The events of nested and empty containers, and of top-level scalars.
    #[test]
    fn events() {
        let mut e = Events::new();
        e.feed(br#"{"a":[1,{"b":2}],"c":[]} 3 []"#);
        e.finish();
        let mut got = Vec::new();
        while let Some(v) = e.next() {
            got.push(print_compact(&v.unwrap()));
        }
        let want = [
            r#"[["a",0],1]"#,
            r#"[["a",1,"b"],2]"#,
            r#"[["a",1,"b"]]"#,
            r#"[["a",1]]"#,
            r#"[["c"],[]]"#,
            r#"[["c"]]"#,
            "[[],3]",
            "[[],[]]",
        ];
        assert_eq!(got, want);
    }
}
