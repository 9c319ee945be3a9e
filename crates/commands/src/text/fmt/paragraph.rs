//! Paragraphs: words in, lines out. Each possible line has a price, and the cheapest way through the paragraph is taken
//! (Knuth and Plass, "Breaking Paragraphs into Lines"; the prices are those of GNU fmt, which its users know).

use shell::command::{CommandError, Context};

/// How the first lines' indentation is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Crown,
    Tagged,
    /// Lines are split, never joined.
    Split,
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) width: i64,
    pub(super) goal: i64,
    pub(super) style: Style,
    pub(super) uniform: bool,
    /// Without blanks around it.
    pub(super) prefix: Vec<u8>,
    /// Blanks before the prefix.
    pub(super) lead: i64,
    /// Length of the prefix with the blanks behind it.
    pub(super) full: i64,
}

const TAB: i64 = 8;
/// Words and bytes that a paragraph is cut at.
const MOST_WORDS: usize = 998;
const MOST_BYTES: usize = 5000;

const fn square(n: i64) -> i64 {
    n * n
}

#[derive(Debug, Clone, Default)]
struct Word {
    from: usize,
    len: i64,
    /// Blanks behind it.
    space: i64,
    paren: bool,
    period: bool,
    punct: bool,
    /// The last of a sentence.
    last: bool,
    line_length: i64,
    best: i64,
    next: usize,
}

struct Formatter<'d> {
    s: &'d Settings,
    data: &'d [u8],
    at: usize,
    column: i64,
    prefix_indent: i64,
    next_prefix_indent: i64,
    first_indent: i64,
    other_indent: i64,
    last_line_length: i64,
    tabs: bool,
    words: Vec<Word>,
    bytes: usize,
    out: Vec<u8>,
    out_column: i64,
}

