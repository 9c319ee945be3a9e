use crate::testing::Lab;
use std::sync::Arc;
use vfs::{Mode, VPath, Vfs};

fn lab(files: &[(&str, &[u8])]) -> Lab {
    let vfs = Vfs::new();
    vfs.mount(VPath::root(), Arc::new(resources::ram::Ram::new()), Mode::Exec)
        .unwrap();
    let lab = Lab::on(vfs);
    for (name, data) in files {
        lab.fs()
            .write_all(
                &VPath::new(format!("/{name}").as_bytes()).unwrap(),
                data.to_vec().into(),
            )
            .unwrap();
    }
    lab
}

fn kind(data: &[u8]) -> String {
    let lab = lab(&[("x", data)]);
    let out = lab.run("file", &["-b", "x"], b"");
    String::from_utf8_lossy(&out.stdout).trim_end().to_string()
}

#[test]
fn texts_say_how_they_are_encoded_and_how_lines_end() {
    for (data, want) in [
        (&b"hello"[..], "ASCII text, with no line terminators"),
        (b"a\nb\r\n", "ASCII text, with CRLF, LF line terminators"),
        (b"a\rb\r", "ASCII text, with CR line terminators"),
        (b"h\xc3\xa9\n", "Unicode text, UTF-8 text"),
        (b"\xef\xbb\xbfhi\n", "Unicode text, UTF-8 (with BOM) text"),
        (b"h\xe9llo\n", "ISO-8859 text"),
        (b"\x80abc", "Non-ISO extended-ASCII text, with no line terminators"),
        (
            b"\xff\xfeh\0i\0",
            "Unicode text, UTF-16, little-endian text, with no line terminators",
        ),
        (
            b"\x1b[1mx\x08\n",
            "ASCII text, with escape sequences, with overstriking",
        ),
        (b"a\0b", "data"),
        (b"", "empty"),
        (b"a", "very short file (no magic)"),
        (
            &[b'a'; 20000],
            "ASCII text, with very long lines (20000), with no line terminators",
        ),
    ] {
        assert_eq!(kind(data), want);
    }
}

#[test]
fn scripts_and_structured_texts_are_known() {
    for (data, want) in [
        (
            &b"#!/bin/bash\necho\n"[..],
            "Bourne-Again shell script, ASCII text executable",
        ),
        (
            b"#!/bin/sh\r\n",
            "POSIX shell script, ASCII text executable, with CRLF line terminators",
        ),
        (b"#!/usr/bin/env python3\n", "Python script, ASCII text executable"),
        (b"#!/usr/bin/env node\n", "Node.js script executable, ASCII text"),
        (b"#!/usr/bin/perl -w\n", "Perl script text executable"),
        (b"#!/opt/foo bar\n", "a /opt/foo bar script, ASCII text executable"),
        (b"{\"a\": [1, 2.5e3, null]}\n", "JSON text data"),
        (b"{\"a\":1}\n{\"b\":2}\n", "New Line Delimited JSON text data"),
        (b"{'a':1}\n", "ASCII text"),
        (b"a,b,c\n1,2,3\n4,5,6\n", "CSV text"),
        (b"<?xml version=\"1.0\"?>\n<a/>", "XML 1.0 document, ASCII text"),
        (b"<!DOCTYPE html>\n<html></html>", "HTML document, ASCII text"),
        (b"#include <stdio.h>\n", "C source, ASCII text"),
        (
            b"--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n",
            "unified diff output, ASCII text",
        ),
    ] {
        assert_eq!(kind(data), want);
    }
}

#[test]
fn signatures_tell_binary_formats() {
    for (data, want) in [
        (
            &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x20\x08\x06\0\0\0"[..],
            "PNG image data, 16 x 32, 8-bit/color RGBA, non-interlaced",
        ),
        (b"GIF89a\x10\0\x20\0", "GIF image data, version 89a, 16 x 32"),
        (b"%PDF-1.4\n", "PDF document, version 1.4"),
        (
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
            "gzip compressed data, from Unix, original size modulo 2^32 50331648",
        ),
        (b"BZh91AY&SY", "bzip2 compressed data, block size = 900k"),
        (b"\0asm\x01\0\0\0", "WebAssembly (wasm) binary module version 0x1 (MVP)"),
        (b"PAR1\0PAR1", "Apache Parquet"),
        (
            b"\xff\xfb\x90\x64\0\0",
            "MPEG ADTS, layer III, v1, 128 kbps, 44.1 kHz, JntStereo",
        ),
    ] {
        assert_eq!(kind(data), want);
    }
}

#[test]
fn names_are_padded_and_missing_files_are_reported_on_standard_output() {
    let lab = lab(&[("a", b"x y\n"), ("long", b"{}")]);
    let out = lab.run("file", &["a", "long", "nope"], b"");
    let want = "a:    ASCII text\nlong: JSON text data\nnope: cannot open `nope' (No such file or directory)\n";
    assert_eq!((out.stdout.as_slice(), out.status), (want.as_bytes(), 0));
    let out = lab.run("file", &["-i", "a", "long"], b"");
    let want = "a:    text/plain; charset=us-ascii\nlong: application/json; charset=us-ascii\n";
    assert_eq!(out.stdout, want.as_bytes());
    assert_eq!(
        lab.run("file", &["-b", "--mime-type", "-"], b"a\0b").stdout,
        b"application/octet-stream\n"
    );
}
