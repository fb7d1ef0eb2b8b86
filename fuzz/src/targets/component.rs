//! Any bytes as a component: decoded, planned, compiled and, when it imports nothing, instantiated. Whatever happens is
//! an error value.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use plugbay_component::{Component, ErrorKind, Limits, Linker};
use plugbay_engine::{Config, Engine, StoreLimits};

use crate::Outcome;

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(&Config::default().with_parallel_compilation(false)).expect("an engine"));

/// Feeds one input.
pub fn run(bytes: &[u8]) -> Outcome {
    let component = match Component::new(&ENGINE, bytes) {
        Ok(component) => component,
        Err(error) => {
            assert!(!error.to_string().is_empty(), "an error without a text: {error:?}");
            assert!(!matches!(error.kind(), ErrorKind::Internal(_)), "a defect: {error}");
            return Outcome::Refused;
        }
    };
    let mut looked_at = 1;
    for (name, item) in component.imports().chain(component.exports()) {
        assert!(!format!("{name} {item:?}").is_empty());
        looked_at += 1;
    }
    let Ok(pre) = Linker::<()>::new().pre(&component) else { return Outcome::Ran(looked_at) };
    let limits = StoreLimits { memory_bytes: 16 << 20, ..StoreLimits::default() };
    let Ok(mut instance) = pre.instantiate((), limits, Limits::default()) else {
        return Outcome::Ran(looked_at);
    };
    instance.set_deadline(Some(Instant::now() + Duration::from_millis(20)));
    for (name, _) in component.exports() {
        let Some(func) = instance.func(name) else { continue };
        if instance.func_type(func).is_ok_and(|ty| ty.params().is_empty()) {
            // A trap is as good as a result.
            let _ = instance.call(func, &[]);
            looked_at += 1;
        }
    }
    Outcome::Ran(looked_at)
}