/// Formats a whole file.
pub(super) fn format(cx: &mut Context<'_>, s: &Settings, data: &[u8]) -> Result<(), CommandError> {
    let mut f = Formatter {
        s,
        data,
        at: 0,
        column: 0,
        prefix_indent: 0,
        next_prefix_indent: 0,
        first_indent: 0,
        other_indent: 0,
        last_line_length: 0,
        tabs: false,
        words: Vec::new(),
        bytes: 0,
        out: Vec::new(),
        out_column: 0,
    };
    f.read_prefix();
    while f.paragraph() {
        let end = f.words.len();
        f.choose();
        f.print(end);
        cx.cancel.check()?;
        cx.stdout.buffer().append(&mut f.out);
        cx.stdout.spill()?;
    }
    cx.stdout.buffer().append(&mut f.out);
    Ok(cx.stdout.spill()?)
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

impl Formatter<'_> {
    /// The byte at hand; `None` at the end.
    fn peek(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    fn at_line_end(&self) -> bool {
        matches!(self.peek(), None | Some(b'\n'))
    }

    fn skip_blanks(&mut self) {
        while let Some(b) = self.peek() {
            match b {
                b' ' => self.column += 1,
                b'\t' => {
                    self.tabs = true;
                    self.column = (self.column / TAB + 1) * TAB;
                }
                _ => break,
            }
            self.at += 1;
        }
    }

    /// Reads the indentation and the prefix at the beginning of a line, as far as they are there.
    fn read_prefix(&mut self) {
        self.column = 0;
        self.skip_blanks();
        if self.s.prefix.is_empty() {
            self.next_prefix_indent = self.s.lead.min(self.column);
            return;
        }
        self.next_prefix_indent = self.column;
        for b in &self.s.prefix {
            if self.peek() != Some(*b) {
                return;
            }
            self.column += 1;
            self.at += 1;
        }
        self.skip_blanks();
    }

    fn same_paragraph(&self) -> bool {
        self.next_prefix_indent == self.prefix_indent
            && self.column >= self.next_prefix_indent + self.s.full
            && !self.at_line_end()
    }

    fn put_space(&mut self, count: i64) {
        let target = self.out_column + count;
        if self.tabs {
            let tab_target = target / TAB * TAB;
            if self.out_column + 1 < tab_target {
                while self.out_column < tab_target {
                    self.out.push(b'\t');
                    self.out_column = (self.out_column / TAB + 1) * TAB;
                }
            }
        }
        while self.out_column < target {
            self.out.push(b' ');
            self.out_column += 1;
        }
    }

    /// Copies a line that is not to be filled, without its newline; whether the file goes on.
    fn copy_line(&mut self) -> bool {
        self.out_column = 0;
        if self.column > self.next_prefix_indent || !self.at_line_end() {
            self.put_space(self.next_prefix_indent);
            let room = (self.column - self.out_column).max(0) as usize;
            let shown = self.s.prefix.len().min(room);
            self.out.extend_from_slice(&self.s.prefix[..shown]);
            self.out_column += shown as i64;
            if !self.at_line_end() {
                self.put_space(self.column - self.out_column);
            }
            if self.peek().is_none() && self.column >= self.next_prefix_indent + self.s.prefix.len() as i64 {
                self.out.push(b'\n');
            }
        }
        let rest = &self.data[self.at..];
        let end = memchr::memchr(b'\n', rest);
        self.out.extend_from_slice(&rest[..end.unwrap_or(rest.len())]);
        self.at += end.unwrap_or(rest.len());
        end.is_some()
    }

    /// Reads a paragraph into `words`; false at the end of the file.
    fn paragraph(&mut self) -> bool {
        self.last_line_length = 0;
        while self.at_line_end()
            || self.next_prefix_indent < self.s.lead
            || self.column < self.next_prefix_indent + self.s.full
        {
            if !self.copy_line() {
                return false;
            }
            self.out.push(b'\n');
            self.at += 1;
            self.read_prefix();
        }
        self.prefix_indent = self.next_prefix_indent;
        self.first_indent = self.column;
        self.words.clear();
        self.bytes = 0;
        self.read_line();
        self.set_other_indent(self.same_paragraph());
        match self.s.style {
            Style::Split => {}
            Style::Plain => self.read_lines(),
            Style::Crown if self.same_paragraph() => {
                self.read_line();
                self.read_lines();
            }
            Style::Tagged if self.same_paragraph() && self.column != self.first_indent => {
                self.read_line();
                self.read_lines();
            }
            Style::Crown | Style::Tagged => {}
        }
        if let Some(last) = self.words.last_mut() {
            (last.period, last.last) = (true, true);
        }
        true
    }

    /// The lines that go on with the paragraph.
    fn read_lines(&mut self) {
        while self.same_paragraph() && self.column == self.other_indent {
            self.read_line();
        }
    }

    fn set_other_indent(&mut self, same: bool) {
        self.other_indent = match self.s.style {
            Style::Crown if same => self.column,
            Style::Tagged if same && self.column != self.first_indent => self.column,
            // Only one line is there to tell the difference, so one is made up.
            Style::Tagged if self.other_indent == self.first_indent => {
                if self.first_indent == 0 {
                    3
                } else {
                    0
                }
            }
            Style::Tagged => self.other_indent,
            _ => self.first_indent,
        };
    }

    /// The words of a line, and what the next one begins with.
    fn read_line(&mut self) {
        loop {
            let from = self.at;
            while self.peek().is_some_and(|b| !is_space(b)) {
                self.at += 1;
            }
            let len = (self.at - from) as i64;
            self.column += len;
            if !self.words.is_empty() && (self.words.len() >= MOST_WORDS || self.bytes + len as usize > MOST_BYTES) {
                self.set_other_indent(true);
                self.flush();
            }
            self.bytes += len as usize;
            let mut word = classify(&self.data[from..self.at]);
            (word.from, word.len) = (from, len);
            let start = self.column;
            let other_space = self
                .peek()
                .is_some_and(|b| is_space(b) && !matches!(b, b' ' | b'\t' | b'\n'));
            if other_space {
                // A form feed and the like count as a blank.
                self.at += 1;
                self.column += 1;
            }
            self.skip_blanks();
            word.space = self.column - start;
            let ends = self.at_line_end();
            word.last = self.peek().is_none() || (word.period && (ends || word.space > 1));
            if ends || self.s.uniform {
                word.space = if word.last { 2 } else { 1 };
            }
            self.words.push(word);
            if ends {
                break;
            }
        }
        if self.peek().is_some() {
            self.at += 1;
        }
        self.read_prefix();
    }

    /// Prints the beginning of a paragraph that grows too long, up to a cheap break.
    fn flush(&mut self) {
        self.choose();
        let end = self.words.len();
        let (mut split, mut cheapest) = (end, i64::MAX);
        let mut at = self.words[0].next;
        while at < end {
            let after = self.words[at].next;
            let rest = if after < end { self.words[after].best } else { 0 };
            let price = self.words[at].best - rest;
            if price < cheapest {
                (split, cheapest) = (at, price);
            }
            // Later breaks are a little better.
            cheapest = cheapest.saturating_add(square(3));
            at = after;
        }
        self.print(split);
        self.words.drain(..split);
        self.bytes = self.words.iter().map(|w| w.len as usize).sum();
    }

    /// Finds the cheapest breaks, from the end.
    fn choose(&mut self) {
        let end = self.words.len();
        for start in (0..end).rev() {
            let mut best = i64::MAX;
            let mut len = if start == 0 {
                self.first_indent
            } else {
                self.other_indent
            };
            len += self.words[start].len;
            let mut w = start;
            loop {
                w += 1;
                let mut price = self.line_price(w, len) + if w < end { self.words[w].best } else { 0 };
                if start == 0 && self.last_line_length > 0 {
                    price += square((len - self.last_line_length) * 10) / 2;
                }
                if price < best {
                    best = price;
                    self.words[start].next = w;
                    self.words[start].line_length = len;
                }
                if w == end {
                    break;
                }
                len += self.words[w - 1].space + self.words[w].len;
                if len >= self.s.width {
                    break;
                }
            }
            self.words[start].best = best + self.break_price(start);
        }
    }

    /// What it costs to begin a line with a word.
    fn break_price(&self, at: usize) -> i64 {
        let word = &self.words[at];
        let mut price = square(70);
        if at > 0 {
            let before = &self.words[at - 1];
            if before.period {
                if before.last {
                    price -= square(50);
                } else {
                    price += square(600);
                }
            } else if before.punct {
                price -= square(40);
            } else if at > 1 && self.words[at - 2].last {
                price += square(200) / (before.len + 2);
            }
        }
        if word.paren {
            price -= square(40);
        } else if word.last {
            price += square(150) / (word.len + 2);
        }
        price
    }

    /// What a line of a length costs that is followed by the word at `next`.
    fn line_price(&self, next: usize, len: i64) -> i64 {
        let end = self.words.len();
        if next == end {
            return 0;
        }
        let mut price = square((self.s.goal - len) * 10);
        let word = &self.words[next];
        if word.next != end {
            price += square((len - word.line_length) * 10) / 2;
        }
        price
    }

    /// Prints the lines before the word at `end`.
    fn print(&mut self, end: usize) {
        let (mut at, mut indent) = (0, self.first_indent);
        while at < end {
            let next = self.words[at].next;
            self.out_column = 0;
            self.put_space(self.prefix_indent);
            let prefix = &self.s.prefix;
            self.out.extend_from_slice(prefix);
            self.out_column += prefix.len() as i64;
            self.put_space(indent - self.out_column);
            for n in at..next {
                let (from, len, space) = (self.words[n].from, self.words[n].len, self.words[n].space);
                self.out.extend_from_slice(&self.data[from..from + len as usize]);
                self.out_column += len;
                if n + 1 < next {
                    self.put_space(space);
                }
            }
            self.last_line_length = self.out_column;
            self.out.push(b'\n');
            (at, indent) = (next, self.other_indent);
        }
    }
}

/// What the punctuation of a word says.
fn classify(text: &[u8]) -> Word {
    let mut w = Word::default();
    let (Some(first), Some(last)) = (text.first(), text.last()) else {
        return w;
    };
    w.paren = b"([`'\"".contains(first);
    w.punct = last.is_ascii_punctuation();
    let closing = text[1..].iter().rev().take_while(|b| b")]'\"".contains(b)).count();
    w.period = b".?!".contains(&text[text.len() - 1 - closing]);
    w
}
