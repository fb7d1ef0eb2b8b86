//! `allow` and `deny` of a request: rules of capabilities that this crate knows must make sense when the manifest is read; those
//! of applications are asked about when there is a host.

use super::raw::Capability;
use super::request::{FileAccess, Request};
use super::{ManifestError, Text};
use crate::grant::capability::{self, built_in};
use crate::grant::file_rule::FileRule;
use crate::grant::rule_table::BadRule;
use crate::grant::{Access, RuleTable};

/// Reads the rules of `raw` into `request`.
pub(super) fn read(request: &mut Request, raw: &Capability, text: Text<'_>) -> Result<(), ManifestError> {
    let tables = |rules: &[toml::Spanned<toml::Table>]| -> Vec<RuleTable> {
        rules.iter().map(|rule| RuleTable::read_from(rule.clone(), text.file, text.text)).collect()
    };
    (request.allow, request.deny) = (tables(&raw.allow), tables(&raw.deny));
    check(request.pattern.as_str(), request.allow.iter().chain(&request.deny))
        .map_err(|bad| bad.in_file(text.file))?;
    if capability::names(request.pattern.as_str(), "wasi:filesystem") {
        let files = request.allow.iter().map(|rule| file_access(rule, text.file));
        request.files = files.collect::<Result<_, _>>()?;
        if let Some(rule) = request.deny.iter().find(|rule| rule.table().contains_key("host")) {
            return Err(of_the_grant(rule, text.file));
        }
    }
    Ok(())
}

/// Refuses what cannot be a rule of the capability called `name`, as far as that is known without a host.
pub(crate) fn check<'a>(name: &str, rules: impl Iterator<Item = &'a RuleTable>) -> Result<(), BadRule> {
    let known = built_in(name);
    for rule in rules {
        match known.and_then(|known| known.form) {
            Some(form) => form.meaning(rule).map(drop),
            None if known.is_some() => Err(rule.bad(capability::without_rules(name), None)),
            None => Ok(()),
        }?;
    }
    Ok(())
}

fn file_access(rule: &RuleTable, file: &str) -> Result<FileAccess, ManifestError> {
    let bad = |problem: String| Err(rule.bad(problem, None).in_file(file));
    let FileRule { host, path, access } = rule.read().map_err(|bad| bad.in_file(file))?;
    if host.is_some() {
        return Err(of_the_grant(rule, file));
    }
    if !path.starts_with('/') || path.contains(['*', '?']) || (path != "/" && path.ends_with('/')) {
        return bad(format!(
            "{path:?} is no guest path: write where the plugin wants to see the directory, such as `/workspace`"
        ));
    }
    match access {
        Some(access) => Ok(FileAccess { path, write: access == Access::ReadWrite }),
        None => {
            bad("say what it wants to do there: write `access = \"read\"` or `access = \"write\"`".to_owned())
        }
    }
}

/// A plugin does not know the directories of those who run it.
fn of_the_grant(rule: &RuleTable, file: &str) -> ManifestError {
    let problem = "`host` is for grants: a manifest says where the plugin wants to see files, with `path`";
    rule.bad(problem, None).in_file(file)
}
