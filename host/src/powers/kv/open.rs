//! Opening the file of a store: its name, who may read it, and what is wrong with it if it does not open.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{Builder, Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, StorageError};
use sha2::{Digest as _, Sha256};

use super::error::KvError;
use super::store::{DATA, Held, OWNER};

/// How much of a database is kept in memory, in bytes.
const CACHE: usize = 1 << 20;

/// How much of a plugin's id is seen in the name of its file. The rest of the name is a hash of all of it.
const SEEN: usize = 32;

/// The name of a plugin's file: only letters, digits, `-` and `_`, and another one for every id.
pub(super) fn file_name(id: &str) -> String {
    let plain = |character: char| match character {
        'a'..='z' | '0'..='9' | '-' => character,
        _ => '_',
    };
    let seen: String = id.chars().take(SEEN).map(plain).collect();
    let hash: String =
        Sha256::digest(id.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{seen}-{hash}.redb")
}

/// Opens, or makes, the store of `id` in `directory`.
pub(super) fn on_disk(directory: &Path, id: &str) -> Result<(Database, Held), KvError> {
    let path = directory.join(file_name(id));
    let refused = |source| KvError::Io { path: path.clone(), source };
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|source| KvError::Io { path: directory.to_owned(), source })?;
    let file = open_file(&path).map_err(refused)?;
    let backend = FileBackend::new(file).map_err(|error| from_database(&path, error))?;
    guarded(&path, || {
        // A plain opening trusts what is there; this one reads all of it, and the quota bounds how much that is.
        let database = Builder::new()
            .set_cache_size(CACHE)
            .set_check_integrity_on_open(true)
            .create_with_backend(backend)
            .map_err(|error| from_database(&path, error))?;
        let held = claim(&database, id).map_err(|error| from_redb(&path, error))?;
        held.map(|held| (database, held)).ok_or_else(|| KvError::Foreign { path: path.clone() })
    })
}

/// A store that is forgotten with the host.
pub(super) fn in_memory(id: &str) -> Result<(Database, Held), KvError> {
    let path = Path::new("(in memory)");
    let database = Builder::new().set_cache_size(CACHE).create_with_backend(InMemoryBackend::new());
    let database = database.map_err(|error| from_database(path, error))?;
    let held = claim(&database, id).map_err(|error| from_redb(path, error))?;
    held.map(|held| (database, held)).ok_or_else(|| KvError::Foreign { path: path.to_owned() })
}

/// The file: a regular one, not reached by a link, that only this user can read.
fn open_file(path: &Path) -> io::Result<File> {
    let no_link = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(no_link.bits()).map_err(io::Error::other)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no regular file")) }
}

/// Makes the store that of `id`, or finds that it is; says what it holds. Nothing when it is another plugin's.
fn claim(database: &Database, id: &str) -> Result<Option<Held>, redb::Error> {
    let reading = database.begin_read()?;
    let owner = match reading.open_table(OWNER) {
        Ok(table) => table.get(())?.map(|owner| owner.value().to_owned()),
        Err(redb::TableError::TableDoesNotExist(_)) => None,
        Err(error) => return Err(error.into()),
    };
    if let Some(owner) = owner {
        if owner != id {
            return Ok(None);
        }
        let mut held = Held::default();
        for entry in reading.open_table(DATA)?.iter()? {
            let (key, value) = entry?;
            held = held.with(key.value().len(), value.value().len());
        }
        return Ok(Some(held));
    }
    drop(reading);
    let writing = database.begin_write()?;
    writing.open_table(OWNER)?.insert((), id)?;
    writing.open_table(DATA)?;
    writing.commit()?;
    Ok(Some(Held::default()))
}

/// Runs what reads a file that may have been damaged on purpose: a panic over it is an error like any other.
fn guarded<R>(path: &Path, open: impl FnOnce() -> Result<R, KvError>) -> Result<R, KvError> {
    catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|_| {
        Err(KvError::Corrupt { path: path.to_owned(), message: "it contradicts itself".to_owned() })
    })
}

fn from_database(path: &Path, error: DatabaseError) -> KvError {
    let path: PathBuf = path.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => KvError::InUse { path },
        DatabaseError::Storage(error) => from_storage(path, error),
        other => KvError::Corrupt { path, message: other.to_string() },
    }
}

fn from_redb(path: &Path, error: redb::Error) -> KvError {
    let path = path.to_owned();
    match error {
        redb::Error::Io(source) => from_storage(path, StorageError::Io(source)),
        other => KvError::Corrupt { path, message: other.to_string() },
    }
}

fn from_storage(path: PathBuf, error: StorageError) -> KvError {
    match error {
        StorageError::Io(source)
            if !matches!(source.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
        {
            KvError::Io { path, source }
        }
        other => KvError::Corrupt { path, message: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain_and_differ() {
        let ids =
            ["acme:md", "acme_md", "ACME:md", "../../etc/passwd", "a/b", "", ".", "\0", &"x".repeat(1000)];
        let names: std::collections::BTreeSet<_> = ids.iter().map(|id| file_name(id)).collect();
        assert_eq!(names.len(), ids.len());
        for name in names {
            assert!(name.len() < 80, "{name}");
            let stem = name.strip_suffix(".redb").unwrap();
            assert!(stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{name}");
        }
    }
}
