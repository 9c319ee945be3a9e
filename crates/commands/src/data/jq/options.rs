//! jq's command line.

use jq::json::{self, Indent, PrintOptions};
use jq::{Value, value};
use shell::command::{CommandError, Context};

use super::read_file;

/// A mistake on the command line.
pub struct Usage(pub String);

/// Where the program comes from.
pub enum Source {
    /// The command line.
    Text(Vec<u8>),
    /// A file.
    File(Vec<u8>),
}

/// A named argument whose value may lie in a file.
pub struct Named {
    name: String,
    kind: NamedKind,
}

enum NamedKind {
    Value(Value),
    Slurp(Vec<u8>),
    Raw(Vec<u8>),
}

/// A parsed command line.
pub struct Options {
    pub program: Source,
    pub files: Vec<Vec<u8>>,
    pub null_input: bool,
    pub raw_input: bool,
    pub slurp: bool,
    pub raw: bool,
    pub raw_nul: bool,
    pub join: bool,
    pub color: bool,
    pub stream: bool,
    pub stream_errors: bool,
    pub seq: bool,
    pub exit_status: bool,
    pub unbuffered: bool,
    pub print: PrintOptions,
    pub named: Vec<Named>,
    pub positional: Vec<Value>,
    pub library: Vec<String>,
}

/// What the command line asks for.
pub enum Parsed {
    /// Run a program.
    Run(Box<Options>),
    /// Print a line.
    Print(String),
    /// Print the usage.
    Help,
}

/// What operands are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operands {
    Files,
    Strings,
    Json,
}

struct Parser {
    args: std::vec::IntoIter<Vec<u8>>,
    options: Options,
    program: Option<Vec<u8>>,
    from_file: Option<Vec<u8>>,
    /// `-f` was given, and the program file is the next operand.
    file_wanted: bool,
    operands: Operands,
    library_set: bool,
}

/// Reads the arguments.
pub fn parse(args: Vec<Vec<u8>>) -> Result<Parsed, Usage> {
    let options = Options {
        program: Source::Text(Vec::new()),
        files: Vec::new(),
        null_input: false,
        raw_input: false,
        slurp: false,
        raw: false,
        raw_nul: false,
        join: false,
        color: false,
        stream: false,
        stream_errors: false,
        seq: false,
        exit_status: false,
        unbuffered: false,
        print: super::default_print(),
        named: Vec::new(),
        positional: Vec::new(),
        library: Vec::new(),
    };
    let mut p = Parser {
        args: args.into_iter(),
        options,
        program: None,
        from_file: None,
        file_wanted: false,
        operands: Operands::Files,
        library_set: false,
    };
    let mut options_done = false;
    while let Some(arg) = p.args.next() {
        if options_done || arg.first() != Some(&b'-') || arg == b"-" {
            p.operand(arg)?;
        } else if arg == b"--" {
            options_done = true;
        } else if arg.starts_with(b"--") {
            if let Some(done) = p.long(&arg)? {
                return Ok(done);
            }
        } else if let Some(done) = p.short(&arg)? {
            return Ok(done);
        }
    }
    p.finish()
}

