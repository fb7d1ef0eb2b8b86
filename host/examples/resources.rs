//! Resources: handles to things that stay where they are. `item`s are the application's and the plugin borrows them;
//! `basket`s are the plugin's and the application owns them. `cargo run -p plugbay --example resources`

use bindings::Shop;
use bindings::demo::shop::shelf;
use bindings::exports::demo::shop::till::Basket;
use plugbay::{Bindings, Borrow, Grants, Host, Resource, ResourceTable, Source};

mod bindings {
    // `with` says which type of ours stands behind the resource.
    plugbay::bindgen!({ path: "examples/guests/till.wit", with: { "demo:shop/shelf/item": super::Item } });
}

const TILL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/guests/till.wasm");

/// What is behind an `item`.
pub struct Item {
    name: &'static str,
    price: u32,
}

/// The application's state of one plugin.
#[derive(Default)]
struct App {
    items: ResourceTable,
}

/// The trait that `bindgen!` made of the interface `shelf`.
impl shelf::Host for App {
    fn item_name(&mut self, this: Borrow<Item>) -> String {
        self.items.get(&this).map_or_else(|_| String::new(), |item| item.name.to_owned())
    }

    fn item_price(&mut self, this: Borrow<Item>) -> u32 {
        self.items.get(&this).map_or(0, |item| item.price)
    }

    fn drop_item(&mut self, this: Resource<Item>) {
        let _ = self.items.delete(this);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let host: Host<App> = bindings::offer(Host::builder(), |app: &mut App| app).build()?;
    let linked = host.compile(Source::file(TILL))?.link(&Grants::none().allow("demo:shop/shelf"))?;
    let mut plugin: Shop<App> = linked.instantiate_as(App::default())?;

    // Ours: what the plugin gets is a number that means nothing outside of this call.
    let items = &mut plugin.plugin().data_mut().items;
    let bread = items.push(Item { name: "bread", price: 3 })?;
    let tea = items.push(Item { name: "tea", price: 4 })?;

    // The plugin's: it is a handle here, and lives over there.
    let basket = Basket::new(&mut plugin)?;
    for item in [&bread, &tea, &tea] {
        let sum = basket.add(&mut plugin, item.borrow())?;
        println!("{}: {sum}", plugin.plugin().data_mut().items.get(item)?.name);
    }
    basket.drop(&mut plugin)?; // its destructor runs in the plugin

    println!("{} items are still ours", plugin.plugin().data_mut().items.len());
    Ok(())
}
