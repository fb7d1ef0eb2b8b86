//! What a capability is to people and to files: the words of the card, the remedy, and the rules that it has as parameters.
//! Those of WASI and plugbay stand in one table here; an application adds its own by `HostBuilder::capability`.

use super::file_rule::FileRule;
use super::name::{Name, Pattern};
use super::net::NetRule;
use super::rule::Rule;
use super::rule_table::{BadRule, Meaning, RuleTable};
use super::{ClockRule, Risk};
#[cfg(feature = "kv")]
use crate::powers::KvRule;
use crate::powers::{ConfigRule, LogRule, SecretRule};

/// A capability: a package or an interface that is granted as one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capability<'a> {
    /// The package or the interface, without version.
    pub(crate) name: &'a str,
    /// What the card calls it.
    pub(crate) label: &'a str,
    /// What a plugin does with it; continues "the plugin …".
    pub(crate) sentence: &'a str,
    pub(crate) risk: Risk,
    /// The call of `Grants` that gives it; empty for `allow(name)`.
    pub(crate) grant: &'a str,
    /// The flag of the command line; empty for `--allow NAME`.
    pub(crate) flag: &'a str,
    /// Its parameters, if it has any.
    pub(crate) form: Option<Form>,
}

/// The type of a capability's rules, for those who do not know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    read: fn(&RuleTable) -> Result<Meaning, BadRule>,
    /// The keys of a rule, for the reference of manifests.
    #[cfg(test)]
    pub(crate) keys: fn() -> &'static [&'static str],
}

impl Form {
    pub(crate) const fn of<R: Rule>() -> Self {
        Self {
            read: RuleTable::meaning::<R>,
            #[cfg(test)]
            keys: crate::manifest::keys::<R>,
        }
    }

    /// What a rule means.
    pub(crate) fn meaning(&self, rule: &RuleTable) -> Result<Meaning, BadRule> {
        (self.read)(rule)
    }
}

impl<'a> Capability<'a> {
    pub(crate) const fn new(name: &'a str, label: &'a str, risk: Risk, sentence: &'a str) -> Self {
        Self { name, label, sentence, risk, grant: "", flag: "", form: None }
    }

    /// How it is given.
    const fn by(mut self, grant: &'a str, flag: &'a str) -> Self {
        (self.grant, self.flag) = (grant, flag);
        self
    }

    /// It has parameters.
    const fn with<R: Rule>(mut self) -> Self {
        self.form = Some(Form::of::<R>());
        self
    }

    /// Whether what is said of `name` (a package, an interface) is said of this capability.
    pub(crate) fn is_named_by(&self, name: &str) -> bool {
        names(name, self.name)
    }
}

/// Whether what is said of `name` is said of the capability called `capability`: it is that, or an interface of it.
pub(crate) fn names(name: &str, capability: &str) -> bool {
    let capability = Name::unversioned(capability);
    Name::unversioned(name) == capability || Pattern::new(capability).matches(name)
}

