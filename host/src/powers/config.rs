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

/// A setting, or which settings may be read: a rule of `plugbay:host/config`. In a grant it usually has a value; in a manifest
/// it tells what the plugin reads, perhaps with the value that counts when nobody gives another:
///
/// ```toml
/// allow = [{ key = "dash", value = "em" }, { key = "theme.*" }]
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ConfigRule {
    /// The name; with a `*` at its end, all names that begin so.
    pub key: String,
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<ConfigValue>,
}

/// The settings of one linked plugin that it may read, by name.
#[derive(Debug, Default)]
pub(crate) struct Settings(Vec<(String, ConfigValue)>);

impl ConfigRule {
    /// The setting of this name, or all that begin with what is before the `*`, may be read.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), value: None }
    }

    /// The setting of this name has this value.
    pub fn set(key: impl Into<String>, value: impl Into<ConfigValue>) -> Self {
        Self { key: key.into(), value: Some(value.into()) }
    }
}

impl Rule for ConfigRule {
    type Request<'a> = &'a str;

    fn matches(&self, request: &&str) -> bool {
        super::begins_or_is(&self.key, request)
    }

    fn words(&self) -> String {
        let value = self.value.as_ref().map(|value| format!(", which is {value}")).unwrap_or_default();
        match self.key.strip_suffix('*') {
            Some("") => "all settings".to_owned(),
            Some(start) => format!("settings that begin with {start:?}"),
            None => format!("the setting {:?}{value}", self.key),
        }
    }

    fn risk(&self) -> Risk {
        Risk::Low
    }

    fn check(&self) -> Result<(), String> {
        super::check_pattern("key", &self.key)?;
        match (self.key.ends_with('*'), &self.value) {
            (true, Some(_)) => Err("one value for many settings: write one rule for each of them".to_owned()),
            _ => Ok(()),
        }
    }
}

impl Settings {
    /// The settings that have a value, and that `power` permits to be read. The host's ceiling goes before the grant, and
    /// that before the plugin's own manifest; of one side, the last value counts.
    pub(crate) fn new(power: &Power<ConfigRule>) -> Self {
        let mut settings: Vec<(String, ConfigValue)> = Vec::new();
        for rule in power.allow_rules().flat_map(|rules| rules.iter().rev()) {
            let Some(value) = &rule.value else { continue };
            let known = settings.iter().any(|(key, _)| *key == rule.key);
            if !known && power.check(&rule.key.as_str()).is_ok() {
                settings.push((rule.key.clone(), value.clone()));
            }
        }
        settings.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self(settings)
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
    use crate::grant::By;
    use crate::grant::rule::Layer;

    #[test]
    fn the_last_value_counts_and_only_what_all_sides_permit_is_there() {
        let layer = |by, allow: &[ConfigRule], deny: &[ConfigRule]| Layer {
            by,
            allow: (!allow.is_empty()).then(|| allow.to_vec()),
            deny: deny.to_vec(),
        };
        let given = [
            ConfigRule::set("b", 1_i64),
            ConfigRule::set("a.x", "old"),
            ConfigRule::set("a.x", "new"),
            ConfigRule::set("c", true),
            ConfigRule::set("d", 2.5),
        ];
        let alone = Settings::new(&Power::new([layer(By::Grant, &given, &[])]));
        assert_eq!(alone.get("a.x"), Some(&"new".into()));
        assert_eq!(alone.0.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["a.x", "b", "c", "d"]);
        let ceiling = layer(By::Ceiling, &[], &[ConfigRule::new("d")]);
        let asked = [ConfigRule::new("a.*"), ConfigRule::set("c", false), ConfigRule::set("e", "default")];
        let both = [ceiling, layer(By::Grant, &given, &[]), layer(By::Manifest, &asked, &[])];
        let both = Settings::new(&Power::new(both));
        assert_eq!(both.get("c"), Some(&true.into()), "what was granted goes before the manifest");
        assert_eq!(both.0.len(), 2, "{both:?}");
        let defaults = Settings::new(&Power::new([layer(By::Manifest, &asked, &[])]));
        assert_eq!(defaults.get("e"), Some(&"default".into()));
    }

    #[test]
    fn values_are_read_as_toml_has_them() {
        let table: std::collections::BTreeMap<String, ConfigValue> =
            toml::from_str("a = \"x\"\nb = 3\nc = 2.5\nd = false\n").unwrap();
        let values: Vec<_> = table.into_values().collect();
        assert_eq!(values, ["x".into(), 3_i64.into(), 2.5.into(), ConfigValue::from(false)]);
        let rule: ConfigRule = toml::from_str("key = 'a'\nvalue = 1").unwrap();
        assert_eq!(rule, ConfigRule::set("a", 1_i64));
        assert!(toml::from_str::<ConfigRule>("key = 'a'\nvalues = 1").is_err());
        assert!(ConfigRule::set("a*", "x").check().is_err());
        for wrong in ["", "a*b", "*a"] {
            assert!(ConfigRule::new(wrong).check().is_err(), "{wrong}");
        }
    }
}
