//! The list of all commands.

use std::sync::Arc;

use shell::command::Command;

use crate::text;

/// All commands of this crate, one line each.
pub fn all() -> Vec<Arc<dyn Command>> {
    vec![Arc::new(text::cat::COMMAND)]
}
