//! Walking and drawing.

use shell::command::{CommandError, Context};
use vfs::{FileKind, Stat, VPath};

use crate::deep::deep;
use crate::files::facts::{self, Names};
use crate::files::rm::join;
use crate::glob::Glob;
use crate::human::Scale;
use crate::quote;
use crate::time::{Moment, Zone};

#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    #[default]
    Name,
    Version,
    Size,
    Modified,
    Changed,
    None,
}

pub(super) struct Options {
    pub all: bool,
    pub dirs_only: bool,
    pub follow: bool,
    pub full_path: bool,
    pub one_system: bool,
    pub level: Option<usize>,
    pub patterns: Vec<Vec<u8>>,
    pub ignore: Vec<Vec<u8>>,
    pub icase: bool,
    pub match_dirs: bool,
    pub prune: bool,
    pub report: bool,
    pub utf8: bool,
    pub file_limit: Option<usize>,
    pub hide_control: bool,
    pub quote: bool,
    pub protections: bool,
    pub owner: bool,
    pub group: bool,
    pub size: bool,
    pub human: Option<Scale>,
    pub du: bool,
    pub date: Option<Vec<u8>>,
    pub classify: bool,
    pub inodes: bool,
    pub sort: Sort,
    pub reverse: bool,
    pub dirs_first: Option<bool>,
    pub indent: bool,
    pub color: bool,
    pub json: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            all: false,
            dirs_only: false,
            follow: false,
            full_path: false,
            one_system: false,
            level: None,
            patterns: Vec::new(),
            ignore: Vec::new(),
            icase: false,
            match_dirs: false,
            prune: false,
            report: true,
            utf8: false,
            file_limit: None,
            hide_control: false,
            quote: false,
            protections: false,
            owner: false,
            group: false,
            size: false,
            human: None,
            du: false,
            date: None,
            classify: false,
            inodes: false,
            sort: Sort::Name,
            reverse: false,
            dirs_first: None,
            indent: true,
            color: false,
            json: false,
        }
    }
}

struct Node {
    name: Vec<u8>,
    stat: Stat,
    link: Option<(Vec<u8>, Option<Stat>)>,
    children: Option<Vec<Node>>,
    note: Option<String>,
}

impl Node {
    fn is_dir(&self) -> bool {
        self.stat.is_dir() || matches!(&self.link, Some((_, Some(s))) if s.is_dir())
    }
}

pub(super) struct Walk {
    o: Options,
    patterns: Vec<Glob>,
    ignore: Vec<Glob>,
    names: Names,
    zone: Zone,
    dirs: u64,
    files: u64,
    pub text: Vec<u8>,
}

impl Walk {
    pub fn new(cx: &Context<'_>, o: Options) -> Self {
        // `a|b` are alternatives.
        let compile = |list: &[Vec<u8>]| {
            list.iter()
                .flat_map(|p| p.split(|b| *b == b'|'))
                .map(|p| Glob::new(p, o.icase))
                .collect()
        };
        Self {
            patterns: compile(&o.patterns),
            ignore: compile(&o.ignore),
            names: Names::load(cx),
            zone: Zone::of(cx),
            dirs: 0,
            files: 0,
            text: Vec::new(),
            o,
        }
    }

    /// Draws all roots; whether all of them could be read.
    pub fn run(&mut self, cx: &mut Context<'_>, roots: &[Vec<u8>]) -> Result<bool, CommandError> {
        let mut ok = true;
        let mut size = 0;
        if self.o.json {
            self.text.extend_from_slice(b"[\n");
        }
        for (n, root) in roots.iter().enumerate() {
            let found = cx.path(root).and_then(|p| Ok((cx.fs.stat(&p)?, p)));
            let (stat, path) = match found {
                Ok(found) => found,
                Err(e) if e.errno() == vfs::Errno::ECANCELED => return Err(e.into()),
                Err(_) => {
                    ok = false;
                    self.bad_root(root);
                    continue;
                }
            };
            if !stat.is_dir() {
                ok = false;
                self.bad_root(root);
                continue;
            }
            let mut node = Node {
                name: root.clone(),
                stat,
                link: None,
                children: None,
                note: None,
            };
            self.read(cx, &mut node, &path, 0)?;
            self.dirs += u64::from(node.children.as_ref().is_some_and(|c| !c.is_empty()) || node.note.is_some());
            if self.o.du {
                size += self.total(&mut node);
            }
            if self.o.json {
                if n > 0 {
                    self.text.extend_from_slice(b",\n");
                }
                self.json(&node, 1);
                self.text.push(b'\n');
                continue;
            }
            let mut line = self.label(&node, None);
            if let Some(note) = &node.note {
                line.extend_from_slice(note.as_bytes());
            }
            line.push(b'\n');
            self.text.append(&mut line);
            let base = if self.o.full_path { Some(root.clone()) } else { None };
            self.draw(&node, &mut Vec::new(), base.as_deref());
        }
        if self.o.json {
            self.json_end();
        } else if self.o.report {
            self.report(size);
        }
        Ok(ok)
    }

