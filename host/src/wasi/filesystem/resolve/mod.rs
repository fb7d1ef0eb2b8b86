//! What a path of a guest names below a descriptor. The only place where such a path meets the system.
//!
//! `beneath` lets the system resolve in one call that cannot leave the directory; `walk` goes name by name and follows no link
//! without reading it, which serves where the system has no such call, and where something is hidden behind links. Both end
//! with a [`Spot`]: an open directory and a name in it, on which only system calls are made that follow no link at the end.

#[cfg(target_os = "linux")]
mod beneath;
mod walk;

use std::borrow::Cow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
#[cfg(target_os = "linux")]
use std::sync::atomic::Ordering::Relaxed;

use rustix::fs::OFlags;

use super::ErrorCode;
use super::descriptor::DirHandle;
use super::refusal::Refusal;
use crate::grant::directory::{Hidden, Root};

/// Longer paths are refused before they reach the system, which would refuse them too.
const MAX_PATH: usize = 4096;

/// For directories that are only passed through.
#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const PASS: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// What is done with a link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    /// The link itself is meant. A slash behind it stays in the spot's name, and the system refuses what is no directory.
    Keep,
    /// What it leads to is meant.
    Follow,
}

/// Where a path leads: a name in an open directory. What is there, if anything, is not a link that was to be followed.
#[derive(Debug)]
pub(super) struct Spot<'a> {
    dir: Parent<'a>,
    name: Cow<'a, [u8]>,
    /// Where it is below the granted directory, if something is hidden there.
    place: Option<String>,
    refusal: Option<Box<Refusal>>,
}

#[derive(Debug)]
enum Parent<'a> {
    Base(BorrowedFd<'a>),
    Opened(OwnedFd),
}

/// A directory and a name in it, for the system.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) dir: BorrowedFd<'a>,
    pub(super) name: &'a [u8],
}

impl Spot<'_> {
    /// For what looks at, changes or removes what is there: what is hidden is not there.
    pub(super) fn look(&self) -> Result<At<'_>, Refusal> {
        match &self.refusal {
            Some(refusal) => Err((**refusal).clone()),
            None => Ok(self.at()),
        }
    }

    /// For what makes something new there: hidden names are not made, whether they are there or not.
    pub(super) fn make(&self) -> Result<At<'_>, Refusal> {
        match self.refusal.as_deref() {
            Some(Refusal::Hidden { path, rule, .. }) => {
                let (path, rule) = (path.clone(), rule.clone());
                Err(Refusal::Hidden { code: ErrorCode::NotPermitted, path, rule })
            }
            Some(refusal) => Err(refusal.clone()),
            None => Ok(self.at()),
        }
    }

    /// Where it is below the granted directory; nothing where nothing is hidden.
    pub(super) fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    fn at(&self) -> At<'_> {
        let dir = match &self.dir {
            Parent::Base(dir) => *dir,
            Parent::Opened(dir) => dir.as_fd(),
        };
        At { dir, name: &self.name }
    }
}

/// Refuses what no path may be. That a path stays below its directory is the resolvers' care.
pub(super) fn checked(path: &str) -> Result<&str, ErrorCode> {
    if path.is_empty() {
        Err(ErrorCode::NoEntry)
    } else if path.contains('\0') {
        Err(ErrorCode::Invalid)
    } else if path.len() >= MAX_PATH {
        Err(ErrorCode::NameTooLong)
    } else if path.starts_with('/') {
        Err(ErrorCode::NotPermitted)
    } else {
        Ok(path)
    }
}

/// Whether a path says that it names a directory.
pub(super) fn names_directory(path: &str) -> bool {
    path.ends_with('/') || path.ends_with("/.") || path == "."
}

/// The folder part of a path (nothing, if there is none) and the last name with the slashes behind it.
fn split(path: &str) -> (&str, &str) {
    match path.trim_end_matches('/').rfind('/') {
        Some(at) => {
            (path.get(..at).unwrap_or_default(), path.get(at.saturating_add(1)..).unwrap_or_default())
        }
        None => ("", path),
    }
}

/// What is hidden below a root is not there.
fn absent(root: &Root, place: &str, rule: &str) -> Refusal {
    let path = format!("{}/{place}", root.guest.trim_end_matches('/'));
    Refusal::Hidden { code: ErrorCode::NoEntry, path, rule: rule.to_owned() }
}

