//! What a test has to say of a file.

/// How the description goes on with what is known of the text's encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// Not at all.
    None,
    /// `, ASCII text`.
    Text,
    /// `, ASCII text executable`.
    Executable,
}

/// A description, with its MIME type and usual extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) text: Vec<u8>,
    pub(super) mime: &'static str,
    pub(super) ext: &'static str,
    pub(super) tail: Tail,
}

impl Verdict {
    /// A description that stands by itself.
    pub(super) fn new(text: impl Into<Vec<u8>>, mime: &'static str) -> Self {
        Self {
            text: text.into(),
            mime,
            ext: "???",
            tail: Tail::None,
        }
    }

    /// With usual extensions, separated by slashes.
    #[must_use]
    pub(super) fn ext(mut self, ext: &'static str) -> Self {
        self.ext = ext;
        self
    }

    /// With what follows about the encoding.
    #[must_use]
    pub(super) fn tail(mut self, tail: Tail) -> Self {
        self.tail = tail;
        self
    }
}

/// Unprintable bytes as `\ooo`; UTF-8 stays.
pub(super) fn printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (start, end, c) in bstr::ByteSlice::char_indices(text) {
        let bytes = &text[start..end];
        let broken = c == '\u{fffd}' && bytes != "\u{fffd}".as_bytes();
        if c.is_control() || broken {
            for b in bytes {
                out.extend_from_slice(format!("\\{b:03o}").as_bytes());
            }
        } else {
            out.extend_from_slice(bytes);
        }
    }
    out
}
