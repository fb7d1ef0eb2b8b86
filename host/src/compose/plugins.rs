//! `Plugins`: the live plugins of a composition, in the hands of the application.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, MutexGuard, PoisonError};

use super::links::{Shared, lock};
use crate::error::{Error, Result};
use crate::plugin::{Bindings, Plugin};

/// The live plugins of a [`Composition`](crate::Composition).
///
/// One that traps ends alone, together with the calls that were waiting for it: the plugins that made those are poisoned as
/// well, the others go on.
pub struct Plugins<T: 'static = ()> {
    plugins: Vec<(Arc<str>, Arc<Shared<T>>)>,
}

/// A plugin of a composition, while the application uses it. It is a [`Plugin`] in every respect.
///
/// Plugins that were taken out of the set and call this one wait until it is dropped, or for their deadline.
pub struct PluginRef<'a, T: 'static>(MutexGuard<'a, Plugin<T>>);

impl<T: 'static> Plugins<T> {
    pub(super) fn new(plugins: Vec<(Arc<str>, Arc<Shared<T>>)>) -> Self {
        Self { plugins }
    }

    /// The names of the plugins.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.plugins.iter().map(|(name, _)| &**name)
    }

    /// The plugin called `name`, to be called or looked at.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) when there is none.
    pub fn get(&mut self, name: &str) -> Result<PluginRef<'_, T>> {
        let number = self.number(name)?;
        let shared = self.plugins.get(number).map(|(_, shared)| shared);
        shared.map(|shared| PluginRef(lock(shared))).ok_or_else(|| self.unknown(name))
    }

    /// Takes a plugin that no other one uses out of the set, to own it. It keeps the plugins alive that it uses.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) when there is none, or others use it.
    pub fn take(&mut self, name: &str) -> Result<Plugin<T>> {
        let number = self.number(name)?;
        let (name, shared) = self.plugins.remove(number);
        match Arc::try_unwrap(shared) {
            Ok(plugin) => Ok(plugin.into_inner().unwrap_or_else(PoisonError::into_inner)),
            Err(shared) => {
                let error =
                    Error::misuse(format!("plugin `{name}` is used by other plugins; take those first"));
                self.plugins.insert(number, (name, shared));
                Err(error)
            }
        }
    }

    /// [`take`](Self::take), with the typed face that `bindgen!` made.
    ///
    /// # Errors
    /// As there, and [`ErrorKind::WorldMismatch`](crate::ErrorKind::WorldMismatch) when the plugin's exports are not
    /// those of the world.
    pub fn take_as<B: Bindings<T>>(&mut self, name: &str) -> Result<B> {
        let plugin = self.take(name)?;
        let name: Arc<str> = plugin.name().into();
        B::bind(plugin).map_err(|error| error.with_plugin(&name))
    }

    fn number(&self, name: &str) -> Result<usize> {
        self.plugins.iter().position(|(known, _)| &**known == name).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> Error {
        let names: Vec<_> = self.names().map(|name| format!("`{name}`")).collect();
        Error::misuse(format!("there is no plugin `{name}` here, only: {}", names.join(", ")))
    }
}

impl<T: 'static> Deref for PluginRef<'_, T> {
    type Target = Plugin<T>;

    fn deref(&self) -> &Plugin<T> {
        &self.0
    }
}

impl<T: 'static> DerefMut for PluginRef<'_, T> {
    fn deref_mut(&mut self) -> &mut Plugin<T> {
        &mut self.0
    }
}

impl<T: 'static> fmt::Debug for PluginRef<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: 'static> fmt::Debug for Plugins<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
