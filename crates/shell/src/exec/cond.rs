//! `[[ … ]]`, and the primaries that it shares with `test`.

use pattern::regex::{Options, Regex, Syntax};
use vfs::{Errno, FileKind, Op, OpenOptions, Stat};

use crate::expand::Found;
use crate::shell::{Exec, Flow, Shell};
use crate::state::options::{SetOpt, ShOpt};
use crate::state::value::{Attrs, Value};
use crate::syntax::ast::{CondExpr, CondOp, Word};

impl Shell {
    /// Evaluates `[[ … ]]`: 0 true, 1 false, 2 for an invalid regular expression.
    pub(crate) fn exec_cond(&mut self, e: &CondExpr) -> Exec {
        if self.on(SetOpt::Xtrace) {
            return self.cond_traced(e);
        }
        match self.cond(e) {
            Ok(Some(true)) => Ok(0),
            Ok(Some(false)) => Ok(1),
            Ok(None) => Ok(2),
            Err(Flow::Discard(s)) => Ok(s),
            Err(flow) => Err(flow),
        }
    }

    fn cond_traced(&mut self, e: &CondExpr) -> Exec {
        match self.cond(e) {
            Ok(Some(true)) => Ok(0),
            Ok(Some(false)) => Ok(1),
            Ok(None) => Ok(2),
            Err(Flow::Discard(s)) => Ok(s),
            Err(flow) => Err(flow),
        }
    }

    /// `None` is an error without a message.
    fn cond(&mut self, e: &CondExpr) -> Result<Option<bool>, Flow> {
        if stacker::remaining_stack().is_some_and(|left| left < 128 * 1024) {
            return stacker::grow(2 * 1024 * 1024, || self.cond_here(e));
        }
        self.cond_here(e)
    }

    fn cond_here(&mut self, e: &CondExpr) -> Result<Option<bool>, Flow> {
        match e {
            CondExpr::Empty => Ok(Some(false)),
            CondExpr::Or(all) => {
                for e in all {
                    match self.cond(e)? {
                        Some(false) => {}
                        other => return Ok(other),
                    }
                }
                Ok(Some(false))
            }
            CondExpr::And(all) => {
                for e in all {
                    match self.cond(e)? {
                        Some(true) => {}
                        other => return Ok(other),
                    }
                }
                Ok(Some(true))
            }
            CondExpr::Not(e) => Ok(self.cond(e)?.map(|b| !b)),
            CondExpr::Group(e) => self.cond(e),
            CondExpr::Word(w) => {
                let text = self.expand_string(w)?;
                self.trace_cond(|| [b"-n ", &crate::expand::quote::if_needed(&text)[..]].concat())?;
                Ok(Some(!text.is_empty()))
            }
            CondExpr::Unary { op, operand } => {
                let text = self.expand_string(operand)?;
                let op = *op;
                self.trace_cond(|| [b"-", &[op][..], b" ", &crate::expand::quote::if_needed(&text)].concat())?;
                self.test_unary(op, &text).map(Some)
            }
            CondExpr::Binary { op, left, right } => self.cond_binary(*op, left, right),
        }
    }

    fn trace_cond(&mut self, text: impl FnOnce() -> Vec<u8>) -> Result<(), Flow> {
        if self.on(SetOpt::Xtrace) {
            let line = [b"[[ ", &text()[..], b" ]]"].concat();
            self.trace_line(&line)?;
        }
        Ok(())
    }

    fn cond_binary(&mut self, op: CondOp, left: &Word, right: &Word) -> Result<Option<bool>, Flow> {
        let l = self.expand_string(left)?;
        match op {
            CondOp::Equal | CondOp::EqualEqual | CondOp::NotEqual => {
                let field = self.expand_marked(right)?;
                self.trace_cond(|| {
                    [
                        &crate::expand::quote::if_needed(&l)[..],
                        b" ",
                        op.as_str().as_bytes(),
                        b" ",
                        &field.escaped(),
                    ]
                    .concat()
                })?;
                let nocase = self.shopt(ShOpt::Nocasematch);
                let pattern = self.compile_pattern_with(&field, nocase, true)?;
                Ok(Some(pattern.matches(&l) == (op != CondOp::NotEqual)))
            }
            CondOp::Regex => {
                let field = self.expand_marked(right)?;
                self.trace_cond(|| [&crate::expand::quote::if_needed(&l)[..], b" =~ ", &field.escaped()].concat())?;
                self.regex_match(&l, &field)
            }
            _ => {
                let r = self.expand_string(right)?;
                self.trace_cond(|| {
                    [
                        &crate::expand::quote::if_needed(&l)[..],
                        b" ",
                        op.as_str().as_bytes(),
                        b" ",
                        &crate::expand::quote::if_needed(&r),
                    ]
                    .concat()
                })?;
                if let Some(f) = numeric(op) {
                    let a = self.cond_number(&l)?;
                    let b = self.cond_number(&r)?;
                    return Ok(Some(f(a, b)));
                }
                Ok(Some(self.test_binary(op, &l, &r)))
            }
        }
    }

