//! The engine for everything without back-references: automata, in linear time.
//!
//! A leftmost-first search finds where the leftmost match starts. Where that is not known to be the longest match, an
//! anchored automaton that follows *all* alternatives from that start gives the longest end (POSIX XBD 9.1). Groups get
//! the text that glibc gives them: the first alternative, and as much for each repetition as possible, among those ways
//! to match that reach the end.

use std::sync::OnceLock;

use regex_automata::hybrid::dfa;
use regex_automata::meta;
use regex_automata::nfa::thompson::{self, WhichCaptures, pikevm};
use regex_automata::util::look::LookMatcher;
use regex_automata::util::pool::Pool;
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::Hir;

use super::error::RegexError;
use super::{Captures, Span};

/// Automata above this size are refused ("Regular expression too big").
const NFA_LIMIT: usize = 48 << 20;
/// Memory of the lazily built states of one search.
const CACHE: usize = 8 << 20;

type PoolOf<T> = Pool<T, Box<dyn Fn() -> T + Send + Sync>>;

/// The compiled automata of one pattern.
#[derive(Debug)]
pub(super) struct Auto {
    first: meta::Regex,
    /// What the second automaton is built from; `None` when the first search already gives the longest match.
    hir: Option<Hir>,
    terminator: u8,
    longest: OnceLock<Option<Longest>>,
    vm: OnceLock<Option<Vm>>,
}

struct Longest {
    dfa: dfa::DFA,
    caches: PoolOf<dfa::Cache>,
}

struct Vm {
    vm: pikevm::PikeVM,
    caches: PoolOf<pikevm::Cache>,
}

impl std::fmt::Debug for Longest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Longest")
    }
}

impl std::fmt::Debug for Vm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vm")
    }
}

fn span(m: regex_automata::Match) -> Span {
    Span {
        start: m.start(),
        end: m.end(),
    }
}

impl Auto {
    /// Compiles. `first_is_longest` says that no second search is needed.
    pub(super) fn new(hir: Hir, first_is_longest: bool, terminator: u8) -> Result<Auto, RegexError> {
        let config = meta::Config::new()
            .utf8_empty(false)
            .line_terminator(terminator)
            .nfa_size_limit(Some(NFA_LIMIT))
            .hybrid_cache_capacity(CACHE);
        let first = meta::Builder::new()
            .configure(config)
            .build_from_hir(&hir)
            .map_err(|_| RegexError::TooBig)?;
        Ok(Auto {
            first,
            hir: (!first_is_longest).then_some(hir),
            terminator,
            longest: OnceLock::new(),
            vm: OnceLock::new(),
        })
    }

    /// The names of the groups, the whole match first.
    pub(super) fn group_names(&self) -> Vec<Option<String>> {
        let info = self.first.group_info();
        info.pattern_names(regex_automata::PatternID::ZERO)
            .map(|n| n.map(str::to_owned))
            .collect()
    }

    /// Whether anything matches at or after `start`.
    pub(super) fn is_match(&self, hay: &[u8], start: usize, end: usize) -> bool {
        self.first
            .search_half(&Input::new(hay).span(start..end).earliest(true))
            .is_some()
    }

    /// A position inside of the leftmost match or at its end.
    pub(super) fn any_end(&self, hay: &[u8], start: usize) -> Option<usize> {
        self.first
            .search_half(&Input::new(hay).span(start..hay.len()).earliest(true))
            .map(|m| m.offset())
    }

    /// The leftmost match, ending anywhere.
    pub(super) fn find_first(&self, hay: &[u8], start: usize, end: usize) -> Option<Span> {
        self.first.search(&Input::new(hay).span(start..end)).map(span)
    }

    /// The leftmost-longest match.
    pub(super) fn find(&self, hay: &[u8], start: usize, end: usize) -> Option<Span> {
        let found = self.find_first(hay, start, end)?;
        Some(Span {
            start: found.start,
            end: self.longest_end(hay, found, end),
        })
    }

