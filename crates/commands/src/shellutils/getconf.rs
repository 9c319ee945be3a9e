//! `getconf`: limits of the system (POSIX `sysconf`, `pathconf`, `confstr`), those of Linux where a workspace has none.

use std::io::Write;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use crate::options::{Args, Spec, Suite, flag, value};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "getconf",
    "[-v SPEC] VAR\n[-v SPEC] PATH_VAR PATH",
    "Get the configuration value for variable VAR, or for variable PATH_VAR\nfor path PATH.",
    &[
        value("v", "", "SPEC", "give values for compilation environment SPEC"),
        flag("a", "", "print all"),
    ],
)
.suite(Suite::Other("compatible with GNU libc 2.36"));

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

/// Needs a path.
const OF_PATHS: &[(&str, &str)] = &[
    ("LINK_MAX", "65000"),
    ("MAX_CANON", "255"),
    ("MAX_INPUT", "255"),
    ("NAME_MAX", "255"),
    ("PATH_MAX", "4096"),
    ("PIPE_BUF", "4096"),
    ("SYMLINK_MAX", "undefined"),
    ("FILESIZEBITS", "64"),
    ("POSIX_CHOWN_RESTRICTED", "1"),
    ("_POSIX_CHOWN_RESTRICTED", "1"),
    ("_POSIX_NO_TRUNC", "1"),
];

const VALUES: &[(&str, &str)] = &[
    ("ARG_MAX", "2097152"),
    ("BC_BASE_MAX", "99"),
    ("BC_DIM_MAX", "2048"),
    ("BC_SCALE_MAX", "99"),
    ("BC_STRING_MAX", "1000"),
    ("CHAR_BIT", "8"),
    ("CHAR_MAX", "127"),
    ("CHAR_MIN", "-128"),
    ("CHILD_MAX", "65536"),
    ("CLK_TCK", "100"),
    ("COLL_WEIGHTS_MAX", "255"),
    ("EXPR_NEST_MAX", "32"),
    ("GNU_LIBC_VERSION", "glibc 2.36"),
    ("HOST_NAME_MAX", "64"),
    ("INT_MAX", "2147483647"),
    ("INT_MIN", "-2147483648"),
    ("IOV_MAX", "1024"),
    ("LEVEL1_DCACHE_LINESIZE", "64"),
    ("LINE_MAX", "2048"),
    ("LOGIN_NAME_MAX", "256"),
    ("LONG_BIT", "64"),
    ("LONG_MAX", "9223372036854775807"),
    ("NGROUPS_MAX", "65536"),
    ("OPEN_MAX", "1024"),
    ("PAGESIZE", "4096"),
    ("PAGE_SIZE", "4096"),
    ("PATH", "/bin:/usr/bin"),
    ("RE_DUP_MAX", "32767"),
    ("SCHAR_MAX", "127"),
    ("SHRT_MAX", "32767"),
    ("SSIZE_MAX", "32767"),
    ("STREAM_MAX", "16"),
    ("SYMLOOP_MAX", "40"),
    ("TTY_NAME_MAX", "32"),
    ("TZNAME_MAX", ""),
    ("UCHAR_MAX", "255"),
    ("UINT_MAX", "4294967295"),
    ("ULONG_MAX", "18446744073709551615"),
    ("USHRT_MAX", "65535"),
    ("WORD_BIT", "32"),
    ("_POSIX2_VERSION", "200809"),
    ("_POSIX_ARG_MAX", "2097152"),
    ("_POSIX_JOB_CONTROL", "1"),
    ("_POSIX_OPEN_MAX", "1024"),
    ("_POSIX_SAVED_IDS", "1"),
    ("_POSIX_VERSION", "200809"),
    ("_XOPEN_VERSION", "700"),
];

fn lookup(name: &[u8]) -> Option<String> {
    let threads = || {
        std::thread::available_parallelism()
            .map_or(1, std::num::NonZero::get)
            .to_string()
    };
    match name {
        b"_NPROCESSORS_ONLN" | b"_NPROCESSORS_CONF" => Some(threads()),
        _ => VALUES
            .iter()
            .find(|(n, _)| n.as_bytes() == name)
            .map(|(_, v)| (*v).to_string()),
    }
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if args.has("a") {
        let mut all: Vec<(&str, &str)> = VALUES.iter().chain(OF_PATHS).copied().collect();
        all.sort_unstable();
        for (name, value) in all {
            let line = format!("{name:<34} {value}\n");
            cx.stdout.buffer().extend_from_slice(line.as_bytes());
        }
        return status(true, 1);
    }
    let (Some(name), true) = (args.operands.first(), args.operands.len() <= 2) else {
        let usage = "Usage: getconf [-v specification] variable_name [pathname]\n       getconf -a [pathname]\n";
        let _ = cx.stderr.write_all(usage.as_bytes());
        return Ok(ExitStatus(2));
    };
    let of_path = OF_PATHS.iter().find(|(n, _)| n.as_bytes() == &name[..]);
    let text = match (args.operands.get(1), of_path) {
        (Some(path), Some((_, value))) => {
            cx.path(path).and_then(|p| cx.fs.stat(&p)).map_err(|e| {
                CommandError::fail(3, [&b"pathconf: "[..], path, b": ", e.gnu_text().as_bytes()].concat())
            })?;
            Some((*value).to_string())
        }
        (None, None) => lookup(name),
        _ => None,
    };
    match text {
        Some(text) => {
            cx.stdout.buffer().extend_from_slice(format!("{text}\n").as_bytes());
            status(true, 1)
        }
        None => Err(CommandError::fail(
            2,
            [&b"Unrecognized variable `"[..], name, b"'"].concat(),
        )),
    }
}
