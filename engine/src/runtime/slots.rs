//! Values in slots: how calls, globals and tables hold them. Numbers in the low bits, a vector in two slots, references as
//! table elements: 0 for null, the address of a function reference, or a host's number plus one.

use super::store::StoreInner;
use super::value::Val;
use crate::error::{Error, Result};
use crate::types::{HeapType, RefType, ValType};

impl StoreInner {
    /// Refuses a value that is not of this type.
    pub(super) fn check(&self, value: Val, ty: ValType) -> Result<()> {
        let found = match (value, ty) {
            (Val::FuncRef(Some(func)), ValType::Ref(_)) => {
                let heap = HeapType::Concrete(self.func_signature(func)?.type_id());
                ValType::Ref(RefType { nullable: false, heap })
            }
            (Val::ExnRef(Some(_)), _) => ValType::Ref(RefType { nullable: false, heap: HeapType::Exn }),
            (Val::ExnRef(None), ValType::Ref(RefType { nullable: true, heap: HeapType::NoExn })) => ty,
            (Val::ExternRef(Some(_)), _) => ValType::Ref(RefType { nullable: false, heap: HeapType::Extern }),
            // Null is a value of every nullable type of functions.
            (Val::FuncRef(None), ValType::Ref(RefType { nullable: true, heap: HeapType::Concrete(_) })) => ty,
            (value, _) => value.ty(),
        };
        match found.fits(ty) {
            true => Ok(()),
            false => Err(Error::misuse(format!("a value of type {found} was given where {ty} is needed"))),
        }
    }

    /// A value as its slots, the second one for vectors only.
    pub(super) fn lower(&mut self, value: Val) -> Result<[u64; 2]> {
        Ok(match value {
            Val::I32(value) => [u64::from(value.cast_unsigned()), 0],
            Val::I64(value) => [value.cast_unsigned(), 0],
            Val::F32(bits) => [u64::from(bits), 0],
            Val::F64(bits) => [bits, 0],
            Val::V128(value) => [value as u64, (value >> 64) as u64],
            Val::FuncRef(None) | Val::ExternRef(None) | Val::ExnRef(None) => [0, 0],
            Val::FuncRef(Some(func)) => [self.func_value(func)?, 0],
            Val::ExnRef(Some(exception)) => [self.exception_word(exception)?, 0],
            Val::ExternRef(Some(number)) => [u64::from(number) + 1, 0],
        })
    }

    /// The value that slots hold.
    pub(super) fn lift(&self, ty: ValType, slots: [u64; 2]) -> Result<Val> {
        let [low, high] = slots;
        Ok(match ty {
            ValType::I32 => Val::I32((low as u32).cast_signed()),
            ValType::I64 => Val::I64(low.cast_signed()),
            ValType::F32 => Val::F32(low as u32),
            ValType::F64 => Val::F64(low),
            ValType::V128 => Val::V128(u128::from(low) | (u128::from(high) << 64)),
            ValType::Ref(ty) => match (ty.heap, low) {
                (HeapType::Func | HeapType::Concrete(_), 0) => Val::FuncRef(None),
                (HeapType::Func | HeapType::Concrete(_), value) => {
                    Val::FuncRef(Some(self.func_of_value(value)?))
                }
                (HeapType::Exn | HeapType::NoExn, 0) => Val::ExnRef(None),
                (HeapType::Exn | HeapType::NoExn, word) => Val::ExnRef(Some(self.exception_ref(word)?)),
                (HeapType::Extern, _) => Val::ExternRef(low.checked_sub(1).map(|number| number as u32)),
            },
        })
    }

    /// Writes values to slots one after the other.
    pub(super) fn lower_all(&mut self, values: &[Val], slots: &mut [u64]) -> Result<()> {
        let mut slots = slots.iter_mut();
        for value in values {
            let words = self.lower(*value)?;
            for word in words.into_iter().take(width(value.ty())) {
                *slots.next().ok_or_else(too_few)? = word;
            }
        }
        Ok(())
    }

    /// Reads values of these types from slots one after the other.
    pub(super) fn lift_all(&self, types: &[ValType], slots: &[u64]) -> Result<Vec<Val>> {
        let mut slots = slots.iter().copied();
        types
            .iter()
            .map(|ty| {
                let low = slots.next().ok_or_else(too_few)?;
                let high = if width(*ty) == 2 { slots.next().ok_or_else(too_few)? } else { 0 };
                self.lift(*ty, [low, high])
            })
            .collect()
    }
}

/// How many slots a value of this type takes.
pub(super) fn width(ty: ValType) -> usize {
    if ty == ValType::V128 { 2 } else { 1 }
}

fn too_few() -> Error {
    Error::internal("fewer slots than values")
}
