//! Arithmetic on the shell's variables.

use std::borrow::Cow;

use crate::arith::{ArithError, ArithVars, Element, Program};
use crate::shell::{Flow, Shell};
use crate::state::access::{AssignError, Elem};
use crate::state::options::SetOpt;
use crate::state::value::{Attrs, Value};

use super::param::Found;
use super::word::{format_i64, itoa_buf};

/// The shell's variables as arithmetic sees them; keeps the control flow that an access ended in.
struct Vars<'a> {
    shell: &'a mut Shell,
    flow: Option<Flow>,
}

const REPORTED: ArithError = ArithError {
    message: Vec::new(),
    reported: true,
};

impl Vars<'_> {
    fn fail(&mut self, flow: Flow) -> ArithError {
        self.flow.get_or_insert(flow);
        REPORTED
    }
}

impl ArithVars for Vars<'_> {
    fn get(&mut self, name: &[u8], element: Element<'_>) -> Result<Option<Cow<'_, [u8]>>, ArithError> {
        let plain = self
            .shell
            .vars
            .get(name)
            .is_some_and(|v| !v.attrs.has(Attrs::DYNAMIC.union(Attrs::NAMEREF)));
        let unset = match (plain, element) {
            (true, Element::Scalar) => self.shell.vars.get(name).is_none_or(|v| v.value.scalar().is_none()),
            (true, Element::Index(i)) => match self.shell.vars.get(name).map(|v| &v.value) {
                Some(Value::Indexed(a)) => match a.resolve(i) {
                    Some(i) => a.get(i).is_none(),
                    None => {
                        self.shell.error([name, b": bad array subscript"].concat());
                        true
                    }
                },
                Some(v) => i != 0 && i != -1 || v.scalar().is_none(),
                None => true,
            },
            _ => {
                // Dynamic variables, namerefs, keys: computed.
                let target = match element {
                    Element::Scalar => super::param::Target::Var(name.to_vec(), super::param::Sub::None),
                    Element::Index(i) => {
                        super::param::Target::Var(name.to_vec(), super::param::Sub::One(Elem::Index(i)))
                    }
                    Element::Key(text) => {
                        let text = text.to_vec();
                        let elem = match self.shell.subscript_text(name, &text) {
                            Ok(e) => e,
                            Err(f) => return Err(self.fail(f)),
                        };
                        super::param::Target::Var(name.to_vec(), super::param::Sub::One(elem))
                    }
                };
                match self.shell.value_of(&target) {
                    Ok(Found::One(v)) => return Ok(Some(Cow::Owned(v))),
                    Ok(_) => true,
                    Err(f) => return Err(self.fail(f)),
                }
            }
        };
        if unset {
            if self.shell.on(SetOpt::Nounset) {
                let flow = match self.shell.unset(name) {
                    Err(f) => f,
                    Ok(()) => return Ok(None),
                };
                return Err(self.fail(flow));
            }
            return Ok(None);
        }
        let value = self.shell.vars.get(name).map(|v| &v.value);
        Ok(match (element, value) {
            (Element::Index(i), Some(Value::Indexed(a))) => a.resolve(i).and_then(|i| a.get(i)),
            (_, Some(v)) => v.scalar(),
            _ => None,
        }
        .map(|s| Cow::Borrowed(&s[..])))
    }

    fn set(&mut self, name: &[u8], element: Element<'_>, value: i64) -> Result<(), ArithError> {
        let mut buf = itoa_buf();
        let digits = format_i64(value, &mut buf);
        // A plain variable without attributes is changed in place.
        if let Element::Scalar = element
            && let Some(v) = self.shell.vars.get(name)
            && v.attrs.0 & !Attrs::EXPORT.0 & !Attrs::LOCAL.0 & !Attrs::INTEGER.0 == 0
            && matches!(v.value, Value::Scalar(_))
            && !matches!(name, b"OPTIND" | b"PATH")
            && let Some(v) = self.shell.vars.get_mut(name)
            && let Value::Scalar(s) = &mut v.value
        {
            s.clear();
            s.extend_from_slice(digits);
            return Ok(());
        }
        let elem = match element {
            Element::Scalar => Elem::Whole,
            Element::Index(i) => Elem::Index(i),
            Element::Key(text) => {
                let text = text.to_vec();
                match self.shell.subscript_text(name, &text) {
                    Ok(e) => e,
                    Err(f) => return Err(self.fail(f)),
                }
            }
        };
        match self.shell.assign(name, elem, digits.to_vec(), false) {
            Ok(()) => Ok(()),
            Err(AssignError::Flow(f)) => Err(self.fail(f)),
            Err(e) => {
                self.shell.error(e.to_string());
                Err(self.fail(Flow::Discard(1)))
            }
        }
    }

    fn is_assoc(&self, name: &[u8]) -> bool {
        self.shell.is_assoc(name)
    }

    fn expand(&mut self, text: &[u8]) -> Result<Vec<u8>, ArithError> {
        let options = self.shell.parse_options();
        let word = crate::syntax::parse_double_quoted(bytes::Bytes::copy_from_slice(text), &options, self.shell.line);
        self.shell.expand_double_quoted(&word).map_err(|f| self.fail(f))
    }
}

impl Shell {
    /// Evaluates an expression; an error is reported.
    pub(crate) fn eval_program(&mut self, program: &Program) -> Result<i64, Flow> {
        self.eval_program_for(program, b"")
    }

    /// As [`Shell::eval_program`]; messages name the command (`let`, `((`).
    pub(crate) fn eval_program_for(&mut self, program: &Program, command: &[u8]) -> Result<i64, Flow> {
        let mut vars = Vars {
            shell: self,
            flow: None,
        };
        match program.eval(&mut vars) {
            Ok(n) => Ok(n),
            Err(e) => {
                let flow = vars.flow.unwrap_or(Flow::Discard(1));
                if !e.reported {
                    if command.is_empty() {
                        self.error(&e.message);
                    } else {
                        self.error([command, b": ", &e.message[..]].concat());
                    }
                }
                Err(flow)
            }
        }
    }

    /// Evaluates text as an expression; an error is reported.
    pub(crate) fn arith_text(&mut self, text: &[u8]) -> Result<i64, Flow> {
        // Plain numbers need no parsing.
        if text.len() < 19
            && text.first().is_some_and(|b| (b'1'..=b'9').contains(b))
            && let Some(n) = plain_number(text)
        {
            return Ok(n);
        }
        self.eval_program(&Program::parse(text))
    }
}

fn plain_number(text: &[u8]) -> Option<i64> {
    text.iter()
        .try_fold(0i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}
