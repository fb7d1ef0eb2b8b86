//! A: bytes that lie: the example plugins cut short and with bits turned over. Whatever comes of it is a value, never a panic,
//! and what is cut short is refused.

use plugbay_component::Component;
use plugbay_engine::{Config, Engine};

use crate::support::{leb, section};

/// A small generator, so that every run tries the same bytes (Marsaglia, "Xorshift RNGs").
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (end as u64)).unwrap()
    }
}

fn smallest_plugin() -> Vec<u8> {
    let plugins = plugbay_tests::plugins();
    let bytes = plugins.iter().map(|(_, path)| std::fs::read(path).unwrap());
    bytes.min_by_key(Vec::len).expect("the example plugins are checked in")
}

#[test]
fn a02_a_plugin_cut_short_is_refused() {
    let engine = Engine::new(&Config::default()).unwrap();
    let bytes = smallest_plugin();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for length in (0..40).chain((0..60).map(|_| numbers.below(bytes.len()))) {
        // A component may end after any whole section; one that happens to do so is valid but has lost its exports.
        if let Ok(component) = Component::new(&engine, &bytes[..length]) {
            assert_eq!(component.exports().count(), 0, "{length} of {} bytes", bytes.len());
        }
    }
}

/// Where the top-level sections of a binary end.
fn section_ends(bytes: &[u8]) -> Vec<usize> {
    let (mut ends, mut at) = (vec![8], 8);
    while at < bytes.len() {
        let (mut size, mut shift) = (0, 0);
        at += 1;
        loop {
            let byte = bytes[at];
            at += 1;
            size |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        at += size;
        ends.push(at);
    }
    ends
}

#[test]
fn a02_plugins_cut_at_every_section_and_a_byte_off() {
    for (language, path) in plugbay_tests::plugins() {
        let bytes = std::fs::read(path).unwrap();
        let ends = section_ends(&bytes);
        assert_eq!(ends.last(), Some(&bytes.len()), "{language}");
        // The large ones hold megabytes of code that is parsed each time.
        let step = 1 + bytes.len() / 200_000;
        for end in ends.into_iter().step_by(step) {
            for length in [end - 1, end, (end + 1).min(bytes.len())] {
                let cut = Component::check(&bytes[..length]);
                assert!(cut.is_err() || length == end || length == bytes.len(), "{language}: {length}");
            }
        }
    }
}

/// A component of these sections.
fn component(sections: &[u8]) -> Vec<u8> {
    [b"\0asm\x0d\0\x01\0".as_slice(), sections].concat()
}

/// Checks on a thread with a stack of 256 KiB.
fn check(bytes: Vec<u8>) -> Result<(), String> {
    let run = move || Component::check(&bytes).map_err(|error| error.to_string());
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().expect("no panic")
}

#[test]
fn a11_components_nested_deep() {
    for depth in [100, 1_000, 20_000] {
        let nested = (0..depth).fold(component(&[]), |inner, _| component(&section(4, &inner)));
        // Nothing is made of them, so that any depth would do; what matters is how it ends.
        if let Err(error) = check(nested) {
            assert!(!error.contains("panicked"), "{depth}: {error}");
        }
    }
}

#[test]
fn a11_types_nested_deep_and_types_that_expand() {
    // list<list<…>>, each a definition that refers to the one before.
    for depth in [50_u32, 101, 5_000] {
        let lists: Vec<u8> = (1..depth).flat_map(|n| [&[0x70][..], &leb(n - 1)].concat()).collect();
        let types = [&leb(depth)[..], &[0x73], &lists].concat();
        assert_eq!(check(component(&section(7, &types))).is_ok(), depth <= 100, "{depth}");
    }
    // Records of two fields of the record before: 2⁶⁰ fields, if they were written out.
    let record = |n: u32| [&[0x72, 2, 1, b'a'][..], &leb(n), &[1, b'b'], &leb(n)].concat();
    let types: Vec<u8> = (0..60).flat_map(record).collect();
    let error = check(component(&section(7, &[&[61, 0x7d][..], &types].concat()))).unwrap_err();
    assert!(!error.is_empty());
}

#[test]
fn a12_a_thousand_core_modules() {
    let module = section(1, b"\0asm\x01\0\0\0");
    check(component(&module.repeat(999))).unwrap();
    assert!(check(component(&module.repeat(1_000))).is_err());
}

#[test]
fn a24_canonical_functions_of_the_wrong_type_are_refused() {
    let with = |core: &str, options: &str| {
        let text = format!(
            r#"(component (core module $m (memory (export "mem") 1) (func (export "f") (result i32) i32.const 0)
                (func (export "g") {core} unreachable))
              (core instance $i (instantiate $m))
              (func (export "f") (result string) (canon lift (core func $i "f") (memory (core memory $i "mem")) {options})))"#
        );
        check(wat::parse_str(text).unwrap())
    };
    let realloc = r#"(realloc (core func $i "g"))"#;
    with("(param i32 i32 i32 i32) (result i32)", realloc).unwrap();
    for core in [
        "",
        "(param i32 i32 i32) (result i32)",
        "(param i32 i32 i32 i32)",
        "(param i64 i32 i32 i32) (result i32)",
        "(param i32 i32 i32 i32) (result i32 i32)",
    ] {
        assert!(with(core, realloc).is_err(), "{core}");
    }
    let post = r#"(post-return (core func $i "g"))"#;
    with("(param i32)", post).unwrap();
    for core in ["", "(param i64)", "(param i32) (result i32)", "(param i32 i32)"] {
        assert!(with(core, post).is_err(), "{core}");
    }
}

#[test]
fn a18_a_plugin_with_wrong_bytes_is_refused_or_is_another_plugin() {
    let engine = Engine::new(&Config::default()).unwrap();
    let bytes = smallest_plugin();
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let mut refused = 0;
    for _ in 0..40 {
        let mut wrong = bytes.clone();
        let at = numbers.below(wrong.len());
        wrong[at] ^= 1 << numbers.below(8);
        match Component::new(&engine, &wrong) {
            Ok(_) => {}
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "turning bits over was never noticed");
}
