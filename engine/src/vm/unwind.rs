//! Exceptions: from a throw to the handler of a guest frame further out, or to the landing of the innermost entry. Frames
//! pay nothing for handlers that nothing is thrown to: a throw walks them by their frame pointers and looks each return
//! address up in its code's table of handlers.
//!
//! Everything runs in a builtin, on behalf of the thread that the guest runs on; a signal that comes meanwhile finds no
//! guest code and is not acted on, but its reason is asked for before the guest goes on.

use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::Ordering::Relaxed;

use super::arch;
use super::builtins::with_store;
use super::code_tables;
use super::frames::Frames;
use super::offsets::{CONTEXT_INSTANCE, CONTEXT_STORE};
use super::store::VMStore;
use super::traps::note;
use crate::artifact::code::Handler;
use crate::error::{Error, Result};
use crate::runtime::StoreInner;

/// Where the guest goes on.
#[repr(C)]
pub(super) struct Place {
    /// The instruction.
    pub(super) pc: usize,
    /// The stack pointer.
    pub(super) sp: usize,
    /// The frame pointer.
    pub(super) fp: usize,
    /// For a handler, the address of what the exception carries; the store's header for a landing.
    pub(super) first: usize,
    /// For a handler, the exception.
    pub(super) second: u64,
    /// On the way in: the register that is pinned where fuel is counted. The handler finds it as it was.
    pub(super) pinned: usize,
}

// The builtins have room for so much.
const _: () = assert!(size_of::<Place>() == 48);

/// The guest frame that called a builtin: its frame pointer and the return address in it; and of the builtin's own frame,
/// where it is, with the registers that it was called with, and the one that is pinned.
#[derive(Clone, Copy)]
struct Site {
    fp: usize,
    pc: usize,
    builtin: usize,
    pinned: usize,
}

impl Site {
    /// # Safety
    /// `place` was filled by a builtin of `arch`, at least as far as it is about the way in.
    unsafe fn new(place: NonNull<Place>, fp: usize, pc: usize) -> Self {
        // SAFETY: the caller's promise.
        let pinned = unsafe { (&raw const (*place.as_ptr()).pinned).read() };
        Self { fp, pc, builtin: place.addr().get(), pinned }
    }
}

/// The second half of the builtin `throw`.
///
/// # Safety
/// Called by `arch::throw` only: `vmctx` is a context whose code is running, with frame pointer `fp` and return address
/// `pc`; `slots` is the address of what exceptions of the tag carry; `place` is to be filled, and lies at the lower end of
/// the builtin's frame.
pub(super) unsafe extern "C" fn thrown(
    vmctx: *const u64,
    tag: u32,
    slots: *const u64,
    place: NonNull<Place>,
    fp: usize,
    pc: usize,
) {
    // SAFETY: the caller's promise.
    let site = unsafe { Site::new(place, fp, pc) };
    // SAFETY: the caller's promise.
    unsafe {
        leave(vmctx, place, site, |vm, store, instance| {
            let tag = store.tag_at(instance, tag)?;
            let len = store.tag_slots(tag)?;
            if store.should_collect(len) {
                store.collect_exceptions(guest_words(vm, site));
            }
            let slots = match len {
                0 => &[],
                // SAFETY: generated code wrote as many slots as the tag's type says, to its own frame.
                len => slice::from_raw_parts(slots, len),
            };
            store.throw(tag, slots)
        });
    }
}

/// The second half of the builtin `throw_ref`.
///
/// # Safety
/// As for [`thrown`], by `arch::throw_ref`.
pub(super) unsafe extern "C" fn thrown_again(
    vmctx: *const u64,
    exception: u64,
    _: usize,
    place: NonNull<Place>,
    fp: usize,
    pc: usize,
) {
    // SAFETY: the caller's promise.
    let site = unsafe { Site::new(place, fp, pc) };
    // SAFETY: the caller's promise.
    unsafe { leave(vmctx, place, site, |_, _, _| Ok(exception)) };
}

/// The second half of the builtin `raise`: a trap of this kind; or, for 0, what a host function recorded: an exception, for
/// which there may be a handler, or why the call ends.
///
/// # Safety
/// As for [`thrown`], by `arch::raise`; the context may be the one that calls from the host pass as their caller's.
pub(super) unsafe extern "C" fn raised(
    vmctx: *const u64,
    kind: u32,
    _: usize,
    place: NonNull<Place>,
    fp: usize,
    pc: usize,
) {
    // SAFETY: the caller's promise.
    let site = unsafe { Site::new(place, fp, pc) };
    let exception = match kind {
        // SAFETY: the caller's promise.
        0 => unsafe { with_store(vmctx, |store, _| store.recorded_exception()) },
        _ => None,
    };
    if let Some(exception) = exception {
        // SAFETY: the caller's promise.
        return unsafe {
            leave(vmctx, place, site, |vm, store, _| {
                // What the host throws is counted here, as nobody looks into frames of the host.
                if store.should_collect(0) {
                    store.collect_exceptions(guest_words(vm, site));
                }
                Ok(exception)
            })
        };
    }
    // SAFETY: a context starts with the pointer to its store's header, which lives while the store's code runs.
    let vm = unsafe { &**vmctx.cast::<*const VMStore>() };
    let kind = u8::try_from(kind).unwrap_or(0);
    // SAFETY: the caller's promise.
    unsafe { place.write(stopped(vm, kind, site)) };
}

