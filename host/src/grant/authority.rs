//! Two keys: an interface is linked when the component asks for it *and* it was granted. Here the two meet; what comes out
//! is the authority of one linked plugin.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::clock_rule;
use super::directory::{self, Root};
use super::layers::Layers;
use super::net::{NetRule, Resolver};
use super::{Clock, Grants, MissingGrant, Power, Random, Stdio};
use crate::error::{Error, ErrorKind, Result};
use crate::powers::Powers;
#[cfg(feature = "http")]
use crate::wasi::http::{HttpAuthority, Tls};

/// How an interface that the host offers is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Everyone may use it.
    Nothing,
    /// Only those that were granted it.
    Grant,
    /// Only its types are used: there is nothing to give, and nothing to deny.
    Types,
}

/// What one linked plugin may do. Shared by all its instances.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(crate) env: Vec<(String, String)>,
    pub(crate) args: Vec<String>,
    pub(crate) preopens: Vec<Arc<Root>>,
    pub(crate) stdio: Stdio,
    /// What it has of `plugbay:host`.
    pub(crate) powers: Arc<Powers>,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    #[cfg(feature = "http")]
    pub(crate) http: HttpAuthority,
    /// Which hosts may be reached by `wasi:sockets`.
    pub(crate) net: Power<NetRule>,
    /// Who finds the addresses of names.
    pub(crate) resolver: Resolver,
}

/// Whether `grants` under `ceiling` make what needs a grant available.
pub(crate) fn permits(ceiling: Option<&Grants>, grants: &Grants, import: &str) -> bool {
    let above = ceiling.is_none_or(|ceiling| ceiling.denial(import).is_none() && ceiling.allows(import));
    above && grants.denial(import).is_none() && grants.allows(import)
}

/// Which of `imports` are granted, under the host's ceiling. All that are missing are reported in one error.
///
/// `offered` tells for an import whether and how the host offers it; what it does not offer is left for the caller.
/// `provider` tells which plugin an import was connected to, and then the host's offer is not looked at.
pub(crate) fn check<'a>(
    ceiling: Option<&Grants>,
    grants: &Grants,
    imports: impl IntoIterator<Item = &'a str>,
    offered: impl Fn(&str) -> Option<Need>,
    provider: impl Fn(&str) -> Option<&'a str>,
) -> Result<Vec<&'a str>> {
    let (mut granted, mut missing) = (Vec::new(), Vec::new());
    for import in imports {
        if offered(import) == Some(Need::Types) && provider(import).is_none() {
            granted.push(import);
            continue;
        }
        // What other plugins give is not the host's; a denial by it is about everyone.
        let denied = ceiling.and_then(|ceiling| ceiling.denial(import));
        if offered(import).is_some() && denied.is_some() {
            missing.push(MissingGrant::beyond_ceiling(import, denied.map(ToString::to_string)));
            continue;
        }
        if let Some(provider) = provider(import) {
            let denial = grants.denial(import).map(ToString::to_string);
            if denial.is_some() || !grants.allows_from(provider, import) {
                missing.push(MissingGrant::from_plugin(import, provider, denial));
            }
            continue;
        }
        let Some(need) = offered(import) else { continue };
        if need == Need::Grant && ceiling.is_some_and(|ceiling| !ceiling.allows(import)) {
            missing.push(MissingGrant::beyond_ceiling(import, None));
            continue;
        }
        if let Some(denial) = grants.denial(import) {
            missing.push(MissingGrant::new(import, Some(denial.to_string())));
        } else if need == Need::Nothing || grants.allows(import) {
            granted.push(import);
        } else {
            missing.push(MissingGrant::new(import, None));
        }
    }
    if missing.is_empty() { Ok(granted) } else { Err(Error::new(ErrorKind::Denied { missing })) }
}

/// Refuses names in grants that are malformed or that the host knows nothing about: a grant or a denial that nobody
/// keeps would be a lie. `known` are the names of all interfaces that the host offers.
pub(crate) fn check_names<'a>(
    grants: &Grants,
    known: impl Fn() -> Box<dyn Iterator<Item = &'a str> + 'a>,
) -> Result<()> {
    let of_plugins = grants.plugins.iter().map(|(_, pattern)| pattern);
    let of_rules = grants.rules.iter().map(|said| &said.pattern);
    let offered = grants.allowed.iter().chain(&grants.denied).chain(of_rules);
    for pattern in offered.clone().chain(of_plugins) {
        pattern.check()?;
    }
    for pattern in offered {
        if !known().any(|name| pattern.matches(name)) {
            return Err(Error::new(ErrorKind::Grant(format!(
                "this host offers no interface that `{pattern}` stands for"
            ))));
        }
    }
    Ok(())
}

/// As [`check_names`], for what is allowed of other plugins: `edges` are the connected imports and their providers.
pub(crate) fn check_plugins(grants: &Grants, edges: &[(&str, &str)]) -> Result<()> {
    for (plugin, pattern) in &grants.plugins {
        let kept = |(import, provider): &(&str, &str)| provider == plugin && pattern.matches(import);
        if !edges.iter().any(kept) {
            return Err(Error::new(ErrorKind::Grant(format!(
                "`{pattern}` of plugin `{plugin}` is allowed but not connected; use `Composition::connect`"
            ))));
        }
    }
    Ok(())
}

