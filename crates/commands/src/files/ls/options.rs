//! The options of `ls`.

use shell::command::{CommandError, Context};

use crate::glob::Glob;
use crate::human::Scale;
use crate::options::{Args, Spec, flag, optional, value};
use crate::quote::{self, quote};

pub(super) const SPEC: Spec = Spec::new(
    "ls",
    "[OPTION]... [FILE]...",
    "List information about the FILEs (the current directory by default).\n\
     Sort entries alphabetically if none of -cftuvSUX nor --sort is specified.",
    &[
        flag("a", "all", "do not ignore entries starting with ."),
        flag("A", "almost-all", "do not list implied . and .."),
        flag("", "author", "with -l, print the author of each file"),
        flag("b", "escape", "print C-style escapes for nongraphic characters"),
        value("", "block-size", "SIZE", "with -l, scale sizes by SIZE when printing them"),
        flag("B", "ignore-backups", "do not list implied entries ending with ~"),
        flag("c", "", "with -lt: sort by, and show, ctime;\nwith -l: show ctime and sort by name;\notherwise: sort by ctime, newest first"),
        flag("C", "", "list entries by columns"),
        optional("", "color", "WHEN", "color the output WHEN"),
        flag("d", "directory", "list directories themselves, not their contents"),
        flag("D", "dired", ""),
        flag("f", "", "list all entries in directory order"),
        optional("F", "classify", "WHEN", "append indicator (one of */=>@|) to entries WHEN"),
        flag("", "file-type", "likewise, except do not append '*'"),
        value("", "format", "WORD", "across -x, commas -m, horizontal -x, long -l,\nsingle-column -1, verbose -l, vertical -C"),
        flag("", "full-time", "like -l --time-style=full-iso"),
        flag("g", "", "like -l, but do not list owner"),
        flag("", "group-directories-first", "group directories before files"),
        flag("G", "no-group", "in a long listing, don't print group names"),
        flag("h", "human-readable", "with -l and -s, print sizes like 1K 234M 2G etc."),
        flag("", "si", "likewise, but use powers of 1000 not 1024"),
        flag("H", "dereference-command-line", "follow symbolic links listed on the command line"),
        flag("", "dereference-command-line-symlink-to-dir", "follow each command line symbolic link\nthat points to a directory"),
        value("", "hide", "PATTERN", "do not list implied entries matching shell PATTERN"),
        optional("", "hyperlink", "WHEN", ""),
        value("", "indicator-style", "WORD", "append indicator with style WORD to entry names"),
        flag("i", "inode", "print the index number of each file"),
        value("I", "ignore", "PATTERN", "do not list implied entries matching shell PATTERN"),
        flag("k", "kibibytes", "default to 1024-byte blocks for file system usage"),
        flag("l", "", "use a long listing format"),
        flag("L", "dereference", "when showing file information for a symbolic\n  link, show information for the file the link\n  references rather than for the link itself"),
        flag("m", "", "fill width with a comma separated list of entries"),
        flag("n", "numeric-uid-gid", "like -l, but list numeric user and group IDs"),
        flag("N", "literal", "print entry names without quoting"),
        flag("o", "", "like -l, but do not list group information"),
        flag("p", "", "append / indicator to directories"),
        flag("q", "hide-control-chars", "print ? instead of nongraphic characters"),
        flag("", "show-control-chars", "show nongraphic characters as-is"),
        flag("Q", "quote-name", "enclose entry names in double quotes"),
        value("", "quoting-style", "WORD", "use quoting style WORD for entry names"),
        flag("r", "reverse", "reverse order while sorting"),
        flag("R", "recursive", "list subdirectories recursively"),
        flag("s", "size", "print the allocated size of each file, in blocks"),
        flag("S", "", "sort by file size, largest first"),
        value("", "sort", "WORD", "sort by WORD instead of name: none (-U), size (-S),\ntime (-t), version (-v), extension (-X), width"),
        value("", "time", "WORD", "change the default of using modification times"),
        value("", "time-style", "TIME_STYLE", "time/date format with -l"),
        flag("t", "", "sort by time, newest first"),
        value("T", "tabsize", "COLS", "assume tab stops at each COLS instead of 8"),
        flag("u", "", "with -lt: sort by, and show, access time"),
        flag("U", "", "do not sort; list entries in directory order"),
        flag("v", "", "natural sort of (version) numbers within text"),
        value("w", "width", "COLS", "set output width to COLS.  0 means no limit"),
        flag("x", "", "list entries by lines instead of by columns"),
        flag("X", "", "sort alphabetically by entry extension"),
        flag("Z", "context", ""),
        flag("", "zero", "end each output line with NUL, not newline"),
        flag("1", "", "list one file per line"),
    ],
)
.trouble(2);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    OnePerLine,
    Long,
    Commas,
    Columns,
    Across,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Name,
    None,
    Size,
    Time,
    Version,
    Extension,
    Width,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    Modified,
    Accessed,
    Changed,
    Born,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Indicator {
    None,
    Slash,
    FileType,
    Classify,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    Literal,
    Shell,
    ShellAlways,
    C,
    CMaybe,
    Escape,
    Locale,
    CLocale,
}

