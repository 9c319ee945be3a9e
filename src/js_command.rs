//! A command written in JavaScript.

use std::io::Write;
use std::sync::Arc;

use parking_lot::Mutex;
use shell::command::{Command, CommandError, CommandResult, Context, ExitStatus};
use shell::io::Input;
use vfs::runtime::block_on;

use crate::channel::{Channel, Field, Reply};
use crate::value::Value;

/// A command whose function runs on a JavaScript thread.
pub struct JsCommand {
    pub channel: Arc<Channel>,
    pub target: u32,
    pub name: String,
    pub summary: String,
}

fn text_list(items: &[Vec<u8>]) -> Value {
    Value::List(items.iter().map(|a| lossless(a)).collect())
}

/// Text where it is UTF-8, else a `Buffer`, so that no byte is lost.
fn lossless(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(s) => Value::Text(s.to_owned()),
        Err(_) => Value::Bytes(bytes.to_vec().into()),
    }
}

impl Drop for JsCommand {
    fn drop(&mut self) {
        // The JavaScript side may forget the function.
        let _ = self.channel.tell(self.target, "drop", Value::Undefined);
    }
}

/// One call under way: JavaScript pulls its input and pushes its output by further requests.
struct Call<'a, 'b> {
    cx: &'a mut Context<'b>,
}

impl Call<'_, '_> {
    /// Carries out what the function asks for until it is done.
    fn serve(&mut self, channel: &Arc<Channel>, target: u32, mut reply: Reply) -> CommandResult {
        loop {
            let data = reply.bytes("data");
            let answer = match reply.get("step") {
                Some(Field::Text(step)) => match step.as_str() {
                    "stdin" => {
                        let chunk = self.cx.stdin.chunk()?;
                        Value::Bytes(chunk)
                    }
                    "stdout" => {
                        self.cx.stdout.write_bytes(data)?;
                        self.cx.stdout.flush_now()?;
                        Value::Undefined
                    }
                    "stderr" => {
                        self.cx.stderr.write_all(&data)?;
                        Value::Undefined
                    }
                    "declined" => return Err(CommandError::Declined),
                    "failed" => {
                        let text = data.to_vec();
                        return Err(CommandError::fail(1, text));
                    }
                    _ => {
                        let (out, err) = (reply.bytes("stdout"), reply.bytes("stderr"));
                        self.cx.stdout.write_bytes(out)?;
                        self.cx.stderr.write_all(&err)?;
                        let status = match reply.get("status") {
                            Some(Field::Number(n)) => *n as i64 as u8,
                            _ => 0,
                        };
                        return Ok(ExitStatus(status));
                    }
                },
                _ => return Err(CommandError::fail(1, "the JavaScript function answered nothing")),
            };
            let session = match reply.get("call") {
                Some(Field::Number(n)) => Value::Number(*n),
                _ => Value::Null,
            };
            let args = Value::Object(vec![("call", session), ("answer", answer)]);
            reply = block_on(&self.cx.cancel, channel.request(target, "continue", args))?;
        }
    }
}

/// Tells JavaScript when the call is cancelled, so that its `signal` fires.
struct Abort {
    channel: Arc<Channel>,
    target: u32,
    call: u32,
    done: Mutex<bool>,
}

impl Command for JsCommand {
    fn name(&self) -> &str {
        &self.name
    }

    fn summary(&self) -> &str {
        &self.summary
    }

    fn run(&self, cx: &mut Context<'_>) -> CommandResult {
        let call = crate::channel::next_id();
        let abort = Arc::new(Abort {
            channel: self.channel.clone(),
            target: self.target,
            call,
            done: Mutex::new(false),
        });
        let on_cancel = abort.clone();
        let _guard = cx.cancel.on_cancel(move || {
            if !*on_cancel.done.lock() {
                let args = Value::Object(vec![("call", Value::Number(f64::from(on_cancel.call)))]);
                let _ = on_cancel.channel.tell(on_cancel.target, "abort", args);
            }
        });
        let env = cx
            .env
            .iter()
            .map(|(k, v)| Value::List(vec![lossless(k), lossless(v)]))
            .collect();
        let args = Value::Object(vec![
            ("call", Value::Number(f64::from(call))),
            ("name", lossless(&cx.name)),
            ("args", text_list(&cx.args)),
            ("env", Value::List(env)),
            ("cwd", lossless(cx.cwd.as_bytes())),
        ]);
        let first = block_on(&cx.cancel, self.channel.request(self.target, "run", args));
        let result = first
            .map_err(CommandError::from)
            .and_then(|reply| Call { cx }.serve(&self.channel, self.target, reply));
        *abort.done.lock() = true;
        if result.is_err() {
            let args = Value::Object(vec![("call", Value::Number(f64::from(call)))]);
            let _ = self.channel.tell(self.target, "end", args);
        }
        // Whatever was not read is nobody's any more.
        cx.stdin = Input::empty();
        result
    }
}
