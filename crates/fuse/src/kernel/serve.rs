//! The threads of a mount: its loops, its replier, its notifier.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};

use fuser::{Config, INodeNo, MountOption, Notifier, Session, SessionACL};
use vfs::origin::Origin;

use super::door::Door;
use crate::bridge::Bridge;
use crate::core::Core;
use crate::inval::Stale;
use crate::queue::{Popped, Queue};

/// What [`serve`] needs to know.
pub(crate) struct Serving {
    pub(crate) core: Arc<Core>,
    pub(crate) bridge: Arc<Bridge>,
    pub(crate) notices: Arc<Queue<Stale>>,
    pub(crate) door: u64,
    pub(crate) read_only: bool,
    pub(crate) allow_other: bool,
}

/// Mounts at `mountpoint` and serves until it is unmounted. Runs on a thread with a descriptor table of its own, and starts
/// the other threads that share it. `ready` is called once requests are served.
pub(crate) fn serve(what: Serving, mountpoint: &Path, ready: impl FnOnce(io::Result<()>)) {
    let options = &what.core.options;
    let mut config = Config::default();
    config.mount_options = vec![
        MountOption::FSName(options.fsname.clone()),
        MountOption::Subtype("mirage".into()),
        MountOption::DefaultPermissions,
        MountOption::NoSuid,
        MountOption::NoDev,
        MountOption::NoAtime,
    ];
    if what.read_only {
        config.mount_options.push(MountOption::RO);
    }
    if what.allow_other {
        config.acl = SessionACL::All;
    }
    config.n_threads = Some(options.threads.max(1));
    config.clone_fd = options.threads > 1;
    let at_hand = Arc::new(OnceLock::new());
    let (ended, end) = sync_channel(1);
    let door = Door {
        core: what.core.clone(),
        bridge: what.bridge.clone(),
        notices: what.notices.clone(),
        notifier: at_hand.clone(),
        origin: Origin {
            door: what.door,
            pickup: None,
            apart: true,
            caller: 0,
        },
        _ended: ended,
    };
    let session = match Session::new(door, mountpoint, &config) {
        Ok(session) => session,
        Err(e) => return ready(Err(e)),
    };
    let notifier = session.notifier();
    // Set once, here.
    let _ = at_hand.set(notifier.clone());
    let started = session.spawn().and_then(|running| {
        let bridge = what.bridge.clone();
        let replier = spawn("mirage-fuse-reply", move || bridge.reply())?;
        let notices = what.notices.clone();
        let telling = spawn("mirage-fuse-tell", move || tell(&notices, &notifier))?;
        Ok((running, replier, telling))
    });
    let (running, replier, telling) = match started {
        Ok(threads) => threads,
        Err(e) => return ready(Err(e)),
    };
    ready(Ok(()));
    // Nothing is ever sent: this waits for the loops to end, which they do when the mount is gone.
    let _ = end.recv();
    // Dropped, it would unmount the path once more, and with it whatever has been mounted there since. Its descriptor goes
    // with the table.
    std::mem::forget(running);
    what.notices.close();
    what.bridge.hang_up();
    let _ = replier.join();
    let _ = telling.join();
    what.bridge.give_up();
}

fn spawn(name: &str, f: impl FnOnce() + Send + 'static) -> io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(f)
}

/// The notifier: tells the kernel what is no longer true. The kernel may need locks for it that a request under way holds, so
/// that no other thread may do this.
fn tell(notices: &Queue<Stale>, notifier: &Notifier) {
    while let Popped::Item(stale) = notices.pop(None) {
        // What the kernel does not know (any more) needs no telling, and on a mount that is going nothing does.
        let _ = match stale {
            Stale::Entry(parent, name) => notifier.inval_entry(INodeNo(parent), OsStr::from_bytes(&name)),
            Stale::Inode(ino) => notifier.inval_inode(INodeNo(ino), 0, 0),
        };
    }
}
