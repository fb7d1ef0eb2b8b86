//! Functions with large frames, in explicit style. Such a function looks whether its stack is full in its own code, when
//! its frame is already there and parts of it may be written. Below the limit there is room for small frames; before a
//! larger one stands a gate, a small function that looks first and then jumps to it. The two are one piece of code.

use cranelift_codegen::binemit::Reloc;

use super::function::{CallSite, CompiledFunction};
use crate::artifact::code::Handler;
use crate::error::{Error, Result};
use crate::translate::BEHIND_GATE;

/// Bytes of the largest frame without a gate: a quarter of the room that guests leave to the host below the limit of
/// their stack (`vm/enter.rs`).
pub(super) const LARGEST_FRAME: u32 = 32 << 10;

/// Where functions behind a gate begin: at multiples of this.
const ALIGNMENT: usize = 16;

/// Joins a gate and the function behind it.
pub(super) fn join(gate: CompiledFunction, behind: CompiledFunction) -> Result<CompiledFunction> {
    let too_large = || Error::internal("a function above 4 GiB");
    let alignment = ALIGNMENT.max(behind.alignment as usize);
    let mut code = gate.code;
    code.resize(code.len().next_multiple_of(alignment), 0);
    let start = u32::try_from(code.len()).map_err(|_| too_large())?;
    code.extend_from_slice(&behind.code);
    u32::try_from(code.len()).map_err(|_| too_large())?;
    let moved = |offset: u32| start.saturating_add(offset);
    let mut calls = Vec::new();
    for call in gate.calls {
        match call.target {
            BEHIND_GATE => jump(&mut code, &call, start)?,
            _ => calls.push(call),
        }
    }
    calls.extend(behind.calls.into_iter().map(|call| CallSite { offset: moved(call.offset), ..call }));
    let (mut traps, mut positions) = (gate.traps, gate.positions);
    traps.extend(behind.traps.into_iter().map(|(offset, kind)| (moved(offset), kind)));
    positions.extend(behind.positions.into_iter().map(|(offset, position)| (moved(offset), position)));
    let alignment = u32::try_from(alignment).map_err(|_| too_large())?;
    // A gate calls nothing that throws.
    let handlers = behind.handlers.into_iter();
    let handlers = handlers
        .map(|handler| Handler { call: moved(handler.call), pad: moved(handler.pad), ..handler })
        .collect();
    Ok(CompiledFunction { code, alignment, calls, traps, positions, handlers })
}

/// Makes the instruction of a call site go to `target`, an offset in the same code.
fn jump(code: &mut [u8], call: &CallSite, target: u32) -> Result<()> {
    let unknown = || Error::internal(format!("a jump of kind {:?} cannot be made", call.kind));
    let at = call.offset as usize;
    let field = code.get_mut(at..at.saturating_add(4)).and_then(|bytes| <&mut [u8; 4]>::try_from(bytes).ok());
    let field = field.ok_or_else(unknown)?;
    let distance = i64::from(target).saturating_sub(i64::from(call.offset)).saturating_add(call.addend);
    *field = match call.kind {
        Reloc::X86CallPCRel4 => i32::try_from(distance).map_err(|_| unknown())?.to_le_bytes(),
        // 26 bits, counted in instructions; a gate is shorter than 128 MiB.
        Reloc::Arm64Call => {
            let instructions = u32::try_from(distance / 4).map_err(|_| unknown())? & 0x03ff_ffff;
            (u32::from_le_bytes(*field) & 0xfc00_0000 | instructions).to_le_bytes()
        }
        _ => return Err(unknown()),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trap::TrapKind;

    #[test]
    fn a_gate_jumps_to_what_is_behind_it() {
        let call = |offset, target| CallSite { offset, kind: Reloc::X86CallPCRel4, addend: -4, target };
        let gate = CompiledFunction {
            code: vec![0x90, 0xe9, 0, 0, 0, 0],
            calls: vec![call(2, BEHIND_GATE)],
            positions: vec![(0, 7)],
            ..CompiledFunction::default()
        };
        let behind = CompiledFunction {
            code: vec![0xe8, 0, 0, 0, 0, 0xc3],
            alignment: 32,
            calls: vec![call(1, 3)],
            traps: vec![(5, TrapKind::Unreachable)],
            positions: vec![(4, 9)],
            ..CompiledFunction::default()
        };
        let joined = join(gate, behind).unwrap();
        assert_eq!(joined.code[..6], [0x90, 0xe9, 32 - 6, 0, 0, 0]);
        assert_eq!((joined.code[32], joined.code.len(), joined.alignment), (0xe8, 38, 32));
        assert_eq!(joined.calls, [call(33, 3)]);
        assert_eq!(
            (joined.traps, joined.positions),
            (vec![(37, TrapKind::Unreachable)], vec![(0, 7), (36, 9)])
        );
    }
}
