//! What lists C and F share: components from text, live instances, and the errors that calls end with.

use std::sync::LazyLock;

use plugbay_component::{AbiTrap, Component, Error, ErrorKind, Instance, Limits, Linker, Val};
use plugbay_engine::{Config, Engine, StoreLimits};

/// One engine for all that is not about engines.
pub(crate) static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(&Config::new().with_ir_verifier(false)).unwrap());

/// A memory of one page, `$libc`, whose `realloc` moves up and keeps what there was.
pub(crate) const LIBC: &str = r#"(core module $Libc
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (memory.copy (local.get $at) (local.get 0)
        (select (local.get 1) (local.get 3) (i32.lt_u (local.get 1) (local.get 3))))
      (local.get $at)))
  (core instance $libc (instantiate $Libc))"#;

/// The options that go with [`LIBC`].
pub(crate) const OPTIONS: &str =
    r#"(memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))"#;

pub(crate) fn component(text: &str) -> Component {
    let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    Component::new(&ENGINE, &bytes).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Why a component is refused.
pub(crate) fn refusal(text: &str) -> String {
    let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    Component::check(&bytes).expect_err("refused").to_string()
}

/// An instance of a component that imports nothing.
pub(crate) fn alone(text: &str) -> Instance<()> {
    limited(text, Limits::default())
}

/// The same with limits.
pub(crate) fn limited(text: &str, limits: Limits) -> Instance<()> {
    let pre = Linker::new().pre(&component(text)).unwrap();
    pre.instantiate((), StoreLimits::default(), limits).unwrap()
}

/// An instance on a linker.
pub(crate) fn linked<T: 'static>(linker: &Linker<T>, text: &str, data: T) -> Instance<T> {
    let pre = linker.pre(&component(text)).unwrap_or_else(|error| panic!("{error}"));
    pre.instantiate(data, StoreLimits::default(), Limits::default()).unwrap_or_else(|e| panic!("{e}"))
}

/// Calls an export with dynamic values.
pub(crate) fn call<T: 'static>(
    instance: &mut Instance<T>,
    name: &str,
    args: &[Val],
) -> Result<Option<Val>, Error> {
    let func = instance.func(name).unwrap_or_else(|| panic!("no export {name}"));
    instance.call(func, args)
}

/// Calls an export with numbers.
pub(crate) fn call_u32<T: 'static>(
    instance: &mut Instance<T>,
    name: &str,
    args: &[u32],
) -> Result<Option<Val>, Error> {
    let args: Vec<Val> = args.iter().copied().map(Val::U32).collect();
    call(instance, name, &args)
}

/// How the guest broke the canonical ABI.
pub(crate) fn trap<R: std::fmt::Debug>(result: Result<R, Error>) -> AbiTrap {
    let error = result.expect_err("a trap");
    match error.kind() {
        ErrorKind::Abi(trap) => *trap,
        _ => panic!("{error:?}"),
    }
}

/// The limit that was reached: its knob, and that more was asked than it allows.
pub(crate) fn limit<R: std::fmt::Debug>(result: Result<R, Error>) -> (&'static str, u64) {
    let error = result.expect_err("a limit");
    match error.kind() {
        ErrorKind::Limit { knob, asked, limit } => {
            assert!(asked > limit, "{error}");
            (knob, *limit)
        }
        _ => panic!("{error:?}"),
    }
}

/// That the embedder is told that it erred, and the instance lives on.
pub(crate) fn misuse<T: 'static, R: std::fmt::Debug>(instance: &Instance<T>, result: Result<R, Error>) {
    let error = result.expect_err("misuse");
    assert!(matches!(error.kind(), ErrorKind::Misuse(_) | ErrorKind::Value { .. }), "{error:?}");
    assert!(!instance.is_poisoned(), "{error}");
}
