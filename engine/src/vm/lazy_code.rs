//! Code that is compiled when it is first called, function by function.
//!
//! A module has a table of slots, one address per function, and a stub per function that jumps to the address in its slot.
//! Calls go to stubs. At first a slot leads back into its stub, whose second half has the function compiled ([`resolve`]),
//! published and its address put into the slot, and then goes on there: each function once, whoever asks, on whichever
//! thread.
//!
//! All of it lies in rooms of the code region: stubs, slots (writable, never executable), then functions, each on pages of
//! its own, since a page that is executable is never written again. Each page has an entry that leads to the tables of
//! the function on it, so that a signal handler finds them without locks.

use std::collections::HashSet;
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicUsize};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::arch::flush_instructions;
use super::arch::stub::{CALL_REACH, STUB, STUB_SECOND_HALF, STUBS_HEAD, stub, stubs_head};
use super::code_region::Room;
use super::code_tables::Tables;
use super::store::StoreRef;
use super::thread;
use crate::compile::{Code, LazyCompiler, LazyFunction};
use crate::error::{Error, Result};
use crate::sys::mapping::{Access, page_size};

/// Bytes of room for machine code that is taken for each byte of function bodies. It is address space only.
const ROOM_FOR_BODIES: usize = 6;

/// Most bytes of room that are taken ahead of need.
const MOST_ROOM_AHEAD: usize = 64 << 20;

/// How many pages are made writable at a time.
const WRITABLE_PAGES: usize = 16;

/// A module's functions, compiled or not.
pub(crate) struct LazyCode {
    compiler: LazyCompiler,
    /// Address of the first stub's head.
    stubs: usize,
    /// Address of the first slot.
    slots: usize,
    /// How many functions are compiled.
    compiled: AtomicUsize,
    /// Bytes of their code.
    bytes: AtomicUsize,
    state: Mutex<State>,
    /// Some function is no longer being compiled.
    done: Condvar,
}

#[derive(Default)]
struct State {
    /// Functions that are being compiled.
    busy: HashSet<u32>,
    /// Rooms of the region. Dropped before the tables that addresses in them lead to.
    chunks: Vec<Chunk>,
    /// The tables of published functions, and of the stubs.
    #[expect(clippy::vec_box, reason = "pages lead to them: they must stay where they are")]
    tables: Vec<Box<Tables>>,
}

/// Some room of the region, filled page by page.
struct Chunk {
    /// Dropped first, as nothing may find the tables any more when they go.
    room: Room,
    tables: Box<Tables>,
    /// Offset of the first page that is free.
    next: usize,
    /// Offset of the first page that is not writable yet.
    writable: usize,
}

impl LazyCode {
    /// Stubs for all functions.
    ///
    /// # Errors
    /// `Limit` when the region is full, `Os` when the system refuses memory.
    pub(crate) fn new(compiler: LazyCompiler) -> Result<Box<Self>> {
        let count = compiler.len();
        let slots = (STUBS_HEAD + count * STUB).next_multiple_of(page_size());
        let functions = (slots + count * size_of::<AtomicUsize>()).next_multiple_of(page_size());
        let ahead = compiler.body_bytes().saturating_mul(ROOM_FOR_BODIES).min(MOST_ROOM_AHEAD);
        let room = Room::take(functions + ahead)?;
        let start = room.start();
        let this = Box::new(Self {
            compiler,
            stubs: start,
            slots: start + slots,
            compiled: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            state: Mutex::default(),
            done: Condvar::new(),
        });
        let mut chunk = Chunk::new(room, this.key());
        // SAFETY: the room is new: nothing refers to it; the stubs are not written any more once they are executable.
        unsafe {
            chunk.room.protect(0, functions, Access::ReadWrite)?;
            this.write_stubs(&chunk.room)?;
            chunk.room.protect(0, slots, Access::ReadExecute)?;
        }
        (chunk.next, chunk.writable) = (functions, functions);
        let mut state = this.state();
        let tables = Tables { owner: this.key(), start, len: slots, ..Tables::default() };
        chunk.show(0, slots, tables_in(&mut state.tables, tables));
        state.chunks.push(chunk);
        drop(state);
        Ok(this)
    }

