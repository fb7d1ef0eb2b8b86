//! A frame: the index spaces of one component instance while its definitions are carried out symbolically.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use wasmparser::component_types::{ComponentDefinedTypeId, ResourceId};

use super::step::{CoreDef, FuncSource};
use crate::decode::tree::{ComponentIndex, CoreSort, ModuleIndex};
use crate::error::{Error, Result};
use crate::types::ValType;

/// A component together with the frame that its outer aliases refer to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Closure {
    pub(super) component: ComponentIndex,
    pub(super) outer: Option<usize>,
}

/// What a component-level index finally means.
#[derive(Clone)]
pub(super) enum Item {
    Module(ModuleIndex),
    Func(FuncSource),
    Component(Closure),
    Instance(Rc<InstanceItem>),
    /// A type: the plan's number if it is a resource.
    Type(Option<u32>),
}

/// The exports of an instance.
#[derive(Default)]
pub(super) struct InstanceItem {
    pub(super) exports: HashMap<Arc<str>, Item>,
}

/// What a core instance index means.
#[derive(Clone)]
pub(super) enum CoreInstanceItem {
    /// The n-th that the plan instantiates.
    Real(u32),
    /// Made of other definitions.
    Synthetic(Rc<HashMap<Arc<str>, CoreDef>>),
}

/// See the module.
#[derive(Default)]
pub(super) struct Frame {
    /// The number of the component instance.
    pub(super) instance: u32,
    /// The frame that outer aliases of count 1 refer to.
    pub(super) outer: Option<usize>,
    /// `None` at the outermost component, whose imports come from the host.
    pub(super) args: Option<HashMap<Arc<str>, Item>>,
    pub(super) modules: Vec<ModuleIndex>,
    pub(super) components: Vec<Closure>,
    pub(super) instances: Vec<Rc<InstanceItem>>,
    pub(super) funcs: Vec<FuncSource>,
    pub(super) core_instances: Vec<CoreInstanceItem>,
    pub(super) core_funcs: Vec<CoreDef>,
    pub(super) core_tables: Vec<CoreDef>,
    pub(super) core_memories: Vec<CoreDef>,
    pub(super) core_globals: Vec<CoreDef>,
    pub(super) core_tags: Vec<CoreDef>,
    pub(super) exports: Vec<(Arc<str>, Item)>,
    /// Which resource of the plan each identifier stands for in this component.
    pub(super) resources: HashMap<ResourceId, u32>,
    /// Types converted already.
    pub(super) types: HashMap<ComponentDefinedTypeId, ValType>,
    /// Which resources they mention.
    pub(super) mentioned: HashMap<ComponentDefinedTypeId, Rc<[u32]>>,
}

impl Frame {
    pub(super) fn core_space(&mut self, sort: CoreSort) -> &mut Vec<CoreDef> {
        match sort {
            CoreSort::Func => &mut self.core_funcs,
            CoreSort::Table => &mut self.core_tables,
            CoreSort::Memory => &mut self.core_memories,
            CoreSort::Global => &mut self.core_globals,
            CoreSort::Tag => &mut self.core_tags,
        }
    }

    pub(super) fn core(&mut self, sort: CoreSort, index: u32) -> Result<CoreDef> {
        at(self.core_space(sort), index)
    }

    /// The export `name` of a core instance.
    pub(super) fn core_export(&self, instance: u32, name: &Arc<str>) -> Result<CoreDef> {
        match at(&self.core_instances, instance)? {
            CoreInstanceItem::Real(instance) => Ok(CoreDef::Export { instance, name: Arc::clone(name) }),
            CoreInstanceItem::Synthetic(exports) => {
                exports.get(name).cloned().ok_or_else(|| Error::internal("core export after validation"))
            }
        }
    }

    /// Adds an item to the index space of its sort.
    pub(super) fn push(&mut self, item: Item) {
        match item {
            Item::Module(module) => self.modules.push(module),
            Item::Func(func) => self.funcs.push(func),
            Item::Component(component) => self.components.push(component),
            Item::Instance(instance) => self.instances.push(instance),
            Item::Type(_) => {}
        }
    }
}

/// An entry of an index space; the validator has checked that it exists.
pub(super) fn at<T: Clone>(space: &[T], index: u32) -> Result<T> {
    let entry = usize::try_from(index).ok().and_then(|index| space.get(index));
    entry.cloned().ok_or_else(|| Error::internal("index after validation"))
}
