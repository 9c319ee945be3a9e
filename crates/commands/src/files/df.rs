//! `df`: the space of mounts.

use std::sync::Arc;

use shell::command::{CommandError, CommandResult, Context};
use unicode_width::UnicodeWidthStr;
use vfs::mount::Mount;
use vfs::resource::SpaceInfo;

use crate::human::Scale;
use crate::input;
use crate::options::{Args, Spec, flag, optional, value};
use crate::quote::quote;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "df",
    "[OPTION]... [FILE]...",
    "Show information about the file system on which each FILE resides,\nor all file systems by default.",
    &[
        flag("a", "all", "include pseudo, duplicate,\nand inaccessible file systems"),
        value("B", "block-size", "SIZE", "scale sizes by SIZE before printing them"),
        flag("h", "human-readable", "print sizes in powers of 1024 (e.g., 1023M)"),
        flag("H", "si", "print sizes in powers of 1000 (e.g., 1.1G)"),
        flag("i", "inodes", "list inode information instead of block usage"),
        flag("k", "", "like --block-size=1K"),
        flag("l", "local", "limit listing to local file systems"),
        flag("", "no-sync", "do not invoke sync before getting usage info (default)"),
        optional(
            "",
            "output",
            "FIELD_LIST",
            "use the output format defined by FIELD_LIST,\nor print all fields if FIELD_LIST is omitted.",
        ),
        flag("P", "portability", "use the POSIX output format"),
        flag("", "sync", "invoke sync before getting usage info"),
        flag(
            "",
            "total",
            "elide all entries insignificant to available space,\nand produce a grand total",
        ),
        value("t", "type", "TYPE", "limit listing to file systems of type TYPE"),
        flag("T", "print-type", "print file system type"),
        value(
            "x",
            "exclude-type",
            "TYPE",
            "limit listing to file systems not of type TYPE",
        ),
        flag("v", "", "(ignored)"),
    ],
)
.notes(
    "FIELD_LIST is a comma-separated list of columns to be included.  Valid\n\
     field names are: 'source', 'fstype', 'itotal', 'iused', 'iavail', 'ipcent',\n\
     'size', 'used', 'avail', 'pcent', 'file' and 'target' (see info page).",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Source,
    Type,
    Inodes,
    InodesUsed,
    InodesFree,
    InodePercent,
    Size,
    Used,
    Free,
    Percent,
    File,
    Target,
}

const FIELDS: [(&str, Field); 12] = [
    ("source", Field::Source),
    ("fstype", Field::Type),
    ("itotal", Field::Inodes),
    ("iused", Field::InodesUsed),
    ("iavail", Field::InodesFree),
    ("ipcent", Field::InodePercent),
    ("size", Field::Size),
    ("used", Field::Used),
    ("avail", Field::Free),
    ("pcent", Field::Percent),
    ("file", Field::File),
    ("target", Field::Target),
];

struct Row {
    source: String,
    kind: String,
    file: Vec<u8>,
    target: Vec<u8>,
    space: Option<SpaceInfo>,
}

