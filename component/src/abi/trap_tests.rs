//! One test for each `trap_if` of the synchronous part of CanonicalABI.md that is about memory and slots, named after
//! the function it stands in and its condition (`tests/trap_if.txt` has them all); and for the other ways in which a call
//! refuses a value.

use std::sync::Arc;

use super::fake::{BORROW, FakeGuest, any};
use super::layout::{Layout, MAX_FLAT_PARAMS};
use super::load::check_list;
use super::options::StringEncoding::{self, Latin1OrUtf16, Utf8, Utf16};
use super::strings::{lift_string, lower_string};
use super::trap::AbiTrap;
use super::{lift, lower};
use crate::error::{Error, ErrorKind, Fault, Result, Stage};
use crate::marshal::{Lower, call};
use crate::types::{
    EnumType, FlagsType, ListType, RecordType, ResourceType, TupleType, ValType, VariantType,
};
use crate::value::{Borrow, BorrowAny, Resource, Val};

fn trap<T: std::fmt::Debug>(result: Result<T>) -> AbiTrap {
    let error = result.unwrap_err();
    assert_eq!((error.stage(), error.fault()), (Stage::Call, Fault::Plugin));
    match error.kind() {
        ErrorKind::Abi(trap) => *trap,
        kind => panic!("{kind} is not a trap of the canonical ABI"),
    }
}

/// Lifts the string at `ptr` of a memory of 64 bytes that starts with `bytes`.
fn string(encoding: StringEncoding, bytes: &[u8], ptr: u32, length: u32) -> Result<String> {
    let mut guest = FakeGuest::new(encoding);
    guest.memory = bytes.to_vec();
    guest.memory.resize(64, 0);
    guest.lift(1 << 30, |cx| lift_string(cx, ptr, length))
}

#[test]
fn load_string_from_range_byte_length_gt_max_string_byte_length() {
    assert_eq!(trap(string(Utf8, b"", 0, 1 << 28)), AbiTrap::StringTooLong);
    assert_eq!(trap(string(Utf16, b"", 0, 1 << 27)), AbiTrap::StringTooLong);
    assert_eq!(trap(string(Utf16, b"", 0, u32::MAX)), AbiTrap::StringTooLong);
    assert_eq!(trap(string(Latin1OrUtf16, b"", 0, (1 << 31) | (1 << 27))), AbiTrap::StringTooLong);
    assert_eq!(trap(string(Utf8, b"", 0, (1 << 28) - 1)), AbiTrap::StringOutOfBounds);
}

#[test]
fn load_string_from_range_ptr_not_aligned() {
    assert_eq!(string(Utf8, b"abc", 1, 2).unwrap(), "bc");
    for (encoding, length) in [(Utf16, 0), (Latin1OrUtf16, 0), (Latin1OrUtf16, 1 << 31)] {
        assert_eq!(trap(string(encoding, b"", 1, length)), AbiTrap::UnalignedPointer);
    }
}

#[test]
fn load_string_from_range_ptr_plus_byte_length_gt_len_memory() {
    assert_eq!(string(Utf8, b"", 64, 0).unwrap(), "");
    for (ptr, length) in [(65, 0), (64, 1), (60, 5), (0xdead_beef, 0), (u32::MAX, 2)] {
        assert_eq!(trap(string(Utf8, b"", ptr, length)), AbiTrap::StringOutOfBounds);
    }
    assert_eq!(trap(string(Utf16, b"", 62, 2)), AbiTrap::StringOutOfBounds);
}

#[test]
fn load_string_from_range_unicode_error() {
    assert_eq!(trap(string(Utf8, b"ab\xff", 0, 3)), AbiTrap::InvalidUtf8);
    assert_eq!(trap(string(Utf8, b"\xed\xa0\x80", 0, 3)), AbiTrap::InvalidUtf8);
    assert_eq!(trap(string(Utf8, "☃".as_bytes(), 0, 2)), AbiTrap::IncompleteUtf8);
    assert_eq!(trap(string(Utf16, &[0x00, 0xd8], 0, 1)), AbiTrap::UnpairedSurrogate);
    assert_eq!(trap(string(Utf16, &[0x00, 0xdc, 0x00, 0xd8], 0, 2)), AbiTrap::UnpairedSurrogate);
    assert_eq!(trap(string(Latin1OrUtf16, &[0x00, 0xd8], 0, (1 << 31) | 1)), AbiTrap::UnpairedSurrogate);
}

