//! `Package`: a manifest and the component that it describes, read from a folder and checked against each other. The only
//! file here that touches the file system.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::{Manifest, ManifestError};
use crate::error::{Error, ErrorKind, Result};
use crate::source::{self, Source};

/// The manifest's name in a plugin's folder.
const MANIFEST: &str = "plugin.toml";

/// A plugin as it is given away: a folder with `plugin.toml` and the component that it names.
#[derive(Clone, Debug)]
pub struct Package {
    manifest: Manifest,
    folder: PathBuf,
    component: Arc<[u8]>,
    digest: [u8; 32],
}

impl Package {
    /// Reads the plugin in `folder`. Nothing of it is compiled.
    ///
    /// # Errors
    /// [`ErrorKind::Manifest`] when the manifest is wrong, or the component is not the one whose digest it gives;
    /// [`ErrorKind::Io`] when a file cannot be read, [`ErrorKind::Limit`] when it is too large.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        let path = folder.join(MANIFEST);
        let file = path.to_string_lossy();
        let bytes = source::read_file(&path, super::MAX_MANIFEST as u64)?;
        let text = str::from_utf8(&bytes).map_err(|error| {
            let problem = format!("not UTF-8 from byte {} on", error.valid_up_to());
            Error::new(ErrorKind::Manifest(ManifestError::new(&file, "", None, problem)))
        })?;
        let manifest =
            Manifest::parse(&file, text).map_err(|error| Error::new(ErrorKind::Manifest(error)))?;
        let component = source::read_file(&within(&folder, manifest.component())?, source::MAX_FILE)?;
        let digest: [u8; 32] = Sha256::digest(&component).into();
        if let Some(expected) = manifest.digest()
            && *expected != digest
        {
            let problem = format!(
                "`{}` is not the component that the manifest was written for: its SHA-256 is {}",
                manifest.component(),
                hex(&digest)
            );
            return Err(Error::new(ErrorKind::Manifest(ManifestError::new(&file, "", None, problem))));
        }
        Ok(Self { manifest, folder, component, digest })
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The SHA-256 of the component's bytes, as they were when the package was opened.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// [`digest`](Self::digest) as people write it: `sha256:` and 64 hexadecimal digits.
    #[must_use]
    pub fn digest_text(&self) -> String {
        format!("sha256:{}", hex(&self.digest))
    }

    /// The component's bytes, those that were checked.
    pub(crate) fn source(&self) -> Source {
        Source::packaged(self.manifest.id.clone(), self.component.clone())
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The component's path, which does not leave the folder by a link either.
fn within(folder: &Path, component: &str) -> Result<PathBuf> {
    let path = folder.join(component);
    let resolve = |path: &Path| {
        path.canonicalize().map_err(|source| {
            Error::new(ErrorKind::Io { what: "cannot find the plugin's file", path: path.to_owned(), source })
        })
    };
    let (folder, resolved) = (resolve(folder)?, resolve(&path)?);
    if !resolved.starts_with(&folder) {
        return Err(Error::new(ErrorKind::Io {
            what: "a link leads out of the plugin's folder:",
            path,
            source: std::io::ErrorKind::PermissionDenied.into(),
        }));
    }
    Ok(resolved)
}

/// 64 hexadecimal digits, with or without `sha256:` before them.
pub(crate) fn parse_digest(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text).as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut digest = [0; 32];
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(digest)
}

/// A digest as people write it.
pub(crate) fn hex(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
