//! `xxd`: a hex dump, or back.

mod reverse;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::OpenOptions;

use crate::input::{self, Source};
use crate::options::{Order, Spec, Suite};
use crate::output;
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "xxd",
    "[options] [infile [outfile]]\n-r [-s [-]offset] [-c cols] [-ps] [infile [outfile]]",
    "Make a hex dump or do the reverse.",
    &[],
)
.order(Order::Verbatim)
.suite(Suite::Other("compatible with 2022-01-14 by Juergen Weigert et al."));

/// The command. Its options are its own: `-` alone means standard input, letters are not combined.
pub const COMMAND: Tool = Tool::new(SPEC, |cx, args| run(cx, args.operands));

const USAGE: &str = "Usage:
       xxd [options] [infile [outfile]]
    or
       xxd -r [-s [-]offset] [-c cols] [-ps] [infile [outfile]]
Options:
    -a          toggle autoskip: A single '*' replaces nul-lines. Default off.
    -b          binary digit dump (incompatible with -ps,-i,-r). Default hex.
    -C          capitalize variable names in C include file style (-i).
    -c cols     format <cols> octets per line. Default 16 (-i: 12, -ps: 30).
    -E          show characters in EBCDIC. Default ASCII.
    -e          little-endian dump (incompatible with -ps,-i,-r).
    -g bytes    number of octets per group in normal output. Default 2 (-e: 4).
    -h          print this summary.
    -i          output in C include file style.
    -l len      stop after <len> octets.
    -n name     set the variable name used in C include output (-i).
    -o off      add <off> to the displayed file position.
    -ps         output in postscript plain hexdump style.
    -r          reverse operation: convert (or patch) hexdump into binary.
    -r -s off   revert with <off> added to file positions found in hexdump.
    -d          show offset in decimal instead of hex.
    -s [+][-]seek  start at <seek> bytes abs. (or +: rel.) infile offset.
    -u          use upper case hex letters.
    -v          show version: \"xxd 2022-01-14 by Juergen Weigert et al.\".
";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Hex,
    Bits,
    Plain,
    Include,
    Little,
}

#[derive(Debug, Clone)]
struct Settings {
    style: Style,
    cols: Option<u64>,
    group: Option<u64>,
    len: Option<u64>,
    seek: i64,
    /// `-s` counts from where standard input is.
    relative: bool,
    offset: u64,
    upper: bool,
    decimal: bool,
    skip_nuls: bool,
    ebcdic: bool,
    capital: bool,
    reverse: bool,
    name: Option<Vec<u8>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            style: Style::Hex,
            cols: None,
            group: None,
            len: None,
            seek: 0,
            relative: false,
            offset: 0,
            upper: false,
            decimal: false,
            skip_nuls: false,
            ebcdic: false,
            capital: false,
            reverse: false,
            name: None,
        }
    }
}

/// Most columns of a dump.
const MAX_COLS: u64 = 256;

/// A number as C's `strtol` with base 0 reads it.
fn number(text: &[u8]) -> i64 {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', rest @ ..] => (8, rest),
        rest => (10, rest),
    };
    let mut n = 0i64;
    for digit in digits.iter().map_while(|b| char::from(*b).to_digit(radix)) {
        n = n.saturating_mul(radix.into()).saturating_add(digit.into());
    }
    if negative { -n } else { n }
}

fn usage(cx: &mut Context<'_>) -> CommandResult {
    use std::io::Write;
    // A closed standard error is no reason to fail otherwise.
    let _ = cx.stderr.write_all(USAGE.as_bytes());
    Ok(ExitStatus(1))
}

