//! `Instance`: a running component, owned by the application.

use std::sync::Arc;
use std::time::{Duration, Instant};

use plugbay_engine as engine;

use super::{HostContext, StoreData};
use crate::abi::layout::Layout;
use crate::call::{self, CoreFunc, Func, Options};
use crate::component::Component;
use crate::error::{Error, ErrorKind, Result};
use crate::marshal::{Known, KnownResource};
use crate::plan::{ExportFunc, FuncSource};
use crate::resource::ResourceKind;
use crate::types::{FuncType, ResourceType};
use crate::value::{ResourceAny, Val};

/// A lifted function at run time.
#[derive(Debug)]
pub(crate) struct Lifted {
    pub(crate) core: CoreFunc,
    pub(crate) ty: FuncType,
    /// The layout of its parameters together.
    pub(crate) params: Layout,
    pub(crate) options: Options,
    /// The component instance that it belongs to.
    pub(crate) instance: u32,
    /// The resources that its type mentions.
    pub(crate) mentioned: Arc<[u32]>,
}

impl Lifted {
    /// Whether its calls need a borrow scope.
    #[inline]
    pub(crate) fn scoped(&self) -> bool {
        !self.mentioned.is_empty()
    }
}

/// An instance of a component, with everything it uses: memories, tables, handles, and the host data `T`.
pub struct Instance<T: 'static> {
    store: engine::Store<StoreData<T>>,
    component: Component,
    lifted: Vec<Arc<Lifted>>,
}

impl<T: std::fmt::Debug> std::fmt::Debug for Instance<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("component", &self.component).finish_non_exhaustive()
    }
}