#[test]
fn strings_are_read_in_each_encoding() {
    assert_eq!(string(Utf8, "grün".as_bytes(), 0, 5).unwrap(), "grün");
    assert_eq!(string(Utf16, &[0x3c, 0xd8, 0x70, 0xdf, 0x61, 0], 0, 3).unwrap(), "🍰a");
    assert_eq!(string(Latin1OrUtf16, b"gr\xfcn", 0, 4).unwrap(), "grün");
    assert_eq!(string(Latin1OrUtf16, &[0x03, 0x26], 0, (1 << 31) | 1).unwrap(), "☃");
}

#[test]
fn strings_are_written_with_one_exact_realloc() {
    let written = |encoding, text: &str| {
        let mut guest = FakeGuest::new(encoding);
        let (ptr, length) = lower_string(&mut guest.lower(), text).unwrap();
        let [[0, 0, align, size]] = *guest.calls else {
            panic!("{:?}", guest.calls);
        };
        (guest.memory[ptr as usize..(ptr + size) as usize].to_vec(), length, align)
    };
    assert_eq!(written(Utf8, "grün"), ("grün".as_bytes().to_vec(), 5, 1));
    assert_eq!(written(Utf8, ""), (vec![], 0, 1));
    assert_eq!(written(Utf16, "a🍰"), (vec![0x61, 0, 0x3c, 0xd8, 0x70, 0xdf], 3, 2));
    assert_eq!(written(Latin1OrUtf16, "grün"), (b"gr\xfcn".to_vec(), 4, 2));
    assert_eq!(written(Latin1OrUtf16, "ü☃"), (vec![0xfc, 0, 0x03, 0x26], (1 << 31) | 2, 2));
}

#[test]
fn strings_of_the_host_are_not_stored_unaligned() {
    for encoding in [Utf16, Latin1OrUtf16] {
        let mut guest = FakeGuest::new(encoding);
        guest.answer = Some(1);
        assert_eq!(trap(lower_string(&mut guest.lower(), "text")), AbiTrap::ReallocUnaligned);
    }
}

#[test]
fn strings_of_the_host_are_not_stored_outside_memory() {
    for (answer, text) in [(61, "text"), (u32::MAX, "text"), (u32::MAX, ""), (65, "")] {
        let mut guest = FakeGuest::new(Utf8);
        guest.answer = Some(answer);
        assert_eq!(trap(lower_string(&mut guest.lower(), text)), AbiTrap::ReallocOutOfBounds);
    }
}

fn list(ptr: u32, length: u32, element: Layout) -> Result<()> {
    FakeGuest::new(Utf8).lift(1 << 20, |cx| check_list(cx, ptr, length, &element, 1))
}

#[test]
fn load_list_from_range_byte_length_gt_max_list_byte_length() {
    assert_eq!(trap(list(0, 1 << 28, Layout::BYTE)), AbiTrap::ListTooLong);
    assert_eq!(trap(list(0, 1 << 25, Layout::LONG)), AbiTrap::ListTooLong);
    assert_eq!(trap(list(0, 1 << 29, Layout::LONG)), AbiTrap::ListTooLong);
    assert_eq!(trap(list(0, u32::MAX, Layout::LONG)), AbiTrap::ListTooLong);
}

#[test]
fn load_list_from_range_ptr_not_aligned() {
    assert_eq!(trap(list(2, 1, Layout::INT)), AbiTrap::UnalignedPointer);
    assert_eq!(trap(list(2, 0, Layout::INT)), AbiTrap::UnalignedPointer);
    list(4, 1, Layout::INT).unwrap();
}

