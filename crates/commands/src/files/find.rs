//! `find`: files in trees, by what they are.

mod eval;
mod exec;
mod expr;
mod parse;
mod printf;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::{Errno, Stat, Time, VPath, VfsError};

use self::eval::{Flow, Run};
use self::parse::Parser;
use super::facts;
use super::rm::join;
use crate::deep::deep;
use crate::options::{Args, Order, Spec, Suite};
use crate::quote::quote;
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "find",
    "[-H] [-L] [-P] [-Olevel] [-D debugopts] [path...] [expression]",
    "Search for files in a directory hierarchy.\n\n\
     Default path is the current directory; default expression is -print.\n\
     Expression may consist of: operators, options, tests, and actions.\n\n\
     Operators (decreasing precedence; -and is implicit where no others are given):\n      \
     ( EXPR )   ! EXPR   -not EXPR   EXPR1 -a EXPR2   EXPR1 -and EXPR2\n      \
     EXPR1 -o EXPR2   EXPR1 -or EXPR2   EXPR1 , EXPR2\n\n\
     Positional options (always true):\n      -daystart -follow -nowarn -regextype -warn\n\n\
     Normal options (always true, specified before other expressions):\n      \
     -depth -maxdepth LEVELS -mindepth LEVELS -mount -noleaf -xdev\n      \
     -ignore_readdir_race -noignore_readdir_race\n\n\
     Tests (N can be +N or -N or N):\n      \
     -amin N -anewer FILE -atime N -cmin N -cnewer FILE -context CONTEXT\n      \
     -ctime N -empty -false -fstype TYPE -gid N -group NAME -ilname PATTERN\n      \
     -iname PATTERN -inum N -iwholename PATTERN -iregex PATTERN\n      \
     -links N -lname PATTERN -mmin N -mtime N -name PATTERN -newer FILE\n      \
     -nouser -nogroup -path PATTERN -perm [-/]MODE -regex PATTERN\n      \
     -readable -writable -executable -samefile FILE\n      \
     -wholename PATTERN -size N[bcwkMG] -true -type [bcdpflsD] -uid N\n      \
     -used N -user NAME -xtype [bcdpfls]\n\n\
     Actions:\n      \
     -delete -print0 -printf FORMAT -fprintf FILE FORMAT -print\n      \
     -fprint0 FILE -fprint FILE -ls -fls FILE -prune -quit\n      \
     -exec COMMAND ; -exec COMMAND {} + -ok COMMAND ;\n      \
     -execdir COMMAND ; -execdir COMMAND {} + -okdir COMMAND ;",
    &[],
)
.order(Order::Verbatim)
.suite(Suite::Findutils);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

/// When links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follow {
    Never,
    Operands,
    Always,
}

/// Options that hold for the whole walk.
#[derive(Debug, Clone)]
pub(crate) struct Globals {
    pub follow: Follow,
    pub depth_first: bool,
    pub min: usize,
    pub max: usize,
    pub one_system: bool,
    pub now: Time,
}

/// A file that is being looked at.
pub(crate) struct Here<'a> {
    /// As it is printed.
    pub name: &'a [u8],
    /// The operand below which it lies.
    pub root: &'a [u8],
    pub path: &'a VPath,
    pub depth: usize,
    /// Of the file, or of what a link leads to where links are followed.
    pub stat: &'a Stat,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut follow = Follow::Never;
    let mut words = args.operands.as_slice();
    while let [first, rest @ ..] = words {
        match &first[..] {
            b"-H" => follow = Follow::Operands,
            b"-L" => follow = Follow::Always,
            b"-P" => follow = Follow::Never,
            b"-D" if !rest.is_empty() => {
                words = &rest[1..];
                continue;
            }
            b"--" => {
                words = rest;
                break;
            }
            b"-help" | b"--help" => {
                cx.stdout.write_bytes(SPEC.help(&cx.name).into())?;
                return Ok(ExitStatus::SUCCESS);
            }
            b"-version" | b"--version" => {
                cx.stdout.write_bytes(SPEC.version(&cx.name).into())?;
                return Ok(ExitStatus::SUCCESS);
            }
            _ if first.starts_with(b"-O") && first.len() > 2 => {}
            _ => break,
        }
        words = rest;
    }
    let is_expression =
        |w: &Vec<u8>| (w.len() > 1 && w.starts_with(b"-")) || matches!(&w[..], b"(" | b")" | b"," | b"!");
    let split = words.iter().position(is_expression).unwrap_or(words.len());
    let (roots, expression) = words.split_at(split);
    let globals = Globals {
        follow,
        depth_first: false,
        min: 0,
        max: usize::MAX,
        one_system: false,
        now: Time::now(),
    };
    let parsed = Parser::new(cx, globals, expression).parse()?;
    let mut finder = Finder {
        run: Run::new(cx, parsed)?,
        ancestors: Vec::new(),
    };
    let default = [b".".to_vec()];
    for root in if roots.is_empty() { &default[..] } else { roots } {
        if finder.root(cx, root)? == Flow::Quit {
            break;
        }
    }
    finder.run.finish(cx)
}

