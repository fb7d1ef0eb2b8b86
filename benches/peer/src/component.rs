//! Typed calls of a component, through the bindings that `bindgen!` makes: what an application writes.

use bindings::Calls;
use bindings::bench::calls::host;
use bindings::exports::bench::calls::guest::{Counter, Row};
use plugbay::{ComponentType, Grants, Host, HostBuilder, Linked, ListView, Source, View};

use crate::data::{bytes, guest, number, rows, text, words};
use crate::worker::{Worker, counted, looped};
use crate::{Result, variant};

#[allow(missing_docs, reason = "the WIT of the benchmark has no comments")]
mod bindings {
    plugbay::bindgen!({ path: "wit/calls.wit", world: "calls" });
}

/// What the host functions work on.
#[derive(Default)]
pub(crate) struct State {
    seen: u32,
}

impl host::Host for State {
    fn add(&mut self, a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }

    fn log(&mut self, level: host::Level, msg: &str) {
        self.seen = self.seen.wrapping_add(msg.len() as u32).wrapping_add(level as u32);
    }
}

/// The component of the call cases, linked.
pub(crate) fn linked(contestant: &str) -> Result<Linked<State>> {
    let config = variant::config(contestant).ok_or("a contestant that this build does not have")?;
    let builder: HostBuilder<State> = Host::builder().engine(config);
    let host = bindings::offer(builder, |state: &mut State| state).build()?;
    let source = Source::bytes("calls", guest("calls.component.wasm")?);
    Ok(host.compile(source)?.link(&Grants::none().allow("bench:calls"))?)
}

fn plugin(contestant: &str) -> Result<Calls<State>> {
    Ok(linked(contestant)?.instantiate_as(State::default())?)
}

fn records(len: usize) -> Vec<Row> {
    rows(len).map(|(name, a, b)| Row { name, a, b }).collect()
}

/// A record that is looked at in the guest's memory.
#[derive(ComponentType, View)]
#[component(record)]
struct RowView<'a> {
    name: &'a str,
    a: u32,
    b: u32,
}

/// Calls in both directions.
pub(crate) fn cases(worker: &mut Worker, contestant: &'static str) {
    worker.bench(contestant, "add", move |_| {
        let mut plugin = plugin(contestant)?;
        looped(move || Ok(plugin.guest().add(1, 2)?))
    });
    lists(worker, contestant);
    worker.bench(contestant, "result", move |_| {
        let (mut plugin, text) = (plugin(contestant)?, text(16));
        looped(move || Ok(plugin.guest().check(&text)?))
    });
    worker.bench(contestant, "resource", move |_| {
        let mut plugin = plugin(contestant)?;
        let counter = Counter::new(&mut plugin, 5)?;
        looped(move || Ok(counter.incr(&mut plugin, 1)?))
    });
    worker.bench(contestant, "resource_new", move |_| {
        let mut plugin = plugin(contestant)?;
        looped(move || {
            let counter = Counter::new(&mut plugin, 5)?;
            Ok(counter.drop(&mut plugin)?)
        })
    });
    worker.bench(contestant, "host_add", move |_| {
        let mut plugin = plugin(contestant)?;
        counted(move |count| Ok(plugin.guest().run_host_add(count).map(drop)?))
    });
    worker.bench(contestant, "host_log", move |_| {
        let mut plugin = plugin(contestant)?;
        counted(move |count| Ok(plugin.guest().run_host_log(count)?))
    });
}

/// Calls with strings and lists.
fn lists(worker: &mut Worker, contestant: &'static str) {
    worker.bench(contestant, "echo", move |args| {
        let (mut plugin, text) = (plugin(contestant)?, text(number(args, 0)?));
        looped(move || Ok(plugin.guest().echo(&text)?))
    });
    worker.bench(contestant, "bytes", move |args| {
        let (mut plugin, bytes) = (plugin(contestant)?, bytes(number(args, 0)?));
        looped(move || Ok(plugin.guest().echo_bytes(&bytes)?))
    });
    worker.bench(contestant, "u32s", move |args| {
        let (mut plugin, words) = (plugin(contestant)?, words(number(args, 0)?));
        looped(move || Ok(plugin.guest().echo_u32s(&words)?))
    });
    worker.bench(contestant, "rows", move |args| {
        let (mut plugin, rows) = (plugin(contestant)?, records(number(args, 0)?));
        looped(move || Ok(plugin.guest().echo_rows(&rows)?))
    });
    worker.bench(contestant, "rows_in", move |args| {
        let (mut plugin, rows) = (plugin(contestant)?, records(number(args, 0)?));
        looped(move || Ok(plugin.guest().sum_rows(&rows)?))
    });
    worker.bench(contestant, "rows_out", move |args| {
        let (mut plugin, count) = (plugin(contestant)?, number(args, 0)?);
        looped(move || Ok(plugin.guest().make_rows(count)?))
    });
    worker.bench(contestant, "rows_views", move |args| {
        let (mut plugin, count) =
            (linked(contestant)?.instantiate(State::default())?, number::<u32>(args, 0)?);
        let name = "bench:calls/guest@0.1.0#make-rows";
        let make = plugin.typed::<(u32,), ListView<'static, RowView<'static>>>(name)?;
        looped(move || {
            let sum = |_: &mut State, rows: ListView<'_, RowView<'static>>| {
                rows.iter()
                    .map(|row| row.name.len() as u64 + u64::from(row.a) + u64::from(row.b))
                    .sum::<u64>()
            };
            Ok(plugin.call_typed_with(name, &make, (count,), sum)?)
        })
    });
}
