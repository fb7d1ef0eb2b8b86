//! What the parts of a contestant's name mean: `plugbay-explicit-fuel` has explicit traps and counts fuel.

use plugbay_engine::{CompileStrategy, Config, PoolConfig, StoreLimits, TrapStyle};

/// The settings of a contestant.
pub(crate) fn config(contestant: &str) -> Option<Config> {
    contestant.split('-').skip(1).try_fold(Config::new(), |config, part| {
        Some(match part {
            "explicit" => config.with_trap_style(TrapStyle::Explicit),
            "fuel" => config.with_fuel(true),
            "lazy" => config.with_compile_strategy(CompileStrategy::Lazy),
            // No instance is made from what a dropped one left.
            "fresh" => config.with_pool(PoolConfig::off()),
            // Little address space for each memory: accesses are compared with its length.
            "dense" => config.with_memory_reservation(DENSE).with_memory_guard(0),
            // Loads verify artifacts each time.
            "verify" => config.with_remembered_artifacts(0),
            // Armed where stores are made.
            "metering" | "off" | "deadline" | "component" | "dyn" => config,
            _ => return None,
        })
    })
}

/// The address space of a dense memory.
const DENSE: u64 = 2 << 20;

/// What a store of a contestant may use: fuel without end, where it is counted.
pub(crate) fn limits() -> StoreLimits {
    StoreLimits { fuel: u64::MAX, ..StoreLimits::default() }
}

/// Whether calls of this contestant run under a deadline.
pub(crate) fn has_deadline(contestant: &str) -> bool {
    contestant.split('-').any(|part| part == "deadline")
}
