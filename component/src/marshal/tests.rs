//! What typechecks accept, and how they say what differs.

use std::sync::Arc;

use super::{ComponentType, Layout, Params, check};
use crate::types::{
    EnumType, FlagsType, ListType, OptionType, RecordType, ResourceType, ResultType, TupleType, ValType,
    VariantType,
};
use crate::value::{Borrow, BorrowAny, Resource, ResourceAny};

struct File;

fn list(ty: ValType) -> ValType {
    ValType::List(ListType::new(ty))
}

fn said<T: ComponentType>(ty: &ValType) -> String {
    T::typecheck(ty).unwrap_err().to_string()
}

fn labels<const N: usize>(names: [&str; N]) -> [Arc<str>; N] {
    names.map(Arc::from)
}

#[test]
fn mismatches_say_where_and_what() {
    assert_eq!(said::<u32>(&ValType::S32), "the Rust type is u32, the component has s32");
    let nested = ValType::Option(OptionType::new(list(ValType::Char)).unwrap());
    <Option<Vec<char>>>::typecheck(&nested).unwrap();
    assert_eq!(
        said::<Option<Vec<String>>>(&nested),
        "the value of the option: the elements of the list: the Rust type is string, the component has char"
    );
    let pair = ValType::Tuple(TupleType::new([ValType::U8, ValType::Bool]).unwrap());
    <(u8, bool)>::typecheck(&pair).unwrap();
    assert!(said::<(u8, u8)>(&pair).starts_with("element 1: "));
    assert!(said::<(u8,)>(&pair).contains("a tuple of 1"));
}

#[test]
fn only_unit_stands_for_nothing() {
    let result = |ok, err| ValType::Result(ResultType::new(ok, err).unwrap());
    <Result<(), String>>::typecheck(&result(None, Some(ValType::String))).unwrap();
    <Result<(), ()>>::typecheck(&result(None, None)).unwrap();
    assert!(said::<Result<u8, ()>>(&result(None, None)).starts_with("the value of `ok`"));
    assert!(said::<Result<(), ()>>(&result(None, Some(ValType::U8))).starts_with("the value of `err`"));
    <()>::typecheck_optional(None).unwrap();
    <()>::typecheck_optional(Some(&ValType::U8)).unwrap_err();
    u8::typecheck_optional(None).unwrap_err();
    <Box<()>>::typecheck_optional(None).unwrap();
}

#[test]
fn parameters_are_checked_by_number_and_name() {
    let params = [(Arc::from("text"), ValType::String), (Arc::from("at"), ValType::U32)];
    <(&str, u32)>::typecheck_params(&params).unwrap();
    let wrong = <(&str, u64)>::typecheck_params(&params).unwrap_err().to_string();
    assert_eq!(wrong, "parameter `at`: the Rust type is u64, the component has u32");
    let few = <(&str,)>::typecheck_params(&params).unwrap_err().to_string();
    assert_eq!(few, "the Rust type is 1 parameter, the component has 2 parameters");
    <()>::typecheck_params(&[]).unwrap();
    <()>::typecheck_params(&params).unwrap_err();
}

#[test]
fn names_and_their_order_must_be_the_same() {
    let record = RecordType::new([("x".into(), ValType::U8), ("y".into(), ValType::U8)]).unwrap();
    let record = ValType::Record(record);
    check::record(&record, &[("x", u8::typecheck), ("y", u8::typecheck)]).unwrap();
    let swapped = check::record(&record, &[("y", u8::typecheck), ("x", u8::typecheck)]).unwrap_err();
    assert_eq!(swapped.to_string(), "field number 1: the Rust type is `y`, the component has `x`");
    let short = check::record(&record, &[("x", u8::typecheck)]).unwrap_err();
    assert_eq!(short.to_string(), "the Rust type is 1 field, the component has 2 fields");
    let typed = check::record(&record, &[("x", u8::typecheck), ("y", bool::typecheck)]).unwrap_err();
    assert!(typed.to_string().starts_with("field `y`: "));
    check::record(&ValType::Bool, &[]).unwrap_err();

    let variant = VariantType::new([("a".into(), None), ("b".into(), Some(ValType::U8))]).unwrap();
    let variant = ValType::Variant(variant);
    let (nothing, byte) = (<()>::typecheck_optional, u8::typecheck_optional);
    check::variant(&variant, &[("a", nothing), ("b", byte)]).unwrap();
    assert!(
        check::variant(&variant, &[("a", byte), ("b", byte)]).unwrap_err().to_string().contains("case `a`")
    );
    check::variant(&variant, &[("a", nothing)]).unwrap_err();

    let cases = ValType::Enum(EnumType::new(labels(["on", "off"])).unwrap());
    check::enumeration(&cases, &["on", "off"]).unwrap();
    check::enumeration(&cases, &["on"]).unwrap_err();
    check::flags(&cases, &["on", "off"]).unwrap_err();
    let flags = ValType::Flags(FlagsType::new(labels(["read", "write"])).unwrap());
    check::flags(&flags, &["read", "write"]).unwrap();
    check::flags(&flags, &["write", "read"]).unwrap_err();
}

#[test]
fn own_and_borrow_are_different_types() {
    let own = ValType::Own(ResourceType::new("file", 0));
    let borrow = ValType::Borrow(ResourceType::new("file", 0));
    <Resource<File>>::typecheck(&own).unwrap();
    <Borrow<File>>::typecheck(&borrow).unwrap();
    ResourceAny::typecheck(&own).unwrap();
    BorrowAny::typecheck(&borrow).unwrap();
    assert!(said::<Resource<File>>(&borrow).contains("borrow<file>"));
    assert!(said::<BorrowAny>(&own).contains("own<file>"));
}

#[test]
fn layouts_are_known_when_compiled() {
    const RECORDS: Layout = <(u8, Vec<(u32, String)>, Option<u64>)>::LAYOUT;
    assert_eq!((RECORDS.size, RECORDS.align, RECORDS.flat.len()), (32, 8, 5));
    assert_eq!(<&str>::LAYOUT, String::LAYOUT);
    assert!(!<(RowOfEight, RowOfEight, u8)>::LAYOUT.flat.fits(16));
}

type RowOfEight = (u8, u8, u8, u8, u8, u8, u8, u8);
