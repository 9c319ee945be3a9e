//! `csplit`: cuts a file where lines match.

mod pattern;

use bytes::Bytes;
use shell::command::{CommandError, CommandResult, Context};
use vfs::OpenOptions;

use self::pattern::{Control, Kind, Repeat, Template};
use crate::input;
use crate::number::decimal;
use crate::options::{Args, Spec, flag, value};
use crate::output;
use crate::quote::{quote, quoteaf};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "csplit",
    "[OPTION]... FILE PATTERN...",
    "Output pieces of FILE separated by PATTERN(s) to files 'xx00', 'xx01', ...,\nand output byte counts of each piece to standard output.",
    &[
        value("b", "suffix-format", "FORMAT", "use sprintf FORMAT instead of %02d"),
        value("f", "prefix", "PREFIX", "use PREFIX instead of 'xx'"),
        flag("k", "keep-files", "do not remove output files on errors"),
        flag("", "suppress-matched", "suppress the lines matching PATTERN"),
        value("n", "digits", "DIGITS", "use specified number of digits instead of 2"),
        flag("s", "quiet silent", "do not print counts of output file sizes"),
        flag("qz", "elide-empty-files", "suppress empty output files"),
    ],
)
.notes(
    "Each PATTERN may be:\n  \
     INTEGER            copy up to but not including specified line number\n  \
     /REGEXP/[OFFSET]   copy up to but not including a matching line\n  \
     %REGEXP%[OFFSET]   skip to, but not including a matching line\n  \
     {INTEGER}          repeat the previous pattern specified number of times\n  \
     {*}                repeat the previous pattern as many times as possible\n\n\
     A line OFFSET is an integer optionally preceded by '+' or '-'",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

struct Cutter {
    data: Bytes,
    /// Where lines begin, and the end.
    starts: Vec<usize>,
    /// The first line that went nowhere yet, from 0.
    next: usize,
    /// How many lines have been searched.
    searched: usize,
    prefix: Vec<u8>,
    template: Template,
    quiet: bool,
    elide: bool,
    suppress: bool,
    made: Vec<Vec<u8>>,
    count: u64,
}

/// The input has ended where a pattern wanted more.
enum Stop {
    /// All is done: the pattern was to be repeated as often as it goes.
    Done,
    Error(CommandError),
}

impl From<CommandError> for Stop {
    fn from(e: CommandError) -> Self {
        Self::Error(e)
    }
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    match args.operands.len() {
        0 => return Err(SPEC.usage_error(cx, "missing operand")),
        1 => return Err(SPEC.usage_error(cx, [&b"missing operand after "[..], &quote(&args.operands[0])].concat())),
        _ => {}
    }
    let digits = match args.last("digits") {
        Some(text) => decimal(text)
            .ok()
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| *n < 256)
            .ok_or_else(|| CommandError::fail(1, [&b"invalid number: "[..], &quote(text)].concat()))?,
        None => 2,
    };
    let template = match args.last("suffix-format") {
        Some(text) => Template::parse(text)?,
        None => Template::digits(digits),
    };
    let controls = pattern::parse(cx, &args.operands[1..])?;
    let name = &args.operands[0];
    let data = input::open(cx, name).and_then(|mut s| s.read_all()).map_err(|e| {
        let text = [
            &b"cannot open "[..],
            &quoteaf(name),
            b" for reading: ",
            e.gnu_text().as_bytes(),
        ]
        .concat();
        CommandError::fail(1, text)
    })?;
    let mut starts = vec![0];
    starts.extend(
        memchr::memchr_iter(b'\n', &data)
            .map(|n| n + 1)
            .filter(|n| *n < data.len()),
    );
    if data.is_empty() {
        starts.clear();
    }
    starts.push(data.len());
    let mut cutter = Cutter {
        data,
        starts,
        next: 0,
        searched: 0,
        prefix: args.last("prefix").unwrap_or(b"xx").to_vec(),
        template,
        quiet: args.has("quiet") || args.options.iter().any(|o| o.key == "quiet"),
        elide: args.has("elide-empty-files"),
        suppress: args.has("suppress-matched"),
        made: Vec::new(),
        count: 0,
    };
    match cutter.run(cx, &controls) {
        Ok(()) | Err(Stop::Done) => status(true, 1),
        Err(Stop::Error(e)) => {
            if !args.has("keep-files") {
                for name in &cutter.made {
                    if let Ok(path) = cx.path(name) {
                        let _ = cx.fs.remove(&path);
                    }
                }
            }
            Err(e)
        }
    }
}

impl Cutter {
    fn lines(&self) -> usize {
        self.starts.len() - 1
    }

    fn text(&self, from: usize, to: usize) -> Bytes {
        self.data.slice(self.starts[from]..self.starts[to])
    }

    fn run(&mut self, cx: &mut Context<'_>, controls: &[Control]) -> Result<(), Stop> {
        for control in controls {
            let mut round = 0u64;
            loop {
                cx.cancel.check().map_err(CommandError::from)?;
                match &control.kind {
                    Kind::Line(n) => self.up_to_line(cx, control, *n, round)?,
                    Kind::Regex { .. } => self.up_to_match(cx, control, round)?,
                }
                round += 1;
                match control.repeat {
                    Repeat::Times(n) if round > n => break,
                    _ => {}
                }
            }
        }
        let rest = self.text(self.next, self.lines());
        self.emit(cx, rest)?;
        Ok(())
    }

