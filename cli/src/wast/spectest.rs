//! The `spectest` instance that core scripts may import from (WebAssembly/spec, `interpreter/README.md`, "spectest").

use plugbay_engine::{
    Context, Extern, Func, FuncType, Global, GlobalType, IndexType, Memory, MemoryType, RefType, Result,
    Table, TableType, Val, ValType,
};
use std::collections::HashMap;

/// Makes the exports of `spectest` in a store. The functions print nothing.
///
/// # Errors
/// When the store refuses one of them.
pub(crate) fn exports(cx: &mut Context<'_, ()>) -> Result<HashMap<String, Extern>> {
    use ValType::{F32, F64, I32, I64};
    let mut exports = HashMap::new();
    let functions: [(&str, &[ValType]); 7] = [
        ("print", &[]),
        ("print_i32", &[I32]),
        ("print_i64", &[I64]),
        ("print_f32", &[F32]),
        ("print_f64", &[F64]),
        ("print_i32_f32", &[I32, F32]),
        ("print_f64_f64", &[F64, F64]),
    ];
    for (name, params) in functions {
        let func = Func::new(cx, FuncType::new(params, []), |_, _, _| Ok(()));
        exports.insert(name.to_owned(), Extern::Func(func));
    }
    let globals = [
        ("global_i32", I32, Val::I32(666)),
        ("global_i64", I64, Val::I64(666)),
        ("global_f32", F32, Val::F32(666.6_f32.to_bits())),
        ("global_f64", F64, Val::F64(666.6_f64.to_bits())),
    ];
    for (name, content, value) in globals {
        let global = Global::new(cx, GlobalType { content, mutable: false }, value)?;
        exports.insert(name.to_owned(), Extern::Global(global));
    }
    for (name, index) in [("table", IndexType::I32), ("table64", IndexType::I64)] {
        let table = TableType { element: RefType::FUNCREF, index, minimum: 10, maximum: Some(20) };
        let table = Table::new(cx, table, Val::FuncRef(None))?;
        exports.insert(name.to_owned(), Extern::Table(table));
    }
    let memory = Memory::new(cx, MemoryType { index: IndexType::I32, minimum: 1, maximum: Some(2) })?;
    exports.insert("memory".to_owned(), Extern::Memory(memory));
    Ok(exports)
}
