//! Where found lines go: straight to standard output, or to a buffer of a worker thread.

use shell::io::Output;

/// A growing buffer that may be emptied at any time.
pub(super) trait Out {
    /// Room to append to.
    fn buf(&mut self) -> &mut Vec<u8>;

    /// To be called after appending.
    fn spill(&mut self) -> vfs::Result<()>;
}

impl Out for Output {
    fn buf(&mut self) -> &mut Vec<u8> {
        self.buffer()
    }

    fn spill(&mut self) -> vfs::Result<()> {
        Output::spill(self)
    }
}

impl Out for Vec<u8> {
    fn buf(&mut self) -> &mut Vec<u8> {
        self
    }

    fn spill(&mut self) -> vfs::Result<()> {
        Ok(())
    }
}

/// Appends a decimal number.
pub(super) fn number(out: &mut Vec<u8>, mut n: u64, width: usize) {
    let mut digits = [b' '; 24];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    let start = at.min(digits.len() - width.min(digits.len()));
    out.extend_from_slice(&digits[start..]);
}
