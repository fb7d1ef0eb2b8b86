//! Compiled code as native shared libraries.
#![cfg(all(feature = "dylib", feature = "compile"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's way of failing")]
#![allow(unsafe_code, reason = "loads libraries that the test itself wrote")]

use std::path::{Path, PathBuf};
use std::process::Command;

use plugbay_engine::{
    Artifact, ArtifactError, ArtifactWriter, Config, Engine, ErrorKind, Instance, Module, OptLevel,
    SourceHash, Store, StoreLimits, TrapKind, TrapStyle, Val,
};

const TEXT: &str = r#"(module
    (memory (export "memory") 1)
    (data (i32.const 8) "kept")
    (table 2 funcref)
    (type $unary (func (param i32) (result i32)))
    (elem (i32.const 0) $double $load)
    (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
    (func $load (type $unary) (i32.load (local.get 0)))
    (func (export "run") (param i32 i32) (result i32)
        (call_indirect (type $unary) (local.get 1) (local.get 0)))
    (func (export "loop") (loop (br 0)))
    (func (export "answer") (result i32) (i32.const 42)))"#;

/// A folder of its own for a test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plugbay-dylib-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn engine() -> Engine {
    Engine::new(&Config::new()).unwrap()
}

fn dylib(engine: &Engine, text: &str) -> Vec<u8> {
    let bytes = wat::parse_str(text).unwrap();
    let mut writer = ArtifactWriter::new(engine, SourceHash::of(&bytes));
    writer.add_module(&Module::new(engine, &bytes).unwrap()).unwrap();
    writer.dylib().unwrap()
}

fn load(engine: &Engine, path: &Path) -> plugbay_engine::Result<Module> {
    // SAFETY: the test wrote the file, or damaged what it wrote in ways that must be noticed.
    unsafe { Module::from_dylib(engine, path) }
}

fn call(module: &Module, name: &str, args: &[Val]) -> plugbay_engine::Result<Vec<Val>> {
    let mut store = Store::new(module.engine(), (), StoreLimits::default()).unwrap();
    let mut cx = store.context();
    let instance = Instance::new(&mut cx, module, &[])?;
    let func = instance.export(&cx, name).unwrap().into_func().unwrap();
    cx.set_deadline(Some(std::time::Instant::now() + std::time::Duration::from_millis(300)));
    func.call(&mut cx, args)
}

