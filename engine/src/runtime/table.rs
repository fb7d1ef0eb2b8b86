//! Tables: handles, elements and growth.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};

use super::instance::{InstanceData, Origin, gone};
use super::store::StoreInner;
use super::template::TableTemplate;
use super::{Context, Val};
use crate::error::{Error, Result};
use crate::trap::TrapKind;
use crate::types::{IndexType, RefType, TableType, ValType};
use crate::vm::block::InstanceBlock;
use crate::vm::offsets::{VmCounts, VmOffsets};

/// Most elements of a table, whatever its type says.
const MAX_ELEMENTS: u64 = u32::MAX as u64;

/// A handle to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Table {
    pub(super) store: u64,
    pub(super) instance: u32,
    pub(super) index: u32,
}

impl Table {
    /// A new table with every element `init`.
    ///
    /// # Errors
    /// `Limit` when the store's limits do not allow it, `Misuse` when `init` is not of the element type.
    pub fn new<T>(cx: &mut Context<'_, T>, ty: TableType, init: Val) -> Result<Self> {
        cx.inner().check(init, ValType::Ref(ty.element))?;
        if ty.maximum.is_some_and(|maximum| ty.minimum > maximum) {
            return Err(Error::misuse("a table has no more elements at first than at most"));
        }
        let store = cx.inner_mut();
        let [init, _] = store.lower(init)?;
        let instance = store.next_instance()?;
        let offsets = VmOffsets::new(VmCounts { defined_tables: 1, ..VmCounts::default() });
        let block = InstanceBlock::new(store.vm_address(), &[], instance, offsets)?;
        store.instances.push(InstanceData::new(block, Origin::Host, None));
        store.define_table(instance, ty, init)?;
        Ok(Self { store: store.id(), instance, index: 0 })
    }

    /// The declared type with the current number of elements as minimum; an empty table of functions for a handle of
    /// another store.
    pub fn ty<T>(&self, cx: &Context<'_, T>) -> TableType {
        let none =
            TableType { element: RefType::FUNCREF, index: IndexType::I32, minimum: 0, maximum: Some(0) };
        cx.inner().table(*self).map_or(none, TableData::current_type)
    }

    /// The current number of elements; 0 for a handle of another store.
    pub fn size<T>(&self, cx: &Context<'_, T>) -> u64 {
        cx.inner().table(*self).map_or(0, |table| table.elements.len() as u64)
    }

    /// The element at `index`.
    ///
    /// # Errors
    /// `Trap` (out of bounds table access), `Misuse` for a handle of another store.
    pub fn get<T>(&self, cx: &Context<'_, T>, index: u64) -> Result<Val> {
        let table = cx.inner().table(*self)?;
        let value = table.element(index)?.load(Relaxed);
        cx.inner().lift(ValType::Ref(table.ty.element), [value, 0])
    }

    /// Sets the element at `index`.
    ///
    /// # Errors
    /// `Trap` (out of bounds table access), `Misuse` when the value is not of the element type or a handle is of
    /// another store.
    pub fn set<T>(&self, cx: &mut Context<'_, T>, index: u64, value: Val) -> Result<()> {
        let store = cx.inner_mut();
        store.check(value, ValType::Ref(store.table(*self)?.ty.element))?;
        let [value, _] = store.lower(value)?;
        let table = store.table(*self)?;
        table.touched.store(true, Relaxed);
        table.element(index)?.store(value, Relaxed);
        Ok(())
    }

    /// Grows by `delta` elements of value `init` and returns the old size.
    ///
    /// # Errors
    /// `Limit` when the maximum or the store's limits do not allow it, `Misuse` as for [`Table::set`].
    pub fn grow<T>(&self, cx: &mut Context<'_, T>, delta: u64, init: Val) -> Result<u64> {
        let store = cx.inner_mut();
        store.check(init, ValType::Ref(store.table(*self)?.ty.element))?;
        let [init, _] = store.lower(init)?;
        store.grow_table(*self, delta, init)
    }
}

/// A table that an instance defines. The elements are atomic because generated code reads and writes them too.
pub(super) struct TableData {
    pub(super) elements: Vec<AtomicU64>,
    ty: TableType,
    /// Where the block of its instance says where it is and how long.
    pub(super) offset: u32,
    /// Whether somebody else than the instance's own guest may have written to it.
    pub(super) touched: AtomicBool,
}

impl TableData {
    pub(super) fn current_type(&self) -> TableType {
        TableType { minimum: self.elements.len() as u64, ..self.ty }
    }

    /// The current number of elements.
    pub(super) fn len(&self) -> u64 {
        self.elements.len() as u64
    }

