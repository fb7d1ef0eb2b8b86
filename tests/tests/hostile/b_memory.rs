//! B: linear memories at their edges.

use std::fmt::Write;

use plugbay_engine::{ErrorKind, IndexType, Memory, MemoryType, StoreLimits, TrapKind, TrapStyle, Val};

use crate::support::{Guest, STYLES};

/// Every scalar and vector access: its text, its bytes, whether it stores, and the type of its value.
const ACCESSES: &[(&str, u64, bool, &str)] = &[
    ("i32.load8_s", 1, false, "i32"),
    ("i32.load8_u", 1, false, "i32"),
    ("i32.load16_s", 2, false, "i32"),
    ("i32.load16_u", 2, false, "i32"),
    ("i32.load", 4, false, "i32"),
    ("i64.load8_s", 1, false, "i64"),
    ("i64.load16_u", 2, false, "i64"),
    ("i64.load32_s", 4, false, "i64"),
    ("i64.load32_u", 4, false, "i64"),
    ("i64.load", 8, false, "i64"),
    ("f32.load", 4, false, "f32"),
    ("f64.load", 8, false, "f64"),
    ("v128.load", 16, false, "v128"),
    ("v128.load8x8_s", 8, false, "v128"),
    ("v128.load16_splat", 2, false, "v128"),
    ("v128.load32_zero", 4, false, "v128"),
    ("v128.load64_zero", 8, false, "v128"),
    ("i32.store8", 1, true, "i32"),
    ("i32.store16", 2, true, "i32"),
    ("i32.store", 4, true, "i32"),
    ("i64.store8", 1, true, "i64"),
    ("i64.store16", 2, true, "i64"),
    ("i64.store32", 4, true, "i64"),
    ("i64.store", 8, true, "i64"),
    ("f32.store", 4, true, "f32"),
    ("f64.store", 8, true, "f64"),
    ("v128.store", 16, true, "v128"),
];

const OFFSETS: [u64; 5] = [0, 1, 65_535, (1 << 31) - 1, (1 << 32) - 1];

/// Ways to come by an address of 32 bits, of the parameter and a mask that is all ones.
const ADDRESSES: [&str; 4] = [
    "(local.get 0)",
    "(i32.add (local.get 0) (i32.const 0))",
    "(i32.wrap_i64 (i64.extend_i32_s (local.get 0)))",
    "(i32.shr_u (i32.shl (i32.and (local.get 0) (i32.const -1)) (i32.const 0)) (i32.const 0))",
];

fn zero(ty: &str) -> String {
    if ty == "v128" { "(v128.const i64x2 0 0)".to_owned() } else { format!("({ty}.const 0)") }
}

/// One function for each access, offset and way to the address.
fn accesses() -> String {
    let mut text = String::from("(module (memory 1 1)");
    for (index, (access, _, stores, ty)) in ACCESSES.iter().enumerate() {
        for offset in OFFSETS {
            for (way, address) in ADDRESSES.iter().enumerate() {
                let body = match stores {
                    true => format!("({access} offset={offset} {address} {})", zero(ty)),
                    false => format!("(drop ({access} offset={offset} {address}))"),
                };
                write!(text, "(func (export \"{index}-{offset}-{way}\") (param i32) {body})").unwrap();
            }
        }
    }
    text + ")"
}

