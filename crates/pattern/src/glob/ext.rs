//! Extended patterns, by Brzozowski derivatives: the state after reading a symbol is the expression that the rest must
//! match. That handles `!(...)` like everything else, needs no backtracking, and with the states remembered it is a
//! lazily built deterministic automaton.

use std::collections::HashMap;
use std::sync::Mutex;

use super::parse::{Ext, Tok};
use super::set::{Set, fold};
use crate::regex::Span;
use crate::regex::chars::{decode, decode_last};

type Id = u32;
/// Matches nothing.
const NONE: Id = 0;
/// Matches the empty string.
const EPS: Id = 1;
const UNKNOWN: Id = Id::MAX;
/// Expressions to remember before starting afresh.
const MAX_TERMS: usize = 60_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Term {
    None,
    Eps,
    /// One symbol that passes this test.
    Sym(u32),
    Concat(Id, Id),
    /// Sorted, without duplicates.
    Alt(Vec<Id>),
    Star(Id),
    Not(Id),
}

/// A test on one symbol.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Test {
    Symbol(u32),
    Any,
    Set(Set),
}

/// How the pattern is matched.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rules {
    /// Characters rather than bytes.
    pub utf8: bool,
    /// Case does not matter.
    pub nocase: bool,
    /// Wildcards do not match a slash.
    pub pathname: bool,
}

/// A compiled extended pattern with its pool of automata.
#[derive(Debug)]
pub(super) struct Extended {
    toks: Vec<Tok>,
    rules: Rules,
    forward: Mutex<Vec<Machine>>,
    backward: Mutex<Vec<Machine>>,
}

impl Extended {
    /// Compiles tokens.
    pub(super) fn new(toks: Vec<Tok>, rules: Rules) -> Extended {
        Extended {
            toks,
            rules,
            forward: Mutex::default(),
            backward: Mutex::default(),
        }
    }

    fn with<T>(&self, reverse: bool, f: impl FnOnce(&mut Machine) -> T) -> T {
        let pool = if reverse { &self.backward } else { &self.forward };
        let pooled = pool.lock().ok().and_then(|mut p| p.pop());
        let mut machine = pooled.unwrap_or_else(|| Machine::new(&self.toks, self.rules, reverse));
        let out = f(&mut machine);
        if let Ok(mut p) = pool.lock() {
            p.push(machine);
        }
        out
    }

    /// Whether the whole subject matches. `guard` refuses wildcards a dot at the start of a component.
    pub(super) fn matches(&self, hay: &[u8], guard: bool) -> bool {
        self.with(false, |m| {
            let mut state = m.root;
            let mut at = 0;
            let mut component_start = true;
            while at < hay.len() && state != NONE {
                let (symbol, len) = m.symbol(hay, at);
                state = if guard && component_start && symbol == u32::from(b'.') {
                    m.guarded(state)
                } else {
                    m.next(state, symbol)
                };
                component_start = self.rules.pathname && symbol == u32::from(b'/');
                at += len;
            }
            m.nullable(state)
        })
    }

    /// The end of the longest or shortest match that starts at `start`.
    pub(super) fn end_from(&self, hay: &[u8], start: usize, longest: bool) -> Option<usize> {
        self.with(false, |m| {
            let mut state = m.root;
            let mut at = start;
            let mut best = None;
            loop {
                if m.nullable(state) {
                    best = Some(at);
                    if !longest {
                        break;
                    }
                }
                if at >= hay.len() || state == NONE {
                    break;
                }
                if state == m.everything {
                    return Some(hay.len());
                }
                let (symbol, len) = m.symbol(hay, at);
                state = m.next(state, symbol);
                at += len;
            }
            best
        })
    }

    /// The start of the longest or shortest match that ends at the end of the subject.
    pub(super) fn suffix(&self, hay: &[u8], longest: bool) -> Option<usize> {
        self.with(true, |m| {
            let mut state = m.root;
            let mut at = hay.len();
            let mut best = None;
            loop {
                if m.nullable(state) {
                    best = Some(at);
                    if !longest {
                        break;
                    }
                }
                if at == 0 || state == NONE {
                    break;
                }
                let (symbol, len) = m.symbol_before(hay, at);
                state = m.next(state, symbol);
                at -= len;
            }
            best
        })
    }

