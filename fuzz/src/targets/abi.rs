//! The canonical ABI on made-up types: a value goes into a guest, through its memory, and comes back the same, in each
//! encoding of strings; and any bytes as a guest's result are a value or a trap.

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use plugbay_component::{Component, ErrorKind, Instance, Limits, Linker, Val, wave};
use plugbay_engine::{Config, Engine, StoreLimits};

use crate::Outcome;
use crate::made_up::{Ty, value};
use crate::random::Numbers;

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(&Config::default().with_parallel_compilation(false)).expect("an engine"));

/// Feeds one input.
pub fn run(bytes: &[u8]) -> Outcome {
    attempt(&mut Unstructured::new(bytes), &mut Numbers::of(bytes)).unwrap_or(Outcome::Refused)
}

fn attempt(input: &mut Unstructured<'_>, numbers: &mut Numbers) -> Result<Outcome> {
    let ty = Ty::any(input, 3, false)?;
    let encoding = *input.choose(&["utf8", "utf16", "latin1+utf16"])?;
    let text = component(&ty, encoding, numbers);
    let bytes = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let component = Component::new(&ENGINE, &bytes).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let pre = Linker::<()>::new().pre(&component).expect("it imports nothing");
    let instantiate =
        || pre.instantiate((), StoreLimits::default(), Limits::default()).unwrap_or_else(|e| panic!("{e}"));
    let mut instance = instantiate();
    let mut looked_at = 0;
    let echo = instance.func("echo").and_then(|func| instance.func_type(func).ok()).expect("an export");
    let wrapped = echo.result().expect("a result").clone();
    for _ in 0..3 {
        let given = value(&wrapped, input, &mut |_, _| None)?;
        let back = call(&mut instance, "echo", std::slice::from_ref(&given)).expect("an echo");
        assert_eq!(wave::print(&back), wave::print(&given), "{encoding}\n{text}");
        looked_at += 1;
    }
    if let [core] = ty.flat()[..] {
        let flat = instance.func("flat").and_then(|func| instance.func_type(func).ok()).expect("an export");
        let given = value(flat.result().expect("a result"), input, &mut |_, _| None)?;
        let back = call(&mut instance, "flat", std::slice::from_ref(&given)).expect("an echo");
        assert_eq!(wave::print(&back), wave::print(&given), "{core}\n{text}");
        looked_at += 1;
    }
    match call(&mut instance, "made-up", &[]) {
        Ok(value) => assert!(!wave::print(&value).is_empty()),
        Err(ErrorKind::Abi(_) | ErrorKind::Limit { .. }) => {}
        Err(other) => panic!("neither a value nor a trap of the ABI: {other}\n{text}"),
    }
    Ok(Outcome::Ran(looked_at + 1))
}

fn call(instance: &mut Instance<()>, name: &str, args: &[Val]) -> std::result::Result<Val, ErrorKind> {
    let func = instance.func(name).expect("an export that is there");
    let result = instance.call(func, args).map_err(|error| error.into_kind())?;
    Ok(result.expect("a result"))
}

/// A component whose functions return what they are given, or what lies in a memory of made-up words.
fn component(ty: &Ty, encoding: &str, numbers: &mut Numbers) -> String {
    let mut named = Vec::new();
    let element = ty.text(&mut named);
    let named = named
        .iter()
        .enumerate()
        .map(|(n, definition)| format!("(type $d{n} {definition}) (export $t{n} \"t{n}\" (type $d{n}))\n  "));
    let named: String = named.collect();
    let wrapped = format!("(tuple {element}{})", " u64".repeat(16));
    let word = |numbers: &mut Numbers| match numbers.below(4) {
        0 => numbers.integer() as u32,
        1 => numbers.below(65_536) as u32,
        _ => numbers.below(5) as u32,
    };
    let data: String =
        (0..96).flat_map(|_| word(numbers).to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect();
    let core = match ty.flat()[..] {
        [core] => core,
        _ => "i32",
    };
    let options = format!(
        "(memory (core memory $i \"mem\")) (realloc (core func $i \"realloc\")) string-encoding={encoding}"
    );
    let flat = match ty.flat()[..] {
        [_] => format!(
            "(func (export \"flat\") (param \"x\" {element}) (result {element}) (canon lift (core func $i \"flat\") {options}))"
        ),
        _ => String::new(),
    };
    format!(
        r#"(component
  (core module $m
    (memory (export "mem") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param $old i32) (param $had i32) (param $align i32) (param $want i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $top (i32.add (local.get $at) (local.get $want)))
      (if (i32.gt_u (global.get $top) (i32.mul (memory.size) (i32.const 65536)))
        (then (drop (memory.grow (i32.add (i32.shr_u (local.get $want) (i32.const 16)) (i32.const 1))))))
      (memory.copy (local.get $at) (local.get $old)
        (select (local.get $had) (local.get $want) (i32.lt_u (local.get $had) (local.get $want))))
      (local.get $at))
    (func (export "echo") (param i32) (result i32) (local.get 0))
    (func (export "flat") (param {core}) (result {core}) (local.get 0))
    (func (export "made-up") (result i32) (i32.const 256))
    (data (i32.const 256) "{data}"))
  (core instance $i (instantiate $m))
  {}
  (func (export "echo") (param "x" {wrapped}) (result {wrapped}) (canon lift (core func $i "echo") {options}))
  {flat}
  (func (export "made-up") (result {wrapped}) (canon lift (core func $i "made-up") {options})))"#,
        named,
    )
}
