//! Bytes made to hurt: each is refused with a typed error or compiled in reasonable time, from a thread with a small
//! stack, and nothing panics.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use plugbay_engine::{Config, Engine, Error, ErrorKind, Module};

/// Compiles on a thread with a stack of 256 KiB.
fn compile(bytes: Vec<u8>) -> Result<Module, Error> {
    let run = move || Module::new(&Engine::new(&Config::new().with_ir_verifier(false)).unwrap(), &bytes);
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().expect("no panic")
}

fn compile_text(text: &str) -> Result<Module, Error> {
    compile(wat::parse_str(text).unwrap())
}

fn limit(result: Result<Module, Error>) -> &'static str {
    match result.map(|_| "compiled").map_err(Error::into_kind) {
        Err(ErrorKind::Limit { knob, asked, limit }) => {
            assert!(asked > limit, "{knob}");
            knob
        }
        other => panic!("{other:?}"),
    }
}

fn leb(mut value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &leb(content.len() as u32), content].concat()
}

/// A module with one function of type `() -> ()` whose body, local declarations included, is given.
fn with_body(body: &[u8]) -> Vec<u8> {
    let code = [&[1][..], &leb(body.len() as u32), body].concat();
    [&b"\0asm\x01\0\0\0"[..], &section(1, &[1, 0x60, 0, 0]), &section(3, &[1, 0]), &section(10, &code)]
        .concat()
}

const SAMPLE: &str = r#"(module (import "a" "b" (func $f (param i32))) (memory 1) (table 2 funcref) (global (mut i32) (i32.const 1))
    (func (export "run") (param i32) (result i32) (call $f (local.get 0)) (if (local.get 0) (then (unreachable))) (i32.load (local.get 0)))
    (elem (i32.const 0) func $f) (data (i32.const 1) "hello"))"#;

#[test]
fn truncated_modules_are_refused() {
    let engine = Engine::new(&Config::new().with_parallel_compilation(false)).unwrap();
    let bytes = wat::parse_str(SAMPLE).unwrap();
    Module::new(&engine, &bytes).unwrap();
    let mut compiled = 0;
    for len in 0..bytes.len() {
        compiled += usize::from(Module::new(&engine, &bytes[..len]).is_ok());
    }
    // A module may end after most of its sections, and nowhere else.
    assert!(compiled <= 6, "{compiled}");
}

#[test]
fn flipped_bytes_never_panic() {
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

#[test]
fn counts_that_promise_too_much_are_refused() {
    let huge = leb(u32::MAX);
    for id in [1, 2, 3, 4, 5, 6, 7, 9, 10, 11] {
        let bytes = [&b"\0asm\x01\0\0\0"[..], &section(id, &huge)].concat();
        assert!(compile(bytes).is_err(), "section {id}");
    }
    // Compressed locals, targets of a br_table.
    assert!(compile(with_body(&[&[1][..], &huge, &[0x7e, 0x0b]].concat())).is_err());
    assert!(compile(with_body(&[&[0, 0x41, 0, 0x0e][..], &huge, &[0, 0x0b]].concat())).is_err());
}

#[test]
fn br_tables_have_a_cap() {
    let table = |targets: usize| {
        let body = [&[0, 0x41, 0, 0x0e][..], &leb(targets as u32), &vec![0; targets + 1], &[0x0b]].concat();
        compile(with_body(&body))
    };
    table(65_519).unwrap();
    assert_eq!(limit(table(65_520)), "br_table_targets");
    assert_eq!(limit(table(1_000_000)), "br_table_targets");
}

#[test]
fn deep_nesting_does_not_overflow_a_stack() {
    let nested = |depth: usize| {
        let body = [&[0][..], &[0x02, 0x40].repeat(depth), &vec![0x0b; depth + 1]].concat();
        compile(with_body(&body))
    };
    nested(10_000).unwrap();
    assert_eq!(limit(nested(100_000)), "block_depth");
}

#[test]
fn few_bytes_do_not_become_many_values() {
    let many = "i32 ".repeat(1000);
    let calls = "call $make call $take ".repeat(10_000);
    let text = format!(
        "(module (func $make (import \"a\" \"m\") (result {many})) (func $take (import \"a\" \"t\") (param {many}))
         (func {calls}))"
    );
    assert_eq!(limit(compile_text(&text)), "function_work");
}

#[test]
fn large_functions_take_time_in_proportion_to_their_size() {
    // A chain of blocks, each of which changes a local: quadratic in several passes of an optimising compiler.
    let link = [0x02, 0x40, 0x20, 0, 0x0d, 0, 0x20, 0, 0x41, 3, 0x6a, 0x21, 0, 0x0b];
    let body = [&[1, 1, 0x7f][..], &link.repeat(30_000), &[0x0b]].concat();
    let begin = std::time::Instant::now();
    compile(with_body(&body)).unwrap();
    // Under a second where nothing else runs; a minute if every pass ran.
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}

#[test]
fn many_branches_to_one_label_compile() {
    let body = [&[0, 0x02, 0x40][..], &[0x41, 0, 0x0d, 0].repeat(5_000), &[0x0b, 0x0b]].concat();
    compile(with_body(&body)).unwrap();
}

#[test]
fn many_small_things_compile() {
    compile_text(&format!("(module (memory 1) {})", "(data \"x\")".repeat(40_000))).unwrap();
    let types = [&leb(100_000)[..], &[0x60, 0, 0].repeat(100_000)].concat();
    drop(compile([&b"\0asm\x01\0\0\0"[..], &section(1, &types)].concat()).unwrap());
    compile_text(&format!("(module {})", "(func)".repeat(2_000))).unwrap();
}
