use crate::testing::Lab;

fn run(args: &[&str], stdin: &str) -> (String, String, u8) {
    let out = Lab::new().run("jq", args, stdin.as_bytes());
    (
        String::from_utf8(out.stdout).unwrap(),
        String::from_utf8(out.stderr).unwrap(),
        out.status,
    )
}

fn out(args: &[&str], stdin: &str) -> String {
    run(args, stdin).0
}

#[test]
fn layouts() {
    assert_eq!(out(&["."], "{\"a\":[1,{}]}"), "{\n  \"a\": [\n    1,\n    {}\n  ]\n}\n");
    assert_eq!(out(&["-c", "."], "{\"a\" : [1, 2]}"), "{\"a\":[1,2]}\n");
    assert_eq!(out(&["--tab", "."], "[1]"), "[\n\t1\n]\n");
    assert_eq!(out(&["--indent", "1", "."], "[1]"), "[\n 1\n]\n");
    assert_eq!(out(&["-r", ".[]"], "[\"a\",1]"), "a\n1\n");
    assert_eq!(out(&["-j", ".[]"], "[\"a\",1]"), "a1");
    assert_eq!(out(&["-cS", "."], "{\"b\":1,\"a\":2}"), "{\"a\":2,\"b\":1}\n");
    assert_eq!(out(&["--raw-output0", ".[]"], "[\"a\",1]"), "a\u{0}1\u{0}");
    assert_eq!(out(&["--seq", "-c", "."], "[1]"), "\u{1e}[1]\n");
}

#[test]
fn inputs() {
    assert_eq!(out(&["-s", "-c", "."], "1 2 [3]"), "[1,2,[3]]\n");
    assert_eq!(out(&["-R", "."], "a\nb"), "\"a\"\n\"b\"\n");
    assert_eq!(out(&["-Rs", "."], "a\nb\n"), "\"a\\nb\\n\"\n");
    assert_eq!(out(&["-n", "[inputs]", "-c"], "1 2"), "[1,2]\n");
    assert_eq!(out(&["-c", "[., input]"], "1 2 3 4"), "[1,2]\n[3,4]\n");
    assert_eq!(out(&["-c", "--stream", "."], "[1,[]]"), "[[0],1]\n[[1],[]]\n[[1]]\n");
    assert_eq!(
        out(&["-c", "--seq", "-n", "[inputs]"], "\u{1e}[1]\n\u{1e}{\"a\u{1e}2\n"),
        "\u{1e}[[1],2]\n"
    );
    assert_eq!(out(&["input_line_number"], "1\n2\n"), "1\n2\n");
    assert_eq!(out(&[], ""), "");
    assert_eq!(out(&[], "[1]"), "[\n  1\n]\n");
}

#[test]
fn arguments() {
    assert_eq!(
        out(
            &[
                "-nc",
                "--arg",
                "a",
                "1",
                "--argjson",
                "b",
                "{\"x\":2}",
                "[$a,$b,$ARGS.named]"
            ],
            ""
        ),
        "[\"1\",{\"x\":2},{\"a\":\"1\",\"b\":{\"x\":2}}]\n"
    );
    assert_eq!(
        out(&["-nc", "--args", "$ARGS.positional", "x", "y"], ""),
        "[\"x\",\"y\"]\n"
    );
    assert_eq!(
        out(&["-nc", "--jsonargs", "$ARGS.positional", "1", "[2]"], ""),
        "[1,[2]]\n"
    );
    assert_eq!(run(&["-n", "--arg", "x"], "").2, 2);
    assert!(
        run(&["-n", "--argjson", "x", "{", "1"], "")
            .1
            .starts_with("jq: invalid JSON text passed to --argjson\n")
    );
}

#[test]
fn statuses() {
    assert_eq!(run(&["-e", "."], "null").2, 1);
    assert_eq!(run(&["-e", "."], "1").2, 0);
    assert_eq!(run(&["-e", "empty"], "1").2, 4);
    assert_eq!(run(&["."], "{").2, 5);
    assert_eq!(run(&["-n", "$x"], "").2, 3);
    assert_eq!(run(&["--nope"], "").2, 2);
    assert_eq!(run(&[".", "/none"], "").2, 2);
    assert_eq!(
        run(&["-n", "\"bye\"|halt_error(3)"], ""),
        (String::new(), "bye".to_owned(), 3)
    );
    assert_eq!(run(&["-n", "halt"], "").2, 0);
    let (_, err, status) = run(&[".a"], "[1]\n");
    assert_eq!(
        (err.as_str(), status),
        ("jq: error (at <stdin>:1): Cannot index array with string (\"a\")\n", 5)
    );
    let (_, err, _) = run(&["."], "{\"a\":1\n");
    assert_eq!(
        err,
        "jq: parse error: Unfinished JSON term at EOF at line 2, column 0\n"
    );
}
