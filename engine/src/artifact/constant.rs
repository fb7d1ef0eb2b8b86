//! Constant expressions, to bytes and back.

use super::error::nonsense;
use super::wire::{Read, Reader, Writer};
use crate::module::consts::{ConstExpr, ConstOp};

pub(super) fn write(out: &mut Writer, expr: &ConstExpr) {
    match expr {
        ConstExpr::I32(value) => {
            out.u8(0);
            out.u32(value.cast_unsigned());
        }
        ConstExpr::I64(value) => {
            out.u8(1);
            out.u64(value.cast_unsigned());
        }
        ConstExpr::F32(bits) => {
            out.u8(2);
            out.u32(*bits);
        }
        ConstExpr::F64(bits) => {
            out.u8(3);
            out.u64(*bits);
        }
        ConstExpr::V128(value) => {
            out.u8(4);
            out.u64(*value as u64);
            out.u64((*value >> 64) as u64);
        }
        ConstExpr::RefNull => out.u8(5),
        ConstExpr::RefFunc(function) => {
            out.u8(6);
            out.u32(*function);
        }
        ConstExpr::GlobalGet(global) => {
            out.u8(7);
            out.u32(*global);
        }
        ConstExpr::Extended(ops) => {
            out.u8(8);
            out.list(ops, |out, op| write_op(out, *op));
        }
    }
}

pub(super) fn read(bytes: &mut Reader<'_>) -> Read<ConstExpr> {
    Ok(match bytes.u8()? {
        0 => ConstExpr::I32(bytes.u32()?.cast_signed()),
        1 => ConstExpr::I64(bytes.u64()?.cast_signed()),
        2 => ConstExpr::F32(bytes.u32()?),
        3 => ConstExpr::F64(bytes.u64()?),
        4 => ConstExpr::V128(u128::from(bytes.u64()?) | (u128::from(bytes.u64()?) << 64)),
        5 => ConstExpr::RefNull,
        6 => ConstExpr::RefFunc(bytes.u32()?),
        7 => ConstExpr::GlobalGet(bytes.u32()?),
        8 => ConstExpr::Extended(bytes.list(1, read_op)?.into()),
        _ => return Err(nonsense("an unknown constant")),
    })
}

fn write_op(out: &mut Writer, op: ConstOp) {
    match op {
        ConstOp::Const(value) => {
            out.u8(0);
            out.u64(value);
        }
        ConstOp::GlobalGet(global) => {
            out.u8(1);
            out.u32(global);
        }
        ConstOp::I32Add => out.u8(2),
        ConstOp::I32Sub => out.u8(3),
        ConstOp::I32Mul => out.u8(4),
        ConstOp::I64Add => out.u8(5),
        ConstOp::I64Sub => out.u8(6),
        ConstOp::I64Mul => out.u8(7),
    }
}

fn read_op(bytes: &mut Reader<'_>) -> Read<ConstOp> {
    Ok(match bytes.u8()? {
        0 => ConstOp::Const(bytes.u64()?),
        1 => ConstOp::GlobalGet(bytes.u32()?),
        2 => ConstOp::I32Add,
        3 => ConstOp::I32Sub,
        4 => ConstOp::I32Mul,
        5 => ConstOp::I64Add,
        6 => ConstOp::I64Sub,
        7 => ConstOp::I64Mul,
        _ => return Err(nonsense("unknown arithmetic in a constant")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_come_back() {
        let ops = [ConstOp::Const(u64::MAX), ConstOp::GlobalGet(3), ConstOp::I64Mul, ConstOp::I32Sub];
        for expr in [
            ConstExpr::I32(-1),
            ConstExpr::I64(i64::MIN),
            ConstExpr::F32(0x7fc0_0001),
            ConstExpr::F64(1),
            ConstExpr::V128(u128::MAX - 5),
            ConstExpr::RefNull,
            ConstExpr::RefFunc(9),
            ConstExpr::GlobalGet(0),
            ConstExpr::Extended(ops.into()),
        ] {
            let mut out = Writer::default();
            write(&mut out, &expr);
            let mut bytes = Reader::new(&out.0);
            assert_eq!(read(&mut bytes).unwrap(), expr);
            bytes.finish().unwrap();
        }
        assert!(read(&mut Reader::new(&[9])).is_err());
    }
}
