//! `plugbay:host/config`: what the application, or its user, set up for a plugin. Values that are read, and nothing else.

use std::fmt;

use plugbay_component::{LinkerInstance, Result};
use plugbay_macro::{ComponentType, Lift, Lower};
use serde::{Deserialize, Serialize};

use super::Cx;
use crate::grant::{Power, Risk, Rule};
use crate::state::PluginState;

/// A setting of a plugin ([`Grants::config`](crate::Grants::config)): text, a number, or yes and no.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ComponentType, Lift, Lower)]
#[serde(untagged)]
#[component(variant)]
#[non_exhaustive]
pub enum ConfigValue {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any number.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
}

/// Which settings may be read: a rule of `plugbay:host/config`. `{ key = "theme" }`, or `{ key = "theme.*" }` for all that
/// begin so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ConfigRule {
    /// The name; with a `*` at its end, all names that begin so.
    pub key: String,
}

/// The settings of one linked plugin that it may read, by name.
#[derive(Debug, Default)]
pub(crate) struct Settings(Vec<(String, ConfigValue)>);

impl ConfigRule {
    /// The setting of this name, or all that begin with what is before the `*`.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into() }
    }
}

impl Rule for ConfigRule {
    type Request<'a> = &'a str;

    fn matches(&self, request: &&str) -> bool {
        super::begins_or_is(&self.key, request)
    }

    fn words(&self) -> String {
        match self.key.strip_suffix('*') {
            Some("") => "all settings".to_owned(),
            Some(start) => format!("settings that begin with {start:?}"),
            None => format!("the setting {:?}", self.key),
        }
    }

    fn risk(&self) -> Risk {
        Risk::Low
    }

    fn check(&self) -> Result<(), String> {
        super::check_pattern("key", &self.key)
    }
}

impl Settings {
    /// Of `values`, the last of each name, and only what `power` permits.
    pub(crate) fn new(values: &[(String, ConfigValue)], power: &Power<ConfigRule>) -> Self {
        let mut kept: Vec<(String, ConfigValue)> = Vec::new();
        for (key, value) in values.iter().filter(|(key, _)| power.check(&key.as_str()).is_ok()) {
            match kept.iter_mut().find(|(other, _)| other == key) {
                Some(entry) => entry.1 = value.clone(),
                None => kept.push((key.clone(), value.clone())),
            }
        }
        kept.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self(kept)
    }

    fn get(&self, key: &str) -> Option<&ConfigValue> {
        let index = self.0.binary_search_by(|(other, _)| other.as_str().cmp(key)).ok()?;
        self.0.get(index).map(|(_, value)| value)
    }
}

pub(crate) fn define<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    instance.func_view::<(&'static str,), Option<ConfigValue>, _>("get", |cx: &mut Cx<'_, T>, (key,)| {
        Ok(cx.data().powers().config.get(key).cloned())
    })?;
    instance.func_wrap("get-all", |cx: &mut Cx<'_, T>, (): ()| Ok(cx.data().powers().config.0.clone()))?;
    Ok(())
}

impl From<&str> for ConfigValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for ConfigValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for ConfigValue {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for ConfigValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for ConfigValue {
    fn from(yes: bool) -> Self {
        Self::Boolean(yes)
    }
}

impl fmt::Display for ConfigValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number:?}"),
            Self::Boolean(yes) => write!(f, "{yes}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::rule::Layer;
    use crate::grant::By;

    #[test]
    fn the_last_value_counts_and_only_what_is_permitted_is_there() {
        let values = [("b", 1.into()), ("a.x", "old".into()), ("a.x", "new".into()), ("c", true.into())];
        let values = values.map(|(key, value): (&str, ConfigValue)| (key.to_owned(), value));
        let all = Settings::new(&values, &Power::new([]));
        assert_eq!(all.get("a.x"), Some(&"new".into()));
        assert_eq!(all.0.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["a.x", "b", "c"]);
        let rules = [ConfigRule::new("a.*"), ConfigRule::new("c")];
        let asked = Layer { by: By::Manifest, allow: Some(rules.to_vec()), deny: vec![ConfigRule::new("c")] };
        let some = Settings::new(&values, &Power::new([asked]));
        assert_eq!((some.0.len(), some.get("b"), some.get("c")), (1, None, None));
    }

    #[test]
    fn values_are_read_as_toml_has_them() {
        let table: std::collections::BTreeMap<String, ConfigValue> =
            toml::from_str("a = \"x\"\nb = 3\nc = 2.5\nd = false\n").unwrap();
        let values: Vec<_> = table.into_values().collect();
        assert_eq!(values, ["x".into(), 3.into(), 2.5.into(), ConfigValue::Boolean(false)]);
        assert!(toml::from_str::<ConfigRule>("key = 'a'\nvalue = 1").is_err());
        for wrong in ["", "a*b", "*a"] {
            assert!(ConfigRule::new(wrong).check().is_err(), "{wrong}");
        }
    }
}
