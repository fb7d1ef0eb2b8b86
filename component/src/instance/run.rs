//! Instantiation: walking the plan. Everything that a step refers to was made by an earlier one.

use std::collections::HashMap;
use std::sync::Arc;

use plugbay_engine as engine;

use super::live::{Instance, Lifted};
use super::{Limits, StoreData};
use crate::abi::lift::sequence;
use crate::call::{self, CoreFunc, LowerSite, Options};
use crate::error::{Error, Result};
use crate::fuse::{self, EdgeParts, Group};
use crate::link::InstancePre;
use crate::plan::{CoreDef, FuncSource, OptionsPlan, Step};
use crate::resource::{ResourceDefinition, ResourceKind};

/// Makes an instance of a linked component.
pub(crate) fn instantiate<T: 'static>(
    pre: &InstancePre<T>,
    data: T,
    core: engine::StoreLimits,
    limits: Limits,
) -> Result<Instance<T>> {
    let component = pre.component();
    let plan = component.plan();
    let mut data = StoreData::new(data, limits);
    data.state.set_instances(plan.instances.iter().map(|instance| instance.parent));
    define_resources(pre, &mut data)?;
    let mut store = engine::Store::new(component.engine(), data, core)?;
    let mut run = Run {
        pre,
        core_instances: Vec::with_capacity(plan.core_instances as usize),
        core_funcs: Vec::with_capacity(plan.core_funcs as usize),
        lifted: Vec::with_capacity(plan.lifts as usize),
        adapters: pre.component().adapter_groups().collect(),
        adapter: None,
        shared: fuse::Shared::default(),
    };
    run.adapters.reverse();
    store.data_mut().deadline = limits.deadline;
    store.data_mut().clock = Some(store.call_clock());
    let mut cx = store.context();
    cx.set_deadline(limits.deadline);
    for (number, step) in plan.steps.iter().enumerate() {
        run.step(&mut cx, number, step)?;
    }
    Ok(Instance::new(store, component.clone(), run.lifted))
}

/// Imported resources mean what the linker says; two imports that mean one definition are one type.
fn define_resources<T: 'static>(pre: &InstancePre<T>, data: &mut StoreData<T>) -> Result<()> {
    let mut first = HashMap::new();
    for (index, definition) in pre.resources().iter().enumerate() {
        let index = u32::try_from(index).map_err(|_| Error::internal("resource types"))?;
        let definition = match definition {
            None => ResourceDefinition { canonical: index, kind: ResourceKind::Pending },
            Some(def) => {
                let canonical = *first.entry(Arc::as_ptr(&def.dtor).cast::<()>()).or_insert(index);
                let dtor =
                    u32::try_from(data.host_dtors.len()).map_err(|_| Error::internal("resource types"))?;
                data.host_dtors.push(Arc::clone(&def.dtor));
                let kind = ResourceKind::Host { host_type: def.host_type, dtor };
                ResourceDefinition { canonical, kind }
            }
        };
        data.state.resources.push(definition);
    }
    Ok(())
}

struct Run<'p, T: 'static> {
    pre: &'p InstancePre<T>,
    core_instances: Vec<engine::Instance>,
    core_funcs: Vec<engine::Func>,
    lifted: Vec<Arc<Lifted>>,
    /// The adapter modules that are not instantiated yet, the next one last.
    adapters: Vec<(&'p Group, &'p engine::Module)>,
    /// The one that was instantiated last.
    adapter: Option<(&'p Group, engine::Instance)>,
    shared: fuse::Shared,
}

impl<T: 'static> Run<'_, T> {
    fn step(&mut self, cx: &mut engine::Context<'_, StoreData<T>>, number: usize, step: &Step) -> Result<()> {
        match step {
            Step::Instantiate { module, args } => {
                let module = self.pre.component().module(module.0)?;
                let mut imports = Vec::with_capacity(args.len());
                for arg in args {
                    imports.push(self.core(cx, arg)?);
                }
                let instance = engine::Instance::new(cx, module, &imports)?;
                self.core_instances.push(instance);
            }
            Step::Lower { source, ty, mentioned, options, instance } => {
                if let Some(func) = self.adapter(cx, number)? {
                    self.core_funcs.push(func);
                    return Ok(());
                }
                let (ty, mentioned) = (ty.clone(), Arc::clone(mentioned));
                let site =
                    LowerSite { options: self.options(cx, options)?, instance: *instance, ty, mentioned };
                let func = self.lower(cx, *source, site)?;
                self.core_funcs.push(func);
            }
            Step::Lift { core, ty, mentioned, options, instance } => {
                let core = self.core_func(cx, core)?;
                let options = self.options(cx, options)?;
                let (ty, mentioned) = (ty.clone(), Arc::clone(mentioned));
                let params = sequence(ty.params().iter().map(|(_, ty)| ty));
                let lifted = Lifted { core, ty, params, options, instance: *instance, mentioned };
                self.lifted.push(Arc::new(lifted));
            }
            Step::Resource { resource, instance, dtor } => {
                let dtor = dtor.as_ref().map(|dtor| self.core_func(cx, dtor)).transpose()?;
                define_resource(cx.data_mut(), *resource, *instance, dtor)?;
            }
            Step::ResourceNew { resource, instance } => {
                self.core_funcs.push(call::resource_new(cx, *resource, *instance)?);
            }
            Step::ResourceDrop { resource, instance } => {
                self.core_funcs.push(call::resource_drop(cx, *resource, *instance)?);
            }
            Step::ResourceRep { resource, instance } => {
                self.core_funcs.push(call::resource_rep(cx, *resource, *instance)?);
            }
        }
        Ok(())
    }

