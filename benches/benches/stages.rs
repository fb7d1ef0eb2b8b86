//! What it costs to get to a live plugin: compile, link, instantiate; for the benchmarks' small guest and for the example
//! plugins in four languages.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has to say so")]

use std::path::PathBuf;

use divan::{Bencher, black_box};
use plugbay::{Host, Source};

fn main() {
    divan::main();
}

/// The example plugins, by language and file.
const PLUGINS: [&str; 4] =
    ["rust/markdown.wasm", "c/whitespace.wasm", "go/outline.wasm", "assemblyscript/shout.wasm"];

fn plugin(path: &str) -> Vec<u8> {
    let examples = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins-example"));
    std::fs::read(examples.join(path)).unwrap()
}

#[divan::bench]
fn compile_small(bencher: Bencher<'_, '_>) {
    let (host, guest) = (plugbay_benches::host().unwrap(), plugbay_benches::guest());
    bencher.bench(|| host.compile(Source::bytes("bench", guest.as_slice())).unwrap());
}

#[divan::bench(args = PLUGINS, sample_count = 5, sample_size = 1)]
fn compile(bencher: Bencher<'_, '_>, path: &str) {
    let (host, bytes) = (Host::new().unwrap(), plugin(path));
    bencher.bench(|| host.compile(Source::bytes("plugin", bytes.as_slice())).unwrap());
}

#[divan::bench]
fn instantiate_and_drop(bencher: Bencher<'_, '_>) {
    let linked = plugbay_benches::linked().unwrap();
    bencher.bench(|| linked.instantiate(()).unwrap());
}

#[divan::bench]
fn instantiate_call_and_drop(bencher: Bencher<'_, '_>) {
    let linked = plugbay_benches::linked().unwrap();
    bencher.bench(|| {
        let mut plugin = linked.instantiate(()).unwrap();
        plugin.call::<_, u32>("add-numbers", (black_box(1u32), 2u32)).unwrap()
    });
}
