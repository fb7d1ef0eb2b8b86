//! What the application asks of packages before they are compiled: whose signature, and which world.

use semver::Version;

use super::{Package, SignatureError, TrustRoots};
use crate::error::{Error, ErrorKind, Result};

/// The application's conditions. None to begin with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Admission {
    trust: Option<TrustRoots>,
    worlds: Vec<(String, String)>,
}

impl Admission {
    /// Adds to those whose signatures count; from now on there must be one.
    pub(crate) fn trust(&mut self, roots: TrustRoots) {
        self.trust = Some(match self.trust.take() {
            Some(known) => known.and(roots),
            None => roots,
        });
    }

    pub(crate) fn world(&mut self, name: String, version: String) {
        self.worlds.push((name, version));
    }

    /// Whether the conditions make sense.
    pub(crate) fn check(&self) -> Result<()> {
        for (name, version) in &self.worlds {
            let parsed = crate::grant::name::Name::parse(name);
            let named = crate::grant::name::Pattern::new(name.as_str()).is_well_formed()
                && parsed.interface.is_some()
                && parsed.version.is_none();
            if !named {
                return Err(Error::misuse(format!(
                    "{name:?} is no world: name it as `demo:editor/plugin`, and its version apart"
                )));
            }
            if let Err(error) = Version::parse(version) {
                return Err(Error::misuse(format!(
                    "{version:?} is no version of the world `{name}`: {error}"
                )));
            }
        }
        Ok(())
    }

    /// Whether this package may be compiled.
    pub(crate) fn admits(&self, package: &Package) -> Result<()> {
        if let Some(roots) = &self.trust {
            package.verify(roots)?;
        }
        self.fits(package).map_err(|error| error.with_plugin(&package.manifest.id))
    }

    /// Whether a component that is no package may be compiled: nobody signed it.
    pub(crate) fn admits_bare(&self) -> Result<()> {
        match self.trust {
            Some(_) => Err(Error::new(ErrorKind::Signature(SignatureError::Unsigned))),
            None => Ok(()),
        }
    }

    /// Whether the world that the manifest names is one that the application has. An application that names none leaves
    /// that to linking, which compares types.
    fn fits(&self, package: &Package) -> Result<()> {
        let manifest = package.manifest();
        let Some(target) = manifest.target().filter(|_| !self.worlds.is_empty()) else { return Ok(()) };
        let accepts = |version: &str| {
            let version = Version::parse(version).ok();
            manifest.accepts().is_none_or(|range| version.is_some_and(|version| range.matches(&version)))
        };
        if self.worlds.iter().any(|(name, version)| name == target && accepts(version)) {
            return Ok(());
        }
        let range = manifest.accepts().map_or_else(String::new, |range| format!(" {range}"));
        let worlds: Vec<_> =
            self.worlds.iter().map(|(name, version)| format!("`{name}` {version}")).collect();
        Err(Error::new(ErrorKind::WorldMismatch {
            differences: vec![format!(
                "the plugin was made for `{target}`{range}, and the application has {}: get a version of the plugin \
                 that was made for it",
                worlds.join(" and ")
            )],
        }))
    }
}
