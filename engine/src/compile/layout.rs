//! The text: functions one after the other, calls between them resolved. Nothing is left to be done when it is loaded, so
//! that the same bytes serve wherever they are mapped.

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::TargetIsa;

use super::code::{Code, CodeTables, FunctionRange, Handler, TrapSite};
use super::function::{CallSite, CompiledFunction};
use crate::artifact::table::TableBuilder;
use crate::error::{Error, Result};

/// Functions begin at multiples of this.
const FUNCTION_ALIGNMENT: u32 = 16;

/// Lays out the functions of a module, which are given in order.
pub(super) fn lay_out(isa: &dyn TargetIsa, functions: Vec<CompiledFunction>) -> Result<Code> {
    let mut control = ControlPlane::default();
    let mut text = isa.text_section_builder(functions.len());
    let mut tables = TablesBuilder::default();
    for function in functions {
        let alignment = function.alignment.max(FUNCTION_ALIGNMENT);
        let start = text.append(true, &function.code, alignment, &mut control);
        for call in &function.calls {
            let offset = start.saturating_add(u64::from(call.offset));
            if !text.resolve_reloc(offset, call.kind, call.addend, call.target as usize) {
                return Err(Error::internal(format!("a relocation of kind {:?} is not a call", call.kind)));
            }
        }
        tables.add(&function, narrow(start)?)?;
    }
    let text = text.finish(&mut control);
    narrow(text.len() as u64)?;
    Ok(Code { text, tables: tables.finish() })
}

/// The tables of functions that lie one after the other.
#[derive(Default)]
struct TablesBuilder {
    functions: TableBuilder<FunctionRange>,
    traps: TableBuilder<TrapSite>,
    positions: TableBuilder<(u32, u32)>,
    handlers: TableBuilder<Handler>,
}

impl TablesBuilder {
    /// Adds what is known of a function that begins at `start`, behind all that were added before. What is sorted within
    /// each function is sorted in the whole.
    fn add(&mut self, function: &CompiledFunction, start: u32) -> Result<()> {
        let moved = |offset: u32| start.saturating_add(offset);
        self.functions.push(&FunctionRange { start, len: narrow(function.code.len() as u64)? });
        for (offset, kind) in &function.traps {
            self.traps.push(&TrapSite { offset: moved(*offset), kind: *kind });
        }
        for (offset, position) in &function.positions {
            self.positions.push(&(moved(*offset), *position));
        }
        for handler in &function.handlers {
            self.handlers.push(&Handler { call: moved(handler.call), pad: moved(handler.pad), ..*handler });
        }
        Ok(())
    }

    fn finish(self) -> CodeTables {
        let Self { functions, traps, positions, handlers } = self;
        CodeTables {
            functions: functions.finish(),
            traps: traps.finish(),
            positions: positions.finish(),
            handlers: handlers.finish(),
        }
    }
}

/// The tables of one function that lies alone.
pub(super) fn tables_of(function: &CompiledFunction) -> Result<CodeTables> {
    let mut tables = TablesBuilder::default();
    tables.add(function, 0)?;
    Ok(tables.finish())
}

/// Makes a call in `code`, which is to lie at address `start`, call the function at address `target`.
pub(super) fn resolve(code: &mut [u8], start: usize, call: &CallSite, target: usize) -> Result<()> {
    let place = start.wrapping_add(call.offset as usize);
    let distance = (target as i64).wrapping_add(call.addend).wrapping_sub(place as i64);
    let field = call.offset as usize..(call.offset as usize).saturating_add(4);
    let field: Option<&mut [u8; 4]> = code.get_mut(field).and_then(|field| field.try_into().ok());
    let field = field.ok_or_else(|| Error::internal("a call outside its function"))?;
    match call.kind {
        Reloc::X86CallPCRel4 => {
            let distance = i32::try_from(distance).map_err(|_| out_of_reach(distance))?;
            *field = distance.to_le_bytes();
        }
        // A branch with link, or without: its lower 26 bits count instructions.
        Reloc::Arm64Call if distance & 3 == 0 && distance.unsigned_abs() < 1 << 27 => {
            let instruction = u32::from_le_bytes(*field) & 0xfc00_0000;
            let distance = (distance >> 2) as u32 & 0x03ff_ffff;
            *field = (instruction | distance).to_le_bytes();
        }
        Reloc::Arm64Call => return Err(out_of_reach(distance)),
        kind => return Err(Error::internal(format!("a relocation of kind {kind:?} is not a call"))),
    }
    Ok(())
}

fn out_of_reach(distance: i64) -> Error {
    Error::internal(format!("a call over {distance} bytes"))
}

/// Offsets in the text are 32 bits wide.
fn narrow(offset: u64) -> Result<u32> {
    u32::try_from(offset).map_err(|_| Error::internal("a text above 4 GiB"))
}
