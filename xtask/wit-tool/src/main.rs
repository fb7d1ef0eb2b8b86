//! The two steps that a guest toolchain does not do itself: bindings for C and Go from a WIT world, and a component from
//! a core module. It is a thin front to `wit-bindgen-c`, `wit-bindgen-go` and `wit-component`; the command lines of those
//! projects would compile a whole runtime besides.
//!
//! ```text
//! wit-tool bindings c|go WIT WORLD OUT-FOLDER
//! wit-tool componentize utf8|utf16|embedded CORE.wasm WIT WORLD OUT.wasm
//! ```
#![forbid(unsafe_code)]

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use wasi_preview1_component_adapter_provider as preview1;
use wit_bindgen_core::Files;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{Resolve, WorldId};

const USAGE: &str = "usage: wit-tool bindings c|go WIT WORLD OUT-FOLDER
       wit-tool componentize utf8|utf16|embedded CORE.wasm WIT WORLD OUT.wasm";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["bindings", language, wit, world, out] => bindings(language, Path::new(wit), world, Path::new(out)),
        ["componentize", strings, core, wit, world, out] => {
            componentize(strings, core, Path::new(wit), world, out)
        }
        _ => bail!(USAGE),
    }
}

fn load(wit: &Path, world: &str) -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    Ok((resolve, world))
}

/// Writes the bindings of `world` in `language` into the folder `out`.
fn bindings(language: &str, wit: &Path, world: &str, out: &Path) -> Result<()> {
    let mut generator = match language {
        "c" => wit_bindgen_c::Opts::default().build(),
        "go" => wit_bindgen_go::Opts::default().build(),
        _ => bail!(USAGE),
    };
    let (mut resolve, world) = load(wit, world)?;
    let mut files = Files::default();
    generator.generate(&mut resolve, world, &mut files)?;
    for (name, bytes) in files.iter() {
        let path = out.join(name);
        let bytes = if language == "go" { remember_own_handles(bytes)? } else { bytes.to_vec() };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        fs::write(&path, bytes).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Repairs Go bindings: an exported function that is passed an owned resource of its own component must drop its handle,
/// but wit-bindgen-go 0.63 leaves the index of an older handle in the object. This notes the index that was passed.
fn remember_own_handles(source: &[u8]) -> Result<Vec<u8>> {
    let mut repaired = String::new();
    for line in std::str::from_utf8(source)?.lines() {
        match line.trim().strip_prefix("return ") {
            Some(object) if object.contains("(unsafe.Pointer(resourceRep") => {
                repaired.push_str(&format!("\tself := {object}\n\tself.handle = handle\n\treturn self\n"));
            }
            _ => repaired.extend([line, "\n"]),
        }
    }
    Ok(repaired.into_bytes())
}

/// Makes a component of the module `core`. The adapter for WASI preview1 is linked in only if the module imports that.
/// `strings` says how the module writes strings, or `embedded` when a generator already put the world inside it.
fn componentize(strings: &str, core: &str, wit: &Path, world: &str, out: &str) -> Result<()> {
    let mut module = fs::read(core).with_context(|| core.to_owned())?;
    let encoding = match strings {
        "utf8" => Some(StringEncoding::UTF8),
        "utf16" => Some(StringEncoding::UTF16),
        "embedded" => None,
        _ => bail!(USAGE),
    };
    if let Some(encoding) = encoding {
        let (resolve, world) = load(wit, world)?;
        wit_component::embed_component_metadata(&mut module, &resolve, world, encoding, false)?;
    }
    let component = ComponentEncoder::default()
        .module(&module)?
        .validate(true)
        .adapter(
            preview1::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            preview1::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        )?
        .encode()?;
    fs::write(out, component).with_context(|| out.to_owned())
}
