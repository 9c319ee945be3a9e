//! Hostile programs, hostile JSON, and the agreement of the evaluators.

use jq::json::{self, Next, Reader};
use jq::{CompileOptions, Error, Host, Interrupt, NoHost, Program, Value};

/// A small generator of random numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or(0) % n
    }

    fn pick<'l>(&mut self, list: &[&'l str]) -> &'l str {
        list[self.below(list.len())]
    }
}

/// A host that stops a run after some time.
struct Fuel(u32);

impl Host for Fuel {
    fn poll(&mut self) -> Result<(), Interrupt> {
        self.0 = self.0.saturating_sub(1);
        if self.0 == 0 { Err(Interrupt::Cancelled) } else { Ok(()) }
    }

    fn reserve(&mut self, bytes: usize) -> Result<(), Interrupt> {
        if bytes > 1 << 24 {
            Err(Interrupt::Memory)
        } else {
            Ok(())
        }
    }
}

type Outcome = (Vec<String>, Option<Error>);

fn by_callback(program: &Program, input: Value) -> Outcome {
    let mut out = Vec::new();
    let r = program.runner().run(input, &mut Fuel(40), &mut |_, v| {
        out.push(json::print_compact(&v));
        true
    });
    (out, r.err())
}

fn by_machine(program: &Program, input: Value) -> Outcome {
    let mut out = Vec::new();
    for r in program.runner().outputs(input, &mut Fuel(40)) {
        match r {
            Ok(v) => out.push(json::print_compact(&v)),
            Err(e) => return (out, Some(e)),
        }
    }
    (out, None)
}

fn eval(program: &str) -> Outcome {
    match Program::compile(program, &CompileOptions::default()) {
        Ok(p) => by_callback(&p, Value::Null),
        Err(e) => (vec![e.to_string()], None),
    }
}

/// A random program, mostly well-formed.
fn program(r: &mut Random, depth: usize) -> String {
    if depth == 0 {
        let leaves = [
            ".",
            ".a",
            ".b",
            ".[0]",
            ".[]",
            ".[]?",
            "..",
            "1",
            "2",
            "\"a\"",
            "null",
            "true",
            "[]",
            "{}",
            "empty",
            "$x",
            ".[1:]",
            ".[:-1]",
            "length",
            "keys",
            "type",
            "not",
            "add",
            "error",
            "first",
            "last",
            "tostring",
            "tojson",
            "sort",
            "reverse",
            "min",
            "unique",
            "to_entries",
            "paths",
            "recurse",
            "isempty(.[]?)",
            "any",
            "all",
            "range(3)",
            "-1",
            "@json",
            "@base64",
            "input",
            "1e1000",
            "nan",
            "splits(\"a\")",
            "ascii_downcase",
            "explode",
        ];
        return r.pick(&leaves).to_owned();
    }
    let mut p = || program(r, depth - 1);
    let (a, b, c) = (p(), p(), p());
    let d = r.below(10);
    match r.below(40) {
        0..=4 => format!("{a} | {b}"),
        5..=7 => format!("({a}), ({b})"),
        8 => format!("({a}) + ({b})"),
        9 => format!("({a}) - ({b})"),
        10 => format!("({a}) * ({b})"),
        11 => format!("({a}) == ({b})"),
        12 => format!("({a}) < ({b})"),
        13 => format!("({a}) // ({b})"),
        14 => format!("({a}) and ({b})"),
        15 => format!("if {a} then {b} else {c} end"),
        16 => format!("try ({a}) catch ({b})"),
        17 => format!("({a})?"),
        18 => format!("[{a}]"),
        19 => format!("{{a: ({a}), b: ({b})}}"),
        20 => format!("({a}) as $x | {b}"),
        21 => format!("reduce ({a}) as $x ({b}; {c})"),
        22 => format!("foreach ({a}) as $x ({b}; {c})"),
        23 => format!("foreach ({a}) as $x (0; . + 1; {c})"),
        24 => format!("label $out | ({a}), break $out, ({b})"),
        25 => format!("map({a})"),
        26 => format!("select({a})"),
        27 => format!("limit({d}; {a})"),
        28 => format!("first({a})"),
        29 => format!("({a}) |= ({b})"),
        30 => format!("({a}) = ({b})"),
        31 => format!("del({a})"),
        32 => format!("[path({a})]"),
        33 => format!("def f: {a}; f, (f | {b})"),
        34 => format!("def f($y; g): [$y, g]; f({a}; {b})"),
        35 => format!("({a}) as [$x] ?// $x | {b}"),
        36 => format!("sort_by({a})"),
        37 => format!("\"\\({a})-\\({b})\""),
        38 => format!("skip({d}; {a})"),
        _ => format!("getpath([\"a\", {d}])"),
    }
}

