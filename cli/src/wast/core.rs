//! The core half of a script: one store, what is registered in it, and calls into its instances.

use super::core_values;
use super::mode::Mode;
use super::outcome::{Missing, Refusal, Results};
use super::spectest;
use super::via::Via;
use json_from_wast::{Action, Const};
use plugbay_engine::{Context, Engine, Extern, Instance, Module, Store, StoreLimits};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The longest that one directive may run before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Something that modules import from.
enum Namespace {
    Instance(Instance),
    Host(HashMap<String, Extern>),
    Missing(Missing),
}

/// The store of one script and the names registered in it.
pub(crate) struct Core {
    engine: Engine,
    mode: Mode,
    via: Via,
    store: Store<()>,
    registered: HashMap<String, Namespace>,
}

impl Core {
    /// A fresh store that offers `spectest`.
    pub(crate) fn new(engine: &Engine, mode: &Mode, via: &Via) -> Result<Self, Refusal> {
        let mut store = Store::new(engine, (), limits())?;
        let spectest = spectest::exports(&mut store.context())?;
        let registered = HashMap::from([("spectest".to_owned(), Namespace::Host(spectest))]);
        Ok(Self { engine: engine.clone(), mode: mode.clone(), via: via.clone(), store, registered })
    }

    /// Decodes, validates and compiles.
    pub(crate) fn compile(&self, bytes: &[u8]) -> Result<Module, Refusal> {
        self.via.module(&self.engine, bytes)
    }

    /// Instantiates; what is registered resolves the imports.
    pub(crate) fn instantiate(&mut self, module: &Module) -> Result<Instance, Refusal> {
        let mut imports = Vec::new();
        let mut cx = self.store.context();
        for (from, name, ty) in module.imports() {
            let found = match self.registered.get(from) {
                Some(Namespace::Instance(instance)) => instance.export(&cx, name),
                Some(Namespace::Host(exports)) => exports.get(name).copied(),
                Some(Namespace::Missing(missing)) => return Err(Refusal::Missing(missing.clone())),
                None => None,
            };
            match found {
                Some(found) => imports.push(found),
                None => return Err(Refusal::Unlinkable(format!("unknown import `{from}` `{name}`: {ty}"))),
            }
        }
        Ok(patiently(&mut cx, &self.mode, |cx| Instance::new(cx, module, &imports))?)
    }

    /// Lets later modules import from an instance under the name `name`.
    pub(crate) fn register(&mut self, name: &str, instance: Result<Instance, Missing>) {
        let namespace = instance.map_or_else(Namespace::Missing, Namespace::Instance);
        self.registered.insert(name.to_owned(), namespace);
    }

    /// Calls a function or reads a global.
    pub(crate) fn act(&mut self, instance: Instance, action: &Action<'_>) -> Result<Results, Refusal> {
        let (Action::Invoke { field, .. } | Action::Get { field, .. }) = action;
        let mut cx = self.store.context();
        match (action, instance.export(&cx, field)) {
            (Action::Get { .. }, Some(Extern::Global(global))) => Ok(Results::Core(vec![global.get(&cx)])),
            (Action::Invoke { args, .. }, Some(Extern::Func(func))) => {
                let args = args.iter().map(argument).collect::<Result<Vec<_>, _>>()?;
                Ok(Results::Core(patiently(&mut cx, &self.mode, |cx| func.call(cx, &args))?))
            }
            (_, Some(_)) => Err(Refusal::Other(format!("the export `{field}` is of another kind"))),
            (_, None) => Err(Refusal::Other(format!("there is no export `{field}`"))),
        }
    }
}

/// Runs a directive with a deadline and the fuel that it gets.
fn patiently<R>(
    cx: &mut Context<'_, ()>,
    mode: &Mode,
    run: impl FnOnce(&mut Context<'_, ()>) -> Result<R, plugbay_engine::Error>,
) -> Result<R, plugbay_engine::Error> {
    if let Some(fuel) = mode.fuel() {
        cx.set_fuel(fuel)?;
    }
    cx.set_deadline(Instant::now().checked_add(PATIENCE));
    let result = run(cx);
    cx.set_deadline(None);
    result
}

fn argument(value: &Const<'_>) -> Result<plugbay_engine::Val, Refusal> {
    match value {
        Const::Core(value) => core_values::value(value)
            .ok_or_else(|| Refusal::unsupported(format!("arguments of this type: {value:?}"))),
        Const::Component(_) => Err(Refusal::Other("a component value for a core function".to_owned())),
    }
}

/// A script may make thousands of instances, and memories of the full 4 GiB; the guests are the suite's own.
fn limits() -> StoreLimits {
    StoreLimits {
        memory_bytes: 16 << 32,
        table_elements: 100_000_000,
        instances: 100_000,
        memories: 100_000,
        tables: 100_000,
        ..StoreLimits::default()
    }
}