/// The capabilities of this crate, each before the packages that it is part of.
static BUILT_IN: &[Capability<'static>] = &[
    Capability::new(
        "wasi:filesystem",
        "files",
        Risk::High,
        "reads files in directories you choose, and changes them where you allow it",
    )
    .by("allow_read(HOST_DIR, GUEST_PATH)", "--allow-read HOST_DIR")
    .with::<FileRule>(),
    Capability::new("wasi:sockets", "network", Risk::High, "talks to other machines over the network")
        .by("allow_net(\"HOST:PORT\")", "--allow-net=HOST:PORT")
        .with::<NetRule>(),
    http(),
    Capability::new(
        "wasi:cli/environment",
        "environment",
        Risk::Medium,
        "reads the environment variables and arguments you choose",
    )
    .by("allow_env(NAME)", "--allow-env NAME"),
    stream("wasi:cli/stdin"),
    stream("wasi:cli/stdout"),
    stream("wasi:cli/stderr"),
    Capability::new(
        "wasi:cli",
        "process",
        Risk::None,
        "ends itself, and asks whether it talks to a terminal",
    ),
    Capability::new("wasi:clocks", "clocks", Risk::Low, "reads the time, measures time and waits")
        .by("allow_clocks()", "--allow-clocks")
        .with::<ClockRule>(),
    Capability::new(
        "plugbay:host/config",
        "settings",
        Risk::Low,
        "reads the settings that you or the application made for it",
    )
    .by("config(KEY, VALUE)", "--allow plugbay:host/config")
    .with::<ConfigRule>(),
    #[cfg(feature = "kv")]
    Capability::new(
        "plugbay:host/kv",
        "storage",
        Risk::Low,
        "keeps values of its own, up to a limit, when it is not running",
    )
    .with::<KvRule>(),
    Capability::new("plugbay:host/log", "log", Risk::Low, "writes lines to the application's log")
        .with::<LogRule>(),
    Capability::new(
        "plugbay:host/secret",
        "secrets",
        Risk::High,
        "sends passwords and tokens to hosts that you name, without seeing them",
    )
    .by("allow_with(\"plugbay:host/secret\", &SecretRule::bearer(NAME, HOST))", "--allow plugbay:host/secret")
    .with::<SecretRule>(),
    Capability::new("wasi:random", "random", Risk::Low, "gets random numbers")
        .by("allow_random()", "--allow-random"),
    Capability::new(
        "wasi:io",
        "streams",
        Risk::None,
        "waits for and moves bytes of what it was given otherwise",
    ),
];

#[cfg(feature = "http")]
const fn http() -> Capability<'static> {
    Capability::new("wasi:http", "http", Risk::High, "sends HTTP requests to hosts you choose")
        .by("allow_http(\"https://HOST\")", "--allow-http=https://HOST")
        .with::<crate::wasi::http::HttpRule>()
}

/// Only an application can offer it.
#[cfg(not(feature = "http"))]
const fn http() -> Capability<'static> {
    Capability::new("wasi:http", "http", Risk::High, "sends HTTP requests or answers them")
}

const fn stream(name: &'static str) -> Capability<'static> {
    Capability::new(name, "stdio", Risk::Low, "reads and writes the terminal, or wherever you point it")
        .by("stdio(Stdio::inherit())", "--allow-stdio")
}

/// All of them, for the reference of manifests.
#[cfg(test)]
pub(crate) fn all() -> &'static [Capability<'static>] {
    BUILT_IN
}

/// The built-in capability that `name` is of.
pub(crate) fn built_in(name: &str) -> Option<&'static Capability<'static>> {
    BUILT_IN.iter().find(|capability| capability.is_named_by(name))
}

/// What is said about rules of what has none.
pub(crate) fn without_rules(name: &str) -> String {
    let whole = BUILT_IN
        .iter()
        .find(|capability| capability.form.is_some() && Pattern::new(name).matches(capability.name));
    match whole {
        Some(whole) => {
            format!("`{name}` is more than one capability: rules are written for `{}` alone", whole.name)
        }
        None => format!("`{name}` has no rules: nobody would keep one"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_belongs_to_its_capability() {
        for (name, capability) in [
            ("wasi:http", "wasi:http"),
            ("wasi:http@0.2", "wasi:http"),
            ("wasi:http/outgoing-handler@0.2.6", "wasi:http"),
            ("wasi:cli/environment@0.2.0", "wasi:cli/environment"),
            ("wasi:cli/exit", "wasi:cli"),
            ("wasi:cli", "wasi:cli"),
        ] {
            assert_eq!(built_in(name).map(|found| found.name), Some(capability), "{name}");
        }
        assert!(built_in("wasi:clock").is_none() && built_in("demo:app/log").is_none());
    }

    #[test]
    fn the_more_specific_stands_first() {
        for (index, capability) in BUILT_IN.iter().enumerate() {
            let shadowed = BUILT_IN.iter().take(index).any(|other| other.is_named_by(capability.name));
            assert!(!shadowed, "{}", capability.name);
        }
    }
}
