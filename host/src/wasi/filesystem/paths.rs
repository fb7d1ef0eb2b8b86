//! Functions of `descriptor` that name something by a path below a directory and do not open it.

use rustix::fs::{
    AtFlags, FileType, Mode, linkat, mkdirat, readlinkat, renameat, statat, symlinkat, unlinkat,
};

use super::ErrorCode;
use super::descriptor::DirHandle;
use super::refusal::Refusal;
use super::resolve::{Last, Spot, checked, names_directory};
use super::types::PathFlags;
use crate::usage::{Kind, Meter};

/// What a new name counts as, in bytes written.
const NAME: u64 = 4096;

/// Room for one more name.
#[derive(Debug)]
#[must_use = "a name that was made is to be paid for"]
pub(super) struct Name<'a>(&'a Meter);

/// Whether one more name may be made.
pub(super) fn room_for_name(meter: &Meter) -> Result<Name<'_>, ErrorCode> {
    let after = meter.now(Kind::WrittenBytes).saturating_add(NAME);
    if after > meter.limit(Kind::WrittenBytes) {
        // Asked for in vain, for the sake of those who are told.
        return meter.spend(Kind::WrittenBytes, NAME).map(|()| Name(meter)).map_err(|_| ErrorCode::Quota);
    }
    Ok(Name(meter))
}

impl Name<'_> {
    /// It was made.
    pub(super) fn spend(self) {
        // There was room, and only the plugin itself uses it up.
        self.0.spend(Kind::WrittenBytes, NAME).ok();
    }
}

impl DirHandle {
    pub(super) fn create_directory(&self, path: &str, meter: &Meter) -> Result<(), Refusal> {
        let spot = self.mutable()?.spot(path, Last::Keep)?;
        let (at, name) = (spot.make()?, room_for_name(meter)?);
        mkdirat(at.dir, at.name, Mode::from_raw_mode(0o777))?;
        name.spend();
        Ok(())
    }

    pub(super) fn remove_directory(&self, path: &str) -> Result<(), Refusal> {
        let spot = self.mutable()?.spot(path, Last::Keep)?;
        let at = spot.look()?;
        Ok(unlinkat(at.dir, at.name, AtFlags::REMOVEDIR)?)
    }

    pub(super) fn unlink_file(&self, path: &str) -> Result<(), Refusal> {
        let spot = self.mutable()?.spot(path, Last::Keep)?;
        let at = spot.look()?;
        Ok(unlinkat(at.dir, at.name, AtFlags::empty())?)
    }

    pub(super) fn rename(&self, path: &str, to: &Self, new_path: &str) -> Result<(), Refusal> {
        let from = self.mutable()?.spot(path, Last::Keep)?;
        let new = to.mutable()?.spot(new_path, Last::Keep)?;
        let (old_at, new_at) = (from.look()?, new.make()?);
        if self.root.hidden.is_some() || to.root.hidden.is_some() {
            let stat = statat(old_at.dir, old_at.name, AtFlags::SYMLINK_NOFOLLOW)?;
            if FileType::from_raw_mode(stat.st_mode).is_dir() {
                self.may_move(&from)?;
                to.may_move(&new)?;
            }
        }
        Ok(renameat(old_at.dir, old_at.name, new_at.dir, new_at.name)?)
    }

    /// Whether a directory may leave this place, or come to it, without changing what is hidden.
    fn may_move(&self, spot: &Spot<'_>) -> Result<(), Refusal> {
        let (Some(hidden), Some(place)) = (&self.root.hidden, spot.place()) else { return Ok(()) };
        match hidden.pins(place) {
            None => Ok(()),
            Some(rule) => Err(Refusal::Hidden {
                code: ErrorCode::NotPermitted,
                path: format!("{}/{place}", self.root.guest.trim_end_matches('/')),
                rule: rule.to_owned(),
            }),
        }
    }

    pub(super) fn link(
        &self,
        flags: PathFlags,
        path: &str,
        to: &Self,
        new_path: &str,
        meter: &Meter,
    ) -> Result<(), Refusal> {
        let (from, to) = (self.mutable()?, to.mutable()?);
        if flags.symlink_follow {
            return Err(ErrorCode::Invalid.into());
        }
        if names_directory(checked(path)?) {
            // Finds what is no directory, or not there.
            from.settled(PathFlags { symlink_follow: true }, path)?;
            return Err(ErrorCode::NotPermitted.into());
        }
        let (old, new) = (from.spot(path, Last::Keep)?, to.spot(new_path, Last::Keep)?);
        let (old_at, new_at, name) = (old.look()?, new.make()?, room_for_name(meter)?);
        linkat(old_at.dir, old_at.name, new_at.dir, new_at.name, AtFlags::empty())?;
        name.spend();
        Ok(())
    }

    pub(super) fn symlink(&self, contents: &str, path: &str, meter: &Meter) -> Result<(), Refusal> {
        // A link out of the directory could not be followed. An absolute one is refused already here.
        let (this, contents) = (self.mutable()?, checked(contents)?);
        let spot = this.spot(path, Last::Keep)?;
        let (at, name) = (spot.make()?, room_for_name(meter)?);
        symlinkat(contents, at.dir, at.name)?;
        name.spend();
        Ok(())
    }

    pub(super) fn read_link(&self, path: &str) -> Result<String, Refusal> {
        if names_directory(checked(path)?) {
            self.settled(PathFlags { symlink_follow: true }, path)?;
            return Err(ErrorCode::Invalid.into());
        }
        let spot = self.spot(path, Last::Keep)?;
        let at = spot.look()?;
        let target = readlinkat(at.dir, at.name, Vec::new())?;
        if target.as_bytes().starts_with(b"/") {
            return Err(ErrorCode::NotPermitted.into());
        }
        target.into_string().map_err(|_| ErrorCode::IllegalByteSequence.into())
    }
}
