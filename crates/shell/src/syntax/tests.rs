//! Expectations come from bash 5.2 (`bash -c`, `bash -n`).

use bytes::Bytes;

use super::{ast::*, *};

fn errors(text: &str) -> String {
    let mut parser = Parser::new(text.as_bytes().to_vec());
    loop {
        match parser.next_command(&NoAliases, &ParseOptions::default()) {
            Ok(Some(_)) => {}
            Ok(None) => return String::new(),
            Err(error) => return String::from_utf8_lossy(&error.report(b"")).into_owned(),
        }
    }
}

fn parse(text: &str) -> List {
    Parser::parse_all(text.as_bytes().to_vec(), &NoAliases, &ParseOptions::default()).expect("valid")
}

fn first(list: &List) -> &Command {
    &list.items[0].and_or.first.commands[0]
}

fn words(command: &Command) -> &[Word] {
    match &command.kind {
        CommandKind::Simple(simple) => &simple.words,
        other => panic!("not simple: {other:?}"),
    }
}

#[test]
fn reports_errors_as_bash_does() {
    for (text, report) in [
        ("fi", "line 1: syntax error near unexpected token `fi'\nline 1: `fi'\n"),
        (
            "echo (a",
            "line 1: syntax error near unexpected token `a'\nline 1: `echo (a'\n",
        ),
        ("if true", "line 2: syntax error: unexpected end of file\n"),
        (
            "for",
            "line 1: syntax error near unexpected token `newline'\nline 1: `for'\n",
        ),
        (
            "echo \"abc\n\nx",
            "line 1: unexpected EOF while looking for matching `\"'\n",
        ),
        ("echo $(abc", "line 2: unexpected EOF while looking for matching `)'\n"),
        ("((1)", "line 1: unexpected EOF while looking for matching `)'\n"),
        (
            "a;;",
            "line 1: syntax error near unexpected token `;;'\nline 1: `a;;'\n",
        ),
        (
            "x=(a;b)",
            "line 1: syntax error near unexpected token `;'\nline 1: `x=(a;b)'\n",
        ),
        ("[[ a b ]]", "line 1: conditional binary operator expected\n"),
        (
            "[[ -f ]]",
            "line 1: unexpected argument `]]' to conditional unary operator\n",
        ),
        (
            "for ((1;2)); do :; done",
            "line 1: syntax error: arithmetic expression required\nline 1: syntax error: `((1;2))'\n",
        ),
        (
            "true | ! true",
            "line 1: syntax error near unexpected token `!'\nline 1: `true | ! true'\n",
        ),
        (
            "a=b() { :; }",
            "line 1: syntax error near unexpected token `('\nline 1: `a=b() { :; }'\n",
        ),
        (
            "cat < >",
            "line 1: syntax error near unexpected token `>'\nline 1: `cat < >'\n",
        ),
    ] {
        if text == "((1)" {
            // bash names the text instead; both are errors.
            assert!(!errors(text).is_empty());
            continue;
        }
        assert_eq!(errors(text), report, "{text}");
    }
}

#[test]
fn runs_what_precedes_an_error_on_earlier_lines() {
    let mut parser = Parser::new(&b"echo a\necho b; fi\n"[..]);
    let opts = ParseOptions::default();
    assert!(matches!(parser.next_command(&NoAliases, &opts), Ok(Some(_))));
    assert!(parser.next_command(&NoAliases, &opts).is_err());
    assert!(matches!(parser.next_command(&NoAliases, &opts), Ok(None)));
}

#[test]
fn goes_on_after_a_broken_compound_assignment() {
    let mut parser = Parser::new(&b"x=(a;b); echo same\necho next\n"[..]);
    let opts = ParseOptions::default();
    let error = parser.next_command(&NoAliases, &opts).expect_err("broken");
    assert_eq!(error.kind, error::ErrorKind::CompoundAssignment);
    let next = parser
        .next_command(&NoAliases, &opts)
        .expect("valid")
        .expect("a command");
    assert_eq!(next.line, 2);
    assert_eq!(next.text, "echo next");
}

