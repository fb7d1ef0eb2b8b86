//! `Package`: a plugin as it is given away, in one of three forms, read and checked as a whole: manifest, component, signature.
//! What the manifest says is `manifest`'s; each form is read by its own file here, and nothing is compiled.

mod admission;
mod digest;
mod error;
mod folder;
mod publisher;
mod section;
mod signature;
mod succession;
mod trust;
#[cfg(feature = "package")]
mod unpack;
#[cfg(feature = "package")]
mod write;

pub use error::{PackageError, SignatureError};
pub use publisher::{NoKey, PublisherKey};
#[cfg(feature = "package")]
pub use signature::SigningKey;
pub use succession::{Accepted, Succession};
pub use trust::TrustRoots;

pub(crate) use admission::Admission;
pub(crate) use digest::{hex, parse_digest};

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::manifest::{MAX_MANIFEST, Manifest, ManifestError};
use crate::source::{self, Source};

/// The manifest's name, in a folder and in a `.plug`.
const MANIFEST: &str = "plugin.toml";
/// The signature's name there.
const SIGNATURE: &str = "plugin.sig";
/// The sections of a component that hold them.
const MANIFEST_SECTION: &str = "plugbay:manifest";
const SIGNATURE_SECTION: &str = "plugbay:signature";
/// How a `.plug` begins: the mark of zstd.
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// A plugin as it is given away: a manifest, the component that it is about, and perhaps a signature of both; checked against
/// each other when it is opened.
///
/// The three [forms](Form) are the same package: digest and signature do not change when one is made of another.
#[derive(Clone)]
pub struct Package {
    manifest: Manifest,
    path: PathBuf,
    form: Form,
    parts: Parts,
    digest: [u8; 32],
    publisher: Option<PublisherKey>,
}

/// How a package is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// A folder with `plugin.toml`, the component that it names, and perhaps `plugin.sig`.
    Folder,
    /// The component itself, with the manifest in its custom section `plugbay:manifest` and the signature in
    /// `plugbay:signature`. Without these sections it is, byte for byte, the component.
    Component,
    /// One file, `.plug`: those of the folder in a tar archive, compressed by zstd. Needs the feature `package`.
    Plug,
}

/// What a package is made of, as it was read.
#[derive(Clone, Debug)]
struct Parts {
    manifest: Arc<[u8]>,
    component: Arc<[u8]>,
    signature: Option<Arc<[u8]>>,
}

impl Package {
    /// Reads the plugin at `path`: a folder, a component with a manifest in it, or a `.plug`. Nothing of it is compiled. A
    /// signature that is there is checked, whoever made it; whom to trust is [`verify`](Self::verify)'s.
    ///
    /// # Errors
    /// [`ErrorKind::Manifest`] when the manifest is wrong, or the component is not the one whose digest it gives;
    /// [`ErrorKind::Package`] when the file is no package, [`ErrorKind::Signature`] when its signature does not belong to
    /// it; [`ErrorKind::Io`] when a file cannot be read, [`ErrorKind::Limit`] when it is too large.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        match Self::try_open(&path)? {
            Some(package) => Ok(package),
            None => Err(no_package(
                &path,
                "it is neither a folder with a `plugin.toml`, nor a component with a manifest in it \
                (`plugbay pack --embed`), nor a packed plugin (`plugbay pack`)",
            )),
        }
    }

    /// [`open`](Self::open), where nothing is returned for a file that is no package, such as a component without a
    /// manifest.
    ///
    /// # Errors
    /// As there, for what is a package.
    pub fn try_open(path: impl Into<PathBuf>) -> Result<Option<Self>> {
        let path = path.into();
        let Some((manifest, form, parts)) = read(&path)? else { return Ok(None) };
        let package = Self::assemble(path, manifest, form, parts)?;
        let publisher = signature::check(&package).map_err(|error| package.signature_error(error))?;
        Ok(Some(Self { publisher, ..package }))
    }

    /// A package in bytes: one of the forms that are one file. `name` is the file's in errors.
    ///
    /// # Errors
    /// What [`open`](Self::open) returns.
    pub fn from_bytes(name: impl Into<PathBuf>, bytes: &[u8]) -> Result<Self> {
        let path = name.into();
        let Some((manifest, form, parts)) = read_file(&path, bytes)? else {
            return Err(no_package(
                &path,
                "it is neither a component with a manifest in it nor a packed plugin",
            ));
        };
        let package = Self::assemble(path, manifest, form, parts)?;
        let publisher = signature::check(&package).map_err(|error| package.signature_error(error))?;
        Ok(Self { publisher, ..package })
    }

    /// Checks the component against the manifest; not the signature.
    fn assemble(path: PathBuf, manifest: Manifest, form: Form, parts: Parts) -> Result<Self> {
        let digest: [u8; 32] = Sha256::digest(&parts.component).into();
        if let Some(expected) = manifest.digest()
            && *expected != digest
        {
            let problem = format!(
                "`{}` is not the component that the manifest was written for: its SHA-256 is {}",
                manifest.component(),
                hex(&digest)
            );
            let file = manifest_name(&path, form);
            return Err(Error::new(ErrorKind::Manifest(ManifestError::new(&file, "", None, problem))));
        }
        Ok(Self { manifest, path, form, parts, digest, publisher: None })
    }

    fn signature_error(&self, error: SignatureError) -> Error {
        Error::new(ErrorKind::Signature(error)).with_plugin(&self.manifest.id)
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The manifest as it was written: the bytes that a signature is of.
    #[must_use]
    pub fn manifest_bytes(&self) -> &[u8] {
        &self.parts.manifest
    }

    /// The SHA-256 of the component's bytes, as they were when the package was opened: those without a manifest and a
    /// signature in them.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// [`digest`](Self::digest) as people write it: `sha256:` and 64 hexadecimal digits.
    #[must_use]
    pub fn digest_text(&self) -> String {
        format!("sha256:{}", hex(&self.digest))
    }

    /// Who signed the package. The signature is of this manifest and this component: it was checked. Whether the key is the
    /// one of whom it should be is for the user to know ([`verify`](Self::verify)).
    #[must_use]
    pub fn publisher(&self) -> Option<PublisherKey> {
        self.publisher
    }

    /// Whether the package is signed by somebody who is trusted for it.
    ///
    /// # Errors
    /// [`ErrorKind::Signature`]: it is not signed, or by somebody else.
    pub fn verify(&self, roots: &TrustRoots) -> Result<()> {
        let error = match (&self.parts.signature, self.publisher) {
            (None, _) => SignatureError::Unsigned,
            (Some(_), None) => SignatureError::Unchecked,
            (Some(_), Some(publisher)) if roots.trusts(&publisher, self.manifest.id()) => return Ok(()),
            (Some(_), Some(publisher)) => SignatureError::Untrusted { publisher },
        };
        Err(self.signature_error(error))
    }

    /// How it is kept.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The folder or file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The component's bytes, those that were checked.
    #[must_use]
    pub fn component(&self) -> &[u8] {
        &self.parts.component
    }

    pub(crate) fn source(&self) -> Source {
        Source::packaged(self.manifest.id.clone(), self.parts.component.clone())
    }
}

