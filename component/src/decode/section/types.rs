//! Section 7: types. Only a resource type *does* something when its definition is reached: it becomes a fresh type.

use wasmparser::component_types::ComponentAnyTypeId;
use wasmparser::{ComponentType, ComponentTypeSectionReader};

use super::super::features;
use super::super::tree::Definition;
use super::super::{Decoder, malformed};
use crate::error::{Error, Result};

pub(in crate::decode) fn read(decoder: &mut Decoder, section: &ComponentTypeSectionReader<'_>) -> Result<()> {
    let after = decoder.types()?.component_type_count();
    let first = after.checked_sub(section.count()).ok_or_else(|| Error::internal("type index space"))?;
    for (index, ty) in (first..).zip(section.clone().into_iter_with_offsets()) {
        let (offset, ty) = ty.map_err(malformed)?;
        if let ComponentType::Resource { dtor, .. } = ty {
            let ComponentAnyTypeId::Resource(id) = decoder.types()?.component_any_type_at(index) else {
                return Err(Error::internal("resource type after validation"));
            };
            decoder.define(features::offset(offset), Definition::Resource { id: id.resource(), dtor })?;
        }
    }
    Ok(())
}
