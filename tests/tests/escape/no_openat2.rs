//! Where the system has no call that resolves below a directory, or may not use it: paths are walked then, and lead out no more.

use std::os::unix::fs::symlink;

use plugbay::PathResolver;
use plugbay_tests::files::{STYLES, Scene, Way};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

const OPENAT2: i64 = 437;

#[test]
fn paths_are_walked_where_the_system_does_not_resolve_them() {
    // An old system says the first, a filter of system calls the second.
    for errno in [38, 1] {
        let scene = Scene::new("no-openat2");
        symlink("../out/secret", scene.inside("link")).unwrap();
        symlink("sub/../file", scene.inside("long")).unwrap();
        let tried = std::thread::scope(|scope| {
            let run = || {
                refuse(OPENAT2, errno);
                for style in STYLES {
                    let way = Way { style, resolver: PathResolver::System };
                    let mut guest = way.link(scene.granted()).unwrap();
                    let root = guest.root();
                    assert_eq!(guest.read(root, "sub/../file").unwrap(), b"inside");
                    assert_eq!(guest.read(root, "long").unwrap(), b"inside");
                    assert_eq!(guest.read(root, "sub/deep").unwrap(), b"deep");
                    assert_eq!(guest.write(root, "sub/new", b"new"), Ok(3));
                    for path in ["link", "../out/secret", "sub/../../out/secret"] {
                        guest.reaches_nothing(root, path, "not-permitted");
                        guest.changes_nothing(root, &format!("{path}/x"), "file");
                    }
                }
            };
            scope.spawn(run).join()
        });
        tried.unwrap();
        scene.is_unharmed();
    }
}

/// From here on `call` fails on this thread.
fn refuse(call: i64, errno: u32) {
    let rules = [(call, Vec::new())].into_iter().collect();
    let arch = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno), arch).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    apply_filter(&program).unwrap();
}
