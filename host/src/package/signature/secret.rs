//! `SigningKey`: the secret half of a publisher's key, its file, and signing with it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use ed25519_dalek::Signer as _;
use rustix::fs::{FileType, Mode, OFlags};

use super::super::digest::{hex, parse_hex};
use super::{File as SignatureFile, Package, PublisherKey, message};
use crate::error::{Error, ErrorKind, Result};

const PREFIX: &str = "ed25519-secret:";
/// The prefix, 64 digits, and some white space.
const LONGEST: u64 = 128;

/// A key that packages are signed with ([`Package::sign`]). It is kept in a file that only its owner can read.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// Makes a new key from the system's randomness.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when the system has none.
    pub fn generate() -> Result<Self> {
        let mut seed = [0_u8; 32];
        let mut filled = 0;
        while let Some(rest) = seed.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            filled +=
                rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty()).map_err(|error| {
                    Error::new(ErrorKind::Internal(format!("the system gives no randomness: {error}")))
                })?;
        }
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// Reads the key in a file, which others must not be able to read.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be read; [`ErrorKind::Misuse`] when others can read or write it, or it is no key.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let failed = |source| io_error("cannot read the key", path, source);
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| failed(error.into()))?;
        let stat = rustix::fs::fstat(&file).map_err(|error| failed(error.into()))?;
        let shown = path.display();
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(Error::misuse(format!("{shown} is no file")));
        }
        if stat.st_mode & 0o077 != 0 {
            return Err(Error::misuse(format!(
                "{shown} can be read or written by others, who may know the key: `chmod 600` it, or make a new one"
            )));
        }
        let mut text = String::new();
        File::from(file).take(LONGEST).read_to_string(&mut text).map_err(failed)?;
        let seed = text.trim_end().strip_prefix(PREFIX).and_then(parse_hex).ok_or_else(|| {
            Error::misuse(format!("{shown} has no key to sign with: `plugbay keygen` makes one"))
        })?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// Writes the key to a new file that only the user can read.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be written, or there is such a file already.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let failed = |source: io::Error| io_error("cannot write the key to", path, source);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file =
            rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR).map_err(|error| failed(error.into()))?;
        let mut file = File::from(file);
        writeln!(file, "{PREFIX}{}", hex(self.0.as_bytes())).and_then(|()| file.sync_all()).map_err(failed)
    }

    /// The public half, which is no secret.
    #[must_use]
    pub fn publisher(&self) -> PublisherKey {
        PublisherKey::from_bytes(self.0.verifying_key().to_bytes())
    }

    /// The signature of a package, as `plugin.sig` has it.
    pub(in crate::package) fn signature(&self, package: &Package) -> Result<Vec<u8>> {
        let signature = self.0.sign(&message(package));
        let file = SignatureFile {
            signature_version: 1,
            publisher: self.publisher(),
            signature: hex(&signature.to_bytes()),
        };
        let text =
            toml::to_string(&file).map_err(|error| Error::new(ErrorKind::Internal(error.to_string())))?;
        Ok(text.into_bytes())
    }
}

fn io_error(what: &'static str, path: &Path, source: io::Error) -> Error {
    Error::new(ErrorKind::Io { what, path: path.to_owned(), source })
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("publisher", &self.publisher()).finish_non_exhaustive()
    }
}
