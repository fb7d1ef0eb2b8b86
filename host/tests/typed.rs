//! One derive for all forms: a type that is checked against its WIT has typed calls, dynamic values, JSON and WAVE text.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]
#![cfg(feature = "json")]

use std::fmt::Debug;

use plugbay::types::ValType;
use plugbay::{ComponentType, Lift, Lower, ResourceAny, Val, json, wave};

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[wit("demo:echo/values.point", path = "tests/wit/echo.wit")]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[wit("demo:echo/values@0.1.0.colour", path = "tests/wit/echo.wit")]
enum Colour {
    Red,
    Green,
    #[component(name = "dark-blue")]
    Navy,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, ComponentType, Lift, Lower)]
#[component(flags)]
#[wit("values.style", path = "tests/wit/echo.wit")]
struct Style {
    bold: bool,
    under_line: bool,
    struck: bool,
}

#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[wit("values.shape", path = "tests/wit/echo.wit")]
enum Shape {
    Dot(Point),
    Ratio(f64),
    Name(Text),
    Nothing,
}

/// A name of the application's own for a type.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
struct Text(String);

type Long = u64;

#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[wit("values.all", path = "tests/wit/echo.wit")]
struct All {
    a: bool,
    b: u8,
    c: i16,
    d: u32,
    e: i64,
    f: f32,
    g: f64,
    h: char,
    i: String,
    j: Vec<u16>,
    k: Option<Box<str>>,
    l: Result<u8, Text>,
    m: (u8, Long),
    n: Colour,
    o: Style,
    p: Shape,
    q: Vec<Point>,
    r: Vec<String>,
}

fn all() -> All {
    All {
        a: true,
        b: 1,
        c: -2,
        d: 3,
        e: -4,
        f: 5.5,
        g: -6.25,
        h: '7',
        i: "eight".into(),
        j: vec![9, 10],
        k: Some("eleven".into()),
        l: Err(Text("twelve".into())),
        m: (13, 14),
        n: Colour::Navy,
        o: Style { bold: true, under_line: false, struck: true },
        p: Shape::Dot(Point { x: 15, y: -16 }),
        q: vec![Point { x: 0, y: 1 }],
        r: vec!["seventeen".into(), String::new()],
    }
}

const TEXT: &str = "{a: true, b: 1, c: -2, d: 3, e: -4, f: 5.5, g: -6.25, h: '7', i: \"eight\", j: [9, 10], \
                    k: some(\"eleven\"), l: err(\"twelve\"), m: (13, 14), n: dark-blue, o: {bold, struck}, \
                    p: dot({x: 15, y: -16}), q: [{x: 0, y: 1}], r: [\"seventeen\", \"\"]}";

fn there_and_back<T: Lower + Lift + PartialEq + Debug>(value: &T, text: &str, json_text: &str) {
    let val = Val::from_typed(value).unwrap();
    assert_eq!(val.to_typed::<T>().unwrap(), *value);
    assert_eq!(wave::to_string(value).unwrap(), text);
    assert_eq!(wave::from_str::<T>(text).unwrap(), *value);
    assert_eq!(wave::parse(&ValType::of::<T>().unwrap(), text).unwrap(), val);
    let json = json::to_value(value).unwrap();
    assert_eq!(json, serde_json::from_str::<serde_json::Value>(json_text).unwrap());
    assert_eq!(json::from_value::<T>(&json).unwrap(), *value);
}

#[test]
fn every_kind_in_every_form() {
    there_and_back(
        &all(),
        TEXT,
        r#"{"a": true, "b": 1, "c": -2, "d": 3, "e": -4, "f": 5.5, "g": -6.25, "h": "7", "i": "eight", "j": [9, 10],
            "k": "eleven", "l": {"err": "twelve"}, "m": [13, 14], "n": "dark-blue", "o": ["bold", "struck"],
            "p": {"tag": "dot", "value": {"x": 15, "y": -16}}, "q": [{"x": 0, "y": 1}], "r": ["seventeen", ""]}"#,
    );
    there_and_back(&Shape::Nothing, "nothing", r#"{"tag": "nothing"}"#);
    there_and_back(&Style::default(), "{}", "[]");
    there_and_back(&vec![Some(Colour::Red), None], "[some(red), none]", r#"["red", null]"#);
}

/// The types that the derives describe are those of the WIT.
#[test]
fn the_described_type_is_the_one_in_the_wit() {
    assert_eq!(ValType::of::<Point>().unwrap().to_string(), "record { x: s32, y: s32 }");
    assert_eq!(
        ValType::of::<Shape>().unwrap().to_string(),
        "variant { dot(record { x: s32, y: s32 }), ratio(f64), name(string), nothing }"
    );
    assert_eq!(ValType::of::<Style>().unwrap().to_string(), "flags { bold, under-line, struck }");
    let ty = ValType::of::<All>().unwrap();
    All::typecheck(&ty).unwrap();
    assert_eq!(*ty.layout(), All::LAYOUT);
}

#[test]
fn what_does_not_fit_has_a_place() {
    let mut val = Val::from_typed(&all()).unwrap();
    let text = format!("{val}").replace("15", "\"15\"");
    assert!(wave::from_str::<All>(&text).unwrap_err().to_string().contains("expected"), "{text}");
    val = Val::Variant("dot".into(), Some(Box::new(Val::from_typed(&Colour::Red).unwrap())));
    let error = val.to_typed::<Shape>().unwrap_err();
    assert_eq!(error.to_string(), "expected a value of type record { x: s32, y: s32 }, got an enum");
    let error = json::from_value::<Point>(&serde_json::json!({"x": 1})).unwrap_err();
    assert!(error.to_string().contains('y'), "{error}");
}

#[derive(Debug, PartialEq, ComponentType, Lift, Lower)]
struct Holder<T> {
    held: T,
    again: Vec<T>,
}

#[test]
fn generic_types_and_resources() {
    there_and_back(
        &Holder { held: 1u8, again: vec![2] },
        "{held: 1, again: [2]}",
        r#"{"held": 1, "again": [2]}"#,
    );
    let ty = ValType::of::<Holder<ResourceAny>>().unwrap();
    assert_eq!(ty.to_string(), "record { held: own<resource>, again: list<own<resource>> }");
    struct Buffer;
    let error =
        Val::from_typed(&Holder { held: plugbay::Resource::<Buffer>::own(1), again: vec![] }).unwrap_err();
    assert!(error.to_string().contains("use `ResourceAny`"), "{error}");
}
