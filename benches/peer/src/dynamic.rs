//! Calls of a component with values whose types are only known when it runs.

use plugbay::Val;

use crate::Result;
use crate::component::{State, linked};
use crate::data::{bytes, number, rows, text, words};
use crate::worker::{Body, Worker, looped};

fn calling(contestant: &str, function: &str, args: Vec<Val>) -> Result<Body> {
    let mut plugin = linked(contestant)?.instantiate(State::default())?;
    let path = format!("bench:calls/guest@0.1.0#{function}");
    let func = plugin.func(&path)?;
    looped(move || Ok(plugin.call_func(&path, func, &args)?))
}

fn records(len: usize) -> Val {
    let row = |(name, a, b)| {
        Val::Record([("name", Val::String(name)), ("a", Val::U32(a)), ("b", Val::U32(b))].into())
    };
    Val::List(rows(len).map(row).collect())
}

/// Calls with every kind of value.
pub(crate) fn cases(worker: &mut Worker, contestant: &'static str) {
    worker.bench(contestant, "add", move |_| calling(contestant, "add", vec![Val::U32(1), Val::U32(2)]));
    worker.bench(contestant, "echo", move |args| {
        calling(contestant, "echo", vec![Val::String(text(number(args, 0)?))])
    });
    worker.bench(contestant, "bytes", move |args| {
        calling(contestant, "echo-bytes", vec![Val::Bytes(bytes(number(args, 0)?))])
    });
    worker.bench(contestant, "u32s", move |args| {
        let items = words(number(args, 0)?).into_iter().map(Val::U32).collect();
        calling(contestant, "echo-u32s", vec![Val::List(items)])
    });
    worker.bench(contestant, "rows", move |args| {
        calling(contestant, "echo-rows", vec![records(number(args, 0)?)])
    });
    worker.bench(contestant, "rows_in", move |args| {
        calling(contestant, "sum-rows", vec![records(number(args, 0)?)])
    });
    worker.bench(contestant, "rows_out", move |args| {
        calling(contestant, "make-rows", vec![Val::U32(number(args, 0)?)])
    });
    worker.bench(contestant, "result", move |_| calling(contestant, "check", vec![Val::String(text(16))]));
}
