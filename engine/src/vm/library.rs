//! Loading native shared libraries of compiled code from files. It is here because it is unsafe: what is loaded is run.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use crate::artifact::{Artifact, dylib};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::module::Module;
use crate::sys::sealed_file::SealedFile;

/// Bytes of a library that is looked at.
const MAX_BYTES: u64 = 4 << 30;

impl Artifact {
    /// Loads the native shared library that `ArtifactWriter::dylib` wrote to a file: for systems that forbid a process to
    /// make code, but let the system's loader load it.
    ///
    /// The file is copied and the copy checked before the loader sees it: that it is what this build of plugbay writes for
    /// these settings and this processor and is undamaged; loading it then runs nothing of it. Where the system does not
    /// allow loading from a copy, the file itself is loaded; it must then not be changed as long as the artifact, or a
    /// module of it, lives. A file that was replaced is loaded anew.
    ///
    /// # Errors
    /// `Artifact` with the reason for which it was refused; `Os` when the file cannot be read or the system refuses to load
    /// it.
    ///
    /// # Safety
    /// The file was written by whom you trust with everything that this process may do: its code is run as it is. Nothing
    /// in it proves who made it; the checks find damage and mistakes, not malice.
    pub unsafe fn from_dylib(engine: &Engine, path: impl AsRef<Path>) -> Result<Self> {
        let cannot_read = |source| Error::os("reading a native library", source).at(Stage::Decode);
        let file = File::open(path).map_err(cannot_read)?;
        let metadata = file.metadata().map_err(cannot_read)?;
        if !metadata.is_file() || metadata.len() > MAX_BYTES {
            return Err(Error::new(ErrorKind::Misuse(
                "a native library is a file of at most 4 GiB".to_owned(),
            )));
        }
        let len = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        let copy = SealedFile::write(len, |copy| copy_file(&file, copy, len)).map_err(cannot_read)?;
        dylib::load(engine, Arc::new(copy), Some(&file))
    }
}

impl Module {
    /// Loads the first module of a native shared library. See [`Artifact::from_dylib`].
    ///
    /// # Errors
    /// As for [`Artifact::from_dylib`].
    ///
    /// # Safety
    /// As for [`Artifact::from_dylib`].
    pub unsafe fn from_dylib(engine: &Engine, path: impl AsRef<Path>) -> Result<Self> {
        // SAFETY: the caller's promise.
        unsafe { Artifact::from_dylib(engine, path) }?.module(0)
    }
}

fn copy_file(from: &File, to: &File, len: usize) -> std::io::Result<()> {
    let mut buffer = vec![0; len.min(1 << 20)];
    let mut at = 0;
    while at < len as u64 {
        let left = usize::try_from(len as u64 - at).unwrap_or(usize::MAX).min(buffer.len());
        let (piece, _) = buffer.split_at_mut(left);
        from.read_exact_at(piece, at)?;
        to.write_all_at(piece, at)?;
        at += piece.len() as u64;
    }
    Ok(())
}
