//! Texts with a structure: scripts that name their interpreter, markup, tables, mail, differences.

use super::verdict::{Tail, Verdict};

/// Comma-separated values: the same number of commas, two at least, in all of the first lines, three at least.
pub(super) fn csv(data: &[u8]) -> Option<Verdict> {
    const LINES: usize = 10;
    let (mut here, mut first, mut lines) = (0, 0, 0);
    let mut at = 0;
    while let Some(b) = data.get(at) {
        at += 1;
        match b {
            b'"' => {
                // To the quote that ends the field; a doubled quote is part of it.
                while let Some(n) = memchr::memchr(b'"', &data[at..]) {
                    at += n + 1;
                    if data.get(at) != Some(&b'"') {
                        break;
                    }
                    at += 1;
                }
            }
            b',' => here += 1,
            b'\n' => {
                lines += 1;
                if lines == LINES {
                    return (first > 1 && first == here).then(table);
                }
                if first == 0 {
                    if here == 0 {
                        return None;
                    }
                    first = here;
                } else if first != here {
                    return None;
                }
                here = 0;
            }
            _ => {}
        }
    }
    (first > 1 && lines > 2).then(table)
}

fn table() -> Verdict {
    Verdict::new("CSV text", "text/csv").ext("csv")
}

const SHELL: &str = "text/x-shellscript";

/// `(interpreter, description, MIME type)`; an interpreter with a `/` is compared as a path, the others as a name of `/usr/bin`,
/// `/usr/local/bin` or `env`.
const PATHS: &[(&str, &str, &str)] = &[
    ("/bin/sh", "POSIX shell script", SHELL),
    ("/bin/bash", "Bourne-Again shell script", SHELL),
    ("/bin/csh", "C shell script", SHELL),
    ("/bin/ksh", "Korn shell script", SHELL),
    ("/bin/tcsh", "Tenex C shell script", SHELL),
    ("/bin/zsh", "Paul Falstad's zsh script", SHELL),
    ("/bin/ash", "Neil Brown's ash script", SHELL),
    ("/bin/nawk", "new awk script", "text/x-nawk"),
    ("/bin/gawk", "GNU awk script", "text/x-gawk"),
    ("/bin/awk", "awk script", "text/x-awk"),
    ("/bin/node", "Node.js script executable", "application/javascript"),
];

/// `(interpreter below /usr/bin, description, MIME type, whether by env too)`.
const NAMES: &[(&str, &str, &str, bool)] = &[
    ("bash", "Bourne-Again shell script", SHELL, true),
    ("csh", "C shell script", SHELL, true),
    ("ksh", "Korn shell script", SHELL, true),
    ("tcsh", "Tenex C shell script", SHELL, true),
    ("zsh", "Paul Falstad's zsh script", SHELL, true),
    ("ash", "Neil Brown's ash script", SHELL, false),
    ("fish", "fish shell script", SHELL, true),
    ("awk", "awk script", "text/x-awk", true),
    ("gawk", "GNU awk script", "text/x-gawk", true),
    ("nawk", "new awk script", "text/x-nawk", true),
    ("php", "PHP script", "text/x-php", false),
    ("lua", "Lua script", "text/x-lua", true),
    ("tclsh", "Tcl/Tk script", "text/x-tcl", true),
    ("wish", "Tcl/Tk script", "text/x-tcl", true),
    ("ruby", "Ruby script", "text/x-ruby", true),
    ("python", "Python script", "text/x-script.python", true),
    ("node", "Node.js script executable", "application/javascript", true),
    ("perl", "Perl script text executable", "text/x-perl", true),
];

/// A script whose first line names its interpreter.
pub(super) fn script(data: &[u8]) -> Option<Verdict> {
    let rest = data.strip_prefix(b"#!")?;
    let line = rest.split(|b| *b == b'\n').next()?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.trim_ascii_start();
    let word = line.split(|b| b.is_ascii_whitespace()).next().unwrap_or_default();
    let env = [&b"/usr/bin/env"[..], b"/bin/env"].contains(&word);
    let (name, by_env) = if env {
        let tail = line[word.len()..].trim_ascii_start();
        (tail.split(|b| b.is_ascii_whitespace()).next().unwrap_or_default(), true)
    } else {
        let name = word
            .strip_prefix(b"/usr/local/bin/")
            .or_else(|| word.strip_prefix(b"/usr/bin/"))
            .or_else(|| word.strip_prefix(b"/usr/local/"))
            .unwrap_or_default();
        (name, false)
    };
    let versioned = |name: &[u8], base: &str| {
        let many = matches!(base, "python" | "perl" | "ruby" | "lua" | "tclsh" | "wish" | "php");
        match name.strip_prefix(base.as_bytes()) {
            Some(rest) if many => rest.iter().all(|b| b.is_ascii_digit() || *b == b'.'),
            Some(rest) => rest.is_empty(),
            None => false,
        }
    };
    if let Some((_, text, mime)) = PATHS.iter().find(|(path, ..)| path.as_bytes() == word) {
        return Some(made(text, mime));
    }
    if let Some((_, text, mime, _)) = NAMES
        .iter()
        .find(|(n, _, _, env)| (*env || !by_env) && versioned(name, n))
    {
        return Some(made(text, mime));
    }
    None
}

