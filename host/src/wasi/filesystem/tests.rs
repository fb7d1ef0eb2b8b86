//! Attempts to leave a granted directory, to change what may only be read, and to make the host wait or run out of
//! descriptors.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::ErrorCode;
use super::descriptor::{Descriptor, DirHandle};
use super::refusal::Refusal;
use super::types::{DescriptorFlags, DescriptorType, NewTimestamp, OpenFlags, PathFlags};
use crate::grant::layers::Layers;
use crate::grant::watch::Watch;
use crate::grant::{Access, Grants, PathResolver, directory};
use crate::limits::Limits;
use crate::usage::{Kind, Meter};

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
        self.open_by(PathResolver::System, access, &[])
    }

    fn open_by(&self, resolver: PathResolver, access: Access, hidden: &[&str]) -> DirHandle {
        let grants = Grants::none().directory(self.inside(), "/in", access).resolver(resolver);
        let grants = hidden.iter().fold(grants, |grants, pattern| grants.deny_path(*pattern));
        let layers = Layers { ceiling: None, grants: &grants, manifest: None };
        let roots = directory::open(&grants, &layers.power("wasi:filesystem").unwrap(), &[]).unwrap();
        DirHandle::preopened(&roots[0])
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
    dir.open(follow, path.as_ref().to_str().unwrap(), open, mode, &meter()).code()
}

trait Code<T> {
    fn code(self) -> Result<T, ErrorCode>;
}

impl<T> Code<T> for Result<T, Refusal> {
    fn code(self) -> Result<T, ErrorCode> {
        self.map_err(|refusal| refusal.code())
    }
}

fn meter() -> Meter {
    metered(&Limits::default())
}

fn metered(limits: &Limits) -> Meter {
    Meter::new(limits, Watch::new("test".into(), None, None, Default::default()))
}

/// Both ways of resolving paths, and each with something hidden elsewhere.
fn every_way(fixture: &Fixture, access: Access) -> [DirHandle; 4] {
    use PathResolver::{System, Walk};
    [(System, &[][..]), (Walk, &[]), (System, &["/in/nowhere/*"]), (Walk, &["/in/nowhere/*"])]
        .map(|(resolver, hidden)| fixture.open_by(resolver, access, hidden))
}

#[test]
fn no_path_leads_out() {
    let fixture = Fixture::new();
    let secret = fixture.secret();
    symlink(&secret, fixture.inside().join("absolute-link")).unwrap();
    symlink("../secret", fixture.inside().join("relative-link")).unwrap();
    symlink("..", fixture.inside().join("up")).unwrap();
    symlink("../..", fixture.inside().join("sub/far-up")).unwrap();
    for dir in every_way(&fixture, Access::ReadWrite) {
        leads_nowhere(&fixture, &dir);
    }
}

fn leads_nowhere(fixture: &Fixture, dir: &DirHandle) {
    let secret = fixture.secret();
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
            let opened = open(dir, FOLLOW, path, flags, mode);
            assert!(matches!(opened, Err(ErrorCode::NotPermitted)), "{path}: {opened:?}");
        }
        assert!(matches!(dir.stat_at(FOLLOW, path).code(), Err(ErrorCode::NotPermitted)), "{path}");
        let times = dir.set_times_at(FOLLOW, path, NewTimestamp::Now, NewTimestamp::Now).code();
        assert!(matches!(times, Err(ErrorCode::NotPermitted)), "{path}");
    }
    for path in ["../made", "up/made", "/made"] {
        assert!(dir.create_directory(path, &meter()).code().is_err(), "{path}");
        assert!(dir.rename("file", dir, path).code().is_err(), "{path}");
        assert!(dir.link(NO_FOLLOW, "file", dir, path, &meter()).code().is_err(), "{path}");
        assert!(dir.symlink("file", path, &meter()).code().is_err(), "{path}");
    }
    for path in ["../secret", "up/secret"] {
        assert!(dir.unlink_file(path).code().is_err(), "{path}");
        assert!(dir.rename(path, dir, "stolen").code().is_err(), "{path}");
        assert!(dir.link(NO_FOLLOW, path, dir, "stolen", &meter()).code().is_err(), "{path}");
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), "outside");
    assert!(!fixture.0.join("made").exists());
}

