//! Section 5: component instances, from instantiation or from a list of exports.

use std::sync::Arc;

use wasmparser::{ComponentInstance, ComponentInstanceSectionReader};

use super::super::features;
use super::super::tree::{Definition, ItemRef};
use super::super::{Decoder, malformed};
use super::item;
use crate::error::{Error, Result};

pub(in crate::decode) fn read(
    decoder: &mut Decoder,
    section: &ComponentInstanceSectionReader<'_>,
) -> Result<()> {
    // The validator has read the whole section: the last instance of the space is the section's last.
    let after = decoder.types()?.component_instance_count();
    let first = after.checked_sub(section.count()).ok_or_else(|| Error::internal("instance index space"))?;
    for (index, instance) in (first..).zip(section.clone().into_iter_with_offsets()) {
        let (offset, instance) = instance.map_err(malformed)?;
        let offset = features::offset(offset);
        let types = decoder.types()?;
        let ty = types.component_instance_at(index);
        let definition = match instance {
            ComponentInstance::Instantiate { component_index, args } => {
                let args: Result<Vec<(Arc<str>, ItemRef)>> = args
                    .iter()
                    .map(|arg| Ok((arg.name.into(), item(&types, arg.kind, arg.index, offset)?)))
                    .collect();
                Definition::Instantiate { component: component_index, args: args?, ty }
            }
            ComponentInstance::FromExports(exports) => {
                let items: Result<Vec<(Arc<str>, ItemRef)>> = exports
                    .iter()
                    .map(|export| {
                        Ok((export.name.name.into(), item(&types, export.kind, export.index, offset)?))
                    })
                    .collect();
                Definition::InstanceExports { items: items?, ty }
            }
        };
        decoder.define(offset, definition)?;
    }
    Ok(())
}
