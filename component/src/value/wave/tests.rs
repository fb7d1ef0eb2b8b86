//! What WAVE reads, writes and refuses.

use super::*;
use crate::types::{
    EnumType, FlagsType, ListType, OptionType, RecordType, ResultType, TupleType, VariantType,
};

fn option(ty: ValType) -> ValType {
    ValType::Option(OptionType::new(ty).unwrap())
}

fn result(ok: Option<ValType>, err: Option<ValType>) -> ValType {
    ValType::Result(ResultType::new(ok, err).unwrap())
}

fn labels(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

fn record(fields: &[(&str, ValType)]) -> ValType {
    ValType::Record(RecordType::new(fields.iter().map(|(n, t)| (Arc::from(*n), t.clone()))).unwrap())
}

fn some(value: Val) -> Val {
    Val::Option(Some(Box::new(value)))
}

/// Reads `text`, expects `canonical` to be written, and that to read as the same value.
fn round(ty: &ValType, text: &str, canonical: &str) -> Val {
    let value = parse(ty, text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(print(&value), canonical);
    let again = parse(ty, canonical).unwrap();
    assert_eq!(print(&again), canonical);
    value
}

fn error(ty: &ValType, text: &str) -> String {
    match parse(ty, text) {
        Ok(value) => panic!("{text} was read as {value}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn scalars() {
    assert_eq!(round(&ValType::Bool, " true ", "true"), Val::Bool(true));
    assert_eq!(round(&ValType::S8, "-128", "-128"), Val::S8(-128));
    assert_eq!(round(&ValType::U64, "18446744073709551615", "18446744073709551615"), Val::U64(u64::MAX));
    assert_eq!(round(&ValType::F64, "6.022e+23", "6.022e23"), Val::F64(6.022e23));
    assert_eq!(round(&ValType::F32, "1", "1"), Val::F32(1.0));
    assert_eq!(round(&ValType::F64, "-0.0", "-0").to_string(), "-0");
    round(&ValType::F32, "nan", "nan");
    round(&ValType::F64, "-inf", "-inf");
    round(&ValType::F64, "inf", "inf");
}

#[test]
fn numbers_outside_their_type_are_refused() {
    assert!(error(&ValType::U8, "256").contains("`256` is not a number of type u8"));
    assert!(error(&ValType::U8, "-1").contains("byte 0"));
    assert!(error(&ValType::S32, "1.5").contains("1.5"));
    assert!(error(&ValType::U8, "+1").contains("found `+`"));
    assert!(error(&ValType::F64, "1.").contains("not a number"));
    assert!(error(&ValType::F64, "007").contains("not a number"));
    assert!(error(&ValType::U8, "").contains("the end of the text"));
    assert!(error(&ValType::U8, "1 2").contains("byte 2"));
}

#[test]
fn characters_and_strings() {
    assert_eq!(round(&ValType::Char, "'☃'", "'☃'"), Val::Char('☃'));
    assert_eq!(round(&ValType::Char, r"'\''", r"'\''"), Val::Char('\''));
    assert_eq!(round(&ValType::Char, r"'\u{0}'", r"'\u{0}'"), Val::Char('\0'));
    let text = round(&ValType::String, r#""a\t\"\\\u{1F600}'""#, "\"a\\t\\\"\\\\😀'\"");
    assert_eq!(text, Val::String("a\t\"\\😀'".into()));
    for bad in ["''", "'ab'", r"'\u{d800}'", r"'\u{}'", r"'\x'", "'", "x"] {
        error(&ValType::Char, bad);
    }
    for bad in ["\"", "\"a\nb\"", "abc", r#""\u{110000}""#] {
        error(&ValType::String, bad);
    }
}

#[test]
fn multiline_strings_lose_the_indentation_of_their_end() {
    let text = "\"\"\"\n    Indentation determined\n      by ending delimiter\n  \"\"\"";
    assert_eq!(
        parse(&ValType::String, text).unwrap(),
        Val::String("  Indentation determined\n    by ending delimiter".into())
    );
    let text = "\"\"\"\r\nline \\r\r\nquotes: \"\"\\\"\"\n\"\"\"";
    assert_eq!(parse(&ValType::String, text).unwrap(), Val::String("line \r\nquotes: \"\"\"\"".into()));
    assert!(error(&ValType::String, "\"\"\"\n a\n  \"\"\"").contains("indented less"));
    assert!(error(&ValType::String, "\"\"\"a\n\"\"\"").contains("line break"));
    assert!(error(&ValType::String, "\"\"\"\na").contains("does not end"));
}

#[test]
fn lists_and_tuples_may_end_with_a_comma() {
    let list = ValType::List(ListType::new(ValType::U8));
    assert_eq!(round(&list, "[1, 2,]", "[1, 2]"), Val::List(vec![Val::U8(1), Val::U8(2)]));
    round(&list, "[] // nothing", "[]");
    let pair = ValType::Tuple(TupleType::new([ValType::String, ValType::U8]).unwrap());
    round(&pair, "(\"a\",1 , )", "(\"a\", 1)");
    assert!(error(&pair, "(\"a\")").contains("has 1 elements"));
    assert!(error(&pair, "(\"a\", 1, 2)").contains("more elements"));
    assert!(error(&list, "[1 2]").contains("expected `]`"));
    assert!(error(&list, "[,]").contains("a number"));
}

#[test]
fn records_take_fields_in_any_order_and_leave_out_options() {
    let ty = record(&[("must-have", ValType::U8), ("optional", option(ValType::U8))]);
    round(&ty, "{optional: 7, must-have: 1}", "{must-have: 1, optional: some(7)}");
    round(&ty, "{%must-have: 1,}", "{must-have: 1, optional: none}");
    assert!(error(&ty, "{optional: none}").contains("lacks the field `must-have`"));
    assert!(error(&ty, "{must-have: 1, must-have: 2}").contains("already there"));
    assert!(error(&ty, "{other: 1}").contains("among `must-have`, `optional`"));
    assert!(error(&ty, "{must-have: x}").starts_with("field `must-have`"));
    let optional = record(&[("optional", option(ValType::U8))]);
    round(&optional, "{ : }", "{optional: none}");
    assert!(error(&optional, "{}").contains("{:}"));
}

#[test]
fn cases_that_spell_keywords_need_a_percent_sign() {
    let cases = [("empty", None), ("body", Some(ValType::U8)), ("err", Some(ValType::String))];
    let ty = ValType::Variant(VariantType::new(cases.map(|(n, t)| (n.into(), t))).unwrap());
    assert_eq!(round(&ty, "empty", "empty"), Val::Variant("empty".into(), None));
    round(&ty, "body ( 1 )", "body(1)");
    round(&ty, "%err(\"oops\")", "%err(\"oops\")");
    assert!(error(&ty, "err(\"oops\")").contains("`%err`"));
    assert!(error(&ty, "body").contains("expected `(`"));
    assert!(error(&ty, "other").contains("among `empty`, `body`, `err`"));
    let status = ValType::Enum(EnumType::new(labels(&["ok", "not-found"])).unwrap());
    assert_eq!(round(&status, "%ok", "%ok"), Val::Enum("ok".into()));
    round(&status, "not-found", "not-found");
}

#[test]
fn options_and_results_may_be_flat_when_that_is_unambiguous() {
    assert_eq!(round(&option(ValType::U8), "3", "some(3)"), some(Val::U8(3)));
    assert_eq!(round(&option(ValType::U8), "none", "none"), Val::Option(None));
    let nested = option(option(ValType::U8));
    assert_eq!(round(&nested, "some(3)", "some(some(3))"), some(some(Val::U8(3))));
    assert!(error(&nested, "3").contains("some(…)"));
    let ty = result(Some(ValType::U8), Some(ValType::String));
    round(&ty, "3", "ok(3)");
    round(&ty, "err(\"oops\")", "err(\"oops\")");
    let bare = result(None, None);
    assert_eq!(round(&bare, "ok", "ok"), Val::Result(Ok(None)));
    assert_eq!(round(&bare, "err", "err"), Val::Result(Err(None)));
    error(&bare, "ok(1)");
}

#[test]
fn flags_take_any_order_and_no_repetition() {
    let ty = ValType::Flags(FlagsType::new(labels(&["read", "write", "some"])).unwrap());
    round(&ty, "{write, read,}", "{read, write}");
    round(&ty, "{some, %read}", "{read, some}");
    assert_eq!(round(&ty, "{}", "{}"), Val::Flags(vec![]));
    assert!(error(&ty, "{read, read}").contains("already there"));
    assert!(error(&ty, "{exec}").contains("a flag among"));
}

#[test]
fn calls_split_into_a_name_and_arguments() {
    assert_eq!(parse_call("greet(\"w(o)rld\") ").unwrap(), ("greet", "\"w(o)rld\""));
    let path = "demo:editor/tokenizer@0.1.0#tokenize";
    assert_eq!(parse_call(&format!("{path}()")).unwrap(), (path, ""));
    for bad in ["greet", "(1)", "greet(1"] {
        parse_call(bad).unwrap_err();
    }
    let params = [(Arc::from("a"), ValType::U8), (Arc::from("b"), option(ValType::U8))];
    assert_eq!(parse_args(&params, "1").unwrap(), [Val::U8(1), Val::Option(None)]);
    assert_eq!(parse_args(&params, "1, 2,").unwrap(), [Val::U8(1), some(Val::U8(2))]);
    assert!(parse_args(&params, "").unwrap_err().to_string().contains("the argument `a`: u8"));
    assert!(parse_args(&params, "1, 2, 3").unwrap_err().to_string().contains("takes 2 arguments"));
    assert!(parse_args(&params, "300").unwrap_err().to_string().starts_with("argument `a`"));
}

#[test]
fn types_nested_without_end_are_refused() {
    let mut ty = ValType::Bool;
    for _ in 0..300 {
        ty = ValType::List(ListType::new(ty));
    }
    assert!(error(&ty, &"[".repeat(300)).contains("nesting"));
}

#[test]
fn no_text_makes_the_reader_panic() {
    let ty = record(&[
        ("a", ValType::String),
        ("b", option(ValType::Char)),
        ("c", ValType::List(ListType::new(ValType::F64))),
    ]);
    let text = "{a: \"\"\"\n  x\\u{41}\n  \"\"\", b: 'é', c: [1e5, -inf, nan,], } // done";
    parse(&ty, text).unwrap();
    for at in text.char_indices().map(|(at, _)| at) {
        let _ = parse(&ty, &text[..at]);
        for mark in ["\"", "'", "\\", "%", "{", "}", "é", "\"\"\"", "-", "\r"] {
            let _ = parse(&ty, &format!("{}{mark}{}", &text[..at], &text[at..]));
        }
    }
}
