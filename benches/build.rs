//! Builds the shared library that the benchmarks compare with. It has to be a library of its own, so that a call of it is
//! a call.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=native/native.rs");
    let env = |name: &str| std::env::var(name).unwrap_or_default();
    let library = PathBuf::from(env("OUT_DIR")).join("libnative.so");
    let status = Command::new(env("RUSTC"))
        .args(["--edition=2024", "--crate-type=cdylib", "-Copt-level=3", "--target", &env("TARGET"), "-o"])
        .arg(&library)
        .arg("native/native.rs")
        .status();
    match status {
        Ok(status) if status.success() => println!("cargo:rustc-env=NATIVE_LIBRARY={}", library.display()),
        other => println!("cargo:error=the native library could not be built: {other:?}"),
    }
}
