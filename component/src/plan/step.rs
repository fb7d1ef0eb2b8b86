//! The plan's data: steps, and the tables that they number. Plain values without references into the component's bytes.

use std::collections::HashMap;
use std::sync::Arc;

use crate::abi::options::StringEncoding;
use crate::decode::tree::ModuleIndex;
use crate::plan::Exports;
use crate::types::{ComponentItem, FuncType, NameAttributes};

/// Everything that happens when the component is instantiated.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) instances: Vec<InstancePlan>,
    pub(crate) resources: Vec<ResourcePlan>,
    /// Host functions that the component imports.
    pub(crate) import_funcs: Vec<ImportFunc>,
    /// Imports that no host can satisfy (core modules, components): name and kind.
    pub(crate) unlinkable: Vec<(Arc<str>, &'static str)>,
    pub(crate) imports: Vec<(Arc<str>, ComponentItem)>,
    /// What imports and exports say beside their names, of those that say something.
    pub(crate) import_attributes: HashMap<Arc<str>, NameAttributes>,
    pub(crate) export_attributes: HashMap<Arc<str>, NameAttributes>,
    /// The names of the imports that need a function or a resource of the host.
    pub(crate) needed_imports: Vec<Arc<str>>,
    pub(crate) exports: Exports,
    /// How many functions `Step::Lift` defines.
    pub(crate) lifts: u32,
    /// How many core functions the steps define.
    pub(crate) core_funcs: u32,
    /// How many core instances the steps make.
    pub(crate) core_instances: u32,
}

/// One component instance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InstancePlan {
    /// The instance that contains it.
    pub(crate) parent: Option<u32>,
    /// How many contain it.
    pub(crate) depth: u32,
}

/// Where a resource type comes from.
#[derive(Debug, Clone)]
pub(crate) enum ResourceOrigin {
    /// From the host: the path of import and export names.
    Imported(Box<[Arc<str>]>),
    /// From a component of the plan.
    Defined,
}

/// One resource type of the store.
#[derive(Debug, Clone)]
pub(crate) struct ResourcePlan {
    pub(crate) name: Arc<str>,
    pub(crate) origin: ResourceOrigin,
}

/// A host function that is imported.
#[derive(Debug, Clone)]
pub(crate) struct ImportFunc {
    /// Import and export names: `["wasi:clocks/wall-clock@0.2.0", "now"]`.
    pub(crate) path: Box<[Arc<str>]>,
    pub(crate) ty: FuncType,
    /// The resources that the type mentions.
    pub(crate) mentioned: Arc<[u32]>,
}

/// A core definition.
#[derive(Debug, Clone)]
pub(crate) enum CoreDef {
    /// An export of a core instance.
    Export { instance: u32, name: Arc<str> },
    /// A core function that a step made.
    Func(u32),
}

/// A component function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FuncSource {
    /// The n-th lifted function.
    Lift(u32),
    /// The n-th imported host function.
    Import(u32),
}

/// The canonical options of a lift or lower.
#[derive(Debug, Clone, Default)]
pub(crate) struct OptionsPlan {
    pub(crate) memory: Option<CoreDef>,
    pub(crate) realloc: Option<CoreDef>,
    pub(crate) post_return: Option<CoreDef>,
    pub(crate) encoding: StringEncoding,
}

/// One step; `mentioned` are the resources in the type `ty`. Steps that define a core function define the next one in order; `Instantiate` makes the next core instance.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Instantiate { module: ModuleIndex, args: Box<[CoreDef]> },
    Lower { source: FuncSource, ty: FuncType, mentioned: Arc<[u32]>, options: OptionsPlan, instance: u32 },
    Lift { core: CoreDef, ty: FuncType, mentioned: Arc<[u32]>, options: OptionsPlan, instance: u32 },
    Resource { resource: u32, instance: u32, dtor: Option<CoreDef> },
    ResourceNew { resource: u32, instance: u32 },
    ResourceDrop { resource: u32, instance: u32 },
    ResourceRep { resource: u32, instance: u32 },
}
