//! Strings: a function for each direction that takes pointer and length and gives those of the copy. UTF-8 that is ASCII
//! is checked and copied in one pass of the function's own; the host looks at everything else.

use wasm_encoder::{BlockType, ValType};

use super::body::{Body, at};
use super::crossing::Crossing;
use super::module::Module;
use crate::abi::options::StringEncoding;
use crate::abi::strings::{MAX_STRING_BYTES, UTF16_TAG};
use crate::abi::trap::AbiTrap;

const PTR: u32 = 0;
const LENGTH: u32 = 1;

/// Makes the function that copies strings in this direction.
pub(super) fn define(module: &mut Module, crossing: &mut Crossing) -> Option<()> {
    let pair = [ValType::I32; 2];
    let (number, place) = module.declare(&pair, &pair);
    let mut body = Body::new(2, crossing.trap);
    let bytes = check(&mut body, crossing)?;
    match (crossing.encoding_from, crossing.encoding_to) {
        (StringEncoding::Utf8, StringEncoding::Utf8) => copy_utf8(&mut body, crossing, bytes)?,
        (_, to) => transcode(&mut body, crossing, to)?,
    }
    module.fill(place, body.finish());
    crossing.string = Some(number);
    Some(())
}

/// What the specification checks of any string, in its order, and the charge. Gives an i64 local with the bytes.
fn check(body: &mut Body, crossing: &Crossing) -> Option<u32> {
    let (bytes, charge) = (body.local(ValType::I64), body.local(ValType::I64));
    body.ops().local_get(LENGTH).i64_extend_i32_u().local_set(bytes);
    // What a string may take at most when it is decoded: so much is charged.
    let (align, factor) = match crossing.encoding_from {
        StringEncoding::Utf8 => (1, 1),
        StringEncoding::Utf16 => {
            body.ops().local_get(bytes).i64_const(1).i64_shl().local_set(bytes);
            (2, 3)
        }
        StringEncoding::Latin1OrUtf16 => {
            let tag = UTF16_TAG.cast_signed();
            body.ops().local_get(LENGTH).i32_const(tag).i32_and().if_(BlockType::Empty);
            body.ops().local_get(LENGTH).i32_const(tag).i32_xor().i64_extend_i32_u();
            body.ops().i64_const(1).i64_shl().local_set(bytes).end();
            (2, 2)
        }
    };
    body.ops().local_get(bytes).i64_const(i64::from(MAX_STRING_BYTES)).i64_gt_u();
    body.trap_if(AbiTrap::StringTooLong);
    body.check_aligned(PTR, align, AbiTrap::UnalignedPointer);
    body.ops().local_get(bytes);
    body.check_inside(PTR, crossing.memory_from?, AbiTrap::StringOutOfBounds);
    // UTF-16 has half as many units as bytes, and each takes up to three bytes of UTF-8.
    body.ops().local_get(bytes);
    if factor == 3 {
        body.ops().i64_const(1).i64_shr_u();
    }
    body.ops().i64_const(factor).i64_mul().local_set(charge);
    crossing.charge(body, charge)?;
    Some(bytes)
}

/// Any other pair of encodings: the host measures, the guest makes room, the host writes.
fn transcode(body: &mut Body, crossing: &Crossing, to: StringEncoding) -> Option<()> {
    let (measured, room) = (body.local(ValType::I64), body.local(ValType::I32));
    body.ops().local_get(PTR).local_get(LENGTH).call(crossing.measure?).local_tee(measured);
    body.ops().i64_const(32).i64_shr_u().i32_wrap_i64().local_set(room);
    let align = if to == StringEncoding::Utf8 { 1 } else { 2 };
    let out = crossing.allocate(body, align, room)?;
    body.ops().local_get(PTR).local_get(LENGTH).local_get(out).local_get(measured);
    body.ops().call(crossing.transcode?);
    body.ops().local_get(out).local_get(measured).i32_wrap_i64();
    Some(())
}

