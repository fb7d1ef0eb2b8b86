//! Group G, artifacts: whatever is in the bytes, nothing of them is run that was not sealed with the key at hand.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use plugbay_engine::{
    Artifact, ArtifactError, ArtifactWriter, Config, Engine, Extern, Instance, Module, OptLevel, SealKey,
    SourceHash, Store, StoreLimits, TrapStyle, Val,
};

const HEADER: usize = 192;

fn key() -> SealKey {
    SealKey::new([3; 32])
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(&Config::new()).unwrap())
}

fn sealed(engine: &Engine, value: i32) -> Vec<u8> {
    let text = format!(
        "(module (memory 1) (data (i32.const 0) \"data\") (table funcref (elem $f))
            (func $f (export \"f\") (result i32) (i32.const {value})))"
    );
    let bytes = wat::parse_str(text).unwrap();
    let mut writer = ArtifactWriter::new(engine, SourceHash::of(&bytes));
    writer.add_module(&Module::new(engine, &bytes).unwrap()).unwrap();
    writer.seal(&key()).unwrap()
}

fn refused(engine: &Engine, bytes: &[u8]) -> ArtifactError {
    let error = Artifact::from_bytes(engine, bytes, &key()).expect_err("refused");
    error.artifact().unwrap_or_else(|| panic!("{error}")).clone()
}

fn value(module: &Module) -> i32 {
    let mut store = Store::new(engine(), (), StoreLimits::default()).unwrap();
    let mut cx = store.context();
    let instance = Instance::new(&mut cx, module, &[]).unwrap();
    let Some(Extern::Func(func)) = instance.export(&cx, "f") else { panic!("no function") };
    match func.call(&mut cx, &[]).unwrap()[..] {
        [Val::I32(value)] => value,
        ref other => panic!("{other:?}"),
    }
}

/// A file that is gone when the test ends.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("plugbay-hostile-{name}-{}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    fn load(&self) -> Result<Module, plugbay_engine::Error> {
        Module::from_artifact_file(engine(), &File::open(&self.0).unwrap(), &key())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn g1_every_flipped_bit_of_the_header_and_many_others_are_found() {
    let good = sealed(engine(), 1);
    let mut bytes = good.clone();
    for at in 0..HEADER + 24 * 12 {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            refused(engine(), &bytes);
            bytes[at] ^= 1 << bit;
        }
    }
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..5_000 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let at = random as usize % bytes.len();
        let flip = (random >> 56) as u8 | 1;
        bytes[at] ^= flip;
        let error = refused(engine(), &bytes);
        assert!(at < HEADER || matches!(error, ArtifactError::Flipped { .. }), "{at}: {error}");
        bytes[at] ^= flip;
    }
    assert_eq!(bytes, good);
    assert_eq!(value(&Module::from_artifact_bytes(engine(), bytes, &key()).unwrap()), 1);
}

#[test]
fn g2_artifacts_of_the_wrong_length_are_refused() {
    let good = sealed(engine(), 1);
    for len in (1..good.len().div_ceil(512)).map(|block| block * 512).chain([9, 100, HEADER - 1, HEADER]) {
        let error = refused(engine(), &good[..len]);
        assert!(matches!(error, ArtifactError::Truncated { .. }), "{len}: {error}");
    }
    assert_eq!(refused(engine(), &[]), ArtifactError::NotAnArtifact);
    let longer = [&good[..], &[0; 4096]].concat();
    assert!(matches!(refused(engine(), &longer), ArtifactError::Flipped { .. }));
    // Sparse: as long as it should be, but with a hole.
    let file = Temporary::new("sparse", &good[..HEADER + 100]);
    OpenOptions::new().write(true).open(&file.0).unwrap().set_len(good.len() as u64).unwrap();
    let error = file.load().unwrap_err();
    assert!(matches!(error.artifact(), Some(ArtifactError::Flipped { .. })), "{error}");
    // The first bytes are looked at before the rest is read, however much there is.
    OpenOptions::new().write(true).open(&file.0).unwrap().set_len(1 << 42).unwrap();
    assert!(file.load().unwrap_err().artifact().is_some());
}

