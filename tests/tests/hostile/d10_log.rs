//! D10, for `plugbay:host/log`: floods, a line of a gigabyte, and lines that would drive a terminal.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use plugbay::powers::{LogConfig, LogLine};
use plugbay::{Config, ErrorKind, Grants, Host, Limits, Plugin, Source};

use crate::support::STYLES;

/// `flood(n)` writes n lines; `line(n)` writes one of n zeros; `escape` writes what a terminal would obey, in the text and
/// in the names and values.
const CHATTERBOX: &str = r#"(component
  (type $level' (enum "trace" "debug" "info" "warn" "error" "critical"))
  (import "plugbay:host/log@0.1.0" (instance $log
    (alias outer 1 $level' (type $l)) (export "level" (type $level (eq $l)))
    (export "log" (func (param "level" $level) (param "message" string)))
    (export "log-with" (func (param "level" $level) (param "message" string)
      (param "fields" (list (tuple string string)))))))
  (core module $libc (memory (export "memory") 2)
    (data (i32.const 16) "a line of a flood, \1b[31mred\0a")
    (data (i32.const 64) "\10\00\00\00\1c\00\00\00\10\00\00\00\1c\00\00\00"))
  (core instance $libc (instantiate $libc))
  (core func $log (canon lower (func $log "log") (memory (core memory $libc "memory"))))
  (core func $log-with (canon lower (func $log "log-with") (memory (core memory $libc "memory"))))
  (core module $m
    (import "" "log" (func $log (param i32 i32 i32)))
    (import "" "log-with" (func $log-with (param i32 i32 i32 i32 i32)))
    (import "libc" "memory" (memory 1))
    (func (export "flood") (param i32)
      (loop $next
        (call $log (i32.const 2) (i32.const 16) (i32.const 16))
        (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "line") (param i32)
      (if (i32.eq (i32.const -1) (memory.grow (i32.shr_u (local.get 0) (i32.const 16)))) (then unreachable))
      (call $log (i32.const 2) (i32.const 1024) (local.get 0)))
    (func (export "escape")
      (call $log-with (i32.const 3) (i32.const 16) (i32.const 28) (i32.const 64) (i32.const 1))))
  (core instance $i (instantiate $m
    (with "" (instance (export "log" (func $log)) (export "log-with" (func $log-with))))
    (with "libc" (instance $libc))))
  (func (export "flood") (param "lines" u32) (canon lift (core func $i "flood")))
  (func (export "line") (param "bytes" u32) (canon lift (core func $i "line")))
  (func (export "escape") (canon lift (core func $i "escape"))))"#;

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(String, Option<u64>)>>>);

impl Heard {
    fn take(&self) -> Vec<(String, Option<u64>)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn chatterbox(config: Config, limits: Limits) -> (Plugin<()>, Heard) {
    let heard = Heard::default();
    let tell = heard.clone();
    let log = LogConfig::new().sink(move |line: &LogLine<'_>| {
        let fields: Vec<_> = line.fields.iter().map(|(name, value)| format!("|{name}={value}")).collect();
        tell.0.lock().unwrap().push((format!("{}{}", line.message, fields.concat()), line.dropped));
    });
    let host = Host::<()>::builder().engine(config).limits(limits).log(log).build().unwrap();
    let source = Source::bytes("chatterbox", wat::parse_str(CHATTERBOX).unwrap());
    let linked = host.compile(source).unwrap().link(&Grants::none().allow("plugbay:host/log")).unwrap();
    (linked.instantiate(()).unwrap(), heard)
}

#[test]
fn d10_ten_million_lines_are_held_to_a_rate() {
    // A tenth in the other style: it is the same host function.
    for (style, lines) in STYLES.into_iter().zip([10_000_000_u32, 1_000_000]) {
        let (mut plugin, heard) =
            chatterbox(Config::new().with_trap_style(style), Limits::default().no_deadline());
        let begun = Instant::now();
        plugin.call::<_, ()>("flood", (lines,)).unwrap();
        let seconds = begun.elapsed().as_secs();
        drop(plugin);
        let heard = heard.take();
        let (dropped, told): (Vec<_>, Vec<_>) = heard.iter().partition(|(_, dropped)| dropped.is_some());
        // A reserve of 1,000, then 100 a second, and a summary before each of those.
        assert!(told.len() as u64 <= 1_000 + 100 * (seconds + 1), "{} lines in {seconds} s", told.len());
        let dropped: u64 = dropped.iter().filter_map(|(_, dropped)| *dropped).sum();
        assert_eq!(dropped + told.len() as u64, u64::from(lines), "every line is told or counted");
    }
}

#[test]
fn d10_a_flood_ends_at_the_deadline_of_the_call() {
    for style in STYLES {
        let limits = Limits::default().deadline(std::time::Duration::from_millis(200));
        let (mut plugin, heard) = chatterbox(Config::new().with_trap_style(style), limits);
        let error = plugin.call::<_, ()>("flood", (u32::MAX,)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error}");
        drop(plugin);
        assert!(heard.take().len() < 10_000);
    }
}

#[test]
fn d10_a_line_of_a_gigabyte_is_a_limit_or_a_short_line() {
    /// The longest string that the canonical ABI knows.
    const LONGEST: u32 = (1 << 28) - 1;
    let mut limits = Limits::default().memory(2 << 30).no_deadline();
    let (mut plugin, heard) = chatterbox(Config::new(), limits.clone());
    let error = plugin.call::<_, ()>("line", (1_u32 << 30,)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Trap { .. }), "{error}");
    drop(plugin);
    let (mut plugin, _) = chatterbox(Config::new(), limits.clone());
    let error = plugin.call::<_, ()>("line", (LONGEST,)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { knob, .. } if knob == "string_bytes"), "{error}");
    assert!(heard.take().is_empty());
    // A host that takes strings of any length still copies no more than a line.
    (limits.string_bytes, limits.value_bytes) = (u32::MAX, u64::MAX);
    let (mut plugin, heard) = chatterbox(Config::new(), limits);
    plugin.call::<_, ()>("line", (LONGEST,)).unwrap();
    let lines = heard.take();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].0.len() < 64 << 10, "{}", lines[0].0.len());
    assert!(lines[0].0.ends_with("… (268427263 bytes more)"));
}

#[test]
fn d10_lines_of_a_log_drive_no_terminal() {
    let (mut plugin, heard) = chatterbox(Config::new(), Limits::default());
    plugin.call::<_, ()>("escape", ()).unwrap();
    let plain = r"a line of a flood, \u{1b}[31mred\n";
    assert_eq!(heard.take(), [(format!("{plain}|{plain}={plain}"), None)]);
}
