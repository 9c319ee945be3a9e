//! What the engines find, checked against the output of GNU grep 3.8, GNU sed 4.9 and bash 5.2 on the same input.
use super::*;

fn groups(syntax: Syntax, pattern: &str, text: &str) -> Option<Vec<Option<String>>> {
    let re = Regex::new(pattern.as_bytes(), &Options::new(syntax)).unwrap();
    let mut caps = re.new_captures();
    if !re.captures_at(text.as_bytes(), 0, &mut caps).unwrap() {
        return None;
    }
    Some(
        (0..caps.len())
            .map(|i| caps.get(i).map(|s| text[s.range()].to_owned()))
            .collect(),
    )
}

fn whole(syntax: Syntax, pattern: &str, text: &str) -> Option<String> {
    groups(syntax, pattern, text).and_then(|g| g[0].clone())
}

fn text(s: &str) -> Option<String> {
    Some(s.to_owned())
}

#[test]
fn overall_match_is_leftmost_then_longest() {
    for (pattern, hay, want) in [
        ("x|xy", "abxy", "xy"),
        ("(a|ab)(c|bcd)(d*)", "abcd", "abcd"),
        ("a|ab|abc|abcd", "xabcd", "abcd"),
        ("(a?)(ab)?", "ab", "ab"),
        ("(foo|foobar)?(bar)?", "foobar", "foobar"),
        ("b*|abc", "abc", "abc"),
        ("", "abc", ""),
    ] {
        assert_eq!(whole(Syntax::Ere, pattern, hay), text(want), "{pattern} on {hay}");
    }
}

