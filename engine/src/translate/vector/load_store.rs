//! Vectors in linear memory: whole ones, one lane, and loads that widen, repeat or fill up with zeros.

use cranelift_codegen::ir::{InstBuilder, Opcode, Type, types};
use wasmparser::{MemArg, Operator};

use super::{BYTES, FuncTranslator};
use crate::error::Result;

impl FuncTranslator<'_> {
    #[rustfmt::skip]
    pub(super) fn vector_load_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match *operator {
            Operator::V128Load { memarg } => self.load_vector(&memarg),
            Operator::V128Load8x8S { memarg } => self.load_widening(&memarg, Opcode::Sload8x8),
            Operator::V128Load8x8U { memarg } => self.load_widening(&memarg, Opcode::Uload8x8),
            Operator::V128Load16x4S { memarg } => self.load_widening(&memarg, Opcode::Sload16x4),
            Operator::V128Load16x4U { memarg } => self.load_widening(&memarg, Opcode::Uload16x4),
            Operator::V128Load32x2S { memarg } => self.load_widening(&memarg, Opcode::Sload32x2),
            Operator::V128Load32x2U { memarg } => self.load_widening(&memarg, Opcode::Uload32x2),
            Operator::V128Load8Splat { memarg } => self.load_splat(&memarg, types::I8X16),
            Operator::V128Load16Splat { memarg } => self.load_splat(&memarg, types::I16X8),
            Operator::V128Load32Splat { memarg } => self.load_splat(&memarg, types::I32X4),
            Operator::V128Load64Splat { memarg } => self.load_splat(&memarg, types::I64X2),
            Operator::V128Load32Zero { memarg } => self.load_zero(&memarg, types::I32X4),
            Operator::V128Load64Zero { memarg } => self.load_zero(&memarg, types::I64X2),
            Operator::V128Load8Lane { memarg, lane } => self.load_lane(&memarg, types::I8X16, lane),
            Operator::V128Load16Lane { memarg, lane } => self.load_lane(&memarg, types::I16X8, lane),
            Operator::V128Load32Lane { memarg, lane } => self.load_lane(&memarg, types::I32X4, lane),
            Operator::V128Load64Lane { memarg, lane } => self.load_lane(&memarg, types::I64X2, lane),
            _ => Ok(false),
        }
    }

    #[rustfmt::skip]
    pub(super) fn vector_store_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match *operator {
            Operator::V128Store { memarg } => self.store_vector(&memarg),
            Operator::V128Store8Lane { memarg, lane } => self.store_lane(&memarg, types::I8X16, lane),
            Operator::V128Store16Lane { memarg, lane } => self.store_lane(&memarg, types::I16X8, lane),
            Operator::V128Store32Lane { memarg, lane } => self.store_lane(&memarg, types::I32X4, lane),
            Operator::V128Store64Lane { memarg, lane } => self.store_lane(&memarg, types::I64X2, lane),
            _ => Ok(false),
        }
    }

    fn load_vector(&mut self, memarg: &MemArg) -> Result<bool> {
        let address = self.address(memarg, 16)?;
        let vector = self.load_heap(Opcode::Load, BYTES, &address);
        self.push(vector);
        Ok(true)
    }

    fn store_vector(&mut self, memarg: &MemArg) -> Result<bool> {
        let vector = self.pop()?;
        let address = self.address(memarg, 16)?;
        self.store_heap(Opcode::Store, vector, &address);
        Ok(true)
    }

    /// Loads eight bytes as the lanes of half a vector, and widens them to a whole one.
    fn load_widening(&mut self, memarg: &MemArg, opcode: Opcode) -> Result<bool> {
        let address = self.address(memarg, 8)?;
        let vector = self.load_heap(opcode, BYTES, &address);
        self.push_vector(vector);
        Ok(true)
    }

    fn load_splat(&mut self, memarg: &MemArg, ty: Type) -> Result<bool> {
        let address = self.address(memarg, lane_bytes(ty))?;
        let lane = self.load_heap(Opcode::Load, ty.lane_type(), &address);
        let vector = self.builder.ins().splat(ty, lane);
        self.push_vector(vector);
        Ok(true)
    }

    fn load_zero(&mut self, memarg: &MemArg, ty: Type) -> Result<bool> {
        let address = self.address(memarg, lane_bytes(ty))?;
        let lane = self.load_heap(Opcode::Load, ty.lane_type(), &address);
        let vector = self.builder.ins().scalar_to_vector(ty, lane);
        self.push_vector(vector);
        Ok(true)
    }

    fn load_lane(&mut self, memarg: &MemArg, ty: Type, lane: u8) -> Result<bool> {
        let vector = self.pop_vector(ty)?;
        let address = self.address(memarg, lane_bytes(ty))?;
        let value = self.load_heap(Opcode::Load, ty.lane_type(), &address);
        let vector = self.builder.ins().insertlane(vector, value, lane);
        self.push_vector(vector);
        Ok(true)
    }

    fn store_lane(&mut self, memarg: &MemArg, ty: Type, lane: u8) -> Result<bool> {
        let vector = self.pop_vector(ty)?;
        let address = self.address(memarg, lane_bytes(ty))?;
        let value = self.builder.ins().extractlane(vector, lane);
        self.store_heap(Opcode::Store, value, &address);
        Ok(true)
    }
}

fn lane_bytes(ty: Type) -> u64 {
    u64::from(ty.lane_type().bytes())
}
