//! Where a value is: in locals, one for each slot of its flat form, or in a memory.

use std::rc::Rc;

use wasm_encoder::ValType;

use super::body::{Body, at};
use crate::abi::layout::CoreType;

/// A place of a value. The bytes of one in memory are already checked to be there.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// Locals from number `first` of `slots` on.
    Flat { slots: Rc<[Slot]>, first: usize },
    /// `offset` bytes after the address in local `base`.
    Memory { memory: u32, base: u32, offset: u32 },
}

/// A local that holds a slot, which may be wider than the value in it (a payload of one of several cases).
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) local: u32,
    pub(super) ty: CoreType,
}

/// How a scalar lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
}

impl Scalar {
    /// An integer of 1, 2 or 4 bytes.
    pub(super) fn unsigned(size: u32) -> Self {
        match size {
            1 => Self::I8,
            2 => Self::I16,
            _ => Self::I32,
        }
    }

    /// Its type on the stack.
    pub(super) fn core(self) -> CoreType {
        match self {
            Self::I8 | Self::I16 | Self::I32 => CoreType::I32,
            Self::I64 => CoreType::I64,
            Self::F32 => CoreType::F32,
            Self::F64 => CoreType::F64,
        }
    }
}

/// A core type in the encoder's words.
pub(super) fn core(ty: CoreType) -> ValType {
    match ty {
        CoreType::I32 => ValType::I32,
        CoreType::I64 => ValType::I64,
        CoreType::F32 => ValType::F32,
        CoreType::F64 => ValType::F64,
    }
}

impl Place {
    /// A part of the value, so many bytes and slots after its start.
    pub(super) fn part(&self, bytes: u32, slots: usize) -> Self {
        match self {
            Self::Flat { slots: all, first } => {
                Self::Flat { slots: Rc::clone(all), first: first.saturating_add(slots) }
            }
            Self::Memory { memory, base, offset } => {
                Self::Memory { memory: *memory, base: *base, offset: offset.saturating_add(bytes) }
            }
        }
    }

    /// Puts the scalar on the stack; small integers may have anything in their upper bits if they come from a slot.
    pub(super) fn load(&self, body: &mut Body, scalar: Scalar) -> Option<()> {
        match self {
            Self::Flat { slots, first } => {
                let slot = slots.get(*first)?;
                body.ops().local_get(slot.local);
                narrow(body, slot.ty, scalar.core())
            }
            Self::Memory { memory, base, offset } => {
                let (memory, offset) = (*memory, *offset);
                let mut ops = body.ops();
                ops.local_get(*base);
                match scalar {
                    Scalar::I8 => ops.i32_load8_u(at(memory, offset, 0)),
                    Scalar::I16 => ops.i32_load16_u(at(memory, offset, 1)),
                    Scalar::I32 => ops.i32_load(at(memory, offset, 2)),
                    Scalar::I64 => ops.i64_load(at(memory, offset, 3)),
                    Scalar::F32 => ops.f32_load(at(memory, offset, 2)),
                    Scalar::F64 => ops.f64_load(at(memory, offset, 3)),
                };
                Some(())
            }
        }
    }

    /// To be called before the value that [`Place::store`] takes is put on the stack.
    pub(super) fn begin_store(&self, body: &mut Body) {
        if let Self::Memory { base, .. } = self {
            body.ops().local_get(*base);
        }
    }

    /// Takes the scalar from the stack.
    pub(super) fn store(&self, body: &mut Body, scalar: Scalar) -> Option<()> {
        match self {
            Self::Flat { slots, first } => {
                let slot = slots.get(*first)?;
                widen(body, scalar.core(), slot.ty)?;
                body.ops().local_set(slot.local);
            }
            Self::Memory { memory, offset, .. } => {
                let (memory, offset) = (*memory, *offset);
                let mut ops = body.ops();
                match scalar {
                    Scalar::I8 => ops.i32_store8(at(memory, offset, 0)),
                    Scalar::I16 => ops.i32_store16(at(memory, offset, 1)),
                    Scalar::I32 => ops.i32_store(at(memory, offset, 2)),
                    Scalar::I64 => ops.i64_store(at(memory, offset, 3)),
                    Scalar::F32 => ops.f32_store(at(memory, offset, 2)),
                    Scalar::F64 => ops.f64_store(at(memory, offset, 3)),
                };
            }
        }
        Some(())
    }
}

/// From the type of a slot to that of the value in it.
fn narrow(body: &mut Body, slot: CoreType, value: CoreType) -> Option<()> {
    use CoreType::{F32, F64, I32, I64};
    let mut ops = body.ops();
    match (slot, value) {
        (slot, value) if slot == value => {}
        (I32, F32) => {
            ops.f32_reinterpret_i32();
        }
        (I64, I32) => {
            ops.i32_wrap_i64();
        }
        (I64, F32) => {
            ops.i32_wrap_i64().f32_reinterpret_i32();
        }
        (I64, F64) => {
            ops.f64_reinterpret_i64();
        }
        _ => return None,
    }
    Some(())
}

/// From the type of a value to that of the slot that it goes into.
fn widen(body: &mut Body, value: CoreType, slot: CoreType) -> Option<()> {
    use CoreType::{F32, F64, I32, I64};
    let mut ops = body.ops();
    match (value, slot) {
        (value, slot) if value == slot => {}
        (F32, I32) => {
            ops.i32_reinterpret_f32();
        }
        (I32, I64) => {
            ops.i64_extend_i32_u();
        }
        (F32, I64) => {
            ops.i32_reinterpret_f32().i64_extend_i32_u();
        }
        (F64, I64) => {
            ops.i64_reinterpret_f64();
        }
        _ => return None,
    }
    Some(())
}
