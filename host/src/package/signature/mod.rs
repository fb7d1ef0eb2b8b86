//! Signatures of packages: what is signed, and how it is written down (`plugin.sig`). Ed25519 (RFC 8032) is the only kind.

#[cfg(feature = "package")]
mod secret;

#[cfg(feature = "package")]
pub use secret::SigningKey;

use super::{Package, PublisherKey, SignatureError};

/// The largest signature that is read, in bytes.
pub(super) const MAX: usize = 4096;

/// What a package is signed as, so that the signature of nothing else is one of it.
#[cfg(feature = "package")]
const DOMAIN: &[u8] = b"plugbay package signature v1\0";

/// `plugin.sig`.
#[cfg(feature = "package")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    signature_version: i64,
    publisher: PublisherKey,
    signature: String,
}

/// Who signed the package; nobody when it has no signature, or none that can be checked by this build.
#[cfg(not(feature = "package"))]
pub(super) fn check(_: &Package) -> Result<Option<PublisherKey>, SignatureError> {
    Ok(None)
}

/// Who signed the package; nobody when it has no signature.
///
/// # Errors
/// When there is a signature, and it is not of this package.
#[cfg(feature = "package")]
pub(super) fn check(package: &Package) -> Result<Option<PublisherKey>, SignatureError> {
    let Some(bytes) = &package.parts.signature else { return Ok(None) };
    let malformed = |problem: String| SignatureError::Malformed { problem };
    let text = str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8".to_owned()))?;
    let file: File = toml::from_str(text).map_err(|error| malformed(error.message().to_owned()))?;
    if file.signature_version != 1 {
        return Err(malformed(format!(
            "its version is {}; this build reads version 1",
            file.signature_version
        )));
    }
    let Some(signature) = super::digest::parse_hex(&file.signature) else {
        return Err(malformed("`signature` is not 128 hexadecimal digits".to_owned()));
    };
    let publisher = file.publisher;
    // Strict: no key of small order, no signature that could be read in two ways.
    ed25519_dalek::VerifyingKey::from_bytes(publisher.as_bytes())
        .and_then(|key| {
            key.verify_strict(&message(package), &ed25519_dalek::Signature::from_bytes(&signature))
        })
        .map_err(|_| SignatureError::Wrong { publisher })?;
    Ok(Some(publisher))
}

/// What is signed: the domain, the SHA-256 of the manifest, the SHA-256 of the component.
#[cfg(feature = "package")]
fn message(package: &Package) -> Vec<u8> {
    use sha2::Digest as _;
    let manifest: [u8; 32] = sha2::Sha256::digest(&package.parts.manifest).into();
    [DOMAIN, &manifest, &package.digest].concat()
}
