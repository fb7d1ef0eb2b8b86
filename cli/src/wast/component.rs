//! The component half of a script: instances, each in a store of its own, and calls of what they export at top level.

use super::component_values;
use super::mode::Mode;
use super::outcome::{Refusal, Results};
use json_from_wast::Action;
use plugbay_component::{Component, Instance, Limits, Linker};
use plugbay_engine::{Engine, StoreLimits};
use std::time::{Duration, Instant as Time};

/// The longest that one directive may run before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The instances of one script. They import nothing: the suite wraps what it needs inside its components.
pub(crate) struct Components {
    engine: Engine,
    mode: Mode,
    linker: Linker<()>,
    instances: Vec<Instance<()>>,
}

/// Which of the script's instances.
#[derive(Clone, Copy)]
pub(crate) struct Index(usize);

impl Components {
    /// No instance yet.
    pub(crate) fn new(engine: &Engine, mode: &Mode) -> Self {
        Self { engine: engine.clone(), mode: mode.clone(), linker: Linker::new(), instances: Vec::new() }
    }

    /// Decodes, validates, plans and compiles.
    pub(crate) fn compile(&self, bytes: &[u8]) -> Result<Component, Refusal> {
        let component = Component::new(&self.engine, bytes)?;
        Ok(if self.mode.adapters() { component } else { component.without_adapters() })
    }

    /// Instantiates in a fresh store.
    pub(crate) fn instantiate(&mut self, component: &Component) -> Result<Index, Refusal> {
        let default = StoreLimits::default();
        let limits = StoreLimits { fuel: self.mode.fuel().unwrap_or(default.fuel), ..default };
        let instance = self.linker.pre(component)?.instantiate((), limits, Limits::default())?;
        let index = self.instances.len();
        self.instances.push(instance);
        Ok(Index(index))
    }

    /// Calls a function.
    pub(crate) fn act(&mut self, index: Index, action: &Action<'_>) -> Result<Results, Refusal> {
        let Action::Invoke { field, args, .. } = action else {
            return Err(Refusal::Other("components have no globals".to_owned()));
        };
        let args = args.iter().map(component_values::value).collect::<Result<Vec<_>, _>>()?;
        let instance = self.instances.get_mut(index.0);
        let instance = instance.ok_or_else(|| Refusal::Other("there is no such instance".to_owned()))?;
        let func = instance.func(field.as_ref());
        let func = func.ok_or_else(|| Refusal::Other(format!("there is no exported function `{field}`")))?;
        instance.set_deadline(Time::now().checked_add(PATIENCE));
        let result = instance.call(func, &args);
        instance.set_deadline(None);
        Ok(Results::Component(result?))
    }
}