fn run(cx: &mut Context<'_>, args: Vec<Vec<u8>>) -> CommandResult {
    let mut s = Settings::default();
    let mut operands = Vec::new();
    let mut args = args.into_iter().peekable();
    let mut only_operands = false;
    while let Some(arg) = args.next() {
        if only_operands || arg.len() < 2 || arg[0] != b'-' {
            operands.push(arg);
            only_operands = true;
            continue;
        }
        // `--autoskip` is `-a`: a second dash and what follows the letters do not matter.
        let body = if arg.starts_with(b"--") && arg.len() > 2 {
            &arg[2..]
        } else {
            &arg[1..]
        };
        if body == b"-" {
            only_operands = true;
            continue;
        }
        match body {
            [b'a', ..] => s.skip_nuls = !s.skip_nuls,
            [b'b', ..] => s.style = Style::Bits,
            [b'e', ..] => s.style = Style::Little,
            [b'u', ..] => s.upper = true,
            [b'p', ..] => s.style = Style::Plain,
            [b'i', ..] => s.style = Style::Include,
            b"C" => s.capital = true,
            [b'C', b'a', ..] | [b'c', b'a', ..] => s.capital = true,
            [b'd', ..] => s.decimal = true,
            [b'r', ..] => s.reverse = true,
            [b'E', ..] => s.ebcdic = true,
            [b'v', ..] => {
                use std::io::Write;
                let _ = cx.stderr.write_all(b"xxd 2022-01-14 by Juergen Weigert et al.\n");
                return Ok(ExitStatus::SUCCESS);
            }
            [letter @ (b'c' | b'g' | b'l' | b'o' | b's' | b'n'), rest @ ..] => {
                let words = [&b"cols"[..], b"group", b"len", b"offset", b"seek", b"skip", b"name"];
                let value = if rest.is_empty() || words.contains(&body) {
                    match args.next() {
                        Some(value) => value,
                        None => return usage(cx),
                    }
                } else {
                    rest.to_vec()
                };
                let n = || u64::try_from(number(&value)).unwrap_or(0);
                match letter {
                    b'c' => s.cols = Some(n()),
                    b'g' => s.group = Some(n()),
                    b'l' => s.len = Some(n()),
                    b'o' => s.offset = number(&value) as u64,
                    b'n' => s.name = Some(value),
                    _ => {
                        s.relative = value.first() == Some(&b'+');
                        s.seek = number(value.strip_prefix(b"+").unwrap_or(&value));
                    }
                }
            }
            _ => return usage(cx),
        }
    }
    if operands.len() > 2 {
        return usage(cx);
    }
    let cols = match (s.cols, s.style) {
        (None, Style::Plain) => 30,
        // One endless line.
        (Some(0), Style::Plain) => u64::MAX >> 1,
        (None | Some(0), Style::Include) => 12,
        (None | Some(0), Style::Bits) => 6,
        (None | Some(0), _) => 16,
        (Some(n), _) => n,
    };
    if cols < 1 || (matches!(s.style, Style::Hex | Style::Bits | Style::Little) && cols > MAX_COLS) {
        let text = format!("invalid number of columns (max. {MAX_COLS}).");
        return Err(CommandError::fail(1, text));
    }
    let group = match (s.group, s.style) {
        (None, Style::Bits) => 1,
        (None, Style::Little) => 4,
        (None, _) => 2,
        (Some(n), _) => n,
    };
    let group = if group == 0 || group > cols { cols } else { group };
    if s.style == Style::Little && !group.is_power_of_two() {
        return Err(CommandError::fail(
            1,
            "number of octets per group must be a power of 2 with -e.",
        ));
    }
    let (cols, group) = (cols as usize, group as usize);
    let mut source = match operands.first().filter(|f| f[..] != *b"-") {
        None => input::stdin(cx),
        Some(file) => match input::open(cx, file) {
            Ok(source) => source,
            // The real tool opens it, and fails to read.
            Err(e) if e.errno() == vfs::Errno::EISDIR => return Err(CommandError::fail(2, e.gnu_text())),
            Err(e) => {
                cx.warn([file, &b": "[..], e.gnu_text().as_bytes()].concat());
                return Ok(ExitStatus(2));
            }
        },
    };
    let outfile = operands.get(1).filter(|f| f[..] != *b"-").cloned();
    if s.reverse {
        if !matches!(s.style, Style::Hex | Style::Plain) {
            return Err(CommandError::fail(255, "Sorry, cannot revert this type of hexdump"));
        }
        return reverse::run(
            cx,
            &mut source,
            outfile.as_deref(),
            s.style == Style::Plain,
            cols,
            s.seek,
        );
    }
    let mut out = match outfile {
        None => cx.stdout.duplicate(),
        Some(file) => match output::open(cx, &file, OpenOptions::writing()) {
            Ok(out) => out,
            Err(e) => {
                cx.warn([&file, &b": "[..], e.gnu_text().as_bytes()].concat());
                return Ok(ExitStatus(3));
            }
        },
    };
    let start = seek(cx, &mut source, &s, operands.is_empty())?;
    let Some((start, data)) = start else {
        return Err(CommandError::fail(4, "Sorry, cannot seek."));
    };
    let mut feed = Feed {
        source,
        pending: data,
        rest: bytes::Bytes::new(),
        left: s.len.unwrap_or(u64::MAX),
    };
    let at = start.wrapping_add(s.offset);
    let show = Show { s: &s, cols, group };
    match s.style {
        Style::Plain => show.plain(cx, &mut feed, &mut out)?,
        Style::Include => {
            let name = s
                .name
                .clone()
                .or_else(|| operands.first().filter(|f| f[..] != *b"-").cloned());
            show.include(cx, &mut feed, &mut out, name.as_deref())?;
        }
        _ => show.lines(cx, &mut feed, &mut out, at)?,
    }
    out.flush_now()?;
    Ok(ExitStatus::SUCCESS)
}

