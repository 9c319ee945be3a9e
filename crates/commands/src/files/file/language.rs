//! Programming languages, by words that only they use in such a place.

use pattern::regex::{Options, Regex, Syntax};

use super::verdict::{Tail, Verdict};

/// How far words are looked for.
const LOOK: usize = 8192;

struct Rule {
    /// Must stand somewhere in the beginning; cheap to look for.
    word: &'static str,
    /// Must match some line (POSIX extended).
    line: &'static str,
    name: &'static str,
    mime: &'static str,
    executable: bool,
}

const fn rule(word: &'static str, line: &'static str, name: &'static str, mime: &'static str) -> Rule {
    Rule {
        word,
        line,
        name,
        mime,
        executable: false,
    }
}

const C: &str = "text/x-c";
const CPP: &str = "text/x-c++";
const JS: &str = "application/javascript";
const PYTHON: &str = "text/x-script.python";
const RUBY: &str = "text/x-ruby";
const TEX: &str = "text/x-tex";
const ROFF: &str = "text/troff";

/// The first that fits is the language.
#[rustfmt::skip]
const RULES: &[Rule] = &[
    rule("\\documentclass", "^\\\\documentclass", "LaTeX 2e document", TEX),
    rule("\\documentstyle", "^\\\\documentstyle", "LaTeX document", TEX),
    rule("\\begin", "^\\\\begin", "LaTeX document", TEX),
    rule("\\section", "^\\\\(section|chapter)", "LaTeX document", TEX),
    rule("\\input", "^\\\\input", "TeX document", TEX),
    rule("import", "^import[[:space:]]+[[:alnum:]_.*]+[.][[:alnum:]_.*]+;", "Java source", "text/x-java"),
    rule("package", "^package[[:space:]]+[[:alnum:]_.]+;[[:space:]]*$", "Java source", "text/x-java"),
    Rule { executable: true, ..rule("def ", "^[[:space:]]*def[[:space:]]+[[:alnum:]_]+[[:space:]]*\\(.*\\)[^:]*:", "Python script", PYTHON) },
    Rule { executable: true, ..rule("class ", "^[[:space:]]*class[[:space:]]+[[:alnum:]_]+(\\(.*\\))?[[:space:]]*:[[:space:]]*$", "Python script", PYTHON) },
    Rule { executable: true, ..rule("from", "^from[[:space:]]+[[:alnum:]_.]+[[:space:]]+import[[:space:]]+", "Python script", PYTHON) },
    Rule { executable: true, ..rule("'''", "^'''", "Python script", PYTHON) },
    Rule { executable: true, ..rule("\"\"\"", "^\"\"\"", "Python script", PYTHON) },
    rule("require", "^[[:space:]]*require[[:space:]]'[A-Za-z_/.]+'", "Ruby script", RUBY),
    rule("module", "^[[:space:]]*module[[:space:]][A-Z][[:alnum:]_]*[[:space:]]*$", "Ruby script", RUBY),
    rule("def ", "^[[:space:]]*def [a-z_]+[!?]?[[:space:]]*(\\(.*\\))?$", "Ruby script", RUBY),
    rule("namespace", "^namespace[[:space:]]+[_[:alpha:]]{1,30}[[:space:]]*\\{", "C++ source", CPP),
    rule("using", "^using[[:space:]](namespace )?std(::)?[[:alpha:]]*[[:space:]]*;", "C++ source", CPP),
    rule("template", "^[[:space:]]*template[[:space:]]*<.*>[[:space:]]*$", "C++ source", CPP),
    rule("virtual", "^[[:space:]]*virtual[[:space:]]+.*[};][[:space:]]*$", "C++ source", CPP),
    rule("public", "^[[:space:]]*(public|private|protected):", "C++ source", CPP),
    rule("private", "^[[:space:]]*private:", "C++ source", CPP),
    rule("protected", "^[[:space:]]*protected:", "C++ source", CPP),
    rule("class", "^[[:space:]]*class[[:space:]]+[[:alnum:]:_]+[[:space:]]*\\{", "C++ source", CPP),
    rule("#include", "^#include", "C source", C),
    rule("pragma", "^#[[:space:]]*pragma", "C source", C),
    rule("endif", "^#[[:space:]]*endif", "C source", C),
    rule("define", "^#[[:space:]]*(if|ifn)def", "C source", C),
    rule("char", "^[[:space:]]*char( \\*|[[:space:]]+[^;]*)[[:alnum:]_]+(\\[.*\\])?(=.*)?;", "C source", C),
    rule("double", "^[[:space:]]*double( \\*|[[:space:]]+[^;]*)[[:alnum:]_]+(\\[.*\\])?(=.*)?;", "C source", C),
    rule("extern", "^[[:space:]]*extern[[:space:]]+.*;", "C source", C),
    rule("float", "^[[:space:]]*float( \\*|[[:space:]]+[^;]*)[[:alnum:]_]+(\\[.*\\])?(=.*)?;", "C source", C),
    rule("struct", "^struct[[:space:]]+[_[:alnum:]]+[[:space:]]*(\\{|$)", "C source", C),
    rule("union", "^union[[:space:]]+[_[:alnum:]]+[[:space:]]*(\\{|$)", "C source", C),
    rule("main", "^(int|void|fn)?[[:space:]]*main\\(", "C source", C),
    rule("package", "^package[[:space:]]+[0-9A-Za-z_:]+;", "Perl5 module source", "text/plain"),
    rule("use ", "^use[[:space:]]+(strict|warnings|vars)", "Perl5 module source", "text/plain"),
    rule("=head1", "^=(pod|head1)", "Perl POD document", "text/plain"),
    rule("\"use strict\"", "^\"use strict\"", "JavaScript source", JS),
    rule("'use strict'", "^'use strict'", "JavaScript source", JS),
    rule("module.exports", "^module.exports.*=", "JavaScript source", JS),
    rule("require", "^(const|var|let).*=.*require\\(", "JavaScript source", JS),
    rule("export", "^export (function|class|default|const|var|let|async)", "JavaScript source", JS),
    rule("import", "^import.* from ['\"]", "JavaScript source", JS),
    rule(":", "^[^ \t#:=][^:=]*:([^=].*)?\n\t", "makefile script", "text/x-makefile"),
    rule(".PHONY", "^\\.PHONY:.*\n\t", "makefile script", "text/x-makefile"),
];

/// A language.
pub(super) fn detect(data: &[u8]) -> Option<Verdict> {
    let head = &data[..data.len().min(LOOK)];
    if roff(head) {
        return Some(Verdict::new("troff or preprocessor input", ROFF).tail(Tail::Text));
    }
    let options = Options {
        newline: true,
        utf8: false,
        ..Options::new(Syntax::Ere)
    };
    for r in RULES {
        if memchr::memmem::find(head, r.word.as_bytes()).is_none() {
            continue;
        }
        // A line that is too hard to match is not this language.
        let found = Regex::new(r.line.as_bytes(), &options)
            .ok()?
            .is_match(head)
            .unwrap_or(false);
        if found {
            let tail = if r.executable { Tail::Executable } else { Tail::Text };
            return Some(Verdict::new(r.name, r.mime).tail(tail));
        }
    }
    None
}

/// Requests of troff at the beginning: `.TH`, `.\"`, `'\"`, `.de` and others.
fn roff(head: &[u8]) -> bool {
    match head {
        [b'.' | b'\'', b'\\', b'"', ..] => true,
        [b'.', a, b, c, ..] => a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && matches!(c, b' ' | b'\t' | b'\n'),
        _ => false,
    }
}
