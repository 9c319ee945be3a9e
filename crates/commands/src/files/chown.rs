//! `chown`, `chgrp`: changes owners and groups.

use shell::command::{CommandError, CommandResult, Context};
use vfs::{Errno, SetAttr, Stat, VPath, VfsError};

use super::facts::Names;
use super::rm::join;
use crate::deep::deep;
use crate::options::{Args, Opt, Spec, flag, value};
use crate::output;
use crate::quote::{quote, quoteaf};
use crate::tool::{Tool, status};

const OPTIONS: &[Opt] = &[
    flag("c", "changes", "like verbose but report only when a change is made"),
    flag("f", "silent quiet", "suppress most error messages"),
    flag("v", "verbose", "output a diagnostic for every file processed"),
    flag(
        "",
        "dereference",
        "affect the referent of each symbolic link (this is\nthe default), rather than the symbolic link itself",
    ),
    flag(
        "h",
        "no-dereference",
        "affect symbolic links instead of any referenced file",
    ),
    value(
        "",
        "from",
        "CURRENT_OWNER:CURRENT_GROUP",
        "change the owner and/or group of each file only if\nits current owner and/or group match those specified here",
    ),
    flag("", "no-preserve-root", "do not treat '/' specially (the default)"),
    flag("", "preserve-root", "fail to operate recursively on '/'"),
    value("", "reference", "RFILE", "use RFILE's owner and group"),
    flag("R", "recursive", "operate on files and directories recursively"),
    flag("H", "", "traverse named links to directories, with -R"),
    flag("L", "", "traverse every link to a directory, with -R"),
    flag("P", "", "do not traverse any symbolic links (default), with -R"),
];

const CHOWN_SPEC: Spec = Spec::new(
    "chown",
    "[OPTION]... [OWNER][:[GROUP]] FILE...\n[OPTION]... --reference=RFILE FILE...",
    "Change the owner and/or group of each FILE to OWNER and/or GROUP.\n\
     With --reference, change the owner and group of each FILE to those of RFILE.",
    OPTIONS,
);

const CHGRP_SPEC: Spec = Spec::new(
    "chgrp",
    "[OPTION]... GROUP FILE...\n[OPTION]... --reference=RFILE FILE...",
    "Change the group of each FILE to GROUP.\nWith --reference, change the group of each FILE to that of RFILE.",
    OPTIONS,
);

/// `chown`.
pub const CHOWN: Tool = Tool::new(CHOWN_SPEC, |cx, args| run(cx, &args, &CHOWN_SPEC));

/// `chgrp`.
pub const CHGRP: Tool = Tool::new(CHGRP_SPEC, |cx, args| run(cx, &args, &CHGRP_SPEC));

/// Owners to set or to be found, by number and by the text they were given as.
#[derive(Debug, Clone, Default)]
struct Owners {
    uid: Option<u32>,
    gid: Option<u32>,
    user_text: Option<String>,
    group_text: Option<String>,
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text.strip_prefix(b"+").unwrap_or(text))
        .ok()?
        .parse()
        .ok()
}

impl Owners {
    /// Reads `OWNER`, `OWNER:GROUP`, `:GROUP`, `OWNER:` and, as it used to be, `OWNER.GROUP`: the second part of the
    /// answer.
    fn parse(names: &Names, text: &[u8]) -> Result<(Self, bool), Vec<u8>> {
        match Self::split(names, text, memchr::memchr(b':', text)) {
            Err(e) => match memchr::memchr(b'.', text).filter(|_| !text.contains(&b':')) {
                Some(dot) => Self::split(names, text, Some(dot)).map(|o| (o, true)).map_err(|_| e),
                None => Err(e),
            },
            fine => fine.map(|o| (o, false)),
        }
    }

    fn split(names: &Names, text: &[u8], at: Option<usize>) -> Result<Self, Vec<u8>> {
        let (user, group) = match at {
            Some(n) => (&text[..n], Some(&text[n + 1..])),
            None => (text, None),
        };
        let mut o = Self::default();
        if !user.is_empty() {
            let by_name = names.user_id(user).filter(|_| !user.starts_with(b"+"));
            let Some(uid) = by_name.or_else(|| number(user)) else {
                return Err([&b"invalid user: "[..], &quote(text)].concat());
            };
            o.uid = Some(uid);
            o.user_text = Some(String::from_utf8_lossy(user).into_owned());
            // `OWNER:` means the owner's own group.
            if group == Some(b"") {
                if by_name.is_none() {
                    return Err([&b"invalid spec: "[..], &quote(text)].concat());
                }
                let gid = names.primary(uid).unwrap_or(uid);
                o.gid = Some(gid);
                o.group_text = Some(names.group(gid).map_or_else(|| gid.to_string(), str::to_string));
            }
        }
        if let Some(group) = group.filter(|g| !g.is_empty()) {
            let gid = names.group_id(group).or_else(|| number(group));
            let Some(gid) = gid else {
                return Err([&b"invalid group: "[..], &quote(text)].concat());
            };
            o.gid = Some(gid);
            o.group_text = Some(String::from_utf8_lossy(group).into_owned());
        }
        Ok(o)
    }
}

