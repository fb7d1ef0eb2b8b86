//! Decoding and planning without an engine: shapes that toolchains emit, expansion limits, damaged input.

use super::{MAX_STEPS, Plan, Step, build};
use crate::decode::decode;
use crate::error::{ErrorKind, Result};

fn plan(bytes: &[u8]) -> Result<Plan> {
    build(&decode(bytes, &plugbay_engine::ModuleLimits::default())?)
}

fn plan_wat(text: &str) -> Result<Plan> {
    plan(&wat::parse_str(text).unwrap())
}

/// main, adapter, shim and fixup, joined by a shared table, as `wasm-tools component new` arranges them.
const ADAPTED: &str = r#"(component
  (import "test:host/log@0.2.0" (instance $log (export "write" (func (param "text" string)))))
  (core module $main
    (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "run")))
  (core module $adapter
    (import "env" "memory" (memory 0))
    (import "test:host/log@0.2.0" "write" (func (param i32 i32)))
    (func (export "fd_write") (param i32 i32)))
  (core module $shim
    (type (func (param i32 i32)))
    (table (export "$imports") 2 2 funcref)
    (func (export "0") (param i32 i32) local.get 0 local.get 1 i32.const 0 call_indirect (type 0))
    (func (export "1") (param i32 i32) local.get 0 local.get 1 i32.const 1 call_indirect (type 0)))
  (core module $fixup
    (import "" "$imports" (table 2 2 funcref))
    (import "" "0" (func (param i32 i32)))
    (import "" "1" (func (param i32 i32)))
    (elem (i32.const 0) func 0 1))
  (core instance $shims (instantiate $shim))
  (core instance $p1 (export "fd_write" (func $shims "0")))
  (core instance $mains (instantiate $main (with "wasi_snapshot_preview1" (instance $p1))))
  (core instance $env (export "memory" (memory $mains "memory")))
  (core instance $logs (export "write" (func $shims "1")))
  (core instance $adapters (instantiate $adapter (with "env" (instance $env)) (with "test:host/log@0.2.0" (instance $logs))))
  (core func $write (canon lower (func $log "write") (memory (core memory $mains "memory"))))
  (core instance (instantiate $fixup (with "" (instance
    (export "$imports" (table $shims "$imports"))
    (export "0" (func $adapters "fd_write"))
    (export "1" (func $write))))))
  (func (export "run") (canon lift (core func $mains "run"))))"#;

#[test]
fn the_adapter_shape_becomes_four_modules_and_one_lowering() {
    let plan = plan_wat(ADAPTED).unwrap();
    let kinds: Vec<&str> = plan
        .steps
        .iter()
        .map(|step| match step {
            Step::Instantiate { .. } => "instantiate",
            Step::Lower { .. } => "lower",
            Step::Lift { .. } => "lift",
            _ => "other",
        })
        .collect();
    assert_eq!(kinds, ["instantiate", "instantiate", "instantiate", "lower", "instantiate", "lift"]);
    assert_eq!(plan.import_funcs.len(), 1);
    assert_eq!(plan.import_funcs[0].path.join("#"), "test:host/log@0.2.0#write");
    assert!(plan.exports.find("run").is_some());
}

#[test]
fn nested_components_are_inlined() {
    let plan = plan_wat(
        r#"(component
          (component $inner
            (core module $m (func (export "f") (result i32) i32.const 7))
            (core instance $i (instantiate $m))
            (func (export "f") (result u32) (canon lift (core func $i "f"))))
          (instance $a (instantiate $inner))
          (instance $b (instantiate $inner))
          (instance $both (export "a" (func $a "f")) (export "b" (func $b "f")))
          (export "test:demo/both" (instance $both)))"#,
    )
    .unwrap();
    assert_eq!((plan.instances.len(), plan.core_instances, plan.lifts), (3, 2, 2));
    assert_eq!(plan.instances[1].parent, Some(0));
    let (_, a) = plan.exports.find("test:demo/both#a").unwrap();
    let (_, b) = plan.exports.find("test:demo/both#b").unwrap();
    assert_ne!(a.source, b.source);
}

#[test]
fn outer_aliases_reach_the_component_that_encloses_the_text() {
    let plan = plan_wat(
        r#"(component
          (core module $m (func (export "f")))
          (component $c
            (core instance $i (instantiate $m))
            (func (export "f") (canon lift (core func $i "f"))))
          (component $d
            (instance $x (instantiate $c))
            (export "f" (func $x "f")))
          (instance $y (instantiate $d))
          (export "f" (func $y "f")))"#,
    )
    .unwrap();
    assert_eq!(plan.core_instances, 1);
    assert_eq!(plan.instances.len(), 3);
}

#[test]
fn a_component_that_doubles_at_every_level_is_stopped() {
    let mut text =
        String::from("(component (component $c0 (core module $m) (core instance (instantiate $m)))");
    for level in 1..=20 {
        let inner = level - 1;
        text += &format!(
            "(component $c{level} (instance (instantiate $c{inner})) (instance (instantiate $c{inner})))"
        );
    }
    text += "(instance (instantiate $c20)))";
    let error = plan_wat(&text).map(|_| ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { limit, .. } if *limit == MAX_STEPS as u64), "{error}");
}

#[test]
fn types_that_share_their_parts_cost_no_more_than_they_take() {
    // Each tuple is twice the one before: the tree has 2^10 leaves, the binary 10 types.
    let mut text =
        String::from("(component (import \"r\" (type $r (sub resource))) (type $t0 (tuple (own $r) u8))");
    for level in 1..=10 {
        let inner = level - 1;
        text += &format!("(type $t{level} (tuple $t{inner} $t{inner}))");
    }
    for n in 0..100 {
        text += &format!("(import \"f{n}\" (func (param \"t\" $t10)))");
    }
    text += ")";
    let plan = plan_wat(&text).unwrap();
    assert_eq!(plan.import_funcs.len(), 100);
    assert!(plan.import_funcs.iter().all(|import| *import.mentioned == [0]));
}

#[test]
fn what_is_asynchronous_is_refused_by_name() {
    let text = r#"(component
      (core module $m (func (export "f")))
      (core instance $i (instantiate $m))
      (func (export "f") async (canon lift (core func $i "f") async)))"#;
    let error = plan_wat(text).map(|_| ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }), "{error}");
    assert!(error.to_string().contains("async"), "{error}");
}

#[test]
fn a_core_module_is_not_a_component() {
    let error = plan_wat("(module)").map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("this is a core module"), "{error}");
}

#[test]
fn damaged_bytes_are_an_error_at_their_place() {
    let bytes = wat::parse_str(ADAPTED).unwrap();
    for end in 1..bytes.len() {
        // A prefix that ends between sections can be a component of its own, without the rest.
        if let Err(error) = plan(&bytes[..end]) {
            assert!(matches!(error.kind(), ErrorKind::Malformed { .. }), "{end}: {error:?}");
        }
    }
    for at in 8..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        let _ = plan(&damaged);
    }
}

#[test]
fn an_exported_function_type_is_no_function() {
    let plan = plan_wat(r#"(component (type $t (func (param "x" u8))) (export "t" (type $t)))"#).unwrap();
    assert!(plan.exports.items.is_empty() && plan.exports.funcs.is_empty());
}
