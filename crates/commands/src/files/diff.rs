//! `diff`: what differs between files and trees.

mod dirs;
mod lines;
mod myers;
mod print;
mod side;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::{Errno, Stat, Time};

use self::lines::{Rules, Sides};
use self::print::{Format, Header};
use super::rm::join;
use crate::input;
use crate::options::{Args, Spec, Suite, flag, optional, value};
use crate::quote::{quote, quotef};
use crate::shellutils::basename::base_name;
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "diff",
    "[OPTION]... FILES",
    "Compare FILES line by line.",
    &[
        flag("", "normal", "output a normal diff (the default)"),
        flag("q", "brief", "report only when files differ"),
        flag("s", "report-identical-files", "report when two files are the same"),
        optional("", "context", "NUM", "output NUM (default 3) lines of copied context"),
        flag("c", "", "like --context"),
        value("C", "", "NUM", "output NUM lines of copied context"),
        optional("", "unified", "NUM", "output NUM (default 3) lines of unified context"),
        flag("u", "", "like --unified"),
        value("U", "", "NUM", "output NUM lines of unified context"),
        flag("e", "ed", "output an ed script"),
        flag("f", "forward-ed", "output a script in forward order"),
        flag("n", "rcs", "output an RCS format diff"),
        flag("y", "side-by-side", "output in two columns"),
        value("W", "width", "NUM", "output at most NUM (default 130) print columns"),
        flag("", "left-column", "output only the left column of common lines"),
        flag("", "suppress-common-lines", "do not output common lines"),
        flag("p", "show-c-function", "show which C function each change is in"),
        value("F", "show-function-line", "RE", "show the most recent line matching RE"),
        value(
            "L",
            "label",
            "LABEL",
            "use LABEL instead of file name and timestamp\n(can be repeated)",
        ),
        flag("t", "expand-tabs", "expand tabs to spaces in output"),
        flag("T", "initial-tab", "make tabs line up by prepending a tab"),
        value("", "tabsize", "NUM", "tab stops every NUM (default 8) print columns"),
        flag(
            "",
            "suppress-blank-empty",
            "suppress space or tab before empty output lines",
        ),
        flag("r", "recursive", "recursively compare any subdirectories found"),
        flag("", "no-dereference", "don't follow symbolic links"),
        flag("N", "new-file", "treat absent files as empty"),
        flag("", "unidirectional-new-file", "treat absent first files as empty"),
        flag("", "ignore-file-name-case", "ignore case when comparing file names"),
        value("x", "exclude", "PAT", "exclude files that match PAT"),
        value(
            "X",
            "exclude-from",
            "FILE",
            "exclude files that match any pattern in FILE",
        ),
        value(
            "S",
            "starting-file",
            "FILE",
            "start with FILE when comparing directories",
        ),
        flag("i", "ignore-case", "ignore case differences in file contents"),
        flag("E", "ignore-tab-expansion", "ignore changes due to tab expansion"),
        flag("Z", "ignore-trailing-space", "ignore white space at line end"),
        flag(
            "b",
            "ignore-space-change",
            "ignore changes in the amount of white space",
        ),
        flag("w", "ignore-all-space", "ignore all white space"),
        flag("B", "ignore-blank-lines", "ignore changes where lines are all blank"),
        value(
            "I",
            "ignore-matching-lines",
            "RE",
            "ignore changes where all lines match RE",
        ),
        flag("a", "text", "treat all files as text"),
        flag("", "strip-trailing-cr", "strip trailing carriage return on input"),
        value("D", "ifdef", "NAME", "output merged file with '#ifdef NAME' diffs"),
        flag("d", "minimal", "try hard to find a smaller set of changes"),
        value("", "horizon-lines", "NUM", "(accepted)"),
        flag("H", "speed-large-files", "(accepted)"),
        optional(
            "",
            "color colour",
            "WHEN",
            "color output; WHEN is 'never', 'always', or 'auto'",
        ),
        flag("0123456789", "", ""),
    ],
)
.suite(Suite::Diffutils)
.trouble(2)
.notes("Exit status is 0 if inputs are the same, 1 if different, 2 if trouble.");

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

pub(crate) struct Diff {
    format: Format,
    rules: Rules,
    brief: bool,
    report_same: bool,
    recursive: bool,
    new_file: bool,
    new_first: bool,
    text: bool,
    exclude: Vec<crate::glob::Glob>,
    icase_names: bool,
    labels: Vec<Vec<u8>>,
    /// ` -r -u` for announcements.
    shown_options: Vec<u8>,
    status: u8,
}

