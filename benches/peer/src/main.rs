//! plugbay as a contestant of the peers benchmark: which cases there are. What a case does is in the modules; how it is
//! asked for and timed, in `worker`.

#![forbid(unsafe_code)]

mod clock;
mod component;
mod core;
mod data;
mod dynamic;
mod instances;
mod starts;
mod variant;
mod worker;

use std::process::ExitCode;

use worker::Worker;

/// What went wrong, for people.
type Error = Box<dyn std::error::Error>;
type Result<T> = std::result::Result<T, Error>;

/// Every contestant with its cases. A part of the name after a `-` says what is changed: see [`variant`].
fn contestants() -> Worker {
    let mut worker = Worker::default();
    for name in ["plugbay", "plugbay-explicit"] {
        component::cases(&mut worker, name);
        core::calls(&mut worker, name);
        core::kernels(&mut worker, name);
        starts::core(&mut worker, name);
        starts::warm(&mut worker, name);
        instances::core(&mut worker, name);
    }
    starts::core(&mut worker, "plugbay-lazy");
    starts::warm(&mut worker, "plugbay-verify");
    instances::core(&mut worker, "plugbay-fresh");
    instances::core(&mut worker, "plugbay-dense");
    dynamic::cases(&mut worker, "plugbay-dyn");
    // The harness shows names with `metering` and `fuel` in its table of what metering costs.
    for name in [
        "plugbay-metering-off",
        "plugbay-metering-deadline",
        "plugbay-fuel",
        "plugbay-explicit-metering-off",
        "plugbay-explicit-metering-deadline",
        "plugbay-explicit-fuel",
    ] {
        core::calls(&mut worker, name);
        core::kernels(&mut worker, name);
    }
    starts::component(&mut worker, "plugbay-component");
    instances::component(&mut worker, "plugbay-component");
    worker
}

fn main() -> ExitCode {
    match contestants().main() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
