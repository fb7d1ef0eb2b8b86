//! Constant expressions (Core spec, "Constant Expressions"): what a module says about initial values, in the small form
//! that instantiation walks.

use wasmparser::{Operator, OperatorsReader};

use crate::error::{Error, Result};

/// A constant expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConstExpr {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// A 32-bit float, as bits.
    F32(u32),
    /// A 64-bit float, as bits.
    F64(u64),
    /// A 128-bit vector.
    V128(u128),
    /// A null reference.
    RefNull,
    /// A reference to the function with this index.
    RefFunc(u32),
    /// The value of the global with this index.
    GlobalGet(u32),
    /// Integer arithmetic (the extended-const proposal).
    Extended(Box<[ConstOp]>),
}

/// One step of integer arithmetic in postfix order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConstOp {
    /// Pushes a constant; 32-bit ones zero-extended.
    Const(u64),
    /// Pushes the value of a global.
    GlobalGet(u32),
    /// Adds 32-bit integers.
    I32Add,
    /// Subtracts 32-bit integers.
    I32Sub,
    /// Multiplies 32-bit integers.
    I32Mul,
    /// Adds 64-bit integers.
    I64Add,
    /// Subtracts 64-bit integers.
    I64Sub,
    /// Multiplies 64-bit integers.
    I64Mul,
}

impl ConstExpr {
    /// Reads a constant expression that wasmparser has validated.
    pub(crate) fn read(expr: &wasmparser::ConstExpr<'_>) -> Result<Self> {
        let mut reader = expr.get_operators_reader();
        let first = read_operator(&mut reader)?;
        let single = match first {
            Operator::I32Const { value } => Self::I32(value),
            Operator::I64Const { value } => Self::I64(value),
            Operator::F32Const { value } => Self::F32(value.bits()),
            Operator::F64Const { value } => Self::F64(value.bits()),
            Operator::V128Const { value } => Self::V128(u128::from_le_bytes(*value.bytes())),
            Operator::RefNull { .. } => Self::RefNull,
            Operator::RefFunc { function_index } => Self::RefFunc(function_index),
            Operator::GlobalGet { global_index } => Self::GlobalGet(global_index),
            other => return Err(unknown(&other)),
        };
        match read_operator(&mut reader)? {
            Operator::End => Ok(single),
            next => read_extended(&first, next, reader),
        }
    }

    /// The function that the expression refers to, if it does.
    pub(crate) fn function(&self) -> Option<u32> {
        match self {
            Self::RefFunc(index) => Some(*index),
            _ => None,
        }
    }
}

fn read_operator<'a>(reader: &mut OperatorsReader<'a>) -> Result<Operator<'a>> {
    reader.read().map_err(|error| Error::internal(format!("a validated constant expression: {error}")))
}

fn unknown(operator: &Operator<'_>) -> Error {
    Error::internal(format!("constant expressions with {operator:?} are not translated"))
}

/// Reads on after the first two operators of an expression with arithmetic.
fn read_extended(
    first: &Operator<'_>,
    second: Operator<'_>,
    mut reader: OperatorsReader<'_>,
) -> Result<ConstExpr> {
    let mut ops = vec![ConstOp::read(first)?, ConstOp::read(&second)?];
    loop {
        match read_operator(&mut reader)? {
            Operator::End => return Ok(ConstExpr::Extended(ops.into_boxed_slice())),
            operator => ops.push(ConstOp::read(&operator)?),
        }
    }
}

impl ConstOp {
    fn read(operator: &Operator<'_>) -> Result<Self> {
        Ok(match *operator {
            Operator::I32Const { value } => Self::Const(u64::from(value.cast_unsigned())),
            Operator::I64Const { value } => Self::Const(value.cast_unsigned()),
            Operator::GlobalGet { global_index } => Self::GlobalGet(global_index),
            Operator::I32Add => Self::I32Add,
            Operator::I32Sub => Self::I32Sub,
            Operator::I32Mul => Self::I32Mul,
            Operator::I64Add => Self::I64Add,
            Operator::I64Sub => Self::I64Sub,
            Operator::I64Mul => Self::I64Mul,
            ref other => return Err(unknown(other)),
        })
    }

    fn apply(self, left: u64, right: u64) -> u64 {
        match self {
            Self::I32Add => low32(left.wrapping_add(right)),
            Self::I32Sub => low32(left.wrapping_sub(right)),
            Self::I32Mul => low32(left.wrapping_mul(right)),
            Self::I64Add => left.wrapping_add(right),
            Self::I64Sub => left.wrapping_sub(right),
            Self::I64Mul => left.wrapping_mul(right),
            Self::Const(_) | Self::GlobalGet(_) => right,
        }
    }
}

fn low32(value: u64) -> u64 {
    value & u64::from(u32::MAX)
}

/// The value of an [`ConstExpr::Extended`] expression as a 64-bit slot (32-bit results zero-extended); `global` gives the
/// values of globals in the same form.
pub(crate) fn evaluate(ops: &[ConstOp], global: impl Fn(u32) -> u64) -> Result<u64> {
    let mut stack: Vec<u64> = Vec::new();
    for op in ops {
        let value = match *op {
            ConstOp::Const(value) => value,
            ConstOp::GlobalGet(index) => global(index),
            operation => {
                let right = stack.pop().ok_or_else(underflow)?;
                let left = stack.pop().ok_or_else(underflow)?;
                operation.apply(left, right)
            }
        };
        stack.push(value);
    }
    stack.pop().ok_or_else(underflow)
}

fn underflow() -> Error {
    Error::internal("a validated constant expression pops more than it pushes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_wraps_at_its_own_width() {
        let global = |index: u32| u64::from(index);
        let sum = [ConstOp::Const(u64::from(u32::MAX)), ConstOp::GlobalGet(2), ConstOp::I32Add];
        assert_eq!(evaluate(&sum, global).unwrap(), 1);
        let product =
            [ConstOp::Const(3), ConstOp::GlobalGet(7), ConstOp::Const(1), ConstOp::I64Sub, ConstOp::I64Mul];
        assert_eq!(evaluate(&product, global).unwrap(), 18);
        assert!(evaluate(&[ConstOp::I32Add], global).is_err());
    }
}
