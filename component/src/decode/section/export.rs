//! Section 11: exports. An export also gives its item a second index.

use wasmparser::ComponentExportSectionReader;

use super::super::tree::Definition;
use super::super::{Decoder, features, malformed};
use super::{attributes, item};
use crate::error::{Error, Result};

pub(in crate::decode) fn read(
    decoder: &mut Decoder,
    section: &ComponentExportSectionReader<'_>,
) -> Result<()> {
    for export in section.clone().into_iter_with_offsets() {
        let (offset, export) = export.map_err(malformed)?;
        let offset = features::offset(offset);
        let types = decoder.types()?;
        let item = item(&types, export.kind, export.index, offset)?;
        let ty = types.component_item_for_export(export.name.name).map(|item| item.ty);
        let ty = ty.ok_or_else(|| Error::internal("export after validation"))?;
        let (name, attributes) = (export.name.name.into(), attributes(&export.name));
        decoder.define(offset, Definition::Export { name, attributes, item, ty })?;
    }
    Ok(())
}
