//! What is to be reached, and the table that says of each goal whether it was. A goal is data: which cell, which peer's cell
//! beside it, how much at most.

use std::fmt::Write;

use super::results::Results;

/// How much a figure may be.
#[derive(Clone, Copy)]
enum AtMost {
    /// So much: nanoseconds, bytes or KiB, as the metric says.
    Absolute(f64),
    /// So many times the peer's.
    Times(f64),
}

/// One figure with its goal.
struct Goal {
    label: &'static str,
    section: &'static str,
    /// Ours: the best of these counts.
    ours: &'static [&'static str],
    peer: &'static str,
    case: &'static str,
    metric: &'static str,
    at_most: AtMost,
}

const fn goal(
    label: &'static str,
    section: &'static str,
    ours: &'static [&'static str],
    peer: &'static str,
    case: &'static str,
    metric: &'static str,
    at_most: AtMost,
) -> Goal {
    Goal { label, section, ours, peer, case, metric, at_most }
}

use AtMost::{Absolute, Times};

const OURS: &[&str] = &["plugbay"];
const FRESH: &[&str] = &["plugbay-fresh"];
const IDLE: &[&str] = &["plugbay", "plugbay-dense"];
const LAZY: &[&str] = &["plugbay-lazy"];
const DYNAMIC: &[&str] = &["plugbay-dyn"];
const MS: f64 = 1e6;
const US: f64 = 1e3;
const KIB: f64 = 1024.0;

