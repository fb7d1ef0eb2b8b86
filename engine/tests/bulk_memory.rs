//! `memory.copy` and `memory.fill`: short and long, known and unknown lengths, overlapping, at the edges, in both trap styles.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

mod common;

use common::{func, kind};
use plugbay_engine::{
    Config, Context, Engine, Instance, Module, Store, StoreLimits, TrapKind, TrapStyle, Val,
};

/// Lengths that are constants in the code.
const KNOWN: [u32; 14] = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 63, 64, 65, 70_000];
const SIZE: u32 = 2 << 16;

fn text() -> String {
    let known = KNOWN.map(|len| {
        format!(
            r#"(func (export "copy{len}") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const {len})))
            (func (export "fill{len}") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const {len})))"#
        )
    });
    format!(
        r#"(module (memory (export "memory") 2) (memory $other (export "other") 1)
            (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
            (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
            (func (export "across") (param i32 i32 i32)
                (memory.copy 0 $other (local.get 0) (local.get 1) (local.get 2)))
            {})"#,
        known.concat()
    )
}

struct Guest {
    store: Store<()>,
    instance: Instance,
    /// What the memory is filled with before each call.
    pattern: Vec<u8>,
}

fn guests() -> impl Iterator<Item = Guest> {
    [TrapStyle::Signals, TrapStyle::Explicit].into_iter().map(|style| {
        let engine = Engine::new(&Config::new().with_trap_style(style)).unwrap();
        let module = Module::new(&engine, &wat::parse_str(text()).unwrap()).unwrap();
        let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
        let instance = Instance::new(&mut store.context(), &module, &[]).unwrap();
        let pattern = (0..SIZE as usize).map(|at| (at.wrapping_mul(31) ^ (at >> 8)) as u8).collect();
        Guest { store, instance, pattern }
    })
}

impl Guest {
    fn bytes<'a>(cx: &'a mut Context<'_, ()>, instance: Instance, name: &str) -> &'a mut [u8] {
        instance.export(cx, name).unwrap().into_memory().unwrap().data_mut(cx)
    }

    /// Calls a function on a memory of bytes that all differ from their neighbours; returns what became of it.
    fn run(&mut self, name: &str, args: &[u32]) -> Result<Vec<u8>, TrapKind> {
        let mut cx = self.store.context();
        Self::bytes(&mut cx, self.instance, "memory").copy_from_slice(&self.pattern);
        Self::bytes(&mut cx, self.instance, "other").fill(0xee);
        let args: Vec<_> = args.iter().map(|arg| Val::I32(arg.cast_signed())).collect();
        let result = func(&cx, self.instance, name).call(&mut cx, &args);
        let memory = Self::bytes(&mut cx, self.instance, "memory").to_vec();
        match result {
            Ok(_) => Ok(memory),
            Err(error) => {
                assert!(memory == self.pattern, "{name} wrote before it trapped");
                Err(kind(&error))
            }
        }
    }
}

/// Places for `len` bytes that lie within the memory, some of them at its end.
fn places(len: u32) -> [u32; 4] {
    [0, 100, 105, SIZE - len]
}

#[test]
fn copies_are_those_of_memmove() {
    for mut guest in guests() {
        for len in KNOWN {
            for (to, from) in places(len).into_iter().flat_map(|to| places(len).map(|from| (to, from))) {
                let mut expected = guest.pattern.clone();
                expected.copy_within(from as usize..(from + len) as usize, to as usize);
                assert!(
                    guest.run(&format!("copy{len}"), &[to, from]).unwrap() == expected,
                    "{len}: {from} to {to}"
                );
                assert!(guest.run("copy", &[to, from, len]).unwrap() == expected, "{len}: {from} to {to}");
            }
        }
    }
}

#[test]
fn fills_write_every_byte_and_no_other() {
    for mut guest in guests() {
        for len in KNOWN {
            for to in places(len) {
                let mut expected = guest.pattern.clone();
                expected[to as usize..(to + len) as usize].fill(0xa5);
                assert!(
                    guest.run(&format!("fill{len}"), &[to, 0xffff_ffa5]).unwrap() == expected,
                    "{len} at {to}"
                );
                assert!(guest.run("fill", &[to, 0xa5, len]).unwrap() == expected, "{len} at {to}");
            }
        }
    }
}

#[test]
fn what_ends_outside_traps_before_anything_is_written() {
    for mut guest in guests() {
        for len in KNOWN {
            for outside in [SIZE - len + 1, SIZE + 1, u32::MAX] {
                for (to, from) in [(outside, 0), (0, outside), (outside, outside)] {
                    let trap = Err(TrapKind::MemoryOutOfBounds);
                    assert_eq!(
                        guest.run(&format!("copy{len}"), &[to, from]).map(drop),
                        trap,
                        "{len}: {from} to {to}"
                    );
                    assert_eq!(guest.run("copy", &[to, from, len]).map(drop), trap, "{len}: {from} to {to}");
                }
                let trap = Err(TrapKind::MemoryOutOfBounds);
                assert_eq!(
                    guest.run(&format!("fill{len}"), &[outside, 1]).map(drop),
                    trap,
                    "{len} at {outside}"
                );
                assert_eq!(guest.run("fill", &[outside, 1, len]).map(drop), trap, "{len} at {outside}");
            }
        }
        let trap = Err(TrapKind::MemoryOutOfBounds);
        assert_eq!(guest.run("copy", &[1, 0, u32::MAX]).map(drop), trap);
        assert_eq!(guest.run("fill", &[1, 0, u32::MAX]).map(drop), trap);
    }
}

#[test]
fn each_memory_of_a_copy_has_its_own_bounds() {
    for mut guest in guests() {
        let mut expected = guest.pattern.clone();
        expected[70_000..70_005].fill(0xee);
        assert!(guest.run("across", &[70_000, (1 << 16) - 5, 5]).unwrap() == expected);
        for args in [[70_000, (1 << 16) - 4, 5], [SIZE - 4, 0, 5]] {
            assert_eq!(guest.run("across", &args).map(drop), Err(TrapKind::MemoryOutOfBounds));
        }
    }
}
