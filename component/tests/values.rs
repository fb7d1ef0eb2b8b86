//! Values of every type through a real guest that gives back what it gets: typed and dynamic, in the three encodings, in
//! registers and through memory.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::{alone, component, instantiate};
use plugbay_component::{ErrorKind, Instance, Limits, Linker, Val, wave};
use plugbay_engine::StoreLimits;

const ENCODINGS: [&str; 3] = ["utf8", "utf16", "latin1+utf16"];

/// Types that need a name before a function may mention them.
const NAMED: &str = r#"
  (type $point' (record (field "x" s32) (field "label" string) (field "near" (option f64))))
  (export $point "point" (type $point'))
  (type $shape' (variant (case "dot") (case "circle" f64) (case "path" (list $point)) (case "err" u8)))
  (export $shape "shape" (type $shape'))
  (type $color' (enum "red" "green" "ok"))
  (export $color "color" (type $color'))
  (type $perms' (flags "f0" "f1" "f2" "f3" "f4" "f5" "f6" "f7" "read" "write"))
  (export $perms "perms" (type $perms'))
  (type $big' (record (field "a" u8) (field "b" u64) (field "c" u16) (field "d" char) (field "e" bool)))
  (export $big "big" (type $big'))"#;

/// A component whose function `echo` takes and gives `ty`, by the core function `core`.
fn echo(ty: &str, core: &str, encoding: &str) -> String {
    format!(
        r#"(component {NAMED}
  (core module $m
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (loop $grow
        (if (i32.gt_u (global.get $top) (i32.mul (memory.size) (i32.const 65536)))
          (then (drop (memory.grow (i32.const 1))) (br $grow))))
      (local.get $at))
    (func (export "pair") (param i32 i32) (result i32)
      (i32.store (i32.const 8) (local.get 0))
      (i32.store (i32.const 12) (local.get 1))
      (i32.const 8))
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (local.get 0))
    (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "f64") (param f64) (result f64) (local.get 0))
    (func (export "option-f64") (param i32 f64) (result i32)
      (i32.store8 (i32.const 8) (local.get 0))
      (f64.store (i32.const 16) (local.get 1))
      (i32.const 8))
    (func (export "joined") (param i32 i64) (result i32)
      (i32.store8 (i32.const 8) (local.get 0))
      (i64.store (i32.const 16) (local.get 1))
      (i32.const 8)))
  (core instance $i (instantiate $m))
  (func (export "echo") (param "value" {ty}) (result {ty})
    (canon lift (core func $i "{core}") string-encoding={encoding}
      (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"#
    )
}

fn call(instance: &mut Instance<()>, text: &str) -> String {
    let func = instance.func("echo").unwrap();
    let ty = instance.func_type(func).unwrap();
    let args = wave::parse_args(ty.params(), text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let result = instance.call(func, &args).unwrap_or_else(|error| panic!("{text}: {error}"));
    wave::print(&result.unwrap())
}

#[test]
fn values_in_memory() {
    let cases = [
        ("string", "\"\""),
        ("string", "\"plain, grün, ☃, 🍰\""),
        ("(list bool)", "[true, false]"),
        ("(list u8)", "[0, 255]"),
        ("(list s8)", "[-128, 127]"),
        ("(list s16)", "[-32768, 1]"),
        ("(list u32)", "[4294967295]"),
        ("(list s64)", "[-9223372036854775808]"),
        ("(list f32)", "[1.5, nan, -inf, -0]"),
        ("(list char)", "['a', '☃', '\\u{0}']"),
        ("(list string)", "[\"\", \"a\", \"ü\", \"☃\"]"),
        ("(list (list u16))", "[[], [1, 2], [65535]]"),
        ("(list (option (option u8)))", "[none, some(none), some(some(7))]"),
        ("(list (result u8 (error string)))", "[ok(1), err(\"no\")]"),
        ("(list (result))", "[ok, err]"),
        ("(list (tuple u8 u64 u8))", "[(1, 2, 3), (4, 5, 6)]"),
        ("(list $point)", "[{x: -1, label: \"a\", near: some(0.5)}, {x: 2, label: \"\", near: none}]"),
        ("(list $shape)", "[dot, circle(2.5), path([{x: 1, label: \"☃\", near: none}]), %err(255)]"),
        ("(list $color)", "[red, %ok, green]"),
        ("(list $perms)", "[{}, {f0, f7, write}, {read}]"),
        ("(list $big)", "[{a: 1, b: 18446744073709551615, c: 2, d: 'x', e: true}]"),
    ];
    for encoding in ENCODINGS {
        for (ty, text) in cases {
            let mut instance = alone(&echo(ty, "pair", encoding));
            assert_eq!(call(&mut instance, text), text, "{ty} in {encoding}");
        }
    }
}

#[test]
fn values_in_registers() {
    let cases = [
        ("bool", "i32", "true"),
        ("u8", "i32", "255"),
        ("s8", "i32", "-1"),
        ("s16", "i32", "-300"),
        ("u32", "i32", "4294967295"),
        ("s64", "i64", "-2"),
        ("u64", "i64", "18446744073709551615"),
        ("f32", "f32", "-0.5"),
        ("f64", "f64", "nan"),
        ("char", "i32", "'🍰'"),
        ("$color", "i32", "%ok"),
        ("$perms", "i32", "{f1, write}"),
        ("(result)", "i32", "err"),
        ("(tuple u64)", "i64", "(7)"),
        ("(option f64)", "option-f64", "some(2.25)"),
        ("(option f64)", "option-f64", "none"),
        ("(result f64 (error u64))", "joined", "ok(-1.5)"),
        ("(result f64 (error u64))", "joined", "err(18446744073709551615)"),
    ];
    for (ty, core, text) in cases {
        assert_eq!(call(&mut alone(&echo(ty, core, "utf8")), text), text, "{ty}");
    }
}

#[test]
fn typed_values() {
    let echoed = |ty: &str, core: &str| {
        let instance = alone(&echo(ty, core, "utf16"));
        let func = instance.func("echo").unwrap();
        (instance, func)
    };

    let (mut instance, func) = echoed("string", "pair");
    let typed = func.typed::<(&str,), String>(&instance).unwrap();
    assert_eq!(typed.call(&mut instance, ("grün ☃",)).unwrap(), "grün ☃");

    let (mut instance, func) = echoed("(list (tuple u8 string (option u64)))", "pair");
    type Row = (u8, String, Option<u64>);
    let typed = func.typed::<(Vec<Row>,), Vec<Row>>(&instance).unwrap();
    let rows = vec![(1, "a".to_owned(), None), (2, "ü".repeat(100_000), Some(u64::MAX))];
    assert_eq!(typed.call(&mut instance, (rows.clone(),)).unwrap(), rows);

    let (mut instance, func) = echoed("(list (tuple u8 f32 (option u64)))", "pair");
    type Plain = (u8, f32, Option<u64>);
    let typed = func.typed::<(&[Plain],), Vec<Plain>>(&instance).unwrap();
    let rows: Vec<Plain> = (0..20_000).map(|i| (i as u8, i as f32, (i % 3 == 0).then_some(i))).collect();
    assert_eq!(typed.call(&mut instance, (&rows,)).unwrap(), rows);

    let (mut instance, func) = echoed("(result f64 (error u64))", "joined");
    let typed = func.typed::<(Result<f64, u64>,), Result<f64, u64>>(&instance).unwrap();
    assert_eq!(typed.call(&mut instance, (Ok(0.1),)).unwrap(), Ok(0.1));
    assert_eq!(typed.call(&mut instance, (Err(3),)).unwrap(), Err(3));

    let error = func.typed::<(Result<f64, u32>,), Result<f64, u64>>(&instance).unwrap_err().to_string();
    assert!(error.contains("parameter `value`: the value of `err`: the Rust type is u32"), "{error}");
}

#[test]
fn parameters_that_do_not_fit_in_registers() {
    let tuple = format!("(tuple{})", " u32".repeat(17));
    let mut instance = alone(&echo(&tuple, "i32", "utf8"));
    let text = format!("({})", (0..17).map(|i| i.to_string()).collect::<Vec<_>>().join(", "));
    assert_eq!(call(&mut instance, &text), text);

    let mut instance = alone(&echo(&format!("(tuple{})", " string".repeat(9)), "i32", "utf8"));
    type Nine<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a str, &'a str, &'a str, &'a str);
    type NineStrings = (String, String, String, String, String, String, String, String, String);
    let typed = instance.func("echo").unwrap().typed::<(Nine<'_>,), NineStrings>(&instance).unwrap();
    let nine = typed.call(&mut instance, (("a", "b", "c", "d", "e", "f", "g", "h", "i"),)).unwrap();
    assert_eq!((nine.0.as_str(), nine.8.as_str()), ("a", "i"));
}

#[test]
fn a_value_that_does_not_fit_is_refused_and_the_instance_lives_on() {
    let mut instance = alone(&echo("$color", "i32", "utf8"));
    let func = instance.func("echo").unwrap();
    let error = instance.call(func, &[Val::Enum("blue".into())]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Value { .. }), "{error}");
    assert!(error.to_string().contains("`red`, `green`, `ok`"), "{error}");
    assert!(instance.call(func, &[]).is_err());
    assert_eq!(call(&mut instance, "red"), "red");
}

#[test]
fn a_guest_that_gives_more_than_the_host_will_keep_is_stopped() {
    let component = component(&echo("(list u8)", "pair", "utf8"));
    let limits = Limits { value_bytes: 1000, ..Limits::default() };
    let pre = Linker::<()>::new().pre(&component).unwrap();
    let mut instance = pre.instantiate((), StoreLimits::default(), limits).unwrap();
    let typed = instance.func("echo").unwrap().typed::<(&[u8],), Vec<u8>>(&instance).unwrap();
    assert_eq!(typed.call(&mut instance, (&[1; 1000],)).unwrap(), [1; 1000]);
    let error = typed.call(&mut instance, (&[1; 1001],)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { asked: 1001, limit: 1000, .. }), "{error}");
    let _ = instantiate(&Linker::new(), &component, ());
}
