//! A panic is the failure of what panicked, never of the process: status 134, a message, and a session that goes on.
#![allow(clippy::unwrap_used, clippy::panic)]
use std::sync::Arc;

use shell::command::{Command, CommandResult, Context};
use vfs::{
    ByteRange, ByteStream, Capabilities, EntryStream, Errno, Fingerprint, Mode, Resource, Stat, VPath, VfsError,
};
use workspace::{Execute, Finished, Workspace, WorkspaceOptions};

struct Broken;

impl Command for Broken {
    fn name(&self) -> &str {
        "broken"
    }

    fn summary(&self) -> &str {
        "panics"
    }

    fn run(&self, _cx: &mut Context<'_>) -> CommandResult {
        panic!("index out of range")
    }
}

/// A backend with a defect in every call.
struct Defective;

#[async_trait::async_trait]
impl Resource for Defective {
    fn kind(&self) -> &str {
        "defective"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::READ_ONLY
    }

    async fn stat(&self, path: &VPath) -> vfs::Result<Stat> {
        if path.is_root() {
            return Err(VfsError::new(Errno::ENOENT));
        }
        panic!("defect in stat")
    }

    async fn list(&self, _path: &VPath) -> vfs::Result<EntryStream> {
        panic!("defect in list")
    }

    async fn read(&self, _path: &VPath, _range: ByteRange, _pin: Option<&Fingerprint>) -> vfs::Result<ByteStream> {
        panic!("defect in read")
    }
}

fn workspace() -> Arc<Workspace> {
    let ws = Workspace::new(WorkspaceOptions::default()).unwrap();
    ws.registry().add(Arc::new(Broken));
    ws.add_mount("/bad", Arc::new(Defective), Mode::Write).unwrap();
    ws
}

fn run(ws: &Workspace, script: &str) -> Finished {
    ws.execute_blocking(Execute::new(script)).unwrap()
}

#[test]
fn a_panicking_command_ends_with_134_and_says_so() {
    let ws = workspace();
    let f = run(&ws, "broken; echo $?");
    assert_eq!(f.stdout, b"134\n");
    assert_eq!(
        String::from_utf8_lossy(&f.stderr),
        "broken: internal error: index out of range\n"
    );
}

#[test]
fn in_a_pipeline_a_substitution_and_the_background_too() {
    let ws = workspace();
    let f = run(
        &ws,
        "broken | cat; echo ${PIPESTATUS[0]}; x=$(broken); echo $?; broken & wait $!; echo $?",
    );
    assert_eq!(f.stdout, b"134\n134\n134\n");
    assert_eq!(f.stderr.split(|b| *b == b'\n').filter(|l| !l.is_empty()).count(), 3);
}

#[test]
fn a_panic_of_a_backend_under_the_interpreter_ends_the_call_and_not_the_session() {
    let ws = workspace();
    run(&ws, "kept=yes");
    // The redirection is opened by the interpreter itself, outside of any command.
    let f = run(&ws, "kept=no; echo out; cat < /bad/file; echo not reached");
    assert_eq!(f.status, 134);
    assert_eq!(f.stdout, b"out\n");
    assert!(String::from_utf8_lossy(&f.stderr).contains("internal error: defect in"));
    let f = run(&ws, "echo $kept");
    assert_eq!((f.status, f.stdout.as_slice()), (0, &b"yes\n"[..]));
}
