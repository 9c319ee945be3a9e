//! File modes: `u=rwx,go+X`, `0755`, and how `ls` shows them (POSIX XCU chmod, "extended description").

/// A change of permission bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeChange(Vec<Clause>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Clause {
    op: u8,
    /// Which bits the clause may touch; `None` for all but those of the mask.
    who: Option<u32>,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// Fixed bits, and whether `X` was among them.
    Bits(u32, bool),
    /// A copy of the bits of user (6), group (3) or others (0).
    Copy(u32),
    /// An octal number; with five or more digits it also clears the special bits of directories.
    Octal(u32, bool),
}

impl ModeChange {
    /// Parses a mode; `None` for what is none.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.first().is_some_and(|b| (b'0'..=b'7').contains(b)) {
            let value = octal(text)?;
            return Some(Self(vec![Clause {
                op: b'=',
                who: Some(0o7777),
                what: What::Octal(value, text.len() > 4),
            }]));
        }
        let mut clauses = Vec::new();
        for part in text.split(|b| *b == b',') {
            let mut rest = part;
            let mut who = 0;
            while let Some((first, tail)) = rest.split_first() {
                who |= match first {
                    b'u' => 0o4700,
                    b'g' => 0o2070,
                    b'o' => 0o1007,
                    b'a' => 0o7777,
                    _ => break,
                };
                rest = tail;
            }
            if rest.is_empty() {
                return None;
            }
            while let Some((&op @ (b'+' | b'-' | b'='), tail)) = rest.split_first() {
                rest = tail;
                let digits = rest.iter().take_while(|b| (b'0'..=b'7').contains(b)).count();
                if digits > 0 {
                    let value = octal(&rest[..digits])?;
                    rest = &rest[digits..];
                    if who != 0 || !rest.is_empty() {
                        return None;
                    }
                    clauses.push(Clause {
                        op,
                        who: Some(0o7777),
                        what: What::Octal(value, true),
                    });
                    break;
                }
                let what = match rest.first() {
                    Some(b'u') => Some(6),
                    Some(b'g') => Some(3),
                    Some(b'o') => Some(0),
                    _ => None,
                };
                let what = match what {
                    Some(shift) => {
                        rest = &rest[1..];
                        What::Copy(shift)
                    }
                    None => {
                        let (mut bits, mut conditional) = (0, false);
                        while let Some((first, tail)) = rest.split_first() {
                            match first {
                                b'r' => bits |= 0o444,
                                b'w' => bits |= 0o222,
                                b'x' => bits |= 0o111,
                                b'X' => conditional = true,
                                b's' => bits |= 0o6000,
                                b't' => bits |= 0o1000,
                                _ => break,
                            }
                            rest = tail;
                        }
                        What::Bits(bits, conditional)
                    }
                };
                clauses.push(Clause {
                    op,
                    who: (who != 0).then_some(who),
                    what,
                });
            }
            if !rest.is_empty() {
                return None;
            }
        }
        Some(Self(clauses))
    }

    /// The bits after the change of `old`, for a file or a directory under `umask`.
    pub fn apply(&self, old: u32, dir: bool, umask: u32) -> u32 {
        let mut mode = old & 0o7777;
        for c in &self.0 {
            let mut value = match &c.what {
                What::Bits(bits, conditional) => {
                    let execute = if *conditional && (dir || mode & 0o111 != 0) {
                        0o111
                    } else {
                        0
                    };
                    bits | execute
                }
                What::Copy(shift) => {
                    let bits = (mode >> shift) & 7;
                    bits | bits << 3 | bits << 6
                }
                What::Octal(value, _) => *value,
            };
            // Numbers keep the special bits of directories unless those are spelt out.
            let keep = match &c.what {
                What::Octal(_, full) if dir && !*full => mode & 0o6000 & !value,
                _ if dir && c.op == b'=' && !matches!(c.what, What::Octal(..)) => {
                    mode & 0o6000 & c.who.map_or(0o7777, |w| w & 0o7000)
                }
                _ => 0,
            };
            value &= c.who.unwrap_or(!umask & 0o7777);
            if c.who.is_none() && matches!(c.what, What::Bits(..)) {
                // Without a "who", the special bits are not masked.
                if let What::Bits(bits, _) = &c.what {
                    value |= bits & 0o7000;
                }
            }
            mode = match c.op {
                b'+' => mode | value,
                b'-' => mode & !value,
                _ => (mode & !c.who.unwrap_or(0o7777)) | value | keep,
            };
        }
        mode
    }
}

fn octal(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|t| u32::from_str_radix(t, 8).ok())
        .filter(|n| *n <= 0o7777)
}

/// `rwxr-xr-x`, with `s`, `S`, `t` and `T` for the special bits.
pub fn letters(mode: u32) -> String {
    let mut text = String::with_capacity(9);
    for (shift, special, set, unset) in [(6, 0o4000, 's', 'S'), (3, 0o2000, 's', 'S'), (0, 0o1000, 't', 'T')] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => set,
            (true, false) => unset,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_change_as_chmod_changes_them() {
        let apply = |text: &str, old, dir| ModeChange::parse(text.as_bytes()).map(|m| m.apply(old, dir, 0o022));
        for (text, old, dir, want) in [
            ("755", 0o644, false, Some(0o755)),
            ("u+x", 0o644, false, Some(0o744)),
            ("+x", 0o644, false, Some(0o755)),
            ("+w", 0o444, false, Some(0o644)),
            ("a+w", 0o444, false, Some(0o666)),
            ("go-rwx", 0o777, false, Some(0o700)),
            ("u=rw,go=r", 0o777, false, Some(0o644)),
            ("a+X", 0o644, false, Some(0o644)),
            ("a+X", 0o644, true, Some(0o755)),
            ("g=u", 0o640, false, Some(0o660)),
            ("u+s,+t", 0o755, false, Some(0o5755)),
            ("755", 0o2755, true, Some(0o2755)),
            ("00755", 0o2755, true, Some(0o755)),
            ("=", 0o777, false, Some(0)),
            ("u+r-w+x", 0o200, false, Some(0o500)),
            ("8", 0, false, None),
            ("u", 0, false, None),
            ("u+z", 0, false, None),
            ("", 0, false, None),
        ] {
            assert_eq!(apply(text, old, dir), want, "{text}");
        }
        assert_eq!(letters(0o7754), "rwsr-sr-T");
    }
}
