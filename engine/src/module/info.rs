//! What a validated module declares, in plain data: the translator, the runtime and the artifact writer read it, nobody
//! changes it after decoding. Function bodies are not here.

use super::consts::ConstExpr;
use crate::artifact::bytes::Bytes;
use crate::memory_plan::MemoryPlan;
use crate::types::{ExternType, FuncType, GlobalType, MemoryType, RefType, TableType};
use crate::vm::offsets::VmCounts;

/// A decoded module without its function bodies. In every index space the imports come first.
#[derive(Debug, Default)]
pub(crate) struct ModuleInfo {
    /// Function types, by type index.
    pub(crate) types: Vec<FuncType>,
    /// The imports, in order.
    pub(crate) imports: Vec<Import>,
    /// The type index of each function.
    pub(crate) functions: Vec<u32>,
    /// Tables.
    pub(crate) tables: Vec<Table>,
    /// Memories.
    pub(crate) memories: Vec<Memory>,
    /// Globals.
    pub(crate) globals: Vec<GlobalType>,
    /// The initial values of the defined globals.
    pub(crate) global_inits: Vec<ConstExpr>,
    /// The type index of each tag.
    pub(crate) tags: Vec<u32>,
    /// The exports, in order.
    pub(crate) exports: Vec<Export>,
    /// The places of the exports among them, by name.
    pub(crate) exports_by_name: Box<[u32]>,
    /// The start function.
    pub(crate) start: Option<u32>,
    /// Element segments.
    pub(crate) elements: Vec<ElementSegment>,
    /// Data segments.
    pub(crate) data: Vec<DataSegment>,
    /// How many of the functions are imported.
    pub(crate) num_imported_functions: u32,
    /// How many of the tables are imported.
    pub(crate) num_imported_tables: u32,
    /// How many of the memories are imported.
    pub(crate) num_imported_memories: u32,
    /// How many of the globals are imported.
    pub(crate) num_imported_globals: u32,
    /// How many of the tags are imported.
    pub(crate) num_imported_tags: u32,
    /// Functions that can be reached by reference, in the order of their places in the VM context.
    pub(crate) escaping: Vec<u32>,
    /// The place of each function among the escaping ones, plus one; 0, or nothing at the end, for the others.
    pub(crate) func_refs: Vec<u32>,
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    /// The first of the two names.
    pub(crate) module: String,
    /// The second of the two names.
    pub(crate) name: String,
    /// What is imported.
    pub(crate) kind: Entity,
}

/// One export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Export {
    /// The name.
    pub(crate) name: String,
    /// What is exported.
    pub(crate) kind: Entity,
}

/// Something imported or exported, by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entity {
    /// A function index.
    Function(u32),
    /// A table index.
    Table(u32),
    /// A memory index.
    Memory(u32),
    /// A global index.
    Global(u32),
    /// A tag index.
    Tag(u32),
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// The type.
    pub(crate) ty: TableType,
    /// The initial value of every element; `None` is null.
    pub(crate) init: Option<ConstExpr>,
}

/// One memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    /// The type.
    pub(crate) ty: MemoryType,
    /// How it is laid out and checked.
    pub(crate) plan: MemoryPlan,
}

/// What an element or data segment is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SegmentMode {
    /// For `table.init` or `memory.init`.
    Passive,
    /// Copied at instantiation.
    Active {
        /// The table or memory index.
        target: u32,
        /// Where in it.
        offset: ConstExpr,
    },
    /// Only declares that its functions escape.
    Declared,
}

/// One element segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ElementSegment {
    /// What it is for.
    pub(crate) mode: SegmentMode,
    /// The type of its items.
    pub(crate) ty: RefType,
    /// Its items.
    pub(crate) items: ElementItems,
}

/// The items of an element segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ElementItems {
    /// Function indices.
    Functions(Box<[u32]>),
    /// Constant expressions.
    Expressions(Box<[ConstExpr]>),
}

/// One data segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataSegment {
    /// What it is for; never `Declared`.
    pub(crate) mode: SegmentMode,
    /// Its bytes.
    pub(crate) bytes: Bytes,
}

impl ElementItems {
    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Functions(items) => items.len(),
            Self::Expressions(items) => items.len(),
        }
    }
}

impl ModuleInfo {
    /// The type of a function.
    pub(crate) fn func_type(&self, function: u32) -> Option<&FuncType> {
        let type_index = *self.functions.get(function as usize)?;
        self.types.get(type_index as usize)
    }

