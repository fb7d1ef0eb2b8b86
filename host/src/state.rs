//! What the host keeps for one live plugin: the application's state and, behind the scenes, WASI's.

use std::fmt;

use plugbay_component::ResourceTable;

use crate::compose::Links;
use crate::wasi::Wasi;

/// The host's data of one live plugin, which host functions find in their
/// [`HostContext`](crate::HostContext): the application's `T`, a table for its resources, and the state of WASI.
pub struct PluginState<T: 'static> {
    data: T,
    pub(crate) wasi: Wasi,
    /// The plugins that this one may call.
    pub(crate) links: Links<T>,
}

impl<T: 'static> PluginState<T> {
    pub(crate) fn new(data: T, wasi: Wasi, links: Links<T>) -> Self {
        Self { data, wasi, links }
    }

    /// The application's state.
    pub fn data(&self) -> &T {
        &self.data
    }

    /// The application's state, to change.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.data
    }

    /// The table of host objects that the plugin holds handles to; WASI's are in it too. Bounded by
    /// [`Limits::handles`](crate::Limits::handles).
    pub fn table(&mut self) -> &mut ResourceTable {
        &mut self.wasi.table
    }

    /// The application's state and the table, both to change.
    pub fn parts(&mut self) -> (&mut T, &mut ResourceTable) {
        (&mut self.data, &mut self.wasi.table)
    }

    pub(crate) fn into_data(self) -> T {
        self.data
    }
}

impl<T: fmt::Debug> fmt::Debug for PluginState<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginState").field("data", &self.data).finish_non_exhaustive()
    }
}
