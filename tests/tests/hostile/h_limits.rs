//! H: a system that gives little. Each case runs in a process of its own, under a limit that its shell sets.

use std::process::Command;

use plugbay_engine::{Config, Engine, Error, ErrorKind, Instance, Module, Store, StoreLimits, TrapStyle};

use crate::support::STYLES;

/// Says to a process of this test program which trap style to try.
const STYLE: &str = "PLUGBAY_TEST_LIMITED";

const TEXT: &str = r#"(module (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))"#;

fn one(engine: &Engine, module: &Module) -> Result<Store<()>, Error> {
    let mut store = Store::new(engine, (), StoreLimits::default())?;
    let mut cx = store.context();
    let instance = Instance::new(&mut cx, module, &[])?;
    crate::support::func_of(&cx, instance, "f").call(&mut cx, &[])?;
    Ok(store)
}

/// What happens under little address space: errors of kind `Os`, until something is given back.
fn live(style: TrapStyle) {
    let engine = match Engine::new(&Config::new().with_trap_style(style).with_parallel_compilation(false)) {
        Ok(engine) => engine,
        Err(error) => return assert!(matches!(error.kind(), ErrorKind::Os { .. }), "{error:?}"),
    };
    let module = match Module::new(&engine, &wat::parse_str(TEXT).unwrap()) {
        Ok(module) => module,
        // There may not even be room for the region that code is in.
        Err(error) => return assert!(matches!(error.kind(), ErrorKind::Os { .. }), "{error:?}"),
    };
    for _ in 0..3 {
        let mut stores = Vec::new();
        let error = loop {
            match one(&engine, &module) {
                Ok(store) => stores.push(store),
                Err(error) => break error,
            }
            assert!(stores.len() < 200_000, "nothing is limited");
        };
        assert!(matches!(error.kind(), ErrorKind::Os { .. }), "{error:?}");
    }
}

/// Not a test by itself: what the processes that the test below starts do.
#[test]
fn limited_process() {
    match std::env::var(STYLE).as_deref() {
        Ok("Signals") => live(TrapStyle::Signals),
        Ok("Explicit") => live(TrapStyle::Explicit),
        _ => {}
    }
}

#[test]
fn h12_little_address_space_is_an_error() {
    for style in STYLES {
        // In KiB; with the region for code, and without.
        for limit in [2 << 20, 24 << 20] {
            let program = std::env::current_exe().unwrap();
            let script =
                format!("ulimit -v {limit}; exec \"$0\" --exact h_limits::limited_process --nocapture");
            let mut command = Command::new("sh");
            let output =
                command.args(["-c", &script]).arg(program).env(STYLE, format!("{style:?}")).output().unwrap();
            let text = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{style:?} under {limit} KiB: {}: {text}", output.status);
        }
    }
}
