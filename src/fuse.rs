//! Kernel mounts: what JavaScript says of them, and their end with the process.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use fuse::{MountOptions, StatFetch};
use napi::{Env, Result};
use napi_derive::napi;
use parking_lot::Mutex;
use vfs::runtime::allow_blocking;
use workspace::Workspace;

use crate::value::{Settled, Value};
use crate::workspace::{NativeWorkspace, workspace_error};

/// Options of a kernel mount; what is left out has the default. Times are in milliseconds.
#[napi(object)]
pub struct NativeFuseOptions {
    /// `never`, `auto` or `always`.
    pub stat_fetch: Option<String>,
    /// Bytes of a file of unknown size that `open` fetches at most.
    pub open_limit: Option<f64>,
    /// How long `open` waits for a file of unknown size.
    pub open_timeout: Option<f64>,
    /// How long a request may take.
    pub timeout: Option<f64>,
    /// How long a request waits for a JavaScript thread to begin with it.
    pub pickup_timeout: Option<f64>,
    /// How long the kernel believes names and attributes.
    pub ttl: Option<f64>,
    /// Whether other users may use it.
    pub allow_other: Option<bool>,
    /// Refuses every change.
    pub read_only: Option<bool>,
    /// Lets the kernel gather writes.
    pub writeback: Option<bool>,
    /// Bypasses the page cache.
    pub direct_io: Option<bool>,
    /// Threads that read requests.
    pub threads: Option<u32>,
    /// The name of the source in `/proc/mounts`.
    pub name: Option<String>,
}

impl NativeFuseOptions {
    fn into_options(self) -> MountOptions {
        let mut o = MountOptions::default();
        let set = |field: &mut Duration, ms: Option<f64>| {
            if let Some(d) = ms.and_then(|ms| Duration::try_from_secs_f64(ms / 1e3).ok()) {
                *field = d;
            }
        };
        set(&mut o.open_deadline, self.open_timeout);
        set(&mut o.op_deadline, self.timeout);
        set(&mut o.pickup_deadline, self.pickup_timeout);
        set(&mut o.ttl, self.ttl);
        match self.stat_fetch.as_deref() {
            Some("never") => o.stat_fetch = StatFetch::Never,
            Some("always") => o.stat_fetch = StatFetch::Always,
            // The facade has refused everything else.
            _ => {}
        }
        if let Some(n) = self.open_limit {
            o.open_limit_bytes = n as u64;
        }
        o.allow_other = self.allow_other;
        o.read_only = self.read_only.unwrap_or(o.read_only);
        o.writeback = self.writeback.unwrap_or(o.writeback);
        o.direct_io = self.direct_io.unwrap_or(o.direct_io);
        if let Some(n) = self.threads {
            o.threads = n as usize;
        }
        if let Some(name) = self.name {
            o.fsname = name;
        }
        o
    }
}

/// A kernel mount as it is listed.
#[napi(object)]
pub struct NativeFuseMount {
    /// `/x`.
    pub prefix: String,
    /// The session that it is bound to.
    pub session: Option<String>,
    /// The directory of the host.
    pub mountpoint: String,
}

/// The workspaces that have, or had, kernel mounts.
static MOUNTED: Mutex<Vec<Weak<Workspace>>> = Mutex::new(Vec::new());

#[napi]
impl NativeWorkspace {
    /// Shows a part of the tree as a directory of the host; answers where. Takes a few milliseconds, on this thread.
    #[napi(catch_unwind)]
    pub fn add_fuse_mount(
        &self,
        env: Env,
        prefix: String,
        mountpoint: Option<String>,
        session: Option<String>,
        options: NativeFuseOptions,
    ) -> Result<String> {
        let options = options.into_options();
        let path = mountpoint.map(PathBuf::from);
        let at = allow_blocking(|| self.inner.add_fuse_mount(&prefix, path, session.as_deref(), options))
            .map_err(|e| workspace_error(&env, &e))?;
        let mut mounted = MOUNTED.lock();
        mounted.retain(|ws| ws.strong_count() > 0);
        if !mounted.iter().any(|ws| ws.as_ptr() == Arc::as_ptr(&self.inner)) {
            mounted.push(Arc::downgrade(&self.inner));
        }
        Ok(at.to_string_lossy().into_owned())
    }

    /// Takes a kernel mount off.
    #[napi(catch_unwind)]
    pub fn remove_fuse_mount(
        &self,
        env: Env,
        id: u32,
        prefix: String,
        session: Option<String>,
    ) -> Result<Option<Settled>> {
        let inner = self.inner.clone();
        self.later(&env, id, async move {
            // Elsewhere: a program that the mount still serves may wait for this thread.
            let done = vfs::runtime::unblock(move || Ok(inner.remove_fuse_mount(&prefix, session.as_deref()))).await?;
            done.map(|()| Value::Undefined)
        })
    }

    /// The kernel mounts that are up.
    #[napi(catch_unwind)]
    pub fn fuse_mounts(&self) -> Vec<NativeFuseMount> {
        let all = self.inner.fuse_mountpoints().into_iter();
        all.map(|m| NativeFuseMount {
            prefix: m.prefix,
            session: m.session,
            mountpoint: m.mountpoint.to_string_lossy().into_owned(),
        })
        .collect()
    }

    /// Takes all kernel mounts off at once, waiting a moment only.
    #[napi(catch_unwind)]
    pub fn drop_fuse_mounts(&self) {
        allow_blocking(|| self.inner.remove_fuse_mounts());
    }

    /// What went wrong in kernel mounts lately.
    #[napi(catch_unwind)]
    pub fn fuse_errors(&self) -> Option<Settled> {
        let all = self.inner.fuse_errors().into_iter();
        let rows = all.map(|f| {
            Value::Object(vec![
                ("time", Value::Number(f.time.as_millis_f64())),
                ("operation", Value::Text(f.operation.into())),
                ("path", Value::Text(f.path)),
                ("code", Value::Text(f.code.into())),
                ("message", Value::Text(f.message)),
            ])
        });
        Some(Settled(Value::List(rows.collect())))
    }
}

/// Takes off every kernel mount of this process, at its end: what is still written is lost otherwise, and the directories stay
/// dead. Waits for each a moment only.
#[napi(catch_unwind)]
pub fn unmount_all() {
    let mounted: Vec<_> = std::mem::take(&mut *MOUNTED.lock());
    allow_blocking(|| {
        for ws in mounted.iter().filter_map(Weak::upgrade) {
            ws.remove_fuse_mounts();
        }
    });
}
