//! What each definition does to a frame and to the plan, one family per function.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentFuncTypeId, ResourceId};

use super::build::Builder;
use super::frame::{Closure, CoreInstanceItem, InstanceItem, Item, at};
use super::step::{CoreDef, FuncSource, OptionsPlan, ResourceOrigin, Step};
use crate::decode::tree::{CanonOptions, CoreSort, Definition, ItemRef, Sort};
use crate::error::{Error, Result};

impl Builder<'_> {
    pub(super) fn define(&mut self, frame: usize, definition: &Definition) -> Result<()> {
        match definition {
            Definition::Module(module) => self.frame(frame)?.modules.push(*module),
            Definition::Component(component) => {
                let closure = Closure { component: *component, outer: Some(frame) };
                self.frame(frame)?.components.push(closure);
            }
            Definition::CoreInstantiate { module, args } => self.core_instantiate(frame, *module, args)?,
            Definition::CoreInstanceExports(items) => self.core_instance_exports(frame, items)?,
            Definition::Instantiate { component, args, ty } => {
                let instance = self.instantiate(frame, *component, args)?;
                self.bind(frame, ComponentEntityType::Instance(*ty), &instance)?;
                self.frame(frame)?.push(instance);
            }
            Definition::InstanceExports { items, ty } => {
                let instance = self.instance_exports(frame, items)?;
                self.bind(frame, ComponentEntityType::Instance(*ty), &instance)?;
                self.frame(frame)?.push(instance);
            }
            Definition::AliasExport { sort, instance, name } => {
                self.alias_export(frame, *sort, *instance, name)?
            }
            Definition::AliasCoreExport { sort, instance, name } => {
                self.spend_name(name)?;
                let frame = self.frame(frame)?;
                let def = frame.core_export(*instance, name)?;
                frame.core_space(*sort).push(def);
            }
            Definition::AliasOuterModule { count, index } => {
                let outer = self.outer(frame, *count)?;
                let module = at(&self.frame(outer)?.modules, *index)?;
                self.frame(frame)?.modules.push(module);
            }
            Definition::AliasOuterComponent { count, index } => {
                let outer = self.outer(frame, *count)?;
                let component = at(&self.frame(outer)?.components, *index)?;
                self.frame(frame)?.components.push(component);
            }
            Definition::Lift { core, ty, options } => self.lift(frame, *core, *ty, options)?,
            Definition::Lower { func, options } => self.lower(frame, *func, options)?,
            Definition::Resource { id, dtor } => self.resource(frame, *id, *dtor)?,
            Definition::ResourceNew(id) => {
                self.resource_function(frame, *id, |resource, instance| Step::ResourceNew {
                    resource,
                    instance,
                })?;
            }
            Definition::ResourceDrop(id) => {
                self.resource_function(frame, *id, |resource, instance| Step::ResourceDrop {
                    resource,
                    instance,
                })?;
            }
            Definition::ResourceRep(id) => {
                self.resource_function(frame, *id, |resource, instance| Step::ResourceRep {
                    resource,
                    instance,
                })?;
            }
            Definition::Import { name, attributes, ty } => self.import(frame, name, attributes, *ty)?,
            Definition::Export { name, item, ty, .. } => {
                self.spend_name(name)?;
                let item = self.item(frame, item)?;
                self.bind(frame, *ty, &item)?;
                let frame = self.frame(frame)?;
                frame.exports.push((Arc::clone(name), item.clone()));
                frame.push(item);
            }
        }
        Ok(())
    }

    /// What a reference means in a frame.
    fn item(&mut self, frame: usize, item: &ItemRef) -> Result<Item> {
        let frame = self.frame(frame)?;
        Ok(match *item {
            ItemRef::Module(index) => Item::Module(at(&frame.modules, index)?),
            ItemRef::Func(index) => Item::Func(at(&frame.funcs, index)?),
            ItemRef::Component(index) => Item::Component(at(&frame.components, index)?),
            ItemRef::Instance(index) => Item::Instance(at(&frame.instances, index)?),
            ItemRef::Type(ComponentAnyTypeId::Resource(id)) => {
                Item::Type(frame.resources.get(&id.resource()).copied())
            }
            ItemRef::Type(_) => Item::Type(None),
        })
    }

    fn outer(&mut self, frame: usize, count: u32) -> Result<usize> {
        let mut frame = frame;
        for _ in 0..count {
            frame =
                self.frame(frame)?.outer.ok_or_else(|| Error::internal("outer alias after validation"))?;
        }
        Ok(frame)
    }

    // ----- core instances -----

    fn core_instantiate(&mut self, frame: usize, module: u32, args: &[(Arc<str>, u32)]) -> Result<()> {
        let module = at(&self.frame(frame)?.modules, module)?;
        let tree = self.tree;
        let def = tree.modules.get(module.0 as usize).ok_or_else(|| Error::internal("module index"))?;
        for (name, _) in args {
            self.spend_name(name)?;
        }
        let by_name: HashMap<&str, u32> = args.iter().map(|(name, index)| (&**name, *index)).collect();
        let mut defs = Vec::with_capacity(def.imports.len());
        for (from, name) in &def.imports {
            self.spend_name(from)?;
            self.spend_name(name)?;
            let instance =
                by_name.get(&**from).ok_or_else(|| Error::internal("core argument after validation"))?;
            defs.push(self.frame(frame)?.core_export(*instance, name)?);
        }
        let index = self.plan.core_instances;
        self.step(Step::Instantiate { module, args: defs.into() })?;
        self.plan.core_instances += 1;
        self.frame(frame)?.core_instances.push(CoreInstanceItem::Real(index));
        Ok(())
    }

    fn core_instance_exports(&mut self, frame: usize, items: &[(Arc<str>, CoreSort, u32)]) -> Result<()> {
        let mut exports = HashMap::with_capacity(items.len());
        for (name, sort, index) in items {
            self.spend_name(name)?;
            exports.insert(Arc::clone(name), self.frame(frame)?.core(*sort, *index)?);
        }
        self.frame(frame)?.core_instances.push(CoreInstanceItem::Synthetic(Rc::new(exports)));
        Ok(())
    }

    // ----- component instances -----

    fn instantiate(&mut self, frame: usize, component: u32, args: &[(Arc<str>, ItemRef)]) -> Result<Item> {
        let closure = at(&self.frame(frame)?.components, component)?;
        let mut by_name = HashMap::with_capacity(args.len());
        for (name, item) in args {
            self.spend_name(name)?;
            by_name.insert(Arc::clone(name), self.item(frame, item)?);
        }
        let parent = self.frame(frame)?.instance;
        let inner = self.run(closure, Some(by_name), Some(parent))?;
        let exports = self.frame(inner)?.exports.clone();
        for (name, _) in &exports {
            self.spend_name(name)?;
        }
        let exports: HashMap<Arc<str>, Item> = exports.into_iter().collect();
        Ok(Item::Instance(Rc::new(InstanceItem { exports })))
    }

    fn instance_exports(&mut self, frame: usize, items: &[(Arc<str>, ItemRef)]) -> Result<Item> {
        let mut exports = HashMap::with_capacity(items.len());
        for (name, item) in items {
            self.spend_name(name)?;
            exports.insert(Arc::clone(name), self.item(frame, item)?);
        }
        Ok(Item::Instance(Rc::new(InstanceItem { exports })))
    }

    fn alias_export(&mut self, frame: usize, sort: Sort, instance: u32, name: &str) -> Result<()> {
        // A type was bound with its instance; whoever uses it names it by identifier.
        if sort == Sort::Type {
            return Ok(());
        }
        self.spend_name(name)?;
        let frame = self.frame(frame)?;
        let instance = at(&frame.instances, instance)?;
        let item = instance.exports.get(name).ok_or_else(|| Error::internal("export after validation"))?;
        frame.push(item.clone());
        Ok(())
    }

    // ----- canonical definitions -----

    fn options(&mut self, frame: usize, options: &CanonOptions) -> Result<OptionsPlan> {
        let frame = self.frame(frame)?;
        let mut get = |sort, index: Option<u32>| index.map(|index| frame.core(sort, index)).transpose();
        Ok(OptionsPlan {
            memory: get(CoreSort::Memory, options.memory)?,
            realloc: get(CoreSort::Func, options.realloc)?,
            post_return: get(CoreSort::Func, options.post_return)?,
            encoding: options.encoding,
        })
    }

    fn lift(
        &mut self,
        frame: usize,
        core: u32,
        ty: ComponentFuncTypeId,
        options: &CanonOptions,
    ) -> Result<()> {
        let mentioned = self.mentioned(frame, ty)?;
        let ty = self.func_type(frame, ty)?;
        let options = self.options(frame, options)?;
        let instance = self.frame(frame)?.instance;
        let core = self.frame(frame)?.core(CoreSort::Func, core)?;
        self.lift_types.push((ty.clone(), Arc::clone(&mentioned)));
        self.step(Step::Lift { core, ty, mentioned, options, instance })?;
        let index = self.plan.lifts;
        self.plan.lifts += 1;
        self.frame(frame)?.funcs.push(FuncSource::Lift(index));
        Ok(())
    }

    fn lower(&mut self, frame: usize, func: u32, options: &CanonOptions) -> Result<()> {
        let source = at(&self.frame(frame)?.funcs, func)?;
        let (ty, mentioned) = self.source_type(source)?;
        let options = self.options(frame, options)?;
        let instance = self.frame(frame)?.instance;
        self.core_func(frame, Step::Lower { source, ty, mentioned, options, instance })
    }

    fn core_func(&mut self, frame: usize, step: Step) -> Result<()> {
        self.step(step)?;
        let index = self.plan.core_funcs;
        self.plan.core_funcs += 1;
        self.frame(frame)?.core_funcs.push(CoreDef::Func(index));
        Ok(())
    }

    // ----- resources -----

    fn resource(&mut self, frame: usize, id: ResourceId, dtor: Option<u32>) -> Result<()> {
        let resource = self.new_resource("resource".into(), ResourceOrigin::Defined)?;
        let frame = self.frame(frame)?;
        frame.resources.insert(id, resource);
        let dtor = dtor.map(|dtor| frame.core(CoreSort::Func, dtor)).transpose()?;
        let instance = frame.instance;
        self.step(Step::Resource { resource, instance, dtor })
    }

    fn resource_function(
        &mut self,
        frame: usize,
        id: ResourceId,
        step: impl Fn(u32, u32) -> Step,
    ) -> Result<()> {
        let inner = self.frame(frame)?;
        let resource =
            inner.resources.get(&id).copied().ok_or_else(|| Error::internal("unbound resource"))?;
        let instance = inner.instance;
        self.core_func(frame, step(resource, instance))
    }
}
