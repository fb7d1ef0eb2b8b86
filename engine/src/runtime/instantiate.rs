//! Instantiation (Core spec, "Instantiation"), in the specification's order: match the imports, make memories, tables and
//! globals, write element segments, then data segments, run the start function.

use super::instance::{Imports, Instance, InstanceData, Origin, gone};
use super::store::StoreInner;
use super::table::TableData;
use super::tag::TagData;
use super::template::Template;
use super::{Context, Extern};
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::module::Module;
use crate::module::consts::{ConstExpr, evaluate};
use crate::module::info::{Entity, SegmentMode};
use crate::module::limits::at_most;
use crate::trap::TrapKind;
use crate::vm::block::{Callee, InstanceBlock};

impl Instance {
    /// Instantiates a module: matches `imports` (in the order of [`Module::imports`]) with what it asks for, makes its
    /// memories, tables and globals, writes its active segments, and runs its start function (Core spec,
    /// "Instantiation").
    ///
    /// # Errors
    /// `Link` for an import that is missing or of another type, `Limit` when the store's limits do not allow it,
    /// `Trap` when a segment does not fit or the start function traps, `Misuse` for handles of another store or a module
    /// of another engine.
    pub fn new<T>(cx: &mut Context<'_, T>, module: &Module, imports: &[Extern]) -> Result<Self> {
        let instance = cx.inner_mut().instantiate(module, imports).map_err(at_instantiation)?;
        if let Some(start) = module.info().start {
            let start = cx.inner().function_at(instance.index, start)?;
            start.call(cx, &[]).map_err(at_instantiation)?;
        }
        Ok(instance)
    }
}

/// Link errors and misuse keep their stage; everything else happened while instantiating.
fn at_instantiation(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Link { .. } | ErrorKind::Misuse(_) => error,
        _ => error.at(Stage::Instantiate),
    }
}

impl StoreInner {
    /// The index of the next instance, if the limits allow one more.
    pub(super) fn next_instance(&self) -> Result<u32> {
        let count = self.instances.len() as u64;
        match u32::try_from(count) {
            Ok(index) if index < self.limits.instances => Ok(index),
            _ => Err(Error::limit("instances", count.saturating_add(1), u64::from(self.limits.instances))),
        }
    }

    /// Counts what an instance of the module takes besides memories and tables, if that much is allowed.
    fn use_instance_bytes(&mut self, module: &Module) -> Result<()> {
        let info = module.info();
        let counted = [
            module.offsets().size() as usize,
            info.imports.len().saturating_mul(size_of::<Extern>()),
            info.data.len(),
            info.elements.len(),
            info.tags.len().saturating_mul(size_of::<TagData>()),
        ];
        let bytes =
            counted.into_iter().fold(self.used.instance_bytes, |sum, more| sum.saturating_add(more as u64));
        at_most("instance_bytes", bytes, self.limits.instance_bytes)?;
        self.used.instance_bytes = bytes;
        Ok(())
    }

    /// Everything but the start function. A failure after the instance's place was taken leaves it there: segments that
    /// were written may refer to it (Core spec), and the limits count it.
    fn instantiate(&mut self, module: &Module, externs: &[Extern]) -> Result<Instance> {
        if !module.engine().same(self.engine()) {
            return Err(Error::misuse("the module was compiled by another engine than the store's"));
        }
        let imports = self.match_imports(module, externs)?;
        let index = self.next_instance()?;
        self.use_instance_bytes(module)?;
        let template = module.template()?;
        let data = match module.pool().take() {
            Some(mut data) => {
                data.block.move_to(self.vm_address(), index)?;
                data.imports = imports;
                data.origin = Origin::Module(module.clone());
                data
            }
            None => self.new_instance(module, template, index, imports)?,
        };
        self.fill_imports(&data.block, data.imports())?;
        self.fill_func_refs(&data, module, template)?;
        if self.instances.is_empty() {
            // Most stores have one instance.
            self.instances.reserve_exact(1);
        }
        self.instances.push(data);
        self.define_tags(index, module)?;
        self.define_globals(index, module)?;
        self.define_tables(index, module, template)?;
        self.define_memories(index, module, template)?;
        if template.tables.is_none() {
            self.write_elements(index, module)?;
        } else {
            self.drop_elements(index, module);
        }
        self.write_data(index, module, template)?;
        Ok(Instance { store: self.id(), index })
    }

    /// An instance with neither memories nor tables, and without its imports' addresses.
    fn new_instance(
        &self,
        module: &Module,
        template: &Template,
        index: u32,
        imports: Option<Box<Imports>>,
    ) -> Result<InstanceData> {
        let ids = module.signatures().ids();
        let block = InstanceBlock::new(self.vm_address(), ids, index, *module.offsets())?;
        block.fill_func_refs(&template.func_refs)?;
        Ok(InstanceData::new(block, Origin::Module(module.clone()), imports))
    }

