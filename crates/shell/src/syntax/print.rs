//! From trees back to text, laid out as bash lays it out: `declare -f`, `type`, `jobs`, `$BASH_COMMAND`, `trap`.

mod word;

use std::sync::Arc;

use super::{
    ast::{
        AndOr, AndOrOp, ArithExpr, AssignValue, Assignment, CaseClause, CaseEnd, Command, CommandKind, CondExpr,
        ForClause, FunctionDef, HereDoc, IfClause, List, Pipeline, Redirect, RedirectFd, RedirectOp, SimpleCommand,
        TimeFormat, Word,
    },
    is_reserved,
};

pub use word::word_text;

/// Columns per level.
const INDENT: usize = 4;
/// Stack that must remain before a nested command is printed in place, and the size of a further segment.
const RED_ZONE: usize = 128 * 1024;
const SEGMENT: usize = 4 * 1024 * 1024;

/// The definition of a function as `declare -f` prints it, with a final newline.
pub fn function(def: &FunctionDef) -> Vec<u8> {
    function_named(&def.name, &def.body)
}

/// As [`function()`], for a body known under `name`.
pub fn function_named(name: &[u8], body: &Command) -> Vec<u8> {
    let mut p = Printer::default();
    if is_reserved(name) {
        p.text(b"function ");
    }
    p.text(name);
    p.text(b" () \n");
    p.function_body(body);
    p.text(b"\n");
    p.out
}

/// A command on as few lines as possible, as `$BASH_COMMAND` and `jobs` show it.
pub fn command(command: &Command) -> Vec<u8> {
    let mut p = Printer::default();
    p.command(command);
    p.deferred(b"");
    p.out
}

/// A pipeline in the same layout.
pub fn pipeline(pipeline: &Pipeline) -> Vec<u8> {
    let mut p = Printer::default();
    p.pipeline(pipeline);
    p.deferred(b"");
    p.out
}

/// An and-or list in the same layout.
pub fn and_or(and_or: &AndOr) -> Vec<u8> {
    let mut p = Printer::default();
    p.and_or(and_or);
    p.deferred(b"");
    p.out
}

/// A list in the same layout.
pub fn list(list: &List) -> Vec<u8> {
    let mut p = Printer::default();
    p.list(list);
    p.out
}

/// The content of `$( )`: as [`list`], but newlines stay.
fn substitution(list: &List) -> Vec<u8> {
    let mut p = Printer {
        in_substitution: true,
        ..Printer::default()
    };
    p.list(list);
    p.out
}

#[derive(Default)]
struct Printer {
    out: Vec<u8>,
    indent: usize,
    /// Functions around this point. Inside one, lists and groups take a line per command.
    functions: usize,
    /// The next command continues the line.
    inline: bool,
    /// Here-documents whose bodies follow when the line ends.
    here_docs: Vec<Arc<HereDoc>>,
    /// A body was just printed: the line has ended already.
    after_here_doc: bool,
    in_substitution: bool,
}

