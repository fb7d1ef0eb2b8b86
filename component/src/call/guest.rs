//! What lifting and lowering see of a guest: memory, `realloc` and the handle table of one component instance.
//!
//! On the typed path a value of type `ResourceAny` or `Resource<R>` does not say which WIT resource it is. The function
//! does: `mentioned` lists the resources of its type, and no other is let through.

use std::any::TypeId;

use plugbay_engine as engine;

use super::Options;
use crate::abi::options::StringEncoding;
use crate::abi::trap::AbiTrap;
use crate::error::{Error, Result};
use crate::instance::StoreData;
use crate::marshal::Budget;
use crate::marshal::call::view_values;
use crate::marshal::{Decoded, Guest, Handles, LiftContext, View, ViewContext};
use crate::resource::{ComponentState, Given, ResourceKind};
use crate::types::ResourceType;
use crate::value::ResourceAny;

/// Takes values out of a component instance: `lift` sees its memory and its handle table, and has the budget of one
/// crossing.
#[inline]
pub(super) fn lifting<T, R>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    options: &Options,
    instance: u32,
    mentioned: &[u32],
    lift: impl FnOnce(&mut LiftContext<'_>) -> Result<R>,
) -> Result<R> {
    let (memory, data) = options.memory_and_data(cx);
    let budget = Budget::of(&data.limits);
    let mut handles = GuestHandles { state: &mut data.state, instance, mentioned };
    let mut cx = LiftContext::with_budget(memory, options.encoding, &mut handles, budget);
    let lifted = lift(&mut cx);
    let spent = cx.budget().spent();
    data.most_value_bytes = data.most_value_bytes.max(spent);
    lifted
}

/// Looks at values of a component instance where they lie, in `slots` or in memory, and gives them to `with` beside the
/// store's data.
#[inline]
pub(super) fn viewing<T, V: View, R>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    options: &Options,
    instance: u32,
    mentioned: &[u32],
    (slots, max_flat): (&[u64], usize),
    with: impl for<'m> FnOnce(&mut StoreData<T>, V::Of<'m>) -> Result<R>,
) -> Result<R> {
    let (memory, data) = options.memory_and_data(cx);
    let budget = Budget::of(&data.limits);
    let decoded = Decoded::new(data.limits.value_bytes);
    let mut handles = GuestHandles { state: &mut data.state, instance, mentioned };
    let mut view = ViewContext::new(memory, options.encoding, &decoded, &mut handles, budget);
    let values = view_values::<V>(&mut view, slots, max_flat)?;
    let spent = view.owned().budget().spent();
    data.most_value_bytes = data.most_value_bytes.max(spent);
    with(data, values)
}

/// Lifting: the handle table.
struct GuestHandles<'a> {
    state: &'a mut ComponentState,
    instance: u32,
    mentioned: &'a [u32],
}

impl Handles for GuestHandles<'_> {
    fn lift_own(&mut self, ty: Option<&ResourceType>, handle: u32) -> Result<ResourceAny> {
        let ty = self.type_of(ty, handle)?;
        let rep = self.state.guest_lift_own(self.instance, ty, handle)?;
        self.state.host_lower_own(ty, rep)
    }

    fn lift_borrow(&mut self, ty: Option<&ResourceType>, handle: u32) -> Result<ResourceAny> {
        let ty = self.type_of(ty, handle)?;
        let rep = self.state.guest_lift_borrow(self.instance, ty, handle)?;
        self.state.host_lower_borrow(ty, rep)
    }

    fn lift_host_own(&mut self, ty: TypeId, handle: u32) -> Result<u32> {
        let ty = host_type(self.state, self.mentioned, ty)?;
        self.state.guest_lift_own(self.instance, ty, handle)
    }

    fn lift_host_borrow(&mut self, ty: TypeId, handle: u32) -> Result<u32> {
        let ty = host_type(self.state, self.mentioned, ty)?;
        self.state.guest_lift_borrow(self.instance, ty, handle)
    }
}

impl GuestHandles<'_> {
    fn type_of(&mut self, ty: Option<&ResourceType>, handle: u32) -> Result<u32> {
        match ty {
            Some(ty) => number(ty),
            None => {
                let found = self.state.guest_type(self.instance, handle)?;
                if mentions(self.state, self.mentioned, found) {
                    Ok(found)
                } else {
                    Err(AbiTrap::WrongResource(handle).into())
                }
            }
        }
    }
}

/// Lowering: memory, `realloc` and the handle table.
pub(crate) struct GuestMemory<'a, 'b, T> {
    cx: &'a mut engine::Context<'b, StoreData<T>>,
    options: &'a Options,
    instance: u32,
    mentioned: &'a [u32],
    /// What was given away so far, where a refusal must leave everything as it was.
    given: Option<Vec<Given>>,
    /// Whether the guest was told that it must not call out: `realloc` was called.
    held: bool,
}

