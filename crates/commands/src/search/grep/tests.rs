//! `grep` against the output of GNU grep 3.8.
use crate::testing::{Lab, Outcome};

fn grep(args: &[&str], stdin: &[u8]) -> Outcome {
    Lab::new().run("grep", args, stdin)
}

fn out(args: &[&str], stdin: &[u8]) -> String {
    String::from_utf8(grep(args, stdin).stdout).unwrap()
}

const TEXT: &[u8] = b"one\ntwo x\nthree\nfour x\nfive\n";

#[test]
fn lines_are_selected_and_numbered() {
    for (args, want) in [
        (&["x"][..], "two x\nfour x\n"),
        (&["-v", "x"][..], "one\nthree\nfive\n"),
        (&["-n", "x"][..], "2:two x\n4:four x\n"),
        (&["-c", "x"][..], "2\n"),
        (&["-vc", "x"][..], "3\n"),
        (&["-b", "x"][..], "4:two x\n16:four x\n"),
        (&["-H", "x"][..], "(standard input):two x\n(standard input):four x\n"),
        (&["-m1", "x"][..], "two x\n"),
        (&["-nvm2", "x"][..], "1:one\n3:three\n"),
        (&["-o", "o[nu]"][..], "on\nou\n"),
        (&["-x", "five"][..], "five\n"),
        (&["-w", "x"][..], "two x\nfour x\n"),
        (&["-e", "one", "-e", "five"][..], "one\nfive\n"),
        (&["-E", "one|five"][..], "one\nfive\n"),
        (&["-F", "x\nve"][..], "two x\nfour x\nfive\n"),
        (&["-i", "FIVE"][..], "five\n"),
        (&["-l", "x"][..], "(standard input)\n"),
    ] {
        assert_eq!(out(args, TEXT), want, "{args:?}");
    }
}

#[test]
fn context_has_separators_and_gaps() {
    for (args, want) in [
        (&["-nA1", "x"][..], "2:two x\n3-three\n4:four x\n5-five\n"),
        (&["-nB1", "x"][..], "1-one\n2:two x\n3-three\n4:four x\n"),
        (&["-A0", "x"][..], "two x\n--\nfour x\n"),
        (&["-A0", "--no-group-separator", "x"][..], "two x\nfour x\n"),
        (&["-nm1", "-A2", "x"][..], "2:two x\n3-three\n4-four x\n"),
        (&["-1n", "five"][..], "4-four x\n5:five\n"),
        (&["-oC1", "x"][..], "x\nx\n"),
        (&["-oC0", "x"][..], "x\n--\nx\n"),
    ] {
        assert_eq!(out(args, TEXT), want, "{args:?}");
    }
}

#[test]
fn status_tells_selected_from_nothing_and_trouble() {
    assert_eq!(grep(&["x"], TEXT).status, 0);
    assert_eq!(grep(&["zzz"], TEXT).status, 1);
    assert_eq!(grep(&["\\("], TEXT).status, 2);
    let missing = grep(&["x", "nope", "-"], TEXT);
    assert_eq!(
        (missing.status, &missing.stderr[..]),
        (2, &b"grep: nope: No such file or directory\n"[..])
    );
    assert_eq!(grep(&["-q", "x", "nope", "-"], TEXT).status, 0);
}

#[test]
fn binary_files_are_reported_not_shown() {
    let binary = b"x\0y\nfoo x\n";
    let outcome = grep(&["x"], binary);
    assert_eq!(outcome.stdout, b"");
    assert_eq!(outcome.stderr, b"grep: (standard input): binary file matches\n");
    assert_eq!(out(&["-c", "x"], binary), "2\n");
    assert_eq!(grep(&["-a", "x"], binary).stdout, binary);
    assert_eq!(grep(&["-I", "x"], binary).status, 1);
    let encoding = grep(&["x"], b"good x\nbad\xff x\nend x\n");
    assert_eq!(encoding.stdout, b"good x\nend x\n");
    assert_eq!(encoding.stderr, b"grep: (standard input): binary file matches\n");
}

#[test]
fn colours_are_gnu_greps() {
    assert_eq!(
        out(&["--color=always", "-n", "x"], b"a x\n"),
        "\u{1b}[32m\u{1b}[K1\u{1b}[m\u{1b}[K\u{1b}[36m\u{1b}[K:\u{1b}[m\u{1b}[Ka \u{1b}[01;31m\u{1b}[Kx\u{1b}[m\u{1b}[K\n"
    );
}