#[test]
fn b01_every_access_traps_exactly_at_the_edge() {
    for style in STYLES {
        let mut guest = Guest::new(style, &accesses());
        for (index, (access, width, ..)) in ACCESSES.iter().enumerate() {
            for offset in OFFSETS {
                for way in 0..ADDRESSES.len() {
                    let name = format!("{index}-{offset}-{way}");
                    let last = 65_536_u64.checked_sub(width + offset);
                    let near =
                        last.map(|last| [last.saturating_sub(1), last, last + 1]).into_iter().flatten();
                    for address in near.chain([0, 65_535, 65_536, (1 << 31) - 1, 1 << 31, (1 << 32) - 1]) {
                        let fits = last.is_some_and(|last| address <= last);
                        let address_bits = u32::try_from(address).unwrap().cast_signed();
                        match guest.call(&name, &[Val::I32(address_bits)]) {
                            Ok(_) => assert!(fits, "{style:?}: {access} offset={offset} at {address}"),
                            Err(error) => {
                                assert!(!fits, "{style:?}: {access} offset={offset} at {address}: {error}");
                                assert_eq!(crate::support::kind(&error), TrapKind::MemoryOutOfBounds);
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn b02_a_memory_without_pages_has_no_bytes() {
    for style in STYLES {
        let text = r#"(module (memory 0) (func (export "load") (result i32) (i32.load8_u (i32.const 0)))
            (func (export "store") (i32.store8 (i32.const 0) (i32.const 1)))
            (func (export "nothing") (memory.fill (i32.const 0) (i32.const 1) (i32.const 0)))
            (func (export "size") (result i32) (memory.size)))"#;
        let mut guest = Guest::new(style, text);
        assert_eq!(guest.trap("load", &[]), TrapKind::MemoryOutOfBounds);
        assert_eq!(guest.trap("store", &[]), TrapKind::MemoryOutOfBounds);
        guest.call("nothing", &[]).unwrap();
        assert_eq!(guest.get("size", &[]), Val::I32(0));
    }
}

#[test]
fn b03_memories_of_four_gibibytes() {
    for style in STYLES {
        let text = r#"(module (memory 1)
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
            (func (export "store") (param i32 i32) (i32.store8 offset=1 (local.get 0) (local.get 1))))"#;
        let limits = StoreLimits { memory_bytes: 8 << 30, ..StoreLimits::default() };
        let mut guest = Guest::limited(style, text, limits);
        assert_eq!(guest.get("grow", &[Val::I32(65_534)]), Val::I32(1));
        // One page short of all.
        assert_eq!(guest.trap("load", &[Val::I32(-1)]), TrapKind::MemoryOutOfBounds);
        assert_eq!(guest.trap("load", &[Val::I32(-65_539)]), TrapKind::MemoryOutOfBounds);
        assert_eq!(guest.get("load", &[Val::I32(-65_540)]), Val::I32(0));
        assert_eq!(guest.get("grow", &[Val::I32(1)]), Val::I32(65_535));
        guest.call("store", &[Val::I32(-2), Val::I32(7)]).unwrap();
        assert_eq!(guest.trap("store", &[Val::I32(-1), Val::I32(7)]), TrapKind::MemoryOutOfBounds);
        assert_eq!(guest.get("load", &[Val::I32(-4)]), Val::I32(7 << 24));
        assert_eq!(guest.trap("load", &[Val::I32(-3)]), TrapKind::MemoryOutOfBounds);
        assert_eq!(guest.get("grow", &[Val::I32(1)]), Val::I32(-1));
    }
}

#[test]
fn b04_growing_too_far_is_minus_one_and_changes_nothing() {
    for style in STYLES {
        let text = r#"(module (memory (export "m") 2 10)
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "size") (result i32) (memory.size)))"#;
        let limits = StoreLimits { memory_bytes: 5 << 16, ..StoreLimits::default() };
        let mut guest = Guest::limited(style, text, limits);
        // All pages there are, past the maximum, past the limit.
        for delta in [-1, 65_536, i32::MIN, 9, 4] {
            assert_eq!(guest.get("grow", &[Val::I32(delta)]), Val::I32(-1), "{delta}");
            assert_eq!(guest.get("size", &[]), Val::I32(2));
        }
        assert_eq!(guest.get("grow", &[Val::I32(3)]), Val::I32(2));
        assert_eq!(guest.get("grow", &[Val::I32(0)]), Val::I32(5));
        let memory = guest.memory("m");
        let error = memory.grow(&mut guest.store.context(), 1).unwrap_err();
        let ErrorKind::Limit { knob: "memory_bytes", asked, limit } = *error.kind() else {
            panic!("{error}")
        };
        assert_eq!((asked, limit), (6 << 16, 5 << 16));
        let error = memory.grow(&mut guest.store.context(), u64::MAX).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { .. }), "{error}");
    }
}

#[test]
fn b05_a_negative_byte_is_not_a_small_address() {
    for style in STYLES {
        let text = r#"(module (memory 1) (data (i32.const 0) "\ff")
            (func (export "f") (result i32) (i32.load offset=100 (i32.load8_s (i32.const 0)))))"#;
        assert_eq!(Guest::new(style, text).trap("f", &[]), TrapKind::MemoryOutOfBounds);
    }
}

