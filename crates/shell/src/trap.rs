//! Traps: what runs on EXIT, ERR, DEBUG, RETURN and signals.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::jobs::{Proc, Signal};
use crate::shell::{Exec, Flow, Shell};

/// What a trap waits for. Ordered as bash lists them: EXIT, signals, DEBUG, ERR, RETURN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// The shell ends.
    Exit,
    /// A signal arrives.
    Signal(Signal),
    /// Before each simple command.
    Debug,
    /// After a command fails.
    Err,
    /// After a function or sourced file returns.
    Return,
}

impl Event {
    /// The event of a name (`EXIT`, `0`, `INT`, `SIGINT`, `2`, in any case).
    pub fn parse(text: &[u8]) -> Option<Self> {
        match text.to_ascii_uppercase().as_slice() {
            b"EXIT" | b"0" | b"SIGEXIT" => Some(Self::Exit),
            b"DEBUG" | b"SIGDEBUG" => Some(Self::Debug),
            b"ERR" | b"SIGERR" => Some(Self::Err),
            b"RETURN" | b"SIGRETURN" => Some(Self::Return),
            _ => Signal::parse(text).map(Self::Signal),
        }
    }

    /// The name as `trap -p` prints it.
    pub fn name(self) -> String {
        match self {
            Self::Exit => "EXIT".into(),
            Self::Signal(s) => s.name(),
            Self::Debug => "DEBUG".into(),
            Self::Err => "ERR".into(),
            Self::Return => "RETURN".into(),
        }
    }
}

/// The traps of a shell. An empty action ignores the event.
#[derive(Debug, Clone, Default)]
pub struct Traps {
    map: Arc<BTreeMap<Event, Arc<[u8]>>>,
    /// Traps of the parent shell, which a subshell only lists until it sets one of its own.
    inherited: Option<Arc<BTreeMap<Event, Arc<[u8]>>>>,
    /// Signals ignored when the shell started: they cannot be trapped, and nothing says so (POSIX XCU 2.14 `trap`).
    hard: u64,
    /// Signals that a job in the background does not get, unless it traps them.
    quiet: u64,
    /// Traps running now; DEBUG, ERR and RETURN do not run inside themselves.
    running: Vec<Event>,
}

impl Traps {
    /// The action for `event`.
    #[inline]
    pub fn get(&self, event: Event) -> Option<&Arc<[u8]>> {
        if self.map.is_empty() {
            return None;
        }
        self.map.get(&event)
    }

    /// All traps, as `trap -p` lists them.
    pub fn iter(&self) -> impl Iterator<Item = (Event, &[u8])> {
        self.inherited
            .as_ref()
            .unwrap_or(&self.map)
            .iter()
            .map(|(e, a)| (*e, &**a))
    }

    /// Sets or removes a trap.
    pub fn set(&mut self, event: Event, action: Option<&[u8]>) {
        self.inherited = None;
        if let Event::Signal(s) = event {
            if self.hard & s.bit() != 0 {
                return;
            }
            self.quiet &= !s.bit();
        }
        let map = Arc::make_mut(&mut self.map);
        match action {
            Some(a) => {
                map.insert(event, Arc::from(a));
            }
            None => {
                map.remove(&event);
            }
        }
    }

    /// What a subshell has: ignored signals stay, ERR stays under `errtrace`, DEBUG and RETURN under `functrace`; all of
    /// them are still listed.
    pub fn for_subshell(&self, errtrace: bool, functrace: bool) -> Self {
        if self.map.is_empty() {
            return Self {
                inherited: None,
                ..self.clone()
            };
        }
        let kept: BTreeMap<_, _> = self
            .map
            .iter()
            .filter(|(e, a)| match e {
                Event::Signal(_) => a.is_empty(),
                Event::Exit => false,
                Event::Err => errtrace,
                Event::Debug | Event::Return => functrace,
            })
            .map(|(e, a)| (*e, a.clone()))
            .collect();
        Self {
            map: Arc::new(kept),
            inherited: Some(self.inherited.clone().unwrap_or_else(|| self.map.clone())),
            ..self.clone()
        }
    }

    /// The traps of a new shell that is started with these: what is ignored stays ignored for good.
    pub fn for_new_shell(mut self) -> Self {
        self.inherited = None;
        self.running.clear();
        self.hard |= self.quiet;
        for (event, action) in self.map.iter() {
            if let Event::Signal(s) = event
                && action.is_empty()
            {
                self.hard |= s.bit();
            }
        }
        self
    }

