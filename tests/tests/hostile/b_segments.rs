//! B: segments, start functions, and what is left when making an instance fails half way.

use plugbay_engine::{ErrorKind, Instance, Module, Store, StoreLimits, TrapKind, Val};

use crate::support::{Guest, STYLES, engine, kind};

#[test]
fn b10_dropped_segments_are_empty() {
    let text = r#"(module (memory 1) (table 4 funcref) (func $f)
        (data $d "abcd") (elem $e func $f $f)
        (data $active (i32.const 0) "xy") (elem $active_e (i32.const 0) func $f) (elem $declared declare func $f)
        (func (export "drop") (data.drop $d) (elem.drop $e))
        (func (export "data") (param i32 i32) (memory.init $d (i32.const 8) (local.get 0) (local.get 1)))
        (func (export "elem") (param i32 i32) (table.init $e (i32.const 1) (local.get 0) (local.get 1)))
        (func (export "active") (param i32) (memory.init $active (i32.const 0) (i32.const 0) (local.get 0)))
        (func (export "active_e") (param i32) (table.init $active_e (i32.const 0) (i32.const 0) (local.get 0)))
        (func (export "declared") (param i32) (table.init $declared (i32.const 0) (i32.const 0) (local.get 0))))"#;
    let (memory, table) = (TrapKind::MemoryOutOfBounds, TrapKind::TableOutOfBounds);
    for style in STYLES {
        let mut guest = Guest::new(style, text);
        let two = |a, b| [Val::I32(a), Val::I32(b)];
        guest.call("data", &two(0, 4)).unwrap();
        guest.call("elem", &two(1, 1)).unwrap();
        assert_eq!(guest.trap("data", &two(1, 4)), memory);
        // What was active, or only declared, is dropped from the beginning.
        for (name, kind) in [("active", memory), ("active_e", table), ("declared", table)] {
            guest.call(name, &[Val::I32(0)]).unwrap();
            assert_eq!(guest.trap(name, &[Val::I32(1)]), kind, "{name}");
        }
        for _ in 0..2 {
            guest.call("drop", &[]).unwrap();
            guest.call("data", &two(0, 0)).unwrap();
            guest.call("elem", &two(0, 0)).unwrap();
            for (start, length) in [(0, 1), (1, 0), (0, -1), (-1, 0), (-1, -1)] {
                assert_eq!(guest.trap("data", &two(start, length)), memory, "{start} {length}");
                assert_eq!(guest.trap("elem", &two(start, length)), table, "{start} {length}");
            }
        }
    }
}

#[test]
fn b19_segments_before_one_that_does_not_fit_stay_written() {
    let owner = r#"(module (memory (export "m") 1) (table (export "t") 3 funcref)
        (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
        (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    let partial = r#"(module (import "" "m" (memory 1)) (import "" "t" (table 3 funcref))
        (func $f (result i32) (i32.const 11))
        (elem (i32.const 0) $f) (data (i32.const 0) "a") (data (i32.const 65536) "b") (data (i32.const 1) "c"))"#;
    for style in STYLES {
        let mut guest = Guest::new(style, owner);
        let imports = [guest.export("m"), guest.export("t")];
        let error = guest.add(partial, &imports).unwrap_err();
        assert_eq!(kind(&error), TrapKind::MemoryOutOfBounds);
        // The function lives on in the table, though its instance could not be made.
        assert_eq!(guest.get("call", &[Val::I32(0)]), Val::I32(11));
        assert_eq!(guest.get("byte", &[Val::I32(0)]), Val::I32(i32::from(b'a')));
        assert_eq!(guest.get("byte", &[Val::I32(1)]), Val::I32(0));
        assert_eq!(guest.trap("call", &[Val::I32(1)]), TrapKind::UninitializedElement);
    }
}

#[test]
fn b23_a_start_function_that_traps_leaves_the_store_usable() {
    for style in STYLES {
        let engine = engine(style);
        let bytes =
            wat::parse_str("(module (memory 1) (table 5 funcref) (func $s unreachable) (start $s))").unwrap();
        let module = Module::new(&engine, &bytes).unwrap();
        let limits = StoreLimits { instances: 20, ..StoreLimits::default() };
        let mut store = Store::new(&engine, (), limits).unwrap();
        for _ in 0..20 {
            let error = Instance::new(&mut store.context(), &module, &[]).unwrap_err();
            assert_eq!(kind(&error), TrapKind::Unreachable);
            assert_eq!(error.stage(), plugbay_engine::Stage::Instantiate);
        }
        // They count: segments that were written may refer to them.
        let error = Instance::new(&mut store.context(), &module, &[]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { knob: "instances", .. }), "{error}");
    }
}
