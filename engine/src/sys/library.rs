//! Native shared libraries of compiled code, as the system's loader maps them.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;

use libloading::os::unix::{Library as Loaded, RTLD_LOCAL, RTLD_NOW};

use super::mapping::page_size;
use super::sealed_file::SealedFile;

/// A loaded library with code in it. Dropping it unloads it.
#[derive(Debug)]
pub(crate) struct Library {
    code: usize,
    len: usize,
    /// Dropped before the files: their descriptors are the name that the loader knows it by, which must not come to mean
    /// another file while it is loaded.
    _loaded: Loaded,
    _file: Arc<SealedFile>,
    _otherwise: Option<File>,
}

impl Library {
    /// Loads a library whose `len` bytes of code begin at a symbol: from a file in memory, which the loader has never seen,
    /// so that it cannot take an older one for it; or, where the system forbids code in such files, from `otherwise`.
    ///
    /// Its caller has seen to it that loading the library runs nothing of it (`artifact/dylib.rs`).
    pub(crate) fn load(
        file: Arc<SealedFile>,
        otherwise: Option<&File>,
        symbol: &str,
        len: usize,
    ) -> io::Result<Self> {
        let otherwise = otherwise.map(File::try_clone).transpose()?;
        let loaded = match (open(file.file()), &otherwise) {
            (Err(_), Some(other)) => open(other)?,
            (loaded, _) => loaded?,
        };
        // SAFETY: only the symbol's address is used.
        let address = unsafe { loaded.get::<*const u8>(symbol.as_bytes()) }.map_err(io::Error::other)?;
        let code = address.as_raw_ptr().expose_provenance();
        if code == 0 || !code.is_multiple_of(page_size()) {
            return Err(io::Error::other("the loader did not map the code as the library says"));
        }
        Ok(Self { code, len, _loaded: loaded, _file: file, _otherwise: otherwise })
    }

    /// Address of `len` bytes of its code at `offset`, if it has them.
    pub(crate) fn address_of(&self, offset: usize, len: usize) -> Option<usize> {
        (offset.checked_add(len)? <= self.len).then_some(self.code.checked_add(offset)?)
    }
}

/// Loads the file behind a descriptor.
fn open(file: &File) -> io::Result<Loaded> {
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    // SAFETY: the library has no initialisers, depends on nothing and is not relocated: its loading maps it and no more (for
    // `otherwise`, that is the promise of whoever calls `from_dylib`).
    unsafe { Loaded::open(Some(name), RTLD_NOW | RTLD_LOCAL) }.map_err(io::Error::other)
}
