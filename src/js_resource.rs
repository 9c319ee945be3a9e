//! A backend written in JavaScript: every operation is a request to its object. The facade turns the user's methods into
//! one protocol, so that here is nothing but marshalling.

use std::sync::Arc;

use ::bytes::Bytes;
use async_trait::async_trait;
use futures::StreamExt;
use vfs::resource::RenameMode;
use vfs::{
    ByteRange, ByteStream, Capabilities, DirEntry, EntryStream, Errno, FileKind, Fingerprint, Precondition, Resource,
    Result, SetAttr, Stat, Time, VPath, VfsError, WriteOptions,
};

use crate::channel::{Channel, Field, Reply};
use crate::value::Value;

/// Bytes asked for in one read when the whole file is wanted.
const READ_BLOCK: u64 = 1 << 20;

/// A resource whose methods run on a JavaScript thread.
pub struct JsResource {
    pub channel: Arc<Channel>,
    pub target: u32,
    pub kind: String,
    pub prompt: Option<String>,
    pub capabilities: Capabilities,
    /// Whether `read` takes a range; without it every read brings the whole file.
    pub ranges: bool,
}

impl JsResource {
    async fn ask(&self, op: &'static str, path: &VPath, mut args: Vec<(&'static str, Value)>) -> Result<Reply> {
        args.insert(0, ("path", text(path)?));
        self.channel
            .request(self.target, op, Value::Object(args))
            .await
            .map_err(|e| e.operand(path.as_bytes()))
    }

    async fn done(&self, op: &'static str, path: &VPath, args: Vec<(&'static str, Value)>) -> Result<()> {
        self.ask(op, path, args).await.map(drop)
    }
}

impl Drop for JsResource {
    fn drop(&mut self) {
        // The JavaScript side may forget the object.
        let _ = self.channel.tell(self.target, "drop", Value::Undefined);
    }
}

/// JavaScript paths are text.
fn text(path: &VPath) -> Result<Value> {
    match std::str::from_utf8(path.as_bytes()) {
        Ok(s) => Ok(Value::Text(s.to_owned())),
        Err(_) => Err(VfsError::new(Errno::EILSEQ).operand(path.as_bytes())),
    }
}

fn number(field: Option<&Field>) -> Option<f64> {
    match field {
        Some(Field::Number(n)) if n.is_finite() => Some(*n),
        _ => None,
    }
}

fn time(ms: f64) -> Time {
    let seconds = (ms / 1e3).floor();
    Time {
        seconds: seconds as i64,
        nanos: ((ms - seconds * 1e3) * 1e6).round().clamp(0.0, 999_999_999.0) as u32,
    }
}

fn stat_of(fields: &std::collections::HashMap<String, Field>) -> Option<Stat> {
    let Some(Field::Text(kind)) = fields.get("kind") else {
        return None;
    };
    let kind = match kind.as_str() {
        "directory" => FileKind::Dir,
        "symlink" => FileKind::Symlink,
        _ => FileKind::File,
    };
    let mut stat = if kind == FileKind::Dir {
        Stat::dir()
    } else {
        Stat::new(kind)
    };
    stat.size = number(fields.get("size")).filter(|n| *n >= 0.0).map(|n| n as u64);
    stat.mode = number(fields.get("mode")).map(|n| n as u32 & 0o7777);
    stat.mtime = number(fields.get("mtimeMs")).map(time);
    stat.atime = number(fields.get("atimeMs")).map(time);
    stat.ctime = number(fields.get("ctimeMs")).map(time);
    stat.btime = number(fields.get("birthtimeMs")).map(time);
    if let Some(Field::Text(f)) = fields.get("fingerprint") {
        stat.fingerprint = Some(Fingerprint(Arc::from(f.as_str())));
    }
    if let Some(Field::Text(c)) = fields.get("contentType") {
        stat.content_type = Some(Arc::from(c.as_str()));
    }
    Some(stat)
}