    /// Writes a piece, and says how large it is.
    fn emit(&mut self, cx: &mut Context<'_>, data: Bytes) -> Result<(), CommandError> {
        if data.is_empty() && self.elide {
            return Ok(());
        }
        let name = [&self.prefix[..], &self.template.show(self.count)].concat();
        let size = data.len();
        let wrong = |e: &vfs::VfsError| CommandError::fail(1, [&name[..], b": ", e.gnu_text().as_bytes()].concat());
        let mut out = output::open(cx, &name, OpenOptions::writing()).map_err(|e| wrong(&e))?;
        self.made.push(name.clone());
        out.write_bytes(data)?;
        out.flush_now()?;
        out.file().close(&cx.cancel).map_err(|e| wrong(&e))?;
        self.count += 1;
        if !self.quiet {
            cx.stdout.buffer().extend_from_slice(format!("{size}\n").as_bytes());
            cx.stdout.spill()?;
        }
        Ok(())
    }

    fn out_of_range(&self, control: &Control, round: u64) -> Stop {
        let mut text = [&quote(&control.text)[..], b": line number out of range"].concat();
        if round > 0 {
            text.extend_from_slice(format!(" on repetition {round}").as_bytes());
        }
        Stop::Error(CommandError::fail(1, text))
    }

    fn up_to_line(&mut self, cx: &mut Context<'_>, control: &Control, n: u64, round: u64) -> Result<(), Stop> {
        let last = usize::try_from(n.saturating_mul(round + 1))
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        if self.next >= self.lines() && self.suppress {
            self.emit(cx, Bytes::new())?;
            return Err(self.out_of_range(control, round));
        }
        if last > self.lines() {
            let rest = self.text(self.next, self.lines());
            self.next = self.lines();
            self.emit(cx, rest)?;
            return Err(self.out_of_range(control, round));
        }
        let to = last.max(self.next);
        let piece = self.text(self.next, to);
        self.next = to;
        self.emit(cx, piece)?;
        if self.suppress && self.next < self.lines() {
            self.next += 1;
        }
        if self.next >= self.lines() && !self.suppress {
            return Err(self.out_of_range(control, round));
        }
        Ok(())
    }

    fn up_to_match(&mut self, cx: &mut Context<'_>, control: &Control, round: u64) -> Result<(), Stop> {
        let Kind::Regex { regex, offset, skip } = &control.kind else {
            return Ok(());
        };
        let mut at = self.searched.max(self.next);
        if self.next < self.searched {
            at = self.searched;
        }
        loop {
            if at >= self.lines() {
                if control.repeat == Repeat::Forever {
                    if !skip {
                        let rest = self.text(self.next, self.lines());
                        self.emit(cx, rest)?;
                    }
                    return Err(Stop::Done);
                }
                let mut text = [&quote(&control.text)[..], b": match not found"].concat();
                if round > 0 {
                    text.extend_from_slice(format!(" on repetition {round}").as_bytes());
                }
                if !skip {
                    let rest = self.text(self.next, self.lines());
                    self.emit(cx, rest)?;
                }
                return Err(Stop::Error(CommandError::fail(1, text)));
            }
            let line = self.text(at, at + 1);
            let body = line.strip_suffix(b"\n").unwrap_or(&line);
            let found = regex.is_match(body).map_err(|e| CommandError::fail(1, e.to_string()))?;
            at += 1;
            if at.is_multiple_of(4096) {
                cx.cancel.check().map_err(CommandError::from)?;
            }
            if found {
                break;
            }
        }
        self.searched = at;
        let border = (at as i64 - 1).saturating_add(*offset);
        let border = usize::try_from(border).unwrap_or(0);
        let fits = border >= self.next && border <= self.lines();
        if !fits {
            let to = if border > self.lines() { self.lines() } else { self.next };
            if !skip {
                let piece = self.text(self.next, to);
                self.emit(cx, piece)?;
            }
            return Err(self.out_of_range(control, 0));
        }
        if !skip {
            let piece = self.text(self.next, border);
            self.emit(cx, piece)?;
        }
        self.next = border;
        if *offset > 0 {
            self.searched = border + 1;
        }
        if self.suppress && self.next < self.lines() {
            self.next += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vfs::{Mode, VPath, Vfs};

    use crate::testing::Lab;

    #[test]
    fn pieces_end_before_lines_and_matches() {
        let data: Vec<u8> = (1..=30).flat_map(|n| format!("{n}\n").into_bytes()).collect();
        for (args, sizes) in [
            (&["-", "10"][..], "18\n63\n"),
            (&["-", "/5/", "{2}"], "8\n25\n30\n18\n"),
            (&["-", "/5/+2", "/7/-1"], "12\n24\n45\n"),
            (&["-", "%15%"], "48\n"),
            (&["-s", "-", "5"], ""),
            (&["--suppress-matched", "-", "5", "10"], "8\n8\n60\n"),
        ] {
            let tree = Vfs::new();
            tree.mount(VPath::root(), Arc::new(resources::ram::Ram::new()), Mode::Exec)
                .unwrap();
            let lab = Lab::on(tree);
            let out = lab.run("csplit", args, &data);
            assert_eq!(
                (out.status, String::from_utf8_lossy(&out.stdout).as_ref()),
                (0, sizes),
                "{args:?}"
            );
        }
    }

    #[test]
    fn after_an_error_nothing_is_left() {
        let tree = Vfs::new();
        tree.mount(VPath::root(), Arc::new(resources::ram::Ram::new()), Mode::Exec)
            .unwrap();
        let lab = Lab::on(tree);
        let out = lab.run("csplit", &["-", "1", "/nosuch/"], b"a\n");
        assert_eq!(
            (out.status, out.stderr.as_slice()),
            (1, &b"csplit: '/nosuch/': match not found\n"[..])
        );
        assert!(lab.fs().stat(&VPath::new("/xx00").unwrap()).is_err());
    }
}
