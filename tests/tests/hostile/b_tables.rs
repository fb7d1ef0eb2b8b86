//! B: tables and calls through them.

use plugbay_engine::{ErrorKind, StoreLimits, TrapKind, Val};

use crate::support::{Guest, STYLES};

#[test]
fn b08_indirect_calls_check_index_null_and_type() {
    let text = r#"(module
        (type $int (func (result i32))) (type $float (func (result f32)))
        (table (export "table") 4 funcref) (elem (i32.const 0) $int $float)
        (func $int (type $int) (i32.const 7)) (func $float (type $float) (f32.const 1))
        (func (export "call") (param i32) (result i32) (call_indirect (type $int) (local.get 0))))"#;
    // Another module with the same types by other numbers, and one type more.
    let other = r#"(module
        (type $pad (func (param v128))) (type $float (func (result f32))) (type $int (func (result i32)))
        (import "" "table" (table 4 funcref))
        (elem (i32.const 2) $mine $pad) (func $mine (type $int) (i32.const 9)) (func $pad (type $pad)))"#;
    for style in STYLES {
        let mut guest = Guest::new(style, text);
        let table = guest.export("table");
        assert_eq!(guest.get("call", &[Val::I32(0)]), Val::I32(7));
        assert_eq!(guest.trap("call", &[Val::I32(1)]), TrapKind::BadSignature);
        assert_eq!(guest.trap("call", &[Val::I32(2)]), TrapKind::UninitializedElement);
        for index in [4, i32::MAX, i32::MIN, -1] {
            assert_eq!(guest.trap("call", &[Val::I32(index)]), TrapKind::UndefinedElement);
        }
        guest.add(other, &[table]).unwrap();
        assert_eq!(guest.get("call", &[Val::I32(2)]), Val::I32(9));
        assert_eq!(guest.trap("call", &[Val::I32(3)]), TrapKind::BadSignature);
    }
}

#[test]
fn b09_tables_that_grow_too_far_stay_as_they_are() {
    let text = r#"(module (table (export "t") 2 20 funcref) (table $wide i64 2 externref)
        (func (export "grow") (param i32) (result i32) (table.grow 0 (ref.null func) (local.get 0)))
        (func (export "grow64") (param i64) (result i64) (table.grow $wide (ref.null extern) (local.get 0)))
        (func (export "get64") (param i64) (result externref) (table.get $wide (local.get 0)))
        (func (export "size") (result i32) (table.size 0)))"#;
    for style in STYLES {
        let limits = StoreLimits { table_elements: 10, ..StoreLimits::default() };
        let mut guest = Guest::limited(style, text, limits);
        for delta in [-1, i32::MIN, 1 << 30, 19, 7] {
            assert_eq!(guest.get("grow", &[Val::I32(delta)]), Val::I32(-1), "{delta}");
        }
        for delta in [-1, 1 << 61, i64::MIN, 1 << 32, 7] {
            assert_eq!(guest.get("grow64", &[Val::I64(delta)]), Val::I64(-1), "{delta}");
        }
        assert_eq!(guest.get("grow", &[Val::I32(3)]), Val::I32(2));
        assert_eq!(guest.get("grow64", &[Val::I64(3)]), Val::I64(2));
        assert_eq!(guest.get("grow", &[Val::I32(1)]), Val::I32(-1));
        assert_eq!(guest.get("size", &[]), Val::I32(5));
        for index in [5_i64, 1 << 32, 1 << 61, -1] {
            assert_eq!(guest.trap("get64", &[Val::I64(index)]), TrapKind::TableOutOfBounds, "{index}");
        }
        let table = guest.table("t");
        let error = table.grow(&mut guest.store.context(), 1, Val::FuncRef(None)).unwrap_err();
        let ErrorKind::Limit { knob: "table_elements", asked: 11, limit: 10 } = *error.kind() else {
            panic!("{error}")
        };
    }
}

#[test]
fn b09_bulk_instructions_on_tables_at_the_edges() {
    let body = r#"
        (func (export "fill") (param i32 i32) (table.fill 0 (local.get 0) (ref.null func) (local.get 1)))
        (func (export "copy") (param i32 i32 i32) (table.copy 0 0 (local.get 0) (local.get 1) (local.get 2)))
        (func (export "init") (param i32 i32 i32) (table.init 0 $e (local.get 0) (local.get 1) (local.get 2)))
        (func (export "set") (param i32) (table.set 0 (local.get 0) (ref.func 0)))
        (func (export "null") (param i32) (result i32) (ref.is_null (table.get 0 (local.get 0)))))"#;
    let own = format!("(module (table (export \"t\") 10 funcref) (elem $e func 0 0 0) {body}");
    let imported = format!("(module (import \"\" \"t\" (table 10 funcref)) (elem $e func 0 0 0) {body}");
    for style in STYLES {
        let mut guest = Guest::new(style, &own);
        for importing in [false, true] {
            if importing {
                let table = guest.export("t");
                guest.instance = guest.add(&imported, &[table]).unwrap();
            }
            let ints = |values: &[i32]| values.iter().copied().map(Val::I32).collect::<Vec<_>>();
            let max = -1;
            for (name, fits) in [
                ("fill", vec![vec![10, 0], vec![0, 10], vec![9, 1]]),
                ("copy", vec![vec![10, 10, 0], vec![0, 1, 9], vec![1, 0, 9], vec![0, 0, 10]]),
                ("init", vec![vec![10, 3, 0], vec![7, 0, 3], vec![0, 3, 0]]),
            ] {
                for arguments in fits {
                    guest.call(name, &ints(&arguments)).unwrap();
                }
            }
            for (name, wrong) in [
                (
                    "fill",
                    vec![vec![11, 0], vec![10, 1], vec![1, 10], vec![max, 1], vec![1, max], vec![max, max]],
                ),
                (
                    "copy",
                    vec![
                        vec![11, 0, 0],
                        vec![0, 11, 0],
                        vec![5, 0, 6],
                        vec![0, 5, 6],
                        vec![max, 0, 1],
                        vec![0, max, 1],
                        vec![1, 1, max],
                    ],
                ),
                (
                    "init",
                    vec![
                        vec![11, 0, 0],
                        vec![0, 4, 0],
                        vec![8, 0, 3],
                        vec![0, 1, 3],
                        vec![max, 0, 1],
                        vec![0, max, 1],
                        vec![0, 0, max],
                    ],
                ),
            ] {
                for arguments in wrong {
                    let kind = guest.trap(name, &ints(&arguments));
                    assert_eq!(kind, TrapKind::TableOutOfBounds, "{style:?}: {name} {arguments:?}");
                }
            }
            // Overlapping copies: 3 and 4 are set, moved one up, and one down again.
            guest.call("fill", &ints(&[0, 10])).unwrap();
            for index in [3, 4] {
                guest.call("set", &ints(&[index])).unwrap();
            }
            guest.call("copy", &ints(&[4, 3, 3])).unwrap();
            let set = |guest: &mut Guest| {
                (0..10).filter(|at| guest.get("null", &ints(&[*at])) == Val::I32(0)).collect::<Vec<_>>()
            };
            assert_eq!(set(&mut guest), [3, 4, 5]);
            guest.call("copy", &ints(&[2, 3, 4])).unwrap();
            assert_eq!(set(&mut guest), [2, 3, 4]);
        }
    }
}
