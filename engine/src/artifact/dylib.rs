//! Artifacts as native shared libraries, for systems that forbid making code: the loader of the system maps the code.
//!
//! A library is an ELF page (`elf`) and an artifact with all its code in a row. It is sealed with a key that everybody
//! knows: that finds damage, not malice. So loading one from a path is `unsafe` (in `vm/library.rs`); what makes one here and
//! loads it at once is not.

use std::sync::Arc;

use super::bytes::Bytes;
use super::code::CodeTables;
use super::elf;
use super::error::ArtifactError;
use super::layout::{self, HEADER, Header, Section};
use super::open::{self, Artifact, Contents};
use super::seal::SealKey;
use super::table::Table;
#[cfg(feature = "compile")]
use super::writer::ArtifactWriter;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::sys::library::Library;
use crate::sys::sealed_file::SealedFile;
use crate::vm::CodeMemory;

/// Everybody's key.
fn key() -> SealKey {
    SealKey::new(*b"libraries of plugbay: not secret")
}

/// Code that the system's loader mapped.
#[derive(Clone)]
pub(crate) struct LoadedCode {
    library: Arc<Library>,
    /// Offset in the file of the first byte of code.
    first: u64,
}

impl LoadedCode {
    /// The `len` bytes of code at this offset in the file, known to the signal handler.
    pub(super) fn publish(&self, offset: u64, len: usize, tables: &CodeTables) -> Result<CodeMemory> {
        // No code lies nowhere.
        let offset = if len == 0 { self.first } else { offset };
        let offset = offset.checked_sub(self.first).and_then(|offset| usize::try_from(offset).ok());
        let offset = offset.ok_or_else(|| Error::internal("code outside its library"))?;
        CodeMemory::publish_loaded(&self.library, offset, len, tables)
    }
}

#[cfg(feature = "compile")]
impl ArtifactWriter {
    /// The artifact as a native shared library (ELF) for this machine, to be loaded by [`Artifact::from_dylib`]. It depends
    /// on no other library, needs no relocation and runs nothing when it is loaded.
    ///
    /// # Errors
    /// `Limit` for an artifact that is too large to be written.
    pub fn dylib(self) -> Result<Vec<u8>> {
        let artifact = self.seal_code_first(&key())?;
        let mut out = front_of(&artifact)?;
        out.extend_from_slice(&artifact);
        Ok(out)
    }

    /// Makes a native shared library as [`Self::dylib`] does and loads it, from memory that nobody else can write to: what
    /// it takes to see whether this machine loads such libraries.
    ///
    /// # Errors
    /// As for [`Self::dylib`]; `Os` when the system refuses to load it.
    pub fn load_as_dylib(self) -> Result<Artifact> {
        let engine = self.engine().clone();
        let file = sealed(&self.dylib()?)?;
        // SAFETY of what this does is the writer's: the file cannot have changed since.
        load(&engine, file, None)
    }
}

/// A file in memory with these bytes, which nobody can change.
pub(crate) fn sealed(bytes: &[u8]) -> Result<Arc<SealedFile>> {
    let file =
        SealedFile::write(bytes.len(), |file| std::os::unix::fs::FileExt::write_all_at(file, bytes, 0));
    Ok(Arc::new(file.map_err(|source| Error::os("keeping a native library", source))?))
}

/// What belongs in front of this artifact.
fn front_of(artifact: &[u8]) -> Result<Vec<u8>, ArtifactError> {
    let no = ArtifactError::NotOurLibrary { what: "there is no artifact in it" };
    let head = artifact.get(..HEADER).ok_or(no.clone())?;
    let header = Header::read(head, artifact.len() as u64)?;
    let list = artifact.get(HEADER..header.sections_end()).ok_or(no)?;
    let sections: Table<Section> = Table::new(Bytes::from(list.to_vec()));
    let code = layout::code_range(&sections);
    elf::front(header.len, code.unwrap_or_default())
}

/// Checks that a file is a library as [`ArtifactWriter::dylib`] writes them, undamaged and for this engine, and has the
/// system load it: from the file in memory, or, where code in such files is not allowed, from `otherwise`.
///
/// Whoever calls this must trust whoever made the library (and, given `otherwise`, that it is the same).
pub(crate) fn load(
    engine: &Engine,
    file: Arc<SealedFile>,
    otherwise: Option<&std::fs::File>,
) -> Result<Artifact> {
    let view = file.view().map_err(|source| Error::os("reading a native library", source))?;
    let whole = Bytes::new(view);
    elf::look(&whole)?;
    let (front, artifact) = whole.split_at_checked(elf::front_len()).unwrap_or_default();
    open::verify(artifact, engine, &key())?;
    if front_of(artifact)? != front {
        return Err(ArtifactError::NotOurLibrary {
            what: "its headers are not those that belong to its code: an initialiser, a dependency, a relocation, a \
                   symbol or rights of memory that plugbay does not write",
        }
        .into());
    }
    let bytes =
        whole.slice(elf::front_len()..whole.len()).ok_or_else(|| Error::internal("an empty library"))?;
    let contents = Contents::new(bytes, Some(Arc::clone(&file)), &key())?;
    let code = layout::code_range(&contents.sections).unwrap_or_default();
    let (base, len) = (elf::front_len() as u64, code.end.saturating_sub(code.start));
    let len = usize::try_from(len).map_err(|_| Error::internal("a library above 4 GiB"))?;
    let loaded = Library::load(file, otherwise, elf::CODE, len);
    let library = loaded.map_err(|source| Error::os("loading a native library", source))?;
    let code = LoadedCode { library: Arc::new(library), first: base.saturating_add(code.start) };
    Ok(Artifact::new(engine, contents.in_library(base, code)))
}
