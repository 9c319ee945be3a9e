//! `execute`: one call into the shell.

use std::sync::Arc;

use ::bytes::Bytes;
use napi::{Env, Result};
use napi_derive::napi;
use vfs::{Cancel, CancelReason, VPath, VfsError};
use workspace::{Execute, StdinSource, StdoutSink, WorkspaceError};

use crate::bytes::OwnedBytes;
use crate::error::node_error;
use crate::js_stdio::{JsSink, JsSource};
use crate::value::Value;
use crate::workspace::{NativeLimits, NativeWorkspace, workspace_error};

/// Options of one call.
#[napi(object, object_to_js = false)]
pub struct NativeExecute {
    /// Standard input at hand.
    pub stdin: Option<OwnedBytes>,
    /// A JavaScript object that is asked to `pull` standard input.
    pub stdin_from: Option<u32>,
    /// A JavaScript object that gets `stdout` chunks.
    pub stdout_to: Option<u32>,
    /// A JavaScript object that gets `stderr` chunks.
    pub stderr_to: Option<u32>,
    /// Session id.
    pub session_id: Option<String>,
    /// Agent id for the history.
    pub agent_id: Option<String>,
    /// Working directory of a fork.
    pub cwd: Option<String>,
    /// Variables of a fork: names and values in turn; `null` removes.
    pub env: Option<Vec<Option<String>>>,
    /// Whether the line is recorded.
    pub record: Option<bool>,
    /// Limits of this call.
    pub limits: Option<NativeLimits>,
}

/// The handle by which JavaScript stops a call.
#[napi]
pub struct NativeCall {
    cancel: Cancel,
}

#[napi]
impl NativeCall {
    /// Ends the call.
    #[napi(catch_unwind)]
    pub fn abort(&self) {
        self.cancel.cancel(CancelReason::Aborted);
    }
}

#[napi]
impl NativeWorkspace {
    /// Runs a script; promise `id` is settled with `{exitCode, stdout, stderr}`, or rejected.
    #[napi(catch_unwind)]
    pub fn execute(&self, env: Env, id: u32, script: OwnedBytes, options: NativeExecute) -> Result<NativeCall> {
        let channel = Self::channel()?;
        let mut call = Execute::new(script.0);
        let cancel = call.cancel.clone();
        call.stdin = match (options.stdin, options.stdin_from) {
            (Some(OwnedBytes(b)), _) => StdinSource::Bytes(b),
            (None, Some(target)) => StdinSource::File(Arc::new(JsSource::new(channel.clone(), target))),
            (None, None) => StdinSource::Empty,
        };
        if let Some(target) = options.stdout_to {
            call.stdout = StdoutSink::File(Arc::new(JsSink::new(channel.clone(), target, "stdout")));
        }
        if let Some(target) = options.stderr_to {
            call.stderr = StdoutSink::File(Arc::new(JsSink::new(channel.clone(), target, "stderr")));
        }
        call.session = options.session_id;
        call.agent = options.agent_id;
        if let Some(cwd) = options.cwd {
            call.cwd = Some(VPath::new(&cwd).map_err(|e| node_error(&env, &e.with_operand(&cwd)))?);
        }
        if let Some(pairs) = options.env {
            let mut pairs = pairs.into_iter();
            let mut list = Vec::new();
            while let (Some(Some(name)), Some(value)) = (pairs.next(), pairs.next()) {
                list.push((name.into_bytes(), value.map(String::into_bytes)));
            }
            call.env = Some(list);
        }
        call.record = options.record.unwrap_or(true);
        call.limits = options.limits.map(|l| l.over(self.limits.clone()));
        let done = Box::new(move |result: workspace::Result<workspace::Finished>| {
            let value = result
                .map(|f| {
                    Value::Object(vec![
                        ("exitCode", Value::Number(f64::from(f.status))),
                        ("stdout", Value::Bytes(Bytes::from(f.stdout))),
                        ("stderr", Value::Bytes(Bytes::from(f.stderr))),
                    ])
                })
                .map_err(|e| match e {
                    WorkspaceError::Vfs(e) => e,
                    // The facade knows these two by their code: an aborted call rejects with an AbortError.
                    other => VfsError::new(vfs::Errno::ECANCELED).detail(other.to_string()),
                });
            channel.settle(id, value);
        });
        self.inner.execute(call, done).map_err(|e| workspace_error(&env, &e))?;
        Ok(NativeCall { cancel })
    }
}