impl DirHandle {
    /// Finds what `path` names. A link in the middle is always followed, one at its end as `last` says.
    pub(super) fn spot<'a>(&'a self, path: &'a str, last: Last) -> Result<Spot<'a>, Refusal> {
        let path = checked(path)?;
        let (parent, name) = split(path);
        let plain = !matches!(name.trim_end_matches('/'), "." | "..");
        if last == Last::Follow || !plain {
            return walk::walk(self, path, last);
        }
        match &self.root.hidden {
            None => self.spot_beneath(path, parent, name, None),
            Some(hidden) => match self.lexical(path) {
                Some(place) => self.spot_beneath(path, parent, name, Some((hidden, place))),
                None => walk::walk(self, path, last),
            },
        }
    }

    /// The same by one call of the system, or none.
    fn spot_beneath<'a>(
        &'a self,
        path: &'a str,
        parent: &'a str,
        name: &'a str,
        hidden: Option<(&Hidden, String)>,
    ) -> Result<Spot<'a>, Refusal> {
        let name = Cow::Borrowed(name.as_bytes());
        let mut refusal = None;
        if let Some((hidden, place)) = &hidden {
            let folder = place.rsplit_once('/').map_or("", |(folder, _)| folder);
            let seen = self.place.as_deref().unwrap_or_default().len();
            if let Some(rule) = hidden.hides(folder, seen) {
                return Err(absent(&self.root, folder, rule));
            }
            let rule = hidden.hides(place, folder.len());
            refusal = rule.map(|rule| Box::new(absent(&self.root, place, rule)));
        }
        let no_links = hidden.is_some();
        let place = hidden.map(|(_, place)| place);
        if parent.is_empty() {
            return Ok(Spot { dir: Parent::Base(self.dir.as_fd()), name, place, refusal });
        }
        match self.open_beneath(parent, PASS, no_links) {
            Some(dir) => Ok(Spot { dir: Parent::Opened(dir?), name, place, refusal }),
            None => walk::walk(self, path, Last::Keep),
        }
    }

    /// Opens by one call of the system, if that can tell. `no_links`: only if no link is on the way.
    #[cfg(target_os = "linux")]
    pub(super) fn open_beneath(
        &self,
        path: &str,
        flags: OFlags,
        no_links: bool,
    ) -> Option<Result<OwnedFd, ErrorCode>> {
        if self.root.walk.load(Relaxed) {
            return None;
        }
        beneath::open(&self.root, self.dir.as_fd(), path, flags, no_links)
    }

    /// No system but Linux has such a call.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn open_beneath(&self, _: &str, _: OFlags, _: bool) -> Option<Result<OwnedFd, ErrorCode>> {
        None
    }

    /// Where `path` is below the granted directory, if there is no link on the way. `None` when that cannot be told.
    pub(super) fn lexical(&self, path: &str) -> Option<String> {
        let mut place = self.place.as_deref().unwrap_or_default().to_owned();
        for name in path.split('/') {
            match name {
                "" | "." => {}
                ".." => return None,
                name => push(&mut place, name),
            }
        }
        Some(place)
    }
}

/// Appends a name to a place.
fn push(place: &mut String, name: &str) {
    if !place.is_empty() {
        place.push('/');
    }
    place.push_str(name);
}

/// Removes the last name of a place.
fn pop(place: &mut String) {
    place.truncate(place.rfind('/').unwrap_or(0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_cannot_be_are_refused() {
        assert_eq!(checked(""), Err(ErrorCode::NoEntry));
        assert_eq!(checked("a\0b"), Err(ErrorCode::Invalid));
        assert_eq!(checked("/etc/passwd"), Err(ErrorCode::NotPermitted));
        assert_eq!(checked(&"a/".repeat(4096)), Err(ErrorCode::NameTooLong));
        assert_eq!(checked("a/../b"), Ok("a/../b"));
    }

    #[test]
    fn a_path_is_a_folder_and_a_name() {
        assert_eq!(split("a"), ("", "a"));
        assert_eq!(split("a/b"), ("a", "b"));
        assert_eq!(split("a//b//"), ("a/", "b//"));
        assert_eq!(split("a/"), ("", "a/"));
        assert_eq!(split("./a/."), ("./a", "."));
        let mut place = String::new();
        push(&mut place, "a");
        push(&mut place, "b");
        assert_eq!(place, "a/b");
        pop(&mut place);
        pop(&mut place);
        assert_eq!(place, "");
    }
}
