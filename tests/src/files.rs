//! A plugin that calls every function of `wasi:filesystem` for whoever calls it (`fixtures/files.wat`), and folders to try it on:
//! what the tests of escapes and of hostile input to files share.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use plugbay::{
    Compiled, Config, Error, Grants, Host, Lift, Limits, Lower, PathResolver, Plugin, Source, TrapStyle,
};
use plugbay_component::marshal::Params;

pub use crate::wasi::STYLES;

/// The plugin, as text.
pub const GUEST: &str = include_str!("../fixtures/files.wat");

/// What a function of the interface returns: its error by name.
pub type Told<T> = std::result::Result<T, &'static str>;

/// `open-flags`.
pub mod open {
    /// Make a file that is not there.
    pub const CREATE: u32 = 1;
    /// Only a directory.
    pub const DIRECTORY: u32 = 2;
    /// Only what is made now.
    pub const EXCLUSIVE: u32 = 4;
    /// Empty it.
    pub const TRUNCATE: u32 = 8;
}

/// `descriptor-flags`.
pub mod mode {
    /// For reading.
    pub const READ: u32 = 1;
    /// For writing.
    pub const WRITE: u32 = 2;
    /// For changes below it.
    pub const MUTATE: u32 = 32;
}

/// Of what kind something is: `descriptor-type`.
pub mod kind {
    /// A directory.
    pub const DIRECTORY: u8 = 3;
    /// A pipe with a name.
    pub const FIFO: u8 = 4;
    /// A symbolic link.
    pub const LINK: u8 = 5;
    /// A regular file.
    pub const FILE: u8 = 6;
}

const CODES: [&str; 37] = [
    "access",
    "would-block",
    "already",
    "bad-descriptor",
    "busy",
    "deadlock",
    "quota",
    "exist",
    "file-too-large",
    "illegal-byte-sequence",
    "in-progress",
    "interrupted",
    "invalid",
    "io",
    "is-directory",
    "loop",
    "too-many-links",
    "message-size",
    "name-too-long",
    "no-device",
    "no-entry",
    "no-lock",
    "insufficient-memory",
    "insufficient-space",
    "not-directory",
    "not-empty",
    "not-recoverable",
    "unsupported",
    "no-tty",
    "no-such-device",
    "overflow",
    "not-permitted",
    "pipe",
    "read-only",
    "invalid-seek",
    "text-file-busy",
    "cross-device",
];

fn code(number: u8) -> &'static str {
    CODES.get(usize::from(number)).copied().unwrap_or("no code of error-code")
}

/// How a plugin runs: what it does must not depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// How faults are noticed.
    pub style: TrapStyle,
    /// Who resolves paths.
    pub resolver: PathResolver,
}

/// Every way there is.
pub fn ways() -> impl Iterator<Item = Way> {
    let resolvers = [PathResolver::System, PathResolver::Walk];
    STYLES.into_iter().flat_map(move |style| resolvers.map(|resolver| Way { style, resolver }))
}

impl Way {
    /// A plugin with these grants.
    ///
    /// # Errors
    /// The grants cannot be kept.
    pub fn link(self, grants: Grants) -> Result<Guest, Error> {
        self.link_within(grants, Limits::default())
    }

    /// The same with limits.
    ///
    /// # Errors
    /// The grants cannot be kept.
    pub fn link_within(self, grants: Grants, limits: Limits) -> Result<Guest, Error> {
        let grants = grants.allow("wasi:filesystem").allow("wasi:clocks").resolver(self.resolver);
        let compiled = compiled(self.style)?.clone().with_limits(limits);
        let mut plugin = compiled.link(&grants)?.instantiate(())?;
        let roots: Vec<(u32, String)> = plugin.call("get-directories", ())?;
        Ok(Guest { roots: roots.into_iter().map(|(root, _)| root).collect(), plugin })
    }
}

fn compiled(style: TrapStyle) -> Result<&'static Compiled<()>, Error> {
    static COMPILED: [OnceLock<Compiled<()>>; 2] = [OnceLock::new(), OnceLock::new()];
    let [signals, explicit] = &COMPILED;
    let cell = if style == TrapStyle::Signals { signals } else { explicit };
    if let Some(compiled) = cell.get() {
        return Ok(compiled);
    }
    let host = Host::builder().engine(Config::new().with_trap_style(style)).build()?;
    #[expect(clippy::expect_used, reason = "the text is checked in")]
    let bytes = wat::parse_str(GUEST).expect("the text of a component");
    let compiled = host.compile(Source::bytes("files", bytes))?;
    Ok(cell.get_or_init(|| compiled))
}

/// A plugin that does what it is told.
#[derive(Debug)]
pub struct Guest {
    /// Its granted directories, in their order.
    pub roots: Vec<u32>,
    /// The plugin itself.
    pub plugin: Plugin<()>,
}

/// Type, links, size, and three times as seconds and nanoseconds.
pub type Stat = (u8, u64, u64, Option<(u64, u32)>, Option<(u64, u32)>, Option<(u64, u32)>);