impl<'a, 'b, T> GuestMemory<'a, 'b, T> {
    /// For values that a guest has to take: its own call's results.
    #[inline]
    pub(crate) fn new(
        cx: &'a mut engine::Context<'b, StoreData<T>>,
        options: &'a Options,
        instance: u32,
        mentioned: &'a [u32],
    ) -> Self {
        Self { cx, options, instance, mentioned, given: None, held: false }
    }

    /// For values that may be refused: then everything is to be as it was ([`GuestMemory::take_back`]).
    #[inline]
    pub(crate) fn revocable(mut self) -> Self {
        self.given = (!self.mentioned.is_empty()).then(Vec::new);
        self
    }

    /// Ends lowering. The guest may call out again.
    #[inline]
    pub(crate) fn release(&mut self) {
        if self.held {
            self.cx.data_mut().state.set_may_leave(self.instance, true);
        }
    }

    /// Takes back what was given to the guest before its caller's arguments were refused.
    #[cold]
    pub(crate) fn take_back(mut self) {
        self.release();
        if let Some(given) = self.given.take() {
            let instance = self.instance;
            self.state().take_back(instance, given);
        }
    }

    /// Enters a handle into the guest's table.
    fn give(&mut self, handle: u32) -> u32 {
        if let Some(given) = &mut self.given {
            given.push(Given::Handle(handle));
        }
        handle
    }

    /// Lends `rep`; the definer of its type is given no handle that would have to be taken back.
    fn lend(&mut self, ty: u32, rep: u32) -> Result<u32> {
        let instance = self.instance;
        if self.state().defines(instance, ty) {
            return Ok(rep);
        }
        let handle = self.state().guest_lower_borrow(instance, ty, rep)?;
        Ok(self.give(handle))
    }

    fn state(&mut self) -> &mut ComponentState {
        &mut self.cx.data_mut().state
    }

    fn type_of(&mut self, ty: Option<&ResourceType>, value: ResourceAny) -> Result<u32> {
        match ty {
            Some(ty) => number(ty),
            None => {
                let mentioned = self.mentioned;
                let found = self.state().host_type(value)?;
                if mentions(self.state(), mentioned, found) { Ok(found) } else { Err(unmentioned()) }
            }
        }
    }
}

impl<T> Guest for GuestMemory<'_, '_, T> {
    #[inline]
    fn encoding(&self) -> StringEncoding {
        self.options.encoding
    }

    #[inline]
    fn memory(&mut self) -> &mut [u8] {
        match self.options.bytes {
            Some(memory) => memory.data_mut(self.cx),
            None => &mut [],
        }
    }

    #[inline]
    fn realloc(&mut self, old: u32, old_size: u32, align: u32, new_size: u32) -> Result<u32> {
        if !self.held {
            self.held = true;
            self.cx.data_mut().state.set_may_leave(self.instance, false);
        }
        self.options.reallocate(self.cx, [old, old_size, align, new_size])
    }

    fn lower_own(&mut self, ty: Option<&ResourceType>, value: ResourceAny) -> Result<u32> {
        let ty = self.type_of(ty, value)?;
        let instance = self.instance;
        let own = self.state().host_lift_own(Some(ty), value)?;
        if let Some(given) = &mut self.given {
            given.push(Given::Own(value, own));
        }
        let handle = self.state().guest_lower_own(instance, ty, own.rep)?;
        Ok(self.give(handle))
    }

    fn lower_borrow(&mut self, ty: Option<&ResourceType>, value: ResourceAny) -> Result<u32> {
        let ty = self.type_of(ty, value)?;
        let rep = self.state().host_lift_borrow(Some(ty), value)?;
        self.lend(ty, rep)
    }

    fn lower_host_own(&mut self, ty: TypeId, rep: u32) -> Result<u32> {
        let (instance, mentioned) = (self.instance, self.mentioned);
        let ty = host_type(self.state(), mentioned, ty)?;
        let handle = self.state().guest_lower_own(instance, ty, rep)?;
        Ok(self.give(handle))
    }

    fn lower_host_borrow(&mut self, ty: TypeId, rep: u32) -> Result<u32> {
        let mentioned = self.mentioned;
        let ty = host_type(self.state(), mentioned, ty)?;
        self.lend(ty, rep)
    }
}

fn number(ty: &ResourceType) -> Result<u32> {
    u32::try_from(ty.id()).map_err(|_| Error::misuse("the resource type is of another component"))
}

fn mentions(state: &ComponentState, mentioned: &[u32], ty: u32) -> bool {
    let ty = state.canonical(ty);
    mentioned.iter().any(|&mentioned| state.canonical(mentioned) == ty)
}

/// The mentioned resource whose host data have this Rust type.
fn host_type(state: &ComponentState, mentioned: &[u32], host: TypeId) -> Result<u32> {
    let found = mentioned.iter().copied().find(
        |&ty| matches!(state.kind(ty), ResourceKind::Host { host_type, .. } if host_type == Some(host)),
    );
    found.ok_or_else(|| {
        Error::misuse("the linker defines no resource of the function's type with this Rust type")
    })
}

fn unmentioned() -> Error {
    Error::misuse("the function does not take resources of this type")
}
