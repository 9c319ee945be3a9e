//! What can go wrong when a regular expression is compiled or run.

use thiserror::Error;

/// Why a pattern was refused. `Display` gives the text that glibc's `regerror` and GNU tools print.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RegexError {
    /// Not a regular expression at all (`REG_BADPAT`).
    #[error("Invalid regular expression")]
    BadPattern,
    /// A collating symbol or equivalence class that is not one character (`REG_ECOLLATE`).
    #[error("Invalid collation character")]
    Collation,
    /// A `[:name:]` that is none of the twelve POSIX classes (`REG_ECTYPE`).
    #[error("Invalid character class name")]
    CharClass,
    /// A lone backslash at the end (`REG_EESCAPE`).
    #[error("Trailing backslash")]
    TrailingBackslash,
    /// A back-reference to a group that is not closed before it (`REG_ESUBREG`).
    #[error("Invalid back reference")]
    BackReference,
    /// A bracket expression without its end (`REG_EBRACK`).
    #[error("Unmatched [, [^, [:, [., or [=")]
    Bracket,
    /// A group without its end (`REG_EPAREN`).
    #[error("Unmatched ( or \\(")]
    OpenParen,
    /// A group end without its start (`REG_ERPAREN`).
    #[error("Unmatched ) or \\)")]
    CloseParen,
    /// An interval without its end (`REG_EBRACE`).
    #[error("Unmatched \\{{")]
    Brace,
    /// An interval that is not numbers in order (`REG_BADBR`).
    #[error("Invalid content of \\{{\\}}")]
    BraceContent,
    /// A bracket range whose end sorts before its start, or is not a character (`REG_ERANGE`).
    #[error("Invalid range end")]
    RangeEnd,
    /// A repetition operator with nothing to repeat (`REG_BADRPT`).
    #[error("Invalid preceding regular expression")]
    Repetition,
    /// A repeat count above 32767, a nesting too deep or an automaton too large (`REG_ESIZE`).
    #[error("Regular expression too big")]
    TooBig,
    /// `[:space:]` outside of a bracket expression, which GNU grep and sed refuse.
    #[error("character class syntax is [[:space:]], not [:space:]")]
    BareClass,
    /// A Perl-compatible pattern that does not parse; the text says why.
    #[error("{0}")]
    Perl(String),
}

/// Why a search gave up. Only back-references, look-around and the like can; plain patterns always finish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MatchError {
    /// The backtracking matcher used up its step limit.
    #[error("regular expression needs too many steps")]
    StepLimit,
}
