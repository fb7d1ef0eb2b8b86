//! Any bytes as a core module: compiled and run under a deadline. Whatever happens is an error value.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use plugbay_engine::{
    Config, Engine, Error, ErrorKind, Extern, ExternType, Func, Global, Instance, Memory, Module, Store,
    StoreLimits, Table, Val,
};

use crate::Outcome;

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(&Config::default().with_parallel_compilation(false)).expect("an engine"));

/// Feeds one input.
pub fn run(bytes: &[u8]) -> Outcome {
    let module = match Module::new(&ENGINE, bytes) {
        Ok(module) => module,
        Err(error) => {
            told(&error);
            return Outcome::Refused;
        }
    };
    let limits = StoreLimits { memory_bytes: 16 << 20, table_elements: 100_000, ..StoreLimits::default() };
    let mut store = Store::new(&ENGINE, (), limits).expect("a store");
    let mut cx = store.context();
    cx.set_deadline(Some(Instant::now() + Duration::from_millis(20)));
    let types: Vec<ExternType> = module.imports().map(|(_, _, ty)| ty).collect();
    let mut imports = Vec::new();
    for ty in types {
        let made = match ty {
            ExternType::Func(ty) => Ok(Func::new(&mut cx, ty, |_, _, _| Ok(())).into()),
            ExternType::Memory(ty) => Memory::new(&mut cx, ty).map(Extern::from),
            ExternType::Table(ty) => {
                Table::new(&mut cx, ty, Val::default_for(element(&ty))).map(Extern::from)
            }
            ExternType::Global(ty) => {
                Global::new(&mut cx, ty, Val::default_for(ty.content)).map(Extern::from)
            }
            _ => return Outcome::Ran(0),
        };
        match made {
            Ok(import) => imports.push(import),
            Err(_) => return Outcome::Ran(0),
        }
    }
    let Ok(instance) = Instance::new(&mut cx, &module, &imports) else { return Outcome::Ran(1) };
    let mut calls = 1;
    for (_, export) in instance.exports(&cx) {
        let Extern::Func(func) = export else { continue };
        let args: Vec<Val> = func.ty(&cx).params().iter().map(|ty| Val::default_for(*ty)).collect();
        // A trap is as good as a result.
        if let Err(error) = func.call(&mut cx, &args) {
            told(&error);
        }
        calls += 1;
    }
    Outcome::Ran(calls)
}

fn element(ty: &plugbay_engine::TableType) -> plugbay_engine::ValType {
    plugbay_engine::ValType::Ref(ty.element)
}

/// An error says something, and none is a defect of plugbay.
pub(super) fn told(error: &Error) {
    let text = error.to_string();
    assert!(!text.is_empty(), "an error without a text: {error:?}");
    assert!(!matches!(error.kind(), ErrorKind::Compile(_)), "an error that blames plugbay: {text}");
}
