//! A: bytes that are not what they say.

use plugbay_engine::{Config, Engine, ErrorKind, Module};

use crate::support::{HEADER, compile, compile_text, custom, leb, module, refused, section, with_body};

const SAMPLE: &str = r#"(module (import "a" "b" (func $f (param i32))) (memory 1) (table 2 funcref) (global (mut i32) (i32.const 1))
    (func (export "run") (param i32) (result i32) (call $f (local.get 0)) (if (local.get 0) (then (unreachable))) (i32.load (local.get 0)))
    (elem (i32.const 0) func $f) (data (i32.const 1) "hello"))"#;

#[test]
fn a01_what_does_not_begin_like_a_module() {
    for length in 0..8 {
        refused(compile(HEADER[..length].to_vec()));
    }
    compile(HEADER.to_vec()).unwrap();
    let wrong: [&[u8]; 6] = [
        b"\0asn\x01\0\0\0",
        b"\x7fELF\x02\x01\x01\0",
        b"\0asm\x02\0\0\0",
        b"\0asm\x01\0\x02\0",
        b"\0asm\x0d\0\x01\0",
        b"(module)",
    ];
    for bytes in wrong {
        refused(compile(bytes.to_vec()));
    }
}

#[test]
fn a02_modules_cut_short() {
    let engine = Engine::new(&Config::new().with_parallel_compilation(false)).unwrap();
    let bytes = wat::parse_str(SAMPLE).unwrap();
    Module::new(&engine, &bytes).unwrap();
    let mut compiled = 0;
    for length in 0..bytes.len() {
        compiled += usize::from(Module::new(&engine, &bytes[..length]).is_ok());
    }
    // A module may end after most of its sections, and nowhere else.
    assert!(compiled <= 6, "{compiled}");
}

#[test]
fn a03_numbers_that_are_too_long_and_counts_that_promise_too_much() {
    let huge = leb(u32::MAX);
    for id in [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13] {
        // A section whose count cannot be; one whose size cannot be.
        refused(compile(module(&[&section(id, &huge)])));
        refused(compile(module(&[&[id], &huge])));
        for long in [&[0x80, 0x80, 0x80, 0x80, 0x80, 0][..], &[0x80; 10], &[0xff, 0xff, 0xff, 0xff, 0x7f]] {
            refused(compile(module(&[&section(id, long)])));
            refused(compile(module(&[&[id], long])));
        }
    }
    // An `i32.const` of six bytes, an `i64.const` of eleven, one with bits that are not there.
    for constant in [
        &[0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0][..],
        &[0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
        &[0x41, 0xff, 0xff, 0xff, 0xff, 0x4f],
    ] {
        refused(compile(with_body(&[&[0], constant, &[0x1a, 0x0b]].concat())));
    }
}

#[test]
fn a04_sections_of_wrong_size_and_order() {
    let types = section(1, &[1, 0x60, 0, 0]);
    let functions = section(3, &[1, 0]);
    let code = section(10, &[1, 2, 0, 0x0b]);
    compile(module(&[&types, &functions, &code])).unwrap();
    refused(compile(module(&[&types, &types, &functions, &code])));
    refused(compile(module(&[&functions, &types, &code])));
    refused(compile(module(&[&types, &functions])));
    refused(compile(module(&[&types, &code])));
    refused(compile(module(&[&types, &functions, &code, &code])));
    // Empty, one byte too short, one too long, beyond the end, of a number that there is not.
    for wrong in
        [&[1, 0][..], &[1, 3, 1, 0x60, 0, 0], &[1, 5, 1, 0x60, 0, 0, 0], &[1, 100, 1, 0x60, 0, 0], &[99, 0]]
    {
        refused(compile(module(&[wrong])));
    }
}

#[test]
fn a06_a07_counts_that_stand_for_much() {
    for count in [u32::MAX, u32::MAX - 1, u32::MAX - 3, 1 << 31, 50_001] {
        // Compressed locals: one declaration, and two that add up.
        refused(compile(with_body(&[&[1][..], &leb(count), &[0x7e, 0x0b]].concat())));
        refused(compile(with_body(&[&[2][..], &leb(count), &[0x7e], &leb(count), &[0x7b, 0x0b]].concat())));
        // Targets of a br_table.
        refused(compile(with_body(&[&[0, 0x41, 0, 0x0e][..], &leb(count), &[0, 0x0b]].concat())));
    }
}

#[test]
fn a15_sections_that_look_like_compiled_code_are_ignored() {
    let elf = [b"\x7fELF\x02\x01\x01\0".as_slice(), &[0xc3; 200]].concat();
    let text = r#"(module (func (export "f") (result i32) (i32.const 7)))"#;
    let mut bytes = wat::parse_str(text).unwrap();
    for name in ["plugbay", "plugbay.artifact", ".text", "wasmedge", "aot", "cwasm"] {
        bytes.extend(custom(name, &elf));
    }
    let plain = compile_text(text).unwrap();
    let dressed = compile(bytes).unwrap();
    assert_eq!(format!("{plain:?}"), format!("{dressed:?}"));
}

#[test]
fn a16_proposals_that_are_not_supported_are_named() {
    let cases = [
        ("(module (memory 1 1 shared))", "threads"),
        ("(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))", "threads"),
        ("(module (type (struct (field i32))))", "garbage collection"),
        ("(module (type (array i8)))", "garbage collection"),
        ("(module (func (drop (ref.i31 (i32.const 0)))))", "garbage collection"),
        ("(module (memory 1 (pagesize 1)))", "custom page sizes"),
        ("(module (type $f (func)) (type $c (cont $f)))", "stack switching"),
    ];
    for (text, proposal) in cases {
        match compile_text(text).map_err(plugbay_engine::Error::into_kind) {
            Err(ErrorKind::Unsupported { proposal: named, .. }) => {
                assert!(named.contains(proposal), "{text}: {named}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a18_bits_turned_over() {
    let engine = Engine::new(&Config::new().with_parallel_compilation(false)).unwrap();
    let bytes = wat::parse_str(SAMPLE).unwrap();
    for at in 8..bytes.len() {
        for flip in [1, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= flip;
            if let Err(error) = Module::new(&engine, &bytes) {
                assert!(!error.to_string().contains("panicked"), "{at}: {error}");
            }
        }
    }
}
