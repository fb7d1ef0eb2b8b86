//! Artifact → verified bytes. A file is copied into memory that nobody can change any more, and verified there, before
//! anything in it is used: what happens to the file afterwards changes nothing. An engine remembers which file was
//! verified, so that loading it again while it is unchanged costs a look at its metadata.

use std::fmt;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::bytes::Bytes;
use super::error::{ArtifactError, nonsense};
use super::layout::{self, HEADER, Header, Kind, SEALED, Section};
use super::made_for::MadeFor;
use super::seal::{self, PIECE, SealKey, SourceHash};
use super::table::Table;
use crate::engine::Engine;
use crate::error::{Error, Result, Stage};
use crate::module::{Module, Parts};
use crate::sys::sealed_file::SealedFile;

/// Bytes of an artifact that is looked at.
const MAX_BYTES: u64 = 4 << 30;

/// Verified artifacts that an engine keeps at most.
const MAX_REMEMBERED: usize = 64;

/// Compiled code that was verified: it was sealed with the key it was opened with, is undamaged, and fits the engine.
#[derive(Clone)]
pub struct Artifact {
    engine: Engine,
    contents: Arc<Contents>,
}

/// What was verified. It belongs to one engine, which may keep it, and does not refer to it.
pub(crate) struct Contents {
    pub(super) bytes: Bytes,
    /// Where the bytes lie, if they came from a file.
    pub(super) file: Option<Arc<SealedFile>>,
    /// Where in the file they begin.
    base: u64,
    /// The same code as the system's loader mapped it, if it did.
    #[cfg(feature = "dylib")]
    pub(super) library: Option<super::dylib::LoadedCode>,
    pub(super) sections: Table<Section>,
    source: SourceHash,
    key: [u8; 16],
    modules: Box<[OnceLock<Arc<Parts>>]>,
}

impl Artifact {
    /// Verifies the artifact in these bytes.
    ///
    /// # Errors
    /// `Artifact` with the reason for which it was refused.
    pub fn from_bytes(engine: &Engine, bytes: impl Into<Vec<u8>>, key: &SealKey) -> Result<Self> {
        let bytes = Bytes::from(bytes.into());
        verify(&bytes, engine, key)?;
        Ok(Self::new(engine, Contents::new(bytes, None, key)?))
    }

    pub(super) fn new(engine: &Engine, contents: Contents) -> Self {
        Self { engine: engine.clone(), contents: Arc::new(contents) }
    }

    /// Verifies the artifact in a file, from its beginning, or finds that it was verified before and did not change.
    ///
    /// # Errors
    /// `Artifact` with the reason for which it was refused, `Os` when the file cannot be read.
    pub fn from_file(engine: &Engine, file: &File, key: &SealKey) -> Result<Self> {
        let metadata = file.metadata().map_err(cannot_read)?;
        let id = FileId::new(&metadata);
        if let Some(contents) = engine.remembered().find(&id, key.id()) {
            return Ok(Self { engine: engine.clone(), contents });
        }
        let contents = Arc::new(Contents::read(Some(engine), file, metadata.len(), key)?);
        if id.is_settled() {
            engine.remembered().keep(id, &contents, engine.config().remembered_artifacts());
        }
        Ok(Self { engine: engine.clone(), contents })
    }

    /// Whether bytes begin as artifacts do. They may be damaged, foreign or stale all the same.
    pub fn is_artifact(bytes: &[u8]) -> bool {
        layout::begins(bytes)
    }

    /// Verifies the artifact in a file for any engine: that it is complete, undamaged, and sealed with this key.
    ///
    /// # Errors
    /// As for [`Artifact::from_file`], but never because it was made under other circumstances.
    pub fn verify(file: &File, key: &SealKey) -> Result<()> {
        let metadata = file.metadata().map_err(cannot_read)?;
        Contents::read(None, file, metadata.len(), key).map(drop)
    }

    /// The engine that runs its modules.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The hash of what it was compiled from.
    pub fn source(&self) -> SourceHash {
        self.contents.source
    }

    /// Refuses an artifact that was compiled from something else.
    ///
    /// # Errors
    /// `Artifact` with [`ArtifactError::StaleSource`].
    pub fn expect_source(&self, source: SourceHash) -> Result<()> {
        if self.contents.source == source { Ok(()) } else { Err(ArtifactError::StaleSource.into()) }
    }

    /// The bytes that its maker put in; empty if there are none.
    pub fn extra(&self) -> Result<impl AsRef<[u8]> + Send + Sync + 'static> {
        struct Extra(Bytes);
        impl AsRef<[u8]> for Extra {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
        Ok(self.contents.section(0, Kind::Extra).map(|(_, bytes)| Extra(bytes))?)
    }

    /// How many modules it has.
    pub fn module_count(&self) -> usize {
        self.contents.modules.len()
    }

