//! `ComponentState`: what one store knows about its component instances, their handle tables and their resource types.
//!
//! The methods are the resource half of the canonical ABI, in the specification's words: `lift_*` takes a handle out of
//! (or reads it from) a table and yields a representation, `lower_*` does the opposite. `guest_*` concerns the table of a
//! component instance, `host_*` the host's. A type index (`ty`) is the component's own; [`ComponentState::canonical`] maps
//! it to the identity under which two imports of one host resource are equal.

use std::any::TypeId;
use std::sync::atomic::{AtomicU32, Ordering};

use plugbay_engine::SharedWords;

use super::any::{HostHandle, HostHandles, stale};
use super::handle::{Handle, HandleTable};
use super::scope::{Lender, Scopes};
use crate::abi::trap::AbiTrap;
use crate::error::{Error, Result};
use crate::value::ResourceAny;

/// What lowering has given to a guest and would have to be taken back.
#[derive(Debug)]
pub(crate) enum Given {
    /// A handle in the guest's table.
    Handle(u32),
    /// A handle that was the host's own.
    Own(ResourceAny, HostHandle),
}

/// Who defines a resource type.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ResourceKind {
    /// A component instance; `dtor` is the index of its destructor in the store's data.
    Guest { instance: u32, dtor: Option<u32> },
    /// The host.
    Host {
        /// The Rust type that typed handles name it by; nothing when the host has none.
        host_type: Option<TypeId>,
        /// The index of its destructor in the store's data.
        dtor: u32,
    },
    /// Not defined yet: its definition comes later in the plan.
    Pending,
}

/// A resource type of the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResourceDefinition {
    /// The index that stands for this type: its own, unless an earlier import means the same host resource.
    pub(crate) canonical: u32,
    pub(crate) kind: ResourceKind,
}

/// One component instance.
#[derive(Debug)]
pub(crate) struct InstanceState {
    /// The instance that contains it.
    pub(crate) parent: Option<u32>,
    pub(crate) handles: HandleTable,
}

impl InstanceState {
    pub(crate) fn new(parent: Option<u32>) -> Self {
        Self { parent, handles: HandleTable::default() }
    }
}

/// Everything of one store that outlives a call, apart from the host's own data.
#[derive(Debug)]
pub(crate) struct ComponentState {
    id: u32,
    pub(crate) instances: Vec<InstanceState>,
    /// For each instance, whether it is `ENTERED` and `HELD` (`instance/reentry.rs`). Adapters
    /// have these words as globals.
    pub(crate) flags: SharedWords,
    pub(crate) resources: Vec<ResourceDefinition>,
    pub(crate) host: HostHandles,
    pub(crate) scopes: Scopes,
    /// A call trapped: nothing can be entered any more.
    pub(crate) poisoned: bool,
    live_handles: u32,
    /// The most that were alive at one time.
    most_handles: u32,
    max_handles: u32,
    max_lends: u32,
}

static NEXT_ID: AtomicU32 = AtomicU32::new(1);

