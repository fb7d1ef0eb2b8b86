//! `grants.toml` as serde sees it, and reading it. Writing it is `text`'s.

use std::path::PathBuf;

use semver::Version;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::value::Datetime;

use super::difference::Accepted;
use super::entry::{Asked, Decision, Entry, Mode, Trust};
use super::{GrantStore, expiry};
use crate::grant::capability;
use crate::grant::name::Pattern;
use crate::grant::{Access, FileRule, RuleTable};
use crate::manifest::{ManifestError, check_rules, parse_digest};
use crate::package::PublisherKey;

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) default: Undecided,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) trust: Vec<Trusted>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) grant: Vec<Grant>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) accepted: Vec<Before>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Undecided {
    #[serde(default)]
    pub(super) mode: Mode,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) require_signature: bool,
}

/// `[[trust]]`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trusted {
    pub(super) publisher: PublisherKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) plugins: Option<String>,
}

/// `[[accepted]]`: the package that was seen when it was decided about.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Before {
    pub(super) plugin: String,
    pub(super) version: Spanned<String>,
    pub(super) digest: Spanned<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) publisher: Option<PublisherKey>,
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub(super) limits: toml::Table,
}

/// What was asked for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Requested {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) allow: Vec<toml::Table>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) deny: Vec<toml::Table>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) names: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Grant {
    pub(super) plugin: Spanned<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) digest: Option<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) publisher: Option<PublisherKey>,
    pub(super) capability: Spanned<String>,
    pub(super) decision: Decision,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) env: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<Spanned<Datetime>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) directories: Vec<Directory>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) allow: Vec<Spanned<toml::Table>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) deny: Vec<Spanned<toml::Table>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asked: Option<Requested>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Directory {
    pub(super) host: PathBuf,
    pub(super) guest: String,
    pub(super) access: DirectoryAccess,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum DirectoryAccess {
    Read,
    Write,
}

pub(super) fn parse(file: &str, text: &str) -> Result<GrantStore, ManifestError> {
    let raw: File = toml::from_str(text)
        .map_err(|error| ManifestError::new(file, text, error.span(), error.message().to_owned()))?;
    let entries = raw.grant.into_iter().map(|grant| {
        let (allow, deny) = (rules(&grant.allow, file, text), rules(&grant.deny, file, text));
        let entry =
            entry(grant).map_err(|(span, problem)| ManifestError::new(file, text, Some(span), problem))?;
        with_rules(entry, allow, deny, file)
    });
    let accepted = raw.accepted.into_iter().map(|before| {
        accepted(before).map_err(|(span, problem)| ManifestError::new(file, text, Some(span), problem))
    });
    let trust = |Trusted { publisher, plugins }| Trust { publisher, plugins };
    Ok(GrantStore {
        path: None,
        mode: raw.default.mode,
        require_signature: raw.default.require_signature,
        trust: raw.trust.into_iter().map(trust).collect(),
        entries: entries.collect::<Result<_, _>>()?,
        accepted: accepted.collect::<Result<_, _>>()?,
    })
}

type Mistake = (std::ops::Range<usize>, String);

fn digest_of(digest: &Spanned<String>) -> Result<[u8; 32], Mistake> {
    parse_digest(digest.get_ref())
        .ok_or_else(|| (digest.span(), "not `sha256:` and the 64 hexadecimal digits of a SHA-256".to_owned()))
}

fn accepted(raw: Before) -> Result<Accepted, Mistake> {
    let version = Version::parse(raw.version.get_ref())
        .map_err(|error| (raw.version.span(), format!("not a version: {error}")))?;
    let digest = digest_of(&raw.digest)?;
    Ok(Accepted { plugin: raw.plugin, version, digest, publisher: raw.publisher, limits: raw.limits })
}

fn entry(raw: Grant) -> Result<Entry, Mistake> {
    let capability = raw.capability.get_ref();
    if !Pattern::new(capability.as_str()).is_well_formed() {
        let problem = format!("{capability:?} is no interface: write its WIT name, such as `wasi:clocks`");
        return Err((raw.capability.span(), problem));
    }
    let digest = raw.digest.as_ref().map(digest_of);
    let expires = raw.expires.map(|time| {
        expiry::from_toml(time.get_ref()).ok_or_else(|| {
            let problem = "not a point in time: write date, time and zone, such as 2027-01-01T00:00:00Z";
            (time.span(), problem.to_owned())
        })
    });
    let directories = raw.directories.into_iter().map(|directory| {
        let access = match directory.access {
            DirectoryAccess::Read => Access::ReadOnly,
            DirectoryAccess::Write => Access::ReadWrite,
        };
        (directory.host, directory.guest, access)
    });
    let tables = |tables: Vec<toml::Table>| tables.into_iter().map(RuleTable::from).collect();
    let asked =
        |asked: Requested| Asked { allow: tables(asked.allow), deny: tables(asked.deny), names: asked.names };
    Ok(Entry {
        allow: Vec::new(),
        deny: Vec::new(),
        publisher: raw.publisher,
        asked: raw.asked.map(asked),
        digest: digest.transpose()?,
        decision: raw.decision,
        directories: directories.collect(),
        env: raw.env,
        expires: expires.transpose()?,
        capability: raw.capability.into_inner(),
        plugin: raw.plugin.into_inner(),
    })
}

fn rules(tables: &[Spanned<toml::Table>], file: &str, text: &str) -> Vec<RuleTable> {
    tables.iter().map(|table| RuleTable::read_from(table.clone(), file, text)).collect()
}

/// The entry with its rules; those of files that name a directory are directories.
fn with_rules(
    mut entry: Entry,
    allow: Vec<RuleTable>,
    deny: Vec<RuleTable>,
    file: &str,
) -> Result<Entry, ManifestError> {
    check_rules(&entry.capability, allow.iter().chain(&deny)).map_err(|bad| bad.in_file(file))?;
    if !capability::names(&entry.capability, "wasi:filesystem") {
        return Ok(Entry { allow, deny, ..entry });
    }
    for table in &allow {
        let bad = |problem: &str| table.bad(problem, None).in_file(file);
        let FileRule { host, path, access } = table.read().map_err(|bad| bad.in_file(file))?;
        let host = host.ok_or_else(|| bad("say which directory it is: write `host = \"…\"`"))?;
        let access = access.ok_or_else(|| bad("write `access = \"read\"` or `access = \"write\"`"))?;
        entry.directories.push((host, path, access));
    }
    Ok(Entry { deny, ..entry })
}
