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

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    /// A range of numbers; `EMPTY` as the trait's constant says.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    struct Range<const EMPTY: bool> {
        from: u32,
        to: u32,
    }

    impl<const EMPTY: bool> Rule for Range<EMPTY> {
        type Request<'a> = u32;

        const EMPTY_WITHOUT_RULES: bool = EMPTY;

        fn matches(&self, request: &u32) -> bool {
            (self.from..=self.to).contains(request)
        }

        fn words(&self) -> String {
            format!("{} to {}", self.from, self.to)
        }
    }

    /// What one side says, as bits of the numbers below 16.
    #[derive(Clone, Debug, Default)]
    struct Side {
        allow: Vec<(u32, u32)>,
        deny: Vec<(u32, u32)>,
    }

    /// Numbers that are made up, the same in each run.
    struct MadeUp(u64);

    impl MadeUp {
        fn below(&mut self, end: u32) -> u32 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u32::try_from((self.0 >> 33) % u64::from(end)).unwrap()
        }

        fn ranges(&mut self, most: u32) -> Vec<(u32, u32)> {
            let count = self.below(most + 1);
            (0..count).map(|_| (self.below(16), self.below(16))).map(|(a, b)| (a.min(b), a.max(b))).collect()
        }

        fn side(&mut self) -> Side {
            Side { allow: self.ranges(3), deny: self.ranges(1) }
        }
    }

    impl Side {
        fn grants(&self) -> Grants {
            let rule = |(from, to): &(u32, u32)| Range::<false> { from: *from, to: *to };
            let allowed = self.allow.iter().map(rule);
            let grants = allowed.fold(Grants::none().allow("demo:app/n"), |grants, rule| {
                grants.allow_with("demo:app/n", &rule)
            });
            self.deny
                .iter()
                .map(rule)
                .fold(grants, |grants, rule| grants.deny_with("demo:app/n@1.0.0", &rule))
        }

        fn manifest(&self) -> Manifest {
            let rules = |rules: &[(u32, u32)]| -> String {
                let rules = rules.iter().map(|(from, to)| format!("{{ from = {from}, to = {to} }}"));
                rules.collect::<Vec<_>>().join(", ")
            };
            let text = format!(
                "manifest-version = 1\n[plugin]\nid = \"a:b\"\nversion = \"1.0.0\"\ncomponent = \"c.wasm\"\n\
                 [[capability.required]]\nuse = \"demo:app/n\"\nreason = \"r\"\nallow = [{}]\ndeny = [{}]\n",
                rules(&self.allow),
                rules(&self.deny)
            );
            Manifest::parse("plugin.toml", &text).unwrap()
        }

        /// What it permits, by the definition.
        fn permits(&self, n: u32, nothing_without_rules: bool) -> bool {
            let any = |ranges: &[(u32, u32)]| ranges.iter().any(|(from, to)| (*from..=*to).contains(&n));
            let allowed = any(&self.allow) || (self.allow.is_empty() && !nothing_without_rules);
            allowed && !any(&self.deny)
        }
    }

    fn agrees<const EMPTY: bool>(ceiling: Option<&Side>, grant: &Side, manifest: Option<&Side>) {
        let (above, granted) = (ceiling.map(Side::grants), grant.grants());
        let asked = manifest.map(Side::manifest);
        let layers = Layers { ceiling: above.as_ref(), grants: &granted, manifest: asked.as_ref() };
        let power = layers.power::<Range<EMPTY>>("demo:app/n").unwrap();
        for n in 0..16 {
            let expected = ceiling.is_none_or(|side| side.permits(n, false))
                && grant.permits(n, EMPTY)
                && manifest.is_none_or(|side| side.permits(n, false));
            let decided = power.check(&n);
            assert_eq!(decided.is_ok(), expected, "{n}: {ceiling:?} {grant:?} {manifest:?}: {decided:?}");
            if let Err(denial) = decided {
                let (side, nothing) = match denial.by {
                    By::Ceiling => (ceiling.unwrap(), false),
                    By::Grant => (grant, EMPTY),
                    By::Manifest => (manifest.unwrap(), false),
                };
                assert!(!side.permits(n, nothing), "{n}: {denial} was blamed on the wrong side");
            }
        }
    }

    #[test]
    fn what_is_permitted_is_what_all_sides_permit() {
        let mut made_up = MadeUp(7);
        for round in 0..500 {
            let (ceiling, grant, manifest) = (made_up.side(), made_up.side(), made_up.side());
            let ceiling = Some(&ceiling).filter(|_| round % 3 > 0);
            let manifest = Some(&manifest).filter(|_| round % 5 > 0);
            agrees::<false>(ceiling, &grant, manifest);
            agrees::<true>(ceiling, &grant, manifest);
        }
    }

    #[test]
    fn rules_of_another_capability_are_not_meant() {
        let grants = Grants::none().deny_with("demo:app/other", &Range::<false> { from: 0, to: 15 });
        let layers = Layers { ceiling: None, grants: &grants, manifest: None };
        assert_eq!(layers.power::<Range<false>>("demo:app/n").unwrap().check(&1), Ok(()));
        assert!(layers.power::<Range<false>>("demo:app/other@2.0.0").unwrap().check(&1).is_err());
    }
}
