//! Attempts to leave a granted directory, to change what may only be read, and to make the host wait or run out of
//! descriptors.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::ErrorCode;
use super::descriptor::{Descriptor, DirHandle, OpenFiles};
use super::types::{DescriptorFlags, DescriptorType, NewTimestamp, OpenFlags, PathFlags};
use crate::grant::Access;

const FOLLOW: PathFlags = PathFlags { symlink_follow: true };
const NO_FOLLOW: PathFlags = PathFlags { symlink_follow: false };
const READ: DescriptorFlags = DescriptorFlags {
    read: true,
    write: false,
    file_integrity_sync: false,
    data_integrity_sync: false,
    requested_write_sync: false,
    mutate_directory: false,
};
const WRITE: DescriptorFlags = DescriptorFlags { write: true, ..READ };
const EXISTING: OpenFlags = OpenFlags { create: false, directory: false, exclusive: false, truncate: false };
const CREATE: OpenFlags = OpenFlags { create: true, ..EXISTING };

/// A directory `in` with a file and a folder, beside a secret.
struct Fixture(PathBuf);

impl Fixture {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("plugbay-fs-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let root = std::env::temp_dir().join(name);
        fs::create_dir_all(root.join("in/sub")).unwrap();
        fs::write(root.join("in/file"), "inside").unwrap();
        fs::write(root.join("secret"), "outside").unwrap();
        Self(root)
    }

    fn inside(&self) -> PathBuf {
        self.0.join("in")
    }

    fn secret(&self) -> PathBuf {
        self.0.join("secret")
    }

