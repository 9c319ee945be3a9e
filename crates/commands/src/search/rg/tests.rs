//! `rg` against what ripgrep prints to a pipe.
use bytes::Bytes;
use std::sync::Arc;
use vfs::{Mode, VPath, Vfs};

use crate::testing::Lab;

fn lab(files: &[(&str, &str)]) -> Lab {
    let tree = Vfs::new();
    tree.mount(VPath::root(), Arc::new(resources::ram::Ram::new()), Mode::Exec)
        .unwrap();
    let lab = Lab::on(tree);
    for (name, text) in files {
        let path = VPath::root().join(name).unwrap();
        lab.fs().mkdir_all(&path.parent().unwrap(), None).unwrap();
        lab.fs()
            .write_all(&path, Bytes::copy_from_slice(text.as_bytes()))
            .unwrap();
    }
    lab
}

fn out(lab: &Lab, args: &[&str]) -> String {
    String::from_utf8(lab.run("rg", args, b"").stdout).unwrap()
}

const FILES: &[(&str, &str)] = &[
    ("a.txt", "alpha\nbeta x\ngamma\n"),
    ("src/m.rs", "fn x() {}\nlet y = x;\n"),
    ("src/skip.log", "x\n"),
    (".hidden", "x\n"),
    (".ignore", "*.log\n"),
    ("bin", "x\0x\n"),
];

#[test]
fn trees_are_searched_without_hidden_ignored_and_binary_files() {
    let lab = lab(FILES);
    assert_eq!(
        out(&lab, &["x"]),
        "a.txt:beta x\nsrc/m.rs:fn x() {}\nsrc/m.rs:let y = x;\n"
    );
    assert_eq!(out(&lab, &["-l", "--hidden", "x"]), ".hidden\na.txt\nsrc/m.rs\n");
    assert_eq!(
        out(&lab, &["-c", "--no-ignore", "x", "src"]),
        "src/m.rs:2\nsrc/skip.log:1\n"
    );
    assert_eq!(out(&lab, &["-l", "-trust", "x"]), "src/m.rs\n");
    assert_eq!(out(&lab, &["-l", "-g", "*.txt", "x"]), "a.txt\n");
    assert_eq!(out(&lab, &["-l", "-g", "!*.txt", "x"]), "src/m.rs\n");
    assert_eq!(out(&lab, &["--files"]), "a.txt\nbin\nsrc/m.rs\n");
    assert_eq!(
        out(&lab, &["x", "bin"]),
        "binary file matches (found \"\\0\" byte around offset 1)\n"
    );
}

#[test]
fn lines_are_printed_as_asked() {
    let lab = lab(FILES);
    assert_eq!(out(&lab, &["-n", "--column", "x", "a.txt"]), "2:6:beta x\n");
    assert_eq!(out(&lab, &["-o", "-r", "<$0>", "a.", "a.txt"]), "<al>\n<a >\n<am>\n");
    assert_eq!(out(&lab, &["-r", "${2}$1", "(b)(e)", "a.txt"]), "ebta x\n");
    assert_eq!(out(&lab, &["-C1", "-n", "x", "a.txt"]), "1-alpha\n2:beta x\n3-gamma\n");
    assert_eq!(out(&lab, &["-U", "-n", "beta x\\ngam", "a.txt"]), "2:beta x\n3:gamma\n");
    assert_eq!(out(&lab, &["-S", "ALPHA", "a.txt"]), "");
    assert_eq!(out(&lab, &["-S", "alpha", "a.txt"]), "alpha\n");
    assert_eq!(
        out(&lab, &["--vimgrep", "x", "src/m.rs"]),
        "src/m.rs:1:4:fn x() {}\nsrc/m.rs:2:9:let y = x;\n"
    );
    assert_eq!(
        out(&lab, &["--heading", "-n", "x", "src"]),
        "src/m.rs\n1:fn x() {}\n2:let y = x;\n"
    );
    assert_eq!(out(&lab, &["--passthru", "x", "a.txt"]), "alpha\nbeta x\ngamma\n");
}

#[test]
fn json_has_one_message_per_line() {
    let text = out(&lab(FILES), &["--json", "x", "a.txt"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], r#"{"type":"begin","data":{"path":{"text":"a.txt"}}}"#);
    assert_eq!(
        lines[1],
        r#"{"type":"match","data":{"path":{"text":"a.txt"},"lines":{"text":"beta x\n"},"line_number":2,"absolute_offset":6,"submatches":[{"match":{"text":"x"},"start":5,"end":6}]}}"#
    );
    assert_eq!(lines.len(), 4);
}

#[test]
fn status_and_messages() {
    let lab = lab(FILES);
    assert_eq!(lab.run("rg", &["zzz"], b"").status, 1);
    let missing = lab.run("rg", &["x", "nope"], b"");
    assert_eq!(missing.status, 2);
    assert_eq!(missing.stderr, b"rg: nope: No such file or directory (os error 2)\n");
    assert_eq!(lab.run("rg", &["("], b"").status, 2);
    assert_eq!(lab.run("rg", &["b"], b"abc\n").stdout, b"abc\n");
}
