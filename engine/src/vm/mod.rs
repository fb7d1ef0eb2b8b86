//! Unsafe island 1: the raw layout shared with generated code, entry into it and exit from it.
//!
//! # Charter
//! 1. Every `unsafe` block has a `SAFETY:` line naming the fact it rests on and who establishes it.
//! 2. Every `unsafe fn` has a `# Safety` section.
//! 3. Each type that holds a raw pointer says what keeps the pointee alive. The root of all such answers: a store keeps
//!    every instance, host function, signature and module it ever used until it is dropped, and a call borrows the store.
//! 4. Nothing here parses guest bytes or makes policy: limits, names and errors are the business of `runtime/`.
//! 5. What an offset is, only `offsets.rs` says; the structs assert that they agree with it.
//!
//! # The way of a call
//! `runtime/func.rs` ─ checks ─▶ `enter::call` ─ stack limit, thread ─▶ `arch` ─ notes the stack ─▶ (array-to-wasm
//! trampoline) ─▶ guest code ─▶ `direct`, or a wasm-to-array trampoline and `host_func` ─▶ the application's closure.
//! It ends by returning the same way, or early: a signal (`traps::on_signal`) or the builtin `raise` notes why and goes to
//! `arch::landing`, which restores what was pushed on the way in and goes on where that ended. An exception goes on in a
//! handler of a guest frame below (`unwind`), or lands when there is none. No Rust frame with destructors is ever skipped:
//! between `enter` and the landing, and between a handler and a throw, lie guest frames and those of the builtin only.
#![allow(unsafe_code, reason = "island: see ARCHITECTURE, I4")]

mod arch;
pub(crate) mod block;
mod builtins;
pub(crate) mod call_limit;
#[cfg(feature = "dylib")]
mod code_elsewhere;
pub(crate) mod code_memory;
mod code_region;
pub(crate) mod code_tables;
pub(crate) mod direct;
pub(crate) mod enter;
mod frames;
pub(crate) mod host_func;
pub(crate) mod image;
#[cfg(feature = "compile")]
pub(crate) mod lazy_code;
#[cfg(feature = "dylib")]
mod library;
pub(crate) mod memory;
pub(crate) mod offsets;
pub(crate) mod place;
#[cfg(all(test, feature = "compile"))]
mod signal_tests;
pub(crate) mod store;
mod thread;
mod traps;
mod unwind;

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};

pub(crate) use code_memory::CodeMemory;

/// To be called by the child of a `fork`, in which the calling thread has another number than before.
pub(crate) fn forked() {
    // SAFETY: the state of the thread that this runs on; nobody has it exclusively.
    unsafe { &*thread::current() }.id.set(0);
}

/// Installs the process's signal handlers, once.
pub(crate) fn install_signal_handlers() -> std::io::Result<()> {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if INSTALLED.load(Acquire) {
        return Ok(());
    }
    // SAFETY: `on_signal` redirects only threads whose innermost code is published guest code, to the landing of the
    // innermost entry.
    unsafe { crate::sys::signals::install(traps::on_signal)? };
    INSTALLED.store(true, Release);
    Ok(())
}
