//! What linking compares: every import, its kind, the types of functions, and which resource is which.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

mod common;

use common::{call_u32, component, instantiate};
use plugbay_component::types::{ComponentItem, ValType};
use plugbay_component::{Borrow, BorrowAny, ErrorKind, Linker, Resource, ResourceAny, Val};
use plugbay_engine::StoreLimits;

struct File;
struct Socket;

/// Imports two resources of one interface, and functions that take the one, the other and both.
const HANDLES: &str = r#"(component
  (import "test:host/io" (instance $io
    (export "file" (type $file (sub resource)))
    (export "socket" (type $socket (sub resource)))
    (export "read" (func (param "f" (borrow $file)) (result u32)))
    (export "open" (func (result (own $file))))
    (export "copy" (func (param "f" (borrow $file)) (param "s" (list (tuple u8 (borrow $socket))))))))
  (alias export $io "file" (type $file))
  (core func $drop (canon resource.drop $file))
  (func (export "close") (param "f" (own $file)) (canon lift (core func $drop))))"#;

fn resources<A: 'static, B: 'static>() -> Linker<()> {
    let mut linker = Linker::<()>::new();
    let mut io = linker.instance("test:host/io");
    io.resource::<A>("file", |_, _| Ok(())).unwrap();
    io.resource::<B>("socket", |_, _| Ok(())).unwrap();
    linker
}

#[test]
fn every_import_that_does_not_fit_is_named() {
    let component = component(
        r#"(component
  (import "test:host/a@1.0.0" (instance
    (export "r" (type (sub resource)))
    (export "same" (func (param "x" u32)))
    (export "takes" (func (param "x" u32) (param "y" (list string))))
    (export "gives" (func (result (tuple u8 string))))
    (export "absent" (func))))
  (import "test:host/b" (instance (export "f" (func))))
  (import "bare" (func (result u32))))"#,
    );
    let mut linker = Linker::<()>::new();
    let mut a = linker.instance("test:host/a@1.2.0");
    a.func_wrap("r", |_, (): ()| Ok(())).unwrap();
    a.func_wrap("same", |_, (_,): (u32,)| Ok(())).unwrap();
    a.func_wrap("takes", |_, (_, _): (u32, Vec<u32>)| Ok(())).unwrap();
    a.func_wrap("gives", |_, (): ()| Ok((1u8, 2u8))).unwrap();
    a.resource::<File>("absent", |_, _| Ok(())).unwrap();
    let found: Vec<String> = linker.missing(&component).iter().map(ToString::to_string).collect();
    let error = linker.pre(&component).unwrap_err();
    let ErrorKind::Link { import, others, .. } = error.kind() else { panic!("{error}") };
    assert_eq!((import.as_str(), others.len()), ("test:host/a@1.0.0#r", 5), "{error}");
    let all = error.to_string();
    for (path, reason) in [
        ("test:host/a@1.0.0#r", "the host defines it as a function"),
        ("test:host/a@1.0.0#takes", "the host defines it with another type: "),
        ("test:host/a@1.0.0#gives", "the result"),
        ("test:host/a@1.0.0#absent", "the host defines it as a resource"),
        ("test:host/b#f", "the interface is not defined by the host"),
        ("bare", "it is not defined by the host"),
    ] {
        assert!(found.iter().any(|line| line.contains(path) && line.contains(reason)), "{path}: {found:#?}");
        assert!(all.contains(path) && all.contains(reason), "{path}: {all}");
    }
    assert!(!all.contains("#same"), "{all}");
}

#[test]
fn a_long_list_of_differences_is_cut() {
    let imports: String = (0..100).map(|n| format!(r#"(import "f{n}" (func))"#)).collect();
    let error = Linker::<()>::new().pre(&component(&format!("(component {imports})"))).unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with("\nand 67 more"), "{text}");
    assert_eq!(text.lines().count(), 34);
}

#[test]
fn function_types_are_compared_exactly() {
    let component = component(
        r#"(component (type $r' (record (field "a" u8) (field "b" u16))) (import "r" (type $r (eq $r')))
  (import "f" (func (param "r" $r) (param "l" (list u8)) (result (option u32)))))"#,
    );
    let fits = |define: &dyn Fn(&mut Linker<()>)| {
        let mut linker = Linker::<()>::new();
        define(&mut linker);
        linker.missing(&component).is_empty()
    };
    // The dynamic kind takes whatever is asked; tuples are no records, and an integer is of one size only.
    assert!(fits(&|linker| {
        linker.root().func_dynamic("f", |_, _, _| Ok(None)).unwrap();
    }));
    assert!(!fits(&|linker| {
        linker.root().func_wrap("f", |_, (_, _): ((u8, u16), Vec<u8>)| Ok(Some(1u32))).unwrap();
    }));
}

