//! What the benchmarks share: the guest, a live plugin of it, and the native library. Measuring is in `benches/`.

#![forbid(unsafe_code)]

use plugbay::{Error, Grants, Host, Linked, Plugin, Source};

/// The guest in text form.
pub const GUEST: &str = include_str!("../guests/bench.wat");

/// The guest as a component.
///
/// # Panics
/// When the text is no component; it is part of this crate.
#[must_use]
pub fn guest() -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "the text is part of this crate")]
    wat::parse_str(GUEST).expect("the guest of the benchmarks is well-formed")
}

/// The composition in text form.
const COMPOSITION: &str = include_str!("../guests/compose.wat");

/// Two components in one, of which the first calls the second: `run-host-add` and `run-host-log` of the interface that the
/// guest of the peers benchmark exports, so that its workers can run it in that guest's place.
///
/// # Panics
/// When the text is no component; it is part of this crate.
#[must_use]
pub fn composition() -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "the text is part of this crate")]
    wat::parse_str(COMPOSITION).expect("the composition of the benchmarks is well-formed")
}

/// A host that offers the one function that the guest imports.
///
/// # Errors
/// When the machine cannot run the engine.
pub fn host() -> Result<Host, Error> {
    Host::builder()
        .provide("add", |linker| {
            linker.root().func_wrap("add", |_, (a, b): (u32, u32)| Ok(a.wrapping_add(b)))?;
            Ok(())
        })
        .build()
}

/// The guest, compiled and linked.
///
/// # Errors
/// When it cannot be.
pub fn linked() -> Result<Linked, Error> {
    host()?.compile(Source::bytes("bench", guest()))?.link(&Grants::none().allow("add"))
}

/// A live plugin.
///
/// # Errors
/// When there can be none.
pub fn plugin() -> Result<Plugin, Error> {
    linked()?.instantiate(())
}
