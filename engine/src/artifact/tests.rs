//! What is behind the seal: artifacts with a valid seal over contents that plugbay never writes.

use super::layout::{HEADER, Header, Kind, Section};
use super::table::{Record, Table};
use super::writer::sign;
use super::*;
use crate::{Config, Engine, Instance, Module, Store, StoreLimits};

fn key() -> SealKey {
    SealKey::new([1; 32])
}

const TEXT: &str = r#"(module
    (import "a" "b" (func $i (param i64) (result f32)))
    (type $t (func (param i32 v128) (result funcref)))
    (tag $e (param i32))
    (memory 1 4) (memory i64 1)
    (data (i32.const 3) "abc") (data (memory 1) (i64.const 70) "def") (data "passive")
    (table 3 funcref) (table 2 (ref null $t))
    (elem (i32.const 0) $f $i) (elem funcref (ref.func $f) (ref.null func)) (elem declare func $g)
    (global $g (mut i32) (i32.const 4)) (global v128 (v128.const i64x2 1 2))
    (global i32 (i32.add (i32.const 1) (i32.const 2)))
    (func $f (export "f") (result i32) (i32.div_s (global.get $g) (i32.const 0)))
    (func $g (type $t) (ref.func $g))
    (export "m" (memory 0)) (export "t" (table 0)) (export "e" (tag $e)))"#;

fn artifact(engine: &Engine) -> Vec<u8> {
    let bytes = wat::parse_str(TEXT).unwrap();
    let mut writer = ArtifactWriter::new(engine, SourceHash::of(&bytes));
    writer.add_module(&Module::new(engine, &bytes).unwrap()).unwrap();
    writer.seal(&key()).unwrap()
}

/// The list of sections.
fn sections(bytes: &[u8]) -> Table<Section> {
    let header = Header::read(bytes, bytes.len() as u64).unwrap();
    Table::new(bytes[HEADER..header.sections_end()].to_vec().into())
}

/// Seals what was changed.
fn sealed(bytes: &mut [u8]) {
    let (header, list) = (Header::read(bytes, bytes.len() as u64).unwrap(), sections(bytes));
    bytes[..HEADER].copy_from_slice(&header.write(list.bytes()));
    sign(bytes, &key());
}

fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state as usize
}

#[test]
fn g3_the_right_seal_over_another_build_or_processor() {
    let engine = Engine::new(&Config::new()).unwrap();
    let good = artifact(&engine);
    let mut again = good.clone();
    sealed(&mut again);
    assert!(again == good, "sealing again changes nothing");
    let with = |at: usize, flip: u8| {
        let mut bytes = good.clone();
        bytes[at] ^= flip;
        sealed(&mut bytes);
        Artifact::from_bytes(&engine, bytes, &key()).unwrap_err().artifact().unwrap().clone()
    };
    assert_eq!(with(24, 1), ArtifactError::StaleVersion);
    assert_eq!(with(40, 1), ArtifactError::StaleConfig);
    assert!(matches!(with(56, 7), ArtifactError::StaleProcessor { .. }));
    assert!(matches!(with(60, 1), ArtifactError::StaleProcessor { .. }));
    assert!(matches!(with(71, 0x80), ArtifactError::StaleProcessor { .. }));
    assert_eq!(with(104, 1), ArtifactError::Foreign);
}

#[test]
fn declarations_and_tables_that_make_no_sense_are_refused_or_harmless() {
    let engine = Engine::new(&Config::new()).unwrap();
    let good = artifact(&engine);
    let kinds = [Kind::Info, Kind::Functions, Kind::Traps, Kind::Positions, Kind::Names, Kind::Trampolines];
    let kinds = kinds.map(Kind::number);
    let all = sections(&good);
    let chosen: Vec<Section> = all.iter().filter(|section| kinds.contains(&section.kind)).collect();
    assert!(chosen.len() > 4);
    let (mut state, mut refused) = (0x2545_f491_4f6c_dd1d, 0);
    for round in 0..1_500 {
        let mut bytes = good.clone();
        // Declarations have most to get wrong.
        let section = if round % 2 == 0 { chosen[0] } else { chosen[random(&mut state) % chosen.len()] };
        for _ in 0..1 + random(&mut state) % 3 {
            let at = section.offset as usize + random(&mut state) % section.len as usize;
            bytes[at] = match random(&mut state) % 3 {
                0 => 0xff,
                1 => 0,
                _ => random(&mut state) as u8,
            };
        }
        sealed(&mut bytes);
        let loaded = Artifact::from_bytes(&engine, bytes, &key()).and_then(|artifact| artifact.module(0));
        let Ok(module) = loaded else {
            refused += 1;
            continue;
        };
        // Whatever it declares now, asking does no harm, and neither do imports that are not there.
        assert!(module.imports().count() + module.exports().count() < 1_000);
        let limits = StoreLimits { memory_bytes: 1 << 24, table_elements: 10_000, ..StoreLimits::default() };
        let mut store = Store::new(&engine, (), limits).unwrap();
        if module.info().start.is_none() && module.imports().len() == 0 {
            let _ = Instance::new(&mut store.context(), &module, &[]);
        }
    }
    assert!(refused > 300, "{refused}");
}

#[test]
fn sections_that_lie_elsewhere_are_refused() {
    let engine = Engine::new(&Config::new()).unwrap();
    let good = artifact(&engine);
    let list = sections(&good);
    for (index, section) in list.iter().enumerate() {
        for (offset, len) in [(u64::MAX, 1), (section.offset, u64::MAX), (good.len() as u64, 1), (1, 0)] {
            let mut bytes = good.clone();
            let mut entry = Vec::new();
            Section { offset, len, ..section }.write(&mut entry);
            let at = HEADER + index * Section::SIZE;
            bytes[at..at + Section::SIZE].copy_from_slice(&entry);
            sealed(&mut bytes);
            // An empty section may be none at all.
            let loaded = Artifact::from_bytes(&engine, bytes, &key()).and_then(|artifact| artifact.module(0));
            assert!(len == 0 || section.kind >= 100 || loaded.is_err(), "{section:?} {offset} {len}");
        }
    }
}
