//! C: values whose bits mean nothing, and lists that stand for more than they are.

use plugbay_component::{AbiTrap, Error, Limits, Linker, Val};

use crate::c_strings::pointed;
use crate::guests::{LIBC, OPTIONS, alone, call, call_u32, limit, limited, linked, trap};

/// Types that have to be named, for all of the tests here.
fn named() -> String {
    let labels: String = (0..257).map(|n| format!(r#" "n{n}""#)).collect();
    format!(
        r#"(type $three' (enum "a" "b" "c")) (export $three "three" (type $three'))
  (type $many' (enum{labels})) (export $many "many" (type $many'))
  (type $choice' (variant (case "x" u32) (case "y") (case "z" u8))) (export $choice "choice" (type $choice'))"#
    )
}

/// The value that a guest passes to the host in core values: `bits`, and 0 for a payload.
fn passed(ty: &str, slots: usize, bits: u32) -> Result<(), Error> {
    let (params, zeros) = (" i32".repeat(slots), " (i32.const 0)".repeat(slots - 1));
    let text = format!(
        r#"(component (import "types" (instance $types
      (type $three' (enum "a" "b" "c")) (export "three" (type $three (eq $three')))
      (type $choice' (variant (case "x" u32) (case "y") (case "z" u8))) (export "choice" (type $choice (eq $choice')))
      (export "take" (func (param "x" {ty})))))
  (core func $take (canon lower (func $types "take")))
  (core module $m (import "" "take" (func $take (param{params})))
    (func (export "f") (param i32) (call $take (local.get 0){zeros})))
  (core instance $i (instantiate $m (with "" (instance (export "take" (func $take))))))
  (func (export "f") (param "bits" u32) (canon lift (core func $i "f"))))"#
    );
    let mut linker = Linker::<()>::new();
    linker.instance("types").func_dynamic("take", |_, _, _| Ok(None)).unwrap();
    call_u32(&mut linked(&linker, &text, ()), "f", &[bits]).map(drop)
}

/// The value that a guest gives in memory, whose first four bytes are `bits`.
fn in_memory(ty: &str, bits: u32) -> Result<Option<Val>, Error> {
    let text = format!(
        r#"(component {} {LIBC} (core module $m (import "" "memory" (memory 1))
      (func (export "f") (param i32) (result i32) (i32.store (i32.const 64) (local.get 0)) (i32.const 64)))
    (core instance $i (instantiate $m (with "" (instance $libc))))
    (func (export "f") (param "bits" u32) (result (tuple {ty} u8)) (canon lift (core func $i "f") {OPTIONS})))"#,
        named()
    );
    call_u32(&mut alone(&text), "f", &[bits])
}

/// The value that a guest returns as its one core value.
fn returned(ty: &str, bits: u32) -> Result<Option<Val>, Error> {
    let text = format!(
        r#"(component {} (core module $m (func (export "f") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m))
    (func (export "f") (param "bits" u32) (result {ty}) (canon lift (core func $i "f"))))"#,
        named()
    );
    call_u32(&mut alone(&text), "f", &[bits])
}

#[test]
fn c06_any_bits_but_none_are_true() {
    for bits in [1, 2, 255, 256, u32::MAX] {
        assert_eq!(returned("bool", bits).unwrap(), Some(Val::Bool(true)), "{bits}");
        passed("bool", 1, bits).unwrap();
    }
    assert_eq!(returned("bool", 0).unwrap(), Some(Val::Bool(false)));
    for (bits, value) in [(2, true), (255, true), (0, false), (0xff00, false)] {
        let expected = Val::Tuple(vec![Val::Bool(value), Val::U8((bits >> 8) as u8)]);
        assert_eq!(in_memory("bool", bits).unwrap(), Some(expected), "{bits}");
    }
}

