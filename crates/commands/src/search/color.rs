//! GNU grep's colours (`GREP_COLORS`).

/// SGR parameters of the parts of a line; empty for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Colors {
    /// Matching text in a selected line.
    pub selected_match: Vec<u8>,
    /// Matching text in a context line.
    pub context_match: Vec<u8>,
    /// Whole selected lines.
    pub selected_line: Vec<u8>,
    /// Whole context lines.
    pub context_line: Vec<u8>,
    /// File names.
    pub name: Vec<u8>,
    /// Line numbers.
    pub number: Vec<u8>,
    /// Byte offsets.
    pub offset: Vec<u8>,
    /// Separators.
    pub separator: Vec<u8>,
    /// With `-v`, selected lines have the colours of context and the other way round.
    pub reverse: bool,
    /// Do not clear to the end of the line after each change.
    pub no_clear: bool,
}

impl Default for Colors {
    fn default() -> Self {
        Colors {
            selected_match: b"01;31".to_vec(),
            context_match: b"01;31".to_vec(),
            selected_line: Vec::new(),
            context_line: Vec::new(),
            name: b"35".to_vec(),
            number: b"32".to_vec(),
            offset: b"32".to_vec(),
            separator: b"36".to_vec(),
            reverse: false,
            no_clear: false,
        }
    }
}

impl Colors {
    /// Reads `GREP_COLOR` (obsolete) and `GREP_COLORS`. Reading stops at the first thing that is not a colour.
    pub(super) fn from_env(color: Option<&[u8]>, colors: Option<&[u8]>) -> Colors {
        let mut c = Colors::default();
        if let Some(color) = color.filter(|c| !c.is_empty()) {
            c.selected_match = color.to_vec();
            c.context_match = color.to_vec();
        }
        for entry in colors.unwrap_or_default().split(|&b| b == b':') {
            let (name, value) = match entry.iter().position(|&b| b == b'=') {
                Some(at) => (&entry[..at], Some(entry[at + 1..].to_vec())),
                None => (entry, None),
            };
            if value
                .as_ref()
                .is_some_and(|v| v.iter().any(|b| !b.is_ascii_digit() && *b != b';'))
            {
                break;
            }
            match (name, value) {
                (b"mt", Some(v)) => {
                    c.selected_match.clone_from(&v);
                    c.context_match = v;
                }
                (b"ms", Some(v)) => c.selected_match = v,
                (b"mc", Some(v)) => c.context_match = v,
                (b"sl", Some(v)) => c.selected_line = v,
                (b"cx", Some(v)) => c.context_line = v,
                (b"fn", Some(v)) => c.name = v,
                (b"ln", Some(v)) => c.number = v,
                (b"bn", Some(v)) => c.offset = v,
                (b"se", Some(v)) => c.separator = v,
                (b"rv", None) => c.reverse = true,
                (b"ne", None) => c.no_clear = true,
                _ => {}
            }
        }
        c
    }

    /// Appends `text` in a colour.
    pub(super) fn paint(&self, out: &mut Vec<u8>, sgr: &[u8], text: &[u8]) {
        if sgr.is_empty() {
            out.extend_from_slice(text);
            return;
        }
        self.start(out, sgr);
        out.extend_from_slice(text);
        self.end(out);
    }

    /// Switches a colour on.
    pub(super) fn start(&self, out: &mut Vec<u8>, sgr: &[u8]) {
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(sgr);
        out.extend_from_slice(if self.no_clear { b"m" } else { b"m\x1b[K" });
    }

    /// Switches colours off.
    pub(super) fn end(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.no_clear { b"\x1b[m" } else { b"\x1b[m\x1b[K" });
    }
}
