//! C: what a linker offers and a component asks for do not fit; values that the host gives do not fit; names and options
//! that are not allowed.

use plugbay_component::{Component, Error, ErrorKind, Linker, Resource, Val};

use crate::guests::{ENGINE, alone, call, component, misuse, refusal};

struct Thing;

/// Imports one function of this type.
fn importing(ty: &str) -> Component {
    component(&format!(
        r#"(component (import "test:x/api@1.0.0" (instance
      (type $p' (record (field "x" u32) (field "y" u32))) (export "p" (type $p (eq $p')))
      (type $e' (enum "a" "b")) (export "e" (type $e (eq $e')))
      (type $f' (flags "a" "b")) (export "f" (type $f (eq $f')))
      (type $v' (variant (case "a" u8) (case "b"))) (export "v" (type $v (eq $v')))
      (export "r" (type $r (sub resource)))
      (export "get" (func {ty})))))"#
    ))
}

/// Why it does not link with what `define` offers.
fn unlinkable(ty: &str, define: impl FnOnce(&mut Linker<()>)) -> String {
    let mut linker = Linker::<()>::new();
    linker.instance("test:x/api@1.0.0").resource::<Thing>("r", |_, _| Ok(())).unwrap();
    define(&mut linker);
    let component = importing(ty);
    assert_eq!(linker.missing(&component).len(), 1);
    let error = linker.pre(&component).expect_err("it does not link");
    assert!(matches!(error.kind(), ErrorKind::Link { .. }), "{error:?}");
    assert!(error.to_string().contains("test:x/api@1.0.0#get"), "{error}");
    error.to_string()
}

#[test]
fn c20_functions_of_other_types_do_not_link() {
    type Link = Linker<()>;
    fn offer<P, R>(result: fn() -> Result<R, Error>) -> impl FnOnce(&mut Link)
    where
        P: plugbay_component::marshal::Params + plugbay_component::Lift + 'static,
        R: plugbay_component::Lower + 'static,
    {
        move |linker| {
            linker.instance("test:x/api@1.0.0").func_wrap("get", move |_, _: P| result()).unwrap();
        }
    }
    let nothing = || Ok(());
    assert!(unlinkable("", |_| {}).contains("not defined"));
    assert!(unlinkable("(param \"a\" u32)", offer::<(), ()>(nothing)).contains("0 parameters"), "arity");
    for ty in
        ["u64", "s32", "char", "f32", "bool", "string", "$e", "$f", "(list u32)", "(option u32)", "(own $r)"]
    {
        let why = unlinkable(&format!("(param \"a\" {ty})"), offer::<(u32,), ()>(nothing));
        assert!(why.contains("u32") && why.contains("`a`"), "{ty}: {why}");
    }
    for ty in ["(result u32)", "(result (list u8))", "(result (tuple u8))", "(result (result u8))"] {
        unlinkable(ty, offer::<(), ()>(nothing));
        unlinkable(ty, offer::<(), u64>(|| Ok(1)));
    }
    unlinkable("", offer::<(), u32>(|| Ok(1)));
    unlinkable("(param \"a\" (list u32))", offer::<(Vec<u16>,), ()>(nothing));
    unlinkable("(param \"a\" (tuple u8 u8))", offer::<((u8, u8, u8),), ()>(nothing));
    unlinkable("(param \"a\" (option u8))", offer::<(Option<Option<u8>>,), ()>(nothing));
    unlinkable("(param \"a\" (result u8 (error u8)))", offer::<(Result<u8, ()>,), ()>(nothing));
    unlinkable("(param \"a\" (borrow $r))", offer::<(Resource<Thing>,), ()>(nothing));
}

#[test]
fn c20_components_that_do_not_fit_each_other_are_refused() {
    let with = |import: &str, given: &str| {
        format!(
            r#"(component (component $user (import "f" (func {import})))
      (core module $m (func (export "f") (param i32) (result i32) unreachable)) (core instance $i (instantiate $m))
      (func $f {given} (canon lift (core func $i "f")))
      (instance (instantiate $user (with "f" (func $f)))))"#
        )
    };
    let fits = "(param \"a\" u32) (result u32)";
    component(&with(fits, fits));
    for other in [
        "(param \"b\" u32) (result u32)",
        "(param \"a\" s32) (result u32)",
        "(param \"a\" u32) (result char)",
    ] {
        assert!(!refusal(&with(fits, other)).is_empty());
        assert!(!refusal(&with(other, fits)).is_empty());
    }
    // Resources of two instances of one component are two.
    let error = refusal(
        r#"(component
      (component $maker (type $r' (resource (rep i32))) (export $r "r" (type $r'))
        (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
        (func (export "take") (param "r" (own $r)) (canon lift (core func $i "f"))))
      (component $user (import "r" (type $r (sub resource))) (import "take" (func (param "r" (own $r)))))
      (instance $a (instantiate $maker)) (instance $b (instantiate $maker))
      (instance (instantiate $user (with "r" (type $a "r")) (with "take" (func $b "take")))))"#,
    );
    assert!(error.contains("resource"), "{error}");
}

