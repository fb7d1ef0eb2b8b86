//! What the suites that cross crates share: where the example plugins and the public test suites are.

#![forbid(unsafe_code)]

pub mod files;
pub mod programs;
pub mod soak;
pub mod wasi;

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The built example plugins that are checked in: their names and paths, one per language.
pub fn plugins() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for language in ["rust", "c", "go", "assemblyscript"] {
        let Ok(entries) = std::fs::read_dir(root().join("plugins-example").join(language)) else { continue };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
        found.extend(paths.into_iter().map(|path| (language.to_owned(), path)));
    }
    found
}

/// The folder of the public test suites: `$PLUGBAY_SUITES`, else `../shared/suites` beside the repository.
pub fn suites() -> Option<PathBuf> {
    let named = std::env::var_os("PLUGBAY_SUITES").map(PathBuf::from);
    named.into_iter().chain([root().join("../shared/suites")]).find(|folder| folder.is_dir())
}
