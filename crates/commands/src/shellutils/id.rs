//! `id`, `whoami`, `groups`, `logname`: who the user is, by the tables of the workspace.

use shell::command::{CommandError, CommandResult, Context};

use crate::files::facts::Names;
use crate::options::{Args, Spec, flag};
use crate::quote::quote;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "id",
    "[OPTION]... [USER]...",
    "Print user and group information for each specified USER,\nor (when USER omitted) for the current process.",
    &[
        flag("a", "", "ignore, for compatibility with other versions"),
        flag("Z", "context", "print only the security context of the process"),
        flag("g", "group", "print only the effective group ID"),
        flag("G", "groups", "print all group IDs"),
        flag("n", "name", "print a name instead of a number, for -ugG"),
        flag("r", "real", "print the real ID instead of the effective ID, with -ugG"),
        flag("u", "user", "print only the effective user ID"),
        flag(
            "z",
            "zero",
            "delimit entries with NUL characters, not whitespace;\nnot permitted in default format",
        ),
    ],
);
const WHOAMI_SPEC: Spec = Spec::new(
    "whoami",
    "[OPTION]...",
    "Print the user name associated with the current effective user ID.\nSame as id -un.",
    &[],
);
const GROUPS_SPEC: Spec = Spec::new(
    "groups",
    "[OPTION]... [USERNAME]...",
    "Print group memberships for each USERNAME or, if no USERNAME is specified, for\nthe current process (which may differ if the groups database has changed).",
    &[],
);
const LOGNAME_SPEC: Spec = Spec::new("logname", "[OPTION]", "Print the user's login name.", &[]);

/// `id`.
pub const COMMAND: Tool = Tool::new(SPEC, run);
/// `whoami`.
pub const WHOAMI: Tool = Tool::new(WHOAMI_SPEC, whoami);
/// `groups`.
pub const GROUPS: Tool = Tool::new(GROUPS_SPEC, groups);
/// `logname`.
pub const LOGNAME: Tool = Tool::new(LOGNAME_SPEC, logname);

/// The user that all commands run as.
const ME: u32 = 0;

fn no_extra(cx: &Context<'_>, spec: &Spec, args: &Args) -> Result<(), CommandError> {
    match args.operands.first() {
        Some(extra) => Err(spec.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat())),
        None => Ok(()),
    }
}

fn print(cx: &mut Context<'_>, text: &[u8], end: u8) -> Result<(), CommandError> {
    let out = cx.stdout.buffer();
    out.extend_from_slice(text);
    out.push(end);
    Ok(cx.stdout.spill()?)
}

fn whoami(cx: &mut Context<'_>, args: Args) -> CommandResult {
    no_extra(cx, &WHOAMI_SPEC, &args)?;
    let names = Names::load(cx);
    let name = names.user(ME).map_or_else(|| ME.to_string(), str::to_string);
    print(cx, name.as_bytes(), b'\n')?;
    status(true, 1)
}

fn logname(cx: &mut Context<'_>, args: Args) -> CommandResult {
    no_extra(cx, &LOGNAME_SPEC, &args)?;
    match cx.var("LOGNAME").filter(|n| !n.is_empty()).map(<[u8]>::to_vec) {
        Some(name) => {
            print(cx, &name, b'\n')?;
            status(true, 1)
        }
        None => Err(CommandError::fail(1, "no login name")),
    }
}

struct Person {
    uid: u32,
    groups: Vec<u32>,
}

/// A user by name or number, and the groups that the tables give.
fn person(names: &Names, given: Option<&[u8]>) -> Option<Person> {
    let uid = match given {
        None => ME,
        Some(text) => names.user_id(text).or_else(|| {
            let n = std::str::from_utf8(text.strip_prefix(b"+").unwrap_or(text))
                .ok()?
                .parse()
                .ok()?;
            names.user(n).map(|_| n)
        })?,
    };
    let gid = names.primary(uid).unwrap_or(uid);
    let mut groups = vec![gid];
    if let Some(name) = names.user(uid) {
        groups.extend(names.memberships(name).filter(|g| *g != gid));
    }
    Some(Person { uid, groups })
}