/// How times are shown in a long listing.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum TimeStyle {
    FullIso,
    LongIso,
    Iso,
    Locale,
    /// For older times and for recent ones.
    Custom(Vec<u8>, Vec<u8>),
}

pub(super) struct Options {
    pub all: bool,
    almost_all: bool,
    backups: bool,
    pub directory: bool,
    pub dereference: bool,
    dereference_operands: bool,
    pub format: Format,
    pub sort: Sort,
    pub reverse: bool,
    pub dirs_first: bool,
    pub time: Stamp,
    pub time_style: TimeStyle,
    pub recursive: bool,
    pub inode: bool,
    pub blocks: bool,
    pub block_scale: Scale,
    pub size_scale: Scale,
    pub numeric: bool,
    pub owner: bool,
    pub group: bool,
    pub author: bool,
    pub indicator: Indicator,
    quoting: Quoting,
    hide_control: bool,
    pub width: usize,
    pub tab: usize,
    pub color: Option<super::color::Colors>,
    pub end: u8,
    ignore: Vec<Glob>,
    hide: Vec<Glob>,
}

fn when(cx: &Context<'_>, option: &str, v: Option<&Vec<u8>>) -> Result<bool, CommandError> {
    let table = [
        ("always", 2),
        ("yes", 2),
        ("force", 2),
        ("never", 0),
        ("no", 0),
        ("none", 0),
        ("auto", 1),
        ("tty", 1),
        ("if-tty", 1),
    ];
    match v {
        None => Ok(true),
        // There is no terminal.
        Some(v) => Ok(SPEC.trouble(1).choose(cx, option, v, &table)? == 2),
    }
}

