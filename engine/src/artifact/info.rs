//! What a module declares, to bytes and back. Reading trusts nothing: counts are paid for by bytes, indices are looked up
//! with `get` wherever they are used later, and what cannot be is an error.

use std::collections::HashMap;
use std::sync::Arc;

use super::bytes::Bytes;
use super::constant;
use super::error::nonsense;
use super::wire::{Read, Reader, Writer};
use crate::config::Config;
use crate::engine::Engine;
use crate::memory_plan::MemoryPlan;
use crate::module::info::{
    DataSegment, ElementItems, ElementSegment, Entity, Export, Import, Memory, ModuleInfo, SegmentMode, Table,
};
use crate::runtime::signature::{Signature, Signatures};
use crate::types::{
    FuncType, FuncTypeId, GlobalType, HeapType, IndexType, MemoryType, RefType, TableType, ValType,
};

/// The declarations as bytes; those of data segments lie elsewhere, one after the other. `code_start` is what
/// [`SymbolSections`](crate::module::symbols::SymbolSections) says.
pub(super) fn write(info: &ModuleInfo, signatures: &Signatures, code_start: u64) -> Vec<u8> {
    let types = TypeIndices::new(signatures);
    let mut out = Writer::default();
    // By name, so that what is added to the declarations is added here.
    let ModuleInfo {
        types: func_types,
        imports,
        functions,
        tables,
        memories,
        globals,
        global_inits,
        exports,
        exports_by_name: _,
        start,
        elements,
        data,
        num_imported_functions,
        num_imported_tables,
        num_imported_memories,
        num_imported_globals,
        tags,
        num_imported_tags,
        escaping,
        func_refs: _,
    } = info;
    out.list(func_types, |out, ty| {
        out.list(ty.params(), |out, ty| types.value(out, *ty));
        out.list(ty.results(), |out, ty| types.value(out, *ty));
    });
    out.list(imports, |out, import| {
        out.text(&import.module);
        out.text(&import.name);
        entity(out, import.kind);
    });
    for count in [num_imported_functions, num_imported_tables, num_imported_memories, num_imported_globals] {
        out.u32(*count);
    }
    out.list(functions, |out, ty| out.u32(*ty));
    out.list(tables, |out, table| {
        types.reference(out, table.ty.element);
        limits(out, table.ty.index, table.ty.minimum, table.ty.maximum);
        out.option(table.init.as_ref(), constant::write);
    });
    out.list(memories, |out, memory| {
        limits(out, memory.ty.index, memory.ty.minimum, memory.ty.maximum);
    });
    out.list(globals, |out, global| {
        types.value(out, global.content);
        out.u8(u8::from(global.mutable));
    });
    out.list(global_inits, constant::write);
    out.list(exports, |out, export| {
        out.text(&export.name);
        entity(out, export.kind);
    });
    out.option(*start, Writer::u32);
    out.list(elements, |out, segment| element(out, &types, segment));
    out.list(data, |out, segment| {
        mode(out, &segment.mode);
        out.count(segment.bytes.len());
    });
    out.list(escaping, |out, function| out.u32(*function));
    out.u32(*num_imported_tags);
    out.list(tags, |out, ty| out.u32(*ty));
    out.u64(code_start);
    out.0
}

