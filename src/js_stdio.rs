//! Standard input pulled from JavaScript and output streamed to it.

use std::sync::Arc;

use ::bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use shell::io::OpenFile;
use vfs::{Cancel, Errno, FileKind, Result, Stat, VfsError};

use crate::channel::Channel;
use crate::value::Value;

/// Standard input that JavaScript produces: each read asks for the next chunk, so nothing is produced that nobody reads.
pub struct JsSource {
    pub channel: Arc<Channel>,
    pub target: u32,
    state: Mutex<(Bytes, bool)>,
}

impl JsSource {
    /// Pulls from the JavaScript object `target`.
    pub fn new(channel: Arc<Channel>, target: u32) -> Self {
        Self {
            channel,
            target,
            state: Mutex::new((Bytes::new(), false)),
        }
    }
}

impl OpenFile for JsSource {
    fn read(&self, max: usize, cancel: &Cancel) -> Result<Bytes> {
        // One reader at a time, as with any pipe: the lock is held across the wait.
        let mut state = self.state.lock();
        if state.0.is_empty() && !state.1 {
            let request = self.channel.request(self.target, "pull", Value::Undefined);
            let mut reply = vfs::runtime::block_on(cancel, request)?;
            state.0 = reply.bytes("data");
            state.1 = state.0.is_empty();
        }
        let n = state.0.len().min(max);
        Ok(state.0.split_to(n))
    }

    fn write(&self, _data: &[u8], _cancel: &Cancel) -> Result<()> {
        Err(Errno::EBADF.into())
    }

    fn stat(&self, _cancel: &Cancel) -> Result<Stat> {
        Ok(Stat::new(FileKind::Fifo))
    }

    fn ready(&self) -> bool {
        self.state.try_lock().is_some_and(|s| !s.0.is_empty() || s.1)
    }
}

impl Drop for JsSource {
    fn drop(&mut self) {
        // Lets the producer end: nobody will ask again.
        let _ = self.channel.tell(self.target, "cancel", Value::Undefined);
    }
}

/// Bytes under way to JavaScript before a writer has to wait.
const WINDOW: usize = 1 << 20;

struct Flow {
    under_way: usize,
    closed: bool,
}

/// Output streamed to JavaScript, with back-pressure: at most [`WINDOW`] bytes are under way.
pub struct JsSink {
    channel: Arc<Channel>,
    target: u32,
    op: &'static str,
    flow: Arc<(Mutex<Flow>, Condvar)>,
}

impl JsSink {
    /// Streams to the JavaScript object `target` as `op` (`stdout` or `stderr`).
    pub fn new(channel: Arc<Channel>, target: u32, op: &'static str) -> Self {
        Self {
            channel,
            target,
            op,
            flow: Arc::new((
                Mutex::new(Flow {
                    under_way: 0,
                    closed: false,
                }),
                Condvar::new(),
            )),
        }
    }

    fn send(&self, data: Bytes, cancel: &Cancel) -> Result<()> {
        let len = data.len();
        if len == 0 {
            return Ok(());
        }
        {
            let flow = self.flow.clone();
            let _wake = cancel.on_cancel(move || {
                drop(flow.0.lock());
                flow.1.notify_all();
            });
            let mut g = self.flow.0.lock();
            while g.under_way > 0 && g.under_way + len > WINDOW && !g.closed {
                cancel.check()?;
                self.flow.1.wait(&mut g);
            }
            cancel.check()?;
            if g.closed {
                return Err(VfsError::new(Errno::EPIPE));
            }
            g.under_way += len;
        }
        let answer = self
            .channel
            .request(self.target, self.op, Value::Object(vec![("data", Value::Bytes(data))]));
        let flow = self.flow.clone();
        vfs::runtime::handle()?.spawn(async move {
            let failed = answer.await.is_err();
            let mut g = flow.0.lock();
            g.under_way = g.under_way.saturating_sub(len);
            g.closed |= failed;
            drop(g);
            flow.1.notify_all();
        });
        Ok(())
    }
}

impl OpenFile for JsSink {
    fn read(&self, _max: usize, _cancel: &Cancel) -> Result<Bytes> {
        Err(Errno::EBADF.into())
    }

    fn write(&self, data: &[u8], cancel: &Cancel) -> Result<()> {
        self.send(Bytes::copy_from_slice(data), cancel)
    }

    fn write_bytes(&self, data: Bytes, cancel: &Cancel) -> Result<()> {
        self.send(data, cancel)
    }

    fn stat(&self, _cancel: &Cancel) -> Result<Stat> {
        Ok(Stat::new(FileKind::Fifo))
    }
}
