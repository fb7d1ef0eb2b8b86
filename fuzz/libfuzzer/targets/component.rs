//! The target `component` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    plugbay_fuzz::targets::component::run(bytes);
});
