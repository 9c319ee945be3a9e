//! Reading an expression.

mod words;

use pattern::regex::{Options, Regex, Syntax, Wrap};
use shell::command::{CommandError, Context};
use vfs::{FileKind, Stat, Time};

use super::expr::{Compare, Exec, Expr, Leaf, Permission, Sink, Stamp};
use super::printf::Format;
use super::{Follow, Globals};
use crate::files::copy::identity;
use crate::files::facts::Names;
use crate::files::modes::ModeChange;
use crate::glob::Glob;
use crate::quote::quote;
use crate::time::{Civil, Moment, Zone, parse as date};
use words::{compare, one_or, regex_type, stamp, unclosed};

/// Deepest nesting of parentheses.
const DEPTH: usize = 500;

/// An expression that was read, with what holds for the whole walk.
pub(crate) struct Parsed {
    pub globals: Globals,
    pub expr: Expr,
    /// Files that actions write.
    pub sinks: Vec<Vec<u8>>,
    /// Number of `{} +` commands.
    pub batches: usize,
}

pub(crate) struct Parser<'p, 'c> {
    cx: &'p mut Context<'c>,
    globals: Globals,
    words: &'p [Vec<u8>],
    at: usize,
    sinks: Vec<Vec<u8>>,
    batches: usize,
    acts: bool,
    deletes: bool,
    prunes: bool,
    depth_given: bool,
    day_start: bool,
    syntax: Syntax,
    names: Option<Names>,
}

fn fail(parts: &[&[u8]]) -> CommandError {
    CommandError::fail(1, parts.concat())
}

impl<'p, 'c> Parser<'p, 'c> {
    pub fn new(cx: &'p mut Context<'c>, globals: Globals, words: &'p [Vec<u8>]) -> Self {
        Self {
            cx,
            globals,
            words,
            at: 0,
            sinks: Vec::new(),
            batches: 0,
            acts: false,
            deletes: false,
            prunes: false,
            depth_given: false,
            day_start: false,
            syntax: Syntax::Emacs,
            names: None,
        }
    }

    pub fn parse(mut self) -> Result<Parsed, CommandError> {
        let mut expr = if self.words.is_empty() {
            Expr::Leaf(Box::new(Leaf::True))
        } else {
            self.list(0)?
        };
        if self.peek() == Some(b")") {
            return Err(fail(&[b"you have too many ')'"]));
        }
        if self.deletes && self.prunes && !self.depth_given {
            return Err(fail(&[
                b"The -delete action automatically turns on -depth, but -prune does nothing when -depth is in effect.  If you want to carry on anyway, just explicitly use the -depth option.",
            ]));
        }
        if !self.acts {
            expr = Expr::And(vec![expr, Expr::Leaf(Box::new(Leaf::Print(None, b'\n')))]);
        }
        Ok(Parsed {
            globals: self.globals,
            expr,
            sinks: self.sinks,
            batches: self.batches,
        })
    }

