//! Who cleans up when the process is killed: a shell at the other end of a pipe, which closes when we are gone.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits for a word or for the end of the pipe. Only the latter means that we died, and then the mount goes, if it is still the
/// one with our number, and with it the directories that were made for it, the innermost first.
const SCRIPT: &str = r#"trap '' HUP INT TERM QUIT
read -r word && exit 0
at=$1 number=$2
shift 2
if grep -q "^[0-9]* [0-9]* 0:$number " /proc/self/mountinfo; then
  umount -l "$at" || fusermount3 -u -z "$at" || fusermount -u -z "$at"
fi
for dir; do rmdir "$dir" || exit; done"#;

/// A process that waits for our end.
pub(crate) struct Reaper(Child);

impl Reaper {
    /// Watches over the mount at `path` with this connection number; `made` are the directories that go with it. `None` where
    /// there is no shell: then a mount whose process was killed stays until somebody mounts there again.
    pub(crate) fn start(path: &Path, connection: u32, made: &[std::path::PathBuf]) -> Option<Self> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SCRIPT, "mirage-reaper"])
            .arg(path)
            .arg(connection.to_string())
            .args(made);
        // Of a group of its own, so that what ends our group (Ctrl-C) does not end it too; and nowhere in particular, so that
        // it keeps no other file system busy.
        command.process_group(0).current_dir("/");
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().ok().map(Self)
    }

    /// Sends it home: the mount is gone.
    pub(crate) fn dismiss(mut self) {
        if let Some(mut pipe) = self.0.stdin.take() {
            // It may have been killed; then there is nothing to send home.
            let _ = pipe.write_all(b"done\n");
        }
        let _ = self.0.wait();
    }
}
