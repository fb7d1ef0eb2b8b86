//! wasmparser's types in our form; what type indices stand for is given by the module's signatures so far. What we do not support is refused by validation before it gets here.

use std::sync::Arc;

use wasmparser::{AbstractHeapType, UnpackedIndex};

use crate::error::{Error, Result};
use crate::runtime::signature::Signature;
use crate::types::{FuncType, GlobalType, HeapType, IndexType, MemoryType, RefType, TableType, ValType};

/// The signatures of a module's types, by type index.
type Types = [Arc<Signature>];

/// Our form of one of wasmparser's value types.
pub(crate) fn value_type(types: &Types, ty: wasmparser::ValType) -> Result<ValType> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) => ValType::Ref(ref_type(types, ty)?),
    })
}

/// Our form of one of wasmparser's reference types.
pub(crate) fn ref_type(types: &Types, ty: wasmparser::RefType) -> Result<RefType> {
    let heap = match ty.heap_type() {
        wasmparser::HeapType::Abstract { shared: false, ty: AbstractHeapType::Func } => Some(HeapType::Func),
        wasmparser::HeapType::Abstract { shared: false, ty: AbstractHeapType::Extern } => {
            Some(HeapType::Extern)
        }
        wasmparser::HeapType::Abstract { shared: false, ty: AbstractHeapType::Exn } => Some(HeapType::Exn),
        wasmparser::HeapType::Abstract { shared: false, ty: AbstractHeapType::NoExn } => {
            Some(HeapType::NoExn)
        }
        wasmparser::HeapType::Concrete(UnpackedIndex::Module(index)) => {
            types.get(index as usize).map(|signature| HeapType::Concrete(signature.type_id()))
        }
        _ => None,
    };
    let heap =
        heap.ok_or_else(|| Error::internal(format!("references of type {ty} have no form of ours")))?;
    Ok(RefType { nullable: ty.is_nullable(), heap })
}

/// Our form of a function type.
pub(crate) fn func_type(types: &Types, ty: &wasmparser::FuncType) -> Result<FuncType> {
    let list = |list: &[wasmparser::ValType]| {
        list.iter().map(|ty| value_type(types, *ty)).collect::<Result<Vec<_>>>()
    };
    Ok(FuncType::new(list(ty.params())?, list(ty.results())?))
}

/// Our form of a table type.
pub(crate) fn table_type(types: &Types, ty: &wasmparser::TableType) -> Result<TableType> {
    Ok(TableType {
        element: ref_type(types, ty.element_type)?,
        index: index_type(ty.table64),
        minimum: ty.initial,
        maximum: ty.maximum,
    })
}

fn index_type(wide: bool) -> IndexType {
    if wide { IndexType::I64 } else { IndexType::I32 }
}

/// Our form of a memory type.
pub(crate) fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType { index: index_type(ty.memory64), minimum: ty.initial, maximum: ty.maximum }
}

/// Our form of a global type.
pub(crate) fn global_type(types: &Types, ty: &wasmparser::GlobalType) -> Result<GlobalType> {
    Ok(GlobalType { content: value_type(types, ty.content_type)?, mutable: ty.mutable })
}
