//! plugbay's core WebAssembly engine: validate with wasmparser, compile with Cranelift, run.
//!
//! It knows modules, stores, instances and traps; no component, WASI, plugin or grant. Making code is safe; only running
//! it is not: `unsafe` lives in `vm/` (raw layout, entry, exit) and `sys/` (mapping, protection, signals) and nowhere else.
#![cfg_attr(not(feature = "compile"), allow(dead_code, reason = "much is there for the compiler alone"))]

mod artifact;
mod builtins;
#[cfg(feature = "compile")]
mod compile;
mod config;
mod engine;
mod error;
mod memory_plan;
mod module;
mod runtime;
mod sys;
#[cfg(feature = "compile")]
mod translate;
mod trap;
mod types;
mod vm;

#[cfg(feature = "compile")]
pub use artifact::ArtifactWriter;
pub use artifact::{Artifact, ArtifactError, SealKey, SourceHash};
pub use config::{CompileStrategy, Config, OptLevel, PoolConfig, TrapStyle};
pub use engine::Engine;
pub use error::{Error, ErrorKind, Fault, Result, Stage};
pub use module::{Module, ModuleLimits, harmless};
pub use runtime::{
    CallClock, CancelToken, Context, Exception, ExnRef, Extern, Func, Global, Instance, IntegerFunc, Memory,
    Number, Params, QuickMemory, Returns, SharedWords, Store, StoreLimits, Table, Tag, TypedFunc, Val,
};
pub use trap::{Frame, Location, Trap, TrapKind};
pub use types::{
    ExternType, FuncType, FuncTypeId, GlobalType, HeapType, IndexType, MemoryType, RefType, TableType,
    ValType,
};
