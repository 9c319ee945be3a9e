//! `ulimit`.

use super::options::parse;
use crate::shell::{Exec, Shell};

/// A row of `ulimit -a`: letter, description, unit, and the divisor of the unit in bytes.
struct Resource {
    letter: u8,
    text: &'static str,
    unit: &'static str,
}

const RESOURCES: &[Resource] = &[
    Resource {
        letter: b'R',
        text: "real-time non-blocking time",
        unit: "microseconds, ",
    },
    Resource {
        letter: b'c',
        text: "core file size",
        unit: "blocks, ",
    },
    Resource {
        letter: b'd',
        text: "data seg size",
        unit: "kbytes, ",
    },
    Resource {
        letter: b'e',
        text: "scheduling priority",
        unit: "",
    },
    Resource {
        letter: b'f',
        text: "file size",
        unit: "blocks, ",
    },
    Resource {
        letter: b'i',
        text: "pending signals",
        unit: "",
    },
    Resource {
        letter: b'l',
        text: "max locked memory",
        unit: "kbytes, ",
    },
    Resource {
        letter: b'm',
        text: "max memory size",
        unit: "kbytes, ",
    },
    Resource {
        letter: b'n',
        text: "open files",
        unit: "",
    },
    Resource {
        letter: b'p',
        text: "pipe size",
        unit: "512 bytes, ",
    },
    Resource {
        letter: b'q',
        text: "POSIX message queues",
        unit: "bytes, ",
    },
    Resource {
        letter: b'r',
        text: "real-time priority",
        unit: "",
    },
    Resource {
        letter: b's',
        text: "stack size",
        unit: "kbytes, ",
    },
    Resource {
        letter: b't',
        text: "cpu time",
        unit: "seconds, ",
    },
    Resource {
        letter: b'u',
        text: "max user processes",
        unit: "",
    },
    Resource {
        letter: b'v',
        text: "virtual memory",
        unit: "kbytes, ",
    },
    Resource {
        letter: b'x',
        text: "file locks",
        unit: "",
    },
];

/// The value of a resource: what the workspace limits, and `unlimited` for what it does not.
fn resource_value(sh: &Shell, letter: u8) -> String {
    let limits = sh.call.limits();
    match letter {
        b'n' => limits.open_files.to_string(),
        b'v' | b'm' | b'd' => (limits.memory / 1024).to_string(),
        b'p' => "8".into(),
        b'c' => "0".into(),
        b't' => limits.wall.map_or("unlimited".into(), |d| d.as_secs().to_string()),
        _ => "unlimited".into(),
    }
}

/// `ulimit [-SHabcdefiklmnpqrstuvxPRT] [limit]`: shows the workspace's limits. They are set by whoever made the workspace, so a
/// script may repeat a value but not raise one.
pub(super) fn ulimit(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let parsed = match parse(sh, args, b"SHabcdefiklmnpqrstuvxPRT") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let operands = &args[parsed.operands..];
    if parsed.has(b'a') {
        let mut text = String::new();
        for r in RESOURCES {
            let unit = format!("({}-{})", r.unit, char::from(r.letter));
            text.push_str(&format!(
                "{:<27} {:>20} {}\n",
                r.text,
                unit,
                resource_value(sh, r.letter)
            ));
        }
        return sh.put(b"ulimit", text.as_bytes());
    }
    let letters: Vec<u8> = parsed
        .options
        .iter()
        .map(|(l, _)| *l)
        .filter(|l| !b"SH".contains(l))
        .collect();
    let letters = if letters.is_empty() { vec![b'f'] } else { letters };
    if let Some(wanted) = operands.first() {
        let Some(letter) = letters.last().copied() else {
            return Ok(0);
        };
        let now = resource_value(sh, letter);
        let keeps = wanted == now.as_bytes() || matches!(&wanted[..], b"hard" | b"soft");
        if keeps {
            return Ok(0);
        }
        let number = std::str::from_utf8(wanted).ok().and_then(|s| s.parse::<u64>().ok());
        if number.is_none() && wanted != b"unlimited" {
            sh.builtin_error(b"ulimit", [&wanted[..], b": invalid number"].concat());
            return Ok(1);
        }
        let text = RESOURCES
            .iter()
            .find(|r| r.letter == letter)
            .map_or("limit", |r| r.text);
        sh.builtin_error(
            b"ulimit",
            format!("{text}: cannot modify limit: the workspace's `limits` option sets it"),
        );
        return Ok(1);
    }
    let mut text = String::new();
    for letter in &letters {
        let value = resource_value(sh, *letter);
        match RESOURCES
            .iter()
            .find(|r| r.letter == *letter)
            .filter(|_| letters.len() > 1)
        {
            Some(r) => text.push_str(&format!(
                "{:<27} {:>20} {value}\n",
                r.text,
                format!("({}-{})", r.unit, char::from(r.letter))
            )),
            None => text.push_str(&format!("{value}\n")),
        }
    }
    sh.put(b"ulimit", text.as_bytes())
}
