//! Constants and lanes: `v128.const`, `splat`, `extract_lane`, `replace_lane`, `swizzle`, `shuffle`.

use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use wasmparser::Operator;

use super::{BYTES, FuncTranslator};
use crate::error::Result;

impl FuncTranslator<'_> {
    #[rustfmt::skip]
    pub(super) fn lane_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match *operator {
            Operator::V128Const { value } => {
                let vector = self.vector_constant(*value.bytes());
                self.push(vector);
                Ok(true)
            }
            Operator::I8x16Splat => self.splat(types::I8X16),
            Operator::I16x8Splat => self.splat(types::I16X8),
            Operator::I32x4Splat => self.splat(types::I32X4),
            Operator::I64x2Splat => self.splat(types::I64X2),
            Operator::F32x4Splat => self.splat(types::F32X4),
            Operator::F64x2Splat => self.splat(types::F64X2),
            Operator::I8x16ReplaceLane { lane } => self.replace_lane(types::I8X16, lane),
            Operator::I16x8ReplaceLane { lane } => self.replace_lane(types::I16X8, lane),
            Operator::I32x4ReplaceLane { lane } => self.replace_lane(types::I32X4, lane),
            Operator::I64x2ReplaceLane { lane } => self.replace_lane(types::I64X2, lane),
            Operator::F32x4ReplaceLane { lane } => self.replace_lane(types::F32X4, lane),
            Operator::F64x2ReplaceLane { lane } => self.replace_lane(types::F64X2, lane),
            Operator::I8x16Swizzle => self.vector_binary(BYTES, |ins, x, y| ins.swizzle(x, y)),
            Operator::I8x16Shuffle { lanes } => self.shuffle(lanes),
            _ => self.extract_operator(operator),
        }
    }

    fn extract_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        let value = match *operator {
            Operator::I8x16ExtractLaneS { lane } => {
                let value = self.extract_lane(types::I8X16, lane)?;
                self.builder.ins().sextend(types::I32, value)
            }
            Operator::I8x16ExtractLaneU { lane } => {
                let value = self.extract_lane(types::I8X16, lane)?;
                self.builder.ins().uextend(types::I32, value)
            }
            Operator::I16x8ExtractLaneS { lane } => {
                let value = self.extract_lane(types::I16X8, lane)?;
                self.builder.ins().sextend(types::I32, value)
            }
            Operator::I16x8ExtractLaneU { lane } => {
                let value = self.extract_lane(types::I16X8, lane)?;
                self.builder.ins().uextend(types::I32, value)
            }
            Operator::I32x4ExtractLane { lane } => self.extract_lane(types::I32X4, lane)?,
            Operator::I64x2ExtractLane { lane } => self.extract_lane(types::I64X2, lane)?,
            Operator::F32x4ExtractLane { lane } => self.extract_lane(types::F32X4, lane)?,
            Operator::F64x2ExtractLane { lane } => self.extract_lane(types::F64X2, lane)?,
            _ => return Ok(false),
        };
        self.push(value);
        Ok(true)
    }

    /// Pops what is to become a lane; integers narrower than 32 bits are the low bits of an `i32`.
    fn pop_lane(&mut self, ty: Type) -> Result<Value> {
        let value = self.pop()?;
        Ok(match ty {
            types::I8X16 | types::I16X8 => self.builder.ins().ireduce(ty.lane_type(), value),
            _ => value,
        })
    }

    fn splat(&mut self, ty: Type) -> Result<bool> {
        let lane = self.pop_lane(ty)?;
        let vector = self.builder.ins().splat(ty, lane);
        self.push_vector(vector);
        Ok(true)
    }

    fn extract_lane(&mut self, ty: Type, lane: u8) -> Result<Value> {
        let vector = self.pop_vector(ty)?;
        Ok(self.builder.ins().extractlane(vector, lane))
    }

    fn replace_lane(&mut self, ty: Type, lane: u8) -> Result<bool> {
        let value = self.pop_lane(ty)?;
        let vector = self.pop_vector(ty)?;
        let vector = self.builder.ins().insertlane(vector, value, lane);
        self.push_vector(vector);
        Ok(true)
    }

    fn shuffle(&mut self, lanes: [u8; 16]) -> Result<bool> {
        let (left, right) = self.pop_vectors(BYTES)?;
        let lanes = self.builder.func.dfg.immediates.push(lanes.as_slice().into());
        let vector = self.builder.ins().shuffle(left, right, lanes);
        self.push(vector);
        Ok(true)
    }
}
