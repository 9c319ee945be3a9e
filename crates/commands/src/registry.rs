//! The list of all commands.

use std::sync::Arc;

use shell::command::Command;

use crate::{search, text};

/// All commands of this crate, one line each.
pub fn all() -> Vec<Arc<dyn Command>> {
    vec![
        Arc::new(search::grep::COMMAND),
        Arc::new(search::grep::EGREP),
        Arc::new(search::grep::FGREP),
        Arc::new(text::cat::COMMAND),
        Arc::new(text::cut::COMMAND),
        Arc::new(text::head::COMMAND),
        Arc::new(text::nl::COMMAND),
        Arc::new(text::paste::COMMAND),
        Arc::new(text::sort::COMMAND),
        Arc::new(text::tac::COMMAND),
        Arc::new(text::tail::COMMAND),
        Arc::new(text::tr::COMMAND),
        Arc::new(text::uniq::COMMAND),
        Arc::new(text::wc::COMMAND),
    ]
}
