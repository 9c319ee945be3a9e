//! Handles of backends that JavaScript holds.

use std::sync::Arc;

use napi::{Env, Result};
use napi_derive::napi;
use resources::ram::{Limits, Ram};
use vfs::{Capabilities, Resource};

use crate::channel::{Channel, next_id};
use crate::error::node_error;
use crate::js_resource::JsResource;

/// A backend. The facade's resource classes hold one each.
#[napi]
pub struct NativeResource {
    pub(crate) inner: Arc<dyn Resource>,
}

#[napi]
impl NativeResource {
    /// A tree in memory, limited to `limit` bytes if given.
    #[napi(factory, catch_unwind)]
    pub fn ram(limit: Option<f64>) -> Self {
        let limits = Limits {
            bytes: limit.map(|bytes| bytes as u64),
            files: None,
        };
        Self {
            inner: Arc::new(Ram::metered(limits, crate::memory::meter())),
        }
    }

    /// A directory of the host.
    #[napi(factory, catch_unwind)]
    pub fn disk(env: Env, root: String) -> Result<Self> {
        let disk = resources::disk::Disk::new(&root).map_err(|e| node_error(&env, &e))?;
        Ok(Self { inner: Arc::new(disk) })
    }

    /// A backend written in JavaScript: requests go to object `target`. `abilities` are the names of what it can do beyond
    /// stat, list and read: `ranges write append truncate rename copy symlinks attributes`.
    #[napi(factory, catch_unwind)]
    pub fn from_js(kind: String, prompt: Option<String>, target: u32, abilities: Vec<String>) -> Result<Self> {
        let can = |name: &str| abilities.iter().any(|a| a == name);
        let capabilities = Capabilities {
            write: can("write"),
            append: can("append"),
            rename: can("rename"),
            copy: can("copy"),
            symlinks: can("symlinks"),
            attributes: can("attributes"),
            ..Capabilities::READ_ONLY
        };
        let channel = Channel::here()?;
        Ok(Self {
            inner: Arc::new(JsResource {
                channel,
                target,
                kind,
                prompt,
                capabilities,
                ranges: can("ranges"),
            }),
        })
    }

    /// The backend's name.
    #[napi(getter, catch_unwind)]
    pub fn kind(&self) -> String {
        self.inner.kind().to_owned()
    }

    /// The line that explains the mount to an agent; `{prefix}` stands for its path.
    #[napi(getter, catch_unwind)]
    pub fn prompt(&self) -> Option<String> {
        self.inner.prompt()
    }
}

/// A fresh number for a JavaScript object that requests are addressed to.
#[napi(catch_unwind)]
pub fn new_target() -> u32 {
    next_id()
}
