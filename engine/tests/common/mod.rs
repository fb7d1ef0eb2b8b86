//! What the tests of the runtime share: stores and instances from text.
#![allow(dead_code, reason = "no test file uses all of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]

use plugbay_engine::{
    Config, Context, Engine, Error, Extern, Func, Instance, Module, Result, Store, StoreLimits, TrapKind,
};

/// A store of an engine of its own with the default settings and limits.
pub(crate) fn store<T>(data: T) -> Store<T> {
    limited_store(data, StoreLimits::default())
}

/// The same with other limits.
pub(crate) fn limited_store<T>(data: T, limits: StoreLimits) -> Store<T> {
    let engine = Engine::new(&Config::new()).unwrap();
    Store::new(&engine, data, limits).unwrap()
}

/// A module from its text.
pub(crate) fn module<T>(cx: &Context<'_, T>, text: &str) -> Module {
    Module::new(cx.engine(), &wat::parse_str(text).unwrap()).unwrap()
}

/// An instance of a module from its text.
pub(crate) fn instance<T>(cx: &mut Context<'_, T>, text: &str, imports: &[Extern]) -> Instance {
    try_instance(cx, text, imports).unwrap()
}

/// The same, if it can be made.
pub(crate) fn try_instance<T>(cx: &mut Context<'_, T>, text: &str, imports: &[Extern]) -> Result<Instance> {
    let module = module(cx, text);
    Instance::new(cx, &module, imports)
}

/// An exported function.
pub(crate) fn func<T>(cx: &Context<'_, T>, instance: Instance, name: &str) -> Func {
    instance.export(cx, name).unwrap().into_func().unwrap()
}

/// The kind of the trap that an error is.
pub(crate) fn kind(error: &Error) -> TrapKind {
    error.trap().unwrap_or_else(|| panic!("not a trap: {error}")).kind()
}