/// The same expression in a form that only the machine can run: it calls a function that might recurse.
fn general(text: &str) -> String {
    format!("null as $x | def id($n): if $n > 0 then id($n - 1) else . end; id(1) | ({text})")
}

/// Random programs give the same outputs and errors whichever evaluator runs them.
#[test]
fn evaluators_agree() {
    let mut r = Random(0x9E37_79B9_7F4A_7C15);
    let inputs = [
        "null",
        "{\"a\":[1,{\"b\":null}],\"b\":\"x\"}",
        "[3,[1,2],{\"a\":0},\"s\"]",
        "5",
    ];
    let mut ran = 0;
    for i in 0..3000 {
        let depth = 1 + r.below(4);
        let text = program(&mut r, depth);
        let plain = format!("null as $x | {text}");
        let Ok(p) = Program::compile(&plain, &CompileOptions::default()) else {
            continue;
        };
        let g = Program::compile(&general(&text), &CompileOptions::default()).unwrap();
        let input = json::parse_one(inputs[i % inputs.len()].as_bytes()).unwrap().unwrap();
        let first = by_callback(&p, input.clone());
        if matches!(first.1, Some(Error::Interrupted(_))) {
            continue;
        }
        ran += 1;
        assert_eq!(first, by_machine(&p, input.clone()), "{text}");
        assert_eq!(first, by_machine(&g, input.clone()), "{text}");
        assert_eq!(first, by_callback(&g, input), "{text}");
    }
    assert!(ran > 2000, "{ran}");
}

