//! What the host keeps for one live plugin: the application's state and, behind the scenes, WASI's.

use std::fmt;
use std::sync::Arc;

use plugbay_component::{Error as ComponentError, ResourceTable};

use crate::audit::Verdict;
use crate::compose::Links;
use crate::grant::refused::{Reason, Refused};
use crate::grant::{Denial, Power, Rule};
use crate::powers::Powers;
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

    /// What the plugin has of `plugbay:host`.
    pub(crate) fn powers(&self) -> &Arc<Powers> {
        &self.wasi.powers.0
    }

    /// The application's state and the table, both to change.
    pub fn parts(&mut self) -> (&mut T, &mut ResourceTable) {
        (&mut self.data, &mut self.wasi.table)
    }

    /// Asks whether the plugin may do `request`: `operation` is the function, `target` what it is about, in words for the audit.
    ///
    /// # Errors
    /// What ends the call with [`ErrorKind::Denied`](crate::ErrorKind::Denied), naming who denied it by which rule; pass it
    /// on. It poisons the plugin: [`may`](Self::may) is for interfaces that have an error of their own for this.
    pub fn permit<R: Rule>(
        &mut self,
        power: &Power<R>,
        operation: &str,
        target: &str,
        request: &R::Request<'_>,
    ) -> plugbay_component::Result<()> {
        self.decide(power, operation, target, request).map_err(|denial| {
            ComponentError::host(Refused {
                import: power.capability().to_owned(),
                function: operation.to_owned(),
                reason: Reason::Rule { target: target.to_owned(), denial },
            })
        })
    }

    /// [`permit`](Self::permit), for interfaces that can say themselves that something is not allowed.
    #[must_use]
    pub fn may<R: Rule>(
        &mut self,
        power: &Power<R>,
        operation: &str,
        target: &str,
        request: &R::Request<'_>,
    ) -> bool {
        self.decide(power, operation, target, request).is_ok()
    }

    fn decide<R: Rule>(
        &mut self,
        power: &Power<R>,
        operation: &str,
        target: &str,
        request: &R::Request<'_>,
    ) -> Result<(), Denial> {
        let decided = power.check(request);
        let wasi = &mut self.wasi;
        if decided.is_ok() {
            wasi.watch.learn(power, request);
        }
        match &decided {
            Ok(()) if wasi.hears(Verdict::Allowed) => {
                wasi.note(power.capability(), operation, target, Verdict::Allowed, "granted");
            }
            Err(denial) if wasi.hears(Verdict::Denied) => {
                wasi.note(power.capability(), operation, target, Verdict::Denied, &denial.to_string());
            }
            _ => {}
        }
        decided
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
