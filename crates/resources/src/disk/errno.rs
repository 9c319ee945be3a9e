//! The host's error numbers as the core's, one to one.

use rustix::io::Errno as Host;
use vfs::VfsError;

/// The core's error for one of the host.
#[cfg(target_os = "linux")]
pub(super) fn host(e: Host) -> VfsError {
    std::io::Error::from(e).into()
}

/// The core's error for one of the host, whose numbers are not Linux's.
#[cfg(not(target_os = "linux"))]
pub(super) fn host(e: Host) -> VfsError {
    use vfs::Errno as E;
    const SAME: &[(Host, E)] = &[
        (Host::PERM, E::EPERM),
        (Host::NOENT, E::ENOENT),
        (Host::IO, E::EIO),
        (Host::NXIO, E::ENXIO),
        (Host::BADF, E::EBADF),
        (Host::AGAIN, E::EAGAIN),
        (Host::NOMEM, E::ENOMEM),
        (Host::ACCESS, E::EACCES),
        (Host::BUSY, E::EBUSY),
        (Host::EXIST, E::EEXIST),
        (Host::XDEV, E::EXDEV),
        (Host::NOTDIR, E::ENOTDIR),
        (Host::ISDIR, E::EISDIR),
        (Host::INVAL, E::EINVAL),
        (Host::NFILE, E::ENFILE),
        (Host::MFILE, E::EMFILE),
        (Host::TXTBSY, E::ETXTBSY),
        (Host::FBIG, E::EFBIG),
        (Host::NOSPC, E::ENOSPC),
        (Host::SPIPE, E::ESPIPE),
        (Host::ROFS, E::EROFS),
        (Host::MLINK, E::EMLINK),
        (Host::NAMETOOLONG, E::ENAMETOOLONG),
        (Host::NOTEMPTY, E::ENOTEMPTY),
        (Host::LOOP, E::ELOOP),
        (Host::DQUOT, E::EDQUOT),
        (Host::STALE, E::ESTALE),
        (Host::NOTSUP, E::ENOTSUP),
        (Host::OPNOTSUPP, E::ENOTSUP),
    ];
    match SAME.iter().find(|(from, _)| *from == e) {
        Some((_, errno)) => VfsError::new(*errno),
        None => VfsError::new(E::EIO).detail(std::io::Error::from(e).to_string()),
    }
}
