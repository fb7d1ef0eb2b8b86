//! `grants.toml` as serde reads and writes it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::value::Datetime;

use super::entry::{Decision, Entry, Mode};
use super::{GrantStore, expiry};
use crate::error::{Error, Result};
use crate::grant::capability;
use crate::grant::name::Pattern;
use crate::grant::{Access, FileRule, RuleTable};
use crate::manifest::{ManifestError, check_rules, hex, parse_digest};

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    default: Undecided,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    grant: Vec<Grant>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Undecided {
    #[serde(default)]
    mode: Mode,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    plugin: Spanned<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Spanned<String>>,
    capability: Spanned<String>,
    decision: Decision,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    env: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Spanned<Datetime>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    directories: Vec<Directory>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allow: Vec<Spanned<toml::Table>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deny: Vec<Spanned<toml::Table>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Directory {
    host: PathBuf,
    guest: String,
    access: DirectoryAccess,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DirectoryAccess {
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
    Ok(GrantStore { path: None, mode: raw.default.mode, entries: entries.collect::<Result<_, _>>()? })
}

fn entry(raw: Grant) -> Result<Entry, (std::ops::Range<usize>, String)> {
    let capability = raw.capability.get_ref();
    if !Pattern::new(capability.as_str()).is_well_formed() {
        let problem = format!("{capability:?} is no interface: write its WIT name, such as `wasi:clocks`");
        return Err((raw.capability.span(), problem));
    }
    let digest = raw.digest.map(|digest| {
        parse_digest(digest.get_ref()).ok_or_else(|| {
            (digest.span(), "not `sha256:` and the 64 hexadecimal digits of a SHA-256".to_owned())
        })
    });
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
    Ok(Entry {
        allow: Vec::new(),
        deny: Vec::new(),
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
    check_rules(&entry.capability, allow.iter().chain(&deny), file)?;
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

/// The text of the file; comments that somebody wrote into it are not kept.
pub(super) fn print(store: &GrantStore) -> Result<String> {
    let file =
        File { default: Undecided { mode: store.mode }, grant: store.entries.iter().map(grant).collect() };
    toml::to_string(&file).map_err(|error| Error::misuse(format!("the grants cannot be written: {error}")))
}

fn grant(entry: &Entry) -> Grant {
    let plain = |text: &str| Spanned::new(0..0, text.to_owned());
    let directories = entry.directories.iter().map(|(host, guest, access)| Directory {
        host: host.clone(),
        guest: guest.clone(),
        access: match access {
            Access::ReadOnly => DirectoryAccess::Read,
            Access::ReadWrite => DirectoryAccess::Write,
        },
    });
    Grant {
        plugin: plain(&entry.plugin),
        digest: entry.digest.map(|digest| plain(&format!("sha256:{}", hex(&digest)))),
        capability: plain(&entry.capability),
        decision: entry.decision,
        env: entry.env.clone(),
        expires: entry.expires.and_then(expiry::to_toml).map(|time| Spanned::new(0..0, time)),
        directories: directories.collect(),
        allow: tables(&entry.allow),
        deny: tables(&entry.deny),
    }
}

fn tables(rules: &[RuleTable]) -> Vec<Spanned<toml::Table>> {
    rules.iter().map(|rule| Spanned::new(0..0, rule.table().clone())).collect()
}
