//! Rules and functions.

use std::collections::HashMap;

use super::ast::{Rule, Trigger};
use super::token::{Place, Tok, Token};
use super::{Include, Parsed, Parser, Program, Section, Source, SyntaxError, lexer, special};

/// How deep `@include` may nest.
const MAX_INCLUDES: usize = 32;

/// Parses `sources` as one program.
pub fn parse(sources: &[Source], include: &mut Include<'_>) -> Parsed<Program> {
    let mut all = Vec::new();
    let mut tokens = Vec::new();
    let mut warnings = Vec::new();
    let mut warned = [false; 256];
    let mut seen = Vec::new();
    for source in sources {
        gather(
            source.clone(),
            &mut all,
            &mut tokens,
            &mut warnings,
            &mut warned,
            &mut seen,
            include,
            0,
        )?;
    }
    let offset = all.last().map_or(0, |source: &Source| source.text.len());
    let lines = all
        .last()
        .map_or(1, |source| 1 + memchr::memchr_iter(b'\n', &source.text).count());
    let place = Place {
        source: all.len().saturating_sub(1) as u16,
        line: lines as u32,
    };
    tokens.push(Token {
        tok: Tok::Eof,
        place,
        offset,
    });
    if all.is_empty() {
        all.push(Source::command_line(b""));
    }
    let mut parser = Parser {
        sources: &all,
        tokens,
        at: 0,
        depth: 0,
        no_in: false,
        no_greater: false,
        loops: 0,
        switches: 0,
        section: Section::Main,
        global_slots: HashMap::new(),
        text_slots: HashMap::new(),
        regex_slots: HashMap::new(),
        function_slots: HashMap::new(),
        function: None,
        locals: HashMap::new(),
        calls: Vec::new(),
        passed_on: Vec::new(),
        program: Program {
            warnings,
            ..Program::default()
        },
    };
    for name in special::NAMES {
        parser.variable(name.as_bytes().to_vec());
    }
    parser.rules()?;
    parser.check()?;
    let mut program = parser.program;
    program.source_names = all.into_iter().map(|source| source.name).collect();
    Ok(program)
}

/// Tokenizes a source and, where it says `@include`, the files it names.
#[allow(clippy::too_many_arguments)]
fn gather(
    source: Source,
    all: &mut Vec<Source>,
    tokens: &mut Vec<Token>,
    warnings: &mut Vec<Vec<u8>>,
    warned: &mut [bool; 256],
    seen: &mut Vec<Vec<u8>>,
    include: &mut Include<'_>,
    depth: usize,
) -> Parsed<()> {
    let index = all.len() as u16;
    let mut own = Vec::new();
    lexer::tokenize(&source, index, &mut own, warnings, warned)?;
    all.push(source.clone());
    let end = own.last().map(|token| (token.place, token.offset));
    let mut at = 0;
    let mut line_start = true;
    while let Some(token) = own.get(at) {
        let directive = match (&token.tok, own.get(at + 1).map(|next| &next.tok)) {
            (Tok::At, Some(Tok::Name(name))) if line_start => Some(name.clone()),
            _ => None,
        };
        line_start = matches!(token.tok, Tok::Newline | Tok::Semicolon);
        match directive.as_deref() {
            Some(b"include") => {
                let Some(Tok::Text(path)) = own.get(at + 2).map(|next| &next.tok) else {
                    return Err(SyntaxError::at(&source, token.place.line, token.offset, "syntax error"));
                };
                if depth >= MAX_INCLUDES {
                    return Err(SyntaxError::plain(
                        &source,
                        token.place.line,
                        "include files are nested too deeply",
                    ));
                }
                if !seen.contains(path) {
                    seen.push(path.clone());
                    let text = include(path).map_err(|error| {
                        let shown = String::from_utf8_lossy(path).into_owned();
                        let why = crate::error::describe(&error);
                        let message = format!("cannot open source file `{shown}' for reading: {why}");
                        SyntaxError::plain(&source, token.place.line, &message)
                    })?;
                    let inner = Source::file(path, text);
                    gather(inner, all, tokens, warnings, warned, seen, include, depth + 1)?;
                }
                at += 3;
            }
            Some(b"load") => {
                let message = "loading of shared libraries (@load) is not supported";
                return Err(SyntaxError::plain(&source, token.place.line, message));
            }
            Some(b"namespace") => {
                return Err(SyntaxError::plain(
                    &source,
                    token.place.line,
                    "@namespace is not supported",
                ));
            }
            _ => {
                tokens.push(token.clone());
                at += 1;
            }
        }
    }
    // A token never continues in the next source.
    if let Some((place, offset)) = end {
        tokens.push(Token {
            tok: Tok::Newline,
            place,
            offset: offset + 1,
        });
    }
    Ok(())
}

