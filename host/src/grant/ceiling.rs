//! The host's ceiling: what no plugin gets, whatever a user grants it.

use std::path::{Path, PathBuf};

use super::directory::DirectoryGrant;
use super::{Access, Grants};

impl Grants {
    /// What is left of `grants` under this ceiling, of what is not said by rules: directories, variables and all denials.
    pub(crate) fn limit(&self, grants: &Grants) -> Grants {
        let mut limited = grants.clone();
        if !self.directories.is_empty() {
            limited.directories =
                grants.directories.iter().filter_map(|grant| self.limit_directory(grant)).collect();
        }
        if !(self.env.is_empty() && self.inherited_env.is_empty()) {
            let named = |name: &str| {
                self.inherited_env
                    .iter()
                    .chain(self.env.iter().map(|(name, _)| name))
                    .any(|other| other == name)
            };
            limited.env.retain(|(name, _)| named(name));
            limited.inherited_env.retain(|name| named(name));
        }
        limited.denied_env.extend(self.denied_env.iter().cloned());
        limited.denied_read.extend(self.denied_read.iter().cloned());
        limited.denied_write.extend(self.denied_write.iter().cloned());
        limited
    }

    /// A directory at or below one of the ceiling's, to be changed only where that one may be.
    fn limit_directory(&self, grant: &DirectoryGrant) -> Option<DirectoryGrant> {
        let host = resolved(&grant.host);
        let above: Vec<_> =
            self.directories.iter().filter(|above| host.starts_with(resolved(&above.host))).collect();
        let write = above.iter().any(|above| above.access == Access::ReadWrite);
        let access = if write { grant.access } else { Access::ReadOnly };
        (!above.is_empty()).then(|| DirectoryGrant { access, ..grant.clone() })
    }
}

/// The directory that is meant. One that cannot be found is told of when it is opened.
fn resolved(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_lie_below_the_ceilings() {
        let root = std::env::temp_dir().join(format!("plugbay-ceiling-{}", std::process::id()));
        for folder in ["notes/sub", "notes-2", "other"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        let ceiling =
            Grants::none().allow_read(root.join("notes"), "/any").allow_write(root.join("notes/sub"), "/x");
        let grants = Grants::none()
            .allow_write(root.join("notes"), "/a")
            .allow_write(root.join("notes/sub"), "/b")
            .allow_write(root.join("notes/sub/../../other"), "/c")
            .allow_read(root.join("notes-2"), "/d")
            .allow_read(&root, "/e");
        let left = ceiling.limit(&grants).directories;
        let left: Vec<_> = left.iter().map(|grant| (grant.guest.as_str(), grant.access)).collect();
        assert_eq!(left, [("/a", Access::ReadOnly), ("/b", Access::ReadWrite)]);
        assert_eq!(
            Grants::none().limit(&grants).directories.len(),
            5,
            "a ceiling without directories names none"
        );
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn variables_are_those_of_the_ceiling_and_denials_those_of_both() {
        let ceiling = Grants::none().allow_env("LANG").deny_env("TOKEN");
        let left = ceiling.limit(&Grants::none().env("LANG", "C").allow_env("HOME").deny_env("X"));
        assert_eq!((left.env.len(), left.inherited_env.len()), (1, 0));
        assert_eq!(left.denied_env, ["X", "TOKEN"]);
    }
}
