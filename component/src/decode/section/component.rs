//! Section 4: a nested component. Its own payloads follow; the definition is appended when it ends.

use super::super::Decoder;
use crate::error::Result;

pub(in crate::decode) fn read(_decoder: &mut Decoder) -> Result<()> {
    Ok(())
}
