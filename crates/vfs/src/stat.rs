//! [`Stat`]: what is known of a file without reading it.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds and nanoseconds since 1970-01-01T00:00:00Z (POSIX `struct timespec`); may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time {
    /// Whole seconds, rounded towards minus infinity.
    pub seconds: i64,
    /// 0 to 999 999 999.
    pub nanos: u32,
}

impl From<Time> for (i64, u32) {
    fn from(t: Time) -> Self {
        (t.seconds, t.nanos)
    }
}

impl Time {
    /// Now, by the system's real-time clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// This moment less `d`.
    #[must_use]
    pub fn minus(self, d: Duration) -> Self {
        let (mut seconds, mut nanos) = (self.seconds - d.as_secs() as i64, self.nanos);
        if nanos < d.subsec_nanos() {
            seconds -= 1;
            nanos += 1_000_000_000;
        }
        Self {
            seconds,
            nanos: nanos - d.subsec_nanos(),
        }
    }

    /// Milliseconds since the epoch, as JavaScript counts.
    pub fn as_millis_f64(self) -> f64 {
        self.seconds as f64 * 1e3 + f64::from(self.nanos) / 1e6
    }
}

impl From<SystemTime> for Time {
    fn from(t: SystemTime) -> Self {
        match t.duration_since(UNIX_EPOCH) {
            Ok(d) => Self {
                seconds: d.as_secs() as i64,
                nanos: d.subsec_nanos(),
            },
            Err(e) => {
                let d = e.duration();
                let (mut s, mut n) = (-(d.as_secs() as i64), d.subsec_nanos());
                if n > 0 {
                    s -= 1;
                    n = 1_000_000_000 - n;
                }
                Self { seconds: s, nanos: n }
            }
        }
    }
}

impl From<Time> for SystemTime {
    fn from(t: Time) -> Self {
        let nanos = Duration::from_nanos(u64::from(t.nanos));
        if t.seconds >= 0 {
            UNIX_EPOCH + Duration::from_secs(t.seconds as u64) + nanos
        } else {
            UNIX_EPOCH - Duration::from_secs(t.seconds.unsigned_abs()) + nanos
        }
    }
}

/// The type of a file (POSIX `st_mode & S_IFMT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link.
    Symlink,
    /// A character device, such as `/dev/null`.
    CharDevice,
    /// A FIFO.
    Fifo,
    /// A socket.
    Socket,
    /// A block device.
    BlockDevice,
}

impl FileKind {
    /// The `S_IFMT` bits.
    pub fn mode_bits(self) -> u32 {
        match self {
            Self::Fifo => 0o010_000,
            Self::CharDevice => 0o020_000,
            Self::Dir => 0o040_000,
            Self::BlockDevice => 0o060_000,
            Self::File => 0o100_000,
            Self::Symlink => 0o120_000,
            Self::Socket => 0o140_000,
        }
    }
}

/// Identifies one version of a file's content: an ETag, a generation, a modification counter. Equal fingerprints mean equal
/// bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub Arc<str>);

/// What is known of a file. What a backend does not know is `None` and gets the mount's default when a door must show a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// The type.
    pub kind: FileKind,
    /// The byte length of what a read returns, or `None` when that is not known before reading. Never a vendor's number for
    /// rendered content.
    pub size: Option<u64>,
    /// Permission bits (the low 12 bits of `st_mode`).
    pub mode: Option<u32>,
    /// Owner.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
    /// Number of hard links; 1 where the backend has none.
    pub nlink: u32,
    /// Stable within the mount; 0 where the backend has none.
    pub ino: u64,
    /// Tells apart what `ino` alone does not: the device of the host, where one backend spans several; else 0.
    pub dev: u64,
    /// Last change of content.
    pub mtime: Option<Time>,
    /// Last access.
    pub atime: Option<Time>,
    /// Last change of status.
    pub ctime: Option<Time>,
    /// Creation.
    pub btime: Option<Time>,
    /// Device number of a device file as Linux codes it in 32 bits (`minor & 0xff | major << 8 | (minor & !0xff) << 12`), else
    /// 0.
    pub rdev: u64,
    /// Space used, in units of 512 bytes, where it differs from the size rounded up.
    pub blocks: Option<u64>,
    /// Version of the content.
    pub fingerprint: Option<Fingerprint>,
    /// A version that can be asked for again (an S3 VersionId), where the backend has versions.
    pub revision: Option<Arc<str>>,
    /// MIME type, where the backend says one.
    pub content_type: Option<Arc<str>>,
}

impl Stat {
    /// A stat of the given type with nothing else known.
    pub fn new(kind: FileKind) -> Self {
        Self {
            kind,
            size: None,
            mode: None,
            uid: None,
            gid: None,
            nlink: 1,
            ino: 0,
            dev: 0,
            mtime: None,
            atime: None,
            ctime: None,
            btime: None,
            rdev: 0,
            blocks: None,
            fingerprint: None,
            revision: None,
            content_type: None,
        }
    }

    /// A regular file of `size` bytes.
    pub fn file(size: u64) -> Self {
        Self {
            size: Some(size),
            ..Self::new(FileKind::File)
        }
    }

    /// A directory.
    pub fn dir() -> Self {
        Self {
            nlink: 2,
            ..Self::new(FileKind::Dir)
        }
    }

    /// Whether this is a directory.
    pub fn is_dir(&self) -> bool {
        self.kind == FileKind::Dir
    }

    /// Whether this is a regular file.
    pub fn is_file(&self) -> bool {
        self.kind == FileKind::File
    }

    /// Whether this is a symbolic link.
    pub fn is_symlink(&self) -> bool {
        self.kind == FileKind::Symlink
    }
}
