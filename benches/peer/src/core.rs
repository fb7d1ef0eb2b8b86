//! Core modules: an instance with its store, and the cases that call it.

use std::time::{Duration, Instant};

use plugbay_engine::{
    Config, Context, Engine, Extern, ExternType, Func, FuncType, Instance, Module, Store, ValType,
};

use crate::data::{First, first_call, guest, number};
use crate::worker::{Worker, checked, counted, looped};
use crate::{Result, variant};

/// The engine of a contestant.
pub(crate) fn engine(contestant: &str, parallel: bool) -> Result<Engine> {
    let config: Config = variant::config(contestant).ok_or("a contestant that this build does not have")?;
    Ok(Engine::new(&config.with_parallel_compilation(parallel))?)
}

/// One instance in a store of its own.
pub(crate) struct Core {
    store: Store<()>,
    instance: Instance,
}

impl Core {
    /// `deadline` arms one that does not pass.
    pub(crate) fn new(engine: &Engine, module: &Module, deadline: bool) -> Result<Self> {
        let mut store = Store::new(engine, (), variant::limits())?;
        let mut cx = store.context();
        if deadline {
            cx.set_deadline(Some(Instant::now() + Duration::from_secs(3600)));
        }
        let imports: Vec<Extern> =
            module.imports().map(|(_, name, ty)| provide(&mut cx, name, ty)).collect::<Result<_>>()?;
        let instance = Instance::new(&mut cx, module, &imports)?;
        Ok(Self { store, instance })
    }

    fn load(contestant: &str, file: &str) -> Result<Self> {
        let engine = engine(contestant, false)?;
        let module = Module::new(&engine, &guest(file)?)?;
        Self::new(&engine, &module, variant::has_deadline(contestant))
    }

    /// An exported function.
    fn func(&mut self, name: &str) -> Result<Func> {
        let cx = self.store.context();
        let export = self.instance.export(&cx, name).and_then(Extern::into_func);
        export.ok_or_else(|| format!("no function `{name}`").into())
    }

    /// Calls a function of i32s, with or without a result.
    fn call(&mut self, func: Func, args: &[u32]) -> Result<u32> {
        let mut slots = [0; 4];
        for (slot, arg) in slots.iter_mut().zip(args) {
            *slot = u64::from(*arg);
        }
        func.call_raw(&mut self.store.context(), &mut slots)?;
        Ok(slots[0] as u32)
    }

    /// The first call into a module of the starts.
    pub(crate) fn first(&mut self, module: &str) -> Result<u64> {
        let (name, args): (_, &[u32]) = match first_call(module) {
            First::Add => ("add", &[1, 2]),
            First::Nullary(name) => (name, &[]),
            First::Realloc => ("cabi_realloc", &[0, 0, 8, 16]),
        };
        let func = self.func(name)?;
        let result = self.call(func, args)?;
        match first_call(module) {
            First::Add if result != 3 => Err(format!("1 + 2 = {result}").into()),
            First::Nullary(_) => Ok(u64::from(result)),
            First::Add | First::Realloc => Ok(0),
        }
    }

    /// Writes a word to each of the first pages of 4 KiB.
    pub(crate) fn touch(&mut self, pages: u32) -> Result<()> {
        if pages > 0 {
            let func = self.func("touch")?;
            self.call(func, &[pages])?;
        }
        Ok(())
    }
}

/// The host functions of the call cases; whatever else is imported does nothing.
fn provide(cx: &mut Context<'_, ()>, name: &str, ty: ExternType) -> Result<Extern> {
    let ExternType::Func(ty) = ty else { return Err(format!("`{name}` is no function").into()) };
    let add = FuncType::new([ValType::I32, ValType::I32], [ValType::I32]);
    if name == "add" && ty == add {
        return Ok(Func::wrap(cx, |_, (a, b): (u32, u32)| Ok(a.wrapping_add(b))).into());
    }
    Ok(Func::new(cx, ty, |_, _, _| Ok(())).into())
}

/// Calls in both directions.
pub(crate) fn calls(worker: &mut Worker, contestant: &'static str) {
    worker.bench(contestant, "core_add", move |_| {
        let mut core = Core::load(contestant, "calls_core.wasm")?;
        let add = core.func("add")?.typed::<(i32, i32), i32, _>(&core.store.context())?;
        looped(move || Ok(add.call(&mut core.store.context(), (1, 2))?))
    });
    worker.bench(contestant, "host_core_add", move |_| {
        let mut core = Core::load(contestant, "calls_core.wasm")?;
        let run = core.func("run_host_add")?;
        counted(move |count| core.call(run, &[count]).map(drop))
    });
}

/// Long computations.
pub(crate) fn kernels(worker: &mut Worker, contestant: &'static str) {
    for (family, suffix) in [("kernel", ""), ("kernel_simd", "_simd")] {
        worker.bench(contestant, family, move |args| {
            let name = *args.first().ok_or("no kernel")?;
            let module = if matches!(name, "lua" | "sqlite") { name } else { "kernels" };
            let mut core = Core::load(contestant, &format!("{module}{suffix}.wasm"))?;
            let kernel = core.func(&format!("k_{name}"))?;
            let size = number(args, 1)?;
            checked(move || core.call(kernel, &[size]).map(u64::from))
        });
    }
}
