//! The independent interpreter, wasmi, as a machine. (Of its 1.x line: 2.0.0 gets `select` as an operand of a division wrong.)

use wasmi::{
    Caller, Config, Engine, Error, Extern, ExternType, F32, F64, Func, Global, Instance, Memory, Module,
    Store, Table, TrapCode, V128, Val, ValType,
};

use super::{Cell, Kind, Machine, Stop, Trace, Value, hash, host};

/// An instance on wasmi.
pub struct Oracle {
    store: Store<Trace>,
    instance: Instance,
}

/// The engine, with the proposals that both know.
pub fn engine() -> Engine {
    let mut config = Config::default();
    config
        .wasm_multi_memory(true)
        .wasm_memory64(true)
        .wasm_simd(true)
        .wasm_relaxed_simd(true)
        .wasm_tail_call(true)
        .wasm_extended_const(true)
        .set_max_recursion_depth(100_000)
        .set_max_stack_height(64 << 20);
    Engine::new(&config)
}

impl Oracle {
    /// Instantiates a module; `None` if wasmi does not take it.
    ///
    /// # Errors
    /// How instantiation stopped.
    pub fn new(engine: &Engine, bytes: &[u8]) -> Option<Result<Self, Stop>> {
        let module = Module::new(engine, bytes).ok()?;
        let mut store = Store::new(engine, Trace::default());
        let types: Vec<ExternType> = module.imports().map(|import| import.ty().clone()).collect();
        let mut imports = Vec::with_capacity(types.len());
        let mut functions = 0;
        for ty in types {
            functions += usize::from(matches!(ty, ExternType::Func(_)));
            imports.push(import(&mut store, functions, ty)?);
        }
        Some(
            Instance::new(&mut store, &module, &imports)
                .map(|instance| Self { store, instance })
                .map_err(stop),
        )
    }
}

/// What is given for an import; `index` counts the functions.
fn import(store: &mut Store<Trace>, index: usize, ty: ExternType) -> Option<Extern> {
    Some(match ty {
        ExternType::Func(ty) => {
            let results: Vec<Kind> = ty.results().iter().map(kind).collect();
            let call = move |mut caller: Caller<'_, Trace>, args: &[Val], slots: &mut [Val]| {
                let args: Vec<Value> = args.iter().map(from).collect();
                let answer = host::answer(caller.data_mut(), index, &args, &results);
                for (slot, value) in slots.iter_mut().zip(answer.ok_or_else(|| Error::new("no"))?) {
                    *slot = to(value, slot.clone());
                }
                Ok(())
            };
            Func::new(store, ty, call).into()
        }
        ExternType::Memory(ty) => Memory::new(store, ty).ok()?.into(),
        ExternType::Table(ty) => {
            let null = Val::default(ty.element());
            Table::new(store, ty, null).ok()?.into()
        }
        ExternType::Global(ty) => Global::new(store, Val::default(ty.content()), ty.mutability()).into(),
    })
}

impl Machine for Oracle {
    fn functions(&mut self) -> Vec<(String, Vec<Kind>)> {
        let mut functions: Vec<_> = self
            .instance
            .exports(&self.store)
            .filter_map(|export| {
                let name = export.name().to_owned();
                let ty = export.into_func()?.ty(&self.store);
                Some((name, ty.params().iter().map(kind).collect()))
            })
            .collect();
        functions.sort_by(|a, b| a.0.cmp(&b.0));
        functions
    }

    fn call(&mut self, name: &str, args: &[Value]) -> Result<Vec<Value>, Stop> {
        let func = self.instance.get_func(&self.store, name).expect("an export that is there");
        let ty = func.ty(&self.store);
        let null = |ty: &ValType| Val::default(*ty);
        let args: Vec<Val> = args.iter().zip(ty.params()).map(|(value, ty)| to(*value, null(ty))).collect();
        let mut results: Vec<Val> = ty.results().iter().map(null).collect();
        func.call(&mut self.store, &args, &mut results).map_err(stop)?;
        Ok(results.iter().map(from).collect())
    }

    fn cells(&mut self) -> Vec<(String, Cell)> {
        let exports: Vec<_> = self
            .instance
            .exports(&self.store)
            .map(|export| (export.name().to_owned(), export.into_extern()))
            .collect();
        let mut cells: Vec<_> =
            exports.into_iter().filter_map(|(name, export)| Some((name, self.cell(export)?))).collect();
        cells.sort_by(|a, b| a.0.cmp(&b.0));
        cells
    }

    fn trace(&self) -> Trace {
        *self.store.data()
    }
}

impl Oracle {
    fn cell(&self, export: Extern) -> Option<Cell> {
        Some(match export {
            Extern::Memory(memory) => {
                let bytes = memory.data(&self.store);
                Cell::Memory(bytes.len(), hash(bytes))
            }
            Extern::Global(global) => Cell::Global(from(&global.get(&self.store))),
            Extern::Table(table) => {
                let len = table.size(&self.store);
                let there = |index| {
                    table.get(&self.store, index).is_some_and(|value| from(&value) == Value::Ref(true))
                };
                let nulls: Vec<u8> = (0..len).map(|index| u8::from(there(index))).collect();
                Cell::Table(len, hash(&nulls))
            }
            Extern::Func(_) => return None,
        })
    }
}

/// How an error ended a call, in the words of the test suite.
fn stop(error: Error) -> Stop {
    let Some(code) = error.as_trap_code() else {
        return match error.kind() {
            wasmi::errors::ErrorKind::Message(_) => Stop::Host,
            _ => Stop::Bounds(error.to_string()),
        };
    };
    Stop::Trap(match code {
        TrapCode::UnreachableCodeReached => "unreachable",
        TrapCode::MemoryOutOfBounds => "out of bounds memory access",
        TrapCode::TableOutOfBounds => "out of bounds table access",
        TrapCode::IndirectCallToNull => "uninitialized element",
        TrapCode::IntegerDivisionByZero => "integer divide by zero",
        TrapCode::IntegerOverflow => "integer overflow",
        TrapCode::BadConversionToInteger => "invalid conversion to integer",
        TrapCode::BadSignature => "indirect call type mismatch",
        other => return Stop::Bounds(format!("{other:?}")),
    })
}

fn kind(ty: &ValType) -> Kind {
    match ty {
        ValType::I32 => Kind::I32,
        ValType::I64 => Kind::I64,
        ValType::F32 => Kind::F32,
        ValType::F64 => Kind::F64,
        ValType::V128 => Kind::V128,
        ValType::FuncRef | ValType::ExternRef => Kind::Ref,
    }
}

fn from(value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(value.cast_unsigned()),
        Val::I64(value) => Value::I64(value.cast_unsigned()),
        Val::F32(value) => Value::F32(value.to_bits()),
        Val::F64(value) => Value::F64(value.to_bits()),
        Val::V128(value) => Value::V128(value.as_u128()),
        Val::FuncRef(func) => Value::Ref(!func.is_null()),
        Val::ExternRef(number) => Value::Ref(!number.is_null()),
    }
}

/// The same value; for references, the null that `null` is.
fn to(value: Value, null: Val) -> Val {
    match value {
        Value::I32(value) => Val::I32(value.cast_signed()),
        Value::I64(value) => Val::I64(value.cast_signed()),
        Value::F32(bits) => Val::F32(F32::from_bits(bits)),
        Value::F64(bits) => Val::F64(F64::from_bits(bits)),
        Value::V128(value) => Val::V128(V128::from(value)),
        Value::Ref(_) => null,
    }
}