#[test]
fn c07_discriminants_without_a_case() {
    // As core values: all 32 bits count.
    for (ty, slots, cases) in [
        ("$three", 1, 3),
        ("(result)", 1, 2),
        ("(option u8)", 2, 2),
        ("$choice", 2, 3),
        ("(result u32)", 2, 2),
    ] {
        passed(ty, slots, cases - 1).unwrap_or_else(|error| panic!("{ty}: {error}"));
        for bits in [cases, cases + 1, 255, 256, 1 << 31, u32::MAX] {
            assert_eq!(trap(passed(ty, slots, bits)), AbiTrap::InvalidDiscriminant, "{ty} {bits}");
        }
    }
    for (ty, cases) in [("$three", 3), ("$many", 257), ("(result)", 2)] {
        returned(ty, cases - 1).unwrap();
        for bits in [cases, cases + 1, 1 << 16, u32::MAX] {
            assert_eq!(trap(returned(ty, bits)), AbiTrap::InvalidDiscriminant, "{ty} {bits}");
        }
    }
    // In memory: one byte, or two for more than 256 cases.
    for (ty, cases, width) in
        [("$three", 3, 8), ("$many", 257, 16), ("(result)", 2, 8), ("(option u8)", 2, 8), ("$choice", 3, 8)]
    {
        in_memory(ty, cases - 1).unwrap();
        for bits in [cases, cases + 1, (1 << width) - 1] {
            assert_eq!(trap(in_memory(ty, bits)), AbiTrap::InvalidDiscriminant, "{ty} {bits}");
        }
        in_memory(ty, 1 << width)
            .unwrap_or_else(|error| panic!("{ty}: what follows is not looked at: {error}"));
    }
}

#[test]
fn c09_lists_that_are_not_where_they_say() {
    let list = |ty: &str, ptr, length| {
        let text = pointed(&format!("(list {ty})"), "utf8", "");
        call_u32(&mut alone(&text), "f", &[ptr, length])
    };
    for (ty, size) in [("u8", 1), ("u16", 2), ("u32", 4), ("u64", 8), ("(tuple u64 u8)", 16), ("string", 8)] {
        // The product is 2²⁸ or more, or needs more than 32 bits, or wraps around to little.
        for length in
            [(1 << 28) / size, u32::try_from((1u64 << 32) / u64::from(size)).unwrap_or(u32::MAX), u32::MAX]
        {
            assert_eq!(trap(list(ty, 0, length)), AbiTrap::ListTooLong, "{ty} {length}");
        }
        assert_eq!(trap(list(ty, 65_536, 1)), AbiTrap::ListOutOfBounds, "{ty}");
        assert_eq!(trap(list(ty, 65_536 - size, 2)), AbiTrap::ListOutOfBounds, "{ty}");
        assert_eq!(list(ty, 65_536, 0).unwrap(), Some(Val::List(vec![])), "{ty}");
        list(ty, 65_536 - size, 1).unwrap();
    }
    assert_eq!(trap(list("u64", 0, 0x2000_0001)), AbiTrap::ListTooLong);
    for (ty, ptr) in [("u16", 1), ("u32", 2), ("u64", 4), ("f64", 65_532), ("string", 2), ("char", u32::MAX)]
    {
        assert_eq!(trap(list(ty, ptr, 1)), AbiTrap::UnalignedPointer, "{ty}");
    }
}