    fn bad_root(&mut self, root: &[u8]) {
        if self.o.json {
            let name = json_text(root);
            self.text.extend_from_slice(
                format!("  {{\"type\":\"directory\",\"name\":\"{name}\",\"error\":\"opening dir\"}}\n").as_bytes(),
            );
        } else {
            self.text.extend_from_slice(root);
            self.text.extend_from_slice(b"  [error opening dir]\n");
        }
    }

    fn report(&mut self, size: u64) {
        let dirs = if self.dirs == 1 { "directory" } else { "directories" };
        let mut line = String::from("\n");
        if self.o.du {
            let shown = match self.o.human {
                Some(scale) => format!("{:>4}", scale.show(size)),
                None => format!("{size:>11}"),
            };
            line.push_str(&format!("{shown} used in "));
        }
        line.push_str(&format!("{} {dirs}", self.dirs));
        if !self.o.dirs_only {
            let files = if self.files == 1 { "file" } else { "files" };
            line.push_str(&format!(", {} {files}", self.files));
        }
        line.push('\n');
        self.text.extend_from_slice(line.as_bytes());
    }

    /// Reads what lies below a directory, sorted and filtered.
    fn read(&self, cx: &mut Context<'_>, node: &mut Node, path: &VPath, depth: usize) -> Result<(), CommandError> {
        cx.cancel.check()?;
        if self.o.level.is_some_and(|l| depth >= l) {
            return Ok(());
        }
        let entries = match cx.fs.read_dir(path) {
            Ok(entries) => entries,
            Err(e) if e.errno() == vfs::Errno::ECANCELED => return Err(e.into()),
            Err(_) => {
                node.note = Some("  [error opening dir]".into());
                return Ok(());
            }
        };
        let mut children = Vec::new();
        for entry in entries {
            if !self.o.all && entry.name.first() == Some(&b'.') {
                continue;
            }
            let child = path.child(&entry.name)?;
            let Ok(stat) = entry.stat.map_or_else(|| cx.fs.lstat(&child), Ok) else {
                continue;
            };
            let link = if stat.is_symlink() {
                let text = cx.fs.read_link(&child).map(|t| t.to_vec()).unwrap_or_default();
                Some((text, cx.fs.stat(&child).ok()))
            } else {
                None
            };
            let mut node = Node {
                name: entry.name.to_vec(),
                stat,
                link,
                children: None,
                note: None,
            };
            let is_dir = node.is_dir();
            if self.o.dirs_only && !is_dir {
                continue;
            }
            if self.ignore.iter().any(|g| g.matches(&node.name)) {
                continue;
            }
            let matched = self.patterns.iter().any(|g| g.matches(&node.name));
            if !self.patterns.is_empty() && !matched && !is_dir {
                continue;
            }
            let follow = node.stat.is_dir() || (self.o.follow && is_dir && !leads_up(cx, &child, path));
            let elsewhere = self.o.one_system && facts::device(cx, &child) != facts::device(cx, path);
            if follow && !elsewhere {
                deep(|| self.read(cx, &mut node, &child, depth + 1))?;
            }
            let empty = node.children.as_ref().is_none_or(Vec::is_empty);
            if self.o.prune && is_dir && follow && empty && !(self.o.match_dirs && matched) {
                continue;
            }
            children.push(node);
        }
        if let Some(limit) = self.o.file_limit
            && children.len() > limit
            && depth > 0
        {
            node.note = Some(format!(
                "  [{} entries exceeds filelimit, not opening dir]",
                children.len()
            ));
            return Ok(());
        }
        self.sort(&mut children);
        node.children = Some(children);
        Ok(())
    }

