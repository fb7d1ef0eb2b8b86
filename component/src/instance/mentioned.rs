//! Which resources a type mentions.

use crate::types::ValType;

/// Adds the numbers of the resources in `ty` to `found`, each once. Depth is that of the type, which validation bounds.
pub(super) fn collect(ty: &ValType, found: &mut Vec<u32>) {
    match ty {
        ValType::Own(resource) | ValType::Borrow(resource) => {
            if let Ok(number) = u32::try_from(resource.id())
                && !found.contains(&number)
            {
                found.push(number);
            }
        }
        ValType::List(ty) => collect(ty.element(), found),
        ValType::Option(ty) => collect(ty.some(), found),
        ValType::Record(ty) => ty.fields().iter().for_each(|(_, ty)| collect(ty, found)),
        ValType::Tuple(ty) => ty.types().iter().for_each(|ty| collect(ty, found)),
        ValType::Variant(ty) => {
            ty.cases().iter().filter_map(|(_, ty)| ty.as_ref()).for_each(|ty| collect(ty, found))
        }
        ValType::Result(ty) => ty.ok().into_iter().chain(ty.err()).for_each(|ty| collect(ty, found)),
        _ => {}
    }
}
