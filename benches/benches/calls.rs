//! What a call costs, beside the same work in a native shared library: integers, a string both ways, a list of records,
//! and calls back into the host.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has to say so")]
#![expect(
    unsafe_code,
    reason = "calling a native library is unsafe; it is the limit that everything is compared with"
)]

use divan::{Bencher, black_box};
use libloading::{Library, Symbol};
use plugbay::{ComponentType, Lower, Val};

fn main() {
    divan::main();
}

/// Sizes of the echoed string, in bytes.
const STRINGS: [usize; 3] = [16, 1 << 10, 64 << 10];
/// How many records are passed.
const RECORDS: usize = 1_000;
/// How often the guest calls back in one call.
const CALLS_BACK: u32 = 1_000;

/// The record that the guest takes.
#[derive(Clone, Debug, ComponentType, Lower)]
#[component(record)]
struct Item {
    name: String,
    a: u32,
    b: u32,
}

fn items() -> Vec<Item> {
    (0..RECORDS).map(|i| Item { name: format!("record {i}"), a: i as u32, b: 1 }).collect()
}

fn native() -> Library {
    // SAFETY: the library is built by this package's build script and has no initialisers.
    unsafe { Library::new(env!("NATIVE_LIBRARY")) }.unwrap()
}

mod add {
    use super::*;

    #[divan::bench(sample_size = 1_000)]
    fn typed(bencher: Bencher<'_, '_>) {
        let mut plugin = plugbay_benches::plugin().unwrap();
        let add = plugin.typed::<(u32, u32), u32>("add-numbers").unwrap();
        bencher.bench_local(|| plugin.call_typed("add-numbers", &add, (black_box(1), 2)).unwrap());
    }

    #[divan::bench(sample_size = 1_000)]
    fn dynamic(bencher: Bencher<'_, '_>) {
        let mut plugin = plugbay_benches::plugin().unwrap();
        let args = [Val::U32(1), Val::U32(2)];
        bencher.bench_local(|| plugin.call_dynamic("add-numbers", black_box(&args)).unwrap());
    }

    #[divan::bench(sample_size = 1_000)]
    fn native_limit(bencher: Bencher<'_, '_>) {
        let library = native();
        // SAFETY: the signature is that of `native/native.rs`.
        let add: Symbol<'_, extern "C" fn(u32, u32) -> u32> = unsafe { library.get(b"native_add") }.unwrap();
        bencher.bench_local(|| add(black_box(1), 2));
    }
}

mod echo {
    use super::*;

    #[divan::bench(args = STRINGS, sample_size = 200)]
    fn typed(bencher: Bencher<'_, '_>, size: usize) {
        let mut plugin = plugbay_benches::plugin().unwrap();
        let text = "x".repeat(size);
        let echo = plugin.typed::<(&str,), String>("echo").unwrap();
        // The string that comes back is dropped within the measured time, as a caller would.
        bencher.bench_local(|| plugin.call_typed("echo", &echo, (black_box(text.as_str()),)).unwrap().len());
    }

    #[divan::bench(args = STRINGS, sample_size = 200)]
    fn native_limit(bencher: Bencher<'_, '_>, size: usize) {
        let library = native();
        // SAFETY: the signature is that of `native/native.rs`.
        let echo: Symbol<'_, unsafe extern "C" fn(*const u8, usize, *mut u8)> =
            unsafe { library.get(b"native_echo") }.unwrap();
        let text = "x".repeat(size);
        bencher.bench_local(|| {
            let mut out = vec![0; text.len()];
            // SAFETY: both buffers have the length that is given.
            unsafe { echo(black_box(text.as_ptr()), text.len(), out.as_mut_ptr()) };
            String::from_utf8(out).unwrap().len()
        });
    }
}

mod records_in {
    use super::*;

    #[divan::bench(sample_size = 20)]
    fn typed(bencher: Bencher<'_, '_>) {
        let mut plugin = plugbay_benches::plugin().unwrap();
        let items = items();
        let sum = plugin.typed::<(&'static [Item],), u64>("sum").unwrap();
        let items: &'static [Item] = items.leak();
        bencher.bench_local(|| plugin.call_typed("sum", &sum, (black_box(items),)).unwrap());
    }

    #[divan::bench(sample_size = 20)]
    fn native_limit(bencher: Bencher<'_, '_>) {
        let library = native();
        // SAFETY: the signature is that of `native/native.rs`, for an array of its records.
        let sum: Symbol<'_, unsafe extern "C" fn(*const NativeItem, usize) -> u64> =
            unsafe { library.get(b"native_sum") }.unwrap();
        let items = items();
        bencher.bench_local(|| {
            // What any boundary has to do: copy the names and the numbers to where the other side reads them.
            let mut names = Vec::with_capacity(RECORDS * 16);
            let mut records = Vec::with_capacity(RECORDS);
            for item in black_box(&items) {
                names.extend_from_slice(item.name.as_bytes());
                let name_length = item.name.len() as u32;
                records.push(NativeItem { name: names.as_ptr(), name_length, a: item.a, b: item.b });
            }
            // SAFETY: the array has the length that is given; the names are not read.
            unsafe { sum(records.as_ptr(), records.len()) }
        });
    }

    /// A record as the native library sees it.
    #[repr(C)]
    struct NativeItem {
        name: *const u8,
        name_length: u32,
        a: u32,
        b: u32,
    }
}

mod host_calls {
    use super::*;

    #[divan::bench(counters = [divan::counter::ItemsCount::new(CALLS_BACK)], sample_size = 20)]
    fn typed(bencher: Bencher<'_, '_>) {
        let mut plugin = plugbay_benches::plugin().unwrap();
        let call = plugin.typed::<(u32,), u32>("call-host").unwrap();
        bencher.bench_local(|| plugin.call_typed("call-host", &call, (black_box(CALLS_BACK),)).unwrap());
    }

    #[divan::bench(counters = [divan::counter::ItemsCount::new(CALLS_BACK)], sample_size = 20)]
    fn native_limit(bencher: Bencher<'_, '_>) {
        extern "C" fn add(a: u32, b: u32) -> u32 {
            a.wrapping_add(b)
        }
        let library = native();
        // SAFETY: the signature is that of `native/native.rs`.
        let call: Symbol<'_, extern "C" fn(u32, extern "C" fn(u32, u32) -> u32) -> u32> =
            unsafe { library.get(b"native_call_back") }.unwrap();
        bencher.bench_local(|| call(black_box(CALLS_BACK), add));
    }
}
