//! A package that is a folder: its files are opened beneath it, so that no link leads out, and only if they are files.

use std::path::Path;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};
use rustix::fs::OFlags;

use super::{Form, MANIFEST, Parts, SIGNATURE, manifest_name, parse_manifest, signature};
use crate::error::{Error, ErrorKind, Result};
use crate::manifest::{MAX_MANIFEST, Manifest};
use crate::source;

pub(super) fn read(path: &Path) -> Result<(Manifest, Parts)> {
    let folder = Dir::open_ambient_dir(path, ambient_authority())
        .map_err(|source| io("cannot open the plugin's folder", path, source))?;
    let text = file(&folder, path, MANIFEST, MAX_MANIFEST as u64)?;
    let manifest = parse_manifest(&manifest_name(path, Form::Folder), &text)?;
    let component = file(&folder, path, manifest.component(), source::MAX_FILE)?;
    let signature = match file(&folder, path, SIGNATURE, signature::MAX as u64) {
        Ok(bytes) => Some(bytes),
        Err(error) if is_missing(&error) => None,
        Err(error) => return Err(error),
    };
    Ok((manifest, Parts { manifest: text, component, signature }))
}

fn file(folder: &Dir, path: &Path, name: &str, most: u64) -> Result<Arc<[u8]>> {
    let path = path.join(name);
    let mut options = OpenOptions::new();
    // A pipe would wait for somebody to write to it.
    options.read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let file = folder.open_with(name, &options).map_err(|source| {
        let escapes =
            source.kind() == std::io::ErrorKind::PermissionDenied && source.raw_os_error().is_none();
        let what = if escapes {
            "a link leads out of the plugin's folder:"
        } else {
            "cannot read the plugin's file"
        };
        io(what, &path, source)
    })?;
    let file = file.into_std();
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(io(
            "this is no plain file, and not read:",
            &path,
            std::io::ErrorKind::InvalidInput.into(),
        ));
    }
    source::read_open(file, &path, most)
}

fn io(what: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::new(ErrorKind::Io { what, path: path.to_owned(), source })
}

fn is_missing(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
}