    /// For every offset whether a match starts there, as one bit each: one pass from the end.
    pub(super) fn starts(&self, hay: &[u8]) -> Vec<u64> {
        let mut bits = vec![0u64; hay.len() / 64 + 1];
        self.with(true, |m| {
            let mut state = m.search_root();
            let mut at = hay.len();
            loop {
                if m.nullable(state) {
                    bits[at / 64] |= 1 << (at % 64);
                }
                if at == 0 {
                    break;
                }
                let (symbol, len) = m.symbol_before(hay, at);
                state = m.next(state, symbol);
                at -= len;
            }
        });
        bits
    }

    /// The leftmost-longest match at or after `from`; `starts` comes from [`Extended::starts`].
    pub(super) fn search(&self, hay: &[u8], starts: &[u64], from: usize) -> Option<Span> {
        let mut word = from / 64;
        let mut bits = starts.get(word)? & (u64::MAX << (from % 64));
        while bits == 0 {
            word += 1;
            bits = *starts.get(word)?;
        }
        let start = word * 64 + bits.trailing_zeros() as usize;
        let end = self.end_from(hay, start, true)?;
        Some(Span { start, end })
    }
}

#[derive(Debug)]
struct Machine {
    terms: Vec<Term>,
    nullable: Vec<bool>,
    ids: HashMap<Term, Id>,
    /// Per state, the state after each kind of symbol.
    next: Vec<Vec<Id>>,
    tests: Vec<Test>,
    /// Which tests a kind of symbol passes; two symbols that pass the same are of one kind.
    kinds: Vec<Vec<bool>>,
    kind_ids: HashMap<Vec<bool>, u32>,
    ascii: [u32; 256],
    root: Id,
    everything: Id,
    rules: Rules,
}

impl Machine {
    fn new(toks: &[Tok], rules: Rules, reverse: bool) -> Machine {
        let mut m = Machine {
            terms: Vec::new(),
            nullable: Vec::new(),
            ids: HashMap::new(),
            next: Vec::new(),
            tests: Vec::new(),
            kinds: Vec::new(),
            kind_ids: HashMap::new(),
            ascii: [UNKNOWN; 256],
            root: NONE,
            everything: NONE,
            rules,
        };
        m.intern(Term::None);
        m.intern(Term::Eps);
        m.root = m.sequence(toks, reverse);
        m.everything = m.any_star();
        m
    }

    fn intern(&mut self, term: Term) -> Id {
        if let Some(&id) = self.ids.get(&term) {
            return id;
        }
        let nullable = match &term {
            Term::None | Term::Sym(_) => false,
            Term::Eps | Term::Star(_) => true,
            Term::Concat(a, b) => self.nullable(*a) && self.nullable(*b),
            Term::Alt(items) => items.iter().any(|i| self.nullable(*i)),
            Term::Not(a) => !self.nullable(*a),
        };
        let id = self.terms.len() as Id;
        self.ids.insert(term.clone(), id);
        self.terms.push(term);
        self.nullable.push(nullable);
        self.next.push(Vec::new());
        id
    }

    fn nullable(&self, id: Id) -> bool {
        self.nullable[id as usize]
    }

    fn test(&mut self, test: Test) -> Id {
        let n = self.tests.iter().position(|t| *t == test).unwrap_or_else(|| {
            self.tests.push(test);
            self.tests.len() - 1
        });
        self.intern(Term::Sym(n as u32))
    }

    fn any_star(&mut self) -> Id {
        let any = self.test(Test::Any);
        self.intern(Term::Star(any))
    }

    fn concat(&mut self, a: Id, b: Id) -> Id {
        match (a, b) {
            (NONE, _) | (_, NONE) => NONE,
            (EPS, x) | (x, EPS) => x,
            _ => {
                // Kept nested to the right, so that equal expressions are built equally.
                if let Term::Concat(x, y) = self.terms[a as usize] {
                    let tail = self.concat(y, b);
                    return self.intern(Term::Concat(x, tail));
                }
                self.intern(Term::Concat(a, b))
            }
        }
    }

