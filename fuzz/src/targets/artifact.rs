//! Sealed artifacts that were changed: bits turned, pieces cut, added and swapped, by somebody who does not have the key. Each
//! is refused with an error that says so; none is run.

use std::fs::File;
use std::io::Write;
use std::sync::LazyLock;

use plugbay_engine::{Artifact, ArtifactWriter, Config, Engine, Module, SealKey, SourceHash, TrapStyle};

use crate::mutate::mutate;
use crate::random::Numbers;
use crate::{Outcome, corpus};

struct Sealed {
    engine: Engine,
    other: Engine,
    artifacts: Vec<Vec<u8>>,
}

static SEALED: LazyLock<Sealed> = LazyLock::new(|| {
    let config = Config::default().with_parallel_compilation(false);
    let engine = Engine::new(&config).expect("an engine");
    let other = Engine::new(&config.with_trap_style(TrapStyle::Explicit)).expect("an engine");
    let sources = corpus::load("module").expect("a corpus");
    let modules: Vec<Module> = sources.iter().filter_map(|bytes| Module::new(&engine, bytes).ok()).collect();
    let seal = |modules: &[Module]| {
        let mut writer = ArtifactWriter::new(&engine, SourceHash::of(b"corpus"));
        for module in modules {
            writer.add_module(module).expect("a module");
        }
        writer.seal(&key()).expect("a seal")
    };
    let mut artifacts: Vec<Vec<u8>> = modules.iter().map(std::slice::from_ref).map(seal).collect();
    artifacts.push(seal(&modules));
    Sealed { engine, other, artifacts }
});

fn key() -> SealKey {
    SealKey::new([7; 32])
}

/// Feeds one input, which says what is changed.
pub fn run(bytes: &[u8]) -> Outcome {
    let sealed = &*SEALED;
    let mut numbers = Numbers::of(bytes);
    let original = &sealed.artifacts[numbers.below(sealed.artifacts.len())];
    let other = &sealed.artifacts[numbers.below(sealed.artifacts.len())];
    let changed = change(original, other, &mut numbers);
    if sealed.artifacts.contains(&changed) {
        assert!(Artifact::from_bytes(&sealed.engine, changed.clone(), &key()).is_ok());
        let refused = Artifact::from_bytes(&sealed.other, changed.clone(), &key()).err();
        assert!(
            refused.is_some_and(|error| error.artifact().is_some()),
            "made for another engine, and taken"
        );
        let refused = Artifact::from_bytes(&sealed.engine, changed, &SealKey::new([8; 32])).err();
        assert!(
            refused.is_some_and(|error| error.artifact().is_some()),
            "sealed by somebody else, and taken"
        );
        return Outcome::Ran(3);
    }
    match Artifact::from_bytes(&sealed.engine, changed.clone(), &key()) {
        Ok(_) => panic!("an artifact that nobody sealed was taken"),
        Err(error) => assert!(error.artifact().is_some(), "not refused as an artifact: {error}"),
    }
    if numbers.one_in(50) {
        from_file(&changed);
    }
    Outcome::Refused
}

/// The bits that are turned are few, as on a bad disk, or the changes are those of all fuzz targets.
fn change(original: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut changed = original.to_vec();
    match numbers.below(8) {
        0 => {}
        1 => {
            // The header is where most can be done.
            let at = numbers.below(256.min(changed.len()));
            changed[at] ^= 1 << numbers.below(8);
        }
        2 => changed.truncate(numbers.below(original.len())),
        3 => {
            let more = 1 + numbers.below(64);
            changed.extend(numbers.bytes(more));
        }
        4 => {
            // The beginning of one, the end of another.
            let at = numbers.below(original.len().min(other.len()));
            changed.truncate(at);
            changed.extend_from_slice(other.get(at..).unwrap_or_default());
        }
        5 => {
            let at = numbers.below(changed.len());
            changed[at] ^= 1 << numbers.below(8);
        }
        _ => {
            // `mutate` has a longest input; what lies behind it stays.
            let end = changed.len().min(8 << 10);
            let mut start = mutate(&changed[..end], other, numbers);
            start.extend_from_slice(&changed[end..]);
            changed = start;
        }
    }
    changed
}

/// The same through a file.
fn from_file(changed: &[u8]) {
    let path = std::env::temp_dir().join(format!("plugbay-fuzz-artifact-{}", std::process::id()));
    let written = File::create(&path).and_then(|mut file| file.write_all(changed));
    let file = written.and_then(|()| File::open(&path)).expect("a temporary file");
    let taken = Artifact::from_file(&SEALED.engine, &file, &key());
    std::fs::remove_file(&path).ok();
    assert!(taken.is_err(), "an artifact that nobody sealed was taken from a file");
}
