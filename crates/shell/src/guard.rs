//! The guard on the output of a line: the last `cat`, `grep`, `rg`, `head` or `tail` is cut after so many lines, with a notice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use vfs::{Cancel, Errno, Result, Stat};

use crate::io::OpenFile;

/// Commands whose output people (and agents) read, and whose output has no end of its own.
const GUARDED: [&[u8]; 7] = [b"cat", b"egrep", b"fgrep", b"grep", b"head", b"rg", b"tail"];

/// Whether a command is guarded.
pub(crate) fn guards(name: &[u8]) -> bool {
    GUARDED.contains(&name)
}

/// What is printed on standard error when output was cut.
pub(crate) fn notice(lines: usize) -> String {
    format!(
        "output truncated at safeguard limit ({lines} lines); narrow with grep, or read more with head -n / tail -n / a more \
         specific path\n"
    )
}

/// A description that takes so many lines and then breaks like a pipe whose reader is gone.
pub(crate) struct LineGuard {
    below: Arc<dyn OpenFile>,
    left: AtomicUsize,
    cut: AtomicBool,
}

impl LineGuard {
    /// A guard over `below` that lets `lines` lines through.
    pub(crate) fn new(below: Arc<dyn OpenFile>, lines: usize) -> Arc<Self> {
        Arc::new(Self {
            below,
            left: AtomicUsize::new(lines),
            cut: AtomicBool::new(false),
        })
    }

    /// Whether anything was cut off.
    pub(crate) fn cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    /// How much of `data` may pass.
    fn admit(&self, data: &[u8]) -> usize {
        let left = self.left.load(Ordering::Acquire);
        if left == 0 && !data.is_empty() {
            self.cut.store(true, Ordering::Release);
            return 0;
        }
        let mut seen = 0;
        for at in memchr::memchr_iter(b'\n', data) {
            seen += 1;
            if seen == left {
                self.left.store(0, Ordering::Release);
                if at + 1 < data.len() {
                    self.cut.store(true, Ordering::Release);
                }
                return at + 1;
            }
        }
        self.left.store(left - seen, Ordering::Release);
        data.len()
    }

    fn ended(&self) -> Result<()> {
        if self.cut() { Err(Errno::EPIPE.into()) } else { Ok(()) }
    }
}

impl OpenFile for LineGuard {
    fn read(&self, max: usize, cancel: &Cancel) -> Result<Bytes> {
        self.below.read(max, cancel)
    }

    fn write(&self, data: &[u8], cancel: &Cancel) -> Result<()> {
        let n = self.admit(data);
        if n > 0 {
            self.below.write(&data[..n], cancel)?;
        }
        self.ended()
    }

    fn write_bytes(&self, mut data: Bytes, cancel: &Cancel) -> Result<()> {
        data.truncate(self.admit(&data));
        if !data.is_empty() {
            self.below.write_bytes(data, cancel)?;
        }
        self.ended()
    }

    fn stat(&self, cancel: &Cancel) -> Result<Stat> {
        self.below.stat(cancel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Capture;

    #[test]
    fn exactly_as_many_lines_pass_and_only_more_are_a_cut() {
        let out = Capture::new();
        let guard = LineGuard::new(out.clone(), 2);
        guard.write(b"1\n2\n", &Cancel::new()).unwrap();
        assert!(!guard.cut());
        assert_eq!(guard.write(b"3", &Cancel::new()).unwrap_err().errno(), Errno::EPIPE);
        assert!(guard.cut());
        assert_eq!(out.take(), b"1\n2\n");
    }

    #[test]
    fn a_large_write_is_cut_in_the_middle() {
        let out = Capture::new();
        let guard = LineGuard::new(out.clone(), 2);
        assert!(
            guard
                .write_bytes(Bytes::from_static(b"1\n2\n3\n4\n"), &Cancel::new())
                .is_err()
        );
        assert_eq!(out.take(), b"1\n2\n");
    }
}
