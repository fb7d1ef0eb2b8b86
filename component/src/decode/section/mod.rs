//! One file per section kind. Each reads a section that the validator has just accepted and appends definitions.

pub(super) mod alias;
pub(super) mod canon;
pub(super) mod component;
pub(super) mod core_import;
pub(super) mod core_instance;
pub(super) mod core_module;
pub(super) mod export;
pub(super) mod import;
pub(super) mod instance;
pub(super) mod types;

use wasmparser::types::TypesRef;
use wasmparser::{ComponentExternName, ComponentExternalKind};

use super::features;
use super::tree::{ItemRef, Sort};
use crate::error::{Error, Result};
use crate::types::NameAttributes;

/// The sort that an external kind names.
fn sort(kind: ComponentExternalKind, offset: usize) -> Result<Sort> {
    Ok(match kind {
        ComponentExternalKind::Module => Sort::Module,
        ComponentExternalKind::Func => Sort::Func,
        ComponentExternalKind::Type => Sort::Type,
        ComponentExternalKind::Instance => Sort::Instance,
        ComponentExternalKind::Component => Sort::Component,
        ComponentExternalKind::Value => return Err(features::unsupported(offset, "component model values")),
    })
}

/// What stands beside a name.
fn attributes(name: &ComponentExternName<'_>) -> NameAttributes {
    NameAttributes::new(name.full_implements().as_deref(), name.external_id)
}

/// A reference to the item of `kind` at `index` of the component being read.
fn item(types: &TypesRef<'_>, kind: ComponentExternalKind, index: u32, offset: usize) -> Result<ItemRef> {
    Ok(match sort(kind, offset)? {
        Sort::Module => ItemRef::Module(index),
        Sort::Func => ItemRef::Func(index),
        Sort::Type if index < types.component_type_count() => {
            ItemRef::Type(types.component_any_type_at(index))
        }
        Sort::Type => return Err(Error::internal("type index after validation")),
        Sort::Instance => ItemRef::Instance(index),
        Sort::Component => ItemRef::Component(index),
    })
}
