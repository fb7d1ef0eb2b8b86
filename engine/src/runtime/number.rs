//! Numbers as Rust has them, and tuples of them: parameters and results of typed functions, and in which registers or slots
//! they travel.

use crate::types::ValType;
use crate::vm::enter::{FLOATS, INTEGERS, Registers};

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that stands for a WebAssembly number: `i32` and `u32`, `i64` and `u64`, `f32`, `f64`.
pub trait Number: Copy + sealed::Sealed + 'static {
    /// The number's type.
    const TYPE: ValType;

    /// The number as a slot holds it.
    #[doc(hidden)]
    fn to_bits(self) -> u64;

    /// The number that a slot holds, of which only the low half counts for a narrow one.
    #[doc(hidden)]
    fn from_bits(bits: u64) -> Self;
}

macro_rules! number {
    ($number:ty, $ty:ident, |$value:ident| $to:expr, |$bits:ident| $from:expr) => {
        impl sealed::Sealed for $number {}

        impl Number for $number {
            const TYPE: ValType = ValType::$ty;

            #[inline(always)]
            fn to_bits(self) -> u64 {
                let $value = self;
                $to
            }

            #[inline(always)]
            fn from_bits($bits: u64) -> Self {
                $from
            }
        }
    };
}

number!(i32, I32, |value| u64::from(value.cast_unsigned()), |bits| (bits as u32).cast_signed());
number!(u32, I32, |value| u64::from(value), |bits| bits as u32);
number!(i64, I64, |value| value.cast_unsigned(), |bits| bits.cast_signed());
number!(u64, I64, |value| value, |bits| bits);
number!(f32, F32, |value| u64::from(f32::to_bits(value)), |bits| f32::from_bits(bits as u32));
number!(f64, F64, |value| f64::to_bits(value), |bits| f64::from_bits(bits));

const fn is_float(ty: ValType) -> bool {
    matches!(ty, ValType::F32 | ValType::F64)
}

const fn floats(types: &[ValType]) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < types.len() {
        if is_float(types[at]) {
            count += 1;
        }
        at += 1;
    }
    count
}

/// Takes registers or slots in the order of parameters.
struct Cursor {
    integers: usize,
    floats: usize,
}

impl Cursor {
    const START: Self = Self { integers: 0, floats: 0 };

    #[inline(always)]
    fn put<N: Number>(&mut self, registers: &mut Registers, value: N) {
        if is_float(N::TYPE) {
            if let Some(register) = registers.floats.get_mut(self.floats) {
                *register = f64::from_bits(value.to_bits());
            }
            self.floats += 1;
        } else {
            if let Some(register) = registers.integers.get_mut(self.integers) {
                *register = value.to_bits();
            }
            self.integers += 1;
        }
    }

    #[inline(always)]
    fn take<N: Number>(&mut self, registers: &Registers) -> N {
        let bits = if is_float(N::TYPE) {
            self.floats += 1;
            registers.floats.get(self.floats - 1).map_or(0, |register| f64::to_bits(*register))
        } else {
            self.integers += 1;
            registers.integers.get(self.integers - 1).copied().unwrap_or(0)
        };
        N::from_bits(bits)
    }
}

/// Parameters of a typed function: a tuple of up to 16 [`Number`]s.
pub trait Params: Sized + sealed::Sealed + 'static {
    /// Their types.
    const TYPES: &'static [ValType];

    /// Whether there are floats among them.
    #[doc(hidden)]
    const HAS_FLOATS: bool = floats(Self::TYPES) > 0;

    /// Whether all of them travel in registers.
    #[doc(hidden)]
    const IN_REGISTERS: bool = {
        let floats = floats(Self::TYPES);
        floats <= FLOATS && Self::TYPES.len() - floats <= INTEGERS
    };

    #[doc(hidden)]
    fn to_registers(self) -> Registers;

    #[doc(hidden)]
    fn from_registers(registers: &Registers) -> Self;

    #[doc(hidden)]
    fn to_slots(self, slots: &mut [u64]);

    #[doc(hidden)]
    fn from_slots(slots: &[u64]) -> Self;
}

