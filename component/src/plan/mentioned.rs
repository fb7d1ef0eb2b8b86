//! Which resources a function's type mentions. Types share parts, so that a walk of the tree can be exponentially longer
//! than the binary; the answer for each defined type is therefore kept.

use std::rc::Rc;
use std::sync::Arc;

use wasmparser::component_types::{
    ComponentDefinedType, ComponentDefinedTypeId, ComponentFuncTypeId, ComponentValType,
};

use super::build::Builder;
use crate::error::Result;

impl Builder<'_> {
    /// The plan's numbers of the resources in a function type, each once, in ascending order.
    pub(super) fn mentioned(&mut self, frame: usize, id: ComponentFuncTypeId) -> Result<Arc<[u32]>> {
        let types = self.types();
        let ty = &types[id];
        let mut found = Vec::new();
        for ty in ty.params.iter().map(|(_, ty)| *ty).chain(ty.result) {
            found.extend_from_slice(&self.mentioned_by(frame, ty)?);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found.into())
    }

    fn mentioned_by(&mut self, frame: usize, ty: ComponentValType) -> Result<Rc<[u32]>> {
        let ComponentValType::Type(id) = ty else { return Ok(Rc::from([])) };
        if let Some(known) = self.frame(frame)?.mentioned.get(&id) {
            let known = Rc::clone(known);
            self.spend(known.len() as u64)?;
            return Ok(known);
        }
        let found = self.mentioned_in(frame, id)?;
        self.frame(frame)?.mentioned.insert(id, Rc::clone(&found));
        Ok(found)
    }

    fn mentioned_in(&mut self, frame: usize, id: ComponentDefinedTypeId) -> Result<Rc<[u32]>> {
        let types = self.types();
        let mut found = Vec::new();
        match &types[id] {
            ComponentDefinedType::Own(id) | ComponentDefinedType::Borrow(id) => {
                found.extend(self.frame(frame)?.resources.get(&id.resource()));
            }
            ty => {
                for part in parts(ty) {
                    self.spend(1)?;
                    found.extend_from_slice(&self.mentioned_by(frame, part)?);
                }
                found.sort_unstable();
                found.dedup();
            }
        }
        Ok(found.into())
    }
}

/// The types that a type is made of.
pub(super) fn parts(ty: &ComponentDefinedType) -> Vec<ComponentValType> {
    match ty {
        ComponentDefinedType::Record(ty) => ty.fields.values().copied().collect(),
        ComponentDefinedType::Variant(ty) => ty.cases.values().filter_map(|case| case.ty).collect(),
        ComponentDefinedType::Tuple(ty) => ty.types.to_vec(),
        ComponentDefinedType::List { element, .. } => vec![*element],
        ComponentDefinedType::Map { key, value, .. } => vec![*key, *value],
        ComponentDefinedType::Option { ty, .. } => vec![*ty],
        ComponentDefinedType::Result { ok, err, .. } => ok.iter().chain(err).copied().collect(),
        _ => Vec::new(),
    }
}