#[expect(
    clippy::missing_errors_doc,
    reason = "each returns the error code of the function that it is named after"
)]
impl Guest {
    /// Calls a function whose error is an error code. What ends the call is an error of its own.
    pub fn try_ask<A: Params + Lower, R: Lift>(&mut self, name: &str, args: A) -> Result<Told<R>, Error> {
        let told: std::result::Result<R, u8> = self.plugin.call(name, args)?;
        Ok(told.map_err(code))
    }

    /// The same where the call must not end so.
    ///
    /// # Panics
    /// When the call is ended.
    #[track_caller]
    pub fn ask<A: Params + Lower, R: Lift>(&mut self, name: &str, args: A) -> Told<R> {
        match self.try_ask(name, args) {
            Ok(told) => told,
            #[expect(clippy::panic, reason = "a test that cannot go on fails")]
            Err(error) => panic!("{name}: {error}"),
        }
    }

    /// The first granted directory.
    pub fn root(&self) -> u32 {
        self.roots.first().copied().unwrap_or_default()
    }

    /// `open-at`, links followed.
    #[track_caller]
    pub fn open(&mut self, dir: u32, path: &str, open: u32, mode: u32) -> Told<u32> {
        self.ask("open-at", (dir, 1_u32, path, open, mode))
    }

    /// Opens for reading and reads all of it.
    #[track_caller]
    pub fn read(&mut self, dir: u32, path: &str) -> Told<Vec<u8>> {
        let file = self.open(dir, path, 0, mode::READ)?;
        let read = self.ask("read", (file, 1_u64 << 20, 0_u64)).map(|(bytes, _): (Vec<u8>, bool)| bytes);
        self.close(file);
        read
    }

    /// Opens for writing, makes it if need be, and writes to it.
    #[track_caller]
    pub fn write(&mut self, dir: u32, path: &str, bytes: &[u8]) -> Told<u64> {
        let file = self.open(dir, path, open::CREATE, mode::WRITE)?;
        let written = self.ask("write", (file, bytes, 0_u64));
        self.close(file);
        written
    }

    /// `stat-at`.
    #[track_caller]
    pub fn stat(&mut self, dir: u32, follow: bool, path: &str) -> Told<Stat> {
        self.ask("stat-at", (dir, u32::from(follow), path))
    }

    /// A function of a directory and one path, such as `unlink-file-at`.
    #[track_caller]
    pub fn at(&mut self, function: &str, dir: u32, path: &str) -> Told<()> {
        self.ask(function, (dir, path))
    }

    /// `rename-at`.
    #[track_caller]
    pub fn rename(&mut self, dir: u32, path: &str, to: u32, new_path: &str) -> Told<()> {
        self.ask("rename-at", (dir, path, to, new_path))
    }

    /// `link-at`.
    #[track_caller]
    pub fn link(&mut self, dir: u32, path: &str, to: u32, new_path: &str) -> Told<()> {
        self.ask("link-at", (dir, 0_u32, path, to, new_path))
    }

    /// `symlink-at`.
    #[track_caller]
    pub fn symlink(&mut self, contents: &str, dir: u32, path: &str) -> Told<()> {
        self.ask("symlink-at", (dir, contents, path))
    }

    /// `set-times-at` to now, links followed.
    #[track_caller]
    pub fn touch(&mut self, dir: u32, path: &str) -> Told<()> {
        self.ask("set-times-at", (dir, 1_u32, path, 1_u32, 0_u64, 0_u32, 1_u32, 0_u64, 0_u32))
    }

    /// The sorted names in a directory.
    #[track_caller]
    pub fn names(&mut self, dir: u32) -> Told<Vec<String>> {
        let entries: u32 = self.ask("read-directory", (dir,))?;
        let mut names = Vec::new();
        while let Some((_, name)) = self.ask::<_, Option<(u8, String)>>("read-directory-entry", (entries,))? {
            names.push(name);
        }
        self.drop("drop-entries", entries);
        names.sort();
        Ok(names)
    }

    /// Drops a descriptor.
    #[track_caller]
    pub fn close(&mut self, descriptor: u32) {
        self.drop("drop-descriptor", descriptor);
    }

    #[track_caller]
    fn drop(&mut self, function: &str, handle: u32) {
        #[expect(clippy::expect_used, reason = "a test that cannot go on fails")]
        self.plugin.call::<_, ()>(function, (handle,)).expect("a handle that it has");
    }

