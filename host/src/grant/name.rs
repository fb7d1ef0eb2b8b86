//! Names of interfaces, and patterns that stand for them in a grant. Text only: nothing here knows what is granted.

use std::fmt;

use semver::Version;

use crate::error::{Error, ErrorKind, Result};

/// An import or export name taken apart: `wasi:io/streams@0.2.12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name<'a> {
    /// `wasi:io`, or the whole name when it is no interface name (a function or type of the world).
    pub(crate) package: &'a str,
    /// `streams`.
    pub(crate) interface: Option<&'a str>,
    /// `0.2.12`.
    pub(crate) version: Option<&'a str>,
}

impl<'a> Name<'a> {
    pub(crate) fn parse(name: &'a str) -> Self {
        let name = owner(name);
        let (path, version) = match name.split_once('@') {
            Some((path, version)) => (path, Some(version)),
            None => (name, None),
        };
        match path.split_once('/') {
            Some((package, interface)) => Self { package, interface: Some(interface), version },
            None => Self { package: path, interface: None, version },
        }
    }

    /// The name without its version: `wasi:io/streams`.
    pub(crate) fn unversioned(name: &str) -> &str {
        let name = owner(name);
        name.split_once('@').map_or(name, |(path, _)| path)
    }
}

/// The functions of a resource of the world go with it: `[constructor]r` and `[method]r.get` are parts of `r`.
fn owner(name: &str) -> &str {
    match name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => rest.split_once('.').map_or(rest, |(resource, _)| resource),
        None => name,
    }
}

/// What a grant names: a package (`wasi:clocks`), an interface (`demo:editor/log`) or a function of the world (`print`),
/// each with or without a version. A version stands for all that are compatible with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the text is a name at all. (Grants are built without `Result`; this is asked when they are used.)
    pub(crate) fn is_well_formed(&self) -> bool {
        let name = Name::parse(&self.0);
        let label = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !text.starts_with('-')
        };
        let package = name.package.split(':').all(label) && name.package.matches(':').count() <= 1;
        let interface =
            name.interface.is_none_or(label) && (name.interface.is_none() || name.package.contains(':'));
        package && interface && name.version.is_none_or(|version| requirement(version).is_some())
    }

    /// The same, as an error.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_well_formed() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Grant(format!(
            "{:?} is no name of a package (`wasi:clocks`), an interface (`demo:editor/log`) or a function",
            self.0
        ))))
    }

    pub(crate) fn matches(&self, import: &str) -> bool {
        let (pattern, import) = (Name::parse(&self.0), Name::parse(import));
        if pattern.package != import.package {
            return false;
        }
        if pattern.interface.is_some() && pattern.interface != import.interface {
            return false;
        }
        match (pattern.version, import.version) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wanted), Some(version)) => compatible(wanted, version),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The compatibility track of a version, which may be shortened (`0.2`, `1`): `1` for 1.x, `0.2` for 0.2.x, the whole
/// version for 0.0.x and prereleases. This is the rule by which imports find what the host offers.
fn requirement(text: &str) -> Option<(u64, u64, u64, String)> {
    let version = match text.bytes().filter(|byte| *byte == b'.').count() {
        0 => Version::parse(&format!("{text}.0.0")),
        1 => Version::parse(&format!("{text}.0")),
        _ => Version::parse(text),
    };
    let version = version.ok()?;
    Some(if !version.pre.is_empty() {
        (version.major, version.minor, version.patch, version.pre.to_string())
    } else if version.major != 0 {
        (version.major, 0, 0, String::new())
    } else if version.minor != 0 {
        (0, version.minor, 0, String::new())
    } else {
        (0, 0, version.patch, String::new())
    })
}

fn compatible(wanted: &str, version: &str) -> bool {
    match (requirement(wanted), requirement(version)) {
        (Some(wanted), Some(version)) => wanted == version,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_stands_for_its_interfaces() {
        assert!(Pattern::new("wasi:clocks").matches("wasi:clocks/wall-clock@0.2.6"));
        assert!(!Pattern::new("wasi:clocks").matches("wasi:clocks-more/wall-clock@0.2.6"));
        assert!(!Pattern::new("wasi:clock").matches("wasi:clocks/wall-clock@0.2.6"));
    }

    #[test]
    fn an_interface_stands_for_itself_in_compatible_versions() {
        let pattern = Pattern::new("demo:editor/log@1.2.0");
        assert!(pattern.matches("demo:editor/log@1.0.3"));
        assert!(!pattern.matches("demo:editor/log@2.0.0"));
        assert!(!pattern.matches("demo:editor/config@1.2.0"));
        assert!(Pattern::new("wasi:io@0.2").matches("wasi:io/poll@0.2.12"));
        assert!(!Pattern::new("wasi:io@0.2").matches("wasi:io/poll@0.3.0"));
        assert!(!Pattern::new("wasi:io@0.2").matches("wasi:io/poll@0.2.0-rc.1"));
    }

    #[test]
    fn names_of_world_functions_match_whole() {
        assert!(Pattern::new("print").matches("print"));
        assert!(!Pattern::new("print").matches("print-all"));
    }

    #[test]
    fn a_resource_of_the_world_stands_for_its_functions() {
        for import in ["r", "[constructor]r", "[method]r.get", "[static]r.make"] {
            assert!(Pattern::new("r").matches(import), "{import}");
            assert_eq!(Name::unversioned(import), "r");
        }
        assert!(!Pattern::new("r").matches("[method]other.r"));
    }

    #[test]
    fn nonsense_is_not_well_formed() {
        for good in ["wasi:clocks", "wasi:clocks/wall-clock", "wasi:io/poll@0.2", "print", "a:b@1.0.0-rc.1"] {
            assert!(Pattern::new(good).is_well_formed(), "{good}");
        }
        for bad in
            ["", "wasi clocks", "wasi:", ":x", "a:b:c", "io/poll", "a:b/", "a:b/c@", "a:b/c@x", "-a", "*"]
        {
            assert!(!Pattern::new(bad).is_well_formed(), "{bad}");
        }
    }
}
