//! The import section of a nested core module: names in order, which the plan matches with instantiation arguments.

use wasmparser::ImportSectionReader;

use super::super::{Decoder, Level, malformed};
use crate::error::Result;

pub(in crate::decode) fn read(decoder: &mut Decoder, section: &ImportSectionReader<'_>) -> Result<()> {
    let Some(Level::Module(index)) = decoder.levels.last() else { return Ok(()) };
    let Some(module) = decoder.modules.get_mut(index.0 as usize) else { return Ok(()) };
    for import in section.clone().into_imports() {
        let import = import.map_err(malformed)?;
        module.imports.push((import.module.into(), import.name.into()));
    }
    Ok(())
}
