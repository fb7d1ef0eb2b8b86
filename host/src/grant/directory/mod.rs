//! Directories that are granted, and opening them. After this, paths of a guest are only ever resolved below one of these
//! handles, by `wasi/filesystem/resolve`. What is hidden inside of them is `hidden`'s.

mod hidden;

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::fs::{Mode, OFlags};

use super::{FileRule, FileUse, Grants, Power};
use crate::error::{Error, ErrorKind, Result};
use hidden::Patterns;

pub(crate) use hidden::Hidden;

/// What may be done below a granted directory. The one permission value of every descriptor: whatever is opened through a
/// descriptor has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Look at everything, change nothing.
    ReadOnly,
    /// Look at and change everything.
    ReadWrite,
}

/// Who finds the way from a granted directory to what a plugin's path names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PathResolver {
    /// The system, in one call that cannot leave the directory (`openat2` of Linux 5.6 and later); where it has none, plugbay.
    #[default]
    System,
    /// Plugbay, name by name, never following a link without looking at it. Slower. The same results.
    Walk,
}

#[derive(Clone, Debug)]
pub(crate) struct DirectoryGrant {
    pub(crate) host: PathBuf,
    pub(crate) guest: String,
    pub(crate) access: Access,
}

/// A directory that a plugin finds in `wasi:filesystem/preopens`.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) dir: Arc<OwnedFd>,
    pub(crate) guest: Arc<str>,
    pub(crate) access: Access,
    /// What is not there for the plugin; `None` where that is nothing.
    pub(crate) hidden: Option<Hidden>,
    /// Whether paths are resolved name by name.
    pub(crate) walk: AtomicBool,
    /// Whether a plugin did anything with it, and whether it asked to change it and may: for who learns what it needs.
    pub(crate) used: AtomicBool,
    pub(crate) changed: AtomicBool,
}

/// A grant whose directory is known.
struct Found<'a> {
    grant: &'a DirectoryGrant,
    host: PathBuf,
    access: Access,
    dir: OwnedFd,
    identity: (u64, u64),
}

/// Opens what `grants` show, less what they deny. Nobody may write to the `guarded` directories, which hold code that
/// the host runs outside the sandbox, and the key that such code is sealed with.
pub(crate) fn open(grants: &Grants, power: &Power<FileRule>, guarded: &[PathBuf]) -> Result<Vec<Arc<Root>>> {
    let patterns = Patterns::new(&patterns(power)?).map_err(|problem| bad_rule(&problem))?;
    let denied_read = grants.denied_read.iter().map(|path| resolve(path)).collect::<Result<Vec<_>>>()?;
    let denied_write = grants.denied_write.iter().map(|path| resolve(path)).collect::<Result<Vec<_>>>()?;
    let mut found = Vec::new();
    for grant in &grants.directories {
        let host = resolve(&grant.host)?;
        if denied_read.iter().any(|denied| host.starts_with(denied)) {
            continue;
        }
        refuse_above(grant, &host, &denied_read, "deny_read")?;
        // Allow rules without a directory (the ceiling's) name paths of the plugin.
        let guest = absolute(&grant.guest);
        let allowed = |write| power.check(&FileUse::new(&guest, write)).is_ok();
        if !allowed(false) {
            continue;
        }
        let mut access = if allowed(true) { grant.access } else { Access::ReadOnly };
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
        found.push(open_one(grant, host, access)?);
    }
    refuse_protection_that_is_none(&found)?;
    let places: Vec<_> =
        found.iter().map(|found| (found.host.as_path(), found.grant.guest.as_str())).collect();
    let hidden: Vec<_> = (0..places.len()).map(|index| Hidden::new(&patterns, &places, index)).collect();
    let walk = grants.resolver == PathResolver::Walk;
    let mut roots = Vec::new();
    for (found, hidden) in found.into_iter().zip(hidden) {
        // What is hidden whole is not shown.
        if hidden.as_ref().is_some_and(Hidden::hides_all) {
            continue;
        }
        roots.push(Arc::new(Root {
            dir: Arc::new(found.dir),
            guest: found.grant.guest.as_str().into(),
            access: found.access,
            hidden,
            walk: AtomicBool::new(walk),
            used: AtomicBool::default(),
            changed: AtomicBool::default(),
        }));
    }
    Ok(roots)
}

/// The patterns of what is denied.
fn patterns(power: &Power<FileRule>) -> Result<Vec<String>> {
    let pattern = |rule: &FileRule| match rule {
        FileRule { host: None, path, access: None } => Ok(path.clone()),
        FileRule { path, .. } => Err(bad_rule(&format!(
            "what is denied is not there at all, for nobody's reading or writing: write `{{ path = {path:?} }}` alone"
        ))),
    };
    power.denied().map(pattern).collect()
}

/// A guest's name of a directory as rules name it: `/texts` of `texts/`, `/` of `.`.
fn absolute(guest: &str) -> String {
    let names = guest.split('/').filter(|name| !name.is_empty() && *name != ".");
    format!("/{}", names.collect::<Vec<_>>().join("/"))
}

fn bad_rule(problem: &str) -> Error {
    Error::new(ErrorKind::Grant(format!("a `deny` rule of `wasi:filesystem`: {problem}")))
}

fn open_one(grant: &DirectoryGrant, host: PathBuf, access: Access) -> Result<Found<'_>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(&host, flags, Mode::empty())
        .and_then(|dir| rustix::fs::fstat(&dir).map(|stat| (dir, stat)));
    match opened {
        Ok((dir, stat)) => Ok(Found { grant, host, access, dir, identity: (stat.st_dev, stat.st_ino) }),
        Err(errno) => Err(unusable(&host, errno.into())),
    }
}

/// A grant to read inside of one to write protects nothing: the plugin would go by the other one. Whoever wrote it meant
/// something else, and is told.
fn refuse_protection_that_is_none(found: &[Found<'_>]) -> Result<()> {
    for inner in found.iter().filter(|found| found.access == Access::ReadOnly) {
        let holds = |outer: &&Found<'_>| {
            outer.access == Access::ReadWrite
                && (inner.host.starts_with(&outer.host) || inner.identity == outer.identity)
        };
        if let Some(outer) = found.iter().find(holds) {
            return Err(Error::new(ErrorKind::Grant(format!(
                "{} is granted for reading, and can be written to by the grant of {}; grant the directories that may be \
                 written to one by one instead",
                inner.grant.host.display(),
                outer.grant.host.display(),
            ))));
        }
    }
    Ok(())
}

/// A denial that lies inside a granted directory cannot be kept (hard links, renames), so it is not pretended to be.
fn refuse_above(grant: &DirectoryGrant, host: &Path, denied: &[PathBuf], method: &str) -> Result<()> {
    match denied.iter().find(|denied| denied.starts_with(host)) {
        None => Ok(()),
        Some(denied) => Err(Error::new(ErrorKind::Grant(format!(
            "`{method}` of {} lies inside the granted directory {}, where it could be walked around; grant the \
             directories beside it one by one instead, or hide it from the plugin by `deny_path`",
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