    /// # Safety
    /// The room is this value's, its stubs and slots writable, and nothing else refers to it.
    unsafe fn write_stubs(&self, room: &Room) -> Result<()> {
        let base = room.at(0)?.as_ptr();
        let head = stubs_head(ptr::from_ref(self).expose_provenance());
        // SAFETY: the room was made large enough for the head, the stubs and the slots.
        unsafe { ptr::copy_nonoverlapping(head.as_ptr(), base, STUBS_HEAD) };
        for index in 0..self.compiler.len() {
            let (at, slot) = (STUBS_HEAD + index * STUB, self.slots - self.stubs + index * 8);
            let code = stub(self.stubs + at, self.stubs + slot, index as u32, self.stubs);
            // SAFETY: as above; slots are aligned.
            unsafe {
                ptr::copy_nonoverlapping(code.as_ptr(), base.add(at), STUB);
                base.add(slot).cast::<usize>().write(self.stubs + at + STUB_SECOND_HALF);
            }
        }
        flush_instructions(base, STUBS_HEAD + self.compiler.len() * STUB);
        Ok(())
    }

    /// What [`locate`](super::code_tables::locate) calls the owner of this code.
    pub(crate) fn key(&self) -> usize {
        self.stubs
    }

    /// How many functions are compiled.
    pub(crate) fn compiled(&self) -> usize {
        self.compiled.load(Relaxed)
    }

