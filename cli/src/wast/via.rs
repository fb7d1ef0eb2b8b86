//! The ways by which a module gets from its bytes to being run: every way must give the same results.

use super::outcome::Refusal;
use plugbay::{Cache, CacheConfig, SealKey};
use plugbay_engine::{ArtifactWriter, Engine, Module, SourceHash};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// By which way modules are run.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Compiled and run.
    Bytes,
    /// Compiled, sealed, written to a file, loaded from it.
    Artifact,
    /// Compiled, put into a cache, found there.
    Cache,
    /// Compiled, made a native shared library, loaded by the system.
    Dylib,
}

/// Makes modules by one of the ways. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Via(Arc<Inner>);

enum Inner {
    Bytes,
    Artifact { folder: Folder, next: AtomicU64 },
    Cache { cache: Cache, _folder: Folder },
    Dylib,
}

/// The key of scripts: nothing that they make outlives them.
fn key() -> SealKey {
    SealKey::new([0x5a; 32])
}

impl Via {
    /// The given way, in a folder of its own.
    pub(crate) fn new(way: Way) -> std::io::Result<Self> {
        Ok(Self(Arc::new(match way {
            Way::Bytes => Inner::Bytes,
            Way::Dylib => Inner::Dylib,
            Way::Artifact => Inner::Artifact { folder: Folder::new()?, next: AtomicU64::new(0) },
            Way::Cache => {
                let folder = Folder::new()?;
                let config = CacheConfig::new().with_directory(&folder.0).with_key(key());
                let cache = Cache::open(&config);
                if let Some(note) = cache.note() {
                    return Err(std::io::Error::other(note.to_owned()));
                }
                Inner::Cache { cache, _folder: folder }
            }
        })))
    }

    /// A module that is ready to be instantiated.
    pub(crate) fn module(&self, engine: &Engine, bytes: &[u8]) -> Result<Module, Refusal> {
        let compiled = Module::new(engine, bytes)?;
        let source = SourceHash::of(bytes);
        match &*self.0 {
            Inner::Bytes => Ok(compiled),
            Inner::Artifact { folder, next } => {
                let path = folder.0.join(next.fetch_add(1, Ordering::Relaxed).to_string());
                let mut writer = ArtifactWriter::new(engine, source);
                writer.add_module(&compiled)?;
                drop(compiled);
                std::fs::write(&path, writer.seal(&key())?).map_err(io)?;
                let module = File::open(&path).map_err(io).map(|file| {
                    let module = Module::from_artifact_file(engine, &file, &key());
                    // What was loaded does not need the file.
                    let _ = std::fs::remove_file(&path);
                    module
                })?;
                Ok(module?)
            }
            Inner::Dylib => {
                let mut writer = ArtifactWriter::new(engine, source);
                writer.add_module(&compiled)?;
                drop(compiled);
                Ok(writer.load_as_dylib()?.module(0)?)
            }
            Inner::Cache { cache, .. } => {
                cache.store(engine, source, std::slice::from_ref(&compiled));
                drop(compiled);
                match cache.load(engine, source) {
                    Some(artifact) => Ok(artifact.module(0)?),
                    None => Err(Refusal::Other("the cache lost the module".to_owned())),
                }
            }
        }
    }
}

fn io(error: std::io::Error) -> Refusal {
    Refusal::Other(format!("the artifact's file: {error}"))
}

/// A folder for temporary files, removed with what is in it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        let path = std::env::temp_dir().join(format!("plugbay-wast-{}", std::process::id()));
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