async fn whole(body: ByteStream) -> Result<Value> {
    Ok(Value::Bytes(body.collect().await?))
}

#[async_trait]
impl Resource for JsResource {
    fn kind(&self) -> &str {
        &self.kind
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn prompt(&self) -> Option<String> {
        self.prompt.clone()
    }

    async fn stat(&self, path: &VPath) -> Result<Stat> {
        let reply = self.ask("stat", path, vec![]).await?;
        stat_of(&reply.fields).ok_or_else(|| {
            VfsError::new(Errno::EPROTO)
                .detail("stat() answered without a kind")
                .operand(path.as_bytes())
        })
    }

    async fn list(&self, path: &VPath) -> Result<EntryStream> {
        let mut reply = self.ask("list", path, vec![]).await?;
        let Some(Field::Rows(rows)) = reply.fields.remove("entries") else {
            return Err(VfsError::new(Errno::EPROTO)
                .detail("readdir() must answer with an array")
                .operand(path.as_bytes()));
        };
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(Field::Text(name)) = row.get("name") else {
                continue;
            };
            // A name that no path can hold would make every later call fail with a riddle; say it here.
            VPath::root()
                .child(name.as_bytes())
                .map_err(|e| e.with_operand(path.as_bytes()))?;
            entries.push(DirEntry {
                name: name.as_bytes().into(),
                stat: stat_of(&row),
            });
        }
        Ok(EntryStream::ready(entries))
    }

    async fn read(&self, path: &VPath, range: ByteRange, pin: Option<&Fingerprint>) -> Result<ByteStream> {
        if let Some(pin) = pin
            && self.stat(path).await?.fingerprint.as_ref() != Some(pin)
        {
            return Err(VfsError::new(Errno::ESTALE)
                .detail("changed since it was read")
                .operand(path.as_bytes()));
        }
        if !self.ranges {
            let mut reply = self.ask("read", path, vec![]).await?;
            let all = reply.bytes("data");
            let (start, end) = range.clamp(all.len() as u64);
            return Ok(ByteStream::Bytes(all.slice(start as usize..end as usize)));
        }
        let (channel, target, name) = (self.channel.clone(), self.target, text(path)?);
        let Value::Text(name) = name else {
            return Err(Errno::EILSEQ.into());
        };
        let end = range.end.unwrap_or(u64::MAX);
        let operand = path.clone();
        let first = read_block(&channel, target, &name, range.start, end)
            .await
            .map_err(|e| e.operand(path.as_bytes()))?;
        let state = (range.start, Some(first));
        Ok(ByteStream::new(
            futures::stream::unfold(state, move |(at, ready)| {
                let (channel, name, operand) = (channel.clone(), name.clone(), operand.clone());
                async move {
                    if at >= end {
                        return None;
                    }
                    let chunk = match ready {
                        Some(chunk) => Ok(chunk),
                        None => read_block(&channel, target, &name, at, end)
                            .await
                            .map_err(|e| e.operand(operand.as_bytes())),
                    };
                    match chunk {
                        Ok(b) if b.is_empty() => None,
                        Ok(b) => Some((Ok(b.clone()), (at + b.len() as u64, None))),
                        Err(e) => Some((Err(e), (u64::MAX, None))),
                    }
                }
            })
            .boxed(),
        ))
    }

    async fn write(&self, path: &VPath, body: ByteStream, options: &WriteOptions) -> Result<Stat> {
        match &options.precondition {
            Precondition::None => {}
            Precondition::Absent => match self.stat(path).await {
                Ok(_) => return Err(VfsError::new(Errno::EEXIST).operand(path.as_bytes())),
                Err(e) if e.errno() == Errno::ENOENT => {}
                Err(e) => return Err(e),
            },
            Precondition::Matches(f) => {
                if self.stat(path).await?.fingerprint.as_ref() != Some(f) {
                    return Err(VfsError::new(Errno::ESTALE)
                        .detail("changed since it was read")
                        .operand(path.as_bytes()));
                }
            }
        }
        let data = body.collect().await?;
        let size = data.len() as u64;
        let reply = self.ask("write", path, vec![("data", Value::Bytes(data))]).await?;
        Ok(stat_of(&reply.fields).unwrap_or_else(|| Stat::file(size)))
    }

