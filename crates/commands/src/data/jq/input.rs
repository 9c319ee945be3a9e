//! The inputs: values out of the operands' bytes, read as they are needed.

use std::collections::VecDeque;

use jq::json::{Events, Next, ParseError, Reader};
use jq::{Value, value};
use shell::command::{CommandError, Context};

use super::options::Options;
use crate::input::{self, Source};

/// What bytes are turned into.
enum Form {
    /// JSON values.
    Values(Reader),
    /// The events of `--stream`, and whether errors are events too.
    Events(Box<Events>, bool),
    /// Records between RS characters; what is read of the current one, and values read already.
    Records(Vec<u8>, VecDeque<Value>),
    /// Lines.
    Lines(Vec<u8>, usize),
    /// All of it.
    Text(Vec<u8>),
}

/// All inputs of a run. The operands are one stream of bytes: a value may begin in one and end in the next.
pub struct Inputs {
    files: VecDeque<Vec<u8>>,
    form: Form,
    slurp: bool,
    source: Option<Source>,
    /// The operand being read; `None` for standard input without operand.
    name: Option<String>,
    /// Anything was read.
    started: bool,
    done: bool,
    finished: bool,
    /// Lines of the operands before the current one.
    lines_before: u64,
    /// Lines read in the forms that count them here.
    lines: u64,
    /// Operands that could not be read.
    pub errors: usize,
    /// A cancellation or write failure met on the way.
    pub failure: Option<CommandError>,
}

/// A piece of input, or why there is none.
enum Piece {
    Value(Value),
    NeedMore,
    End,
    Error(String),
}

impl Inputs {
    pub fn new(options: &Options) -> Self {
        let form = match (options.raw_input, options.slurp) {
            (true, true) => Form::Text(Vec::new()),
            (true, false) => Form::Lines(Vec::new(), 0),
            _ if options.stream => Form::Events(Box::default(), options.stream_errors),
            _ if options.seq => Form::Records(Vec::new(), VecDeque::new()),
            _ => Form::Values(Reader::new()),
        };
        let mut files: VecDeque<Vec<u8>> = options.files.iter().cloned().collect();
        let stdin = files.is_empty();
        if stdin {
            files.push_back(b"-".to_vec());
        }
        Self {
            files,
            form,
            slurp: options.slurp && !options.raw_input,
            source: None,
            name: None,
            started: false,
            done: false,
            finished: false,
            lines_before: 0,
            lines: 0,
            errors: 0,
            failure: None,
        }
    }

    /// Name of the operand that is being read.
    pub fn filename(&self) -> Option<String> {
        self.name.clone()
    }

    /// Where the last input ended, as error messages give it.
    pub fn place(&self) -> String {
        if !self.started {
            return "<unknown>".to_owned();
        }
        let name = self.name.as_deref().unwrap_or("<stdin>");
        format!("{name}:{}", self.line())
    }

    /// Lines read of the current operand.
    pub fn line(&self) -> u64 {
        let total = match &self.form {
            Form::Values(r) => r.lines(),
            _ => self.lines,
        };
        total.saturating_sub(self.lines_before)
    }

    /// The next input.
    pub fn next(&mut self, cx: &mut Context<'_>) -> Option<Result<Value, String>> {
        if self.slurp {
            return self.slurped(cx);
        }
        if self.finished {
            return None;
        }
        self.one(cx)
    }

    fn slurped(&mut self, cx: &mut Context<'_>) -> Option<Result<Value, String>> {
        if self.finished {
            return None;
        }
        let mut all = Vec::new();
        loop {
            match self.one(cx) {
                Some(Ok(v)) => all.push(v),
                Some(Err(e)) => return Some(Err(e)),
                None if self.failure.is_some() => return None,
                None => {
                    self.finished = true;
                    return Some(Ok(Value::array(all)));
                }
            }
        }
    }

    fn one(&mut self, cx: &mut Context<'_>) -> Option<Result<Value, String>> {
        loop {
            match self.piece(cx) {
                Piece::Value(v) => return Some(Ok(v)),
                Piece::Error(e) => {
                    self.finished = true;
                    return Some(Err(e));
                }
                Piece::End => {
                    self.finished = true;
                    return None;
                }
                Piece::NeedMore => self.more(cx)?,
            }
        }
    }