/// The declarations from bytes, with the signatures of the types; `data` are the bytes of the data segments.
pub(super) fn read(bytes: &[u8], data: &Bytes, engine: &Engine) -> Read<(ModuleInfo, Signatures, u64)> {
    let mut bytes = Reader::new(bytes);
    let mut info = ModuleInfo::default();
    let mut types = Types(Vec::new());
    for ty in bytes.list(8, |bytes| types.read(bytes, engine))? {
        info.types.push(ty);
    }
    info.imports = bytes.list(13, |bytes| {
        Ok(Import { module: bytes.text()?, name: bytes.text()?, kind: read_entity(bytes)? })
    })?;
    info.num_imported_functions = bytes.u32()?;
    info.num_imported_tables = bytes.u32()?;
    info.num_imported_memories = bytes.u32()?;
    info.num_imported_globals = bytes.u32()?;
    info.functions = bytes.numbers()?;
    info.tables = bytes.list(12, |bytes| {
        let element = types.reference(bytes)?;
        let (index, minimum, maximum) = read_limits(bytes)?;
        let ty = TableType { element, index, minimum, maximum };
        Ok(Table { ty, init: bytes.option(constant::read)? })
    })?;
    info.memories = bytes.list(10, |bytes| {
        let (index, minimum, maximum) = read_limits(bytes)?;
        Ok(memory(MemoryType { index, minimum, maximum }, engine.config()))
    })?;
    info.globals =
        bytes.list(2, |bytes| Ok(GlobalType { content: types.value(bytes)?, mutable: bytes.bool()? }))?;
    info.global_inits = bytes.list(1, constant::read)?;
    info.exports = bytes.list(9, |bytes| Ok(Export { name: bytes.text()?, kind: read_entity(bytes)? }))?;
    info.start = bytes.option(Reader::u32)?;
    info.elements = bytes.list(6, |bytes| read_element(bytes, &types))?;
    let mut at = 0_usize;
    info.data = bytes.list(5, |bytes| {
        let (mode, len) = (read_mode(bytes)?, bytes.u32()? as usize);
        let end = at.checked_add(len).ok_or(nonsense("a data segment"))?;
        let bytes = data.slice(at..end).ok_or(nonsense("a data segment"))?;
        at = end;
        Ok(DataSegment { mode, bytes })
    })?;
    for function in bytes.numbers()? {
        if function as usize >= info.functions.len() {
            return Err(nonsense("a function that is not there"));
        }
        info.escape(function);
    }
    info.num_imported_tags = bytes.u32()?;
    info.tags = bytes.numbers()?;
    let code_start = bytes.u64()?;
    bytes.finish()?;
    check(&info)?;
    info.sort_exports();
    Ok((info, Signatures::new(types.0), code_start))
}

/// What other code relies on without looking.
fn check(info: &ModuleInfo) -> Read<()> {
    let counted = [
        (info.num_imported_functions, info.functions.len()),
        (info.num_imported_tables, info.tables.len()),
        (info.num_imported_memories, info.memories.len()),
        (info.num_imported_globals, info.globals.len()),
        (info.num_imported_tags, info.tags.len()),
    ];
    let fits = counted.iter().all(|(imported, all)| *imported as usize <= *all)
        && info.functions.iter().chain(&info.tags).all(|ty| (*ty as usize) < info.types.len())
        && info.globals.len() == (info.num_imported_globals as usize).saturating_add(info.global_inits.len());
    if fits { Ok(()) } else { Err(nonsense("the declarations do not fit each other")) }
}

/// A memory, planned as it was when its module was compiled under the same settings.
fn memory(ty: MemoryType, config: &Config) -> Memory {
    Memory { ty, plan: MemoryPlan::new(&ty, config) }
}

/// The type indices of a module's signatures.
struct TypeIndices(HashMap<FuncTypeId, u32>);

impl TypeIndices {
    fn new(signatures: &Signatures) -> Self {
        Self((0..).zip(signatures.iter()).map(|(index, signature)| (signature.type_id(), index)).collect())
    }

    fn value(&self, out: &mut Writer, ty: ValType) {
        match ty {
            ValType::I32 => out.u8(0),
            ValType::I64 => out.u8(1),
            ValType::F32 => out.u8(2),
            ValType::F64 => out.u8(3),
            ValType::V128 => out.u8(4),
            ValType::Ref(ty) => {
                out.u8(5);
                self.reference(out, ty);
            }
        }
    }

    fn reference(&self, out: &mut Writer, ty: RefType) {
        out.u8(u8::from(ty.nullable));
        match ty.heap {
            HeapType::Func => out.u8(0),
            HeapType::Extern => out.u8(1),
            HeapType::Concrete(id) => {
                out.u8(2);
                // A type that is none of the module's is refused when it is read.
                out.u32(self.0.get(&id).copied().unwrap_or(u32::MAX));
            }
            HeapType::Exn => out.u8(3),
            HeapType::NoExn => out.u8(4),
        }
    }
}

/// The signatures of the types read so far.
struct Types(Vec<Arc<Signature>>);

