//! The operators of `${…}`.

use pattern::glob::Pattern;

use crate::shell::{Flow, Origin, Shell};
use crate::state::access::{AssignError, Elem};
use crate::state::options::ShOpt;
use crate::state::value::{Attrs, Value};
use crate::syntax::ast::{CaseOp, DefaultOp, Param, ParamExpansion, ParamOp, ReplaceAnchor, Word, WordPart};

use super::case::{char_count, chars, map_char};
use super::field::Sink;
use super::param::{Found, Sub, Target};
use super::word::Cx;

/// A replacement with its `&` parts marked.
enum Piece {
    Text(Vec<u8>),
    Match,
}

impl Shell {
    /// Expands `${…}` with whatever operator it has.
    pub(super) fn expand_param_op(&mut self, p: &ParamExpansion, cx: Cx, sink: &mut Sink<'_>) -> Result<(), Flow> {
        match &p.op {
            ParamOp::NamesWithPrefix { at } => {
                let Param::Name(prefix) = &p.param else { return Ok(()) };
                let names: Vec<_> = self
                    .vars
                    .names_with_prefix(prefix)
                    .into_iter()
                    .filter(|n| self.lookup(n).is_some_and(|v| v.is_set()))
                    .map(|n| n.to_vec())
                    .collect();
                self.put_list(&names, !at, cx, sink);
                return Ok(());
            }
            ParamOp::Keys { at } => {
                let Param::Name(name) = &p.param else { return Ok(()) };
                let (real, _) = self.deref_owned(name);
                let keys = self.keys_of(&real);
                self.put_list(&keys, !at, cx, sink);
                return Ok(());
            }
            _ => {}
        }
        // `${!ref}` of a nameref is the name it refers to.
        if p.indirect
            && let Param::Name(name) = &p.param
            && p.subscript.is_none()
            && let Some(v) = self.vars.get(name)
            && v.attrs.has(Attrs::NAMEREF)
        {
            let found = match &v.value {
                Value::Scalar(s) => Found::One(s.clone()),
                _ => Found::Unset,
            };
            return self.apply(p, &Target::Var(name.to_vec(), Sub::None), found, cx, sink);
        }
        // An indirection through something unset is an error, except where a default stands by.
        if p.indirect
            && let ParamOp::Default { op, .. } = &p.op
        {
            let target = self.direct_target(p)?;
            let value = self.value_of(&target)?;
            if value == Found::Unset || matches!(&value, Found::Many(items, _) if items.is_empty()) {
                if *op == DefaultOp::Assign || *op == DefaultOp::Error {
                    let shown = self.target_name(&target);
                    self.error([&shown[..], b": invalid indirect expansion"].concat());
                    return Err(Flow::Discard(1));
                }
                return self.apply(p, &target, Found::Unset, cx, sink);
            }
        }
        let target = self.target(p)?;
        // `${#a[@]}` must not copy the elements.
        if let ParamOp::Length = p.op
            && let Some(n) = self.count_of(&target)
        {
            super::word::put(sink, cx, n.to_string().as_bytes());
            return Ok(());
        }
        let found = self.value_of(&target)?;
        self.apply(p, &target, found, cx, sink)
    }

    /// The number of elements of a list.
    fn count_of(&mut self, target: &Target) -> Option<usize> {
        match target {
            Target::Special(b'@' | b'*') => Some(self.positional.len()),
            Target::Var(name, Sub::At | Sub::Star) => Some(match self.lookup(name).as_deref().map(|v| &v.value) {
                Some(Value::Indexed(a)) => a.len(),
                Some(Value::Assoc(a)) => a.len(),
                Some(Value::Scalar(_)) => 1,
                _ => 0,
            }),
            _ => None,
        }
    }

