//! Which dialect a pattern is written in, and how it is to be matched.

/// The dialect of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Syntax {
    /// POSIX basic as `regcomp`, `sed` and `expr` read it: `a**` and `\{` at the start are errors.
    #[default]
    Bre,
    /// POSIX extended as `regcomp(REG_EXTENDED)` reads it, which is `[[ =~ ]]` in bash: a lone `)` is itself.
    Ere,
    /// Extended as `sed -E` reads it: like [`Syntax::Ere`], but a lone `)` is an error.
    SedEre,
    /// Basic as `grep` reads it: like [`Syntax::Bre`], but `a**` is fine and a newline separates alternatives.
    GrepBre,
    /// Extended as `grep -E` reads it: `*` at the start is ignored, `a{x` is literal, newline separates alternatives.
    GrepEre,
    /// Extended as awk reads it: C escapes (`\n`, `\/`, `\101`), escapes inside brackets, no back-references.
    Awk,
    /// Emacs, the default of `find -regex`: `+`, `?` are operators, `\(`, `\|` group, there are no intervals.
    Emacs,
    /// No operators at all; with several lines, any of them.
    Fixed,
    /// Perl-compatible (`grep -P`), with look-around, under a step limit.
    Perl,
    /// The syntax of Rust's `regex` crate (`rg`), leftmost-first.
    Rust,
}

/// What is put around a whole pattern before it is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Wrap {
    /// Nothing.
    #[default]
    None,
    /// The match may not have a word character on either side (`grep -w`).
    Word,
    /// The match must be a whole line (`grep -x`).
    Line,
}

/// How to compile a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Options {
    /// The dialect.
    pub syntax: Syntax,
    /// Ignore case.
    pub icase: bool,
    /// Characters are UTF-8 sequences; invalid bytes match nothing but themselves. Otherwise, a character is a byte.
    pub utf8: bool,
    /// `REG_NEWLINE`: `^` and `$` also match at newlines, and neither `.` nor `[^a]` matches one.
    pub newline: bool,
    /// The subject is many records that end in this byte: `^`, `$`, `` \` `` and `\'` match at each record, and nothing
    /// in the pattern can match the byte itself. This is how whole blocks are searched at once for matching lines.
    pub line_terminator: Option<u8>,
    /// Context the match must have.
    pub wrap: Wrap,
    /// Steps that one search may take in the backtracking matcher.
    pub step_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            syntax: Syntax::Bre,
            icase: false,
            utf8: true,
            newline: false,
            line_terminator: None,
            wrap: Wrap::None,
            step_limit: 20_000_000,
        }
    }
}

impl Options {
    /// Options for a dialect, the rest as in [`Options::default`]: case matters, UTF-8, one record.
    #[must_use]
    pub fn new(syntax: Syntax) -> Self {
        Options {
            syntax,
            ..Options::default()
        }
    }
}

/// The switches by which the POSIX dialects differ. Named after what they do; the comments give glibc's names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// `\(`, `\)` group rather than `(`, `)` (not `RE_NO_BK_PARENS`).
    pub bk_parens: bool,
    /// `\{`, `\}` rather than `{`, `}` (not `RE_NO_BK_BRACES`).
    pub bk_braces: bool,
    /// `\|` rather than `|` (not `RE_NO_BK_VBAR`).
    pub bk_vbar: bool,
    /// `\+`, `\?` rather than `+`, `?` (`RE_BK_PLUS_QM`).
    pub bk_plus_qm: bool,
    /// Intervals exist (`RE_INTERVALS`).
    pub intervals: bool,
    /// `^` and `$` are anchors wherever they stand (`RE_CONTEXT_INDEP_ANCHORS`).
    pub indep_anchors: bool,
    /// A repetition operator with nothing before it is skipped (`RE_CONTEXT_INDEP_OPS`).
    pub indep_ops: bool,
    /// ... is an error (`RE_CONTEXT_INVALID_OPS`).
    pub invalid_ops: bool,
    /// `a**` and a leading interval are errors (`RE_CONTEXT_INVALID_DUP`).
    pub invalid_dup: bool,
    /// A malformed interval is literal (`RE_INVALID_INTERVAL_ORD`).
    pub invalid_interval_literal: bool,
    /// An unmatched `)` is literal (`RE_UNMATCHED_RIGHT_PAREN_ORD`).
    pub unmatched_paren_literal: bool,
    /// A newline is an alternation (`RE_NEWLINE_ALT`).
    pub newline_alt: bool,
    /// `[:alpha:]` as a whole bracket expression is refused, as GNU's dfa does.
    pub refuse_bare_class: bool,
    /// awk's escapes, also in brackets (`RE_BACKSLASH_ESCAPE_IN_LISTS`).
    pub awk: bool,
}

impl Dialect {
    /// The switches of a dialect; dialects that are not POSIX get those of [`Syntax::Ere`] and never use them.
    pub(super) fn of(syntax: Syntax) -> Dialect {
        let bre = Dialect {
            bk_parens: true,
            bk_braces: true,
            bk_vbar: true,
            bk_plus_qm: true,
            intervals: true,
            indep_anchors: false,
            indep_ops: false,
            invalid_ops: false,
            invalid_dup: true,
            invalid_interval_literal: false,
            unmatched_paren_literal: false,
            newline_alt: false,
            refuse_bare_class: false,
            awk: false,
        };
        let ere = Dialect {
            bk_parens: false,
            bk_braces: false,
            bk_vbar: false,
            bk_plus_qm: false,
            indep_anchors: true,
            indep_ops: true,
            invalid_ops: true,
            invalid_dup: false,
            unmatched_paren_literal: true,
            ..bre
        };
        match syntax {
            Syntax::Bre => bre,
            Syntax::GrepBre => Dialect {
                invalid_dup: false,
                newline_alt: true,
                refuse_bare_class: true,
                ..bre
            },
            Syntax::GrepEre => Dialect {
                invalid_ops: false,
                invalid_interval_literal: true,
                newline_alt: true,
                refuse_bare_class: true,
                ..ere
            },
            Syntax::SedEre => Dialect {
                unmatched_paren_literal: false,
                ..ere
            },
            Syntax::Awk => Dialect {
                indep_ops: false,
                invalid_ops: false,
                invalid_interval_literal: true,
                awk: true,
                ..ere
            },
            Syntax::Emacs => Dialect {
                bk_plus_qm: false,
                intervals: false,
                invalid_dup: false,
                ..bre
            },
            Syntax::Ere | Syntax::Fixed | Syntax::Perl | Syntax::Rust => ere,
        }
    }
}
