//! Reserved words (bash manual, "Reserved Words").

use super::machine::{Machine, Parse, class};

/// Reserved words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Bang,
    OpenBrace,
    CloseBrace,
    OpenCond,
    CloseCond,
    Case,
    Coproc,
    Do,
    Done,
    Elif,
    Else,
    Esac,
    Fi,
    For,
    Function,
    If,
    In,
    Select,
    Then,
    Time,
    Until,
    While,
}

impl Keyword {
    fn from_bytes(text: &[u8]) -> Option<Self> {
        Some(match text {
            b"!" => Self::Bang,
            b"{" => Self::OpenBrace,
            b"}" => Self::CloseBrace,
            b"[[" => Self::OpenCond,
            b"]]" => Self::CloseCond,
            b"case" => Self::Case,
            b"coproc" => Self::Coproc,
            b"do" => Self::Do,
            b"done" => Self::Done,
            b"elif" => Self::Elif,
            b"else" => Self::Else,
            b"esac" => Self::Esac,
            b"fi" => Self::Fi,
            b"for" => Self::For,
            b"function" => Self::Function,
            b"if" => Self::If,
            b"in" => Self::In,
            b"select" => Self::Select,
            b"then" => Self::Then,
            b"time" => Self::Time,
            b"until" => Self::Until,
            b"while" => Self::While,
            _ => return None,
        })
    }

    /// True for words that end a list instead of starting a command.
    pub fn closes(self) -> bool {
        matches!(
            self,
            Self::CloseBrace
                | Self::CloseCond
                | Self::Do
                | Self::Done
                | Self::Elif
                | Self::Else
                | Self::Esac
                | Self::Fi
                | Self::In
                | Self::Then
        )
    }

    /// True for words that start a compound command.
    pub fn opens_compound(self) -> bool {
        matches!(
            self,
            Self::OpenBrace
                | Self::OpenCond
                | Self::Case
                | Self::For
                | Self::If
                | Self::Select
                | Self::Until
                | Self::While
        )
    }
}

/// True for a reserved word of bash (`compgen -k`, `type`).
pub fn is_reserved(word: &[u8]) -> bool {
    Keyword::from_bytes(word).is_some()
}

impl Machine<'_> {
    /// The reserved word at the cursor and where it ends.
    pub fn keyword(&mut self) -> Option<(Keyword, usize)> {
        if class::OF[self.peek() as usize] & class::KEYWORD == 0 {
            return None;
        }
        let mut text = [0u8; 9];
        let mut length = 0;
        let mut i = self.pos;
        loop {
            let c = self.at(i);
            if class::OF[c as usize] & class::META != 0 {
                if matches!(c, b'<' | b'>') && self.at(i + 1) == b'(' {
                    return None;
                }
                break;
            }
            if self.is_continuation(i) {
                i += 2;
                continue;
            }
            *text.get_mut(length)? = c;
            length += 1;
            i += 1;
        }
        // With extended globs `!(` starts a pattern.
        if self.opts.extglob && length == 1 && text[0] == b'!' && self.at(i) == b'(' {
            return None;
        }
        Keyword::from_bytes(&text[..length]).map(|keyword| (keyword, i))
    }

    /// Consumes `wanted` if it is the reserved word at the cursor.
    pub fn eat_keyword(&mut self, wanted: Keyword) -> bool {
        self.skip_blanks();
        match self.keyword() {
            Some((keyword, end)) if keyword == wanted => {
                self.pos = end;
                self.end = end;
                true
            }
            _ => false,
        }
    }

    /// Consumes `wanted` or fails.
    pub fn expect_keyword(&mut self, wanted: Keyword) -> Parse<()> {
        if self.eat_keyword(wanted) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }
}
