//! Authority as a value: what a plugin may do ([`Grants`]), what it asks for ([`PermissionCard`]), and the meeting of the
//! two when a plugin is linked (`authority`). Nothing granted is the default, and a denial wins over every grant.
//!
//! Here and in `wasi/` alone the crate touches directories and environment on behalf of a plugin.

pub(crate) mod authority;
pub(crate) mod capability;
mod card;
mod ceiling;
pub(crate) mod clock;
mod clock_rule;
pub(crate) mod directory;
pub(crate) mod file_rule;
pub(crate) mod layers;
pub(crate) mod learn;
pub(crate) mod missing;
pub(crate) mod name;
pub(crate) mod net;
pub(crate) mod random;
pub(crate) mod refused;
pub(crate) mod rule;
pub(crate) mod rule_table;
mod stdio;
pub(crate) mod store;
pub(crate) mod watch;

use std::path::PathBuf;

pub use card::{CardEntry, CardRule, PermissionCard, Risk};
pub use clock::Clock;
pub use clock_rule::ClockRule;
pub use directory::{Access, PathResolver};
pub use file_rule::{FileRule, FileUse};
pub use missing::MissingGrant;
pub use random::{Random, Seed};
pub use rule::{By, Denial, Power, Rule};
pub use rule_table::RuleTable;
pub use stdio::{Input, Output, Stdio};

use crate::audit::Asked;
use crate::powers::{ConfigRule, ConfigValue};
use directory::DirectoryGrant;
use layers::Said;
use name::Pattern;

/// What a plugin may do. Starts empty; every method adds one thing. A denial wins over a grant, whatever their order.
///
/// Mistakes (a name that is no interface name or that the host does not offer, a directory that does not exist) are
/// reported when the grants are used, by [`Compiled::link`](crate::Compiled::link).
///
/// ```
/// use plugbay::{Grants, Stdio};
/// let grants = Grants::none()
///     .allow_read("dictionaries", "/dict")        // host directory, guest path
///     .env("EDITOR_DICTIONARY", "/dict/words")
///     .stdio(Stdio::null())
///     .allow_clocks()
///     .allow_random()
///     .allow("demo:editor/logging");              // an interface of the application
/// # let _ = grants;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Grants {
    pub(crate) allowed: Vec<Pattern>,
    pub(crate) denied: Vec<Pattern>,
    /// Plugins, and what of their exports may be used.
    pub(crate) plugins: Vec<(String, Pattern)>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) inherited_env: Vec<String>,
    pub(crate) denied_env: Vec<String>,
    pub(crate) args: Vec<String>,
    pub(crate) directories: Vec<DirectoryGrant>,
    pub(crate) denied_read: Vec<PathBuf>,
    pub(crate) denied_write: Vec<PathBuf>,
    pub(crate) resolver: PathResolver,
    pub(crate) stdio: Option<Stdio>,
    /// Parameters of capabilities, as they were written.
    pub(crate) rules: Vec<Said>,
    pub(crate) clock: Option<Clock>,
    pub(crate) random: Option<Random>,
    /// What somebody answered who was asked, for the audit.
    pub(crate) asked: Vec<Asked>,
}

impl Grants {
    /// No power at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Allows the interfaces that `name` stands for: a package (`"wasi:clocks"`), one interface
    /// (`"demo:editor/logging"`, with or without a version), or a function of the world (`"print"`).
    ///
    /// For interfaces that carry authority of their own the name links them empty: `"wasi:filesystem"` shows no
    /// directory, `"wasi:cli/environment"` no variable, `"wasi:cli/stdout"` leads nowhere.
    #[must_use]
    pub fn allow(mut self, name: impl Into<String>) -> Self {
        self.allowed.push(Pattern::new(name));
        self
    }

    /// Allows to use what `name` stands for when it comes from another plugin of the same
    /// [`Composition`](crate::Composition), the one called `plugin` there. [`allow`](Self::allow) is about the
    /// application's own interfaces and does not do that: who answers is part of what is granted.
    #[must_use]
    pub fn allow_from(mut self, plugin: impl Into<String>, name: impl Into<String>) -> Self {
        self.plugins.push((plugin.into(), Pattern::new(name)));
        self
    }

    /// Denies the interfaces that `name` stands for, whatever else is granted and whoever offers them.
    #[must_use]
    pub fn deny(mut self, name: impl Into<String>) -> Self {
        self.denied.push(Pattern::new(name));
        self
    }

    /// Allows what `rule` names of the capability `name` (an interface or a package with parameters), and of that capability
    /// nothing that no rule names.
    #[must_use]
    pub fn allow_with<R: Rule>(self, name: impl Into<String>, rule: &R) -> Self {
        self.rule(name.into(), true, RuleTable::of(rule))
    }

