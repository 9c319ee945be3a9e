//! Globs against bash 5.2's answers, and against a matcher that tries everything.
use proptest::prelude::*;

use super::*;

fn pat(p: &str) -> Pattern {
    Pattern::new(p.as_bytes(), &GlobOptions::default()).unwrap()
}

fn m(p: &str, s: &str) -> bool {
    pat(p).matches(s.as_bytes())
}

#[test]
fn plain_patterns() {
    for (p, s, want) in [
        ("", "", true),
        ("*", "", true),
        ("a*c", "abc", true),
        ("a*c", "ab", false),
        ("*a*b*", "xxaxxbxx", true),
        ("?", "é", true),
        ("??", "é", false),
        ("[a-c]", "b", true),
        ("[!a-c]", "b", false),
        ("[^a-c]", "d", true),
        ("[]a]", "]", true),
        ("[a", "[a", true),
        ("[[:upper:]]*", "Abc", true),
        ("[z-a]", "m", false),
        ("\\*", "*", true),
        ("\\*", "x", false),
        ("[\\]]", "]", true),
        ("[a-]", "-", true),
        ("[[.hyphen.]]", "-", true),
        ("[[=a=]]", "a", true),
        ("a\\", "a\\", true),
        ("*a", "aba", true),
        ("a*a", "a", false),
    ] {
        assert_eq!(m(p, s), want, "{p} on {s}");
    }
}

#[test]
fn extended_patterns() {
    for (p, s, want) in [
        ("@(a|b)", "a", true),
        ("@(a|b)", "ab", false),
        ("*(a|b)", "abba", true),
        ("+(a|b)", "", false),
        ("?(a)b", "b", true),
        ("!(a)", "a", false),
        ("!(a)", "b", true),
        ("!(a)", "", true),
        ("!(*.txt)", "a.txt", false),
        ("!(*.txt)", "a.txt2", true),
        ("*.!(txt|md)", "a.rs", true),
        ("*.!(txt|md)", "a.md", false),
        ("a!(b)c", "abc", false),
        ("a!(b)c", "ac", true),
        ("@(a|*(b)c)", "bbc", true),
        ("@(a", "@(a", true),
        ("+(ab|c)d", "abcabd", true),
        ("@(foo|[)]x)", ")x", true),
        ("!(!(a))", "a", true),
        ("*(a|b[)])", "ab)", true),
    ] {
        assert_eq!(m(p, s), want, "{p} on {s}");
    }
}

#[test]
fn quoted_pieces_stand_for_themselves() {
    let p = Pattern::from_pieces([Piece::Literal(b"*"), Piece::Active(b"*")], &GlobOptions::default()).unwrap();
    assert!(p.matches(b"*x") && !p.matches(b"x"));
    let p = Pattern::from_pieces(
        [Piece::Active(b"["), Piece::Literal(b"]"), Piece::Active(b"a]")],
        &GlobOptions::default(),
    );
    assert!(p.unwrap().matches(b"]"));
}

#[test]
fn prefixes_suffixes_and_searches() {
    let v = b"a.b.c";
    assert_eq!(pat("*.").shortest_prefix(v), Some(2));
    assert_eq!(pat("*.").longest_prefix(v), Some(4));
    assert_eq!(pat(".*").shortest_suffix(v), Some(3));
    assert_eq!(pat(".*").longest_suffix(v), Some(1));
    assert_eq!(pat("+([a-b.])").longest_prefix(v), Some(4));
    assert_eq!(pat("+([b-c.])").longest_suffix(v), Some(1));
    assert_eq!(pat("[b.]*").searcher(v).find(0), Some(Span { start: 1, end: 5 }));
    assert_eq!(
        pat("+([0-9])").searcher(b"ab123c45").find(5),
        Some(Span { start: 6, end: 8 })
    );
    assert_eq!(pat("x").searcher(v).find(0), None);
}

#[test]
fn invalid_utf8_is_matched_by_byte() {
    assert!(pat("?").matches(b"\xff"));
    assert!(pat("a??").matches(b"a\xc3\xff"));
    assert!(pat("*\u{e9}").matches(b"\xff\xc3\xa9"));
}