/// Goes to where the dump begins: the offset that is shown there, and bytes that were read already. `None` when that is
/// before the beginning.
fn seek(
    cx: &Context<'_>,
    source: &mut Source,
    s: &Settings,
    _stdin: bool,
) -> Result<Option<(u64, bytes::Bytes)>, CommandError> {
    if s.seek < 0 {
        // From the end: the size decides.
        let all = source.read_all()?;
        let Some(start) = (all.len() as u64).checked_sub(s.seek.unsigned_abs()) else {
            return Ok(None);
        };
        return Ok(Some((start, all.slice(start as usize..))));
    }
    let (mut left, mut rest) = (s.seek as u64, bytes::Bytes::new());
    while left > 0 {
        cx.cancel.check()?;
        let mut chunk = source.chunk()?;
        if chunk.is_empty() {
            break;
        }
        let n = (chunk.len() as u64).min(left) as usize;
        left -= n as u64;
        rest = chunk.split_off(n);
    }
    Ok(Some((s.seek as u64, rest)))
}

/// The input up to the length that is wanted.
struct Feed {
    source: Source,
    /// Read while seeking, not counted yet.
    pending: bytes::Bytes,
    /// Counted, and left over from a line.
    rest: bytes::Bytes,
    left: u64,
}

impl Feed {
    /// The next bytes; empty at the end.
    fn chunk(&mut self, cx: &Context<'_>) -> Result<bytes::Bytes, CommandError> {
        cx.cancel.check()?;
        if self.left == 0 {
            return Ok(bytes::Bytes::new());
        }
        let mut chunk = if self.pending.is_empty() {
            self.source.chunk()?
        } else {
            std::mem::take(&mut self.pending)
        };
        if chunk.len() as u64 > self.left {
            let extra = chunk.len() - self.left as usize;
            chunk.truncate(self.left as usize);
            self.source.unread(extra);
        }
        self.left -= chunk.len() as u64;
        Ok(chunk)
    }

