//! `fields`, whose bytes count as the host's memory that the plugin holds.

use std::sync::Arc;

use plugbay_component::{Borrow, Resource, Result};

use super::{Instance, resource};
use crate::usage::{Kind, Slot};
use crate::wasi::http::fields::{FieldMap, Fields};
use crate::wasi::http::types::HeaderError;
use crate::wasi::{Cx, Wasi, refused};

/// What one field takes of the host's memory beside its bytes.
const OVERHEAD: u64 = 64;

/// The resource `fields`, with its place in the host's memory.
#[derive(Debug)]
pub(in crate::wasi::http) struct Held {
    fields: Fields,
    slot: Slot,
}

type This = Borrow<Held>;

fn weight(map: &FieldMap) -> u64 {
    (map.size() as u64).saturating_add((map.len() as u64).saturating_mul(OVERHEAD)).saturating_add(OVERHEAD)
}

impl Wasi {
    /// Gives fields to the guest.
    fn hold(&mut self, fields: Fields) -> Result<Resource<Held>> {
        self.check_fields(fields.map())?;
        let slot = self.meter.take_many(Kind::HostBytes, weight(fields.map()))?;
        self.table.push(Held { fields, slot }).map_err(refused)
    }

    /// Gives fields that nobody changes to the guest.
    pub(in crate::wasi::http) fn show(&mut self, map: &Arc<FieldMap>) -> Result<Resource<Held>> {
        self.hold(Fields::immutable(map.clone()))
    }

    /// Takes fields from the guest.
    pub(in crate::wasi::http) fn release(&mut self, fields: Resource<Held>) -> Result<Arc<FieldMap>> {
        Ok(self.table.delete(fields).map_err(refused)?.fields.map().clone())
    }

    fn fields(&self, this: This) -> Result<&Fields> {
        Ok(&self.table.get(this).map_err(refused)?.fields)
    }

    fn change(
        &mut self,
        this: This,
        change: impl FnOnce(&mut Fields) -> Result<(), HeaderError>,
    ) -> Result<Result<(), HeaderError>> {
        let rep = this.rep();
        let held = self.table.get_mut(this).map_err(refused)?;
        let changed = change(&mut held.fields);
        let (is, was) = (weight(held.fields.map()), held.slot.amount());
        match is.checked_sub(was) {
            Some(more) => held.slot.grow(more)?,
            None => held.slot.shrink(was.saturating_sub(is)),
        }
        self.check_fields(self.fields(This::new(rep))?.map())?;
        Ok(changed)
    }
}

pub(super) fn define<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    resource!(instance, "fields", Held);
    instance.func_wrap("[constructor]fields", |cx: &mut Cx<'_, T>, (): ()| {
        cx.data_mut().wasi.hold(Fields::new())
    })?;
    instance.func_wrap(
        "[static]fields.from-list",
        |cx: &mut Cx<'_, T>, (entries,): (Vec<(String, Vec<u8>)>,)| {
            let entries = entries.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
            match Fields::from_list(entries) {
                Ok(fields) => cx.data_mut().wasi.hold(fields).map(Ok),
                Err(error) => Ok(Err(error)),
            }
        },
    )?;
    instance.func_wrap("[method]fields.get", |cx: &mut Cx<'_, T>, (this, name): (This, String)| {
        Ok(cx.data_mut().wasi.fields(this)?.get(&name))
    })?;
    instance.func_wrap("[method]fields.has", |cx: &mut Cx<'_, T>, (this, name): (This, String)| {
        Ok(cx.data_mut().wasi.fields(this)?.has(&name))
    })?;
    instance.func_wrap(
        "[method]fields.set",
        |cx: &mut Cx<'_, T>, (this, name, values): (This, String, Vec<Vec<u8>>)| {
            cx.data_mut().wasi.change(this, |fields| fields.set(&name, &values))
        },
    )?;
    instance.func_wrap("[method]fields.delete", |cx: &mut Cx<'_, T>, (this, name): (This, String)| {
        cx.data_mut().wasi.change(this, |fields| fields.delete(&name))
    })?;
    instance.func_wrap(
        "[method]fields.append",
        |cx: &mut Cx<'_, T>, (this, name, value): (This, String, Vec<u8>)| {
            cx.data_mut().wasi.change(this, |fields| fields.append(&name, &value))
        },
    )?;
    instance.func_wrap("[method]fields.entries", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        Ok(cx.data_mut().wasi.fields(this)?.entries())
    })?;
    instance.func_wrap("[method]fields.clone", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        let wasi = &mut cx.data_mut().wasi;
        let copy = wasi.fields(this)?.copy();
        wasi.hold(copy)
    })?;
    Ok(())
}
