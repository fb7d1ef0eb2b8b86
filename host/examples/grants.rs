//! A plugin gets what it was granted and nothing else. `cargo run -p plugbay --example grants`

use plugbay::{ErrorKind, Grants, Host, Source};

const BADGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/guests/badge.wasm");

fn main() -> plugbay::Result<()> {
    let host = Host::new()?;
    let badge = host.compile(Source::file(BADGE))?;

    // The card comes from what the component really imports, not from what somebody wrote about it.
    println!("{}\n", badge.card());

    // Without grants it is refused before it runs, and everything that is missing is named at once.
    if let Err(refusal) = badge.link(&Grants::none()) {
        println!("{refusal}\n");
        if let ErrorKind::Denied { missing } = refusal.kind() {
            assert_eq!(missing.len(), 2); // a program can read it, too
        }
    }

    // Grants are a value. This one shows a single variable, with a value of our choice, and the clock.
    let grants = Grants::none().env("OWNER", "Ada").allow_clocks();
    let mut plugin = badge.link(&grants)?.instantiate(())?;
    let owner: Option<String> = plugin.call("owner", ())?;
    println!("owner: {owner:?}");
    let (first, second): (u64, u64) = (plugin.call("printed", ())?, plugin.call("printed", ())?);
    println!("the clock goes forward: {}", second >= first);

    // A name alone links the interface empty: no variable of this process is seen.
    let blind = Grants::none().allow("wasi:cli/environment").allow_clocks();
    let owner: Option<String> = badge.link(&blind)?.instantiate(())?.call("owner", ())?;
    println!("owner: {owner:?}");

    // A denial wins over every grant.
    if let Err(refusal) = badge.link(&grants.deny("wasi:clocks")) {
        println!("\n{refusal}");
    }
    Ok(())
}