#[rustfmt::skip]
const GOALS: &[Goal] = &[
    goal("core call", "A", OURS, "wasmtime", "core_add", "ns", Absolute(4.0)),
    goal("core import call", "B", OURS, "wasmtime", "host_core_add", "ns", Absolute(3.5)),
    goal("component call: add", "A", OURS, "wasmtime", "add", "ns", Absolute(6.0)),
    goal("component call: echo 16 B", "A", OURS, "wasmtime", "echo:16", "ns", Absolute(40.0)),
    goal("component call: echo 1 KiB", "A", OURS, "wasmtime", "echo:1024", "ns", Absolute(65.0)),
    goal("component call: echo 64 KiB", "A", OURS, "wasmtime", "echo:65536", "ns", Absolute(2.3 * US)),
    goal("component call: echo 1 MiB", "A", OURS, "wasmtime", "echo:1048576", "ns", Absolute(55.0 * US)),
    goal("component call: result<string,string>", "A", OURS, "wasmtime", "result", "ns", Absolute(40.0)),
    goal("component call: list<u32> of 100,000", "A", OURS, "wasmtime", "u32s:100000", "ns", Absolute(9.8 * US)),
    goal("component call: list<u8> of 1 MiB", "A", OURS, "wasmtime", "bytes:1048576", "ns", Absolute(39.0 * US)),
    goal("component call: 1,000 records in", "A", OURS, "wasmtime", "rows_in:1000", "ns", Absolute(3.5 * US)),
    goal("component call: 1,000 records out, owned", "A", OURS, "wasmtime", "rows_out:1000", "ns", Absolute(37.0 * US)),
    goal("component call: 1,000 records both ways", "A", OURS, "wasmtime", "rows:1000", "ns", Absolute(42.0 * US)),
    goal("component call: resource method", "A", OURS, "wasmtime", "resource", "ns", Absolute(12.0)),
    goal("component call: resource new and drop", "A", OURS, "wasmtime", "resource_new", "ns", Absolute(25.0)),
    goal("guest calls host: add", "B", OURS, "wasmtime", "host_add", "ns", Absolute(5.0)),
    goal("guest calls host: log", "B", OURS, "wasmtime", "host_log", "ns", Absolute(10.0)),
    goal("dynamic: add", "A", DYNAMIC, "wasmtime-dyn", "add", "ns", Absolute(35.0)),
    goal("dynamic: 1,000 records both ways", "A", DYNAMIC, "wasmtime-dyn", "rows:1000", "ns", Absolute(120.0 * US)),
    goal("dynamic: list<u8> of 1 MiB", "A", DYNAMIC, "wasmtime-dyn", "bytes:1048576", "ns", Absolute(45.0 * US)),
    goal("instance, 1 page, slot reused", "E", OURS, "wasmtime-poolkeep", "inst:1", "ns", Absolute(0.9 * US)),
    goal("instance, 17 pages, slot reused", "E", OURS, "wasmtime-poolkeep", "inst:17", "ns", Absolute(0.9 * US)),
    goal("instance, 1 page, fresh", "E", FRESH, "wasmtime", "inst:1", "ns", Absolute(6.0 * US)),
    goal("instance, 17 pages, fresh", "E", FRESH, "wasmtime", "inst:17", "ns", Absolute(6.0 * US)),
    goal("the same, called, 1 page, reused", "E", OURS, "wasmtime-poolkeep", "inst_call:1", "ns", Absolute(1.7 * US)),
    goal("the same, called, 17 pages, reused", "E", OURS, "wasmtime-poolkeep", "inst_call:17", "ns", Absolute(1.7 * US)),
    goal("the same, called, 1 page, fresh", "E", FRESH, "wasmtime", "inst_call:1", "ns", Absolute(12.0 * US)),
    goal("the same, called, 17 pages, fresh", "E", FRESH, "wasmtime", "inst_call:17", "ns", Absolute(12.0 * US)),
    goal("idle instance of 10,000, called: memory", "E2", IDLE, "wasmtime", "idle:1:10000:2", "rss_bytes", Absolute(9.0 * KIB)),
    goal("idle instance of 10,000, called: page tables", "E2", IDLE, "wasmtime", "idle:1:10000:2", "pte_bytes", Absolute(4.0 * KIB)),
    goal("idle instance, never called: memory", "E2", IDLE, "wasmtime", "idle:1:1000:0", "rss_bytes", Absolute(4.0 * KIB)),
    goal("warm start in a running host, tiny", "D2", OURS, "wasmtime", "warm:tiny_1", "ns", Absolute(15.0 * US)),
    goal("warm start in a running host, Lua", "D2", OURS, "wasmtime", "warm:lua", "ns", Absolute(60.0 * US)),
    goal("warm start in a running host, SQLite", "D2", OURS, "wasmtime", "warm:sqlite", "ns", Absolute(120.0 * US)),
    goal("warm start in a running host, SpiderMonkey", "D2", OURS, "wasmtime", "warm:spidermonkey", "ns", Absolute(150.0 * US)),
    goal("warm start in a running host, esbuild", "D2", OURS, "wasmtime", "warm:esbuild", "ns", Absolute(100.0 * US)),
    goal("cold start, eager, Lua: wall", "C", OURS, "wasmtime", "cold:lua:parallel", "total_ns", Times(1.0)),
    goal("cold start, eager, SQLite: wall", "C", OURS, "wasmtime", "cold:sqlite:parallel", "total_ns", Times(1.0)),
    goal("cold start, eager, SpiderMonkey: wall", "C", OURS, "wasmtime", "cold:spidermonkey:parallel", "total_ns", Times(1.0)),
    goal("cold start, eager, esbuild: wall", "C", OURS, "wasmtime", "cold:esbuild:parallel", "total_ns", Times(1.0)),
    goal("cold start, eager, Lua: peak memory", "C", OURS, "wasmtime", "cold:lua:parallel", "peak_kib", Times(0.7)),
    goal("cold start, eager, SQLite: peak memory", "C", OURS, "wasmtime", "cold:sqlite:parallel", "peak_kib", Times(0.7)),
    goal("cold start, eager, SpiderMonkey: peak memory", "C", OURS, "wasmtime", "cold:spidermonkey:parallel", "peak_kib", Times(0.7)),
    goal("cold start, eager, esbuild: peak memory", "C", OURS, "wasmtime", "cold:esbuild:parallel", "peak_kib", Times(0.7)),
    goal("cold start, lazy, Lua: wall", "C", LAZY, "wasmi-lazy", "cold:lua:parallel", "total_ns", Absolute(12.0 * MS)),
    goal("cold start, lazy, SQLite: wall", "C", LAZY, "wasmi-lazy", "cold:sqlite:parallel", "total_ns", Absolute(40.0 * MS)),
    goal("cold start, lazy, SpiderMonkey: wall", "C", LAZY, "wasmi-lazy", "cold:spidermonkey:parallel", "total_ns", Absolute(150.0 * MS)),
    goal("cold start, lazy, esbuild: wall", "C", LAZY, "wasmi-lazy", "cold:esbuild:parallel", "total_ns", Absolute(200.0 * MS)),
    goal("cold start, lazy, SpiderMonkey: peak memory", "C", LAZY, "wasmi-lazy", "cold:spidermonkey:parallel", "peak_kib", Absolute(120.0 * KIB)),
    goal("cold start, lazy, esbuild: peak memory", "C", LAZY, "wasmi-lazy", "cold:esbuild:parallel", "peak_kib", Absolute(120.0 * KIB)),
];

