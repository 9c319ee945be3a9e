//! The codes themselves, fed piece by piece.

/// Which code (RFC 4648, ZeroMQ 32/Z85, strings of bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Base64,
    Base64Url,
    Base32,
    Base32Hex,
    Base16,
    Base2Msbf,
    Base2Lsbf,
    Z85,
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE32HEX: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
const BASE16: &[u8; 16] = b"0123456789ABCDEF";
const Z85: &[u8; 85] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

const NONE: u8 = 255;

impl Code {
    fn alphabet(self) -> &'static [u8] {
        match self {
            Self::Base64 => BASE64,
            Self::Base64Url => BASE64URL,
            Self::Base32 => BASE32,
            Self::Base32Hex => BASE32HEX,
            Self::Base16 => BASE16,
            Self::Base2Msbf | Self::Base2Lsbf => b"01",
            Self::Z85 => Z85,
        }
    }

    /// Bytes that are encoded together, and characters they make.
    fn group(self) -> (usize, usize) {
        match self {
            Self::Base64 | Self::Base64Url => (3, 4),
            Self::Base32 | Self::Base32Hex => (5, 8),
            Self::Base16 => (1, 2),
            Self::Base2Msbf | Self::Base2Lsbf => (1, 8),
            Self::Z85 => (4, 5),
        }
    }

    fn padded(self) -> bool {
        matches!(self, Self::Base64 | Self::Base64Url | Self::Base32 | Self::Base32Hex)
    }

    fn values(self) -> [u8; 256] {
        let mut values = [NONE; 256];
        for (value, c) in self.alphabet().iter().enumerate() {
            values[usize::from(*c)] = value as u8;
        }
        values
    }

    /// Encodes one group, the last one of the input perhaps incomplete.
    fn encode(self, bytes: &[u8], out: &mut Vec<u8>) {
        let alphabet = self.alphabet();
        match self {
            Self::Base64 | Self::Base64Url => {
                let at = |n: usize| u32::from(bytes.get(n).copied().unwrap_or(0));
                let bits = at(0) << 16 | at(1) << 8 | at(2);
                let c = |shift: u32| alphabet[(bits >> shift & 63) as usize];
                let mut four = [c(18), c(12), c(6), c(0)];
                four[(bytes.len() + 1).min(4)..].fill(b'=');
                out.extend_from_slice(&four);
            }
            Self::Base32 | Self::Base32Hex => {
                let bits = (0..5).fold(0u64, |b, n| b << 8 | u64::from(bytes.get(n).copied().unwrap_or(0)));
                let mut eight: [u8; 8] = std::array::from_fn(|n| alphabet[(bits >> (35 - 5 * n) & 31) as usize]);
                eight[(bytes.len() * 8).div_ceil(5)..].fill(b'=');
                out.extend_from_slice(&eight);
            }
            Self::Base16 => {
                for b in bytes {
                    out.extend_from_slice(&[alphabet[usize::from(b >> 4)], alphabet[usize::from(b & 15)]]);
                }
            }
            Self::Base2Msbf => {
                for b in bytes {
                    out.extend((0..8).map(|n| b'0' + (b >> (7 - n) & 1)));
                }
            }
            Self::Base2Lsbf => {
                for b in bytes {
                    out.extend((0..8).map(|n| b'0' + (b >> n & 1)));
                }
            }
            Self::Z85 => {
                let mut n = bytes.iter().fold(0u32, |n, b| n << 8 | u32::from(*b));
                let mut five = [0; 5];
                for c in five.iter_mut().rev() {
                    *c = alphabet[(n % 85) as usize];
                    n /= 85;
                }
                out.extend_from_slice(&five);
            }
        }
    }
}

/// Encodes a stream, in lines.
pub(super) struct Encoder {
    code: Code,
    wrap: usize,
    column: usize,
    carry: Vec<u8>,
    text: Vec<u8>,
}

impl Encoder {
    /// `wrap` columns to a line; 0 for one endless line.
    pub(super) fn new(code: Code, wrap: usize) -> Self {
        Self {
            code,
            wrap,
            column: 0,
            carry: Vec::new(),
            text: Vec::new(),
        }
    }

    pub(super) fn feed(&mut self, mut data: &[u8], out: &mut Vec<u8>) {
        let (size, _) = self.code.group();
        self.text.clear();
        if !self.carry.is_empty() {
            let take = (size - self.carry.len()).min(data.len());
            self.carry.extend_from_slice(&data[..take]);
            data = &data[take..];
            if self.carry.len() < size {
                return;
            }
            self.code.encode(&self.carry, &mut self.text);
            self.carry.clear();
        }
        let groups = data.chunks_exact(size);
        self.carry.extend_from_slice(groups.remainder());
        for group in groups {
            self.code.encode(group, &mut self.text);
        }
        self.lines(out);
    }

