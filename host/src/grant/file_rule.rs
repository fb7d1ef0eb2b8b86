//! `FileRule`: the rules of `wasi:filesystem`. Which directories of the host a plugin sees is `directory`'s; opening below them
//! `wasi/filesystem`'s.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Access, Risk, Rule};

/// A rule of `wasi:filesystem`.
///
/// In a manifest `allow` names where the plugin wants to see a directory (`{ path = "/texts", access = "read" }`), in a grant
/// which directory of ours that is, too (`{ host = "notes", path = "/texts", access = "read" }`). `deny` names guest paths that
/// are hidden inside of what is allowed, where `*` stands for a part of a name and `**` for any folders
/// (`{ path = "**/.env" }`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FileRule {
    /// The directory of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<PathBuf>,
    /// The path as the plugin sees it.
    pub path: String,
    /// What may be done there; in `deny`, nothing stands for everything.
    #[serde(default, with = "access", skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
}

/// A file or folder that a plugin wants to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileUse<'a> {
    /// The guest path: absolute, without `.` and `..`.
    pub path: &'a str,
    /// Whether it wants to change it.
    pub write: bool,
}

impl<'a> FileUse<'a> {
    /// The use of `path`, to change it or to look at it.
    #[must_use]
    pub fn new(path: &'a str, write: bool) -> Self {
        Self { path, write }
    }
}

impl FileRule {
    /// All that `path` names; a pattern is for [`Grants::deny_with`](crate::Grants::deny_with).
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self { host: None, path: path.into(), access: None }
    }

    fn is_pattern(&self) -> bool {
        self.path.contains(['*', '?', '[', '{'])
    }
}

impl Rule for FileRule {
    type Request<'a> = FileUse<'a>;

    fn matches(&self, request: &FileUse<'_>) -> bool {
        let named = if self.is_pattern() {
            let pattern = self.path.trim_start_matches('/');
            // What is below a folder that is named is named.
            ancestors(request.path).any(|path| fast_glob::glob_match(pattern, path.trim_start_matches('/')))
        } else {
            covers(&self.path, request.path)
        };
        named && (self.access != Some(Access::ReadOnly) || !request.write)
    }

    fn words(&self) -> String {
        let what = match self.access {
            None => "everything in",
            Some(Access::ReadOnly) => "reading files in",
            Some(Access::ReadWrite) => "reading and changing files in",
        };
        format!("{what} {}", self.path.escape_debug())
    }

    fn risk(&self) -> Risk {
        if self.access == Some(Access::ReadOnly) { Risk::Medium } else { Risk::High }
    }

    fn check(&self) -> Result<(), String> {
        let plain = self.path.split('/').all(|part| !matches!(part, "." | ".."));
        let whole = !self.path.contains("//") && !self.path.contains('\0') && !self.path.is_empty();
        if plain && whole {
            Ok(())
        } else {
            Err(format!("{:?} is no guest path: write one such as `/workspace`", self.path))
        }
    }
}

/// Whether `path` is `folder` or lies below it.
pub(crate) fn covers(folder: &str, path: &str) -> bool {
    let (folder, path) = (folder.trim_end_matches('/'), path.trim_end_matches('/'));
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path, its folder, the folder of that …
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(folder, _)| folder))
}

mod access {
    //! `read` and `write`.

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::grant::Access;

    #[expect(clippy::ref_option, reason = "serde gives the field so")]
    pub(super) fn serialize<S: Serializer>(
        access: &Option<Access>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if *access == Some(Access::ReadOnly) { "read" } else { "write" })
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Access>, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "read" => Ok(Some(Access::ReadOnly)),
            "write" => Ok(Some(Access::ReadWrite)),
            other => Err(D::Error::custom(format!("access is {other:?}: write `read` or `write`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_hides_what_it_names_and_all_below() {
        let rule = FileRule::new("**/.env");
        for path in ["/.env", "/a/.env", "/a/b/.env", "/a/.env/inside"] {
            assert!(rule.matches(&FileUse::new(path, false)), "{path}");
        }
        for path in ["/", "/a", "/a/env", "/a/.envrc", "/a/x.env"] {
            assert!(!rule.matches(&FileUse::new(path, false)), "{path}");
        }
    }

    #[test]
    fn a_folder_stands_for_what_is_below_it() {
        let rule = FileRule { access: Some(Access::ReadOnly), ..FileRule::new("/texts") };
        assert!(
            rule.matches(&FileUse::new("/texts/a", false)) && rule.matches(&FileUse::new("/texts", false))
        );
        assert!(!rule.matches(&FileUse::new("/texts/a", true)), "it allows to read");
        assert!(!rule.matches(&FileUse::new("/textshop", false)));
    }
}
