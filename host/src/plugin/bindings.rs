//! The seam between a live plugin and the typed face that `bindgen!` makes for a world.

use super::Plugin;
use crate::error::Result;

/// A typed face of a plugin: methods instead of names of exports. `bindgen!` makes a type for a world that implements
/// this; [`Linked::instantiate_as`](crate::Linked::instantiate_as) uses it.
pub trait Bindings<T: 'static>: Sized {
    /// Finds and checks every export once, and takes the plugin in.
    ///
    /// # Errors
    /// [`ErrorKind::WorldMismatch`](crate::ErrorKind::WorldMismatch) naming what differs.
    fn bind(plugin: Plugin<T>) -> Result<Self>;

    /// The plugin behind the face.
    fn plugin(&mut self) -> &mut Plugin<T>;
}

impl<T: 'static> Bindings<T> for Plugin<T> {
    fn bind(plugin: Plugin<T>) -> Result<Self> {
        Ok(plugin)
    }

    fn plugin(&mut self) -> &mut Plugin<T> {
        self
    }
}
