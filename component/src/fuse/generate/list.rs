//! Lists: a function for each list type that takes pointer and length and gives the pointer of the copy. Elements of
//! which every bit counts are copied at once, others one by one.

use wasm_encoder::{BlockType, ValType as Core};

use super::body::Body;
use super::copy::Copier;
use super::crossing::Crossing;
use super::module::Module;
use super::place::Place;
use crate::abi::load::MAX_LIST_BYTES;
use crate::abi::trap::AbiTrap;
use crate::types::ValType;

const PTR: u32 = 0;
const LENGTH: u32 = 1;

/// Makes the function that copies lists of such elements in this direction; its number.
pub(super) fn define(module: &mut Module, crossing: &Crossing, element: &ValType) -> Option<u32> {
    let (number, place) = module.declare(&[Core::I32, Core::I32], &[Core::I32]);
    let layout = *element.layout();
    let mut body = Body::new(2, crossing.trap);
    let (bytes, length) = (body.local(Core::I64), body.local(Core::I32));
    body.ops().local_get(LENGTH).i64_extend_i32_u().i64_const(i64::from(layout.size)).i64_mul();
    body.ops().local_tee(bytes).i64_const(i64::from(MAX_LIST_BYTES)).i64_gt_u();
    body.trap_if(AbiTrap::ListTooLong);
    body.check_aligned(PTR, layout.align, AbiTrap::UnalignedPointer);
    body.ops().local_get(bytes);
    body.check_inside(PTR, crossing.memory_from?, AbiTrap::ListOutOfBounds);
    crossing.charge(&mut body, bytes)?;
    body.ops().local_get(bytes).i32_wrap_i64().local_set(length);
    let out = crossing.allocate(&mut body, layout.align, length)?;
    if every_bit_counts(element) {
        let (from, to) = (crossing.memory_from?, crossing.memory_to?);
        body.ops().local_get(out).local_get(PTR).local_get(length).memory_copy(to, from);
    } else {
        each(&mut Copier { module, crossing, body: &mut body }, element, length, out)?;
    }
    body.ops().local_get(out);
    module.fill(place, body.finish());
    Some(number)
}

/// Copies one element after another.
fn each(copier: &mut Copier<'_>, element: &ValType, length: u32, out: u32) -> Option<()> {
    let (from, to) = (copier.crossing.memory_from?, copier.crossing.memory_to?);
    let size = element.layout().size.cast_signed();
    let [src, dst, end] = [(); 3].map(|()| copier.body.local(Core::I32));
    let mut ops = copier.body.ops();
    ops.local_get(PTR).local_tee(src).local_get(length).i32_add().local_set(end);
    ops.local_get(out).local_set(dst);
    ops.local_get(length).if_(BlockType::Empty).loop_(BlockType::Empty);
    let [source, destination] =
        [(from, src), (to, dst)].map(|(memory, base)| Place::Memory { memory, base, offset: 0 });
    copier.value(element, &source, &destination)?;
    let mut ops = copier.body.ops();
    ops.local_get(dst).i32_const(size).i32_add().local_set(dst);
    ops.local_get(src).i32_const(size).i32_add().local_tee(src);
    ops.local_get(end).i32_ne().br_if(0).end().end();
    Some(())
}

/// Whether all bytes of such a value arrive as they are: no padding, no bits without meaning, no NaNs.
pub(super) fn every_bit_counts(ty: &ValType) -> bool {
    let all = |size: u32, mut parts: Box<dyn Iterator<Item = &ValType> + '_>| {
        let mut sum = 0_u32;
        parts.all(|part| {
            sum = sum.saturating_add(part.layout().size);
            every_bit_counts(part)
        }) && sum == size
    };
    match ty {
        ValType::S8 | ValType::U8 | ValType::S16 | ValType::U16 => true,
        ValType::S32 | ValType::U32 | ValType::S64 | ValType::U64 => true,
        ValType::Flags(flags) => matches!(flags.names().len(), 8 | 16 | 32),
        ValType::Record(record) => {
            all(record.layout().size, Box::new(record.fields().iter().map(|(_, ty)| ty)))
        }
        ValType::Tuple(tuple) => all(tuple.layout().size, Box::new(tuple.types().iter())),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{FlagsType, TupleType};

    #[test]
    fn padding_floats_and_unused_bits_are_not_copied_as_they_are() {
        let tuple = |types: &[ValType]| ValType::Tuple(TupleType::new(types.iter().cloned()).unwrap());
        let flags = |count: usize| {
            ValType::Flags(FlagsType::new((0..count).map(|i| format!("f{i}").into())).unwrap())
        };
        assert!(every_bit_counts(&tuple(&[ValType::U32, ValType::S16, ValType::U16])));
        assert!(!every_bit_counts(&tuple(&[ValType::U32, ValType::U16])), "padding behind");
        assert!(!every_bit_counts(&tuple(&[ValType::U8, ValType::U16, ValType::U8])), "padding within");
        assert!(!every_bit_counts(&tuple(&[ValType::F32])) && !every_bit_counts(&ValType::Bool));
        assert!(every_bit_counts(&flags(16)) && !every_bit_counts(&flags(15)));
    }
}
