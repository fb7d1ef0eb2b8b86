//! `canonopt`: memory, realloc, post-return and string encoding. What is asynchronous or gated is refused by name.

use wasmparser::CanonicalOption;

use super::features::unsupported;
use super::tree::CanonOptions;
use crate::abi::options::StringEncoding;
use crate::error::Result;

/// Reads the options of one lift or lower at `offset`.
pub(super) fn read(options: &[CanonicalOption], offset: usize) -> Result<CanonOptions> {
    let mut out = CanonOptions::default();
    for option in options {
        match *option {
            CanonicalOption::UTF8 => out.encoding = StringEncoding::Utf8,
            CanonicalOption::UTF16 => out.encoding = StringEncoding::Utf16,
            CanonicalOption::CompactUTF16 => out.encoding = StringEncoding::Latin1OrUtf16,
            CanonicalOption::Memory(index) => out.memory = Some(index),
            CanonicalOption::Realloc(index) => out.realloc = Some(index),
            CanonicalOption::PostReturn(index) => out.post_return = Some(index),
            CanonicalOption::Async => return Err(unsupported(offset, "canonical option `async`")),
            CanonicalOption::Callback(_) => return Err(unsupported(offset, "canonical option `callback`")),
            CanonicalOption::CoreType(_) => return Err(unsupported(offset, "canonical option `core-type`")),
            CanonicalOption::Gc => return Err(unsupported(offset, "canonical option `gc`")),
        }
    }
    Ok(out)
}
