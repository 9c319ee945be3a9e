//! Builtins: one file each, one line here.

use crate::exec::DeclArg;
use crate::shell::{Exec, Shell};

pub(crate) mod options;

mod alias;
mod bind;
mod break_;
mod builtin;
mod caller;
mod cd;
mod colon;
mod command;
mod complete;
mod declare;
mod dirs;
mod echo;
mod enable;
mod eval;
mod exec;
mod exit;
mod getopts;
mod hash;
mod help;
mod history;
mod jobs;
mod kill;
mod let_;
mod mapfile;
mod printf;
mod pwd;
mod read;
mod return_;
mod set;
mod shell;
mod shift;
mod shopt;
mod source;
mod test_;
mod times;
mod trap;
mod type_;
mod ulimit;
mod umask;
mod unset;
mod usage;
mod wait;

pub(crate) use bind::Bindings;

/// How a builtin is treated by the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A special builtin of POSIX (XCU 2.14).
    Special,
    /// Any other.
    Regular,
}

/// What runs.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// Takes its name and arguments.
    Words(fn(&mut Shell, &[Vec<u8>]) -> Exec),
    /// Takes assignments as such.
    Declare(fn(&mut Shell, Vec<DeclArg>) -> Exec),
}

/// A builtin.
pub(crate) struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// How it is treated.
    pub kind: Kind,
    /// What runs.
    pub run: Run,
}

const fn special(name: &'static str, run: fn(&mut Shell, &[Vec<u8>]) -> Exec) -> Builtin {
    Builtin {
        name,
        kind: Kind::Special,
        run: Run::Words(run),
    }
}

const fn regular(name: &'static str, run: fn(&mut Shell, &[Vec<u8>]) -> Exec) -> Builtin {
    Builtin {
        name,
        kind: Kind::Regular,
        run: Run::Words(run),
    }
}

const fn declaration(name: &'static str, kind: Kind, run: fn(&mut Shell, Vec<DeclArg>) -> Exec) -> Builtin {
    Builtin {
        name,
        kind,
        run: Run::Declare(run),
    }
}

/// All builtins, sorted by name.
static TABLE: &[Builtin] = &[
    special(".", source::run),
    special(":", colon::run_true),
    regular("[", test_::run),
    regular("alias", alias::alias),
    regular("bg", jobs::bg),
    regular("bind", bind::run),
    special("break", break_::break_),
    regular("builtin", builtin::run),
    regular("caller", caller::run),
    regular("cd", cd::run),
    regular("command", command::run),
    regular("compgen", complete::compgen),
    regular("complete", complete::complete),
    regular("compopt", complete::compopt),
    special("continue", break_::continue_),
    declaration("declare", Kind::Regular, declare::declare),
    regular("dirs", dirs::dirs),
    regular("disown", jobs::disown),
    regular("echo", echo::run),
    regular("enable", enable::run),
    special("eval", eval::run),
    special("exec", exec::run),
    special("exit", exit::run),
    declaration("export", Kind::Special, declare::export),
    regular("false", colon::run_false),
    regular("fc", history::fc),
    regular("fg", jobs::fg),
    regular("getopts", getopts::run),
    regular("hash", hash::run),
    regular("help", help::help),
    regular("history", history::history),
    regular("jobs", jobs::jobs),
    regular("kill", kill::run),
    regular("let", let_::run),
    declaration("local", Kind::Regular, declare::local),
    regular("logout", exit::logout),
    regular("mapfile", mapfile::run),
    regular("popd", dirs::popd),
    regular("printf", printf::run),
    regular("pushd", dirs::pushd),
    regular("pwd", pwd::run),
    regular("read", read::run),
    regular("readarray", mapfile::run),
    declaration("readonly", Kind::Special, declare::readonly),
    special("return", return_::run),
    special("set", set::run),
    special("shift", shift::run),
    regular("shopt", shopt::run),
    regular("source", source::run),
    regular("suspend", jobs::suspend),
    regular("test", test_::run),
    special("times", times::run),
    special("trap", trap::run),
    regular("true", colon::run_true),
    regular("type", type_::run),
    declaration("typeset", Kind::Regular, declare::typeset),
    regular("ulimit", ulimit::ulimit),
    regular("umask", umask::run),
    regular("unalias", alias::unalias),
    special("unset", unset::run),
    regular("wait", wait::run),
];

/// The builtin of a name.
#[inline]
pub(crate) fn find(name: &[u8]) -> Option<&'static Builtin> {
    TABLE
        .binary_search_by(|b| b.name.as_bytes().cmp(name))
        .ok()
        .map(|i| &TABLE[i])
}

/// Whether a name is that of a special builtin.
pub(crate) fn is_special(name: &[u8]) -> bool {
    find(name).is_some_and(|b| b.kind == Kind::Special)
}

/// All builtins.
pub(crate) fn all() -> &'static [Builtin] {
    TABLE
}

/// Whether a builtin also exists as a program in `/usr/bin`, so that `env`, `xargs` and paths find it; the shell itself does.
pub(crate) fn also_command(name: &[u8]) -> bool {
    matches!(
        name,
        b"bash" | b"sh" | b"echo" | b"false" | b"kill" | b"printf" | b"pwd" | b"test" | b"[" | b"true"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_is_sorted_so_that_it_can_be_searched() {
        assert!(super::TABLE.windows(2).all(|w| w[0].name < w[1].name));
    }
}