#[test]
fn g3_what_was_made_for_other_circumstances_is_refused_by_name() {
    for (config, expected) in [
        (Config::new().with_opt_level(OptLevel::None), ArtifactError::StaleConfig),
        (Config::new().with_trap_style(TrapStyle::Explicit), ArtifactError::StaleConfig),
        (Config::new().with_fuel(true), ArtifactError::StaleConfig),
        (Config::new().with_simd(false), ArtifactError::StaleConfig),
        (Config::new().with_memory_reservation(1 << 20), ArtifactError::StaleConfig),
    ] {
        let other = Engine::new(&config).unwrap();
        assert_eq!(refused(&other, &sealed(engine(), 1)), expected);
        assert_eq!(refused(engine(), &sealed(&other, 1)), expected);
        assert_ne!(other.compatibility(), engine().compatibility());
    }
    let artifact = Artifact::from_bytes(engine(), sealed(engine(), 1), &key()).unwrap();
    let error = artifact.expect_source(SourceHash::of(b"something else")).unwrap_err();
    assert_eq!(error.artifact(), Some(&ArtifactError::StaleSource));
    let foreign = Artifact::from_bytes(engine(), sealed(engine(), 1), &SealKey::new([4; 32])).unwrap_err();
    assert_eq!(foreign.artifact(), Some(&ArtifactError::Foreign));
}

#[test]
fn g7_what_happens_to_the_file_after_loading_changes_nothing() {
    let good = sealed(engine(), 7);
    let file = Temporary::new("replaced", &good);
    let module = file.load().unwrap();
    let writable = || OpenOptions::new().write(true).open(&file.0).unwrap();
    // Overwritten in place, cut off to nothing, replaced, removed: while it is in use, before its code was ever touched.
    writable().write_all_at(&vec![0xcc; good.len()], 0).unwrap();
    assert_eq!(value(&module), 7);
    writable().set_len(0).unwrap();
    assert_eq!(value(&module), 7);
    let mut store = Store::new(engine(), (), StoreLimits::default()).unwrap();
    assert!(Instance::new(&mut store.context(), &module, &[]).is_ok());
    std::fs::remove_file(&file.0).unwrap();
    assert_eq!(value(&module), 7);
}

#[test]
fn g7_a_file_that_changes_while_it_is_read_is_refused_or_loaded_whole() {
    let (one, two) = (sealed(engine(), 1), sealed(engine(), 2));
    let file = Temporary::new("racing", &one);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut turn = 0_usize;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let bytes = if turn.is_multiple_of(2) { &two } else { &one };
                let mut file = File::create(&file.0).unwrap();
                file.write_all(bytes).unwrap();
                turn += 1;
                std::thread::sleep(std::time::Duration::from_micros(100));
            }
        });
        for _ in 0..500 {
            match file.load() {
                Ok(module) => assert!([1, 2].contains(&value(&module))),
                Err(error) => assert!(error.artifact().is_some(), "{error}"),
            }
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!([1, 2].contains(&value(&file.load().unwrap())));
}

#[test]
fn g13_new_content_at_the_same_path_is_what_is_loaded() {
    let file = Temporary::new("same-path", &sealed(engine(), 1));
    // Old enough to be remembered.
    std::thread::sleep(std::time::Duration::from_millis(40));
    let modules: Vec<Module> = (1..10)
        .map(|turn| {
            let module = file.load().unwrap();
            assert_eq!((value(&module), value(&file.load().unwrap())), (turn, turn));
            let next = file.0.with_extension("next");
            std::fs::write(&next, sealed(engine(), turn + 1)).unwrap();
            std::fs::rename(&next, &file.0).unwrap();
            module
        })
        .collect();
    // And the old ones stay what they were.
    assert!(modules.iter().zip(1..).all(|(module, turn)| value(module) == turn));
}
