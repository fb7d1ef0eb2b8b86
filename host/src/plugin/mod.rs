//! A plugin on its way from bytes to life. Each state is a type, made from the one before it: [`Compiled`] knows what the
//! component asks for, [`Linked`] what it was granted, [`Plugin`] runs.

mod bindings;
mod call;
mod canceller;
mod compiled;
mod linked;
mod live;

pub use bindings::Bindings;
pub use canceller::Canceller;
pub use compiled::Compiled;
pub use linked::Linked;
pub use live::{Plugin, Usage};