#[test]
fn links_do_not_tell_absolute_paths_and_cannot_be_made_with_them() {
    let fixture = Fixture::new();
    symlink(fixture.secret(), fixture.inside().join("link")).unwrap();
    let dir = fixture.open(Access::ReadWrite);
    assert_eq!(dir.read_link("link").code(), Err(ErrorCode::NotPermitted));
    assert_eq!(dir.symlink("/etc/passwd", "new", &meter()).code(), Err(ErrorCode::NotPermitted));
    dir.symlink("file", "good", &meter()).code().unwrap();
    assert_eq!(dir.read_link("good").code().unwrap(), "file");
    assert!(matches!(open(&dir, FOLLOW, "good", EXISTING, READ), Ok(Descriptor::File(_))));
    assert!(matches!(open(&dir, NO_FOLLOW, "good", EXISTING, READ), Err(ErrorCode::Loop)));
}

#[test]
fn nothing_is_changed_through_a_read_only_descriptor() {
    let fixture = Fixture::new();
    let dir = fixture.open(Access::ReadOnly);
    let read_only = Err(ErrorCode::ReadOnly);
    assert_eq!(dir.create_directory("new", &meter()).code(), read_only);
    assert_eq!(dir.remove_directory("sub").code(), read_only);
    assert_eq!(dir.unlink_file("file").code(), read_only);
    assert_eq!(dir.symlink("file", "new", &meter()).code(), read_only);
    let writable = fixture.open(Access::ReadWrite);
    for (from, to) in [(&dir, &dir), (&dir, &writable), (&writable, &dir)] {
        assert_eq!(from.rename("file", to, "new").code(), read_only);
        assert_eq!(from.link(NO_FOLLOW, "file", to, "new", &meter()).code(), read_only);
    }
    let now = NewTimestamp::Now;
    assert_eq!(dir.set_times_at(FOLLOW, "file", now, now).code(), read_only);
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
    assert_eq!(sub.create_directory("new", &meter()).code(), read_only);
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
    assert_eq!(dir.stat_at(FOLLOW, "pipe").code().unwrap().ty, DescriptorType::Fifo);
}

#[test]
fn open_files_are_counted_and_given_back() {
    let fixture = Fixture::new();
    let dir = fixture.open(Access::ReadOnly);
    let meter = metered(&Limits::default().open_files(2));
    let open = || dir.open(FOLLOW, "file", EXISTING, READ, &meter).code();
    let first = open().unwrap();
    let entries = dir.read_directory(&meter).unwrap();
    assert!(matches!(open(), Err(ErrorCode::Quota)));
    drop(entries);
    let second = open().unwrap();
    assert!(matches!(open(), Err(ErrorCode::Quota)));
    drop((first, second));
    assert!(open().is_ok());
}

#[test]
fn bytes_holes_and_names_are_paid_for() {
    let fixture = Fixture::new();
    let dir = fixture.open(Access::ReadWrite);
    let limits = Limits { written_bytes: 10_000, ..Limits::default() };
    let meter = metered(&limits);
    let used = || meter.now(Kind::WrittenBytes);
    let open = |path, flags| dir.open(FOLLOW, path, flags, WRITE, &meter).code();
    let old = open("file", CREATE).unwrap();
    assert_eq!(used(), 0, "what is there is not made");
    let new = open("new", CREATE).unwrap();
    assert_eq!(used(), 4096);
    let new = new.file().unwrap();
    assert_eq!(new.write(b"hello", 0), Ok(5));
    assert_eq!(new.write(b"HELLO", 0), Ok(5));
    assert_eq!(used(), 4106);
    assert_eq!(new.write(b"x", 1_005), Ok(1));
    assert_eq!(used(), 4106 + 1_001, "a hole");
    old.set_size(4).unwrap();
    old.set_size(8).unwrap();
    assert_eq!(used(), 5107 + 4, "what a file grows by, where it is longer than ever");
    assert_eq!(old.set_size(1 << 40), Err(ErrorCode::Quota));
    assert_eq!(new.write(&[0; 6_000], 0), Err(ErrorCode::Quota));
    assert_eq!(new.file.append(&[0; 4_000]), Ok(()));
    assert_eq!(dir.create_directory("d", &meter).code(), Err(ErrorCode::Quota));
    assert_eq!(dir.symlink("file", "s", &meter).code(), Err(ErrorCode::Quota));
    assert_eq!(dir.link(NO_FOLLOW, "file", &dir, "l", &meter).code(), Err(ErrorCode::Quota));
    assert!(matches!(open("another", CREATE), Err(ErrorCode::Quota)));
    assert_eq!(fs::read_dir(fixture.inside()).unwrap().count(), 3);
    assert_eq!(fs::metadata(fixture.inside().join("new")).unwrap().len(), 1_006 + 4_000);
}

