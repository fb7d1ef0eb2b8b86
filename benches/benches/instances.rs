//! One more instance: made, called, dropped, and what idle ones take. `cargo bench -p plugbay-benches --bench instances`;
//! with `-- NAME` only the cases whose names contain it.
//!
//! Times are of the processor (the calling thread's), the median of many short samples.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and says so if it cannot run"
)]

use std::fmt::Write;
use std::time::Duration;

use plugbay_engine::{Config, Engine, Instance, Module, PoolConfig, Store, StoreLimits, TrapStyle};

/// A small plugin: memory, table, globals, 1 KiB of data, two exports. `touch` writes to so many pages of 4 KiB.
fn tiny(pages: u32) -> Vec<u8> {
    let data = "a typical plugin has some constant data. ".repeat(24);
    let text = format!(
        r#"(module (memory (export "memory") {pages}) (table 4 funcref) (global $sp (mut i32) (i32.const 65536))
        (type $t (func (param i32 i32) (result i32))) (elem (i32.const 1) $add $write)
        (func $add (export "add") (type $t) (i32.add (local.get 0) (local.get 1)))
        (func $write (type $t) (i32.store (local.get 0) (local.get 1)) (i32.load (local.get 0)))
        (func (export "touch") (param i32) (result i32) (local $s i32)
            (block $done (loop $more
                (br_if $done (i32.eqz (local.get 0)))
                (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
                (local.set $s (i32.add (local.get $s) (call_indirect (type $t)
                    (i32.mul (local.get 0) (i32.const 4096)) (i32.const 7) (i32.const 2))))
                (br $more)))
            (local.get $s))
        (data (i32.const 1024) "{data}"))"#
    );
    wat::parse_str(text).unwrap()
}

/// A module with many functions in a table.
fn many_functions(count: u32) -> Vec<u8> {
    let mut text = format!("(module (memory 1) (table {count} funcref) (elem (i32.const 0)");
    (0..count).for_each(|index| write!(text, " $f{index}").unwrap());
    text.push(')');
    (0..count).for_each(|index| write!(text, "(func $f{index} (result i32) (i32.const {index}))").unwrap());
    text.push(')');
    wat::parse_str(text).unwrap()
}

fn make(engine: &Engine, module: &Module, touch: u32) -> Store<()> {
    let mut store = Store::new(engine, (), StoreLimits::default()).unwrap();
    let mut cx = store.context();
    let instance = Instance::new(&mut cx, module, &[]).unwrap();
    if touch > 0 {
        let func = instance.export(&cx, "touch").unwrap().into_func().unwrap();
        func.call_raw(&mut cx, &mut [u64::from(touch)]).unwrap();
    }
    store
}

/// Processor time of this thread.
fn now() -> Duration {
    // The scheduler's account; in nanoseconds.
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

fn status(name: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Nanoseconds of one operation.
fn time(mut operation: impl FnMut()) -> f64 {
    // The account is brought up to date every few milliseconds.
    const SAMPLES: usize = 15;
    const EACH: u32 = 20_000;
    let mut samples: Vec<_> = (0..SAMPLES)
        .map(|_| {
            let start = now();
            (0..EACH).for_each(|_| operation());
            (now() - start).as_nanos() as f64 / f64::from(EACH)
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    samples[SAMPLES / 2]
}

fn main() {
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    let kept = Config::new();
    let dense = Config::new().with_trap_style(TrapStyle::Explicit).with_memory_reservation(1 << 16);
    let configs = [
        ("reused", kept.clone()),
        ("fresh", kept.with_pool(PoolConfig::off())),
        ("dense, reused", dense.clone()),
        ("dense, fresh", dense.clone().with_pool(PoolConfig::off())),
    ];
    let modules = [("1 page", tiny(1)), ("17 pages", tiny(17)), ("10,000 functions", many_functions(10_000))];
    for (how, config) in &configs {
        let engine = Engine::new(config).unwrap();
        for (what, bytes) in &modules {
            for touch in [0, 2] {
                let name = format!("{how}: {what}{}", if touch > 0 { ", called" } else { "" });
                if !name.contains(&wanted) || (touch > 0 && what.ends_with("functions")) {
                    continue;
                }
                let module = Module::new(&engine, bytes).unwrap();
                let ns = time(|| drop(make(&engine, &module, touch)));
                println!("{name:<40} {ns:>10.0} ns");
            }
        }
    }
    for (how, config, count) in [("signals", Config::new(), 10_000), ("dense", dense, 10_000)] {
        for touch in [0, 2] {
            let name = format!("{how}: {count} idle{}", if touch > 0 { ", called" } else { "" });
            if name.contains(&wanted) {
                idle(&name, &Engine::new(&config).unwrap(), touch, count);
            }
        }
    }
}

/// Keeps many instances and says what each takes.
fn idle(name: &str, engine: &Engine, touch: u32, count: usize) {
    let module = Module::new(engine, &tiny(1)).unwrap();
    let mut kept = Vec::with_capacity(count + 8);
    kept.extend((0..8).map(|_| make(engine, &module, touch)));
    let (resident, tables, start) = (status("VmRSS"), status("VmPTE"), now());
    kept.extend((0..count).map(|_| make(engine, &module, touch)));
    let made = (now() - start).as_nanos() as f64 / count as f64;
    let each = |kib: f64| kib / count as f64;
    let (resident, tables) = (each(status("VmRSS") - resident), each(status("VmPTE") - tables));
    println!("{name:<40} {made:>10.0} ns, {resident:.2} KiB resident, {tables:.2} KiB page tables");
}