    fn peek(&self) -> Option<&'p [u8]> {
        self.words.get(self.at).map(Vec::as_slice)
    }

    fn list(&mut self, depth: usize) -> Result<Expr, CommandError> {
        if depth > DEPTH {
            return Err(fail(&[b"the expression is nested too deeply"]));
        }
        let mut all = vec![self.or(depth)?];
        while self.peek() == Some(b",") {
            self.at += 1;
            self.need_operand(b",")?;
            all.push(self.or(depth)?);
        }
        Ok(one_or(all, Expr::List))
    }

    fn or(&mut self, depth: usize) -> Result<Expr, CommandError> {
        let mut all = vec![self.and(depth)?];
        while let Some(word @ (b"-o" | b"-or")) = self.peek() {
            self.at += 1;
            if self.peek().is_none() {
                return Err(fail(&[b"invalid expression"]));
            }
            self.need_operand(word)?;
            all.push(self.and(depth)?);
        }
        Ok(one_or(all, Expr::Or))
    }

    fn need_operand(&self, operator: &[u8]) -> Result<(), CommandError> {
        match self.peek() {
            None => Err(fail(&[b"expected an expression after '", operator, b"'"])),
            Some(b")") => Err(fail(&[b"expected an expression between '", operator, b"' and ')'"])),
            _ => Ok(()),
        }
    }

    fn and(&mut self, depth: usize) -> Result<Expr, CommandError> {
        let mut all = vec![self.not(depth)?];
        loop {
            match self.peek() {
                None | Some(b")" | b"," | b"-o" | b"-or") => break,
                Some(word @ (b"-a" | b"-and")) => {
                    self.at += 1;
                    self.need_operand(word)?;
                    all.push(self.not(depth)?);
                }
                _ => all.push(self.not(depth)?),
            }
        }
        Ok(one_or(all, Expr::And))
    }

    fn not(&mut self, depth: usize) -> Result<Expr, CommandError> {
        let mut negate = false;
        while let Some(word @ (b"!" | b"-not")) = self.peek() {
            self.at += 1;
            negate = !negate;
            if self.peek().is_none() {
                return Err(fail(&[b"expected an expression after '", word, b"'"]));
            }
        }
        let expr = match self.peek() {
            Some(word @ (b"-o" | b"-or" | b"-a" | b"-and" | b",")) => {
                return Err(fail(&[
                    b"invalid expression; you have used a binary operator '",
                    word,
                    b"' with nothing before it.",
                ]));
            }
            Some(b")") => return Err(fail(&[b"invalid expression; you have too many ')'"])),
            Some(b"(") => {
                self.at += 1;
                if self.peek() == Some(b")") {
                    return Err(fail(&[b"invalid expression; empty parentheses are not allowed."]));
                }
                let inner = if self.peek().is_none() {
                    return Err(unclosed());
                } else {
                    self.list(depth + 1)?
                };
                if self.peek() != Some(b")") {
                    return Err(unclosed());
                }
                self.at += 1;
                inner
            }
            Some(word) => {
                self.at += 1;
                Expr::Leaf(Box::new(self.leaf(word)?))
            }
            None => Expr::Leaf(Box::new(Leaf::True)),
        };
        Ok(if negate { Expr::Not(Box::new(expr)) } else { expr })
    }

    fn argument(&mut self, predicate: &[u8]) -> Result<&'p [u8], CommandError> {
        let value = self.peek();
        self.at += 1;
        value.ok_or_else(|| fail(&[b"missing argument to `", predicate, b"'"]))
    }

    fn names(&mut self) -> &Names {
        let cx = &*self.cx;
        self.names.get_or_insert_with(|| Names::load(cx))
    }

    fn leaf(&mut self, p: &'p [u8]) -> Result<Leaf, CommandError> {
        if !p.starts_with(b"-") {
            let mut message = [&b"paths must precede expression: `"[..], p, b"'"].concat();
            let before = self.at.checked_sub(3).and_then(|n| self.words.get(n));
            if let Some(b) = before
                && matches!(&b[..], b"-name" | b"-iname" | b"-path" | b"-wholename" | b"-ipath")
                && self.cx.path(p).is_ok_and(|x| self.cx.fs.lstat(&x).is_ok())
            {
                message.extend_from_slice(
                    &[&b"\nfind: possible unquoted pattern after predicate `"[..], b, b"'?"].concat(),
                );
            }
            return Err(CommandError::fail(1, message));
        }
        // GNU takes `--name` for `-name`.
        let name = p.strip_prefix(b"--").unwrap_or(&p[1..]);
        Ok(match name {
            b"true" | b"noleaf" | b"ignore_readdir_race" | b"noignore_readdir_race" | b"warn" | b"nowarn" => Leaf::True,
            b"false" => Leaf::False,
            b"daystart" => {
                self.day_start = true;
                Leaf::True
            }
            b"depth" | b"d" => {
                (self.globals.depth_first, self.depth_given) = (true, true);
                Leaf::True
            }
            b"follow" => {
                self.globals.follow = Follow::Always;
                Leaf::True
            }
            b"mount" | b"xdev" => {
                self.globals.one_system = true;
                Leaf::True
            }
            b"maxdepth" | b"mindepth" => {
                let text = self.argument(p)?;
                let n = crate::number::decimal(text).map_err(|_| {
                    fail(&[
                        b"Expected a positive decimal integer argument to ",
                        p,
                        b", but got ",
                        &quote(text),
                    ])
                })? as usize;
                if name == b"maxdepth" {
                    self.globals.max = n;
                } else {
                    self.globals.min = n;
                }
                Leaf::True
            }
            b"regextype" => {
                let text = self.argument(p)?;
                self.syntax = regex_type(text)?;
                Leaf::True
            }
            b"name" | b"iname" => {
                let text = self.argument(p)?;
                Leaf::Name(Glob::new(text, name == b"iname"))
            }
            b"path" | b"wholename" => Leaf::Path(Glob::new(self.argument(p)?, false)),
            b"ipath" | b"iwholename" => Leaf::Path(Glob::new(self.argument(p)?, true)),
            b"lname" => Leaf::LinkName(Glob::new(self.argument(p)?, false)),
            b"ilname" => Leaf::LinkName(Glob::new(self.argument(p)?, true)),
            b"regex" | b"iregex" => {
                let text = self.argument(p)?;
                let options = Options {
                    icase: name == b"iregex",
                    utf8: self.cx.utf8(),
                    wrap: Wrap::Line,
                    ..Options::new(self.syntax)
                };
                let regex = Regex::new(text, &options).map_err(|e| {
                    fail(&[
                        b"failed to compile regular expression ",
                        &quote(text),
                        b": ",
                        e.to_string().as_bytes(),
                    ])
                })?;
                Leaf::Regex(regex)
            }
            b"type" => Leaf::Type(self.kinds(p)?),
            b"xtype" => Leaf::LinkedType(self.kinds(p)?),
            b"empty" => Leaf::Empty,
            b"executable" => Leaf::Access(1),
            b"writable" => Leaf::Access(2),
            b"readable" => Leaf::Access(4),
            b"size" => self.size(p)?,
            b"links" => {
                let (c, n) = self.number(p)?;
                Leaf::Links(c, n)
            }
            b"inum" => {
                let (c, n) = self.number(p)?;
                Leaf::Inode(c, n)
            }
            b"uid" => {
                let (c, n) = self.number(p)?;
                Leaf::User(c, n)
            }
            b"gid" => {
                let (c, n) = self.number(p)?;
                Leaf::Group(c, n)
            }
            b"user" | b"group" => {
                let text = self.argument(p)?;
                let user = name == b"user";
                let id = if user {
                    self.names().user_id(text)
                } else {
                    self.names().group_id(text)
                };
                let id = id.map(u64::from).or_else(|| crate::number::decimal(text).ok());
                let kind: &[u8] = if user {
                    b" is not the name of a known user"
                } else {
                    b" is not the name of an existing group"
                };
                let id = id.ok_or_else(|| fail(&[&quote(text), kind]))?;
                if user {
                    Leaf::User(Compare::Equal, id)
                } else {
                    Leaf::Group(Compare::Equal, id)
                }
            }
            b"nouser" => Leaf::NoUser,
            b"nogroup" => Leaf::NoGroup,
            b"fstype" => Leaf::FileSystem(self.argument(p)?.to_vec()),
            b"context" => {
                self.argument(p)?;
                Leaf::False
            }
            b"perm" => {
                let text = self.argument(p)?;
                let (kind, mode) = match text.first() {
                    Some(b'-') => (Permission::All, &text[1..]),
                    Some(b'/') => (Permission::Any, &text[1..]),
                    _ => (Permission::Exactly, text),
                };
                let change = ModeChange::parse(mode).ok_or_else(|| fail(&[b"invalid mode ", &quote(text)]))?;
                Leaf::Perm(kind, change.apply(0, false, 0), change.apply(0, true, 0))
            }
            b"atime" | b"ctime" | b"mtime" => {
                let (c, n) = self.signed(p)?;
                let now = self.reference_time();
                Leaf::Days(stamp(name[0]), c, n, now)
            }
            b"amin" | b"cmin" | b"mmin" => {
                let (c, n) = self.signed(p)?;
                Leaf::Minutes(stamp(name[0]), c, n, self.globals.now)
            }
            b"used" => {
                let text = self.argument(p)?;
                let (c, n) = compare(text).ok_or_else(|| fail(&[b"Invalid argument ", text, b" to -used"]))?;
                Leaf::Used(c, n)
            }
            b"newer" | b"anewer" | b"cnewer" => {
                let stat = self.reference(p)?;
                let which = match name[0] {
                    b'a' => Stamp::Accessed,
                    b'c' => Stamp::Changed,
                    _ => Stamp::Modified,
                };
                Leaf::Newer(which, stat.1.mtime.unwrap_or_default())
            }
            [b'n', b'e', b'w', b'e', b'r', x, y] => self.newer(p, *x, *y)?,
            b"samefile" => {
                let (path, stat) = self.reference(p)?;
                let (mount, ino) = identity(self.cx, &path, &stat);
                Leaf::Same(mount, ino)
            }
            b"print" => self.act(Leaf::Print(None, b'\n')),
            b"print0" => self.act(Leaf::Print(None, 0)),
            b"fprint" | b"fprint0" => {
                let sink = self.sink(p)?;
                self.act(Leaf::Print(sink, if name == b"fprint" { b'\n' } else { 0 }))
            }
            b"printf" => {
                let text = self.argument(p)?;
                let format = Format::parse(self.cx, text)?;
                self.act(Leaf::Printf(None, format))
            }
            b"fprintf" => {
                let sink = self.sink(p)?;
                let text = self.argument(p)?;
                let format = Format::parse(self.cx, text)?;
                self.act(Leaf::Printf(sink, format))
            }
            b"ls" => self.act(Leaf::Ls(None)),
            b"fls" => {
                let sink = self.sink(p)?;
                self.act(Leaf::Ls(sink))
            }
            b"exec" | b"execdir" | b"ok" | b"okdir" => {
                let exec = self.exec(p, name.ends_with(b"dir"), name.starts_with(b"ok"))?;
                self.act(Leaf::Exec(exec))
            }
            b"delete" => {
                self.globals.depth_first = true;
                self.deletes = true;
                self.act(Leaf::Delete)
            }
            b"prune" => {
                self.prunes = true;
                Leaf::Prune
            }
            b"quit" => self.act(Leaf::Quit),
            _ => return Err(fail(&[b"unknown predicate `", p, b"'"])),
        })
    }

    fn act(&mut self, leaf: Leaf) -> Leaf {
        self.acts = true;
        leaf
    }

    fn kinds(&mut self, p: &[u8]) -> Result<Vec<FileKind>, CommandError> {
        let text = self.argument(p)?;
        if text.is_empty() {
            return Err(fail(&[b"Arguments to ", p, b" should contain at least one letter"]));
        }
        let mut kinds = Vec::new();
        for part in text.split(|b| *b == b',') {
            let kind = match part {
                b"f" => FileKind::File,
                b"d" => FileKind::Dir,
                b"l" => FileKind::Symlink,
                b"p" => FileKind::Fifo,
                b"s" => FileKind::Socket,
                b"b" => FileKind::BlockDevice,
                b"c" => FileKind::CharDevice,
                b"D" => continue,
                [] => {
                    return Err(fail(&[
                        b"Last file type in list argument to ",
                        p,
                        b" is missing, i.e., list is ending on: ','",
                    ]));
                }
                [_] => return Err(fail(&[b"Unknown argument to ", p, b": ", part])),
                _ => {
                    return Err(fail(&[b"Must separate multiple arguments to ", p, b" using: ','"]));
                }
            };
            if kinds.contains(&kind) {
                return Err(fail(&[
                    b"Duplicate file type '",
                    part,
                    b"' in the argument list to ",
                    p,
                    b".",
                ]));
            }
            kinds.push(kind);
        }
        Ok(kinds)
    }

    fn size(&mut self, p: &[u8]) -> Result<Leaf, CommandError> {
        let text = self.argument(p)?;
        let (digits, unit) = match text.last() {
            None => return Err(fail(&[b"invalid null argument to -size"])),
            Some(b'b') => (&text[..text.len() - 1], 512),
            Some(b'c') => (&text[..text.len() - 1], 1),
            Some(b'w') => (&text[..text.len() - 1], 2),
            Some(b'k') => (&text[..text.len() - 1], 1 << 10),
            Some(b'M') => (&text[..text.len() - 1], 1 << 20),
            Some(b'G') => (&text[..text.len() - 1], 1 << 30),
            Some(b'0'..=b'9') => (text, 512),
            Some(other) => return Err(fail(&[b"invalid -size type `", &[*other], b"'"])),
        };
        match compare(digits) {
            Some((c, n)) if n >= 0 => Ok(Leaf::Size(c, n as u64, unit)),
            _ => Err(fail(&[b"Invalid argument `", text, b"' to -size"])),
        }
    }

    fn number(&mut self, p: &[u8]) -> Result<(Compare, u64), CommandError> {
        let (c, n) = self.signed(p)?;
        Ok((c, n.unsigned_abs()))
    }

    fn signed(&mut self, p: &[u8]) -> Result<(Compare, i64), CommandError> {
        let text = self.argument(p)?;
        compare(text).ok_or_else(|| fail(&[b"invalid argument `", text, b"' to `", p, b"'"]))
    }

    /// Now, or the end of today.
    fn reference_time(&self) -> Time {
        if !self.day_start {
            return self.globals.now;
        }
        let zone = Zone::of(self.cx);
        let civil = Moment::new(self.globals.now, &zone).civil;
        let tomorrow = Civil {
            day: civil.day + 1,
            hour: 0,
            minute: 0,
            second: 0,
            ..civil
        };
        Time {
            seconds: zone.seconds_of(&tomorrow).unwrap_or(self.globals.now.seconds),
            nanos: 0,
        }
    }

    fn reference(&mut self, p: &[u8]) -> Result<(vfs::VPath, Stat), CommandError> {
        let file = self.argument(p)?;
        let follow = self.globals.follow != Follow::Never;
        self.cx
            .path(file)
            .and_then(|path| super::look(self.cx, &path, follow).map(|s| (path, s)))
            .map_err(|e| fail(&[&quote(file), b": ", e.gnu_text().as_bytes()]))
    }

    fn newer(&mut self, p: &[u8], x: u8, y: u8) -> Result<Leaf, CommandError> {
        if !b"aBcm".contains(&x) || !b"aBcmt".contains(&y) {
            return Err(fail(&[b"invalid predicate `", p, b"'"]));
        }
        let bound = if y == b't' {
            let text = self.argument(p)?;
            date::parse(text, self.globals.now, &Zone::of(self.cx)).ok_or_else(|| {
                fail(&[
                    b"I cannot figure out how to interpret ",
                    &quote(text),
                    b" as a date or time",
                ])
            })?
        } else {
            let (_, stat) = self.reference(p)?;
            super::eval::time_of(&stat, stamp(y))
        };
        Ok(Leaf::Newer(stamp(x), bound))
    }

    fn sink(&mut self, p: &[u8]) -> Result<Sink, CommandError> {
        let file = self.argument(p)?;
        if file == b"/dev/stdout" {
            return Ok(None);
        }
        let at = self.sinks.iter().position(|s| s == file).unwrap_or_else(|| {
            self.sinks.push(file.to_vec());
            self.sinks.len() - 1
        });
        Ok(Some(at))
    }

    fn exec(&mut self, p: &[u8], in_dir: bool, ask: bool) -> Result<Exec, CommandError> {
        let missing = || fail(&[b"missing argument to `", p, b"'"]);
        let start = self.at;
        let mut batch = false;
        loop {
            match self.peek() {
                None => return Err(missing()),
                Some(b";") => break,
                Some(b"+") if !ask && self.at > start && self.words[self.at - 1] == b"{}" => {
                    batch = true;
                    break;
                }
                _ => self.at += 1,
            }
        }
        let mut argv = self.words[start..self.at].to_vec();
        self.at += 1;
        if batch {
            argv.pop();
            if argv.iter().any(|a| a == b"{}") {
                return Err(fail(&[b"only one instance of {} is supported with ", p, b" ... +"]));
            }
        }
        if argv.is_empty() {
            return Err(missing());
        }
        let slot = self.batches;
        self.batches += usize::from(batch);
        Ok(Exec {
            argv,
            batch,
            in_dir,
            ask,
            slot,
        })
    }
}
