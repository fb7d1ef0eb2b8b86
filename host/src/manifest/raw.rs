//! `plugin.toml` as serde reads it: every key, and nothing that is not one. What the values mean is `check`'s.

use serde::Deserialize;
use toml::Spanned;

use super::wishes;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Manifest {
    pub(super) manifest_version: Spanned<i64>,
    pub(super) plugin: Plugin,
    pub(super) world: Option<World>,
    #[serde(default)]
    pub(super) capability: Capabilities,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) lifecycle: wishes::RawLifecycle,
    pub(super) activation: Option<wishes::RawActivation>,
    #[serde(default)]
    pub(super) contributes: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Plugin {
    pub(super) id: Spanned<String>,
    pub(super) version: Spanned<String>,
    pub(super) component: Spanned<String>,
    pub(super) sha256: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct World {
    pub(super) target: Spanned<String>,
    pub(super) version: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Capabilities {
    #[serde(default)]
    pub(super) required: Vec<Capability>,
    #[serde(default)]
    pub(super) optional: Vec<Capability>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Capability {
    #[serde(rename = "use")]
    pub(super) interface: Spanned<String>,
    pub(super) reason: Spanned<String>,
    #[serde(default)]
    pub(super) allow: Vec<Spanned<toml::Table>>,
    #[serde(default)]
    pub(super) deny: Vec<Spanned<toml::Table>>,
    #[serde(default)]
    pub(super) names: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Limits {
    pub(super) memory: Option<Spanned<Quantity>>,
    pub(super) table_elements: Option<Spanned<i64>>,
    pub(super) handles: Option<Spanned<i64>>,
    pub(super) open_files: Option<Spanned<i64>>,
    pub(super) sockets: Option<Spanned<i64>>,
    pub(super) timers: Option<Spanned<i64>>,
    pub(super) pollables: Option<Spanned<i64>>,
    pub(super) deadline: Option<Spanned<String>>,
    pub(super) fuel: Option<Spanned<i64>>,
    pub(super) fuel_per_call: Option<Spanned<i64>>,
    pub(super) host_bytes: Option<Spanned<Quantity>>,
    pub(super) log_bytes: Option<Spanned<Quantity>>,
    pub(super) call_bytes: Option<Spanned<Quantity>>,
    pub(super) captured_output: Option<Spanned<Quantity>>,
    pub(super) output_rate: Option<Spanned<Quantity>>,
}

/// A number of bytes: `65536` or `"64KiB"`.
#[derive(Deserialize)]
#[serde(untagged, expecting = "not a number of bytes: write one such as `65536`, `\"64KiB\"` or `\"32MiB\"`")]
pub(super) enum Quantity {
    Number(i64),
    Text(String),
}