/// What lies at `path`; nothing when it is no package. Checked is only the manifest.
fn read(path: &Path) -> Result<Option<(Manifest, Form, Parts)>> {
    if path.is_dir() {
        let (manifest, parts) = folder::read(path)?;
        return Ok(Some((manifest, Form::Folder, parts)));
    }
    // A pipe can be read once, and that is for those who compile what comes out.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Ok(None);
    }
    read_file(path, &source::read_file(path, source::MAX_FILE)?)
}

fn read_file(path: &Path, bytes: &[u8]) -> Result<Option<(Manifest, Form, Parts)>> {
    if bytes.starts_with(ZSTD) {
        let (manifest, parts) = read_plug(path, bytes)?;
        return Ok(Some((manifest, Form::Plug, parts)));
    }
    let found =
        section::read(bytes).map_err(|(offset, problem)| package_error(path, Some(offset), problem))?;
    let Some(parts) = found else { return Ok(None) };
    let manifest = parse_manifest(&manifest_name(path, Form::Component), &parts.manifest)?;
    Ok(Some((manifest, Form::Component, parts)))
}

#[cfg(feature = "package")]
use unpack::read as read_plug;

#[cfg(not(feature = "package"))]
fn read_plug(path: &Path, _: &[u8]) -> Result<(Manifest, Parts)> {
    Err(no_package(path, "this build of plugbay cannot unpack plugins: build it with the feature `package`"))
}

fn parse_manifest(file: &str, bytes: &[u8]) -> Result<Manifest> {
    let wrong = |error| Error::new(ErrorKind::Manifest(error));
    if bytes.len() > MAX_MANIFEST {
        let problem = format!("the manifest has {} bytes; at most {MAX_MANIFEST} are read", bytes.len());
        return Err(wrong(ManifestError::new(file, "", None, problem)));
    }
    ManifestError::utf8(file, bytes).and_then(|text| Manifest::parse(file, text)).map_err(wrong)
}

/// What the manifest is called in errors.
fn manifest_name(path: &Path, form: Form) -> String {
    match form {
        Form::Folder | Form::Plug => path.join(MANIFEST).to_string_lossy().into_owned(),
        Form::Component => format!("{} (section `{MANIFEST_SECTION}`)", path.display()),
    }
}

fn package_error(path: &Path, offset: Option<u64>, problem: impl Into<String>) -> Error {
    Error::new(ErrorKind::Package(PackageError::new(&path.to_string_lossy(), offset, problem)))
}

fn no_package(path: &Path, problem: &str) -> Error {
    package_error(path, None, problem)
}

impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Package")
            .field("id", &self.manifest.id())
            .field("path", &self.path)
            .field("form", &self.form)
            .field("digest", &self.digest_text())
            .field("publisher", &self.publisher)
            .finish_non_exhaustive()
    }
}
