//! The permission card: what a plugin asks for, derived from what its component really imports, in sentences that a
//! person understands. It describes; deciding is `authority`'s.

use std::fmt;

use serde::Serialize;

use super::Grants;
use super::capability::Capability;
use super::missing::{remedy, remedy_from};
use super::name::Name;
use super::rule_table::{Meaning, RuleTable};
use crate::manifest::{Manifest, Request};

/// What a plugin asks for. Serializes to JSON for programs; its `Display` is for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PermissionCard {
    /// The plugin's name.
    pub plugin: String,
    /// The highest risk of all entries.
    pub risk: Risk,
    /// One entry for each thing asked for, the riskiest first.
    pub entries: Vec<CardEntry>,
}

/// One line of a card: a capability and the imports that ask for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CardEntry {
    /// What the entry is about: `files`, `environment`, `clocks`, `wasi:sockets`, `demo:editor/logging` …
    pub capability: String,
    /// What the plugin could do, in one sentence.
    pub sentence: String,
    /// How much harm that could do.
    pub risk: Risk,
    /// The plugin it comes from; `None` when the host offers it.
    pub provider: Option<String>,
    /// Whether a grant is needed.
    pub needs_grant: bool,
    /// The call that grants it; empty when none is needed.
    pub grant: String,
    /// The command line flag that grants it; empty when none is needed, or it comes from a plugin.
    pub flag: String,
    /// The imports that the entry stands for.
    pub imports: Vec<String>,
    /// Whether the plugin can do without, by its manifest.
    pub optional: bool,
    /// What of it the manifest asks for; all that is granted, when it has no rules.
    pub allow: Vec<CardRule>,
    /// What of it the manifest says that it never uses.
    pub deny: Vec<CardRule>,
    /// Why it wants it, in the words of its manifest. Nobody has checked them.
    pub reasons: Vec<String>,
}

/// A rule of a manifest, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CardRule {
    /// What it is about; continues "for …".
    pub words: String,
    /// How much harm it could do where it allows.
    pub risk: Risk,
    /// The rule as it is written, in TOML.
    pub rule: String,
}

/// How much harm a capability can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Risk {
    /// None: it computes, and can reach nothing.
    None,
    /// It can observe little and change nothing of value.
    Low,
    /// It can see or do what the application or the user shows it.
    Medium,
    /// It can read or change the user's data, or reach other machines.
    High,
}

impl PermissionCard {
    /// The card for a component with these imports. `open` tells which imports need no grant at this host, `provider` which
    /// come from another plugin.
    pub(crate) fn new<'a>(
        plugin: &str,
        imports: impl IntoIterator<Item = &'a str>,
        open: impl Fn(&str) -> bool,
        provider: impl Fn(&str) -> Option<&'a str>,
        known: impl Fn(&str) -> Option<Capability<'a>>,
    ) -> Self {
        let mut entries: Vec<CardEntry> = Vec::new();
        for import in imports {
            let entry = match provider(import) {
                Some(provider) => entry_from(import, provider),
                None => entry(import, open(import), known(import)),
            };
            match entries.iter_mut().find(|other| other.same(&entry)) {
                Some(other) => other.imports.push(import.to_owned()),
                None => entries.push(entry),
            }
        }
        let mut card = Self { plugin: plugin.to_owned(), risk: Risk::None, entries };
        card.sort();
        card
    }

    /// Adds what the manifest says about each entry. One with rules is as risky as these are.
    pub(crate) fn explain<'a>(
        mut self,
        manifest: &Manifest,
        known: impl Fn(&str) -> Option<Capability<'a>>,
    ) -> Self {
        for entry in &mut self.entries {
            let requests = entry.imports.iter().map(|import| manifest.request(import));
            entry.optional =
                requests.clone().all(|request| request.is_some_and(|asked| !asked.is_required()));
            for request in requests.flatten() {
                let reason = request.reason().to_owned();
                if !entry.reasons.contains(&reason) {
                    entry.reasons.push(reason);
                }
                add(&mut entry.allow, request, &request.allow, &known);
                add(&mut entry.deny, request, &request.deny, &known);
                for name in request.names() {
                    let words = format!("the variable {}", name.escape_debug());
                    let rule = CardRule { words, risk: Risk::Medium, rule: name.clone() };
                    if !entry.allow.contains(&rule) {
                        entry.allow.push(rule);
                    }
                }
            }
            if let Some(risk) = entry.allow.iter().map(|rule| rule.risk).max() {
                entry.risk = risk;
            }
        }
        self.sort();
        self
    }

    /// The riskiest first.
    fn sort(&mut self) {
        self.entries.sort_by(|a, b| b.risk.cmp(&a.risk).then_with(|| a.capability.cmp(&b.capability)));
        self.risk = self.entries.iter().map(|entry| entry.risk).max().unwrap_or(Risk::None);
    }

    /// The entries that `grants` do not cover.
    pub fn ungranted<'a>(&'a self, grants: &'a Grants) -> impl Iterator<Item = &'a CardEntry> {
        self.entries.iter().filter(|entry| {
            let granted = |import: &String| {
                let allowed = match &entry.provider {
                    Some(provider) => grants.allows_from(provider, import),
                    None => !entry.needs_grant || grants.allows(import),
                };
                grants.denial(import).is_none() && allowed
            };
            !entry.imports.iter().all(granted)
        })
    }
}