#[test]
fn c10_parameters_and_results_in_memory() {
    let params: String = (0..17).map(|n| format!(r#" (param "p{n}" u32)"#)).collect();
    let text = format!(
        r#"(component (import "far" (func $far{params} (result (tuple u64 u64)))) {LIBC}
  (core func $far (canon lower (func $far) {OPTIONS}))
  (core module $m (import "" "far" (func $far (param i32 i32)))
    (func (export "f") (param i32 i32) (call $far (local.get 0) (local.get 1))))
  (core instance $i (instantiate $m (with "" (instance (export "far" (func $far))))))
  (func (export "f") (param "args" u32) (param "out" u32) (canon lift (core func $i "f"))))"#
    );
    let mut linker = Linker::<()>::new();
    let pair = Val::Tuple(vec![Val::U64(1), Val::U64(2)]);
    linker.root().func_dynamic("far", move |_, _, _| Ok(Some(pair.clone()))).unwrap();
    let run = |args, out| call_u32(&mut linked(&linker, &text, ()), "f", &[args, out]);
    run(0, 0).unwrap();
    run(65_536 - 68, 65_536 - 16).unwrap();
    for args in [65_536 - 64, 65_536, 1 << 31, u32::MAX - 3] {
        assert_eq!(trap(run(args, 0)), AbiTrap::PointerOutOfBounds, "{args}");
    }
    for args in [1, 2, 3, u32::MAX] {
        assert_eq!(trap(run(args, 0)), AbiTrap::UnalignedPointer, "{args}");
    }
    for out in [65_536 - 8, 65_536, 1 << 31, u32::MAX - 7] {
        assert_eq!(trap(run(0, out)), AbiTrap::PointerOutOfBounds, "{out}");
    }
    for out in [4, 1, u32::MAX] {
        assert_eq!(trap(run(0, out)), AbiTrap::UnalignedPointer, "{out}");
    }
}

#[test]
fn c25_names_that_the_host_repeats_for_every_value_are_charged() {
    // A byte of the guest is a record with a name of 200 bytes on the host.
    let name = "n".repeat(200);
    let text = pointed("(list $r)", "utf8", "").replace(
        "(component",
        &format!(r#"(component (type $r' (record (field "{name}" u8))) (export $r "r" (type $r'))"#),
    );
    let limits = Limits { value_bytes: 1 << 20, ..Limits::default() };
    let mut instance = limited(&text, limits);
    assert!(call_u32(&mut instance, "f", &[0, 1000]).is_ok());
    assert_eq!(limit(call_u32(&mut instance, "f", &[0, 60_000])), ("value_bytes", 1 << 20));
    // A byte is eight names.
    let labels: String = (0..8).map(|n| format!(r#" "{name}{n}""#)).collect();
    let text = pointed("(list $r)", "utf8", &"\\ff".repeat(8192)).replace(
        "(component",
        &format!(r#"(component (type $r' (flags{labels})) (export $r "r" (type $r'))"#),
    );
    let mut instance = limited(&text, limits);
    assert!(call_u32(&mut instance, "f", &[1024, 100]).is_ok());
    assert_eq!(limit(call_u32(&mut instance, "f", &[1024, 8192])), ("value_bytes", 1 << 20));
    // The budget is of one call: many small ones are free.
    let mut instance = limited(&text, limits);
    for _ in 0..100 {
        call_u32(&mut instance, "f", &[1024, 100]).unwrap();
    }
}

#[test]
fn c27_what_lies_between_fields_is_not_the_hosts() {
    // The guest's memory is full of 0xaa; it gives back as bytes what it was given as records.
    let text = r#"(component
  (core module $m (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (memory.fill (i32.const 4096) (i32.const 0xaa) (i32.const 4096)) (i32.const 4096))
    (func (export "f") (param i32 i32) (result i32)
      (i32.store (i32.const 8) (local.get 0))
      (i32.store (i32.const 12) (i32.mul (local.get 1) (i32.const 24))) (i32.const 8)))
  (core instance $i (instantiate $m))
  (func (export "f") (param "l" (list (tuple u8 u64 u16))) (result (list u8)) (canon lift (core func $i "f")
    (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#;
    let rows: Vec<(u8, u64, u16)> = (0..20).map(|n| (n, u64::MAX, 0x0101)).collect();
    let mut instance = alone(text);
    let f = instance.func("f").unwrap().typed::<(&[(u8, u64, u16)],), Vec<u8>>(&instance).unwrap();
    let typed = f.call(&mut instance, (&rows,)).unwrap();
    let vals = rows.iter().map(|(a, b, c)| Val::Tuple(vec![(*a).into(), (*b).into(), (*c).into()]));
    let dynamic = call(&mut alone(text), "f", &[Val::List(vals.collect())]).unwrap();
    let bytes = typed.iter().copied().map(Val::U8).collect();
    assert_eq!(dynamic, Some(Val::List(bytes)));
    for (row, bytes) in rows.iter().zip(typed.chunks(24)) {
        assert_eq!((bytes[0], &bytes[8..16], &bytes[16..18]), (row.0, &[0xff; 8][..], &[1, 1][..]));
        let padding = bytes[1..8].iter().chain(&bytes[18..24]);
        assert!(padding.into_iter().all(|byte| *byte == 0xaa), "{bytes:x?}");
    }
}