impl Parser<'_> {
    fn rules(&mut self) -> Parsed<()> {
        loop {
            while matches!(self.peek(), Tok::Newline | Tok::Semicolon) {
                self.at += 1;
            }
            if *self.peek() == Tok::Eof {
                return Ok(());
            }
            self.rule()?;
        }
    }

    fn rule(&mut self) -> Parsed<()> {
        let place = self.token().place;
        match self.peek().clone() {
            Tok::Function => self.function_definition(),
            Tok::Begin => {
                let body = self.section(Section::Begin)?;
                self.program.begin.push(body);
                Ok(())
            }
            Tok::End => {
                let body = self.section(Section::End)?;
                self.program.end.push(body);
                Ok(())
            }
            Tok::BeginFile => {
                let body = self.section(Section::BeginFile)?;
                self.program.begin_file.push(body);
                Ok(())
            }
            Tok::EndFile => {
                let body = self.section(Section::EndFile)?;
                self.program.end_file.push(body);
                Ok(())
            }
            Tok::LBrace => {
                self.section = Section::Main;
                let body = Some(self.block()?);
                self.program.rules.push(Rule {
                    trigger: Trigger::Always,
                    body,
                    place,
                });
                Ok(())
            }
            _ => {
                self.section = Section::Main;
                let first = self.expression()?;
                let trigger = if self.take(&Tok::Comma) {
                    self.skip_newlines();
                    let last = self.expression()?;
                    self.program.ranges += 1;
                    Trigger::Range(first, last, self.program.ranges - 1)
                } else {
                    Trigger::When(first)
                };
                let body = match self.peek() {
                    Tok::LBrace => Some(self.block()?),
                    Tok::Newline | Tok::Semicolon | Tok::Eof => None,
                    _ => return Err(self.unexpected()),
                };
                self.program.rules.push(Rule { trigger, body, place });
                Ok(())
            }
        }
    }

    fn section(&mut self, section: Section) -> Parsed<Vec<super::ast::Stmt>> {
        self.at += 1;
        self.section = section;
        if *self.peek() != Tok::LBrace {
            let name = match section {
                Section::Begin => "BEGIN",
                Section::End => "END",
                Section::BeginFile => "BEGINFILE",
                _ => "ENDFILE",
            };
            let token = self.tokens[self.at - 1].clone();
            return Err(self.error_plain(&token, &format!("{name} blocks must have an action part")));
        }
        self.block()
    }

    fn function_definition(&mut self) -> Parsed<()> {
        self.at += 1;
        let token = self.token().clone();
        let name = match self.bump() {
            Tok::Name(name) | Tok::CallName(name) => name,
            Tok::Builtin(_) => {
                let end = self.source_of(&token).text[token.offset..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric())
                    .count();
                let shown = String::from_utf8_lossy(&self.source_of(&token).text[token.offset..token.offset + end])
                    .into_owned();
                return Err(self.error_at(
                    &token,
                    &format!("`{shown}' is a built-in function, it cannot be redefined"),
                ));
            }
            _ => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        };
        let shown = String::from_utf8_lossy(&name).into_owned();
        let index = self.function_slot(&name);
        if self.program.functions[index as usize].defined {
            return Err(self.error_plain(&token, &format!("function name `{shown}' previously defined")));
        }
        if special::NAMES.contains(&shown.as_str()) {
            return Err(self.error_plain(&token, &format!("function name `{shown}' previously defined")));
        }
        self.expect(&Tok::LParen)?;
        let mut params: Vec<Vec<u8>> = Vec::new();
        self.skip_newlines();
        if !self.take(&Tok::RParen) {
            loop {
                self.skip_newlines();
                let Tok::Name(param) = self.peek().clone() else {
                    return Err(self.unexpected());
                };
                self.at += 1;
                let text = String::from_utf8_lossy(&param).into_owned();
                let number = params.len() + 1;
                if param == name {
                    let message = format!("function `{shown}': cannot use function name as parameter name");
                    return Err(self.error_plain(&token, &message));
                }
                if special::NAMES.contains(&text.as_str()) {
                    let message =
                        format!("function `{shown}': cannot use special variable `{text}' as a function parameter");
                    return Err(self.error_plain(&token, &message));
                }
                if let Some(earlier) = params.iter().position(|known| *known == param) {
                    let earlier = earlier + 1;
                    let message =
                        format!("function `{shown}': parameter #{number}, `{text}', duplicates parameter #{earlier}");
                    return Err(self.error_plain(&token, &message));
                }
                params.push(param);
                self.skip_newlines();
                if self.take(&Tok::RParen) {
                    break;
                }
                self.expect(&Tok::Comma)?;
            }
        }
        self.skip_newlines();
        self.locals = params
            .iter()
            .enumerate()
            .map(|(slot, param)| (param.clone(), slot as u32))
            .collect();
        let function = &mut self.program.functions[index as usize];
        function.arrays = vec![false; params.len()];
        function.params = params;
        function.defined = true;
        self.function = Some(index);
        self.section = Section::Function;
        let body = self.block()?;
        self.program.functions[index as usize].body = body;
        self.function = None;
        self.locals.clear();
        Ok(())
    }
}
