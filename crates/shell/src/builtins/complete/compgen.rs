//! `compgen`: the candidates that a completion specification gives.

use pattern::glob::{GlobOptions, Pattern};

use crate::builtins;
use crate::builtins::options::{Parsed, parse, usage_error};
use crate::exec::SYSTEM_DIRS;
use crate::expand::quote;
use crate::shell::{Exec, Flow, Shell};
use crate::state::access::Elem;
use crate::state::options::{SetOpt, ShOpt};
use crate::state::value::{Attrs, Value, Var};
use crate::syntax::is_reserved;

/// Letters of `compgen` and `complete`.
pub(super) const LETTERS: &[u8] = b"abcdefgjksuvo:A:G:W:F:C:X:P:S:prDEI";

const RESERVED: &[&str] = &[
    "if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do", "done", "in",
    "function", "time", "{", "}", "!", "[[", "]]", "coproc",
];

/// Options of `-o` and `compopt`.
pub(super) const OPTIONS: &[&str] = &[
    "bashdefault",
    "default",
    "dirnames",
    "filenames",
    "noquote",
    "nosort",
    "nospace",
    "plusdirs",
];

/// What can be listed. The order is that in which bash lists them when several are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Alias,
    ArrayVar,
    Binding,
    Builtin,
    Disabled,
    Enabled,
    Export,
    Function,
    HelpTopic,
    Hostname,
    Job,
    Keyword,
    Running,
    SetOpt,
    ShOpt,
    Signal,
    Stopped,
    Variable,
    Command,
    File,
    User,
    Group,
    Service,
    Directory,
}

/// Name of `-A` and letter, where there is one.
const ACTIONS: &[(&str, u8, Action)] = &[
    ("alias", b'a', Action::Alias),
    ("arrayvar", 0, Action::ArrayVar),
    ("binding", 0, Action::Binding),
    ("builtin", b'b', Action::Builtin),
    ("command", b'c', Action::Command),
    ("directory", b'd', Action::Directory),
    ("disabled", 0, Action::Disabled),
    ("enabled", 0, Action::Enabled),
    ("export", b'e', Action::Export),
    ("file", b'f', Action::File),
    ("function", 0, Action::Function),
    ("group", b'g', Action::Group),
    ("helptopic", 0, Action::HelpTopic),
    ("hostname", 0, Action::Hostname),
    ("job", b'j', Action::Job),
    ("keyword", b'k', Action::Keyword),
    ("running", 0, Action::Running),
    ("service", b's', Action::Service),
    ("setopt", 0, Action::SetOpt),
    ("shopt", 0, Action::ShOpt),
    ("signal", 0, Action::Signal),
    ("stopped", 0, Action::Stopped),
    ("user", b'u', Action::User),
    ("variable", b'v', Action::Variable),
];

/// What the options of one call ask for.
#[derive(Default)]
struct Spec {
    actions: Vec<Action>,
    options: Vec<Vec<u8>>,
    globs: Option<Vec<u8>>,
    words: Option<Vec<u8>>,
    function: Option<Vec<u8>>,
    command: Option<Vec<u8>>,
    filter: Option<Vec<u8>>,
    prefix: Vec<u8>,
    suffix: Vec<u8>,
}

impl Spec {
    fn wants(&self, option: &str) -> bool {
        self.options.iter().any(|o| o == option.as_bytes())
    }
}

/// Checks the arguments of `-A` and `-o`; the status of an error that has been reported.
pub(super) fn check(sh: &mut Shell, name: &[u8], p: &Parsed<'_>) -> Result<(), u8> {
    for (letter, value) in &p.options {
        let value = value.unwrap_or_default();
        let known = match letter {
            b'A' => ACTIONS.iter().any(|(n, ..)| n.as_bytes() == value),
            b'o' => OPTIONS.iter().any(|o| o.as_bytes() == value),
            _ => true,
        };
        if !known {
            let what: &[u8] = if *letter == b'A' {
                b": invalid action name"
            } else {
                b": invalid option name"
            };
            sh.builtin_error(name, [value, what].concat());
            return Err(2);
        }
    }
    Ok(())
}

