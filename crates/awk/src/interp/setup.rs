//! The state a program starts with.

use std::rc::Rc;

use super::{Interp, MainInput, Options, assign};
use crate::array::{Array, Cell};
use crate::error::{Run, fatal};
use crate::input::Ending;
use crate::io::AwkIo;
use crate::output::Outputs;
use crate::parse::escape;
use crate::parse::token::{BUILTINS, KEYWORDS, Place};
use crate::parse::{Program, special};
use crate::random::Random;
use crate::record::Record;
use crate::regex::Cache;
use crate::value::Value;

impl<'p, 'o> Interp<'p, 'o> {
    pub(super) fn new(program: &'p Program, io: &'o mut dyn AwkIo, options: &'o Options) -> Self {
        let mut globals = vec![Cell::default(); program.globals.len()];
        for (slot, text) in [
            (special::FS, " "),
            (special::OFS, " "),
            (special::RS, "\n"),
            (special::ORS, "\n"),
            (special::SUBSEP, "\x1c"),
            (special::CONVFMT, "%.6g"),
            (special::OFMT, "%.6g"),
            (special::FPAT, "[^[:space:]]+"),
            (special::FIELDWIDTHS, ""),
            (special::FILENAME, ""),
            (special::ERRNO, ""),
            (special::TEXTDOMAIN, "messages"),
        ] {
            globals[slot as usize] = Cell::Value(Value::text(text.as_bytes()));
        }
        for (slot, number) in [
            (special::RSTART, 0.0),
            (special::RLENGTH, -1.0),
            (special::IGNORECASE, 0.0),
            (special::ARGIND, 0.0),
            (special::BINMODE, 0.0),
            (special::LINT, 0.0),
        ] {
            globals[slot as usize] = Cell::Value(Value::Num(number));
        }
        Interp {
            program,
            io,
            options,
            globals,
            locals: Vec::new(),
            base: 0,
            locals_of: Vec::new(),
            texts: program.texts.iter().map(|text| Value::text(text)).collect(),
            statics: vec![None; program.regexes.len()],
            cache: Cache::default(),
            record: Record::default(),
            terminator: Vec::new(),
            nr: 0.0,
            fnr: 0.0,
            ofs: b" ".to_vec(),
            ors: b"\n".to_vec(),
            subsep: b"\x1c".to_vec(),
            convfmt: b"%.6g".to_vec(),
            ofmt: b"%.6g".to_vec(),
            icase: false,
            ending: Ending::Byte(b'\n'),
            splitting: assign::Splitting::Separator,
            main: MainInput {
                next: 1,
                ..MainInput::default()
            },
            out: Vec::with_capacity(super::BLOCK + 4096),
            outputs: Outputs::default(),
            readers: Vec::new(),
            ranges: vec![false; program.ranges],
            returned: Value::Uninit,
            status: 0,
            random: Random::new(1),
            seed: 0.0,
            place: Place::default(),
            steps: 0,
            buffers: Vec::new(),
            warned: Box::new([false; 256]),
        }
    }

    /// Fills in what comes from outside: operands, environment, `-F` and `-v`.
    pub(super) fn prepare(&mut self, args: &[Vec<u8>]) -> Run<()> {
        let mut environment = Array::default();
        for (name, value) in self.io.environment() {
            environment.set(&name, Value::from_input(&value));
        }
        self.put_array(special::ENVIRON, environment);
        let mut argv = Array::default();
        argv.set(b"0", Value::from_input(self.options.name.as_bytes()));
        for (index, argument) in args.iter().enumerate() {
            argv.set((index + 1).to_string().as_bytes(), Value::from_input(argument));
        }
        self.put_array(special::ARGV, argv);
        self.globals[special::ARGC as usize] = Cell::Value(Value::Num((args.len() + 1) as f64));
        let [pid, ppid, uid, gid] = self.io.identity();
        let mut facts = Array::default();
        for (name, number) in [
            ("pid", pid),
            ("ppid", ppid),
            ("uid", uid),
            ("euid", uid),
            ("gid", gid),
            ("egid", gid),
            ("api_major", 3),
            ("api_minor", 2),
        ] {
            facts.set(name.as_bytes(), Value::Num(f64::from(number)));
        }
        for (name, text) in [
            ("version", "5.2.1"),
            ("platform", "posix"),
            ("strftime", "%a %b %e %H:%M:%S %Z %Y"),
            ("FS", "FS"),
        ] {
            facts.set(name.as_bytes(), Value::text(text.as_bytes()));
        }
        self.put_array(special::PROCINFO, facts);
        if let Some(separator) = &self.options.separator {
            let text = self.escapes(separator)?;
            self.set_special(special::FS, Value::from_vec(text))?;
        }
        for (name, raw) in &self.options.assignments {
            if !self.assign_operand(name, raw)? {
                let shown = String::from_utf8_lossy(name).into_owned();
                let known = is_reserved(name) && is_name(name);
                return if known {
                    fatal(format!("cannot use gawk builtin `{shown}' as variable name"))
                } else {
                    fatal(format!("`{shown}' is not a legal variable name"))
                };
            }
        }
        Ok(())
    }

    fn put_array(&mut self, slot: u32, array: Array) {
        self.globals[slot as usize] = Cell::Array(Rc::new(std::cell::RefCell::new(array)));
    }

    /// Replaces escapes in text from the command line, warning about doubtful ones.
    pub(super) fn escapes(&mut self, raw: &[u8]) -> Run<Vec<u8>> {
        let mut warnings = Vec::new();
        let text = escape::unescape(raw, |message, byte| warnings.push((message.to_vec(), byte)));
        for (message, byte) in warnings {
            if !std::mem::replace(&mut self.warned[usize::from(byte)], true) {
                let mut line = b"warning: ".to_vec();
                line.extend_from_slice(&message);
                self.complain(&line)?;
            }
        }
        Ok(text)
    }

    /// Carries out `name=value` from the command line. False when the name cannot be assigned to.
    pub(super) fn assign_operand(&mut self, name: &[u8], raw: &[u8]) -> Run<bool> {
        if !is_name(name) || is_reserved(name) {
            return Ok(false);
        }
        let text = self.escapes(raw)?;
        // Names the program does not mention cannot be seen by it.
        if let Some(slot) = self.program.globals.iter().position(|known| known == name) {
            if let Cell::Array(_) = self.globals[slot] {
                let shown = String::from_utf8_lossy(name).into_owned();
                return fatal(format!("cannot use array `{shown}' in a scalar context")).map(|()| true);
            }
            let value = Value::from_input(&text);
            if (slot as u32) < special::COUNT {
                self.set_special(slot as u32, value)?;
            } else {
                self.globals[slot] = Cell::Value(value);
            }
        }
        Ok(true)
    }
}

/// Whether this is a name of the language.
pub fn is_name(text: &[u8]) -> bool {
    text.first()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

fn is_reserved(name: &[u8]) -> bool {
    KEYWORDS.iter().any(|(word, _)| word.as_bytes() == name)
        || BUILTINS.iter().any(|(word, ..)| word.as_bytes() == name)
}
