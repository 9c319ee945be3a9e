//! Format strings: `[count]["/"[bytes]] "format"` …, with `printf` conversions and `_a _A _c _p _u`.

/// What a conversion shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    /// Nothing but its text.
    Text,
    /// The offset, in base `d`, `o` or `x`.
    Address(u8),
    /// The offset of the end, once.
    EndAddress(u8),
    Char,
    /// `_c`.
    Escaped,
    /// `_p`.
    Printable,
    /// `_u`.
    Named,
    Signed,
    Unsigned(u8),
    Float(u8),
    String,
}

/// One conversion and the text around it.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
    pub(super) show: Show,
    pub(super) bytes: usize,
    pub(super) width: usize,
    pub(super) precision: Option<usize>,
    pub(super) left: bool,
    pub(super) zero: bool,
    pub(super) plus: bool,
    pub(super) blank: bool,
    pub(super) alternate: bool,
    /// Whether the blank at the end only separates repetitions.
    pub(super) separator: bool,
}

/// A format with its counts.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// How often it is applied.
    pub(super) count: usize,
    /// Whether the string says so.
    pub(super) counted: bool,
    /// Bytes of one application.
    pub(super) bytes: usize,
    pub(super) pieces: Vec<Piece>,
}

/// Reads a format string; a message if it is none.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Unit>, Vec<u8>> {
    let bad = || [b"bad format {", text, b"}"].concat();
    let mut units = Vec::new();
    let mut rest = text.trim_ascii_start();
    while !rest.is_empty() {
        let mut count = None;
        if let Some(n) = number(&mut rest) {
            if !rest.first().is_some_and(|b| b.is_ascii_whitespace() || *b == b'/') {
                return Err(bad());
            }
            count = Some(n);
            rest = rest.trim_ascii_start();
        }
        let mut bytes = None;
        if let Some(tail) = rest.strip_prefix(b"/") {
            rest = tail.trim_ascii_start();
            let n = number(&mut rest).ok_or_else(bad)?;
            if !rest.first().is_some_and(u8::is_ascii_whitespace) {
                return Err(bad());
            }
            bytes = Some(n);
            rest = rest.trim_ascii_start();
        }
        let body = rest.strip_prefix(b"\"").ok_or_else(bad)?;
        // A quote ends the format, whatever stands before it.
        let end = body.iter().position(|b| *b == b'"').ok_or_else(bad)?;
        let pieces = pieces(&unescape(&body[..end]), bytes)?;
        let total = bytes.unwrap_or_else(|| pieces.iter().map(|p| p.bytes).sum());
        units.push(Unit {
            count: count.unwrap_or(1),
            counted: count.is_some(),
            bytes: total,
            pieces,
        });
        rest = body[end + 1..].trim_ascii_start();
    }
    Ok(units)
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let n = std::str::from_utf8(&rest[..len]).ok()?.parse().ok()?;
    *rest = &rest[len..];
    Some(n)
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(b) = bytes.next() {
        out.push(match b {
            b'\\' => match bytes.next() {
                Some(b'a') => 7,
                Some(b'b') => 8,
                Some(b'f') => 12,
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'v') => 11,
                Some(other) => *other,
                None => b'\\',
            },
            b => *b,
        });
    }
    out
}

/// Cuts a format into its conversions. `bytes` is what the string says that one application takes.
fn pieces(format: &[u8], bytes: Option<usize>) -> Result<Vec<Piece>, Vec<u8>> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut before = Vec::new();
    let mut rest = format;
    while let Some((&b, tail)) = rest.split_first() {
        if b != b'%' {
            match pieces.last_mut() {
                Some(piece) => piece.after.push(b),
                None => before.push(b),
            }
            rest = tail;
            continue;
        }
        let mut piece = Piece::new(std::mem::take(&mut before));
        rest = conversion(tail, &mut piece, bytes)?;
        if piece.show == Show::Text {
            // `%%`
            match pieces.last_mut() {
                Some(last) => last.after.push(b'%'),
                None => {
                    before = piece.before;
                    before.push(b'%');
                }
            }
            continue;
        }
        pieces.push(piece);
    }
    if pieces.is_empty() {
        pieces.push(Piece {
            bytes: bytes.unwrap_or(0),
            ..Piece::new(before)
        });
    }
    let takes = pieces.iter().filter(|p| p.bytes > 0).count();
    if bytes.is_some() && takes > 1 {
        return Err(b"byte count with multiple conversion characters".to_vec());
    }
    Ok(pieces)
}

