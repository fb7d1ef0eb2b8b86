//! Backtraces: from addresses in guest code to functions and places in the module. Which addresses were on the stack,
//! `vm/traps.rs` noted when the trap happened.

use super::instance::InstanceData;
use super::store::StoreInner;
use crate::error::Error;
use crate::trap::{Frame, Trap, TrapKind};
use crate::vm::code_tables::{self, Located};

/// The error for a trap of this kind with the frames that were noted last.
pub(super) fn trap(store: &StoreInner, kind: TrapKind) -> Error {
    Trap::with_frames(kind, frames(store)).into()
}

/// The frames that were noted last, innermost first.
pub(super) fn frames(store: &StoreInner) -> Vec<Frame> {
    store.vm().trap_frames().into_iter().filter_map(|address| frame(store, address)).collect()
}

/// The frame that executes at `address`; `None` for trampolines.
fn frame(store: &StoreInner, address: usize) -> Option<Frame> {
    let Located { owner, function, position: offset } = code_tables::locate(address)?;
    let mut modules = store.instances.iter().filter_map(InstanceData::module);
    let module = modules.find(|module| module.code().key() == owner)?;
    let function = function.checked_add(module.info().num_imported_functions)?;
    Some(Frame::new(module.symbols().clone(), function, offset))
}
