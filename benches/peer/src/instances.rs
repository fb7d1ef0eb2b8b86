//! One more instance: made, called, dropped; and what ten thousand of them take.

use plugbay::{Grants, Host, Linked, Plugin, Source};
use plugbay_engine::{Engine, Module};

use crate::clock::{Clock, now, status_kib};
use crate::core::{Core, engine};
use crate::data::{guest, number};
use crate::worker::{Figures, Worker, looped};
use crate::{Result, variant};

/// The families, with how many pages the first call dirties.
const FAMILIES: [(&str, u32); 2] = [("inst", 0), ("inst_call", 2)];

/// Memory and time for each of `count` instances that are kept.
fn idle<T>(count: usize, mut make: impl FnMut() -> Result<T>) -> Result<Figures> {
    let mut kept = Vec::with_capacity(count.saturating_add(8));
    for _ in 0..8 {
        // What an engine sets up once does not count.
        kept.push(make()?);
    }
    let (resident, tables) = (status_kib("VmRSS"), status_kib("VmPTE"));
    let start = now(Clock::Thread);
    for _ in 0..count {
        kept.push(make()?);
    }
    let made = now(Clock::Thread).saturating_sub(start);
    let each = |amount: f64| amount / count as f64;
    let resident = each((status_kib("VmRSS") - resident) * 1024.0);
    let tables = each((status_kib("VmPTE") - tables) * 1024.0);
    let start = now(Clock::Thread);
    drop(kept);
    let dropped = now(Clock::Thread).saturating_sub(start);
    let figures = [
        ("rss_bytes", resident),
        ("pte_bytes", tables),
        ("make_ns", each(made.as_nanos() as f64)),
        ("drop_ns", each(dropped.as_nanos() as f64)),
    ];
    Ok(figures.map(|(name, value)| (name.to_owned(), value)).into())
}

/// Instances of core modules.
pub(crate) fn core(worker: &mut Worker, contestant: &'static str) {
    let load = move |args: &[&str]| -> Result<(Engine, Module)> {
        let engine = engine(contestant, false)?;
        let module = Module::new(&engine, &guest(&format!("tiny_{}.wasm", number::<u32>(args, 0)?))?)?;
        Ok((engine, module))
    };
    let make = |engine: &Engine, module: &Module, pages: u32| -> Result<Core> {
        let mut core = Core::new(engine, module, false)?;
        core.touch(pages)?;
        Ok(core)
    };
    for (family, pages) in FAMILIES {
        worker.bench(contestant, family, move |args| {
            let (engine, module) = load(args)?;
            looped(move || make(&engine, &module, pages))
        });
    }
    worker.shot(contestant, "idle", move |args| {
        let (engine, module) = load(args)?;
        let pages = number(args, 2)?;
        idle(number(args, 1)?, || make(&engine, &module, pages))
    });
}

/// Instances of components.
pub(crate) fn component(worker: &mut Worker, contestant: &'static str) {
    let load = move |args: &[&str]| -> Result<Linked> {
        let config = variant::config(contestant).ok_or("a contestant that this build does not have")?;
        let name = format!("tiny_{}.component.wasm", number::<u32>(args, 0)?);
        let host: Host = Host::builder().engine(config).build()?;
        Ok(host.compile(Source::bytes(&*name, guest(&name)?))?.link(&Grants::none())?)
    };
    let make = |linked: &Linked, pages: u32| -> Result<Plugin> {
        let mut plugin = linked.instantiate(())?;
        if pages > 0 {
            plugin.call::<_, u32>("touch", (pages,))?;
        }
        Ok(plugin)
    };
    for (family, pages) in FAMILIES {
        worker.bench(contestant, family, move |args| {
            let linked = load(args)?;
            looped(move || make(&linked, pages))
        });
    }
    worker.shot(contestant, "idle", move |args| {
        let linked = load(args)?;
        let pages = number(args, 2)?;
        idle(number(args, 1)?, || make(&linked, pages))
    });
}
