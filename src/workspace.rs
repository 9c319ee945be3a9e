//! The workspace class: mounts, sessions, history, life.

use std::collections::BTreeMap;
use std::sync::Arc;

use fuse::FuseError;
use napi::bindgen_prelude::JsValue;
use napi::{Env, Error, Result, Status};
use napi_derive::napi;
use vfs::{Mode, VPath};
use workspace::{Workspace, WorkspaceError, WorkspaceOptions};

use crate::channel::{Channel, settle_or_send};
use crate::error::node_error;
use crate::resource::NativeResource;
use crate::value::{Settled, Value};

/// Options of a workspace; what is left out has the contract's default.
#[napi(object)]
pub struct NativeOptions {
    /// Id of the default session.
    pub session_id: Option<String>,
    /// Recorded with every line.
    pub agent_id: Option<String>,
    /// Lines of history kept.
    pub history_limit: Option<u32>,
    /// Lines that the last `cat`, `grep`, `rg`, `head` or `tail` may print; negative for no guard.
    pub output_lines: Option<i32>,
    /// First environment.
    pub env: Option<Vec<Vec<String>>>,
    /// Working directory of new sessions.
    pub cwd: Option<String>,
    /// Limits of every call.
    pub limits: Option<NativeLimits>,
    /// Mode of the tree in memory at `/` until something else is mounted there.
    pub root_mode: Option<String>,
}

/// Limits of a call; what is left out has the default, a negative number means none.
#[napi(object)]
#[derive(Clone, Copy)]
pub struct NativeLimits {
    /// Milliseconds of wall-clock time for the call.
    pub wall_ms: Option<f64>,
    /// Milliseconds of wall-clock time for one command.
    pub command_wall_ms: Option<f64>,
    /// Milliseconds of processor time for the call.
    pub cpu_ms: Option<f64>,
    /// Interpreter steps.
    pub fuel: Option<f64>,
    /// Bytes of output.
    pub output: Option<f64>,
    /// Nesting.
    pub depth: Option<f64>,
    /// Open descriptors.
    pub open_files: Option<f64>,
    /// Bytes of one value.
    pub memory: Option<f64>,
    /// Words of one expansion.
    pub words: Option<f64>,
}

impl NativeLimits {
    /// These limits over `base`.
    pub fn over(&self, mut base: shell::command::Limits) -> shell::command::Limits {
        let optional = |v: f64| (v >= 0.0).then_some(v);
        let duration = |v: f64| optional(v).map(|ms| std::time::Duration::from_secs_f64(ms / 1e3));
        let count = |v: f64| optional(v).map_or(usize::MAX, |n| n as usize);
        if let Some(v) = self.wall_ms {
            base.wall = duration(v);
        }
        if let Some(v) = self.command_wall_ms {
            base.command_wall = duration(v);
        }
        if let Some(v) = self.cpu_ms {
            base.cpu = duration(v);
        }
        if let Some(v) = self.fuel {
            base.fuel = optional(v).map(|n| n as u64);
        }
        if let Some(v) = self.output {
            base.output = optional(v).map(|n| n as usize);
        }
        if let Some(v) = self.depth {
            base.depth = count(v);
        }
        if let Some(v) = self.open_files {
            base.open_files = count(v);
        }
        if let Some(v) = self.memory {
            base.memory = count(v);
        }
        if let Some(v) = self.words {
            base.words = count(v);
        }
        base
    }
}

/// A mount as it is listed.
#[napi(object)]
pub struct NativeMount {
    /// `/x/`.
    pub prefix: String,
    /// The backend's name.
    pub kind: String,
    /// `read`, `write` or `exec`.
    pub mode: String,
    /// Whether the workspace itself made it.
    pub infrastructure: bool,
}

/// A session as it is listed.
#[napi(object)]
pub struct NativeSession {
    /// Its id.
    pub id: String,
    /// Its working directory.
    pub cwd: String,
    /// Its exported variables: names and values in turn.
    pub env: Vec<String>,
}

/// A workspace.
#[napi]
pub struct NativeWorkspace {
    pub(crate) inner: Arc<Workspace>,
    pub(crate) limits: shell::command::Limits,
}

/// The JavaScript error for what the workspace refused.
pub fn workspace_error(env: &Env, e: &WorkspaceError) -> Error {
    match e {
        WorkspaceError::Vfs(e) | WorkspaceError::Fuse(FuseError::Vfs(e)) => node_error(env, e),
        WorkspaceError::Fuse(e) => fuse_error(env, e),
        other => Error::new(Status::GenericFailure, other.to_string()),
    }
}