    /// Gives it `len` elements of the initial values; `base` is the address of its instance's first function reference.
    /// `None` if the system refuses the memory.
    pub(super) fn reset(&mut self, len: usize, prepared: Option<&TableTemplate>, base: u64) -> Option<()> {
        self.touched = AtomicBool::new(false);
        if self.elements.len() != len {
            self.elements = Vec::new();
            self.elements.try_reserve_exact(len).ok()?;
            self.elements.resize_with(len, AtomicU64::default);
        }
        match prepared {
            Some(prepared) => prepared.write(&self.elements, base),
            None => self.elements.iter().for_each(|element| element.store(0, Relaxed)),
        }
        Some(())
    }

    fn element(&self, index: u64) -> Result<&AtomicU64> {
        let element = usize::try_from(index).ok().and_then(|index| self.elements.get(index));
        element.ok_or_else(|| TrapKind::TableOutOfBounds.into())
    }
}

impl StoreInner {
    /// The table of a handle.
    pub(super) fn table(&self, table: Table) -> Result<&TableData> {
        self.check_store(table.store)?;
        let instance = self.instance(table.instance)?;
        instance.tables.get(table.index as usize).ok_or_else(|| gone("a table"))
    }

    /// How many tables there are with one more, if there may be.
    fn one_more_table(&self) -> Result<u32> {
        let count = self.used.tables.saturating_add(1);
        if count > self.limits.tables {
            return Err(Error::limit("tables", u64::from(count), u64::from(self.limits.tables)));
        }
        Ok(count)
    }

    /// How many elements there are with `more`, if there may be.
    fn more_elements(&self, more: u64) -> Result<u64> {
        let used = self.used.table_elements.saturating_add(more);
        if used > self.limits.table_elements {
            return Err(Error::limit("table_elements", used, self.limits.table_elements));
        }
        Ok(used)
    }

    /// Counts a table of an idle instance that has a new tenant. `init` is for elements that are not prepared: all of
    /// its, or none.
    pub(super) fn adopt_table(&mut self, instance: u32, table: usize, init: u64) -> Result<()> {
        let count = self.one_more_table()?;
        let data = self.instance(instance)?.tables.get(table).ok_or_else(|| gone("a table"))?;
        let used = self.more_elements(data.len())?;
        if init != 0 {
            data.elements.iter().for_each(|element| element.store(init, Relaxed));
        }
        self.used.tables = count;
        self.used.table_elements = used;
        Ok(())
    }

    /// Writes what a table that was just made holds at first.
    pub(super) fn write_table(&self, instance: u32, table: usize, prepared: &TableTemplate) -> Result<()> {
        let data = self.instance(instance)?;
        let table = data.tables.get(table).ok_or_else(|| gone("a table"))?;
        if !prepared.is_null() {
            prepared.write(&table.elements, data.block.address_of(data.block.offsets().func_ref(0)));
        }
        table.touched.store(false, Relaxed);
        Ok(())
    }

    /// Makes the next table of an instance.
    pub(super) fn define_table(&mut self, instance: u32, ty: TableType, init: u64) -> Result<()> {
        let count = self.one_more_table()?;
        let data = self.instance_mut(instance)?;
        let index = u32::try_from(data.tables.len()).unwrap_or(u32::MAX);
        let offset = data.block.offsets().defined_table(index);
        data.tables.push(TableData { elements: Vec::new(), ty, offset, touched: AtomicBool::new(false) });
        self.used.tables = count;
        self.grow_table(Table { store: self.id(), instance, index }, ty.minimum, init)?;
        Ok(())
    }

    /// Grows a table as far as its type and the store's limits allow, and returns its old size.
    fn grow_table(&mut self, table: Table, delta: u64, init: u64) -> Result<u64> {
        let data = self.table(table)?;
        let old = data.elements.len() as u64;
        let (new, maximum) =
            (old.saturating_add(delta), data.ty.maximum.unwrap_or(MAX_ELEMENTS).min(MAX_ELEMENTS));
        if new > maximum {
            return Err(Error::limit("the table's elements", new, maximum));
        }
        let used = self.more_elements(delta)?;
        let instance = self.instance_mut(table.instance)?;
        let data = instance.tables.get_mut(table.index as usize).ok_or_else(|| gone("a table"))?;
        let more = usize::try_from(delta).unwrap_or(usize::MAX);
        let refused = |_| Error::os("growing a table", std::io::ErrorKind::OutOfMemory.into());
        *data.touched.get_mut() = true;
        data.elements.try_reserve(more).map_err(refused)?;
        data.elements.extend((0..more).map(|_| AtomicU64::new(init)));
        let address = data.elements.as_ptr().expose_provenance() as u64;
        instance.block.set_pair(data.offset, address, new)?;
        self.used.table_elements = used;
        Ok(old)
    }

    /// `table.grow`: the old size, or `None` if it cannot be.
    pub(crate) fn guest_table_grow(
        &mut self,
        instance: u32,
        table: u32,
        delta: u64,
        init: u64,
    ) -> Option<u64> {
        let table = self.table_at(instance, table).ok()?;
        self.grow_table(table, delta, init).ok()
    }
}
