//! The same thing many times over: nothing that a process has may grow with it.

pub mod cycles;
pub mod sample;
pub mod traps;
pub mod writers;

use std::fmt;

use plugbay_engine::{Config, Engine, PoolConfig, TrapStyle};

pub use sample::{Growth, Sample};

/// A way to run the engine that is soaked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// How traps are caught.
    pub style: TrapStyle,
    /// Whether instances are made of what dropped ones left.
    pub pool: bool,
}

impl Way {
    /// All ways.
    pub const ALL: [Self; 4] = [
        Self { style: TrapStyle::Signals, pool: true },
        Self { style: TrapStyle::Signals, pool: false },
        Self { style: TrapStyle::Explicit, pool: true },
        Self { style: TrapStyle::Explicit, pool: false },
    ];

    /// An engine that works this way.
    ///
    /// # Errors
    /// Those of [`Engine::new`].
    pub fn engine(self) -> Result<Engine, plugbay_engine::Error> {
        let config = Config::new().with_trap_style(self.style);
        Engine::new(&if self.pool { config } else { config.with_pool(PoolConfig::off()) })
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {}", self.style, if self.pool { "slots reused" } else { "slots fresh" })
    }
}

/// Does something `count` times, and tells how the process grew between the tenth part of that and the end.
///
/// # Errors
/// What `step` returned.
pub fn soak(
    count: u64,
    mut step: impl FnMut(u64) -> Result<(), plugbay_engine::Error>,
) -> Result<Growth, plugbay_engine::Error> {
    let warm = count / 10;
    let mut early = Sample::now();
    for number in 0..count {
        if number == warm {
            early = Sample::now();
        }
        step(number)?;
    }
    Ok(Growth { steps: count - warm, early, late: Sample::now() })
}
