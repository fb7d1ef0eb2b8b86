//! Artifacts: what is compiled, sealed, written and loaded runs as what was compiled; what does not fit is refused, in its
//! own words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use plugbay_engine::{
    Artifact, ArtifactError, ArtifactWriter, Config, Engine, Extern, Instance, Module, OptLevel, SealKey,
    SourceHash, Store, StoreLimits, TrapKind, Val,
};

const TEXT: &str = r#"(module
    (import "host" "twice" (func $twice (param i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "hello")
    (data $passive "later")
    (global $g (export "g") (mut i64) (i64.const 40))
    (table funcref (elem $div $twice))
    (type $binary (func (param i32 i32) (result i32)))
    (func $div (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "through table") (param i32 i32) (result i32)
        (call_indirect (type $binary) (local.get 0) (local.get 1) (i32.const 0)))
    (func (export "host") (param i32) (result i32) (call $twice (local.get 0)))
    (func (export "load") (param i32) (result i32)
        (memory.init $passive (i32.const 100) (i32.const 0) (i32.const 5))
        (i32.load8_u (local.get 0)))
    (func $start (global.set $g (i64.const 42)))
    (start $start))"#;

fn key() -> SealKey {
    SealKey::new([7; 32])
}

fn engine() -> Engine {
    Engine::new(&Config::new()).unwrap()
}

fn sealed(engine: &Engine, text: &str, key: &SealKey) -> Vec<u8> {
    let bytes = wat::parse_str(text).unwrap();
    let mut writer = ArtifactWriter::new(engine, SourceHash::of(&bytes));
    writer.add_module(&Module::new(engine, &bytes).unwrap()).unwrap();
    writer.seal(key).unwrap()
}

/// A file that is gone when the test ends.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("plugbay-{name}-{}", std::process::id()));
        File::create(&path).unwrap().write_all(bytes).unwrap();
        Self(path)
    }

    fn open(&self) -> File {
        File::open(&self.0).unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Runs everything that the module does.
fn check(engine: &Engine, module: &Module) {
    let mut store = Store::new(engine, (), StoreLimits::default()).unwrap();
    let mut cx = store.context();
    let (_, _, ty) = module.imports().next().unwrap();
    let plugbay_engine::ExternType::Func(ty) = ty else { panic!("a function is imported") };
    let twice = plugbay_engine::Func::new(&mut cx, ty, |_, params, results| {
        let Val::I32(value) = params[0] else { panic!("an i32") };
        results[0] = Val::I32(value * 2);
        Ok(())
    });
    let instance = Instance::new(&mut cx, module, &[twice.into()]).unwrap();
    let call = |cx: &mut plugbay_engine::Context<'_, ()>, name: &str, args: &[i32]| {
        let Some(Extern::Func(func)) = instance.export(cx, name) else { panic!("no function {name}") };
        let args: Vec<Val> = args.iter().map(|value| Val::I32(*value)).collect();
        func.call(cx, &args)
    };
    assert_eq!(call(&mut cx, "div", &[42, 6]).unwrap(), [Val::I32(7)]);
    assert_eq!(call(&mut cx, "through table", &[42, 6]).unwrap(), [Val::I32(7)]);
    assert_eq!(call(&mut cx, "host", &[21]).unwrap(), [Val::I32(42)]);
    assert_eq!(call(&mut cx, "load", &[8]).unwrap(), [Val::I32(i32::from(b'h'))]);
    assert_eq!(call(&mut cx, "load", &[100]).unwrap(), [Val::I32(i32::from(b'l'))]);
    let Some(Extern::Global(global)) = instance.export(&cx, "g") else { panic!("no global") };
    assert_eq!(global.get(&cx), Val::I64(42));
    let error = call(&mut cx, "div", &[1, 0]).unwrap_err();
    let trap = error.trap().unwrap();
    assert_eq!(trap.kind(), TrapKind::IntegerDivisionByZero);
    assert_eq!(trap.frames()[0].name().as_deref(), Some("div"));
    assert!(trap.offset().is_some());
    let error = call(&mut cx, "load", &[65_536]).unwrap_err();
    assert_eq!(error.trap().unwrap().kind(), TrapKind::MemoryOutOfBounds);
}

#[test]
fn a_module_is_the_same_from_bytes_and_from_a_file() {
    let engine = engine();
    let artifact = sealed(&engine, TEXT, &key());
    check(&engine, &Module::from_artifact_bytes(&engine, artifact.clone(), &key()).unwrap());
    let file = Temporary::new("same", &artifact);
    for _ in 0..3 {
        check(&engine, &Module::from_artifact_file(&engine, &file.open(), &key()).unwrap());
    }
    // In an engine that compiled nothing.
    let other = self::engine();
    check(&other, &Module::from_artifact_file(&other, &file.open(), &key()).unwrap());
}