    fn apply(
        &mut self,
        p: &ParamExpansion,
        target: &Target,
        found: Found,
        cx: Cx,
        sink: &mut Sink<'_>,
    ) -> Result<(), Flow> {
        if found == Found::Unset
            && !matches!(
                p.op,
                ParamOp::Default { .. } | ParamOp::NamesWithPrefix { .. } | ParamOp::Keys { .. }
            )
        {
            // `${x@a}` and `${x@A}` show attributes of what has no value.
            if let ParamOp::Transform(op) = p.op
                && let Some(text) = self.transform_unset(target, op)
            {
                super::word::put(sink, cx, &text);
                return Ok(());
            }
            let shown = self.target_name(target);
            self.unset(&shown)?;
            if let ParamOp::Length = p.op {
                super::word::put(sink, cx, b"0");
            }
            return Ok(());
        }
        match &p.op {
            ParamOp::Get | ParamOp::NamesWithPrefix { .. } | ParamOp::Keys { .. } => {
                self.put_found(found, cx, sink);
                Ok(())
            }
            ParamOp::Length => {
                let n = match &found {
                    Found::One(t) => char_count(t, self.utf8()),
                    Found::Many(items, _) => items.len(),
                    Found::Unset => 0,
                };
                super::word::put(sink, cx, n.to_string().as_bytes());
                Ok(())
            }
            ParamOp::Default { op, colon, word } => self.default_op(target, found, *op, *colon, word, cx, sink),
            ParamOp::RemovePrefix { longest, pattern } => {
                let pattern = self.operand_pattern(pattern, cx, false)?;
                let longest = *longest;
                self.map_found(found, cx, sink, |t| {
                    let n = if longest {
                        pattern.longest_prefix(t)
                    } else {
                        pattern.shortest_prefix(t)
                    };
                    t[n.unwrap_or(0)..].to_vec()
                });
                Ok(())
            }
            ParamOp::RemoveSuffix { longest, pattern } => {
                let pattern = self.operand_pattern(pattern, cx, false)?;
                let longest = *longest;
                self.map_found(found, cx, sink, |t| {
                    let n = if longest {
                        pattern.longest_suffix(t)
                    } else {
                        pattern.shortest_suffix(t)
                    };
                    t[..n.unwrap_or(t.len())].to_vec()
                });
                Ok(())
            }
            ParamOp::Replace {
                all,
                anchor,
                pattern,
                replacement,
            } => self.replace_op(found, *all, *anchor, pattern, replacement.as_ref(), cx, sink),
            ParamOp::Substring { offset, length } => {
                let found = self.slice(target, found, offset, length.as_ref())?;
                self.put_found(found, cx, sink);
                Ok(())
            }
            ParamOp::Case { op, all, pattern } => {
                let pattern = match pattern {
                    Some(w) => Some(self.operand_pattern(w, cx, false)?),
                    None => None,
                };
                let utf8 = self.utf8();
                self.map_found(found, cx, sink, |t| change_case(t, *op, *all, pattern.as_ref(), utf8));
                Ok(())
            }
            ParamOp::Transform(op) => {
                let found = self.transform(target, found, *op)?;
                self.put_found(found, cx, sink);
                Ok(())
            }
        }
    }

    /// The pattern operand of an expansion. Inside double quotes its text is still a pattern.
    fn operand_pattern(&mut self, word: &Word, _cx: Cx, nocase: bool) -> Result<Pattern, Flow> {
        self.expand_pattern(word, nocase)
    }

    fn map_found(&mut self, found: Found, cx: Cx, sink: &mut Sink<'_>, f: impl Fn(&[u8]) -> Vec<u8>) {
        let found = match found {
            Found::One(t) => Found::One(f(&t)),
            Found::Many(items, star) => Found::Many(items.iter().map(|t| f(t)).collect(), star),
            Found::Unset => Found::Unset,
        };
        self.put_found(found, cx, sink);
    }

    #[allow(clippy::too_many_arguments)]
    fn default_op(
        &mut self,
        target: &Target,
        found: Found,
        op: DefaultOp,
        colon: bool,
        word: &Word,
        cx: Cx,
        sink: &mut Sink<'_>,
    ) -> Result<(), Flow> {
        let set = match &found {
            Found::Unset => false,
            Found::One(t) => !(colon && t.is_empty()),
            Found::Many(items, star) => match items.as_slice() {
                [] => false,
                [one] => !(colon && one.is_empty()),
                many => !(colon && *star && many.iter().all(Vec::is_empty) && (cx.quoted && self.ifs().is_empty())),
            },
        };
        if (op == DefaultOp::Alternate) == set {
            if op == DefaultOp::Error {
                return self.default_error(target, colon, word);
            }
            if op == DefaultOp::Assign {
                return self.default_assign(target, word, cx, sink);
            }
            return self.expand_operand(word, cx, sink);
        }
        if op != DefaultOp::Alternate {
            self.put_found(found, cx, sink);
        }
        Ok(())
    }

