//! Output without end, random numbers without end, and an environment that is too large.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use plugbay::audit::{Event, Verdict};
use plugbay::{Clock, ErrorKind, Grants, Host, Limits, Output, Random, Source, Stdio};

use crate::support::STYLES;
use crate::system_guest::{grants, guest, limit, load, soon, typed};

#[derive(Clone, Default)]
struct Counted(Arc<Mutex<usize>>);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        *self.0.lock().unwrap() += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn d10_captured_output_ends_at_its_limit() {
    for style in STYLES {
        let limits = Limits::default().captured_output(1 << 20);
        let mut plugin = guest(style, &grants().stdio(Stdio::capture()), limits);
        assert_eq!(plugin.call::<_, u32>("flood", (10_000_000_u32,)).unwrap(), 256);
        assert_eq!(plugin.call::<_, i64>("check", ()).unwrap(), -2, "the stream is closed from then on");
        assert_eq!(plugin.take_stdout().len(), 1 << 20);
        assert!(!plugin.is_poisoned());
    }
}

#[test]
fn d10_output_that_comes_too_fast_is_held_back_and_told_once() {
    for style in STYLES {
        let counted = Counted::default();
        let stdio = Stdio::null().stdout(Output::Writer(Arc::new(Mutex::new(counted.clone()))));
        let limits = soon().output_rate(256 << 10);
        let start = Instant::now();
        let mut plugin = guest(style, &grants().stdio(stdio), limits);
        let error = plugin.call::<_, u32>("flood", (u32::MAX,)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error}");
        let (written, took) = (*counted.0.lock().unwrap(), start.elapsed().as_secs_f64());
        assert!(written >= 256 << 10, "a second's worth goes at once: {written}");
        assert!(written as f64 <= (256 << 10) as f64 * (1.0 + took), "{written} in {took} s");
    }
}

#[test]
fn d10_a_flood_is_one_event() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = events.clone();
    let limits = Limits::default().captured_output(64 << 10);
    let host = Host::<()>::builder()
        .limits(limits)
        .audit(move |event: &Event| sink.lock().unwrap().push(event.clone()))
        .build()
        .unwrap();
    let module = r#"(module
      (import "wasi:cli/stdout@0.2.3" "get-stdout" (func $stdout (result i32)))
      (import "wasi:io/streams@0.2.3" "[method]output-stream.blocking-write-zeroes-and-flush" (func $write (param i32 i64 i32)))
      (memory (export "memory") 1)
      (func (export "flood") (param i32) (local i32)
        (loop (local.set 1 (call $stdout))
          (call $write (local.get 1) (i64.const 4096) (i32.const 0))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;
    let world = "package demo:guest; world guest { import wasi:cli/stdout@0.2.3; import wasi:io/streams@0.2.3; \
                 export flood: func(n: u32); }";
    let compiled = host.compile(Source::bytes("flood", typed(module, world))).unwrap();
    let mut plugin = compiled.link(&Grants::none().stdio(Stdio::capture())).unwrap().instantiate(()).unwrap();
    plugin.call::<_, ()>("flood", (5_000_u32,)).unwrap();
    let events = events.lock().unwrap();
    let of_output: Vec<_> = events
        .iter()
        .filter(|event| event.capability == "limits" && event.operation == "captured_output")
        .collect();
    assert_eq!(of_output.len(), 1, "{of_output:?}");
    assert_eq!(of_output[0].verdict, Verdict::Denied);
}

/// What a terminal would obey, between text.
const PAINTER: &str = r#"(module
  (import "wasi:cli/stdout@0.2.3" "get-stdout" (func $stdout (result i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.blocking-write-and-flush" (func $write (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "<a\1b[2Jb\1b]0;title\07c\0d\08d\c2\9b31me>\0a")
  (func (export "paint") (call $write (call $stdout) (i32.const 64) (i32.const 29) (i32.const 0))))"#;

/// This process again, with a terminal for its standard output, runs the painter under each grant.
#[test]
fn d10_escapes_do_not_reach_a_terminal() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    const MARK: &str = "PLUGBAY_TEST_PAINTS";
    if let Some(how) = std::env::var_os(MARK) {
        let output = if how == "raw" { Output::Terminal } else { Output::Inherit };
        let world = "package demo:guest; world guest { import wasi:cli/stdout@0.2.3; import wasi:io/streams@0.2.3; \
                     export paint: func(); }";
        let grants = Grants::none().stdio(Stdio::null().stdout(output));
        let mut plugin = load(STYLES[1], typed(PAINTER, world), &grants, Limits::default());
        plugin.call::<_, ()>("paint", ()).unwrap();
        return;
    }
    for (how, expected) in
        [("plain", &b"<abcde>"[..]), ("raw", &b"<a\x1b[2Jb\x1b]0;title\x07c\x0d\x08d\xc2\x9b31me>"[..])]
    {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let terminal = std::fs::OpenOptions::new().read(true).write(true).open(name).unwrap();
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["d10_escapes_do_not_reach_a_terminal", "--nocapture", "--color", "never"]);
        let mut child = child.env(MARK, how).stdout(terminal).spawn().unwrap();
        assert!(child.wait().unwrap().success(), "{how}");
        let mut shown = vec![0; 4096];
        let read = rustix::io::read(&master, &mut shown).unwrap();
        let shown = &shown[..read];
        let start = shown.windows(2).position(|bytes| bytes == b"<a").unwrap();
        assert!(shown[start..].starts_with(expected), "{how}: {:?}", String::from_utf8_lossy(shown));
    }
}

#[test]
fn d4_random_bytes_without_end_are_a_limit() {
    for style in STYLES {
        for len in [1 << 63, u64::MAX, (1 << 20) + 1] {
            let mut plugin = guest(style, &grants(), Limits::default());
            assert!(limit(plugin.call::<_, u32>("random", (len,))).contains("random bytes"));
        }
        let mut plugin = guest(style, &grants(), Limits::default());
        assert_eq!(plugin.call::<_, u32>("random", (1_u64 << 20,)).unwrap(), 1 << 20);
    }
}

#[test]
fn d11_an_environment_that_does_not_fit_is_the_guests_error() {
    let large = "x".repeat(64 << 20);
    for style in STYLES {
        let all = grants().env("LARGE", large.as_str()).args([large.as_str()]);
        for name in ["variables", "arguments"] {
            let mut plugin = guest(style, &all, Limits::default());
            let error = plugin.call::<_, u32>(name, ()).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Trap { .. }), "{name}: {error}");
        }
    }
}

