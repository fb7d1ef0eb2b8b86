//! Source → compiled component: from the cache, or compiled and put into it.

use std::fs::File;
#[cfg(feature = "compile")]
use std::sync::atomic::Ordering::Relaxed;

use plugbay_component::Component;
use plugbay_component::engine::{self, Artifact, Engine, SealKey, SourceHash};

use super::directory::{Directory, note_use};
use super::{Cache, entry};
use crate::error::{Error, Result};
use crate::preview1;

impl Cache {
    /// The compiled modules of a source, if they are there and sound.
    ///
    /// Whatever is found that cannot be used is removed, so that it is not looked at again.
    pub fn load(&self, engine: &Engine, source: SourceHash) -> Option<Artifact> {
        let Ok((directory, key)) = self.parts() else { return None };
        let name = entry::name(engine, source);
        let file = directory.file(&name).ok()?;
        match open(engine, &file, key, source) {
            Ok(artifact) => {
                // A cache that cannot be written to still serves.
                let _ = note_use(&file);
                Some(artifact)
            }
            Err(error) => {
                tracing::warn!(entry = name, %error, "an entry of the cache is not used");
                // It is the entry's fault, not that of a system that is short of memory or descriptors.
                if error.artifact().is_some() {
                    forget(directory, &name);
                }
                None
            }
        }
    }

    /// Puts compiled modules into the cache, if it is on. What goes wrong is told to the log only: a cache that is full or
    /// cannot be written to costs time, nothing else.
    #[cfg(feature = "compile")]
    pub fn store(&self, engine: &Engine, source: SourceHash, modules: &[engine::Module]) {
        self.store_with(engine, source, modules, &[]);
    }

    /// [`store`](Self::store), with the component when the source is not it.
    #[cfg(feature = "compile")]
    fn store_with(&self, engine: &Engine, source: SourceHash, modules: &[engine::Module], component: &[u8]) {
        let Ok((directory, key)) = self.parts() else { return };
        // Modules that are compiled when they are called are not compiled yet.
        if engine.config().compile_strategy() != engine::CompileStrategy::Eager {
            return;
        }
        match artifact(engine, source, modules, component, key) {
            Ok(bytes) if bytes.len() as u64 > self.config.max_bytes() => {}
            Ok(bytes) => {
                let name = entry::name(engine, source);
                let written = directory.write(&name, &bytes);
                let written = written.and_then(|()| self.make_room(directory, bytes.len() as u64));
                if let Err(error) = written {
                    tracing::warn!(entry = name, %error, "compiled code was not put into the cache");
                }
            }
            Err(error) => tracing::warn!(%error, "compiled code was not put into the cache"),
        }
    }

    /// Looks at the size of the cache after the first entry that was written and then now and then: not each time, since a
    /// cache may have many entries.
    #[cfg(feature = "compile")]
    fn make_room(&self, directory: &Directory, written: u64) -> std::io::Result<()> {
        let most = self.config.max_bytes();
        if self.unchecked.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(written)).is_ok() {
            return Ok(());
        }
        self.unchecked.store(most / 16, Relaxed);
        super::evict::evict(directory, most)
    }

    /// The component that a source is, or becomes; with its modules from the cache if they are there.
    pub(crate) fn component(&self, engine: &Engine, bytes: &[u8]) -> Result<Component> {
        let made = || preview1::component(bytes, engine.config().module_limits());
        if self.note().is_some() {
            return compile(engine, &made()?);
        }
        let source = preview1::source_hash(bytes);
        if let Some(component) =
            self.load(engine, source).and_then(|artifact| loaded(engine, &artifact, bytes))
        {
            return Ok(component);
        }
        let made = made()?;
        let component = compile(engine, &made)?;
        #[cfg(feature = "compile")]
        {
            let beside = if preview1::is_module(bytes) { &*made } else { &[] };
            self.store_with(engine, source, component.modules(), beside);
        }
        Ok(component)
    }
}

/// The component of a source whose modules are in an artifact, and with them the component if that is another.
fn loaded(engine: &Engine, artifact: &Artifact, bytes: &[u8]) -> Option<Component> {
    let beside = preview1::is_module(bytes).then(|| artifact.extra()).transpose();
    let loaded = beside.map_err(Into::into).and_then(|beside| {
        let bytes = beside.as_ref().map_or(bytes, AsRef::as_ref);
        Component::with_modules(engine, bytes, |index, _| artifact.module(index))
    });
    match loaded {
        Ok(component) => {
            tracing::debug!("found in the cache");
            Some(component)
        }
        // If the component is at fault, compiling it says so again.
        Err(error) => {
            tracing::debug!(%error, "not loaded from the cache");
            None
        }
    }
}

fn open(engine: &Engine, file: &File, key: &SealKey, source: SourceHash) -> engine::Result<Artifact> {
    let artifact = Artifact::from_file(engine, file, key)?;
    artifact.expect_source(source)?;
    Ok(artifact)
}

fn forget(directory: &Directory, name: &str) {
    if let Err(error) = directory.remove(name) {
        tracing::debug!(entry = name, %error, "it could not be removed");
    }
}

/// Compiled modules as an artifact.
#[cfg(feature = "compile")]
fn artifact(
    engine: &Engine,
    source: SourceHash,
    modules: &[engine::Module],
    component: &[u8],
    key: &SealKey,
) -> engine::Result<Vec<u8>> {
    let mut writer = engine::ArtifactWriter::new(engine, source);
    modules.iter().try_for_each(|module| writer.add_module(module))?;
    if !component.is_empty() {
        writer.set_extra(component);
    }
    writer.seal(key)
}

#[cfg(feature = "compile")]
pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component> {
    Component::new(engine, bytes).map_err(Error::from_load)
}

#[cfg(not(feature = "compile"))]
pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component> {
    let none = Component::with_modules(engine, bytes, |_, _| {
        Err(engine::Error::misuse(
            "this build of plugbay has no compiler, and the plugin is not in the cache; compile it with `plugbay compile`",
        ))
    });
    none.map_err(Error::from_load)
}
