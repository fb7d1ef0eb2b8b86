//! What a call from one component to another in the same composition costs: compiled, and through `Val`s. One iteration
//! is a thousand calls, so that nanoseconds read as microseconds.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has to say so")]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use plugbay_component::{Component, Instance, Limits, Linker};
use plugbay_engine::{Config, Engine, StoreLimits};

/// Calls in one iteration.
const CALLS: u32 = 1_000;
/// Where the functions are that make them.
const INTERFACE: &str = "bench:calls/guest@0.1.0";

fn main() {
    divan::main();
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Compiled,
    ThroughVals,
}

fn instance(way: Way) -> Instance<()> {
    let engine = Engine::new(&Config::default()).unwrap();
    let component = Component::new(&engine, &plugbay_benches::composition()).unwrap();
    let component = match way {
        Way::Compiled => component,
        Way::ThroughVals => component.without_adapters(),
    };
    let pre = Linker::new().pre(&component).unwrap();
    pre.instantiate((), StoreLimits::default(), Limits::default()).unwrap()
}

#[divan::bench(args = [Way::Compiled, Way::ThroughVals])]
fn add(bencher: Bencher<'_, '_>, way: Way) {
    let mut instance = instance(way);
    let run = instance.func(&format!("{INTERFACE}#run-host-add")).unwrap();
    let run = run.typed::<(u32,), u32>(&instance).unwrap();
    bencher
        .counter(ItemsCount::new(CALLS))
        .bench_local(|| run.call(&mut instance, (black_box(CALLS),)).unwrap());
}

#[divan::bench(args = [Way::Compiled, Way::ThroughVals])]
fn string_of_1_kib(bencher: Bencher<'_, '_>, way: Way) {
    let mut instance = instance(way);
    let run = instance.func(&format!("{INTERFACE}#run-host-log")).unwrap();
    let run = run.typed::<(u32,), ()>(&instance).unwrap();
    bencher
        .counter(ItemsCount::new(CALLS))
        .bench_local(|| run.call(&mut instance, (black_box(CALLS),)).unwrap());
}