/// A kernel mount that failed: `ERR_FUSE_UNAVAILABLE` when the system cannot have any.
fn fuse_error(env: &Env, e: &FuseError) -> Error {
    let code = match e {
        FuseError::Unsupported | FuseError::Device(_) | FuseError::Helper => "ERR_FUSE_UNAVAILABLE",
        _ => "ERR_FUSE_MOUNT",
    };
    let build = || -> Result<Error> {
        let mut object = env.create_error(Error::new(Status::GenericFailure, e.to_string()))?;
        object.set("code", code)?;
        Ok(Error::from(object.to_unknown()))
    };
    build().unwrap_or_else(|e| e)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn mode(name: &str) -> Result<Mode> {
    Mode::parse(name).ok_or_else(|| Error::new(Status::InvalidArg, format!("invalid mount mode: '{name}'")))
}

#[napi]
impl NativeWorkspace {
    /// A workspace with nothing mounted but `/dev` and an empty root.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, options: NativeOptions) -> Result<Self> {
        let mut o = WorkspaceOptions::default();
        if let Some(id) = options.session_id {
            o.session_id = id;
        }
        if let Some(id) = options.agent_id {
            o.agent_id = id;
        }
        if let Some(n) = options.history_limit {
            o.history_limit = n as usize;
        }
        if let Some(n) = options.output_lines {
            o.output_lines = usize::try_from(n).ok();
        }
        if let Some(cwd) = options.cwd {
            o.cwd = cwd.into_bytes();
        }
        for pair in options.env.unwrap_or_default() {
            if let [name, value] = &pair[..] {
                o.env.insert(name.clone().into_bytes(), value.clone().into_bytes());
            }
        }
        if let Some(limits) = options.limits {
            o.limits = limits.over(o.limits);
        }
        if let Some(name) = options.root_mode {
            o.root_mode = mode(&name)?;
        }
        let limits = o.limits.clone();
        let inner = Workspace::new(o).map_err(|e| workspace_error(&env, &e))?;
        Ok(Self { inner, limits })
    }

    /// Mounts a backend.
    #[napi(catch_unwind)]
    pub fn add_mount(
        &self,
        env: Env,
        prefix: String,
        resource: &NativeResource,
        mode_name: String,
    ) -> Result<NativeMount> {
        let m = self
            .inner
            .add_mount(&prefix, resource.inner.clone(), mode(&mode_name)?)
            .map_err(|e| workspace_error(&env, &e))?;
        Ok(listed(&m))
    }

    /// Takes a mount out.
    #[napi(catch_unwind)]
    pub fn unmount(&self, env: Env, id: u32, prefix: String) -> Result<Option<Settled>> {
        let inner = self.inner.clone();
        self.later(&env, id, async move {
            inner.unmount(&prefix).await.map(|()| Value::Undefined)
        })
    }

    /// The mounts, longest prefix first.
    #[napi(catch_unwind)]
    pub fn mounts(&self) -> Vec<NativeMount> {
        self.inner.mounts().iter().map(|m| listed(m)).collect()
    }

    /// Opens a session; `ceilings` are pairs of prefix and mode.
    #[napi(catch_unwind)]
    pub fn create_session(&self, env: Env, id: String, ceilings: Option<Vec<Vec<String>>>) -> Result<NativeSession> {
        let ceilings = match ceilings {
            None => None,
            Some(pairs) => {
                let mut map = BTreeMap::new();
                for pair in &pairs {
                    if let [prefix, name] = &pair[..] {
                        let prefix = Workspace::prefix(prefix).map_err(|e| workspace_error(&env, &e))?;
                        map.insert(prefix, mode(name)?);
                    }
                }
                Some(map)
            }
        };
        self.inner
            .create_session(&id, ceilings)
            .map_err(|e| workspace_error(&env, &e))
            .map(session)
    }

    /// A session's present state.
    #[napi(catch_unwind)]
    pub fn session(&self, env: Env, id: String) -> Result<NativeSession> {
        self.inner
            .session(&id)
            .map_err(|e| workspace_error(&env, &e))
            .map(session)
    }

    /// All session ids.
    #[napi(catch_unwind)]
    pub fn sessions(&self) -> Vec<String> {
        self.inner.sessions()
    }

    /// Ends a session.
    #[napi(catch_unwind)]
    pub fn close_session(&self, env: Env, id: String) -> Result<()> {
        self.inner.close_session(&id).map_err(|e| workspace_error(&env, &e))
    }

    /// Ends all sessions but the default one.
    #[napi(catch_unwind)]
    pub fn close_all_sessions(&self) {
        self.inner.close_all_sessions();
    }

    /// The default session's id.
    #[napi(getter, catch_unwind)]
    pub fn default_session(&self) -> String {
        self.inner.default_session().to_owned()
    }

    /// Changes a session's working directory.
    #[napi(catch_unwind)]
    pub fn set_cwd(&self, env: Env, id: String, cwd: String) -> Result<()> {
        let cwd = VPath::new(&cwd).map_err(|e| node_error(&env, &e.with_operand(&cwd)))?;
        self.inner.set_cwd(&id, cwd).map_err(|e| workspace_error(&env, &e))
    }

    /// Replaces a session's exported variables: names and values in turn.
    #[napi(catch_unwind)]
    pub fn set_env(&self, env: Env, id: String, pairs: Vec<String>) -> Result<()> {
        let mut map = BTreeMap::new();
        for pair in pairs.chunks_exact(2) {
            map.insert(pair[0].clone().into_bytes(), pair[1].clone().into_bytes());
        }
        self.inner.set_env(&id, map).map_err(|e| workspace_error(&env, &e))
    }

    /// The history, oldest first.
    #[napi(catch_unwind)]
    pub fn history(&self) -> Option<Settled> {
        let entries = self.inner.history().into_iter().map(|e| {
            Value::Object(vec![
                ("type", Value::Text("command".into())),
                ("agent", Value::Text(e.agent)),
                ("session", Value::Text(e.session)),
                ("timestamp", Value::Number(e.timestamp.as_millis_f64())),
                ("cwd", Value::Text(lossy(&e.cwd))),
                ("command", Value::Text(lossy(&e.command))),
                ("exitCode", Value::Number(f64::from(e.exit_code))),
                ("stdout", Value::Text(lossy(&e.stdout))),
            ])
        });
        Some(Settled(Value::List(entries.collect())))
    }

    /// Forgets the history.
    #[napi(catch_unwind)]
    pub fn clear_history(&self) {
        self.inner.clear_history();
    }

    /// Names of all commands.
    #[napi(catch_unwind)]
    pub fn commands(&self) -> Vec<String> {
        self.inner.registry().names().iter().map(|n| lossy(n)).collect()
    }

    /// Whether `close` was called.
    #[napi(getter, catch_unwind)]
    pub fn closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Stops everything.
    #[napi(catch_unwind)]
    pub fn close(&self, env: Env, id: u32) -> Result<Option<Settled>> {
        let inner = self.inner.clone();
        self.later(&env, id, async move { inner.close().await.map(|()| Value::Undefined) })
    }
}

