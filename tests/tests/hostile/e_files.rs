//! E and D: files that are no files, numbers that are no times, what is granted for reading only, and what fills a disk.

use std::fs;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use plugbay::{ErrorKind, Grants, Limits};
use plugbay_tests::files::{Guest, Scene, Told, kind, mode, open, ways};
use rustix::fs::{CWD, Mode, Timespec, Timestamps, mkfifoat, utimensat};

#[test]
fn e05_nothing_is_changed_by_a_grant_to_read() {
    for way in ways() {
        let scene = Scene::new("read-only");
        let mut guest = way.link(Grants::none().allow_read(scene.inside(""), "/in")).unwrap();
        let root = guest.root();
        for (open, mode) in [
            (0, mode::WRITE),
            (0, mode::READ | mode::WRITE),
            (0, mode::READ | mode::MUTATE),
            (open::CREATE, mode::READ),
            (open::CREATE | open::EXCLUSIVE, mode::READ),
            (open::TRUNCATE, mode::READ),
            (open::TRUNCATE, 0),
        ] {
            for path in ["file", "new", "sub"] {
                assert_eq!(guest.open(root, path, open, mode), Err("read-only"), "{path} {open} {mode}");
            }
        }
        for function in ["create-directory-at", "remove-directory-at", "unlink-file-at"] {
            for path in ["file", "sub", "new"] {
                assert_eq!(guest.at(function, root, path), Err("read-only"), "{function} {path}");
            }
        }
        let sub = guest.open(root, "sub", 0, mode::READ).unwrap();
        for (from, to) in [(root, sub), (sub, root), (root, root)] {
            assert_eq!(guest.rename(from, "file", to, "new"), Err("read-only"));
            assert_eq!(guest.link(from, "file", to, "new"), Err("read-only"));
        }
        assert_eq!(guest.symlink("file", root, "new"), Err("read-only"));
        assert_eq!(guest.touch(root, "file"), Err("read-only"));
        unchanged_by_handle(&mut guest, root, sub);
        assert_eq!(fs::read(scene.inside("file")).unwrap(), b"inside");
        assert_eq!(fs::read_dir(scene.inside("")).unwrap().count(), 2);
        scene.is_unharmed();
    }
}

fn unchanged_by_handle(guest: &mut Guest, root: u32, sub: u32) {
    let now = (1_u32, 0_u64, 0_u32, 1_u32, 0_u64, 0_u32);
    for path in ["file", "sub"] {
        let opened = guest.open(root, path, 0, mode::READ).unwrap();
        let times: Told<()> = guest.ask("set-times", (opened, now.0, now.1, now.2, now.3, now.4, now.5));
        assert_eq!(times, Err("read-only"), "{path}");
        let flags: u8 = guest.ask("get-flags", (opened,)).unwrap();
        assert_eq!(u32::from(flags), mode::READ, "{path}");
    }
    let file = guest.open(root, "file", 0, mode::READ).unwrap();
    assert_eq!(guest.ask::<_, ()>("set-size", (file, 0_u64)), Err("read-only"));
    assert_eq!(guest.ask::<_, u64>("write", (file, b"x".as_slice(), 0_u64)), Err("read-only"));
    assert_eq!(guest.ask::<_, u32>("write-via-stream", (file, 0_u64)), Err("read-only"));
    assert_eq!(guest.ask::<_, u32>("append-via-stream", (file,)), Err("read-only"));
    // A directory below has the same, however it is opened.
    assert_eq!(guest.open(sub, "deep", 0, mode::WRITE), Err("read-only"));
    assert_eq!(guest.open(root, "sub", open::DIRECTORY, mode::READ | mode::MUTATE), Err("read-only"));
}

#[test]
fn e05_a_file_is_used_only_as_it_was_opened() {
    for way in ways() {
        let scene = Scene::new("modes");
        let mut guest = way.link(scene.granted()).unwrap();
        let root = guest.root();
        let read = guest.open(root, "file", 0, mode::READ).unwrap();
        for told in [
            guest.ask::<_, ()>("set-size", (read, 0_u64)),
            guest.ask::<_, u64>("write", (read, b"x".as_slice(), 0_u64)).map(drop),
            guest.ask::<_, u32>("append-via-stream", (read,)).map(drop),
        ] {
            assert_eq!(told, Err("bad-descriptor"));
        }
        let write = guest.open(root, "file", 0, mode::WRITE).unwrap();
        let told = guest.ask::<_, (Vec<u8>, bool)>("read", (write, 1_u64, 0_u64));
        assert_eq!(told.map(drop), Err("bad-descriptor"));
        assert_eq!(fs::read(scene.inside("file")).unwrap(), b"inside");
    }
}

