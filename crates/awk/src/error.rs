//! Why a running program stops.

use std::io;

/// A way for control to leave a statement list other than by reaching its end, up to the main loop or beyond.
#[derive(Debug)]
pub(crate) enum Stop {
    /// `next`
    Next,
    /// `nextfile`
    NextFile,
    /// `exit`
    Exit,
    /// A fatal error: the message without the name of the program and the place.
    Fatal(Box<Message>),
    /// The program cannot be run at all: the whole message, without the name of the program.
    Refused(Box<Message>),
    /// The caller asked to stop.
    Cancelled,
    /// Standard output is gone.
    Broken,
}

/// The text of an error, boxed to keep results small.
#[derive(Debug)]
pub(crate) struct Message(pub Vec<u8>);

pub(crate) type Run<T> = Result<T, Stop>;

/// A fatal error with this message.
pub(crate) fn fatal<T>(message: impl AsRef<[u8]>) -> Run<T> {
    Err(Stop::Fatal(Box::new(Message(message.as_ref().to_vec()))))
}

/// The text of an I/O error as `strerror` gives it, without Rust's error number.
pub(crate) fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(at) => text[..at].to_owned(),
        None => match error.kind() {
            io::ErrorKind::NotFound => "No such file or directory".to_owned(),
            io::ErrorKind::PermissionDenied => "Permission denied".to_owned(),
            io::ErrorKind::IsADirectory => "Is a directory".to_owned(),
            io::ErrorKind::BrokenPipe => "Broken pipe".to_owned(),
            _ => text,
        },
    }
}
