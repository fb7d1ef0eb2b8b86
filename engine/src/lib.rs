//! Core WebAssembly engine: validate, compile, run.

mod vm;