struct Finder {
    run: Run,
    /// Directories on the way, for loops through links.
    ancestors: Vec<((VPath, u64), Vec<u8>)>,
}

impl Finder {
    fn complain(&mut self, cx: &mut Context<'_>, name: &[u8], e: &VfsError) -> Result<(), CommandError> {
        if matches!(e.errno(), Errno::ECANCELED | Errno::EPIPE) {
            return Err(e.clone().into());
        }
        self.run.ok = false;
        cx.stdout.flush_now()?;
        cx.warn([&quote(name)[..], b": ", e.gnu_text().as_bytes()].concat());
        Ok(())
    }

    fn root(&mut self, cx: &mut Context<'_>, root: &[u8]) -> Result<Flow, CommandError> {
        let follow = self.run.globals.follow != Follow::Never || root.ends_with(b"/");
        let found = cx.path(root).and_then(|path| {
            let stat = look(cx, &path, follow)?;
            if root.ends_with(b"/") && !stat.is_dir() {
                return Err(Errno::ENOTDIR.into());
            }
            Ok((path, stat))
        });
        match found {
            Ok((path, stat)) => self.visit(cx, root, root, &path, 0, &stat),
            Err(e) => {
                self.complain(cx, root, &e)?;
                Ok(Flow::Go)
            }
        }
    }

    fn visit(
        &mut self,
        cx: &mut Context<'_>,
        root: &[u8],
        name: &[u8],
        path: &VPath,
        depth: usize,
        stat: &Stat,
    ) -> Result<Flow, CommandError> {
        cx.cancel.check()?;
        let here = Here {
            name,
            root,
            path,
            depth,
            stat,
        };
        let globals = &self.run.globals;
        let (depth_first, counts, deeper) = (globals.depth_first, depth >= globals.min, depth < globals.max);
        let mut prune = false;
        if counts && !depth_first {
            match self.run.eval(cx, &here)? {
                Flow::Quit => return Ok(Flow::Quit),
                Flow::Prune => prune = true,
                Flow::Go => {}
            }
        }
        if stat.is_dir() && deeper && !prune && self.descend(cx, &here)? == Flow::Quit {
            return Ok(Flow::Quit);
        }
        if counts && depth_first && self.run.eval(cx, &here)? == Flow::Quit {
            return Ok(Flow::Quit);
        }
        Ok(Flow::Go)
    }

    fn descend(&mut self, cx: &mut Context<'_>, here: &Here<'_>) -> Result<Flow, CommandError> {
        let follow = self.run.globals.follow == Follow::Always;
        if follow {
            let id = super::copy::identity(cx, here.path, here.stat);
            if let Some((_, first)) = self.ancestors.iter().find(|(seen, _)| *seen == id) {
                let message = [
                    &b"File system loop detected; "[..],
                    &quote(here.name),
                    b" is part of the same file system loop as ",
                    &quote(first),
                    b".",
                ]
                .concat();
                self.run.ok = false;
                cx.warn(message);
                return Ok(Flow::Go);
            }
            self.ancestors.push((id, here.name.to_vec()));
        }
        let result = self.children(cx, here, follow);
        if follow {
            self.ancestors.pop();
        }
        result
    }

    fn children(&mut self, cx: &mut Context<'_>, here: &Here<'_>, follow: bool) -> Result<Flow, CommandError> {
        let entries = match cx.fs.read_dir(here.path) {
            Ok(entries) => entries,
            Err(e) => {
                self.complain(cx, here.name, &e)?;
                return Ok(Flow::Go);
            }
        };
        for entry in entries {
            let child = here.path.child(&entry.name)?;
            let name = join(here.name, &entry.name);
            let known = entry.stat.filter(|s| !(follow && s.is_symlink()));
            let stat = match known {
                Some(stat) => stat,
                None => match look(cx, &child, follow) {
                    Ok(stat) => stat,
                    Err(e) => {
                        self.complain(cx, &name, &e)?;
                        continue;
                    }
                },
            };
            if self.run.globals.one_system && stat.is_dir() && facts::device(cx, &child) != facts::device(cx, here.path)
            {
                continue;
            }
            if deep(|| self.visit(cx, here.root, &name, &child, here.depth + 1, &stat))? == Flow::Quit {
                return Ok(Flow::Quit);
            }
        }
        Ok(Flow::Go)
    }
}

/// The stat of a file; a dangling link stands for itself even where links are followed.
fn look(cx: &Context<'_>, path: &VPath, follow: bool) -> vfs::Result<Stat> {
    let stat = cx.fs.lstat(path)?;
    if !follow || !stat.is_symlink() {
        return Ok(stat);
    }
    match cx.fs.stat(path) {
        Err(e) if e.errno() == Errno::ENOENT => Ok(stat),
        other => other,
    }
}
