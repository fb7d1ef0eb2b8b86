//! What is said about an import that was not granted: who wants it, what it would allow, and how to grant it.

use std::fmt;

use super::capability;
use super::name::Name;
use super::refused::{Reason, Refused};

/// An interface that a plugin imports, that the host or another plugin offers, and that was not granted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct MissingGrant {
    /// The import, as the plugin names it: `wasi:clocks/wall-clock@0.2.6`.
    pub import: String,
    /// The plugin that it would come from; `None` when the host offers it.
    pub provider: Option<String>,
    /// The call that grants it: `Grants::allow_clocks()`.
    pub grant: String,
    /// The command line flag that grants it: `--allow-clocks`. Empty when it comes from a plugin.
    pub flag: String,
    /// The denial that stands in the way, if a grant alone would not help.
    pub denied_by: Option<String>,
    /// Whether the plugin's manifest does not ask for it, so that a grant alone would not help.
    pub unrequested: bool,
    /// Whether it was granted and then taken back ([`Revoker`](crate::Revoker)).
    pub revoked: bool,
    /// Whether the application gives it to no plugin ([`HostBuilder::ceiling`](crate::HostBuilder::ceiling)), so that a grant
    /// would not help.
    pub beyond_ceiling: bool,
    /// The function that was called although it was not granted; `None` when the plugin was linked.
    pub function: Option<String>,
    /// What of it was not permitted, when the rest was: which function, for what, and by whose rule.
    pub use_denied: Option<String>,
}

impl MissingGrant {
    pub(crate) fn new(import: &str, denied_by: Option<String>) -> Self {
        let (grant, flag) = remedy(import);
        Self {
            import: import.to_owned(),
            provider: None,
            grant,
            flag,
            denied_by,
            unrequested: false,
            revoked: false,
            beyond_ceiling: false,
            function: None,
            use_denied: None,
        }
    }

    /// The application gives it to nobody.
    pub(crate) fn beyond_ceiling(import: &str, denied_by: Option<String>) -> Self {
        Self { beyond_ceiling: true, ..Self::new(import, denied_by) }
    }

    /// A use of it was refused.
    pub(crate) fn refused(refused: &Refused) -> Self {
        let Refused { import, function, .. } = refused;
        let function = Some(function.clone());
        match &refused.reason {
            Reason::NotGranted => Self { function, ..Self::new(import, None) },
            Reason::Revoked => Self { function, ..Self::revoked(import) },
            Reason::Rule { .. } => Self { use_denied: Some(refused.to_string()), ..Self::new(import, None) },
        }
    }

    /// It was granted, and taken back.
    pub(crate) fn revoked(import: &str) -> Self {
        Self { revoked: true, ..Self::new(import, None) }
    }

    /// Why, in a few words, for the audit.
    pub(crate) fn rule(&self) -> String {
        match &self.denied_by {
            _ if self.unrequested => "not in the manifest".to_owned(),
            Some(denial) if self.beyond_ceiling => format!("denied by {denial} of the host's ceiling"),
            None if self.beyond_ceiling => "beyond the host's ceiling".to_owned(),
            Some(denial) => format!("denied by {denial}"),
            None => "not granted".to_owned(),
        }
    }

    /// The component imports what its manifest does not tell of.
    pub(crate) fn unrequested(import: &str) -> Self {
        Self { unrequested: true, ..Self::new(import, None) }
    }

    /// `import` was to come from the plugin `provider`.
    pub(crate) fn from_plugin(import: &str, provider: &str, denied_by: Option<String>) -> Self {
        let (grant, flag) = (remedy_from(provider, import), String::new());
        Self { provider: Some(provider.to_owned()), grant, flag, ..Self::new(import, denied_by) }
    }
}

impl fmt::Display for MissingGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.unrequested {
            return write!(
                f,
                "`{}`: the manifest does not ask for it; its author has to add a `[[capability.required]]` with \
                 `use = {:?}`",
                self.import,
                Name::unversioned(&self.import)
            );
        }
        if let Some(refused) = &self.use_denied {
            return f.write_str(refused);
        }
        if self.beyond_ceiling {
            write!(f, "`{}`: this application gives it to no plugin", self.import)?;
            return match &self.denied_by {
                Some(denial) => write!(f, ": its ceiling says `deny({denial:?})`"),
                None => f.write_str(" (`HostBuilder::ceiling`), so a grant would not help"),
            };
        }
        if self.revoked {
            return write!(
                f,
                "`{}`: the grant was taken back; link the plugin again to give it anew",
                self.import
            );
        }
        match (&self.denied_by, &self.provider) {
            (None, Some(provider)) => {
                let Self { import, grant, .. } = self;
                write!(f, "`{import}` of plugin `{provider}`: allow it with `Grants::{grant}`")
            }
            (Some(denial), _) => {
                write!(f, "`{}`: denied by `deny({denial:?})`, which wins over every grant", self.import)
            }
            (None, None) => {
                write!(f, "`{}`: allow it with `Grants::{}` or `{}`", self.import, self.grant, self.flag)
            }
        }
    }
}

/// The API call that allows `import` to come from `provider`.
pub(crate) fn remedy_from(provider: &str, import: &str) -> String {
    format!("allow_from({provider:?}, {:?})", Name::unversioned(import))
}

/// The API call and the command line flag that allow `import`.
pub(crate) fn remedy(import: &str) -> (String, String) {
    let name = Name::unversioned(import);
    let known = capability::built_in(import);
    let or = |remedy: Option<&str>, or: String| {
        remedy.filter(|remedy| !remedy.is_empty()).map_or(or, ToOwned::to_owned)
    };
    (
        or(known.map(|known| known.grant), format!("allow({name:?})")),
        or(known.map(|known| known.flag), format!("--allow {name}")),
    )
}