fn text(bytes: &[u8]) -> Value {
    Value::String(value::string_from_bytes(bytes))
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Parser {
    fn operand(&mut self, arg: Vec<u8>) -> Result<(), Usage> {
        if self.file_wanted && self.from_file.is_none() {
            self.from_file = Some(arg);
        } else if self.program.is_none() && self.from_file.is_none() {
            self.program = Some(arg);
        } else {
            match self.operands {
                Operands::Files => self.options.files.push(arg),
                Operands::Strings => self.options.positional.push(text(&arg)),
                Operands::Json => match json::parse_one(&arg) {
                    Ok(Some(v)) => self.options.positional.push(v),
                    _ => return Err(Usage("Invalid JSON text passed to --jsonargs".to_owned())),
                },
            }
        }
        Ok(())
    }

    /// The two words after `--arg` and its like.
    fn two(&mut self, option: &str, example: &str) -> Result<(String, Vec<u8>), Usage> {
        match (self.args.next(), self.args.next()) {
            (Some(name), Some(value)) => Ok((lossy(&name), value)),
            _ => Err(Usage(format!(
                "{option} takes two parameters (e.g. {option} {example})"
            ))),
        }
    }

    fn named(&mut self, name: String, kind: NamedKind) {
        self.options.named.push(Named { name, kind });
    }

    fn program_file(&mut self) {
        // The program is the next argument. Without one at hand it is the first operand that follows.
        match self.args.as_slice().first() {
            Some(next) if next.first() != Some(&b'-') => {
                self.from_file = self.args.next();
                if let Some(earlier) = self.program.take() {
                    self.options.files.insert(0, earlier);
                }
            }
            _ => self.file_wanted = true,
        }
    }

    fn library(&mut self, dir: &[u8]) {
        self.library_set = true;
        self.options.library.push(lossy(dir));
    }

    fn set_indent(&mut self) -> Result<(), Usage> {
        let Some(n) = self.args.next() else {
            return Err(Usage("--indent takes one parameter".to_owned()));
        };
        let n = lossy(&n);
        let n: i64 = n
            .trim()
            .parse()
            .map_err(|_| Usage("--indent takes a number".to_owned()))?;
        self.options.print.indent = match n {
            i64::MIN..=-1 => return Err(Usage("Cannot indent less than zero".to_owned())),
            0 => Indent::None,
            1..=7 => Indent::Spaces(u8::try_from(n).unwrap_or(2)),
            _ => return Err(Usage("Cannot indent more than 7 characters".to_owned())),
        };
        Ok(())
    }

    fn long(&mut self, arg: &[u8]) -> Result<Option<Parsed>, Usage> {
        let name = lossy(&arg[2..]);
        match name.as_str() {
            "slurp" => self.options.slurp = true,
            "raw-output" => self.options.raw = true,
            "raw-output0" => {
                self.options.raw = true;
                self.options.raw_nul = true;
            }
            "join-output" => {
                self.options.raw = true;
                self.options.join = true;
            }
            "ascii-output" => self.options.print.ascii = true,
            "null-input" => self.options.null_input = true,
            "compact-output" => self.options.print.indent = Indent::None,
            "color-output" => self.options.color = true,
            "monochrome-output" => self.options.color = false,
            "sort-keys" => self.options.print.sort_keys = true,
            "from-file" => self.program_file(),
            "raw-input" => self.options.raw_input = true,
            "exit-status" => self.options.exit_status = true,
            "tab" => self.options.print.indent = Indent::Tab,
            "indent" => self.set_indent()?,
            "unbuffered" => self.options.unbuffered = true,
            "stream" => self.options.stream = true,
            "stream-errors" => {
                self.options.stream = true;
                self.options.stream_errors = true;
            }
            "seq" => self.options.seq = true,
            "binary" => {}
            "arg" => {
                let (name, value) = self.two("--arg", "varname value")?;
                self.named(name, NamedKind::Value(text(&value)));
            }
            "argjson" => {
                let (name, value) = self.two("--argjson", "varname text")?;
                match json::parse_one(&value) {
                    Ok(Some(v)) => self.named(name, NamedKind::Value(v)),
                    _ => return Err(Usage("invalid JSON text passed to --argjson".to_owned())),
                }
            }
            "slurpfile" => {
                let (name, file) = self.two("--slurpfile", "varname filename")?;
                self.named(name, NamedKind::Slurp(file));
            }
            "rawfile" => {
                let (name, file) = self.two("--rawfile", "varname filename")?;
                self.named(name, NamedKind::Raw(file));
            }
            "args" => self.operands = Operands::Strings,
            "jsonargs" => self.operands = Operands::Json,
            "library-path" => match self.args.next() {
                Some(dir) => self.library(&dir),
                None => {
                    return Err(Usage(
                        "--library-path takes a parameter: (e.g. --library-path /search/path)".to_owned(),
                    ));
                }
            },
            "version" => return Ok(Some(Parsed::Print("jq-1.8.1\n".to_owned()))),
            "build-configuration" => return Ok(Some(Parsed::Print("rust decnum regex\n".to_owned()))),
            "help" => return Ok(Some(Parsed::Help)),
            _ => return Err(Usage(format!("Unknown option: --{name}"))),
        }
        Ok(None)
    }

    fn short(&mut self, arg: &[u8]) -> Result<Option<Parsed>, Usage> {
        for (i, c) in arg.iter().enumerate().skip(1) {
            match c {
                b's' => self.options.slurp = true,
                b'r' => self.options.raw = true,
                b'j' => {
                    self.options.raw = true;
                    self.options.join = true;
                }
                b'a' => self.options.print.ascii = true,
                b'n' => self.options.null_input = true,
                b'c' => self.options.print.indent = Indent::None,
                b'C' => self.options.color = true,
                b'M' => self.options.color = false,
                b'S' => self.options.print.sort_keys = true,
                b'f' => self.program_file(),
                b'R' => self.options.raw_input = true,
                b'e' => self.options.exit_status = true,
                b'b' => {}
                b'L' => {
                    // `-Ldir`, or the directory is the next argument.
                    if i + 1 < arg.len() {
                        self.library(&arg[i + 1..]);
                        return Ok(None);
                    }
                    match self.args.next() {
                        Some(dir) => self.library(&dir),
                        None => {
                            return Err(Usage(
                                "-L takes a parameter: (e.g. -L /search/path or -L/search/path)".to_owned(),
                            ));
                        }
                    }
                }
                b'h' => return Ok(Some(Parsed::Help)),
                b'V' => return Ok(Some(Parsed::Print("jq-1.8.1\n".to_owned()))),
                _ => return Err(Usage(format!("Unknown option: {}", lossy(arg)))),
            }
        }
        Ok(None)
    }

    fn finish(mut self) -> Result<Parsed, Usage> {
        self.options.program = match (self.from_file, self.program) {
            (Some(file), _) => Source::File(file),
            (None, _) if self.file_wanted => {
                return Err(Usage("-f takes a parameter (e.g. -f file.jq)".to_owned()));
            }
            (None, Some(text)) => Source::Text(text),
            (None, None) => Source::Text(b".".to_vec()),
        };
        if !self.library_set {
            self.options.library = ["~/.jq", "$ORIGIN/../lib/jq", "$ORIGIN/../lib"]
                .iter()
                .map(|s| (*s).to_owned())
                .collect();
        }
        Ok(Parsed::Run(Box::new(self.options)))
    }
}

impl Named {
    /// Name and value; the inner error is a message that ends the command.
    pub fn value(self, cx: &mut Context<'_>) -> Result<Result<(String, Value), String>, CommandError> {
        let (file, slurp) = match self.kind {
            NamedKind::Value(v) => return Ok(Ok((self.name, v))),
            NamedKind::Slurp(file) => (file, true),
            NamedKind::Raw(file) => (file, false),
        };
        let shown = lossy(&file);
        let option = if slurp { "slurpfile" } else { "rawfile" };
        let bad = |why: String| format!("jq: Bad JSON in --{option} {} {shown}: {why}\n", self.name);
        let bytes = match read_file(cx, &file) {
            Ok(bytes) => bytes,
            Err(e) if cx.cancel.is_cancelled() => return Err(e.into()),
            Err(e) => return Ok(Err(bad(format!("Could not open {shown}: {}", e.gnu_text())))),
        };
        if !slurp {
            return Ok(Ok((self.name, text(&bytes))));
        }
        Ok(match json::parse_all(&bytes) {
            Ok(values) => Ok((self.name, Value::array(values))),
            Err(e) => Err(bad(e.to_string())),
        })
    }
}
