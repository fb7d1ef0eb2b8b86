//! The smallest useful host: loads a plugin and calls `add`. With the feature `compile` it takes a module, without it an
//! artifact. `cargo build -p plugbay-size --profile size`, then look at the size of the file.

#![forbid(unsafe_code)]

use plugbay_engine::{Config, Engine, Extern, Instance, Module, Result, Store, StoreLimits};

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: plugbay-size FILE")?;
    let engine = Engine::new(&Config::new())?;
    let module = load(&engine, std::fs::read(path)?)?;
    let mut store = Store::new(&engine, (), StoreLimits::default())?;
    let mut cx = store.context();
    let instance = Instance::new(&mut cx, &module, &[])?;
    let Some(Extern::Func(add)) = instance.export(&cx, "add") else { return Err("there is no `add`".into()) };
    let mut slots = [1, 2];
    add.call_raw(&mut cx, &mut slots)?;
    println!("{}", slots[0]);
    Ok(())
}

#[cfg(feature = "compile")]
fn load(engine: &Engine, bytes: Vec<u8>) -> Result<Module> {
    Module::new(engine, &bytes)
}

#[cfg(not(feature = "compile"))]
fn load(engine: &Engine, bytes: Vec<u8>) -> Result<Module> {
    // A real host has a secret here.
    Module::from_artifact_bytes(engine, bytes, &plugbay_engine::SealKey::new([0x5a; 32]))
}
