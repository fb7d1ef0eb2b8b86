//! `plugbay run --learn`: telling in the end what would have sufficed.

use plugbay::grants::Learner;
use plugbay::{Compiled, Package};
use std::path::Path;

/// Prints what was learned of the plugin at `path`, as TOML.
pub(super) fn tell(learner: &Learner, compiled: &Compiled<()>, path: &Path) {
    let Some(learned) = learner.learned(compiled.name()) else {
        println!("\n# Nothing was learned: the plugin asked for nothing, or was not linked.");
        return;
    };
    let package = Package::try_open(path).ok().flatten();
    let id = package.as_ref().map_or("namespace:name", |package| package.manifest().id());
    let digest = package.as_ref().map(|package| *package.digest());
    println!("\n# For plugin.toml:\n{}", learned.manifest());
    println!("# For grants.toml:\n{}", learned.grants(id, digest));
    for missed in &learned.missed {
        println!("# refused: {missed}");
    }
}
