//! A component that imports host functions: typed and dynamic definitions, strings both ways, compatible versions, link
//! errors, errors and poisoning.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

mod common;

use common::{component, instantiate};
use plugbay_component::{Error, ErrorKind, Linker, Val};

/// `greet` calls the host's `shout` with its argument and returns what the host gave.
const GREETER: &str = r#"(component
  (import "test:host/text@0.2.0" (instance $text
    (export "shout" (func (param "text" string) (result string)))))
  (core module $libc
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (core func $shout (canon lower (func $text "shout")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $main
    (import "libc" "memory" (memory 1))
    (import "host" "shout" (func $shout (param i32 i32 i32)))
    (func (export "greet") (param i32 i32) (result i32)
      (call $shout (local.get 0) (local.get 1) (i32.const 16))
      (i32.const 16))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "trap") unreachable))
  (core instance $main (instantiate $main
    (with "libc" (instance $libc))
    (with "host" (instance (export "shout" (func $shout))))))
  (func (export "greet") (param "name" string) (result string) (canon lift (core func $main "greet")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $main "add")))
  (func (export "trap") (canon lift (core func $main "trap"))))"#;

fn linker() -> Linker<u32> {
    let mut linker = Linker::new();
    linker
        .instance("test:host/text@0.2.7")
        .func_wrap("shout", |cx, (text,): (String,)| {
            *cx.data_mut() += 1;
            Ok(text.to_uppercase() + "!")
        })
        .unwrap();
    linker
}

#[test]
fn a_typed_host_function_of_a_compatible_version() {
    let component = component(GREETER);
    let mut instance = instantiate(&linker(), &component, 0);
    let greet = instance.func("greet").unwrap().typed::<(&str,), String>(&instance).unwrap();
    assert_eq!(greet.call(&mut instance, ("wörld",)).unwrap(), "WÖRLD!");
    assert_eq!(greet.call(&mut instance, ("",)).unwrap(), "!");
    assert_eq!(*instance.data(), 2);
    let add = instance.func("add").unwrap().typed::<(u32, u32), u32>(&instance).unwrap();
    assert_eq!(add.call(&mut instance, (u32::MAX, 2)).unwrap(), 1);
}

#[test]
fn dynamic_on_both_sides() {
    let component = component(GREETER);
    let mut linker = Linker::new();
    linker
        .instance("test:host/text@0.2.0")
        .func_dynamic("shout", |_, ty, args| {
            assert_eq!(&*ty.params()[0].0, "text");
            let [Val::String(text)] = args else { return Err(Error::misuse("a string")) };
            Ok(Some(Val::String(text.repeat(2))))
        })
        .unwrap();
    let mut instance = instantiate(&linker, &component, ());
    let greet = instance.func("greet").unwrap();
    assert_eq!(instance.call(greet, &[Val::String("ab".into())]).unwrap(), Some(Val::String("abab".into())));
    let wrong = instance.call(greet, &[Val::U32(1)]).unwrap_err();
    assert!(matches!(wrong.kind(), ErrorKind::Value { .. }), "{wrong:?}");
    // Wrong arguments do not hurt the instance.
    assert_eq!(instance.call(greet, &[Val::String("c".into())]).unwrap(), Some(Val::String("cc".into())));
}

#[test]
fn what_is_missing_is_named() {
    let component = component(GREETER);
    let empty = Linker::<()>::new();
    let missing = empty.missing(&component);
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].path(), "test:host/text@0.2.0#shout");
    let error = empty.pre(&component).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Link { .. }), "{error:?}");
    assert!(error.to_string().contains("test:host/text@0.2.0#shout"), "{error}");

    let mut newer = Linker::<()>::new();
    newer.instance("test:host/text@0.3.0").func_wrap("shout", |_, (text,): (String,)| Ok(text)).unwrap();
    assert_eq!(newer.missing(&component).len(), 1, "0.3 does not stand for 0.2");

    let mut other = Linker::<()>::new();
    other.instance("test:host/text@0.2.0").func_wrap("shout", |_, (n,): (u32,)| Ok(n)).unwrap();
    let missing = other.missing(&component);
    assert!(missing[0].reason.contains("text") && missing[0].reason.contains("u32"), "{}", missing[0]);
}

#[test]
fn a_host_error_comes_back_unchanged_and_the_instance_is_lost() {
    let component = component(GREETER);
    let mut linker = Linker::<()>::new();
    linker
        .instance("test:host/text@0.2.0")
        .func_wrap("shout", |_, (_,): (String,)| -> Result<String, Error> {
            Err(Error::host(std::io::Error::other("no voice")))
        })
        .unwrap();
    let mut instance = instantiate(&linker, &component, ());
    let greet = instance.func("greet").unwrap().typed::<(&str,), String>(&instance).unwrap();
    let error = greet.call(&mut instance, ("x",)).unwrap_err();
    assert_eq!(error.downcast_host::<std::io::Error>().map(ToString::to_string).as_deref(), Some("no voice"));
    let again = greet.call(&mut instance, ("x",)).unwrap_err();
    assert!(matches!(again.kind(), ErrorKind::Poisoned), "{again:?}");
}

#[test]
fn a_trap_poisons_the_instance() {
    let component = component(GREETER);
    let mut instance = instantiate(&linker(), &component, 0);
    let trap = instance.func("trap").unwrap().typed::<(), ()>(&instance).unwrap();
    assert_eq!(trap.call(&mut instance, ()).unwrap_err().to_string(), "unreachable");
    assert!(instance.is_poisoned());
    let again = trap.call(&mut instance, ()).unwrap_err();
    assert!(matches!(again.kind(), ErrorKind::Poisoned), "{again:?}");
    // Another instance of the same component is not affected.
    let mut other = instantiate(&linker(), &component, 0);
    let add = other.func("add").unwrap();
    assert_eq!(other.call(add, &[Val::U32(1), Val::U32(2)]).unwrap(), Some(Val::U32(3)));
}

#[test]
fn a_function_of_another_type_or_instance_is_refused() {
    let component = component(GREETER);
    let mut one = instantiate(&linker(), &component, 0);
    let two = instantiate(&linker(), &component, 0);
    assert!(one.func("nothing").is_none());
    let mismatch = one.func("greet").unwrap().typed::<(u32,), String>(&one).unwrap_err();
    assert!(mismatch.to_string().contains("name"), "{mismatch}");
    let foreign = two.func("add").unwrap();
    assert!(matches!(one.call(foreign, &[]).unwrap_err().kind(), ErrorKind::Misuse(_)));
}
