//! Whole files: write, read, append, truncate, copy, remove.

use bytes::Bytes;
use futures::{StreamExt, stream};
use vfs::{ByteRange, ByteStream, Errno, FileKind, VfsError, WriteOptions};

use crate::rig::{Rig, fails, p, run};

/// Bytes that differ at every place within a period that fits no block size.
pub(super) fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8 ^ (i / 65_521) as u8).collect()
}

pub(super) fn what_is_written_is_read(rig: &Rig) {
    let data = b"\0\xff line\r\nother\n";
    let stat = rig.put("/f", &data[..]).unwrap();
    assert_eq!((stat.kind, stat.size), (FileKind::File, Some(data.len() as u64)));
    rig.holds("/f", data);
    let later = rig.stat("/f").unwrap();
    assert_eq!(
        (later.size, later.kind, &later.fingerprint),
        (stat.size, stat.kind, &stat.fingerprint)
    );
    assert_eq!(later.nlink, 1);
}

pub(super) fn writing_replaces_everything(rig: &Rig) {
    for content in [
        "a long first content",
        "short",
        "",
        "again something longer than before",
    ] {
        rig.put("/f", content).unwrap();
        rig.holds("/f", content);
        assert_eq!(rig.stat("/f").unwrap().size, Some(content.len() as u64));
    }
    assert_eq!(rig.names("/").unwrap(), ["f"]);
}

pub(super) fn an_empty_file_is_a_file(rig: &Rig) {
    rig.put("/e", "").unwrap();
    let stat = rig.stat("/e").unwrap();
    assert_eq!((stat.kind, stat.size), (FileKind::File, Some(0)));
    rig.holds("/e", "");
    assert_eq!(rig.get_range("/e", ByteRange::at(0, 10)).unwrap(), "");
    assert_eq!(rig.names("/").unwrap(), ["e"]);
}

pub(super) fn ranges_are_clipped(rig: &Rig) {
    rig.put("/f", "0123456789").unwrap();
    for (start, end, want) in [
        (0, None, "0123456789"),
        (3, None, "3456789"),
        (3, Some(5), "34"),
        (3, Some(3), ""),
        (9, Some(11), "9"),
        (10, None, ""),
        (10, Some(20), ""),
        (1000, None, ""),
        (5, Some(u64::MAX), "56789"),
        (u64::MAX, None, ""),
        (7, Some(2), ""),
    ] {
        let range = ByteRange { start, end };
        assert_eq!(rig.get_range("/f", range).unwrap(), want, "{range:?}");
    }
}

