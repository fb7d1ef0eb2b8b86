//! `host/wit/plugbay-host.wit` is what the host has: a component that imports all of it links.

#![cfg(feature = "kv")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says by panicking that it failed")]

use std::path::Path;

use plugbay::powers::KvConfig;
use plugbay::{ErrorKind, Grants, Host, Source};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Imports every function, by its flat type: strings and lists are two numbers, and what does not fit into one comes back in memory.
const MODULE: &str = r#"(module
  (import "plugbay:host/kv@0.1.0" "get" (func (param i32 i32 i32)))
  (import "plugbay:host/kv@0.1.0" "set" (func (param i32 i32 i32 i32 i32)))
  (import "plugbay:host/kv@0.1.0" "delete" (func (param i32 i32 i32)))
  (import "plugbay:host/kv@0.1.0" "exists" (func (param i32 i32 i32)))
  (import "plugbay:host/kv@0.1.0" "list-keys" (func (param i32 i32 i32 i32 i32 i32)))
  (import "plugbay:host/kv@0.1.0" "compare-and-swap" (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "plugbay:host/kv@0.1.0" "increment" (func (param i32 i32 i64 i32)))
  (import "plugbay:host/kv@0.1.0" "transact" (func (param i32 i32 i32)))
  (import "plugbay:host/kv@0.1.0" "usage" (func (param i32)))
  (import "plugbay:host/log@0.1.0" "log" (func (param i32 i32 i32)))
  (import "plugbay:host/log@0.1.0" "log-with" (func (param i32 i32 i32 i32 i32)))
  (import "plugbay:host/log@0.1.0" "enabled" (func (param i32) (result i32)))
  (import "plugbay:host/config@0.1.0" "get" (func (param i32 i32 i32)))
  (import "plugbay:host/config@0.1.0" "get-all" (func (param i32)))
  (import "plugbay:host/secret@0.1.0" "open" (func (param i32 i32 i32)))
  (import "plugbay:host/secret@0.1.0" "names" (func (param i32)))
  (import "plugbay:host/secret@0.1.0" "[method]secret.name" (func (param i32 i32)))
  (import "plugbay:host/secret@0.1.0" "[method]secret.header-value" (func (param i32 i32)))
  (import "plugbay:host/secret@0.1.0" "[resource-drop]secret" (func (param i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))"#;

#[test]
fn a_component_that_imports_everything_links() {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("wit")).unwrap();
    let world = resolve.select_world(&[package], Some("all")).unwrap();
    let functions: usize =
        resolve.packages[package].interfaces.values().map(|id| resolve.interfaces[*id].functions.len()).sum();
    // One more for dropping the resource.
    assert_eq!(MODULE.matches("(import").count(), functions + 1, "the module has them all");
    let mut module = wat::parse_str(MODULE).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    let component = ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap();

    let host = Host::<()>::builder().kv(KvConfig::in_memory()).build().unwrap();
    let compiled = host.compile(Source::bytes("all", component)).unwrap();
    compiled.link(&Grants::none().allow("plugbay:host")).unwrap().instantiate(()).unwrap();
    for one in ["plugbay:host/kv", "plugbay:host/log", "plugbay:host/config", "plugbay:host/secret"] {
        let error = compiled.link(&Grants::none().allow("plugbay:host").deny(one)).unwrap_err();
        let ErrorKind::Denied { missing } = error.kind() else { panic!("{error}") };
        assert_eq!(missing.len(), 1);
        assert!(missing[0].import.starts_with(one));
    }
}