    /// The compiled adapter of a step that lowers, if it has one.
    fn adapter(
        &mut self,
        cx: &mut engine::Context<'_, StoreData<T>>,
        number: usize,
    ) -> Result<Option<engine::Func>> {
        if let Some((group, module)) = self.adapters.pop_if(|(group, _)| group.edge(number) == Some(0)) {
            let mut parts = Vec::with_capacity(group.steps.len());
            for step in &group.steps {
                let step = self.pre.component().plan().steps.get(*step as usize);
                let Some(Step::Lower { source: FuncSource::Lift(callee), options, .. }) = step else {
                    return Err(Error::internal("a step with an adapter lowers no lifted function"));
                };
                let callee = self.lifted.get(*callee as usize).map(Arc::clone);
                let callee = callee.ok_or_else(|| Error::internal("function index"))?;
                parts.push(EdgeParts { caller: self.options(cx, options)?, callee });
            }
            self.adapter = Some((group, fuse::link(cx, module, &parts, &mut self.shared)?));
        }
        let Some((group, instance)) = &self.adapter else { return Ok(None) };
        let Some(edge) = group.edge(number) else { return Ok(None) };
        Ok(instance.export(cx, &edge.to_string()).and_then(engine::Extern::into_func))
    }

    fn lower(
        &mut self,
        cx: &mut engine::Context<'_, StoreData<T>>,
        source: FuncSource,
        site: LowerSite,
    ) -> Result<engine::Func> {
        let func = match source {
            FuncSource::Import(index) => {
                let host =
                    self.pre.funcs().get(index as usize).ok_or_else(|| Error::internal("import index"))?;
                host.lower(cx, site)
            }
            FuncSource::Lift(index) => {
                let callee =
                    self.lifted.get(index as usize).ok_or_else(|| Error::internal("function index"))?;
                call::lower_component_func(cx, site, Arc::clone(callee))
            }
        };
        Ok(func?)
    }

    fn core(&self, cx: &engine::Context<'_, StoreData<T>>, def: &CoreDef) -> Result<engine::Extern> {
        match def {
            CoreDef::Func(index) => {
                let func = self.core_funcs.get(*index as usize).copied();
                func.map(engine::Extern::Func).ok_or_else(|| Error::internal("core function index"))
            }
            CoreDef::Export { instance, name } => {
                let instance = self.core_instances.get(*instance as usize);
                let export = instance.and_then(|instance| instance.export(cx, name));
                export.ok_or_else(|| Error::internal("core export after validation"))
            }
        }
    }

    fn core_func(&self, cx: &engine::Context<'_, StoreData<T>>, def: &CoreDef) -> Result<CoreFunc> {
        let func = self.core(cx, def)?.into_func();
        CoreFunc::new(cx, func.ok_or_else(|| Error::internal("core function after validation"))?)
    }

    fn options(&self, cx: &engine::Context<'_, StoreData<T>>, plan: &OptionsPlan) -> Result<Options> {
        let memory = match &plan.memory {
            None => None,
            Some(def) => {
                let memory = self.core(cx, def)?.into_memory();
                Some(memory.ok_or_else(|| Error::internal("core memory after validation"))?)
            }
        };
        Ok(Options {
            memory,
            bytes: memory.map(|memory| memory.quick(cx)).transpose()?,
            realloc: plan.realloc.as_ref().map(|def| self.core_func(cx, def)).transpose()?,
            post_return: plan.post_return.as_ref().map(|def| self.core_func(cx, def)).transpose()?,
            encoding: plan.encoding,
        })
    }
}

fn define_resource<T>(
    data: &mut StoreData<T>,
    resource: u32,
    instance: u32,
    dtor: Option<CoreFunc>,
) -> Result<()> {
    let dtor = match dtor {
        None => None,
        Some(dtor) => {
            let index =
                u32::try_from(data.guest_dtors.len()).map_err(|_| Error::internal("resource types"))?;
            data.guest_dtors.push(dtor);
            Some(index)
        }
    };
    let definition = data.state.resources.get_mut(resource as usize);
    definition.ok_or_else(|| Error::internal("resource index"))?.kind =
        ResourceKind::Guest { instance, dtor };
    Ok(())
}
