//! Any bytes as a core module: compiled and, when it imports nothing, run under a deadline. Whatever happens is an error
//! value; a panic or a crash is a finding.

#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use plugbay_engine::{Config, Engine, Extern, Instance, Module, Store, StoreLimits, Val, ValType};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&Config::default()).expect("an engine"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(module) = Module::new(&ENGINE, bytes) else { return };
    if module.imports().len() > 0 {
        return;
    }
    let Ok(mut store) = Store::new(&ENGINE, (), StoreLimits::default()) else { return };
    let mut cx = store.context();
    cx.set_deadline(Some(Instant::now() + Duration::from_millis(50)));
    let Ok(instance) = Instance::new(&mut cx, &module, &[]) else { return };
    for (_, export) in instance.exports(&cx) {
        let Extern::Func(func) = export else { continue };
        let args: Option<Vec<Val>> = func.ty(&cx).params().iter().map(zero).collect();
        if let Some(args) = args {
            // A trap is as good as a result.
            let _ = func.call(&mut cx, &args);
        }
    }
});

fn zero(ty: &ValType) -> Option<Val> {
    match ty {
        ValType::I32 => Some(Val::I32(0)),
        ValType::I64 => Some(Val::I64(0)),
        ValType::F32 => Some(Val::F32(0)),
        ValType::F64 => Some(Val::F64(0)),
        _ => None,
    }
}