fn spec_of(p: &Parsed<'_>) -> Spec {
    let mut spec = Spec::default();
    for (letter, value) in &p.options {
        let text = || value.map(<[u8]>::to_vec);
        match letter {
            b'A' => spec.actions.extend(
                ACTIONS
                    .iter()
                    .filter(|(n, ..)| Some(n.as_bytes()) == *value)
                    .map(|(.., a)| *a),
            ),
            b'o' => spec.options.extend(text()),
            b'G' => spec.globs = text(),
            b'W' => spec.words = text(),
            b'F' => spec.function = text(),
            b'C' => spec.command = text(),
            b'X' => spec.filter = text(),
            b'P' => spec.prefix = text().unwrap_or_default(),
            b'S' => spec.suffix = text().unwrap_or_default(),
            letter => spec
                .actions
                .extend(ACTIONS.iter().filter(|(_, l, _)| l == letter).map(|(.., a)| *a)),
        }
    }
    spec.actions.sort();
    spec.actions.dedup();
    spec
}

/// `compgen [-abcdefgjksuv] [-o option] [-A action] … [word]`.
pub(in crate::builtins) fn compgen(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, LETTERS) {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    if let Some((letter, _)) = p.options.iter().find(|(l, _)| b"prDEI".contains(l)) {
        let message = [b"-", &[*letter][..], b": invalid option"].concat();
        return Ok(usage_error(sh, b"compgen", &message));
    }
    if let Err(status) = check(sh, b"compgen", &p) {
        return Ok(status);
    }
    let word = args.get(p.operands).cloned().unwrap_or_default();
    let spec = spec_of(&p);
    let found = sh.candidates(&spec, &word)?;
    if found.is_empty() {
        return Ok(1);
    }
    let mut text = Vec::new();
    for w in found {
        text.extend_from_slice(&w);
        text.push(b'\n');
    }
    sh.put(b"compgen", &text)
}

impl Shell {
    fn candidates(&mut self, spec: &Spec, word: &[u8]) -> Result<Vec<Vec<u8>>, Flow> {
        let mut all: Vec<Vec<u8>> = Vec::new();
        for action in &spec.actions {
            all.extend(self.action(*action, word)?);
        }
        if let Some(globs) = &spec.globs {
            all.extend(self.expand_text(globs)?);
        }
        if let Some(words) = &spec.words {
            // Split and expanded, but not globbed.
            let noglob = self.on(SetOpt::Noglob);
            self.opts.set(SetOpt::Noglob, true);
            let expanded = self.expand_text(words);
            self.opts.set(SetOpt::Noglob, noglob);
            all.extend(expanded?.into_iter().filter(|w| w.starts_with(word)));
        }
        if let Some(function) = &spec.function {
            self.builtin_error(b"compgen", "warning: -F option may not work as you expect");
            all.extend(self.function_candidates(function, word)?);
        }
        if let Some(command) = &spec.command {
            self.builtin_error(b"compgen", "warning: -C option may not work as you expect");
            let call = [&command[..], b" compgen ", &quote::always(word), b" ''"].concat();
            let text = self.capture_text(&call)?;
            all.extend(
                text.split(|b| *b == b'\n')
                    .filter(|l| !l.is_empty())
                    .map(<[u8]>::to_vec),
            );
        }
        if let Some(filter) = &spec.filter {
            self.filter(&mut all, filter, word);
        }
        let mut all: Vec<Vec<u8>> = all
            .into_iter()
            .map(|w| [&spec.prefix[..], &w, &spec.suffix].concat())
            .collect();
        if all.is_empty() {
            if spec.wants("default") {
                all.extend(self.files(word, false));
            } else if spec.wants("dirnames") {
                all.extend(self.files(word, true));
            }
        }
        if spec.wants("plusdirs") {
            all.extend(self.files(word, true));
        }
        Ok(all)
    }