    /// Fills `line` up to `len` bytes; fewer only at the end.
    fn line(&mut self, cx: &Context<'_>, line: &mut Vec<u8>, len: usize) -> Result<(), CommandError> {
        line.clear();
        while line.len() < len {
            let mut chunk = if self.rest.is_empty() {
                let chunk = self.chunk(cx)?;
                if chunk.is_empty() {
                    return Ok(());
                }
                chunk
            } else {
                std::mem::take(&mut self.rest)
            };
            let n = chunk.len().min(len - line.len());
            line.extend_from_slice(&chunk[..n]);
            self.rest = chunk.split_off(n);
        }
        Ok(())
    }
}

struct Show<'s> {
    s: &'s Settings,
    cols: usize,
    group: usize,
}

impl Show<'_> {
    fn digits(&self) -> &'static [u8; 16] {
        if self.s.upper {
            b"0123456789ABCDEF"
        } else {
            b"0123456789abcdef"
        }
    }

    fn plain(&self, cx: &Context<'_>, feed: &mut Feed, out: &mut shell::io::Output) -> Result<(), CommandError> {
        let hex = self.digits();
        // What was left over by seeking counts like everything else.
        let mut column = 0;
        loop {
            let chunk = feed.chunk(cx)?;
            if chunk.is_empty() {
                break;
            }
            for b in chunk {
                let buf = out.buffer();
                buf.extend_from_slice(&[hex[usize::from(b >> 4)], hex[usize::from(b & 15)]]);
                column += 1;
                if column == self.cols {
                    column = 0;
                    buf.push(b'\n');
                    out.spill()?;
                }
            }
        }
        if column > 0 {
            out.buffer().push(b'\n');
        }
        Ok(out.spill()?)
    }

    fn include(
        &self,
        cx: &Context<'_>,
        feed: &mut Feed,
        out: &mut shell::io::Output,
        name: Option<&[u8]>,
    ) -> Result<(), CommandError> {
        let variable = name.map(|name| {
            let mut v = Vec::new();
            if name.first().is_some_and(u8::is_ascii_digit) {
                v.extend_from_slice(b"__");
            }
            v.extend(name.iter().map(|b| match b {
                b if !b.is_ascii_alphanumeric() => b'_',
                b if self.s.capital => b.to_ascii_uppercase(),
                b => *b,
            }));
            v
        });
        if let Some(v) = &variable {
            out.buffer()
                .extend_from_slice(&[b"unsigned char ", &v[..], b"[] = {\n"].concat());
        }
        let hex = self.digits();
        let mut count = 0u64;
        loop {
            let chunk = feed.chunk(cx)?;
            if chunk.is_empty() {
                break;
            }
            for b in chunk {
                let lead: &[u8] = match count {
                    0 => b"  ",
                    n if n.is_multiple_of(self.cols as u64) => b",\n  ",
                    _ => b", ",
                };
                let buf = out.buffer();
                buf.extend_from_slice(lead);
                buf.extend_from_slice(if self.s.upper { b"0X" } else { b"0x" });
                buf.extend_from_slice(&[hex[usize::from(b >> 4)], hex[usize::from(b & 15)]]);
                out.spill()?;
                count += 1;
            }
        }
        if count > 0 {
            out.buffer().push(b'\n');
        }
        if let Some(v) = &variable {
            let suffix: &[u8] = if self.s.capital { b"_LEN" } else { b"_len" };
            let number = format!(" = {count};\n");
            let text = [b"};\nunsigned int ", &v[..], suffix, number.as_bytes()].concat();
            out.buffer().extend_from_slice(&text);
        }
        Ok(out.spill()?)
    }

    fn lines(
        &self,
        cx: &Context<'_>,
        feed: &mut Feed,
        out: &mut shell::io::Output,
        mut at: u64,
    ) -> Result<(), CommandError> {
        let mut line = Vec::with_capacity(self.cols);
        // Lines of NULs in a row: the first is shown, then one star; a last one is shown again.
        let mut nul_lines = 0u64;
        let mut held: Option<(Vec<u8>, u64)> = None;
        loop {
            feed.line(cx, &mut line, self.cols)?;
            if line.is_empty() {
                break;
            }
            let nul = self.s.skip_nuls && line.len() == self.cols && line.iter().all(|b| *b == 0);
            if nul {
                nul_lines += 1;
                match nul_lines {
                    1 => self.line(&line, at, out.buffer()),
                    _ => held = Some((line.clone(), at)),
                }
            } else {
                match (nul_lines, held.take()) {
                    (2, Some((data, place))) => self.line(&data, place, out.buffer()),
                    (3.., _) => out.buffer().extend_from_slice(b"*\n"),
                    _ => {}
                }
                nul_lines = 0;
                self.line(&line, at, out.buffer());
            }
            out.spill()?;
            at = at.wrapping_add(line.len() as u64);
        }
        if let Some((data, place)) = held {
            if nul_lines > 2 {
                out.buffer().extend_from_slice(b"*\n");
            }
            self.line(&data, place, out.buffer());
        }
        Ok(out.spill()?)
    }

    fn line(&self, data: &[u8], at: u64, out: &mut Vec<u8>) {
        let offset = if self.s.decimal {
            format!("{at:08}: ")
        } else {
            format!("{at:08x}: ")
        };
        out.extend_from_slice(offset.as_bytes());
        let start = out.len();
        let hex = self.digits();
        let unit = if self.s.style == Style::Bits { 8 } else { 2 };
        let groups = self.cols.div_ceil(self.group);
        // One blank after each group, one more before the characters.
        let width = self.cols * unit + groups + usize::from(self.s.style != Style::Little);
        out.resize(start + width, b' ');
        for (n, b) in data.iter().enumerate() {
            let place = match self.s.style {
                // Within a group the last byte comes first.
                Style::Little => n ^ (self.group - 1),
                _ => n,
            };
            let column = start + place * unit + place / self.group;
            if out.len() < column + unit {
                out.resize(column + unit, b' ');
            }
            match self.s.style {
                Style::Bits => {
                    for bit in 0..8 {
                        out[column + bit] = b'0' + (b >> (7 - bit) & 1);
                    }
                }
                _ => {
                    out[column] = hex[usize::from(b >> 4)];
                    out[column + 1] = hex[usize::from(b & 15)];
                }
            }
        }
        if self.s.style == Style::Little {
            out.resize(start + self.cols * unit + groups + 1, b' ');
        }
        out.extend(data.iter().map(|b| {
            let shown = if self.s.ebcdic { reverse::from_ebcdic(*b) } else { *b };
            if matches!(shown, 0x20..=0x7e) { shown } else { b'.' }
        }));
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn the_usual_forms() {
        let lab = Lab::new();
        for (args, input, want) in [
            (
                &[][..],
                &b"hello, world\n"[..],
                "00000000: 6865 6c6c 6f2c 2077 6f72 6c64 0a         hello, world.\n",
            ),
            (&["-p"], b"hello", "68656c6c6f\n"),
            (&["-b", "-c", "2"], b"ab", "00000000: 01100001 01100010  ab\n"),
            (&["-u", "-g", "1", "-c4"], b"\xff\xfe", "00000000: FF FE        ..\n"),
            (
                &["-s", "1", "-l", "2"],
                b"abcd",
                "00000001: 6263                                     bc\n",
            ),
        ] {
            let out = lab.run("xxd", args, input);
            assert_eq!(String::from_utf8_lossy(&out.stdout), want, "{args:?}");
        }
    }

    #[test]
    fn a_dump_is_turned_back() {
        let lab = Lab::new();
        let data: Vec<u8> = (0..=255).collect();
        for args in [&[][..], &["-p"], &["-g1", "-c8"]] {
            let dump = lab.run("xxd", args, &data).stdout;
            let back = [&["-r"], args].concat();
            assert_eq!(lab.run("xxd", &back, &dump).stdout, data, "{args:?}");
        }
    }
}
