//! What a live plugin knows of the plugins that it may call, and how it waits for one of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use plugbay_component::{Func, ResourceAny};

use crate::interrupt::{Stop, Waiter};
use crate::plugin::Plugin;

/// A live plugin that others may call. Locks are taken along edges, which form no circle.
pub(crate) type Shared<T> = Mutex<Plugin<T>>;

/// How often a plugin that waits for another one looks whether it is free.
const LOOK: Duration = Duration::from_millis(1);

/// The plugins that a plugin may call.
pub(crate) struct Links<T: 'static> {
    /// One for each connected import, by its number.
    pub(super) edges: Vec<LiveEdge<T>>,
    /// Those whose resources it may hold, by their number in the composition: all that it reaches along edges.
    pub(super) homes: BTreeMap<usize, Arc<Shared<T>>>,
}

/// A connected import.
pub(super) struct LiveEdge<T: 'static> {
    pub(super) provider: Arc<Shared<T>>,
    /// The functions of the provider, by their number in the edge.
    pub(super) funcs: Vec<Func>,
}

impl<T: 'static> Default for Links<T> {
    fn default() -> Self {
        Self { edges: Vec::new(), homes: BTreeMap::new() }
    }
}

/// The host's data behind a handle to a resource of another plugin.
#[derive(Clone, Copy, Debug)]
pub(super) struct StandIn {
    /// The number of the plugin that defines it.
    pub(super) home: usize,
    /// The handle there.
    pub(super) real: ResourceAny,
}

/// The plugin, as soon as nobody else uses it, but no longer than the caller may wait.
pub(super) fn lock_within<'a, T>(
    shared: &'a Shared<T>,
    waiter: &Waiter,
) -> Result<MutexGuard<'a, Plugin<T>>, Stop> {
    loop {
        match shared.try_lock() {
            Ok(plugin) => return Ok(plugin),
            Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => waiter.sleep_until(Instant::now().checked_add(LOOK))?,
        }
    }
}

/// The plugin, for the application, which may wait for ever.
pub(super) fn lock<T>(shared: &Shared<T>) -> MutexGuard<'_, Plugin<T>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does `work` with a deadline that is not later than `outer`, the deadline of the call that it is part of.
pub(super) fn within<T: 'static, R>(
    plugin: &mut Plugin<T>,
    outer: Option<Instant>,
    work: impl FnOnce(&mut Plugin<T>) -> R,
) -> R {
    let own = plugin.limits().deadline;
    let left = outer.map(|outer| outer.saturating_duration_since(Instant::now()));
    plugin.set_deadline(own.into_iter().chain(left).min());
    let result = work(plugin);
    plugin.set_deadline(own);
    result
}
