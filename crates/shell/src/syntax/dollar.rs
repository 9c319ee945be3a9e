//! What `$`, a backtick, `<(` and `>(` introduce.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    arithmetic::ArithEnd,
    ast::{
        CaseOp, CommandSubst, DefaultOp, Param, ParamExpansion, ParamOp, ReplaceAnchor, Subscript, SubstBody, Word,
        WordPart,
    },
    builder::Builder,
    machine::{Machine, Parse, class},
    subst::classify,
    words::{Operand, Quote},
};

impl Machine<'_> {
    /// The expansion that starts with the `$` at the cursor; a `$` that starts none is literal.
    pub fn dollar(&mut self, b: &mut Builder, quote: Quote) -> Parse<()> {
        let start = self.pos;
        self.pos += 1;
        let part = match self.peek() {
            b'(' | b'{' | b'[' => {
                self.pos = start;
                self.memoised(|m| m.bracketed(quote))?
            }
            b'\'' if quote == Quote::None => self.ansi_c_quoted()?,
            b'"' if quote == Quote::None => WordPart::DoubleQuoted(self.double_quoted()?),
            _ => match self.short_name() {
                Some(param) => {
                    let line = self.line_at(start);
                    let raw = self.src.slice(start..self.pos);
                    WordPart::Param(Arc::new(ParamExpansion::value_of(param, raw, line)))
                }
                None => {
                    b.range(&self.src, start, start + 1);
                    self.pos = start + 1;
                    return Ok(());
                }
            },
        };
        b.part(&self.src, part);
        Ok(())
    }

    /// An expansion that starts with `$(`, `${` or `$[`; the cursor is on the `$`.
    fn bracketed(&mut self, quote: Quote) -> Parse<WordPart> {
        let start = self.pos;
        self.pos += 1;
        let c = self.peek();
        self.pos += 1;
        match c {
            b'{' => self.nested(|m| m.braced(start, quote)),
            b'(' if self.peek() == b'(' => self.dollar_double_paren(start),
            b'(' => {
                let line = self.line_at(start);
                let body = classify(self.nested(|m| m.substitution_list())?);
                let raw = self.src.slice(start..self.pos);
                Ok(WordPart::Command(CommandSubst {
                    body,
                    backquoted: false,
                    raw,
                    line,
                    warnings: Vec::new(),
                }))
            }
            _ => {
                let mut expr = self.nested(|m| m.arith_text(ArithEnd::Bracket, start))?;
                self.pos += 1;
                expr.word.raw = self.src.slice(start..self.pos);
                Ok(WordPart::Arith(Arc::new(expr)))
            }
        }
    }

    /// `$((` is arithmetic if the parentheses are closed together. If not it is a substitution that starts with a subshell;
    /// bash finds its end by counting parentheses and parses it when it runs.
    fn dollar_double_paren(&mut self, start: usize) -> Parse<WordPart> {
        if let Some(expr) = self.try_double_paren(start)? {
            return Ok(WordPart::Arith(Arc::new(expr)));
        }
        let inside = self.pos;
        let line = self.line_at(start);
        self.nested(|m| m.speculate(|m| m.arith_text(ArithEnd::Paren, start)))?;
        let end = self.pos + 1;
        self.pos = inside;
        let (depth, in_subst) = (self.depth, self.in_subst);
        let pending = self.pending.clone();
        let result = self.nested(|m| m.speculate(|m| m.substitution_list()));
        let body = match result {
            Ok(list) => classify(list),
            Err(error) => {
                (self.depth, self.in_subst, self.pending) = (depth, in_subst, pending);
                SubstBody::Broken {
                    before: Arc::default(),
                    error: Arc::new(*error),
                }
            }
        };
        self.pos = end;
        let raw = self.src.slice(start..self.pos);
        Ok(WordPart::Command(CommandSubst {
            body,
            backquoted: false,
            raw,
            line,
            warnings: Vec::new(),
        }))
    }

    /// The name after a `$` without braces.
    fn short_name(&mut self) -> Option<Param> {
        let c = self.at(self.pos);
        if class::is_name_start(c) {
            return Some(Param::Name(self.name()));
        }
        let param = match c {
            b'0'..=b'9' => Param::Positional(u32::from(c - b'0')),
            b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => Param::Special(c),
            _ => return None,
        };
        self.pos += 1;
        Some(param)
    }

    /// The identifier at the cursor.
    fn name(&mut self) -> Bytes {
        let start = self.pos;
        while class::is_name(self.at(self.pos)) {
            self.pos += 1;
        }
        if !self.is_continuation(self.pos) {
            return self.src.slice(start..self.pos);
        }
        let mut name = self.src[start..self.pos].to_vec();
        while class::is_name(self.peek()) {
            name.push(self.at(self.pos));
            self.pos += 1;
        }
        Bytes::from(name)
    }

    /// The parameter after `${`, `${#` or `${!`.
    fn param(&mut self) -> Option<Param> {
        let c = self.peek();
        if c.is_ascii_digit() {
            let mut value = 0u32;
            while let digit @ b'0'..=b'9' = self.peek() {
                value = value.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
                self.pos += 1;
            }
            return Some(Param::Positional(value));
        }
        self.short_name()
    }

    /// `${…}` with the cursor after the brace.
    fn braced(&mut self, start: usize, quote: Quote) -> Parse<WordPart> {
        let inside = self.pos;
        let (depth, in_subst) = (self.depth, self.in_subst);
        // An error here may only mean that the text is no valid expansion, which matters when it is expanded.
        let parts = self.speculate(|m| m.braced_parts(start, quote));
        (self.depth, self.in_subst) = (depth, in_subst);
        if let Ok(Some(mut expansion)) = parts {
            self.pos += 1;
            expansion.raw = self.src.slice(start..self.pos);
            expansion.line = self.line_at(start);
            return Ok(WordPart::Param(Arc::new(expansion)));
        }
        self.pos = inside;
        self.operand(quote, Operand::Pattern, start)?;
        self.pos += 1;
        Ok(WordPart::BadSubst(self.src.slice(start..self.pos)))
    }

    /// The content of `${…}` up to the closing brace; `None` if it is no valid expansion.
    fn braced_parts(&mut self, start: usize, quote: Quote) -> Parse<Option<ParamExpansion>> {
        let mut expansion = ParamExpansion::default();
        let first = self.peek();
        let second = self.peek_second();
        if first == b'#' && second != b'}' {
            // A length, unless an operator follows `$#`.
            let mark = self.pos;
            self.pos += 1;
            if let Some(param) = self.param() {
                expansion.param = param;
                expansion.subscript = self.optional_subscript(&expansion.param)?;
                if self.peek() == b'}' {
                    expansion.op = ParamOp::Length;
                    return Ok(Some(expansion));
                }
            }
            self.pos = mark + 1;
            expansion.param = Param::Special(b'#');
            expansion.subscript = None;
        } else {
            let indirect = first == b'!'
                && (class::is_name(second)
                    || matches!(second, b'@' | b'*')
                    || !self.opts.posix && matches!(second, b'#' | b'?'));
            if indirect {
                self.pos += 1;
                expansion.indirect = true;
                self.peek();
            }
            let Some(param) = self.param() else { return Ok(None) };
            expansion.param = param;
            expansion.subscript = self.optional_subscript(&expansion.param)?;
        }
        if expansion.indirect && self.whole_name_operator(&mut expansion) {
            return Ok(Some(expansion));
        }
        let Some(op) = self.param_op(start, quote)? else {
            return Ok(None);
        };
        expansion.op = op;
        Ok((self.peek() == b'}').then_some(expansion))
    }

    /// `${!prefix*}`, `${!name[@]}`.
    fn whole_name_operator(&mut self, expansion: &mut ParamExpansion) -> bool {
        let c = self.peek();
        match (&expansion.subscript, c) {
            (Some(sub @ (Subscript::At | Subscript::Star)), b'}') => {
                expansion.op = ParamOp::Keys {
                    at: matches!(sub, Subscript::At),
                };
                expansion.subscript = None;
            }
            (None, b'*' | b'@') if matches!(expansion.param, Param::Name(_)) && self.peek_second() == b'}' => {
                self.pos += 1;
                self.peek();
                expansion.op = ParamOp::NamesWithPrefix { at: c == b'@' };
            }
            _ => return false,
        }
        expansion.indirect = false;
        true
    }

    fn optional_subscript(&mut self, param: &Param) -> Parse<Option<Subscript>> {
        if !matches!(param, Param::Name(_)) || self.peek() != b'[' {
            return Ok(None);
        }
        let open = self.pos;
        self.pos += 1;
        let subscript = self.nested(|m| m.subscript(open))?;
        Ok(Some(subscript))
    }

    /// The operator and its operands; stops at the closing brace, or where it makes no sense.
    fn param_op(&mut self, start: usize, quote: Quote) -> Parse<Option<ParamOp>> {
        let c = self.peek();
        if c == b'}' {
            return Ok(Some(ParamOp::Get));
        }
        self.pos += 1;
        let op = match c {
            b'-' | b'=' | b'?' | b'+' => self.default_op(c, false, start, quote)?,
            b':' => {
                let second = self.peek();
                match second {
                    b'-' | b'=' | b'?' | b'+' => {
                        self.pos += 1;
                        self.default_op(second, true, start, quote)?
                    }
                    b'}' => return Ok(None),
                    _ => {
                        let offset = self.arith_text(ArithEnd::Slice, start)?;
                        let length = if self.at(self.pos) == b':' {
                            self.pos += 1;
                            Some(self.arith_text(ArithEnd::Slice, start)?)
                        } else {
                            None
                        };
                        ParamOp::Substring { offset, length }
                    }
                }
            }
            b'#' => {
                let longest = self.doubled(c);
                ParamOp::RemovePrefix {
                    longest,
                    pattern: self.operand(quote, Operand::Pattern, start)?,
                }
            }
            b'%' => {
                let longest = self.doubled(c);
                ParamOp::RemoveSuffix {
                    longest,
                    pattern: self.operand(quote, Operand::Pattern, start)?,
                }
            }
            b'/' => {
                let all = self.doubled(c);
                let anchor = match self.peek() {
                    b'#' if !all => ReplaceAnchor::Start,
                    b'%' if !all => ReplaceAnchor::End,
                    _ => ReplaceAnchor::None,
                };
                if anchor != ReplaceAnchor::None {
                    self.pos += 1;
                }
                // After an anchor a slash ends the (empty) pattern; elsewhere a pattern may begin with one.
                let pattern = if anchor != ReplaceAnchor::None && self.peek() == b'/' {
                    Word::default()
                } else {
                    self.operand(quote, Operand::UntilSlash, start)?
                };
                let replacement = if self.at(self.pos) == b'/' {
                    self.pos += 1;
                    Some(self.operand(quote, Operand::Pattern, start)?)
                } else {
                    None
                };
                ParamOp::Replace {
                    all,
                    anchor,
                    pattern,
                    replacement,
                }
            }
            b'^' | b',' | b'~' => {
                let all = self.doubled(c);
                let pattern = match self.peek() {
                    b'}' => None,
                    _ => Some(self.operand(quote, Operand::Pattern, start)?),
                };
                let op = match c {
                    b'^' => CaseOp::Upper,
                    b',' => CaseOp::Lower,
                    _ => CaseOp::Toggle,
                };
                ParamOp::Case { op, all, pattern }
            }
            b'@' => match self.peek() {
                letter @ (b'U' | b'u' | b'L' | b'Q' | b'E' | b'P' | b'A' | b'K' | b'a' | b'k') => {
                    self.pos += 1;
                    ParamOp::Transform(letter)
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(Some(op))
    }

    fn doubled(&mut self, c: u8) -> bool {
        let doubled = self.peek() == c;
        if doubled {
            self.pos += 1;
        }
        doubled
    }

    fn default_op(&mut self, c: u8, colon: bool, start: usize, quote: Quote) -> Parse<ParamOp> {
        let op = match c {
            b'-' => DefaultOp::Use,
            b'=' => DefaultOp::Assign,
            b'?' => DefaultOp::Error,
            _ => DefaultOp::Alternate,
        };
        Ok(ParamOp::Default {
            op,
            colon,
            word: self.operand(quote, Operand::Value, start)?,
        })
    }
}
