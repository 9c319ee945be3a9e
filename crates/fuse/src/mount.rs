//! [`KernelMount`]: from mounting to unmounting.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::fs::{Access, AtFlags, CWD};
use vfs::origin::{Origin, new_door};
use vfs::{Errno, Fs, Mode, Stat, VPath, origin, runtime};

use crate::bridge::Bridge;
use crate::core::Core;
use crate::inval::{Listener, Stale};
use crate::kernel::{Serving, serve};
use crate::mountpoint::{self, Mountpoint};
use crate::queue::Queue;
use crate::reaper::Reaper;
use crate::{Failure, FuseError, MountOptions};

/// How long the kernel may take to greet a new mount.
const GREETING: Duration = Duration::from_secs(10);
/// How long dropping waits for the threads.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long open files may keep an unmounted connection alive before it is cut.
const GRACE: Duration = Duration::from_millis(300);

/// A part of the tree as a directory of the host. Dropping it unmounts.
pub struct KernelMount {
    core: Arc<Core>,
    bridge: Arc<Bridge>,
    root: VPath,
    mountpoint: Mountpoint,
    listener: u64,
    /// The number of the kernel's connection.
    connection: u32,
    /// Ends that connection.
    switch: Option<File>,
    state: Mutex<State>,
}

enum State {
    /// The channel closes when the threads of the mount have ended.
    Up(Receiver<()>, Option<Reaper>),
    Down,
}

impl KernelMount {
    /// Shows what `fs` sees below `root` at `mountpoint`, which is made if it is missing; at a new temporary directory when it
    /// is `None`. What the session may not see or change cannot be seen or changed there either.
    pub fn mount(fs: Fs, root: VPath, mountpoint: Option<PathBuf>, options: MountOptions) -> Result<Self, FuseError> {
        check_device()?;
        // The runtime and the thread for listeners must exist before there is a thread with other descriptors.
        runtime::handle()?;
        origin::prepare();
        let is_root = rustix::process::geteuid().is_root();
        if !is_root && !mountpoint::has_helper() {
            return Err(FuseError::Helper);
        }
        let read_only = options.read_only || !may_write(&fs, &root);
        let allow_other = options.allow_other.unwrap_or(is_root);
        let door = new_door();
        let mark = Origin {
            door,
            pickup: Some(options.pickup_deadline),
            apart: false,
            caller: 0,
        };
        // Mount options travel as one comma-separated string.
        let fsname = options.fsname.replace([',', '\\', '\n', ' '], "_");
        let options = MountOptions { fsname, ..options };
        let core = Arc::new(Core::new(fs, root.clone(), options));
        prepare(&core)?;
        let mountpoint = Mountpoint::prepare(mountpoint, &core.options.fsname)?;
        if let Some(inside) = contained(&core.fs, &root, &mountpoint.path) {
            mountpoint.remove();
            return Err(FuseError::Mountpoint {
                path: mountpoint.path,
                why: format!(
                    "it lies inside {}, which the mount would show: it would contain itself",
                    inside.display()
                ),
            });
        }
        let bridge = Bridge::start(mark)?;
        let notices: Arc<Queue<Stale>> = Arc::default();
        let serving = Serving {
            core: core.clone(),
            bridge: bridge.clone(),
            notices: notices.clone(),
            door,
            read_only,
            allow_other,
        };
        let (ready, is_ready) = sync_channel(1);
        let (end, ended) = sync_channel::<()>(1);
        let path = mountpoint.path.clone();
        let thread = std::thread::Builder::new().name("mirage-fuse".into());
        let started = thread.spawn(move || {
            let greet = |result| {
                // The receiver may have lost patience.
                let _ = ready.send(result);
            };
            match leave_descriptors() {
                Ok(()) => serve(serving, &path, greet),
                Err(e) => greet(Err(e)),
            }
            drop(end);
        });
        let up = match started {
            Ok(_) => is_ready.recv_timeout(GREETING),
            Err(e) => Ok(Err(e)),
        };
        let refused = match up {
            Ok(Ok(())) => None,
            Ok(Err(e)) => Some(e),
            Err(_) => Some(io::Error::from(io::ErrorKind::TimedOut)),
        };
        if let Some(e) = refused {
            bridge.close();
            mountpoint.remove();
            return Err(FuseError::Refused {
                path: mountpoint.path,
                why: e.to_string(),
            });
        }
        let connection = mountpoint::mounted(&mountpoint.path).map_or(0, |m| m.minor);
        let switch = mountpoint::switch(connection);
        let reaper = Reaper::start(&mountpoint.path, connection, mountpoint.made());
        let listener = Listener::start(&core, &bridge, &notices, door);
        Ok(Self {
            core,
            bridge,
            root,
            mountpoint,
            listener,
            connection,
            switch,
            state: Mutex::new(State::Up(ended, reaper)),
        })
    }

    /// Where it is mounted: absolute, without links.
    pub fn mountpoint(&self) -> &Path {
        &self.mountpoint.path
    }

    /// What of the tree it shows.
    pub fn root(&self) -> &VPath {
        &self.root
    }

    /// Whether the kernel still has it: somebody else may have unmounted it.
    pub fn is_mounted(&self) -> bool {
        match &*self.state.lock() {
            State::Up(ended, _) => !matches!(ended.try_recv(), Err(std::sync::mpsc::TryRecvError::Disconnected)),
            State::Down => false,
        }
    }

    /// What went wrong lately, oldest first. What programs may expect (`ENOENT` and the like) is not among it.
    pub fn errors(&self) -> Vec<Failure> {
        self.core.failures()
    }