/// Targets and links.
const LINKS: [(&str, &str); 13] = [
    ("sub", "dir-link"),
    ("sub/", "slash-link"),
    ("file", "file-link"),
    ("file/", "file-slash-link"),
    ("dir-link/deep", "two-links"),
    ("loop-b", "loop-a"),
    ("loop-a", "loop-b"),
    ("sub/new", "dangling"),
    ("nothing/new", "hopeless"),
    (".", "dot-link"),
    ("sub/..", "up-link"),
    ("..", "out"),
    ("dot-link/./sub/../file", "long"),
];

const PATHS: &[&str] = &[
    ".",
    "./",
    "file",
    "file/",
    "file/.",
    "./file",
    "sub",
    "sub/",
    "sub/.",
    "sub//deep",
    "sub/deep/",
    "sub/..",
    "sub/../file",
    "sub/../..",
    "..",
    "../in/file",
    "dir-link",
    "dir-link/",
    "dir-link/.",
    "dir-link/deep",
    "dir-link/../file",
    "slash-link",
    "slash-link/",
    "slash-link/deep",
    "file-link",
    "file-link/",
    "file-slash-link",
    "two-links",
    "loop-a",
    "loop-a/",
    "loop-a/x",
    "dangling",
    "dangling/",
    "hopeless",
    "dot-link",
    "dot-link/",
    "dot-link/file",
    "up-link",
    "up-link/file",
    "out",
    "out/in/file",
    "long",
    "nothing",
    "nothing/",
    "nothing/x",
    "file/x",
    "file/..",
];

#[test]
fn every_way_of_resolving_finds_the_same() {
    let fixture = Fixture::new();
    let inside = fixture.inside();
    fs::write(inside.join("sub/deep"), "deep").unwrap();
    for (target, link) in LINKS {
        symlink(target, inside.join(link)).unwrap();
    }
    let [reference, others @ ..] = every_way(&fixture, Access::ReadWrite);
    let told = |dir: &DirHandle, path: &str, follow: PathFlags| {
        let stat = dir.stat_at(follow, path).code().map(|stat| (stat.ty, stat.size));
        let opened = |flags| {
            let opened = open(dir, follow, path, flags, READ);
            opened.map(|descriptor| dir_or_file(&descriptor))
        };
        let folder = OpenFlags { directory: true, ..EXISTING };
        (stat, opened(EXISTING), opened(folder), dir.read_link(path).code())
    };
    for path in PATHS {
        for follow in [FOLLOW, NO_FOLLOW] {
            let expected = told(&reference, path, follow);
            for other in &others {
                assert_eq!(told(other, path, follow), expected, "{path} {follow:?}");
            }
        }
    }
    // And what changes something, each in a place of its own.
    let expected = change(&reference, "ref");
    for (index, other) in others.iter().enumerate() {
        assert_eq!(change(other, &format!("other-{index}")), expected);
    }
    assert!(!fixture.0.join("made").exists());
}