impl Options {
    pub fn read(cx: &mut Context<'_>, args: &Args) -> Result<Self, CommandError> {
        let mut o = Self {
            all: false,
            almost_all: false,
            backups: true,
            directory: false,
            dereference: false,
            dereference_operands: false,
            format: match &cx.name[..] {
                b"dir" => Format::Columns,
                b"vdir" => Format::Long,
                _ => Format::OnePerLine,
            },
            sort: Sort::Name,
            reverse: false,
            dirs_first: false,
            time: Stamp::Modified,
            time_style: TimeStyle::Locale,
            recursive: false,
            inode: false,
            blocks: false,
            block_scale: Scale::Unit(1024, None),
            size_scale: Scale::Unit(1, None),
            numeric: false,
            owner: true,
            group: true,
            author: false,
            indicator: Indicator::None,
            quoting: if &cx.name[..] == b"ls" {
                Quoting::Literal
            } else {
                Quoting::Escape
            },
            hide_control: false,
            width: 80,
            tab: 8,
            color: None,
            end: b'\n',
            ignore: Vec::new(),
            hide: Vec::new(),
        };
        if let Some(text) = cx.var("COLUMNS").filter(|t| !t.is_empty()) {
            match crate::number::decimal(text) {
                Ok(n) => o.width = n as usize,
                Err(_) => {
                    let m = [
                        &b"ignoring invalid width in environment variable COLUMNS: "[..],
                        &quote(text),
                    ]
                    .concat();
                    cx.warn(m);
                }
            }
        }
        if let Some(text) = cx.var("QUOTING_STYLE")
            && let Ok(q) = quoting(cx, text)
        {
            o.quoting = q;
        }
        let mut style: Option<Vec<u8>> = cx.var("TIME_STYLE").map(<[u8]>::to_vec);
        let (mut sort_given, mut kibibytes, mut block_size, mut time_given) = (false, false, None, false);
        for item in &args.options {
            let v = item.value();
            let sort = |s: Sort, o: &mut Self, given: &mut bool| {
                o.sort = s;
                *given = true;
            };
            match item.key {
                "all" => (o.all, o.almost_all) = (true, false),
                "almost-all" => (o.all, o.almost_all) = (false, true),
                "author" => o.author = true,
                "escape" => o.quoting = Quoting::Escape,
                "block-size" => {
                    let scale = Scale::parse(v).ok_or_else(|| {
                        CommandError::fail(2, [&b"invalid --block-size argument "[..], &quote::quoteaf(v)].concat())
                    })?;
                    block_size = Some(scale);
                    o.size_scale = scale;
                }
                "ignore-backups" => o.backups = false,
                "c" => (o.time, time_given) = (Stamp::Changed, true),
                "u" => (o.time, time_given) = (Stamp::Accessed, true),
                "C" => o.format = Format::Columns,
                "color" => {
                    o.color = if when(cx, "--color", item.value.as_ref())? {
                        super::color::Colors::load(cx)
                    } else {
                        None
                    };
                }
                "directory" => o.directory = true,
                "dired" => return Err(CommandError::fail(2, "--dired is not supported")),
                "f" => {
                    o.all = true;
                    sort(Sort::None, &mut o, &mut sort_given);
                    o.color = None;
                    if o.format == Format::Long {
                        o.format = Format::OnePerLine;
                    }
                }
                "classify" if when(cx, "--classify", item.value.as_ref())? => {
                    o.indicator = Indicator::Classify;
                }
                "file-type" => o.indicator = Indicator::FileType,
                "format" => {
                    o.format = SPEC.trouble(1).choose(
                        cx,
                        "--format",
                        v,
                        &[
                            ("verbose", Format::Long),
                            ("long", Format::Long),
                            ("commas", Format::Commas),
                            ("horizontal", Format::Across),
                            ("across", Format::Across),
                            ("vertical", Format::Columns),
                            ("single-column", Format::OnePerLine),
                        ],
                    )?;
                }
                "full-time" => {
                    o.format = Format::Long;
                    style = Some(b"full-iso".to_vec());
                }
                "g" => (o.format, o.owner) = (Format::Long, false),
                "group-directories-first" => o.dirs_first = true,
                "no-group" => o.group = false,
                "human-readable" => {
                    (o.size_scale, block_size) = (Scale::Human, Some(Scale::Human));
                }
                "si" => (o.size_scale, block_size) = (Scale::Si, Some(Scale::Si)),
                "dereference-command-line" | "dereference-command-line-symlink-to-dir" => {
                    o.dereference_operands = true;
                }
                "hide" => o.hide.push(Glob::new(v, false)),
                "indicator-style" => {
                    o.indicator = SPEC.trouble(1).choose(
                        cx,
                        "--indicator-style",
                        v,
                        &[
                            ("none", Indicator::None),
                            ("slash", Indicator::Slash),
                            ("file-type", Indicator::FileType),
                            ("classify", Indicator::Classify),
                        ],
                    )?;
                }
                "inode" => o.inode = true,
                "ignore" => o.ignore.push(Glob::new(v, false)),
                "kibibytes" => kibibytes = true,
                "l" => o.format = Format::Long,
                "dereference" => o.dereference = true,
                "m" => o.format = Format::Commas,
                "numeric-uid-gid" => (o.format, o.numeric) = (Format::Long, true),
                "literal" => o.quoting = Quoting::Literal,
                "o" => (o.format, o.group) = (Format::Long, false),
                "p" => o.indicator = Indicator::Slash,
                "hide-control-chars" => o.hide_control = true,
                "show-control-chars" => o.hide_control = false,
                "quote-name" => o.quoting = Quoting::C,
                "quoting-style" => o.quoting = quoting(cx, v)?,
                "reverse" => o.reverse = true,
                "recursive" => o.recursive = true,
                "size" => o.blocks = true,
                "S" => sort(Sort::Size, &mut o, &mut sort_given),
                "sort" => {
                    let s = SPEC.trouble(1).choose(
                        cx,
                        "--sort",
                        v,
                        &[
                            ("none", Sort::None),
                            ("time", Sort::Time),
                            ("size", Sort::Size),
                            ("extension", Sort::Extension),
                            ("version", Sort::Version),
                            ("width", Sort::Width),
                        ],
                    )?;
                    sort(s, &mut o, &mut sort_given);
                }
                "time" => {
                    o.time = SPEC.trouble(1).choose(
                        cx,
                        "--time",
                        v,
                        &[
                            ("atime", Stamp::Accessed),
                            ("access", Stamp::Accessed),
                            ("use", Stamp::Accessed),
                            ("ctime", Stamp::Changed),
                            ("status", Stamp::Changed),
                            ("birth", Stamp::Born),
                            ("creation", Stamp::Born),
                        ],
                    )?;
                    time_given = true;
                }
                "time-style" => style = Some(v.to_vec()),
                "t" => sort(Sort::Time, &mut o, &mut sort_given),
                "tabsize" => {
                    o.tab = crate::number::decimal(v)
                        .map_err(|_| CommandError::fail(2, [&b"invalid tab size: "[..], &quote(v)].concat()))?
                        as usize;
                }
                "U" => sort(Sort::None, &mut o, &mut sort_given),
                "v" => sort(Sort::Version, &mut o, &mut sort_given),
                "width" => {
                    o.width = crate::number::decimal(v)
                        .map_err(|_| CommandError::fail(2, [&b"invalid line width: "[..], &quote(v)].concat()))?
                        as usize;
                }
                "x" => o.format = Format::Across,
                "X" => sort(Sort::Extension, &mut o, &mut sort_given),
                "zero" => {
                    o.end = 0;
                    o.color = None;
                    o.quoting = Quoting::Literal;
                    if o.format != Format::Long {
                        o.format = Format::OnePerLine;
                    }
                }
                // With -l, -1 changes nothing.
                "1" if o.format != Format::Long => o.format = Format::OnePerLine,
                _ => {}
            }
        }
        if o.width == 0 {
            o.width = usize::MAX;
        }
        if time_given && !sort_given && o.format != Format::Long {
            o.sort = Sort::Time;
        }
        if let Some(scale) = block_size {
            o.block_scale = scale;
        } else if kibibytes {
            o.block_scale = Scale::Unit(1024, None);
        }
        if o.format == Format::Long
            && let Some(style) = style
        {
            o.time_style = time_style(cx, &style)?;
        }
        if o.directory {
            o.recursive = false;
        }
        Ok(o)
    }

