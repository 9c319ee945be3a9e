//! The descriptor table.

use std::sync::Arc;

use crate::io::OpenFile;

/// A descriptor: a reference to an open file description.
pub type Fd = Arc<dyn OpenFile>;

/// The descriptors of a shell. A copy shares the descriptions, as after `fork`.
#[derive(Clone, Default)]
pub struct Fds {
    table: Vec<Option<Fd>>,
    open: usize,
}

impl Fds {
    /// A table with the three standard streams.
    pub fn standard(stdin: Fd, stdout: Fd, stderr: Fd) -> Self {
        Self {
            table: vec![Some(stdin), Some(stdout), Some(stderr)],
            open: 3,
        }
    }

    /// What `fd` refers to.
    #[inline]
    pub fn get(&self, fd: u32) -> Option<&Fd> {
        self.table.get(fd as usize)?.as_ref()
    }

    /// Sets `fd`, or closes it; what it referred to before.
    pub fn set(&mut self, fd: u32, file: Option<Fd>) -> Option<Fd> {
        let at = fd as usize;
        if at >= self.table.len() {
            file.as_ref()?;
            self.table.resize(at + 1, None);
        }
        self.open += usize::from(file.is_some());
        let old = std::mem::replace(&mut self.table[at], file);
        self.open -= usize::from(old.is_some());
        old
    }

    /// The lowest descriptor from `least` on that is not open.
    pub fn free_from(&self, least: u32) -> u32 {
        let mut fd = least;
        while self.get(fd).is_some() {
            fd += 1;
        }
        fd
    }

    /// Number of open descriptors.
    pub fn len(&self) -> usize {
        self.open
    }

    /// Whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.open == 0
    }

    /// The open descriptors with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Fd)> {
        self.table
            .iter()
            .enumerate()
            .filter_map(|(n, f)| Some((n as u32, f.as_ref()?)))
    }
}