/// Result of a typed function: nothing, `()`, or one [`Number`].
pub trait Returns: Sized + sealed::Sealed + 'static {
    /// Its type, if there is one.
    const TYPES: &'static [ValType];

    /// Whether it is a float.
    #[doc(hidden)]
    const IS_FLOAT: bool = floats(Self::TYPES) > 0;

    #[doc(hidden)]
    fn to_bits(self) -> u64;

    #[doc(hidden)]
    fn from_bits(bits: u64) -> Self;
}

impl Returns for () {
    const TYPES: &'static [ValType] = &[];

    #[inline(always)]
    fn to_bits(self) -> u64 {
        0
    }

    #[inline(always)]
    fn from_bits(_: u64) -> Self {}
}

impl<N: Number> Returns for N {
    const TYPES: &'static [ValType] = &[N::TYPE];

    #[inline(always)]
    fn to_bits(self) -> u64 {
        Number::to_bits(self)
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Number::from_bits(bits)
    }
}

macro_rules! params {
    ($($name:ident)*) => {
        impl<$($name: Number),*> sealed::Sealed for ($($name,)*) {}

        #[allow(clippy::unused_unit, unused_mut, unused_variables, non_snake_case, reason = "a macro for tuples of any length, the empty one too")]
        impl<$($name: Number),*> Params for ($($name,)*) {
            const TYPES: &'static [ValType] = &[$($name::TYPE),*];

            #[inline(always)]
            fn to_registers(self) -> Registers {
                let ($($name,)*) = self;
                let mut registers = Registers::default();
                let mut cursor = Cursor::START;
                $(cursor.put(&mut registers, $name);)*
                registers
            }

            #[inline(always)]
            fn from_registers(registers: &Registers) -> Self {
                let mut cursor = Cursor::START;
                ($(cursor.take::<$name>(registers),)*)
            }

            #[inline(always)]
            fn to_slots(self, slots: &mut [u64]) {
                let ($($name,)*) = self;
                let mut slots = slots.iter_mut();
                $(if let Some(slot) = slots.next() { *slot = $name.to_bits(); })*
            }

            #[inline(always)]
            fn from_slots(slots: &[u64]) -> Self {
                let mut slots = slots.iter().copied();
                ($($name::from_bits(slots.next().unwrap_or(0)),)*)
            }
        }
    };
}

macro_rules! all_params {
    ($first:ident $($rest:ident)*) => {
        params!($first $($rest)*);
        all_params!($($rest)*);
    };
    () => { params!(); };
}

all_params!(A B C D E F G H I J K L M N O P);

/// The longest parameters, in slots.
pub(super) const MOST_PARAMS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_finds_the_next_register_of_its_kind() {
        type Mixed = (f32, i32, u64, f64, i64);
        const { assert!(Mixed::HAS_FLOATS && Mixed::IN_REGISTERS) };
        let registers = (1.5f32, -1i32, 7u64, -0.0f64, i64::MIN).to_registers();
        assert_eq!(registers.integers, [0xffff_ffff, 7, 1 << 63, 0]);
        assert_eq!((registers.floats[0].to_bits(), registers.floats[1].to_bits()), (0x3fc0_0000, 1 << 63));
        assert_eq!(Mixed::from_registers(&registers), (1.5, -1, 7, -0.0, i64::MIN));
    }

    // Registers are counted by kind.
    const _: () = {
        assert!(<(i32, i32, i32, i32)>::IN_REGISTERS && !<(i32, i32, i32, i32, i32)>::IN_REGISTERS);
        assert!(<(f32, f32, f32, f32, f32, f32, f32, f32, i32)>::IN_REGISTERS);
        assert!(!<(f32, f32, f32, f32, f32, f32, f32, f32, f32)>::IN_REGISTERS);
        assert!(<()>::IN_REGISTERS && !<()>::HAS_FLOATS);
    };

    #[test]
    fn narrow_numbers_take_the_low_half_of_a_slot() {
        let mut slots = [u64::MAX; 3];
        (-2i32, f32::NAN).to_slots(&mut slots);
        assert_eq!(slots, [0xffff_fffe, u64::from(f32::NAN.to_bits()), u64::MAX]);
        assert_eq!(<(u32, i64)>::from_slots(&[u64::MAX, u64::MAX]), (u32::MAX, -1));
    }
}