    /// Whether an entry of a directory is listed.
    pub fn shows(&self, name: &[u8]) -> bool {
        let dot = name.first() == Some(&b'.');
        let implied = !self.all && !self.almost_all;
        if dot && implied {
            return false;
        }
        let backup = !self.backups && name.last() == Some(&b'~');
        let hidden = implied && self.hide.iter().any(|g| g.matches(name));
        !(backup || hidden || self.ignore.iter().any(|g| g.matches(name)))
    }

    /// Whether a link to a directory on the command line stands for that directory.
    pub fn follow_operands(&self) -> bool {
        self.dereference
            || self.dereference_operands
            || !(self.directory || self.format == Format::Long || self.indicator == Indicator::Classify)
    }

    /// Whether more than the name is needed of an entry.
    pub fn needs_stat(&self) -> bool {
        self.format == Format::Long
            || self.inode
            || self.blocks
            || self.recursive
            || self.dirs_first
            || self.dereference
            || self.indicator != Indicator::None
            || self.color.is_some()
            || matches!(self.sort, Sort::Time | Sort::Size)
    }

    /// A name as it is shown.
    pub fn quoted(&self, name: &[u8]) -> Vec<u8> {
        match self.quoting {
            Quoting::Literal if self.hide_control => quote::hide(name),
            Quoting::Literal => name.to_vec(),
            Quoting::Shell => quote::shell_escape(name, false, false),
            Quoting::ShellAlways => quote::shell_escape(name, true, false),
            Quoting::C | Quoting::CLocale => quote::quote_c(name),
            Quoting::CMaybe if quote::quote_c(name).len() == name.len() + 2 => name.to_vec(),
            Quoting::CMaybe => quote::quote_c(name),
            Quoting::Escape => quote::escape(name),
            Quoting::Locale => quote::quote(name),
        }
    }
}

fn quoting(cx: &Context<'_>, text: &[u8]) -> Result<Quoting, CommandError> {
    SPEC.trouble(1).choose(
        cx,
        "--quoting-style",
        text,
        &[
            ("literal", Quoting::Literal),
            ("shell", Quoting::Shell),
            ("shell-always", Quoting::ShellAlways),
            ("shell-escape", Quoting::Shell),
            ("shell-escape-always", Quoting::ShellAlways),
            ("c", Quoting::C),
            ("c-maybe", Quoting::CMaybe),
            ("escape", Quoting::Escape),
            ("locale", Quoting::Locale),
            ("clocale", Quoting::CLocale),
        ],
    )
}

fn time_style(cx: &Context<'_>, text: &[u8]) -> Result<TimeStyle, CommandError> {
    let text = text.strip_prefix(b"posix-").unwrap_or(text);
    if let Some(format) = text.strip_prefix(b"+") {
        let mut parts = format.splitn(2, |b| *b == b'\n');
        let old = parts.next().unwrap_or_default().to_vec();
        let recent = parts.next().map_or_else(|| old.clone(), <[u8]>::to_vec);
        return Ok(TimeStyle::Custom(old, recent));
    }
    for (word, style) in [
        ("full-iso", TimeStyle::FullIso),
        ("long-iso", TimeStyle::LongIso),
        ("iso", TimeStyle::Iso),
        ("locale", TimeStyle::Locale),
    ] {
        if word.as_bytes() == text || (word.as_bytes().starts_with(text) && !text.is_empty()) {
            return Ok(style);
        }
    }
    Err(SPEC.usage_error(
        cx,
        [
            &b"invalid argument "[..],
            &quote(text),
            b" for 'time style'\nValid arguments are:\n  - [posix-]full-iso\n  - [posix-]long-iso\n  - [posix-]iso\n  - [posix-]locale\n  - +FORMAT (e.g., +%H:%M) for a 'date'-style format",
        ]
        .concat(),
    ))
}