    /// Bytes of machine code so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.load(Relaxed)
    }

    /// Address of the defined function with this index (imports do not count): of its code, or of its stub.
    pub(crate) fn function(&self, index: u32) -> Result<usize> {
        let slot = self.slot(index).ok_or_else(|| Error::internal("a function without code"))?;
        let address = slot.load(Acquire);
        Ok(if address == self.second_half(index) { self.stub(index) } else { address })
    }

    fn stub(&self, index: u32) -> usize {
        self.stubs + STUBS_HEAD + index as usize * STUB
    }

    /// What is in the slot of a function that is not compiled.
    fn second_half(&self, index: u32) -> usize {
        self.stub(index) + STUB_SECOND_HALF
    }

    fn slot(&self, index: u32) -> Option<&AtomicUsize> {
        let index = index as usize;
        let slots: *const AtomicUsize = ptr::with_exposed_provenance(self.slots);
        // SAFETY: the slots were made, one per function, in a room that lives as long as `self`, and are accessed as atomics
        // only since (by stubs, with plain aligned loads).
        (index < self.compiler.len()).then(|| unsafe { &*slots.add(index) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Address of a function's code, compiled now unless it was before. Of several threads that ask, one compiles and the
    /// others wait for it.
    pub(crate) fn compiled_function(&self, index: u32) -> Result<usize> {
        let slot = self.slot(index).ok_or_else(|| Error::internal("a function without code"))?;
        let mut state = self.state();
        loop {
            let address = slot.load(Acquire);
            if address != self.second_half(index) {
                return Ok(address);
            }
            if state.busy.insert(index) {
                break;
            }
            state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        let compiled = self.compiler.compile(index);
        let mut state = self.state();
        let published = compiled.and_then(|function| self.publish(&mut state, index, function));
        if let Ok(address) = published {
            slot.store(address, Release);
            self.compiled.fetch_add(1, Relaxed);
        }
        state.busy.remove(&index);
        drop(state);
        self.done.notify_all();
        published
    }

    /// Gives a function its place and returns the address.
    fn publish(&self, state: &mut State, index: u32, function: LazyFunction) -> Result<usize> {
        let len = function.len();
        self.compiler.check_code_size(self.len().saturating_add(len))?;
        if state.chunks.last().is_none_or(|chunk| chunk.left() < len) {
            let more = len.max(self.compiler.body_bytes().min(MOST_ROOM_AHEAD / 4));
            let room = Room::take_near(more.next_multiple_of(page_size()), self.stubs, CALL_REACH / 2)?;
            state.chunks.push(Chunk::new(room, self.key()));
        }
        let chunk = state.chunks.last_mut().ok_or_else(|| Error::internal("no room for code"))?;
        let (page, size) = (chunk.next, len.max(1).next_multiple_of(page_size()));
        let offset = page + colour(self.compiled(), size - len);
        let start = chunk.room.start() + offset;
        let code = function.place(start, |callee| match callee == index {
            true => Ok(start),
            false => self.function(callee),
        })?;
        chunk.write(page, size, offset, &code)?;
        chunk.next = page + size;
        self.bytes.fetch_add(len, Relaxed);
        let tables = Tables {
            owner: self.key(),
            start,
            len,
            first_function: index,
            code: code.tables,
            pages: Box::default(),
        };
        let tables = tables_in(&mut state.tables, tables);
        if let Some(chunk) = state.chunks.last() {
            chunk.show(page, size, tables);
        }
        Ok(start)
    }
}

/// Puts tables where they stay.
#[expect(clippy::vec_box, reason = "as said of `State::tables`")]
fn tables_in(all: &mut Vec<Box<Tables>>, tables: Tables) -> *mut Tables {
    all.push(Box::new(tables));
    all.last_mut().map_or(ptr::null_mut(), |last| &raw mut **last)
}

/// How far into its pages a function begins, given how many bytes it leaves free: not all at the same offset, so that they
/// do not all compete for the same lines of the cache.
fn colour(count: usize, free: usize) -> usize {
    const LINE: usize = 64;
    count.wrapping_mul(7 * LINE) % (free + 1) / LINE * LINE
}

impl Chunk {
    fn new(room: Room, owner: usize) -> Self {
        let pages = (0..room.len() / page_size()).map(|_| AtomicPtr::default()).collect();
        let (start, len) = (room.start(), room.len());
        let tables = Box::new(Tables { owner, start, len, pages, ..Tables::default() });
        // SAFETY: the tables stay where they are until after the room is dropped.
        unsafe { room.publish(&raw const *tables) };
        Self { room, tables, next: 0, writable: 0 }
    }

    /// Bytes of pages that are free.
    fn left(&self) -> usize {
        self.room.len() - self.next
    }

    /// Writes code at `offset`, within the `size` bytes of free pages from `page` on, and makes it executable.
    fn write(&mut self, page: usize, size: usize, offset: usize, code: &Code) -> Result<()> {
        let text = code.text.as_slice();
        if offset < page || offset.saturating_add(text.len()) > page.saturating_add(size) {
            return Err(Error::internal("code outside its pages"));
        }
        // SAFETY: pages from `next` on are free: nothing refers to them; they are written before they are made executable,
        // and not any more afterwards.
        unsafe {
            let end = page.saturating_add(size);
            if end > self.writable {
                let ahead = end.max(self.writable + WRITABLE_PAGES * page_size()).min(self.room.len());
                self.room.protect(self.writable, ahead - self.writable, Access::ReadWrite)?;
                self.writable = ahead;
            }
            let at = self.room.at(offset)?.as_ptr();
            ptr::copy_nonoverlapping(text.as_ptr(), at, text.len());
            self.room.protect(page, size, Access::ReadExecute)?;
            flush_instructions(at, text.len());
        }
        Ok(())
    }

    /// Lets addresses in some pages lead to these tables, which live as long as the chunk's own.
    fn show(&self, page: usize, size: usize, tables: *mut Tables) {
        let pages = page / page_size()..(page + size) / page_size();
        for entry in self.tables.pages.get(pages).unwrap_or_default() {
            entry.store(tables, Release);
        }
    }
}

/// Compiles a function for a stub and returns its address; or records why not in the running store and returns 0. A
/// deadline that passed meanwhile is such a reason.
///
/// # Safety
/// Called by the stubs of `code` only, while guest code of a store that keeps it runs.
pub(super) unsafe extern "C" fn resolve(code: *const LazyCode, index: u32) -> usize {
    // SAFETY: stubs hold the address of the code that they belong to, which the running store keeps.
    let code = unsafe { &*code };
    let result = code.compiled_function(index);
    // SAFETY: guest code is waiting for this function to return.
    let vm = unsafe { thread::active_store() };
    let why = match (result, vm.interrupted()) {
        (Ok(address), None) => return address,
        (Ok(_), Some(kind)) => kind.into(),
        (Err(error), _) => error,
    };
    // SAFETY: generated code of that store called; the runtime's half, all that is used here, lies at the start of the box
    // whatever its `T`; the reference ends with this frame.
    unsafe { StoreRef::<()>::from_header(vm) }.inner_mut().record(why);
    0
}
