//! Workspaces across JavaScript threads: what one thread publishes, another can attach to.
//!
//! The table is process-wide. An entry belongs to a JavaScript thread (by Node's thread id); who may see it is the facade's
//! decision. An entry does not keep its workspace alive unless it is pinned.

use std::sync::{Arc, Weak};

use napi_derive::napi;
use parking_lot::Mutex;
use workspace::Workspace;

use crate::channel::next_id;
use crate::workspace::NativeWorkspace;

struct Entry {
    id: u32,
    thread: u32,
    note: String,
    workspace: Weak<Workspace>,
    limits: shell::command::Limits,
    /// Keeps a workspace that no JavaScript object holds, such as one described by a configuration file.
    _pin: Option<Arc<Workspace>>,
}

static PUBLISHED: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// A published workspace as it is listed.
#[napi(object)]
pub struct NativePublished {
    /// Its number, for [`attach`].
    pub id: u32,
    /// What the publisher said of it.
    pub note: String,
}

/// Makes a workspace known under JavaScript thread `thread`, with a note for those who see it; answers its number. With `pin` it
/// lives as long as the process.
#[napi(catch_unwind)]
pub fn publish(workspace: &NativeWorkspace, thread: u32, note: String, pin: bool) -> u32 {
    let id = next_id();
    let mut published = PUBLISHED.lock();
    published.retain(|e| e.workspace.strong_count() > 0);
    published.push(Entry {
        id,
        thread,
        note,
        workspace: Arc::downgrade(&workspace.inner),
        limits: workspace.limits.clone(),
        _pin: pin.then(|| workspace.inner.clone()),
    });
    id
}

/// Takes a workspace out of the table.
#[napi(catch_unwind)]
pub fn unpublish(id: u32) {
    // Dropped after the lock is free: the last owner of a workspace ends its threads.
    let gone = {
        let mut published = PUBLISHED.lock();
        let at = published.iter().position(|e| e.id == id);
        at.map(|at| published.remove(at))
    };
    drop(gone);
}

/// What thread `thread` has published and not closed, in that order.
#[napi(catch_unwind)]
pub fn published(thread: u32) -> Vec<NativePublished> {
    let alive = |e: &&Entry| e.thread == thread && e.workspace.upgrade().is_some_and(|w| !w.is_closed());
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
    let inner = entry.workspace.upgrade()?;
    Some(NativeWorkspace {
        inner,
        limits: entry.limits.clone(),
    })
}