fn fields(cx: &Context<'_>, args: &Args) -> Result<Vec<Field>, CommandError> {
    if args.has("output") {
        for other in ["inodes", "portability", "print-type"] {
            if args.has(other) {
                let letter = match other {
                    "inodes" => "-i",
                    "portability" => "-P",
                    _ => "-T",
                };
                let text = format!("options {letter} and --output are mutually exclusive");
                return Err(SPEC.usage_error(cx, text));
            }
        }
        let mut list: Vec<Field> = Vec::new();
        for item in args.options.iter().filter(|o| o.key == "output") {
            let Some(text) = &item.value else { continue };
            for word in text.split(|b| *b == b',') {
                let Some((_, field)) = FIELDS.iter().find(|(n, _)| n.as_bytes() == word) else {
                    return Err(SPEC.usage_error(
                        cx,
                        [&b"option --output: field "[..], &quote(word), b" unknown"].concat(),
                    ));
                };
                if list.contains(field) {
                    let text = [&b"option --output: field "[..], &quote(word), b" used more than once"].concat();
                    return Err(SPEC.usage_error(cx, text));
                }
                list.push(*field);
            }
        }
        if list.is_empty() {
            list = FIELDS.iter().map(|(_, f)| *f).collect();
        }
        return Ok(list);
    }
    let mut list = vec![Field::Source];
    if args.has("print-type") {
        list.push(Field::Type);
    }
    list.extend(if args.has("inodes") {
        [Field::Inodes, Field::InodesUsed, Field::InodesFree, Field::InodePercent]
    } else {
        [Field::Size, Field::Used, Field::Free, Field::Percent]
    });
    list.push(Field::Target);
    Ok(list)
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let posix = args.has("portability");
    let mut scale = Scale::Unit(1024, None);
    if let Some(text) = ["DF_BLOCK_SIZE", "BLOCK_SIZE", "BLOCKSIZE"]
        .iter()
        .find_map(|v| cx.var(v))
    {
        scale = Scale::parse(text).unwrap_or(scale);
    } else if cx.var("POSIXLY_CORRECT").is_some() {
        scale = Scale::Unit(512, None);
    }
    for o in &args.options {
        scale = match o.key {
            "human-readable" => Scale::Human,
            "si" => Scale::Si,
            "k" => Scale::Unit(1024, None),
            "block-size" => Scale::parse(o.value())
                .ok_or_else(|| CommandError::fail(1, [&b"invalid -B argument "[..], &quote(o.value())].concat()))?,
            _ => scale,
        };
    }
    let list = fields(cx, &args)?;
    let chosen = |kind: &str| {
        let has = |key: &str| {
            args.options
                .iter()
                .any(|o| o.key == key && o.value() == kind.as_bytes())
        };
        let any = args.options.iter().any(|o| o.key == "type");
        (!any || has("type")) && !has("exclude-type")
    };
    let (mut rows, mut ok) = (Vec::new(), true);
    let mounts = cx.fs.fs().vfs().mounts().snapshot();
    if args.operands.is_empty() {
        let mut sorted: Vec<Arc<Mount>> = mounts
            .iter()
            .filter(|m| args.has("all") || !m.infrastructure)
            .cloned()
            .collect();
        sorted.sort_by(|a, b| a.prefix.as_bytes().cmp(b.prefix.as_bytes()));
        for mount in sorted {
            rows.push(row(cx, &mount, b"-", args.has("all"))?);
        }
        rows.retain(|r| r.space.is_some() || args.has("all"));
    }
    for name in &args.operands {
        match cx.path(name).and_then(|p| cx.fs.stat(&p).map(|_| p)) {
            Ok(path) => {
                if let Some((mount, _)) = cx.fs.fs().vfs().mounts().find(&path) {
                    rows.push(row(cx, &mount, name, true)?);
                }
            }
            Err(e) => {
                ok = false;
                input::warn(cx, name, &e)?;
            }
        }
    }
    rows.retain(|r| chosen(&r.kind));
    if rows.is_empty() {
        if ok {
            return Err(CommandError::fail(1, "no file systems processed"));
        }
        return status(false, 1);
    }
    if args.has("total") {
        rows.push(total(&rows));
    }
    print(cx, &rows, &list, scale, posix)?;
    status(ok, 1)
}

fn row(cx: &Context<'_>, mount: &Mount, file: &[u8], named: bool) -> Result<Row, CommandError> {
    let space = match cx.fs.space(&mount.prefix) {
        Ok(space) => space,
        Err(e) if e.errno() == vfs::Errno::ECANCELED => return Err(e.into()),
        Err(_) => None,
    };
    let kind = mount.resource.kind().to_string();
    Ok(Row {
        source: kind.clone(),
        kind,
        file: file.to_vec(),
        target: mount.prefix.as_bytes().to_vec(),
        // A backend that cannot say is shown only when asked for.
        space: if named { Some(space.unwrap_or(NOTHING)) } else { space },
    })
}

const NOTHING: SpaceInfo = SpaceInfo {
    total: 0,
    free: 0,
    files: 0,
    files_free: 0,
};

fn total(rows: &[Row]) -> Row {
    let mut sum = NOTHING;
    for s in rows.iter().filter_map(|r| r.space) {
        sum.total = sum.total.saturating_add(s.total);
        sum.free = sum.free.saturating_add(s.free);
        sum.files = sum.files.saturating_add(s.files);
        sum.files_free = sum.files_free.saturating_add(s.files_free);
    }
    Row {
        source: "total".into(),
        kind: "-".into(),
        file: b"-".to_vec(),
        target: b"-".to_vec(),
        space: Some(sum),
    }
}

fn percent(used: u64, free: u64) -> String {
    let all = u128::from(used) + u128::from(free);
    match (u128::from(used) * 100).checked_div(all) {
        None => "-".to_string(),
        Some(whole) if whole * all == u128::from(used) * 100 => format!("{whole}%"),
        Some(whole) => format!("{}%", whole + 1),
    }
}