    fn open(&self, access: Access) -> DirHandle {
        let dir = Dir::open_ambient_dir(self.inside(), ambient_authority()).unwrap();
        DirHandle::preopened(Arc::new(dir), access)
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn open(
    dir: &DirHandle,
    follow: PathFlags,
    path: impl AsRef<Path>,
    open: OpenFlags,
    mode: DescriptorFlags,
) -> Result<Descriptor, ErrorCode> {
    dir.open(follow, path.as_ref().to_str().unwrap(), open, mode, &OpenFiles::new(10))
}

#[test]
fn no_path_leads_out() {
    let fixture = Fixture::new();
    let secret = fixture.secret();
    symlink(&secret, fixture.inside().join("absolute-link")).unwrap();
    symlink("../secret", fixture.inside().join("relative-link")).unwrap();
    symlink("..", fixture.inside().join("up")).unwrap();
    symlink("../..", fixture.inside().join("sub/far-up")).unwrap();
    let dir = fixture.open(Access::ReadWrite);
    let escapes = [
        "../secret",
        "sub/../../secret",
        "./../secret",
        "absolute-link",
        "relative-link",
        "up/secret",
        "sub/far-up/secret",
        "..",
        "sub/../..",
        secret.to_str().unwrap(),
    ];
    for path in escapes {
        for (flags, mode) in
            [(EXISTING, READ), (CREATE, WRITE), (OpenFlags { truncate: true, ..EXISTING }, WRITE)]
        {
            let opened = open(&dir, FOLLOW, path, flags, mode);
            assert!(matches!(opened, Err(ErrorCode::NotPermitted)), "{path}: {opened:?}");
        }
        assert!(matches!(dir.stat_at(FOLLOW, path), Err(ErrorCode::NotPermitted)), "{path}");
        let times = dir.set_times_at(FOLLOW, path, NewTimestamp::Now, NewTimestamp::Now);
        assert!(matches!(times, Err(ErrorCode::NotPermitted)), "{path}");
    }
    for path in ["../made", "up/made", "/made"] {
        assert!(dir.create_directory(path).is_err(), "{path}");
        assert!(dir.rename("file", &dir, path).is_err(), "{path}");
        assert!(dir.link(NO_FOLLOW, "file", &dir, path).is_err(), "{path}");
        assert!(dir.symlink("file", path).is_err(), "{path}");
    }
    for path in ["../secret", "up/secret"] {
        assert!(dir.unlink_file(path).is_err(), "{path}");
        assert!(dir.rename(path, &dir, "stolen").is_err(), "{path}");
        assert!(dir.link(NO_FOLLOW, path, &dir, "stolen").is_err(), "{path}");
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), "outside");
    assert!(!fixture.0.join("made").exists());
}

#[test]
fn links_do_not_tell_absolute_paths_and_cannot_be_made_with_them() {
    let fixture = Fixture::new();
    symlink(fixture.secret(), fixture.inside().join("link")).unwrap();
    let dir = fixture.open(Access::ReadWrite);
    assert_eq!(dir.read_link("link"), Err(ErrorCode::NotPermitted));
    assert_eq!(dir.symlink("/etc/passwd", "new"), Err(ErrorCode::NotPermitted));
    dir.symlink("file", "good").unwrap();
    assert_eq!(dir.read_link("good").unwrap(), "file");
    assert!(matches!(open(&dir, FOLLOW, "good", EXISTING, READ), Ok(Descriptor::File(_))));
    assert!(matches!(open(&dir, NO_FOLLOW, "good", EXISTING, READ), Err(ErrorCode::Loop)));
}

#[test]
fn nothing_is_changed_through_a_read_only_descriptor() {
    let fixture = Fixture::new();
    let dir = fixture.open(Access::ReadOnly);
    let read_only = Err(ErrorCode::ReadOnly);
    assert_eq!(dir.create_directory("new"), read_only);
    assert_eq!(dir.remove_directory("sub"), read_only);
    assert_eq!(dir.unlink_file("file"), read_only);
    assert_eq!(dir.symlink("file", "new"), read_only);
    let writable = fixture.open(Access::ReadWrite);
    for (from, to) in [(&dir, &dir), (&dir, &writable), (&writable, &dir)] {
        assert_eq!(from.rename("file", to, "new"), read_only);
        assert_eq!(from.link(NO_FOLLOW, "file", to, "new"), read_only);
    }
    let now = NewTimestamp::Now;
    assert_eq!(dir.set_times_at(FOLLOW, "file", now, now), read_only);
    for (flags, mode) in [
        (EXISTING, WRITE),
        (CREATE, READ),
        (OpenFlags { truncate: true, ..EXISTING }, READ),
        (EXISTING, DescriptorFlags { mutate_directory: true, ..READ }),
    ] {
        assert!(
            matches!(open(&dir, FOLLOW, "file", flags, mode), Err(ErrorCode::ReadOnly)),
            "{flags:?} {mode:?}"
        );
    }
    // What is opened through it is read-only too, directories and files.
    let Ok(Descriptor::Directory(sub)) = open(&dir, FOLLOW, "sub", EXISTING, READ) else { panic!("sub") };
    assert_eq!(sub.create_directory("new"), read_only);
    assert!(!Descriptor::Directory(sub).flags().mutate_directory);
    let file = open(&dir, FOLLOW, "file", EXISTING, READ).unwrap();
    assert_eq!(file.set_size(0), read_only);
    assert_eq!(file.set_times(now, now), read_only);
    assert_eq!(file.file().unwrap().write(b"x", 0), Err(ErrorCode::ReadOnly));
    assert_eq!(fs::read_to_string(fixture.inside().join("file")).unwrap(), "inside");
    assert_eq!(fs::read_dir(fixture.inside()).unwrap().count(), 2);
}

#[test]
fn a_file_is_used_as_it_was_opened() {
    let fixture = Fixture::new();
    let dir = fixture.open(Access::ReadWrite);
    let file = open(&dir, FOLLOW, "file", EXISTING, READ).unwrap();
    assert_eq!(file.set_size(0), Err(ErrorCode::BadDescriptor));
    assert_eq!(file.file().unwrap().write(b"x", 0), Err(ErrorCode::BadDescriptor));
    assert_eq!(file.file().unwrap().read(u64::MAX, 2).unwrap(), (b"side".to_vec(), false));
    assert_eq!(file.file().unwrap().read(5, 6).unwrap(), (Vec::new(), true));
    let only_write = DescriptorFlags { read: false, ..WRITE };
    let file = open(&dir, FOLLOW, "file", EXISTING, only_write).unwrap();
    assert_eq!(file.file().unwrap().read(1, 0), Err(ErrorCode::BadDescriptor));
    assert_eq!(file.file().unwrap().write(b"IN", 0), Ok(2));
    assert_eq!(file.set_size(u64::MAX), Err(ErrorCode::FileTooLarge));
    assert_eq!(fs::read_to_string(fixture.inside().join("file")).unwrap(), "INside");
}

#[test]
fn pipes_and_devices_are_not_opened_and_do_not_hang() {
    let fixture = Fixture::new();
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mkfifoat(rustix::fs::CWD, fixture.inside().join("pipe"), mode).unwrap();
    let dir = fixture.open(Access::ReadWrite);
    assert!(matches!(open(&dir, FOLLOW, "pipe", EXISTING, READ), Err(ErrorCode::NotPermitted)));
    assert!(open(&dir, FOLLOW, "pipe", EXISTING, WRITE).is_err());
    assert_eq!(dir.stat_at(FOLLOW, "pipe").unwrap().ty, DescriptorType::Fifo);
}

#[test]
fn open_files_are_counted_and_given_back() {
    let fixture = Fixture::new();
    let dir = fixture.open(Access::ReadOnly);
    let files = OpenFiles::new(2);
    let open = || dir.open(FOLLOW, "file", EXISTING, READ, &files);
    let first = open().unwrap();
    let entries = dir.read_directory(&files).unwrap();
    assert!(matches!(open(), Err(ErrorCode::Quota)));
    drop(entries);
    let second = open().unwrap();
    assert!(matches!(open(), Err(ErrorCode::Quota)));
    drop((first, second));
    assert!(open().is_ok());
}

#[test]
fn a_directory_is_read_without_its_dots() {
    let fixture = Fixture::new();
    let dir = fixture.open(Access::ReadOnly);
    let mut entries = dir.read_directory(&OpenFiles::new(1)).unwrap();
    let mut found = Vec::new();
    while let Some(entry) = entries.next().unwrap() {
        found.push((entry.name, entry.ty));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("file", DescriptorType::RegularFile), ("sub", DescriptorType::Directory)];
    assert_eq!(found, expected.map(|(name, ty)| (name.to_owned(), ty)));
}
