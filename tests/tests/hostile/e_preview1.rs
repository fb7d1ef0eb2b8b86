//! Preview 1: descriptors that are renumbered, closed, and used afterwards.

use plugbay::{Grants, Limits, Stdio};

use crate::support::STYLES;
use crate::system_guest::{load, typed};

/// Returns the error numbers of preview 1: 0 for success, 8 for a descriptor that is none.
const MODULE: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $stat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "file")
  (func (export "close") (param i32) (result i32) (call $close (local.get 0)))
  (func (export "renumber") (param i32 i32) (result i32) (call $renumber (local.get 0) (local.get 1)))
  (func (export "prestat") (param i32) (result i32) (call $prestat (local.get 0) (i32.const 64)))
  (func (export "stat") (param i32) (result i32) (call $stat (local.get 0) (i32.const 64)))
  (func (export "open") (param i32) (result i32)
    (call $open (local.get 0) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 128)))
  (func (export "opened") (result i32) (i32.load (i32.const 128))))"#;

const WORLD: &str = "package demo:guest; world guest {
  export close: func(fd: u32) -> u32;
  export renumber: func(fd: u32, to: u32) -> u32;
  export prestat: func(fd: u32) -> u32;
  export stat: func(fd: u32) -> u32;
  export open: func(fd: u32) -> u32;
  export opened: func() -> u32;
}";

const BADF: u32 = 8;

#[test]
fn e9_descriptors_are_renumbered_and_closed_and_do_not_come_back() {
    let folder = std::env::temp_dir().join(format!("plugbay-e9-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("file"), "contents").unwrap();
    let grants = Grants::none().allow_read(&folder, "/").stdio(Stdio::null()).allow("wasi:cli");
    for style in STYLES {
        let mut plugin = load(style, typed(MODULE, WORLD), &grants, Limits::default());
        let mut call = |name: &str, fd: u32| plugin.call::<_, u32>(name, (fd,)).unwrap();
        // The preopened directory is the first after the standard streams.
        assert_eq!((call("prestat", 3), call("prestat", 4)), (0, BADF));
        assert_eq!(call("open", 3), 0);
        assert_eq!(call("stat", 4), 0);
        for never in [99, 1 << 31, u32::MAX] {
            assert_eq!((call("close", never), call("open", never)), (BADF, BADF));
        }
        assert_eq!(call("close", 4), 0);
        assert_eq!((call("close", 4), call("stat", 4)), (BADF, BADF), "closed twice, used afterwards");
        let renumber = |plugin: &mut plugbay::Plugin, fd: u32, to: u32| {
            plugin.call::<_, u32>("renumber", (fd, to)).unwrap()
        };
        assert_eq!(call("open", 3), 0);
        let opened = plugin.call::<_, u32>("opened", ()).unwrap();
        assert_eq!(renumber(&mut plugin, u32::MAX, 0), BADF);
        // The file goes over the preopened directory, which is closed by that.
        assert_eq!(renumber(&mut plugin, opened, 3), 0);
        let mut call = |name: &str, fd: u32| plugin.call::<_, u32>(name, (fd,)).unwrap();
        assert_eq!((call("stat", 3), call("stat", opened)), (0, BADF));
        assert_ne!(call("open", 3), 0, "a file is no directory");
        assert_eq!(call("close", 3), 0);
        assert_eq!((call("open", 3), call("prestat", 3)), (BADF, BADF));
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