    /// The operand of `${x-word}` in the place of the expansion.
    fn expand_operand(&mut self, word: &Word, cx: Cx, sink: &mut Sink<'_>) -> Result<(), Flow> {
        let cx = Cx {
            quoted: cx.quoted,
            split_literals: !cx.quoted,
        };
        if cx.quoted {
            // Quoted parts within the operand keep their own rules; an empty one is nothing here.
            for part in &word.parts {
                match part {
                    WordPart::DoubleQuoted(inner) => self.expand_parts(inner, cx, sink)?,
                    WordPart::Quoted(t) if t.is_empty() => {}
                    _ => self.expand_parts(std::slice::from_ref(part), cx, sink)?,
                }
            }
            return Ok(());
        }
        self.expand_parts(&word.parts, cx, sink)
    }

    fn default_error(&mut self, target: &Target, colon: bool, word: &Word) -> Result<(), Flow> {
        let shown = self.target_name(target);
        let text = if word.parts.is_empty() {
            if colon {
                b"parameter null or not set".to_vec()
            } else {
                b"parameter not set".to_vec()
            }
        } else {
            self.expand_string(word)?
        };
        self.error([&shown[..], b": ", &text].concat());
        Err(self.fatal_expansion())
    }

    /// What an unset parameter that must be set does: it ends the shell, but an interactive one only gives up the line.
    pub(crate) fn fatal_expansion(&self) -> Flow {
        if self.interactive {
            return Flow::Discard(1);
        }
        // A command string (and a session's single line) ends with another status than a script does.
        let command = self.origin == Origin::CommandString || self.one_line;
        Flow::Exit(if command && self.subshell == 0 { 127 } else { 1 })
    }

    fn default_assign(&mut self, target: &Target, word: &Word, cx: Cx, sink: &mut Sink<'_>) -> Result<(), Flow> {
        let value = if cx.quoted {
            self.expand_double_quoted(word)?
        } else {
            self.expand_string(word)?
        };
        let (name, elem) = match target {
            Target::Var(name, Sub::None) => (name, Elem::Whole),
            Target::Var(name, Sub::One(e)) => (name, e.clone()),
            Target::Var(name, Sub::At | Sub::Star) => {
                self.error([&name[..], b": bad array subscript"].concat());
                return Err(Flow::Discard(1));
            }
            _ => {
                let shown = self.target_name(target);
                self.error([b"$", &shown[..], b": cannot assign in this way"].concat());
                return Err(Flow::Discard(1));
            }
        };
        if let Err(e) = self.assign(name, elem, value, false) {
            return Err(self.assign_failed(&e));
        }
        let found = self.value_of(target)?;
        self.put_found(found, cx, sink);
        Ok(())
    }

