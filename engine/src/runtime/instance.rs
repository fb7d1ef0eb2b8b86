//! Instances: modules with their imports filled in and their own memories, tables and globals. How one is made is in
//! `instantiate.rs`.

use super::memory::MemoryData;
use super::store::StoreInner;
use super::table::TableData;
use super::{Context, Extern, Func, Global, Memory, SharedWords, Table, Tag};
use crate::error::{Error, Result};
use crate::module::Module;
use crate::module::info::{Entity, ModuleInfo};
use crate::types::{ExternType, GlobalType, ValType};
use crate::vm::block::InstanceBlock;

/// A handle to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instance {
    pub(super) store: u64,
    pub(super) index: u32,
}

impl Instance {
    /// The export of this name, or `None` if there is none (or the handle is of another store).
    pub fn export<T>(&self, cx: &Context<'_, T>, name: &str) -> Option<Extern> {
        let module = cx.inner().module_of(*self)?;
        let export = module.info().export(name)?;
        cx.inner().entity(self.index, export.kind).ok()
    }

    /// All exports with their names, in the module's order; empty if the handle is of another store.
    pub fn exports<T>(&self, cx: &Context<'_, T>) -> Vec<(String, Extern)> {
        let Some(module) = cx.inner().module_of(*self) else { return Vec::new() };
        let exports = module.info().exports.iter();
        exports
            .filter_map(|export| {
                Some((export.name.clone(), cx.inner().entity(self.index, export.kind).ok()?))
            })
            .collect()
    }

    /// The module it is an instance of; `None` if the handle is of another store.
    pub fn module<T>(&self, cx: &Context<'_, T>) -> Option<Module> {
        cx.inner().module_of(*self).cloned()
    }
}

/// What an instance consists of. Memories, tables and globals that the host made are instances too, without a module.
pub(crate) struct InstanceData {
    pub(super) block: InstanceBlock,
    pub(super) origin: Origin,
    /// Nothing if there are none.
    pub(super) imports: Option<Box<Imports>>,
    pub(super) memories: Vec<MemoryData>,
    pub(super) tables: Vec<TableData>,
    /// Its tags, those that it imports first, by their places in the store.
    pub(super) tags: Vec<u32>,
    /// Which data segments were dropped.
    pub(super) dropped_data: Dropped,
    /// Which element segments were dropped.
    pub(super) dropped_elements: Dropped,
}

/// Where an instance comes from.
pub(super) enum Origin {
    /// A module.
    Module(Module),
    /// The host made a global of this type.
    Global(GlobalType),
    /// The host made globals of these words.
    Words(SharedWords),
    /// The host made something else.
    Host,
}

/// What was given for a module's imports, by kind.
#[derive(Default)]
pub(super) struct Imports {
    pub(super) functions: Vec<Func>,
    pub(super) tables: Vec<Table>,
    pub(super) memories: Vec<Memory>,
    pub(super) globals: Vec<Global>,
    pub(super) tags: Vec<Tag>,
}

/// Those of an instance without imports.
static NO_IMPORTS: Imports = Imports {
    functions: Vec::new(),
    tables: Vec::new(),
    memories: Vec::new(),
    globals: Vec::new(),
    tags: Vec::new(),
};

/// Which segments of an instance were dropped: a bit for each of the first ones, which are all in most modules.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    first: u64,
    others: Box<[bool]>,
}

impl Dropped {
    /// None of `count` segments.
    pub(super) fn new(count: usize) -> Self {
        Self { first: 0, others: vec![false; count.saturating_sub(64)].into() }
    }

    /// Whether a segment was dropped.
    pub(super) fn contains(&self, segment: u32) -> bool {
        match segment.checked_sub(64) {
            None => self.first >> segment & 1 != 0,
            Some(other) => self.others.get(other as usize).copied().unwrap_or(true),
        }
    }

    /// Drops a segment.
    pub(super) fn insert(&mut self, segment: u32) {
        match segment.checked_sub(64) {
            None => self.first |= 1 << segment,
            Some(other) => self.others.get_mut(other as usize).into_iter().for_each(|other| *other = true),
        }
    }

    /// Drops what is dropped in another list of the same module's segments, and nothing else.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.first = other.first;
        self.others.iter_mut().zip(&other.others).for_each(|(to, from)| *to = *from);
    }

    /// Forgets that any was.
    pub(super) fn clear(&mut self) {
        self.first = 0;
        self.others.fill(false);
    }
}

impl InstanceData {
    /// An instance of nothing yet.
    pub(super) fn new(block: InstanceBlock, origin: Origin, imports: Option<Box<Imports>>) -> Self {
        let (mut memories, mut tables) = (Vec::new(), Vec::new());
        let (mut data, mut elements) = (0, 0);
        if let Origin::Module(module) = &origin {
            let info = module.info();
            (data, elements) = (info.data.len(), info.elements.len());
            memories.reserve_exact(info.memories.len().saturating_sub(info.num_imported_memories as usize));
            tables.reserve_exact(info.tables.len().saturating_sub(info.num_imported_tables as usize));
        }
        let (dropped_data, dropped_elements) = (Dropped::new(data), Dropped::new(elements));
        Self { block, origin, imports, memories, tables, tags: Vec::new(), dropped_data, dropped_elements }
    }