    /// Checks number, store and type of what was given for a module's imports.
    fn match_imports(&self, module: &Module, externs: &[Extern]) -> Result<Option<Box<Imports>>> {
        let asked = &module.info().imports;
        if asked.len() != externs.len() {
            let (asked, given) = (asked.len(), externs.len());
            return Err(Error::misuse(format!("the module has {asked} imports, {given} were given")));
        }
        if externs.is_empty() {
            return Ok(None);
        }
        let mut imports = Box::<Imports>::default();
        for (import, given) in asked.iter().zip(externs) {
            if !self.is_of_type(module, import.kind, *given)? {
                let found = self.extern_type(*given)?;
                let expected = module.info().entity_type(import.kind);
                if !found.fits(&expected) {
                    return Err(Error::new(ErrorKind::Link {
                        module: import.module.clone(),
                        name: import.name.clone(),
                        expected: expected.to_string(),
                        found: found.to_string(),
                    }));
                }
            }
            match *given {
                Extern::Func(func) => imports.functions.push(func),
                Extern::Table(table) => imports.tables.push(table),
                Extern::Memory(memory) => imports.memories.push(memory),
                Extern::Global(global) => imports.globals.push(global),
                Extern::Tag(tag) => imports.tags.push(tag),
            }
        }
        Ok(Some(imports))
    }

    /// Whether a function is exactly of the type that is asked for: found without making the two types.
    fn is_of_type(&self, module: &Module, asked: Entity, given: Extern) -> Result<bool> {
        let (Entity::Function(function), Extern::Func(func)) = (asked, given) else { return Ok(false) };
        let ty = module.info().functions.get(function as usize);
        let signature = ty.and_then(|ty| module.signatures().get(*ty)).ok_or_else(|| gone("a type"))?;
        Ok(self.func_signature(func)?.id() == signature.id())
    }

    /// Tells a new instance's block where its imports are.
    fn fill_imports(&self, block: &InstanceBlock, imports: &Imports) -> Result<()> {
        let offsets = *block.offsets();
        for (index, func) in (0..).zip(&imports.functions) {
            let func = self.callee(*func)?;
            block.set_pair(offsets.imported_function(index), func.code as u64, func.vmctx as u64)?;
        }
        for (index, table) in (0..).zip(&imports.tables) {
            let owner = &self.instance(table.instance)?.block;
            let address = owner.address_of(owner.offsets().defined_table(table.index));
            block.set(offsets.imported_table(index), address)?;
        }
        for (index, memory) in (0..).zip(&imports.memories) {
            let owner = &self.instance(memory.instance)?.block;
            let address = owner.address_of(owner.offsets().defined_memory(memory.index));
            block.set(offsets.imported_memory(index), address)?;
        }
        for (index, global) in (0..).zip(&imports.globals) {
            block.set(offsets.imported_global(index), self.global_address(*global)?)?;
        }
        Ok(())
    }

    /// Writes the references to the imported functions that escape; those to the module's own are there.
    fn fill_func_refs(&self, data: &InstanceData, module: &Module, template: &Template) -> Result<()> {
        for (place, function, type_index) in &template.imported {
            let signature = module.signatures().get(*type_index).ok_or_else(|| gone("a type"))?;
            let imported =
                data.imports().functions.get(*function as usize).ok_or_else(|| gone("an import"))?;
            let Callee { code, vmctx, .. } = self.callee(*imported)?;
            data.block.set_func_ref(data.block.offsets().func_ref(*place), code, vmctx, signature.id())?;
        }
        Ok(())
    }

    fn define_globals(&mut self, instance: u32, module: &Module) -> Result<()> {
        let imported = module.info().num_imported_globals;
        for (index, init) in (0_u32..).zip(&module.info().global_inits) {
            let value = self.evaluate(instance, init)?;
            self.set_global(self.global_at(instance, imported.saturating_add(index))?, value)?;
        }
        Ok(())
    }

    /// Makes the tables; those of an idle instance are there already, with their contents if they are prepared.
    fn define_tables(&mut self, instance: u32, module: &Module, template: &Template) -> Result<()> {
        let info = module.info();
        let declared = info.tables.iter().skip(info.num_imported_tables as usize);
        for (table, declared) in declared.enumerate() {
            let init = match &declared.init {
                Some(init) if template.tables.is_none() => self.evaluate(instance, init)?[0],
                _ => 0,
            };
            if self.instance(instance)?.tables.len() > table {
                self.adopt_table(instance, table, init)?;
                continue;
            }
            self.define_table(instance, declared.ty, init)?;
            if let Some(prepared) = template.tables.as_ref().and_then(|tables| tables.get(table)) {
                self.write_table(instance, table, prepared)?;
            }
        }
        Ok(())
    }