/// Damaged programs compile or are refused; nothing else happens.
#[test]
fn damaged_programs() {
    let mut r = Random(42);
    let noise = [
        "(", ")", "[", "]", "{", "}", "\"", "\\(", "|", ",", ".", "..", "as", "def f:", ";", "$x", "#", "\u{e9}",
        "?//", "reduce", "\\", "\n",
    ];
    for _ in 0..5000 {
        let mut text = program(&mut r, 3);
        for _ in 0..=r.below(4) {
            let mut at = r.below(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            if r.below(2) == 0 {
                text.insert_str(at, r.pick(&noise));
            } else {
                text.truncate(at);
            }
        }
        if let Ok(p) = Program::compile(&text, &CompileOptions::default()) {
            by_callback(&p, Value::Null);
        }
    }
}

fn read(pieces: &[&[u8]]) -> (Vec<String>, Option<String>) {
    let mut reader = Reader::new();
    let mut out = Vec::new();
    let mut pieces = pieces.iter();
    loop {
        match reader.next() {
            Next::Value(v) => out.push(json::print_compact(&v)),
            Next::NeedMore => match pieces.next() {
                Some(p) => reader.feed(p),
                None => reader.finish(),
            },
            Next::End => return (out, None),
            Next::Error(e) => return (out, Some(e.to_string())),
        }
    }
}

/// Damaged JSON cut anywhere reads the same as in one piece, and what is read prints to text that reads back.
#[test]
fn damaged_json() {
    let mut r = Random(7);
    let whole = br#"{"a":[1,2.50,-3e5,{"b":"x\u00e9\n\ud83d\ude00"}],"c":null} [true,false] "s" 12 nan {"k":{}} "#;
    for _ in 0..5000 {
        let mut text = whole.to_vec();
        for _ in 0..r.below(4) {
            let at = r.below(text.len());
            match r.below(3) {
                0 => text[at] = u8::try_from(r.below(256)).unwrap(),
                1 => {
                    text.remove(at);
                }
                _ => text.insert(at, b"[]{},:\"\\e-.0 \n"[r.below(14)]),
            }
        }
        let one = read(&[&text]);
        let a = r.below(text.len());
        let b = a + r.below(text.len() - a);
        assert_eq!(
            one,
            read(&[&text[..a], &text[a..b], &text[b..]]),
            "{}",
            String::from_utf8_lossy(&text)
        );
        for v in &one.0 {
            let again = json::parse_one(v.as_bytes()).unwrap().unwrap();
            assert_eq!(&json::print_compact(&again), v);
        }
        let mut events = json::Events::new();
        events.feed(&text);
        events.finish();
        while events.next().is_some() {}
    }
}

/// Programs nested or chained beyond all reason are refused or run; the native stack survives both.
#[test]
fn enormous_programs() {
    let n = 100_000;
    let texts = [
        format!("{}1{}", "(".repeat(n), ")".repeat(n)),
        format!("{}1{}", "[".repeat(n), "]".repeat(n)),
        format!("{}1{}", "{a:".repeat(n), "}".repeat(n)),
        format!("{}1", "-".repeat(n)),
        format!("{}1", "try ".repeat(n)),
        format!("1{}", "+1".repeat(n)),
        format!("1{}", ",1".repeat(n)),
        format!("1{}", "|.".repeat(n)),
        format!("1{}", "//1".repeat(n)),
        format!(".{}", "[0]?".repeat(n)),
        format!(".{}", ".a".repeat(n)),
        format!("{}1{}", "if 1 then ".repeat(n), " end".repeat(n)),
        format!("{}1{}", "\"\\(".repeat(n), ")\"".repeat(n)),
        format!("{}1", "1 as $x|".repeat(n)),
        format!("{}1", "def f: 1;".repeat(n)),
        format!(". as {}$x{} | $x", "[".repeat(n), "]".repeat(n)),
        "[".repeat(n),
        "\"\\(".repeat(n),
        "{".repeat(n),
    ];
    for text in texts {
        if let Ok(p) = Program::compile(&text, &CompileOptions::default()) {
            by_callback(&p, Value::Null);
            by_machine(&p, Value::Null);
        }
    }
    // A few thousand levels are fine.
    let text = format!("{}1{}", "[".repeat(900), "]".repeat(900));
    assert_eq!(eval(&text).1, None);
}

/// Functions that call each other many times over are not expanded without end.
#[test]
fn exponential_definitions() {
    let mut text = String::from("def f0: 1; ");
    for i in 1..60 {
        text.push_str(&format!("def f{i}: f{}, f{}; ", i - 1, i - 1));
    }
    text.push_str("first(f59)");
    assert_eq!(eval(&text).0, ["1"]);
    let mut text = String::from("def g0(f): f; ");
    for i in 1..60 {
        text.push_str(&format!("def g{i}(f): g{}((f, f)); ", i - 1));
    }
    text.push_str("first(g59(1))");
    assert_eq!(eval(&text).0, ["1"]);
}

/// Recursion in programs uses the heap: tail calls run in constant space, others as deep as memory goes.
#[test]
fn deep_recursion() {
    for (text, want) in [
        ("def f: if . > 300000 then . else .+1|f end; 0|f", "300001"),
        ("def f: if . >= 50000 then 0 else (.+1|f)+1 end; 0|f", "50000"),
        ("[recurse(if . < 20000 then .+1 else empty end)] | length", "20001"),
        ("0 | until(. >= 300000; .+1)", "300000"),
        ("last(range(300000))", "299999"),
        ("reduce range(300000) as $i ([]; [.]) | 1", "1"),
        ("def f(g): if . > 50000 then g else .+1 | f(g) end; 0 | f(.+1)", "50002"),
        ("def f(g): if . > 5000 then g else .+1 | f(g+1) end; 0 | f(.)", "10002"),
        (
            "try ([range(20000)] | getpath([0,range(20000)])) catch \"deep\"",
            "\"deep\"",
        ),
        ("[limit(5; def r: ., (.+1|r); 0|r)] | add", "10"),
    ] {
        let (out, e) = by_plenty(text);
        assert_eq!((out.as_slice(), e), ([want.to_owned()].as_slice(), None), "{text}");
    }
}

fn by_plenty(text: &str) -> Outcome {
    let p = match Program::compile(text, &CompileOptions::default()) {
        Ok(p) => p,
        Err(e) => return (vec![e.to_string()], None),
    };
    let mut out = Vec::new();
    let r = p.runner().run(Value::Null, &mut NoHost, &mut |_, v| {
        out.push(json::print_compact(&v));
        true
    });
    (out, r.err())
}

/// Endless programs end when the host says so.
#[test]
fn cancellation() {
    for text in [
        "def f: f; f",
        "def f: .+1 | f; 0 | f",
        "[range(0; infinite)]",
        "last(repeat(1))",
        "reduce repeat(1) as $x (0; .+1)",
        "until(false; .)",
        "[limit(infinite; repeat(1))] | length",
        "def f: (f, f) | f; f",
        "first(range(infinite) | select(. < 0))",
    ] {
        let (_, e) = eval(text);
        assert_eq!(e, Some(Error::Interrupted(Interrupt::Cancelled)), "{text}");
    }
    let (_, e) = eval("\"x\" * 100000000");
    assert_eq!(e, Some(Error::Interrupted(Interrupt::Memory)));
}
