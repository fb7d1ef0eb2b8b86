//! Resources: defined by a guest and held by the host, defined by the host and held by a guest, lent, and dropped.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

mod common;

use common::{alone, component, instantiate};
use plugbay_component::{Borrow, ErrorKind, Linker, Resource, ResourceAny, ResourceTable, Val};

/// A counter resource whose representation is its value; the destructor counts.
const COUNTER: &str = r#"(component
  (core module $dtor
    (global (export "dropped") (mut i32) (i32.const 0))
    (func (export "dtor") (param i32)
      (global.set 0 (i32.add (global.get 0) (i32.const 1)))))
  (core instance $dtor (instantiate $dtor))
  (type $counter' (resource (rep i32) (dtor (core func $dtor "dtor"))))
  (core func $new (canon resource.new $counter'))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "dropped" (global $dropped (mut i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "value") (param i32) (result i32) (local.get 0))
    (func (export "take") (param i32) (result i32) (local.get 0))
    (func (export "dropped") (result i32) (global.get $dropped)))
  (core instance $i (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "dropped" (global $dtor "dropped"))))))
  (component $wrap
    (import "counter" (type $counter (sub resource)))
    (import "make" (func $make (param "n" u32) (result (own $counter))))
    (import "value" (func $value (param "c" (borrow $counter)) (result u32)))
    (export $out "counter" (type $counter))
    (export "make" (func $make) (func (param "n" u32) (result (own $out))))
    (export "value" (func $value) (func (param "c" (borrow $out)) (result u32))))
  (func $make (param "n" u32) (result (own $counter')) (canon lift (core func $i "make")))
  (func $value (param "c" (borrow $counter')) (result u32) (canon lift (core func $i "value")))
  (instance $api (instantiate $wrap
    (with "counter" (type $counter')) (with "make" (func $make)) (with "value" (func $value))))
  (export "test:demo/counters@1.2.0" (instance $api))
  (func (export "dropped") (result u32) (canon lift (core func $i "dropped"))))"#;

#[test]
fn the_host_holds_borrows_and_drops_a_guest_resource() {
    let mut instance = alone(COUNTER);
    let make =
        instance.func("test:demo/counters#make").unwrap().typed::<(u32,), ResourceAny>(&instance).unwrap();
    let value = instance.func("test:demo/counters@1.0.0#value").unwrap();
    let five = make.call(&mut instance, (5,)).unwrap();
    let seven = make.call(&mut instance, (7,)).unwrap();
    for (counter, expected) in [(five, 5), (seven, 7), (five, 5)] {
        assert_eq!(instance.call(value, &[Val::Resource(counter)]).unwrap(), Some(Val::U32(expected)));
    }
    instance.drop_resource(five).unwrap();
    assert_eq!(common::call_u32(&mut instance, "dropped").unwrap(), 1);
    let stale = instance.call(value, &[Val::Resource(five)]).unwrap_err();
    assert!(matches!(stale.kind(), ErrorKind::Misuse(_)), "{stale:?}");
    assert!(instance.drop_resource(five).is_err());
    // A handle of another instance is refused, and neither instance is hurt.
    let mut other = alone(COUNTER);
    let foreign = other.func("test:demo/counters#value").unwrap();
    assert!(other.call(foreign, &[Val::Resource(seven)]).is_err());
    assert_eq!(instance.call(value, &[Val::Resource(seven)]).unwrap(), Some(Val::U32(7)));
}

/// Opens a host file, reads its length through a borrow, and drops it, or not.
const READER: &str = r#"(component
  (import "test:host/files@0.1.0" (instance $files
    (export "file" (type $file (sub resource)))
    (export "open" (func (param "n" u32) (result (own $file))))
    (export "[method]file.length" (func (param "self" (borrow $file)) (result u32)))))
  (alias export $files "file" (type $file))
  (core func $open (canon lower (func $files "open")))
  (core func $length (canon lower (func $files "[method]file.length")))
  (core func $drop (canon resource.drop $file))
  (core module $m
    (import "" "open" (func $open (param i32) (result i32)))
    (import "" "length" (func $length (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (param i32) (result i32)
      (local $file i32) (local $length i32)
      (local.set $file (call $open (local.get 0)))
      (local.set $length (call $length (local.get $file)))
      (call $drop (local.get $file))
      (local.get $length))
    (func (export "twice") (param i32)
      (local $file i32)
      (local.set $file (call $open (local.get 0)))
      (call $drop (local.get $file))
      (call $drop (local.get $file)))
    (func (export "keep") (param i32))
    (func (export "give") (param i32) (result i32) (call $drop (local.get 0)) (i32.const 1)))
  (core instance $i (instantiate $m (with "" (instance
    (export "open" (func $open)) (export "length" (func $length)) (export "drop" (func $drop))))))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run")))
  (func (export "twice") (param "n" u32) (canon lift (core func $i "twice")))
  (func (export "keep") (param "f" (borrow $file)) (canon lift (core func $i "keep")))
  (func (export "give") (param "f" (own $file)) (result u32) (canon lift (core func $i "give"))))"#;

struct File {
    length: u32,
}

fn files() -> Linker<ResourceTable> {
    let mut linker = Linker::<ResourceTable>::new();
    linker
        .instance("test:host/files@0.1.3")
        .resource::<File>("file", |cx, rep| {
            cx.data_mut().delete(Resource::<File>::own(rep)).map(drop).map_err(plugbay_component::Error::host)
        })
        .unwrap()
        .func_wrap("open", |cx, (length,): (u32,)| {
            cx.data_mut().push(File { length }).map_err(plugbay_component::Error::host)
        })
        .unwrap()
        .func_wrap("[method]file.length", |cx, (file,): (Borrow<File>,)| {
            cx.data_mut().get(&file).map(|file| file.length).map_err(plugbay_component::Error::host)
        })
        .unwrap();
    linker
}

#[test]
fn a_guest_holds_borrows_and_drops_a_host_resource() {
    let component = component(READER);
    let mut instance = instantiate(&files(), &component, ResourceTable::new());
    let run = instance.func("run").unwrap().typed::<(u32,), u32>(&instance).unwrap();
    assert_eq!(run.call(&mut instance, (42,)).unwrap(), 42);
    assert!(instance.data().is_empty(), "the destructor ran");
    let give = instance.func("give").unwrap().typed::<(Resource<File>,), u32>(&instance).unwrap();
    let file = instance.data_mut().push(File { length: 1 }).unwrap();
    assert_eq!(give.call(&mut instance, (file,)).unwrap(), 1);
    assert!(instance.data().is_empty());
    let twice = instance.func("twice").unwrap().typed::<(u32,), ()>(&instance).unwrap();
    assert_eq!(twice.call(&mut instance, (1,)).unwrap_err().to_string(), "unknown handle index 1");
}

#[test]
fn a_borrow_must_be_dropped_before_the_call_ends() {
    let component = component(READER);
    let mut instance = instantiate(&files(), &component, ResourceTable::new());
    let keep = instance.func("keep").unwrap().typed::<(Borrow<File>,), ()>(&instance).unwrap();
    let file = instance.data_mut().push(File { length: 1 }).unwrap();
    let error = keep.call(&mut instance, (file.borrow(),)).unwrap_err();
    assert_eq!(error.to_string(), "borrow handles still remain at the end of the call");
}

#[test]
fn a_resource_needs_a_definition() {
    let component = component(READER);
    let missing = Linker::<()>::new().missing(&component);
    let paths: Vec<String> = missing.iter().map(|missing| missing.path()).collect();
    assert!(paths.contains(&"test:host/files@0.1.0#file".to_owned()), "{paths:?}");
    assert!(paths.contains(&"test:host/files@0.1.0#[method]file.length".to_owned()), "{paths:?}");
}

#[test]
fn live_handles_are_capped() {
    let component = component(COUNTER);
    let pre = Linker::<()>::new().pre(&component).unwrap();
    let limits = plugbay_component::Limits { handles: 3, ..plugbay_component::Limits::default() };
    let mut instance = pre.instantiate((), plugbay_engine::StoreLimits::default(), limits).unwrap();
    let make =
        instance.func("test:demo/counters#make").unwrap().typed::<(u32,), ResourceAny>(&instance).unwrap();
    for n in 0..3 {
        make.call(&mut instance, (n,)).unwrap();
    }
    let error = make.call(&mut instance, (3,)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { limit: 3, .. }), "{error:?}");
}

#[test]
fn two_imports_of_one_host_resource_are_one_type() {
    let text = r#"(component
  (import "test:host/files@0.1.0" (instance $old
    (export "file" (type $file (sub resource)))
    (export "open" (func (param "n" u32) (result (own $file))))))
  (import "test:host/files@0.1.1" (instance $new
    (export "file" (type $file (sub resource)))
    (export "[method]file.length" (func (param "self" (borrow $file)) (result u32)))))
  (core func $open (canon lower (func $old "open")))
  (core func $length (canon lower (func $new "[method]file.length")))
  (core module $m
    (import "" "open" (func $open (param i32) (result i32)))
    (import "" "length" (func $length (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (call $length (call $open (local.get 0)))))
  (core instance $i (instantiate $m (with "" (instance
    (export "open" (func $open)) (export "length" (func $length))))))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))"#;
    let mut instance = instantiate(&files(), &component(text), ResourceTable::new());
    let f = instance.func("f").unwrap().typed::<(u32,), u32>(&instance).unwrap();
    assert_eq!(f.call(&mut instance, (9,)).unwrap(), 9);
}
