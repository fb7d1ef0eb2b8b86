//! Values from place to place, by type: what is read is checked as lifting checks it, what is written is what lowering
//! would write. Depth is that of the type, which is bounded where types are made.

use std::rc::Rc;

use wasm_encoder::{BlockType, Ieee32, Ieee64, ValType as Core};

use super::body::Body;
use super::crossing::Crossing;
use super::list;
use super::module::Module;
use super::place::{Place, Scalar, Slot};
use crate::abi::layout::{CoreType, discriminant_size};
use crate::abi::trap::AbiTrap;
use crate::types::{ResourceType, ValType};

/// So many cases with payloads are told apart one after the other; more, by a table.
const FEW_CASES: usize = 3;

/// What copies values in one function.
pub(super) struct Copier<'a> {
    pub(super) module: &'a mut Module,
    pub(super) crossing: &'a Crossing,
    pub(super) body: &'a mut Body,
}

impl Copier<'_> {
    /// Copies a value of this type.
    pub(super) fn value(&mut self, ty: &ValType, src: &Place, dst: &Place) -> Option<()> {
        match ty {
            ValType::String => {
                let function = self.crossing.string?;
                let (ptr, length) = self.load_range(src)?;
                let (to_ptr, to_length) = (self.body.local(Core::I32), self.body.local(Core::I32));
                self.body.ops().local_get(ptr).local_get(length).call(function);
                self.body.ops().local_set(to_length).local_set(to_ptr);
                self.store_range(dst, to_ptr, to_length)
            }
            ValType::List(ty) => {
                let function = list::define(self.module, self.crossing, ty.element())?;
                let (ptr, length) = self.load_range(src)?;
                let to_ptr = self.body.local(Core::I32);
                self.body.ops().local_get(ptr).local_get(length).call(function).local_set(to_ptr);
                self.store_range(dst, to_ptr, length)
            }
            ValType::Record(ty) => {
                let types = ty.fields().iter().map(|(_, ty)| ty);
                self.fields(types.zip(ty.offsets()), src, dst)
            }
            ValType::Tuple(ty) => self.fields(ty.types().iter().zip(ty.offsets()), src, dst),
            ValType::Variant(ty) => {
                let payloads: Vec<_> = ty.cases().iter().map(|(_, payload)| payload.as_ref()).collect();
                self.cases(&payloads, ty.payload_offset(), src, dst)
            }
            ValType::Option(ty) => self.cases(&[None, Some(ty.some())], ty.payload_offset(), src, dst),
            ValType::Result(ty) => self.cases(&[ty.ok(), ty.err()], ty.payload_offset(), src, dst),
            ValType::Enum(ty) => self.discriminant(ty.names().len(), src, dst).map(drop),
            scalar => self.scalar(scalar, src, dst),
        }
    }

    fn fields<'t>(
        &mut self,
        fields: impl Iterator<Item = (&'t ValType, &'t u32)>,
        src: &Place,
        dst: &Place,
    ) -> Option<()> {
        let mut slots = 0_usize;
        for (ty, offset) in fields {
            self.value(ty, &src.part(*offset, slots), &dst.part(*offset, slots))?;
            slots = slots.saturating_add(ty.layout().flat.len());
        }
        Some(())
    }

    /// Pointer and length in new locals.
    fn load_range(&mut self, src: &Place) -> Option<(u32, u32)> {
        let (ptr, length) = (self.body.local(Core::I32), self.body.local(Core::I32));
        src.load(self.body, Scalar::I32)?;
        self.body.ops().local_set(ptr);
        src.part(4, 1).load(self.body, Scalar::I32)?;
        self.body.ops().local_set(length);
        Some((ptr, length))
    }

    fn store_range(&mut self, dst: &Place, ptr: u32, length: u32) -> Option<()> {
        for (place, local) in [(dst.clone(), ptr), (dst.part(4, 1), length)] {
            place.begin_store(self.body);
            self.body.ops().local_get(local);
            place.store(self.body, Scalar::I32)?;
        }
        Some(())
    }

    /// A discriminant among so many; it is left in a new local.
    fn discriminant(&mut self, cases: usize, src: &Place, dst: &Place) -> Option<u32> {
        let scalar = Scalar::unsigned(discriminant_size(cases));
        let case = self.body.local(Core::I32);
        src.load(self.body, scalar)?;
        self.body.ops().local_tee(case).i32_const(i32::try_from(cases).ok()?).i32_ge_u();
        self.body.trap_if(AbiTrap::InvalidDiscriminant);
        dst.begin_store(self.body);
        self.body.ops().local_get(case);
        dst.store(self.body, scalar)?;
        Some(case)
    }

    fn cases(&mut self, cases: &[Option<&ValType>], offset: u32, src: &Place, dst: &Place) -> Option<()> {
        let case = self.discriminant(cases.len(), src, dst)?;
        let (src, dst) = (src.part(offset, 1), dst.part(offset, 1));
        let with_payload = || (0_u32..).zip(cases).filter_map(|(i, payload)| Some((i, (*payload)?)));
        let count = with_payload().count();
        if count <= FEW_CASES {
            for (i, ty) in with_payload() {
                self.body.ops().local_get(case).i32_const(i.cast_signed()).i32_eq().if_(BlockType::Empty);
                self.value(ty, &src, &dst)?;
                self.body.ops().end();
            }
            return Some(());
        }
        let end = u32::try_from(count).ok()?;
        let mut next = 0_u32;
        let targets = cases.iter().map(|payload| match payload {
            Some(_) => {
                next = next.saturating_add(1);
                next.saturating_sub(1)
            }
            None => end,
        });
        let targets: Vec<u32> = targets.collect();
        (0..=count).for_each(|_| {
            self.body.ops().block(BlockType::Empty);
        });
        self.body.ops().local_get(case).br_table(targets, end);
        for ((_, ty), place) in with_payload().zip(0_u32..) {
            self.body.ops().end();
            self.value(ty, &src, &dst)?;
            self.body.ops().br(end.checked_sub(place)?.checked_sub(1)?);
        }
        self.body.ops().end();
        Some(())
    }

    /// A value of one slot.
    fn scalar(&mut self, ty: &ValType, src: &Place, dst: &Place) -> Option<()> {
        let scalar = match ty {
            ValType::Bool | ValType::S8 | ValType::U8 => Scalar::I8,
            ValType::S16 | ValType::U16 => Scalar::I16,
            ValType::S32 | ValType::U32 | ValType::Char | ValType::Own(_) | ValType::Borrow(_) => Scalar::I32,
            ValType::S64 | ValType::U64 => Scalar::I64,
            ValType::F32 => Scalar::F32,
            ValType::F64 => Scalar::F64,
            ValType::Flags(flags) => Scalar::unsigned(flags.layout().size),
            _ => return None,
        };
        let flat = matches!(src, Place::Flat { .. });
        dst.begin_store(self.body);
        src.load(self.body, scalar)?;
        match ty {
            ValType::Bool => {
                self.body.ops().i32_eqz().i32_eqz();
            }
            ValType::U8 if flat => {
                self.body.ops().i32_const(0xff).i32_and();
            }
            ValType::U16 if flat => {
                self.body.ops().i32_const(0xffff).i32_and();
            }
            ValType::S8 if flat => {
                self.body.ops().i32_extend8_s();
            }
            ValType::S16 if flat => {
                self.body.ops().i32_extend16_s();
            }
            ValType::F32 | ValType::F64 => self.canonical_nan(scalar),
            ValType::Char => self.check_char(),
            ValType::Flags(flags) => {
                let unused = 32_usize.checked_sub(flags.names().len())?;
                let mask = u32::MAX.checked_shr(u32::try_from(unused).ok()?).unwrap_or(0);
                self.body.ops().i32_const(mask.cast_signed()).i32_and();
            }
            ValType::Own(ty) => self.handle(ty, self.crossing.own?)?,
            ValType::Borrow(ty) => self.handle(ty, self.crossing.borrow?)?,
            _ => {}
        }
        dst.store(self.body, scalar)
    }

    /// Replaces any NaN on the stack by the canonical one.
    fn canonical_nan(&mut self, scalar: Scalar) {
        if scalar == Scalar::F32 {
            let value = self.body.local(Core::F32);
            let mut ops = self.body.ops();
            ops.local_tee(value).f32_const(Ieee32::new(0x7fc0_0000));
            ops.local_get(value).local_get(value).f32_eq().select();
        } else {
            let value = self.body.local(Core::F64);
            let mut ops = self.body.ops();
            ops.local_tee(value).f64_const(Ieee64::new(0x7ff8_0000_0000_0000));
            ops.local_get(value).local_get(value).f64_eq().select();
        }
    }

    /// Traps unless the number on the stack is a Unicode scalar value: flipping the bits of 0xd800 brings the surrogates
    /// to the numbers below 0x800.
    fn check_char(&mut self) {
        let value = self.body.local(Core::I32);
        let mut ops = self.body.ops();
        ops.local_tee(value).i32_const(0xd800).i32_xor().i32_const(0x800).i32_sub();
        ops.i32_const(0x10_f800).i32_ge_u();
        self.body.trap_if(AbiTrap::InvalidChar);
        self.body.ops().local_get(value);
    }

    /// Replaces the handle on the stack by what the other component gets for it.
    fn handle(&mut self, ty: &ResourceType, function: u32) -> Option<()> {
        let resource = u32::try_from(ty.id()).ok()?;
        let (from, to) = (self.crossing.instance_from, self.crossing.instance_to);
        let mut ops = self.body.ops();
        ops.i32_const(resource.cast_signed()).i32_const(from.cast_signed()).i32_const(to.cast_signed());
        ops.call(function);
        Some(())
    }
}

/// New locals for these slots.
pub(super) fn new_slots(body: &mut Body, types: &[CoreType]) -> Rc<[Slot]> {
    types.iter().map(|ty| Slot { local: body.local(super::place::core(*ty)), ty: *ty }).collect()
}
