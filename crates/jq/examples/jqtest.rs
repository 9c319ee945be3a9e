//! Runs jq's own `*.test` files: `JQ_TESTS=dir cargo run --example jqtest [FILTER]`.
//!
//! A case is a program, an input and the expected outputs; `%%FAIL` marks programs that must not compile. Modules are
//! looked for in `dir/modules`.

use jq::{CompileOptions, Host, Loader, Program, Value, json};
use std::path::{Path, PathBuf};

struct Disk(PathBuf);

impl Loader for Disk {
    fn search_paths(&self) -> Vec<String> {
        vec![self.0.join("modules").display().to_string()]
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(path).ok()
    }
}

impl Host for Disk {
    fn loader(&self) -> Option<&dyn Loader> {
        Some(self)
    }
}

struct Case {
    line: usize,
    fail: bool,
    program: String,
    input: String,
    outputs: Vec<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let lines: Vec<&str> = text.lines().collect();
    let skip = |l: &str| l.trim_start().is_empty() || l.trim_start().starts_with('#');
    let mut out = Vec::new();
    let mut i = 0;
    while i < lines.len() {
        if skip(lines[i]) {
            i += 1;
            continue;
        }
        let fail = lines[i].starts_with("%%FAIL");
        if fail {
            i += 1;
        }
        let line = i + 1;
        let program = lines[i].to_owned();
        i += 1;
        let input = if fail {
            String::new()
        } else {
            (*lines.get(i).unwrap_or(&"")).to_owned()
        };
        if !fail {
            i += 1;
        }
        let mut outputs = Vec::new();
        while i < lines.len() && !skip(lines[i]) {
            outputs.push(lines[i].to_owned());
            i += 1;
        }
        out.push(Case {
            line,
            fail,
            program,
            input,
            outputs,
        });
    }
    out
}

fn run(case: &Case, dir: &Path) -> Result<(), String> {
    let mut disk = Disk(dir.to_owned());
    let loader = Disk(dir.to_owned());
    let mut env = jq::value::Object::new();
    env.insert("PAGER".into(), Value::from("less"));
    let options = CompileOptions {
        loader: Some(&loader),
        env: Some(Value::Object(env)),
        ..CompileOptions::default()
    };
    let program = match Program::compile(&case.program, &options) {
        Ok(_) if case.fail => return Err("compiles".to_owned()),
        Err(_) if case.fail => return Ok(()),
        Ok(p) => p,
        Err(e) => return Err(format!("does not compile: {e}")),
    };
    let input = json::parse_one(case.input.as_bytes())
        .map_err(|e| format!("input: {e}"))?
        .unwrap_or_default();
    let mut runner = program.runner();
    let mut got = Vec::new();
    let mut error = None;
    for r in runner.outputs(input.clone(), &mut disk) {
        match r {
            Ok(v) => got.push(v),
            Err(e) => error = Some(e),
        }
    }
    let mut again = Vec::new();
    let r = program.runner().run(input, &mut disk, &mut |_, v| {
        again.push(v);
        true
    });
    if again != got
        && !json::print_compact(&Value::array(again.clone())).eq(&json::print_compact(&Value::array(got.clone())))
    {
        return Err(format!("evaluators disagree: {got:?} and {again:?}"));
    }
    if r.is_err() != error.is_some() {
        return Err(format!("evaluators disagree about an error: {r:?} and {error:?}"));
    }
    let want: Vec<Value> = case
        .outputs
        .iter()
        .map(|o| json::parse_one(o.as_bytes()).ok().flatten().unwrap_or_default())
        .collect();
    if got.len() == want.len() && got.iter().zip(&want).all(|(a, b)| a == b) {
        return Ok(());
    }
    let show = |v: &[Value]| v.iter().map(json::print_compact).collect::<Vec<_>>().join("\n      ");
    Err(format!("got  {}\n  {error:?}\n  want {}", show(&got), show(&want)))
}

fn main() {
    let Some(dir) = std::env::var_os("JQ_TESTS").map(PathBuf::from) else {
        eprintln!("set JQ_TESTS to the directory of the test files");
        return;
    };
    let filter = std::env::args().nth(1).unwrap_or_default();
    let (mut pass, mut total) = (0, 0);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "test"));
    files.sort();
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else {
            continue;
        };
        for case in cases(&text) {
            if !case.program.contains(&filter) {
                continue;
            }
            total += 1;
            match run(&case, &dir) {
                Ok(()) => pass += 1,
                Err(e) => println!("{}:{}: {}\n  {e}", file.display(), case.line, case.program),
            }
        }
    }
    println!("{pass} of {total}");
}