impl NativeWorkspace {
    /// As [`settle_or_send`] for the workspace's own errors: those that are not of the tree are thrown by the facade.
    pub(crate) fn later(
        &self,
        env: &Env,
        id: u32,
        future: impl Future<Output = workspace::Result<Value>> + Send + 'static,
    ) -> Result<Option<Settled>> {
        // Refusals of the workspace come before any waiting, so the first poll tells them apart.
        match vfs::runtime::poll_now(Box::pin(future)) {
            Ok(Ok(value)) => Ok(Some(Settled(value))),
            Ok(Err(e)) => Err(workspace_error(env, &e)),
            Err(pending) => settle_or_send(env, id, async move {
                pending.await.map_err(|e| match e {
                    WorkspaceError::Vfs(e) => e,
                    other => vfs::VfsError::new(vfs::Errno::EINVAL).detail(other.to_string()),
                })
            }),
        }
    }

    /// The channel of this thread.
    pub(crate) fn channel() -> Result<Arc<Channel>> {
        Channel::here()
    }
}

fn listed(m: &vfs::Mount) -> NativeMount {
    NativeMount {
        prefix: if m.prefix.is_root() {
            "/".into()
        } else {
            format!("{}/", m.prefix)
        },
        kind: m.resource.kind().to_owned(),
        mode: m.mode.name().to_owned(),
        infrastructure: m.infrastructure,
    }
}

fn session(s: workspace::SessionInfo) -> NativeSession {
    NativeSession {
        id: s.id,
        cwd: lossy(&s.cwd),
        env: s.env.iter().flat_map(|(k, v)| [lossy(k), lossy(v)]).collect(),
    }
}