fn trouble(parts: &[&[u8]]) -> CommandError {
    CommandError::fail(2, parts.concat())
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut d = Diff {
        format: Format::default(),
        rules: Rules::default(),
        brief: false,
        report_same: false,
        recursive: false,
        new_file: false,
        new_first: false,
        text: false,
        exclude: Vec::new(),
        icase_names: false,
        labels: Vec::new(),
        shown_options: Vec::new(),
        status: 0,
    };
    for word in &args.words {
        d.shown_options.push(b' ');
        d.shown_options.extend(crate::quote::shell_escape(word, false, false));
    }
    let mut legacy: Option<usize> = None;
    for o in &args.options {
        let v = o.value();
        d.format.read(cx, &SPEC, o, &mut legacy)?;
        match o.key {
            "brief" => d.brief = true,
            "report-identical-files" => d.report_same = true,
            "recursive" => d.recursive = true,
            "new-file" => d.new_file = true,
            "unidirectional-new-file" => d.new_first = true,
            "ignore-file-name-case" => d.icase_names = true,
            "exclude" => d.exclude.push(crate::glob::Glob::new(v, false)),
            "exclude-from" => {
                let data = input::open(cx, v)
                    .and_then(|mut s| s.read_all())
                    .map_err(|e| trouble(&[&input::complaint(v, &e)]))?;
                let lines = data.split(|b| *b == b'\n').filter(|l| !l.is_empty());
                d.exclude.extend(lines.map(|l| crate::glob::Glob::new(l, false)));
            }
            "label" => d.labels.push(v.to_vec()),
            "text" => d.text = true,
            "ignore-case" => d.rules.icase = true,
            "ignore-tab-expansion" => d.rules.tabs = true,
            "ignore-trailing-space" => d.rules.trailing = true,
            "ignore-space-change" => d.rules.space_change = true,
            "ignore-all-space" => d.rules.all_space = true,
            "ignore-blank-lines" => d.rules.blank_lines = true,
            "strip-trailing-cr" => d.rules.strip_cr = true,
            "ignore-matching-lines" => d.rules.ignore.push(lines::regex(cx, v)?),
            _ => {}
        }
    }
    let operands = &args.operands;
    if let Some(extra) = operands.get(2) {
        return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat()));
    }
    let [from, to] = operands.as_slice() else {
        let after = operands
            .first()
            .cloned()
            .or_else(|| args.options.last().map(print::shown_option))
            .unwrap_or_else(|| b"diff".to_vec());
        return Err(SPEC.usage_error(cx, [&b"missing operand after "[..], &quote(&after)].concat()));
    };
    d.operands(cx, from, to)?;
    Ok(ExitStatus(d.status))
}

/// One of the two things that are compared.
struct Side {
    name: Vec<u8>,
    stat: Option<Stat>,
}

impl Diff {
    fn look(&mut self, cx: &mut Context<'_>, name: &[u8], absent_ok: bool) -> Result<Option<Side>, CommandError> {
        if name == b"-" {
            let stat = cx.stdin.file().stat(&cx.cancel).ok();
            return Ok(Some(Side {
                name: name.to_vec(),
                stat,
            }));
        }
        match input::stat(cx, name) {
            Ok(stat) => Ok(Some(Side {
                name: name.to_vec(),
                stat: Some(stat),
            })),
            Err(e) if e.errno() == Errno::ENOENT && absent_ok => Ok(Some(Side {
                name: name.to_vec(),
                stat: None,
            })),
            Err(e) if e.errno() == Errno::ECANCELED => Err(e.into()),
            Err(e) => {
                cx.stdout.flush_now()?;
                cx.warn(input::complaint(name, &e));
                self.status = 2;
                Ok(None)
            }
        }
    }

    fn operands(&mut self, cx: &mut Context<'_>, from: &[u8], to: &[u8]) -> Result<(), CommandError> {
        let (first_absent, second_absent) = (self.new_file || self.new_first, self.new_file);
        let (a, b) = (self.look(cx, from, first_absent)?, self.look(cx, to, second_absent)?);
        let (Some(mut a), Some(mut b)) = (a, b) else {
            return Ok(());
        };
        if a.stat.is_none() && b.stat.is_none() {
            for side in [&a, &b] {
                cx.warn(input::complaint(&side.name, &Errno::ENOENT.into()));
            }
            self.status = 2;
            return Ok(());
        }
        let is_dir = |s: &Side| s.stat.as_ref().is_some_and(Stat::is_dir);
        match (is_dir(&a), is_dir(&b)) {
            (true, true) => return self.dirs(cx, from, to, true),
            (true, false) if b.stat.is_some() => {
                let Some(side) = self.look(cx, &join(from, base_name(to)), first_absent)? else {
                    return Ok(());
                };
                a = side;
            }
            (false, true) if a.stat.is_some() => {
                let Some(side) = self.look(cx, &join(to, base_name(from)), second_absent)? else {
                    return Ok(());
                };
                b = side;
            }
            _ => {}
        }
        self.files(cx, &a, &b, false)
    }