    /// What a job in the background does not get without job control: SIGINT and SIGQUIT.
    pub fn ignore_keyboard(&mut self) {
        for s in [Signal::INT, Signal(3)] {
            if !self.map.contains_key(&Event::Signal(s)) {
                self.quiet |= s.bit();
            }
        }
    }

    /// Takes away, for a function call, the traps that functions do not inherit.
    pub fn hide(&mut self, errtrace: bool, functrace: bool) -> Hidden {
        let mut hidden = Hidden::default();
        if self.map.is_empty() {
            return hidden;
        }
        for (event, keep) in [
            (Event::Err, errtrace),
            (Event::Debug, functrace),
            (Event::Return, functrace),
        ] {
            if !keep && let Some(action) = self.map.get(&event).cloned() {
                Arc::make_mut(&mut self.map).remove(&event);
                hidden.0.push((event, action));
            }
        }
        hidden
    }

    /// Puts them back, except where the function has set its own.
    pub fn unhide(&mut self, hidden: Hidden) {
        for (event, action) in hidden.0 {
            if !self.map.contains_key(&event) {
                Arc::make_mut(&mut self.map).insert(event, action);
            }
        }
    }

    /// Tells the process which signals are caught and ignored.
    pub fn update_masks(&self, proc: &Proc) {
        let (mut caught, mut ignored) = (0, self.hard | self.quiet);
        for (e, a) in self.map.iter() {
            if let Event::Signal(s) = e {
                if a.is_empty() {
                    ignored |= s.bit();
                } else {
                    caught |= s.bit();
                }
            }
        }
        proc.set_masks(caught, ignored);
    }
}

/// What [`Traps::hide`] took away.
#[derive(Debug, Default)]
pub struct Hidden(Vec<(Event, Arc<[u8]>)>);

impl Shell {
    /// Runs the action of `event`, if there is one and it is not running already. `$?` is kept.
    pub(crate) fn run_trap(&mut self, event: Event) -> Result<(), Flow> {
        let Some(action) = self.traps.get(event) else {
            return Ok(());
        };
        if action.is_empty() || self.traps.running.contains(&event) {
            return Ok(());
        }
        let action = bytes::Bytes::copy_from_slice(action);
        let (status, line, pipestatus) = (self.status, self.line, self.pipestatus.clone());
        self.traps.running.push(event);
        let first = if matches!(event, Event::Debug | Event::Err | Event::Return) {
            line
        } else {
            1
        };
        let result = self.run_text(action, first);
        self.traps.running.retain(|e| *e != event);
        match result {
            Ok(_) => {
                (self.status, self.line, self.pipestatus) = (status, line, pipestatus);
                Ok(())
            }
            Err(flow) => Err(flow),
        }
    }

    /// Whether the action of `event` is running now.
    pub(crate) fn in_trap(&self, event: Event) -> bool {
        self.traps.running.contains(&event)
    }

    /// Runs the handlers of signals that have arrived.
    #[cold]
    pub(crate) fn run_pending_traps(&mut self) -> Result<(), Flow> {
        while let Some(signal) = self.proc.take_pending() {
            self.run_trap(Event::Signal(signal))?;
        }
        Ok(())
    }

    /// Runs the EXIT trap once.
    pub(crate) fn run_exit_trap(&mut self) -> Result<(), Flow> {
        let Some(action) = self.traps.get(Event::Exit).cloned() else {
            return Ok(());
        };
        self.traps.set(Event::Exit, None);
        if action.is_empty() {
            return Ok(());
        }
        let status = self.status;
        let (lenient, loops) = (std::mem::take(&mut self.lenient), std::mem::take(&mut self.loops));
        let result: Exec = self.run_text(bytes::Bytes::copy_from_slice(&action), 1);
        (self.lenient, self.loops) = (lenient, loops);
        match result {
            Ok(_) => {
                self.status = status;
                Ok(())
            }
            Err(Flow::Discard(_) | Flow::Break(_) | Flow::Continue(_) | Flow::Return(_)) => Ok(()),
            Err(flow) => Err(flow),
        }
    }

    /// Runs the ERR trap after a command failed, where it applies.
    pub(crate) fn run_err_trap(&mut self) -> Result<(), Flow> {
        if self.lenient > 0 || self.traps.get(Event::Err).is_none() {
            return Ok(());
        }
        self.run_trap(Event::Err)
    }
}