/// Opens directories and reads the variables that were granted. Nobody may write to the `guarded` directories.
pub(crate) fn resolve(
    layers: &Layers<'_>,
    guarded: &[PathBuf],
    powers: Arc<Powers>,
    resolver: &Resolver,
    #[cfg(feature = "http")] tls: &Tls,
) -> Result<Arc<Authority>> {
    let Layers { grants, .. } = *layers;
    let hidden = |name: &str| grants.denied_env.iter().any(|denied| denied == name);
    let mut env = BTreeMap::new();
    for name in &grants.inherited_env {
        check_variable(name, "")?;
        if let Ok(value) = std::env::var(name) {
            env.insert(name.clone(), value);
        }
    }
    for (name, value) in &grants.env {
        check_variable(name, value)?;
        env.insert(name.clone(), value.clone());
    }
    env.retain(|name, _| !hidden(name));
    if let Some(arg) = grants.args.iter().find(|arg| arg.contains('\0')) {
        return Err(Error::new(ErrorKind::Grant(format!("the argument {arg:?} contains a NUL character"))));
    }
    Ok(Arc::new(Authority {
        env: env.into_iter().collect(),
        args: grants.args.clone(),
        preopens: directory::open(grants, &layers.power("wasi:filesystem")?, guarded)?,
        stdio: grants.stdio.clone().unwrap_or_default(),
        powers,
        #[cfg(feature = "http")]
        http: HttpAuthority { power: layers.power("wasi:http")?, tls: tls.clone() },
        clock: clock(layers)?,
        random: layers
            .ceiling
            .and_then(|ceiling| ceiling.random.clone())
            .or(grants.random.clone())
            .unwrap_or_default(),
        net: layers.power("wasi:sockets")?,
        resolver: resolver.clone(),
    }))
}

/// The clock that was granted, in steps as fine as the rules permit and the host's own clock is, if it has one. One that the
/// host itself moves is everyone's.
fn clock(layers: &Layers<'_>) -> Result<Clock> {
    let granted = layers.grants.clock.clone().unwrap_or_default();
    let steps = clock_rule::finest(&layers.power("wasi:clocks")?);
    let clock = match layers.ceiling.and_then(|ceiling| ceiling.clock.as_ref()) {
        Some(hosts) => granted.under(hosts),
        None => granted,
    };
    Ok(clock.in_steps(steps))
}

fn check_variable(name: &str, value: &str) -> Result<()> {
    if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
        return Err(Error::new(ErrorKind::Grant(format!(
            "{name:?} cannot be the name of an environment variable"
        ))));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(import: &str) -> Option<Need> {
        match import.split_once('/')?.0 {
            "wasi:io" => Some(Need::Nothing),
            "wasi:clocks" | "demo:app" => Some(Need::Grant),
            _ => None,
        }
    }

    fn missing(grants: &Grants) -> Vec<String> {
        let imports = ["wasi:io/poll@0.2.0", "wasi:clocks/wall-clock@0.2.6", "demo:app/log@1.0.0", "x:y/z"];
        match check(None, grants, imports, offered, |_| None) {
            Ok(_) => Vec::new(),
            Err(error) => match error.kind() {
                ErrorKind::Denied { missing } => {
                    missing.iter().map(|missing| missing.import.clone()).collect()
                }
                other => panic!("{other}"),
            },
        }
    }

    #[test]
    fn nothing_is_granted_by_default_and_all_that_is_missing_is_named() {
        assert_eq!(missing(&Grants::none()), ["wasi:clocks/wall-clock@0.2.6", "demo:app/log@1.0.0"]);
        assert_eq!(missing(&Grants::none().allow_clocks()), ["demo:app/log@1.0.0"]);
        assert!(missing(&Grants::none().allow_clocks().allow("demo:app/log")).is_empty());
    }

    #[test]
    fn a_denial_is_about_functions_and_not_about_types() {
        let denied = Grants::none().deny("wasi:clocks");
        let types = |_: &str| Some(Need::Types);
        let granted =
            check(Some(&denied), &denied, ["wasi:clocks/wall-clock@0.2.6"], types, |_| None).unwrap();
        assert_eq!(granted, ["wasi:clocks/wall-clock@0.2.6"]);
    }

    #[test]
    fn a_denial_wins_in_either_order() {
        let all = Grants::none().allow("demo:app");
        assert_eq!(
            missing(&all.clone().allow_clocks().deny("wasi:clocks")),
            ["wasi:clocks/wall-clock@0.2.6"]
        );
        assert_eq!(
            missing(&all.clone().deny("wasi:clocks").allow_clocks()),
            ["wasi:clocks/wall-clock@0.2.6"]
        );
        assert_eq!(missing(&all.allow_clocks().deny("wasi:io/poll")), ["wasi:io/poll@0.2.0"]);
    }

    #[test]
    fn names_nobody_keeps_are_refused() {
        let known = || -> Box<dyn Iterator<Item = &'static str>> {
            Box::new(["wasi:clocks/wall-clock@0.2.12"].into_iter())
        };
        assert!(check_names(&Grants::none().allow("wasi:clocks"), known).is_ok());
        for bad in ["wasi:clokcs", "wasi clocks", ""] {
            assert!(check_names(&Grants::none().allow(bad), known).is_err(), "{bad}");
            assert!(check_names(&Grants::none().deny(bad), known).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_the_variables_that_were_named_and_not_denied_are_seen() {
        let grants =
            Grants::none().env("A", "1").env("B", "2").env("A", "3").deny_env("B").allow_env("NOT_SET_HERE");
        let resolve = |grants: &Grants| {
            let layers = Layers { ceiling: None, grants, manifest: None };
            resolve(
                &layers,
                &[],
                Arc::default(),
                &Resolver::default(),
                #[cfg(feature = "http")]
                &Tls::default(),
            )
        };
        assert_eq!(resolve(&grants).unwrap().env, [("A".to_owned(), "3".to_owned())]);
        assert!(resolve(&Grants::none().env("A=B", "1")).is_err());
        assert!(resolve(&Grants::none().args(["a\0b"])).is_err());
    }
}
