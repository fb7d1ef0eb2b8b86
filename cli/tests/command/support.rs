//! What the tests of `run` and `inspect` share: small components as text, files of their own, and running the command.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Exports plain functions: one that adds, one that traps, one that never ends, one in an interface.
pub(crate) const TOOLS: &str = r#"(component
  (core module $m
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "trap") unreachable)
    (func (export "spin") (loop (br 0))))
  (core instance $i (instantiate $m))
  (func $add (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (export "add" (func $add))
  (func (export "trap") (canon lift (core func $i "trap")))
  (func (export "spin") (canon lift (core func $i "spin")))
  (instance $sums (export "plus" (func $add)))
  (export "demo:math/sums@0.1.0" (instance $sums)))"#;

/// Imports a clock and exports what it says.
pub(crate) const CLOCK: &str = r#"(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "now" (func (result u64)))))
  (core module $m
    (import "clock" "now" (func $now (result i64)))
    (func (export "later") (result i32) (i64.ne (call $now) (i64.const 0))))
  (core func $now (canon lower (func $clock "now")))
  (core instance $i (instantiate $m (with "clock" (instance (export "now" (func $now))))))
  (func (export "later") (result bool) (canon lift (core func $i "later"))))"#;

/// A command whose `run` returns `status`: 0 for ok, 1 for an error.
pub(crate) fn command(status: u32) -> String {
    format!(
        r#"(component
  (core module $m (func (export "run") (result i32) (i32.const {status})))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $e (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $e)))"#
    )
}

/// A file with a name of its own, removed when dropped.
pub(crate) struct File(PathBuf);

impl File {
    /// A file with these bytes.
    pub(crate) fn new(name: &str, bytes: &[u8]) -> Self {
        let folder = std::env::temp_dir().join(format!("plugbay-cli-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}.wasm"));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    /// A component from its text.
    pub(crate) fn component(name: &str, text: &str) -> Self {
        Self::new(name, &wat::parse_str(text).unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if let Some(folder) = self.0.parent() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// How the command ended: exit code, output, error output.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `plugbay verb file args…`.
pub(crate) fn plugbay(verb: &str, file: &Path, args: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_plugbay")).arg(verb).arg(file).args(args).output().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
