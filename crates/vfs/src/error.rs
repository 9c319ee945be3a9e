//! [`VfsError`]: one error for the whole core, always with an errno.

use std::fmt;
use std::sync::Arc;

use crate::path::VPath;

/// The result of every operation of the core.
pub type Result<T, E = VfsError> = std::result::Result<T, E>;

macro_rules! errnos {
    ($($name:ident = $number:literal, $text:literal, $node:literal;)*) => {
        /// An error number with Linux's values (`errno(3)`).
        #[allow(clippy::upper_case_acronyms)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum Errno {
            $(#[doc = $text] $name = $number,)*
        }

        impl Errno {
            /// The symbolic name, as in Node's `error.code`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
            /// glibc's `strerror` text, as GNU tools print it.
            pub fn strerror(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
            /// libuv's text, as it stands in Node's error messages.
            pub fn node_text(self) -> &'static str {
                match self { $(Self::$name => $node,)* }
            }
            /// The errno of a Linux number; `None` for one that the core never produces.
            pub fn from_number(number: i32) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
            /// The errno of a symbolic name such as `ENOENT`.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $(stringify!($name) => Some(Self::$name),)* _ => None }
            }
        }
    };
}

errnos! {
    EPERM = 1, "Operation not permitted", "operation not permitted";
    ENOENT = 2, "No such file or directory", "no such file or directory";
    EINTR = 4, "Interrupted system call", "interrupted system call";
    EIO = 5, "Input/output error", "i/o error";
    ENXIO = 6, "No such device or address", "no such device or address";
    E2BIG = 7, "Argument list too long", "argument list too long";
    ENOEXEC = 8, "Exec format error", "exec format error";
    EBADF = 9, "Bad file descriptor", "bad file descriptor";
    EAGAIN = 11, "Resource temporarily unavailable", "resource temporarily unavailable";
    ENOMEM = 12, "Cannot allocate memory", "not enough memory";
    EACCES = 13, "Permission denied", "permission denied";
    EFAULT = 14, "Bad address", "bad address in system call argument";
    EBUSY = 16, "Device or resource busy", "resource busy or locked";
    EEXIST = 17, "File exists", "file already exists";
    EXDEV = 18, "Invalid cross-device link", "cross-device link not permitted";
    ENODEV = 19, "No such device", "no such device";
    ENOTDIR = 20, "Not a directory", "not a directory";
    EISDIR = 21, "Is a directory", "illegal operation on a directory";
    EINVAL = 22, "Invalid argument", "invalid argument";
    ENFILE = 23, "Too many open files in system", "file table overflow";
    EMFILE = 24, "Too many open files", "too many open files";
    ENOTTY = 25, "Inappropriate ioctl for device", "inappropriate ioctl for device";
    ETXTBSY = 26, "Text file busy", "text file is busy";
    EFBIG = 27, "File too large", "file too large";
    ENOSPC = 28, "No space left on device", "no space left on device";
    ESPIPE = 29, "Illegal seek", "invalid seek";
    EROFS = 30, "Read-only file system", "read-only file system";
    EMLINK = 31, "Too many links", "too many links";
    EPIPE = 32, "Broken pipe", "broken pipe";
    ERANGE = 34, "Numerical result out of range", "result too large";
    EDEADLK = 35, "Resource deadlock avoided", "resource deadlock avoided";
    ENAMETOOLONG = 36, "File name too long", "name too long";
    ENOSYS = 38, "Function not implemented", "function not implemented";
    ENOTEMPTY = 39, "Directory not empty", "directory not empty";
    ELOOP = 40, "Too many levels of symbolic links", "too many symbolic links encountered";
    ENODATA = 61, "No data available", "no data available";
    EPROTO = 71, "Protocol error", "protocol error";
    EOVERFLOW = 75, "Value too large for defined data type", "value too large for defined data type";
    EILSEQ = 84, "Invalid or incomplete multibyte or wide character", "illegal byte sequence";
    ENOTSUP = 95, "Operation not supported", "operation not supported on socket";
    ECONNREFUSED = 111, "Connection refused", "connection refused";
    ECONNRESET = 104, "Connection reset by peer", "connection reset by peer";
    ETIMEDOUT = 110, "Connection timed out", "connection timed out";
    ESTALE = 116, "Stale file handle", "stale file handle";
    EDQUOT = 122, "Disk quota exceeded", "disk quota exceeded";
    ECANCELED = 125, "Operation canceled", "operation canceled";
}