    fn sort(&self, nodes: &mut [Node]) {
        if self.o.sort == Sort::None {
            return;
        }
        nodes.sort_by(|a, b| {
            let group = match self.o.dirs_first {
                Some(true) => b.is_dir().cmp(&a.is_dir()),
                Some(false) => a.is_dir().cmp(&b.is_dir()),
                None => std::cmp::Ordering::Equal,
            };
            let order = match self.o.sort {
                Sort::Version => crate::version::compare(&a.name, &b.name),
                Sort::Size => facts::size(&b.stat).cmp(&facts::size(&a.stat)),
                Sort::Modified => a.stat.mtime.cmp(&b.stat.mtime),
                Sort::Changed => a.stat.ctime.cmp(&b.stat.ctime),
                Sort::Name | Sort::None => std::cmp::Ordering::Equal,
            }
            .then_with(|| a.name.cmp(&b.name));
            group.then(if self.o.reverse { order.reverse() } else { order })
        });
    }

    /// Sets sizes of directories to those of their contents.
    fn total(&self, node: &mut Node) -> u64 {
        let mut size = facts::size(&node.stat);
        for child in node.children.iter_mut().flatten() {
            size += deep(|| self.total(child));
        }
        node.stat.size = Some(size);
        size
    }

    fn draw(&mut self, node: &Node, lines: &mut Vec<bool>, base: Option<&[u8]>) {
        let Some(children) = &node.children else { return };
        for (n, child) in children.iter().enumerate() {
            let last = n + 1 == children.len();
            if child.is_dir() {
                self.dirs += 1;
            } else {
                self.files += 1;
            }
            let mut line = Vec::new();
            if self.o.indent {
                for more in lines.iter() {
                    line.extend_from_slice(match (*more, self.o.utf8) {
                        (true, true) => "\u{2502}\u{a0}\u{a0} ".as_bytes(),
                        (true, false) => b"|   ",
                        (false, _) => b"    ",
                    });
                }
                line.extend_from_slice(match (last, self.o.utf8) {
                    (false, true) => "\u{251c}\u{2500}\u{2500} ".as_bytes(),
                    (true, true) => "\u{2514}\u{2500}\u{2500} ".as_bytes(),
                    (false, false) => b"|-- ",
                    (true, false) => b"`-- ",
                });
            }
            let full = base.map(|b| join(b, &child.name));
            line.extend(self.label(child, full.as_deref()));
            if let Some(note) = &child.note {
                line.extend_from_slice(note.as_bytes());
            }
            line.push(b'\n');
            self.text.append(&mut line);
            lines.push(!last);
            deep(|| self.draw(child, lines, full.as_deref()));
            lines.pop();
        }
    }

    /// `[details]  name -> target`.
    fn label(&self, node: &Node, full: Option<&[u8]>) -> Vec<u8> {
        let o = &self.o;
        let s = &node.stat;
        let mut parts = Vec::new();
        if o.inodes {
            parts.push(format!("{:>7}", s.ino));
        }
        if o.protections {
            parts.push(facts::letters(s));
        }
        if o.owner {
            let id = s.uid.unwrap_or(0);
            let name = self.names.user(id).map_or_else(|| id.to_string(), String::from);
            parts.push(format!("{name:<8}"));
        }
        if o.group {
            let id = s.gid.unwrap_or(0);
            let name = self.names.group(id).map_or_else(|| id.to_string(), String::from);
            parts.push(format!("{name:<8}"));
        }
        if o.size {
            parts.push(match o.human {
                Some(scale) => format!("{:>4}", scale.show(facts::size(s))),
                None => format!("{:>11}", facts::size(s)),
            });
        }
        if let Some(format) = &o.date {
            let time = s.mtime.unwrap_or_default();
            let recent = (vfs::Time::now().seconds - time.seconds).unsigned_abs() < 15_778_476;
            let format: &[u8] = match (format.is_empty(), recent) {
                (false, _) => format,
                (true, true) => b"%b %e %H:%M",
                (true, false) => b"%b %e  %Y",
            };
            parts.push(String::from_utf8_lossy(&Moment::new(time, &self.zone).format(format)).into_owned());
        }
        let mut text = Vec::new();
        if !parts.is_empty() {
            text.extend_from_slice(format!("[{}]  ", parts.join(" ")).as_bytes());
        }
        let name = full.unwrap_or(&node.name);
        let shown = |name: &[u8]| {
            if o.quote {
                quote::quote_c(name)
            } else if o.hide_control {
                quote::hide(name)
            } else {
                name.to_vec()
            }
        };
        let color = o.color.then(|| color(s)).flatten();
        match color {
            Some(c) => text.extend_from_slice(&[b"\x1b[", c.as_bytes(), b"m", &shown(name), b"\x1b[0m"].concat()),
            None => text.extend_from_slice(&shown(name)),
        }
        if let Some((target, stat)) = &node.link {
            text.extend_from_slice(b" -> ");
            text.extend_from_slice(&shown(target));
            if let (true, Some(s)) = (o.classify, stat) {
                text.extend(mark(s));
            }
            if self.o.follow && stat.as_ref().is_some_and(Stat::is_dir) && node.children.is_none() {
                text.extend_from_slice(b"  [recursive, not followed]");
            }
        } else if o.classify {
            text.extend(mark(s));
        }
        text
    }