#[test]
fn load_list_from_range_ptr_plus_byte_length_gt_len_memory() {
    list(0, 16, Layout::INT).unwrap();
    assert_eq!(trap(list(0, 17, Layout::INT)), AbiTrap::ListOutOfBounds);
    assert_eq!(trap(list(0xffff_fffc, 0, Layout::INT)), AbiTrap::ListOutOfBounds);
}

#[test]
fn store_list_into_range_ptr_not_aligned() {
    let mut guest = FakeGuest::new(Utf8);
    guest.answer = Some(2);
    assert_eq!(trap(vec![1u32].store(&mut guest.lower(), 0)), AbiTrap::ReallocUnaligned);
}

#[test]
fn store_list_into_range_ptr_plus_byte_length_gt_len_memory() {
    let empty: &[u32] = &[];
    for values in [&[1u32, 2][..], empty] {
        let mut guest = FakeGuest::new(Utf8);
        guest.answer = Some(u32::MAX - 3);
        assert_eq!(trap(values.store(&mut guest.lower(), 0)), AbiTrap::ReallocOutOfBounds);
    }
}

#[test]
fn an_empty_list_still_asks_realloc() {
    let mut guest = FakeGuest::new(Utf8);
    Vec::<u64>::new().store(&mut guest.lower(), 0).unwrap();
    assert_eq!(guest.calls, [[0, 0, 8, 0]]);
}

/// Lifts two integers that do not fit in the slots, typed and dynamic.
fn lift_flat_values(ptr: u64) -> Result<()> {
    let guest = FakeGuest::new(Utf8);
    let types = [ValType::U32, ValType::U32];
    let dynamic = guest.lift(1 << 20, |cx| lift::lift_values(cx, types.iter(), 1, &[ptr])).map(drop);
    let typed = guest.lift(1 << 20, |cx| call::lift_result::<(u32, u32)>(cx, &[ptr])).map(drop);
    assert_eq!(dynamic.is_ok(), typed.is_ok());
    if let (Err(dynamic), Err(typed)) = (&dynamic, &typed) {
        assert_eq!(dynamic.to_string(), typed.to_string());
    }
    typed
}

#[test]
fn lift_flat_values_ptr_not_aligned() {
    lift_flat_values(56).unwrap();
    for ptr in [1, 2, 57, 58] {
        assert_eq!(trap(lift_flat_values(ptr)), AbiTrap::UnalignedPointer);
    }
}

#[test]
fn lift_flat_values_ptr_plus_elem_size_gt_len_memory() {
    for ptr in [60, 64, 0xffff_fffc] {
        assert_eq!(trap(lift_flat_values(ptr)), AbiTrap::PointerOutOfBounds);
    }
}

/// Lowers a result that does not fit in a slot to `out`, typed and dynamic.
fn lower_flat_values(out: u32) -> Result<Vec<u8>> {
    let mut guest = FakeGuest::new(Utf8);
    let typed = call::lower_result(&mut guest.lower(), &(1u32, 2u32), out, &mut []);
    let mut other = FakeGuest::new(Utf8);
    let tuple = ValType::Tuple(TupleType::new([ValType::U32, ValType::U32]).unwrap());
    let (one, value) = ([&tuple].into_iter(), [Val::Tuple(vec![Val::U32(1), Val::U32(2)])]);
    let dynamic = lower::lower_values(&mut other.lower(), one, &value, 1, Some(out), &mut []);
    assert_eq!(dynamic.is_ok(), typed.is_ok());
    if let (Err(dynamic), Err(typed)) = (&dynamic, &typed) {
        assert_eq!(dynamic.to_string(), typed.to_string());
    }
    assert_eq!(guest.memory, other.memory);
    typed.map(|()| guest.memory)
}

/// Lowers parameters that do not fit in the slots, where `realloc` answers so.
fn lower_many_params(answer: u32) -> Result<()> {
    let many = (0u64, 0u64, 0u64, 0u64, 0u64, 0u64, 0u64, 0u64);
    let mut guest = FakeGuest::new(Utf8);
    guest.answer = Some(answer);
    call::lower_params(&mut guest.lower(), &(many, many, 1u8), &mut [0; 17])
}