/// UTF-8 to UTF-8: copied while the highest bits are collected; if there are any, the host looks.
fn copy_utf8(body: &mut Body, crossing: &Crossing, bytes: u32) -> Option<()> {
    let (from, to) = (crossing.memory_from?, crossing.memory_to?);
    let out = crossing.allocate(body, 1, LENGTH)?;
    let collected = body.local(ValType::I64);
    if crossing.features.simd {
        let [src, dst, end] = [(); 3].map(|()| body.local(ValType::I32));
        copy_long(body, (from, to), out, (src, dst, end), collected);
        copy_short(body, (from, to), (src, dst, end), collected);
    } else {
        body.ops().local_get(out).local_get(PTR).local_get(LENGTH).memory_copy(to, from);
        // Without vectors: anything that is not empty is looked at by the host.
        body.ops().local_get(bytes).i64_const(0).i64_ne().i64_extend_i32_u();
        body.ops().i64_const(63).i64_shl().local_set(collected);
    }
    body.ops().local_get(collected).i64_const(HIGH_BITS).i64_and().i64_eqz().i32_eqz();
    body.ops().if_(BlockType::Empty);
    body.ops().local_get(PTR).local_get(LENGTH).call(crossing.validate?).end();
    body.ops().local_get(out).local_get(LENGTH);
    Some(())
}

/// The highest bit of each of eight bytes.
const HIGH_BITS: i64 = 0x8080_8080_8080_8080_u64.cast_signed();

/// Copies while there are 64 bytes, and then while there are 16; `src` and `dst` come to where that ended, `end` is the
/// end of the source.
fn copy_long(
    body: &mut Body,
    (from, to): (u32, u32),
    out: u32,
    (src, dst, end): (u32, u32, u32),
    collected: u32,
) {
    let (all, chunk) = (body.local(ValType::V128), body.local(ValType::V128));
    let mut ops = body.ops();
    ops.local_get(PTR).local_tee(src).local_get(LENGTH).i32_add().local_set(end);
    ops.local_get(out).local_set(dst);
    for step in [64_u32, 16] {
        ops.block(BlockType::Empty).loop_(BlockType::Empty);
        // The end may be that of the address space, 0: differences are right all the same.
        ops.local_get(end).local_get(src).i32_sub().i32_const(step.cast_signed()).i32_lt_u().br_if(1);
        for offset in (0..step).step_by(16) {
            ops.local_get(dst);
            ops.local_get(src).v128_load(at(from, offset, 0)).local_tee(chunk);
            ops.v128_store(at(to, offset, 0));
            ops.local_get(all).local_get(chunk).v128_or().local_set(all);
        }
        for cursor in [src, dst] {
            ops.local_get(cursor).i32_const(step.cast_signed()).i32_add().local_set(cursor);
        }
        ops.br(0).end().end();
    }
    ops.local_get(all).i8x16_bitmask().i32_eqz().i32_eqz().i64_extend_i32_u();
    ops.i64_const(63).i64_shl().local_set(collected);
}

/// Copies the fewer than 16 bytes that are left.
fn copy_short(body: &mut Body, (from, to): (u32, u32), (src, dst, end): (u32, u32, u32), collected: u32) {
    let chunk = body.local(ValType::I64);
    let mut ops = body.ops();
    ops.local_get(end).local_get(src).i32_sub().i32_const(8).i32_and().if_(BlockType::Empty);
    ops.local_get(dst).local_get(src).i64_load(at(from, 0, 0)).local_tee(chunk).i64_store(at(to, 0, 0));
    ops.local_get(collected).local_get(chunk).i64_or().local_set(collected);
    for cursor in [src, dst] {
        ops.local_get(cursor).i32_const(8).i32_add().local_set(cursor);
    }
    ops.end();
    ops.block(BlockType::Empty).loop_(BlockType::Empty);
    ops.local_get(src).local_get(end).i32_eq().br_if(1);
    ops.local_get(dst).local_get(src).i64_load8_u(at(from, 0, 0)).local_tee(chunk).i64_store8(at(to, 0, 0));
    ops.local_get(collected).local_get(chunk).i64_or().local_set(collected);
    for cursor in [src, dst] {
        ops.local_get(cursor).i32_const(1).i32_add().local_set(cursor);
    }
    ops.br(0).end().end();
}
