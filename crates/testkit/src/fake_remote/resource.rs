//! [`Resource`] for [`FakeRemote`].

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream;
use vfs::{
    ByteRange, ByteStream, Capabilities, DirEntry, EntryStream, Errno, Fingerprint, Resource, Result, Stat, TreeEntry,
    VPath, WriteOptions,
};

use super::store::{Object, fingerprint};
use super::{Call, FakeRemote, Fault, Inner, Request};

/// A request under way.
struct Flight<'a>(&'a Inner);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits on the runtime's clock, from whichever thread polls.
async fn wait(time: Duration) -> Result<()> {
    if time.is_zero() {
        return Ok(());
    }
    let timer = {
        let runtime = vfs::runtime::handle()?;
        let _inside = runtime.enter();
        tokio::time::sleep(time)
    };
    timer.await;
    Ok(())
}

impl FakeRemote {
    /// Notes a request, waits as long as it takes, and fails if it is to; what is to fail later is handed back.
    async fn arrive(&self, call: Call, path: &VPath, range: Option<ByteRange>) -> Result<(Flight<'_>, Option<Fault>)> {
        let inner = &*self.0;
        inner.requests.lock().push(Request {
            call,
            path: path.clone(),
            range,
        });
        let now = inner.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        inner.most_in_flight.fetch_max(now, Ordering::SeqCst);
        let flight = Flight(inner);
        let fault = {
            let mut faults = inner.faults.lock();
            let at = faults.iter().position(|f| f.call == call);
            at.and_then(|at| faults.remove(at))
        };
        wait(inner.behaviour.latency).await?;
        match fault {
            Some(fault) if fault.after.is_none() => Err(fault.errno.into()),
            later => Ok((flight, later)),
        }
    }

    fn check_writable(&self) -> Result<()> {
        if self.0.behaviour.writable {
            Ok(())
        } else {
            Err(Errno::EROFS.into())
        }
    }
}

#[async_trait]
impl Resource for FakeRemote {
    fn kind(&self) -> &str {
        "fake"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            write: self.0.behaviour.writable,
            flat_list: self.0.behaviour.flat_list,
            ..Capabilities::READ_ONLY
        }
    }

    async fn stat(&self, path: &VPath) -> Result<Stat> {
        let _flight = self.arrive(Call::Stat, path, None).await?;
        Ok(self.0.store.lock().get(path)?.stat(&self.0.behaviour))
    }

    async fn list(&self, path: &VPath) -> Result<EntryStream> {
        let _flight = self.arrive(Call::List, path, None).await?;
        let store = self.0.store.lock();
        if let Object::File { .. } = store.get(path)? {
            return Err(Errno::ENOTDIR.into());
        }
        let behaviour = &self.0.behaviour;
        let entries = store.children(path).into_iter().map(|(name, object)| DirEntry {
            name,
            stat: behaviour.stats_in_listings.then(|| object.stat(behaviour)),
        });
        Ok(EntryStream::ready(entries.collect()))
    }

    async fn read(&self, path: &VPath, range: ByteRange, pin: Option<&Fingerprint>) -> Result<ByteStream> {
        let (_flight, fault) = self.arrive(Call::Read, path, Some(range)).await?;
        let (data, version) = match self.0.store.lock().get(path)? {
            Object::Dir => return Err(Errno::EISDIR.into()),
            Object::File { data, version, .. } => (data, version),
        };
        if pin.is_some_and(|pin| *pin != fingerprint(version)) {
            return Err(Errno::ESTALE.into());
        }
        let (start, end) = range.clamp(data.len() as u64);
        let data = data.slice(start as usize..end as usize);
        let (me, behaviour) = (self.clone(), self.0.behaviour);
        Ok(ByteStream::new(stream::try_unfold(0, move |at: usize| {
            let (me, data, fault) = (me.clone(), data.clone(), fault.clone());
            async move {
                let broken = fault.filter(|f| f.after.is_some_and(|after| after <= at as u64));
                if let Some(fault) = &broken {
                    return Err(fault.errno.into());
                }
                if at >= data.len() {
                    return Ok(None);
                }
                if at > 0 {
                    wait(behaviour.piece_latency).await?;
                }
                let piece = data.slice(at..(at + behaviour.piece.max(1)).min(data.len()));
                me.0.bytes_sent.fetch_add(piece.len() as u64, Ordering::SeqCst);
                let next = at + piece.len();
                Ok(Some((piece, next)))
            }
        })))
    }

    async fn write(&self, path: &VPath, body: ByteStream, options: &WriteOptions) -> Result<Stat> {
        self.check_writable()?;
        let data = body.collect().await?;
        let _flight = self.arrive(Call::Write, path, None).await?;
        let object = self.0.store.lock().put(path, data, &options.precondition)?;
        Ok(object.stat(&self.0.behaviour))
    }

    async fn mkdir(&self, path: &VPath, _mode: Option<u32>) -> Result<()> {
        self.check_writable()?;
        let _flight = self.arrive(Call::Mkdir, path, None).await?;
        self.0.store.lock().mkdir(path)
    }

    async fn remove(&self, path: &VPath) -> Result<()> {
        self.check_writable()?;
        let _flight = self.arrive(Call::Remove, path, None).await?;
        self.0.store.lock().remove(path)
    }

    async fn rmdir(&self, path: &VPath) -> Result<()> {
        self.check_writable()?;
        let _flight = self.arrive(Call::Rmdir, path, None).await?;
        self.0.store.lock().rmdir(path)
    }

    async fn flat_list(&self, prefix: &VPath) -> Result<EntryStream<TreeEntry>> {
        if !self.0.behaviour.flat_list {
            return Err(Errno::ENOTSUP.into());
        }
        let _flight = self.arrive(Call::FlatList, prefix, None).await?;
        let store = self.0.store.lock();
        if let Object::File { .. } = store.get(prefix)? {
            return Err(Errno::ENOTDIR.into());
        }
        let entries = store.below(prefix).map(|(path, object)| TreeEntry {
            path: path.clone(),
            stat: object.stat(&self.0.behaviour),
        });
        Ok(EntryStream::ready(entries.collect()))
    }
}
