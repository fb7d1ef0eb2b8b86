//! `Plugin`: a live instance and what can be asked of it between calls. Calling is `call`'s.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use plugbay_component::types::ResourceType;
use plugbay_component::{Func, Instance, ResourceAny};

use super::{Bridges, Canceller, Opted, Revoker};
use crate::error::{Error, ErrorKind, Result};
use crate::grant::watch::Watch;
use crate::interrupt::Interrupt;
use crate::limits::Limits;
use crate::state::PluginState;
use crate::usage::{Account, Usage};

/// A live plugin: memory of its own, the application's state `T`, limits. Everything it can do takes `&mut self`; it can
/// be sent to another thread if `T` can.
///
/// A trap, a missed deadline, a cancellation or an exit ends the plugin: later calls return
/// [`ErrorKind::Poisoned`], and nothing else is affected.
pub struct Plugin<T: 'static = ()> {
    pub(super) name: Arc<str>,
    pub(super) instance: Instance<PluginState<T>>,
    pub(super) limits: Limits,
    pub(super) interrupt: Arc<Interrupt>,
    /// When the application opted in to plugins of an older world.
    pub(super) bridges: Option<Bridges>,
    pub(super) watch: Arc<Watch>,
    pub(super) account: Account,
}

impl<T: 'static> Plugin<T> {
    pub(crate) fn new(
        name: Arc<str>,
        instance: Instance<PluginState<T>>,
        limits: Limits,
        interrupt: Arc<Interrupt>,
        watch: Arc<Watch>,
        opted: Option<Arc<Opted>>,
    ) -> Self {
        let counts_fuel = instance.component().engine().config().fuel();
        let account = Account::new(&watch, limits.fuel_of_plugin(), counts_fuel);
        let bridges = opted.map(Bridges::new);
        let mut plugin = Self { name, instance, limits, interrupt, watch, bridges, account };
        // What instantiating was held to is over; from here on each call has its own time.
        plugin.instance.set_deadline(None);
        plugin.instance.set_call_limit(plugin.limits.deadline);
        let clock = plugin.instance.call_clock();
        let waiter = &mut plugin.instance.data_mut().wasi.waiter;
        (waiter.deadline, waiter.clock) = (None, Some(clock));
        plugin.settle(None);
        plugin
    }

    /// What the plugin is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn shared_name(&self) -> &Arc<str> {
        &self.name
    }

    /// The application's state of this plugin.
    pub fn data(&self) -> &T {
        self.instance.data().data()
    }

    /// The application's state of this plugin, to change.
    pub fn data_mut(&mut self) -> &mut T {
        self.instance.data_mut().data_mut()
    }

    /// The host's whole data of this plugin: the application's state and the table of host objects.
    pub fn state_mut(&mut self) -> &mut PluginState<T> {
        self.instance.data_mut()
    }

    /// Ends the plugin and returns the application's state.
    pub fn into_data(self) -> T {
        self.instance.into_data().into_data()
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Changes the deadline of the calls from now on; `None` lets them take as long as they like.
    pub fn set_deadline(&mut self, per_call: Option<Duration>) {
        self.limits.deadline = per_call;
        self.instance.set_call_limit(per_call);
    }

    /// What is left of the plugin's [fuel](Limits::fuel); 0 if the host does not count it.
    pub fn fuel(&mut self) -> u64 {
        self.account.fuel.left(self.instance.fuel())
    }

    /// Sets what is left of the plugin's fuel, for all calls from here on.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) if the host does not count fuel.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        let left = self.instance.fuel();
        let set = self.instance.set_fuel(self.account.fuel.set(fuel, left));
        set.map_err(|_| Error::misuse("the host does not count fuel: give it limits with Limits::fuel"))
    }

    /// What stops this plugin from another thread.
    pub fn canceller(&self) -> Canceller {
        Canceller { token: self.instance.cancel_token(), interrupt: self.interrupt.clone() }
    }

    /// What takes grants back from this plugin, and from all that were made of the same [`Linked`](crate::Linked), from
    /// any thread.
    pub fn revoker(&self) -> Revoker {
        Revoker { watch: self.watch.clone() }
    }

    /// Whether an earlier call ended the plugin.
    pub fn is_poisoned(&self) -> bool {
        self.instance.is_poisoned()
    }

    /// What the plugin uses of its limits, now and at most so far. Works after the plugin ended, too.
    ///
    /// ```
    /// # fn main() -> plugbay::Result<()> {
    /// # let host = plugbay::Host::new()?;
    /// # let source = plugbay::Source::bytes("p", b"\0asm\x0d\0\x01\0".to_vec());
    /// let mut plugin = host.compile(source)?.link(&plugbay::Grants::none())?.instantiate(())?;
    /// let usage = plugin.usage();
    /// assert!(usage.memory.peak <= usage.memory.limit);
    /// println!("{usage}");
    /// # Ok(()) }
    /// ```
    pub fn usage(&mut self) -> Usage {
        self.account.usage(&mut self.instance, &self.limits)
    }

    /// What the plugin wrote to a captured standard output since the last time
    /// ([`Stdio::capture`](crate::Stdio::capture)). Works after the plugin ended, too.
    pub fn take_stdout(&mut self) -> Vec<u8> {
        self.instance.data_mut().wasi.take_stdout()
    }

    /// What the plugin wrote to a captured standard error since the last time.
    pub fn take_stderr(&mut self) -> Vec<u8> {
        self.instance.data_mut().wasi.take_stderr()
    }

    /// The export at `path`: `greet`, or `demo:editor/text-tools#tokenize` with or without a version.
    ///
    /// # Errors
    /// [`ErrorKind::NoExport`] listing what there is.
    pub fn func(&self, path: &str) -> Result<Func> {
        self.instance.func(path).ok_or_else(|| self.no_export(path))
    }

    pub(super) fn no_export(&self, path: &str) -> Error {
        let available = crate::reflect::function_paths(self.instance.component());
        Error::new(ErrorKind::NoExport { export: path.to_owned(), available }).with_plugin(&self.name)
    }

    /// Makes a handle to a resource of the application that has no Rust type
    /// ([`LinkerInstance::resource_dynamic`](crate::LinkerInstance::resource_dynamic)), to pass it to a call with
    /// dynamic values. `rep` is what the application means by it.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] when `ty` is not a resource of the application.
    pub fn resource_new(&mut self, ty: &ResourceType, rep: u32) -> Result<ResourceAny> {
        self.instance.resource_new(ty, rep).map_err(|error| self.resource_error(error))
    }

    /// What the application means by a handle to one of its own resources.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`] when the handle is stale, or to a resource that the plugin defines.
    pub fn resource_rep(&mut self, resource: ResourceAny) -> Result<u32> {
        self.instance.resource_rep(resource).map_err(|error| self.resource_error(error))
    }

    /// Takes a handle to one of the application's own resources back; returns what the application meant by it.
    ///
    /// # Errors
    /// As [`resource_rep`](Self::resource_rep), and when the handle is only borrowed, or lent.
    pub fn resource_take(&mut self, resource: ResourceAny) -> Result<u32> {
        self.instance.resource_take(resource).map_err(|error| self.resource_error(error))
    }

    fn resource_error(&self, error: plugbay_component::Error) -> Error {
        Error::from_call(error, "resource handle", None).with_plugin(&self.name)
    }

    /// Gives back a resource that the plugin defined; its destructor runs.
    ///
    /// # Errors
    /// What a call returns, because the destructor is guest code.
    pub fn drop_resource(&mut self, resource: ResourceAny) -> Result<()> {
        self.run("drop-resource", |instance| instance.drop_resource(resource))
    }
}

impl<T: 'static> fmt::Debug for Plugin<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name)
            .field("poisoned", &self.is_poisoned())
            .finish_non_exhaustive()
    }
}
