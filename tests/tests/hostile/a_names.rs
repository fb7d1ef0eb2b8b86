//! A: names that are made to do something to whoever reads them.

use plugbay_engine::{Instance, Module, Store, StoreLimits};

use crate::support::{STYLES, custom, engine, func_of, leb};

/// A module whose function `run` traps, and that has this name section.
fn named(section: &[u8]) -> Vec<u8> {
    let mut bytes = wat::parse_str(r#"(module (func (export "run") unreachable))"#).unwrap();
    // Whatever section the text got by itself is followed by ours, which counts as the last.
    bytes.extend(custom("name", section));
    bytes
}

fn name_section(name: &[u8]) -> Vec<u8> {
    let map = [&[1, 0][..], &leb(u32::try_from(name.len()).unwrap()), name].concat();
    [&[1][..], &leb(u32::try_from(map.len()).unwrap()), &map].concat()
}

/// What a backtrace shows for the function.
fn shown(section: &[u8]) -> String {
    let texts = STYLES.map(|style| {
        let engine = engine(style);
        let module = Module::new(&engine, &named(section)).unwrap();
        let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
        let mut cx = store.context();
        let instance = Instance::new(&mut cx, &module, &[]).unwrap();
        let run = func_of(&cx, instance, "run");
        let error = run.call(&mut cx, &[]).unwrap_err();
        error.trap().unwrap().frames()[0].to_string()
    });
    assert_eq!(texts[0], texts[1]);
    texts[0].clone()
}

#[test]
fn a13_names_are_shown_harmless() {
    let cases: [(&[u8], &str); 7] = [
        (b"run", "run (function 0)"),
        (b"\x1b[2J\x1b]0;owned\x07", "\\u{1b}[2J\\u{1b}]0;owned\\u{7} (function 0)"),
        ("a\u{202e}b\u{2066}c\u{200f}".as_bytes(), "a\\u{202e}b\\u{2066}c\\u{200f} (function 0)"),
        (b"nul\0line\r\nfeed", "nul\\u{0}line\\u{d}\\u{a}feed (function 0)"),
        (b"not\xffutf\xc3", "not\u{fffd}utf\u{fffd} (function 0)"),
        ("c1\u{9b}31m".as_bytes(), "c1\\u{9b}31m (function 0)"),
        (b"", " (function 0)"),
    ];
    for (name, expected) in cases {
        let text = shown(&name_section(name));
        assert!(text.starts_with(expected), "{name:?}: {text}");
        assert!(!text.contains(char::is_control), "{name:?}: {text}");
    }
    let long = shown(&name_section(&[b'x'; 100_000]));
    assert!(long.chars().count() < 300, "{}", long.len());
    // A mangled name that stands for a long one.
    let bomb = format!("_RNvC{}_{}3foo", 90_000, "a".repeat(90_000));
    assert!(shown(&name_section(bomb.as_bytes())).chars().count() < 300);
}

#[test]
fn a13_name_sections_that_are_damaged_cost_names_only() {
    let good = name_section(b"run");
    for at in 0..good.len() {
        for flip in [1, 0x80, 0xff] {
            let mut section = good.clone();
            section[at] ^= flip;
            assert!(shown(&section).contains("function 0"), "{at}");
        }
        assert!(shown(&good[..at]).contains("function 0"), "{at}");
    }
    assert!(shown(&[1, 0xff, 0xff, 0xff, 0xff, 0x0f]).starts_with("function 0"));
}

#[test]
fn a13_names_in_errors_are_harmless() {
    let engine = engine(plugbay_engine::TrapStyle::Signals);
    let name = "\\1b[2J\\e2\\80\\ae";
    // Exported twice, and imported but not given.
    let twice = format!(r#"(module (func $f) (export "{name}" (func $f)) (export "{name}" (func $f)))"#);
    let import = format!(r#"(module (import "{name}" "{name}" (func)))"#);
    let error = Module::new(&engine, &wat::parse_str(twice).unwrap()).unwrap_err();
    let module = Module::new(&engine, &wat::parse_str(import).unwrap()).unwrap();
    let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
    let missing = Instance::new(&mut store.context(), &module, &[]).unwrap_err();
    let other = plugbay_engine::Func::new(
        &mut store.context(),
        plugbay_engine::FuncType::new([], [plugbay_engine::ValType::I32]),
        |_, _, _| Ok(()),
    );
    let wrong = Instance::new(&mut store.context(), &module, &[other.into()]).unwrap_err();
    assert!(wrong.to_string().contains("u{1b}"), "{wrong}");
    for error in [error, missing, wrong] {
        let text = error.to_string();
        assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{text:?}");
    }
}
