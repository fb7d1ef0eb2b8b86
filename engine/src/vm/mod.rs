//! Unsafe island 1: the raw layout shared with generated code, entry into it and exit from it.
//!
//! # Charter
//! 1. Every `unsafe` block has a `SAFETY:` line naming the fact it rests on and who establishes it.
//! 2. Every `unsafe fn` has a `# Safety` section.
//! 3. Each type that holds a raw pointer says what keeps the pointee alive.
//! 4. Nothing here parses guest bytes or makes policy: limits, names and errors are the business of `runtime/`.
//! 5. What an offset is, only `offsets.rs` says; the structs assert that they agree with it.

pub(crate) mod offsets;