    fn cond_number(&mut self, text: &[u8]) -> Result<i64, Flow> {
        self.eval_program_for(&crate::arith::Program::parse(text), b"[[")
    }

    /// `=~`: sets `BASH_REMATCH`.
    fn regex_match(&mut self, subject: &[u8], field: &crate::expand::field::Field) -> Result<Option<bool>, Flow> {
        let mut text = Vec::with_capacity(field.text.len() + 8);
        for piece in field.pieces() {
            match piece {
                pattern::glob::Piece::Active(b) => text.extend_from_slice(b),
                pattern::glob::Piece::Literal(b) => {
                    for c in b {
                        if b"\\^$.[]|()*+?{}".contains(c) {
                            text.push(b'\\');
                        }
                        text.push(*c);
                    }
                }
            }
        }
        let options = Options {
            icase: self.shopt(ShOpt::Nocasematch),
            utf8: self.utf8(),
            ..Options::new(Syntax::Ere)
        };
        let regex = match Regex::new(&text, &options) {
            Ok(r) => r,
            Err(_) => return Ok(None),
        };
        let mut captures = regex.new_captures();
        let hit = match regex.captures_at(subject, 0, &mut captures) {
            Ok(hit) => hit,
            Err(e) => {
                self.error(e.to_string());
                return Ok(None);
            }
        };
        let mut groups = Vec::new();
        if hit {
            for i in 0..captures.len() {
                groups.push(captures.get(i).map_or_else(Vec::new, |s| subject[s.range()].to_vec()));
            }
        }
        let scope = self.vars.scope_of(b"BASH_REMATCH").unwrap_or(0);
        if let Some(v) = self.vars.entry_at(scope, b"BASH_REMATCH") {
            v.value = Value::Indexed(groups.into());
            v.attrs.insert(Attrs::INDEXED);
        }
        Ok(Some(hit))
    }

    /// The stat of a path as `test` sees it, devices and descriptors included.
    pub(crate) fn test_stat(&mut self, name: &[u8], follow: bool) -> Option<Stat> {
        let path = self.path(name).ok()?;
        if let Some(device) = self.device(path.as_bytes(), &OpenOptions::reading()) {
            return device.ok()?.stat(&self.cancel).ok();
        }
        let found = if follow {
            self.fs.stat(&path)
        } else {
            self.fs.lstat(&path)
        };
        let stat = match found {
            Ok(s) => s,
            // The commands have places, which is where scripts look for them.
            Err(_) => self.system_stat(path.as_bytes())?,
        };
        if name.ends_with(b"/") && !stat.is_dir() {
            return None;
        }
        Some(stat)
    }

    /// A unary primary.
    pub(crate) fn test_unary(&mut self, op: u8, operand: &[u8]) -> Result<bool, Flow> {
        let kind = |sh: &mut Self, k: FileKind| sh.test_stat(operand, true).is_some_and(|s| s.kind == k);
        let mode = |sh: &mut Self, bit: u32| {
            sh.test_stat(operand, true)
                .is_some_and(|s| s.mode.unwrap_or(0) & bit != 0)
        };
        Ok(match op {
            b'n' => !operand.is_empty(),
            b'z' => operand.is_empty(),
            b'a' | b'e' => self.test_stat(operand, true).is_some(),
            b'f' => kind(self, FileKind::File),
            b'd' => kind(self, FileKind::Dir),
            b'b' => kind(self, FileKind::BlockDevice),
            b'c' => kind(self, FileKind::CharDevice),
            b'p' => kind(self, FileKind::Fifo),
            b'S' => kind(self, FileKind::Socket),
            b'h' | b'L' => self
                .test_stat(operand, false)
                .is_some_and(|s| s.kind == FileKind::Symlink),
            b'g' => mode(self, 0o2000),
            b'u' => mode(self, 0o4000),
            b'k' => mode(self, 0o1000),
            b's' => match self.test_stat(operand, true) {
                Some(s) => match s.size {
                    Some(n) => n > 0,
                    // Not known before reading: look.
                    None => s.is_dir() || self.first_byte(operand),
                },
                None => false,
            },
            b'r' => self.may_access(operand, 4),
            b'w' => self.may_access(operand, 2),
            b'x' => self.may_access(operand, 1),
            b'O' => self
                .test_stat(operand, true)
                .is_some_and(|s| s.uid.unwrap_or(self.uid) == self.uid),
            b'G' => self
                .test_stat(operand, true)
                .is_some_and(|s| s.gid.unwrap_or(self.gid) == self.gid),
            b'N' => self.test_stat(operand, true).is_some_and(|s| s.mtime > s.atime),
            b't' => false,
            b'o' => crate::state::options::SetOpt::from_name(operand).is_some_and(|o| self.on(o)),
            b'v' => self.test_var(operand)?,
            b'R' => self
                .vars
                .get(operand)
                .is_some_and(|v| v.attrs.has(Attrs::NAMEREF) && v.is_set()),
            _ => false,
        })
    }

