//! The built-in variables: they own the first global slots, in this order.

macro_rules! specials {
    ($($(#[$doc:meta])* $name:ident = $index:expr, $text:literal;)*) => {
        $($(#[$doc])* pub const $name: u32 = $index;)*
        /// Their names, by slot.
        pub const NAMES: &[&str] = &[$($text),*];
    };
}

specials! {
    /// Number of fields.
    NF = 0, "NF";
    /// Number of the record.
    NR = 1, "NR";
    /// Number of the record within its file.
    FNR = 2, "FNR";
    /// Field separator.
    FS = 3, "FS";
    /// Output field separator.
    OFS = 4, "OFS";
    /// Record separator.
    RS = 5, "RS";
    /// Output record separator.
    ORS = 6, "ORS";
    /// Joins the parts of a subscript.
    SUBSEP = 7, "SUBSEP";
    /// Number to string.
    CONVFMT = 8, "CONVFMT";
    /// Number to output.
    OFMT = 9, "OFMT";
    /// Start of the last match.
    RSTART = 10, "RSTART";
    /// Length of the last match.
    RLENGTH = 11, "RLENGTH";
    /// The input file.
    FILENAME = 12, "FILENAME";
    /// What ended the record.
    RT = 13, "RT";
    /// What a field looks like.
    FPAT = 14, "FPAT";
    /// Widths of fields.
    FIELDWIDTHS = 15, "FIELDWIDTHS";
    /// Whether matching ignores case.
    IGNORECASE = 16, "IGNORECASE";
    /// The last error of input or output.
    ERRNO = 17, "ERRNO";
    /// Number of operands.
    ARGC = 18, "ARGC";
    /// The operands.
    ARGV = 19, "ARGV";
    /// The environment.
    ENVIRON = 20, "ENVIRON";
    /// Facts about the process, and how to sort.
    PROCINFO = 21, "PROCINFO";
    /// Index of the operand being read.
    ARGIND = 22, "ARGIND";
    /// Kept for programs that set it; input and output are always binary.
    BINMODE = 23, "BINMODE";
    /// Kept for programs that set it; there is no lint.
    LINT = 24, "LINT";
    /// Kept for programs that set it; there are no translations.
    TEXTDOMAIN = 25, "TEXTDOMAIN";
}

/// How many built-in variables there are.
pub const COUNT: u32 = NAMES.len() as u32;
