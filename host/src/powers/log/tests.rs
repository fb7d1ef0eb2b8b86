//! The logger without a plugin: what is told, and what is dropped.

use std::sync::{Arc, Mutex};

use super::*;
use crate::grant::By;
use crate::grant::rule::Layer;

type Heard = Arc<Mutex<Vec<String>>>;

fn logger(config: LogConfig, power: Power<LogRule>) -> (Logger, Heard) {
    let heard = Heard::default();
    let tell = heard.clone();
    let config = config.sink(move |line: &LogLine<'_>| {
        let fields: Vec<_> = line.fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        tell.lock().unwrap().push(format!("{} {}{}", line.level, line.message, fields.concat()));
    });
    (Logger::new("acme:p".into(), config, power), heard)
}

fn log(logger: &Logger, level: LogLevel, message: &str) {
    logger.line(level, message, std::iter::empty(), |_| true);
}

#[test]
fn lines_are_told_by_level_and_made_plain() {
    let warn = LogRule::from(LogLevel::Warn);
    let power = Power::new([Layer { by: By::Grant, allow: Some(vec![warn]), deny: Vec::new() }]);
    let (logger, heard) = logger(LogConfig::new().line_bytes(20), power);
    assert!(!logger.wants(LogLevel::Info) && logger.wants(LogLevel::Critical));
    log(&logger, LogLevel::Info, "not granted");
    log(&logger, LogLevel::Error, "a\x1b[2Jb");
    let fields = [("\nname", "value"), ("long", "0123456789012345678901234567890")];
    logger.line(LogLevel::Critical, "end", fields.into_iter(), |_| true);
    let lines = heard.lock().unwrap().clone();
    assert_eq!(lines, ["error a\\u{1b}[2Jb", "critical end \\nname=value long=0123456… (24 bytes more)"]);
}

#[test]
fn a_flood_is_dropped_and_counted() {
    let (logger, heard) = logger(LogConfig::new().rate(0, 3), Power::new([]));
    for number in 0..1000 {
        log(&logger, LogLevel::Info, &format!("line {number}"));
    }
    logger.flush();
    logger.flush();
    let lines = heard.lock().unwrap().clone();
    let summary = "warn 997 lines dropped: the plugin wrote more than it may";
    assert_eq!(lines, ["info line 0", "info line 1", "info line 2", summary]);
}

#[test]
fn bytes_are_held_to_a_rate_as_lines_are() {
    let (logger, heard) = logger(LogConfig::new().byte_rate(0, 100).line_bytes(60), Power::new([]));
    log(&logger, LogLevel::Info, &"a".repeat(1 << 20));
    let value = "0123456789012345678901234567890123456789";
    logger.line(LogLevel::Info, "", [("k", value)].into_iter(), |_| true);
    log(&logger, LogLevel::Info, "b");
    logger.flush();
    let lines = heard.lock().unwrap().clone();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].len() < 100 && lines[0].ends_with("… (1048516 bytes more)"), "{}", lines[0]);
    assert!(lines[2].starts_with("warn 1 line dropped"), "{}", lines[2]);
}

#[test]
fn what_is_beyond_the_limit_of_a_call_is_dropped_too() {
    let (logger, heard) = logger(LogConfig::new(), Power::new([]));
    let mut left = 6_u64;
    for line in ["four", "five!", "2"] {
        logger.line(LogLevel::Info, line, std::iter::empty(), |bytes| {
            left.checked_sub(bytes).inspect(|rest| left = *rest).is_some()
        });
    }
    let lines = heard.lock().unwrap().clone();
    assert_eq!(lines, ["info four", "warn 1 line dropped: the plugin wrote more than it may", "info 2"]);
}

#[test]
fn a_plugin_is_a_target_of_its_own() {
    let (one, two) = (trace::sites("a:one"), trace::sites("a:two"));
    assert_eq!(tracing::callsite::Callsite::metadata(one[3]).target(), "plugin::a:one");
    assert_eq!(tracing::callsite::Callsite::metadata(two[0]).target(), "plugin::a:two");
    assert!(std::ptr::eq(one[0], trace::sites("a:one")[0]), "made once");
}