    /// Reports a refused assignment of the language itself; it abandons the command.
    pub(crate) fn assign_failed(&mut self, e: &AssignError) -> Flow {
        if let AssignError::Flow(f) = e {
            return *f;
        }
        self.error(e.to_string());
        if self.on(crate::state::options::SetOpt::Posix) {
            Flow::Exit(127)
        } else {
            Flow::Discard(1)
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn replace_op(
        &mut self,
        found: Found,
        all: bool,
        anchor: ReplaceAnchor,
        pattern: &Word,
        replacement: Option<&Word>,
        cx: Cx,
        sink: &mut Sink<'_>,
    ) -> Result<(), Flow> {
        let nocase = self.shopt(ShOpt::Nocasematch);
        let pattern = self.operand_pattern(pattern, cx, nocase)?;
        let pieces = match replacement {
            Some(w) => self.replacement(w)?,
            None => Vec::new(),
        };
        let grown: usize = match &found {
            Found::One(t) => t.len(),
            Found::Many(items, _) => items.iter().map(Vec::len).sum(),
            Found::Unset => 0,
        };
        let fixed: usize = pieces
            .iter()
            .map(|p| match p {
                Piece::Text(t) => t.len(),
                Piece::Match => 0,
            })
            .sum();
        // The most it can grow to: a match at every byte.
        if all && fixed > 1 {
            self.check_memory(
                grown
                    .saturating_mul(fixed)
                    .min(grown.saturating_add(fixed).saturating_mul(4096)),
            )?;
        }
        self.map_found(found, cx, sink, |t| replace(t, &pattern, all, anchor, &pieces));
        Ok(())
    }

    /// The replacement: an unquoted `&` stands for the match, where that is switched on.
    fn replacement(&mut self, word: &Word) -> Result<Vec<Piece>, Flow> {
        let field = self.expand_marked(word)?;
        if !self.shopt(ShOpt::PatsubReplacement) || memchr::memchr(b'&', &field.text).is_none() {
            return Ok(vec![Piece::Text(field.text)]);
        }
        let mut out = Vec::new();
        let mut text = Vec::new();
        for piece in field.pieces() {
            match piece {
                pattern::glob::Piece::Literal(b) => text.extend_from_slice(b),
                pattern::glob::Piece::Active(b) => {
                    let mut at = 0;
                    while at < b.len() {
                        match b[at] {
                            b'\\' if matches!(b.get(at + 1), Some(b'&' | b'\\')) => {
                                text.push(b[at + 1]);
                                at += 1;
                            }
                            b'&' => {
                                out.push(Piece::Text(std::mem::take(&mut text)));
                                out.push(Piece::Match);
                            }
                            c => text.push(c),
                        }
                        at += 1;
                    }
                }
            }
        }
        out.push(Piece::Text(text));
        Ok(out)
    }
}

fn replace(text: &[u8], pattern: &Pattern, all: bool, anchor: ReplaceAnchor, with: &[Piece]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let add = |out: &mut Vec<u8>, matched: &[u8]| {
        for p in with {
            match p {
                Piece::Text(t) => out.extend_from_slice(t),
                Piece::Match => out.extend_from_slice(matched),
            }
        }
    };
    match anchor {
        ReplaceAnchor::Start => {
            if let Some(n) = pattern.longest_prefix(text) {
                add(&mut out, &text[..n]);
                out.extend_from_slice(&text[n..]);
                return out;
            }
            return text.to_vec();
        }
        ReplaceAnchor::End => {
            if let Some(n) = pattern.longest_suffix(text) {
                out.extend_from_slice(&text[..n]);
                add(&mut out, &text[n..]);
                return out;
            }
            return text.to_vec();
        }
        ReplaceAnchor::None => {}
    }
    // An empty pattern matches nothing here.
    if pattern.literal().is_some_and(<[u8]>::is_empty) {
        return text.to_vec();
    }
    let searcher = pattern.searcher(text);
    let mut at = 0;
    let mut copied = 0;
    while at <= text.len() {
        let Some(m) = searcher.find(at) else { break };
        if m.start == m.end {
            // Only an empty text is replaced by an empty match; elsewhere bash steps over it.
            if text.is_empty() {
                add(&mut out, b"");
                return out;
            }
            if m.start >= text.len() {
                break;
            }
            out.extend_from_slice(&text[copied..m.start]);
            add(&mut out, b"");
            let step = super::case::char_len(&text[m.start..], true).unwrap_or(1);
            out.extend_from_slice(&text[m.start..m.start + step]);
            at = m.start + step;
            copied = at;
        } else {
            out.extend_from_slice(&text[copied..m.start]);
            add(&mut out, &text[m.start..m.end]);
            at = m.end;
            copied = at;
            if at == text.len() {
                break;
            }
        }
        if !all {
            break;
        }
    }
    out.extend_from_slice(&text[copied..]);
    out
}

fn change_case(text: &[u8], op: CaseOp, all: bool, pattern: Option<&Pattern>, utf8: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (i, c) in chars(text, utf8).enumerate() {
        let wanted = (all || i == 0) && pattern.is_none_or(|p| p.matches(c));
        if !wanted {
            out.extend_from_slice(c);
            continue;
        }
        let changed = match op {
            CaseOp::Upper => map_char(c, utf8, true),
            CaseOp::Lower => map_char(c, utf8, false),
            CaseOp::Toggle => {
                let up = map_char(c, utf8, true);
                if up == c { map_char(c, utf8, false) } else { up }
            }
        };
        out.extend_from_slice(&changed);
    }
    out
}