impl Errno {
    /// The Linux number, positive.
    pub fn number(self) -> i32 {
        self as i32
    }
}

/// Where a path ran into a symbolic link that only the namespace may follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkHit {
    /// The link itself, as the backend sees it (mount-relative).
    pub at: VPath,
    /// The link's text, verbatim.
    pub target: Arc<[u8]>,
}

struct Inner {
    errno: Errno,
    op: Option<&'static str>,
    operand: Option<Arc<[u8]>>,
    dest: Option<Arc<[u8]>>,
    detail: Option<Arc<str>>,
    link: Option<LinkHit>,
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// An error of the core: an errno, and where known the operation, the operand and what to do about it.
pub struct VfsError(Box<Inner>);

impl VfsError {
    /// An error that so far says only its errno.
    pub fn new(errno: Errno) -> Self {
        Self(Box::new(Inner {
            errno,
            op: None,
            operand: None,
            dest: None,
            detail: None,
            link: None,
            cause: None,
        }))
    }

    /// What a backend answers when `at` (mount-relative) lies on the way and is a symbolic link with the text `target`:
    /// the namespace rewrites the path and asks again. Reported as `ELOOP` if nobody follows it.
    pub fn link(at: VPath, target: impl Into<Arc<[u8]>>) -> Self {
        let mut e = Self::new(Errno::ELOOP);
        e.0.link = Some(LinkHit {
            at,
            target: target.into(),
        });
        e
    }

    /// Names the operand: the path (or name) as the caller knows it. The first one given stays.
    #[must_use]
    pub fn operand(mut self, raw: impl AsRef<[u8]>) -> Self {
        self.0.operand.get_or_insert_with(|| Arc::from(raw.as_ref()));
        self
    }

    /// Replaces the operand (a backend named its own path; the caller knows a better one).
    #[must_use]
    pub fn with_operand(mut self, raw: impl AsRef<[u8]>) -> Self {
        self.0.operand = Some(Arc::from(raw.as_ref()));
        self
    }

    /// Names the second operand of a two-path operation (rename, copy, link).
    #[must_use]
    pub fn dest(mut self, raw: impl AsRef<[u8]>) -> Self {
        self.0.dest = Some(Arc::from(raw.as_ref()));
        self
    }

    /// Names the operation as Node does in `error.syscall` (`open`, `mkdir`, `scandir` …). The first one given stays.
    #[must_use]
    pub fn op(mut self, op: &'static str) -> Self {
        self.0.op.get_or_insert(op);
        self
    }

    /// Says more than the errno does: what is wrong and what to do.
    #[must_use]
    pub fn detail(mut self, text: impl Into<Arc<str>>) -> Self {
        self.0.detail = Some(text.into());
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn cause(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.cause = Some(Arc::new(cause));
        self
    }

    /// The errno.
    pub fn errno(&self) -> Errno {
        self.0.errno
    }

    /// The operand, if named.
    pub fn path(&self) -> Option<&[u8]> {
        self.0.operand.as_deref()
    }

    /// The second operand, if any.
    pub fn dest_path(&self) -> Option<&[u8]> {
        self.0.dest.as_deref()
    }

    /// The operation, if named.
    pub fn syscall(&self) -> Option<&'static str> {
        self.0.op
    }