#[test]
fn a_typed_handle_is_to_the_resource_with_its_rust_type() {
    let component = component(HANDLES);
    let check = |linker: &Linker<()>| -> Vec<String> {
        linker.missing(&component).iter().map(ToString::to_string).collect()
    };
    let mut good = resources::<File, Socket>();
    let mut io = good.instance("test:host/io");
    io.func_wrap("read", |_, (_,): (Borrow<File>,)| Ok(1u32)).unwrap();
    io.func_wrap("open", |_, (): ()| Ok(Resource::<File>::own(1))).unwrap();
    io.func_wrap("copy", |_, (_, _): (Borrow<File>, Vec<(u8, Borrow<Socket>)>)| Ok(())).unwrap();
    assert_eq!(check(&good), [""; 0]);

    let mut bad = good.clone();
    let mut io = bad.instance("test:host/io");
    io.func_wrap("read", |_, (_,): (Borrow<Socket>,)| Ok(1u32)).unwrap();
    io.func_wrap("open", |_, (): ()| Ok(Resource::<Socket>::own(1))).unwrap();
    io.func_wrap("copy", |_, (_, _): (Borrow<File>, Vec<(u8, Borrow<File>)>)| Ok(())).unwrap();
    let found = check(&bad);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(
        found[0].contains("#read") && found[0].contains("Socket") && found[0].contains("File"),
        "{}",
        found[0]
    );
    assert!(found[1].contains("#open") && found[1].contains("the result"), "{}", found[1]);
    assert!(found[2].contains("#copy") && found[2].contains("one to `socket`"), "{}", found[2]);

    // Two resources that only their Rust type could tell apart, and it does not.
    let mut ambiguous = resources::<File, File>();
    let mut io = ambiguous.instance("test:host/io");
    io.func_wrap("read", |_, (_,): (Borrow<File>,)| Ok(1u32)).unwrap();
    io.func_wrap("open", |_, (): ()| Ok(Resource::<File>::own(1))).unwrap();
    io.func_wrap("copy", |_, (_, _): (Borrow<File>, Vec<(u8, Borrow<File>)>)| Ok(())).unwrap();
    let found = check(&ambiguous);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("#copy") && found[0].contains("give each its own"), "{}", found[0]);
}

#[test]
fn handles_without_a_rust_type_are_to_one_resource_only() {
    let component = component(HANDLES);
    let mut linker = resources::<File, Socket>();
    let mut io = linker.instance("test:host/io");
    io.func_wrap("read", |_, (_,): (BorrowAny,)| Ok(1u32)).unwrap();
    io.func_dynamic("open", |_, _, _| Ok(None)).unwrap();
    io.func_wrap("copy", |_, (_, _): (BorrowAny, Vec<(u8, BorrowAny)>)| Ok(())).unwrap();
    let found: Vec<String> = linker.missing(&component).iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("#copy") && found[0].contains("among several"), "{}", found[0]);
}

#[test]
fn a_typed_export_knows_its_resources_too() {
    let mut linker = resources::<File, Socket>();
    let mut io = linker.instance("test:host/io");
    io.func_wrap("read", |_, (_,): (Borrow<File>,)| Ok(1u32)).unwrap();
    io.func_wrap("open", |_, (): ()| Ok(Resource::<File>::own(1))).unwrap();
    io.func_dynamic("copy", |_, _, _| Ok(None)).unwrap();
    let instance = instantiate(&linker, &component(HANDLES), ());
    let close = instance.func("close").unwrap();
    close.typed::<(Resource<File>,), ()>(&instance).unwrap();
    close.typed::<(ResourceAny,), ()>(&instance).unwrap();
    let error = close.typed::<(Resource<Socket>,), ()>(&instance).unwrap_err().to_string();
    assert!(error.contains("Socket") && error.contains("one to `file`"), "{error}");

    let guests = component(
        r#"(component (type $r' (resource (rep i32))) (export $r "r" (type $r'))
  (core func $drop (canon resource.drop $r'))
  (func (export "close") (param "r" (own $r)) (canon lift (core func $drop))))"#,
    );
    let instance = instantiate(&Linker::new(), &guests, ());
    let close = instance.func("close").unwrap();
    close.typed::<(ResourceAny,), ()>(&instance).unwrap();
    let error = close.typed::<(Resource<File>,), ()>(&instance).unwrap_err().to_string();
    assert!(error.contains("the guest defines"), "{error}");
}

#[test]
fn instances_may_be_nested_in_what_is_imported_and_exported() {
    let component = component(
        r#"(component
  (import "outer" (instance $outer (export "inner" (instance (export "f" (func (result u32)))))))
  (alias export $outer "inner" (instance $inner))
  (core func $f (canon lower (func $inner "f")))
  (func $g (result u32) (canon lift (core func $f)))
  (instance $in (export "g" (func $g)))
  (instance $out (export "in" (instance $in)))
  (export "out" (instance $out)))"#,
    );
    let mut linker = Linker::<()>::new();
    let missing = linker.missing(&component);
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].path(), "outer#inner#f");
    linker.instance("outer#inner").func_wrap("f", |_, (): ()| Ok(9u32)).unwrap();
    let mut instance = instantiate(&linker, &component, ());
    assert_eq!(call_u32(&mut instance, "out#in#g").unwrap(), 9);
    assert!(instance.func("in#g").is_none() && instance.func("out#g").is_none());
}

