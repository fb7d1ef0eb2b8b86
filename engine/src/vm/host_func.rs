//! Host functions as generated code sees them: a header with a function of the host's convention, and the closure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::Relaxed;

use super::block::FuncRef;
use super::builtins;
use super::offsets;
use super::store::{StoreRef, VMStore};
use super::thread;
use crate::error::{Error, Result};
use crate::runtime::Context;

/// What the wasm-to-array trampoline of a signature calls: 0 for success, anything else for an error that was recorded.
pub(super) type ArrayCall =
    unsafe extern "C" fn(host_func: *const Header, caller: *const u64, values: *mut u64) -> u32;

/// What generated code knows of a host function.
#[repr(C)]
pub(super) struct Header {
    array_call: ArrayCall,
    pub(super) vm: *const VMStore,
    builtins: usize,
    slots: usize,
    func_ref: FuncRef,
}

const _: () = {
    assert!(std::mem::offset_of!(Header, array_call) == offsets::host_func::ARRAY_CALL as usize);
    assert!(std::mem::offset_of!(Header, vm) == offsets::host_func::STORE as usize);
    assert!(std::mem::offset_of!(Header, builtins) == offsets::host_func::BUILTINS as usize);
};

#[repr(C)]
pub(super) struct WithClosure<F> {
    pub(super) header: Header,
    pub(super) call: F,
}

/// Owns a host function. Its address is fixed; the store keeps it until the store itself is dropped, since function
/// references to it may lie anywhere in the store.
pub(crate) struct HostFunc {
    header: NonNull<Header>,
    free: unsafe fn(NonNull<Header>),
}

// SAFETY: the closure is `Send + Sync` (`HostFunc::new`); the header's pointer to the store's header is used only by the
// thread that uses the store.
unsafe impl Send for HostFunc {}

impl HostFunc {
    /// A host function for a store with header `vm` and data of type `T`, of a signature that takes `slots` slots and has
    /// the number `type_id`.
    pub(crate) fn new<T, F>(vm: *const VMStore, type_id: u32, slots: usize, call: F) -> Self
    where
        F: Fn(&mut Context<'_, T>, &mut [u64]) -> Result<()> + Send + Sync + 'static,
    {
        Self::with_calls(vm, type_id, slots, call, array_call::<T, F>, 0)
    }

    /// A host function whose closure `array_call` calls on slots, and the function at `code`, unless it is 0, on registers.
    pub(super) fn with_calls<F: Send + Sync + 'static>(
        vm: *const VMStore,
        type_id: u32,
        slots: usize,
        call: F,
        array_call: ArrayCall,
        code: usize,
    ) -> Self {
        let header = Header {
            array_call,
            vm,
            builtins: builtins::table_address(),
            slots,
            func_ref: FuncRef::new(code, 0, type_id),
        };
        let whole = NonNull::from(Box::leak(Box::new(WithClosure { header, call })));
        let this = Self { header: whole.cast(), free: free::<F> };
        this.func_ref().set_vmctx(whole.as_ptr().expose_provenance());
        this
    }

    /// The reference that stands for the function in tables and globals.
    pub(crate) fn func_ref(&self) -> &FuncRef {
        // SAFETY: the header lives as long as `self`; only shared references to it are ever made.
        unsafe { &(*self.header.as_ptr()).func_ref }
    }

    /// Makes the function callable by guests, through the wasm-to-array trampoline of its signature.
    pub(crate) fn set_code(&self, trampoline: usize) {
        self.func_ref().set_code(trampoline);
    }
}

impl Drop for HostFunc {
    fn drop(&mut self) {
        // SAFETY: `free` is the function made for this very allocation, which `self` owns.
        unsafe { (self.free)(self.header) };
    }
}

/// # Safety
/// `header` was leaked by `HostFunc::new` with this `F` and is not used any more.
unsafe fn free<F>(header: NonNull<Header>) {
    // SAFETY: the caller's promise; `WithClosure` starts with its header.
    drop(unsafe { Box::from_raw(header.as_ptr().cast::<WithClosure<F>>()) });
}