    /// The explanation, if there is one.
    pub fn explanation(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The symbolic link on the way, if that is what stopped the backend.
    pub fn link_hit(&self) -> Option<&LinkHit> {
        self.0.link.as_ref()
    }

    /// What a GNU tool prints after `tool: operand: `: the explanation if there is one, else the errno's text.
    pub fn gnu_text(&self) -> &str {
        self.0.detail.as_deref().unwrap_or_else(|| self.0.errno.strerror())
    }
}

impl Clone for VfsError {
    fn clone(&self) -> Self {
        let i = &*self.0;
        Self(Box::new(Inner {
            errno: i.errno,
            op: i.op,
            operand: i.operand.clone(),
            dest: i.dest.clone(),
            detail: i.detail.clone(),
            link: i.link.clone(),
            cause: i.cause.clone(),
        }))
    }
}

impl fmt::Debug for VfsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VfsError({self})")
    }
}

/// `ENOENT: no such file or directory, open '/x'`, with the explanation in brackets where there is one.
impl fmt::Display for VfsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let i = &*self.0;
        write!(f, "{}: {}", i.errno.name(), i.errno.node_text())?;
        if let Some(d) = &i.detail {
            write!(f, " ({d})")?;
        }
        if let Some(op) = i.op {
            write!(f, ", {op}")?;
        }
        if let Some(p) = &i.operand {
            write!(
                f,
                "{}'{}'",
                if i.op.is_some() { " " } else { ", " },
                String::from_utf8_lossy(p)
            )?;
        }
        if let Some(p) = &i.dest {
            write!(f, " -> '{}'", String::from_utf8_lossy(p))?;
        }
        Ok(())
    }
}

impl std::error::Error for VfsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .cause
            .as_ref()
            .map(|c| &**c as &(dyn std::error::Error + 'static))
    }
}

impl From<Errno> for VfsError {
    fn from(errno: Errno) -> Self {
        Self::new(errno)
    }
}

/// An operating system error keeps its number where the core knows it; the rest is `EIO` with the text as explanation.
impl From<std::io::Error> for VfsError {
    fn from(e: std::io::Error) -> Self {
        if let Some(inner) = e.get_ref().and_then(|i| i.downcast_ref::<VfsError>()) {
            return inner.clone();
        }
        match e.raw_os_error().and_then(Errno::from_number) {
            Some(errno) => Self::new(errno),
            None => {
                let errno = match e.kind() {
                    std::io::ErrorKind::NotFound => Errno::ENOENT,
                    std::io::ErrorKind::PermissionDenied => Errno::EACCES,
                    std::io::ErrorKind::AlreadyExists => Errno::EEXIST,
                    std::io::ErrorKind::BrokenPipe => Errno::EPIPE,
                    std::io::ErrorKind::Interrupted => Errno::EINTR,
                    std::io::ErrorKind::InvalidInput => Errno::EINVAL,
                    std::io::ErrorKind::StorageFull => Errno::ENOSPC,
                    std::io::ErrorKind::TimedOut => Errno::ETIMEDOUT,
                    _ => Errno::EIO,
                };
                let text = e.to_string();
                Self::new(errno).detail(text).cause(e)
            }
        }
    }
}

impl From<VfsError> for std::io::Error {
    fn from(e: VfsError) -> Self {
        let kind = match e.errno() {
            Errno::ENOENT => std::io::ErrorKind::NotFound,
            Errno::EACCES | Errno::EPERM => std::io::ErrorKind::PermissionDenied,
            Errno::EEXIST => std::io::ErrorKind::AlreadyExists,
            Errno::EPIPE => std::io::ErrorKind::BrokenPipe,
            Errno::EINVAL => std::io::ErrorKind::InvalidInput,
            Errno::ENOSPC => std::io::ErrorKind::StorageFull,
            Errno::ETIMEDOUT => std::io::ErrorKind::TimedOut,
            _ => std::io::ErrorKind::Other,
        };
        std::io::Error::new(kind, e)
    }
}
