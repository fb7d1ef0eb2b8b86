//! Vectors of 128 bits (the fixed-width and relaxed SIMD proposals): what all families share here, then one file for each.
//!
//! On the operand stack every vector is sixteen bytes, lane 0 first; an instruction that wants other lanes sees the same
//! bits through a cast, which costs nothing.

mod bits;
mod compare;
mod convert;
mod float;
mod integer;
mod lane;
mod load_store;
mod relaxed;
mod widen;

use cranelift_codegen::ir::{Endianness, InstBuilder, MemFlagsData, Type, Value, types};
use wasmparser::Operator;

use super::FuncTranslator;
use super::numeric::{Binary, Unary};
use crate::error::Result;

/// The type of every vector on the operand stack, in locals and in signatures.
const BYTES: Type = types::I8X16;

impl FuncTranslator<'_> {
    pub(super) fn vector_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        Ok(self.vector_load_operator(operator)?
            || self.vector_store_operator(operator)?
            || self.lane_operator(operator)?
            || self.bits_operator(operator)?
            || self.vector_integer_operator(operator)?
            || self.vector_float_operator(operator)?
            || self.vector_comparison_operator(operator)?
            || self.vector_conversion_operator(operator)?
            || self.widening_operator(operator)?
            || self.relaxed_operator(operator)?)
    }

    /// A vector constant, in the form that vectors have on the stack.
    pub(super) fn vector_constant(&mut self, bytes: [u8; 16]) -> Value {
        let constant = self.builder.func.dfg.constants.insert(bytes.as_slice().into());
        self.builder.ins().vconst(BYTES, constant)
    }

    /// The same bits as a vector of another type.
    fn cast(&mut self, value: Value, ty: Type) -> Value {
        if self.builder.func.dfg.value_type(value) == ty {
            return value;
        }
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.builder.ins().bitcast(ty, flags, value)
    }

    fn pop_vector(&mut self, ty: Type) -> Result<Value> {
        let value = self.pop()?;
        Ok(self.cast(value, ty))
    }

    fn pop_vectors(&mut self, ty: Type) -> Result<(Value, Value)> {
        let second = self.pop_vector(ty)?;
        Ok((self.pop_vector(ty)?, second))
    }

    fn push_vector(&mut self, value: Value) {
        let value = self.cast(value, BYTES);
        self.push(value);
    }

    /// An operator on one vector of this type.
    fn vector_unary(&mut self, ty: Type, build: Unary) -> Result<bool> {
        let operand = self.pop_vector(ty)?;
        let result = build(self.builder.ins(), operand);
        self.push_vector(result);
        Ok(true)
    }

    /// An operator on two vectors of this type.
    fn vector_binary(&mut self, ty: Type, build: Binary) -> Result<bool> {
        let (left, right) = self.pop_vectors(ty)?;
        let result = build(self.builder.ins(), left, right);
        self.push_vector(result);
        Ok(true)
    }
}
