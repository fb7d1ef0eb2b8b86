//! Instances: made, called so that they write into their memory, table and globals, and dropped. Each must find what the
//! module says, nothing of the one before it.

use plugbay_engine::{Context, Error, Extern, ExternType, Func, Instance, Module, Store, StoreLimits, Val};

use super::{Growth, Way, soak};

/// Writes all over its state and returns a sum of what it found there: the same in every fresh instance.
const MODULE: &str = r#"(module
  (import "host" "next" (func $next (param i32) (result i32)))
  (memory (export "memory") 2 4)
  (table (export "table") 8 16 funcref)
  (global $count (export "count") (mut i64) (i64.const 5))
  (data (i32.const 100) "initial bytes")
  (data $passive "more")
  (elem (i32.const 1) func $run)
  (func $run (export "run") (param $number i32) (result i64)
    (local $found i64)
    (local.set $found (i64.add
      (i64.add (global.get $count) (i64.load (i32.const 100)))
      (i64.add (i64.load (i32.const 70000)) (i64.extend_i32_u (memory.size)))))
    (local.set $found (i64.add (local.get $found)
      (i64.extend_i32_u (i32.add (table.size) (ref.is_null (table.get (i32.const 2)))))))
    (global.set $count (i64.extend_i32_u (call $next (local.get $number))))
    (i64.store (i32.const 100) (global.get $count))
    (i64.store (i32.const 70000) (i64.const -1))
    (memory.init $passive (i32.const 5000) (i32.const 0) (i32.const 4))
    (data.drop $passive)
    (table.set (i32.const 2) (ref.func $run))
    (drop (memory.grow (i32.and (local.get $number) (i32.const 1))))
    (drop (table.grow (ref.null func) (i32.const 1)))
    (local.get $found)))"#;

/// Makes, calls and drops `count` instances.
///
/// # Errors
/// Those of the engine, and that an instance found what another one left.
pub fn run(way: Way, count: u64) -> Result<Growth, Error> {
    let engine = way.engine()?;
    let module = Module::new(&engine, &wat::parse_str(MODULE).map_err(Error::host)?)?;
    let ty = module.imports().find_map(|(_, _, ty)| match ty {
        ExternType::Func(ty) => Some(ty),
        _ => None,
    });
    let ty = ty.ok_or_else(|| Error::host("no import"))?;
    let expected = u64::from_le_bytes(*b"initial ").cast_signed().wrapping_add(5 + 2 + 8 + 1);
    soak(count, |number| {
        let mut store = Store::new(&engine, 0_u64, StoreLimits::default())?;
        let mut cx = store.context();
        let next = Func::new(&mut cx, ty.clone(), |cx: &mut Context<'_, u64>, args, results| {
            *cx.data_mut() += 1;
            results.copy_from_slice(args);
            Ok(())
        });
        let instance = Instance::new(&mut cx, &module, &[next.into()])?;
        let run = instance.export(&cx, "run").and_then(Extern::into_func);
        let run = run.ok_or_else(|| Error::host("no function"))?;
        let argument = Val::I32((number as u32).cast_signed());
        match run.call(&mut cx, &[argument])?.as_slice() {
            [Val::I64(found)] if *found == expected => Ok(()),
            found => Err(Error::host(format!("instance {number} found {found:?} instead of {expected}"))),
        }
    })
}