#[test]
fn lower_flat_values_ptr_not_aligned() {
    assert_eq!(lower_flat_values(56).unwrap()[56..], [1, 0, 0, 0, 2, 0, 0, 0]);
    assert_eq!(trap(lower_flat_values(1)), AbiTrap::UnalignedPointer);
    assert_eq!(trap(lower_many_params(4)), AbiTrap::ReallocUnaligned);
}

#[test]
fn lower_flat_values_ptr_plus_elem_size_gt_len_memory() {
    assert_eq!(trap(lower_flat_values(60)), AbiTrap::PointerOutOfBounds);
    assert_eq!(trap(lower_flat_values(0xffff_fffc)), AbiTrap::PointerOutOfBounds);
    assert_eq!(trap(lower_many_params(0)), AbiTrap::ReallocOutOfBounds);
}

#[test]
fn lift_flat_variant_case_index_ge_len_cases() {
    let guest = FakeGuest::new(Utf8);
    assert_eq!(trap(guest.lift_slots::<Option<u8>>(&[2, 0])), AbiTrap::InvalidDiscriminant);
    assert_eq!(trap(guest.lift_slots::<Result<(), ()>>(&[0xffff_ffff])), AbiTrap::InvalidDiscriminant);
    let variant = VariantType::new([("a".into(), None), ("b".into(), Some(ValType::U8))]).unwrap();
    for ty in [ValType::Variant(variant), ValType::Enum(EnumType::new(["x".into(), "y".into()]).unwrap())] {
        let lift = |case| guest.lift(1 << 20, |cx| lift::lift_values(cx, [&ty].into_iter(), 16, &[case, 0]));
        assert_eq!(trap(lift(2)), AbiTrap::InvalidDiscriminant);
        lift(1).unwrap();
    }
}

#[test]
fn load_variant_case_index_ge_len_cases() {
    let mut guest = FakeGuest::new(Utf8);
    guest.memory[0] = 2;
    assert_eq!(
        trap(guest.lift(1 << 20, |cx| <Option<u8> as crate::Lift>::load(cx, 0))),
        AbiTrap::InvalidDiscriminant
    );
    let ty = VariantType::new([("a".into(), None), ("b".into(), Some(ValType::U8))]).unwrap();
    let ty = ValType::Variant(ty);
    let load = guest.lift(1 << 20, |cx| lift::lift_values(cx, [&ty].into_iter(), 0, &[0]));
    assert_eq!(trap(load), AbiTrap::InvalidDiscriminant);
}

/// Lifts a char out of a slot and out of memory.
fn convert_i32_to_char(code: u32) -> Result<char> {
    let mut guest = FakeGuest::new(Utf8);
    guest.memory[..4].copy_from_slice(&code.to_le_bytes());
    let loaded = guest.lift(8, |cx| <char as crate::Lift>::load(cx, 0));
    let lifted = guest.lift_slots::<char>(&[u64::from(code)]);
    assert_eq!(loaded.map_err(|error| error.to_string()), lifted.as_ref().copied().map_err(Error::to_string));
    lifted
}

#[test]
fn convert_i32_to_char_i_ge_0x110000() {
    assert_eq!(convert_i32_to_char(0x10_ffff).unwrap(), '\u{10ffff}');
    for code in [0x11_0000, u32::MAX] {
        assert_eq!(trap(convert_i32_to_char(code)), AbiTrap::InvalidChar);
    }
}

#[test]
fn convert_i32_to_char_i_is_a_surrogate() {
    assert_eq!(convert_i32_to_char(0xd7ff).unwrap(), '\u{d7ff}');
    assert_eq!(convert_i32_to_char(0xe000).unwrap(), '\u{e000}');
    for code in [0xd800, 0xdfff] {
        assert_eq!(trap(convert_i32_to_char(code)), AbiTrap::InvalidChar);
    }
}

