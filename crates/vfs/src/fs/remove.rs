//! Removing trees.

use crate::error::{Errno, Result};
use crate::fs::Fs;
use crate::path::VPath;

impl Fs {
    /// Removes a file, a link itself, or a directory with everything below it. What another caller removed meanwhile is no
    /// error; a mount on the way is (`EBUSY`), and what lies in it stays.
    pub async fn remove_all(&self, path: &VPath) -> Result<()> {
        if !self.lstat(path).await?.is_dir() {
            return self.remove(path).await;
        }
        // Directories are visited twice: first to list them, then, when all below is gone, to remove them.
        let mut pending = vec![(path.clone(), false)];
        while let Some((dir, listed)) = pending.pop() {
            if listed {
                gone_is_fine(self.rmdir(&dir).await)?;
                continue;
            }
            pending.push((dir.clone(), true));
            for entry in self.list(&dir).await?.collect().await? {
                let child = dir.child(&entry.name)?;
                let is_dir = match entry.stat {
                    Some(stat) => stat.is_dir(),
                    None => self.lstat(&child).await?.is_dir(),
                };
                if is_dir {
                    pending.push((child, false));
                } else {
                    gone_is_fine(self.remove(&child).await)?;
                }
            }
        }
        Ok(())
    }
}

fn gone_is_fine(result: Result<()>) -> Result<()> {
    match result {
        Err(e) if e.errno() == Errno::ENOENT => Ok(()),
        other => other,
    }
}
