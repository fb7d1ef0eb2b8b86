//! One plugin uses another, through the host. `cargo run -p plugbay --example composition`

use plugbay::{Composition, Grants, Host, Source};

const DB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/guests/db.wasm");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/guests/page.wasm");

fn main() -> plugbay::Result<()> {
    let host = Host::new()?;
    let (db, page) = (host.compile(Source::file(DB))?, host.compile(Source::file(PAGE))?);

    // `page` imports `demo:db/store@1.0.0`, `db` exports `demo:db/store@1.2.0`: compatible.
    let mut set = Composition::new();
    set.add("db", &db, Grants::none())?;
    set.add("page", &page, Grants::none())?;
    set.connect("page", "demo:db/store", "db")?; // types are compared here
    println!("{}\n", set.card("page")?);

    // Connecting is not granting: the plugin that uses another one must be allowed to.
    if let Err(refusal) = set.link() {
        println!("{refusal}\n");
    }

    let mut set = Composition::new();
    set.add("db", &db, Grants::none())?;
    set.add("page", &page, Grants::none().allow_from("db", "demo:db/store"))?;
    set.connect("page", "demo:db/store", "db")?;

    // Each plugin has memory, limits and state of its own. A counter lives in `db`; `page` holds a handle.
    let mut plugins = set.instantiate(|_name| ())?;
    for _ in 0..3 {
        println!("visit {}", plugins.get("page")?.call::<_, u32>("visit", ())?);
    }
    println!("`page` holds {} counter of `db`", plugins.get("page")?.usage().host_resources.now);

    // To own a plugin (to send it to another thread, say), take it out. It keeps alive what it uses.
    let mut page = plugins.take("page")?;
    println!("visit {}", page.call::<_, u32>("visit", ())?);
    Ok(())
}
