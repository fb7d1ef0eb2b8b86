//! Unsafe island 2: what the operating system gives: address space, memory protection, stacks, signals.
//!
//! # Charter
//! 1. Every `unsafe` block has a `SAFETY:` line naming the fact it rests on and who establishes it.
//! 2. Every `unsafe fn` has a `# Safety` section.
//! 3. Nothing here knows modules, stores or traps: `vm/` tells the signal handler what to do through [`signals::Hooks`].
//! 4. What runs inside a signal handler allocates nothing, locks nothing and calls only what is async-signal-safe.
//! 5. Linux on x86-64 and aarch64 (the latter is untested); what differs between processors is in `registers.rs`.
#![allow(unsafe_code, reason = "island: see ARCHITECTURE, I4")]

pub(crate) mod big_stack;
#[cfg(feature = "dylib")]
pub(crate) mod library;
pub(crate) mod mapping;
pub(crate) mod memory_file;
pub(crate) mod pagemap;
pub(crate) mod registers;
pub(crate) mod sealed_file;
pub(crate) mod signals;
pub(crate) mod stack;
pub(crate) mod thread;