/// The ten kernels of sections F and G.
const KERNELS: [&str; 10] = [
    "mixed:200",
    "fib:30",
    "matmul:128",
    "sha256:1024",
    "mandelbrot:128",
    "quicksort:200000",
    "json:5000",
    "nbody:50000",
    "sieve:16000000",
    "dispatch:2000000",
];
const PROGRAMS: [&str; 2] = ["lua:22", "sqlite:5000"];
const SIMD: [&str; 4] = ["mixed:200", "matmul:128", "sha256:1024", "sieve:16000000"];

/// A set of kernels as one figure: the geometric mean of ours over the other's, and the worst.
struct Kernels {
    label: &'static str,
    section: &'static str,
    family: &'static str,
    ours: &'static str,
    /// A peer, or ourselves without what is measured.
    other: &'static str,
    cases: &'static [&'static str],
    mean: f64,
    worst: Option<f64>,
}

#[rustfmt::skip]
const SETS: &[Kernels] = &[
    Kernels { label: "ten kernels", section: "F", family: "kernel", ours: "plugbay", other: "wasmtime", cases: &KERNELS, mean: 1.0, worst: Some(1.1) },
    Kernels { label: "Lua and SQLite", section: "F", family: "kernel", ours: "plugbay", other: "wasmtime", cases: &PROGRAMS, mean: 1.0, worst: Some(1.1) },
    Kernels { label: "SIMD build", section: "F2", family: "kernel_simd", ours: "plugbay", other: "wasmtime", cases: &SIMD, mean: 1.0, worst: Some(1.1) },
    Kernels { label: "armed deadline, signals", section: "G", family: "kernel", ours: "plugbay-metering-deadline", other: "plugbay-metering-off", cases: &KERNELS, mean: 1.01, worst: None },
    Kernels { label: "fuel, signals", section: "G", family: "kernel", ours: "plugbay-fuel", other: "plugbay-metering-off", cases: &KERNELS, mean: 1.2, worst: None },
    Kernels { label: "fuel, explicit", section: "G", family: "kernel", ours: "plugbay-explicit-fuel", other: "plugbay-explicit-metering-off", cases: &KERNELS, mean: 1.2, worst: None },
];

/// The table of all goals of the sections that were measured.
pub(super) fn table(results: &Results) -> String {
    let mut text = String::from(
        "| measure | ours | least to most | peer | peer's | ours / peer's | to reach | reached |\n|---|--:|--:|---|--:|--:|--:|---|\n",
    );
    for goal in GOALS.iter().filter(|goal| results.has(goal.section)) {
        single(results, goal, &mut text);
    }
    for set in SETS.iter().filter(|set| results.has(set.section)) {
        kernels(results, set, &mut text);
    }
    text
}

fn single(results: &Results, goal: &Goal, text: &mut String) {
    let Goal { label, section, case, metric, peer, .. } = *goal;
    let cells = goal.ours.iter().filter_map(|name| results.cell(section, name, case, metric));
    let ours = cells.min_by(|a, b| a.median.total_cmp(&b.median));
    let theirs = results.cell(section, peer, case, metric).map(|cell| cell.median);
    let show = |value: f64| show(metric, value);
    let limit = match goal.at_most {
        Absolute(limit) => Some(limit),
        Times(times) => theirs.map(|theirs| theirs * times),
    };
    let to_reach = match goal.at_most {
        Absolute(limit) => format!("≤ {}", show(limit)),
        Times(times) => format!("≤ {times}×"),
    };
    let (median, spread) = match ours {
        Some(cell) => (show(cell.median), format!("{} to {}", show(cell.min), show(cell.max))),
        None => ("–".to_owned(), "–".to_owned()),
    };
    let ratio = ours.zip(theirs).map(|(ours, theirs)| ours.median / theirs);
    let _ = writeln!(
        text,
        "| {section}: {label} | {median} | {spread} | {peer} | {} | {} | {to_reach} | {} |",
        theirs.map_or("–".to_owned(), show),
        ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}")),
        verdict(ours.zip(limit).map(|(ours, limit)| ours.median <= limit)),
    );
}

