//! Workspaces across JavaScript threads: what one thread publishes, another can attach to.
//!
//! The table is process-wide. An entry belongs to a JavaScript thread (by Node's thread id); who may see it is the facade's
//! decision. An entry keeps its workspace alive: what is mounted for node:fs stays, even when the program has let go of the object.

use std::cell::Cell;
use std::sync::Arc;
use std::thread::ThreadId;

use napi::{Env, Result};
use napi_derive::napi;
use parking_lot::Mutex;
use workspace::Workspace;

use crate::channel::next_id;
use crate::workspace::NativeWorkspace;

struct Entry {
    id: u32,
    thread: u32,
    note: String,
    workspace: Arc<Workspace>,
    limits: shell::command::Limits,
    /// The thread that it ends with.
    owner: Option<ThreadId>,
}

static PUBLISHED: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

thread_local! {
    /// Whether the end of this JavaScript thread will be noticed.
    static NOTICED: Cell<bool> = const { Cell::new(false) };
}

/// Takes out the entries that `gone` chooses.
fn forget(gone: impl Fn(&Entry) -> bool) {
    // Dropped after the lock is free: the last owner of a workspace ends its threads.
    let dropped: Vec<Entry> = PUBLISHED.lock().extract_if(.., |e| gone(e)).collect();
    drop(dropped);
}

/// A published workspace as it is listed.
#[napi(object)]
pub struct NativePublished {
    /// Its number, for [`attach`].
    pub id: u32,
    /// What the publisher said of it.
    pub note: String,
}

/// Makes a workspace known under JavaScript thread `thread`, with a note for those who see it; answers its number. It ends with the
/// calling thread, unless it is a `lasting` one.
#[napi(catch_unwind)]
pub fn publish(env: Env, workspace: &NativeWorkspace, thread: u32, note: String, lasting: bool) -> Result<u32> {
    let id = next_id();
    PUBLISHED.lock().push(Entry {
        id,
        thread,
        note,
        workspace: workspace.inner.clone(),
        limits: workspace.limits.clone(),
        owner: (!lasting).then(|| std::thread::current().id()),
    });
    if !lasting && !NOTICED.replace(true) {
        env.add_env_cleanup_hook(std::thread::current().id(), |here| forget(|e| e.owner == Some(here)))?;
    }
    Ok(id)
}

/// Takes a workspace out of the table.
#[napi(catch_unwind)]
pub fn unpublish(id: u32) {
    forget(|e| e.id == id);
}

/// What thread `thread` has published and not closed, in that order.
#[napi(catch_unwind)]
pub fn published(thread: u32) -> Vec<NativePublished> {
    let alive = |e: &&Entry| e.thread == thread && !e.workspace.is_closed();
    let listed = |e: &Entry| NativePublished {
        id: e.id,
        note: e.note.clone(),
    };
    PUBLISHED.lock().iter().filter(alive).map(listed).collect()
}

/// The workspace of a number, for this thread; null when it is gone.
#[napi(catch_unwind)]
pub fn attach(id: u32) -> Option<NativeWorkspace> {
    let published = PUBLISHED.lock();
    let entry = published.iter().find(|e| e.id == id)?;
    Some(NativeWorkspace {
        inner: entry.workspace.clone(),
        limits: entry.limits.clone(),
    })
}