impl<T: 'static> Instance<T> {
    pub(super) fn new(
        store: engine::Store<StoreData<T>>,
        component: Component,
        lifted: Vec<Arc<Lifted>>,
    ) -> Self {
        Self { store, component, lifted }
    }

    /// The host data.
    #[must_use]
    pub fn data(&self) -> &T {
        &self.store.data().host
    }

    /// The host data, to change.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.store.data_mut().host
    }

    /// Ends the instance and gives the host data back.
    #[must_use]
    pub fn into_data(self) -> T {
        self.store.into_data().host
    }

    /// The component that this is an instance of.
    #[must_use]
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// Bytes of all linear memories together.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.store.memory_bytes()
    }

    /// Elements of all tables together.
    #[must_use]
    pub fn table_elements(&self) -> u64 {
        self.store.table_elements()
    }

    /// Resource handles alive, guest and host side together: now, and the most there ever were.
    #[must_use]
    pub fn handles(&self) -> (u32, u32) {
        self.store.data().state.live_handles()
    }

    /// The most bytes that the values which the guest gave to the host in one call took
    /// ([`Limits::value_bytes`](crate::Limits::value_bytes)).
    #[must_use]
    pub fn most_value_bytes(&self) -> u64 {
        self.store.data().most_value_bytes
    }

    /// A token that stops the instance from another thread.
    #[must_use]
    pub fn cancel_token(&self) -> engine::CancelToken {
        self.store.cancel_token()
    }

    /// When calls are stopped, wherever the guest is then; `None` for never. Holds until it is set again.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.store.data_mut().deadline = deadline;
        self.store.context().set_deadline(deadline);
    }

    /// How long each call from now on may take, wherever the guest is then; `None` for as long as it likes. Unlike a
    /// deadline it is set once for all calls, which then need not look at a clock
    /// ([`engine::Context::set_call_limit`]).
    pub fn set_call_limit(&mut self, limit: Option<Duration>) {
        self.store.context().set_call_limit(limit);
    }

    /// Tells when the call under way has to end, if calls have a limit.
    #[must_use]
    pub fn call_clock(&self) -> engine::CallClock {
        self.store.call_clock()
    }

    /// What is left of the fuel ([`engine::Context::fuel`]); 0 if the engine does not count it.
    pub fn fuel(&mut self) -> u64 {
        self.store.context().fuel()
    }

    /// Sets what is left of the fuel.
    ///
    /// # Errors
    /// When the engine does not count it.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        Ok(self.store.context().set_fuel(fuel)?)
    }

    /// Whether an earlier call trapped, so that nothing can be called any more.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.store.data().state.poisoned
    }

    /// The exported function at `path`: `demo:editor/tokenizer@0.1.0#tokenize`, or a bare name such as `describe`. The
    /// version may be left out; methods are written as in the binary: `demo:a/b#[method]session.add`.
    #[must_use]
    pub fn func(&self, path: &str) -> Option<Func> {
        let (index, _) = self.component.plan().exports.find(path)?;
        Some(Func { store: self.store.data().state.id(), index: u32::try_from(index).ok()? })
    }

    /// The type of an exported function.
    ///
    /// # Errors
    /// Misuse, when the function is of another instance.
    pub fn func_type(&self, func: Func) -> Result<FuncType> {
        self.export_func(func).map(|export| export.ty.clone())
    }

    /// Calls a function with dynamic values.
    ///
    /// # Errors
    /// As [`crate::TypedFunc::call`]; and when the values do not fit the function's type.
    pub fn call(&mut self, func: Func, args: &[Val]) -> Result<Option<Val>> {
        let lifted = self.lifted_index(func)?;
        let (mut cx, lifted) = self.parts(func.store, lifted)?;
        call::call_dynamic(&mut cx, lifted, args)
    }

    /// Makes a handle to a resource that the host
    /// defines, to pass it to a function.
    ///
    /// # Errors
    /// The type is not one of the host's, or the plugin holds too many handles.
    pub fn resource_new(&mut self, ty: &ResourceType, rep: u32) -> Result<ResourceAny> {
        HostContext::new(self.store.data_mut()).resource_new(ty, rep)
    }

    /// What the host means by a handle to one of its own resources.
    ///
    /// # Errors
    /// The handle is stale, or to a resource that a guest defines.
    pub fn resource_rep(&mut self, resource: ResourceAny) -> Result<u32> {
        HostContext::new(self.store.data_mut()).resource_rep(resource)
    }

    /// Takes a handle to one of the host's own resources back; returns what the host meant by it. No destructor runs.
    ///
    /// # Errors
    /// The handle is stale, a borrow, lent, or to a resource that a guest defines.
    pub fn resource_take(&mut self, resource: ResourceAny) -> Result<u32> {
        HostContext::new(self.store.data_mut()).resource_take(resource)
    }

    /// Drops a resource that the host owns; its destructor runs.
    ///
    /// # Errors
    /// Misuse, when the handle is stale or only borrowed; whatever the destructor runs into.
    pub fn drop_resource(&mut self, resource: ResourceAny) -> Result<()> {
        self.store.begin_call();
        let mut cx = self.store.context();
        let state = &mut cx.data_mut().state;
        if state.poisoned {
            return Err(Error::new(ErrorKind::Poisoned));
        }
        let ty = state.host_type(resource)?;
        let rep = state.host_lift_own(Some(ty), resource)?.rep;
        let result = call::drop_resource(&mut cx, ty, rep, None);
        if result.is_err() {
            cx.data_mut().state.poisoned = true;
        }
        result
    }

    pub(crate) fn export_func(&self, func: Func) -> Result<&ExportFunc> {
        if func.store != self.store.data().state.id() {
            return Err(Error::misuse("the function belongs to another instance"));
        }
        let funcs = &self.component.plan().exports.funcs;
        funcs.get(func.index as usize).ok_or_else(|| Error::internal("function index"))
    }

    pub(crate) fn lifted_index(&self, func: Func) -> Result<u32> {
        match self.export_func(func)?.source {
            FuncSource::Lift(index) => Ok(index),
            FuncSource::Import(_) => {
                Err(Error::misuse("the export is one of the host's own functions; call it directly"))
            }
        }
    }

    /// The host's resources among those that the type of a lifted function mentions.
    pub(crate) fn known_resources(&self, lifted: u32) -> Known {
        let state = &self.store.data().state;
        let mentioned = self.lifted.get(lifted as usize).map_or(&[][..], |lifted| &lifted.mentioned);
        Known::among(mentioned, |ty| match state.kind(ty) {
            ResourceKind::Host { host_type, .. } => Some(KnownResource {
                host_type,
                described: "one of another Rust type",
                identity: state.canonical(ty) as usize,
            }),
            _ => None,
        })
    }

    /// The store's context beside a lifted function.
    #[inline]
    pub(crate) fn parts(
        &mut self,
        store: u32,
        index: u32,
    ) -> Result<(engine::Context<'_, StoreData<T>>, &Lifted)> {
        if store != self.store.data().state.id() {
            return Err(Error::misuse("the function belongs to another instance"));
        }
        self.store.begin_call();
        let lifted = self.lifted.get(index as usize).ok_or_else(|| Error::internal("function index"))?;
        Ok((self.store.context(), lifted))
    }
}
