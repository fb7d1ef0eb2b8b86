//! A: components that are not what they say, that say too much, or that use what is not supported.

use std::time::{Duration, Instant};

use plugbay_component::{Component, ErrorKind, Limits, Linker, Stage};
use plugbay_engine::{Config, Engine, StoreLimits};

use crate::guests::{ENGINE, component};
use crate::support::{custom, leb, section};

const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

fn bytes(sections: &[u8]) -> Vec<u8> {
    [HEADER, sections].concat()
}

/// Checks on a thread with a stack of 256 KiB, within seconds; the refusal.
fn check(bytes: Vec<u8>) -> Result<(), String> {
    let begin = Instant::now();
    let run = move || {
        Component::check(&bytes).map_err(|error| {
            assert!(!matches!(error.kind(), ErrorKind::Internal(_)), "{error}");
            error.to_string()
        })
    };
    let result =
        std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().expect("no panic");
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    result
}

#[test]
fn a01_other_layers_and_versions() {
    check(bytes(&[])).unwrap();
    for header in [
        b"\0asm\x0d\0\x00\0",
        b"\0asm\x0d\0\x02\0",
        b"\0asm\x0e\0\x01\0",
        b"\0asm\x01\0\x01\0",
        b"\0ASM\x0d\0\x01\0",
    ] {
        let error = Component::new(&ENGINE, header).unwrap_err();
        assert_eq!(error.stage(), Stage::Decode, "{error}");
    }
    for end in 0..8 {
        assert!(check(HEADER[..end].to_vec()).is_err(), "{end}");
    }
}

#[test]
fn a03_counts_that_stand_for_nothing() {
    // 2³²−1 of everything, a number of six bytes, and one that is cut off: nothing is reserved for them.
    for id in 2..=12 {
        for count in [leb(u32::MAX), vec![0x80; 6], vec![0x80], leb(1_000_000)] {
            assert!(check(bytes(&section(id, &count))).is_err(), "{id} {count:x?}");
            // Items that are one byte each, as few as they are.
            let some = [&count[..], &[0x7f; 64]].concat();
            assert!(check(bytes(&section(id, &some))).is_err(), "{id} {count:x?}");
        }
    }
}

#[test]
fn a04_sections_that_do_not_fit() {
    for id in 0..=13 {
        // Longer than the file, empty, and with something left over.
        assert!(check(bytes(&[id, 0x7f, 0])).is_err(), "{id}");
        assert!(check(bytes(&[&[id][..], &leb(u32::MAX), &[0]].concat())).is_err(), "{id}");
        assert!(check(bytes(&section(id, &[]))).is_err(), "{id}");
        assert!(check(bytes(&section(id, &[0, 0]))).is_err() || id == 0, "{id}");
    }
    assert!(check(bytes(&section(13, &[0]))).is_err());
    assert!(check(bytes(&section(255, &[0]))).is_err());
    // Sections may come in any order and more than once; what they refer to must be there.
    check(bytes(&[section(7, &[1, 0x7f]), section(7, &[1, 0x7f])].concat())).unwrap();
    let export_first = [section(11, &[1, 0, 1, b'a', 3, 0, 0]), section(7, &[1, 0x7f])].concat();
    assert!(check(bytes(&export_first)).is_err());
}

#[test]
fn a05_a_million_types_imports_and_exports() {
    let many =
        |id: u8, count: u32, item: &[u8]| section(id, &[leb(count), item.repeat(count as usize)].concat());
    assert!(check(bytes(&many(7, 1_000_001, &[0x7f]))).is_err());
    let import = |n: u32| [&[0, 4][..], format!("a{n:03}").as_bytes(), &[3, 0, 0]].concat();
    check(bytes(
        &[section(7, &[1, 0x7f]), section(10, &[&leb(2)[..], &import(1), &import(2)].concat())].concat(),
    ))
    .unwrap();
    assert!(check(bytes(&[section(7, &[1, 0x7f]), many(10, 200_000, &import(1))].concat())).is_err());
}