/// Throws the exception that `throw` makes: fills `place` with its handler, or with the landing after the error was
/// recorded.
///
/// # Safety
/// As for [`thrown`].
unsafe fn leave(
    vmctx: *const u64,
    place: NonNull<Place>,
    site: Site,
    throw: impl FnOnce(&VMStore, &mut StoreInner, u32) -> Result<u64>,
) {
    // SAFETY: as in `raised`.
    let vm = unsafe { &**vmctx.cast::<*const VMStore>() };
    let go_on = |store: &mut StoreInner, instance: u32| {
        if let Some(kind) = vm.interrupted() {
            return Err(kind.into());
        }
        let exception = throw(vm, store, instance)?;
        let Some(Found { pc, sp, fp, by_reference }) = handler(vm, store, exception, site) else {
            return Err(store.uncaught(exception));
        };
        store.forget_recorded();
        let first = store.catch(exception, by_reference)?;
        Ok(Place { pc, sp, fp, first, second: exception, pinned: site.pinned })
    };
    // SAFETY: the caller's promise.
    let found = unsafe {
        with_store(vmctx, |store, instance| {
            go_on(store, instance).map_err(|error: Error| store.record(error))
        })
    };
    let found = found.unwrap_or_else(|()| stopped(vm, 0, site));
    // SAFETY: the caller's promise.
    unsafe { place.write(found) };
}

/// Notes that the call ends with a trap of this kind, or, for 0, the error that was recorded; the landing.
fn stopped(vm: &VMStore, kind: u8, site: Site) -> Place {
    vm.settle(site.pinned);
    // A return address: the call before it is what was being executed.
    note(vm, kind, site.pc.wrapping_sub(1), site.fp);
    let (pc, first) = (arch::landing as *const () as usize, ptr::from_ref(vm).expose_provenance());
    Place { pc, sp: site.builtin, fp: site.fp, first, second: 0, pinned: site.pinned }
}

/// A handler in its frame.
struct Found {
    pc: usize,
    sp: usize,
    fp: usize,
    by_reference: bool,
}

/// The innermost handler for an exception.
fn handler(vm: &VMStore, store: &StoreInner, exception: u64, site: Site) -> Option<Found> {
    for (last, fp) in Frames::new(vm, site.pc.wrapping_sub(1), site.fp) {
        // The handlers of a call are listed by its return address.
        let back = last.wrapping_add(1);
        let Some(tables) = code_tables::tables_of(last) else { continue };
        let sp = |handler: &Handler| fp.wrapping_sub(handler.frame as usize);
        let mut handlers = tables.handlers_at(back);
        if let Some(found) = handlers.find(|handler| catches(vm, store, exception, handler, sp(handler))) {
            let (pc, sp) = (tables.address_of(found.pad), sp(&found));
            return Some(Found { pc, sp, fp, by_reference: found.by_reference() });
        }
    }
    None
}

/// Whether the handler of the guest frame with this stack pointer is one for the exception.
fn catches(vm: &VMStore, store: &StoreInner, exception: u64, handler: &Handler, sp: usize) -> bool {
    let Some(tag) = handler.tag() else { return true };
    let context: *const *const u64 = ptr::with_exposed_provenance(sp.wrapping_add(handler.context as usize));
    // SAFETY: the compiler's table says that the frame's context lies here, in a guest frame of this activation.
    let context = unsafe { *context };
    // SAFETY: a context starts with its header; instances are not dropped while code of theirs is on the stack.
    let (header, instance) = unsafe {
        (
            *context.byte_add(CONTEXT_STORE as usize).cast::<*const VMStore>(),
            *context.byte_add(CONTEXT_INSTANCE as usize),
        )
    };
    let is_own = ptr::eq(header, vm);
    is_own && u32::try_from(instance).is_ok_and(|instance| store.is_of_tag(exception, instance, tag))
}

/// Every word of the guest frames of the running activation, and of the builtin's frame with the registers.
fn guest_words(vm: &VMStore, site: Site) -> impl Iterator<Item = u64> {
    let entry = vm.entry_sp.load(Relaxed);
    let len = entry.saturating_sub(site.builtin) / size_of::<u64>();
    let start: *const u64 = ptr::with_exposed_provenance(site.builtin);
    // SAFETY: between the builtin's frame and the entry lies the stack of this thread, with frames of generated code only,
    // none of which runs as long as the builtin does; `start` is a stack pointer and so aligned. Reading volatile, since
    // what they left there is no business of the compiler's.
    (0..len).map(move |index| unsafe { start.add(index).read_volatile() })
}