    /// Calls a completion function as bash does outside of an editor: with the variables of a completion that has no line.
    fn function_candidates(&mut self, function: &[u8], word: &[u8]) -> Result<Vec<Vec<u8>>, Flow> {
        let set: [(&[u8], &[u8]); 5] = [
            (b"COMP_LINE", b""),
            (b"COMP_POINT", b"0"),
            (b"COMP_TYPE", b"0"),
            (b"COMP_KEY", b"0"),
            (b"COMP_CWORD", b"-1"),
        ];
        for (name, value) in set {
            // A read-only variable of that name keeps its value.
            let _ = self.assign(name, Elem::Whole, value.to_vec(), false);
        }
        self.vars.put(
            b"COMP_WORDS",
            Var {
                value: Value::Indexed(Vec::new().into()),
                attrs: Attrs::INDEXED,
            },
        );
        let result = match self.funcs.get(function).cloned() {
            Some(f) => self.call_function(&f, function, vec![b"compgen".to_vec(), word.to_vec(), Vec::new()]),
            None => {
                self.builtin_error(b"compgen", [b"warning: ", function, b": function not found"].concat());
                Ok(1)
            }
        };
        for (name, _) in set {
            self.vars.remove_at(0, name);
        }
        self.vars.remove_at(0, b"COMP_WORDS");
        result?;
        let replies = match self.lookup(b"COMPREPLY").as_deref().map(|v| &v.value) {
            Some(Value::Indexed(a)) => a.values().cloned().collect(),
            Some(value) => value.scalar().cloned().into_iter().collect(),
            None => Vec::new(),
        };
        self.vars.remove_at(0, b"COMPREPLY");
        Ok(replies)
    }

    /// `-X`: takes out what matches; with `!` what does not. `&` stands for the word.
    fn filter(&self, all: &mut Vec<Vec<u8>>, filter: &[u8], word: &[u8]) {
        let extglob = self.shopt(ShOpt::Extglob);
        let (negated, pattern) = match filter.strip_prefix(b"!") {
            Some(rest) if !(extglob && rest.starts_with(b"(")) => (true, rest),
            _ => (false, filter),
        };
        let mut text = Vec::with_capacity(pattern.len());
        let mut bytes = pattern.iter().copied().peekable();
        while let Some(b) = bytes.next() {
            match b {
                b'\\' if bytes.peek() == Some(&b'&') => text.extend(bytes.next()),
                b'&' => text.extend_from_slice(word),
                b => text.push(b),
            }
        }
        let options = GlobOptions {
            extglob,
            ..GlobOptions::default()
        };
        if let Ok(p) = Pattern::new(&text, &options) {
            all.retain(|w| p.matches(w) == negated);
        }
    }

    /// Candidates of an action that begin with `word`.
    fn action(&mut self, action: Action, word: &[u8]) -> Result<Vec<Vec<u8>>, Flow> {
        let owned =
            |names: &mut dyn Iterator<Item = &str>| -> Vec<Vec<u8>> { names.map(|n| n.as_bytes().to_vec()).collect() };
        let disabled = |sh: &Shell, n: &str| sh.disabled_builtins.iter().any(|d| d[..] == *n.as_bytes());
        let mut list = match action {
            Action::Alias => self.aliases.keys().cloned().collect(),
            Action::ArrayVar => self.variables(|v| v.is_array()),
            Action::Binding => owned(&mut builtins::bind::FUNCTIONS.iter().copied()),
            Action::Builtin => owned(&mut builtins::all().iter().map(|b| b.name)),
            Action::Disabled => owned(&mut builtins::all().iter().map(|b| b.name).filter(|n| disabled(self, n))),
            Action::Enabled => owned(&mut builtins::all().iter().map(|b| b.name).filter(|n| !disabled(self, n))),
            Action::Export => self.variables(|v| v.attrs.has(Attrs::EXPORT)),
            Action::Function => self.funcs.keys().map(|n| n.to_vec()).collect(),
            Action::HelpTopic => owned(&mut builtins::usage::SYNOPSES.iter().map(|(n, ..)| *n)),
            Action::Hostname => vec![self.hostname.to_vec()],
            Action::Job => self.job_names(|_| true),
            Action::Running => self.job_names(|running| running),
            Action::Stopped => self.job_names(|running| !running),
            Action::Keyword => owned(&mut RESERVED.iter().copied().filter(|k| is_reserved(k.as_bytes()))),
            Action::SetOpt => owned(&mut SetOpt::ALL.iter().map(|o| o.name())),
            Action::ShOpt => owned(&mut ShOpt::ALL.iter().map(|o| o.name())),
            Action::Signal => (1..32)
                .map(|n| {
                    [
                        b"SIG",
                        crate::jobs::Signal(n).name().trim_start_matches("SIG").as_bytes(),
                    ]
                    .concat()
                })
                .chain([b"EXIT".to_vec(), b"DEBUG".to_vec(), b"ERR".to_vec(), b"RETURN".to_vec()])
                .collect(),
            Action::Variable => self.variables(|_| true),
            Action::Command => self.command_names(),
            Action::User | Action::Group => vec![b"root".to_vec()],
            Action::Service => Vec::new(),
            Action::File => return Ok(self.files(word, false)),
            Action::Directory => return Ok(self.files(word, true)),
        };
        list.retain(|n| n.starts_with(word));
        if action != Action::Keyword {
            list.sort();
            list.dedup();
        }
        Ok(list)
    }