/// A script by the name of its interpreter, whatever that is.
pub(super) fn named_script(data: &[u8]) -> Option<Verdict> {
    let rest = data.strip_prefix(b"#!")?;
    let line = rest.split(|b| *b == b'\n').next()?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).trim_ascii_start();
    let word = line.split(|b| b.is_ascii_whitespace()).next().unwrap_or_default();
    let env = [&b"/usr/bin/env"[..], b"/bin/env"].contains(&word);
    let shown = if env {
        line[word.len()..].trim_ascii_start()
    } else {
        line
    };
    if env && shown.is_empty() {
        return Some(Verdict::new("a", "text/plain").tail(Tail::Text));
    }
    Some(Verdict::new([b"a ", shown, b" script"].concat(), "text/plain").tail(Tail::Executable))
}

fn made(text: &'static str, mime: &'static str) -> Verdict {
    let tail = match text {
        "Node.js script executable" => Tail::Text,
        "Perl script text executable" => Tail::None,
        _ => Tail::Executable,
    };
    Verdict::new(text, mime).tail(tail)
}

/// Markup, mail, differences: texts that begin in a certain way.
pub(super) fn detect(data: &[u8]) -> Option<Verdict> {
    markup(data).or_else(|| begins(data))
}

fn text(name: impl Into<Vec<u8>>, mime: &'static str) -> Option<Verdict> {
    Some(Verdict::new(name, mime).tail(Tail::Text))
}

fn starts_with_any_case(data: &[u8], word: &str) -> bool {
    data.get(..word.len())
        .is_some_and(|d| d.eq_ignore_ascii_case(word.as_bytes()))
}

fn find_any_case(data: &[u8], word: &str) -> bool {
    data.windows(word.len())
        .any(|w| w.eq_ignore_ascii_case(word.as_bytes()))
}

fn markup(data: &[u8]) -> Option<Verdict> {
    let body = data.trim_ascii_start();
    let head = &data[..data.len().min(4096)];
    let svg = || Some(Verdict::new("SVG Scalable Vector Graphics image", "image/svg+xml").ext("svg"));
    if let Some(rest) = body.strip_prefix(b"<?xml") {
        if memchr::memmem::find(head, b"<svg").is_some() {
            return svg();
        }
        let quoted = rest
            .strip_prefix(b" version=\"")
            .or_else(|| rest.strip_prefix(b" version='"))
            .or_else(|| rest.strip_prefix(b" version = \""));
        if let Some(version) = quoted {
            let end = version.iter().position(|b| matches!(b, b'"' | b'\'')).unwrap_or(0);
            if end > 0 && body.len() == data.len() {
                return text([b"XML ", &version[..end], b" document"].concat(), "text/xml")
                    .map(|v| v.ext("xml/xsl/xsd"));
            }
        }
        return text("XML document", "text/xml");
    }
    if body.starts_with(b"<svg") {
        return svg();
    }
    if body.starts_with(b"<?php") || body.starts_with(b"<?PHP") {
        return text("PHP script", "text/x-php");
    }
    let opens = [
        "<!doctype html",
        "<html",
        "<head",
        "<title",
        "<script",
        "<style",
        "<a href=",
    ];
    if opens.iter().any(|o| starts_with_any_case(body, o)) {
        return text("HTML document", "text/html");
    }
    let begun = body.starts_with(b"<!--") || body.starts_with(b"<");
    if begun
        && ["<!doctype html", "<html", "<head>", "<title>"]
            .iter()
            .any(|o| find_any_case(head, o))
    {
        return text("HTML document", "text/html");
    }
    None
}

fn begins(data: &[u8]) -> Option<Verdict> {
    let has_line =
        |start: &[u8]| data.starts_with(start) || memchr::memmem::find(data, &[b"\n", start].concat()).is_some();
    const DIFF: &str = "text/x-diff";
    const MAIL: &str = "message/rfc822";
    match data {
        _ if data.starts_with(b"diff ") => text("diff output", DIFF),
        _ if data.starts_with(b"Only in ") || data.starts_with(b"Common subdirectories: ") => text("diff output", DIFF),
        _ if data.starts_with(b"*** ") && has_line(b"--- ") => text("context diff output", DIFF),
        _ if data.starts_with(b"--- ") && has_line(b"+++ ") && has_line(b"@@") => text("unified diff output", DIFF),
        _ if data.starts_with(b"Index:") => text("RCS/CVS diff output", DIFF),
        _ if data.starts_with(b"Return-Path:") => text("SMTP mail", MAIL),
        _ if data.starts_with(b"Received:") => text("RFC 822 mail", MAIL),
        _ if data.starts_with(b"Relay-Version:") => text("old news", MAIL),
        _ if data.starts_with(b"From:") => text("news or mail", MAIL),
        _ if data.starts_with(b"Path:") || data.starts_with(b"Xref:") || data.starts_with(b"Article") => {
            text("news", MAIL)
        }
        _ if data.starts_with(b"MIME-Version:") => text("MIME entity", "text/plain"),
        _ if data.starts_with(b"begin ") => {
            let line = data[6..].split(|b| *b == b'\n').next()?;
            let mut parts = line.splitn(2, |b| *b == b' ');
            let mode = parts.next()?;
            let name = parts.next()?;
            if !mode.iter().all(u8::is_ascii_digit) || mode.is_empty() {
                return None;
            }
            text(
                [b"uuencoded or xxencoded text, file name \"", name, b"\""].concat(),
                "text/plain",
            )
        }
        _ if starts_with_any_case(data, "@echo off") => {
            text("DOS batch file", "text/x-msdos-batch").map(|v| v.ext("bat/cmd"))
        }
        _ => None,
    }
}
