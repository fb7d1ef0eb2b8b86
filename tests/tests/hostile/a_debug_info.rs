//! A: debug information that is damaged, lies, or is a bomb: it costs lines of a backtrace, and bounded time.

use std::time::{Duration, Instant};

use plugbay_engine::{Config, Engine, Error, Instance, Module, Store, StoreLimits, Val};

use crate::support::{custom, func_of};

const LINES: &[u8] = include_bytes!("../../fixtures/lines/lines.wasm");

/// The frames of the trap that `run` ends with.
fn frames(bytes: &[u8]) -> Vec<String> {
    let error = trap(bytes).unwrap_or_else(|error| panic!("{error}"));
    error.trap().unwrap().frames().iter().map(ToString::to_string).collect()
}

fn trap(bytes: &[u8]) -> Result<Error, Error> {
    let engine = Engine::new(&Config::new().with_ir_verifier(false)).unwrap();
    let module = Module::new(&engine, bytes)?;
    let mut store = Store::new(&engine, (), StoreLimits::default())?;
    let mut cx = store.context();
    let instance = Instance::new(&mut cx, &module, &[])?;
    let run = func_of(&cx, instance, "run");
    Ok(run.call(&mut cx, &[Val::I32(0)]).unwrap_err())
}

/// A module whose function `run` traps, with these sections, counted from 1 byte into its code section.
fn with_debug(sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let text = r#"(module (func (export "run") (param i32) unreachable))"#;
    let mut bytes = wat::parse_str(text).unwrap();
    for (name, content) in sections {
        bytes.extend(custom(name, content));
    }
    bytes
}

/// A unit of DWARF 4 with these entries, whose abbreviations begin at `abbreviations`.
fn unit(abbreviations: u32, entries: &[u8]) -> Vec<u8> {
    let length = u32::try_from(entries.len() + 7).unwrap();
    [&length.to_le_bytes()[..], &[4, 0], &abbreviations.to_le_bytes(), &[4], entries].concat()
}

const LOW_HIGH: [u8; 4] = [0x11, 0x01, 0x12, 0x06];

/// An entry by the abbreviation `code` that covers all code.
fn covering(code: u8) -> Vec<u8> {
    [&[code][..], &1_u32.to_le_bytes(), &1_000_000_u32.to_le_bytes()].concat()
}

/// Abbreviation 1: a unit; 2: a function; 3: a call that was inlined; all with children and a range; then `more`.
fn abbreviations(more: &[u8]) -> Vec<u8> {
    let one = |code: u8, tag: u8| [&[code, tag, 1][..], &LOW_HIGH, &[0, 0]].concat();
    [&one(1, 0x11)[..], &one(2, 0x2e), &one(3, 0x1d), more, &[0]].concat()
}

/// That a backtrace is shown all the same, soon.
fn shown_soon(what: &str, sections: &[(&str, Vec<u8>)]) {
    let begin = Instant::now();
    let frames = frames(&with_debug(sections));
    assert_eq!(frames.len(), 1, "{what}: {frames:?}");
    assert!(frames[0].contains("(function 0)") || frames[0].contains("function 0"), "{what}: {frames:?}");
    assert!(frames[0].len() < 5_000, "{what}: {} bytes", frames[0].len());
    // A fraction of a second where nothing else runs and code is optimised.
    assert!(begin.elapsed() < Duration::from_secs(30), "{what}: {:?}", begin.elapsed());
}

#[test]
fn a14_damaged_debug_information_costs_lines_only() {
    let whole = frames(LINES);
    assert!(whole[0].contains("lines.c"), "{whole:?}");
    let start = LINES.windows(10).position(|window| window == b".debug_loc").unwrap();
    let mut fewer = 0;
    for at in (start..LINES.len()).step_by(7) {
        for flip in [1, 0xff] {
            let mut bytes = LINES.to_vec();
            bytes[at] ^= flip;
            // A section's size may be what is damaged.
            let Ok(error) = trap(&bytes) else { continue };
            let frames: Vec<String> =
                error.trap().unwrap().frames().iter().map(ToString::to_string).collect();
            assert_eq!(frames.len(), 2, "{at}");
            assert!(frames.iter().all(|frame| !frame.contains(char::is_control)), "{at}: {frames:?}");
            fewer += usize::from(frames != whole);
        }
    }
    assert!(fewer > 10, "{fewer}");
}

