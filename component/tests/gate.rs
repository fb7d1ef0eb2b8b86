//! A gate before functions of the host: asked before each call, by the number that it gave; what it refuses does not run.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use plugbay_component::engine::{Config, Engine, StoreLimits};
use plugbay_component::{Component, Error, Gate, HostContext, Limits, Linker, Result, Val};

const TEXT: &str = r#"(component
    (import "demo:app/log@1.0.0" (instance $log
        (export "note" (func (param "n" u32)))
        (export "any" (func (param "n" u32)))))
    (import "loose" (func $loose (param "n" u32)))
    (core func $note (canon lower (func $log "note")))
    (core func $any (canon lower (func $log "any")))
    (core func $loose_ (canon lower (func $loose)))
    (core module $m
        (import "" "note" (func $note (param i32)))
        (import "" "any" (func $any (param i32)))
        (import "" "loose" (func $loose (param i32)))
        (func (export "run") (call $note (i32.const 1)) (call $any (i32.const 2)) (call $loose (i32.const 3))))
    (core instance $i (instantiate $m (with "" (instance
        (export "note" (func $note)) (export "any" (func $any)) (export "loose" (func $loose_))))))
    (func (export "run") (canon lift (core func $i "run"))))"#;

#[derive(Default)]
struct Guard {
    names: Mutex<Vec<String>>,
    passed: AtomicU32,
    shut: AtomicBool,
}

impl Gate<Vec<u32>> for Guard {
    fn admit(&self, import: &str, function: &str) -> u32 {
        let mut names = self.names.lock().unwrap();
        names.push(format!("{import}#{function}"));
        u32::try_from(names.len() - 1).unwrap()
    }

    fn pass(&self, _: &mut HostContext<'_, Vec<u32>>, number: u32) -> Result<()> {
        assert!((number as usize) < self.names.lock().unwrap().len());
        self.passed.fetch_add(1, Ordering::Relaxed);
        if self.shut.load(Ordering::Relaxed) { Err(Error::host("shut")) } else { Ok(()) }
    }
}

#[test]
fn what_a_gate_refuses_does_not_run() {
    let engine = Engine::new(&Config::new()).unwrap();
    let component = Component::new(&engine, &wat::parse_str(TEXT).unwrap()).unwrap();
    let (whole, single) = (Arc::new(Guard::default()), Arc::new(Guard::default()));
    let mut linker = Linker::<Vec<u32>>::new();
    let note = |cx: &mut HostContext<'_, Vec<u32>>, (n,): (u32,)| {
        cx.data_mut().push(n);
        Ok(())
    };
    let mut log = linker.instance("demo:app/log@1.2.0");
    log.gate(whole.clone()).func_wrap("note", note).unwrap();
    log.func_dynamic("any", |cx, _, args| {
        let [Val::U32(n)] = args else { return Err(Error::misuse("one number")) };
        cx.data_mut().push(*n);
        Ok(None)
    })
    .unwrap();
    linker.root().func_wrap("loose", note).unwrap().gate_func("loose", single.clone());
    let pre = linker.pre(&component).unwrap();
    assert_eq!(*whole.names.lock().unwrap(), ["demo:app/log@1.0.0#note", "demo:app/log@1.0.0#any"]);
    assert_eq!(*single.names.lock().unwrap(), ["#loose"]);

    let make = || pre.instantiate(Vec::new(), StoreLimits::default(), Limits::default()).unwrap();
    let run = |shut: Option<&Guard>| {
        let mut instance = make();
        shut.inspect(|guard| guard.shut.store(true, Ordering::Relaxed));
        let func = instance.func("run").unwrap();
        let result = instance.call(func, &[]).map(drop).map_err(|error| error.to_string());
        shut.inspect(|guard| guard.shut.store(false, Ordering::Relaxed));
        (result, instance.into_data())
    };
    assert_eq!(run(None), (Ok(()), vec![1, 2, 3]));
    assert_eq!(whole.passed.load(Ordering::Relaxed), 2);
    let (result, noted) = run(Some(&single));
    assert!(result.unwrap_err().contains("shut"));
    assert_eq!(noted, [1, 2]);
    assert_eq!(run(Some(&whole)).1, Vec::<u32>::new());
}
