//! What the machine can do: the same functions as the guest has, as machine code behind a C interface. The benchmarks
//! call them through a shared library, so that no inlining makes them cheaper than a call can be.

/// Adds.
#[unsafe(no_mangle)]
pub extern "C" fn native_add(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}

/// Copies `length` bytes into memory of its own and back out, as a string has to be on its way through a plugin.
///
/// # Safety
/// `input` and `output` are valid for `length` bytes; nothing is called at the same time on another thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn native_echo(input: *const u8, length: usize, output: *mut u8) {
    static mut INSIDE: [u8; 1 << 20] = [0; 1 << 20];
    let inside = &raw mut INSIDE as *mut u8;
    // SAFETY: the caller vouches for both buffers; the one inside is larger than any benchmark's string.
    unsafe {
        std::ptr::copy_nonoverlapping(input, inside, length.min(1 << 20));
        std::ptr::copy_nonoverlapping(inside, output, length.min(1 << 20));
    }
}

/// A record as the guest sees it.
#[repr(C)]
pub struct Item {
    name: *const u8,
    name_length: u32,
    a: u32,
    b: u32,
}

/// Adds up the numbers and name lengths of `count` records.
///
/// # Safety
/// `items` is valid for `count` records.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn native_sum(items: *const Item, count: usize) -> u64 {
    // SAFETY: the caller vouches for the array.
    let items = unsafe { std::slice::from_raw_parts(items, count) };
    items.iter().map(|item| u64::from(item.name_length) + u64::from(item.a) + u64::from(item.b)).sum()
}

/// Calls `back` `count` times.
#[unsafe(no_mangle)]
pub extern "C" fn native_call_back(count: u32, back: extern "C" fn(u32, u32) -> u32) -> u32 {
    (0..count).fold(0, |sum, i| back(sum, i))
}