/// What each change below `at` came to.
fn change(dir: &DirHandle, at: &str) -> Vec<Result<(), ErrorCode>> {
    let make = |path: &str| dir.create_directory(path, &meter()).code();
    let rename = |from: &str, to: &str| dir.rename(from, dir, to).code();
    let path = |rest: &str| format!("{at}/{rest}");
    vec![
        make(at),
        make(&path("a/")),
        make(&path("a")),
        make(&path("file-not/b")),
        make("dir-link"),
        make("dangling/"),
        make("sub/.."),
        dir.symlink("a", &path("link"), &meter()).code(),
        dir.symlink("a", &path("link2/"), &meter()).code(),
        rename(&path("link/"), &path("moved")),
        rename(&path("a/"), &path("b/")),
        rename("file/", &path("c")),
        rename("file", &path("c/")),
        rename(&path("b/."), &path("c")),
        rename(&path("b/.."), &path("c")),
        dir.link(NO_FOLLOW, "file", dir, &path("hard"), &meter()).code(),
        dir.link(NO_FOLLOW, "file/", dir, &path("hard2"), &meter()).code(),
        dir.link(NO_FOLLOW, "file", dir, &path("hard2/"), &meter()).code(),
        dir.link(NO_FOLLOW, "sub", dir, &path("hard2"), &meter()).code(),
        dir.unlink_file(&path("hard/")).code(),
        dir.unlink_file(&path("b")).code(),
        dir.unlink_file(&path("link")).code(),
        dir.remove_directory(&path("b/.")).code(),
        dir.remove_directory(&path("hard")).code(),
        dir.remove_directory("dir-link/").code(),
        dir.remove_directory(&path("b/")).code(),
        open(dir, FOLLOW, path("new/"), CREATE, WRITE).map(drop),
        open(dir, FOLLOW, "dangling", OpenFlags { exclusive: true, ..CREATE }, WRITE).map(drop),
        open(dir, NO_FOLLOW, "dangling", CREATE, WRITE).map(drop),
        open(dir, FOLLOW, "hopeless", CREATE, WRITE).map(drop),
        open(dir, FOLLOW, "out/made", CREATE, WRITE).map(drop),
    ]
}

fn dir_or_file(descriptor: &Descriptor) -> DescriptorType {
    descriptor.ty()
}

#[test]
fn a_dangling_link_is_created_through_within_the_directory_only() {
    for way in 0..4 {
        let fixture = Fixture::new();
        symlink("sub/new", fixture.inside().join("dangling")).unwrap();
        symlink("../outside", fixture.inside().join("out")).unwrap();
        let dir = &every_way(&fixture, Access::ReadWrite)[way];
        assert!(open(dir, FOLLOW, "dangling", CREATE, WRITE).is_ok());
        assert!(fixture.inside().join("sub/new").is_file());
        assert!(matches!(open(dir, FOLLOW, "out", CREATE, WRITE), Err(ErrorCode::NotPermitted)));
        assert!(!fixture.0.join("outside").exists());
    }
}

#[test]
fn a_directory_is_read_without_its_dots() {
    let fixture = Fixture::new();
    let dir = fixture.open(Access::ReadOnly);
    let mut entries = dir.read_directory(&meter()).unwrap();
    let mut found = Vec::new();
    while let Some(entry) = entries.next().unwrap() {
        found.push((entry.name, entry.ty));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("file", DescriptorType::RegularFile), ("sub", DescriptorType::Directory)];
    assert_eq!(found, expected.map(|(name, ty)| (name.to_owned(), ty)));
}

#[test]
fn what_is_hidden_is_not_there_by_any_way() {
    for resolver in [PathResolver::System, PathResolver::Walk] {
        let fixture = Fixture::new();
        let inside = fixture.inside();
        for name in [".env", "sub/.env", "sub/plain"] {
            fs::write(inside.join(name), "hidden").unwrap();
        }
        fs::create_dir_all(inside.join("keys/deep")).unwrap();
        fs::write(inside.join("keys/deep/key"), "hidden").unwrap();
        for (target, link) in [(".env", "link"), ("sub", "folder"), ("keys", "ring"), ("sub/.env", "far")] {
            symlink(target, inside.join(link)).unwrap();
        }
        let dir = fixture.open_by(resolver, Access::ReadWrite, &["**/.env", "/in/keys/**", "nothing"]);
        is_not_there(&dir);
        is_not_made(&dir);
        let Ok(Descriptor::Directory(sub)) = open(&dir, FOLLOW, "folder", EXISTING, READ) else { panic!() };
        assert_eq!(sub.place.as_deref(), Some("sub"), "known by what the link leads to");
        assert!(matches!(open(&sub, FOLLOW, ".env", EXISTING, READ), Err(ErrorCode::NoEntry)));
        assert!(open(&sub, FOLLOW, "plain", EXISTING, READ).is_ok());
        let names = |dir: &DirHandle| {
            let mut entries = dir.read_directory(&meter()).unwrap();
            let mut names: Vec<_> =
                std::iter::from_fn(|| entries.next().unwrap().map(|entry| entry.name)).collect();
            names.sort();
            names
        };
        assert_eq!(names(&dir), ["far", "file", "folder", "keys", "link", "ring", "sub"]);
        assert_eq!(names(&sub), ["plain"]);
        let Ok(Descriptor::Directory(keys)) = open(&dir, FOLLOW, "ring/.", EXISTING, READ) else { panic!() };
        assert!(names(&keys).is_empty());
        assert_eq!(fs::read_to_string(inside.join("sub/.env")).unwrap(), "hidden");
    }
}

