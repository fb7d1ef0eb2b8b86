//! Linking a component that was built against an older world: its imports get functions of their own types, which call the
//! host's. Whether and how is `compat`'s.

use std::sync::Arc;

use super::Linker;
use crate::call::{DynamicFunc, HostFunc};
use crate::compat::{Adaptation, Compat, Plan as CompatPlan};
use crate::component::Component;
use crate::instance::HostContext;
use crate::plan::Plan;
use crate::reflect::{Side, WorldType};
use crate::types::FuncType;
use crate::value::Val;

impl<T: 'static> Linker<T> {
    /// Makes host functions that differ from what `component` imports fit it, as far as `rules` allow. Returns what was
    /// bridged.
    ///
    /// # Errors
    /// For each function that cannot be bridged its path, and all differences.
    pub fn adapt(
        &mut self,
        component: &Component,
        rules: &Compat,
    ) -> Result<Vec<Adaptation>, Vec<(String, Vec<String>)>> {
        let plan = component.plan();
        let mut adaptations: Vec<Adaptation> = Vec::new();
        let mut refused = Vec::new();
        let mut world = None;
        for import in &plan.import_funcs {
            let Some(func) = self.func(plan, &import.path) else { continue };
            if func.typecheck(&import.ty).is_ok() {
                continue;
            }
            let world = world.get_or_insert_with(|| WorldType::of(component));
            let path = self.absent(plan, &import.path, "function").path();
            let bridged = match func.rust_type() {
                Ok(Some(rust)) => CompatPlan::new(Side::Import, &path, world, &import.ty, rust, rules),
                Ok(None) => continue,
                Err(error) => Err(vec![format!("import {path}: {error}")]),
            };
            match bridged {
                Err(differences) => refused.push((path, differences)),
                Ok(bridge) => {
                    let new = bridge.adaptations().iter().filter(|one| !adaptations.contains(one));
                    let new: Vec<_> = new.cloned().collect();
                    adaptations.extend(new);
                    self.replace(plan, &import.path, func, bridge);
                }
            }
        }
        if refused.is_empty() { Ok(adaptations) } else { Err(refused) }
    }

    /// Puts a function that goes through `bridge` in the place of `func`, for those who import it at `path`.
    fn replace(&mut self, plan: &Plan, path: &[Arc<str>], func: Arc<dyn HostFunc<T>>, bridge: CompatPlan) {
        let Some((interface, name)) = self.place(plan, path) else { return };
        // A copy: another version of the interface may be imported as well, with other types.
        let (mut own, name) = (interface.clone(), Arc::from(name));
        let call = move |cx: &mut HostContext<'_, T>, _: &FuncType, args: &[Val]| {
            bridge.result(func.call_values(cx, bridge.args(args.to_vec())?)?)
        };
        own.funcs.insert(name, Arc::new(DynamicFunc::new(call)));
        let interface = path.split_last().map_or(&[][..], |(_, interface)| interface);
        self.interfaces.insert(interface.join("#").into(), own);
    }
}
