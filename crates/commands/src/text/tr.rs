//! `tr`: translates, squeezes, deletes bytes.

mod set;

use bytes::Bytes;
use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use crate::input;
use crate::options::{Args, Order, Spec, flag};
use crate::quote::quote;
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "tr",
    "[OPTION]... STRING1 [STRING2]",
    "Translate, squeeze, and/or delete characters from standard input,\nwriting to standard output.  STRING1 and STRING2 specify arrays of\ncharacters ARRAY1 and ARRAY2 that control the action.",
    &[
        flag("cC", "complement", "use the complement of ARRAY1"),
        flag("d", "delete", "delete characters in ARRAY1, do not translate"),
        flag(
            "s",
            "squeeze-repeats",
            "replace each sequence of a repeated character\n  that is listed in the last specified ARRAY,\n  with a single occurrence of that character",
        ),
        flag("t", "truncate-set1", "first truncate ARRAY1 to length of ARRAY2"),
    ],
)
.order(Order::Stop)
.notes(
    "ARRAYs are specified as strings of characters.  Most represent themselves.\nInterpreted sequences are:\n\n  \
     \\NNN            character with octal value NNN (1 to 3 octal digits)\n  \\\\              backslash\n  \
     \\a              audible BEL\n  \\b              backspace\n  \\f              form feed\n  \
     \\n              new line\n  \\r              return\n  \\t              horizontal tab\n  \
     \\v              vertical tab\n  CHAR1-CHAR2     all characters from CHAR1 to CHAR2 in ascending order\n  \
     [CHAR*]         in ARRAY2, copies of CHAR until length of ARRAY1\n  \
     [CHAR*REPEAT]   REPEAT copies of CHAR, REPEAT octal if starting with 0\n  \
     [:CLASS:]       all characters of a class: alnum alpha blank cntrl digit graph\n                  \
     lower print punct space upper xdigit\n  [=CHAR=]        all characters which are equivalent to CHAR",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let (mut complement, mut delete, mut squeeze, mut truncate) = (false, false, false, false);
    for o in &args.options {
        match o.key {
            "complement" => complement = true,
            "delete" => delete = true,
            "squeeze-repeats" => squeeze = true,
            _ => truncate = true,
        }
    }
    let operands = &args.operands;
    let (min, max) = match (delete, squeeze) {
        (false, false) => (2, 2),
        (false, true) => (1, 2),
        (true, false) => (1, 1),
        (true, true) => (2, 2),
    };
    if operands.len() < min {
        let message = match operands.first() {
            None => b"missing operand".to_vec(),
            Some(last) => [
                &b"missing operand after "[..],
                &quote(last),
                if squeeze {
                    b"\nTwo strings must be given when both deleting and squeezing repeats."
                } else {
                    b"\nTwo strings must be given when translating."
                },
            ]
            .concat(),
        };
        return Err(SPEC.usage_error(cx, message));
    }
    if let Some(extra) = operands.get(max) {
        let more: &[u8] = if operands.len() == 2 {
            b"\nOnly one string may be given when deleting without squeezing repeats."
        } else {
            b""
        };
        return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quote(extra), more].concat()));
    }
    let fail = |m: Vec<u8>| CommandError::fail(1, m);
    let mut warnings = Vec::new();
    let set1 = set::parse(&operands[0], &mut warnings).map_err(fail)?;
    let set2 = match operands.get(1) {
        Some(text) => Some(set::parse(text, &mut warnings).map_err(fail)?),
        None => None,
    };
    for w in warnings {
        cx.warn(w);
    }
    if set1.iter().any(set::Element::is_endless_repeat) {
        return Err(fail(b"the [c*] repeat construct may not appear in string1".to_vec()));
    }
    let translate = !delete && set2.is_some();
    let plan = match (&set2, translate) {
        (Some(set2), true) => set::plan(&set1, set2, complement, truncate).map_err(fail)?,
        (Some(set2), false) => {
            if set2.iter().any(set::Element::is_endless_repeat) {
                return Err(fail(
                    b"the [c*] construct may appear in string2 only when translating".to_vec(),
                ));
            }
            set::identity()
        }
        _ => set::identity(),
    };
    let members1 = set::members(&set1, complement);
    let members2 = set2.as_ref().map(|s| set::members(s, false));
    let drop = if delete { Some(members1) } else { None };
    let squeezed = if squeeze {
        Some(members2.unwrap_or(members1))
    } else {
        None
    };
    let mut source = input::stdin(cx);
    let mut last: Option<u8> = None;
    loop {
        let chunk = source.chunk()?;
        if chunk.is_empty() {
            return Ok(ExitStatus::SUCCESS);
        }
        let out = convert(&chunk, &plan, drop.as_ref(), squeezed.as_ref(), &mut last);
        cx.stdout.write_bytes(Bytes::from(out))?;
        cx.cancel.check()?;
    }
}

fn convert(
    chunk: &[u8],
    map: &[u8; 256],
    drop: Option<&[bool; 256]>,
    squeeze: Option<&[bool; 256]>,
    last: &mut Option<u8>,
) -> Vec<u8> {
    match (drop, squeeze) {
        (None, None) => chunk.iter().map(|b| map[usize::from(*b)]).collect(),
        (Some(drop), None) => {
            let mut out = vec![0; chunk.len()];
            let mut n = 0;
            // Written without a branch: every byte is stored, and kept by moving on.
            for b in chunk {
                out[n] = *b;
                n += usize::from(!drop[usize::from(*b)]);
            }
            out.truncate(n);
            out
        }
        (drop, Some(squeeze)) => {
            let mut out = Vec::with_capacity(chunk.len());
            for b in chunk {
                if drop.is_some_and(|d| d[usize::from(*b)]) {
                    continue;
                }
                let c = map[usize::from(*b)];
                if *last == Some(c) && squeeze[usize::from(c)] {
                    continue;
                }
                *last = Some(c);
                out.push(c);
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn bytes_are_translated_squeezed_and_deleted() {
        let lab = Lab::new();
        for (args, input, want) in [
            (&["a-c", "A-C"][..], "abcd", "ABCd"),
            (&["[:lower:]", "[:upper:]"], "aZé", "AZé"),
            (&["-d", "0-9"], "a1b2", "ab"),
            (&["-s", " "], "a   b  b", "a b b"),
            (&["-cs", "a-z", "[\\n*]"], "ab, cd", "ab\ncd"),
            (&["abc", "x"], "aabbcc", "xxxxxx"),
            (&["-t", "abc", "x"], "abc", "xbc"),
            (&["-ds", "a", "b"], "abba bb", "b b"),
            (&["\\101", "b"], "A", "b"),
            (&["a\\-c", "123"], "a-c", "123"),
            (&["[a*3]", "xyz"], "ab", "zb"),
        ] {
            assert_eq!(
                bstr::BStr::new(&lab.run("tr", args, input.as_bytes()).stdout),
                bstr::BStr::new(want),
                "{args:?}"
            );
        }
    }
}
