//! Sources that are compiled already: artifacts, which `plugbay compile` or [`Host::artifact`](crate::Host::artifact) made;
//! and the way from any source to a component.

use std::fs::File;
use std::io::Read as _;

use plugbay_component::Component;
use plugbay_component::engine::{self, Artifact, Engine, SealKey};

use crate::cache::{Cache, compile};
use crate::error::{Error, ErrorKind, Fault, Result};
use crate::preview1;
use crate::source::Source;

/// The component of a source, and the size of the source in bytes: loaded, if it is an artifact; from the cache or compiled
/// into it, if it is a file; compiled otherwise.
pub(crate) fn component(cache: &Cache, engine: &Engine, source: &Source) -> Result<(Component, usize)> {
    if let Some(artifact) = open(cache, engine, source)? {
        let bytes = artifact.extra().map_err(load_error)?;
        let bytes = bytes.as_ref();
        if bytes.is_empty() {
            return Err(Error::new(ErrorKind::Load {
                stage: "decode".to_owned(),
                offset: None,
                message: "this is a compiled core module, not a component".to_owned(),
                fault: Fault::Plugin,
            }));
        }
        let component = Component::with_modules(engine, bytes, |index, _| artifact.module(index));
        return Ok((component.map_err(Error::from_load)?, bytes.len()));
    }
    let bytes = source.read()?;
    let component = match source.is_kept() {
        true => cache.component(engine, &bytes)?,
        false => compile(engine, &preview1::component(&bytes, engine.config().module_limits())?)?,
    };
    Ok((component, bytes.len()))
}

/// The artifact that a source is, if it is one.
fn open(cache: &Cache, engine: &Engine, source: &Source) -> Result<Option<Artifact>> {
    #[cfg(feature = "dylib")]
    if let Some(artifact) = source.loaded() {
        return match artifact.engine().same(engine) {
            true => Ok(Some(artifact.clone())),
            false => Err(Error::misuse(
                "the compiled code was loaded for another host; load it with `Host::engine`",
            )),
        };
    }
    let Some(path) = source.path() else {
        let bytes = source.read()?;
        if !Artifact::is_artifact(&bytes) {
            return Ok(None);
        }
        return Artifact::from_bytes(engine, &*bytes, key(cache)?).map(Some).map_err(load_error);
    };
    // What cannot be read is left for the one who reads it as a component to say.
    let Ok(mut file) = File::open(path) else { return Ok(None) };
    let mut start = [0; 8];
    if file.read_exact(&mut start).is_err() || !Artifact::is_artifact(&start) {
        return Ok(None);
    }
    Artifact::from_file(engine, &file, key(cache)?).map(Some).map_err(load_error)
}

/// Compiles a component into a sealed artifact that holds the component, too.
#[cfg(feature = "compile")]
pub(crate) fn make(cache: &Cache, engine: &Engine, source: &Source) -> Result<Vec<u8>> {
    let key = key(cache)?;
    make_with(engine, source, |writer| writer.seal(key))
}

/// Compiles a component into a native shared library that holds the component, too.
#[cfg(all(feature = "compile", feature = "dylib"))]
pub(crate) fn make_dylib(engine: &Engine, source: &Source) -> Result<Vec<u8>> {
    make_with(engine, source, engine::ArtifactWriter::dylib)
}

#[cfg(feature = "compile")]
fn make_with(
    engine: &Engine,
    source: &Source,
    finish: impl FnOnce(engine::ArtifactWriter) -> engine::Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    let source = source.read()?;
    let bytes = preview1::component(&source, engine.config().module_limits())?;
    let component = Component::new(engine, &bytes).map_err(Error::from_load)?;
    let made = || {
        let mut writer = engine::ArtifactWriter::new(engine, preview1::source_hash(&source));
        component.modules().iter().try_for_each(|module| writer.add_module(module))?;
        writer.set_extra(&*bytes);
        finish(writer)
    };
    made().map_err(load_error)
}

fn key(cache: &Cache) -> Result<&SealKey> {
    cache
        .key()
        .map_err(|why| Error::misuse(format!("compiled code is sealed with a key, and there is none: {why}")))
}

fn load_error(error: engine::Error) -> Error {
    match error.artifact() {
        Some(why) => Error::new(ErrorKind::Artifact(why.clone())),
        None => Error::from_load(error.into()),
    }
}