    /// How much went wrong in all.
    pub fn error_count(&self) -> u64 {
        self.core.failure_count()
    }

    /// Takes the mount off, even when it is in use: files that programs still have open fail from then on. Waits at most
    /// `deadline` for the threads; [`FuseError::Busy`] when some still wait for a backend then (the mount is gone all the
    /// same). Idempotent. The directory is removed if mounting made it.
    pub fn unmount(&self, deadline: Duration) -> Result<(), FuseError> {
        let mut state = self.state.lock();
        let State::Up(ended, reaper) = &mut *state else {
            return Ok(());
        };
        let reaper = reaper.take();
        let until = Instant::now() + deadline;
        self.core.fs.vfs().forget_listener(self.listener);
        let path = &self.mountpoint.path;
        let over = |wait: Duration| matches!(ended.recv_timeout(wait), Err(RecvTimeoutError::Disconnected));
        if !over(Duration::ZERO) {
            // Only while it is ours: what was mounted over it, or after somebody unmounted it, is not.
            if mountpoint::mounted(path).is_some_and(|m| m.minor == self.connection) {
                mountpoint::detach(path).map_err(|e| FuseError::Refused {
                    path: path.clone(),
                    why: e.to_string(),
                })?;
            }
            if !over(GRACE.min(deadline / 2))
                && let Some(switch) = &self.switch
            {
                // A connection that has ended by now has taken its switch with it.
                let _ = (&*switch).write_all(b"1");
            }
        }
        let home = over(until.saturating_duration_since(Instant::now()));
        *state = State::Down;
        drop(state);
        self.bridge.close();
        self.mountpoint.remove();
        if let Some(reaper) = reaper {
            reaper.dismiss();
        }
        if home {
            // Here and not on the loops' side, where closing a descriptor would hit another one.
            drop(self.core.handles.clear());
            let pins = self.core.inodes.lock().take_pins();
            drop(pins);
            self.core.fetches.clear();
            Ok(())
        } else {
            // Threads that are still out there must not be the last to hold on to descriptors.
            std::mem::forget(self.core.clone());
            Err(FuseError::Busy(path.clone()))
        }
    }
}

impl Drop for KernelMount {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure.
        let _ = self.unmount(PATIENCE);
    }
}

/// Looks at what is mounted. A backend that does not answer on the spot is taken at its word, the more so one that could only
/// answer on this very thread: mounting waits for nobody, and what is wrong shows at the first request.
fn prepare(core: &Arc<Core>) -> Result<(), FuseError> {
    let asked = core.clone();
    let look = || runtime::poll_now(Box::pin(async move { asked.prepare().await }));
    match runtime::allow_blocking(look) {
        Ok(Err(e)) if e.errno() == Errno::EDEADLK => {}
        Ok(done) => return Ok(done?),
        Err(_pending) => {}
    }
    Ok(core.start_at(&Stat::dir())?)
}

/// The directory of the host that is shown below `root` and holds `mountpoint`, if there is one: every look at the mount would
/// ask the mount.
fn contained(fs: &Fs, root: &VPath, mountpoint: &Path) -> Option<PathBuf> {
    let mounts = fs.vfs().mounts();
    let covering = mounts.find(root);
    let below = mounts.snapshot();
    let shown = below.iter().filter(|m| m.prefix.starts_with(root));
    let whole = shown.filter_map(|m| m.resource.host_path());
    let part = covering.and_then(|(mount, below)| {
        let names = std::ffi::OsStr::from_bytes(&below.as_bytes()[1..]);
        Some(mount.resource.host_path()?.join(names))
    });
    whole.chain(part).find(|dir| mountpoint.starts_with(dir))
}

/// Whether anything below `root` may be changed by the session at all.
fn may_write(fs: &Fs, root: &VPath) -> bool {
    let mounts = fs.vfs().mounts();
    let covering = mounts.find(root).map(|(mount, _)| mount);
    let below = mounts.snapshot();
    below
        .iter()
        .filter(|m| m.prefix.starts_with(root) && !m.infrastructure)
        .chain(&covering)
        .any(|m| {
            let ceiling = match &fs.session().ceilings {
                Some(all) if !m.infrastructure => all.get(&m.prefix).copied(),
                _ => Some(m.mode),
            };
            m.writable() && ceiling.is_some_and(|c| c >= Mode::Write)
        })
}

fn check_device() -> Result<(), FuseError> {
    rustix::fs::accessat(CWD, "/dev/fuse", Access::READ_OK | Access::WRITE_OK, AtFlags::EACCESS)
        .map_err(|e| FuseError::Device(e.to_string()))
}

/// Gives the calling thread, and those that it will start, a descriptor table of their own with nothing in it.
fn leave_descriptors() -> io::Result<()> {
    // SAFETY: the thread was started by `mount` a moment ago and owns no descriptor; what it was given refers to none either.
    let split = unsafe { libc::unshare(libc::CLONE_FILES) };
    if split != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the table is this thread's own copy: what is closed here stays open in the rest of the process.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, 0u32, u32::MAX, 0u32) };
    if closed != 0 {
        // Linux before 5.9.
        for fd in 0..65_536 {
            // SAFETY: as above.
            unsafe { libc::close(fd) };
        }
    }
    // Nothing that is opened from here on may be mistaken for standard input or output.
    for _ in 0..3 {
        // SAFETY: a constant path; the descriptor stays open as long as the table.
        unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
    }
    Ok(())
}
