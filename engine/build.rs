//! Gives the engine's sources a number, so that machine code made by one build is never run by another.

use std::path::Path;

/// The offset and the prime of the 64-bit FNV-1a hash.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

fn main() {
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=Cargo.toml");
    let mut hash = OFFSET;
    add(Path::new("src"), &mut hash);
    add(Path::new("Cargo.toml"), &mut hash);
    println!("cargo::rustc-env=PLUGBAY_ENGINE_BUILD={hash:016x}");
}

/// Adds a file, or the files of a folder in the order of their names.
fn add(path: &Path, hash: &mut u64) {
    if let Ok(entries) = std::fs::read_dir(path) {
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            add(&path, hash);
        }
        return;
    }
    let bytes = std::fs::read(path).unwrap_or_default();
    for byte in path.to_string_lossy().bytes().chain(bytes) {
        *hash = (*hash ^ u64::from(byte)).wrapping_mul(PRIME);
    }
}