    async fn append(&self, path: &VPath, body: ByteStream) -> Result<Stat> {
        let reply = self.ask("append", path, vec![("data", whole(body).await?)]).await?;
        Ok(stat_of(&reply.fields).unwrap_or_else(|| Stat::new(FileKind::File)))
    }

    async fn truncate(&self, path: &VPath, len: u64) -> Result<()> {
        self.done("truncate", path, vec![("size", Value::Number(len as f64))])
            .await
    }

    async fn mkdir(&self, path: &VPath, _mode: Option<u32>) -> Result<()> {
        self.done("mkdir", path, vec![]).await
    }

    async fn remove(&self, path: &VPath) -> Result<()> {
        self.done("remove", path, vec![]).await
    }

    async fn rmdir(&self, path: &VPath) -> Result<()> {
        self.done("rmdir", path, vec![]).await
    }

    async fn rename(&self, from: &VPath, to: &VPath, mode: RenameMode) -> Result<()> {
        match mode {
            RenameMode::Replace => self.done("rename", from, vec![("to", text(to)?)]).await,
            RenameMode::NoReplace => match self.stat(to).await {
                Ok(_) => Err(VfsError::new(Errno::EEXIST)
                    .operand(from.as_bytes())
                    .dest(to.as_bytes())),
                Err(e) if e.errno() == Errno::ENOENT => self.done("rename", from, vec![("to", text(to)?)]).await,
                Err(e) => Err(e),
            },
            RenameMode::Exchange => Err(VfsError::new(Errno::ENOTSUP)
                .operand(from.as_bytes())
                .dest(to.as_bytes())),
        }
    }

    async fn copy(&self, from: &VPath, to: &VPath) -> Result<()> {
        self.done("copy", from, vec![("to", text(to)?)]).await
    }

    async fn symlink(&self, target: &[u8], path: &VPath) -> Result<()> {
        let target =
            String::from_utf8(target.to_vec()).map_err(|_| VfsError::new(Errno::EILSEQ).operand(path.as_bytes()))?;
        self.done("symlink", path, vec![("target", Value::Text(target))]).await
    }

    async fn read_link(&self, path: &VPath) -> Result<Bytes> {
        Ok(self.ask("readlink", path, vec![]).await?.bytes("target"))
    }

    async fn set_attr(&self, path: &VPath, attr: SetAttr) -> Result<()> {
        let ms = |t: Option<Time>| t.map_or(Value::Null, |t| Value::Number(t.as_millis_f64()));
        let n = |v: Option<u32>| v.map_or(Value::Null, |v| Value::Number(f64::from(v)));
        self.done(
            "setattr",
            path,
            vec![
                ("mode", n(attr.mode)),
                ("uid", n(attr.uid)),
                ("gid", n(attr.gid)),
                ("atimeMs", ms(attr.atime)),
                ("mtimeMs", ms(attr.mtime)),
            ],
        )
        .await
    }

    async fn close(&self) -> Result<()> {
        self.channel
            .request(self.target, "close", Value::Undefined)
            .await
            .map(drop)
    }
}

async fn read_block(channel: &Arc<Channel>, target: u32, path: &str, start: u64, end: u64) -> Result<Bytes> {
    let stop = end.min(start.saturating_add(READ_BLOCK));
    let args = Value::Object(vec![
        ("path", Value::Text(path.to_owned())),
        ("start", Value::Number(start as f64)),
        ("end", Value::Number(stop as f64)),
    ]);
    let mut data = channel.request(target, "read", args).await?.bytes("data");
    // A method that ignores the end must not shift what follows.
    data.truncate((stop - start) as usize);
    Ok(data)
}