#[test]
fn narrow_integers_take_the_low_bits_and_any_nonzero_is_true() {
    let guest = FakeGuest::new(Utf8);
    assert_eq!(guest.lift_slots::<u8>(&[0xf01]).unwrap(), 1);
    assert_eq!(guest.lift_slots::<i8>(&[0xff]).unwrap(), -1);
    assert_eq!(guest.lift_slots::<i16>(&[0xff_ffff]).unwrap(), -1);
    assert!(guest.lift_slots::<bool>(&[2]).unwrap());
    assert!(!guest.lift_slots::<bool>(&[0xffff_ffff_0000_0000]).unwrap());
    let ty = ValType::Flags(FlagsType::new(["a".into(), "b".into()]).unwrap());
    let flags = guest.lift(1 << 20, |cx| lift::lift_values(cx, [&ty].into_iter(), 16, &[0xfe]));
    assert_eq!(flags.unwrap(), [Val::Flags(vec!["b".into()])]);
}

#[test]
fn nans_are_canonical_on_both_sides() {
    let mut guest = FakeGuest::new(Utf8);
    assert_eq!(guest.lift_slots::<f32>(&[0xffff_ffff]).unwrap().to_bits(), 0x7fc0_0000);
    vec![f64::from_bits(0xfff0_dead_beef_0001)].store(&mut guest.lower(), 0).unwrap();
    assert_eq!(guest.memory[8..16], 0x7ff8_0000_0000_0000u64.to_le_bytes());
}

#[test]
fn handles_say_in_their_type_whether_they_are_lent() {
    struct File;
    let mut guest = FakeGuest::new(Utf8);
    let lowered = |guest: &mut FakeGuest, lower: &dyn Fn(&mut FakeGuest, &mut [u64])| {
        let mut slots = [0];
        lower(guest, &mut slots);
        slots[0]
    };
    let own = lowered(&mut guest, &|g, s| {
        call::lower_params(&mut g.lower(), &(Resource::<File>::own(3),), s).unwrap()
    });
    let lent = lowered(&mut guest, &|g, s| {
        call::lower_params(&mut g.lower(), &(Borrow::<File>::new(3),), s).unwrap()
    });
    let any_lent =
        lowered(&mut guest, &|g, s| call::lower_params(&mut g.lower(), &(BorrowAny(any(4)),), s).unwrap());
    assert_eq!([own, lent, any_lent], [3, u64::from(3 | BORROW), u64::from(4 | BORROW)]);
    assert_eq!(guest.lift_slots::<Borrow<File>>(&[lent]).unwrap().rep(), 3);
    assert_eq!(guest.lift_slots::<crate::ResourceAny>(&[4]).unwrap(), any(4));
    let borrow = ValType::Borrow(ResourceType::new("file", 1));
    let mut slots = [0];
    let one = [Val::Resource(any(5))];
    lower::lower_values(&mut guest.lower(), [&borrow].into_iter(), &one, 16, None, &mut slots).unwrap();
    assert_eq!(slots, [u64::from(5 | BORROW)]);
}

fn over_budget<T: std::fmt::Debug>(result: Result<T>) -> bool {
    matches!(result.unwrap_err().kind(), ErrorKind::Limit { knob: "value_bytes", .. })
}

#[test]
fn what_the_host_keeps_is_counted() {
    let mut guest = FakeGuest::new(Utf8);
    guest.memory = vec![b'a'; 4096];
    assert!(over_budget(guest.lift(4095, |cx| lift_string(cx, 0, 4096))));
    guest.lift(4096, |cx| lift_string(cx, 0, 4096)).unwrap();
    let lifted = |element: ValType, budget| {
        let list = ValType::List(ListType::new(element));
        guest.lift(budget, |cx| lift::lift_values(cx, [&list].into_iter(), 16, &[0, 4096]))
    };
    assert!(over_budget(lifted(ValType::U8, 4095)));
    assert_eq!(lifted(ValType::U8, 4096).unwrap(), [Val::Bytes(guest.memory.clone())]);
    assert!(over_budget(lifted(ValType::S8, 4096)));
    lifted(ValType::S8, 4096 * size_of::<Val>() as u64).unwrap();
    // A long name, copied for each of many small values; those of fields are shared.
    let names = (0..=b'a').map(|n| Arc::from(format!("{}{n}", "n".repeat(1000))));
    let cases = EnumType::new(names).unwrap();
    assert!(over_budget(lifted(ValType::Enum(cases), 4 << 20)));
    let field = ("n".repeat(1000).into(), ValType::U8);
    lifted(ValType::Record(RecordType::new([field]).unwrap()), 4 << 20).unwrap();
}