    fn longest_end(&self, hay: &[u8], found: Span, limit: usize) -> usize {
        let Some(hir) = &self.hir else { return found.end };
        if found.end == limit {
            return found.end;
        }
        let input = Input::new(hay).span(found.start..limit).anchored(Anchored::Yes);
        if let Some(longest) = self.longest.get_or_init(|| Longest::new(hir, self.terminator)) {
            let mut cache = longest.caches.get();
            if let Ok(Some(m)) = longest.dfa.try_search_fwd(&mut cache, &input) {
                return m.offset();
            }
        }
        // The lazy automaton gave up (non-ASCII next to `\b`, or too many states).
        let mut slots = [None, None];
        self.vm_search(&input, &mut slots);
        slots[1].map_or(found.end, NonMaxUsize::get)
    }

    fn vm_search(&self, input: &Input<'_>, slots: &mut [Option<NonMaxUsize>]) {
        let Some(hir) = &self.hir else { return };
        if let Some(vm) = self.vm.get_or_init(|| Vm::new(hir, self.terminator)) {
            let mut cache = vm.caches.get();
            vm.vm.search_slots(&mut cache, input, slots);
        }
    }

    /// The leftmost-longest match with its groups.
    pub(super) fn captures(&self, hay: &[u8], start: usize, end: usize, into: &mut Captures) -> bool {
        let input = Input::new(hay).span(start..end);
        let mut slots = std::mem::take(&mut into.slots);
        slots.clear();
        slots.resize(into.groups * 2, None);
        let found = match self.first.search_slots(&input, &mut slots) {
            None => false,
            Some(_) => {
                if let (Some(s), Some(e), true) = (slots[0], slots[1], self.hir.is_some()) {
                    let first = Span {
                        start: s.get(),
                        end: e.get(),
                    };
                    let longest = self.longest_end(hay, first, end);
                    if longest != first.end {
                        slots.fill(None);
                        let input = Input::new(hay).span(first.start..end).anchored(Anchored::Yes);
                        self.vm_search(&input, &mut slots);
                    }
                }
                slots[0].is_some()
            }
        };
        into.slots = slots;
        found
    }
}

fn nfa(hir: &Hir, captures: WhichCaptures, terminator: u8) -> Option<thompson::NFA> {
    let mut look = LookMatcher::new();
    look.set_line_terminator(terminator);
    let config = thompson::Config::new()
        .utf8(false)
        .nfa_size_limit(Some(NFA_LIMIT))
        .which_captures(captures)
        .look_matcher(look);
    thompson::Compiler::new().configure(config).build_from_hir(hir).ok()
}

impl Longest {
    fn new(hir: &Hir, terminator: u8) -> Option<Longest> {
        let config = dfa::Config::new()
            .match_kind(MatchKind::All)
            .unicode_word_boundary(true)
            .cache_capacity(CACHE)
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(3))
            .minimum_bytes_per_state(Some(10));
        let nfa = nfa(hir, WhichCaptures::None, terminator)?;
        let dfa = dfa::Builder::new().configure(config).build_from_nfa(nfa).ok()?;
        let for_pool = dfa.clone();
        let create: Box<dyn Fn() -> dfa::Cache + Send + Sync> = Box::new(move || for_pool.create_cache());
        Some(Longest {
            dfa,
            caches: Pool::new(create),
        })
    }
}

impl Vm {
    fn new(hir: &Hir, terminator: u8) -> Option<Vm> {
        let config = pikevm::Config::new().match_kind(MatchKind::All);
        let nfa = nfa(hir, WhichCaptures::All, terminator)?;
        let vm = pikevm::Builder::new().configure(config).build_from_nfa(nfa).ok()?;
        let for_pool = vm.clone();
        let create: Box<dyn Fn() -> pikevm::Cache + Send + Sync> = Box::new(move || for_pool.create_cache());
        Some(Vm {
            vm,
            caches: Pool::new(create),
        })
    }
}