    /// The module of this number, ready to be instantiated.
    ///
    /// # Errors
    /// `Misuse` if there is no such module; `Limit` and `Os` when there is no room for its code.
    pub fn module(&self, index: usize) -> Result<Module> {
        let place = self.contents.modules.get(index);
        let place = place.ok_or_else(|| Error::misuse("the artifact has no module of this number"))?;
        let parts = match place.get() {
            Some(parts) => Arc::clone(parts),
            None => {
                let number = u32::try_from(index).unwrap_or(u32::MAX);
                let made = Arc::new(self.contents.module(&self.engine, number)?);
                Arc::clone(place.get_or_init(|| made))
            }
        };
        Ok(Module::from_parts(&self.engine, parts))
    }
}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifact").field("modules", &self.module_count()).finish_non_exhaustive()
    }
}

impl Module {
    /// Loads the first module of an artifact. See [`Artifact::from_bytes`].
    ///
    /// # Errors
    /// `Artifact` with the reason for which it was refused; `Limit` and `Os` when there is no room for its code.
    pub fn from_artifact_bytes(engine: &Engine, bytes: impl Into<Vec<u8>>, key: &SealKey) -> Result<Self> {
        Artifact::from_bytes(engine, bytes, key)?.module(0)
    }

    /// Loads the first module of the artifact in a file. See [`Artifact::from_file`].
    ///
    /// # Errors
    /// As for [`Module::from_artifact_bytes`]; `Os` when the file cannot be read.
    pub fn from_artifact_file(engine: &Engine, file: &File, key: &SealKey) -> Result<Self> {
        Artifact::from_file(engine, file, key)?.module(0)
    }
}

impl Engine {
    /// A number for everything that artifacts are bound to besides what they were compiled from: the build of plugbay, the
    /// settings, the processor. Engines with equal numbers can load each other's artifacts.
    pub fn compatibility(&self) -> [u8; 16] {
        MadeFor::here(self.config()).number()
    }
}

/// Reads the header; nothing of it is to be trusted.
fn header(bytes: &[u8], found: u64) -> Result<Header, ArtifactError> {
    if found > MAX_BYTES {
        return Err(nonsense("it is larger than any artifact"));
    }
    Header::read(bytes, found)
}

/// Refuses what is damaged in the header, foreign or stale, before the rest is looked at. None of this is to be trusted
/// either: it only finds the words for what the seal would refuse as well.
fn fits(header: &Header, head: &[u8], engine: Option<&Engine>, key: &SealKey) -> Result<(), ArtifactError> {
    Header::check(head)?;
    if let Some(engine) = engine {
        header.made_for.check(&MadeFor::here(engine.config()))?;
    }
    if header.key != key.id() {
        return Err(ArtifactError::Foreign);
    }
    Ok(())
}

/// Verifies a whole artifact.
pub(super) fn verify(bytes: &[u8], engine: &Engine, key: &SealKey) -> Result<(), ArtifactError> {
    let header = header(bytes.get(..HEADER.min(bytes.len())).unwrap_or_default(), bytes.len() as u64)?;
    let head = bytes.get(..header.sections_end()).ok_or(nonsense("the header"))?;
    fits(&header, head, Some(engine), key)?;
    let rest = bytes.get(HEADER..).unwrap_or_default();
    let chunks: Vec<&[u8]> = rest.chunks(PIECE).collect();
    let piece = |index: usize| Ok(key.piece(index as u64, chunks.get(index).copied().unwrap_or_default()));
    let pieces = seal::pieces::<ArtifactError>(chunks.len(), piece)?;
    sealed(head, &pieces, key)
}

/// Whether the seal in the header is that of everything else. (Hashes are compared in constant time.)
fn sealed(head: &[u8], pieces: &[[u8; 32]], key: &SealKey) -> Result<(), ArtifactError> {
    let expected = head.get(..SEALED).map(|header| key.seal(header, pieces));
    match expected.zip(layout::seal_of(head)) {
        Some((expected, found)) if expected == found => Ok(()),
        _ => Err(nonsense("the seal")),
    }
}

fn cannot_read(source: io::Error) -> Error {
    Error::os("reading compiled code", source).at(Stage::Decode)
}

/// What went wrong while a file was copied.
enum Broken {
    Io(io::Error),
    Refused(ArtifactError),
}

impl From<io::Error> for Broken {
    fn from(source: io::Error) -> Self {
        Self::Io(source)
    }
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Io(source) => cannot_read(source),
            Broken::Refused(error) => error.into(),
        }
    }
}

impl Contents {
    /// Copies a file and verifies the copy. The bytes that are hashed are those that are copied, read once.
    fn read(engine: Option<&Engine>, file: &File, found: u64, key: &SealKey) -> Result<Self> {
        let mut first = [0; HEADER];
        let there = HEADER.min(usize::try_from(found).unwrap_or(HEADER));
        let (first, _) = first.split_at_mut(there);
        read_exact(file, first, 0).map_err(Error::from)?;
        let header = header(first, found)?;
        let mut head = vec![0; header.sections_end()];
        read_exact(file, &mut head, 0).map_err(Error::from)?;
        fits(&header, &head, engine, key)?;
        let len = usize::try_from(header.len).map_err(|_| nonsense("it is larger than any artifact"))?;
        let copy = SealedFile::write(len, |copy| copy_verified(file, copy, first, len, key))?;
        let copy = Arc::new(copy);
        let view = copy.view().map_err(cannot_read)?;
        Self::new(Bytes::new(view), Some(copy), key)
    }

