//! The fourth verb: calling exports, by name or prepared, with Rust types or with values. Every call is held to its
//! limit of time, and what went wrong is turned into an [`Error`].

use std::time::Instant;

use plugbay_component::marshal::Params;
use plugbay_component::{ComponentType, Func, Instance, Lift, Lower, TypedFunc, Val, View};

use super::Plugin;
use crate::error::{Error, ErrorKind, Result, TrapKind};
use crate::state::PluginState;

impl<T: 'static> Plugin<T> {
    /// Calls an export with Rust values: `plugin.call::<_, String>("greet", ("world",))`. Parameters are a tuple.
    ///
    /// The export is looked up and checked each time; [`typed`](Self::typed) does that once.
    ///
    /// # Errors
    /// [`ErrorKind::NoExport`]; [`ErrorKind::WorldMismatch`] when the Rust types are not those of the export; and what
    /// ended the call: [`ErrorKind::Trap`], [`ErrorKind::Deadline`], [`ErrorKind::Exit`], …
    pub fn call<P: Params + Lower, R: Lift>(&mut self, path: &str, params: P) -> Result<R> {
        let func = self.typed::<P, R>(path)?;
        self.call_typed(path, &func, params)
    }

    /// Finds an export and checks its type once, for many calls with [`call_typed`](Self::call_typed).
    ///
    /// # Errors
    /// [`ErrorKind::NoExport`], or [`ErrorKind::WorldMismatch`] when the Rust types are not those of the export.
    pub fn typed<P: Params + Lower, R: ComponentType>(&self, path: &str) -> Result<TypedFunc<P, R>> {
        let func = match self.func(path) {
            Ok(func) => func,
            Err(error) => return self.bridged(path, None, error),
        };
        func.typed::<P, R>(&self.instance).or_else(|error| {
            self.bridged(path, Some(func), Error::mismatch(path, &error).with_plugin(&self.name))
        })
    }

    /// Calls an export that was prepared with [`typed`](Self::typed). `name` is only for messages.
    ///
    /// # Errors
    /// What ended the call.
    pub fn call_typed<P: Params + Lower, R: Lift>(
        &mut self,
        name: &str,
        func: &TypedFunc<P, R>,
        params: P,
    ) -> Result<R> {
        if let Some(number) = func.stands_for() {
            return self.call_bridged(name, number, params);
        }
        self.run(name, |instance| func.call(instance, params))
    }

    /// Calls an export that was prepared with [`typed`](Self::typed), and looks at its result where it lies, in the memory
    /// of the plugin: `with` gets it beside the application's state, and what it returns is returned. `V` says what is
    /// borrowed, with `'static` for the lifetime: `&'static str`, `ListView<'static, T>`, or a type that derives
    /// [`View`].
    ///
    /// # Errors
    /// What ended the call; [`ErrorKind::Misuse`] when the export was adapted to a world that has grown, because such a
    /// result lies nowhere: [`call_typed`](Self::call_typed) with types that own what they hold.
    pub fn call_typed_with<P: Params + Lower, V: View, R>(
        &mut self,
        name: &str,
        func: &TypedFunc<P, V>,
        params: P,
        with: impl for<'m> FnOnce(&mut T, V::Of<'m>) -> R,
    ) -> Result<R> {
        if func.stands_for().is_some() {
            return Err(Error::misuse(format!(
                "`{name}` is adapted to a world that has grown, so its result cannot be borrowed: bind it with types that \
                 own what they hold"
            )));
        }
        self.run(name, |instance| {
            func.call_with(instance, params, |state, view| with(state.data_mut(), view))
        })
    }

    /// Calls an export with values whose types are only known now, as command lines and other languages do.
    ///
    /// # Errors
    /// [`ErrorKind::NoExport`], [`ErrorKind::Misuse`] when the values are not of the export's types, and what ended
    /// the call.
    pub fn call_dynamic(&mut self, path: &str, args: &[Val]) -> Result<Option<Val>> {
        let func = self.func(path)?;
        self.call_func(path, func, args)
    }

    /// [`call_dynamic`](Self::call_dynamic) with an export that was found by [`func`](Self::func).
    ///
    /// # Errors
    /// As there.
    pub fn call_func(&mut self, name: &str, func: Func, args: &[Val]) -> Result<Option<Val>> {
        self.run(name, |instance| instance.call(func, args))
    }

    /// Runs a command: a component that exports `wasi:cli/run`. Returns its exit code: 0 for success, 1 for failure, or
    /// what it gave to `wasi:cli/exit`.
    ///
    /// # Errors
    /// [`ErrorKind::NoExport`] when it is no command, and what ended the call otherwise than by exiting.
    pub fn run_command(&mut self) -> Result<u8> {
        match self.call::<(), Result<(), ()>>("wasi:cli/run#run", ()) {
            Ok(Ok(())) => Ok(0),
            Ok(Err(())) => Ok(1),
            Err(error) => match error.exit_code() {
                Some(code) => Ok(code),
                None => Err(error),
            },
        }
    }

    /// Calls, and says what went wrong. The limit of calls is armed by the call itself.
    #[inline]
    pub(super) fn run<R>(
        &mut self,
        name: &str,
        call: impl FnOnce(&mut Instance<PluginState<T>>) -> plugbay_component::Result<R>,
    ) -> Result<R> {
        self.instance.data().wasi.meter.begin_call();
        if self.account.is_kept {
            return self.run_kept(name, call);
        }
        self.run_told(name, call)
    }

    /// [`run`](Self::run), with all that somebody wants to know about it.
    fn run_kept<R>(
        &mut self,
        name: &str,
        call: impl FnOnce(&mut Instance<PluginState<T>>) -> plugbay_component::Result<R>,
    ) -> Result<R> {
        let begun = self.account.begin(&mut self.instance);
        let result = self.run_told(name, call);
        self.settle(begun);
        result
    }

    /// Tells what was used in a call that has ended.
    pub(super) fn settle(&mut self, begun: Option<Instant>) {
        self.account.end(begun, &mut self.instance, &self.limits, &self.watch);
        let wasi = &mut self.instance.data_mut().wasi;
        self.watch.ended(&mut wasi.tally, wasi.meter.call());
    }

    #[inline]
    fn run_told<R>(
        &mut self,
        name: &str,
        call: impl FnOnce(&mut Instance<PluginState<T>>) -> plugbay_component::Result<R>,
    ) -> Result<R> {
        match call(&mut self.instance) {
            Ok(result) => Ok(result),
            Err(error) => Err(self.failed(name, error)),
        }
    }

    /// Names the limit that a plugin without fuel reached.
    fn fueled(&self, error: Error) -> Error {
        let ErrorKind::Trap { kind: Some(TrapKind::OutOfFuel), .. } = error.kind() else { return error };
        let (knob, limit) = self.account.fuel.exhausted();
        Error::new(ErrorKind::Limit { knob: knob.to_owned(), asked: None, limit })
    }

    #[cold]
    fn failed(&self, name: &str, error: plugbay_component::Error) -> Error {
        let error = self.fueled(Error::from_call(error, name, self.limits.deadline)).with_plugin(&self.name);
        match error.kind() {
            ErrorKind::Exit(code) => tracing::debug!(plugin = &*self.name, call = name, code, "exit"),
            _ => {
                tracing::warn!(plugin = &*self.name, call = name, code = error.code(), %error, "call failed")
            }
        }
        error
    }
}
