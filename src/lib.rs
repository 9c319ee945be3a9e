//! The Node binding: marshals values between JavaScript and the workspace crate, and has no rules of its own.
//!
//! One [`channel`] per JavaScript thread carries everything that happens later than the call that caused it: settled
//! promises, requests to resources and commands written in JavaScript, chunks of streamed output.

mod attach;
mod bytes;
mod channel;
mod commands;
mod error;
mod execute;
mod fs;
mod fs_sync;
mod fuse;
mod js_command;
mod js_resource;
mod js_stdio;
mod memory;
mod resource;
mod value;
mod workspace;
