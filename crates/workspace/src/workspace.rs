//! [`Workspace`]: the whole, as a Rust program uses it and the Node binding wraps it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};
use shell::command::Registry;
use shell::engine::Engine;
use shell::session::{Session, SessionOptions};
use vfs::{Cancel, CancelReason, Fs, Mode, Mount, MountOptions, Resource, SessionView, Time, VPath, Vfs};

use crate::error::{Result, WorkspaceError};
use crate::fuse::FuseMounts;
use crate::history::{HISTORY_VIEW, History, HistoryEntry, HistoryView, OUTPUT_KEPT};
use crate::lane::{Done, Execute, Finished, Lane};
use crate::options::WorkspaceOptions;

/// A session, as it is listed.
#[derive(Debug, Clone)]
pub struct SessionInfo {
    /// Its id.
    pub id: String,
    /// Its working directory.
    pub cwd: Vec<u8>,
    /// Its exported variables.
    pub env: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Ceiling per mount prefix, if it is narrowed.
    pub ceilings: Option<BTreeMap<VPath, Mode>>,
}

struct Slot {
    lane: Arc<Lane>,
    view: Arc<SessionView>,
    cancel: Cancel,
}

/// One tree, one shell with its sessions, one history.
pub struct Workspace {
    vfs: Arc<Vfs>,
    engine: Arc<Engine>,
    options: WorkspaceOptions,
    sessions: RwLock<HashMap<String, Slot>>,
    history: Arc<Mutex<History>>,
    /// Parent of every call's token: cancelled by `close`.
    cancel: Cancel,
    closed: AtomicBool,
    fuse: FuseMounts,
}

/// The prefix in the form of the contract's messages, `/x/`.
pub fn display_prefix(prefix: &VPath) -> String {
    if prefix.is_root() {
        "/".into()
    } else {
        format!("{prefix}/")
    }
}

impl Workspace {
    /// A workspace with the built-in commands, `/dev`, and an empty tree in memory at `/` until something else is mounted
    /// there.
    pub fn new(options: WorkspaceOptions) -> Result<Arc<Self>> {
        let registry = Registry::new();
        for command in commands::registry::all() {
            registry.add(command);
        }
        let vfs = Vfs::new();
        let root = MountOptions::new(options.root_mode).infrastructure();
        vfs.mount_with(VPath::root(), Arc::new(resources::ram::Ram::new()), root)?;
        let engine = Engine::new(registry, options.limits.clone());
        let history = Arc::new(Mutex::new(History::new(options.history_limit)));
        let view = MountOptions::new(Mode::Read).infrastructure().hidden();
        vfs.mount_with(VPath::new(HISTORY_VIEW)?, Arc::new(HistoryView(history.clone())), view)?;
        let ws = Arc::new(Self {
            vfs,
            engine,
            sessions: RwLock::default(),
            history,
            cancel: Cancel::new(),
            closed: AtomicBool::new(false),
            fuse: FuseMounts::default(),
            options,
        });
        ws.open_session(&ws.options.session_id, None)?;
        Ok(ws)
    }

