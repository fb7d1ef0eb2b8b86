//! `plugbay run` from outside: calls, commands, grants, limits and mistakes.

use crate::support::{CLOCK, File, TOOLS, command, plugbay};
use std::path::Path;
use std::time::{Duration, Instant};

#[test]
fn an_export_is_called_with_wave_and_its_result_printed() {
    let tools = File::component("call", TOOLS);
    let ended = plugbay("run", tools.path(), &["--invoke", "add(2, 40)"]);
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), "42\n", ""));
    for name in ["plus(1, 2)", "demo:math/sums#plus(1, 2)", "demo:math/sums@0.1.0#plus( 1, 2 )"] {
        let ended = plugbay("run", tools.path(), &["--invoke", name]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(0), "3\n"), "{name}: {}", ended.err);
    }
}

#[test]
fn a_call_that_does_not_fit_is_a_usage_error() {
    let tools = File::component("misfit", TOOLS);
    let cases = [
        ("add(2)", "add"),
        ("add(2, 3, 4)", "add"),
        ("add(2, -1)", "add"),
        ("add(2, \"x\")", "add"),
        ("add(2, 3", "not a call"),
        ("subtract(1, 2)", "subtract"),
        ("", "exports no function"),
        ("(1)", "not a call"),
    ];
    for (call, part) in cases {
        let ended = plugbay("run", tools.path(), &["--invoke", call]);
        assert_eq!(ended.code, Some(2), "{call}: {}", ended.err);
        assert!(ended.err.starts_with("plugbay: ") && ended.err.contains(part), "{call}: {}", ended.err);
    }
}

#[test]
fn a_trap_is_reported() {
    let tools = File::component("trap", TOOLS);
    let ended = plugbay("run", tools.path(), &["--invoke", "trap()"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("`trap`") && ended.err.contains("unreachable"), "{}", ended.err);
}

#[test]
fn an_endless_loop_ends_at_its_deadline() {
    let tools = File::component("spin", TOOLS);
    let start = Instant::now();
    let ended = plugbay("run", tools.path(), &["--invoke", "spin()", "--deadline", "100ms"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("--deadline"), "{}", ended.err);
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn what_a_command_returns_is_the_exit_code() {
    for (status, code) in [(0, 0), (1, 1)] {
        let file = File::component(&format!("command{status}"), &command(status));
        let ended = plugbay("run", file.path(), &["--", "an argument"]);
        assert_eq!(ended.code, Some(code), "{}", ended.err);
    }
}

#[test]
fn what_was_not_allowed_is_refused_by_name() {
    let clock = File::component("clock", CLOCK);
    let ended = plugbay("run", clock.path(), &["--invoke", "later()"]);
    assert_eq!(ended.code, Some(1));
    for part in ["clock", "wasi:clocks/monotonic-clock@0.2.0", "--allow-clocks"] {
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
    }
    let allowed =
        ["--allow-clocks", "--allow=wasi:clocks", "--allow=wasi:clocks/monotonic-clock", "--allow-all"];
    for flag in allowed {
        let ended = plugbay("run", clock.path(), &["--invoke", "later()", flag]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(0), "true\n"), "{flag}: {}", ended.err);
        for denial in ["--deny-clocks", "--deny=wasi:clocks"] {
            let ended = plugbay("run", clock.path(), &["--invoke", "later()", denial, flag]);
            assert_eq!(ended.code, Some(1), "a denial wins over {flag}");
        }
    }
}

#[test]
fn what_is_no_component_is_said_to_be_none() {
    let module = File::component("module", "(module (func (export \"f\")))");
    let ended = plugbay("run", module.path(), &["--invoke", "f()"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("this is a core module, not a component"), "{}", ended.err);

    let bytes = wat::parse_str(TOOLS).unwrap();
    let truncated = File::new("truncated", &bytes[..bytes.len() / 2]);
    let text = File::new("text", b"#!/bin/sh\necho I am no component\n");
    let empty = File::new("empty", b"");
    for file in [&truncated, &text, &empty] {
        let ended = plugbay("run", file.path(), &[]);
        assert_eq!(ended.code, Some(1), "{}", ended.err);
        assert!(ended.err.starts_with("plugbay: plugin `"), "{}", ended.err);
    }
    assert!(plugbay("run", text.path(), &[]).err.contains("this is not a WebAssembly file: it starts with"));
    let ended = plugbay("run", Path::new("no-such-plugin.wasm"), &[]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("no-such-plugin.wasm"), "{}", ended.err);
    let tools = File::component("library", TOOLS);
    let ended = plugbay("run", tools.path(), &[]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("wasi:cli/run") && ended.err.contains("--invoke"), "{}", ended.err);
}

#[test]
fn mistaken_flags_say_how_to_write_them() {
    let tools = File::component("flags", TOOLS);
    let cases: [(&[&str], &str); 8] = [
        (&["--dir", "here"], "HOST::GUEST"),
        (&["--env", "NAME"], "KEY=VALUE"),
        (&["--deadline", "5"], "500ms"),
        (&["--max-memory", "much"], "64MiB"),
        (&["--dir", "/no/such/folder::/d"], "/no/such/folder"),
        (&["--allow", "wasi:clokcs"], "wasi:clokcs"),
        (&["--frobnicate"], "--frobnicate"),
        (&["--", "1", "2"], "inside"),
    ];
    for (flags, part) in cases {
        let ended = plugbay("run", tools.path(), &[&["--invoke", "add(1, 2)"], flags].concat());
        assert_eq!(ended.code, Some(2), "{flags:?}: {}", ended.err);
        assert!(ended.err.contains(part), "{flags:?}: {}", ended.err);
    }
}
