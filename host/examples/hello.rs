//! The smallest host: load a plugin, call it. `cargo run -p plugbay --example hello`

use plugbay::{Grants, Host, Source};

const GREET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/guests/greet.wasm");

fn main() -> plugbay::Result<()> {
    // In one line: a plugin without any grant.
    let mut plugin = Host::new()?.load(GREET)?;
    let greeting: String = plugin.call("greet", ("world",))?;
    println!("{greeting}");

    // The same, verb by verb. Each state is a type, made from the one before it.
    let host = Host::new()?;
    let compiled = host.compile(Source::file(GREET))?; // bytes become machine code; nothing runs
    println!("{}", compiled.card()); // what it asks for
    let linked = compiled.link(&Grants::none())?; // what it gets
    let mut one = linked.instantiate(())?; // memory of its own; limits armed
    let mut other = linked.instantiate(())?; // any number of times
    println!("{}", one.call::<_, String>("greet", ("one",))?);
    println!("{}", other.call::<_, String>("greet", ("other",))?);

    // Types are checked before anything runs, and the error says what differs.
    if let Err(error) = one.call::<_, u32>("greet", ("one",)) {
        println!("{error}");
    }
    Ok(())
}