struct Change {
    to: Owners,
    from: Owners,
    names: Names,
    only_group: bool,
    verbose: bool,
    changes: bool,
    silent: bool,
    recursive: bool,
    /// The link itself rather than what it leads to.
    links: bool,
    walk_named: bool,
    walk_all: bool,
    ok: bool,
}

fn run(cx: &mut Context<'_>, args: &Args, spec: &Spec) -> CommandResult {
    let only_group = spec.name == "chgrp";
    let names = Names::load(cx);
    let mut operands = &args.operands[..];
    let to = if let Some(file) = args.last("reference") {
        let stat = cx.path(file).and_then(|p| cx.fs.stat(&p)).map_err(|e| {
            let what = [&b"failed to get attributes of "[..], &quoteaf(file), b": "].concat();
            CommandError::fail(1, [&what, e.gnu_text().as_bytes()].concat())
        })?;
        let (uid, gid) = (stat.uid.unwrap_or(0), stat.gid.unwrap_or(0));
        let text = |name: Option<&str>, id: u32| Some(name.map_or_else(|| id.to_string(), str::to_string));
        Owners {
            uid: Some(uid).filter(|_| !only_group),
            gid: Some(gid),
            user_text: text(names.user(uid), uid).filter(|_| !only_group),
            group_text: text(names.group(gid), gid),
        }
    } else {
        let Some((first, rest)) = operands.split_first() else {
            return Err(spec.usage_error(cx, "missing operand"));
        };
        operands = rest;
        if operands.is_empty() {
            return Err(spec.usage_error(cx, [&b"missing operand after "[..], &quote(first)].concat()));
        }
        let parsed = if !only_group {
            Owners::parse(&names, first)
        } else if first.is_empty() {
            Ok((Owners::default(), false))
        } else {
            Owners::parse(&names, &[b":", &first[..]].concat())
                .map_err(|_| [&b"invalid group: "[..], &quote(first)].concat())
        };
        let (owners, dot) = parsed.map_err(|m| CommandError::fail(1, m))?;
        if dot {
            cx.warn([&b"warning: '.' should be ':': "[..], &quote(first)].concat());
        }
        owners
    };
    if operands.is_empty() {
        return Err(spec.usage_error(cx, "missing operand"));
    }
    let from = match args.last("from") {
        Some(text) => Owners::parse(&names, text).map_err(|m| CommandError::fail(1, m))?.0,
        None => Owners::default(),
    };
    let walk = args
        .options
        .iter()
        .rev()
        .find(|o| matches!(o.key, "H" | "L" | "P"))
        .map_or("P", |o| o.key);
    let deref = args.options.iter().rev().find(|o| o.key.ends_with("dereference"));
    let links = deref.is_some_and(|o| o.key == "no-dereference");
    if args.has("recursive") && deref.is_some_and(|o| o.key == "dereference") && walk == "P" {
        return Err(CommandError::fail(1, "-R --dereference requires either -H or -L"));
    }
    let mut change = Change {
        to,
        from,
        names,
        only_group,
        verbose: args.has("verbose"),
        changes: args.has("changes"),
        silent: args.has("silent"),
        recursive: args.has("recursive"),
        links: links || (args.has("recursive") && walk == "P"),
        walk_named: walk != "P",
        walk_all: walk == "L",
        ok: true,
    };
    for name in operands {
        match cx.path(name) {
            Ok(path) if change.recursive && args.has("preserve-root") && path.is_root() => {
                cx.warn("it is dangerous to operate recursively on '/'");
                cx.warn("use --no-preserve-root to override this failsafe");
                change.ok = false;
            }
            Ok(path) => change.visit(cx, name, &path, true)?,
            Err(e) => change.complain(cx, b"cannot access ", name, &e)?,
        }
    }
    status(change.ok, 1)
}

impl Change {
    fn complain(&mut self, cx: &mut Context<'_>, what: &[u8], name: &[u8], e: &VfsError) -> Result<(), CommandError> {
        if matches!(e.errno(), Errno::ECANCELED | Errno::EPIPE) {
            return Err(e.clone().into());
        }
        self.ok = false;
        if !self.silent {
            let message = output::refusal(cx, name, e)
                .unwrap_or_else(|| [what, &quoteaf(name), b": ", e.gnu_text().as_bytes()].concat());
            cx.warn(message);
        }
        Ok(())
    }

