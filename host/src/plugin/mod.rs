//! A plugin on its way from bytes to life. Each state is a type, made from the one before it: [`Compiled`] knows what the
//! component asks for, [`Linked`] what it was granted, [`Plugin`] runs.

mod bindings;
mod call;
mod call_text;
mod canceller;
mod compat;
mod compiled;
mod link;
mod linked;
mod live;
mod revoker;

pub use bindings::Bindings;
pub use canceller::Canceller;
pub(crate) use compat::{Bridges, Opted};
pub use compiled::Compiled;
pub(crate) use link::Neighbours;
pub use linked::Linked;
pub use live::Plugin;
pub use revoker::Revoker;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_move_between_threads_and_what_makes_them_is_shared() {
        fn moves<T: Send>() {}
        fn is_shared<T: Send + Sync>() {}
        moves::<Plugin<Vec<u8>>>();
        moves::<Plugin<std::cell::Cell<u8>>>();
        is_shared::<crate::Host<std::cell::Cell<u8>>>();
        is_shared::<Compiled<std::cell::Cell<u8>>>();
        is_shared::<Linked<std::cell::Cell<u8>>>();
        is_shared::<Canceller>();
        is_shared::<Revoker>();
        is_shared::<crate::Error>();
        is_shared::<crate::Grants>();
    }
}
