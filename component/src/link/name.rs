//! Interface names and compatible versions: an import of `wasi:io/streams@0.2.0` is satisfied by a definition of
//! `wasi:io/streams@0.2.12`. Compatible means: same major version, or same 0.minor, or for 0.0.x and pre-releases the
//! very same version. A definition without a version stands for every version, because its author did not care.

use semver::Version;

/// An import or export name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name<'a> {
    /// Everything before the version.
    pub(crate) base: &'a str,
    pub(crate) version: Option<Version>,
}

impl<'a> Name<'a> {
    /// Takes a name apart; what follows an `@` but is no version belongs to the name.
    pub(crate) fn parse(name: &'a str) -> Self {
        match name.split_once('@').map(|(base, version)| (base, Version::parse(version))) {
            Some((base, Ok(version))) => Self { base, version: Some(version) },
            _ => Self { base: name, version: None },
        }
    }

    /// Whether a definition of this name can stand for `wanted`.
    pub(crate) fn satisfies(&self, wanted: &Name<'_>) -> bool {
        self.base == wanted.base
            && match (&self.version, &wanted.version) {
                (None, _) => true,
                (Some(defined), Some(wanted)) => track(defined) == track(wanted),
                (Some(_), None) => false,
            }
    }

    /// Whether `wanted`, which may leave the version out, means this name.
    pub(crate) fn is_meant_by(&self, wanted: &Name<'_>) -> bool {
        self.base == wanted.base && (wanted.version.is_none() || self.satisfies(wanted))
    }
}

/// What compatible versions have in common.
fn track(version: &Version) -> Version {
    if !version.pre.is_empty() || (version.major == 0 && version.minor == 0) {
        let mut exact = version.clone();
        exact.build = semver::BuildMetadata::EMPTY;
        return exact;
    }
    match version.major {
        0 => Version::new(0, version.minor, 0),
        major => Version::new(major, 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn satisfies(defined: &str, wanted: &str) -> bool {
        Name::parse(defined).satisfies(&Name::parse(wanted))
    }

    #[test]
    fn compatible_versions() {
        assert!(satisfies("wasi:io/streams@0.2.12", "wasi:io/streams@0.2.0"));
        assert!(satisfies("wasi:io/streams@0.2.0", "wasi:io/streams@0.2.12"));
        assert!(satisfies("a:b/c@1.9.0", "a:b/c@1.0.3"));
        assert!(satisfies("a:b/c", "a:b/c"));
        assert!(satisfies("a:b/c", "a:b/c@1.0.0"));
        assert!(!satisfies("wasi:io/streams@0.3.0", "wasi:io/streams@0.2.0"));
        assert!(!satisfies("a:b/c@2.0.0", "a:b/c@1.0.0"));
        assert!(!satisfies("a:b/c@0.0.1", "a:b/c@0.0.2"));
        assert!(!satisfies("a:b/c@0.3.0-rc.1", "a:b/c@0.3.0"));
        assert!(satisfies("a:b/c@0.3.0-rc.1", "a:b/c@0.3.0-rc.1"));
        assert!(!satisfies("a:b/c@1.0.0", "a:b/c"));
        assert!(!satisfies("a:b/d@1.0.0", "a:b/c@1.0.0"));
    }
}
