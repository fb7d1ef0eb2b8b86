//! A: modules that are what they say, and too much of it.

use std::time::{Duration, Instant};

use plugbay_engine::{Config, Engine, Error, ErrorKind, Module, ModuleLimits};

use crate::support::{
    compile, compile_text, compile_with, engine, leb, limit, module, refused, section, with_body,
};

fn count(n: usize) -> Vec<u8> {
    leb(u32::try_from(n).unwrap())
}

/// A section of `n` equal items.
fn many(id: u8, n: usize, item: &[u8]) -> Vec<u8> {
    section(id, &[count(n), item.repeat(n)].concat())
}

const ONE_TYPE: &[u8] = &[1, 4, 1, 0x60, 0, 0];

#[test]
fn a05_one_more_than_the_most_of_everything() {
    let function = [1, b'a', 1, b'b', 0, 0];
    let cases: [(&str, Vec<u8>); 9] = [
        ("types", many(1, 1_000_001, &[0x60, 0, 0])),
        ("imports", [ONE_TYPE, &many(2, 1_000_001, &function)].concat()),
        ("functions", [ONE_TYPE, &many(3, 1_000_001, &[0])].concat()),
        ("tables", many(4, 1_001, &[0x70, 0, 0])),
        ("memories", many(5, 101, &[0, 0])),
        ("globals", many(6, 100_001, &[0x7f, 0, 0x41, 0, 0x0b])),
        ("exports", many(7, 100_001, &[0, 0, 0])),
        ("element_segments", many(9, 100_001, &[1, 0, 0])),
        ("data_segments", many(11, 100_001, &[1, 0])),
    ];
    for (knob, sections) in cases {
        assert_eq!(limit(compile(module(&[&sections]))), knob);
    }
    // Imports count for what they import.
    let limits = ModuleLimits { functions: 10, ..ModuleLimits::default() };
    let imported = [ONE_TYPE, &many(2, 11, &function)].concat();
    assert_eq!(
        limit(compile_with(Config::new().with_module_limits(limits), module(&[&imported]))),
        "functions"
    );
    // The specification's own: parameters and locals of a function.
    refused(compile(module(&[&section(1, &[&[1, 0x60][..], &count(1_001), &[0x7f; 1_001], &[0]].concat())])));
    refused(compile(with_body(&[&[1][..], &count(50_001), &[0x7f, 0x0b]].concat())));
    // A body of 7.7 MB; a module of more than may be.
    assert_eq!(
        limit(compile(with_body(&[vec![0; 1], vec![0x01; 7_700_000], vec![0x0b]].concat()))),
        "function_bytes"
    );
    let limits = ModuleLimits { module_bytes: 1_000, ..ModuleLimits::default() };
    let engine = Engine::new(&Config::new().with_module_limits(limits)).unwrap();
    assert_eq!(limit(Module::new(&engine, &vec![0; 1_001])), "module_bytes");
}

#[test]
fn a08_deep_nesting_does_not_overflow_a_stack() {
    let nested = |depth: usize, open: &[u8]| {
        let body = [&[0][..], &open.repeat(depth), &vec![0x0b; depth + 1]].concat();
        compile(with_body(&body))
    };
    nested(10_000, &[0x02, 0x40]).unwrap();
    for depth in [100_000, 1_000_000] {
        assert_eq!(limit(nested(depth, &[0x02, 0x40])), "block_depth");
    }
    assert_eq!(limit(nested(100_000, &[0x03, 0x40])), "block_depth");
    assert_eq!(limit(nested(100_000, &[0x41, 0, 0x04, 0x40])), "block_depth");
    // Where nothing is reached, nothing is kept.
    let dead = [&[0, 0x00][..], &[0x02, 0x40].repeat(100_000), &vec![0x0b; 100_001]].concat();
    compile(with_body(&dead)).unwrap();
}

#[test]
fn a09_functions_that_are_hard_to_compile() {
    let begin = Instant::now();
    // Few bytes that stand for many values.
    let values = "i32 ".repeat(1000);
    let calls = "call $make call $take ".repeat(10_000);
    let text = format!(
        "(module (func $make (import \"a\" \"m\") (result {values})) (func $take (import \"a\" \"t\") (param {values}))
         (func {calls}))"
    );
    assert_eq!(limit(compile_text(&text)), "function_work");
    // A chain of blocks, each of which changes a local: quadratic in several passes of an optimising compiler.
    let link = [0x02, 0x40, 0x20, 0, 0x0d, 0, 0x20, 0, 0x41, 3, 0x6a, 0x21, 0, 0x0b];
    let chain = [&[1, 1, 0x7f][..], &link.repeat(20_000), &[0x0b]].concat();
    compile(with_body(&chain)).unwrap();
    // Branches to one label; a straight line.
    let branches = [&[0, 0x02, 0x40][..], &[0x41, 0, 0x0d, 0].repeat(20_000), &[0x0b, 0x0b]].concat();
    compile(with_body(&branches)).unwrap();
    let line = [&[1, 1, 0x7f][..], &[0x20, 0, 0x41, 1, 0x6a, 0x21, 0].repeat(50_000), &[0x0b]].concat();
    compile(with_body(&line)).unwrap();
    // Values that all live across a call.
    let (sets, uses): (String, String) = (1..20_000)
        .map(|n| {
            let set = format!("(local.set {n} (i64.load offset={n} (i32.const 0)))");
            (set, format!("(local.set 0 (i64.add (local.get 0) (local.get {n})))"))
        })
        .unzip();
    let locals = "i64 ".repeat(20_000);
    let live =
        format!("(func $f (result i64) (local {locals}) {sets} (drop (call $f)) {uses} (local.get 0))");
    compile_text(&format!("(module (memory 1) {live})")).unwrap();
    // The same on the operand stack.
    let (loads, adds) = ("(i64.load (i32.const 0))".repeat(20_000), "i64.add ".repeat(19_999));
    compile_text(&format!("(module (memory 1) (func $f (result i64) {loads} (drop (call $f)) {adds}))"))
        .unwrap();
    // A second or two where nothing else runs; minutes if every pass ran.
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
}