    fn visit(&mut self, cx: &mut Context<'_>, name: &[u8], path: &VPath, top: bool) -> Result<(), CommandError> {
        cx.cancel.check()?;
        let enter = if top { self.walk_named } else { self.walk_all };
        let follow = !self.links || (self.recursive && enter);
        let found = if follow { cx.fs.stat(path) } else { cx.fs.lstat(path) };
        let stat = match found {
            Ok(stat) => stat,
            Err(e) if top && e.errno() == Errno::ENOENT && cx.fs.lstat(path).is_ok() => {
                self.ok = false;
                if !self.silent {
                    cx.warn(
                        [
                            &b"cannot dereference "[..],
                            &quoteaf(name),
                            b": No such file or directory",
                        ]
                        .concat(),
                    );
                }
                return Ok(());
            }
            Err(e) => return self.complain(cx, b"cannot access ", name, &e),
        };
        if self.recursive && stat.is_dir() {
            match cx.fs.read_dir(path) {
                Ok(entries) => {
                    for entry in entries {
                        let child = path.child(&entry.name)?;
                        deep(|| self.visit(cx, &join(name, &entry.name), &child, false))?;
                    }
                }
                Err(e) => self.complain(cx, b"cannot read directory ", name, &e)?,
            }
        }
        self.change(cx, name, path, &stat, follow)
    }

    fn change(
        &mut self,
        cx: &mut Context<'_>,
        name: &[u8],
        path: &VPath,
        stat: &Stat,
        follow: bool,
    ) -> Result<(), CommandError> {
        let (uid, gid) = (stat.uid.unwrap_or(0), stat.gid.unwrap_or(0));
        let fits = self.from.uid.is_none_or(|u| u == uid) && self.from.gid.is_none_or(|g| g == gid);
        let differs = self.to.uid.is_some_and(|u| u != uid) || self.to.gid.is_some_and(|g| g != gid);
        if fits && (self.to.uid.is_some() || self.to.gid.is_some()) {
            let attr = SetAttr {
                uid: self.to.uid,
                gid: self.to.gid,
                ..SetAttr::default()
            };
            if let Err(e) = cx.fs.set_attr(path, attr, follow) {
                let what: &[u8] = if self.only_group || (self.to.uid.is_none() && self.to.gid.is_some()) {
                    b"changing group of "
                } else {
                    b"changing ownership of "
                };
                return self.complain(cx, what, name, &e);
            }
        }
        let changed = fits && differs;
        if self.verbose || (self.changes && changed) {
            let line = self.report(name, uid, gid, changed);
            cx.stdout.buffer().extend_from_slice(&line);
            cx.stdout.spill()?;
        }
        Ok(())
    }

    /// What `-v` says: the parts that were asked for, as they were and as they are.
    fn report(&self, name: &[u8], uid: u32, gid: u32, changed: bool) -> Vec<u8> {
        let user = self.names.user(uid).map_or_else(|| uid.to_string(), str::to_string);
        let group = self.names.group(gid).map_or_else(|| gid.to_string(), str::to_string);
        let (was, now) = match (&self.to.user_text, &self.to.group_text) {
            (Some(u), Some(g)) => (format!("{user}:{group}"), format!("{u}:{g}")),
            (Some(u), None) => (user, u.clone()),
            (None, Some(g)) => (group, g.clone()),
            (None, None) => return [&b"ownership of "[..], &quoteaf(name), b" retained\n"].concat(),
        };
        let what = if self.to.user_text.is_some() {
            "ownership"
        } else {
            "group"
        };
        if changed {
            let head = format!("changed {what} of ");
            return [
                head.as_bytes(),
                &quoteaf(name),
                format!(" from {was} to {now}\n").as_bytes(),
            ]
            .concat();
        }
        let head = format!("{what} of ");
        [
            head.as_bytes(),
            &quoteaf(name),
            format!(" retained as {was}\n").as_bytes(),
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vfs::{Mode, VPath, Vfs};

    use crate::testing::Lab;

    #[test]
    fn owners_change_by_name_and_number() {
        let tree = Vfs::new();
        tree.mount(VPath::root(), Arc::new(resources::ram::Ram::new()), Mode::Exec)
            .unwrap();
        let lab = Lab::on(tree);
        let path = |p: &str| VPath::new(p).unwrap();
        lab.fs().mkdir(&path("/etc"), None).unwrap();
        lab.fs()
            .write_all(&path("/etc/passwd"), "ann:x:7:8:::\n".into())
            .unwrap();
        lab.fs().write_all(&path("/a"), "x".into()).unwrap();
        assert_eq!(
            lab.run("chown", &["-v", "ann:", "a"], b"").stdout,
            b"changed ownership of 'a' from root:root to ann:8\n"
        );
        let stat = lab.fs().stat(&path("/a")).unwrap();
        assert_eq!((stat.uid, stat.gid), (Some(7), Some(8)));
        assert_eq!(lab.run("chgrp", &["5", "a"], b"").status, 0);
        assert_eq!(lab.fs().stat(&path("/a")).unwrap().gid, Some(5));
        assert_eq!(
            lab.run("chown", &["bob", "a"], b"").stderr,
            b"chown: invalid user: 'bob'\n"
        );
    }
}