impl Piece {
    fn new(before: Vec<u8>) -> Self {
        Self {
            before,
            after: Vec::new(),
            show: Show::Text,
            bytes: 0,
            width: 0,
            precision: None,
            left: false,
            zero: false,
            plus: false,
            blank: false,
            alternate: false,
            separator: false,
        }
    }
}

/// Reads one conversion after its `%`; what follows it.
fn conversion<'f>(mut rest: &'f [u8], piece: &mut Piece, bytes: Option<usize>) -> Result<&'f [u8], Vec<u8>> {
    while let Some((&flag, tail)) = rest.split_first() {
        match flag {
            b'-' => piece.left = true,
            b'0' => piece.zero = true,
            b'+' => piece.plus = true,
            b' ' => piece.blank = true,
            b'#' => piece.alternate = true,
            _ => break,
        }
        rest = tail;
    }
    piece.width = number(&mut rest).unwrap_or(0);
    if let Some(tail) = rest.strip_prefix(b".") {
        rest = tail;
        piece.precision = Some(number(&mut rest).unwrap_or(0));
    }
    if piece.width > 4096 || piece.precision.is_some_and(|p| p > 4096) {
        return Err(b"field width or precision is too large".to_vec());
    }
    let unknown = |what: &[u8]| [b"bad conversion character %", what].concat();
    let Some((&letter, tail)) = rest.split_first() else {
        return Err(unknown(b""));
    };
    let allowed = |sizes: &[usize], default: usize| match bytes {
        None => Ok(default),
        Some(n) if sizes.contains(&n) => Ok(n),
        Some(_) => Err([b"bad byte count for conversion character ", &[letter][..]].concat()),
    };
    match letter {
        b'%' => {}
        b'c' => {
            piece.bytes = allowed(&[1], 1)?;
            piece.show = Show::Char;
        }
        b'd' | b'i' => {
            piece.bytes = allowed(&[1, 2, 4, 8], 4)?;
            piece.show = Show::Signed;
        }
        b'o' | b'u' | b'x' | b'X' => {
            piece.bytes = allowed(&[1, 2, 4, 8], 4)?;
            piece.show = Show::Unsigned(letter);
        }
        b'e' | b'E' | b'f' | b'g' | b'G' => {
            piece.bytes = allowed(&[4, 8], 8)?;
            piece.show = Show::Float(letter);
        }
        b's' => {
            piece.bytes = match (bytes, piece.precision) {
                (Some(n), _) => n,
                (None, Some(p)) => p,
                (None, None) => return Err(b"%s requires a precision or a byte count".to_vec()),
            };
            piece.show = Show::String;
        }
        b'_' => {
            let (&kind, tail) = tail.split_first().ok_or_else(|| unknown(b"_"))?;
            match kind {
                b'a' | b'A' => {
                    let (&radix, tail) = tail.split_first().ok_or_else(|| unknown(b"_a"))?;
                    if !matches!(radix, b'd' | b'o' | b'x') {
                        return Err(unknown(&[b'_', kind, radix]));
                    }
                    piece.show = if kind == b'a' {
                        Show::Address(radix)
                    } else {
                        Show::EndAddress(radix)
                    };
                    return Ok(tail);
                }
                b'c' => piece.show = Show::Escaped,
                b'p' => piece.show = Show::Printable,
                b'u' => piece.show = Show::Named,
                other => return Err(unknown(&[b'_', other])),
            }
            piece.bytes = allowed(&[1], 1)?;
            return Ok(tail);
        }
        other => return Err(unknown(&[other])),
    }
    Ok(tail)
}
