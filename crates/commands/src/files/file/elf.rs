//! Executable files of Unix (System V ABI, chapters 4 and 5).

use super::archive::{be, le};
use super::verdict::Verdict;

/// Reads fields in the byte order and width of the file.
struct Elf<'a> {
    data: &'a [u8],
    wide: bool,
    big: bool,
}

impl Elf<'_> {
    fn u16(&self, at: usize) -> Option<u64> {
        if self.big {
            be::<2>(self.data, at)
        } else {
            le::<2>(self.data, at)
        }
    }

    fn u32(&self, at: usize) -> Option<u64> {
        if self.big {
            be::<4>(self.data, at)
        } else {
            le::<4>(self.data, at)
        }
    }

    /// An address or offset.
    fn word(&self, at: usize) -> Option<u64> {
        match (self.wide, self.big) {
            (true, true) => be::<8>(self.data, at),
            (true, false) => le::<8>(self.data, at),
            (false, _) => self.u32(at),
        }
    }

    fn slice(&self, at: u64, len: u64) -> Option<&[u8]> {
        let (at, len) = (usize::try_from(at).ok()?, usize::try_from(len).ok()?);
        self.data.get(at..at.checked_add(len)?)
    }

    /// `(type, offset, size)` of the program headers.
    fn programs(&self) -> Option<Vec<(u64, u64, u64)>> {
        let (table, size, count) = if self.wide {
            (self.word(32)?, self.u16(54)?, self.u16(56)?)
        } else {
            (self.word(28)?, self.u16(42)?, self.u16(44)?)
        };
        let mut all = Vec::new();
        for n in 0..count.min(2048) {
            let at = usize::try_from(table.checked_add(n * size)?).ok()?;
            let (offset, len) = if self.wide {
                (at + 8, at + 32)
            } else {
                (at + 4, at + 16)
            };
            all.push((self.u32(at)?, self.word(offset)?, self.word(len)?));
        }
        Some(all)
    }

    /// `(name, type, offset, size)` of the section headers; `None` when they lie beyond what was read.
    fn sections(&self) -> Option<Vec<(u64, u64, u64, u64)>> {
        let (table, size, count) = if self.wide {
            (self.word(40)?, self.u16(58)?, self.u16(60)?)
        } else {
            (self.word(32)?, self.u16(46)?, self.u16(48)?)
        };
        let mut all = Vec::new();
        for n in 0..count {
            let at = usize::try_from(table.checked_add(n * size)?).ok()?;
            let (offset, len) = if self.wide {
                (at + 24, at + 32)
            } else {
                (at + 16, at + 20)
            };
            all.push((self.u32(at)?, self.u32(at + 4)?, self.word(offset)?, self.word(len)?));
        }
        Some(all)
    }

    /// What the notes between `at` and `at + len` tell: the build and the system.
    fn notes(&self, at: u64, len: u64, build: &mut String, system: &mut String) -> Option<()> {
        let mut at = usize::try_from(at).ok()?;
        let end = at.checked_add(usize::try_from(len).ok()?)?.min(self.data.len());
        while at + 12 <= end {
            let (name, desc, kind) = (self.u32(at)? as usize, self.u32(at + 4)? as usize, self.u32(at + 8)?);
            let body = at + 12 + name.checked_next_multiple_of(4)?;
            let bytes = self.data.get(body..body.checked_add(desc)?)?;
            if self.data.get(at + 12..at + 15) == Some(b"GNU") {
                match kind {
                    1 if desc >= 16 => {
                        let n: Vec<u64> = (0..4).filter_map(|i| self.u32(body + i * 4)).collect();
                        let os = match n.first() {
                            Some(0) => "Linux",
                            Some(1) => "Hurd",
                            Some(2) => "Solaris",
                            Some(3) => "kFreeBSD",
                            _ => "kNetBSD",
                        };
                        *system = format!(", for GNU/{os} {}.{}.{}", n[1], n[2], n[3]);
                    }
                    3 => {
                        let how = match desc {
                            20 => "sha1",
                            16 => "md5/uuid",
                            8 => "xxHash",
                            _ => "unknown",
                        };
                        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
                        *build = format!(", BuildID[{how}]={hex}");
                    }
                    _ => {}
                }
            }
            at = body + desc.checked_next_multiple_of(4)?;
        }
        Some(())
    }
}

