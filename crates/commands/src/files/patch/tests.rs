use std::sync::Arc;

use vfs::{Mode, VPath, Vfs};

use crate::testing::Lab;

fn lab(text: &str) -> Lab {
    let tree = Vfs::new();
    tree.mount(VPath::root(), Arc::new(resources::ram::Ram::new()), Mode::Exec)
        .unwrap();
    let lab = Lab::on(tree);
    lab.fs()
        .write_all(&VPath::new("/a").unwrap(), text.to_string().into())
        .unwrap();
    lab
}

fn content(lab: &Lab, path: &str) -> String {
    String::from_utf8_lossy(&lab.fs().read_all(&VPath::new(path).unwrap()).unwrap()).into_owned()
}

const UNIFIED: &str = "--- a\n+++ b\n@@ -1,3 +1,4 @@\n one\n-two\n+TWO\n+2.5\n three\n";

#[test]
fn all_formats_apply_and_go_back() {
    let context = "*** a\n--- b\n***************\n*** 1,3 ****\n  one\n! two\n  three\n--- 1,4 ----\n  one\n! TWO\n! 2.5\n  three\n";
    for patch in [UNIFIED, context, "2c2,3\n< two\n---\n> TWO\n> 2.5\n"] {
        let lab = lab("one\ntwo\nthree\n");
        let out = lab.run("patch", &["a"], patch.as_bytes());
        assert_eq!(
            (out.status, out.stdout.as_slice()),
            (0, &b"patching file a\n"[..]),
            "{patch}"
        );
        assert_eq!(content(&lab, "/a"), "one\nTWO\n2.5\nthree\n");
        assert_eq!(lab.run("patch", &["-R", "a"], patch.as_bytes()).status, 0);
        assert_eq!(content(&lab, "/a"), "one\ntwo\nthree\n");
    }
}

#[test]
fn hunks_are_found_elsewhere_and_otherwise_saved() {
    let lab = lab("zero\none\ntwo\nthree\n");
    let out = lab.run("patch", &["a"], UNIFIED.as_bytes());
    assert_eq!(
        out.stdout,
        b"patching file a\nHunk #1 succeeded at 2 (offset 1 line).\n"
    );
    let lab = self::lab("one\nzwei\nthree\n");
    let out = lab.run("patch", &["a"], UNIFIED.as_bytes());
    let want = "patching file a\nHunk #1 FAILED at 1.\n1 out of 1 hunk FAILED -- saving rejects to file a.rej\n";
    assert_eq!((out.status, String::from_utf8_lossy(&out.stdout).as_ref()), (1, want));
    assert_eq!(content(&lab, "/a.rej"), UNIFIED);
}

#[test]
fn files_come_and_go_but_never_outside() {
    let lab = lab("x\n");
    let out = lab.run(
        "patch",
        &["-p0"],
        b"--- /dev/null\n+++ d/new\n@@ -0,0 +1,2 @@\n+a\n+b\n",
    );
    assert_eq!(out.status, 0);
    assert_eq!(content(&lab, "/d/new"), "a\nb\n");
    lab.run(
        "patch",
        &["-p0"],
        b"--- d/new\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n",
    );
    assert!(lab.fs().stat(&VPath::new("/d/new").unwrap()).is_err());
    let out = lab.run(
        "patch",
        &["-p0"],
        b"--- /dev/null\n+++ ../../etc/x\n@@ -0,0 +1 @@\n+a\n",
    );
    assert!(
        out.stdout
            .starts_with(b"Ignoring potentially dangerous file name ../../etc/x\n")
    );
    assert_eq!(out.status, 1);
}
