//! What a plugin uses of what its limits allow. `Meter` counts what host functions hold for it: whoever opens a file or a
//! socket takes a slot of the meter for it, and limit and usage are one number. `Account` keeps what is known between calls, and
//! `Usage` tells it. What the plugin does to be counted is `wasi`'s and `powers`'.

mod account;
mod fuel;
mod gauge;
mod kind;
mod meter;
mod report;
mod soft;

pub(crate) use account::Account;
pub(crate) use fuel::Fuel;
pub(crate) use kind::Kind;
pub(crate) use meter::{Meter, Slot};
pub use report::{Amount, Usage};
pub use soft::SoftLimit;
