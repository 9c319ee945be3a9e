//! Running commands (bash manual, "Shell Commands").

mod assign;
mod background;
mod compound;
pub(crate) mod cond;
mod declare;
pub(crate) mod devices;
mod external;
mod function;
pub(crate) mod host;
mod list;
mod pipeline;
mod redirect;
mod simple;
mod xtrace;

pub(crate) use declare::{DeclArg, target_text};
pub(crate) use external::{SYSTEM_DIRS, system_name};
pub(crate) use pipeline::cpu_times;
pub(crate) use redirect::Undo;
pub(crate) use simple::Target;