#[test]
fn e07_what_is_no_file_is_not_opened_and_nobody_waits() {
    for way in ways() {
        let scene = Scene::new("special");
        mkfifoat(CWD, scene.inside("fifo"), Mode::from_raw_mode(0o600)).unwrap();
        let _socket = UnixListener::bind(scene.inside("socket")).unwrap();
        let grants = scene.granted().allow_read("/dev", "/dev");
        let mut guest = way.link_within(grants, Limits::default().deadline(Duration::from_secs(20))).unwrap();
        let [root, dev] = guest.roots[..] else { panic!() };
        let begin = Instant::now();
        for (dir, path) in [(root, "fifo"), (root, "socket"), (dev, "zero"), (dev, "null"), (dev, "tty")] {
            for (flags, mode) in [
                (0, mode::READ),
                (0, mode::WRITE),
                (0, mode::READ | mode::WRITE),
                (open::TRUNCATE, mode::WRITE),
            ] {
                let opened = guest.open(dir, path, flags, mode);
                assert!(opened.is_err(), "{path} {flags} {mode}: {opened:?}");
            }
        }
        assert_eq!(guest.open(root, "fifo", 0, mode::READ), Err("not-permitted"));
        assert_eq!(guest.open(dev, "zero", 0, mode::READ), Err("not-permitted"));
        assert_eq!(guest.stat(root, true, "fifo").map(|stat| stat.0), Ok(kind::FIFO));
        assert!(begin.elapsed() < Duration::from_secs(10), "it waited");
        // A directory is no file.
        assert_eq!(guest.open(root, "sub", 0, mode::WRITE), Err("is-directory"));
        assert_eq!(guest.open(root, "sub", open::TRUNCATE, mode::WRITE), Err("is-directory"));
        let sub = guest.open(root, "sub", 0, mode::READ).unwrap();
        let told = guest.ask::<_, (Vec<u8>, bool)>("read", (sub, 1_u64, 0_u64));
        assert_eq!(told.map(drop), Err("is-directory"));
        let file = guest.open(root, "file", 0, mode::READ).unwrap();
        assert_eq!(guest.open(file, "x", 0, mode::READ), Err("not-directory"));
        assert_eq!(guest.open(root, "file", open::DIRECTORY, mode::READ), Err("not-directory"));
    }
}

#[test]
fn e07_sizes_and_times_at_their_ends() {
    for way in ways() {
        let scene = Scene::new("extremes");
        let times = |seconds| Timespec { tv_sec: seconds, tv_nsec: 999_999_999 };
        for (name, seconds) in [("past", i64::MIN), ("old", -1), ("future", i64::MAX)] {
            fs::write(scene.inside(name), name).unwrap();
            let times = Timestamps { last_access: times(seconds), last_modification: times(seconds) };
            utimensat(CWD, scene.inside(name), &times, rustix::fs::AtFlags::empty()).unwrap();
        }
        let mut limits = Limits::default();
        limits.written_bytes = u64::MAX;
        let mut guest = way.link_within(scene.granted(), limits).unwrap();
        let root = guest.root();
        for name in ["past", "old", "future"] {
            let stat = guest.stat(root, true, name).unwrap();
            assert_eq!((stat.0, stat.2), (kind::FILE, name.len() as u64));
        }
        assert_eq!(guest.stat(root, true, "old").unwrap().4, None, "before 1970 there is no time to tell");
        let file = guest.open(root, "file", 0, mode::READ | mode::WRITE).unwrap();
        for size in [1_u64 << 63, u64::MAX] {
            assert_eq!(guest.ask::<_, ()>("set-size", (file, size)), Err("file-too-large"), "{size}");
        }
        // Whether 8 EiB less one byte fit is the file system's matter.
        for size in [(1_u64 << 63) - 1, 1 << 62, 1 << 40] {
            match guest.ask::<_, ()>("set-size", (file, size)) {
                Ok(()) => assert_eq!(
                    guest.ask::<_, (Vec<u8>, bool)>("read", (file, 4_u64, size - 4)).unwrap().0,
                    [0; 4]
                ),
                Err(code) => assert!(matches!(code, "file-too-large" | "invalid"), "{code}"),
            }
        }
        for offset in [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) - 1] {
            let written = guest.ask::<_, u64>("write", (file, b"xy".as_slice(), offset));
            assert!(matches!(written, Err("file-too-large" | "invalid")), "{offset}: {written:?}");
            let read = guest.ask::<_, (Vec<u8>, bool)>("read", (file, u64::MAX, offset));
            assert!(matches!(read, Err("invalid") | Ok((_, true))), "{offset}: {read:?}");
            let advice = guest.ask::<_, ()>("advise", (file, offset, u64::MAX, 3_u32));
            assert_eq!(advice, Err("invalid"));
            let stream: u32 = guest.ask("write-via-stream", (file, offset)).unwrap();
            let told: Result<(), Result<u32, ()>> =
                guest.plugin.call("blocking-write-and-flush", (stream, b"xy".as_slice())).unwrap();
            assert!(matches!(told, Err(Ok(_))), "{told:?}");
        }
    }
}

