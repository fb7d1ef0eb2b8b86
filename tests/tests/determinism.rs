//! The same plugin, compiled many times at once by engines of their own, is the same machine code to the byte.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::thread;

use plugbay::{CacheConfig, Host, SealKey, Source};

#[test]
fn sixteen_compilations_at_once_make_the_same_bytes() {
    let plugins = plugbay_tests::plugins();
    let path = plugins.iter().map(|(_, path)| path).min_by_key(|path| std::fs::metadata(path).unwrap().len());
    let path = path.expect("the example plugins are checked in");
    let compile = || {
        let cache = CacheConfig::new().off().with_key(SealKey::new([1; 32]));
        let host: Host<()> = Host::builder().cache(cache).build().unwrap();
        host.artifact(&Source::file(path)).unwrap()
    };
    let artifacts: Vec<_> = thread::scope(|scope| {
        let compilations: Vec<_> = (0..16).map(|_| scope.spawn(compile)).collect();
        compilations.into_iter().map(|compilation| compilation.join().unwrap()).collect()
    });
    assert!(artifacts[0].len() > 10_000);
    assert!(artifacts.iter().all(|artifact| *artifact == artifacts[0]));
}