#[test]
fn names_and_paths() {
    assert!(!pat("*").matches_name(b".a", false));
    assert!(pat("*").matches_name(b".a", true));
    assert!(pat(".*").matches_name(b".a", false));
    assert!(!pat("[.]a").matches_name(b".a", false));
    assert!(!pat("!(b)").matches_name(b".a", false));
    assert!(pat("@(.a|b)").matches_name(b".a", false));
    let path = GlobOptions {
        pathname: true,
        period: true,
        ..GlobOptions::default()
    };
    let p = Pattern::new(b"a/*", &path).unwrap();
    assert!(p.matches(b"a/b") && !p.matches(b"a/b/c") && !p.matches(b"a/.b"));
    assert!(!Pattern::new(b"a[/]b", &path).unwrap().matches(b"a/b"));
    assert!(!Pattern::new(b"a!(x)b", &path).unwrap().matches(b"a/b"));
}

#[test]
fn case_can_be_ignored() {
    let p = Pattern::new(
        "É*[x-z]".as_bytes(),
        &GlobOptions {
            nocase: true,
            ..GlobOptions::default()
        },
    )
    .unwrap();
    assert!(p.matches("éaY".as_bytes()));
}

#[test]
fn hostile_patterns_end() {
    let s = "a".repeat(2_000);
    assert!(!m("*(*(*(a)b)c)", &s));
    assert!(!m("*a*a*a*a*a*a*a*a*a*a*a*a*b", &s));
    assert!(!m("+(+(+(a|aa)|aaa)|a*)b", &s));
    let deep = format!("{}a{}", "@(".repeat(900), ")".repeat(900));
    assert!(m(&deep, "a"));
    assert!(Pattern::new("@(".repeat(5_000).as_bytes(), &GlobOptions::default()).is_err());
}

/// All ends of matches from `at`, trying everything.
fn ends(toks: &[parse::Tok], s: &[u8], at: usize) -> Vec<usize> {
    use parse::{Ext, Tok};
    let Some((tok, rest)) = toks.split_first() else {
        return vec![at];
    };
    let mut firsts = Vec::new();
    match tok {
        Tok::Symbol(x) if s.get(at).is_some_and(|b| u32::from(*b) == *x) => firsts.push(at + 1),
        Tok::Any if at < s.len() => firsts.push(at + 1),
        Tok::Set(set) if s.get(at).is_some_and(|b| set.has(u32::from(*b))) => firsts.push(at + 1),
        Tok::Star => firsts.extend(at..=s.len()),
        Tok::Ext(kind, list) => {
            let once = |from: usize| list.iter().flat_map(|b| ends(b, s, from)).collect::<Vec<_>>();
            match kind {
                Ext::One => firsts = once(at),
                Ext::Optional => {
                    firsts = once(at);
                    firsts.push(at);
                }
                Ext::Not => {
                    let no = once(at);
                    firsts.extend((at..=s.len()).filter(|e| !no.contains(e)));
                }
                Ext::Any | Ext::Many => {
                    let mut todo = if *kind == Ext::Any { vec![at] } else { once(at) };
                    while let Some(e) = todo.pop() {
                        if !firsts.contains(&e) {
                            firsts.push(e);
                            todo.extend(once(e));
                        }
                    }
                }
            }
        }
        _ => {}
    }
    let mut all: Vec<usize> = firsts.into_iter().flat_map(|e| ends(rest, s, e)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn agrees_with_trying_everything(p in "([ab*?]|\\[ab\\]|\\[!a\\]|[@?*+!]\\([ab*]{0,2}(\\|([ab]|!\\(a\\)){0,2})?\\)){0,4}", s in "[abc]{0,6}") {
        let options = GlobOptions::default();
        let source: Vec<PatByte> = p.bytes().map(|byte| PatByte { byte, quoted: false }).collect();
        let toks = parse::parse(&source, &options, true).unwrap();
        let b = s.as_bytes();
        let compiled = pat(&p);
        let from_zero = ends(&toks, b, 0);
        prop_assert_eq!(compiled.matches(b), from_zero.contains(&b.len()));
        prop_assert_eq!(compiled.longest_prefix(b), from_zero.last().copied());
        prop_assert_eq!(compiled.shortest_prefix(b), from_zero.first().copied());
        let suffixes: Vec<usize> = (0..=b.len()).filter(|i| ends(&toks, b, *i).contains(&b.len())).collect();
        prop_assert_eq!(compiled.longest_suffix(b), suffixes.first().copied());
        prop_assert_eq!(compiled.shortest_suffix(b), suffixes.last().copied());
        for from in 0..=b.len() {
            let want = (from..=b.len()).find_map(|i| ends(&toks, b, i).last().map(|e| Span { start: i, end: *e }));
            prop_assert_eq!(compiled.searcher(b).find(from), want);
        }
    }
}
