//! Traps of every origin in one instance, which goes on to work after each: instructions, accesses, host functions, stacks
//! and, less often because they take their time, deadlines.

use std::time::{Duration, Instant};

use plugbay_engine::{
    Context, Error, ErrorKind, Extern, ExternType, Func, Instance, Module, Store, StoreLimits, TrapKind, Val,
};

use super::{Growth, Way, soak};

/// One in so many traps is that of a deadline.
const DEADLINES: u64 = 2_000;

/// One in so many traps is that of a full stack.
const OVERFLOWS: u64 = 500;

const MODULE: &str = r#"(module
  (import "host" "fail" (func $fail (param i32) (result i32)))
  (memory 1)
  (table 2 funcref)
  (type $t (func))
  (func (export "unreachable") (unreachable))
  (func (export "load") (drop (i32.load (i32.const 65536))))
  (func (export "far") (i64.store offset=4294967295 (i32.const -1) (i64.const 1)))
  (func (export "divide") (drop (i32.div_u (i32.const 1) (i32.load (i32.const 0)))))
  (func (export "null") (call_indirect (type $t) (i32.const 1)))
  (func (export "element") (call_indirect (type $t) (i32.const 7)))
  (func (export "fill") (memory.fill (i32.const 65000) (i32.const 1) (i32.const 1000)))
  (func (export "host") (drop (call $fail (i32.const 1))))
  (func $deep (export "deep") (call $deep))
  (func (export "spin") (loop (br 0)))
  (func (export "well") (result i32) (call $fail (i32.const 0))))"#;

/// The functions that trap, and how; `None` is the host function's own error.
const TRAPS: &[(&str, Option<TrapKind>)] = &[
    ("unreachable", Some(TrapKind::Unreachable)),
    ("load", Some(TrapKind::MemoryOutOfBounds)),
    ("far", Some(TrapKind::MemoryOutOfBounds)),
    ("divide", Some(TrapKind::IntegerDivisionByZero)),
    ("null", Some(TrapKind::UninitializedElement)),
    ("element", Some(TrapKind::UndefinedElement)),
    ("fill", Some(TrapKind::MemoryOutOfBounds)),
    ("host", None),
];

/// Traps `count` times.
///
/// # Errors
/// Those of the engine other than the traps that are asked for.
pub fn run(way: Way, count: u64) -> Result<Growth, Error> {
    let engine = way.engine()?;
    let module = Module::new(&engine, &wat::parse_str(MODULE).map_err(Error::host)?)?;
    let mut store = Store::new(&engine, (), StoreLimits::default())?;
    let mut cx = store.context();
    let Some(ExternType::Func(ty)) = module.imports().map(|(_, _, ty)| ty).next() else {
        return Err(Error::host("no import"));
    };
    let fail = Func::new(&mut cx, ty, |_, args, results| match args {
        [Val::I32(0)] => {
            results.copy_from_slice(&[Val::I32(42)]);
            Ok(())
        }
        _ => Err(Error::host("as asked")),
    });
    let instance = Instance::new(&mut cx, &module, &[fail.into()])?;
    let find = |cx: &Context<'_, ()>, name: &str| {
        let func = instance.export(cx, name).and_then(Extern::into_func);
        func.ok_or_else(|| Error::host(format!("no function {name}")))
    };
    let mut traps = Vec::new();
    for (name, kind) in TRAPS {
        traps.push((find(&cx, name)?, *kind));
    }
    let (deep, spin, well) = (find(&cx, "deep")?, find(&cx, "spin")?, find(&cx, "well")?);
    soak(count, |number| {
        let (func, kind) = if number % DEADLINES == 1 {
            cx.set_deadline(Some(Instant::now() + Duration::from_millis(1)));
            (spin, Some(TrapKind::Deadline))
        } else if number % OVERFLOWS == 2 {
            (deep, Some(TrapKind::StackOverflow))
        } else {
            traps[number as usize % traps.len()]
        };
        let end = func.call(&mut cx, &[]);
        cx.set_deadline(None);
        let as_asked = match &end {
            Ok(_) => false,
            Err(error) => match error.kind() {
                // A call that comes after its deadline is refused, without a frame.
                ErrorKind::Trap(trap) => {
                    Some(trap.kind()) == kind
                        && (!trap.frames().is_empty() || kind == Some(TrapKind::Deadline))
                }
                ErrorKind::Host(_) => kind.is_none(),
                _ => false,
            },
        };
        if !as_asked {
            return Err(Error::host(format!("trap {number}: {end:?} instead of {kind:?}")));
        }
        if number % 100 == 0 && well.call(&mut cx, &[])? != [Val::I32(42)] {
            return Err(Error::host(format!("after trap {number} nothing works")));
        }
        Ok(())
    })
}
