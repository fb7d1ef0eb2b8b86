//! Directories that are granted, and opening them. After this, paths of a guest are only ever resolved below one of these
//! handles.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::Grants;
use crate::error::{Error, ErrorKind, Result};

/// What may be done below a granted directory. The one permission value of every descriptor: whatever is opened through a
/// descriptor has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Look at everything, change nothing.
    ReadOnly,
    /// Look at and change everything.
    ReadWrite,
}

#[derive(Clone, Debug)]
pub(crate) struct DirectoryGrant {
    pub(crate) host: PathBuf,
    pub(crate) guest: String,
    pub(crate) access: Access,
}

/// A directory that a plugin finds in `wasi:filesystem/preopens`.
#[derive(Clone, Debug)]
pub(crate) struct Preopen {
    pub(crate) dir: Arc<Dir>,
    pub(crate) guest: Arc<str>,
    pub(crate) access: Access,
}

/// Opens what `grants` show, less what they deny. Nobody may write to the `guarded` directories, which hold code that
/// the host runs outside the sandbox, and the key that such code is sealed with.
pub(crate) fn open(grants: &Grants, guarded: &[PathBuf]) -> Result<Vec<Preopen>> {
    let denied_read = grants.denied_read.iter().map(|path| resolve(path)).collect::<Result<Vec<_>>>()?;
    let denied_write = grants.denied_write.iter().map(|path| resolve(path)).collect::<Result<Vec<_>>>()?;
    let mut preopens = Vec::new();
    for grant in &grants.directories {
        let host = resolve(&grant.host)?;
        if denied_read.iter().any(|denied| host.starts_with(denied)) {
            continue;
        }
        refuse_above(grant, &host, &denied_read, "deny_read")?;
        let mut access = grant.access;
        if access == Access::ReadWrite {
            if denied_write.iter().any(|denied| host.starts_with(denied)) {
                access = Access::ReadOnly;
            } else {
                refuse_above(grant, &host, &denied_write, "deny_write")?;
            }
        }
        if access == Access::ReadWrite {
            refuse_guarded(grant, &host, guarded)?;
        }
        let dir =
            Dir::open_ambient_dir(&host, ambient_authority()).map_err(|source| unusable(&host, source))?;
        preopens.push(Preopen { dir: Arc::new(dir), guest: grant.guest.as_str().into(), access });
    }
    Ok(preopens)
}

/// A denial that lies inside a granted directory cannot be kept (hard links, renames), so it is not pretended to be.
fn refuse_above(grant: &DirectoryGrant, host: &Path, denied: &[PathBuf], method: &str) -> Result<()> {
    match denied.iter().find(|denied| denied.starts_with(host)) {
        None => Ok(()),
        Some(denied) => Err(Error::new(ErrorKind::Grant(format!(
            "`{method}` of {} lies inside the granted directory {}, where it could be walked around; grant the \
             directories beside it one by one instead",
            denied.display(),
            grant.host.display(),
        )))),
    }
}

/// Whoever could write there could leave the sandbox.
fn refuse_guarded(grant: &DirectoryGrant, host: &Path, guarded: &[PathBuf]) -> Result<()> {
    match guarded.iter().find(|guarded| guarded.starts_with(host) || host.starts_with(guarded)) {
        None => Ok(()),
        Some(guarded) => Err(Error::new(ErrorKind::Grant(format!(
            "nobody may write to {}, where plugbay keeps compiled plugins or the key they are sealed with; grant {} for \
             reading only, or keep these elsewhere (HostBuilder::cache, PLUGBAY_CACHE_DIR, PLUGBAY_DATA_DIR)",
            guarded.display(),
            grant.host.display(),
        )))),
    }
}

fn resolve(path: &Path) -> Result<PathBuf> {
    std::fs::canonicalize(path).map_err(|source| unusable(path, source))
}

fn unusable(path: &Path, source: std::io::Error) -> Error {
    Error::new(ErrorKind::Io { what: "cannot use the directory of a grant", path: path.to_owned(), source })
}
