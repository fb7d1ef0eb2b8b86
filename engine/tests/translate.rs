//! Every family of operators becomes machine code that Cranelift's verifier accepts, and modules are described as they
//! were written. What the code does is tested where it runs.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use plugbay_engine::{Config, Engine, ErrorKind, ExternType, IndexType, MemoryType, Module, Result};

fn compile(text: &str) -> Result<Module> {
    let engine = Engine::new(&Config::new().with_ir_verifier(true)).unwrap();
    Module::new(&engine, &wat::parse_str(text).unwrap())
}

#[test]
fn control_flow_compiles() {
    compile(
        r#"(module
            (func (export "loop") (param i32) (result i32) (local i32)
                (block (loop
                    (br_if 1 (i32.eqz (local.get 0)))
                    (local.set 1 (i32.add (local.get 1) (local.get 0)))
                    (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
                    (br 0)))
                (local.get 1))
            (func (export "if") (param i32) (result i64)
                (if (result i64) (local.get 0) (then (i64.const 1)) (else (return (i64.const 2)))))
            (func (export "params") (param i32 i32) (result i32 i32)
                (local.get 0) (local.get 1)
                (if (param i32 i32) (result i32 i32) (local.get 0) (then drop drop (i32.const 1) (i32.const 2)))
                (loop (param i32 i32) (result i32 i32) (br_if 0 (i32.const 0))))
            (func (export "table") (param i32) (result f32)
                (block (result f32) (block (result f32)
                    (f32.const 1) (local.get 0) (br_table 0 1 0 2 1))
                    drop (f32.const 2)))
            (func (export "plain table") (param i32)
                (block (block (local.get 0) (br_table 0 1 2)) (return)))
            (func (export "dead") (result i32)
                (unreachable) (block (loop (br 0)) (if (i32.const 0) (then) (else))) (i32.const 1) (drop))
            (func (export "dead else") (result i32)
                (if (result i32) (i32.const 1) (then (br 1 (i32.const 1))) (else (unreachable)))))"#,
    )
    .unwrap();
}

#[test]
fn memory_tables_and_globals_compile() {
    compile(
        r#"(module
            (import "a" "f" (func $f (param i32 f64) (result i64)))
            (import "a" "g" (global $g (mut i32)))
            (import "a" "m" (memory 1))
            (import "a" "t" (table 1 funcref))
            (type $t (func (param i32) (result i32)))
            (table $own 4 4 funcref) (table $ext 1 externref)
            (memory $mem 1 2)
            (global $h (mut f64) (f64.const 1)) (global $c i32 (i32.const 7)) (global $x externref (ref.null extern))
            (elem (table $own) (i32.const 0) func $callee) (elem $e func $callee $f)
            (data $d "abc") (data (memory $mem) (offset (i32.add (i32.const 1) (i32.const 2))) "x")
            (func $callee (export "callee") (param i32) (result i32) (local.get 0))
            (func (export "all") (param i32) (result i32)
                (drop (call $f (i32.const 1) (f64.const 2)))
                (global.set $g (i32.add (global.get $g) (global.get $c))) (global.set $h (global.get $h))
                (drop (global.get $x))
                (drop (i64.load32_s offset=4000000000 (local.get 0))) (f32.store (local.get 0) (f32.load (local.get 0)))
                (i32.store8 $mem (local.get 0) (i32.load16_u $mem offset=8 (local.get 0)))
                (memory.fill (local.get 0) (i32.const 1) (i32.const 2)) (memory.init $mem $d (i32.const 1) (i32.const 1) (i32.const 1))
                (memory.copy 0 $mem (local.get 0) (i32.const 1) (i32.const 2)) (data.drop $d)
                (drop (memory.grow $mem (memory.size 0)))
                (table.set $ext (i32.const 0) (table.get $ext (i32.const 0))) (table.set 0 (i32.const 0) (ref.func $callee))
                (drop (table.grow $ext (ref.null extern) (table.size $ext)))
                (table.fill $ext (i32.const 0) (ref.null extern) (i32.const 1)) (table.copy $own 0 (i32.const 0) (i32.const 0) (i32.const 1))
                (table.init $own $e (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $e)
                (drop (ref.is_null (table.get $own (local.get 0))))
                (drop (call_indirect 0 (type $t) (i32.const 1) (i32.const 1)))
                (call_indirect $own (type $t) (local.get 0) (i32.const 1))))"#,
    )
    .unwrap();
}

#[test]
fn many_results_are_returned_through_memory() {
    let types = "i32 i64 f32 f64 ".repeat(20);
    let values = "(i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) ".repeat(20);
    compile(&format!(
        "(module (func $f (result {types}) {values}) (func (export \"f\") (result {types}) (call $f)))"
    ))
    .unwrap();
}

#[test]
fn a_module_tells_its_imports_and_exports() {
    let module = compile(
        r#"(module (import "env" "log" (func (param i32))) (memory (export "memory") 1 4) (func (export "run")))"#,
    )
    .unwrap();
    let imports: Vec<String> = module.imports().map(|(m, n, ty)| format!("{m}.{n}: {ty}")).collect();
    assert_eq!(imports, ["env.log: function (i32) -> ()"]);
    let exports: Vec<_> = module.exports().collect();
    assert_eq!(
        exports[0],
        ("memory", ExternType::Memory(MemoryType { index: IndexType::I32, minimum: 1, maximum: Some(4) }))
    );
    assert_eq!(exports[1].0, "run");
}

#[test]
fn what_is_not_supported_is_named() {
    for (text, name) in
        [("(module (memory 1 1 shared))", "threads"), ("(module (type (struct)))", "garbage collection")]
    {
        let error = compile(text).unwrap_err();
        match error.kind() {
            ErrorKind::Unsupported { proposal, .. } => assert!(proposal.contains(name), "{text}: {proposal}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn what_is_wrong_is_not_called_unsupported() {
    let engine = Engine::new(&Config::new()).unwrap();
    let kind = |bytes: &[u8]| Module::new(&engine, bytes).unwrap_err().into_kind();
    for bytes in [&b""[..], b"\0as", b"\0asm\x01\0\0", b"\0asm\x02\0\0\0", b"\0asm\x01\0\0\0\x01\xff"] {
        assert!(matches!(kind(bytes), ErrorKind::Malformed { .. } | ErrorKind::Invalid { .. }), "{bytes:?}");
    }
    assert!(matches!(kind(b"\0asm\x0d\0\x01\0"), ErrorKind::Malformed { .. }));
    assert!(matches!(
        kind(&wat::parse_str("(module (func (result i32)))").unwrap()),
        ErrorKind::Invalid { .. }
    ));
}
