//! Section 10: imports.

use wasmparser::ComponentImportSectionReader;

use super::super::tree::Definition;
use super::super::{Decoder, features, malformed};
use super::attributes;
use crate::error::{Error, Result};

pub(in crate::decode) fn read(
    decoder: &mut Decoder,
    section: &ComponentImportSectionReader<'_>,
) -> Result<()> {
    for import in section.clone().into_iter_with_offsets() {
        let (offset, import) = import.map_err(malformed)?;
        let name = import.name.name;
        let ty = decoder.types()?.component_item_for_import(name).map(|item| item.ty);
        let ty = ty.ok_or_else(|| Error::internal("import after validation"))?;
        let attributes = attributes(&import.name);
        decoder.define(features::offset(offset), Definition::Import { name: name.into(), attributes, ty })?;
    }
    Ok(())
}
