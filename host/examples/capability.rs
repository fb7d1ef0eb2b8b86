//! A capability of the application, with parameters: which notes may be read. `cargo run -p plugbay --example capability`

use plugbay::{Grants, Host, HostContext, Linker, PluginState, audit::Event, grants::Power, grants::Rule};
use serde::{Deserialize, Serialize};

const NOTES: &str = "demo:notes/notes@0.1.0";
const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/guests/reader");

/// A rule, as it stands in manifests and in `grants.toml`: `allow = [{ folder = "public" }]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Notes {
    folder: String,
}

impl Rule for Notes {
    type Request<'a> = &'a str;

    fn matches(&self, note: &&str) -> bool {
        note.split_once('/').is_some_and(|(folder, _)| folder == self.folder)
    }

    fn words(&self) -> String {
        format!("notes in {}", self.folder)
    }
}

fn main() -> plugbay::Result<()> {
    let tell = |Event { operation, target, verdict, rule, .. }: &Event| {
        println!("audit: {operation} {target:?}: {verdict:?}, {rule}");
    };
    let define = |linker: &mut Linker<PluginState<()>>, power: Power<Notes>| {
        let size = move |cx: &mut HostContext<'_, PluginState<()>>, (note,): (String,)| {
            cx.data_mut().permit(&power, "size", &note, &note.as_str())?;
            Ok(note.len() as u32)
        };
        linker.instance(NOTES).func_wrap("size", size).map(drop)
    };
    let host = Host::builder().audit(tell).capability(NOTES, "reads notes you choose", define).build()?;
    let reader = host.open(READER)?;
    println!("{}", reader.card());
    let grants = Grants::none().allow_with(NOTES, &Notes { folder: "public".into() });
    let mut plugin = reader.link(&grants)?.instantiate(())?;
    println!("{}", plugin.call::<_, u32>("measure", ("public/plan",))?);
    if let Err(refusal) = plugin.call::<_, u32>("measure", ("drafts/poem",)) {
        println!("{refusal}");
    }
    Ok(())
}