impl ComponentState {
    pub(crate) fn new(max_handles: u32, max_lends: u32) -> Self {
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            instances: Vec::new(),
            flags: SharedWords::default(),
            resources: Vec::new(),
            host: HostHandles::default(),
            scopes: Scopes::default(),
            poisoned: false,
            live_handles: 0,
            most_handles: 0,
            max_handles,
            max_lends,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// One instance for each of `parents`: the instance that contains it.
    pub(crate) fn set_instances(&mut self, parents: impl Iterator<Item = Option<u32>>) {
        self.instances = parents.map(InstanceState::new).collect();
        self.flags = SharedWords::new(self.instances.len());
    }

    /// The identity of type `ty`.
    #[must_use]
    pub(crate) fn canonical(&self, ty: u32) -> u32 {
        self.resources.get(ty as usize).map_or(ty, |definition| definition.canonical)
    }

    pub(crate) fn kind(&self, ty: u32) -> ResourceKind {
        self.resources.get(ty as usize).map_or(ResourceKind::Pending, |definition| definition.kind)
    }

    fn table(&mut self, instance: u32) -> Result<&mut HandleTable> {
        self.instances
            .get_mut(instance as usize)
            .map(|state| &mut state.handles)
            .ok_or_else(|| Error::internal("component instance index"))
    }

    fn count_handle(&mut self) -> Result<()> {
        if self.live_handles >= self.max_handles {
            return Err(Error::limit(
                "handles",
                u64::from(self.max_handles) + 1,
                u64::from(self.max_handles),
            ));
        }
        self.live_handles += 1;
        self.most_handles = self.most_handles.max(self.live_handles);
        Ok(())
    }

    /// How many handles are alive, and how many were at most.
    pub(crate) fn live_handles(&self) -> (u32, u32) {
        (self.live_handles, self.most_handles)
    }

    /// A guest may lend one handle many times in one call, and each time is remembered.
    fn count_lend(&self) -> Result<()> {
        let limit = u64::from(self.max_lends);
        match self.scopes.lent() as u64 {
            lent if lent >= limit => Err(Error::limit("lends", lent.saturating_add(1), limit)),
            _ => Ok(()),
        }
    }

    fn uncount_handle(&mut self) {
        self.live_handles = self.live_handles.saturating_sub(1);
    }

    // ----- a component instance's table -----

    /// `resource.new`, and an own that arrives.
    ///
    /// # Errors
    /// The table is full, or the store holds too many handles.
    pub(crate) fn guest_lower_own(&mut self, instance: u32, ty: u32, rep: u32) -> Result<u32> {
        let ty = self.canonical(ty);
        self.count_handle()?;
        Ok(self.table(instance)?.add(Handle::own(ty, rep))?)
    }

    /// Whether `instance` defines type `ty`: then a borrow reaches it as the representation itself.
    pub(crate) fn defines(&self, instance: u32, ty: u32) -> bool {
        let kind = self.kind(self.canonical(ty));
        matches!(kind, ResourceKind::Guest { instance: owner, .. } if owner == instance)
    }

    /// A borrow that arrives as a parameter, at an instance that does not define the resource.
    ///
    /// # Errors
    /// The table is full, or the store holds too many handles.
    pub(crate) fn guest_lower_borrow(&mut self, instance: u32, ty: u32, rep: u32) -> Result<u32> {
        let ty = self.canonical(ty);
        self.count_handle()?;
        let scope = self.scopes.current();
        let index = self.table(instance)?.add(Handle::borrow(ty, rep, scope))?;
        self.scopes.borrowed();
        Ok(index)
    }

    fn checked(&mut self, instance: u32, ty: Option<u32>, index: u32) -> Result<Handle> {
        let handle = *self.table(instance)?.get_mut(index)?;
        match ty.map(|ty| self.canonical(ty)) {
            Some(expected) if expected != handle.ty => Err(AbiTrap::WrongResource(index).into()),
            _ => Ok(handle),
        }
    }

    /// The type of a handle, for a lift that learns it from the handle.
    ///
    /// # Errors
    /// The handle is unknown.
    pub(crate) fn guest_type(&mut self, instance: u32, index: u32) -> Result<u32> {
        self.checked(instance, None, index).map(|handle| handle.ty)
    }

    /// An own that leaves: the handle is gone from the table.
    ///
    /// # Errors
    /// The handle is unknown, of another type, a borrow, or lent.
    pub(crate) fn guest_lift_own(&mut self, instance: u32, ty: u32, index: u32) -> Result<u32> {
        let handle = self.checked(instance, Some(ty), index)?;
        if handle.lends > 0 {
            return Err(AbiTrap::Lent(index).into());
        }
        if handle.scope.is_some() {
            return Err(AbiTrap::NotOwned(index).into());
        }
        self.table(instance)?.remove(index)?;
        self.uncount_handle();
        Ok(handle.rep)
    }

    /// A handle that is lent for the call under way.
    ///
    /// # Errors
    /// The handle is unknown or of another type.
    pub(crate) fn guest_lift_borrow(&mut self, instance: u32, ty: u32, index: u32) -> Result<u32> {
        let rep = self.checked(instance, Some(ty), index)?.rep;
        self.count_lend()?;
        let handle = self.table(instance)?.get_mut(index)?;
        handle.lends = handle.lends.saturating_add(1);
        self.scopes.lend(Lender::Guest { instance, handle: index });
        Ok(rep)
    }

    /// `resource.rep`.
    pub(crate) fn guest_rep(&mut self, instance: u32, ty: u32, index: u32) -> Result<u32> {
        self.checked(instance, Some(ty), index).map(|handle| handle.rep)
    }

    /// `resource.drop`, without the destructor: the representation if the handle owned it.
    pub(crate) fn guest_drop(&mut self, instance: u32, ty: u32, index: u32) -> Result<Option<u32>> {
        let handle = self.checked(instance, Some(ty), index)?;
        if handle.lends > 0 {
            return Err(AbiTrap::Lent(index).into());
        }
        self.table(instance)?.remove(index)?;
        self.uncount_handle();
        match handle.scope {
            None => Ok(Some(handle.rep)),
            Some(scope) => {
                self.scopes.returned(scope);
                Ok(None)
            }
        }
    }

    // ----- the host's table -----

    fn host_add(&mut self, ty: u32, rep: u32, owned: bool) -> Result<ResourceAny> {
        let ty = self.canonical(ty);
        self.count_handle()?;
        let (index, generation) = self.host.add(HostHandle { ty, rep, owned, lends: 0 })?;
        Ok(ResourceAny { store: self.id, slot: index, generation })
    }

    fn host_get(&mut self, any: ResourceAny, ty: Option<u32>) -> Result<&mut HostHandle> {
        if any.store != self.id {
            return Err(stale());
        }
        let expected = ty.map(|ty| self.canonical(ty));
        let found = self.host.get_mut(any.slot, any.generation)?.ty;
        match expected {
            Some(expected) if expected != found => {
                Err(Error::misuse("the resource handle is of another resource type"))
            }
            _ => self.host.get_mut(any.slot, any.generation),
        }
    }

    /// The type of a handle of the host.
    ///
    /// # Errors
    /// The handle is stale.
    pub(crate) fn host_type(&mut self, any: ResourceAny) -> Result<u32> {
        self.host_get(any, None).map(|handle| handle.ty)
    }

    /// A handle to a resource that the host itself defines, made by the host.
    ///
    /// # Errors
    /// The type is not one of the host's, or the store holds too many handles.
    pub(crate) fn host_new(&mut self, ty: u32, rep: u32) -> Result<ResourceAny> {
        self.expect_host(ty)?;
        self.host_add(ty, rep, true)
    }

    /// The representation behind a handle to a resource that the host itself defines.
    ///
    /// # Errors
    /// The handle is stale, or the type is not one of the host's.
    pub(crate) fn host_rep(&mut self, any: ResourceAny) -> Result<u32> {
        let HostHandle { ty, rep, .. } = *self.host_get(any, None)?;
        self.expect_host(ty)?;
        Ok(rep)
    }

    /// The host takes an own of a resource that it defines back: the handle is gone, no destructor runs.
    ///
    /// # Errors
    /// As [`host_rep`](Self::host_rep), and when the handle is a borrow, or lent.
    pub(crate) fn host_take(&mut self, any: ResourceAny) -> Result<u32> {
        self.host_rep(any)?;
        self.host_lift_own(None, any).map(|handle| handle.rep)
    }

    fn expect_host(&self, ty: u32) -> Result<()> {
        match self.kind(ty) {
            ResourceKind::Host { .. } => Ok(()),
            _ => Err(Error::misuse(
                "the resource is defined by the guest; only the guest knows what is behind it",
            )),
        }
    }

    /// An own comes to the host.
    ///
    /// # Errors
    /// The store holds too many handles.
    pub(crate) fn host_lower_own(&mut self, ty: u32, rep: u32) -> Result<ResourceAny> {
        self.host_add(ty, rep, true)
    }

    /// A borrow comes to the host, until the call under way ends.
    ///
    /// # Errors
    /// The store holds too many handles.
    pub(crate) fn host_lower_borrow(&mut self, ty: u32, rep: u32) -> Result<ResourceAny> {
        let any = self.host_add(ty, rep, false)?;
        self.scopes.lend(Lender::HostBorrow { index: any.slot, generation: any.generation });
        Ok(any)
    }

    /// The host gives an own away. `ty`: the type that is expected, if the caller knows it.
    ///
    /// # Errors
    /// Misuse: the handle is stale, of another type, a borrow, or lent.
    pub(crate) fn host_lift_own(&mut self, ty: Option<u32>, any: ResourceAny) -> Result<HostHandle> {
        let handle = *self.host_get(any, ty)?;
        if !handle.owned {
            return Err(Error::misuse("the resource is only borrowed: it cannot be given away or dropped"));
        }
        if handle.lends > 0 {
            return Err(Error::misuse("the resource is lent to the same call: it cannot be given away"));
        }
        self.host.remove(any.slot, any.generation)?;
        self.uncount_handle();
        Ok(handle)
    }

    /// The host lends a handle for the call under way.
    ///
    /// # Errors
    /// The handle is stale or of another type.
    pub(crate) fn host_lift_borrow(&mut self, ty: Option<u32>, any: ResourceAny) -> Result<u32> {
        let handle = self.host_get(any, ty)?;
        handle.lends = handle.lends.saturating_add(1);
        let rep = handle.rep;
        self.scopes.lend(Lender::Host { index: any.slot, generation: any.generation });
        Ok(rep)
    }

    // ----- the call's books -----

    /// Takes back what a call that was refused had already given to `instance`, in the opposite order. No guest has run
    /// in between that could have used it.
    pub(crate) fn take_back(&mut self, instance: u32, given: Vec<Given>) {
        for given in given.into_iter().rev() {
            match given {
                Given::Handle(index) => {
                    if self.table(instance).is_ok_and(|table| table.remove(index).is_ok()) {
                        self.uncount_handle();
                    }
                }
                Given::Own(any, handle) => {
                    self.host.put_back(any.slot, any.generation, handle);
                    self.live_handles = self.live_handles.saturating_add(1);
                }
            }
        }
    }

    /// Ends the innermost scope: what it lent is free again, what it borrowed for the host is void.
    pub(crate) fn end_scope(&mut self) {
        while let Some(lender) = self.scopes.next_lender() {
            match lender {
                Lender::Guest { instance, handle } => {
                    if let Ok(table) = self.table(instance)
                        && let Ok(handle) = table.get_mut(handle)
                    {
                        handle.lends = handle.lends.saturating_sub(1);
                    }
                }
                Lender::Host { index, generation } => {
                    if let Ok(handle) = self.host.get_mut(index, generation) {
                        handle.lends = handle.lends.saturating_sub(1);
                    }
                }
                Lender::HostBorrow { index, generation } => {
                    if self.host.remove(index, generation).is_ok() {
                        self.uncount_handle();
                    }
                }
            }
        }
        self.scopes.pop();
    }
}
