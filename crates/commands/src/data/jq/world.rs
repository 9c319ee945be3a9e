//! What a program sees of the workspace: inputs, environment, modules, the clock's zone.

use std::io::Write;

use jq::value::{self, Object};
use jq::{Host, Interrupt, Loader, Value, json};
use shell::command::{CommandError, Context};
use vfs::{BlockingFs, ByteRange, VPath};

use super::input::Inputs;

/// The host of a run.
pub struct World<'a, 'c> {
    pub cx: &'a mut Context<'c>,
    pub inputs: Inputs,
    pub loader: FsLoader,
}

impl World<'_, '_> {
    /// The next input for the main program.
    pub fn next(&mut self) -> Result<Option<Result<Value, String>>, CommandError> {
        let next = self.inputs.next(self.cx);
        match self.inputs.failure.take() {
            Some(e) => Err(e),
            None => Ok(next),
        }
    }

    /// Where the current input ended, for error messages.
    pub fn place(&self) -> String {
        self.inputs.place()
    }
}

impl Host for World<'_, '_> {
    fn poll(&mut self) -> Result<(), Interrupt> {
        if self.cx.cancel.is_cancelled() {
            Err(Interrupt::Cancelled)
        } else {
            Ok(())
        }
    }

    fn reserve(&mut self, bytes: usize) -> Result<(), Interrupt> {
        if bytes > self.cx.limits.memory {
            Err(Interrupt::Memory)
        } else {
            Ok(())
        }
    }

    fn next_input(&mut self) -> Option<Result<Value, String>> {
        self.inputs.next(self.cx)
    }

    fn debug(&mut self, message: &Value) {
        let line = json::print_compact(&Value::array(vec![Value::from("DEBUG:"), message.clone()]));
        // A closed standard error is no reason to fail.
        let _ = self.cx.stderr.write_all(format!("{line}\n").as_bytes());
    }

    fn stderr(&mut self, message: &Value) {
        let text = match message {
            Value::String(s) => s.to_string(),
            other => json::print_compact(other),
        };
        let _ = self.cx.stderr.write_all(text.as_bytes());
    }

    fn input_filename(&mut self) -> Option<String> {
        self.inputs.filename()
    }

    fn input_line_number(&mut self) -> u64 {
        self.inputs.line()
    }

    fn timezone(&mut self) -> Option<String> {
        self.cx.var("TZ").map(|tz| String::from_utf8_lossy(tz).into_owned())
    }

    fn loader(&self) -> Option<&dyn Loader> {
        Some(&self.loader)
    }

    fn search_list(&mut self) -> Vec<String> {
        self.loader.paths.clone()
    }
}

/// The environment as an object.
pub fn environment(cx: &Context<'_>) -> Value {
    let entry =
        |(k, v): (&Vec<u8>, &Vec<u8>)| (value::string_from_bytes(k), Value::String(value::string_from_bytes(v)));
    Value::Object(cx.env.iter().map(entry).collect::<Object>())
}

/// Modules on the workspace's tree.
pub struct FsLoader {
    fs: BlockingFs,
    cwd: VPath,
    home: Option<String>,
    paths: Vec<String>,
}

impl FsLoader {
    /// Searches `paths`, relative ones from the working directory.
    pub fn new(cx: &Context<'_>, paths: &[String]) -> Self {
        Self {
            fs: cx.fs.clone(),
            cwd: cx.cwd.clone(),
            home: cx.var("HOME").map(|h| String::from_utf8_lossy(h).into_owned()),
            paths: paths.to_vec(),
        }
    }
}

impl Loader for FsLoader {
    fn search_paths(&self) -> Vec<String> {
        self.paths.clone()
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let path = self.cwd.join(path.as_bytes()).ok()?;
        let mut reader = self.fs.read(&path, ByteRange::ALL).ok()?;
        let mut all = Vec::new();
        loop {
            let chunk = reader.chunk().ok()?;
            if chunk.is_empty() {
                return Some(all);
            }
            all.extend_from_slice(&chunk);
        }
    }

    fn home(&self) -> Option<String> {
        self.home.clone()
    }

    fn origin(&self) -> Option<String> {
        Some("/usr/bin".to_owned())
    }
}