fn kernels(results: &Results, set: &Kernels, text: &mut String) {
    let ratios: Vec<(&str, f64)> = set
        .cases
        .iter()
        .filter_map(|case| {
            let cell = |name| results.cell(set.section, name, &format!("{}:{case}", set.family), "ns");
            Some((*case, cell(set.ours)?.median / cell(set.other)?.median))
        })
        .collect();
    let whole = ratios.len() == set.cases.len();
    let mean = (ratios.iter().map(|(_, ratio)| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
    let worst = ratios.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    let least = ratios.iter().min_by(|a, b| a.1.total_cmp(&b.1));
    let named = |ratio: Option<&(&str, f64)>| {
        ratio.map_or("–".to_owned(), |(name, ratio)| format!("{name} {ratio:.2}"))
    };
    let reached =
        mean <= set.mean && set.worst.is_none_or(|limit| worst.is_some_and(|(_, ratio)| *ratio <= limit));
    let _ = writeln!(
        text,
        "| {}: {} ({}) | {} | {} to {} | {} | 1 | {} | ≤ {}{} | {} |",
        set.section,
        set.label,
        set.ours,
        if whole { format!("{mean:.3}") } else { "–".to_owned() },
        named(least),
        named(worst),
        set.other,
        if whole { format!("{mean:.3}") } else { "–".to_owned() },
        set.mean,
        set.worst.map(|worst| format!(", each ≤ {worst}")).unwrap_or_default(),
        verdict(whole.then_some(reached)),
    );
}

fn verdict(reached: Option<bool>) -> &'static str {
    match reached {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not measured",
    }
}

fn show(metric: &str, value: f64) -> String {
    if let Some(bytes) = match metric {
        _ if metric.ends_with("_kib") => Some(value * KIB),
        _ if metric.ends_with("_bytes") => Some(value),
        _ => None,
    } {
        return match bytes {
            bytes if bytes < KIB => format!("{bytes:.0} B"),
            bytes if bytes < KIB * KIB => format!("{:.1} KiB", bytes / KIB),
            bytes => format!("{:.1} MiB", bytes / KIB / KIB),
        };
    }
    match value {
        ns if ns < 100.0 => format!("{ns:.2} ns"),
        ns if ns < US => format!("{ns:.0} ns"),
        ns if ns < MS => format!("{:.2} µs", ns / US),
        ns if ns < 1e9 => format!("{:.2} ms", ns / MS),
        ns => format!("{:.2} s", ns / 1e9),
    }
}

/// The harness's own tables, one level of headings down.
pub(super) fn demote(tables: &str) -> String {
    tables.lines().fold(String::new(), |text, line| {
        let deeper = if line.starts_with('#') { "#" } else { "" };
        text + deeper + line + "\n"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(section: &str, contestant: &str, case: &str, median: f64) -> String {
        format!(
            r#"{{"section":"{section}","contestant":"{contestant}","case":"{case}","metric":"ns","median":{median},"min":1,"max":9}}"#
        )
    }

    fn row<'a>(table: &'a str, label: &str) -> &'a str {
        table.lines().find(|line| line.contains(label)).unwrap_or_default()
    }

    #[test]
    fn a_goal_is_reached_missed_or_not_measured_and_the_last_record_counts() {
        let text =
            [record("A", "plugbay", "core_add", 9.0), record("A", "plugbay", "core_add", 3.0)].join("\n");
        let table = table(&Results::parse(&text).unwrap_or_default());
        assert!(row(&table, "A: core call").ends_with("| yes |"), "{table}");
        assert!(row(&table, "B: core import call").is_empty(), "{table}");
        let table =
            super::table(&Results::parse(&record("B", "wasmtime", "host_core_add", 9.0)).unwrap_or_default());
        assert!(row(&table, "B: core import call").ends_with("| not measured |"), "{table}");
        let text = record("A", "plugbay", "core_add", 4.1);
        let table = super::table(&Results::parse(&text).unwrap_or_default());
        assert!(row(&table, "A: core call").ends_with("| no |"), "{table}");
    }

    #[test]
    fn one_slow_kernel_spoils_the_set() {
        let run = |slow: f64| {
            let case = |name: &str| format!("kernel:{name}");
            let ours =
                PROGRAMS.iter().zip([slow, 0.5]).map(|(name, ns)| record("F", "plugbay", &case(name), ns));
            let theirs = PROGRAMS.iter().map(|name| record("F", "wasmtime", &case(name), 1.0));
            let text: Vec<_> = ours.chain(theirs).collect();
            table(&Results::parse(&text.join("\n")).unwrap_or_default())
        };
        assert!(row(&run(1.05), "F: Lua and SQLite").ends_with("| yes |"));
        assert!(row(&run(1.2), "F: Lua and SQLite").ends_with("| no |"));
    }
}