impl Types {
    fn read(&mut self, bytes: &mut Reader<'_>, engine: &Engine) -> Read<FuncType> {
        let params = bytes.list(1, |bytes| self.value(bytes))?;
        let results = bytes.list(1, |bytes| self.value(bytes))?;
        let signature = engine.signature(&FuncType::new(params, results));
        let ty = signature.ty().clone();
        self.0.push(signature);
        Ok(ty)
    }

    fn value(&self, bytes: &mut Reader<'_>) -> Read<ValType> {
        Ok(match bytes.u8()? {
            0 => ValType::I32,
            1 => ValType::I64,
            2 => ValType::F32,
            3 => ValType::F64,
            4 => ValType::V128,
            5 => ValType::Ref(self.reference(bytes)?),
            _ => return Err(nonsense("an unknown type")),
        })
    }

    fn reference(&self, bytes: &mut Reader<'_>) -> Read<RefType> {
        let nullable = bytes.bool()?;
        let heap = match bytes.u8()? {
            0 => HeapType::Func,
            1 => HeapType::Extern,
            2 => {
                let signature = self.0.get(bytes.u32()? as usize);
                HeapType::Concrete(signature.ok_or(nonsense("a type that is not there"))?.type_id())
            }
            3 => HeapType::Exn,
            4 => HeapType::NoExn,
            _ => return Err(nonsense("an unknown type")),
        };
        Ok(RefType { nullable, heap })
    }
}

fn limits(out: &mut Writer, index: IndexType, minimum: u64, maximum: Option<u64>) {
    out.u8(u8::from(index == IndexType::I64));
    out.u64(minimum);
    out.option(maximum, Writer::u64);
}

fn read_limits(bytes: &mut Reader<'_>) -> Read<(IndexType, u64, Option<u64>)> {
    let index = if bytes.bool()? { IndexType::I64 } else { IndexType::I32 };
    Ok((index, bytes.u64()?, bytes.option(Reader::u64)?))
}

fn entity(out: &mut Writer, entity: Entity) {
    let (kind, index) = match entity {
        Entity::Function(index) => (0, index),
        Entity::Table(index) => (1, index),
        Entity::Memory(index) => (2, index),
        Entity::Global(index) => (3, index),
        Entity::Tag(index) => (4, index),
    };
    out.u8(kind);
    out.u32(index);
}

fn read_entity(bytes: &mut Reader<'_>) -> Read<Entity> {
    let (kind, index) = (bytes.u8()?, bytes.u32()?);
    Ok(match kind {
        0 => Entity::Function(index),
        1 => Entity::Table(index),
        2 => Entity::Memory(index),
        3 => Entity::Global(index),
        4 => Entity::Tag(index),
        _ => return Err(nonsense("an unknown kind of import or export")),
    })
}

fn mode(out: &mut Writer, mode: &SegmentMode) {
    match mode {
        SegmentMode::Passive => out.u8(0),
        SegmentMode::Active { target, offset } => {
            out.u8(1);
            out.u32(*target);
            constant::write(out, offset);
        }
        SegmentMode::Declared => out.u8(2),
    }
}

fn read_mode(bytes: &mut Reader<'_>) -> Read<SegmentMode> {
    Ok(match bytes.u8()? {
        0 => SegmentMode::Passive,
        1 => SegmentMode::Active { target: bytes.u32()?, offset: constant::read(bytes)? },
        2 => SegmentMode::Declared,
        _ => return Err(nonsense("an unknown kind of segment")),
    })
}

fn element(out: &mut Writer, types: &TypeIndices, segment: &ElementSegment) {
    mode(out, &segment.mode);
    types.reference(out, segment.ty);
    match &segment.items {
        ElementItems::Functions(functions) => {
            out.u8(0);
            out.list(functions, |out, function| out.u32(*function));
        }
        ElementItems::Expressions(items) => {
            out.u8(1);
            out.list(items, constant::write);
        }
    }
}

fn read_element(bytes: &mut Reader<'_>, types: &Types) -> Read<ElementSegment> {
    let (mode, ty) = (read_mode(bytes)?, types.reference(bytes)?);
    let items = match bytes.u8()? {
        0 => ElementItems::Functions(bytes.numbers()?.into()),
        1 => ElementItems::Expressions(bytes.list(1, constant::read)?.into()),
        _ => return Err(nonsense("an unknown kind of element")),
    };
    Ok(ElementSegment { mode, ty, items })
}
