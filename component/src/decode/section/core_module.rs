//! Section 1: a core module. Its bytes are compiled later; here they are only located.

use std::ops::Range;

use super::super::Decoder;
use super::super::features;
use super::super::tree::ModuleDef;
use crate::error::Result;

pub(in crate::decode) fn read(decoder: &mut Decoder, range: &Range<u64>) -> Result<()> {
    let bytes = features::offset(range.start)..features::offset(range.end);
    decoder.modules.push(ModuleDef { bytes, imports: Vec::new() });
    Ok(())
}