#[test]
fn a_library_runs_and_traps_as_the_module_does() {
    let folder = Folder::new("runs");
    for style in [TrapStyle::Signals, TrapStyle::Explicit] {
        let config = Config::new().with_trap_style(style);
        let path = folder.write("one.so", &dylib(&Engine::new(&config).unwrap(), TEXT));
        // Another engine of the same settings: it has no trampolines yet.
        let engine = Engine::new(&config).unwrap();
        let module = load(&engine, &path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(call(&module, "run", &[Val::I32(0), Val::I32(21)]).unwrap(), [Val::I32(42)]);
        let kept = Val::I32(i32::from_le_bytes(*b"kept"));
        assert_eq!(call(&module, "run", &[Val::I32(1), Val::I32(8)]).unwrap(), [kept]);
        let error = call(&module, "run", &[Val::I32(1), Val::I32(65_536)]).unwrap_err();
        let trap = error.trap().unwrap();
        assert_eq!(trap.kind(), TrapKind::MemoryOutOfBounds);
        let frames: Vec<u32> = trap.frames().iter().map(|frame| frame.function()).collect();
        assert_eq!(frames, [1, 2]);
        let error = call(&module, "loop", &[]).unwrap_err();
        assert_eq!(error.trap().unwrap().kind(), TrapKind::Deadline);
    }
}

#[test]
fn the_same_path_with_new_contents_is_loaded_anew() {
    let (folder, engine) = (Folder::new("anew"), engine());
    let answer =
        |number: i32| format!(r#"(module (func (export "answer") (result i32) (i32.const {number})))"#);
    let mut kept = Vec::new();
    for number in 0..5 {
        // Written over, not replaced.
        let path = folder.write("same.so", &dylib(&engine, &answer(number)));
        let module = load(&engine, &path).unwrap();
        kept.push(module);
        for (number, module) in (0..).zip(&kept) {
            assert_eq!(call(module, "answer", &[]).unwrap(), [Val::I32(number)]);
        }
    }
    let path = folder.write("new.so", &dylib(&engine, &answer(9)));
    std::fs::rename(&path, folder.0.join("same.so")).unwrap();
    let module = load(&engine, &folder.0.join("same.so")).unwrap();
    assert_eq!(call(&module, "answer", &[]).unwrap(), [Val::I32(9)]);
}

fn refusal(engine: &Engine, folder: &Folder, bytes: &[u8]) -> ArtifactError {
    let error = load(engine, &folder.write("bad.so", bytes)).unwrap_err();
    match error.kind() {
        ErrorKind::Artifact(error) => error.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn other_files_and_damage_are_refused_before_the_loader_sees_them() {
    let (folder, engine) = (Folder::new("bad"), engine());
    let good = dylib(&engine, TEXT);
    let words = |bytes: &[u8]| refusal(&engine, &folder, bytes).to_string();
    assert!(words(b"").contains("no ELF"));
    assert!(words(b"\0asm\x01\0\0\0").contains("no ELF"));
    assert!(words(&good[..63]).contains("cut off"));
    assert!(words(&[&good[..18], &[0xf3, 0], &good[20..]].concat()).contains("processor"));
    assert!(words(&[&good[..16], &[2, 0], &good[18..]].concat()).contains("shared library"));
    assert!(words(&[&good[..4], &[1], &good[5..]].concat()).contains("64 bits"));
    assert!(matches!(refusal(&engine, &folder, &good[..good.len() - 1]), ArtifactError::Truncated { .. }));
    let longer = [good.as_slice(), &[0]].concat();
    assert!(matches!(refusal(&engine, &folder, &longer), ArtifactError::Flipped { .. }));
    // The system's own libraries are ELF files with initialisers and relocations.
    let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    assert!(matches!(
        refusal(&engine, &folder, &own),
        ArtifactError::NotAnArtifact | ArtifactError::NotOurLibrary { .. }
    ));
    let other = Engine::new(&Config::new().with_opt_level(OptLevel::None)).unwrap();
    assert_eq!(refusal(&other, &folder, &good), ArtifactError::StaleConfig);
}

#[test]
fn no_byte_of_a_library_can_change_unnoticed() {
    let (folder, engine) = (Folder::new("flips"), engine());
    let good = dylib(&engine, TEXT);
    // Every byte that is used in front of the artifact, then samples: program headers with other rights, dynamic entries
    // for initialisers, dependencies, relocations and symbols elsewhere are among them.
    for at in (0..700).chain((700..good.len()).step_by(311)) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        refusal(&engine, &folder, &bad);
    }
    // A tag for an initialiser in the place of the end of the dynamic section.
    let mut bad = good.clone();
    let null = (400..4000).rfind(|at| good[*at] != 0).unwrap() / 16 * 16 + 16;
    bad[null] = 12;
    let error = refusal(&engine, &folder, &bad);
    assert!(error.to_string().contains("initialiser"), "{error}");
}

#[test]
fn loading_many_times_leaves_nothing_behind() {
    let (folder, engine) = (Folder::new("many"), engine());
    let path = folder.write("one.so", &dylib(&engine, TEXT));
    let maps = || std::fs::read_to_string("/proc/self/maps").unwrap().matches("plugbay-artifact").count();
    for _ in 0..200 {
        let module = load(&engine, &path).unwrap();
        assert_eq!(call(&module, "answer", &[]).unwrap(), [Val::I32(42)]);
    }
    let modules: Vec<Module> = (0..20).map(|_| load(&engine, &path).unwrap()).collect();
    let many = maps();
    assert!(many >= 20, "{many}");
    drop(modules);
    assert!(maps() < many - 15, "{} of {many}", maps());
}

#[test]
fn what_was_just_compiled_can_be_loaded_without_a_file() {
    let engine = engine();
    let bytes = wat::parse_str(TEXT).unwrap();
    let mut writer = ArtifactWriter::new(&engine, SourceHash::of(&bytes));
    for text in [TEXT, TEXT, "(module)"] {
        let bytes = wat::parse_str(text).unwrap();
        writer.add_module(&Module::new(&engine, &bytes).unwrap()).unwrap();
    }
    writer.set_extra(*b"extra");
    let artifact: Artifact = writer.load_as_dylib().unwrap();
    assert_eq!(artifact.extra().unwrap().as_ref(), b"extra");
    assert_eq!(artifact.module(2).unwrap().exports().len(), 0);
    let empty = wat::parse_str("(module)").unwrap();
    let mut writer = ArtifactWriter::new(&engine, SourceHash::of(&empty));
    writer.add_module(&Module::new(&engine, &empty).unwrap()).unwrap();
    assert_eq!(writer.load_as_dylib().unwrap().module_count(), 1);
    for index in 0..2 {
        assert_eq!(call(&artifact.module(index).unwrap(), "answer", &[]).unwrap(), [Val::I32(42)]);
    }
}

#[test]
fn tools_of_the_system_read_the_library() {
    let (folder, engine) = (Folder::new("tools"), engine());
    let path = folder.write("one.so", &dylib(&engine, TEXT));
    let Ok(output) = Command::new("readelf").args(["-W", "-l", "-d", "--dyn-syms"]).arg(&path).output()
    else {
        eprintln!("no readelf here: not checked");
        return;
    };
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("R E") && !told.contains("RWE"), "{told}");
    assert!(!told.to_lowercase().contains("error"), "{told}");
}
