//! What the tests share: components from text, instances with default limits.
#![allow(dead_code, reason = "not every test file uses every helper")]

use plugbay_component::{Component, Instance, Limits, Linker};
use plugbay_engine::{Config, Engine, StoreLimits};

pub(crate) fn component(text: &str) -> Component {
    let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    Component::new(&engine(), &bytes).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn engine() -> Engine {
    Engine::new(&Config::default()).unwrap()
}

pub(crate) fn instantiate<T: 'static>(linker: &Linker<T>, component: &Component, data: T) -> Instance<T> {
    let pre = linker.pre(component).unwrap_or_else(|error| panic!("{error}"));
    pre.instantiate(data, StoreLimits::default(), Limits::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// An instance of a component that imports nothing.
pub(crate) fn alone(text: &str) -> Instance<()> {
    instantiate(&Linker::new(), &component(text), ())
}

/// Calls a function without parameters that returns a `u32`.
pub(crate) fn call_u32(instance: &mut Instance<()>, name: &str) -> Result<u32, plugbay_component::Error> {
    let func = instance.func(name).unwrap().typed::<(), u32>(instance).unwrap();
    func.call(instance, ())
}
