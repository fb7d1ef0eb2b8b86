//! Backtraces from end to end: a plugin with debug information that traps, its error as the application and the command line
//! show it, whichever way its code came about.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use plugbay::{
    CompileStrategy, Config, ErrorKind, Grants, Host, HostBuilder, Limits, ModuleLimits, Source, TrapStyle,
};

/// A component that lifts `run` of the core module with debug information: `run: func(b: s32) -> s32`, which divides by `b`.
fn component() -> Vec<u8> {
    let core = std::fs::read(plugbay_tests::root().join("tests/fixtures/lines/lines.wasm")).unwrap();
    let section = |id: u8, content: &[u8]| {
        let mut size = content.len();
        let mut out = vec![id];
        while size >= 0x80 {
            out.push((size & 0x7f) as u8 | 0x80);
            size >>= 7;
        }
        out.push(size as u8);
        [&out, content].concat()
    };
    let name = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    [
        b"\0asm\x0d\0\x01\0".to_vec(),
        section(1, &core),
        // One core instance of it, without arguments; its export; the function's type; lifted; exported.
        section(2, &[1, 0, 0, 0]),
        section(6, &[&[1, 0, 0, 1, 0][..], &name("run")].concat()),
        section(7, &[&[1, 0x40, 1][..], &name("b"), &[0x7a, 0, 0x7a]].concat()),
        section(8, &[1, 0, 0, 0, 0, 0]),
        section(11, &[&[1, 0][..], &name("run"), &[1, 0, 0]].concat()),
    ]
    .concat()
}

fn error(builder: HostBuilder<()>) -> plugbay::Error {
    let host = builder.build().unwrap();
    let compiled = host.compile(Source::bytes("lines", component())).unwrap();
    let mut plugin = compiled.link(&Grants::none()).unwrap().instantiate(()).unwrap();
    assert_eq!(plugin.call::<_, i32>("run", (7,)).unwrap(), ((40 * 2 / 7 + 1) ^ 7) + 2);
    plugin.call::<_, i32>("run", (0,)).unwrap_err()
}

#[test]
fn an_error_tells_functions_files_and_lines() {
    for style in [TrapStyle::Signals, TrapStyle::Explicit] {
        for strategy in [CompileStrategy::Eager, CompileStrategy::Lazy] {
            let config = Config::new().with_trap_style(style).with_compile_strategy(strategy);
            let error = error(Host::builder().engine(config));
            let text = error.to_string();
            let mut lines = text.lines().map(str::trim);
            assert_eq!(lines.next(), Some("plugin `lines`: `run` trapped: integer divide by zero"), "{text}");
            let inner = "at innermost at lines.c:8:14, inlined into middle at lines.c:13:12, inlined into outer (function 0) \
                         at lines.c:17:18 (byte 0x";
            assert!(lines.next().unwrap().starts_with(inner), "{text}");
            assert!(
                lines.next().unwrap().starts_with("at run (function 1) at lines.c:22:12 (byte 0x"),
                "{text}"
            );
            let ErrorKind::Trap { frames, .. } = error.kind() else { panic!("{error}") };
            assert_eq!(frames[0].locations().len(), 3);
        }
    }
}

#[test]
fn what_a_file_may_ask_for_is_the_hosts_to_say() {
    let limits = Limits::default().module(ModuleLimits { functions: 1, ..ModuleLimits::default() });
    let host: Host = Host::builder().limits(limits).build().unwrap();
    let error = host.compile(Source::bytes("lines", component())).unwrap_err();
    match error.kind() {
        ErrorKind::Limit { knob, asked: Some(2), limit: 1 } => assert_eq!(knob, "module.functions"),
        other => panic!("{other:?}"),
    }
    let limits = Limits::default().module(ModuleLimits { module_bytes: 100, ..ModuleLimits::default() });
    let host: Host = Host::builder().limits(limits).build().unwrap();
    let error = host.compile(Source::bytes("lines", component())).unwrap_err();
    assert!(error.to_string().contains("module.module_bytes"), "{error}");
}