pub(super) fn a_large_file_streams_in_and_out(rig: &Rig) {
    let data = Bytes::from(pattern(20_000_003));
    let pieces: Vec<_> = (0..data.len())
        .step_by(333_337)
        .map(|at| Ok(data.slice(at..(at + 333_337).min(data.len()))))
        .collect();
    let body = ByteStream::new(stream::iter(pieces));
    run(rig.fs.write(&p("/big"), body, &WriteOptions::default())).unwrap();
    assert_eq!(rig.stat("/big").unwrap().size, Some(data.len() as u64));
    let (mut at, mut pieces) = (0, 0);
    run(async {
        let mut stream = rig.fs.read(&p("/big"), ByteRange::ALL, None).await?;
        while let Some(piece) = stream.next().await {
            let piece = piece?;
            assert!(!piece.is_empty(), "a stream has no empty pieces");
            assert!(piece == data[at..at + piece.len()], "differs in the piece at {at}");
            at += piece.len();
            pieces += 1;
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(at, data.len());
    assert!(pieces > 1, "20 MB are not handed over in one piece");
    for (start, len) in [(0, 1), (131_071, 2), (1 << 20, 5_000_000), (19_999_999, 100)] {
        let want = &data[start..(start + len).min(data.len())];
        assert!(rig.get_range("/big", ByteRange::at(start as u64, len as u64)).unwrap() == want);
    }
}

pub(super) fn many_small_pieces_make_one_file(rig: &Rig) {
    let pieces: Vec<Bytes> = (0..5000u32).map(|i| Bytes::from(format!("{i}\n"))).collect();
    let all: Vec<u8> = pieces.concat();
    let body = ByteStream::Chunks(pieces.into_iter());
    run(rig.fs.write(&p("/f"), body, &WriteOptions::default())).unwrap();
    rig.holds("/f", all);
}

pub(super) fn a_failing_body_changes_nothing(rig: &Rig) {
    rig.put("/f", "old").unwrap();
    let body = || {
        let pieces = vec![Ok(Bytes::from(pattern(300_000))), Err(VfsError::new(Errno::ECONNRESET))];
        ByteStream::new(stream::iter(pieces))
    };
    fails(
        run(rig.fs.write(&p("/f"), body(), &WriteOptions::default())),
        Errno::ECONNRESET,
    );
    fails(
        run(rig.fs.write(&p("/new"), body(), &WriteOptions::default())),
        Errno::ECONNRESET,
    );
    rig.holds("/f", "old");
    assert_eq!(rig.names("/").unwrap(), ["f"], "nothing is left behind");
}

pub(super) fn a_dropped_write_changes_nothing(rig: &Rig) {
    rig.put("/f", "old").unwrap();
    let pieces = stream::iter([Ok(Bytes::from(pattern(300_000)))]).chain(stream::pending());
    let (path, options) = (p("/f"), WriteOptions::default());
    let mut write = rig.fs.write(&path, ByteStream::new(pieces), &options);
    // As a cancelled call does: polled for a while, then dropped.
    run(async {
        for _ in 0..100 {
            let step = futures::future::poll_fn(|cx| {
                assert!(write.as_mut().poll(cx).is_pending());
                std::task::Poll::Ready(())
            });
            step.await;
        }
        Ok(())
    })
    .unwrap();
    drop(write);
    rig.holds("/f", "old");
    assert_eq!(rig.names("/").unwrap(), ["f"], "nothing is left behind");
}

pub(super) fn writing_where_it_cannot_be(rig: &Rig) {
    rig.put("/file", "x").unwrap();
    rig.mkdir("/dir").unwrap();
    fails(rig.put("/none/f", "x"), Errno::ENOENT);
    fails(rig.put("/file/f", "x"), Errno::ENOTDIR);
    fails(rig.put("/file/f/g", "x"), Errno::ENOTDIR);
    fails(rig.put("/dir", "x"), Errno::EISDIR);
    fails(rig.put("/", "x"), Errno::EISDIR);
    let long = ByteStream::Chunks(vec![Bytes::from_static(b"a"), Bytes::from_static(b"b")].into_iter());
    fails(
        run(rig.fs.write(&p("/none/f"), long, &WriteOptions::default())),
        Errno::ENOENT,
    );
    rig.holds("/file", "x");
}

pub(super) fn reading_what_cannot_be(rig: &Rig) {
    rig.put("/file", "x").unwrap();
    rig.mkdir("/dir").unwrap();
    fails(rig.get("/none"), Errno::ENOENT);
    fails(rig.get("/none/f"), Errno::ENOENT);
    fails(rig.get("/file/f"), Errno::ENOTDIR);
    fails(rig.get("/dir"), Errno::EISDIR);
    fails(rig.get("/"), Errno::EISDIR);
    fails(rig.stat("/none"), Errno::ENOENT);
    fails(rig.stat("/none/f"), Errno::ENOENT);
    fails(rig.stat("/file/f"), Errno::ENOTDIR);
}

pub(super) fn appending(rig: &Rig) {
    if !rig.caps.append {
        return fails(rig.append("/f", "x"), Errno::ENOTSUP);
    }
    rig.append("/f", "one").unwrap();
    let stat = rig.append("/f", " two").unwrap();
    assert_eq!(stat.size, Some(7));
    let pieces = ByteStream::Chunks(vec![Bytes::from_static(b" th"), Bytes::from_static(b"ree")].into_iter());
    run(rig.fs.append(&p("/f"), pieces)).unwrap();
    rig.holds("/f", "one two three");
    rig.append("/f", "").unwrap();
    rig.holds("/f", "one two three");
    rig.put("/g", pattern(1_000_000)).unwrap();
    rig.append("/g", "tail").unwrap();
    assert_eq!(
        rig.get_range(
            "/g",
            ByteRange {
                start: 1_000_000,
                end: None
            }
        )
        .unwrap(),
        "tail"
    );
    rig.mkdir("/dir").unwrap();
    fails(rig.append("/dir", "x"), Errno::EISDIR);
    fails(rig.append("/none/f", "x"), Errno::ENOENT);
    fails(rig.append("/f/f", "x"), Errno::ENOTDIR);
}

pub(super) fn truncating(rig: &Rig) {
    if !rig.caps.random_access {
        rig.put("/f", "x").unwrap();
        return fails(rig.truncate("/f", 0), Errno::ENOTSUP);
    }
    rig.put("/f", "0123456789").unwrap();
    rig.truncate("/f", 4).unwrap();
    rig.holds("/f", "0123");
    rig.truncate("/f", 6).unwrap();
    rig.holds("/f", "0123\0\0");
    rig.truncate("/f", 0).unwrap();
    rig.holds("/f", "");
    rig.truncate("/f", 300_000).unwrap();
    rig.holds("/f", vec![0; 300_000]);
    rig.mkdir("/dir").unwrap();
    fails(rig.truncate("/dir", 0), Errno::EISDIR);
    fails(rig.truncate("/none", 0), Errno::ENOENT);
    fails(rig.truncate("/f/f", 0), Errno::ENOTDIR);
}

pub(super) fn copying(rig: &Rig) {
    rig.put("/a", pattern(400_000)).unwrap();
    if !rig.caps.copy {
        return fails(rig.copy("/a", "/b"), Errno::ENOTSUP);
    }
    rig.put("/b", "old").unwrap();
    rig.copy("/a", "/b").unwrap();
    rig.copy("/a", "/c").unwrap();
    rig.put("/a", "changed").unwrap();
    for path in ["/b", "/c"] {
        rig.holds(path, pattern(400_000));
    }
    rig.copy("/a", "/a").unwrap();
    rig.holds("/a", "changed");
    rig.mkdir("/dir").unwrap();
    fails(rig.copy("/dir", "/x"), Errno::EISDIR);
    fails(rig.copy("/a", "/dir"), Errno::EISDIR);
    fails(rig.copy("/none", "/x"), Errno::ENOENT);
    fails(rig.copy("/a", "/none/x"), Errno::ENOENT);
    fails(rig.copy("/a", "/b/x"), Errno::ENOTDIR);
    assert!(rig.missing("/x"));
}

pub(super) fn a_pinned_read_notices_a_change(rig: &Rig) {
    let Some(print) = rig.put("/f", "one").unwrap().fingerprint else {
        return;
    };
    let pinned = |print| {
        run(async {
            rig.fs
                .read(&p("/f"), ByteRange::ALL, Some(print))
                .await?
                .collect()
                .await
        })
    };
    assert_eq!(pinned(&print).unwrap(), "one");
    rig.put("/f", "two!").unwrap();
    fails(pinned(&print), Errno::ESTALE);
}

pub(super) fn odd_names(rig: &Rig) {
    let mut names: Vec<Vec<u8>> = [
        " ",
        "a b",
        " lead",
        "trail ",
        "new\nline",
        "tab\t",
        "-rf",
        "--",
        "*",
        "?[a]",
        "back\\slash",
        "quote'\"",
        "$HOME",
        ".hidden",
        "...",
        "~",
        "%41",
        "a:b",
        "é",
        "e\u{301}",
        "😀",
        "\u{1}\u{7f}",
        "CON",
        "x;y|z&",
    ]
    .iter()
    .map(|s| s.as_bytes().to_vec())
    .collect();
    names.push(vec![b'n'; 255]);
    if rig.any_bytes {
        names.push(b"\xff\xfe".to_vec());
        names.push(b"a\x80b".to_vec());
    }
    for (i, name) in names.iter().enumerate() {
        let path = p([b"/", &name[..]].concat());
        let body = ByteStream::from(i.to_string().into_bytes());
        run(rig.fs.write(&path, body, &WriteOptions::default())).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    }
    names.sort();
    let listed: Vec<_> = rig.list("/").unwrap().iter().map(|e| e.name.to_vec()).collect();
    assert_eq!(listed, names);
    for name in &names {
        let path = p([b"/", &name[..]].concat());
        assert!(run(rig.fs.stat(&path)).unwrap().is_file());
        run(rig.fs.remove(&path)).unwrap();
    }
    assert_eq!(rig.list("/").unwrap(), []);
}

pub(super) fn removing(rig: &Rig) {
    rig.mkdir("/dir").unwrap();
    rig.put("/dir/f", "x").unwrap();
    fails(rig.remove("/dir"), Errno::EISDIR);
    fails(rig.remove("/"), Errno::EISDIR);
    fails(rig.remove("/none"), Errno::ENOENT);
    fails(rig.remove("/none/f"), Errno::ENOENT);
    fails(rig.remove("/dir/f/g"), Errno::ENOTDIR);
    rig.remove("/dir/f").unwrap();
    fails(rig.remove("/dir/f"), Errno::ENOENT);
    fails(rig.get("/dir/f"), Errno::ENOENT);
    rig.put("/dir/f", "again").unwrap();
    rig.holds("/dir/f", "again");
}
