//! `tree`: directories as a tree.

mod walk;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use crate::options::{Args, Order, Spec, Suite, flag, value};
use crate::tool::Tool;
use walk::{Options, Sort, Walk};

const SPEC: Spec = Spec::new(
    "tree",
    "[-acdfghilnpqrstuvxACDFJNQS] [-L level] [-P pattern] [-I pattern] [-o filename] [directory ...]",
    "List contents of directories in a tree-like format.",
    &[
        flag("a", "", "All files are listed."),
        flag("d", "", "List directories only."),
        flag("l", "", "Follow symbolic links like directories."),
        flag("f", "", "Print the full path prefix for each file."),
        flag("x", "", "Stay on current filesystem only."),
        value("L", "", "level", "Descend only level directories deep."),
        value(
            "P",
            "",
            "pattern",
            "List only those files that match the pattern given.",
        ),
        value("I", "", "pattern", "Do not list files that match the given pattern."),
        flag("", "ignore-case", "Ignore case when pattern matching."),
        flag("", "matchdirs", "Include directory names in -P pattern matching."),
        flag("", "prune", "Prune empty directories from the output."),
        flag("", "noreport", "Turn off file/directory count at end of tree listing."),
        value(
            "",
            "charset",
            "X",
            "Use charset X for terminal/HTML and indentation line output.",
        ),
        value(
            "",
            "filelimit",
            "#",
            "Do not descend dirs with more than # files in them.",
        ),
        value("o", "", "filename", "Output to file instead of stdout."),
        flag("q", "", "Print non-printable characters as '?'."),
        flag("N", "", "Print non-printable characters as is."),
        flag("Q", "", "Quote filenames with double quotes."),
        flag("p", "", "Print the protections for each file."),
        flag("u", "", "Displays file owner or UID number."),
        flag("g", "", "Displays file group owner or GID number."),
        flag("s", "", "Print the size in bytes of each file."),
        flag("h", "", "Print the size in a more human readable way."),
        flag("", "si", "Like -h, but use in SI units (powers of 1000)."),
        flag("", "du", "Compute size of directories by their contents."),
        flag("D", "", "Print the date of last modification."),
        value("", "timefmt", "f", "Print and format time according to the format <f>."),
        flag("F", "", "Appends '/', '=', '*', '@', '|' or '>' as per ls -F."),
        flag("", "inodes", "Print inode number of each file."),
        flag("v", "", "Sort files alphanumerically by version."),
        flag("t", "", "Sort files by last modification time."),
        flag("c", "", "Sort files by last status change time."),
        flag("U", "", "Leave files unsorted."),
        flag("r", "", "Reverse the order of the sort."),
        flag("", "dirsfirst", "List directories before files."),
        flag("", "filesfirst", "List files before directories."),
        value("", "sort", "X", "Select sort: name,version,size,mtime,ctime."),
        flag("i", "", "Don't print indentation lines."),
        flag("A", "", "Print ANSI lines graphic indentation lines."),
        flag("S", "", "Print with CP437 (console) graphics indentation lines."),
        flag("n", "", "Turn colorization off always."),
        flag("C", "", "Turn colorization on always."),
        flag("J", "", "Prints out an JSON representation of the tree."),
    ],
)
.order(Order::Permute)
.suite(Suite::Other("Debian compatible) 2.1.0"));

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut o = Options {
        utf8: charset_utf8(cx),
        ..Options::default()
    };
    for item in &args.options {
        let v = item.value();
        match item.key {
            "a" => o.all = true,
            "d" => o.dirs_only = true,
            "l" => o.follow = true,
            "f" => o.full_path = true,
            "x" => o.one_system = true,
            "L" => {
                o.level = match crate::number::decimal(v) {
                    Ok(n) if n > 0 => Some(n as usize),
                    _ => return Err(CommandError::fail(1, "Invalid level, must be greater than 0.")),
                };
            }
            "P" => o.patterns.push(v.to_vec()),
            "I" => o.ignore.push(v.to_vec()),
            "ignore-case" => o.icase = true,
            "matchdirs" => o.match_dirs = true,
            "prune" => o.prune = true,
            "noreport" => o.report = false,
            "charset" => {
                let name = String::from_utf8_lossy(v).to_ascii_lowercase();
                o.utf8 = matches!(&name[..], "utf-8" | "utf8");
            }
            "filelimit" => o.file_limit = crate::number::decimal(v).ok().map(|n| n as usize),
            "q" => o.hide_control = true,
            "N" => o.hide_control = false,
            "Q" => o.quote = true,
            "p" => o.protections = true,
            "u" => o.owner = true,
            "g" => o.group = true,
            "s" => o.size = true,
            "h" => (o.size, o.human) = (true, Some(crate::human::Scale::Human)),
            "si" => (o.size, o.human) = (true, Some(crate::human::Scale::Si)),
            "du" => (o.size, o.du) = (true, true),
            "D" => o.date = Some(o.date.take().unwrap_or_default()),
            "timefmt" => o.date = Some(v.to_vec()),
            "F" => o.classify = true,
            "inodes" => o.inodes = true,
            "v" => o.sort = Sort::Version,
            "t" => o.sort = Sort::Modified,
            "c" => o.sort = Sort::Changed,
            "U" => o.sort = Sort::None,
            "r" => o.reverse = true,
            "dirsfirst" => o.dirs_first = Some(true),
            "filesfirst" => o.dirs_first = Some(false),
            "sort" => {
                o.sort = match v {
                    b"name" => Sort::Name,
                    b"version" => Sort::Version,
                    b"size" => Sort::Size,
                    b"mtime" => Sort::Modified,
                    b"ctime" => Sort::Changed,
                    b"none" => Sort::None,
                    _ => {
                        return Err(CommandError::fail(
                            1,
                            [
                                &b"sort type '"[..],
                                v,
                                b"' not valid, should be one of: name,version,size,mtime,ctime,none",
                            ]
                            .concat(),
                        ));
                    }
                };
            }
            "i" => o.indent = false,
            "C" => o.color = true,
            "n" => o.color = false,
            "J" => o.json = true,
            _ => {}
        }
    }
    let roots = if args.operands.is_empty() {
        vec![b".".to_vec()]
    } else {
        args.operands.clone()
    };
    let mut walk = Walk::new(cx, o);
    let ok = walk.run(cx, &roots)?;
    if let Some(file) = args.last("o") {
        let mut out = crate::output::open(cx, file, vfs::OpenOptions::writing())
            .map_err(|_| CommandError::fail(1, [&b"invalid filename '"[..], file, b"'"].concat()))?;
        out.write_bytes(walk.text.into())?;
        out.flush_now()?;
    } else {
        cx.stdout.write_bytes(walk.text.into())?;
    }
    Ok(ExitStatus(if ok { 0 } else { 2 }))
}

/// Lines are drawn with box characters where the locale says UTF-8, and only there.
fn charset_utf8(cx: &Context<'_>) -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|v| cx.var(v).filter(|s| !s.is_empty()))
        .is_some_and(|s| {
            let name = String::from_utf8_lossy(s).to_ascii_lowercase();
            name.ends_with("utf-8") || name.ends_with("utf8")
        })
}