    fn read(&mut self, cx: &mut Context<'_>, side: &Side) -> Result<Option<bytes::Bytes>, CommandError> {
        if side.stat.is_none() && side.name != b"-" {
            return Ok(Some(bytes::Bytes::new()));
        }
        match input::open(cx, &side.name).and_then(|mut s| s.read_all()) {
            Ok(data) => Ok(Some(data)),
            Err(e) if e.errno() == Errno::ECANCELED => Err(e.into()),
            Err(e) => {
                cx.stdout.flush_now()?;
                cx.warn(input::complaint(&side.name, &e));
                self.status = 2;
                Ok(None)
            }
        }
    }

    /// Compares two files; `announce` says which ones before their differences.
    fn files(&mut self, cx: &mut Context<'_>, a: &Side, b: &Side, announce: bool) -> Result<(), CommandError> {
        let (Some(left), Some(right)) = (self.read(cx, a)?, self.read(cx, b)?) else {
            return Ok(());
        };
        let same_rules = self.rules.is_exact();
        if left == right {
            return self.same(cx, a, b);
        }
        let binary = |data: &[u8]| memchr::memchr(0, &data[..data.len().min(32 * 1024)]).is_some();
        let is_binary = !self.text && (binary(&left) || binary(&right));
        if is_binary || (self.brief && same_rules) {
            let what: &[u8] = if is_binary && !self.brief {
                b"Binary files "
            } else {
                b"Files "
            };
            let line = [
                what,
                &quotef_plain(&a.name),
                b" and ",
                &quotef_plain(&b.name),
                b" differ\n",
            ]
            .concat();
            cx.stdout.buffer().extend_from_slice(&line);
            cx.stdout.spill()?;
            self.status = self.status.max(1);
            return Ok(());
        }
        let sides = Sides::new(&left, &right, &self.rules);
        let changes = myers::changes(&sides, &cx.cancel)?;
        let changes = lines::with_ignored(&sides, changes, &self.rules)?;
        if changes.iter().all(|c| c.ignored) {
            if !self.format.shows_same() {
                return self.same(cx, a, b);
            }
        } else {
            self.status = self.status.max(1);
        }
        if self.brief {
            let line = [
                &b"Files "[..],
                &quotef_plain(&a.name),
                b" and ",
                &quotef_plain(&b.name),
                b" differ\n",
            ]
            .concat();
            cx.stdout.buffer().extend_from_slice(&line);
            cx.stdout.spill()?;
            return Ok(());
        }
        let mut out = Vec::new();
        if announce {
            let line = [
                &b"diff"[..],
                &self.shown_options,
                b" ",
                &crate::quote::shell_escape(&a.name, false, false),
                b" ",
                &crate::quote::shell_escape(&b.name, false, false),
                b"\n",
            ]
            .concat();
            self.format
                .paint(print::BOLD, line.strip_suffix(b"\n").unwrap_or(&line), &mut out);
            out.push(b'\n');
        }
        let header = |side: &Side, label: Option<&Vec<u8>>| Header {
            label: label.cloned(),
            name: side.name.clone(),
            time: match (&side.stat, &side.name[..]) {
                (_, b"-") => Time::now(),
                (Some(s), _) => s.mtime.unwrap_or_default(),
                (None, _) => Time::default(),
            },
        };
        let headers = [header(a, self.labels.first()), header(b, self.labels.get(1))];
        self.format.print(cx, &sides, &changes, &headers, &mut out)?;
        cx.stdout.write_bytes(out.into())?;
        Ok(())
    }

    fn same(&self, cx: &mut Context<'_>, a: &Side, b: &Side) -> Result<(), CommandError> {
        if self.format.shows_same() && !self.brief {
            let data = input::open(cx, &a.name).and_then(|mut s| s.read_all())?;
            let sides = Sides::new(&data, &data, &self.rules);
            let mut out = Vec::new();
            let none = || Header {
                label: None,
                name: Vec::new(),
                time: Time::default(),
            };
            self.format.print(cx, &sides, &[], &[none(), none()], &mut out)?;
            cx.stdout.write_bytes(out.into())?;
        }
        if self.report_same {
            let line = [&b"Files "[..], &a.name, b" and ", &b.name, b" are identical\n"].concat();
            cx.stdout.buffer().extend_from_slice(&line);
            cx.stdout.spill()?;
        }
        Ok(())
    }
}

/// Names in sentences are quoted only where they must be.
fn quotef_plain(name: &[u8]) -> Vec<u8> {
    if name.contains(&b'\n') {
        quotef(name)
    } else {
        name.to_vec()
    }
}
