//! Any bytes as a component: decoded, planned and compiled. Whatever happens is an error value.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use plugbay_component::Component;
use plugbay_engine::{Config, Engine};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&Config::default()).expect("an engine"));

fuzz_target!(|bytes: &[u8]| {
    if let Ok(component) = Component::new(&ENGINE, bytes) {
        for (name, item) in component.imports().chain(component.exports()) {
            let _ = format!("{name} {item:?}");
        }
    }
});