    /// Takes a value out of the text read so far.
    fn piece(&mut self, cx: &mut Context<'_>) -> Piece {
        let done = self.done;
        match &mut self.form {
            Form::Values(r) => match r.next() {
                Next::Value(v) => Piece::Value(v),
                Next::NeedMore => Piece::NeedMore,
                Next::End => Piece::End,
                Next::Error(e) => Piece::Error(e.to_string()),
            },
            Form::Events(events, as_events) => match events.next() {
                Some(Ok(v)) => Piece::Value(v),
                Some(Err(e)) if *as_events => {
                    let path = events.path();
                    self.done = true;
                    self.files.clear();
                    Piece::Value(Value::array(vec![Value::from(e.to_string()), path]))
                }
                Some(Err(e)) => Piece::Error(e.to_string()),
                None if done => Piece::End,
                None => Piece::NeedMore,
            },
            Form::Records(text, values) => {
                if let Some(v) = values.pop_front() {
                    return Piece::Value(v);
                }
                let end = memchr::memchr(0x1E, text);
                if end.is_none() && !done {
                    return Piece::NeedMore;
                }
                if text.is_empty() {
                    return Piece::End;
                }
                let record: Vec<u8> = text.drain(..end.map_or(text.len(), |e| e + 1)).collect();
                let record = record.strip_suffix(&[0x1E]).unwrap_or(&record);
                let (good, error) = read_record(record);
                values.extend(good);
                if let Some(e) = error {
                    cx.warn(format!("ignoring parse error: {e}"));
                }
                match values.pop_front() {
                    Some(v) => Piece::Value(v),
                    None if text.is_empty() && done => Piece::End,
                    None => self.piece(cx),
                }
            }
            Form::Lines(text, at) => match memchr::memchr(b'\n', &text[*at..]) {
                Some(n) => {
                    let line = &text[*at..*at + n];
                    let v = Value::String(value::string_from_bytes(line));
                    *at += n + 1;
                    self.lines += 1;
                    Piece::Value(v)
                }
                None if !done => {
                    text.drain(..*at);
                    *at = 0;
                    Piece::NeedMore
                }
                None if *at == text.len() => Piece::End,
                None => {
                    let v = Value::String(value::string_from_bytes(&text[*at..]));
                    *at = text.len();
                    Piece::Value(v)
                }
            },
            Form::Text(text) => {
                if !done {
                    return Piece::NeedMore;
                }
                self.finished = true;
                Piece::Value(Value::String(value::string_from_bytes(&std::mem::take(text))))
            }
        }
    }

    /// Reads another chunk, from the next operand if the current one is used up. `None` on a failure.
    fn more(&mut self, cx: &mut Context<'_>) -> Option<()> {
        loop {
            let Some(source) = &mut self.source else {
                match self.files.pop_front() {
                    Some(file) => self.open(cx, &file)?,
                    None => {
                        self.done = true;
                        match &mut self.form {
                            Form::Values(r) => r.finish(),
                            Form::Events(e, _) => e.finish(),
                            _ => {}
                        }
                        return Some(());
                    }
                }
                continue;
            };
            match source.chunk() {
                Ok(chunk) if chunk.is_empty() => self.source = None,
                Ok(chunk) => {
                    match &mut self.form {
                        Form::Values(r) => r.feed(&chunk),
                        Form::Events(e, _) => e.feed(&chunk),
                        Form::Records(text, _) | Form::Lines(text, _) | Form::Text(text) => {
                            text.extend_from_slice(&chunk);
                        }
                    }
                    return Some(());
                }
                Err(e) => {
                    let name = self.name.clone().unwrap_or_else(|| "<stdin>".to_owned());
                    self.source = None;
                    self.complain(cx, &e, &format!("jq: error: Could not read {name}"))?;
                }
            }
        }
    }

    fn open(&mut self, cx: &mut Context<'_>, file: &[u8]) -> Option<()> {
        match input::open(cx, file) {
            Ok(source) => {
                self.lines_before = match &self.form {
                    Form::Values(r) => r.lines(),
                    _ => self.lines,
                };
                self.started = true;
                self.source = Some(source);
                self.name = (file != b"-").then(|| String::from_utf8_lossy(file).into_owned());
            }
            Err(e) => {
                let shown = String::from_utf8_lossy(file).into_owned();
                self.complain(cx, &e, &format!("jq: error: Could not open {shown}"))?;
            }
        }
        Some(())
    }

    /// Counts an operand that cannot be read; a cancellation ends everything.
    fn complain(&mut self, cx: &mut Context<'_>, e: &vfs::VfsError, what: &str) -> Option<()> {
        if cx.cancel.is_cancelled() {
            self.failure = Some(e.clone().into());
            return None;
        }
        self.errors += 1;
        if let Err(e) = super::complain(cx, &format!("{what}: {}\n", e.gnu_text())) {
            self.failure = Some(e);
            return None;
        }
        Some(())
    }
}

/// The values of a record, and the error that cut it short.
fn read_record(text: &[u8]) -> (Vec<Value>, Option<ParseError>) {
    let mut reader = Reader::new();
    reader.feed(text);
    reader.finish();
    let mut values = Vec::new();
    loop {
        match reader.next() {
            Next::Value(v) => values.push(v),
            Next::Error(e) => return (values, Some(e)),
            Next::End | Next::NeedMore => return (values, None),
        }
    }
}