    fn alt(&mut self, items: impl IntoIterator<Item = Id>) -> Id {
        let mut all = Vec::new();
        for item in items {
            match &self.terms[item as usize] {
                Term::None => {}
                Term::Alt(inner) => all.extend_from_slice(inner),
                _ => all.push(item),
            }
        }
        all.sort_unstable();
        all.dedup();
        if all.contains(&self.everything) && self.everything != NONE {
            return self.everything;
        }
        match all[..] {
            [] => NONE,
            [one] => one,
            _ => self.intern(Term::Alt(all)),
        }
    }

    fn star(&mut self, a: Id) -> Id {
        match &self.terms[a as usize] {
            Term::None | Term::Eps => EPS,
            Term::Star(_) => a,
            _ => self.intern(Term::Star(a)),
        }
    }

    fn not(&mut self, a: Id) -> Id {
        match self.terms[a as usize] {
            Term::Not(inner) if !self.rules.pathname => inner,
            _ => self.intern(Term::Not(a)),
        }
    }

    fn sequence(&mut self, toks: &[Tok], reverse: bool) -> Id {
        let mut items = Vec::with_capacity(toks.len());
        for tok in toks {
            let item = match tok {
                Tok::Symbol(s) => {
                    let s = if self.rules.nocase {
                        fold(*s, self.rules.utf8)
                    } else {
                        *s
                    };
                    self.test(Test::Symbol(s))
                }
                Tok::Any => self.test(Test::Any),
                Tok::Set(set) => self.test(Test::Set(set.clone())),
                Tok::Star => self.any_star(),
                Tok::Ext(kind, list) => {
                    let branches: Vec<Id> = list
                        .iter()
                        .map(|b| stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.sequence(b, reverse)))
                        .collect();
                    let one = self.alt(branches);
                    match kind {
                        Ext::One => one,
                        Ext::Optional => self.alt([EPS, one]),
                        Ext::Any => self.star(one),
                        Ext::Many => {
                            let star = self.star(one);
                            self.concat(one, star)
                        }
                        Ext::Not => self.not(one),
                    }
                }
            };
            items.push(item);
        }
        if reverse {
            items.reverse();
        }
        let mut id = EPS;
        for item in items.into_iter().rev() {
            id = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.concat(item, id));
        }
        id
    }

    /// The state from which the match may also start later (in reading order).
    fn search_root(&mut self) -> Id {
        let root = self.root;
        let any = self.everything;
        self.concat(any, root)
    }

    fn symbol(&self, hay: &[u8], at: usize) -> (u32, usize) {
        let b = hay[at];
        if b >= 0x80 && self.rules.utf8 {
            return decode(&hay[at..]).map_or((u32::from(b), 1), |(c, n)| (u32::from(c), n));
        }
        (u32::from(b), 1)
    }

    fn symbol_before(&self, hay: &[u8], at: usize) -> (u32, usize) {
        let b = hay[at - 1];
        if b >= 0x80 && self.rules.utf8 {
            return decode_last(&hay[..at]).map_or((u32::from(b), 1), |(c, n)| (u32::from(c), n));
        }
        (u32::from(b), 1)
    }

    fn kind(&mut self, symbol: u32) -> u32 {
        if let Some(&kind) = self.ascii.get(symbol as usize)
            && kind != UNKNOWN
        {
            return kind;
        }
        let slash = self.rules.pathname && symbol == u32::from(b'/');
        let folded = if self.rules.nocase {
            fold(symbol, self.rules.utf8)
        } else {
            symbol
        };
        let mut passes: Vec<bool> = self
            .tests
            .iter()
            .map(|test| match test {
                Test::Any => !slash,
                Test::Symbol(s) => *s == folded,
                Test::Set(set) => !slash && set.has(symbol),
            })
            .collect();
        passes.push(slash);
        let next = self.kinds.len() as u32;
        let kind = *self.kind_ids.entry(passes.clone()).or_insert(next);
        if kind == next {
            self.kinds.push(passes);
        }
        if let Some(slot) = self.ascii.get_mut(symbol as usize) {
            *slot = kind;
        }
        kind
    }

    fn next(&mut self, state: Id, symbol: u32) -> Id {
        let kind = self.kind(symbol);
        if let Some(&next) = self.next[state as usize].get(kind as usize)
            && next != UNKNOWN
        {
            return next;
        }
        let mut state = state;
        if self.terms.len() > MAX_TERMS {
            state = self.restart(state);
        }
        self.derive(state, kind)
    }

    /// Forgets all expressions but those that `state` and the roots are made of. Returns its new number.
    fn restart(&mut self, state: Id) -> Id {
        let old = std::mem::take(&mut self.terms);
        self.nullable.clear();
        self.ids.clear();
        self.next.clear();
        self.intern(Term::None);
        self.intern(Term::Eps);
        let mut map = HashMap::from([(NONE, NONE), (EPS, EPS)]);
        let state = self.copy(&old, state, &mut map);
        self.root = self.copy(&old, self.root, &mut map);
        self.everything = self.copy(&old, self.everything, &mut map);
        state
    }

    fn copy(&mut self, old: &[Term], id: Id, map: &mut HashMap<Id, Id>) -> Id {
        if let Some(&new) = map.get(&id) {
            return new;
        }
        let new = stacker::maybe_grow(64 * 1024, 1024 * 1024, || match &old[id as usize] {
            Term::None => NONE,
            Term::Eps => EPS,
            Term::Sym(n) => self.intern(Term::Sym(*n)),
            Term::Concat(a, b) => {
                let (a, b) = (self.copy(old, *a, map), self.copy(old, *b, map));
                self.intern(Term::Concat(a, b))
            }
            Term::Alt(items) => {
                let mut items: Vec<Id> = items.iter().map(|i| self.copy(old, *i, map)).collect();
                items.sort_unstable();
                self.intern(Term::Alt(items))
            }
            Term::Star(a) => {
                let a = self.copy(old, *a, map);
                self.intern(Term::Star(a))
            }
            Term::Not(a) => {
                let a = self.copy(old, *a, map);
                self.intern(Term::Not(a))
            }
        });
        map.insert(id, new);
        new
    }

    fn derive(&mut self, id: Id, kind: u32) -> Id {
        if let Some(&next) = self.next[id as usize].get(kind as usize)
            && next != UNKNOWN
        {
            return next;
        }
        let next = stacker::maybe_grow(64 * 1024, 1024 * 1024, || match self.terms[id as usize].clone() {
            Term::None | Term::Eps => NONE,
            Term::Sym(n) => {
                if self.kinds[kind as usize][n as usize] {
                    EPS
                } else {
                    NONE
                }
            }
            Term::Concat(a, b) => {
                let first = self.derive(a, kind);
                let through = self.concat(first, b);
                if self.nullable(a) {
                    let skipped = self.derive(b, kind);
                    self.alt([through, skipped])
                } else {
                    through
                }
            }
            Term::Alt(items) => {
                let items: Vec<Id> = items.into_iter().map(|i| self.derive(i, kind)).collect();
                self.alt(items)
            }
            Term::Star(a) => {
                let first = self.derive(a, kind);
                self.concat(first, id)
            }
            Term::Not(a) => {
                // What is not in the list still cannot cross a slash.
                if self.kinds[kind as usize].last() == Some(&true) {
                    NONE
                } else {
                    let inner = self.derive(a, kind);
                    self.not(inner)
                }
            }
        });
        let row = &mut self.next[id as usize];
        if row.len() <= kind as usize {
            row.resize(kind as usize + 1, UNKNOWN);
        }
        row[kind as usize] = next;
        next
    }

    /// The state after a dot that only a dot written in the pattern may match.
    fn guarded(&mut self, id: Id) -> Id {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || match self.terms[id as usize].clone() {
            Term::None | Term::Eps | Term::Not(_) => NONE,
            Term::Sym(n) => match &self.tests[n as usize] {
                Test::Symbol(s) if *s == u32::from(b'.') => EPS,
                _ => NONE,
            },
            Term::Concat(a, b) => {
                let first = self.guarded(a);
                let through = self.concat(first, b);
                if self.nullable(a) {
                    let skipped = self.guarded(b);
                    self.alt([through, skipped])
                } else {
                    through
                }
            }
            Term::Alt(items) => {
                let items: Vec<Id> = items.into_iter().map(|i| self.guarded(i)).collect();
                self.alt(items)
            }
            Term::Star(a) => {
                let first = self.guarded(a);
                self.concat(first, id)
            }
        })
    }
}
