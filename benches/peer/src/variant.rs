//! What the parts of a contestant's name mean: `plugbay-explicit-fuel` has explicit traps and counts fuel.

use plugbay_engine::{Config, Engine, TrapStyle};

/// The settings of a contestant.
pub(crate) fn config(contestant: &str) -> Option<Config> {
    contestant.split('-').skip(1).try_fold(Config::new(), |config, part| {
        Some(match part {
            "explicit" => config.with_trap_style(TrapStyle::Explicit),
            "fuel" => config.with_fuel(true),
            // Armed where stores are made.
            "metering" | "off" | "deadline" | "component" | "dyn" => config,
            _ => return None,
        })
    })
}

/// Whether this build has what the name asks for.
pub(crate) fn available(contestant: &str) -> bool {
    config(contestant).is_some_and(|config| Engine::new(&config).is_ok())
}

/// Whether calls of this contestant run under a deadline.
pub(crate) fn has_deadline(contestant: &str) -> bool {
    contestant.split('-').any(|part| part == "deadline")
}