    fn alive(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            Err(WorkspaceError::Closed)
        } else {
            Ok(())
        }
    }

    /// The tree.
    pub fn vfs(&self) -> &Arc<Vfs> {
        &self.vfs
    }

    pub(crate) fn fuse_mounts(&self) -> &FuseMounts {
        &self.fuse
    }

    /// The commands.
    pub fn registry(&self) -> &Registry {
        self.engine.registry()
    }

    /// Parses a mount prefix: `/a` and `/a/` are the same.
    pub fn prefix(text: &str) -> Result<VPath> {
        let bad = || WorkspaceError::BadPrefix(text.into());
        if !text.starts_with('/') || text.contains("//") {
            return Err(bad());
        }
        VPath::new(text).map_err(|_| bad())
    }

    /// Mounts `resource` at `prefix`.
    pub fn add_mount(&self, prefix: &str, resource: Arc<dyn Resource>, mode: Mode) -> Result<Arc<Mount>> {
        self.alive()?;
        let path = Self::prefix(prefix)?;
        if path.is_root() && self.mounts().iter().any(|m| m.prefix.is_root() && m.infrastructure) {
            // The user's root takes the place of the one that was there for want of any.
            self.vfs.unmount(&path)?;
        }
        self.vfs
            .mount(path.clone(), resource, mode)
            .map_err(|e| match e.errno() {
                vfs::Errno::EEXIST => WorkspaceError::DuplicateMount(display_prefix(&path)),
                _ => e.into(),
            })
    }

    /// Takes a mount out and closes its resource when no other mount uses it.
    pub async fn unmount(&self, prefix: &str) -> Result<()> {
        self.alive()?;
        let path = Self::prefix(prefix)?;
        let shown = display_prefix(&path);
        if path.is_root() {
            return Err(WorkspaceError::UnmountRoot(shown));
        }
        if self
            .vfs
            .mounts()
            .snapshot()
            .iter()
            .any(|m| m.prefix == path && m.infrastructure)
        {
            return Err(if path.as_bytes() == HISTORY_VIEW {
                WorkspaceError::UnmountHistory(path.to_string())
            } else {
                WorkspaceError::UnmountReserved(shown)
            });
        }
        let gone = self.vfs.unmount(&path).map_err(|_| WorkspaceError::NoMount(shown))?;
        let still_used = self
            .vfs
            .mounts()
            .snapshot()
            .iter()
            .any(|m| Arc::ptr_eq(&m.resource, &gone.resource));
        if !still_used {
            gone.resource.close().await?;
        }
        Ok(())
    }

    /// The mounts, longest prefix first.
    pub fn mounts(&self) -> Arc<Vec<Arc<Mount>>> {
        self.vfs.mounts().snapshot()
    }

    fn open_session(&self, id: &str, ceilings: Option<BTreeMap<VPath, Mode>>) -> Result<()> {
        let mut sessions = self.sessions.write();
        if sessions.contains_key(id) {
            return Err(WorkspaceError::DuplicateSession(id.into()));
        }
        let view = Arc::new(SessionView {
            id: id.into(),
            ceilings,
        });
        let fs = self.vfs.fs_for(view.clone());
        let session = Session::new(
            &self.engine,
            fs,
            SessionOptions {
                cwd: VPath::new(&self.options.cwd)?,
                env: self.options.env.clone(),
                ..SessionOptions::default()
            },
        );
        sessions.insert(
            id.into(),
            Slot {
                lane: Lane::new(session),
                view,
                cancel: self.cancel.child(),
            },
        );
        Ok(())
    }

    /// Opens a session, narrowed to `ceilings` if given.
    pub fn create_session(&self, id: &str, ceilings: Option<BTreeMap<VPath, Mode>>) -> Result<SessionInfo> {
        self.alive()?;
        self.open_session(id, ceilings)?;
        self.session(id)
    }

    /// A session's present state.
    pub fn session(&self, id: &str) -> Result<SessionInfo> {
        let sessions = self.sessions.read();
        let slot = sessions
            .get(id)
            .ok_or_else(|| WorkspaceError::UnknownSession(id.into()))?;
        Ok(slot.lane.look(|s| SessionInfo {
            id: id.into(),
            cwd: s.cwd().as_bytes().to_vec(),
            env: s.env().as_ref().clone(),
            ceilings: slot.view.ceilings.clone(),
        }))
    }

    /// All session ids, sorted.
    pub fn sessions(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.sessions.read().keys().cloned().collect();
        ids.sort();
        ids
    }

    /// The default session's id.
    pub fn default_session(&self) -> &str {
        &self.options.session_id
    }

    /// Ends a session and what runs in it.
    pub fn close_session(&self, id: &str) -> Result<()> {
        if id == self.options.session_id {
            return Err(WorkspaceError::DefaultSession(id.into()));
        }
        let slot = self
            .sessions
            .write()
            .remove(id)
            .ok_or_else(|| WorkspaceError::UnknownSession(id.into()))?;
        slot.cancel.cancel(CancelReason::Closed);
        Ok(())
    }

    /// Ends every session but the default one.
    pub fn close_all_sessions(&self) {
        let gone: Vec<Slot> = {
            let mut sessions = self.sessions.write();
            let ids: Vec<String> = sessions
                .keys()
                .filter(|id| **id != self.options.session_id)
                .cloned()
                .collect();
            ids.iter().filter_map(|id| sessions.remove(id)).collect()
        };
        for slot in gone {
            slot.cancel.cancel(CancelReason::Closed);
        }
    }

    /// Changes a session's working directory without running anything.
    pub fn set_cwd(&self, id: &str, cwd: VPath) -> Result<()> {
        self.lane(id)?.change(|s| s.set_cwd(cwd));
        Ok(())
    }

    /// Replaces a session's exported variables.
    pub fn set_env(&self, id: &str, env: BTreeMap<Vec<u8>, Vec<u8>>) -> Result<()> {
        self.lane(id)?.change(|s| {
            for name in s.env().keys().filter(|name| !env.contains_key(*name)) {
                s.set_env(name, None);
            }
            for (name, value) in &env {
                s.set_env(name, Some(value));
            }
        });
        Ok(())
    }

    fn lane(&self, id: &str) -> Result<Arc<Lane>> {
        self.alive()?;
        let sessions = self.sessions.read();
        sessions
            .get(id)
            .map(|s| s.lane.clone())
            .ok_or_else(|| WorkspaceError::UnknownSession(id.into()))
    }

    /// The tree as a session sees it (the default session: as nobody restricts it).
    pub fn fs(&self, session: Option<&str>) -> Result<Fs> {
        self.alive()?;
        match session {
            None => Ok(self.vfs.fs()),
            Some(id) => {
                let sessions = self.sessions.read();
                let slot = sessions
                    .get(id)
                    .ok_or_else(|| WorkspaceError::UnknownSession(id.into()))?;
                Ok(self.vfs.fs_for(slot.view.clone()))
            }
        }
    }

    /// Runs a script; `done` is called with its end. Never blocks.
    pub fn execute(&self, mut call: Execute, done: Done) -> Result<()> {
        self.alive()?;
        let id = call.session.take().unwrap_or_else(|| self.options.session_id.clone());
        let (lane, session_cancel) = {
            let sessions = self.sessions.read();
            let slot = sessions
                .get(&id)
                .ok_or_else(|| WorkspaceError::UnknownSession(id.clone()))?;
            (slot.lane.clone(), slot.cancel.clone())
        };
        // The caller's token and the session's: whichever fires ends the call.
        let cancel = session_cancel.child();
        let linked = cancel.clone();
        let caller = std::mem::replace(&mut call.cancel, cancel);
        let guard = caller.on_cancel({
            let caller = caller.clone();
            move || linked.cancel(caller.reason().unwrap_or(CancelReason::Aborted))
        });
        let limits = call.limits.clone().unwrap_or_else(|| self.options.limits.clone());
        let history = self.history.clone();
        let (record, agent) = (
            call.record,
            call.agent.take().unwrap_or_else(|| self.options.agent_id.clone()),
        );
        let (command, started) = (if record { call.script.clone() } else { Vec::new() }, Time::now());
        let after = Box::new(move |f: &Finished, cwd: &VPath| {
            drop(guard);
            if record {
                history.lock().push(HistoryEntry {
                    agent,
                    session: id,
                    timestamp: started,
                    cwd: cwd.as_bytes().to_vec(),
                    command,
                    exit_code: f.status,
                    stdout: f.stdout[..f.stdout.len().min(OUTPUT_KEPT)].to_vec(),
                });
            }
        });
        lane.submit(call, limits, self.options.output_lines, done, after)
    }

    /// Runs a script and waits for its end on this thread, which must be one that may block.
    pub fn execute_blocking(&self, call: Execute) -> Result<Finished> {
        let (tx, rx) = std::sync::mpsc::sync_channel(1);
        self.execute(
            call,
            Box::new(move |result| {
                // The receiver waits below for exactly this.
                let _ = tx.send(result);
            }),
        )?;
        rx.recv().unwrap_or(Err(WorkspaceError::Closed))
    }

    /// The history, oldest line first.
    pub fn history(&self) -> Vec<HistoryEntry> {
        self.history.lock().entries()
    }

    /// Forgets the history.
    pub fn clear_history(&self) {
        self.history.lock().clear();
    }

    /// Whether `close` was called.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Stops whatever runs and closes every resource that is mounted nowhere else. Idempotent.
    pub async fn close(&self) -> Result<()> {
        if self.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.cancel.cancel(CancelReason::Closed);
        self.sessions.write().clear();
        // Before the resources: what the kernel still holds back is written.
        let mut first_error = self.close_fuse_mounts().await;
        let mounts = self.vfs.mounts().snapshot();
        for (i, mount) in mounts.iter().enumerate() {
            // One resource may stand at several places; it is closed once.
            if mounts[..i].iter().any(|m| Arc::ptr_eq(&m.resource, &mount.resource)) {
                continue;
            }
            if let Err(e) = mount.resource.close().await {
                first_error = first_error.and(Err(e.into()));
            }
        }
        first_error
    }
}
