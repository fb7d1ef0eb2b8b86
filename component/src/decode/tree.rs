//! The component tree: for each component its definitions in the order of the binary. Index spaces are not stored:
//! a definition adds to the space of its sort, and whoever walks the list counts along.

use std::ops::Range;
use std::sync::Arc;

use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentFuncTypeId, ComponentInstanceTypeId, ResourceId,
};
use wasmparser::types::Types;

use crate::abi::options::StringEncoding;
use crate::error::{Error, Result};
use crate::types::NameAttributes;

/// A core module, by position in [`Tree::modules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModuleIndex(pub(crate) u32);

/// A component, by position in [`Tree::components`]; the outermost is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ComponentIndex(pub(crate) u32);

/// A decoded component with everything nested in it.
pub(crate) struct Tree {
    pub(crate) components: Vec<ComponentDef>,
    pub(crate) modules: Vec<ModuleDef>,
    /// What wasmparser knows of every type identifier below.
    pub(crate) types: Types,
}

/// A core module: where its bytes are, and what it imports, in order.
pub(crate) struct ModuleDef {
    pub(crate) bytes: Range<usize>,
    pub(crate) imports: Vec<(Arc<str>, Arc<str>)>,
}

/// One component: byte offset and definition.
pub(crate) struct ComponentDef {
    pub(crate) definitions: Vec<(usize, Definition)>,
}

/// The sorts of core definitions that cross instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CoreSort {
    Func,
    Table,
    Memory,
    Global,
    Tag,
}

/// A reference to a component-level item. Types are named by identifier, everything else by index.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ItemRef {
    Module(u32),
    Func(u32),
    Type(ComponentAnyTypeId),
    Component(u32),
    Instance(u32),
}

/// The sort of an item, where only that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Module,
    Func,
    Type,
    Component,
    Instance,
}

/// The options of a lift or lower; indices into the component's core index spaces.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CanonOptions {
    pub(crate) memory: Option<u32>,
    pub(crate) realloc: Option<u32>,
    pub(crate) post_return: Option<u32>,
    pub(crate) encoding: StringEncoding,
}

/// What one definition does.
pub(crate) enum Definition {
    /// A core module is defined here.
    Module(ModuleIndex),
    /// A component is defined here.
    Component(ComponentIndex),
    /// `(core instance (instantiate …))`
    CoreInstantiate { module: u32, args: Vec<(Arc<str>, u32)> },
    /// `(core instance (export …))`
    CoreInstanceExports(Vec<(Arc<str>, CoreSort, u32)>),
    /// `(instance (instantiate …))`
    Instantiate { component: u32, args: Vec<(Arc<str>, ItemRef)>, ty: ComponentInstanceTypeId },
    /// `(instance (export …))`
    InstanceExports { items: Vec<(Arc<str>, ItemRef)>, ty: ComponentInstanceTypeId },
    /// `(alias export …)`
    AliasExport { sort: Sort, instance: u32, name: Arc<str> },
    /// `(alias core export …)`
    AliasCoreExport { sort: CoreSort, instance: u32, name: Arc<str> },
    /// `(alias outer … module)`
    AliasOuterModule { count: u32, index: u32 },
    /// `(alias outer … component)`
    AliasOuterComponent { count: u32, index: u32 },
    /// `canon lift`
    Lift { core: u32, ty: ComponentFuncTypeId, options: CanonOptions },
    /// `canon lower`
    Lower { func: u32, options: CanonOptions },
    /// `(type (resource …))`: a fresh resource type each time this is reached.
    Resource { id: ResourceId, dtor: Option<u32> },
    /// `canon resource.new`
    ResourceNew(ResourceId),
    /// `canon resource.drop`
    ResourceDrop(ResourceId),
    /// `canon resource.rep`
    ResourceRep(ResourceId),
    /// An import.
    Import { name: Arc<str>, attributes: NameAttributes, ty: ComponentEntityType },
    /// An export; it also adds a new index of its sort.
    Export { name: Arc<str>, attributes: NameAttributes, item: ItemRef, ty: ComponentEntityType },
}

/// The next index of a list, which is within `u32` by the validator's limits.
pub(crate) fn next_index(len: usize) -> Result<u32> {
    u32::try_from(len).map_err(|_| Error::internal("more than 2^32 definitions"))
}
