//! The user's key: 32 random bytes in a file that only the user can read, made when it is first needed.

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use plugbay_component::engine::SealKey;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::directory::partial_name;

const NAME: &str = "seal.key";

/// The key that is kept in this directory.
pub(super) fn of_user(path: &Path) -> Result<SealKey, String> {
    let shown = path.display();
    let file = path.join(NAME);
    let directory = directory(path).map_err(|error| format!("{shown} cannot be used: {error}"))?;
    let key = match read(&directory) {
        Err(Refused::Missing) => make(&directory).and_then(|()| read(&directory)),
        read => read,
    };
    key.map(SealKey::new).map_err(|refused| match refused {
        Refused::Io(error) => format!("{}: {error}", file.display()),
        Refused::Missing => format!("{} was made and is gone", file.display()),
        Refused::Unsafe(why) => {
            format!("{} {why}; remove it, and a new key is made", file.display())
        }
    })
}

enum Refused {
    Missing,
    Unsafe(&'static str),
    Io(io::Error),
}

impl From<Errno> for Refused {
    fn from(error: Errno) -> Self {
        match error {
            Errno::NOENT => Self::Missing,
            Errno::LOOP => Self::Unsafe("is a symbolic link"),
            error => Self::Io(error.into()),
        }
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn directory(path: &Path) -> io::Result<OwnedFd> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(path, flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&directory)?;
    // Whoever else can write here could exchange the key, and so know it.
    if stat.st_uid != rustix::process::geteuid().as_raw() || stat.st_mode & 0o022 != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others may write to it"));
    }
    Ok(directory)
}

fn read(directory: &OwnedFd) -> Result<[u8; 32], Refused> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = rustix::fs::openat(directory, NAME, flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Refused::Unsafe("is no file"));
    }
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(Refused::Unsafe("belongs to another user"));
    }
    if stat.st_mode & 0o077 != 0 {
        return Err(Refused::Unsafe("can be read or written by others, who may know the key"));
    }
    if stat.st_size != 32 {
        return Err(Refused::Unsafe("is no key"));
    }
    let mut key = [0; 32];
    File::from(file).read_exact(&mut key)?;
    Ok(key)
}

/// Makes a key. Of several processes that do so at once one wins, and all use its key.
fn make(directory: &OwnedFd) -> Result<(), Refused> {
    let mut key = [0_u8; 32];
    let mut filled = 0;
    while let Some(rest) = key.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        filled += rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty())?;
    }
    let partial = partial_name();
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat(directory, &partial, flags, Mode::RUSR | Mode::WUSR)?);
    let made = file.write_all(&key).and_then(|()| file.sync_all()).map_err(Refused::from).and_then(|()| {
        // Linking, unlike renaming, does not replace the key of whoever was quicker.
        match rustix::fs::linkat(directory, &partial, directory, NAME, AtFlags::empty()) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(error) => Err(error.into()),
        }
    });
    let _ = rustix::fs::unlinkat(directory, &partial, AtFlags::empty());
    made
}