#[test]
fn groups_are_those_of_glibc() {
    let g = |p, t| groups(Syntax::Ere, p, t).map(|v| v.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>());
    let want = |v: &[&str]| Some(v.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
    assert_eq!(g("(a|ab)(c|bcd)(d*)", "abcd"), want(&["abcd", "a", "bcd", ""]));
    assert_eq!(g("(a*)*", "aab"), want(&["aa", "aa"]));
    assert_eq!(g("(a*)+", "baab"), want(&["", ""]));
    assert_eq!(g("((a)|b)*", "ab"), want(&["ab", "b", "a"]));
    assert_eq!(g("(a|aa)*", "aaa"), want(&["aaa", "a"]));
    assert_eq!(g("(a?)(ab)?b*(a*)", "aaaa"), want(&["aaaa", "a", "", "aaa"]));
    assert_eq!(g("(x|(y))*(x)", "xxx"), want(&["xxx", "x", "", "x"]));
}

#[test]
fn context_rules_of_basic_syntax() {
    let m = |p, t| whole(Syntax::Bre, p, t);
    assert_eq!(m("*a", "x*a"), text("*a"));
    assert_eq!(m("\\(*a\\)", "x*a"), text("*a"));
    assert_eq!(m("^*a", "*a"), text("*a"));
    assert_eq!(m("a^b", "a^b"), text("a^b"));
    assert_eq!(m("a$b", "a$b"), text("a$b"));
    assert_eq!(m("\\(^a\\)", "ba"), None);
    assert_eq!(m("\\(a$\\)", "ba"), text("a"));
    assert_eq!(m("x\\|y", "ay"), text("y"));
    assert_eq!(m("a\\{2\\}", "caab"), text("aa"));
    assert_eq!(m("a\\+b\\?", "caab"), text("aab"));
    assert_eq!(m("+", "a+"), text("+"));
    assert_eq!(m("\\(a*\\)*", "b"), text(""));
}

#[test]
fn brackets() {
    let m = |p, t| whole(Syntax::Ere, p, t);
    assert_eq!(m("[]abc]+", "x]ab"), text("]ab"));
    assert_eq!(m("[^]]+", "]ab]"), text("ab"));
    assert_eq!(m("[a-]+", "x-a"), text("-a"));
    assert_eq!(m("[[:digit:][:upper:]]+", "ab12CD"), text("12CD"));
    assert_eq!(m("[[.-.]]", "a-b"), text("-"));
    assert_eq!(m("[[=a=]b]+", "cab"), text("ab"));
    assert_eq!(m("[\\n]+", "x\\n"), text("\\n"));
    assert_eq!(m("[--/]+", "a-./"), text("-./"));
    assert_eq!(m("[^[:space:]]+", " é "), text("é"));
}

#[test]
fn error_texts_are_those_of_glibc() {
    let e = |s, p: &str| {
        Regex::new(p.as_bytes(), &Options::new(s))
            .map(|_| ())
            .map_err(|e| e.to_string())
    };
    for (syntax, pattern, want) in [
        (Syntax::Bre, "[a", "Unmatched [, [^, [:, [., or [="),
        (Syntax::GrepBre, "[", "Invalid regular expression"),
        (Syntax::Bre, "a[[:foo:]]", "Invalid character class name"),
        (Syntax::Bre, "[[.xx.]]", "Invalid collation character"),
        (Syntax::Bre, "[b-a]", "Invalid range end"),
        (Syntax::Bre, "[a-c-e]", "Invalid range end"),
        (Syntax::Bre, "\\(", "Unmatched ( or \\("),
        (Syntax::Bre, "\\)", "Unmatched ) or \\)"),
        (Syntax::SedEre, ")", "Unmatched ) or \\)"),
        (Syntax::Bre, "a\\{1", "Unmatched \\{"),
        (Syntax::Bre, "a\\{x\\}", "Invalid content of \\{\\}"),
        (Syntax::Bre, "a\\{2,1\\}", "Invalid content of \\{\\}"),
        (Syntax::Bre, "a\\{99999\\}", "Regular expression too big"),
        (Syntax::Bre, "a\\", "Trailing backslash"),
        (Syntax::Bre, "\\(a\\)\\2", "Invalid back reference"),
        (Syntax::Bre, "a**", "Invalid preceding regular expression"),
        (Syntax::Ere, "*a", "Invalid preceding regular expression"),
        (Syntax::GrepEre, "(+)", "Unmatched ( or \\("),
        (
            Syntax::GrepBre,
            "[:space:]",
            "character class syntax is [[:space:]], not [:space:]",
        ),
    ] {
        assert_eq!(e(syntax, pattern), Err(want.to_owned()), "{pattern}");
    }
    for (syntax, pattern) in [
        (Syntax::GrepBre, "a**"),
        (Syntax::GrepEre, "*a"),
        (Syntax::GrepEre, "a{1"),
        (Syntax::GrepEre, "a{1a}"),
        (Syntax::GrepEre, "a)"),
        (Syntax::GrepEre, "{\"a"),
        (Syntax::Ere, "a)"),
        (Syntax::Ere, "a||b"),
        (Syntax::Ere, "()"),
        (Syntax::Ere, "a{,3}"),
    ] {
        assert_eq!(e(syntax, pattern), Ok(()), "{pattern}");
    }
}

#[test]
fn a_brace_that_opens_no_interval_is_itself_for_grep() {
    let m = |p, t| whole(Syntax::GrepEre, p, t);
    assert_eq!(m("{\"a", "x{\"a\""), text("{\"a"));
    assert_eq!(m("a{x", "a{x"), text("a{x"));
    assert_eq!(m("a|{", "b{"), text("{"));
}

#[test]
fn back_references() {
    let m = |s, p, t| whole(s, p, t);
    assert_eq!(m(Syntax::Bre, "\\(a*\\)b\\1", "aabaa"), text("aabaa"));
    assert_eq!(m(Syntax::Ere, "(.)(.)\\2\\1", "xabbay"), text("abba"));
    assert_eq!(m(Syntax::Ere, "^(.*)\\1$", "abab"), text("abab"));
    assert!(Regex::new(b"(a)|b\\1", &Options::new(Syntax::Ere)).is_err());
    assert_eq!(m(Syntax::Ere, "((a)|b)\\2", "b"), None);
    let mut icase = Options::new(Syntax::Ere);
    icase.icase = true;
    let re = Regex::new("(é)\\1".as_bytes(), &icase).unwrap();
    assert!(re.is_match("éÉ".as_bytes()).unwrap());
}

#[test]
fn hostile_back_reference_stops() {
    let re = Regex::new(
        b"(a*)*(b*)*\\1\\2x",
        &Options {
            step_limit: 100_000,
            ..Options::new(Syntax::Ere)
        },
    )
    .unwrap();
    let hay = [b"a".repeat(200), b"b".repeat(200), b"x".repeat(0), b"yx".to_vec()].concat();
    // Either answer is fine; the point is that there is one.
    let _ = re.is_match(&hay);
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    let deep = [b"(".repeat(100_000), b"a".to_vec(), b")".repeat(100_000)].concat();
    assert_eq!(
        Regex::new(&deep, &Options::new(Syntax::Ere)).map(|_| ()),
        Err(RegexError::TooBig)
    );
    let fine = [b"(".repeat(1_000), b"a".to_vec(), b")".repeat(1_000)].concat();
    assert!(
        Regex::new(&fine, &Options::new(Syntax::Ere))
            .unwrap()
            .is_match(b"a")
            .unwrap()
    );
}

#[test]
fn invalid_utf8_matches_only_itself() {
    let re = |p: &[u8]| Regex::new(p, &Options::new(Syntax::Ere)).unwrap();
    assert!(!re(b"a.b").is_match(b"a\xffb").unwrap());
    assert!(!re(b"a[^x]b").is_match(b"a\xffb").unwrap());
    assert!(re(b"a\xffb").is_match(b"a\xffb").unwrap());
    assert!(re(b"a.b").is_match("aéb".as_bytes()).unwrap());
    let bytes = Options {
        utf8: false,
        ..Options::new(Syntax::Ere)
    };
    assert!(Regex::new(b"a.b", &bytes).unwrap().is_match(b"a\xffb").unwrap());
    assert!(re(b"a.b").is_match(b"a\0b").unwrap());
}

#[test]
fn records_in_one_block_do_not_mix() {
    let o = Options {
        line_terminator: Some(b'\n'),
        ..Options::new(Syntax::GrepEre)
    };
    let re = Regex::new(b"a[^x]b|^c$|d\\s*e", &o).unwrap();
    assert!(!re.is_match(b"a\nb\nd\ne\n").unwrap());
    assert_eq!(re.find_at(b"x\nc\ny", 0).unwrap(), Some(Span { start: 2, end: 3 }));
}

#[test]
fn edges_can_be_disowned() {
    let re = Regex::new(b"^a|b$", &Options::new(Syntax::Ere)).unwrap();
    let mut caps = re.new_captures();
    assert!(
        re.captures_with(
            b"ab",
            0,
            Flags {
                not_bol: true,
                not_eol: false
            },
            &mut caps
        )
        .unwrap()
    );
    assert_eq!(caps.get(0), Some(Span { start: 1, end: 2 }));
    assert!(
        !re.captures_with(
            b"ab",
            0,
            Flags {
                not_bol: true,
                not_eol: true
            },
            &mut caps
        )
        .unwrap()
    );
}

#[test]
fn awk_dialect() {
    let m = |p, t| whole(Syntax::Awk, p, t);
    assert_eq!(m("a\\/b", "a/b"), text("a/b"));
    assert_eq!(m("\\101\\x42", "AB"), text("AB"));
    assert_eq!(m("[\\]a]+", "x]a"), text("]a"));
    assert_eq!(m("*a", "*a"), text("*a"));
    assert_eq!(m("x{2", "x{2"), text("x{2"));
    assert_eq!(m("\\ybar", "foo bar"), text("bar"));
    assert_eq!(m("a\\.b", "axb"), None);
}

#[test]
fn perl_dialect() {
    let m = |p, t| whole(Syntax::Perl, p, t);
    assert_eq!(m("x|xy", "abxy"), text("x"));
    assert_eq!(m("(?<=a)b+?", "abb"), text("b"));
    assert_eq!(m("\\d+(?=x)", "12 34x"), text("34"));
    assert_eq!(m("foo\\Kbar", "foobar"), text("bar"));
    assert_eq!(m("\\Qa.b\\E", "axb a.b"), text("a.b"));
    assert_eq!(m("[[:alpha:]&&]+", "a&b"), text("a&b"));
    assert_eq!(m("(a)\\1", "aa"), text("aa"));
    assert_eq!(m("a{,2}", "a{,2}"), text("a{,2}"));
}

#[test]
fn words_and_lines() {
    let make = |wrap, p: &str| {
        Regex::new(
            p.as_bytes(),
            &Options {
                wrap,
                ..Options::new(Syntax::GrepEre)
            },
        )
        .unwrap()
    };
    assert!(make(Wrap::Word, "foo|foobar").is_match(b"a foobar b").unwrap());
    assert!(!make(Wrap::Word, "foo").is_match(b"foobar").unwrap());
    assert!(make(Wrap::Line, "foo|foobar").is_match(b"foobar").unwrap());
    assert!(!make(Wrap::Line, "foo").is_match(b"foobar").unwrap());
}

#[test]
fn many_fixed_strings() {
    let o = Options::new(Syntax::Fixed);
    let re = Regex::new_many(&[b"foo", b"foobar", b"b.r"], &o).unwrap();
    assert_eq!(re.find_at(b"xfoobar", 0).unwrap(), Some(Span { start: 1, end: 7 }));
    assert!(
        !Regex::new_many(&[], &Options::new(Syntax::GrepBre))
            .unwrap()
            .is_match(b"")
            .unwrap()
    );
}

#[test]
fn iteration_skips_empty_matches_after_a_match() {
    let re = Regex::new(b"b*", &Options::new(Syntax::Ere)).unwrap();
    let all: Vec<_> = re.find_iter(b"abb").map(|m| m.map(|m| (m.start, m.end))).collect();
    assert_eq!(all, vec![Ok((0, 0)), Ok((1, 3))]);
}