    /// The type of something imported or exported. Validation has checked the index; one that is wrong all the same is a
    /// function that takes and returns nothing, which fits nowhere by accident.
    pub(crate) fn entity_type(&self, entity: Entity) -> ExternType {
        let found = match entity {
            Entity::Function(index) => self.func_type(index).cloned().map(ExternType::Func),
            Entity::Table(index) => self.tables.get(index as usize).map(|table| ExternType::Table(table.ty)),
            Entity::Memory(index) => {
                self.memories.get(index as usize).map(|memory| ExternType::Memory(memory.ty))
            }
            Entity::Global(index) => self.globals.get(index as usize).copied().map(ExternType::Global),
            Entity::Tag(index) => self.tag_type(index).cloned().map(ExternType::Tag),
        };
        found.unwrap_or_else(|| ExternType::Func(FuncType::new([], [])))
    }

    /// The type of a tag.
    pub(crate) fn tag_type(&self, tag: u32) -> Option<&FuncType> {
        self.types.get(*self.tags.get(tag as usize)? as usize)
    }

    /// The place of a defined function among the defined ones; `None` if it is imported.
    pub(crate) fn defined_function(&self, function: u32) -> Option<u32> {
        function.checked_sub(self.num_imported_functions)
    }

    /// The place of a defined table among the defined ones; `None` if it is imported.
    pub(crate) fn defined_table(&self, table: u32) -> Option<u32> {
        table.checked_sub(self.num_imported_tables)
    }

    /// The place of a defined memory among the defined ones; `None` if it is imported.
    pub(crate) fn defined_memory(&self, memory: u32) -> Option<u32> {
        memory.checked_sub(self.num_imported_memories)
    }

    /// The place of a defined global among the defined ones; `None` if it is imported.
    pub(crate) fn defined_global(&self, global: u32) -> Option<u32> {
        global.checked_sub(self.num_imported_globals)
    }

    /// The export of this name.
    pub(crate) fn export(&self, name: &str) -> Option<&Export> {
        let export = |place: &u32| self.exports.get(*place as usize);
        let name_of = |place: &u32| export(place).map_or("", |export| export.name.as_str());
        let found = self.exports_by_name.binary_search_by_key(&name, name_of).ok()?;
        self.exports_by_name.get(found).and_then(export)
    }

    /// Fills `exports_by_name`.
    pub(crate) fn sort_exports(&mut self) {
        let count = u32::try_from(self.exports.len()).unwrap_or(u32::MAX);
        let mut places: Vec<u32> = (0..count).collect();
        let name = |place: u32| self.exports.get(place as usize).map(|export| export.name.as_str());
        places.sort_unstable_by_key(|place| name(*place));
        self.exports_by_name = places.into();
    }

    /// The place of an escaping function among the escaping ones.
    pub(crate) fn func_ref(&self, function: u32) -> Option<u32> {
        self.func_refs.get(function as usize)?.checked_sub(1)
    }

    /// Notes that a function can be reached by reference and returns its place among the escaping ones.
    pub(crate) fn escape(&mut self, function: u32) -> u32 {
        if let Some(place) = self.func_ref(function) {
            return place;
        }
        let place = u32::try_from(self.escaping.len()).unwrap_or(u32::MAX);
        self.escaping.push(function);
        let functions = self.functions.len().max((function as usize).saturating_add(1));
        self.func_refs.resize(functions, 0);
        if let Some(entry) = self.func_refs.get_mut(function as usize) {
            *entry = place.saturating_add(1);
        }
        place
    }
}

impl From<&ModuleInfo> for VmCounts {
    fn from(info: &ModuleInfo) -> Self {
        let defined =
            |total: usize, imported: u32| u32::try_from(total).unwrap_or(u32::MAX).saturating_sub(imported);
        Self {
            imported_functions: info.num_imported_functions,
            imported_tables: info.num_imported_tables,
            imported_memories: info.num_imported_memories,
            imported_globals: info.num_imported_globals,
            defined_tables: defined(info.tables.len(), info.num_imported_tables),
            defined_memories: defined(info.memories.len(), info.num_imported_memories),
            defined_globals: defined(info.globals.len(), info.num_imported_globals),
            func_refs: u32::try_from(info.escaping.len()).unwrap_or(u32::MAX),
        }
    }
}