#[test]
fn a09_more_work_than_a_module_may_be_is_refused() {
    let line = [&[0][..], &[0x41, 0, 0x1a].repeat(2_000), &[0x0b]].concat();
    let limits = ModuleLimits { function_work: 3_000, ..ModuleLimits::default() };
    let config = || Config::new().with_module_limits(limits);
    assert_eq!(limit(compile_with(config(), with_body(&line))), "function_work");
    // Each is small enough, all together are not.
    let functions = "(func (drop (i32.const 1)))".repeat(100);
    let limits = ModuleLimits { module_work: 250, ..ModuleLimits::default() };
    let config = Config::new().with_module_limits(limits);
    assert_eq!(
        limit(compile_with(config, wat::parse_str(format!("(module {functions})")).unwrap())),
        "module_work"
    );
    let limits = ModuleLimits { code_bytes: 500, ..ModuleLimits::default() };
    let config = Config::new().with_module_limits(limits);
    assert_eq!(
        limit(compile_with(config, wat::parse_str(format!("(module {functions})")).unwrap())),
        "code_bytes"
    );
}

#[test]
fn a10_a_hundred_thousand_functions() {
    let functions = many(3, 100_000, &[0]);
    let code = many(10, 100_000, &[2, 0, 0x0b]);
    let bytes = module(&[ONE_TYPE, &functions, &code]);
    let config = Config::new().with_opt_level(plugbay_engine::OptLevel::None);
    compile_with(config, bytes).unwrap();
}

#[test]
fn a19_compiling_stops_when_its_time_is_up() {
    let functions = "(func (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))".repeat(20_000);
    let bytes = wat::parse_str(format!("(module {functions})")).unwrap();
    let limits = ModuleLimits { compile_time: Some(Duration::from_millis(20)), ..ModuleLimits::default() };
    let begin = Instant::now();
    assert_eq!(limit(compile_with(Config::new().with_module_limits(limits), bytes)), "compile_time");
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
}

#[test]
fn a20_compiling_needs_no_stack_of_the_caller() {
    // Expressions that nest: the operand stack of the translator, and trees for the code generator.
    let deep = [&[0x41, 1].repeat(10_000)[..], &[0x6a].repeat(9_999), &[0x1a]].concat();
    let body = [&[0][..], &deep, &[0x0b]].concat();
    let run = move || Module::new(&engine(plugbay_engine::TrapStyle::Signals), &with_body(&body)).map(drop);
    std::thread::Builder::new().stack_size(128 << 10).spawn(run).unwrap().join().unwrap().unwrap();
}

#[test]
fn a21_br_tables_have_a_cap() {
    let table = |targets: usize| {
        let body = [&[0, 0x41, 0, 0x0e][..], &count(targets), &vec![0; targets + 1], &[0x0b]].concat();
        compile(with_body(&body))
    };
    table(65_519).unwrap();
    for targets in [65_520, 300_000, 1_000_000] {
        assert_eq!(limit(table(targets)), "br_table_targets");
    }
}

#[test]
fn a22_forty_thousand_data_segments() {
    compile_text(&format!("(module (memory 1) {})", "(data \"x\")".repeat(40_000))).unwrap();
}

#[test]
fn a23_many_types_are_dropped_without_recursion() {
    drop(compile(module(&[&many(1, 100_000, &[0x60, 0, 0])])).unwrap());
    // Each refers to the one before it.
    let chain: String =
        (1..5_000).map(|n| format!("(type $t{n} (func (param (ref null $t{}))))", n - 1)).collect();
    let bytes = wat::parse_str(format!("(module (type $t0 (func)) {chain})")).unwrap();
    drop(compile(bytes).unwrap());
    // A group that refers to itself is garbage collection's.
    let text = "(module (rec (type $a (func (param (ref null $b)))) (type $b (func (param (ref null $a))))))";
    let error = compile_text(text).map_err(Error::into_kind);
    assert!(matches!(error, Err(ErrorKind::Unsupported { .. } | ErrorKind::Invalid { .. })), "{error:?}");
}