    /// Makes the memories, with their images laid over them if the module has some; those of an idle instance are there
    /// already. Data segments are written after element segments, so there may be nothing in a memory yet when one of
    /// these will trap: functions of this instance that earlier ones put into tables of others can tell.
    fn define_memories(&mut self, instance: u32, module: &Module, template: &Template) -> Result<()> {
        let info = module.info();
        let allowed = template.tables.is_some() || self.elements_fit(instance, module);
        let data = self.instance_mut(instance)?;
        if !allowed && data.memories.iter().any(|data| data.memory.has_image()) {
            data.memories.clear();
        }
        let declared = info.memories.iter().skip(info.num_imported_memories as usize);
        for (memory, declared) in declared.enumerate() {
            if self.instance(instance)?.memories.len() > memory {
                self.adopt_memory(instance, memory)?;
                continue;
            }
            self.define_memory(instance, declared.ty, &declared.plan)?;
            if let Some(image) = template.images.get(memory).filter(|_| allowed) {
                self.lay_over(instance, memory, image)?;
            }
        }
        Ok(())
    }

    /// Whether no active element segment traps.
    fn elements_fit(&self, instance: u32, module: &Module) -> bool {
        module.info().elements.iter().all(|elements| match &elements.mode {
            SegmentMode::Passive | SegmentMode::Declared => true,
            SegmentMode::Active { target, offset } => {
                let end = self
                    .evaluate(instance, offset)
                    .ok()
                    .and_then(|[at, _]| at.checked_add(elements.items.len() as u64));
                let table =
                    self.table_at(instance, *target).and_then(|table| self.table(table).map(TableData::len));
                end.zip(table.ok()).is_some_and(|(end, len)| end <= len)
            }
        })
    }

    fn write_elements(&mut self, instance: u32, module: &Module) -> Result<()> {
        for (segment, elements) in (0..).zip(&module.info().elements) {
            match &elements.mode {
                SegmentMode::Passive => continue,
                SegmentMode::Declared => {}
                SegmentMode::Active { target, offset } => {
                    let at = self.evaluate(instance, offset)?[0];
                    let len = u32::try_from(elements.items.len()).map_err(|_| TrapKind::TableOutOfBounds)?;
                    self.table_init(instance, *target, segment, at, 0, len)?;
                }
            }
            self.elem_drop(instance, segment);
        }
        Ok(())
    }

    /// Active and declared element segments end as if dropped; these were prepared.
    fn drop_elements(&mut self, instance: u32, module: &Module) {
        for (segment, elements) in (0..).zip(&module.info().elements) {
            if elements.mode != SegmentMode::Passive {
                self.elem_drop(instance, segment);
            }
        }
    }

    /// Writes the active data segments, unless images of all memories that they go to are there already.
    fn write_data(&mut self, instance: u32, module: &Module, template: &Template) -> Result<()> {
        let memories = &self.instance(instance)?.memories;
        let with_image = memories.iter().filter(|data| data.memory.has_image()).count();
        if with_image > 0 && with_image == template.images.count() {
            // A module may have tens of thousands of segments.
            self.instance_mut(instance)?.dropped_data.copy_from(&template.active_data);
            return Ok(());
        }
        for (segment, data) in (0..).zip(&module.info().data) {
            if let SegmentMode::Active { target, offset } = &data.mode {
                let at = self.evaluate(instance, offset)?[0];
                let len = u32::try_from(data.bytes.len()).map_err(|_| TrapKind::MemoryOutOfBounds)?;
                self.memory_init(instance, *target, segment, at, 0, len)?;
                self.data_drop(instance, segment);
            }
        }
        Ok(())
    }

    /// The value of a constant expression, as slots.
    pub(super) fn evaluate(&self, instance: u32, expr: &ConstExpr) -> Result<[u64; 2]> {
        let global = |index: u32| self.global(self.global_at(instance, index)?);
        Ok(match expr {
            ConstExpr::I32(value) => [u64::from(value.cast_unsigned()), 0],
            ConstExpr::I64(value) => [value.cast_unsigned(), 0],
            ConstExpr::F32(bits) => [u64::from(*bits), 0],
            ConstExpr::F64(bits) => [*bits, 0],
            ConstExpr::V128(value) => [*value as u64, (*value >> 64) as u64],
            ConstExpr::RefNull => [0, 0],
            ConstExpr::RefFunc(function) => [self.func_value_at(instance, *function)?, 0],
            ConstExpr::GlobalGet(index) => global(*index)?,
            ConstExpr::Extended(ops) => [evaluate(ops, |index| global(index).map_or(0, |[low, _]| low))?, 0],
        })
    }
}