/// An ELF file.
pub(super) fn detect(data: &[u8]) -> Option<Verdict> {
    if !data.starts_with(b"\x7fELF") {
        return None;
    }
    let elf = Elf {
        data,
        wide: data.get(4) == Some(&2),
        big: data.get(5) == Some(&2),
    };
    Some(describe(&elf).unwrap_or_else(|| Verdict::new("ELF", "application/octet-stream")))
}

fn describe(elf: &Elf<'_>) -> Option<Verdict> {
    let bits = match elf.data.get(4)? {
        1 => " 32-bit",
        2 => " 64-bit",
        _ => "",
    };
    let order = match elf.data.get(5)? {
        1 => " LSB",
        2 => " MSB",
        _ => "",
    };
    let programs = elf.programs().unwrap_or_default();
    let interpreter = programs.iter().find(|(t, ..)| *t == 3);
    let (kind, mime) = match elf.u16(16)? {
        0 => (" no file type", "application/octet-stream"),
        1 => (" relocatable", "application/x-object"),
        2 => (" executable", "application/x-executable"),
        3 if interpreter.is_some() => (" pie executable", "application/x-pie-executable"),
        3 => (" shared object", "application/x-sharedlib"),
        4 => (" core file", "application/x-coredump"),
        _ => ("", "application/octet-stream"),
    };
    let machine = match elf.u16(18)? {
        0 => "no machine",
        2 => "SPARC",
        3 => "Intel 80386",
        4 => "Motorola m68k",
        8 => "MIPS",
        20 => "PowerPC or cisco 4500",
        21 => "64-bit PowerPC or cisco 7500",
        22 => "IBM S/390",
        40 => "ARM",
        43 => "SPARC V9",
        50 => "IA-64",
        62 => "x86-64",
        183 => "ARM aarch64",
        243 => "UCB RISC-V",
        247 => "eBPF",
        258 => "LoongArch",
        _ => "unknown arch",
    };
    let abi = match elf.data.get(7)? {
        0 => "SYSV",
        1 => "HP-UX",
        2 => "NetBSD",
        3 => "GNU/Linux",
        6 => "Solaris",
        9 => "FreeBSD",
        12 => "OpenBSD",
        _ => "embedded",
    };
    let mut text = format!("ELF{bits}{order}{kind}, {machine}, version {} ({abi})", elf.u32(20)?);
    let (mut build, mut system) = (String::new(), String::new());
    let mut linked = "";
    if matches!(elf.u16(16)?, 2 | 3) {
        linked = if programs.iter().any(|(t, ..)| *t == 2) {
            ", dynamically linked"
        } else {
            ", statically linked"
        };
        for (kind, offset, size) in &programs {
            if *kind == 4 {
                elf.notes(*offset, *size, &mut build, &mut system);
            }
        }
    }
    text.push_str(linked);
    if let Some((_, offset, size)) = interpreter
        && let Some(name) = elf.slice(*offset, *size)
    {
        let name = name.split(|b| *b == 0).next().unwrap_or_default();
        text.push_str(&format!(", interpreter {}", String::from_utf8_lossy(name)));
    }
    text.push_str(&build);
    text.push_str(&system);
    match elf.sections() {
        Some(sections) if !sections.is_empty() => {
            let names = if elf.wide { elf.u16(62)? } else { elf.u16(50)? };
            let strings = sections.get(names as usize).map_or(0, |s| s.2);
            let debug = sections.iter().any(|(name, ..)| {
                let at = usize::try_from(strings + name).unwrap_or(usize::MAX);
                elf.data.get(at..).is_some_and(|s| s.starts_with(b".debug_info\0"))
            });
            if build.is_empty() {
                for (_, kind, offset, size) in &sections {
                    if *kind == 7 {
                        elf.notes(*offset, *size, &mut build, &mut system);
                    }
                }
                text.push_str(&build);
            }
            if debug {
                text.push_str(", with debug_info");
            }
            let table = sections.iter().any(|(_, kind, ..)| *kind == 2);
            text.push_str(if table { ", not stripped" } else { ", stripped" });
        }
        Some(_) => text.push_str(", no section header"),
        None => text.push_str(", missing section headers"),
    }
    Some(Verdict::new(text, mime))
}
