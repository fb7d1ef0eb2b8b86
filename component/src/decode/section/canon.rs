//! Section 8: canonical definitions. The asynchronous and threading built-ins are refused by name.

use wasmparser::component_types::{ComponentAnyTypeId, ResourceId};
use wasmparser::{CanonicalFunction, ComponentCanonicalSectionReader};

use super::super::tree::Definition;
use super::super::{Decoder, canon_options, features, malformed};
use crate::error::{Error, Result};

pub(in crate::decode) fn read(
    decoder: &mut Decoder,
    section: &ComponentCanonicalSectionReader<'_>,
) -> Result<()> {
    for function in section.clone().into_iter_with_offsets() {
        let (offset, function) = function.map_err(malformed)?;
        let offset = features::offset(offset);
        let definition = match function {
            CanonicalFunction::Lift { core_func_index, type_index, options } => {
                let ComponentAnyTypeId::Func(ty) = decoder.types()?.component_any_type_at(type_index) else {
                    return Err(Error::internal("function type after validation"));
                };
                let options = canon_options::read(&options, offset)?;
                Definition::Lift { core: core_func_index, ty, options }
            }
            CanonicalFunction::Lower { func_index, options } => {
                Definition::Lower { func: func_index, options: canon_options::read(&options, offset)? }
            }
            CanonicalFunction::ResourceNew { resource: ty } => {
                Definition::ResourceNew(resource(decoder, ty)?)
            }
            CanonicalFunction::ResourceDrop { resource: ty } => {
                Definition::ResourceDrop(resource(decoder, ty)?)
            }
            CanonicalFunction::ResourceRep { resource: ty } => {
                Definition::ResourceRep(resource(decoder, ty)?)
            }
            other => return Err(features::unsupported(offset, &name(&other))),
        };
        decoder.define(offset, definition)?;
    }
    Ok(())
}

fn resource(decoder: &Decoder, index: u32) -> Result<ResourceId> {
    match decoder.types()?.component_any_type_at(index) {
        ComponentAnyTypeId::Resource(id) => Ok(id.resource()),
        _ => Err(Error::internal("resource type after validation")),
    }
}

/// `StreamNew { ty: 3 }` → ``the built-in `StreamNew` ``
fn name(function: &CanonicalFunction) -> String {
    let text = format!("{function:?}");
    let end = text.find([' ', '{', '(']).unwrap_or(text.len());
    format!("the canonical built-in `{}`", text.get(..end).unwrap_or(&text))
}
