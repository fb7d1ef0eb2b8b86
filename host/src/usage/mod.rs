//! What a plugin uses of what its limits allow. `Meter` counts what host functions hold for it: whoever opens a file or a
//! socket takes a slot of the meter for it, and limit and usage are one number. What the plugin does to be counted is `wasi`'s
//! and `powers`'.

mod gauge;
mod kind;
mod meter;

pub(crate) use kind::Kind;
pub(crate) use meter::{Exhausted, Meter, Slot};
