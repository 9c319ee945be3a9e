//! Registration of commands written in JavaScript.

use std::sync::Arc;

use napi::Result;
use napi_derive::napi;
use shell::command::Candidate;

use crate::js_command::JsCommand;
use crate::workspace::NativeWorkspace;

#[napi]
impl NativeWorkspace {
    /// Registers a command whose calls go to object `target`: general, or only for a backend kind and/or a file type.
    #[napi(catch_unwind)]
    pub fn add_command(
        &self,
        name: String,
        target: u32,
        summary: String,
        resource: Option<String>,
        filetype: Option<String>,
    ) -> Result<()> {
        let command = JsCommand {
            channel: Self::channel()?,
            target,
            name: name.clone(),
            summary,
        };
        self.inner.registry().add_as(
            name.as_bytes(),
            Candidate {
                resource,
                filetype,
                command: Arc::new(command),
            },
        );
        Ok(())
    }

    /// Takes a command out, with all its overrides; whether there was one.
    #[napi(catch_unwind)]
    pub fn remove_command(&self, name: String) -> bool {
        self.inner.registry().remove(name.as_bytes())
    }
}
