//! Group G, the cache: whatever its directory is and whatever lies in it, a plugin runs as if there were none.

use std::fs::{File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use plugbay::{CacheConfig, EntryState, Grants, Host, SealKey, Source};

fn key() -> SealKey {
    SealKey::new([9; 32])
}

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("plugbay-hostile-cache-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn cache(&self) -> PathBuf {
        self.0.join("cache")
    }

    /// A plugin whose `f` returns this.
    fn plugin(&self, value: u32) -> PathBuf {
        let text = format!(
            "(component (core module $m (func (export \"f\") (result i32) (i32.const {value})))
                (core instance $i (instantiate $m)) (func (export \"f\") (result u32) (canon lift (core func $i \"f\"))))"
        );
        let path = self.0.join(format!("{value}.wasm"));
        std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
        path
    }

    /// The files of the cache.
    fn entries(&self) -> Vec<PathBuf> {
        let mut paths: Vec<_> =
            std::fs::read_dir(self.cache()).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn host(directory: &Path) -> Host {
    let cache = CacheConfig::new().with_directory(directory).with_key(key());
    Host::builder().cache(cache).build().unwrap()
}

fn run(host: &Host, plugin: &Path) -> u32 {
    let compiled = host.compile(Source::file(plugin)).unwrap();
    compiled.link(&Grants::none()).unwrap().instantiate(()).unwrap().call("f", ()).unwrap()
}

#[test]
fn a_plugin_comes_from_the_cache_when_it_is_there() {
    let folder = Folder::new();
    let plugin = folder.plugin(1);
    for _ in 0..3 {
        let host = host(&folder.cache());
        assert_eq!((run(&host, &plugin), host.cache().note()), (1, None));
    }
    let entries = folder.entries();
    assert_eq!(entries.len(), 1);
    let written = entries[0].metadata().unwrap().modified().unwrap();
    run(&host(&folder.cache()), &plugin);
    assert_eq!(folder.entries()[0].metadata().unwrap().modified().unwrap(), written, "it was made again");
    // Bytes without a name are not kept.
    let bytes = std::fs::read(folder.plugin(2)).unwrap();
    host(&folder.cache()).compile(Source::bytes("anonymous", bytes)).unwrap();
    assert_eq!(folder.entries().len(), 1);
}

#[test]
fn g1_g2_damaged_entries_are_made_again() {
    let folder = Folder::new();
    let plugin = folder.plugin(1);
    run(&host(&folder.cache()), &plugin);
    let path = folder.entries().remove(0);
    let good = std::fs::read(&path).unwrap();
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    for bad in
        [Vec::new(), good[..1000].to_vec(), [&good[..], &[1]].concat(), flipped(3), flipped(5000), vec![0; 9]]
    {
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, &bad).unwrap();
        assert_eq!(run(&host(&folder.cache()), &plugin), 1);
        assert!(std::fs::read(&path).unwrap() == good, "it was not replaced");
    }
}

#[test]
fn g3_entries_of_another_key_are_made_again() {
    let folder = Folder::new();
    let plugin = folder.plugin(1);
    run(&host(&folder.cache()), &plugin);
    let foreign = std::fs::read(folder.entries().remove(0)).unwrap();
    let cache = CacheConfig::new().with_directory(folder.cache()).with_key(SealKey::new([1; 32]));
    assert_eq!(run(&Host::builder().cache(cache).build().unwrap(), &plugin), 1);
    assert!(std::fs::read(folder.entries().remove(0)).unwrap() != foreign);
}

#[test]
fn g4_what_else_lies_in_the_directory_is_left_alone() {
    let folder = Folder::new();
    let plugin = folder.plugin(1);
    run(&host(&folder.cache()), &plugin);
    let old = format!("{}.plugbay", "0".repeat(64));
    std::fs::write(folder.cache().join(&old), "of an older version").unwrap();
    std::fs::write(folder.cache().join("notes.txt"), "mine").unwrap();
    std::fs::create_dir(folder.cache().join("folder.plugbay")).unwrap();
    let host = host(&folder.cache());
    assert_eq!(run(&host, &plugin), 1);
    let verified = host.cache().verify().unwrap();
    let state = |name: &str| &verified.iter().find(|(entry, _)| entry.name == name).unwrap().1;
    assert!(matches!(state(&old), EntryState::Removed(_)));
    assert!(matches!(state("folder.plugbay"), EntryState::Unreadable(_)));
    assert_eq!(verified.iter().filter(|(_, state)| *state == EntryState::Sound).count(), 1);
    assert!(folder.cache().join("notes.txt").exists() && !folder.cache().join(&old).exists());
}

#[test]
fn g5_entries_that_were_swapped_are_not_run() {
    let folder = Folder::new();
    let (one, two) = (folder.plugin(1), folder.plugin(2));
    let host_of = || host(&folder.cache());
    assert_eq!((run(&host_of(), &one), run(&host_of(), &two)), (1, 2));
    let [a, b] = folder.entries().try_into().unwrap();
    let aside = folder.0.join("aside");
    std::fs::rename(&a, &aside).unwrap();
    std::fs::rename(&b, &a).unwrap();
    std::fs::rename(&aside, &b).unwrap();
    assert_eq!((run(&host_of(), &one), run(&host_of(), &two)), (1, 2));
}

#[test]
fn g8_a_directory_that_is_not_safe_is_not_used() {
    let folder = Folder::new();
    let plugin = folder.plugin(1);
    let unsafe_directory = |path: &Path, why: &str| {
        let host = host(path);
        let note = host.cache().note().unwrap_or_else(|| panic!("{why}: it is used")).to_owned();
        assert!(note.contains(why), "{note}");
        assert_eq!(run(&host, &plugin), 1);
    };
    let made = |name: &str| {
        let path = folder.0.join(name);
        std::fs::create_dir(&path).unwrap();
        path
    };
    let open = made("open");
    std::fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
    unsafe_directory(&open, "others may write");
    let real = made("real");
    symlink(&real, folder.0.join("link")).unwrap();
    unsafe_directory(&folder.0.join("link"), "symbolic link");
    let file = folder.0.join("file");
    File::create(&file).unwrap();
    unsafe_directory(&file, "no directory");
    unsafe_directory(Path::new("/proc/plugbay/cache"), "cannot be made");
    // Only root can give things away.
    let given = made("given");
    if chown(&given, Some(65_534), None).is_ok() {
        unsafe_directory(&given, "another user");
    }
    // A directory that is missing is made, for the user alone.
    let missing = folder.0.join("a/b/c");
    assert_eq!((run(&host(&missing), &plugin), host(&missing).cache().note()), (1, None));
    assert_eq!(missing.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn g8_links_in_the_directory_are_not_followed() {
    let folder = Folder::new();
    let plugin = folder.plugin(1);
    run(&host(&folder.cache()), &plugin);
    let path = folder.entries().remove(0);
    let outside = folder.0.join("outside");
    std::fs::rename(&path, &outside).unwrap();
    symlink(&outside, &path).unwrap();
    let before = std::fs::read(&outside).unwrap();
    assert_eq!(run(&host(&folder.cache()), &plugin), 1);
    assert!(path.symlink_metadata().unwrap().is_file(), "the link was not replaced");
    assert!(std::fs::read(&outside).unwrap() == before);
}

#[test]
fn g11_many_at_once_do_not_disturb_each_other() {
    let folder = Folder::new();
    let plugins: Vec<PathBuf> = (0..6).map(|value| folder.plugin(value)).collect();
    // What a writer left behind that was killed.
    std::fs::create_dir(folder.cache()).unwrap();
    std::fs::set_permissions(folder.cache(), Permissions::from_mode(0o700)).unwrap();
    std::fs::write(folder.cache().join(".partial-1-0"), "half").unwrap();
    std::thread::scope(|scope| {
        for worker in 0..8_usize {
            let (folder, plugins) = (&folder, &plugins);
            scope.spawn(move || {
                for turn in 0..6_usize {
                    let value = (worker + turn) % plugins.len();
                    let host = host(&folder.cache());
                    assert_eq!(run(&host, &plugins[value]), value as u32);
                    if worker == 0 {
                        host.cache().clear().unwrap();
                    }
                }
            });
        }
    });
    let host = host(&folder.cache());
    assert!(host.cache().verify().unwrap().iter().all(|(_, state)| *state == EntryState::Sound));
    assert!(folder.entries().iter().all(|path| path.extension().is_some_and(|end| end == "plugbay")));
}

#[test]
fn g12_clocks_that_jump_cost_nothing() {
    let folder = Folder::new();
    let now = SystemTime::now();
    let year = Duration::from_secs(365 * 24 * 3600);
    let small = |bytes: u64| {
        let cache = CacheConfig::new().with_directory(folder.cache()).with_key(key()).with_max_bytes(bytes);
        Host::builder().cache(cache).build().unwrap()
    };
    for (value, time) in [(1, now + 10 * year), (2, now - 40 * year), (3, SystemTime::UNIX_EPOCH)] {
        run(&small(1 << 30), &folder.plugin(value));
        let newest = small(1 << 30)
            .cache()
            .entries()
            .unwrap()
            .into_iter()
            .map(|entry| folder.cache().join(entry.name));
        for path in newest {
            if path.metadata().unwrap().modified().unwrap().duration_since(now).is_ok_and(|age| age < year) {
                std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
                File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
            }
        }
    }
    for value in [1, 2, 3] {
        assert_eq!(run(&small(1 << 30), &folder.plugin(value)), value);
    }
    // What was used is dated now, whatever it was dated before.
    let entries = small(1 << 30).cache().entries().unwrap();
    assert!(
        entries
            .iter()
            .all(|entry| entry.used.duration_since(now - Duration::from_secs(2)).is_ok_and(|age| age < year))
    );
    // Room for one: the others give way.
    let one = entries.iter().map(|entry| entry.bytes).max().unwrap();
    assert_eq!(run(&small(one), &folder.plugin(4)), 4);
    assert_eq!(small(one).cache().entries().unwrap().len(), 1);
}

#[test]
fn g14_no_plugin_may_write_where_compiled_code_is_kept() {
    let folder = Folder::new();
    let host = host(&folder.cache());
    let compiled = host.compile(Source::file(folder.plugin(1))).unwrap();
    for path in [folder.0.as_path(), &folder.cache()] {
        let grants = Grants::none().allow_write(path, "/data");
        let error = compiled.link(&grants).unwrap_err();
        assert_eq!(error.code(), "grant", "{error}");
        assert!(error.to_string().contains("nobody may write"), "{error}");
        compiled.link(&Grants::none().allow_read(path, "/data")).unwrap();
    }
    let beside = folder.0.join("beside");
    std::fs::create_dir(&beside).unwrap();
    compiled.link(&Grants::none().allow_write(&beside, "/data")).unwrap();
}