impl CardEntry {
    fn same(&self, other: &Self) -> bool {
        self.capability == other.capability
            && self.needs_grant == other.needs_grant
            && self.provider == other.provider
    }
}

/// Adds what `rules` of a request mean.
fn add<'a>(
    to: &mut Vec<CardRule>,
    request: &Request,
    rules: &[RuleTable],
    known: impl Fn(&str) -> Option<Capability<'a>>,
) {
    let form = known(request.interface()).and_then(|known| known.form);
    for rule in rules {
        // A rule that means nothing was refused when the manifest was read.
        let Some(Meaning { words, risk }) = form.and_then(|form| form.meaning(rule).ok()) else { continue };
        let rule = CardRule { words, risk, rule: rule.to_string() };
        if !to.contains(&rule) {
            to.push(rule);
        }
    }
}

fn entry(import: &str, open: bool, known: Option<Capability<'_>>) -> CardEntry {
    let (capability, sentence, risk) = match known {
        Some(known) => (known.label.to_owned(), known.sentence.to_owned(), known.risk),
        None if open => (
            Name::unversioned(import).to_owned(),
            "uses a part of the application that every plugin may use".to_owned(),
            Risk::Low,
        ),
        None => (
            Name::unversioned(import).to_owned(),
            format!("uses `{}` of the application", Name::unversioned(import)),
            Risk::Medium,
        ),
    };
    let (grant, flag) = if open { Default::default() } else { remedy(import) };
    let grant = if grant.is_empty() { grant } else { format!("Grants::{grant}") };
    CardEntry {
        capability,
        sentence,
        risk,
        provider: None,
        needs_grant: !open,
        grant,
        flag,
        imports: vec![import.to_owned()],
        optional: false,
        allow: Vec::new(),
        deny: Vec::new(),
        reasons: Vec::new(),
    }
}

/// An import that another plugin answers: what it does is that plugin's business, and its grants'.
fn entry_from(import: &str, provider: &str) -> CardEntry {
    let interface = Name::unversioned(import);
    CardEntry {
        capability: interface.to_owned(),
        sentence: format!("uses `{interface}` of the plugin `{provider}`"),
        risk: Risk::Medium,
        provider: Some(provider.to_owned()),
        needs_grant: true,
        grant: format!("Grants::{}", remedy_from(provider, import)),
        flag: String::new(),
        imports: vec![import.to_owned()],
        optional: false,
        allow: Vec::new(),
        deny: Vec::new(),
        reasons: Vec::new(),
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        })
    }
}

impl fmt::Display for PermissionCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.entries.is_empty() {
            return write!(f, "`{}` asks for nothing: it can only compute.", self.plugin);
        }
        write!(f, "`{}` (risk: {}):", self.plugin, self.risk)?;
        for entry in &self.entries {
            write!(f, "\n  {:<6} {}", entry.risk, entry.sentence)?;
            if entry.needs_grant {
                let remedy = if entry.flag.is_empty() { &entry.grant } else { &entry.flag };
                write!(f, "  [{remedy}]")?;
            }
            for (how, rules) in [("for", &entry.allow), ("never for", &entry.deny)] {
                for rule in rules {
                    write!(f, "\n         {how} {}", rule.words)?;
                }
            }
            for reason in &entry.reasons {
                // Without what a terminal would obey.
                write!(f, "\n         its author says: {}", reason.escape_debug())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::capability;

    fn built_in(name: &str) -> Option<Capability<'static>> {
        capability::built_in(name).copied()
    }

    #[test]
    fn a_card_groups_imports_and_puts_the_riskiest_first() {
        let imports = [
            "wasi:clocks/wall-clock@0.2.6",
            "wasi:clocks/monotonic-clock@0.2.6",
            "wasi:io/poll@0.2.6",
            "wasi:filesystem/types@0.2.6",
            "demo:editor/logging@0.1.0",
        ];
        let card =
            PermissionCard::new("p", imports, |import| import.starts_with("wasi:io/"), |_| None, built_in);
        let names: Vec<_> = card.entries.iter().map(|entry| entry.capability.as_str()).collect();
        assert_eq!(names, ["files", "demo:editor/logging", "clocks", "streams"]);
        assert_eq!(card.risk, Risk::High);
        assert_eq!(card.entries[2].imports.len(), 2);
        let missing = |grants: &Grants| -> Vec<_> {
            card.ungranted(grants).map(|entry| entry.capability.clone()).collect()
        };
        assert_eq!(missing(&Grants::none()), ["files", "demo:editor/logging", "clocks"]);
        let most = Grants::none().allow("wasi:filesystem").allow("demo:editor").allow_clocks();
        assert!(missing(&most).is_empty());
        assert_eq!(
            missing(&most.deny("wasi:io")),
            ["streams"],
            "a denial counts even where no grant is needed"
        );
    }

    #[test]
    fn a_component_without_imports_asks_for_nothing() {
        let card = PermissionCard::new("p", [], |_| false, |_| None, built_in);
        assert_eq!((card.risk, card.entries.len()), (Risk::None, 0));
        assert!(card.to_string().contains("nothing"));
    }
}
