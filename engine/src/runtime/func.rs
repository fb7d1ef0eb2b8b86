//! Functions: handles, calls from the application, and host functions.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::signature::Signature;
use super::store::{StoreInner, foreign};
use super::{Context, Val};
use crate::error::{Error, Result};
use crate::trap::Trap;
use crate::types::FuncType;
use crate::vm::block::Callee;
use crate::vm::enter::{self, Entry, IntegerEntry, Refusal, SlotEntry, Stop};
use crate::vm::host_func::{self, HostFunc};
use crate::vm::store::{StoreRef, VMStore};

/// A handle to a function, of the guest or of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Func {
    store: u64,
    index: u32,
}

impl Func {
    /// A host function of any type. It gets parameters that have the declared types and must write results that do;
    /// results start as zeros and nulls.
    ///
    /// An error that it returns ends the guest's call and comes back to the guest's caller unchanged; a panic ends it
    /// with an error of kind `Host` that carries the panic's text. An error of kind `Exception` is thrown in the guest
    /// instead, which may catch it: one that a call of a guest returned, or one of [`Tag::exception`](crate::Tag::exception).
    pub fn new<T>(
        cx: &mut Context<'_, T>,
        ty: FuncType,
        call: impl Fn(&mut Context<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        let declared = ty.clone();
        let store = cx.inner().id();
        Self::on_slots(cx, ty, move |cx, slots| {
            let params = cx.inner().lift_all(declared.params(), slots)?;
            let mut results: Vec<Val> = declared.results().iter().map(|ty| Val::default_for(*ty)).collect();
            call(cx, &params, &mut results)?;
            // The closure may have swapped its context for another store's, whose functions must not come here.
            cx.inner().check_store(store)?;
            for (result, ty) in results.iter().zip(declared.results()) {
                cx.inner().check(*result, *ty)?;
            }
            cx.inner_mut().lower_all(&results, slots)
        })
    }

    /// A host function on slots: parameters are in the slots on entry, results on return; there are as many as the
    /// larger of the two numbers. i32 and f32 take the low half of a slot (the rest is zero on entry).
    ///
    /// # Errors
    /// `Misuse` unless all parameters and results are numbers.
    pub fn raw<T>(
        cx: &mut Context<'_, T>,
        ty: FuncType,
        call: impl Fn(&mut Context<'_, T>, &mut [u64]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Self> {
        if !ty.is_numeric() {
            return Err(not_numeric());
        }
        Ok(Self::on_slots(cx, ty, call))
    }

    fn on_slots<T>(
        cx: &mut Context<'_, T>,
        ty: FuncType,
        call: impl Fn(&mut Context<'_, T>, &mut [u64]) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::host(cx, &ty, |vm, signature| HostFunc::new(vm, signature.id(), signature.slots(), call))
    }

    /// A host function of this type, made for the store's header and the type's signature.
    pub(super) fn host<T>(
        cx: &mut Context<'_, T>,
        ty: &FuncType,
        make: impl FnOnce(*const VMStore, &Signature) -> HostFunc,
    ) -> Self {
        let store = cx.inner_mut();
        let signature = store.engine().signature(ty);
        let index = u32::try_from(store.host_funcs.len()).unwrap_or(u32::MAX);
        let func = make(store.vm_address(), &signature);
        let value = func.func_ref().value();
        store.host_funcs.push(func);
        let index = store.functions.tables.get_mut().add(value, signature, None, Target::Host(index));
        Self { store: store.id(), index }
    }

    /// How the function is entered, with its store's number, if it is a guest's.
    pub(super) fn entry(&self, store: &StoreInner) -> Result<Option<(Entry, u64)>> {
        Ok(match store.callable(*self)? {
            Target::Guest(entry) => Some((entry.without_slots(), self.store)),
            Target::Host(_) | Target::Unprepared => None,
        })
    }

    /// How the function is called with a few integers, with its store's number, if it is.
    pub(super) fn integer_entry(&self, store: &StoreInner) -> Result<Option<(IntegerEntry, u64)>> {
        Ok(match store.callable(*self)? {
            Target::Guest(entry) => entry.integers().map(|entry| (entry, self.store)),
            Target::Host(_) | Target::Unprepared => None,
        })
    }

    /// The function's type. A handle of another store has the type of no parameters and no results.
    pub fn ty<T>(&self, cx: &Context<'_, T>) -> FuncType {
        cx.inner().func_signature(*self).map_or_else(|_| FuncType::new([], []), |found| found.ty().clone())
    }

    /// Calls the function with checked values.
    ///
    /// # Errors
    /// `Misuse` when number or types of the arguments differ from the function's, or a handle is of another store;
    /// `Trap` when the guest traps; whatever error a host function on the way returned.
    pub fn call<T>(&self, cx: &mut Context<'_, T>, args: &[Val]) -> Result<Vec<Val>> {
        let signature = cx.inner().func_signature(*self)?;
        let ty = signature.ty();
        if args.len() != ty.params().len() {
            let (asked, given) = (ty.params().len(), args.len());
            return Err(Error::misuse(format!("the function takes {asked} arguments, {given} were given")));
        }
        for (arg, ty) in args.iter().zip(ty.params()) {
            cx.inner().check(*arg, *ty)?;
        }
        let mut slots = vec![0; signature.slots()];
        cx.inner_mut().lower_all(args, &mut slots)?;
        let target = cx.inner().callable(*self)?;
        target.call(cx.store_mut(), &mut slots)?;
        cx.inner().lift_all(ty.results(), &slots)
    }

    /// Calls a function of numbers on slots: parameters in `slots` on entry, results on return; i32 and f32 take the low
    /// half of a slot. This is the fast path: nothing is allocated, hashed or locked (but on a function's first call).
    ///
    /// # Errors
    /// As [`Func::call`]; `Misuse` when a parameter or result is not a number or there are too few slots.
    #[inline]
    pub fn call_raw<T>(&self, cx: &mut Context<'_, T>, slots: &mut [u64]) -> Result<()> {
        let store = cx.inner_mut();
        let id = store.id();
        let entry = match store.functions.tables.get_mut().list.get(self.index as usize) {
            Some(FuncData { numeric: true, target: Target::Guest(entry), .. }) if self.store == id => *entry,
            _ => return self.other_raw_call(cx, slots),
        };
        call_guest(cx.store_mut(), entry, slots)
    }

    /// A call that cannot be made the quick way (yet).
    fn other_raw_call<T>(&self, cx: &mut Context<'_, T>, slots: &mut [u64]) -> Result<()> {
        let store = cx.inner_mut();
        let id = store.id();
        let target = match store.functions.tables.get_mut().list.get(self.index as usize) {
            Some(FuncData { numeric: true, target: target @ Target::Host(_), .. }) if self.store == id => {
                *target
            }
            _ => self.first_raw_call(store)?,
        };
        target.call(cx.store_mut(), slots)
    }

    /// The target of a function that was not called before, or must not be called on slots.
    #[cold]
    fn first_raw_call(&self, store: &StoreInner) -> Result<Target> {
        if !store.func_signature(*self)?.is_numeric() {
            return Err(not_numeric());
        }
        store.callable(*self)
    }
}

/// Calls a guest's function.
#[inline]
fn call_guest<T>(store: &mut StoreRef<'_, T>, entry: SlotEntry, slots: &mut [u64]) -> Result<()> {
    match enter::call(store, entry, slots) {
        Ok(()) => Ok(()),
        Err(stop) => Err(why(store.inner_mut(), stop)),
    }
}

fn not_numeric() -> Error {
    Error::misuse(
        "only functions whose parameters and results are all numbers can be called or defined on slots",
    )
}

/// The functions of a store that somebody has a handle to. A guest's function gets its place when it is first looked up
/// (through a shared reference to the store, hence the cell).
#[derive(Default)]
pub(super) struct Functions {
    tables: RefCell<Tables>,
}

#[derive(Default)]
struct Tables {
    list: Vec<FuncData>,
    /// Their places by value, when there are more than a few.
    by_value: BTreeMap<u64, u32>,
}

/// So many functions are looked through one by one.
const FEW: usize = 8;

struct FuncData {
    /// The `funcref` value.
    value: u64,
    signature: Arc<Signature>,
    numeric: bool,
    /// The instance it is of, if it is a guest's.
    instance: Option<u32>,
    target: Target,
}

/// How a function is called from the host.
#[derive(Clone, Copy)]
enum Target {
    /// A guest's function that was never called from the host so far.
    Unprepared,
    /// A guest's function.
    Guest(SlotEntry),
    /// A host function, by its index.
    Host(u32),
}

impl Tables {
    fn find(&self, value: u64) -> Option<u32> {
        if !self.by_value.is_empty() {
            return self.by_value.get(&value).copied();
        }
        (0..).zip(&self.list).find(|(_, data)| data.value == value).map(|(index, _)| index)
    }

    fn add(&mut self, value: u64, signature: Arc<Signature>, instance: Option<u32>, target: Target) -> u32 {
        let index = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let numeric = signature.is_numeric();
        if self.list.is_empty() {
            // Many stores need no more than one.
            self.list.reserve_exact(1);
        }
        self.list.push(FuncData { value, signature, numeric, instance, target });
        if self.by_value.is_empty() && self.list.len() > FEW {
            self.by_value.extend((0..).zip(&self.list).map(|(index, data)| (data.value, index)));
        } else if !self.by_value.is_empty() {
            self.by_value.insert(value, index);
        }
        index
    }
}

impl Target {
    #[inline]
    fn call<T>(self, store: &mut StoreRef<'_, T>, slots: &mut [u64]) -> Result<()> {
        match self {
            Self::Guest(entry) => call_guest(store, entry, slots),
            Self::Host(index) => match host_func::call_directly(store, index, slots)? {
                true => Ok(()),
                false => Err(store.inner_mut().take_recorded()),
            },
            Self::Unprepared => Err(Error::internal("a function was called before it was prepared")),
        }
    }
}

/// The error for a call that did not return.
#[cold]
pub(super) fn why(store: &mut StoreInner, stop: Stop) -> Error {
    let refusal = match stop {
        Stop::Stopped => return store.why_stopped(),
        Stop::Refused(refusal) => *refusal,
    };
    match refusal {
        Refusal::Trap(kind) => Trap::new(kind).into(),
        Refusal::NoStack(left) => Error::misuse(format!(
            "only {left} bytes of this thread's stack are left for guest code; call it from a thread with a larger stack"
        )),
        Refusal::Thread(source) => Error::os("preparing the thread for guest code", source),
        Refusal::Foreign => foreign(),
        Refusal::Slots => Error::misuse("too few slots for the function's parameters and results"),
    }
}

impl StoreInner {
    /// The signature of a function.
    pub(super) fn func_signature(&self, func: Func) -> Result<Arc<Signature>> {
        self.check_store(func.store)?;
        let tables = self.functions.tables.borrow();
        tables.list.get(func.index as usize).map(|data| Arc::clone(&data.signature)).ok_or_else(missing)
    }

    /// The function's target, ready to be called.
    fn callable(&self, func: Func) -> Result<Target> {
        self.check_store(func.store)?;
        let (caller, engine) = (self.host_context(), self.engine());
        let mut tables = self.functions.tables.borrow_mut();
        let data = tables.list.get_mut(func.index as usize).ok_or_else(missing)?;
        if let (Some(instance), Target::Unprepared) = (data.instance, data.target) {
            let callee = self.callee_of(instance, data.value)?;
            let (ty, slots) = (data.signature.ty(), data.signature.slots());
            let trampoline = || data.signature.trampolines(engine)?.array_to_wasm();
            let (entry, metered) = (Entry::new(callee, caller), engine.config().fuel());
            data.target = Target::Guest(SlotEntry::new(entry, ty, slots, metered, trampoline)?);
        }
        Ok(data.target)
    }

    /// The `funcref` value of a function, which guests can call from here on.
    pub(super) fn func_value(&self, func: Func) -> Result<u64> {
        self.check_store(func.store)?;
        let tables = self.functions.tables.borrow();
        let data = tables.list.get(func.index as usize).ok_or_else(missing)?;
        if let Target::Host(index) = data.target {
            let host_func = self.host_func(index)?;
            if host_func.func_ref().callee().code == 0 {
                host_func.set_code(data.signature.trampolines(self.engine())?.wasm_to_array()?);
            }
        }
        Ok(data.value)
    }

    /// A function as guests see it, to be called from here on.
    pub(super) fn callee(&self, func: Func) -> Result<Callee> {
        let value = self.func_value(func)?;
        let tables = self.functions.tables.borrow();
        let data = tables.list.get(func.index as usize).ok_or_else(missing)?;
        match (data.instance, data.target) {
            (Some(instance), _) => self.callee_of(instance, value),
            (None, Target::Host(index)) => Ok(self.host_func(index)?.func_ref().callee()),
            (None, _) => Err(missing()),
        }
    }

    /// What the `funcref` value of an instance's function says.
    fn callee_of(&self, instance: u32, value: u64) -> Result<Callee> {
        self.instance(instance)?.block.callee(value).ok_or_else(missing)
    }

    /// The function that a `funcref` value other than null stands for. The value is looked for and not followed: among
    /// the functions that are known, then in the instances, those made last first.
    pub(super) fn func_of_value(&self, value: u64) -> Result<Func> {
        if let Some(func) = self.known(value) {
            return Ok(func);
        }
        let mut instances = self.instances.iter().enumerate().rev();
        let owner = instances.find_map(|(index, data)| Some((index, data.block.callee(value)?)));
        let (instance, callee) = owner.ok_or_else(missing)?;
        self.know(u32::try_from(instance).map_err(|_| missing())?, callee, value)
    }

    /// The function of this instance that a `funcref` value stands for.
    pub(super) fn func_of_instance(&self, instance: u32, value: u64) -> Result<Func> {
        match self.known(value) {
            Some(func) => Ok(func),
            None => self.know(instance, self.callee_of(instance, value)?, value),
        }
    }

    fn known(&self, value: u64) -> Option<Func> {
        let index = self.functions.tables.borrow().find(value)?;
        Some(Func { store: self.id(), index })
    }

    fn know(&self, instance: u32, callee: Callee, value: u64) -> Result<Func> {
        let signature = self.engine().signature_by_id(callee.type_id).ok_or_else(missing)?;
        let mut tables = self.functions.tables.borrow_mut();
        let index = tables.add(value, signature, Some(instance), Target::Unprepared);
        Ok(Func { store: self.id(), index })
    }
}

fn missing() -> Error {
    Error::internal("a function that its store does not know")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_small() {
        assert_eq!((size_of::<Func>(), size_of::<Option<Func>>()), (16, 24));
    }
}
