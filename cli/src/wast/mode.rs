//! In which of the engine's ways scripts are run: every way must give the same results.

use super::via::Way;
use plugbay_engine::{CompileStrategy, Config, OptLevel, TrapStyle};

/// How modules are compiled and run.
#[derive(clap::Args, Debug, Clone)]
pub(super) struct Mode {
    /// How guest faults are noticed: by signals, or by checks in the code.
    #[arg(long, value_enum, default_value = "signals", value_name = "STYLE")]
    trap_style: Style,
    /// When functions are compiled: all at first, or each when it is first called.
    #[arg(long, value_enum, default_value = "eager", value_name = "STRATEGY")]
    strategy: Strategy,
    /// How hard the compiler tries.
    #[arg(long, value_enum, default_value = "speed", value_name = "LEVEL")]
    opt_level: Level,
    /// By which way modules are run: from what was just compiled, from a sealed file, from the cache.
    #[arg(long, value_enum, default_value = "bytes", value_name = "WAY")]
    via: Way,
    /// Count fuel; every directive, and every component, gets this much.
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,
    /// Reserve only so many bytes of address space for a memory; larger ones move as they grow.
    #[arg(long, value_name = "BYTES")]
    memory_reservation: Option<u64>,
    /// Let values that go from one component to another pass through the host.
    #[arg(long)]
    no_adapters: bool,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy)]
enum Style {
    Signals,
    Explicit,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy)]
enum Level {
    None,
    Speed,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy)]
enum Strategy {
    Eager,
    Lazy,
}

impl Mode {
    /// What every directive gets, if fuel is counted.
    pub(super) fn fuel(&self) -> Option<u64> {
        self.fuel
    }

    /// By which way modules are run.
    pub(super) fn via(&self) -> Way {
        self.via
    }

    /// Whether calls from component to component are compiled.
    pub(super) fn adapters(&self) -> bool {
        !self.no_adapters
    }

    /// The engine's settings for this way.
    pub(super) fn config(&self) -> Config {
        let style = match self.trap_style {
            Style::Signals => TrapStyle::Signals,
            Style::Explicit => TrapStyle::Explicit,
        };
        let strategy = match self.strategy {
            Strategy::Eager => CompileStrategy::Eager,
            Strategy::Lazy => CompileStrategy::Lazy,
        };
        let level = match self.opt_level {
            Level::None => OptLevel::None,
            Level::Speed => OptLevel::Speed,
        };
        let config = Config::new()
            .with_opt_level(level)
            .with_trap_style(style)
            .with_compile_strategy(strategy)
            .with_fuel(self.fuel.is_some());
        match self.memory_reservation {
            Some(bytes) => config.with_memory_reservation(bytes),
            None => config,
        }
    }
}
