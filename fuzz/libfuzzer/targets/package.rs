//! The target `package` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    plugbay_fuzz::targets::package::run(bytes);
});
