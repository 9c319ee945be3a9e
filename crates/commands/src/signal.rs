//! Signal names and numbers (Linux, `signal(7)`).

/// The default of `timeout`.
pub const TERM: u8 = 15;
/// What can not be caught.
pub const KILL: u8 = 9;

const NAMES: [&str; 32] = [
    "EXIT", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
    "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH",
    "POLL", "PWR", "SYS",
];

/// The number of a signal given by number, by name, or by name with `SIG`.
pub fn parse(text: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(n) = text.parse::<u8>() {
        return (n <= 64).then_some(n);
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    match name {
        "IO" => Some(29),
        "CLD" => Some(17),
        "IOT" => Some(6),
        "RTMIN" => Some(34),
        "RTMAX" => Some(64),
        _ => NAMES.iter().position(|n| *n == name).map(|n| n as u8),
    }
}

/// The name of a signal without `SIG`; its number if it has none.
pub fn name(number: u8) -> String {
    NAMES
        .get(usize::from(number))
        .map_or_else(|| number.to_string(), |n| (*n).to_string())
}
