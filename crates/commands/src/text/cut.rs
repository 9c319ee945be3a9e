//! `cut`: parts of each line.

pub(super) mod list;

use shell::command::{CommandError, CommandResult, Context};

use crate::input::{self, Blocks};
use crate::options::{Args, Spec, flag, value};
use crate::tool::{Tool, status};
use list::Ranges;

const SPEC: Spec = Spec::new(
    "cut",
    "OPTION... [FILE]...",
    "Print selected parts of lines from each FILE to standard output.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        value("b", "bytes", "LIST", "select only these bytes"),
        value("c", "characters", "LIST", "select only these characters"),
        value("d", "delimiter", "DELIM", "use DELIM instead of TAB for field delimiter"),
        value(
            "f",
            "fields",
            "LIST",
            "select only these fields;  also print any line\n  that contains no delimiter character, unless\n  the -s option is specified",
        ),
        flag("n", "", "(ignored)"),
        flag("", "complement", "complement the set of selected bytes, characters\n  or fields"),
        flag("s", "only-delimited", "do not print lines not containing delimiters"),
        value(
            "",
            "output-delimiter",
            "STRING",
            "use STRING as the output delimiter\n  the default is to use the input delimiter",
        ),
        flag("z", "zero-terminated", "line delimiter is NUL, not newline"),
    ],
)
.notes(
    "Use one, and only one of -b, -c or -f.  Each LIST is made up of one\n\
     range, or many ranges separated by commas.  Selected input is written\n\
     in the same order that it is read, and is written exactly once.\n\
     Each range is one of:\n\n  N     N'th byte, character or field, counted from 1\n  \
     N-    from N'th byte, character or field, to end of line\n  \
     N-M   from N'th to M'th (included) byte, character or field\n  \
     -M    from first to M'th (included) byte, character or field",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

struct Cut {
    ranges: Ranges,
    delimiter: u8,
    only_delimited: bool,
    joint: Option<Vec<u8>>,
    terminator: u8,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let (mut list, mut fields) = (None, false);
    let mut delimiter: Option<u8> = None;
    let mut terminator = b'\n';
    for o in &args.options {
        match o.key {
            "bytes" | "characters" | "fields" => {
                if list.is_some() {
                    return Err(SPEC.usage_error(cx, "only one list may be specified"));
                }
                fields = o.key == "fields";
                list = Some(o.value());
            }
            "delimiter" => match o.value() {
                [] => delimiter = Some(0),
                [d] => delimiter = Some(*d),
                _ => return Err(SPEC.usage_error(cx, "the delimiter must be a single character")),
            },
            "zero-terminated" => terminator = 0,
            _ => {}
        }
    }
    let Some(list) = list else {
        return Err(SPEC.usage_error(cx, "you must specify a list of bytes, characters, or fields"));
    };
    if !fields && delimiter.is_some() {
        return Err(SPEC.usage_error(cx, "an input delimiter may be specified only when operating on fields"));
    }
    let only_delimited = args.has("only-delimited");
    if !fields && only_delimited {
        return Err(SPEC.usage_error(
            cx,
            "suppressing non-delimited lines makes sense\n\tonly when operating on fields",
        ));
    }
    let ranges = Ranges::parse(list, fields, args.has("complement")).map_err(|m| SPEC.usage_error(cx, m))?;
    let cut = Cut {
        ranges,
        delimiter: delimiter.unwrap_or(b'\t'),
        only_delimited,
        joint: args.last("output-delimiter").map(<[u8]>::to_vec),
        terminator,
    };
    let mut ok = true;
    for file in args.files() {
        let Some(source) = input::open_or_warn(cx, &file)? else {
            ok = false;
            continue;
        };
        if fields && cut.delimiter == terminator {
            cut.lines_as_fields(cx, source)?;
            continue;
        }
        let mut blocks = Blocks::new(source, terminator);
        loop {
            let block = match blocks.next_block() {
                Ok(block) => block,
                Err(e) => {
                    input::warn(cx, &file, &e)?;
                    ok = false;
                    break;
                }
            };
            if block.is_empty() {
                break;
            }
            if fields {
                cut.fields(cx, &block)?;
            } else {
                cut.bytes(cx, &block)?;
            }
        }
    }
    status(ok, 1)
}

impl Cut {
    fn bytes(&self, cx: &mut Context<'_>, block: &[u8]) -> Result<(), CommandError> {
        let joint = self.joint.as_deref().unwrap_or_default();
        let mut start = 0;
        while start < block.len() {
            let end = memchr::memchr(self.terminator, &block[start..]).map_or(block.len(), |n| start + n);
            let line = &block[start..end];
            let out = cx.stdout.buffer();
            let mut first = true;
            for (from, to) in self.ranges.iter() {
                if from > line.len() {
                    break;
                }
                if !first {
                    out.extend_from_slice(joint);
                }
                first = false;
                out.extend_from_slice(&line[from - 1..to.min(line.len())]);
            }
            out.push(self.terminator);
            cx.stdout.spill()?;
            start = end + 1;
        }
        Ok(())
    }

    /// One pass over the block: delimiters and line ends are found together.
    fn fields(&self, cx: &mut Context<'_>, block: &[u8]) -> Result<(), CommandError> {
        let delimiter = [self.delimiter];
        let joint = self.joint.as_deref().unwrap_or(&delimiter);
        let plain_joint = self.joint.is_none();
        let ranges = self.ranges.as_slice();
        let mut start = 0;
        while start < block.len() {
            let out = cx.stdout.buffer();
            let mut hits = memchr::memchr2_iter(self.delimiter, self.terminator, &block[start..]);
            let mut field = 1usize;
            let mut at = start;
            let mut range = 0usize;
            let mut printed = false;
            let end;
            loop {
                let stop = hits.next().map_or(block.len(), |n| start + n);
                let last = stop == block.len() || block[stop] == self.terminator;
                if field == 1 && last {
                    // No delimiter in this line.
                    if !self.only_delimited {
                        out.extend_from_slice(&block[at..stop]);
                        out.push(self.terminator);
                    }
                    end = stop;
                    break;
                }
                while range < ranges.len() && ranges[range].1 < field {
                    range += 1;
                }
                let open_end = range < ranges.len() && ranges[range].0 <= field && ranges[range].1 == usize::MAX;
                if range == ranges.len() || (open_end && plain_joint) {
                    // Nothing more, or everything up to the end of the line.
                    end = if last {
                        stop
                    } else {
                        memchr::memchr(self.terminator, &block[stop..]).map_or(block.len(), |n| stop + n)
                    };
                    if open_end {
                        if printed {
                            out.extend_from_slice(joint);
                        }
                        out.extend_from_slice(&block[at..end]);
                    }
                    out.push(self.terminator);
                    break;
                }
                if ranges[range].0 <= field {
                    if printed {
                        out.extend_from_slice(joint);
                    }
                    printed = true;
                    out.extend_from_slice(&block[at..stop]);
                }
                if last {
                    out.push(self.terminator);
                    end = stop;
                    break;
                }
                field += 1;
                at = stop + 1;
            }
            cx.stdout.spill()?;
            start = end + 1;
        }
        Ok(())
    }

    /// With the line end as delimiter, lines are the fields of one record: the whole input.
    fn lines_as_fields(&self, cx: &mut Context<'_>, source: input::Source) -> Result<(), CommandError> {
        let joint = self.joint.clone().unwrap_or_else(|| vec![self.delimiter]);
        let mut lines = source.lines(self.terminator);
        let (mut field, mut printed) = (0usize, false);
        while let Some(line) = lines.next()? {
            field += 1;
            if self.ranges.contains(field) {
                let out = cx.stdout.buffer();
                if printed {
                    out.extend_from_slice(&joint);
                }
                printed = true;
                out.extend_from_slice(line);
                cx.stdout.spill()?;
            }
        }
        if field > 0 {
            cx.stdout.buffer().push(self.terminator);
            cx.stdout.spill()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn fields_and_bytes_are_selected() {
        let lab = Lab::new();
        let input = b"a:b:c:d\nplain\n:x:\n";
        for (args, want) in [
            (&["-d:", "-f2"][..], &b"b\nplain\nx\n"[..]),
            (&["-d:", "-f3-"], b"c:d\nplain\n\n"),
            (&["-d:", "-f1,4-", "-s"], b"a:d\n\n"),
            (&["-d:", "-f2", "--complement"], b"a:c:d\nplain\n:\n"),
            (&["-d:", "-f1-2,4", "--output-delimiter=--"], b"a--b--d\nplain\n--x\n"),
            (&["-b2-3,1"], b"a:b\npla\n:x:\n"),
            (&["-c2-3,5-", "--output-delimiter=_"], b":b_c:d\nla_n\nx:\n"),
        ] {
            assert_eq!(
                bstr::BStr::new(&lab.run("cut", args, input).stdout),
                bstr::BStr::new(want),
                "{args:?}"
            );
        }
    }
}
