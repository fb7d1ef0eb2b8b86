//! Where the bytes of a plugin come from. The only file of the crate that reads a path of the embedder's choice.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(feature = "dylib")]
use plugbay_component::engine::Artifact;

use crate::error::{Error, ErrorKind, Result};

/// The largest plugin file that is read, in bytes (256 MiB). The engine has tighter limits of its own inside it.
pub(crate) const MAX_FILE: u64 = 256 << 20;

/// The bytes of a plugin, or where they are, together with the name used in messages.
#[derive(Clone, Debug)]
pub struct Source(Kind);

#[derive(Clone, Debug)]
enum Kind {
    File(PathBuf),
    Bytes {
        name: Arc<str>,
        bytes: Arc<[u8]>,
        /// Whether they come from a file that stays, so that their machine code is worth keeping.
        lasting: bool,
    },
    #[cfg(feature = "dylib")]
    Artifact {
        name: Arc<str>,
        artifact: Artifact,
    },
}

impl Source {
    /// The file at `path`. It is read when the source is compiled. The plugin is called by the file's name without
    /// its extension.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Kind::File(path.into()))
    }

    /// Bytes that are at hand, with a name for messages.
    pub fn bytes(name: impl Into<Arc<str>>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(Kind::Bytes { name: name.into(), bytes: bytes.into(), lasting: false })
    }

    /// Bytes of a file that was read and checked already.
    pub(crate) fn packaged(name: Arc<str>, bytes: Arc<[u8]>) -> Self {
        Self(Kind::Bytes { name, bytes, lasting: true })
    }

    /// Compiled code that was loaded already, by `Artifact::from_dylib` with the host's engine
    /// ([`Host::engine`](crate::Host::engine)), with a name for messages.
    #[cfg(feature = "dylib")]
    pub fn artifact(name: impl Into<Arc<str>>, artifact: Artifact) -> Self {
        Self(Kind::Artifact { name: name.into(), artifact })
    }

    /// What was loaded already.
    #[cfg(feature = "dylib")]
    pub(crate) fn loaded(&self) -> Option<&Artifact> {
        match &self.0 {
            Kind::Artifact { artifact, .. } => Some(artifact),
            Kind::File(_) | Kind::Bytes { .. } => None,
        }
    }

    /// What the plugin is called in messages.
    pub fn name(&self) -> Arc<str> {
        match &self.0 {
            Kind::File(path) => {
                let name = path.file_stem().unwrap_or(path.as_os_str());
                name.to_string_lossy().into()
            }
            Kind::Bytes { name, .. } => name.clone(),
            #[cfg(feature = "dylib")]
            Kind::Artifact { name, .. } => name.clone(),
        }
    }

    /// The path, when the source is a file.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::File(path) => Some(path),
            Kind::Bytes { .. } => None,
            #[cfg(feature = "dylib")]
            Kind::Artifact { .. } => None,
        }
    }

    /// Whether machine code made of it goes into the cache.
    pub(crate) fn is_kept(&self) -> bool {
        match &self.0 {
            Kind::File(_) => true,
            Kind::Bytes { lasting, .. } => *lasting,
            #[cfg(feature = "dylib")]
            Kind::Artifact { .. } => false,
        }
    }

    pub(crate) fn read(&self) -> Result<Arc<[u8]>> {
        match &self.0 {
            Kind::Bytes { bytes, .. } => Ok(bytes.clone()),
            #[cfg(feature = "dylib")]
            Kind::Artifact { artifact, .. } => {
                let bytes = artifact.extra().map_err(|error| Error::from_load(error.into()))?;
                Ok(bytes.as_ref().into())
            }
            Kind::File(path) => read_file(path, MAX_FILE).map_err(|error| error.with_plugin(&self.name())),
        }
    }
}

/// The bytes of a file, of which there may be `most`.
pub(crate) fn read_file(path: &Path, most: u64) -> Result<Arc<[u8]>> {
    let io =
        |source| Error::new(ErrorKind::Io { what: "cannot read the plugin", path: path.to_owned(), source });
    read_open(File::open(path).map_err(io)?, path, most)
}

/// [`read_file`], for a file that was opened already.
pub(crate) fn read_open(file: File, path: &Path, most: u64) -> Result<Arc<[u8]>> {
    let io =
        |source| Error::new(ErrorKind::Io { what: "cannot read the plugin", path: path.to_owned(), source });
    let metadata = file.metadata().map_err(io)?;
    if metadata.is_dir() {
        return Err(io(std::io::ErrorKind::IsADirectory.into()));
    }
    let limit = |asked| ErrorKind::Limit { knob: "plugin file size".into(), asked: Some(asked), limit: most };
    if metadata.len() > most {
        return Err(Error::new(limit(metadata.len())));
    }
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > most {
        return Err(Error::new(limit(bytes.len() as u64)));
    }
    Ok(bytes.into())
}
