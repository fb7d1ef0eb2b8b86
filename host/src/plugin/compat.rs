//! Plugins of an older world, at run time: exports that differ or are not there, as a live plugin bridges them. Imports are
//! bridged when linking, once for all instances. What may differ is decided by `plugbay_component::compat`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plugbay_component::marshal::Params;
use plugbay_component::reflect::{Change, ChangeKind, Side, WorldType};
use plugbay_component::{
    Adaptation, Compat, CompatPlan, Component, ComponentType, Func, Lift, Lower, TypedFunc,
};

use super::Plugin;
use crate::error::{Error, ErrorKind, Result};

/// What a linked component knows of the opt-in.
#[derive(Debug)]
pub(crate) struct Opted {
    rules: Compat,
    world: WorldType,
    /// What was bridged when linking.
    imports: Vec<Adaptation>,
}

impl Opted {
    pub(crate) fn new(rules: Compat, component: &Component, imports: Vec<Adaptation>) -> Self {
        Self { rules, world: WorldType::of(component), imports }
    }

    pub(crate) fn imports(&self) -> &[Adaptation] {
        &self.imports
    }
}

/// The bridged exports of one instance, by the numbers that stand for them.
#[derive(Debug)]
pub(crate) struct Bridges {
    opted: Arc<Opted>,
    exports: Mutex<Vec<Arc<Bridge>>>,
}

#[derive(Debug)]
enum Bridge {
    /// The plugin's function and how values go to it and back.
    Adapted(Func, CompatPlan),
    /// The plugin does not have it.
    Absent(Adaptation),
}

impl Bridges {
    pub(crate) fn new(opted: Arc<Opted>) -> Self {
        Self { opted, exports: Mutex::default() }
    }

    fn exports(&self) -> MutexGuard<'_, Vec<Arc<Bridge>>> {
        // What a panic left behind is as good as before: entries are only ever added.
        self.exports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, bridge: Bridge) -> Result<u32> {
        let mut exports = self.exports();
        let number = u32::try_from(exports.len());
        exports.push(Arc::new(bridge));
        number.map_err(|_| Error::misuse("too many functions were bound"))
    }
}

impl<T: 'static> Plugin<T> {
    /// What is bridged between this plugin, which was built against an older world, and the host: empty without
    /// [`Compat`](crate::Compat), and when there is nothing to bridge. Exports are in the list when somebody asked for them:
    /// bindings of a world ask for all.
    pub fn adaptations(&self) -> Vec<Adaptation> {
        let Some(bridges) = &self.bridges else { return Vec::new() };
        let mut all = bridges.opted.imports.clone();
        for bridge in bridges.exports().iter() {
            let adaptations = match &**bridge {
                Bridge::Adapted(_, plan) => plan.adaptations(),
                Bridge::Absent(adaptation) => std::slice::from_ref(adaptation),
            };
            let new: Vec<_> = adaptations.iter().filter(|one| !all.contains(one)).cloned().collect();
            all.extend(new);
        }
        all
    }

    /// A function that stands for an export which does not fit as it is: `error` says why.
    #[cold]
    pub(super) fn bridged<P: Params + Lower, R: ComponentType>(
        &self,
        path: &str,
        func: Option<Func>,
        error: Error,
    ) -> Result<TypedFunc<P, R>> {
        let Some(bridges) = &self.bridges else { return Err(error) };
        let bridge = match func {
            None => {
                let kind = ChangeKind::Added { what: "function" };
                let change = Change::new(Side::Export, path, kind);
                Bridge::Absent(Adaptation::new(change))
            }
            Some(func) => {
                let Opted { rules, world, .. } = &*bridges.opted;
                let ty = self.instance.func_type(func).map_err(|error| Error::mismatch(path, &error))?;
                let plan = CompatPlan::of_export::<P, R>(path, world, &ty, rules).map_err(|differences| {
                    Error::new(ErrorKind::WorldMismatch { differences }).with_plugin(&self.name)
                })?;
                Bridge::Adapted(func, plan)
            }
        };
        bridges.add(bridge).map(TypedFunc::stand_in)
    }

    /// Calls what a function from [`bridged`](Self::bridged) stands for.
    #[cold]
    pub(super) fn call_bridged<P: Params + Lower, R: Lift>(
        &mut self,
        name: &str,
        number: u32,
        params: P,
    ) -> Result<R> {
        let bridge =
            self.bridges.as_ref().and_then(|bridges| bridges.exports().get(number as usize).cloned());
        match bridge.as_deref() {
            Some(Bridge::Adapted(func, plan)) => {
                self.run(name, |instance| plan.call(instance, *func, &params))
            }
            Some(Bridge::Absent(_)) => Err(self.no_export(name)),
            None => Err(Error::misuse(format!("`{name}` was bound for another plugin"))),
        }
    }
}
