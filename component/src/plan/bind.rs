//! Binding: which resource of the plan a component means by each of wasmparser's identifiers.
//!
//! A component speaks of resources that it defines, imports, or gets from an instance it made. The type of an import,
//! instance or export mentions them by identifiers that are fresh for that place; the item behind it knows which resource
//! each of its exports really is. Walking both together gives the frame's map.

use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};

use super::build::Builder;
use super::frame::Item;
use crate::error::Result;

impl Builder<'_> {
    /// Learns from `item`, whose type in this frame is `ty`.
    pub(super) fn bind(&mut self, frame: usize, ty: ComponentEntityType, item: &Item) -> Result<()> {
        self.spend(1)?;
        match (ty, item) {
            (
                ComponentEntityType::Type { created: ComponentAnyTypeId::Resource(id), .. },
                Item::Type(Some(resource)),
            ) => {
                self.frame(frame)?.resources.entry(id.resource()).or_insert(*resource);
            }
            // Nesting of types is bounded by the validator (100 levels).
            (ComponentEntityType::Instance(ty), Item::Instance(instance)) => {
                let types = self.types();
                for (name, export) in &types[ty].exports {
                    self.spend_name(name)?;
                    if let Some(item) = instance.exports.get(name.as_str()) {
                        self.bind(frame, export.ty, item)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
