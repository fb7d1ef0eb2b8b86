//! The text: functions one after the other, calls between them resolved. Nothing is left to be done when it is loaded, so
//! that the same bytes serve wherever they are mapped.

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::TargetIsa;

use super::code::{Code, CodeTables, FunctionRange, TrapSite};
use super::function::CompiledFunction;
use crate::artifact::table::TableBuilder;
use crate::error::{Error, Result};
use crate::module::limits::MAX_TEXT_BYTES;

/// Functions begin at multiples of this.
const FUNCTION_ALIGNMENT: u32 = 16;

/// Lays out the functions of a module, which are given in order.
pub(super) fn lay_out(isa: &dyn TargetIsa, functions: Vec<CompiledFunction>) -> Result<Code> {
    let total: u64 = functions.iter().map(|function| function.code.len() as u64).sum();
    if total > MAX_TEXT_BYTES {
        return Err(Error::limit("bytes of machine code", total, MAX_TEXT_BYTES));
    }
    let mut control = ControlPlane::default();
    let mut text = isa.text_section_builder(functions.len());
    let (mut ranges, mut traps) = (TableBuilder::default(), TableBuilder::default());
    let mut positions = TableBuilder::default();
    for mut function in functions {
        let alignment = function.alignment.max(FUNCTION_ALIGNMENT);
        let start = text.append(true, &function.code, alignment, &mut control);
        for call in &function.calls {
            let offset = start.saturating_add(u64::from(call.offset));
            if !text.resolve_reloc(offset, call.kind, call.addend, call.target as usize) {
                return Err(Error::internal(format!("a relocation of kind {:?} is not a call", call.kind)));
            }
        }
        let start = narrow(start)?;
        let len = narrow(function.code.len() as u64)?;
        let moved = |offset: u32| start.saturating_add(offset);
        ranges.push(&FunctionRange { start, len });
        // Functions follow each other, so what is sorted within each of them is sorted.
        function.traps.sort_by_key(|(offset, _)| *offset);
        for (offset, kind) in &function.traps {
            traps.push(&TrapSite { offset: moved(*offset), kind: *kind });
        }
        for (offset, position) in &function.positions {
            positions.push(&(moved(*offset), *position));
        }
    }
    let text = text.finish(&mut control);
    narrow(text.len() as u64)?;
    let tables =
        CodeTables { functions: ranges.finish(), traps: traps.finish(), positions: positions.finish() };
    Ok(Code { text, tables })
}

/// Offsets in the text are 32 bits wide.
fn narrow(offset: u64) -> Result<u32> {
    u32::try_from(offset).map_err(|_| Error::internal("a text above 4 GiB"))
}
