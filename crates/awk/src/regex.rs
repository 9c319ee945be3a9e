//! Regular expressions as awk uses them, compiled once and kept.

use std::collections::HashMap;
use std::sync::Arc;

use pattern::regex::{Captures, Options, Regex, RegexError, Syntax};

use crate::error::{Run, fatal};

/// Dynamic expressions kept before the cache is emptied.
const KEPT: usize = 256;

/// A compiled expression with a shortcut for plain text.
#[derive(Debug)]
pub struct Re {
    regex: Regex,
    literal: Option<memchr::memmem::Finder<'static>>,
}

impl Re {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(source: &[u8], icase: bool, utf8: bool) -> Result<Self, RegexError> {
        let options = Options {
            icase,
            utf8,
            ..Options::new(Syntax::Awk)
        };
        let regex = Regex::new(source, &options)?;
        let plain = !icase && !source.is_empty() && source.iter().all(|byte| is_plain(*byte));
        let literal = plain.then(|| memchr::memmem::Finder::new(source).into_owned());
        Ok(Re { regex, literal })
    }

    /// Whether it matches anywhere in `text`.
    #[inline]
    pub fn is_match(&self, text: &[u8]) -> bool {
        match &self.literal {
            Some(finder) => finder.find(text).is_some(),
            // Only back-references can fail, and awk has none.
            None => self.regex.is_match(text).unwrap_or(false),
        }
    }

    /// The leftmost-longest match that starts at or after `from`.
    #[inline]
    pub fn find(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        match &self.literal {
            Some(finder) => finder
                .find(text.get(from..)?)
                .map(|at| (from + at, from + at + finder.needle().len())),
            None => self
                .regex
                .find_at(text, from)
                .ok()
                .flatten()
                .map(|span| (span.start, span.end)),
        }
    }

    /// As [`Re::find`], with the groups.
    pub fn captures(&self, text: &[u8], from: usize) -> Option<Captures> {
        let mut captures = self.regex.new_captures();
        match self.regex.captures_at(text, from, &mut captures) {
            Ok(true) => Some(captures),
            _ => None,
        }
    }
}

fn is_plain(byte: u8) -> bool {
    byte < 0x80 && !b"\\^$.[]|()*+?{}".contains(&byte)
}

/// Compiled expressions by source.
#[derive(Debug, Default)]
pub struct Cache {
    compiled: HashMap<(Vec<u8>, bool), Arc<Re>>,
    last: Option<(Vec<u8>, bool, Arc<Re>)>,
}

impl Cache {
    /// The expression for `source`.
    pub fn get(&mut self, source: &[u8], icase: bool, utf8: bool) -> Run<Arc<Re>> {
        if let Some((known, case, re)) = &self.last
            && known == source
            && *case == icase
        {
            return Ok(re.clone());
        }
        let key = (source.to_vec(), icase);
        let re = match self.compiled.get(&key) {
            Some(re) => re.clone(),
            None => {
                let re = match Re::new(source, icase, utf8) {
                    Ok(re) => Arc::new(re),
                    Err(error) => {
                        let mut message = format!("invalid regexp: {error}: /").into_bytes();
                        message.extend_from_slice(source);
                        message.push(b'/');
                        return fatal(message);
                    }
                };
                if self.compiled.len() >= KEPT {
                    self.compiled.clear();
                }
                self.compiled.insert(key.clone(), re.clone());
                re
            }
        };
        self.last = Some((key.0, icase, re.clone()));
        Ok(re)
    }
}