    fn variables(&self, wanted: impl Fn(&Var) -> bool) -> Vec<Vec<u8>> {
        self.vars
            .names()
            .iter()
            .filter(|n| self.vars.get(n).is_some_and(&wanted))
            .map(|n| n.to_vec())
            .collect()
    }

    fn job_names(&self, wanted: impl Fn(bool) -> bool) -> Vec<Vec<u8>> {
        self.jobs
            .iter()
            .filter(|j| j.number > 0 && wanted(j.running()))
            .map(|j| {
                j.text
                    .split(|b| b.is_ascii_whitespace())
                    .next()
                    .unwrap_or_default()
                    .to_vec()
            })
            .collect()
    }

    /// Everything that could be run: the language's own names, and what the directories of `PATH` hold.
    fn command_names(&mut self) -> Vec<Vec<u8>> {
        let mut all: Vec<Vec<u8>> = RESERVED.iter().map(|k| k.as_bytes().to_vec()).collect();
        all.extend(
            builtins::all()
                .iter()
                .map(|b| b.name.as_bytes().to_vec())
                .filter(|n| !self.disabled_builtins.contains(n)),
        );
        all.extend(self.funcs.keys().map(|n| n.to_vec()));
        all.extend(self.aliases.keys().cloned());
        let path = self.var_text(b"PATH");
        let mut registry = false;
        for dir in path.split(|b| *b == b':') {
            if SYSTEM_DIRS.contains(&dir) {
                registry = true;
            }
            let base: &[u8] = if dir.is_empty() { b"." } else { dir };
            let Ok(at) = self.path(base) else { continue };
            let Ok(entries) = self.fs().read_dir(&at) else {
                continue;
            };
            for e in entries {
                if self.runnable_file(&[base, b"/", &e.name].concat()) {
                    all.push(e.name.to_vec());
                }
            }
        }
        if registry {
            all.extend(self.engine.registry().names());
        }
        all
    }

    /// Files that begin with `word`, hidden ones too. A tilde at the start is looked through but left as it is.
    fn files(&mut self, word: &[u8], directories: bool) -> Vec<Vec<u8>> {
        let (dir, name) = match memchr::memrchr(b'/', word) {
            Some(at) => word.split_at(at + 1),
            None => (&b""[..], word),
        };
        let place = match dir.strip_prefix(b"~") {
            Some(rest) => {
                let end = memchr::memchr(b'/', rest).unwrap_or(rest.len());
                [&self.expand_tilde(&rest[..end])[..], &rest[end..]].concat()
            }
            None if dir.is_empty() => b".".to_vec(),
            None => dir.to_vec(),
        };
        let Ok(path) = self.path(&place) else { return Vec::new() };
        let Ok(entries) = self.fs().read_dir(&path) else {
            return Vec::new();
        };
        let mut found: Vec<Vec<u8>> = entries
            .into_iter()
            .filter(|e| e.name.starts_with(name))
            .filter(|e| {
                !directories
                    || path
                        .child(&e.name)
                        .is_ok_and(|p| self.fs().stat(&p).is_ok_and(|s| s.is_dir()))
            })
            .map(|e| [dir, &e.name].concat())
            .collect();
        found.sort();
        found
    }
}