#[test]
fn artifacts_are_deterministic() {
    assert_eq!(sealed(&engine(), TEXT, &key()), sealed(&engine(), TEXT, &key()));
}

#[test]
fn artifacts_hold_several_modules_and_what_their_maker_put_in() {
    let engine = engine();
    let mut writer = ArtifactWriter::new(&engine, SourceHash::of(b"both"));
    for value in [1, 2] {
        let text = format!("(module (func (export \"f\") (result i32) (i32.const {value})))");
        writer.add_module(&Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap()).unwrap();
    }
    writer.set_extra(*b"a note");
    let artifact = Artifact::from_bytes(&engine, writer.seal(&key()).unwrap(), &key()).unwrap();
    assert_eq!((artifact.module_count(), artifact.extra().unwrap().as_ref()), (2, &b"a note"[..]));
    artifact.expect_source(SourceHash::of(b"both")).unwrap();
    let error = artifact.expect_source(SourceHash::of(b"neither")).unwrap_err();
    assert_eq!(error.artifact(), Some(&ArtifactError::StaleSource));
    let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
    let mut cx = store.context();
    for value in [1, 2] {
        let module = artifact.module(value - 1).unwrap();
        let instance = Instance::new(&mut cx, &module, &[]).unwrap();
        let Some(Extern::Func(func)) = instance.export(&cx, "f") else { panic!("no function") };
        assert_eq!(func.call(&mut cx, &[]).unwrap(), [Val::I32(value as i32)]);
    }
    assert!(artifact.module(2).is_err());
}

#[test]
fn what_does_not_fit_is_refused_in_its_own_words() {
    let engine = engine();
    let artifact = sealed(&engine, TEXT, &key());
    let refused = |engine: &Engine, bytes: Vec<u8>, key: &SealKey| {
        let error = Module::from_artifact_bytes(engine, bytes, key).unwrap_err();
        error.artifact().unwrap_or_else(|| panic!("{error}")).clone()
    };
    let other = SealKey::new([8; 32]);
    assert_eq!(refused(&engine, artifact.clone(), &other), ArtifactError::Foreign);
    assert_eq!(refused(&engine, b"\0asm\x01\0\0\0".to_vec(), &key()), ArtifactError::NotAnArtifact);
    assert_eq!(refused(&engine, Vec::new(), &key()), ArtifactError::NotAnArtifact);
    let cut = artifact[..artifact.len() - 1].to_vec();
    assert!(matches!(refused(&engine, cut, &key()), ArtifactError::Truncated { .. }));
    let mut longer = artifact.clone();
    longer.push(0);
    assert!(matches!(refused(&engine, longer, &key()), ArtifactError::Flipped { .. }));
    let mut flipped = artifact.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert!(matches!(refused(&engine, flipped, &key()), ArtifactError::Flipped { .. }));
    let config = Config::new().with_opt_level(OptLevel::None);
    let other = Engine::new(&config).unwrap();
    assert_eq!(refused(&other, artifact, &key()), ArtifactError::StaleConfig);
}

#[test]
fn a_file_that_changed_is_verified_again() {
    let engine = engine();
    let (one, two) = (
        "(module (func (export \"f\") (result i32) (i32.const 1)))",
        "(module (func (export \"f\") (result i32) (i32.const 2)))",
    );
    let file = Temporary::new("changed", &sealed(&engine, one, &key()));
    std::thread::sleep(std::time::Duration::from_millis(30));
    let value = |module: &Module| {
        let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
        let mut cx = store.context();
        let instance = Instance::new(&mut cx, module, &[]).unwrap();
        let Some(Extern::Func(func)) = instance.export(&cx, "f") else { panic!("no function") };
        func.call(&mut cx, &[]).unwrap()
    };
    let first = Module::from_artifact_file(&engine, &file.open(), &key()).unwrap();
    assert_eq!(value(&first), [Val::I32(1)]);
    // In place, under the feet of the module that was loaded from it.
    File::create(&file.0).unwrap().write_all(&sealed(&engine, two, &key())).unwrap();
    let second = Module::from_artifact_file(&engine, &file.open(), &key()).unwrap();
    assert_eq!((value(&second), value(&first)), (vec![Val::I32(2)], vec![Val::I32(1)]));
    let mut damaged = sealed(&engine, two, &key());
    *damaged.last_mut().unwrap() ^= 1;
    File::create(&file.0).unwrap().write_all(&damaged).unwrap();
    assert!(Module::from_artifact_file(&engine, &file.open(), &key()).is_err());
    // Whoever knows another key has not verified it.
    assert!(Module::from_artifact_file(&engine, &file.open(), &SealKey::new([1; 32])).is_err());
}