#[test]
fn a11_instance_types_that_expand() {
    // Each instance type has two of the one before: what is written is little, what it means is 2⁴⁰ items.
    let levels: String = (1..40)
        .map(|n| format!(r#"(type $t{n} (instance (alias outer 1 $t{m} (type $x)) (export "a" (instance (type $x))) (export "b" (instance (type $x)))))"#, m = n - 1))
        .collect();
    let text = format!(
        r#"(component (type $t0 (instance (export "f" (func)))) {levels} (import "all" (instance (type $t39))))"#
    );
    let error = check(wat::parse_str(text).unwrap());
    assert!(error.is_err(), "a limit");
    // Aliases of aliases.
    let chain: String = (1..2_000).map(|n| format!("(alias outer 0 $t{} (type $t{n}))", n - 1)).collect();
    check(wat::parse_str(format!("(component (type $t0 u8) {chain})")).unwrap()).unwrap();
}

#[test]
fn a12_instances_that_instantiate_each_other() {
    // Two of the level below at each of 40 levels.
    let levels: String = (1..40)
        .map(|n| format!("(component $c{n} (alias outer 1 $c{m} (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))", m = n - 1))
        .collect();
    let text = format!(
        "(component (component $c0 (core module $m) (core instance (instantiate $m))) {levels} (instance (instantiate $c39)))"
    );
    let begin = Instant::now();
    let result = Component::new(&ENGINE, &wat::parse_str(text).unwrap());
    let error = result.expect_err("more instances than there may be");
    assert!(matches!(error.kind(), ErrorKind::Limit { .. } | ErrorKind::Malformed { .. }), "{error:?}");
    assert!(begin.elapsed() < Duration::from_secs(20));
    // As many as may be, one behind the other: the limit of instances of the store.
    let many = "(core instance (instantiate $m))".repeat(900);
    let pre = Linker::<()>::new().pre(&component(&format!("(component (core module $m) {many})"))).unwrap();
    let few = StoreLimits { instances: 100, ..StoreLimits::default() };
    let error = pre.instantiate((), few, Limits::default()).expect_err("a limit");
    assert!(error.to_string().contains("instances"), "{error}");
    pre.instantiate((), StoreLimits::default(), Limits::default()).unwrap();
}

#[test]
fn a13_names_in_errors_are_harmless() {
    // The name of an import that the host does not have ends up in its error.
    let long = "a".repeat(100_000);
    let import = |name: &[u8]| {
        let import = [&[1, 0][..], &leb(u32::try_from(name.len()).unwrap()), name, &[1, 0]].concat();
        bytes(&[section(7, &[1, 0x40, 0, 1, 0]), section(10, &import)].concat())
    };
    let component = Component::new(&ENGINE, &import(b"fine")).unwrap();
    let error = Linker::<()>::new().pre(&component).err().unwrap().to_string();
    assert!(error.contains("fine"), "{error}");
    for name in [&b"\x1b[31mred"[..], b"a\0b", "a\u{202e}b".as_bytes(), b"\xff\xfe", b"a\nb"] {
        let error = check(import(name)).unwrap_err();
        assert!(error.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{error:?}");
    }
    // Those behind a closed gate too.
    let error = check(import(b"fmo:bar:baz/qux")).unwrap_err();
    assert!(error.contains("nested") && !error.contains(char::is_control), "{error:?}");
    if let Err(error) = check(import(long.as_bytes())) {
        assert!(error.len() < 1_000, "{} bytes of message", error.len());
    }
}

#[test]
fn a14_a15_custom_sections_are_not_looked_into() {
    let module = section(1, b"\0asm\x01\0\0\0");
    let garbage = [0xff; 1000];
    for name in [
        "component-name",
        "producers",
        "name",
        ".debug_info",
        "plugbay",
        ".text",
        "metadata.code.branch_hint",
        "component-type",
    ] {
        for content in [&garbage[..], b"", b"\x7fELF\x02\x01\x01", b"plugbay\0\0\0\x01"] {
            let all = [custom(name, content), module.clone(), custom(name, content)].concat();
            Component::new(&ENGINE, &bytes(&all)).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

#[test]
fn a16_features_that_are_closed_are_named() {
    let module = r#"(core module $m (memory (export "m") 1) (func (export "f") (result i32) (i32.const 0)) (func (export "g")))
      (core instance $i (instantiate $m))"#;
    for (text, name) in [
        (
            format!(
                r#"(component {module} (func (export "f") async (canon lift (core func $i "g") async)))"#
            ),
            "async",
        ),
        ("(component (type (stream u8)))".to_owned(), "async"),
        ("(component (type (future u8)))".to_owned(), "async"),
        ("(component (type (list u8 4)))".to_owned(), "fixed"),
        ("(component (type error-context))".to_owned(), "error-context"),
        ("(component (core func (canon thread.index)))".to_owned(), "thread"),
        ("(component (core func (canon backpressure.inc)))".to_owned(), "async"),
    ] {
        let bytes = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let error = Component::check(&bytes).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }), "{text}: {error:?}");
        assert!(error.to_string().contains(name), "{text}: {error}");
    }
    // A core module within a component is refused for what the core engine does not have.
    let text = "(component (core module (type (struct (field i32)))))";
    let error = Component::new(&ENGINE, &wat::parse_str(text).unwrap()).unwrap_err().to_string();
    assert!(error.contains("gc") || error.contains("garbage"), "{error}");
}

#[test]
fn a20_a23_long_chains_on_little_stack() {
    // Types that each mention the one before are as deep as they may be, and then refused; dropping them is no recursion.
    let chain = |depth: u32| {
        let lists: Vec<u8> = (1..depth).flat_map(|n| [&[0x70][..], &leb(n - 1)].concat()).collect();
        bytes(&section(7, &[&leb(depth)[..], &[0x73], &lists].concat()))
    };
    check(chain(20)).unwrap();
    assert!(check(chain(100_000)).is_err());
    // Many that are not deep.
    let flat: Vec<u8> = (1..100_000).flat_map(|_| [0x70, 0]).collect();
    check(bytes(&section(7, &[&leb(100_000)[..], &[0x73], &flat].concat()))).unwrap();
}

#[test]
fn a17_compiling_a_component_on_many_threads() {
    let text = r#"(component (core module $m (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))
      (core instance $i (instantiate $m)) (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))"#;
    let bytes = wat::parse_str(text).unwrap();
    let engine = Engine::new(&Config::new().with_ir_verifier(false)).unwrap();
    let threads: Vec<_> = (0..16)
        .map(|_| {
            let (engine, bytes) = (engine.clone(), bytes.clone());
            std::thread::spawn(move || {
                let component = Component::new(&engine, &bytes).unwrap();
                let pre = Linker::<()>::new().pre(&component).unwrap();
                let mut instance = pre.instantiate((), StoreLimits::default(), Limits::default()).unwrap();
                let f = instance.func("f").unwrap().typed::<(u32,), u32>(&instance).unwrap();
                f.call(&mut instance, (12,)).unwrap()
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), 144);
    }
}
