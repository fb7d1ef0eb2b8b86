//! The inputs that a target starts from: the files of `corpus/<target>/`, texts of WebAssembly turned into bytes.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the corpus of a target lies.
pub fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// The inputs of a target, in the order of their names.
///
/// # Errors
/// What cannot be read or is no text of WebAssembly though its name says so.
pub fn load(target: &str) -> Result<Vec<Vec<u8>>, String> {
    let mut paths: Vec<PathBuf> = match fs::read_dir(folder(target)) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => Vec::new(),
    };
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

/// Small binaries from elsewhere, to start from as well: components of the public suites, where they are there.
pub fn elsewhere(target: &str) -> Vec<Vec<u8>> {
    if target != "component" {
        return Vec::new();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let suites =
        std::env::var_os("PLUGBAY_SUITES").map_or_else(|| root.join("../shared/suites"), PathBuf::from);
    let mut paths = Vec::new();
    for folder in ["component-model-json", "jco-components", "component-docs"] {
        binaries(&suites.join(folder), 4, &mut paths);
    }
    paths.sort();
    paths.iter().filter_map(|path| fs::read(path).ok()).filter(|bytes| bytes.len() <= LARGEST).collect()
}

/// Larger ones take too long to compile a thousand times.
const LARGEST: usize = 16 << 10;

fn binaries(folder: &Path, depth: u32, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() && depth > 0 {
            binaries(&path, depth - 1, found);
        } else if path.extension().is_some_and(|extension| extension == "wasm") {
            found.push(path);
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    match path.extension() {
        Some(extension) if extension == "wat" => {
            wat::parse_bytes(&bytes).map(|bytes| bytes.into_owned()).map_err(|e| e.to_string())
        }
        _ => Ok(bytes),
    }
}
