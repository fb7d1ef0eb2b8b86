//! By a race: another thread swaps a directory with a link to outside, a million times, while the plugin opens, reads, makes and
//! removes what is behind that name.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use plugbay::{Limits, PathResolver, TrapStyle};
use plugbay_tests::files::{Guest, SECRET, STYLES, Scene, Way, mode, open};
use rustix::fs::{CWD, RenameFlags, renameat_with};

/// So many swaps in all, and no longer than this for each way, for slow machines.
const SWAPS: u32 = 1_000_000;
const LONGEST: Duration = Duration::from_secs(20);

/// What the plugin did.
#[derive(Debug, Default)]
struct Done {
    rounds: u32,
    inside: u32,
    refused: u32,
}

#[test]
fn no_byte_from_outside_by_a_million_swaps() {
    let ways = [
        (STYLES[0], PathResolver::System, None),
        (STYLES[1], PathResolver::System, None),
        (STYLES[0], PathResolver::Walk, None),
        (STYLES[1], PathResolver::Walk, None),
        (STYLES[0], PathResolver::System, Some("**/.env")),
        (STYLES[1], PathResolver::Walk, Some("**/.env")),
    ];
    for (style, resolver, hidden) in ways {
        race(style, resolver, hidden, SWAPS.div_ceil(6));
    }
}

fn race(style: TrapStyle, resolver: PathResolver, hidden: Option<&str>, swaps: u32) {
    let scene = Scene::new("race");
    // What is inside has the same names as what is outside.
    fs::write(scene.inside("sub/secret"), "inside").unwrap();
    fs::write(scene.inside("sub/.env"), "hidden").unwrap();
    symlink("../out", scene.inside("swap")).unwrap();
    let grants = hidden.into_iter().fold(scene.granted(), |grants, pattern| grants.deny_path(pattern));
    let mut limits = Limits::default().no_deadline();
    limits.written_bytes = u64::MAX;
    let mut guest = Way { style, resolver }.link_within(grants, limits).unwrap();
    let (swapped, mut done) = (AtomicBool::new(false), Done::default());
    std::thread::scope(|scope| {
        let swapper = scope.spawn(|| {
            let (a, b) = (scene.inside("sub"), scene.inside("swap"));
            let begin = Instant::now();
            let mut count = 0;
            while count < swaps && (count % 1024 != 0 || begin.elapsed() < LONGEST) {
                renameat_with(CWD, &a, CWD, &b, RenameFlags::EXCHANGE).unwrap();
                count += 1;
            }
            swapped.store(true, Ordering::Relaxed);
            count
        });
        while !swapped.load(Ordering::Relaxed) {
            round(&mut guest, &mut done, hidden.is_some());
        }
        let count = swapper.join().unwrap();
        eprintln!("{style:?} {resolver:?} {hidden:?}: {count} swaps, {done:?}");
        assert!(count >= swaps.min(10_000), "the swaps were too slow to be a race: {count}");
    });
    assert!(done.rounds > 100 && done.inside > 0 && done.refused > 0, "{done:?}");
    scene.is_unharmed();
}

fn round(guest: &mut Guest, done: &mut Done, hidden: bool) {
    let root = guest.root();
    done.rounds += 1;
    for path in ["sub/secret", "sub/./secret", "sub/../sub/secret"] {
        match guest.read(root, path) {
            Ok(bytes) => {
                assert_eq!(bytes, b"inside", "{path} was read from outside: {SECRET}");
                done.inside += 1;
            }
            // The link leads out, or the name was between the two.
            Err("not-permitted" | "no-entry" | "loop" | "not-directory" | "would-block") => done.refused += 1,
            Err(other) => panic!("{path}: {other}"),
        }
    }
    let made = "sub/made";
    if guest.open(root, made, open::CREATE, mode::WRITE).map(|file| guest.close(file)).is_ok() {
        done.inside += 1;
    }
    guest.at("create-directory-at", root, "sub/folder").ok();
    guest.symlink("x", root, "sub/link").ok();
    guest.rename(root, "sub/made", root, "sub/moved").ok();
    guest.link(root, "sub/secret", root, "stolen").ok();
    if let Ok(bytes) = guest.read(root, "stolen") {
        assert_eq!(bytes, b"inside");
    }
    guest.at("unlink-file-at", root, "stolen").ok();
    guest.touch(root, "sub/secret").ok();
    for path in ["sub/moved", "sub/link", "sub/made"] {
        guest.at("unlink-file-at", root, path).ok();
    }
    guest.at("remove-directory-at", root, "sub/folder").ok();
    if hidden {
        assert!(guest.read(root, "sub/.env").is_err());
        assert!(guest.read(root, "swap/../sub/.env").is_err());
    }
}
