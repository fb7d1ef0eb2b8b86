//! The calling conventions of generated code: what a WebAssembly signature becomes.

use cranelift_codegen::ir::{AbiParam, ArgumentPurpose, Signature, Type, types};
use cranelift_codegen::isa::CallConv;

use crate::types::{FuncType, ValType};

/// The type of a value in generated code. References are addresses or tagged words, see `vm/offsets.rs`.
pub(crate) fn value_type(ty: ValType) -> Type {
    match ty {
        ValType::I32 => types::I32,
        ValType::I64 | ValType::Ref(_) => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::V128 => types::I8X16,
    }
}

/// The type of a local in generated code.
pub(super) fn local_type(ty: wasmparser::ValType) -> Type {
    match ty {
        wasmparser::ValType::I32 => types::I32,
        wasmparser::ValType::I64 | wasmparser::ValType::Ref(_) => types::I64,
        wasmparser::ValType::F32 => types::F32,
        wasmparser::ValType::F64 => types::F64,
        wasmparser::ValType::V128 => types::I8X16,
    }
}

/// The signature of a WebAssembly function: its own VM context, its caller's, then its parameters.
pub(crate) fn wasm(ty: &FuncType) -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params.push(AbiParam::special(types::I64, ArgumentPurpose::VMContext));
    signature.params.push(AbiParam::new(types::I64));
    signature.params.extend(ty.params().iter().map(|ty| AbiParam::new(value_type(*ty))));
    signature.returns.extend(ty.results().iter().map(|ty| AbiParam::new(value_type(*ty))));
    signature
}
