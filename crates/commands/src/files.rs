//! Commands on files and directories.

pub mod backup;
pub mod chmod;
pub mod cmp;
pub mod copy;
pub mod cp;
pub mod diff;
pub mod du;
pub mod facts;
pub mod file;
pub mod find;
pub mod ln;
pub mod ls;
pub mod mkdir;
pub mod mktemp;
pub mod modes;
pub mod mv;
pub mod prompt;
pub mod readlink;
pub mod realpath;
pub mod resolve;
pub mod rm;
pub mod rmdir;
pub mod stat;
pub mod touch;
pub mod tree;
pub mod truncate;