    fn json(&mut self, node: &Node, depth: usize) {
        let pad = "  ".repeat(depth);
        let (kind, is_dir) = match node.stat.kind {
            FileKind::Dir => ("directory", true),
            FileKind::Symlink => ("link", false),
            FileKind::File => ("file", false),
            FileKind::Fifo => ("fifo", false),
            FileKind::Socket => ("socket", false),
            FileKind::CharDevice => ("char", false),
            FileKind::BlockDevice => ("block", false),
        };
        let mut line = format!("{pad}{{\"type\":\"{kind}\",\"name\":\"{}\"", json_text(&node.name));
        if let Some((target, _)) = &node.link {
            line.push_str(&format!(",\"target\":\"{}\"", json_text(target)));
        }
        if self.o.protections {
            line.push_str(&format!(
                ",\"mode\":\"{:04o}\",\"prot\":\"{}\"",
                facts::mode(&node.stat),
                facts::letters(&node.stat)
            ));
        }
        if self.o.size {
            line.push_str(&format!(",\"size\":{}", facts::size(&node.stat)));
        }
        if is_dir {
            line.push_str(",\"contents\":[");
        }
        self.text.extend_from_slice(line.as_bytes());
        let children = node.children.as_deref().unwrap_or_default();
        for (n, child) in children.iter().enumerate() {
            if child.is_dir() {
                self.dirs += 1;
            } else {
                self.files += 1;
            }
            self.text.extend_from_slice(if n > 0 { b",\n" } else { b"\n" });
            deep(|| self.json(child, depth + 1));
        }
        if is_dir {
            if !children.is_empty() {
                self.text.extend_from_slice(format!("\n{pad}").as_bytes());
            }
            self.text.push(b']');
        }
        self.text.push(b'}');
    }

    fn json_end(&mut self) {
        if self.o.report {
            let mut line = format!(",\n  {{\"type\":\"report\",\"directories\":{}", self.dirs);
            if !self.o.dirs_only {
                line.push_str(&format!(",\"files\":{}", self.files));
            }
            line.push_str("}\n");
            if self.text.last() == Some(&b'\n') {
                self.text.pop();
            }
            self.text.extend_from_slice(line.as_bytes());
        }
        self.text.extend_from_slice(b"]\n");
    }
}

/// Whether a link leads to a directory that it lies in.
fn leads_up(cx: &Context<'_>, link: &VPath, dir: &VPath) -> bool {
    match (cx.fs.canonicalize(link), cx.fs.canonicalize(dir)) {
        (Ok(target), Ok(dir)) => dir.starts_with(&target),
        _ => true,
    }
}

fn mark(stat: &Stat) -> Option<u8> {
    match stat.kind {
        FileKind::Dir => Some(b'/'),
        FileKind::Fifo => Some(b'|'),
        FileKind::Socket => Some(b'='),
        FileKind::File if facts::mode(stat) & 0o111 != 0 => Some(b'*'),
        _ => None,
    }
}

fn color(stat: &Stat) -> Option<&'static str> {
    match stat.kind {
        FileKind::Dir => Some("01;34"),
        FileKind::Symlink => Some("01;36"),
        FileKind::Fifo => Some("40;33"),
        FileKind::Socket => Some("01;35"),
        FileKind::CharDevice | FileKind::BlockDevice => Some("40;33;01"),
        FileKind::File if facts::mode(stat) & 0o111 != 0 => Some("01;32"),
        FileKind::File => None,
    }
}

fn json_text(text: &[u8]) -> String {
    let mut out = String::new();
    for c in String::from_utf8_lossy(text).chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if (c as u32) < 32 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}
