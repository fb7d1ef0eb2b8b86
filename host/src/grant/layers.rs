//! The three sides that have a say: the host's ceiling, the grant and the manifest. What they say about one capability becomes
//! its `Power` here; whether they say anything that nobody keeps is found here, too.

use super::capability::{self, Capability};
use super::rule::{By, Layer, Power, Rule};
use super::rule_table::RuleTable;
use super::{Grants, name::Pattern};
use crate::error::{Error, ErrorKind, Result};
use crate::manifest::Manifest;

/// A rule in a grant.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) pattern: Pattern,
    /// `allow`, or `deny`.
    pub(crate) allow: bool,
    /// Nothing when it could not be written as a table, and why.
    pub(crate) rule: Result<RuleTable, String>,
}

/// What is said about all capabilities of one plugin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layers<'a> {
    pub(crate) ceiling: Option<&'a Grants>,
    pub(crate) grants: &'a Grants,
    pub(crate) manifest: Option<&'a Manifest>,
}

impl Layers<'_> {
    /// What is permitted of `capability` (`wasi:http`, `demo:editor/buffers`).
    ///
    /// A side without `allow` rules limits nothing, but for a grant of what is empty without rules. A side that has some limits
    /// to those, whatever else it allows.
    ///
    /// # Errors
    /// A rule that is none of `R`, with its place where it has one.
    pub(crate) fn power<R: Rule>(&self, capability: &str) -> Result<Power<R>> {
        let mut layers = Vec::with_capacity(3);
        let sides = [(By::Ceiling, self.ceiling), (By::Grant, Some(self.grants))];
        for (by, grants) in sides.into_iter().filter_map(|(by, grants)| Some((by, grants?))) {
            let said =
                grants.rules.iter().filter(|said| capability::names(said.pattern.as_str(), capability));
            let (allow, deny) = said.partition::<Vec<_>, _>(|said| said.allow);
            let read = |said: Vec<&Said>| -> Result<Vec<R>> {
                said.into_iter()
                    .map(|said| said.rule(capability)?.read().map_err(|bad| bad.of(capability)))
                    .collect()
            };
            let nothing = by == By::Grant && R::EMPTY_WITHOUT_RULES;
            let allow = Some(read(allow)?).filter(|allow| nothing || !allow.is_empty());
            layers.push(Layer { by, allow, deny: read(deny)? });
        }
        if let Some(manifest) = self.manifest {
            let requests =
                manifest.requests.iter().filter(|request| capability::names(request.interface(), capability));
            let read = |rules: Vec<&RuleTable>| -> Result<Vec<R>> {
                rules.into_iter().map(|rule| rule.read().map_err(|bad| bad.of(capability))).collect()
            };
            let allow = read(requests.clone().flat_map(|request| &request.allow).collect())?;
            let deny = read(requests.flat_map(|request| &request.deny).collect())?;
            layers.push(Layer {
                by: By::Manifest,
                allow: Some(allow).filter(|allow| !allow.is_empty()),
                deny,
            });
        }
        // Those that say nothing cost nothing.
        layers.retain(|layer| layer.allow.is_some() || !layer.deny.is_empty());
        Ok(Power::new(layers).of(capability))
    }
}

impl Said {
    fn rule(&self, capability: &str) -> Result<&RuleTable> {
        self.rule.as_ref().map_err(|problem| {
            Error::new(ErrorKind::Grant(format!("a rule of `{capability}` is no table: {problem}")))
        })
    }
}

/// Refuses rules that nobody keeps: of what has none, and with keys or values that its type does not know.
pub(crate) fn check_grants<'a>(
    grants: &Grants,
    capability: impl Fn(&str) -> Option<Capability<'a>>,
) -> Result<()> {
    for said in &grants.rules {
        let name = said.pattern.as_str();
        check_rule(name, said.rule(name)?, &capability)?;
    }
    Ok(())
}

/// As [`check_grants`], for what a manifest says.
pub(crate) fn check_manifest<'a>(
    manifest: &Manifest,
    capability: impl Fn(&str) -> Option<Capability<'a>>,
) -> Result<()> {
    for request in &manifest.requests {
        for rule in request.allow.iter().chain(&request.deny) {
            check_rule(request.interface(), rule, &capability)?;
        }
    }
    Ok(())
}

fn check_rule<'a>(
    name: &str,
    rule: &RuleTable,
    capability: impl Fn(&str) -> Option<Capability<'a>>,
) -> Result<()> {
    let known = match capability(name).and_then(|capability| capability.form) {
        Some(form) => form.meaning(rule).map(drop),
        None => Err(rule.bad(capability::without_rules(name), None)),
    };
    known.map_err(|bad| bad.of(name))
}
