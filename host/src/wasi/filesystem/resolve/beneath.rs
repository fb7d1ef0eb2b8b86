//! `openat2`: the system resolves a path and cannot leave the directory. Linux 5.6 and later.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering::Relaxed;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;

use super::ErrorCode;
use crate::grant::directory::Root;

/// How often the system may say that something was moved meanwhile.
const TRIES: u32 = 4;

/// Opens `path` below `dir`. `None` when it has to be walked: the system has no such call or may not use it, something was moved
/// again and again, or `no_links` and there is one.
pub(super) fn open(
    root: &Root,
    dir: BorrowedFd<'_>,
    path: &str,
    flags: OFlags,
    no_links: bool,
) -> Option<Result<OwnedFd, ErrorCode>> {
    let mut resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    if no_links {
        resolve |= ResolveFlags::NO_SYMLINKS;
    }
    let mode = if flags.contains(OFlags::CREATE) { Mode::from_raw_mode(0o666) } else { Mode::empty() };
    for _ in 0..TRIES {
        return match openat2(dir, path, flags | OFlags::CLOEXEC, mode, resolve) {
            Ok(opened) => Some(Ok(opened)),
            Err(Errno::AGAIN | Errno::INTR) => continue,
            // It leads out.
            Err(Errno::XDEV) => Some(Err(ErrorCode::NotPermitted)),
            Err(Errno::NOSYS) => {
                root.walk.store(true, Relaxed);
                None
            }
            // Filters of system calls say so for what they do not know.
            Err(Errno::PERM) => None,
            Err(Errno::LOOP) if no_links => None,
            Err(errno) => Some(Err(errno.into())),
        };
    }
    None
}