impl Printer {
    fn text(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    fn start(&mut self) {
        if std::mem::take(&mut self.inline) {
            return;
        }
        self.out.resize(self.out.len() + self.indent, b' ');
    }

    fn newline(&mut self, text: &[u8]) {
        self.out.push(b'\n');
        self.out.resize(self.out.len() + self.indent, b' ');
        self.text(text);
    }

    fn semicolon(&mut self) {
        if !matches!(self.out.last(), Some(b'&' | b'\n')) {
            self.out.push(b';');
        }
    }

    /// Ends a stretch of text that bodies of here-documents may have to follow. `separator` goes before them.
    fn deferred(&mut self, separator: &[u8]) {
        let visible = !separator.is_empty() && separator != b";";
        if visible {
            self.text(separator);
        }
        if self.here_docs.is_empty() {
            return;
        }
        self.out.push(b'\n');
        for doc in std::mem::take(&mut self.here_docs) {
            self.text(&doc.body().raw);
            self.text(&doc.delimiter);
            self.out.push(b'\n');
        }
        if visible {
            self.out.push(b' ');
        }
        self.after_here_doc = true;
    }

    fn list(&mut self, list: &List) {
        self.start();
        for (i, item) in list.items.iter().enumerate() {
            self.inline = true;
            self.and_or(&item.and_or);
            if i > 0 {
                self.deferred(b"");
            }
            let last = i + 1 == list.items.len();
            if item.background {
                self.deferred(b" &");
                if !last {
                    self.text(b" ");
                }
            } else if !last {
                self.end_of_item(item.newline);
            }
        }
        self.inline = false;
        self.deferred(b"");
    }

    /// Between two members of a list.
    fn end_of_item(&mut self, newline: bool) {
        let newline = self.in_substitution && newline;
        if !self.here_docs.is_empty() {
            self.deferred(if self.functions > 0 { b"" } else { b";" });
        } else if std::mem::take(&mut self.after_here_doc) {
            // The body of a here-document has ended the line.
        } else {
            self.text(if newline { b"\n" } else { b";" });
        }
        if self.functions > 0 {
            self.text(b"\n");
            self.start();
        } else if !newline {
            self.text(b" ");
        }
    }

    fn and_or(&mut self, and_or: &AndOr) {
        self.start();
        self.inline = true;
        self.pipeline(&and_or.first);
        for (op, pipeline) in &and_or.rest {
            self.deferred(match op {
                AndOrOp::And => b" && ",
                AndOrOp::Or => b" || ",
            });
            self.inline = true;
            self.pipeline(pipeline);
        }
        self.inline = false;
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        self.start();
        match pipeline.time {
            Some(TimeFormat::Default) => self.text(b"time "),
            Some(TimeFormat::Posix) => self.text(b"time -p "),
            None => {}
        }
        if pipeline.negated {
            self.text(b"! ");
        }
        for (i, command) in pipeline.commands.iter().enumerate() {
            if i > 0 {
                self.deferred(b" |");
                self.text(b" ");
            }
            self.inline = true;
            self.command(command);
        }
        self.inline = false;
    }

    fn command(&mut self, command: &Command) {
        stacker::maybe_grow(RED_ZONE, SEGMENT, || self.command_here(command));
    }

    fn command_here(&mut self, command: &Command) {
        self.start();
        match &command.kind {
            CommandKind::Empty => {}
            CommandKind::Simple(simple) => {
                self.simple(simple);
                if simple.words.is_empty() && simple.assignments.is_empty() {
                    self.redirects(&command.redirects);
                    return;
                }
            }
            CommandKind::Brace(list) => self.group(list),
            CommandKind::Subshell(list) => {
                self.text(b"( ");
                self.inline = true;
                self.list(list);
                self.text(b" )");
            }
            CommandKind::If(clause) => self.if_clause(clause, 0),
            CommandKind::While(clause) => {
                self.text(if clause.until { b"until " } else { b"while " });
                self.inline = true;
                self.list(&clause.condition);
                self.semicolon();
                self.text(b" do\n");
                self.indented(&clause.body);
                self.semicolon();
                self.newline(b"done");
            }
            CommandKind::For(clause) => self.for_clause(b"for ", clause),
            CommandKind::Select(clause) => self.for_clause(b"select ", clause),
            CommandKind::ArithFor(clause) => {
                self.text(b"for ((");
                for (i, expr) in [&clause.init, &clause.condition, &clause.step].into_iter().enumerate() {
                    if i > 0 {
                        self.text(b"; ");
                    }
                    match expr {
                        Some(expr) => {
                            let text = word_text(&expr.word);
                            self.text(text.trim_ascii_start());
                        }
                        None => self.text(b"1"),
                    }
                }
                self.text(b"))");
                self.newline(b"do\n");
                self.indented(&clause.body);
                self.semicolon();
                self.newline(b"done");
            }
            CommandKind::Case(clause) => self.case(clause),
            CommandKind::Arith(expr) => self.arith(expr),
            CommandKind::Cond(expr) => {
                self.text(b"[[ ");
                self.cond(expr);
                self.text(b" ]]");
            }
            CommandKind::Function(def) => {
                self.text(b"function ");
                self.text(&def.name);
                self.text(b" () \n");
                self.out.resize(self.out.len() + self.indent, b' ');
                self.function_body(&def.body);
            }
            CommandKind::Coproc(clause) => {
                self.text(b"coproc ");
                self.word(&clause.name);
                self.text(b" ");
                self.inline = true;
                self.command(&clause.body);
            }
        }
        if !command.redirects.is_empty() {
            self.text(b" ");
            self.redirects(&command.redirects);
        }
    }

    /// From the opening brace to the closing one. A group is the body itself; anything else is put inside one.
    fn function_body(&mut self, body: &Command) {
        self.text(b"{ \n");
        self.functions += 1;
        self.indent += INDENT;
        let group = matches!(body.kind, CommandKind::Brace(_));
        match &body.kind {
            CommandKind::Brace(list) => self.list(list),
            _ => {
                self.command(body);
                self.deferred(b"");
            }
        }
        self.functions -= 1;
        self.after_here_doc = false;
        self.indent -= INDENT;
        if group && !body.redirects.is_empty() {
            self.newline(b"} ");
            self.redirects(&body.redirects);
        } else {
            self.newline(b"}");
        }
    }

    /// A list one level further in.
    fn indented(&mut self, list: &List) {
        self.indent += INDENT;
        self.inline = false;
        self.list(list);
        self.indent -= INDENT;
    }

    fn group(&mut self, list: &List) {
        self.text(b"{ ");
        if self.functions == 0 {
            self.inline = true;
            self.list(list);
            self.semicolon();
            self.text(b" ");
        } else {
            self.text(b"\n");
            self.indented(list);
            self.newline(b"");
        }
        self.text(b"}");
    }

    /// bash prints `elif` as an `if` inside `else`.
    fn if_clause(&mut self, clause: &IfClause, from: usize) {
        let Some((condition, body)) = clause.branches.get(from) else {
            return;
        };
        self.text(b"if ");
        self.inline = true;
        self.list(condition);
        self.semicolon();
        self.text(b" then\n");
        self.indented(body);
        if from + 1 < clause.branches.len() {
            self.semicolon();
            self.newline(b"else\n");
            self.indent += INDENT;
            self.inline = false;
            self.start();
            stacker::maybe_grow(RED_ZONE, SEGMENT, || self.if_clause(clause, from + 1));
            self.indent -= INDENT;
        } else if let Some(otherwise) = &clause.otherwise {
            self.semicolon();
            self.newline(b"else\n");
            self.indented(otherwise);
        }
        self.semicolon();
        self.newline(b"fi");
    }

    fn for_clause(&mut self, keyword: &[u8], clause: &ForClause) {
        self.text(keyword);
        self.text(&clause.name);
        self.text(b" in ");
        match &clause.words {
            Some(words) => self.words(words),
            None => self.text(b"\"$@\""),
        }
        self.text(b";");
        self.newline(b"do\n");
        self.indented(&clause.body);
        self.semicolon();
        self.newline(b"done");
    }

    fn case(&mut self, clause: &CaseClause) {
        self.text(b"case ");
        self.word(&clause.word);
        self.text(b" in ");
        self.indent += INDENT;
        for item in &clause.items {
            self.newline(b"");
            for (i, pattern) in item.patterns.iter().enumerate() {
                if i > 0 {
                    self.text(b" | ");
                }
                self.word(pattern);
            }
            self.text(b")\n");
            if !item.body.is_empty() {
                self.indented(&item.body);
            }
            self.newline(match item.end {
                CaseEnd::Break => b";;",
                CaseEnd::FallThrough => b";&",
                CaseEnd::Continue => b";;&",
            });
        }
        self.indent -= INDENT;
        self.newline(b"esac");
    }

    fn arith(&mut self, expr: &ArithExpr) {
        let raw = &expr.word.raw;
        let inside = raw
            .strip_prefix(b"((")
            .and_then(|text| text.strip_suffix(b"))"))
            .unwrap_or(raw);
        self.text(b"((");
        self.text(inside);
        self.text(b"))");
    }

    fn cond(&mut self, expr: &CondExpr) {
        stacker::maybe_grow(RED_ZONE, SEGMENT, || self.cond_here(expr));
    }

    fn cond_here(&mut self, expr: &CondExpr) {
        match expr {
            CondExpr::Empty => {}
            CondExpr::Or(operands) => self.cond_operands(operands, b" || "),
            CondExpr::And(operands) => self.cond_operands(operands, b" && "),
            CondExpr::Not(inner) => {
                self.text(b"! ");
                self.cond(inner);
            }
            CondExpr::Group(inner) => {
                self.text(b"( ");
                self.cond(inner);
                self.text(b" )");
            }
            CondExpr::Unary { op, operand } => {
                self.text(&[b'-', *op, b' ']);
                self.word(operand);
            }
            CondExpr::Binary { op, left, right } => {
                self.word(left);
                self.text(b" ");
                self.text(op.as_str().as_bytes());
                self.text(b" ");
                self.word(right);
            }
            CondExpr::Word(word) => {
                self.text(b"-n ");
                self.word(word);
            }
        }
    }

    fn cond_operands(&mut self, operands: &[CondExpr], separator: &[u8]) {
        for (i, operand) in operands.iter().enumerate() {
            if i > 0 {
                self.text(separator);
            }
            self.cond(operand);
        }
    }

    fn simple(&mut self, simple: &SimpleCommand) {
        for (i, assignment) in simple.assignments.iter().enumerate() {
            if i > 0 {
                self.text(b" ");
            }
            self.assignment(assignment);
        }
        if !simple.assignments.is_empty() && !simple.words.is_empty() {
            self.text(b" ");
        }
        self.words(&simple.words);
    }

    fn assignment(&mut self, assignment: &Assignment) {
        let AssignValue::Array(elements) = &assignment.value else {
            let text = word::source_text(&assignment.raw, value_parts(assignment));
            self.text(&text);
            return;
        };
        let head = memchr::memchr(b'(', &assignment.raw).unwrap_or(assignment.raw.len());
        self.text(&assignment.raw[..head]);
        self.text(b"(");
        for (i, element) in elements.iter().enumerate() {
            if i > 0 {
                self.text(b" ");
            }
            self.word(&element.word);
        }
        self.text(b")");
    }

    fn words(&mut self, words: &[Word]) {
        for (i, word) in words.iter().enumerate() {
            if i > 0 {
                self.text(b" ");
            }
            match &word.assignment {
                Some(assignment) if matches!(assignment.value, AssignValue::Array(_)) => self.assignment(assignment),
                _ => self.word(word),
            }
        }
    }

    fn word(&mut self, word: &Word) {
        let text = word_text(word);
        self.text(&text);
    }

    fn redirects(&mut self, redirects: &[Redirect]) {
        // Where bash forgets that a body was printed decides whether a semicolon follows; this and the end of a function.
        self.after_here_doc = false;
        for (i, redirect) in redirects.iter().enumerate() {
            if i > 0 {
                self.text(b" ");
            }
            self.redirect(redirect);
        }
    }

    fn redirect(&mut self, redirect: &Redirect) {
        use RedirectOp as Op;
        let default = redirect.op.default_fd();
        let target = word_text(&redirect.target);
        let is_number = !target.is_empty() && target.iter().all(u8::is_ascii_digit);
        let is_move = target
            .strip_suffix(b"-")
            .is_some_and(|n| n.iter().all(u8::is_ascii_digit));
        let duplicates = matches!(redirect.op, Op::DupInput | Op::DupOutput);
        let numbered = duplicates && (is_number || is_move);
        match &redirect.fd {
            Some(RedirectFd::Variable(name)) => {
                self.text(b"{");
                self.text(name);
                self.text(b"}");
            }
            // Duplications of descriptors always name theirs; otherwise the default is left out.
            Some(RedirectFd::Number(fd)) if numbered || *fd != default => self.text(fd.to_string().as_bytes()),
            None if numbered || redirect.op == Op::ReadWrite => {
                self.text(default.to_string().as_bytes());
            }
            Some(RedirectFd::Number(fd)) if redirect.op == Op::ReadWrite => self.text(fd.to_string().as_bytes()),
            _ => {}
        }
        let op: &[u8] = match redirect.op {
            // Closing is printed alike for both directions.
            Op::DupInput if target == b"-" => b">&",
            op => op.as_str().as_bytes(),
        };
        self.text(op);
        match &redirect.here_doc {
            Some(doc) => {
                if doc.expand {
                    self.text(&doc.delimiter);
                } else {
                    self.text(&word::single_quoted(&doc.delimiter));
                }
                self.here_docs.push(Arc::clone(doc));
            }
            None => {
                if !duplicates {
                    self.text(b" ");
                }
                self.text(&target);
            }
        }
    }
}

fn value_parts(assignment: &Assignment) -> &[super::ast::WordPart] {
    match &assignment.value {
        AssignValue::Scalar(word) => &word.parts,
        AssignValue::Array(_) => &[],
    }
}
