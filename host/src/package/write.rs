//! Packages are written: the same package gives the same bytes, whoever packs it and when, and nothing is replaced unless that
//! was asked for.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::{Form, MANIFEST, Package, Parts, SIGNATURE, SigningKey, package_error, read, section};
use crate::error::{Error, ErrorKind, Result};

impl Package {
    /// Writes the package to `path`, in one of its forms: this packs it, and unpacks it. What is there already is replaced
    /// only with `replace`; of a folder only the package's own files are.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be written, or something is there already.
    pub fn write(&self, path: impl AsRef<Path>, form: Form, replace: bool) -> Result<()> {
        let path = path.as_ref();
        match form {
            Form::Folder => self.write_folder(path, replace),
            Form::Component | Form::Plug => write_file(path, &self.to_bytes(form)?, replace),
        }
    }

    /// The package as one file of this form.
    ///
    /// # Errors
    /// [`ErrorKind::Package`] when it cannot be packed: the component's path is too long for an archive;
    /// [`ErrorKind::Misuse`] for [`Form::Folder`].
    pub fn to_bytes(&self, form: Form) -> Result<Vec<u8>> {
        let bytes = match form {
            Form::Folder => return Err(Error::misuse("a folder is no file: use `Package::write`")),
            Form::Component => section::write(&self.parts),
            Form::Plug => {
                let archive = archive(&self.parts, self.manifest.component()).map_err(|error| {
                    package_error(&self.path, None, format!("it cannot be packed: {error}"))
                })?;
                compress_to_vec(archive.as_slice(), CompressionLevel::Fastest)
            }
        };
        // What this build would not open is not given away.
        Self::from_bytes(&self.path, &bytes)?;
        Ok(bytes)
    }

    /// Signs the package at `path`, in place; a signature that is there already is replaced.
    ///
    /// # Errors
    /// What [`open`](Self::open) and [`write`](Self::write) return, but for a signature that was wrong.
    pub fn sign(path: impl AsRef<Path>, key: &SigningKey) -> Result<Self> {
        let path = path.as_ref();
        let Some((manifest, form, parts)) = read(path)? else { return Self::open(path) };
        let mut package =
            Self::assemble(path.to_owned(), manifest, form, Parts { signature: None, ..parts })?;
        let signature = key.signature(&package)?;
        package.parts.signature = Some(signature.into());
        package.publisher = Some(key.publisher());
        match &package.parts.signature {
            Some(signature) if form == Form::Folder => write_file(&path.join(SIGNATURE), signature, true)?,
            _ => package.write(path, form, true)?,
        }
        Self::open(path)
    }

    fn write_folder(&self, path: &Path, replace: bool) -> Result<()> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::new(ErrorKind::Io { what: "cannot write the plugin to", path, source })
        };
        std::fs::create_dir_all(path).map_err(failed(path))?;
        let folder = Dir::open_ambient_dir(path, ambient_authority()).map_err(failed(path))?;
        let component = self.manifest.component();
        let files = [
            (MANIFEST, Some(&self.parts.manifest)),
            (SIGNATURE, self.parts.signature.as_ref()),
            (component, Some(&self.parts.component)),
        ];
        for (name, _) in files {
            match folder.symlink_metadata(name) {
                Ok(_) if replace => folder.remove_file(name).map_err(failed(&path.join(name)))?,
                Ok(_) => return Err(failed(&path.join(name))(io::ErrorKind::AlreadyExists.into())),
                Err(_) => {}
            }
        }
        if let Some(parent) = Path::new(component).parent().filter(|parent| !parent.as_os_str().is_empty()) {
            folder.create_dir_all(parent).map_err(failed(&path.join(parent)))?;
        }
        for (name, bytes) in files {
            let Some(bytes) = bytes else { continue };
            let mut options = cap_std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            folder
                .open_with(name, &options)
                .and_then(|mut file| file.write_all(bytes))
                .map_err(failed(&path.join(name)))?;
        }
        Ok(())
    }
}

/// The archive: plain files of nobody, from no time, the manifest first.
fn archive(parts: &Parts, component: &str) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    let files = [
        (MANIFEST, Some(&parts.manifest)),
        (SIGNATURE, parts.signature.as_ref()),
        (component, Some(&parts.component)),
    ];
    for (name, bytes) in files {
        let Some(bytes) = bytes else { continue };
        let mut header = tar::Header::new_ustar();
        header.set_path(name)?;
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        archive.append(&header, &**bytes)?;
    }
    archive.into_inner()
}

/// Writes a file whole, or not at all.
fn write_file(path: &Path, bytes: &[u8], replace: bool) -> Result<()> {
    let failed = |source| {
        Error::new(ErrorKind::Io { what: "cannot write the plugin to", path: path.to_owned(), source })
    };
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}.partial", std::process::id()));
    let written =
        File::create_new(&partial)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| {
                if replace { std::fs::rename(&partial, path) } else { std::fs::hard_link(&partial, path) }
            });
    let _ = std::fs::remove_file(&partial);
    written.map_err(failed)
}
