//! What differs between processors: entry into guest code, where stopped calls land, and leaving guest code by a trap or an
//! exception; and the stubs of functions that are compiled when they are first called. One file of each for each processor.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(feature = "compile")]
#[cfg_attr(target_arch = "aarch64", path = "stub_aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "stub_x86_64.rs")]
pub(super) mod stub;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub(super) use aarch64::{
    enter_integers, enter_mixed, float_from_guest, flush_instructions, from_guest, interrupt, landing, raise,
    throw, throw_ref,
};
#[cfg(target_arch = "x86_64")]
pub(super) use x86_64::{
    enter_integers, enter_mixed, float_from_guest, flush_instructions, from_guest, interrupt, landing, raise,
    throw, throw_ref,
};

/// Integer parameters that travel in registers; what a function does not take is anything.
pub(super) type Integers = [u64; 4];

/// Float parameters that travel in registers, a narrow one in the low half.
pub(super) type Floats = [f64; 8];

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("plugbay runs on x86-64 and aarch64");
