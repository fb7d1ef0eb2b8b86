//! wasmparser's types in our form. What we do not support is refused by validation before it gets here.

use crate::error::{Error, Result};
use crate::types::{FuncType, GlobalType, MemoryType, RefType, TableType, ValType};

/// Our form of one of wasmparser's value types.
pub(crate) fn value_type(ty: wasmparser::ValType) -> Result<ValType> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) => ValType::Ref(ref_type(ty)?),
    })
}

/// Our form of one of wasmparser's reference types.
pub(crate) fn ref_type(ty: wasmparser::RefType) -> Result<RefType> {
    match ty {
        wasmparser::RefType::FUNCREF => Ok(RefType::Func),
        wasmparser::RefType::EXTERNREF => Ok(RefType::Extern),
        other => Err(Error::internal(format!("references of type {other} have no form of ours"))),
    }
}

/// Our form of a function type.
pub(crate) fn func_type(ty: &wasmparser::FuncType) -> Result<FuncType> {
    let list =
        |types: &[wasmparser::ValType]| types.iter().map(|ty| value_type(*ty)).collect::<Result<Vec<_>>>();
    Ok(FuncType::new(list(ty.params())?, list(ty.results())?))
}

/// Our form of a table type.
pub(crate) fn table_type(ty: &wasmparser::TableType) -> Result<TableType> {
    Ok(TableType { element: ref_type(ty.element_type)?, minimum: ty.initial, maximum: ty.maximum })
}

/// Our form of a memory type.
pub(crate) fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType { minimum: ty.initial, maximum: ty.maximum }
}

/// Our form of a global type.
pub(crate) fn global_type(ty: &wasmparser::GlobalType) -> Result<GlobalType> {
    Ok(GlobalType { content: value_type(ty.content_type)?, mutable: ty.mutable })
}
