//! Section 6: aliases. Aliased types need no definition: whoever uses a type names it by identifier.

use wasmparser::{ComponentAlias, ComponentOuterAliasKind, SectionLimited};

use super::super::features;
use super::super::tree::Definition;
use super::super::{Decoder, malformed};
use super::core_instance::core_sort;
use super::sort;
use crate::error::Result;

pub(in crate::decode) fn read(
    decoder: &mut Decoder,
    section: &SectionLimited<'_, ComponentAlias<'_>>,
) -> Result<()> {
    for alias in section.clone().into_iter_with_offsets() {
        let (offset, alias) = alias.map_err(malformed)?;
        let offset = features::offset(offset);
        let definition = match alias {
            ComponentAlias::InstanceExport { kind, instance_index, name } => Definition::AliasExport {
                sort: sort(kind, offset)?,
                instance: instance_index,
                name: name.into(),
            },
            ComponentAlias::CoreInstanceExport { kind, instance_index, name } => {
                let sort = core_sort(kind, offset)?;
                Definition::AliasCoreExport { sort, instance: instance_index, name: name.into() }
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreModule, count, index } => {
                Definition::AliasOuterModule { count, index }
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                Definition::AliasOuterComponent { count, index }
            }
            ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type,
                ..
            } => {
                continue;
            }
        };
        decoder.define(offset, definition)?;
    }
    Ok(())
}
