//! Modules: from bytes to declarations (`decode`, `info`, `consts`, `names`) and code. The caps on inputs are in `limits`.

pub(crate) mod consts;
pub(crate) mod info;
mod stub;

pub use stub::Module;