/// A guest that calls two instances of one interface, which it tells apart by names of its own.
const STORES: &str = r#"(component
  (import "primary" (implements "test:keys/store@0.2.0") (external-id "db: users") (instance $a
    (export "get" (func (result u32)))))
  (import "secondary" (implements "test:keys/store@0.2.0") (instance $b
    (export "get" (func (result u32)))))
  (core func $a (canon lower (func $a "get"))) (core func $b (canon lower (func $b "get")))
  (core module $m
    (import "" "a" (func $a (result i32))) (import "" "b" (func $b (result i32)))
    (func (export "run") (result i32) (i32.add (i32.mul (call $a) (i32.const 10)) (call $b))))
  (core instance $i (instantiate $m (with "" (instance (export "a" (func $a)) (export "b" (func $b))))))
  (func $run (result u32) (canon lift (core func $i "run")))
  (instance $out (export "run" (func $run)))
  (export "main" (implements "test:keys/runner") (instance $out))
  (export "run" (func $run)))"#;

#[test]
fn an_import_may_be_one_of_several_of_an_interface() {
    let component = component(STORES);
    let primary = component.import_attributes("primary").unwrap();
    assert_eq!(primary.implements(), Some("test:keys/store@0.2.0"));
    assert_eq!(primary.external_id(), Some("db: users"));
    assert_eq!(component.import_attributes("secondary").unwrap().external_id(), None);
    assert_eq!(component.export_attributes("main").unwrap().implements(), Some("test:keys/runner"));
    assert!(component.export_attributes("run").is_none());

    let mut linker = Linker::<()>::new();
    assert_eq!(linker.missing(&component).len(), 2);
    // What the interface is defined as serves both; what is defined under the import's own name goes before.
    linker.instance("test:keys/store@0.2.7").func_wrap("get", |_, (): ()| Ok(3u32)).unwrap();
    let run = |linker: &Linker<()>| call_u32(&mut instantiate(linker, &component, ()), "run").unwrap();
    assert_eq!(run(&linker), 33);
    linker.instance("primary").func_wrap("get", |_, (): ()| Ok(4u32)).unwrap();
    assert_eq!(run(&linker), 43);
}

#[test]
fn a_map_is_a_list_of_pairs_by_another_name() {
    let component = component(
        r#"(component
  (import "sum" (func $sum (param "m" (map string u32)) (result u32)))
  (core module $libc (memory (export "memory") 1) (global $next (mut i32) (i32.const 64))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (global.get $next)
      (global.set $next (i32.add (global.get $next) (i32.const 256)))))
  (core instance $libc (instantiate $libc))
  (core func $sum (canon lower (func $sum) (memory (core memory $libc "memory"))))
  (func (export "sum") (param "m" (map string u32)) (result u32) (canon lift (core func $sum)
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))"#,
    );
    let Some(ComponentItem::Func(ty)) = component.exports().map(|(_, item)| item).next() else { panic!() };
    let map = &ty.params()[0].1;
    assert_eq!(map.to_string(), "map<string, u32>");
    let ValType::List(list) = map else { panic!("{map:?}") };
    assert_eq!(list.entry(), Some((&ValType::String, &ValType::U32)));
    let mut linker = Linker::<()>::new();
    linker
        .root()
        .func_wrap("sum", |_, (map,): (Vec<(String, u32)>,)| {
            Ok(map.iter().map(|(key, value)| u32::try_from(key.len()).unwrap_or(0) + value).sum::<u32>())
        })
        .unwrap();
    let pre = linker.pre(&component).unwrap();
    let mut instance =
        pre.instantiate((), StoreLimits::default(), plugbay_component::Limits::default()).unwrap();
    let sum = instance.func("sum").unwrap();
    let typed = sum.typed::<(Vec<(&str, u32)>,), u32>(&instance).unwrap();
    assert_eq!(typed.call(&mut instance, (vec![("a", 10), ("bc", 20)],)).unwrap(), 33);
    let pair = |key: &str, value| Val::Tuple(vec![Val::String(key.into()), Val::U32(value)]);
    let map = Val::List(vec![pair("a", 1), pair("bc", 2)]);
    assert_eq!(instance.call(sum, &[map]).unwrap(), Some(Val::U32(6)));
}