    /// The contents of verified bytes.
    pub(super) fn new(bytes: Bytes, file: Option<Arc<SealedFile>>, key: &SealKey) -> Result<Self> {
        let header = Header::read(&bytes, bytes.len() as u64)?;
        let list = bytes.slice(HEADER..header.sections_end()).ok_or(nonsense("the header"))?;
        let modules = (0..header.modules).map(|_| OnceLock::new()).collect();
        let (sections, source) = (Table::new(list), header.source);
        Ok(Self {
            bytes,
            file,
            base: 0,
            #[cfg(feature = "dylib")]
            library: None,
            sections,
            source,
            key: key.id(),
            modules,
        })
    }

    /// The same, of which the bytes begin in the file at `base`, and the code is loaded.
    #[cfg(feature = "dylib")]
    pub(super) fn in_library(self, base: u64, library: super::dylib::LoadedCode) -> Self {
        Self { base, library: Some(library), ..self }
    }

    /// A section with its offset in the file.
    pub(super) fn section(&self, module: u32, kind: Kind) -> Result<(u64, Bytes), ArtifactError> {
        let (offset, bytes) = layout::find(&self.bytes, &self.sections, module, kind)?;
        Ok((offset.saturating_add(self.base), bytes))
    }
}

/// Copies `len` bytes, of which `first` were read before, and verifies what was copied.
fn copy_verified(from: &File, to: &File, first: &[u8], len: usize, key: &SealKey) -> Result<(), Broken> {
    to.write_all_at(first, 0)?;
    let rest = len.saturating_sub(HEADER);
    let piece = |index: usize| -> Result<[u8; 32], Broken> {
        let start = index.saturating_mul(PIECE);
        let mut buffer = vec![0; PIECE.min(rest.saturating_sub(start))];
        let at = start.saturating_add(HEADER) as u64;
        read_exact(from, &mut buffer, at)?;
        to.write_all_at(&buffer, at)?;
        Ok(key.piece(index as u64, &buffer))
    };
    let pieces = seal::pieces(rest.div_ceil(PIECE), piece)?;
    sealed(first, &pieces, key).map_err(Broken::Refused)
}

/// Reads from a file that may have been cut off since its length was looked at.
fn read_exact(file: &File, buffer: &mut [u8], at: u64) -> Result<(), Broken> {
    file.read_exact_at(buffer, at).map_err(|source| match source.kind() {
        io::ErrorKind::UnexpectedEof => {
            let expected = at.saturating_add(buffer.len() as u64);
            let found = file.metadata().map_or(at, |metadata| metadata.len());
            Broken::Refused(ArtifactError::Truncated { found, expected })
        }
        _ => Broken::Io(source),
    })
}

/// Which file it was, and in which state: whoever writes to a file changes its times.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
    modified: (i64, i64),
}

impl FileId {
    fn new(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }

    /// Whether the last change is so long ago that one from now on gets another time: clocks of file systems tick slowly.
    fn is_settled(&self) -> bool {
        let (seconds, nanoseconds) = self.changed;
        let tick = match nanoseconds {
            0 => Duration::from_secs(3),
            _ => Duration::from_millis(20),
        };
        let since = u64::try_from(seconds).ok().zip(u32::try_from(nanoseconds).ok());
        let changed = since.and_then(|(s, ns)| UNIX_EPOCH.checked_add(Duration::new(s, ns.min(999_999_999))));
        // A change in the future says that the clock was set back: then nothing is known.
        changed.is_some_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > tick))
    }
}

/// The artifacts that an engine verified lately, the last one last.
#[derive(Default)]
pub(crate) struct Remembered(Mutex<Vec<(FileId, Arc<Contents>)>>);

impl Remembered {
    fn find(&self, id: &FileId, key: [u8; 16]) -> Option<Arc<Contents>> {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = list.iter().position(|(known, contents)| known == id && contents.key == key)?;
        let found = list.remove(place);
        let contents = Arc::clone(&found.1);
        list.push(found);
        Some(contents)
    }

    fn keep(&self, id: FileId, contents: &Arc<Contents>, most: u64) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What was there before the file changed is of no use any more.
        list.retain(|(known, _)| (known.device, known.inode) != (id.device, id.inode));
        list.push((id, Arc::clone(contents)));
        let mut kept = 0_u64;
        let fitting = list.iter().rev().take(MAX_REMEMBERED).take_while(|(id, _)| {
            kept = kept.saturating_add(id.size);
            kept <= most
        });
        let fitting = fitting.count();
        let old = list.len().saturating_sub(fitting);
        let forgotten: Vec<_> = list.drain(..old).collect();
        drop(list);
        // Unmapping takes its time: not under the lock.
        drop(forgotten);
    }
}
