//! [`Engine`]: what all sessions of a workspace share.

use std::sync::Arc;

use crate::command::{Limits, Registry};
use crate::jobs::Processes;
use crate::script::ScriptCache;

/// What all sessions of a workspace share: the commands, the default limits, parsed scripts, process numbers.
pub struct Engine {
    registry: Registry,
    limits: Limits,
    pub(crate) scripts: ScriptCache,
    pub(crate) processes: Arc<Processes>,
}

impl Engine {
    /// An engine over `registry`; `limits` hold for every call that does not bring its own.
    pub fn new(registry: Registry, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            registry,
            limits,
            scripts: ScriptCache::default(),
            processes: Processes::new(),
        })
    }

    /// The commands.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The default limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}
