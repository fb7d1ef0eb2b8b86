//! A path resolved name by name. Every directory on the way is opened relative to the one before without following links; a
//! link is read and its target put before what is left; `..` goes back to the directory that was open before, never to what the
//! system says is above. So nothing that others move or swap meanwhile leads out.

use std::borrow::Cow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, openat, readlinkat};
use rustix::io::Errno;

use super::super::descriptor::DirHandle;
use super::super::refusal::Refusal;
use super::{ErrorCode, Last, PASS, Parent, Spot, absent, pop, push};

/// As many links does the system follow, too.
const MAX_LINKS: u32 = 40;
/// Directories below the descriptor: each is open while walking.
const MAX_DEPTH: usize = 128;
/// Names that are left, those of links included.
const MAX_NAMES: usize = 1 << 14;

/// A walk under way.
struct Walk<'a> {
    base: &'a DirHandle,
    /// The directories below the base down to where we are.
    open: Vec<OwnedFd>,
    /// Names to go, the next one last.
    left: Vec<Vec<u8>>,
    links: u32,
    /// Whether the path, or the link at its end, says by a slash or a dot that a directory is meant: it is gone into then.
    directory: bool,
    /// Where we are below the granted directory, if something is hidden there.
    place: Option<String>,
}

/// Finds what `path` names below `base`.
pub(super) fn walk<'a>(base: &'a DirHandle, path: &'a str, last: Last) -> Result<Spot<'a>, Refusal> {
    let place = base.root.hidden.as_ref().map(|_| base.place.as_deref().unwrap_or_default().to_owned());
    let mut walk = Walk { base, open: Vec::new(), left: Vec::new(), links: 0, directory: false, place };
    walk.add(path.as_bytes())?;
    walk.directory = ends_in_dot(path.as_bytes()) || last == Last::Follow && path.ends_with('/');
    while let Some(name) = walk.left.pop() {
        if name == b".." {
            walk.up()?;
            continue;
        }
        let refusal = walk.enter_place(&name);
        if !walk.left.is_empty() || walk.directory {
            match refusal {
                Some(refusal) => return Err(refusal),
                None => walk.down(&name)?,
            }
        } else if refusal.is_some() || last == Last::Keep || !walk.follow(&name)? {
            // A slash behind the last name, for a spot that is not followed: the system refuses what is no directory.
            let slash = last == Last::Keep && path.ends_with('/');
            let name = if slash { [&name, b"/".as_slice()].concat() } else { name };
            return Ok(walk.end(name, refusal));
        }
    }
    Ok(walk.end(b".".to_vec(), None))
}

fn ends_in_dot(path: &[u8]) -> bool {
    path == b"." || path.ends_with(b"/.")
}

impl<'a> Walk<'a> {
    fn here(&self) -> BorrowedFd<'_> {
        self.open.last().map_or(self.base.dir.as_fd(), AsFd::as_fd)
    }

    /// Puts the names of `path` before what is left.
    fn add(&mut self, path: &[u8]) -> Result<(), ErrorCode> {
        let names = path.split(|byte| *byte == b'/').rev();
        self.left.extend(names.filter(|name| !matches!(*name, b"" | b".")).map(<[u8]>::to_vec));
        if self.left.len() > MAX_NAMES { Err(ErrorCode::NameTooLong) } else { Ok(()) }
    }

    fn up(&mut self) -> Result<(), ErrorCode> {
        if let Some(place) = &mut self.place {
            pop(place);
        }
        self.open.pop().map(drop).ok_or(ErrorCode::NotPermitted)
    }

    /// Notes that `name` comes next; what hides it, if anything.
    fn enter_place(&mut self, name: &[u8]) -> Option<Refusal> {
        let (place, hidden) = (self.place.as_mut()?, self.base.root.hidden.as_ref()?);
        let seen = place.len();
        push(place, &String::from_utf8_lossy(name));
        hidden.hides(place, seen).map(|rule| absent(&self.base.root, place, rule))
    }

    /// Goes into the directory `name`, or to where the link of that name leads.
    fn down(&mut self, name: &[u8]) -> Result<(), Refusal> {
        if self.open.len() >= MAX_DEPTH {
            return Err(ErrorCode::NameTooLong.into());
        }
        match openat(self.here(), name, PASS | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(dir) => {
                self.open.push(dir);
                Ok(())
            }
            Err(Errno::NOTDIR | Errno::LOOP | Errno::MLINK) if self.follow(name)? => Ok(()),
            Err(Errno::LOOP | Errno::MLINK) => Err(ErrorCode::NotDirectory.into()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// If `name` is a link, puts its target before what is left.
    fn follow(&mut self, name: &[u8]) -> Result<bool, Refusal> {
        let target = match readlinkat(self.here(), name, Vec::new()) {
            Ok(target) => target,
            Err(Errno::INVAL | Errno::NOENT) => return Ok(false),
            Err(errno) => return Err(errno.into()),
        };
        self.links = self.links.saturating_add(1);
        if self.links > MAX_LINKS {
            return Err(ErrorCode::Loop.into());
        }
        let target = target.as_bytes();
        if target.starts_with(b"/") {
            return Err(ErrorCode::NotPermitted.into());
        }
        if let Some(place) = &mut self.place {
            pop(place);
        }
        self.directory |= self.left.is_empty() && (target.ends_with(b"/") || ends_in_dot(target));
        self.add(target)?;
        Ok(true)
    }

    fn end(mut self, name: Vec<u8>, refusal: Option<Refusal>) -> Spot<'a> {
        let dir = self.open.pop().map_or(Parent::Base(self.base.dir.as_fd()), Parent::Opened);
        Spot { dir, name: Cow::Owned(name), place: self.place, refusal: refusal.map(Box::new) }
    }
}