fn group_name(names: &Names, id: u32) -> String {
    names.group(id).map_or_else(|| id.to_string(), str::to_string)
}

fn groups(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let names = Names::load(cx);
    let list = |p: &Person| {
        p.groups
            .iter()
            .map(|g| group_name(&names, *g))
            .collect::<Vec<_>>()
            .join(" ")
    };
    if args.operands.is_empty() {
        let text = person(&names, None).map(|p| list(&p)).unwrap_or_default();
        print(cx, text.as_bytes(), b'\n')?;
        return status(true, 1);
    }
    let mut ok = true;
    for user in &args.operands {
        match person(&names, Some(user)) {
            Some(p) => print(cx, &[&user[..], b" : ", list(&p).as_bytes()].concat(), b'\n')?,
            None => {
                ok = false;
                cx.warn([&quote(user)[..], b": no such user"].concat());
            }
        }
    }
    status(ok, 1)
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let (group, all, user) = (args.has("group"), args.has("groups"), args.has("user"));
    let chosen = [group, all, user].iter().filter(|b| **b).count();
    if args.has("context") {
        return Err(CommandError::fail(
            1,
            "--context (-Z) works only on an SELinux-enabled kernel",
        ));
    }
    if chosen > 1 {
        return Err(CommandError::fail(1, "cannot print \"only\" of more than one choice"));
    }
    if chosen == 0 && (args.has("name") || args.has("real")) {
        return Err(CommandError::fail(
            1,
            "cannot print only names or real IDs in default format",
        ));
    }
    let zero = args.has("zero");
    if chosen == 0 && zero {
        return Err(CommandError::fail(1, "option --zero not permitted in default format"));
    }
    let names = Names::load(cx);
    let wanted: Vec<Option<&[u8]>> = if args.operands.is_empty() {
        vec![None]
    } else {
        args.operands.iter().map(|o| Some(&o[..])).collect()
    };
    let (end, between) = if zero { (0, "\0") } else { (b'\n', " ") };
    let mut ok = true;
    let many = wanted.len() > 1;
    for given in wanted {
        let Some(p) = person(&names, given) else {
            ok = false;
            cx.warn([&quote(given.unwrap_or_default())[..], b": no such user"].concat());
            continue;
        };
        let user_text = |id: u32| match names.user(id).filter(|_| args.has("name")) {
            Some(name) => name.to_string(),
            None => id.to_string(),
        };
        let group_text = |id: u32| {
            if args.has("name") {
                group_name(&names, id)
            } else {
                id.to_string()
            }
        };
        if user {
            print(cx, user_text(p.uid).as_bytes(), end)?;
        } else if group {
            print(cx, group_text(p.groups[0]).as_bytes(), end)?;
        } else if all {
            let list: Vec<String> = p.groups.iter().map(|g| group_text(*g)).collect();
            print(cx, list.join(between).as_bytes(), end)?;
            // Lists of several users are told apart by an empty entry.
            if zero && many {
                print(cx, b"", 0)?;
            }
        } else {
            let shown = |id: u32, name: Option<&str>| match name {
                Some(name) => format!("{id}({name})"),
                None => id.to_string(),
            };
            let list: Vec<String> = p.groups.iter().map(|g| shown(*g, names.group(*g))).collect();
            let text = format!(
                "uid={} gid={} groups={}",
                shown(p.uid, names.user(p.uid)),
                list[0],
                list.join(",")
            );
            print(cx, text.as_bytes(), b'\n')?;
        }
    }
    status(ok, 1)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn everybody_is_root_until_a_table_says_otherwise() {
        let lab = Lab::new();
        assert_eq!(
            lab.run("id", &[], b"").stdout,
            b"uid=0(root) gid=0(root) groups=0(root)\n"
        );
        assert_eq!(lab.run("id", &["-un"], b"").stdout, b"root\n");
        assert_eq!(lab.run("whoami", &[], b"").stdout, b"root\n");
        assert_eq!(lab.run("id", &["nobody"], b"").stderr, b"id: 'nobody': no such user\n");
    }
}