fn cell(row: &Row, field: Field, scale: Scale) -> Vec<u8> {
    let s = row.space.unwrap_or(NOTHING);
    // What a backend without limits does not count is shown as `-`.
    let bytes = |n: u64| if s.total == 0 { "-".to_string() } else { scale.show(n) };
    let count = |n: u64| match (s.files, scale) {
        (0, _) => "-".to_string(),
        (_, Scale::Unit(..)) => n.to_string(),
        _ => scale.show(n),
    };
    let text = match field {
        Field::Source => row.source.clone(),
        Field::Type => row.kind.clone(),
        Field::Inodes => count(s.files),
        Field::InodesUsed => count(s.files.saturating_sub(s.files_free)),
        Field::InodesFree => count(s.files_free),
        Field::InodePercent => percent(s.files.saturating_sub(s.files_free), s.files_free),
        Field::Size => bytes(s.total),
        Field::Used => bytes(s.total.saturating_sub(s.free)),
        Field::Free => bytes(s.free),
        Field::Percent => percent(s.total.saturating_sub(s.free), s.free),
        Field::File => return row.file.clone(),
        Field::Target => return row.target.clone(),
    };
    text.into_bytes()
}

fn heading(field: Field, scale: Scale, posix: bool, custom: bool) -> String {
    let blocks = || match scale {
        Scale::Human | Scale::Si if !posix => "Size".to_string(),
        Scale::Unit(n, _) if posix => format!("{n}-blocks"),
        Scale::Unit(1024, _) => "1K-blocks".to_string(),
        Scale::Unit(n, _) => match [(1u64 << 40, "T"), (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")]
            .iter()
            .find(|(unit, _)| n.is_multiple_of(*unit))
        {
            Some((unit, letter)) => format!("{}{letter}-blocks", n / unit),
            None => format!("{n}B-blocks"),
        },
        _ => "1024-blocks".to_string(),
    };
    let human = matches!(scale, Scale::Human | Scale::Si) && !posix && !custom;
    match field {
        Field::Source => "Filesystem".into(),
        Field::Type => "Type".into(),
        Field::Inodes => "Inodes".into(),
        Field::InodesUsed => "IUsed".into(),
        Field::InodesFree => "IFree".into(),
        Field::InodePercent => "IUse%".into(),
        Field::Size => blocks(),
        Field::Used => "Used".into(),
        Field::Free if human || matches!(scale, Scale::Human | Scale::Si) => "Avail".into(),
        Field::Free if custom => "Avail".into(),
        Field::Free => "Available".into(),
        Field::Percent if posix => "Capacity".into(),
        Field::Percent => "Use%".into(),
        Field::File => "File".into(),
        Field::Target => "Mounted on".into(),
    }
}

fn print(cx: &mut Context<'_>, rows: &[Row], list: &[Field], scale: Scale, posix: bool) -> Result<(), CommandError> {
    let custom = !matches!(list, [Field::Source, .., Field::Target] if list.len() >= 6);
    let head: Vec<Vec<u8>> = list
        .iter()
        .map(|f| heading(*f, scale, posix, custom).into_bytes())
        .collect();
    let mut lines = vec![head];
    lines.extend(rows.iter().map(|r| list.iter().map(|f| cell(r, *f, scale)).collect()));
    let width = |cell: &[u8]| String::from_utf8_lossy(cell).width();
    let widths: Vec<usize> = list
        .iter()
        .enumerate()
        .map(|(n, field)| {
            let least = match field {
                Field::Source => 14,
                Field::Type => 4,
                Field::Size | Field::Used | Field::Free | Field::Inodes | Field::InodesUsed | Field::InodesFree => 5,
                _ => 4,
            };
            lines.iter().map(|l| width(&l[n])).max().unwrap_or(0).max(least)
        })
        .collect();
    for line in &lines {
        let out = cx.stdout.buffer();
        for (n, (cell, field)) in line.iter().zip(list).enumerate() {
            if n > 0 {
                out.push(b' ');
            }
            let pad = std::iter::repeat_n(b' ', widths[n] - width(cell));
            match field {
                Field::Source | Field::Type | Field::File | Field::Target => {
                    out.extend_from_slice(cell);
                    if n + 1 < list.len() {
                        out.extend(pad);
                    }
                }
                _ => {
                    out.extend(pad);
                    out.extend_from_slice(cell);
                }
            }
        }
        out.push(b'\n');
    }
    Ok(cx.stdout.spill()?)
}