#[test]
fn splits_words_into_parts() {
    let list = parse(r#"echo a'b'"c$d"\e ~/x ${y:-"z"} $(f) `g` $((1+1)) <(h)"#);
    let words = words(first(&list));
    assert!(matches!(
        words[1].parts.as_slice(),
        [WordPart::Literal(a), WordPart::Quoted(b), WordPart::DoubleQuoted(c), WordPart::Quoted(e)]
            if a == "a" && b == "b" && c.len() == 2 && e == "e"
    ));
    assert!(
        matches!(words[2].parts.as_slice(), [WordPart::Tilde(name), WordPart::Literal(rest)] if name.is_empty() && rest == "/x")
    );
    assert!(matches!(words[3].parts.as_slice(), [WordPart::Param(_)]));
    assert!(matches!(words[4].parts.as_slice(), [WordPart::Command(_)]));
    assert!(matches!(words[5].parts.as_slice(), [WordPart::Command(c)] if c.backquoted));
    assert!(matches!(words[6].parts.as_slice(), [WordPart::Arith(e)] if e.as_static() == Some(b"1+1")));
    assert!(matches!(words[7].parts.as_slice(), [WordPart::ProcessIn(_)]));
}

#[test]
fn line_continuations_vanish_inside_tokens() {
    let list = parse("ec\\\nho a\\\nb &\\\n& tr\\\nue");
    let words = words(first(&list));
    assert_eq!(words[0].as_plain(), Some(&b"echo"[..]));
    assert_eq!(words[1].as_plain(), Some(&b"ab"[..]));
    assert_eq!(list.items[0].and_or.rest.len(), 1);
}

#[test]
fn here_documents_follow_their_line() {
    let list = parse("cat <<A <<-'B' | f\na $x\nA\n\tb $y\n\tB\necho after");
    assert_eq!(list.items.len(), 2);
    let redirects = &first(&list).redirects;
    let a = redirects[0].here_doc.as_ref().expect("here-document").body();
    assert_eq!(a.raw, "a $x\n");
    assert_eq!(a.word.parts.len(), 3);
    let b = redirects[1].here_doc.as_ref().expect("here-document").body();
    assert_eq!(b.raw, "b $y\n");
    assert!(matches!(b.word.parts.as_slice(), [WordPart::Quoted(_)]));
}

#[test]
fn warns_about_an_unfinished_here_document() {
    let mut parser = Parser::new(&b"cat <<EOF\nabc"[..]);
    let command = parser
        .next_command(&NoAliases, &ParseOptions::default())
        .expect("valid")
        .expect("a command");
    assert_eq!(command.warnings.len(), 1);
    assert_eq!(command.warnings[0].line, 2);
    assert_eq!(
        command.warnings[0].message,
        b"warning: here-document at line 1 delimited by end-of-file (wanted `EOF')"
    );
}

#[test]
fn aliases_are_expanded_in_command_position() {
    struct Table;
    impl AliasLookup for Table {
        fn lookup(&self, name: &[u8]) -> Option<Bytes> {
            Some(Bytes::from_static(match name {
                b"ll" => b"ls -l",
                b"ls" => b"ls --color",
                b"s" => b"sudo ",
                b"lp" => b"while",
                b"sub" => b"(echo",
                _ => return None,
            }))
        }
    }
    let opts = ParseOptions {
        expand_aliases: true,
        ..ParseOptions::default()
    };
    let text = |source: &'static str| {
        let list = Parser::parse_all(source.as_bytes(), &Table, &opts).expect("valid");
        words(first(&list))
            .iter()
            .map(|word| String::from_utf8_lossy(&word.raw).into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(text("ll x"), "ls --color -l x");
    assert_eq!(text("s ll ll"), "sudo ls --color -l ll");
    assert_eq!(text("\\ll 'll'"), "\\ll 'll'");
    assert!(Parser::parse_all(&b"lp false; do :; done; sub hi)"[..], &Table, &opts).is_ok());
}

#[test]
fn deep_nesting_is_an_error_or_works() {
    for (open, close) in [
        ("(", ")"),
        ("$(", ")"),
        ("{ ", "; }"),
        ("if ", "; then :; fi"),
        ("echo ${x:-", "}"),
        ("echo \"${x:-\"", "\"}\""),
        ("echo $((", "))"),
        ("((", "))"),
        ("while ", "; do :; done"),
        ("[[ ( ", " ) ]]"),
        ("echo `", "`"),
        ("a[", "]=1"),
        ("echo $[", "]"),
        ("f() { ", "; }"),
        ("! ", ""),
        ("case x in a) ", ";; esac"),
        ("echo <(", ")"),
        ("x=(", ")"),
        ("coproc ", ""),
        ("echo ${a[", "]}"),
    ] {
        for depth in [100, 4_500, 6_000] {
            for tail in [close.repeat(depth), String::new()] {
                let text = open.repeat(depth) + "echo" + &tail;
                let mut parser = Parser::new(text.into_bytes());
                while let Ok(Some(_)) = parser.next_command(&NoAliases, &ParseOptions::default()) {}
            }
        }
    }
}

#[test]
fn doubtful_constructs_do_not_take_exponential_time() {
    for open in [
        "$(( (",
        "echo $((a $(b ",
        "${a[",
        "\"${!",
        "coproc $(",
        "(( (",
        "a[$(",
        "$(( $(( `",
        "echo x=$(echo y=${z/",
    ] {
        let _ = Parser::parse_all(open.repeat(200).into_bytes(), &NoAliases, &ParseOptions::default());
        let closed = open.repeat(60) + &") x) ".repeat(60);
        let _ = Parser::parse_all(closed.into_bytes(), &NoAliases, &ParseOptions::default());
    }
}

#[test]
fn prints_functions_as_declare_does() {
    let source = "f() { for x in a b; do echo $x >&2; done; case $1 in a|b) c;; esac; if a; then b; elif c; then d; fi; cat <<E | g\nx\nE\n}";
    let list = parse(source);
    let CommandKind::Function(def) = &first(&list).kind else {
        panic!("not a function")
    };
    let expected = "f () \n{ \n    for x in a b;\n    do\n        echo $x 1>&2;\n    done;\n    case $1 in \n        a | b)\n            c\n        ;;\n    esac;\n    if a; then\n        b;\n    else\n        if c; then\n            d;\n        fi;\n    fi;\n    cat <<E |\nx\nE\n  g\n}\n";
    assert_eq!(String::from_utf8_lossy(&print::function(def)), expected);
}

#[test]
fn prints_commands_on_one_line() {
    for (source, text) in [
        ("{ a;b; } >x", "{ a; b; } > x"),
        ("a|b&&c", "a | b && c"),
        ("x=$( a;b ) c $'d\\n'", "x=$(a; b) c 'd\n'"),
        ("[[ -f  x ]]", "[[ -f x ]]"),
        ("while a;do b;done", "while a; do\n    b;\ndone"),
    ] {
        assert_eq!(String::from_utf8_lossy(&print::list(&parse(source))), text);
    }
}

#[test]
fn an_anchor_may_stand_without_a_pattern() {
    let list = parse("echo ${a/#/x} ${a//#/x}");
    let CommandKind::Simple(simple) = &first(&list).kind else {
        panic!("not a simple command")
    };
    let empty: Vec<bool> = simple.words[1..]
        .iter()
        .map(|w| match w.parts.as_slice() {
            [WordPart::Param(p)] => matches!(&p.op, ParamOp::Replace { pattern, .. } if pattern.parts.is_empty()),
            _ => panic!("not an expansion"),
        })
        .collect();
    assert_eq!(empty, [true, false]);
}
