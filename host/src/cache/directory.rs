//! A directory that only the user can write to, and what is done in it. Everything goes through its handle, so that
//! exchanging a path on the way to it changes nothing.

use std::fs::{DirBuilder, File};
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, StatVfsMountFlags, Timespec, Timestamps};

/// What names of files begin with that are not complete yet.
pub(super) const PARTIAL: &str = ".partial-";

/// How long a use is not noted after the last one that was.
const NOTED_FOR: Duration = Duration::from_secs(3600);

/// A directory of the user's own.
pub(super) struct Directory(OwnedFd);

impl Directory {
    /// Opens a directory, making it if there is none.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        match DirBuilder::new().recursive(true).mode(0o700).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(format!("{shown} cannot be made: {error}"));
            }
            _ => {}
        }
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(directory) => directory,
            Err(rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => {
                return Err(format!("{shown} is no directory, or a symbolic link"));
            }
            Err(error) => return Err(format!("{shown} cannot be opened: {error}")),
        };
        let stat = rustix::fs::fstat(&directory).map_err(|error| format!("{shown}: {error}"))?;
        if stat.st_uid != rustix::process::geteuid().as_raw() {
            return Err(format!("{shown} belongs to another user"));
        }
        if stat.st_mode & 0o022 != 0 {
            return Err(format!("others may write to {shown}; take that from them with `chmod go-w`"));
        }
        let system = rustix::fs::fstatvfs(&directory).map_err(|error| format!("{shown}: {error}"))?;
        if system.f_flag.contains(StatVfsMountFlags::NOEXEC) {
            return Err(format!("{shown} is on a file system from which nothing is to be executed (noexec)"));
        }
        Ok(Self(directory))
    }

    /// Opens a file that belongs to the user; anything else is not there.
    pub(super) fn file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = rustix::fs::openat(&self.0, name, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&file)?;
        let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        if !regular || stat.st_uid != rustix::process::geteuid().as_raw() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(File::from(file))
    }

    /// Writes a file: completely, or not at all.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let partial = partial_name();
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.0, &partial, flags, Mode::RUSR | Mode::WUSR)?;
        let mut file = File::from(file);
        let written = file.write_all(bytes).and_then(|()| {
            // Nobody has a reason to write to it again.
            rustix::fs::fchmod(&file, Mode::RUSR)?;
            rustix::fs::renameat(&self.0, &partial, &self.0, name)?;
            Ok(())
        });
        if written.is_err() {
            let _ = self.remove(&partial);
        }
        written
    }

    /// Removes a file; one that is gone already is no error.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        match rustix::fs::unlinkat(&self.0, name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// All names in it.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            if let Ok(name) = entry?.file_name().to_str() {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    /// Size and time of the last noted use of a file, without following links.
    pub(super) fn look(&self, name: &str) -> io::Result<(u64, SystemTime)> {
        let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let seconds = u64::try_from(stat.st_mtime).unwrap_or(0);
        let used = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        Ok((u64::try_from(stat.st_size).unwrap_or(0), used.unwrap_or(SystemTime::UNIX_EPOCH)))
    }
}

/// Notes that a file was used, unless that was noted lately. A clock that was set does no harm: what lies in the future is
/// set right.
pub(super) fn note_use(file: &File) -> io::Result<()> {
    let used = file.metadata()?.modified()?;
    if SystemTime::now().duration_since(used).is_ok_and(|age| age < NOTED_FOR) {
        return Ok(());
    }
    let keep = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT };
    let now = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
    Ok(rustix::fs::futimens(file, &Timestamps { last_access: keep, last_modification: now })?)
}

/// A name that nobody else uses, in this process or another, now or after a crash.
pub(super) fn partial_name() -> String {
    let mut random = [0; 16];
    // Whatever is missing of the random part, the name is never shared: files are made only if they are not there.
    let _ = rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty());
    format!("{PARTIAL}{}-{:032x}", std::process::id(), u128::from_le_bytes(random))
}