    /// Every way to reach what `path` names, which must all fail so.
    ///
    /// # Panics
    /// When one does not.
    #[track_caller]
    pub fn reaches_nothing(&mut self, dir: u32, path: &str, code: &str) {
        let changes =
            [(0, mode::READ), (0, mode::WRITE), (open::CREATE, mode::WRITE), (open::TRUNCATE, mode::WRITE)];
        for (open, mode) in changes {
            let opened = self.open(dir, path, open, mode);
            // No file is made by a name of a directory, wherever that is.
            if open == open::CREATE && opened == Err("is-directory") && path.ends_with(['/', '.']) {
                continue;
            }
            assert_eq!(opened, Err(code), "open-at {path:?} {open} {mode}");
        }
        assert_eq!(
            self.open(dir, path, open::DIRECTORY, mode::READ),
            Err(code),
            "open-at {path:?} as a directory"
        );
        assert_eq!(self.stat(dir, true, path).map(drop), Err(code), "stat-at {path:?}");
        assert_eq!(self.touch(dir, path), Err(code), "set-times-at {path:?}");
        let hash = self.ask::<_, (u64, u64)>("metadata-hash-at", (dir, 1_u32, path));
        assert_eq!(hash.map(drop), Err(code), "metadata-hash-at {path:?}");
    }

    /// That `path`, which is hidden, is neither there nor made.
    ///
    /// # Panics
    /// When it is.
    #[track_caller]
    pub fn reaches_hidden(&mut self, dir: u32, path: &str) {
        assert_eq!(self.open(dir, path, 0, mode::READ), Err("no-entry"), "open-at {path:?}");
        assert_eq!(self.open(dir, path, open::TRUNCATE, mode::WRITE), Err("no-entry"), "truncate {path:?}");
        let made = self.open(dir, path, open::CREATE, mode::WRITE);
        assert!(
            matches!(made, Err("not-permitted" | "no-entry" | "is-directory")),
            "create {path:?}: {made:?}"
        );
        assert_eq!(self.stat(dir, true, path).map(drop), Err("no-entry"), "stat-at {path:?}");
        assert_eq!(self.touch(dir, path), Err("no-entry"), "set-times-at {path:?}");
    }

    /// Every way to make, move or remove something at `path`, which must all fail. `file` is a file in the same directory.
    ///
    /// # Panics
    /// When one does not.
    #[track_caller]
    pub fn changes_nothing(&mut self, dir: u32, path: &str, file: &str) {
        for function in ["create-directory-at", "remove-directory-at", "unlink-file-at"] {
            assert!(self.at(function, dir, path).is_err(), "{function} {path:?}");
        }
        assert!(self.rename(dir, path, dir, "stolen").is_err(), "rename-at from {path:?}");
        assert!(self.rename(dir, file, dir, path).is_err(), "rename-at to {path:?}");
        assert!(self.link(dir, path, dir, "stolen").is_err(), "link-at from {path:?}");
        assert!(self.link(dir, file, dir, path).is_err(), "link-at to {path:?}");
        assert!(self.symlink(file, dir, path).is_err(), "symlink-at {path:?}");
        assert!(self.ask::<_, String>("readlink-at", (dir, path)).is_err(), "readlink-at {path:?}");
    }
}

/// A folder with `in`, which is granted, and what must not be touched beside it: `out` with the file `secret`.
#[derive(Debug)]
pub struct Scene {
    root: PathBuf,
}

/// What nobody may read.
pub const SECRET: &str = "what nobody may read";

impl Scene {
    /// `in/file` holds "inside", `in/sub/deep` "deep", `out/secret` the [`SECRET`].
    ///
    /// # Panics
    /// When it cannot be made.
    #[track_caller]
    #[expect(clippy::expect_used, reason = "a test that cannot go on fails")]
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("plugbay-{name}-{}-{number}", std::process::id()));
        let made = fs::create_dir_all(root.join("in/sub"))
            .and_then(|()| fs::create_dir_all(root.join("out")))
            .and_then(|()| fs::write(root.join("in/file"), "inside"))
            .and_then(|()| fs::write(root.join("in/sub/deep"), "deep"))
            .and_then(|()| fs::write(root.join("out/secret"), SECRET));
        made.expect("a folder for the test");
        Self { root }
    }

    /// Something in `in`.
    pub fn inside(&self, path: &str) -> PathBuf {
        self.root.join("in").join(path)
    }

    /// Something in `out`.
    pub fn outside(&self, path: &str) -> PathBuf {
        self.root.join("out").join(path)
    }

    /// All of it.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `in`, for reading and for changes.
    pub fn granted(&self) -> Grants {
        Grants::none().allow_write(self.inside(""), "/in")
    }

    /// That nothing outside was read into anything, made or changed.
    ///
    /// # Panics
    /// When it was.
    #[track_caller]
    #[expect(clippy::expect_used, reason = "a test that cannot go on fails")]
    pub fn is_unharmed(&self) {
        let secret = fs::read_to_string(self.outside("secret")).expect("the secret is there");
        assert_eq!(secret, SECRET);
        let names = |path: &Path| fs::read_dir(path).expect("a folder").count();
        assert_eq!(names(&self.outside("")), 1, "something was made outside");
        assert_eq!(names(&self.root), 2, "something was made beside");
        let links = fs::symlink_metadata(self.outside("secret")).expect("the secret is there");
        assert_eq!(std::os::unix::fs::MetadataExt::nlink(&links), 1, "it was linked to");
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.root).ok();
    }
}