    /// What was given for the imports.
    pub(super) fn imports(&self) -> &Imports {
        self.imports.as_deref().unwrap_or(&NO_IMPORTS)
    }

    /// The module, unless the host made the instance.
    pub(super) fn module(&self) -> Option<&Module> {
        match &self.origin {
            Origin::Module(module) => Some(module),
            Origin::Global(_) | Origin::Words(_) | Origin::Host => None,
        }
    }

    /// Where in the block the globals lie that it defines, and their types.
    pub(super) fn globals(&self) -> impl Iterator<Item = (u32, ValType)> {
        let types = match &self.origin {
            Origin::Module(module) => {
                let info = module.info();
                info.globals.get(info.num_imported_globals as usize..).unwrap_or_default()
            }
            Origin::Global(ty) => std::slice::from_ref(ty),
            Origin::Words(_) | Origin::Host => &[],
        };
        (0..).zip(types).map(|(index, ty)| (self.block.offsets().defined_global(index), ty.content))
    }

    /// What the module declares, unless the host made the instance.
    pub(super) fn info(&self) -> Option<&ModuleInfo> {
        self.module().map(Module::info)
    }
}

/// Something that must be there is not.
pub(super) fn gone(what: &str) -> Error {
    Error::internal(format!("{what} that its store does not know"))
}

impl StoreInner {
    /// The instance with this index.
    pub(super) fn instance(&self, index: u32) -> Result<&InstanceData> {
        self.instances.get(index as usize).ok_or_else(|| gone("an instance"))
    }

    /// The instance with this index, to change.
    pub(super) fn instance_mut(&mut self, index: u32) -> Result<&mut InstanceData> {
        self.instances.get_mut(index as usize).ok_or_else(|| gone("an instance"))
    }

    fn module_of(&self, instance: Instance) -> Option<&Module> {
        self.check_store(instance.store).ok()?;
        self.instance(instance.index).ok()?.module()
    }

    /// The handle of something in an instance's index spaces.
    pub(super) fn entity(&self, instance: u32, entity: Entity) -> Result<Extern> {
        Ok(match entity {
            Entity::Function(index) => self.function_at(instance, index)?.into(),
            Entity::Table(index) => self.table_at(instance, index)?.into(),
            Entity::Memory(index) => self.memory_at(instance, index)?.into(),
            Entity::Global(index) => self.global_at(instance, index)?.into(),
            Entity::Tag(index) => self.tag_at(instance, index)?.into(),
        })
    }

    /// The `funcref` value of an escaping function.
    pub(super) fn func_value_at(&self, instance: u32, function: u32) -> Result<u64> {
        let data = self.instance(instance)?;
        let place = data.info().and_then(|info| info.func_ref(function));
        let place = place.ok_or_else(|| Error::internal("a reference to a function that does not escape"))?;
        Ok(data.block.address_of(data.block.offsets().func_ref(place)))
    }

    /// The escaping function with this index.
    pub(super) fn function_at(&self, instance: u32, index: u32) -> Result<Func> {
        match self.instance(instance)?.imports().functions.get(index as usize) {
            Some(imported) => Ok(*imported),
            None => self.func_of_instance(instance, self.func_value_at(instance, index)?),
        }
    }

    /// The table with this index.
    pub(super) fn table_at(&self, instance: u32, index: u32) -> Result<Table> {
        let imports = &self.instance(instance)?.imports().tables;
        Ok(match imports.get(index as usize) {
            Some(imported) => *imported,
            None => Table { store: self.id(), instance, index: index.saturating_sub(imports.len() as u32) },
        })
    }

    /// The memory with this index.
    pub(super) fn memory_at(&self, instance: u32, index: u32) -> Result<Memory> {
        let imports = &self.instance(instance)?.imports().memories;
        Ok(match imports.get(index as usize) {
            Some(imported) => *imported,
            None => Memory { store: self.id(), instance, index: index.saturating_sub(imports.len() as u32) },
        })
    }

    /// The global with this index.
    pub(super) fn global_at(&self, instance: u32, index: u32) -> Result<Global> {
        let imports = &self.instance(instance)?.imports().globals;
        Ok(match imports.get(index as usize) {
            Some(imported) => *imported,
            None => Global { store: self.id(), instance, index: index.saturating_sub(imports.len() as u32) },
        })
    }

    /// The type of something, memories and tables with their current size as minimum.
    pub(crate) fn extern_type(&self, item: Extern) -> Result<ExternType> {
        Ok(match item {
            Extern::Func(func) => ExternType::Func(self.func_signature(func)?.ty().clone()),
            Extern::Memory(memory) => ExternType::Memory(self.memory(memory)?.current_type()),
            Extern::Table(table) => ExternType::Table(self.table(table)?.current_type()),
            Extern::Global(global) => ExternType::Global(self.global_type(global)?),
            Extern::Tag(tag) => ExternType::Tag(self.tag_signature(tag)?.ty().clone()),
        })
    }
}