/// Calls the host function of this index from the host, without going through guest code. `false` means that the error
/// was recorded in the store.
pub(crate) fn call_directly<T>(store: &mut StoreRef<'_, T>, index: u32, slots: &mut [u64]) -> Result<bool> {
    let header = store.inner().host_func(index)?.header.as_ptr();
    // SAFETY: the store owns the function, so the header lives as long as the store, which is borrowed.
    let (array_call, needed) = unsafe { ((*header).array_call, (*header).slots) };
    if slots.len() < needed {
        return Err(Error::misuse("too few slots for the function's parameters and results"));
    }
    // SAFETY: the function was made for this store, hence for its `T`; there are slots enough.
    Ok(unsafe { array_call(header, ptr::null(), slots.as_mut_ptr()) } == 0)
}

/// # Safety
/// `host_func` is the header of a function made with these `T` and `F` for a store that is borrowed by the running call,
/// and `values` has as many slots as the function's signature takes.
unsafe extern "C" fn array_call<T, F>(host_func: *const Header, _caller: *const u64, values: *mut u64) -> u32
where
    F: Fn(&mut Context<'_, T>, &mut [u64]) -> Result<()> + Send + Sync + 'static,
{
    // SAFETY: the caller's promise; the function lives until its store is dropped.
    let function = unsafe { &*host_func.cast::<WithClosure<F>>() };
    // SAFETY: the header outlives the store's functions.
    let vm = unsafe { &*function.header.vm };
    // SAFETY: the caller's promise; generated code (or `call_directly`) lends the slots to this call alone.
    let slots = unsafe { slots(host_func, values) };
    // SAFETY: the function was made for a store of data of type `T` with this header, which the running call borrows.
    let done = unsafe { run::<T, _>(vm, |cx| (function.call)(cx, slots)) };
    u32::from(done.is_none())
}

/// The slots that a host function was called on.
///
/// # Safety
/// `values` has as many slots as the signature of the function with this header takes, and they are lent to the caller alone.
pub(super) unsafe fn slots<'a>(host_func: *const Header, values: *mut u64) -> &'a mut [u64] {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(values, (*host_func).slots) }
}

/// Runs the body of a host function on its store. `None` means that the guest must not go on, for a reason that was recorded.
///
/// # Safety
/// `vm` is the header of a store made with data of type `T`, which the running call borrows.
#[inline(always)]
pub(super) unsafe fn run<T, R>(
    vm: &VMStore,
    body: impl FnOnce(&mut Context<'_, T>) -> Result<R>,
) -> Option<R> {
    let result = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the caller's promise; the context does not outlive the body.
        let mut cx = Context::new(unsafe { StoreRef::from_header(vm) });
        body(&mut cx)
    }));
    thread::back_in(vm);
    match result {
        Ok(Ok(value)) if vm.interrupt.load(Relaxed) == 0 => Some(value),
        // SAFETY: the caller's promise; the context made above is gone.
        Ok(Ok(value)) => unsafe { hinted::<T, R>(vm, value) },
        result => {
            // SAFETY: as above.
            unsafe { failed::<T>(vm, result.map(|result| result.map(drop))) };
            None
        }
    }
}

/// Goes on with this value unless the guest must stop.
///
/// # Safety
/// As for [`failed`].
#[cold]
#[inline(never)]
unsafe fn hinted<T, R>(vm: &VMStore, value: R) -> Option<R> {
    if vm.interrupted().is_none() {
        return Some(value);
    }
    // SAFETY: the caller's promise.
    unsafe { failed::<T>(vm, Ok(Ok(()))) };
    None
}

/// Records why the guest must not go on.
///
/// # Safety
/// `vm` is the header of a store made with data of type `T`, which the running call borrows and no context uses.
#[cold]
#[inline(never)]
unsafe fn failed<T>(vm: &VMStore, result: std::thread::Result<Result<()>>) {
    let error = failure(vm, result);
    // SAFETY: the caller's promise.
    let mut store = unsafe { StoreRef::<T>::from_header(vm) };
    store.inner_mut().record(error);
}

/// Why a host function's call does not go on.
#[cold]
fn failure(vm: &VMStore, result: std::thread::Result<Result<()>>) -> Error {
    match result {
        Ok(Err(error)) => error,
        // The deadline passed, or somebody cancelled, while the function ran.
        Ok(Ok(())) => match vm.must_stop() {
            Some(kind) => kind.into(),
            None => Error::internal("a host function was stopped for no reason"),
        },
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            // A payload's own destructor might panic; that is not worth the process.
            if text.is_none() {
                std::mem::forget(panic);
            }
            let text = text.unwrap_or_else(|| "a value that is not text".to_owned());
            Error::host(format!("a host function panicked: {text}"))
        }
    }
}
