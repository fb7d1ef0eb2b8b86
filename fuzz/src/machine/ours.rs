//! plugbay's engine as a machine.

use plugbay_engine::{
    Context, Engine, Error, ErrorKind, Extern, ExternType, Func, FuncType, Global, Instance, Memory, Module,
    Store, StoreLimits, Table, TrapKind, Val, ValType,
};

use super::{Cell, Kind, Machine, Stop, Trace, Value, hash, host};

/// An instance on plugbay.
pub struct Ours {
    store: Store<Trace>,
    instance: Instance,
}

impl Ours {
    /// Instantiates a module.
    ///
    /// # Errors
    /// How instantiation stopped.
    pub fn new(engine: &Engine, module: &Module) -> Result<Self, Stop> {
        let limits = StoreLimits { stack_bytes: 4 << 20, memory_bytes: 1 << 30, ..StoreLimits::default() };
        let mut store = Store::new(engine, Trace::default(), limits).map_err(stop)?;
        let mut cx = store.context();
        if engine.config().fuel() {
            cx.set_fuel(u64::MAX).map_err(stop)?;
        }
        let types: Vec<ExternType> = module.imports().map(|(_, _, ty)| ty).collect();
        let mut imports = Vec::with_capacity(types.len());
        let mut functions = 0;
        for ty in types {
            functions += usize::from(matches!(ty, ExternType::Func(_)));
            imports.push(import(&mut cx, functions, ty).map_err(stop)?);
        }
        let instance = Instance::new(&mut cx, module, &imports).map_err(stop)?;
        Ok(Self { store, instance })
    }
}

/// What is given for an import; `index` counts the functions.
fn import(cx: &mut Context<'_, Trace>, index: usize, ty: ExternType) -> Result<Extern, Error> {
    match ty {
        ExternType::Func(ty) => {
            let results: Vec<Kind> = ty.results().iter().map(kind).collect();
            let call = move |cx: &mut Context<'_, Trace>, args: &[Val], slots: &mut [Val]| {
                let args: Vec<Value> = args.iter().map(from).collect();
                let answer = host::answer(cx.data_mut(), index, &args, &results);
                for (slot, value) in slots.iter_mut().zip(answer.ok_or_else(|| Error::host("no"))?) {
                    *slot = to(value, *slot);
                }
                Ok(())
            };
            Ok(Func::new(cx, ty, call).into())
        }
        ExternType::Memory(ty) => Memory::new(cx, ty).map(Extern::from),
        ExternType::Table(ty) => {
            Table::new(cx, ty, Val::default_for(ValType::Ref(ty.element))).map(Extern::from)
        }
        ExternType::Global(ty) => Global::new(cx, ty, Val::default_for(ty.content)).map(Extern::from),
        _ => Err(Error::host("an import of an unknown kind")),
    }
}

impl Machine for Ours {
    fn functions(&mut self) -> Vec<(String, Vec<Kind>)> {
        let cx = self.store.context();
        let mut functions: Vec<_> = self
            .instance
            .exports(&cx)
            .into_iter()
            .filter_map(|(name, export)| {
                let ty: FuncType = export.into_func()?.ty(&cx);
                Some((name, ty.params().iter().map(kind).collect()))
            })
            .collect();
        functions.sort_by(|a, b| a.0.cmp(&b.0));
        functions
    }

    fn call(&mut self, name: &str, args: &[Value]) -> Result<Vec<Value>, Stop> {
        let mut cx = self.store.context();
        let func =
            self.instance.export(&cx, name).and_then(Extern::into_func).expect("an export that is there");
        let ty = func.ty(&cx);
        let args: Vec<Val> =
            args.iter().zip(ty.params()).map(|(value, ty)| to(*value, Val::default_for(*ty))).collect();
        let results = func.call(&mut cx, &args).map_err(stop)?;
        Ok(results.iter().map(from).collect())
    }

    fn cells(&mut self) -> Vec<(String, Cell)> {
        let cx = self.store.context();
        let mut cells: Vec<_> = self
            .instance
            .exports(&cx)
            .into_iter()
            .filter_map(|(name, export)| Some((name, cell(&cx, export)?)))
            .collect();
        cells.sort_by(|a, b| a.0.cmp(&b.0));
        cells
    }

    fn trace(&self) -> Trace {
        *self.store.data()
    }
}

fn cell(cx: &Context<'_, Trace>, export: Extern) -> Option<Cell> {
    Some(match export {
        Extern::Memory(memory) => {
            let bytes = memory.data(cx);
            Cell::Memory(bytes.len(), hash(bytes))
        }
        Extern::Global(global) => Cell::Global(from(&global.get(cx))),
        Extern::Table(table) => {
            let len = table.size(cx);
            let there =
                |index| matches!(table.get(cx, index).map(|value| from(&value)), Ok(Value::Ref(true)));
            let nulls: Vec<u8> = (0..len).map(|index| u8::from(there(index))).collect();
            Cell::Table(len, hash(&nulls))
        }
        _ => return None,
    })
}

/// How an error ended a call.
fn stop(error: Error) -> Stop {
    match error.kind() {
        ErrorKind::Trap(trap) if trap.kind() == TrapKind::StackOverflow => Stop::Bounds(error.to_string()),
        ErrorKind::Trap(trap) => Stop::Trap(trap.kind().text()),
        ErrorKind::Exception(_) => Stop::Exception,
        ErrorKind::Host(_) => Stop::Host,
        ErrorKind::Limit { .. } | ErrorKind::Os { .. } => Stop::Bounds(error.to_string()),
        _ => panic!("neither a trap nor a bound: {error}"),
    }
}

fn kind(ty: &ValType) -> Kind {
    match ty {
        ValType::I32 => Kind::I32,
        ValType::I64 => Kind::I64,
        ValType::F32 => Kind::F32,
        ValType::F64 => Kind::F64,
        ValType::V128 => Kind::V128,
        _ => Kind::Ref,
    }
}

fn from(value: &Val) -> Value {
    match *value {
        Val::I32(value) => Value::I32(value.cast_unsigned()),
        Val::I64(value) => Value::I64(value.cast_unsigned()),
        Val::F32(bits) => Value::F32(bits),
        Val::F64(bits) => Value::F64(bits),
        Val::V128(value) => Value::V128(value),
        Val::FuncRef(func) => Value::Ref(func.is_some()),
        Val::ExternRef(number) => Value::Ref(number.is_some()),
        _ => Value::Ref(true),
    }
}

/// The same value; for references, the null that `null` is.
fn to(value: Value, null: Val) -> Val {
    match value {
        Value::I32(value) => Val::I32(value.cast_signed()),
        Value::I64(value) => Val::I64(value.cast_signed()),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(value) => Val::V128(value),
        Value::Ref(_) => null,
    }
}