#[test]
fn e15_times_that_are_none() {
    for way in ways() {
        let scene = Scene::new("times");
        let mut guest = way.link(scene.granted()).unwrap();
        let root = guest.root();
        let file = guest.open(root, "file", 0, mode::READ).unwrap();
        let before = fs::metadata(scene.inside("file")).unwrap().modified().unwrap();
        for (seconds, nanoseconds) in [
            (0_u64, 1_000_000_000_u32),
            (0, u32::MAX),
            (u64::MAX, 0),
            (u64::MAX, u32::MAX),
            (1 << 63, 999_999_999),
            // What the system takes for "now" and "leave it".
            (0, (1 << 30) - 1),
            (0, (1 << 30) - 2),
        ] {
            for (access, modification) in [(2_u32, 0_u32), (0, 2), (2, 2)] {
                let by_handle: Told<()> = guest.ask(
                    "set-times",
                    (file, access, seconds, nanoseconds, modification, seconds, nanoseconds),
                );
                assert_eq!(by_handle, Err("invalid"), "{seconds} {nanoseconds}");
                for follow in [0_u32, 1] {
                    let arguments = (
                        root,
                        follow,
                        "file",
                        access,
                        seconds,
                        nanoseconds,
                        modification,
                        seconds,
                        nanoseconds,
                    );
                    assert_eq!(guest.ask::<_, ()>("set-times-at", arguments), Err("invalid"));
                }
            }
        }
        assert_eq!(fs::metadata(scene.inside("file")).unwrap().modified().unwrap(), before);
        let set: Told<()> =
            guest.ask("set-times", (file, 0_u32, 0_u64, 0_u32, 2_u32, 1_u64, 999_999_999_u32));
        assert_eq!(set, Ok(()));
        assert_eq!(guest.stat(root, true, "file").unwrap().4, Some((1, 999_999_999)));
    }
}

#[test]
fn d08_files_are_opened_up_to_the_limit_and_given_back() {
    for way in ways() {
        let scene = Scene::new("open-files");
        let mut guest = way.link_within(scene.granted(), Limits::default().open_files(20)).unwrap();
        let root = guest.root();
        let descriptors = || fs::read_dir("/proc/self/fd").unwrap().count();
        let before = descriptors();
        for _ in 0..3 {
            let mut opened = Vec::new();
            let code = loop {
                let path = if opened.len() % 2 == 0 { "file" } else { "sub" };
                match guest.open(root, path, 0, mode::READ) {
                    Ok(file) => opened.push(file),
                    Err(code) => break code,
                }
            };
            assert_eq!((opened.len(), code), (20, "quota"));
            assert_eq!(guest.names(root), Err("quota"), "reading a directory opens one");
            assert_eq!(guest.open(root, "new", open::CREATE, mode::WRITE), Err("quota"));
            for file in opened {
                guest.close(file);
            }
        }
        assert!(!scene.inside("new").exists(), "nothing is made that cannot be opened");
        // Streams hold a file open, too, and a plugin that is gone holds none.
        let file = guest.open(root, "file", 0, mode::READ).unwrap();
        for _ in 0..30 {
            guest.ask::<_, u32>("read-via-stream", (file, 0_u64)).unwrap();
        }
        drop(guest);
        // Other tests open files in this process at the same time.
        assert!(descriptors() < before + 20);
    }
}

#[test]
fn d08_a_disk_is_filled_up_to_the_limit() {
    for way in ways() {
        let scene = Scene::new("written");
        let mut limits = Limits::default();
        limits.written_bytes = 1 << 20;
        let mut guest = way.link_within(scene.granted(), limits).unwrap();
        let root = guest.root();
        let mut names = 0;
        let code = loop {
            match guest.at("create-directory-at", root, &format!("d{names}")) {
                Ok(()) => names += 1,
                Err(code) => break code,
            }
        };
        assert_eq!((names, code), (256, "quota"), "names are not free");
        assert_eq!(guest.at("remove-directory-at", root, "d0"), Ok(()));
        assert_eq!(guest.write(root, "file", b"x"), Err("quota"));
        assert_eq!(guest.at("create-directory-at", root, "d0"), Err("quota"), "nor do they come back");
        assert_eq!(guest.read(root, "file").unwrap(), b"inside");
    }
}

#[test]
fn e06_a_grant_to_write_where_the_host_keeps_code() {
    let data = std::env::var_os("PLUGBAY_CACHE_DIR").map(std::path::PathBuf::from);
    let Some(cache) = data.filter(|path| path.is_dir()) else { return };
    for way in ways() {
        for folder in [cache.clone(), cache.join(".."), cache.join("../..")] {
            let error = way.link(Grants::none().allow_write(&folder, "/x")).map(drop).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Grant(_)), "{error}");
        }
    }
}
