//! `du`: space that trees take.

use std::collections::HashSet;

use shell::command::{CommandError, CommandResult, Context};
use vfs::{Errno, Stat, Time, VPath, VfsError};

use super::facts;
use super::rm::join;
use crate::deep::deep;
use crate::glob::Glob;
use crate::human::Scale;
use crate::input;
use crate::options::{Args, Spec, flag, optional, value};
use crate::quote::{quote, quoteaf};
use crate::time::{Moment, Zone};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "du",
    "[OPTION]... [FILE]...\n[OPTION]... --files0-from=F",
    "Summarize device usage of the set of FILEs, recursively for directories.",
    &[
        flag("0", "null", "end each output line with NUL, not newline"),
        flag("a", "all", "write counts for all files, not just directories"),
        flag("", "apparent-size", "print apparent sizes rather than device usage"),
        value("B", "block-size", "SIZE", "scale sizes by SIZE before printing them"),
        flag("b", "bytes", "equivalent to '--apparent-size --block-size=1'"),
        flag("c", "total", "produce a grand total"),
        flag(
            "DH",
            "dereference-args",
            "dereference only symlinks that are listed on the\ncommand line",
        ),
        value(
            "d",
            "max-depth",
            "N",
            "print the total for a directory (or file, with --all)\nonly if it is N or fewer levels below the command\nline argument;  --max-depth=0 is the same as\n--summarize",
        ),
        value(
            "",
            "files0-from",
            "F",
            "summarize device usage of the\nNUL-terminated file names specified in file F",
        ),
        flag(
            "h",
            "human-readable",
            "print sizes in human readable format (e.g., 1K 234M 2G)",
        ),
        flag("", "inodes", "list inode usage information instead of block usage"),
        flag("k", "", "like --block-size=1K"),
        flag("L", "dereference", "dereference all symbolic links"),
        flag("l", "count-links", "count sizes many times if hard linked"),
        flag("m", "", "like --block-size=1M"),
        flag(
            "P",
            "no-dereference",
            "don't follow any symbolic links (this is the default)",
        ),
        flag(
            "S",
            "separate-dirs",
            "for directories do not include size of subdirectories",
        ),
        flag("", "si", "like -h, but use powers of 1000 not 1024"),
        flag("s", "summarize", "display only a total for each argument"),
        value(
            "t",
            "threshold",
            "SIZE",
            "exclude entries smaller than SIZE if positive,\nor entries greater than SIZE if negative",
        ),
        optional(
            "",
            "time",
            "WORD",
            "show time of the last modification of any file in the\ndirectory, or any of its subdirectories",
        ),
        value("", "time-style", "STYLE", "show times using STYLE"),
        value(
            "X",
            "exclude-from",
            "FILE",
            "exclude files that match any pattern in FILE",
        ),
        value("", "exclude", "PATTERN", "exclude files that match PATTERN"),
        flag("x", "one-file-system", "skip directories on different file systems"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Follow {
    Never,
    Operands,
    Always,
}

struct Du {
    all: bool,
    apparent: bool,
    inodes: bool,
    scale: Scale,
    depth: usize,
    follow: Follow,
    count_links: bool,
    separate: bool,
    one_system: bool,
    threshold: Option<(bool, u64)>,
    time: Option<Vec<u8>>,
    exclude: Vec<Glob>,
    end: u8,
    seen: HashSet<(VPath, u64)>,
    ok: bool,
    zone: Zone,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    amount: u64,
    time: Option<Time>,
}

impl Sum {
    fn add(&mut self, other: Sum) {
        self.amount += other.amount;
        self.time = self.time.max(other.time);
    }
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut du = Du {
        all: args.has("all"),
        apparent: args.has("apparent-size"),
        inodes: args.has("inodes"),
        scale: Scale::Unit(1024, None),
        depth: usize::MAX,
        follow: Follow::Never,
        count_links: args.has("count-links"),
        separate: args.has("separate-dirs"),
        one_system: args.has("one-file-system"),
        threshold: None,
        time: None,
        exclude: Vec::new(),
        end: if args.has("null") { 0 } else { b'\n' },
        seen: HashSet::new(),
        ok: true,
        zone: Zone::of(cx),
    };
    let summarize = args.has("summarize");
    let mut depth = None;
    for o in &args.options {
        let v = o.value();
        match o.key {
            "block-size" => {
                du.scale = Scale::parse(v).ok_or_else(|| {
                    let form = if o.short.is_some() { "-B" } else { "--block-size" };
                    CommandError::fail(
                        1,
                        [format!("invalid {form} argument ").as_bytes(), &quoteaf(v)].concat(),
                    )
                })?;
            }
            "bytes" => (du.apparent, du.scale) = (true, Scale::Unit(1, None)),
            "max-depth" => {
                depth = Some(
                    crate::number::decimal(v)
                        .map_err(|_| SPEC.usage_error(cx, [&b"invalid maximum depth "[..], &quote(v)].concat()))?
                        as usize,
                );
            }
            "human-readable" => du.scale = Scale::Human,
            "si" => du.scale = Scale::Si,
            "k" => du.scale = Scale::Unit(1024, None),
            "m" => du.scale = Scale::Unit(1024 * 1024, None),
            "dereference" => du.follow = Follow::Always,
            "dereference-args" => du.follow = Follow::Operands,
            "no-dereference" => du.follow = Follow::Never,
            "threshold" => {
                let (below, digits) = match v.strip_prefix(b"-") {
                    Some(rest) => (true, rest),
                    None => (false, v),
                };
                let n = crate::number::size(digits, "kKmMGTPEZY0").map_err(|_| {
                    let form = if o.short.is_some() { "-t" } else { "--threshold" };
                    CommandError::fail(
                        1,
                        [format!("invalid {form} argument ").as_bytes(), &quoteaf(v)].concat(),
                    )
                })?;
                du.threshold = Some((below, n));
            }
            "time" => {
                du.time.get_or_insert_with(|| b"%Y-%m-%d %H:%M".to_vec());
            }
            "time-style" => {
                du.time = Some(match v {
                    b"full-iso" => b"%Y-%m-%d %H:%M:%S.%N %z".to_vec(),
                    b"iso" => b"%Y-%m-%d".to_vec(),
                    _ => match v.strip_prefix(b"+") {
                        Some(format) => format.to_vec(),
                        None => b"%Y-%m-%d %H:%M".to_vec(),
                    },
                });
            }
            "exclude" => du.exclude.push(Glob::new(v, false)),
            "exclude-from" => {
                let data = input::open(cx, v)
                    .and_then(|mut s| s.read_all())
                    .map_err(|e| CommandError::fail(1, input::complaint(v, &e)))?;
                let lines = data.split(|b| *b == b'\n').filter(|l| !l.is_empty());
                du.exclude.extend(lines.map(|l| Glob::new(l, false)));
            }
            _ => {}
        }
    }
    if summarize && du.all {
        return Err(SPEC.usage_error(cx, "cannot both summarize and show all entries"));
    }
    if summarize {
        match depth {
            Some(0) => cx.warn("warning: summarizing is the same as using --max-depth=0"),
            Some(n) => {
                let m = format!("warning: summarizing conflicts with --max-depth={n}");
                return Err(SPEC.usage_error(cx, m));
            }
            None => {}
        }
        depth = Some(0);
    }
    du.depth = depth.unwrap_or(usize::MAX);
    if du.inodes && !matches!(du.scale, Scale::Human | Scale::Si) {
        du.scale = Scale::Unit(1, None);
    }
    let operands = operands(cx, &args)?;
    let mut total = Sum::default();
    for name in &operands {
        match cx.path(name) {
            Ok(path) => total.add(du.visit(cx, name, &path, 0, None)?.0),
            Err(e) => du.complain(cx, b"cannot access ", name, &e)?,
        }
    }
    if args.has("total") {
        du.print(cx, total, b"total")?;
    }
    status(du.ok, 1)
}

fn operands(cx: &mut Context<'_>, args: &Args) -> Result<Vec<Vec<u8>>, CommandError> {
    let Some(list) = args.last("files0-from") else {
        return Ok(if args.operands.is_empty() {
            vec![b".".to_vec()]
        } else {
            args.operands.clone()
        });
    };
    if let Some(extra) = args.operands.first() {
        let m = [
            &b"extra operand "[..],
            &quote(extra),
            b"\nfile operands cannot be combined with --files0-from",
        ]
        .concat();
        return Err(SPEC.usage_error(cx, m));
    }
    let data = input::open(cx, list).and_then(|mut s| s.read_all()).map_err(|e| {
        let m = [
            &b"cannot open "[..],
            &quoteaf(list),
            b" for reading: ",
            e.gnu_text().as_bytes(),
        ]
        .concat();
        CommandError::fail(1, m)
    })?;
    Ok(data
        .split(|b| *b == 0)
        .filter(|n| !n.is_empty())
        .map(<[u8]>::to_vec)
        .collect())
}

impl Du {
    fn complain(&mut self, cx: &mut Context<'_>, what: &[u8], name: &[u8], e: &VfsError) -> Result<(), CommandError> {
        if matches!(e.errno(), Errno::ECANCELED | Errno::EPIPE) {
            return Err(e.clone().into());
        }
        self.ok = false;
        cx.stdout.flush_now()?;
        cx.warn([what, &quoteaf(name), b": ", e.gnu_text().as_bytes()].concat());
        Ok(())
    }

    fn amount(&self, stat: &Stat) -> u64 {
        match (self.inodes, self.apparent) {
            (true, _) => 1,
            (_, true) => facts::size(stat),
            _ => facts::blocks(stat) * 512,
        }
    }

    /// What a tree takes, and whether it counted at all (a file seen before does not).
    fn visit(
        &mut self,
        cx: &mut Context<'_>,
        name: &[u8],
        path: &VPath,
        depth: usize,
        known: Option<Stat>,
    ) -> Result<(Sum, bool), CommandError> {
        cx.cancel.check()?;
        let follow = self.follow == Follow::Always || (self.follow == Follow::Operands && depth == 0);
        let base = crate::shellutils::basename::base_name(name);
        if self.exclude.iter().any(|g| g.matches(name) || g.matches(base)) {
            return Ok((Sum::default(), false));
        }
        let stat = match known {
            Some(stat) if !follow => Ok(stat),
            _ if follow => cx.fs.stat(path),
            _ => cx.fs.lstat(path),
        };
        let stat = match stat {
            Ok(stat) => stat,
            Err(e) => {
                self.complain(cx, b"cannot access ", name, &e)?;
                return Ok((Sum::default(), false));
            }
        };
        if !self.count_links && stat.ino != 0 && (stat.nlink > 1 || depth == 0 || follow) {
            let mount = facts::mount_point(cx, path);
            if !self.seen.insert((mount, stat.ino)) {
                return Ok((Sum::default(), false));
            }
        }
        let mut own = Sum {
            amount: self.amount(&stat),
            time: stat.mtime,
        };
        let mut below = Sum::default();
        if stat.is_dir() {
            match cx.fs.read_dir(path) {
                Ok(entries) => {
                    for entry in entries {
                        let child = path.child(&entry.name)?;
                        if self.one_system && facts::device(cx, &child) != facts::device(cx, path) {
                            continue;
                        }
                        let shown = join(name, &entry.name);
                        let is_dir = entry.stat.as_ref().is_some_and(Stat::is_dir);
                        let (sum, counted) = deep(|| self.visit(cx, &shown, &child, depth + 1, entry.stat))?;
                        if !counted {
                            continue;
                        }
                        if is_dir || (sum.amount > 0 && cx.fs.lstat(&child).is_ok_and(|s| s.is_dir())) {
                            below.add(sum);
                        } else {
                            own.add(sum);
                        }
                    }
                }
                Err(e) => self.complain(cx, b"cannot read directory ", name, &e)?,
            }
        }
        let mut total = own;
        total.add(below);
        if (stat.is_dir() || self.all || depth == 0) && depth <= self.depth {
            let mut shown = if self.separate { own } else { total };
            shown.time = total.time;
            self.print(cx, shown, name)?;
        }
        Ok((total, true))
    }

    fn print(&self, cx: &mut Context<'_>, sum: Sum, name: &[u8]) -> Result<(), CommandError> {
        let hidden = match self.threshold {
            Some((false, n)) => sum.amount < n,
            Some((true, n)) => sum.amount > n,
            None => false,
        };
        if hidden {
            return Ok(());
        }
        let mut line = self.scale.show(sum.amount).into_bytes();
        if let Some(format) = &self.time {
            line.push(b'\t');
            line.extend(Moment::new(sum.time.unwrap_or_default(), &self.zone).format(format));
        }
        line.push(b'\t');
        line.extend_from_slice(name);
        line.push(self.end);
        cx.stdout.buffer().extend_from_slice(&line);
        Ok(cx.stdout.spill()?)
    }
}
