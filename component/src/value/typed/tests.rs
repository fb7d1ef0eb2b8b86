//! Every standard type there and back, and what is refused. Derived types are tested in `host/tests/typed.rs`.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::Arc;

use crate::abi::fake::any;
use crate::marshal::{Lift, Lower};
use crate::types::ValType;
use crate::value::{BorrowAny, Resource, ResourceAny, Val, wave};

fn there_and_back<T: Lower + Lift + PartialEq + Debug>(value: T, ty: &str, text: &str) {
    assert_eq!(ValType::of::<T>().unwrap().to_string(), ty);
    let val = Val::from_typed(&value).unwrap();
    assert_eq!(val.to_string(), text);
    assert_eq!(val.to_typed::<T>().unwrap(), value);
    assert_eq!(wave::to_string(&value).unwrap(), text);
    assert_eq!(wave::from_str::<T>(text).unwrap(), value);
}

#[test]
fn scalars() {
    there_and_back(true, "bool", "true");
    there_and_back(-1i8, "s8", "-1");
    there_and_back(255u8, "u8", "255");
    there_and_back(i16::MIN, "s16", "-32768");
    there_and_back(u16::MAX, "u16", "65535");
    there_and_back(i32::MIN, "s32", "-2147483648");
    there_and_back(u32::MAX, "u32", "4294967295");
    there_and_back(i64::MIN, "s64", "-9223372036854775808");
    there_and_back(u64::MAX, "u64", "18446744073709551615");
    there_and_back(1.5f32, "f32", "1.5");
    there_and_back(f64::NEG_INFINITY, "f64", "-inf");
    there_and_back('é', "char", "'é'");
}

#[test]
fn compounds() {
    there_and_back(String::from("a \"b\""), "string", r#""a \"b\"""#);
    there_and_back(vec![vec![1u16], vec![], vec![2, 3]], "list<list<u16>>", "[[1], [], [2, 3]]");
    there_and_back((1u8, String::from("x"), 'y'), "tuple<u8, string, char>", r#"(1, "x", 'y')"#);
    there_and_back(Some(Some(7u64)), "option<option<u64>>", "some(some(7))");
    there_and_back(None::<Vec<u8>>, "option<list<u8>>", "none");
    there_and_back(Ok::<u8, String>(1), "result<u8, string>", "ok(1)");
    there_and_back(Err::<(), String>("no".into()), "result<_, string>", r#"err("no")"#);
    there_and_back(Ok::<(), ()>(()), "result", "ok");
    there_and_back(Box::new((1.5f64,)), "tuple<f64>", "(1.5)");
    there_and_back((0u8, 0u64, [1u8].map(u32::from).to_vec()), "tuple<u8, u64, list<u32>>", "(0, 0, [1])");
}

#[test]
fn borrowed_values_have_the_same_form() {
    let owned = Val::from_typed(&vec![String::from("a"), String::from("b")]).unwrap();
    assert_eq!(Val::from_typed(["a", "b"].as_slice()).unwrap(), owned);
    assert_eq!(Val::from_typed(&vec![Cow::Borrowed("a"), Cow::Owned("b".into())]).unwrap(), owned);
    assert_eq!(Val::from_typed("a").unwrap(), Val::String("a".into()));
    assert_eq!(Val::from_typed(&Arc::new(1u8)).unwrap(), Val::U8(1));
}

#[test]
fn large_values() {
    let bytes: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    let val = Val::from_typed(&bytes).unwrap();
    assert_eq!(val.to_typed::<Vec<u8>>().unwrap(), bytes);
    let nothing = Val::from_typed(&Vec::<String>::new()).unwrap();
    assert_eq!(nothing.to_typed::<Vec<String>>().unwrap(), Vec::<String>::new());
}

#[test]
fn resources_are_carried_untyped_and_refused_typed() {
    let pair = (any(7), BorrowAny(any(9)));
    assert_eq!(
        ValType::of::<(ResourceAny, BorrowAny)>().unwrap().to_string(),
        "tuple<own<resource>, borrow<resource>>"
    );
    let val = Val::from_typed(&pair).unwrap();
    assert_eq!(val, Val::Tuple(vec![Val::Resource(any(7)), Val::Resource(any(9))]));
    assert_eq!(val.to_typed::<(ResourceAny, BorrowAny)>().unwrap(), pair);

    struct Buffer;
    assert_eq!(ValType::of::<Resource<Buffer>>().unwrap().to_string(), "own<Buffer>");
    let error = Val::from_typed(&Some(Resource::<Buffer>::own(1))).unwrap_err();
    assert!(error.to_string().contains("use `ResourceAny`"), "{error}");
    let error = Val::Resource(any(1)).to_typed::<Resource<Buffer>>().unwrap_err();
    assert!(error.to_string().contains("use `ResourceAny`"), "{error}");
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let val = Val::List(vec![Val::U8(1), Val::String("x".into())]);
    let error = val.to_typed::<Vec<u8>>().unwrap_err();
    assert_eq!(error.to_string(), "element 1: expected a value of type u8, got a string");
    let error = Val::from_typed(&()).unwrap_err();
    assert!(error.to_string().starts_with("`()` stands for nothing"), "{error}");
    let error = Val::U8(1).to_typed::<()>().unwrap_err();
    assert!(error.to_string().starts_with("`()` stands for nothing"), "{error}");
    let error = wave::from_str::<Vec<u8>>("[1, 256]").unwrap_err();
    assert!(error.to_string().starts_with("at byte 4 of the text"), "{error}");
}

#[test]
fn a_type_that_contains_itself_is_refused() {
    /// Only its description matters.
    struct Tree;

    impl crate::marshal::ComponentType for Tree {
        const LAYOUT: crate::marshal::Layout = crate::marshal::Layout::POINTER_LENGTH;

        fn typecheck(_: &ValType) -> Result<(), crate::types::TypeMismatch> {
            Ok(())
        }

        fn val_type(depth: crate::marshal::Depth) -> crate::Result<ValType> {
            crate::marshal::describe::record(
                depth,
                &[("children", <Vec<Self>>::val_type), ("again", <Vec<Self>>::val_type)],
            )
        }
    }

    let error = ValType::of::<Tree>().unwrap_err();
    assert!(error.to_string().contains("cannot contain themselves"), "{error}");
}