fn is_not_there(dir: &DirHandle) {
    let no_entry = || Err(ErrorCode::NoEntry);
    for path in [
        ".env",
        ".ENV",
        "./.env",
        "sub/.env",
        "sub/../.env",
        "folder/.env",
        "folder/../.env",
        "link",
        "far",
        "ring/deep",
        "keys/deep",
        "keys/deep/key",
        "sub/.env/",
        ".env/.",
        "keys/../keys/deep/key",
    ] {
        for (flags, mode) in [(EXISTING, READ), (OpenFlags { truncate: true, ..EXISTING }, WRITE)] {
            let opened = open(dir, FOLLOW, path, flags, mode).map(drop);
            assert_eq!(opened, no_entry(), "{path}");
        }
        assert_eq!(dir.stat_at(FOLLOW, path).code().map(drop), no_entry(), "{path}");
        let now = NewTimestamp::Now;
        assert_eq!(dir.set_times_at(FOLLOW, path, now, now).code(), no_entry(), "{path}");
    }
    for path in [".env", "folder/.env", "ring/deep", "sub/../.env"] {
        assert_eq!(dir.unlink_file(path).code(), no_entry(), "{path}");
        assert_eq!(dir.remove_directory(path).code(), no_entry(), "{path}");
        assert_eq!(dir.rename(path, dir, "stolen").code(), no_entry(), "{path}");
        assert_eq!(dir.link(NO_FOLLOW, path, dir, "stolen", &meter()).code(), no_entry(), "{path}");
        assert_eq!(dir.read_link(path).code().map(drop), no_entry(), "{path}");
    }
}

fn is_not_made(dir: &DirHandle) {
    let refused = || Err(ErrorCode::NotPermitted);
    for path in ["sub/.env", "new/../.env", "folder/.Env", ".env", "keys/new", "ring/new"] {
        if path.starts_with("new") {
            dir.create_directory("new", &meter()).unwrap();
        }
        assert_eq!(open(dir, FOLLOW, path, CREATE, WRITE).map(drop), refused(), "{path}");
        let exclusive = OpenFlags { exclusive: true, ..CREATE };
        assert_eq!(open(dir, FOLLOW, path, exclusive, WRITE).map(drop), refused(), "{path}");
        assert_eq!(dir.create_directory(path, &meter()).code(), refused(), "{path}");
        assert_eq!(dir.symlink("file", path, &meter()).code(), refused(), "{path}");
        assert_eq!(dir.rename("file", dir, path).code(), refused(), "{path}");
        assert_eq!(dir.link(NO_FOLLOW, "file", dir, path, &meter()).code(), refused(), "{path}");
    }
    assert_eq!(dir.remove_directory("new").code(), Ok(()));
    // A link that leads there is created through no more than the name itself.
    assert_eq!(open(dir, FOLLOW, "link", CREATE, WRITE).map(drop), refused());
    // Moved away, what is in it would be seen.
    assert_eq!(dir.rename("keys", dir, "keys2").code(), refused());
    assert_eq!(dir.rename("sub", dir, "keys/sub").code(), refused());
    assert_eq!(dir.rename("sub", dir, "sub2").code(), Ok(()), "the name in it stays hidden");
    assert_eq!(open(dir, FOLLOW, "sub2/.env", EXISTING, READ).map(drop), Err(ErrorCode::NoEntry));
    assert_eq!(dir.rename("sub2", dir, "sub").code(), Ok(()));
}