#[test]
fn a14_debug_information_that_is_garbage_is_ignored() {
    for (name, byte) in
        [(".debug_info", 0xff_u8), (".debug_abbrev", 0x80), (".debug_line", 0), (".debug_str", 1)]
    {
        let sections = [".debug_info", ".debug_abbrev", ".debug_line", ".debug_ranges", ".debug_str"];
        let sections = sections.map(|section| (section, vec![if section == name { byte } else { 7 }; 5_000]));
        shown_soon(name, &sections);
    }
    let producers = custom("producers", &[0xff; 1_000]);
    let bytes = [with_debug(&[]), producers, custom("target_features", &[0xff; 9])].concat();
    assert_eq!(frames(&bytes), frames(&with_debug(&[])));
}

#[test]
fn a14_debug_information_that_is_a_bomb_costs_bounded_time() {
    // Attributes that take no bytes: a hundred thousand entries of one byte, each with a hundred of them, or with a lot.
    for attributes in [100, 100_000] {
        let many = [&[4, 0x2e, 0][..], &[0x3f, 0x19].repeat(attributes), &[0, 0]].concat();
        let entries = [covering(1), vec![4; 100_000]].concat();
        let sections = [(".debug_abbrev", abbreviations(&many)), (".debug_info", unit(0, &entries))];
        shown_soon("attributes", &sections);
    }
    // Calls inlined into each other.
    let entries = [covering(1), covering(2), covering(3).repeat(100_000)].concat();
    shown_soon("depth", &[(".debug_abbrev", abbreviations(&[])), (".debug_info", unit(0, &entries))]);
    // A name that is told to be elsewhere: at the entry itself, and back and forth.
    let origin = [4, 0x1d, 0, 0x11, 0x01, 0x12, 0x06, 0x31, 0x13, 0, 0];
    let at = u32::try_from(11 + 2 * covering(1).len()).unwrap();
    let entries = [covering(1), covering(2), covering(4), at.to_le_bytes().to_vec()].concat();
    shown_soon("cycle", &[(".debug_abbrev", abbreviations(&origin)), (".debug_info", unit(0, &entries))]);
}

#[test]
fn a14_units_that_share_what_is_large_cost_bounded_time() {
    // Each of many units reads the same long list of abbreviations, or one that begins a byte later.
    let long: Vec<u8> = (4..120_u8).flat_map(|code| [code, 0x2e, 0, 0x3f, 0x19, 0, 0]).collect();
    let table = [abbreviations(&long.repeat(1)), vec![0]].concat();
    let units: Vec<u8> = (0..5_000).flat_map(|_| unit(0, &covering(1))).collect();
    shown_soon("units", &[(".debug_abbrev", table), (".debug_info", units)]);
    // A line program of many rows that never gets anywhere.
    let header: Vec<u8> = {
        let tail =
            [&[1, 1, 1, 0xfb, 14, 13][..], &[0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1], &[0], b"x.c\0\0\0\0", &[0]]
                .concat();
        let program = [vec![0, 5, 2, 1, 0, 0, 0], vec![1; 300_000]].concat();
        let header_length = u32::try_from(tail.len()).unwrap();
        let length = u32::try_from(2 + 4 + tail.len() + program.len()).unwrap();
        [&length.to_le_bytes()[..], &[4, 0], &header_length.to_le_bytes(), &tail, &program].concat()
    };
    let lined = [&[4, 0x11, 0, 0x10, 0x17][..], &LOW_HIGH, &[0, 0]].concat();
    let entry = [&[4][..], &0_u32.to_le_bytes(), &covering(4)[1..]].concat();
    let sections =
        [(".debug_abbrev", abbreviations(&lined)), (".debug_info", unit(0, &entry)), (".debug_line", header)];
    shown_soon("rows", &sections);
}

#[test]
fn a14_debug_information_need_not_be_kept() {
    let engine = Engine::new(&Config::new().with_debug_info(false)).unwrap();
    let module = Module::new(&engine, LINES).unwrap();
    let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
    let mut cx = store.context();
    let instance = Instance::new(&mut cx, &module, &[]).unwrap();
    let run = func_of(&cx, instance, "run");
    let error = run.call(&mut cx, &[Val::I32(0)]).unwrap_err();
    let frame = &error.trap().unwrap().frames()[0];
    assert!(
        frame.locations().is_empty() && frame.to_string().starts_with("outer (function 0) at byte"),
        "{frame}"
    );
}
