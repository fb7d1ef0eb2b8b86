//! Where the two keys meet: what was granted, less what the manifest did not ask for.

use super::{FileAccess, Manifest};
use crate::grant::directory::DirectoryGrant;
use crate::grant::file_rule::covers;
use crate::grant::{Access, Grants};

impl Manifest {
    /// The grants that are left when directories and environment variables are cut down to those that the manifest names.
    /// A request that names none leaves all of its kind; without a request nothing of its kind is left.
    pub(crate) fn narrow(&self, grants: &Grants) -> Grants {
        let mut narrowed = grants.clone();
        let of =
            |interface: &'static str| self.requests.iter().filter(move |request| request.covers(interface));
        if of("wasi:filesystem/types").all(|request| !request.files.is_empty()) {
            let wanted: Vec<&FileAccess> =
                of("wasi:filesystem/types").flat_map(|request| &request.files).collect();
            narrowed.directories =
                grants.directories.iter().filter_map(|grant| cut(grant, &wanted)).collect();
        }
        if of("wasi:cli/environment").all(|request| !request.names.is_empty()) {
            let wanted = |name: &str| {
                of("wasi:cli/environment").flat_map(|request| &request.names).any(|wanted| wanted == name)
            };
            narrowed.env.retain(|(name, _)| wanted(name));
            narrowed.inherited_env.retain(|name| wanted(name));
        }
        narrowed
    }
}

/// What is left of a granted directory: it must lie at or below a path that was asked for, and can be written to only when
/// both say so.
fn cut(grant: &DirectoryGrant, wanted: &[&FileAccess]) -> Option<DirectoryGrant> {
    let covering: Vec<_> = wanted.iter().filter(|wanted| covers(&wanted.path, &grant.guest)).collect();
    let write = covering.iter().any(|wanted| wanted.write);
    let access = if write { grant.access } else { Access::ReadOnly };
    (!covering.is_empty()).then(|| DirectoryGrant { access, ..grant.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrowed(files: &str, grants: &Grants) -> Grants {
        let text = format!(
            "manifest-version = 1\n[plugin]\nid = \"a:b\"\nversion = \"1.0.0\"\ncomponent = \"c.wasm\"\n\
             [[capability.required]]\nuse = \"wasi:filesystem\"\nreason = \"r\"\n{files}\n\
             [[capability.optional]]\nuse = \"wasi:cli/environment\"\nreason = \"r\"\nnames = [\"LANG\"]"
        );
        Manifest::parse("plugin.toml", &text).unwrap().narrow(grants)
    }

    #[test]
    fn directories_and_access_are_those_that_both_name() {
        let grants = Grants::none()
            .allow_write("a", "/texts")
            .allow_write("b", "/texts/sub")
            .allow_write("c", "/textshop")
            .allow_read("d", "/data");
        let left = narrowed(
            "allow = [{ path = \"/texts\", access = \"read\" }, { path = \"/data\", access = \"write\" }]",
            &grants,
        );
        let left: Vec<_> =
            left.directories.iter().map(|grant| (grant.guest.as_str(), grant.access)).collect();
        assert_eq!(
            left,
            [("/texts", Access::ReadOnly), ("/texts/sub", Access::ReadOnly), ("/data", Access::ReadOnly)]
        );
        assert_eq!(narrowed("", &grants).directories.len(), 4, "no rule leaves what the user chose");
    }

    #[test]
    fn variables_are_those_that_both_name() {
        let grants = Grants::none().env("LANG", "C").env("TOKEN", "secret").allow_env("HOME");
        let left = narrowed("", &grants);
        assert_eq!(left.env, [("LANG".to_owned(), "C".to_owned())]);
        assert!(left.inherited_env.is_empty());
    }
}