#[test]
fn b06_operators_that_fold_a_load_read_no_more_than_it() {
    let ops = [
        ("f32", "(f32.copysign (f32.const 1) (f32.load (local.get 0)))", 4),
        ("f64", "(f64.copysign (f64.const 1) (f64.load (local.get 0)))", 8),
        ("f64", "(f64.copysign (f64.load (local.get 0)) (f64.const 1))", 8),
        ("f32", "(f32.sqrt (f32.load (local.get 0)))", 4),
        ("f64", "(f64.promote_f32 (f32.load (local.get 0)))", 4),
        ("v128", "(f64x2.splat (f64.load (local.get 0)))", 8),
        ("v128", "(f32x4.splat (f32.load (local.get 0)))", 4),
        ("v128", "(i8x16.splat (i32.load8_u (local.get 0)))", 1),
        ("v128", "(i16x8.splat (i32.load16_u (local.get 0)))", 2),
        ("v128", "(f64x2.replace_lane 1 (v128.const i64x2 0 0) (f64.load (local.get 0)))", 8),
        ("v128", "(v128.load8_lane 15 (local.get 0) (v128.const i64x2 0 0))", 1),
        ("v128", "(v128.load64_lane 1 (local.get 0) (v128.const i64x2 0 0))", 8),
        ("v128", "(i32x4.add (v128.load (local.get 0)) (v128.const i64x2 0 0))", 16),
        ("v128", "(f64x2.convert_low_i32x4_u (v128.load64_zero (local.get 0)))", 8),
        (
            "v128",
            "(v128.bitselect (v128.load (local.get 0)) (v128.const i64x2 0 0) (v128.const i64x2 1 1))",
            16,
        ),
    ];
    let mut text = String::from("(module (memory 1 1)");
    for (index, (ty, op, _)) in ops.iter().enumerate() {
        write!(text, "(func (export \"{index}\") (param i32) (result {ty}) {op})").unwrap();
    }
    text.push(')');
    for style in STYLES {
        let mut guest = Guest::new(style, &text);
        for (index, (_, op, width)) in ops.iter().enumerate() {
            let name = index.to_string();
            guest.call(&name, &[Val::I32(65_536 - width)]).unwrap_or_else(|error| panic!("{op}: {error}"));
            for address in [65_536 - width + 1, 65_535 + 1, -1] {
                let kind = guest.trap(&name, &[Val::I32(address)]);
                assert_eq!(kind, TrapKind::MemoryOutOfBounds, "{style:?}: {op} at {address}");
            }
        }
    }
}

#[test]
fn b21_many_memories_and_tables() {
    for style in STYLES {
        let memories: String = (0..100).map(|n| format!("(memory $m{n} 1)")).collect();
        let tables: String = (0..100).map(|n| format!("(table $t{n} 1 funcref)")).collect();
        let text = format!(
            "(module {memories} {tables}
             (func (export \"f\") (result i32) (i32.store $m99 (i32.const 0) (i32.const 5))
                (i32.add (i32.load $m0 (i32.const 0)) (i32.load $m99 (i32.const 0)))))"
        );
        let mut guest = Guest::new(style, &text);
        assert_eq!(guest.get("f", &[]), Val::I32(5));
        let few = StoreLimits { memories: 150, ..StoreLimits::default() };
        let mut guest = Guest::limited(style, &text, few);
        let error = guest.add(&text, &[]).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Limit { knob: "memories", asked: 151, limit: 150 }),
            "{error}"
        );
        assert_eq!(guest.get("f", &[]), Val::I32(5));
    }
}

#[test]
fn b22_the_host_reads_only_what_is_there() {
    for style in STYLES {
        let mut guest = Guest::new(style, r#"(module (memory (export "m") 1))"#);
        let memory = guest.memory("m");
        let mut cx = guest.store.context();
        assert_eq!(memory.data(&cx).len(), 65_536);
        assert!(memory.data(&cx).get(usize::try_from(u32::MAX).unwrap()..).is_none());
        assert_eq!(memory.data(&cx).get(65_536..65_536), Some(&[][..]));
        assert!(memory.data_mut(&mut cx).get_mut(65_536..65_537).is_none());
        let other = MemoryType { index: IndexType::I32, minimum: 2, maximum: Some(1) };
        assert!(matches!(Memory::new(&mut cx, other).unwrap_err().kind(), ErrorKind::Misuse(_)));
        // A handle of another store has no bytes.
        let stranger = Guest::new(TrapStyle::Signals, "(module)");
        let mut stranger = stranger.store;
        assert!(memory.data(&stranger.context()).is_empty());
        assert!(memory.grow(&mut stranger.context(), 1).is_err());
    }
}
