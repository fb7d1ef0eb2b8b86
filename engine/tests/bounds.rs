//! Accesses to memory at and beyond its end: both trap styles, and every way of reserving memory, trap at the same places,
//! also where code that ran before compared the same index already, or might have.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use common::kind;
use plugbay_engine::{Config, Engine, Instance, Module, Store, StoreLimits, TrapKind, TrapStyle, Val};

/// Functions of an index and a number that says how; one page of memory.
const BODIES: &[&str] = &[
    "(i32.load8_u (local.get $p))",
    "(i32.load offset=4 (local.get $p))",
    // Smaller after larger, larger after smaller.
    "(i32.add (i32.load offset=8 (local.get $p)) (i32.load (local.get $p)))",
    "(i32.add (i32.load (local.get $p)) (i32.load offset=8 (local.get $p)))",
    // Compared on one way only.
    "(if (local.get $how) (then (drop (i32.load offset=16 (local.get $p))))) (i32.load offset=8 (local.get $p))",
    "(if (local.get $how) (then (drop (i32.load offset=16 (local.get $p)))) (else (drop (i32.load (local.get $p)))))
        (i32.load offset=8 (local.get $p))",
    "(if (result i32) (local.get $how) (then (i32.load offset=16 (local.get $p))) (else (i32.load offset=8 (local.get $p))))",
    // One way ends.
    "(if (local.get $how) (then (return (i32.const 1))) (else (drop (i32.load (local.get $p)))))
        (i32.load8_u (local.get $p))",
    // Left before the comparison.
    "(block $b (br_if $b (local.get $how)) (drop (i32.load offset=16 (local.get $p)))) (i32.load (local.get $p))",
    "(block $b (drop (i32.load (local.get $p))) (br_if $b (local.get $how)) (drop (i32.load offset=16 (local.get $p))))
        (i32.add (i32.load (local.get $p)) (i32.load offset=16 (local.get $p)))",
    "(block $a (block $b (br_table $a $b (local.get $how)) ) (drop (i32.load offset=16 (local.get $p)))) (i32.load (local.get $p))",
    // The index changes.
    "(drop (i32.load (local.get $p))) (local.set $p (i32.add (local.get $p) (i32.const 4))) (i32.load (local.get $p))",
    "(loop $l (result i32) (drop (i32.load (local.get $p))) (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_if $l (i32.eqz (i32.and (local.get $p) (i32.const 7)))) (i32.load (local.get $p)))",
    "(loop $l (if (local.get $how) (then (local.set $how (i32.sub (local.get $how) (i32.const 1)))
        (drop (i32.load (local.get $p))) (local.set $p (i32.add (local.get $p) (i32.const 2))) (br $l))))
        (i32.load (local.get $p))",
    // The memory grows in between.
    "(drop (i32.load (local.get $p))) (drop (memory.grow (local.get $how))) (i32.load offset=65536 (local.get $p))",
    "(drop (i32.load offset=8 (local.get $p))) (drop (memory.grow (i32.const 1)))
        (i32.store offset=8 (local.get $p) (i32.const 9)) (i32.load (local.get $p))",
    // Offsets that reach far.
    "(i32.load offset=0xffffffff (local.get $p))",
    "(i32.load offset=0x80000000 (i32.shl (local.get $p) (local.get $how)))",
];

/// What each function gives for indices around the end of the memory.
fn run(config: &Config) -> Vec<Result<Val, TrapKind>> {
    const AROUND: [i32; 14] = [
        0, 1, 65_512, 65_518, 65_520, 65_521, 65_523, 65_524, 65_525, 65_528, 65_532, 65_533, 65_535, 65_536,
    ];
    let engine = Engine::new(config).unwrap();
    let mut results = Vec::new();
    for body in BODIES {
        let text = format!(
            "(module (memory 1 9) (func (export \"f\") (param $p i32) (param $how i32) (result i32) {body}))"
        );
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        for at in AROUND.into_iter().chain([-1, i32::MIN, i32::MAX]) {
            for how in [0, 1, 2] {
                let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
                let mut cx = store.context();
                let instance = Instance::new(&mut cx, &module, &[]).unwrap();
                let func = instance.export(&cx, "f").unwrap().into_func().unwrap();
                let result = func.call(&mut cx, &[Val::I32(at), Val::I32(how)]);
                results.push(result.map(|values| values[0]).map_err(|error| kind(&error)));
            }
        }
    }
    results
}

#[test]
fn accesses_trap_at_the_same_places_however_they_are_checked() {
    let expected = run(&Config::new());
    let trapped = expected.iter().filter(|result| result.is_err()).count();
    assert!(
        trapped > expected.len() / 4 && trapped < expected.len() * 3 / 4,
        "{trapped} of {}",
        expected.len()
    );
    let explicit = Config::new().with_trap_style(TrapStyle::Explicit);
    for config in [
        explicit.clone(),
        explicit.clone().with_memory_reservation(0),
        explicit.with_memory_guard(1 << 20),
        Config::new().with_memory_reservation(1 << 16),
        Config::new().with_memory_guard(1 << 16),
        Config::new().with_memory_guard(0),
    ] {
        let found = run(&config);
        for (at, (expected, found)) in expected.iter().zip(&found).enumerate() {
            assert_eq!(expected, found, "case {at} under {config:?}");
        }
    }
}
