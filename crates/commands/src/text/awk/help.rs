//! Texts of `--help` and `--version`.

/// The answer to `--version`: the dialect that is spoken.
pub const VERSION: &str = "GNU Awk 5.2.1 compatible, POSIX 1003.1\n";

/// Short option, long option, argument; an argument in brackets may only be attached.
const OPTIONS: &[(&str, &str, &str)] = &[
    ("f", "file", "progfile"),
    ("F", "field-separator", "fs"),
    ("v", "assign", "var=val"),
    ("b", "characters-as-bytes", ""),
    ("c", "traditional", ""),
    ("e", "source", "'program-text'"),
    ("E", "exec", "file"),
    ("h", "help", ""),
    ("i", "include", "includefile"),
    ("n", "non-decimal-data", ""),
    ("O", "optimize", ""),
    ("P", "posix", ""),
    ("r", "re-interval", ""),
    ("s", "no-optimize", ""),
    ("S", "sandbox", ""),
    ("V", "version", ""),
];

/// How the command is used.
pub fn usage(name: &str) -> String {
    let mut out = format!(
        "Usage: {name} [POSIX or GNU style options] -f progfile [--] file ...\n\
         Usage: {name} [POSIX or GNU style options] [--] 'program' file ...\n\
         POSIX options:\t\tGNU long options:\n"
    );
    for (short, long, argument) in OPTIONS {
        let (space, equals) = if argument.is_empty() { ("", "") } else { (" ", "=") };
        let left = format!("-{short}{space}{argument}");
        out.push_str(&format!("\t{left:<16}--{long}{equals}{argument}\n"));
    }
    out
}