    /// The stat of a command's place (`/bin/ls`) or of a directory that holds such.
    fn system_stat(&self, path: &[u8]) -> Option<Stat> {
        let dir = super::SYSTEM_DIRS.iter().any(|d| {
            d.strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        });
        if dir && path != b"/" {
            return Some(Stat::dir());
        }
        let name = super::system_name(path)?;
        self.is_command(name).then(|| Stat {
            mode: Some(0o755),
            ..Stat::file(0)
        })
    }

    fn first_byte(&mut self, name: &[u8]) -> bool {
        let Ok(path) = self.path(name) else { return false };
        self.fs
            .read(&path, vfs::ByteRange::ALL)
            .and_then(|mut r| r.chunk())
            .is_ok_and(|c| !c.is_empty())
    }

    /// `access(2)`: as root, everything but running what nobody may run.
    pub(crate) fn may_access(&mut self, name: &[u8], bit: u32) -> bool {
        let Some(s) = self.test_stat(name, true) else {
            return false;
        };
        if bit == 2
            && let Ok(path) = self.path(name)
            && self
                .fs
                .check(Op::Write, &path)
                .is_err_and(|e| matches!(e.errno(), Errno::EROFS | Errno::EACCES))
            && s.kind != FileKind::CharDevice
        {
            return false;
        }
        let default = if s.is_dir() { 0o755 } else { 0o644 };
        let mode = s.mode.unwrap_or(default);
        if self.uid == 0 {
            return bit != 1 || s.is_dir() || mode & 0o111 != 0;
        }
        let shift = if s.uid.unwrap_or(self.uid) == self.uid {
            6
        } else if s.gid.unwrap_or(self.gid) == self.gid {
            3
        } else {
            0
        };
        (mode >> shift) & bit != 0
    }

    /// `-v`.
    fn test_var(&mut self, name: &[u8]) -> Result<bool, Flow> {
        if !name.is_empty() && name.iter().all(u8::is_ascii_digit) {
            let n: usize = std::str::from_utf8(name)
                .ok()
                .and_then(|n| n.parse().ok())
                .unwrap_or(usize::MAX);
            return Ok(n == 0 || n <= self.positional.len());
        }
        let base = memchr::memchr(b'[', name).map_or(name, |i| &name[..i]);
        if !crate::state::vars::is_name(base) {
            return Ok(false);
        }
        if base.len() == name.len()
            && let Some(v) = self
                .vars
                .get(name)
                .filter(|v| v.attrs.has(crate::state::value::Attrs::NAMEREF))
            && v.value.scalar().is_some_and(|t| t.ends_with(b"]"))
        {
            // A reference to an element is looked up as a name, which no variable has.
            return Ok(false);
        }
        let target = self.target_of_text(name)?;
        Ok(match self.value_of(&target)? {
            Found::Unset => false,
            Found::One(_) => true,
            Found::Many(items, _) => !items.is_empty(),
        })
    }

    /// A binary primary that is not arithmetic and no pattern.
    pub(crate) fn test_binary(&mut self, op: CondOp, left: &[u8], right: &[u8]) -> bool {
        match op {
            CondOp::Equal | CondOp::EqualEqual => left == right,
            CondOp::NotEqual => left != right,
            CondOp::Less => left < right,
            CondOp::Greater => left > right,
            CondOp::SameFile => self.same_file(left, right),
            CondOp::Newer => match (self.test_stat(left, true), self.test_stat(right, true)) {
                (Some(a), Some(b)) => a.mtime > b.mtime,
                (Some(_), None) => true,
                _ => false,
            },
            CondOp::Older => match (self.test_stat(left, true), self.test_stat(right, true)) {
                (Some(a), Some(b)) => a.mtime < b.mtime,
                (None, Some(_)) => true,
                _ => false,
            },
            _ => false,
        }
    }

    fn same_file(&mut self, left: &[u8], right: &[u8]) -> bool {
        let (Ok(a), Ok(b)) = (self.path(left), self.path(right)) else {
            return false;
        };
        if a == b && self.system_stat(a.as_bytes()).is_some() {
            return true;
        }
        match (self.fs.canonicalize(&a), self.fs.canonicalize(&b)) {
            (Ok(x), Ok(y)) if x == y => true,
            (Ok(x), Ok(y)) => match (self.fs.lstat(&x), self.fs.lstat(&y)) {
                // Hard links: the same number on the same mount.
                (Ok(s), Ok(t)) => {
                    s.ino != 0
                        && s.ino == t.ino
                        && s.nlink > 1
                        && self.fs.fs().vfs().mounts().find(&x).map(|m| m.0.prefix.clone())
                            == self.fs.fs().vfs().mounts().find(&y).map(|m| m.0.prefix.clone())
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// The comparison of an arithmetic operator.
pub(crate) fn numeric(op: CondOp) -> Option<fn(i64, i64) -> bool> {
    Some(match op {
        CondOp::NumEq => |a, b| a == b,
        CondOp::NumNe => |a, b| a != b,
        CondOp::NumLt => |a, b| a < b,
        CondOp::NumLe => |a, b| a <= b,
        CondOp::NumGt => |a, b| a > b,
        CondOp::NumGe => |a, b| a >= b,
        _ => return None,
    })
}