    /// Ends the text; a message if the input cannot end here.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), &'static str> {
        self.text.clear();
        if !self.carry.is_empty() {
            if self.code == Code::Z85 {
                return Err("invalid input (length must be multiple of 4 characters)");
            }
            self.code.encode(&self.carry, &mut self.text);
        }
        self.lines(out);
        if self.wrap > 0 && self.column > 0 {
            out.push(b'\n');
        }
        Ok(())
    }

    fn lines(&mut self, out: &mut Vec<u8>) {
        if self.wrap == 0 {
            out.extend_from_slice(&self.text);
            return;
        }
        let mut text = &self.text[..];
        while !text.is_empty() {
            let take = (self.wrap - self.column).min(text.len());
            out.extend_from_slice(&text[..take]);
            text = &text[take..];
            self.column += take;
            // The line ends as soon as it is full, so that a full last line gets no second end.
            if self.column == self.wrap {
                out.push(b'\n');
                self.column = 0;
            }
        }
    }
}

/// What is said about bad input.
const INVALID: &str = "invalid input";

/// Decodes a stream.
pub(super) struct Decoder {
    code: Code,
    ignore: bool,
    values: [u8; 256],
    carry: Vec<u8>,
}

impl Decoder {
    /// With `ignore`, characters outside the alphabet are left out.
    pub(super) fn new(code: Code, ignore: bool) -> Self {
        Self {
            code,
            ignore,
            values: code.values(),
            carry: Vec::new(),
        }
    }

    pub(super) fn feed(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
        let (_, size) = self.code.group();
        for c in data {
            if *c == b'\n' {
                continue;
            }
            if self.ignore && self.values[usize::from(*c)] == NONE && !(*c == b'=' && self.code.padded()) {
                continue;
            }
            self.carry.push(*c);
            if self.carry.len() == size {
                let mut group = std::mem::take(&mut self.carry);
                let done = self.decode(&group, out);
                group.clear();
                self.carry = group;
                done?;
            }
        }
        Ok(())
    }

    /// Whether the input may end here.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), &'static str> {
        if self.carry.is_empty() {
            return Ok(());
        }
        match self.code {
            Code::Base64 | Code::Base64Url => {
                // What is there of the last group comes out, as far as it makes whole bytes.
                let mut rest = std::mem::take(&mut self.carry);
                rest.resize(4, b'?');
                let _ = self.decode(&rest, out);
                Err(INVALID)
            }
            _ => Err(INVALID),
        }
    }

    /// Decodes one group. What comes before its first bad character is decoded all the same.
    fn decode(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
        let value = |c: u8| self.values[usize::from(c)];
        match self.code {
            Code::Base64 | Code::Base64Url | Code::Base32 | Code::Base32Hex => {
                let bits = if matches!(self.code, Code::Base64 | Code::Base64Url) {
                    6
                } else {
                    5
                };
                let good = text.iter().take_while(|c| value(**c) != NONE).count();
                let (mut n, mut have) = (0u64, 0);
                for c in &text[..good] {
                    n = n << bits | u64::from(value(*c));
                    have += bits;
                    if have >= 8 {
                        have -= 8;
                        out.push((n >> have) as u8);
                    }
                }
                let padding = &text[good..];
                let lengths: &[usize] = if bits == 6 { &[0, 1, 2] } else { &[0, 1, 3, 4, 6] };
                if padding.iter().all(|c| *c == b'=') && lengths.contains(&padding.len()) {
                    Ok(())
                } else {
                    Err(INVALID)
                }
            }
            Code::Base16 => match (value(text[0]), value(text[1])) {
                (NONE, _) | (_, NONE) => Err(INVALID),
                (high, low) => {
                    out.push(high << 4 | low);
                    Ok(())
                }
            },
            Code::Base2Msbf | Code::Base2Lsbf => {
                let mut byte = 0;
                for (n, c) in text.iter().enumerate() {
                    match value(*c) {
                        NONE => return Err(INVALID),
                        bit if self.code == Code::Base2Msbf => byte |= bit << (7 - n),
                        bit => byte |= bit << n,
                    }
                }
                out.push(byte);
                Ok(())
            }
            Code::Z85 => {
                let mut n = 0u64;
                for c in text {
                    match value(*c) {
                        NONE => return Err(INVALID),
                        digit => n = n * 85 + u64::from(digit),
                    }
                }
                let n = u32::try_from(n).map_err(|_| INVALID)?;
                out.extend_from_slice(&n.to_be_bytes());
                Ok(())
            }
        }
    }
}
