//! Writing `grants.toml`. Reading it is `raw`'s.

use toml::Spanned;

use super::difference::Accepted;
use super::entry::{Asked, Entry, Trust};
use super::raw::{Before, File, Grant, Requested, Trusted, Undecided};
use super::{GrantStore, expiry};
use crate::error::{Error, Result};
use crate::grant::{Access, RuleTable};
use crate::manifest::hex;

/// The text of the file; comments that somebody wrote into it are not kept.
pub(super) fn print(store: &GrantStore) -> Result<String> {
    let trusted = |trust: &Trust| Trusted { publisher: trust.publisher, plugins: trust.plugins.clone() };
    let file = File {
        default: Undecided { mode: store.mode, require_signature: store.require_signature },
        trust: store.trust.iter().map(trusted).collect(),
        grant: store.entries.iter().map(grant).collect::<Result<_>>()?,
        accepted: store.accepted.iter().map(before).collect(),
    };
    toml::to_string(&file).map_err(|error| Error::misuse(format!("the grants cannot be written: {error}")))
}

fn grant(entry: &Entry) -> Result<Grant> {
    // Directories are rules of files; the older key for them is only read.
    let directories = entry.directories.iter().map(|(host, guest, access)| {
        let access = if *access == Access::ReadOnly { "read" } else { "write" };
        let host = host.to_str().ok_or_else(|| {
            Error::misuse(format!("the directory {} is not Unicode and cannot be written", host.display()))
        })?;
        let pairs = [("host", host), ("path", guest.as_str()), ("access", access)];
        let table = pairs.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
        Ok(Spanned::new(0..0, table))
    });
    let mut allow = directories.collect::<Result<Vec<_>>>()?;
    allow.extend(tables(&entry.allow));
    Ok(Grant {
        plugin: plain(&entry.plugin),
        digest: entry.digest.map(|digest| plain(&digest_text(&digest))),
        capability: plain(&entry.capability),
        decision: entry.decision,
        env: entry.env.clone(),
        expires: entry.expires.and_then(expiry::to_toml).map(|time| Spanned::new(0..0, time)),
        directories: Vec::new(),
        allow,
        deny: tables(&entry.deny),
        publisher: entry.publisher,
        asked: entry.asked.as_ref().map(requested),
    })
}

fn requested(asked: &Asked) -> Requested {
    let tables = |rules: &[RuleTable]| rules.iter().map(|rule| rule.table().clone()).collect();
    Requested { allow: tables(&asked.allow), deny: tables(&asked.deny), names: asked.names.clone() }
}

fn before(accepted: &Accepted) -> Before {
    Before {
        plugin: accepted.plugin.clone(),
        version: plain(&accepted.version.to_string()),
        digest: plain(&digest_text(&accepted.digest)),
        publisher: accepted.publisher,
        limits: accepted.limits.clone(),
    }
}

fn digest_text(digest: &[u8; 32]) -> String {
    format!("sha256:{}", hex(digest))
}

fn plain(text: &str) -> Spanned<String> {
    Spanned::new(0..0, text.to_owned())
}

fn tables(rules: &[RuleTable]) -> Vec<Spanned<toml::Table>> {
    rules.iter().map(|rule| Spanned::new(0..0, rule.table().clone())).collect()
}
