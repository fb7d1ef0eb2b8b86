//! Section 2: core instances, from instantiation or from a list of exports.

use wasmparser::{ExternalKind, Instance, InstanceSectionReader};

use super::super::features;
use super::super::tree::{CoreSort, Definition};
use super::super::{Decoder, malformed};
use crate::error::Result;

pub(in crate::decode) fn read(decoder: &mut Decoder, section: &InstanceSectionReader<'_>) -> Result<()> {
    for instance in section.clone().into_iter_with_offsets() {
        let (offset, instance) = instance.map_err(malformed)?;
        let offset = features::offset(offset);
        let definition = match instance {
            Instance::Instantiate { module_index, args } => Definition::CoreInstantiate {
                module: module_index,
                args: args.iter().map(|arg| (arg.name.into(), arg.index)).collect(),
            },
            Instance::FromExports(exports) => {
                let mut items = Vec::with_capacity(exports.len());
                for export in &exports {
                    items.push((export.name.into(), core_sort(export.kind, offset)?, export.index));
                }
                Definition::CoreInstanceExports(items)
            }
        };
        decoder.define(offset, definition)?;
    }
    Ok(())
}

/// The core sort that an external kind names.
pub(super) fn core_sort(kind: ExternalKind, offset: usize) -> Result<CoreSort> {
    Ok(match kind {
        ExternalKind::Func => CoreSort::Func,
        ExternalKind::Table => CoreSort::Table,
        ExternalKind::Memory => CoreSort::Memory,
        ExternalKind::Global => CoreSort::Global,
        ExternalKind::Tag => CoreSort::Tag,
        ExternalKind::FuncExact => return Err(features::unsupported(offset, "exact function types")),
    })
}