    /// Denies what `rule` names of the capability `name`, whatever else is granted.
    #[must_use]
    pub fn deny_with<R: Rule>(self, name: impl Into<String>, rule: &R) -> Self {
        self.rule(name.into(), false, RuleTable::of(rule))
    }

    /// Allows requests by `wasi:http` to an origin, with any method: `"https://api.acme.dev"`, `"http://127.0.0.1:8080"`,
    /// `"https://*.acme.dev"`; see [`HttpRule`](crate::grants::HttpRule), which says more
    /// ([`allow_with`](Self::allow_with)). What cannot be read is told when the grants are used.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn allow_http(self, origin: &str) -> Self {
        let rule = crate::wasi::http::HttpRule::to(origin);
        self.rule("wasi:http".to_owned(), true, rule.and_then(|rule| RuleTable::of(&rule)))
    }

    /// [`allow_with`](Self::allow_with), for a rule that was written as a table.
    #[must_use]
    pub fn allow_table(self, name: impl Into<String>, rule: impl Into<RuleTable>) -> Self {
        self.rule(name.into(), true, Ok(rule.into()))
    }

    /// [`deny_with`](Self::deny_with), for a rule that was written as a table.
    #[must_use]
    pub fn deny_table(self, name: impl Into<String>, rule: impl Into<RuleTable>) -> Self {
        self.rule(name.into(), false, Ok(rule.into()))
    }

    fn net_rule(self, rule: Result<net::NetRule, String>) -> Self {
        self.rule("wasi:sockets".to_owned(), true, rule.and_then(|rule| RuleTable::of(&rule)))
    }

    fn rule(mut self, name: String, allow: bool, rule: Result<RuleTable, String>) -> Self {
        // Which directories are shown is not a matter of rules alone: they have to be opened.
        if let Ok(table) = &rule
            && allow
            && capability::names(&name, "wasi:filesystem")
            && let Ok(FileRule { host: Some(host), path, access }) = table.read()
        {
            return self.directory(host, path, access.unwrap_or(Access::ReadOnly));
        }
        if allow {
            self.allowed.push(Pattern::new(name.as_str()));
        }
        self.rules.push(Said { pattern: Pattern::new(name), allow, rule });
        self
    }

    /// Gives the plugin a setting (`plugbay:host/config`): text, a number, or yes and no. The last value of a name counts.
    #[must_use]
    pub fn config(self, key: impl Into<String>, value: impl Into<ConfigValue>) -> Self {
        self.allow_with(crate::powers::CONFIG, &ConfigRule::set(key, value))
    }

    /// Shows the plugin the directory `host_dir` as `guest_path`, for reading. Nothing outside of it can be reached:
    /// not by `..`, not by absolute paths, not by links.
    #[must_use]
    pub fn allow_read(self, host_dir: impl Into<PathBuf>, guest_path: impl Into<String>) -> Self {
        self.directory(host_dir, guest_path, Access::ReadOnly)
    }

    /// Shows the plugin the directory `host_dir` as `guest_path`, for reading and for every change: create, write,
    /// truncate, rename, link, remove, set times.
    #[must_use]
    pub fn allow_write(self, host_dir: impl Into<PathBuf>, guest_path: impl Into<String>) -> Self {
        self.directory(host_dir, guest_path, Access::ReadWrite)
    }

    /// [`allow_read`](Self::allow_read) or [`allow_write`](Self::allow_write), chosen by a value.
    #[must_use]
    pub fn directory(
        mut self,
        host_dir: impl Into<PathBuf>,
        guest_path: impl Into<String>,
        access: Access,
    ) -> Self {
        self.directories.push(DirectoryGrant { host: host_dir.into(), guest: guest_path.into(), access });
        self
    }

    /// Hides `path` and all below it: directory grants at or below it are void. A grant of a directory *above* it is
    /// refused when linking, because it would show what is denied here.
    #[must_use]
    pub fn deny_read(mut self, path: impl Into<PathBuf>) -> Self {
        self.denied_read.push(path.into());
        self
    }

    /// Protects `path` and all below it from changes: grants to write at or below it become grants to read. A grant
    /// to write to a directory *above* it is refused when linking.
    #[must_use]
    pub fn deny_write(mut self, path: impl Into<PathBuf>) -> Self {
        self.denied_write.push(path.into());
        self
    }

    /// Hides what matches `pattern` inside of all granted directories: `"**/.env"` (or `".env"`) the name wherever it is,
    /// `"/texts/private/**"` a path as the plugin sees it; `*`, `?`, `[…]`, `{…,…}` as in a shell, `**` any folders. It is not
    /// there for the plugin: not listed, not opened, not made, and no link leads to it. Case does not matter.
    ///
    /// What cannot be kept: a hard link that someone else made to a hidden file is another name, which is not hidden. A pattern
    /// that is none is reported when linking. The same as [`deny_with`](Self::deny_with) and a [`FileRule`].
    #[must_use]
    pub fn deny_path(self, pattern: impl Into<String>) -> Self {
        self.deny_with("wasi:filesystem", &FileRule::new(pattern))
    }

    /// Who resolves paths below granted directories. Default [`PathResolver::System`].
    #[must_use]
    pub fn resolver(mut self, resolver: PathResolver) -> Self {
        self.resolver = resolver;
        self
    }

    /// Sets an environment variable of the plugin. It sees the variables that were named here and no other.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Passes on a variable of this process, if it is set (and is Unicode) when the plugin is linked.
    #[must_use]
    pub fn allow_env(mut self, name: impl Into<String>) -> Self {
        self.inherited_env.push(name.into());
        self
    }

    /// Hides an environment variable.
    #[must_use]
    pub fn deny_env(mut self, name: impl Into<String>) -> Self {
        self.denied_env.push(name.into());
        self
    }

    /// The command line of the plugin; the first is the name of the program by custom.
    #[must_use]
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Gives the plugin standard streams. Replaces earlier ones.
    #[must_use]
    pub fn stdio(mut self, stdio: Stdio) -> Self {
        self.stdio = Some(stdio);
        self
    }

    /// Allows to read the time of day, to measure time and to wait: `allow("wasi:clocks")`.
    #[must_use]
    pub fn allow_clocks(self) -> Self {
        self.allow("wasi:clocks")
    }

    /// Allows to connect to `host_and_port` by `wasi:sockets`: `"api.acme.dev:443"`, `"10.0.0.0/8:5432"`, `"loopback"`; see
    /// [`NetRule`](crate::grants::NetRule), which says more ([`allow_with`](Self::allow_with)). What cannot be read is told
    /// when the grants are used.
    #[must_use]
    pub fn allow_net(self, host_and_port: &str) -> Self {
        self.net_rule(net::NetRule::from_flag(host_and_port))
    }

    /// Allows others to connect to the plugin at `host_and_port` of this machine: `"127.0.0.1:8080"`, `"loopback"`.
    #[must_use]
    pub fn allow_listen(self, host_and_port: &str) -> Self {
        self.net_rule(net::NetRule::listen_from_flag(host_and_port))
    }

    /// Allows random numbers: `allow("wasi:random")`.
    #[must_use]
    pub fn allow_random(self) -> Self {
        self.allow("wasi:random")
    }

    /// [`allow_clocks`](Self::allow_clocks), and says which: coarse, or the application's own.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// [`allow_random`](Self::allow_random), and says which numbers.
    #[must_use]
    pub fn random(mut self, random: Random) -> Self {
        self.random = Some(random);
        self
    }

    /// All of these grants and denials, and all of `other`'s. Standard streams, the clock and random numbers are `other`'s where it has any.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.allowed.extend(other.allowed);
        self.denied.extend(other.denied);
        self.env.extend(other.env);
        self.inherited_env.extend(other.inherited_env);
        self.denied_env.extend(other.denied_env);
        self.args.extend(other.args);
        self.directories.extend(other.directories);
        self.denied_read.extend(other.denied_read);
        self.denied_write.extend(other.denied_write);
        if other.resolver != PathResolver::default() {
            self.resolver = other.resolver;
        }
        self.plugins.extend(other.plugins);
        self.rules.extend(other.rules);
        self.stdio = other.stdio.or(self.stdio);
        self.clock = other.clock.or(self.clock);
        self.random = other.random.or(self.random);
        self.asked.extend(other.asked);
        self
    }

    /// Whether any of these grants makes the interface `import` available.
    pub(crate) fn allows(&self, import: &str) -> bool {
        let named = self.allowed.iter().any(|pattern| pattern.matches(import));
        let implied = match name::Name::unversioned(import) {
            "wasi:cli/environment" => {
                !(self.env.is_empty() && self.inherited_env.is_empty() && self.args.is_empty())
            }
            "wasi:cli/stdin" | "wasi:cli/stdout" | "wasi:cli/stderr" => self.stdio.is_some(),
            "wasi:filesystem/types" | "wasi:filesystem/preopens" => !self.directories.is_empty(),
            import if import.starts_with("wasi:clocks/") => self.clock.is_some(),
            import if import.starts_with("wasi:random/") => self.random.is_some(),
            _ => false,
        };
        named || implied
    }

    /// Whether any of these grants lets `import` come from the plugin `provider`.
    pub(crate) fn allows_from(&self, provider: &str, import: &str) -> bool {
        self.plugins.iter().any(|(plugin, pattern)| plugin == provider && pattern.matches(import))
    }

    /// The denial that hits `import`.
    pub(crate) fn denial(&self, import: &str) -> Option<&Pattern> {
        self.denied.iter().find(|pattern| pattern.matches(import))
    }
}
