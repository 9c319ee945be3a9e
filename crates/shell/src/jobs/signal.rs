//! Signals by name and number, as on Linux (signal(7)).

/// A signal number, 1 to 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(pub u8);

/// Names without `SIG`, and what `strsignal(3)` says, from number 1 on.
const TABLE: [(&str, &str); 31] = [
    ("HUP", "Hangup"),
    ("INT", "Interrupt"),
    ("QUIT", "Quit"),
    ("ILL", "Illegal instruction"),
    ("TRAP", "Trace/breakpoint trap"),
    ("ABRT", "Aborted"),
    ("BUS", "Bus error"),
    ("FPE", "Floating point exception"),
    ("KILL", "Killed"),
    ("USR1", "User defined signal 1"),
    ("SEGV", "Segmentation fault"),
    ("USR2", "User defined signal 2"),
    ("PIPE", "Broken pipe"),
    ("ALRM", "Alarm clock"),
    ("TERM", "Terminated"),
    ("STKFLT", "Stack fault"),
    ("CHLD", "Child exited"),
    ("CONT", "Continued"),
    ("STOP", "Stopped (signal)"),
    ("TSTP", "Stopped"),
    ("TTIN", "Stopped (tty input)"),
    ("TTOU", "Stopped (tty output)"),
    ("URG", "Urgent I/O condition"),
    ("XCPU", "CPU time limit exceeded"),
    ("XFSZ", "File size limit exceeded"),
    ("VTALRM", "Virtual timer expired"),
    ("PROF", "Profiling timer expired"),
    ("WINCH", "Window changed"),
    ("IO", "I/O possible"),
    ("PWR", "Power failure"),
    ("SYS", "Bad system call"),
];

impl Signal {
    /// `SIGINT`.
    pub const INT: Self = Self(2);
    /// `SIGKILL`.
    pub const KILL: Self = Self(9);
    /// `SIGPIPE`.
    pub const PIPE: Self = Self(13);
    /// `SIGTERM`.
    pub const TERM: Self = Self(15);
    /// `SIGCHLD`.
    pub const CHLD: Self = Self(17);
    /// `SIGCONT`.
    pub const CONT: Self = Self(18);
    /// The highest number.
    pub const LAST: u8 = 64;

    /// The signal of a name with or without `SIG`, in any case, or of a number.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if !text.is_empty() && text.iter().all(u8::is_ascii_digit) {
            let n: u32 = std::str::from_utf8(text).ok()?.parse().ok()?;
            return u8::try_from(n).ok().filter(|n| (1..=Self::LAST).contains(n)).map(Self);
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix(b"SIG").unwrap_or(&upper);
        if let Some(at) = TABLE.iter().position(|(n, _)| n.as_bytes() == name) {
            return Some(Self(at as u8 + 1));
        }
        match name {
            b"POLL" => Some(Self(29)),
            b"IOT" => Some(Self(6)),
            b"CLD" => Some(Self(17)),
            _ => (34..=Self::LAST)
                .map(Self)
                .find(|s| s.name().strip_prefix("SIG").is_some_and(|n| n.as_bytes() == name)),
        }
    }

    /// `SIGTERM`.
    pub fn name(self) -> String {
        match self.0 {
            n @ 1..=31 => format!("SIG{}", TABLE[usize::from(n) - 1].0),
            34 => "SIGRTMIN".into(),
            n @ 35..=49 => format!("SIGRTMIN+{}", n - 34),
            n @ 50..=63 => format!("SIGRTMAX-{}", 64 - n),
            64 => "SIGRTMAX".into(),
            n => n.to_string(),
        }
    }

    /// What `strsignal(3)` says.
    pub fn text(self) -> String {
        match self.0 {
            n @ 1..=31 => TABLE[usize::from(n) - 1].1.into(),
            n => format!("Real-time signal {}", i32::from(n) - 34),
        }
    }

    /// Its bit in a mask.
    pub fn bit(self) -> u64 {
        1u64 << self.0.saturating_sub(1).min(63)
    }

    /// Whether nothing happens by default.
    pub fn ignored_by_default(self) -> bool {
        matches!(self.0, 17 | 18 | 23 | 28)
    }

    /// Whether a process stops by default; ours do not stop.
    pub fn stops(self) -> bool {
        matches!(self.0, 19..=22)
    }
}
