//! Plugins from code that the system's loader loaded.
#![cfg(all(feature = "dylib", feature = "compile"))]
#![allow(clippy::unwrap_used, reason = "a test says by panicking that it failed")]

use plugbay::{Artifact, Grants, Host, Source};
use plugbay_component::Component;
use plugbay_component::engine::{ArtifactWriter, Engine, SourceHash};

const ADDER: &str = r#"(component
  (core module $m
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))"#;

/// What `Artifact::from_dylib` makes of the bytes of `Host::dylib`, without a file in between.
fn loaded(engine: &Engine) -> Artifact {
    let bytes = wat::parse_str(ADDER).unwrap();
    let component = Component::new(engine, &bytes).unwrap();
    let mut writer = ArtifactWriter::new(engine, SourceHash::of(&bytes));
    component.modules().iter().try_for_each(|module| writer.add_module(module)).unwrap();
    writer.set_extra(bytes);
    writer.load_as_dylib().unwrap()
}

#[test]
fn a_loaded_library_is_a_source() {
    let host: Host = Host::new().unwrap();
    let source = Source::artifact("adder", loaded(host.engine()));
    assert_eq!(&*source.name(), "adder");
    let mut plugin = host.compile(source).unwrap().link(&Grants::none()).unwrap().instantiate(()).unwrap();
    assert_eq!(plugin.call::<_, u32>("add", (40_u32, 2_u32)).unwrap(), 42);
    let other: Host = Host::new().unwrap();
    let error = other.compile(Source::artifact("adder", loaded(host.engine()))).unwrap_err();
    assert!(error.to_string().contains("another host"), "{error}");
}

#[test]
fn a_host_writes_libraries_of_components() {
    let host: Host = Host::new().unwrap();
    let bytes = host.dylib(&Source::bytes("adder", wat::parse_str(ADDER).unwrap())).unwrap();
    assert_eq!(bytes.get(..4), Some(b"\x7fELF".as_slice()));
}
