//! The walks over memory and slots, dynamic and typed, against a fake guest: what comes back is what went in, both paths
//! agree byte for byte, and nothing a guest leaves in its memory does worse than an error.

use std::sync::Arc;

use super::fake::{BORROW, FakeGuest, any};
use super::layout::{MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use super::options::StringEncoding;
use super::{lift, lower};
use crate::marshal::{Lift, Lower, call};
use crate::types::{
    EnumType, FlagsType, ListType, OptionType, RecordType, ResourceType, ResultType, TupleType, ValType,
    VariantType,
};
use crate::value::Val;

const ENCODINGS: [StringEncoding; 3] =
    [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::Latin1OrUtf16];

fn list(ty: ValType) -> ValType {
    ValType::List(ListType::new(ty))
}

fn labels(count: usize) -> Vec<Arc<str>> {
    (0..count).map(|i| Arc::from(format!("label-{i}"))).collect()
}

/// Numbers that are always the same (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn ty(&mut self, depth: usize) -> ValType {
        let kind = if depth == 0 { self.below(16) } else { self.below(25) };
        match kind {
            0 => ValType::Bool,
            1 => ValType::S8,
            2 => ValType::U8,
            3 => ValType::S16,
            4 => ValType::U16,
            5 => ValType::S32,
            6 => ValType::U32,
            7 => ValType::S64,
            8 => ValType::U64,
            9 => ValType::F32,
            10 => ValType::F64,
            11 => ValType::Char,
            12 => ValType::String,
            13 => {
                let count = [1, 3, 256, 257][self.below(4)];
                ValType::Enum(EnumType::new(labels(count)).unwrap())
            }
            14 => {
                let count = [1, 8, 9, 17, 32][self.below(5)];
                ValType::Flags(FlagsType::new(labels(count)).unwrap())
            }
            15 => ValType::Own(ResourceType::new("r", 1)),
            16 | 17 => list(self.ty(depth - 1)),
            18 => ValType::Option(OptionType::new(self.ty(depth - 1)).unwrap()),
            19 => {
                let (ok, err) = (self.payload(depth), self.payload(depth));
                ValType::Result(ResultType::new(ok, err).unwrap())
            }
            20 | 21 => {
                let count = 1 + self.below(5);
                let cases: Vec<_> = labels(count).into_iter().map(|l| (l, self.payload(depth))).collect();
                ValType::Variant(VariantType::new(cases).unwrap())
            }
            22 => {
                let count = 1 + self.below(4);
                ValType::Tuple(TupleType::new((0..count).map(|_| self.ty(depth - 1))).unwrap())
            }
            _ => {
                let count = 1 + self.below(4);
                let fields: Vec<_> = labels(count).into_iter().map(|l| (l, self.ty(depth - 1))).collect();
                ValType::Record(RecordType::new(fields).unwrap())
            }
        }
    }

    fn payload(&mut self, depth: usize) -> Option<ValType> {
        (self.below(3) > 0).then(|| self.ty(depth - 1))
    }

    fn value(&mut self, ty: &ValType) -> Val {
        let bits = self.next();
        match ty {
            ValType::Bool => Val::Bool(bits & 1 == 1),
            ValType::S8 => Val::S8(bits as i8),
            ValType::U8 => Val::U8(bits as u8),
            ValType::S16 => Val::S16(bits as i16),
            ValType::U16 => Val::U16(bits as u16),
            ValType::S32 => Val::S32(bits as i32),
            ValType::U32 => Val::U32(bits as u32),
            ValType::S64 => Val::S64(bits as i64),
            ValType::U64 => Val::U64(bits),
            ValType::F32 => Val::F32(bits as i32 as f32),
            ValType::F64 => Val::F64(bits as i64 as f64),
            ValType::Char => Val::Char(['a', 'é', '\u{d7ff}', '\u{e000}', '\u{10ffff}'][self.below(5)]),
            ValType::String => Val::String(["", "plain", "grün", "☃🍰", "aé☃"][self.below(5)].to_owned()),
            ValType::List(ty) => {
                let count = self.below(5);
                Val::List((0..count).map(|_| self.value(ty.element())).collect())
            }
            ValType::Record(ty) => {
                Val::Record(ty.fields().iter().map(|(n, ty)| (n.to_string(), self.value(ty))).collect())
            }
            ValType::Tuple(ty) => Val::Tuple(ty.types().iter().map(|ty| self.value(ty)).collect()),
            ValType::Variant(ty) => {
                let (name, ty) = &ty.cases()[self.below(ty.cases().len())];
                Val::Variant(name.to_string(), self.boxed(ty.as_ref()))
            }
            ValType::Enum(ty) => Val::Enum(ty.names()[self.below(ty.names().len())].to_string()),
            ValType::Option(ty) => Val::Option((bits & 1 == 1).then(|| Box::new(self.value(ty.some())))),
            ValType::Result(ty) if bits & 1 == 1 => Val::Result(Ok(self.boxed(ty.ok()))),
            ValType::Result(ty) => Val::Result(Err(self.boxed(ty.err()))),
            ValType::Flags(ty) => {
                let set = ty.names().iter().enumerate().filter(|(i, _)| bits & (1 << i) != 0);
                Val::Flags(set.map(|(_, name)| name.to_string()).collect())
            }
            ValType::Own(_) | ValType::Borrow(_) => Val::Resource(any(bits as u32 & !BORROW)),
        }
    }

    fn boxed(&mut self, ty: Option<&ValType>) -> Option<Box<Val>> {
        ty.map(|ty| Box::new(self.value(ty)))
    }
}

