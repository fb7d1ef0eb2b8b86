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

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    match path.extension() {
        Some(extension) if extension == "wat" => {
            wat::parse_bytes(&bytes).map(|bytes| bytes.into_owned()).map_err(|e| e.to_string())
        }
        _ => Ok(bytes),
    }
}
