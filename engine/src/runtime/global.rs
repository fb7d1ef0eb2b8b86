//! Globals: handles and values.

use super::instance::{InstanceData, Origin, gone};
use super::slots::width;
use super::store::StoreInner;
use super::{Context, Val};
use crate::error::{Error, Result};
use crate::types::{GlobalType, ValType};
use crate::vm::block::InstanceBlock;
use crate::vm::offsets::{VmCounts, VmOffsets};

/// A handle to a global.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Global {
    pub(super) store: u64,
    pub(super) instance: u32,
    pub(super) index: u32,
}

impl Global {
    /// A new global.
    ///
    /// # Errors
    /// `Misuse` when the value is not of the type, `Limit` when the store's limits do not allow one more.
    pub fn new<T>(cx: &mut Context<'_, T>, ty: GlobalType, value: Val) -> Result<Self> {
        let store = cx.inner_mut();
        store.check(value, ty.content)?;
        let value = store.lower(value)?;
        let instance = store.next_instance()?;
        let offsets = VmOffsets::new(VmCounts { defined_globals: 1, ..VmCounts::default() });
        let block = InstanceBlock::new(store.vm_address(), &[], instance, offsets)?;
        store.instances.push(InstanceData::new(block, Origin::Global(ty), None));
        let global = Self { store: store.id(), instance, index: 0 };
        store.set_global(global, value)?;
        Ok(global)
    }

    /// The type; an immutable i32 for a handle of another store.
    pub fn ty<T>(&self, cx: &Context<'_, T>) -> GlobalType {
        let none = GlobalType { content: ValType::I32, mutable: false };
        cx.inner().global_type(*self).unwrap_or(none)
    }

    /// The value; an i32 of 0 for a handle of another store.
    pub fn get<T>(&self, cx: &Context<'_, T>) -> Val {
        let store = cx.inner();
        let value = || store.lift(store.global_type(*self)?.content, store.global(*self)?);
        value().unwrap_or(Val::I32(0))
    }

    /// Sets the value.
    ///
    /// # Errors
    /// `Misuse` when the global is immutable, the value is of another type or a handle is of another store.
    pub fn set<T>(&self, cx: &mut Context<'_, T>, value: Val) -> Result<()> {
        let store = cx.inner_mut();
        let ty = store.global_type(*self)?;
        store.check(value, ty.content)?;
        if !ty.mutable {
            return Err(Error::misuse("the global is immutable"));
        }
        let value = store.lower(value)?;
        store.set_global(*self, value)
    }
}

impl StoreInner {
    /// The type of a global.
    pub(super) fn global_type(&self, global: Global) -> Result<GlobalType> {
        self.check_store(global.store)?;
        let data = self.instance(global.instance)?;
        match &data.origin {
            Origin::Global(ty) => Ok(*ty),
            Origin::Words(_) => Ok(GlobalType { content: ValType::I32, mutable: true }),
            Origin::Host => Err(gone("a global")),
            Origin::Module(module) => {
                let info = module.info();
                let index = info.num_imported_globals.saturating_add(global.index);
                info.globals.get(index as usize).copied().ok_or_else(|| gone("a global"))
            }
        }
    }

    /// The slots of a global's value.
    pub(super) fn global(&self, global: Global) -> Result<[u64; 2]> {
        let ty = self.global_type(global)?.content;
        if let Origin::Words(words) = &self.instance(global.instance)?.origin {
            return Ok([u64::from(words.get(global.index)), 0]);
        }
        let block = &self.instance(global.instance)?.block;
        let offset = block.offsets().defined_global(global.index);
        let low = block.get(offset)?;
        let high = if width(ty) == 2 { block.get(offset.saturating_add(8))? } else { 0 };
        // Generated code writes only the low half of the cells of 32-bit globals.
        Ok(match ty {
            ValType::I32 | ValType::F32 => [low & u64::from(u32::MAX), 0],
            _ => [low, high],
        })
    }

    /// Sets the slots of a global's value.
    pub(super) fn set_global(&self, global: Global, value: [u64; 2]) -> Result<()> {
        let InstanceData { block, origin, .. } = self.instance(global.instance)?;
        if let Origin::Words(words) = origin {
            words.set(global.index, value[0] as u32);
            return Ok(());
        }
        block.set_pair(block.offsets().defined_global(global.index), value[0], value[1])
    }

    /// Where a global's cell is.
    pub(super) fn global_address(&self, global: Global) -> Result<u64> {
        let InstanceData { block, origin, .. } = self.instance(global.instance)?;
        if let Origin::Words(words) = origin {
            return words.address(global.index).ok_or_else(|| gone("a global"));
        }
        Ok(block.address_of(block.offsets().defined_global(global.index)))
    }
}