/// Lowers and lifts `values` as the parameters of a call.
fn round(guest: &mut FakeGuest, types: &[ValType], values: &[Val], max_flat: usize) -> Vec<Val> {
    let mut slots = [0xdead_beef; 17];
    lower::lower_values(&mut guest.lower(), types.iter(), values, max_flat, None, &mut slots).unwrap();
    guest.lift(1 << 30, |cx| lift::lift_values(cx, types.iter(), max_flat, &slots)).unwrap()
}

#[test]
fn what_comes_back_is_what_went_in() {
    let mut random = Random(0x1234_5678_9abc_def1);
    for case in 0..1500 {
        let count = 1 + random.below(3);
        let types: Vec<_> = (0..count).map(|_| random.ty(4)).collect();
        let values: Vec<_> = types.iter().map(|ty| random.value(ty)).collect();
        for encoding in ENCODINGS {
            for max_flat in [MAX_FLAT_PARAMS, 0] {
                let mut guest = FakeGuest::new(encoding);
                assert_eq!(round(&mut guest, &types, &values, max_flat), values, "case {case}: {types:?}");
            }
        }
    }
}

#[test]
fn the_text_form_keeps_every_value_too() {
    let mut random = Random(0xfeed_f00d_dead_beef);
    let mut read = 0;
    for _ in 0..1500 {
        let ty = random.ty(4);
        let value = random.value(&ty);
        let text = crate::wave::print(&value);
        if text.contains("<resource>") {
            continue;
        }
        read += 1;
        assert_eq!(crate::wave::parse(&ty, &text).unwrap_or_else(|e| panic!("{text}: {e}")), value);
    }
    assert!(read > 500);
}

#[test]
fn garbage_in_memory_never_panics() {
    let mut random = Random(0x0bad_cafe_0bad_cafe);
    let mut lifted = 0;
    for _ in 0..4000 {
        let ty = random.ty(4);
        let mut guest = FakeGuest::new(ENCODINGS[random.below(3)]);
        guest.memory = (0..256).map(|_| if random.below(3) == 0 { random.next() as u8 } else { 0 }).collect();
        let slots: Vec<u64> = (0..17).map(|_| random.next() >> (8 * random.below(8))).collect();
        let max_flat = [0, MAX_FLAT_RESULTS, MAX_FLAT_PARAMS][random.below(3)];
        let result = guest.lift(1 << 16, |cx| lift::lift_values(cx, [&ty].into_iter(), max_flat, &slots));
        lifted += usize::from(result.is_ok());
    }
    assert!(lifted > 100, "{lifted}");
}

