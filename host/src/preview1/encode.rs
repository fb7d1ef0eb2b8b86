//! A surveyed module becomes a component, with the adapter that gives it preview 1 by WASI 0.2 if it wants that.

use std::panic::{AssertUnwindSafe, catch_unwind};

use plugbay_component::engine::SourceHash;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::ComponentEncoder;

use super::refused;
use super::survey::PREVIEW1;
use crate::error::Result;

/// What gives a module preview 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adapter {
    /// For modules with `_start`, which becomes `wasi:cli/run`.
    Command,
    /// For all others.
    Reactor,
}

impl Adapter {
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Command => WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
            Self::Reactor => WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        }
    }
}

/// The component of a valid module.
pub(super) fn encode(module: &[u8], adapter: Option<Adapter>) -> Result<Vec<u8>> {
    let work = || -> Result<Vec<u8>, String> {
        let told = |error: &dyn std::fmt::Display| format!("{error:#}");
        let mut encoder = ComponentEncoder::default();
        encoder.module(module).map_err(|error| told(&error))?;
        if let Some(adapter) = adapter {
            encoder.adapter(PREVIEW1, adapter.bytes()).map_err(|error| told(&error))?;
        }
        encoder.encode().map_err(|error| told(&error))
    };
    // The encoder was written for modules of compilers. One that was written for the encoder must not end the host.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(component)) => Ok(component),
        Ok(Err(reason)) => Err(refused(None, format!("the core module cannot be made into a component: {reason}"))),
        Err(_) => Err(refused(
            None,
            "the core module cannot be made into a component: its imports, exports and types contradict each other".to_owned(),
        )),
    }
}

/// The hash of a module and of what it becomes a component with.
pub(super) fn source_hash(module: &[u8]) -> SourceHash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(Adapter::Command.bytes()).update(Adapter::Reactor.bytes()).update(module);
    SourceHash::of(hasher.finalize().as_bytes())
}
