//! The order of the tests.

use super::encoding::{self, Encoding};
use super::verdict::{Tail, Verdict};
use super::{archive, elf, image, json, language, media, signature, struct_text};
use crate::time::Zone;

/// Which tests run (`-e` takes one out).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tests {
    text: bool,
    encoding: bool,
    csv: bool,
    elf: bool,
    soft: bool,
    tar: bool,
    json: bool,
    pub(super) compress: bool,
}

impl Default for Tests {
    fn default() -> Self {
        Self {
            text: true,
            encoding: true,
            csv: true,
            elf: true,
            soft: true,
            tar: true,
            json: true,
            compress: true,
        }
    }
}

impl Tests {
    /// Takes out a test by its name; false if there is none by that name.
    pub(super) fn exclude(&mut self, name: &[u8]) -> bool {
        match name {
            b"ascii" | b"text" => self.text = false,
            b"encoding" => self.encoding = false,
            b"csv" => self.csv = false,
            b"elf" => self.elf = false,
            b"soft" => self.soft = false,
            b"tar" => self.tar = false,
            b"json" => self.json = false,
            b"compress" => self.compress = false,
            b"apptype" | b"cdf" | b"tokens" => {}
            _ => return false,
        }
        true
    }
}

/// The beginning of a file, and what is known beside.
#[derive(Clone, Copy)]
pub(super) struct Probe<'a> {
    /// The first bytes.
    pub(super) data: &'a [u8],
    /// Size of the whole file.
    pub(super) size: u64,
    /// Its last four bytes.
    pub(super) tail: &'a [u8],
    /// For dates inside of files.
    pub(super) zone: &'a Zone,
    /// Which tests run.
    pub(super) tests: Tests,
    /// Whether the file goes on after `data`.
    pub(super) truncated: bool,
}

/// All that was found out, and the name of the character set.
pub(super) struct Outcome {
    /// Never empty.
    pub(super) found: Vec<Verdict>,
    pub(super) charset: &'static str,
}

impl Probe<'_> {
    /// Runs the tests up to the first that knows, or all of them.
    pub(super) fn run(&self, keep_going: bool) -> Outcome {
        if self.data.is_empty() {
            let found = vec![Verdict::new("empty", "inode/x-empty")];
            return Outcome {
                found,
                charset: "binary",
            };
        }
        let encoding = if self.tests.encoding {
            encoding::detect(self.data)
        } else {
            None
        };
        let charset = encoding.as_ref().map_or("binary", |e| e.charset);
        if self.data.len() == 1 {
            let found = vec![Verdict::new("very short file (no magic)", "application/octet-stream")];
            return Outcome {
                found,
                charset: "binary",
            };
        }
        let mut found = Vec::new();
        for test in 0.. {
            let Some(answer) = self.test(test, encoding.as_ref()) else {
                break;
            };
            if let Some(v) = answer {
                if !keep_going {
                    found.push(self.finish(v, encoding.as_ref()));
                    break;
                }
                found.push(v);
            }
        }
        if keep_going {
            self.finish_all(&mut found, encoding.as_ref());
        } else if found.is_empty() {
            found.push(self.otherwise(encoding.as_ref()));
        }
        Outcome { found, charset }
    }

    /// What is said when no test knows.
    fn otherwise(&self, encoding: Option<&Encoding>) -> Verdict {
        match encoding.filter(|_| self.tests.text) {
            Some(e) => Verdict::new(e.phrase(self.truncated, false), "text/plain"),
            None => Verdict::new("data", "application/octet-stream"),
        }
    }

    /// With `-k` the encoding comes once, at the end.
    fn finish_all(&self, found: &mut Vec<Verdict>, encoding: Option<&Encoding>) {
        let Some((last, rest)) = found.split_last_mut() else {
            found.push(self.otherwise(encoding));
            return;
        };
        for v in rest {
            v.text.extend_from_slice(match v.tail {
                Tail::None => b"",
                Tail::Text => b" text",
                Tail::Executable => b" text executable",
            });
        }
        let Some(e) = encoding else {
            found.push(self.otherwise(None));
            return;
        };
        if last.tail == Tail::None {
            let text = [b", ", &e.phrase(self.truncated, false)[..]].concat();
            found.push(Verdict::new(text, "text/plain"));
        } else {
            *last = self.finish(last.clone(), encoding);
        }
    }

    /// One test; `None` when there are no more.
    fn test(&self, number: usize, encoding: Option<&Encoding>) -> Option<Option<Verdict>> {
        let (t, soft) = (&self.tests, self.tests.soft);
        let plain = encoding.filter(|e| e.is_bytes());
        Some(match number {
            0 if t.tar => archive::tar(self.data),
            1 if t.json && encoding.is_some() => json::detect(self.data),
            2 if t.csv && encoding.is_some() => struct_text::csv(self.data),
            3 if soft && t.elf => elf::detect(self.data),
            4 if soft => archive::detect(self),
            5 if soft => image::detect(self),
            6 if soft => media::detect(self),
            7 if soft => signature::detect(self),
            8 if soft && plain.is_some() => struct_text::script(encoding::without_bom(self.data)),
            9 if soft && plain.is_some() => struct_text::detect(encoding::without_bom(self.data)),
            10 if soft && plain.is_some() => struct_text::named_script(encoding::without_bom(self.data)),
            11 if soft && plain.is_some() && t.text => language::detect(encoding::without_bom(self.data)),
            0..=11 => None,
            _ => return None,
        })
    }

    fn finish(&self, mut v: Verdict, encoding: Option<&Encoding>) -> Verdict {
        if let (Tail::Text | Tail::Executable, Some(e)) = (v.tail, encoding) {
            v.text.extend_from_slice(b", ");
            v.text
                .extend_from_slice(&e.phrase(self.truncated, v.tail == Tail::Executable));
        }
        v
    }
}