/// Lowers `value` both ways: slots and memory must be the same; then lifts it back as `T`.
fn agree<T: Lower + Lift + PartialEq + std::fmt::Debug>(value: T, ty: &ValType, val: &Val) {
    T::typecheck(ty).unwrap();
    assert_eq!(&T::LAYOUT, ty.layout());
    for encoding in ENCODINGS {
        let (mut typed, mut dynamic) = (FakeGuest::new(encoding), FakeGuest::new(encoding));
        let (mut a, mut b) = ([7; 17], [7; 17]);
        call::lower_params(&mut typed.lower(), &(&value,), &mut a).unwrap();
        let one = [ty].into_iter();
        lower::lower_values(
            &mut dynamic.lower(),
            one,
            std::slice::from_ref(val),
            MAX_FLAT_PARAMS,
            None,
            &mut b,
        )
        .unwrap();
        assert_eq!(a, b);
        assert_eq!(typed.memory, dynamic.memory);
        assert_eq!(typed.calls, dynamic.calls);
        let (back,) = typed.lift(1 << 20, |cx| call::lift_params::<(T,)>(cx, &a)).unwrap();
        assert_eq!(back, value);

        let ptr = typed.lower().allocate(T::LAYOUT.align, T::LAYOUT.size).unwrap();
        value.store(&mut typed.lower(), ptr).unwrap();
        assert_eq!(typed.lift(1 << 20, |cx| T::load(cx, ptr)).unwrap(), value);
    }
}

#[test]
fn typed_and_dynamic_calls_agree() {
    let some = |val| Val::Option(Some(Box::new(val)));
    agree(-3i8, &ValType::S8, &Val::S8(-3));
    agree(-300i16, &ValType::S16, &Val::S16(-300));
    agree(i64::MIN, &ValType::S64, &Val::S64(i64::MIN));
    agree('☃', &ValType::Char, &Val::Char('☃'));
    agree(true, &ValType::Bool, &Val::Bool(true));
    agree(1.5f32, &ValType::F32, &Val::F32(1.5));
    agree("grün ☃".to_owned(), &ValType::String, &Val::String("grün ☃".into()));
    agree(
        vec![1u16, 2, 0xffff],
        &list(ValType::U16),
        &Val::List(vec![Val::U16(1), Val::U16(2), Val::U16(0xffff)]),
    );
    agree(vec![true, false], &list(ValType::Bool), &Val::List(vec![Val::Bool(true), Val::Bool(false)]));
    let option = ValType::Option(OptionType::new(ValType::F64).unwrap());
    agree(Some(2.5f64), &option, &some(Val::F64(2.5)));
    agree(None::<f64>, &option, &Val::Option(None));
    let tuple = ValType::Tuple(TupleType::new([ValType::U8, ValType::String, ValType::U64]).unwrap());
    agree(
        vec![(1u8, "a".to_owned(), 2u64), (3, "ü".to_owned(), 4)],
        &list(tuple),
        &Val::List(vec![
            Val::Tuple(vec![Val::U8(1), Val::String("a".into()), Val::U64(2)]),
            Val::Tuple(vec![Val::U8(3), Val::String("ü".into()), Val::U64(4)]),
        ]),
    );
    let result = ValType::Result(ResultType::new(Some(ValType::F32), Some(ValType::U64)).unwrap());
    agree(Ok::<f32, u64>(0.5), &result, &Val::Result(Ok(Some(Box::new(Val::F32(0.5))))));
    agree(Err::<f32, u64>(9), &result, &Val::Result(Err(Some(Box::new(Val::U64(9))))));
    let bare = ValType::Result(ResultType::new(None, Some(ValType::String)).unwrap());
    agree(Ok::<(), String>(()), &bare, &Val::Result(Ok(None)));
    let wide = ValType::Tuple(TupleType::new(vec![ValType::String; 9]).unwrap());
    let nine = || "x".to_owned();
    agree(
        (nine(), nine(), nine(), nine(), nine(), nine(), nine(), nine(), nine()),
        &wide,
        &Val::Tuple(vec![Val::String("x".into()); 9]),
    );
}