#[test]
fn c21_values_of_the_wrong_type_are_refused_with_their_place() {
    let mut instance = alone(
        r#"(component
      (type $p' (record (field "x" u32) (field "y" string))) (export $p "p" (type $p'))
      (type $v' (variant (case "none") (case "some" u8))) (export $v "v" (type $v'))
      (type $e' (enum "red")) (export $e "e" (type $e')) (type $f' (flags "on")) (export $f "f" (type $f'))
      (core module $m (memory (export "memory") 1) (func (export "f") (param i32))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
      (core instance $i (instantiate $m))
      (func (export "take") (param "l" (list (tuple $p $v $e $f (option u8) (result u8)))) (param "n" u64)
          (param "pad" (tuple u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64))
        (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#,
    );
    let point =
        |fields: Vec<(&str, Val)>| Val::Record(fields.into_iter().map(|(n, v)| (n.to_owned(), v)).collect());
    let fine = || {
        vec![
            point(vec![("x", 1u32.into()), ("y", "a".into())]),
            Val::Variant("some".into(), Some(Box::new(1u8.into()))),
            Val::Enum("red".into()),
            Val::Flags(vec!["on".into()]),
            Val::Option(None),
            Val::Result(Ok(Some(Box::new(1u8.into())))),
        ]
    };
    let args = |row: Vec<Val>| {
        vec![Val::List(vec![Val::Tuple(row)]), Val::U64(1), Val::Tuple(vec![Val::U64(0); 14])]
    };
    call(&mut instance, "take", &args(fine())).unwrap();
    let wrong = [
        (0, point(vec![("x", 1u32.into())])),
        (0, point(vec![("x", 1u32.into()), ("z", "a".into())])),
        (0, point(vec![("x", 1u32.into()), ("y", "a".into()), ("z", "a".into())])),
        (0, point(vec![("x", 1u32.into()), ("x", 1u32.into())])),
        (0, point(vec![("x", 1u64.into()), ("y", "a".into())])),
        (0, Val::Tuple(vec![1u32.into(), "a".into()])),
        (1, Val::Variant("none".into(), Some(Box::new(1u8.into())))),
        (1, Val::Variant("some".into(), None)),
        (1, Val::Variant("more".into(), None)),
        (2, Val::Enum("blue".into())),
        (2, Val::String("red".into())),
        (3, Val::Flags(vec!["off".into()])),
        (4, Val::Option(Some(Box::new(Val::Option(None))))),
        (4, Val::U8(1)),
        (5, Val::Result(Ok(None))),
        (5, Val::Result(Err(Some(Box::new(1u8.into()))))),
    ];
    for (place, value) in wrong {
        let mut row = fine();
        row[place] = value.clone();
        let result = call(&mut instance, "take", &args(row));
        let error = result.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Value { .. } | ErrorKind::Misuse(_)),
            "{value:?}: {error:?}"
        );
        assert!(!error.to_string().is_empty() && !instance.is_poisoned(), "{value:?}");
    }
    for args in [vec![], vec![Val::U64(1)], [args(fine()), vec![Val::U8(1)]].concat()] {
        let result = call(&mut instance, "take", &args);
        misuse(&instance, result);
    }
    call(&mut instance, "take", &args(fine())).unwrap();
}

#[test]
fn c22_names_that_are_alike_or_none() {
    for (first, second) in [("a-b", "A-B"), ("a-b", "a-b"), ("a", "[constructor]a"), ("a1", "A1")] {
        let text = format!(r#"(component (import "{first}" (func)) (import "{second}" (func)))"#);
        assert!(!refusal(&text).is_empty(), "{first} {second}");
        let text = format!(
            r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
          (func $f (canon lift (core func $i "f"))) (export "{first}" (func $f)) (export "{second}" (func $f)))"#
        );
        assert!(!refusal(&text).is_empty(), "{first} {second}");
    }
    for name in [
        "",
        "a_b",
        "a--b",
        "-a",
        "a-",
        "1a",
        "ä",
        "a b",
        "a\u{200b}",
        "aB",
        "a:b",
        "a:b/c@",
        "a:b/c@1",
        "[method]a",
    ] {
        let text = format!(r#"(component (import "{name}" (func)))"#);
        assert!(!refusal(&text).is_empty(), "{name}");
    }
    for labels in ["\"a\" \"a\"", "\"a\" \"A\"", ""] {
        for kind in ["enum", "flags"] {
            let text = format!("(component (type ({kind} {labels})))");
            assert!(!refusal(&text).is_empty(), "{text}");
        }
    }
    assert!(refusal(r#"(component (type (record (field "a-b" u8) (field "A-B" u8))))"#).contains("conflict"));
}

#[test]
fn c23_memories_and_options_that_the_canonical_abi_does_not_know() {
    let with = |memory: &str, options: &str| {
        format!(
            r#"(component (core module $m (memory (export "m") {memory}) (memory (export "n") 1) (table (export "t") 1 funcref)
        (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "f") (param i32 i32)))
      (core instance $i (instantiate $m))
      (func (export "f") (param "s" string) (canon lift (core func $i "f") {options})))"#
        )
    };
    let (memory, realloc) = (r#"(memory (core memory $i "m"))"#, r#"(realloc (core func $i "r"))"#);
    component(&with("1", &format!("{memory} {realloc}")));
    // The second of two memories is as good as the first.
    component(&with("1", &format!(r#"(memory (core memory $i "n")) {realloc}"#)));
    for (memory_type, options) in [
        ("i64 1", format!("{memory} {realloc}")),
        ("1 1 shared", format!("{memory} {realloc}")),
        ("1", memory.to_owned()),
        ("1", realloc.to_owned()),
        ("1", String::new()),
        ("1", format!("{memory} {memory} {realloc}")),
        ("1", format!("{memory} {realloc} {realloc}")),
        ("1", format!("{memory} {realloc} string-encoding=utf8 string-encoding=utf16")),
        ("1", format!("{memory} {realloc} async")),
        ("1", format!("{memory} {realloc} gc")),
    ] {
        let text = with(memory_type, &options);
        let refused = match wat::parse_str(&text) {
            Ok(bytes) => Component::new(&ENGINE, &bytes).is_err(),
            Err(_) => true,
        };
        assert!(refused, "{memory_type} {options}");
    }
}
