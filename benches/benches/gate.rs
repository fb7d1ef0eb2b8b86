//! What asking for permission costs on the way of a host call: `cargo bench -p plugbay-benches --bench gate`. Each row is a guest
//! that calls one function of the host a thousand times; what counts is the difference to the function without a gate.
//!
//! `-- once ROW CALLS` does one row, with so many calls into the guest, and measures nothing: for counting instructions,
//! `valgrind --tool=callgrind`; of two runs the difference is that of their calls.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and says so if it cannot run"
)]

use std::hint::black_box;
use std::time::Instant;

use plugbay::audit::Event;
use plugbay::grants::{Power, Rule};
use plugbay::{Grants, Host, HostBuilder, HostContext, Limits, Linker, Plugin, PluginState, Source};
use serde::{Deserialize, Serialize};

/// How often the guest calls the host in one call.
const CALLS_BACK: u32 = 1_000;
/// Calls into the guest in one sample, and samples. Short ones, so that few are interrupted; the rows take turns, so that noise of
/// the machine meets all of them.
const CALLS: u32 = 10;
const SAMPLES: usize = 501;

/// One rule of a capability with parameters: numbers below a bound.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Below {
    bound: u32,
}

impl Rule for Below {
    type Request<'a> = u32;

    fn matches(&self, number: &u32) -> bool {
        *number < self.bound
    }

    fn words(&self) -> String {
        format!("numbers below {}", self.bound)
    }
}

type Cx<'a> = HostContext<'a, PluginState<()>>;

/// The rows: name, and what it shows.
const ROWS: [(&str, &str); 8] = [
    ("open", "a function that needs no grant: no gate"),
    ("open-among-grants", "the same, in a plugin that was granted all of WASI"),
    ("granted", "a function that was granted: a gate"),
    ("audited", "granted, and somebody wants to know"),
    ("measured", "granted, and somebody wants to know how long"),
    ("rule-allows", "granted with a rule, which each call is held against"),
    ("rule-denies", "the same, when the rule denies"),
    ("rule-audited", "granted with a rule, and somebody wants to know"),
];

fn builder() -> HostBuilder<()> {
    Host::<()>::builder().limits(Limits::default().no_deadline())
}

fn add(linker: &mut Linker<PluginState<()>>) -> Result<(), plugbay::ComponentError> {
    linker.root().func_wrap("add", |_: &mut Cx<'_>, (a, b): (u32, u32)| Ok(a.wrapping_add(b)))?;
    Ok(())
}

/// Each call asks, and adds whether or not it may.
fn asking(linker: &mut Linker<PluginState<()>>, power: Power<Below>) -> Result<(), plugbay::ComponentError> {
    linker.root().func_wrap("add", move |cx: &mut Cx<'_>, (a, b): (u32, u32)| {
        let may = cx.data_mut().may(&power, "add", "", &b);
        Ok(a.wrapping_add(b).wrapping_add(u32::from(may)))
    })?;
    Ok(())
}

fn plugin(row: &str) -> Plugin {
    let sink = |event: &Event| {
        black_box(event.count);
    };
    let granted = Grants::none().allow("add");
    let below = |bound| Grants::none().allow_with("add", &Below { bound });
    let (host, grants) = match row {
        "open" => (builder().provide_open("add", add), Grants::none()),
        "open-among-grants" => {
            let all = ["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:random", "wasi:sockets"];
            (builder().provide_open("add", add), all.into_iter().fold(Grants::none(), Grants::allow))
        }
        "granted" => (builder().provide("add", add), granted),
        "audited" => (builder().provide("add", add).audit(sink), granted),
        "measured" => (builder().provide("add", add).audit(sink).measure(true), granted),
        "rule-allows" => (builder().capability::<Below, _>("add", "adds", asking), below(u32::MAX)),
        "rule-denies" => (builder().capability::<Below, _>("add", "adds", asking), below(0)),
        _ => (builder().capability::<Below, _>("add", "adds", asking).audit(sink), below(u32::MAX)),
    };
    let compiled = host.build().unwrap().compile(Source::bytes("bench", plugbay_benches::guest())).unwrap();
    compiled.link(&grants).unwrap().instantiate(()).unwrap()
}

fn run(plugin: &mut Plugin, calls: u32) {
    let func = plugin.typed::<(u32,), u32>("call-host").unwrap();
    for _ in 0..calls {
        black_box(plugin.call_typed("call-host", &func, (black_box(CALLS_BACK),)).unwrap());
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [once, row, calls] = args.as_slice()
        && once == "once"
    {
        run(&mut plugin(row), calls.parse().unwrap());
        return;
    }
    let mut plugins: Vec<_> = ROWS.iter().map(|(row, _)| plugin(row)).collect();
    let mut times = vec![Vec::with_capacity(SAMPLES); ROWS.len()];
    for _ in 0..SAMPLES {
        for (plugin, times) in plugins.iter_mut().zip(&mut times) {
            let begun = Instant::now();
            run(plugin, CALLS);
            times.push(begun.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS) / f64::from(CALLS_BACK));
        }
    }
    let sorted = |times: &[f64]| {
        let mut times = times.to_vec();
        times.sort_by(f64::total_cmp);
        times
    };
    println!("one host call, {CALLS_BACK} in a call of the guest; medians of {SAMPLES} samples, ns");
    println!("{:<20}{:>8}{:>8}{:>8}{:>12}", "row", "least", "median", "most", "over open");
    let open = times[0].clone();
    for ((row, shows), times) in ROWS.iter().zip(&times) {
        // The difference within each round, of which the median: what slowed the round down slowed both.
        let differences: Vec<f64> = times.iter().zip(&open).map(|(time, open)| time - open).collect();
        let (times, differences) = (sorted(times), sorted(&differences));
        let middle = SAMPLES / 2;
        let (least, most) = (times[0], times[SAMPLES - 1]);
        println!(
            "{row:<20}{least:>8.2}{:>8.2}{most:>8.2}{:>12.2}  {shows}",
            times[middle], differences[middle]
        );
    }
}
