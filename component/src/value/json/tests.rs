//! What is read and written, type by type, and what is refused with which words.

use std::sync::Arc;

use serde_json::json;

use super::{args_from_json, from_json, to_json};
use crate::types::{
    EnumType, FlagsType, ListType, OptionType, RecordType, ResourceType, ResultType, TupleType, ValType,
    VariantType,
};
use crate::value::Val;

fn list(ty: ValType) -> ValType {
    ValType::List(ListType::new(ty))
}

fn option(ty: ValType) -> ValType {
    ValType::Option(OptionType::new(ty).unwrap())
}

fn names(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

fn record() -> ValType {
    let fields = [
        ("name".into(), ValType::String),
        ("size".into(), option(ValType::U32)),
        ("tags".into(), list(ValType::Enum(EnumType::new(names(&["red", "green"])).unwrap()))),
    ];
    ValType::Record(RecordType::new(fields).unwrap())
}

fn variant() -> ValType {
    let cases =
        [("none".into(), None), ("at".into(), Some(ValType::U8)), ("may".into(), Some(option(ValType::U8)))];
    ValType::Variant(VariantType::new(cases).unwrap())
}

/// Reads and writes again.
fn same(ty: &ValType, json: &serde_json::Value) -> Val {
    let value = from_json(json, ty).unwrap();
    assert_eq!(to_json(&value, ty).unwrap(), *json);
    value
}

fn refusal(ty: &ValType, json: &serde_json::Value) -> String {
    from_json(json, ty).unwrap_err().to_string()
}

#[test]
fn scalars() {
    assert_eq!(same(&ValType::Bool, &json!(true)), Val::Bool(true));
    assert_eq!(same(&ValType::S8, &json!(-128)), Val::S8(-128));
    assert_eq!(same(&ValType::U64, &json!(u64::MAX)), Val::U64(u64::MAX));
    assert_eq!(same(&ValType::S64, &json!(i64::MIN)), Val::S64(i64::MIN));
    assert_eq!(same(&ValType::F32, &json!(0.1)), Val::F32(0.1));
    assert_eq!(same(&ValType::F64, &json!(-0.0)), Val::F64(-0.0));
    assert_eq!(same(&ValType::F64, &json!("-inf")), Val::F64(f64::NEG_INFINITY));
    assert!(matches!(same(&ValType::F32, &json!("nan")), Val::F32(v) if v.is_nan()));
    assert_eq!(same(&ValType::Char, &json!("é")), Val::Char('é'));
    assert_eq!(same(&ValType::String, &json!("a\"b\u{0}")), Val::String("a\"b\0".into()));
}

#[test]
fn integers_are_exact() {
    assert_eq!(from_json(&json!("18446744073709551615"), &ValType::U64).unwrap(), Val::U64(u64::MAX));
    assert_eq!(from_json(&json!(1e3), &ValType::U16).unwrap(), Val::U16(1000));
    for wrong in
        [json!(256), json!(-1), json!(1.5), json!("1.0"), json!("+1"), json!(""), json!(1e300), json!(null)]
    {
        from_json(&wrong, &ValType::U8).unwrap_err();
    }
    // 2^53 + 1 with a point cannot be told from 2^53.
    from_json(&json!(18_014_398_509_481_984.0), &ValType::U64).unwrap_err();
    from_json(&json!(1e39), &ValType::F32).unwrap_err();
    assert_eq!(refusal(&ValType::U8, &json!(256)), "expected a value of type u8, got 256");
}

#[test]
fn every_float_survives() {
    for bits in (0..=u32::MAX).step_by(65_521) {
        let value = f32::from_bits(bits);
        let read = from_json(&to_json(&Val::F32(value), &ValType::F32).unwrap(), &ValType::F32).unwrap();
        assert!(
            matches!(read, Val::F32(v) if v.to_bits() == bits || v.is_nan() && value.is_nan()),
            "{value}"
        );
    }
}

#[test]
fn compound_values() {
    same(&record(), &json!({"name": "x", "size": 3, "tags": ["red", "red"]}));
    let left_out = from_json(&json!({"tags": [], "name": "x"}), &record()).unwrap();
    assert_eq!(to_json(&left_out, &record()).unwrap(), json!({"name": "x", "size": null, "tags": []}));
    same(&list(ValType::U8), &json!([1, 2, 255]));
    same(&ValType::Tuple(TupleType::new([ValType::U8, ValType::String]).unwrap()), &json!([1, "x"]));
    let flags = ValType::Flags(FlagsType::new(names(&["r", "w", "x"])).unwrap());
    assert_eq!(same(&flags, &json!(["r", "x"])), Val::Flags(vec!["r".into(), "x".into()]));
    assert_eq!(from_json(&json!(["x", "r", "x"]), &flags).unwrap(), Val::Flags(vec!["r".into(), "x".into()]));
}

#[test]
fn cases() {
    same(&variant(), &json!({"tag": "none"}));
    same(&variant(), &json!({"tag": "at", "value": 7}));
    same(&variant(), &json!({"tag": "may", "value": null}));
    let full = ValType::Result(ResultType::new(Some(ValType::U8), Some(ValType::String)).unwrap());
    same(&full, &json!({"ok": 1}));
    same(&full, &json!({"err": "x"}));
    let bare = ValType::Result(ResultType::new(None, None).unwrap());
    assert_eq!(same(&bare, &json!({"ok": null})), Val::Result(Ok(None)));
    assert_eq!(same(&bare, &json!({"err": null})), Val::Result(Err(None)));
}

#[test]
fn an_option_of_an_option_says_which_is_none() {
    let ty = option(option(ValType::U8));
    assert_eq!(same(&ty, &json!(null)), Val::Option(None));
    assert_eq!(same(&ty, &json!({"some": null})), Val::Option(Some(Box::new(Val::Option(None)))));
    same(&ty, &json!({"some": 1}));
    same(&option(option(option(ValType::U8))), &json!({"some": {"some": null}}));
    assert!(refusal(&ty, &json!(1)).contains("got a number"));
    assert!(refusal(&ty, &json!({"none": 1})).contains("`some` alone"));
}

#[test]
fn a_mistake_has_a_place() {
    let ty = list(record());
    let wrong = json!([{"name": "a", "tags": []}, {"name": "b", "tags": ["red", "blue"]}]);
    assert_eq!(
        refusal(&ty, &wrong),
        "element 1: field `tags`: element 1: expected a value of type a case among `red`, `green`, got `blue`"
    );
    assert!(refusal(&record(), &json!({"tags": []})).starts_with("field `name`: "));
    assert!(refusal(&record(), &json!({"name": "a", "tags": [], "more": 1})).contains("`more`"));
    assert!(refusal(&variant(), &json!({"tag": "at", "value": "x"})).starts_with("case `at`: "));
    refusal(&variant(), &json!({"tag": "at"}));
    refusal(&variant(), &json!({"tag": "none", "value": 1}));
    refusal(&variant(), &json!({"tag": "none", "more": 1}));
    refusal(&variant(), &json!("none"));
    let result = ValType::Result(ResultType::new(None, Some(ValType::U8)).unwrap());
    refusal(&result, &json!({"ok": null, "err": 1}));
    refusal(&result, &json!({"ok": 1}));
    refusal(&ValType::Char, &json!("ab"));
}

#[test]
fn a_value_of_another_type_is_not_written() {
    for value in [
        Val::U8(1),
        Val::Record([("name", Val::String("x".into()))].into()),
        Val::Record([("name", Val::U8(1)), ("size", Val::U8(1)), ("tags", Val::U8(1))].into()),
    ] {
        to_json(&value, &record()).unwrap_err();
    }
    to_json(&Val::Variant("at".into(), None), &variant()).unwrap_err();
    to_json(&Val::Variant("gone".into(), None), &variant()).unwrap_err();
    let handle = ValType::Own(ResourceType::new("r", 0));
    assert!(refusal(&handle, &json!(1)).contains("resource"));
}

#[test]
fn a_type_that_is_too_deep_is_refused() {
    let mut ty = ValType::U8;
    let mut json = json!(1);
    for _ in 0..300 {
        ty = list(ty);
        json = json!([json]);
    }
    assert!(refusal(&ty, &json).contains("200"));
}

#[test]
fn arguments_by_place_and_by_name() {
    let params = [("a".into(), ValType::U8), ("b".into(), option(ValType::String))];
    let expected = vec![Val::U8(1), Val::Option(None)];
    for json in [json!([1]), json!([1, null]), json!({"a": 1}), json!({"b": null, "a": 1})] {
        assert_eq!(args_from_json(&params, &json).unwrap(), expected);
    }
    assert_eq!(args_from_json(&[], &json!(null)).unwrap(), []);
    let refusal = |json| args_from_json(&params, &json).unwrap_err().to_string();
    assert!(refusal(json!([])).starts_with("argument `a`: "));
    assert!(refusal(json!({"a": "x"})).starts_with("argument `a`: "));
    assert!(refusal(json!([1, null, 2])).contains("takes 2 arguments, 3 were given"));
    assert!(refusal(json!({"a": 1, "c": 2})).contains("`c`"));
    assert!(refusal(json!(1)).contains("an array or an object"));
}