#[test]
fn elements_without_size_are_counted_too() {
    let guest = FakeGuest::new(Utf8);
    assert!(over_budget(guest.lift_slots::<Vec<()>>(&[0, 0xffff_ffff])));
}

fn refused(ty: &ValType, value: Val) -> Error {
    let mut guest = FakeGuest::new(Utf8);
    let one = [value];
    let lowered =
        lower::lower_values(&mut guest.lower(), [ty].into_iter(), &one, MAX_FLAT_PARAMS, None, &mut [0; 17]);
    let error = lowered.unwrap_err();
    assert_eq!(error.fault(), Fault::Embedder);
    assert_eq!(guest.calls.len(), 0, "refused before the guest is asked for memory");
    error
}

#[test]
fn values_that_do_not_fit_their_type_are_refused_with_the_place() {
    assert_eq!(refused(&ValType::U8, Val::U16(1)).to_string(), "expected a value of type u8, got a u16");
    let point = RecordType::new([("x".into(), ValType::S32), ("y".into(), ValType::S32)]).unwrap();
    let points = ValType::List(ListType::new(ValType::Record(point)));
    let record = |fields: &[(&str, Val)]| {
        Val::Record(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    };
    let good = record(&[("y", Val::S32(2)), ("x", Val::S32(1))]);
    let wrong = record(&[("x", Val::S32(1)), ("y", Val::Bool(true))]);
    let message = refused(&points, Val::List(vec![good, wrong])).to_string();
    assert_eq!(message, "element 1: field `y`: expected a value of type s32, got a bool");
    for fields in [&[("x", Val::S32(1))][..], &[("x", Val::S32(1)), ("z", Val::S32(1))], &[]] {
        refused(&points, Val::List(vec![record(fields)]));
    }
    let unknown = record(&[("x", Val::S32(1)), ("y", Val::S32(1)), ("z", Val::S32(1))]);
    assert!(refused(&points, Val::List(vec![unknown])).to_string().contains("`z`"));
    let variant = VariantType::new([("a".into(), None), ("b".into(), Some(ValType::U8))]).unwrap();
    let variant = ValType::Variant(variant);
    assert!(refused(&variant, Val::Variant("c".into(), None)).to_string().contains("among `a`, `b`"));
    refused(&variant, Val::Variant("b".into(), None));
    refused(&variant, Val::Variant("a".into(), Some(Box::new(Val::U8(1)))));
    refused(&ValType::Enum(EnumType::new(["x".into()]).unwrap()), Val::Enum("y".into()));
    refused(&ValType::Flags(FlagsType::new(["x".into()]).unwrap()), Val::Flags(vec!["y".into()]));
    refused(&ValType::Tuple(TupleType::new([ValType::U8]).unwrap()), Val::Tuple(vec![]));
    let wide = ValType::Tuple(TupleType::new(vec![ValType::U8; 17]).unwrap());
    let mut bytes = vec![Val::U8(0); 17];
    bytes[16] = Val::Bool(false);
    refused(&wide, Val::Tuple(bytes));
}

#[test]
fn fields_are_taken_in_any_order() {
    let point = RecordType::new([("x".into(), ValType::S32), ("y".into(), ValType::S32)]).unwrap();
    let swapped = Val::Record([("y", Val::S32(2)), ("x", Val::S32(1))].into());
    let mut slots = [0; 2];
    let mut guest = FakeGuest::new(Utf8);
    let ty = ValType::Record(point);
    lower::lower_values(&mut guest.lower(), [&ty].into_iter(), &[swapped], 16, None, &mut slots).unwrap();
    assert_eq!(slots, [1, 2]);
}
