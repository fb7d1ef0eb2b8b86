//! Cold starts: bytes to the first result, in a process of its own.

use plugbay::{Grants, Host, Source};
use plugbay_engine::Module;

use crate::clock::Stages;
use crate::core::{Core, engine};
use crate::data::guest;
use crate::worker::Worker;
use crate::{Result, variant};

fn parallel(args: &[&str]) -> bool {
    args.get(1) == Some(&"parallel")
}

fn module<'a>(args: &[&'a str]) -> Result<&'a str> {
    Ok(*args.first().ok_or("no module")?)
}

/// Starts of core modules.
pub(crate) fn core(worker: &mut Worker, contestant: &'static str) {
    worker.shot(contestant, "cold", move |args| {
        let name = module(args)?;
        let wasm = guest(&format!("{name}.wasm"))?;
        let mut stages = Stages::new();
        let engine = engine(contestant, parallel(args))?;
        stages.mark("engine");
        let module = Module::new(&engine, &wasm)?;
        stages.mark("compile");
        let mut core = Core::new(&engine, &module, false)?;
        stages.mark("instantiate");
        core.first(name)?;
        stages.mark("call");
        Ok(stages.done())
    });
}

/// Starts of components.
pub(crate) fn component(worker: &mut Worker, contestant: &'static str) {
    worker.shot(contestant, "cold", move |args| {
        let name = format!("{}.component.wasm", module(args)?);
        let wasm = guest(&name)?;
        let mut stages = Stages::new();
        let config = variant::config(contestant).ok_or("a contestant that this build does not have")?;
        let config = config.with_parallel_compilation(parallel(args));
        let host: Host = Host::builder().engine(config).build()?;
        stages.mark("engine");
        let compiled = host.compile(Source::bytes(&*name, wasm))?;
        stages.mark("compile");
        let mut plugin = compiled.link(&Grants::none())?.instantiate(())?;
        stages.mark("instantiate");
        let sum: u32 = plugin.call("add", (1u32, 2u32))?;
        stages.mark("call");
        match sum {
            3 => Ok(stages.done()),
            _ => Err(format!("1 + 2 = {sum}").into()),
        }
    });
}
