//! Waiting that ends with cancellation.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use shell::command::CommandError;
use vfs::Cancel;

/// Waits for `time`, or for ever without one; an error as soon as `cancel` is cancelled.
pub fn sleep(cancel: &Cancel, time: Option<Duration>) -> Result<(), CommandError> {
    let (tx, rx) = sync_channel(1);
    let tell = tx.clone();
    let _guard = cancel.on_cancel(move || {
        let _ = tell.try_send(());
    });
    if cancel.is_cancelled() {
        return Err(CommandError::Cancelled);
    }
    // `tx` stays alive, so that only the timeout or the message ends the wait.
    let result = match time {
        Some(time) => rx.recv_timeout(time),
        None => rx.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    drop(tx);
    match result {
        Err(RecvTimeoutError::Timeout) => Ok(()),
        _ => Err(CommandError::Cancelled),
    }
}