#[test]
fn e11_only_the_variables_that_were_named_are_seen() {
    assert!(std::env::var("PATH").is_ok(), "this test needs a variable that is set");
    for style in STYLES {
        let variables = |grants: Grants| {
            guest(style, &grants, Limits::default()).call::<_, u32>("variables", ()).unwrap()
        };
        assert_eq!(variables(grants()), 0);
        assert_eq!(variables(grants().allow_env("PATH")), 1);
        assert_eq!(variables(grants().allow_env("PLUGBAY_IS_NOT_SET")), 0);
        assert_eq!(variables(grants().allow_env("PATH").env("A", "1").env("A", "2")), 2);
        assert_eq!(variables(grants().allow_env("PATH").env("A", "1").deny_env("PATH")), 1);
    }
}

/// What a plugin does is the same in every run when its time and its random numbers are.
#[test]
fn d6_time_and_chance_that_are_given_repeat() {
    let run = |style| {
        let clock = Clock::skipping_from(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
        let all = grants().clock(clock).random(Random::seeded(11));
        let mut plugin = guest(style, &all, Limits::default());
        plugin.call::<_, ()>("sleep", (3_600_000_000_000_u64,)).unwrap();
        let mut number = |name: &str| plugin.call::<_, u64>(name, ()).unwrap();
        [number("now"), number("wall"), number("number"), number("seed")]
    };
    let first = run(STYLES[0]);
    assert_eq!(first[..2], [3_600_000_000_000, 1_003_600]);
    assert_eq!(run(STYLES[1]), first);
}

#[test]
fn d6_a_clock_that_the_application_moves_and_one_that_is_coarse() {
    for style in STYLES {
        let clock = Clock::virtual_at(SystemTime::UNIX_EPOCH);
        let mut plugin = guest(style, &grants().clock(clock.clone()), Limits::default());
        assert_eq!(plugin.call::<_, u64>("now", ()).unwrap(), 0);
        let mover = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            clock.advance(Duration::from_secs(10));
        });
        plugin.call::<_, ()>("sleep", (9_000_000_000_u64,)).unwrap();
        assert_eq!(plugin.call::<_, u64>("wall", ()).unwrap(), 10);
        mover.join().unwrap();
        let standing = grants().clock(Clock::virtual_at(SystemTime::UNIX_EPOCH));
        let error = guest(style, &standing, soon()).call::<_, ()>("sleep", (1_u64,)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error}");
        let coarse = grants().clock(Clock::coarse(Duration::from_millis(5)));
        let mut plugin = guest(style, &coarse, Limits::default());
        assert_eq!(plugin.call::<_, u64>("resolution", ()).unwrap(), 5_000_000);
        plugin.call::<_, ()>("sleep", (1_u64,)).unwrap();
        let now = plugin.call::<_, u64>("now", ()).unwrap();
        assert!(now > 0 && now.is_multiple_of(5_000_000), "{now}");
        let rule = plugbay::ClockRule::new(Duration::from_millis(20));
        let ruled = coarse.allow_with("wasi:clocks", &rule);
        let mut plugin = guest(style, &ruled, Limits::default());
        assert_eq!(plugin.call::<_, u64>("resolution", ()).unwrap(), 20_000_000);
    }
}
