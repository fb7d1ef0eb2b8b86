//! The rules of `plugbay:host/kv`: which keys, for reading or writing, and how much.

use serde::{Deserialize, Serialize};

use crate::grant::{Risk, Rule};
use crate::powers::{begins_or_is, check_pattern};

/// What a plugin may keep in its store: a rule of `plugbay:host/kv`. In a manifest or a grant:
///
/// ```toml
/// allow = [{ key = "cache/*", bytes = 1048576 }, { key = "settings", access = "read" }]
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct KvRule {
    /// The key; with a `*` at its end, all keys that begin so. All keys, if none is named.
    #[serde(default = "every")]
    pub key: String,
    /// `read`: they cannot be changed; or, in a denial, not be read. `write`: they can be read and changed; or, in a denial, not
    /// be changed. If nothing is said: reading and changing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<KvAccess>,
    /// How many bytes the whole store may hold, keys and values, for them to be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// Reading or writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KvAccess {
    /// Reading.
    Read,
    /// Writing.
    Write,
}

/// One use of a store.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct KvRequest<'a> {
    /// The key; when keys are listed, what they begin with.
    pub key: &'a str,
    /// Whether all keys that begin so are meant.
    pub prefix: bool,
    /// What is to be done.
    pub access: KvAccess,
    /// How many bytes the store will hold afterwards, where that is known.
    pub bytes: Option<u64>,
}

fn every() -> String {
    "*".to_owned()
}

impl KvRule {
    /// Reading and writing the key, or all keys that begin with what is before the `*`.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), access: None, bytes: None }
    }

    /// Reading alone.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.access = Some(KvAccess::Read);
        self
    }

    /// Writing only as long as the whole store holds no more bytes.
    #[must_use]
    pub fn bytes(mut self, most: u64) -> Self {
        self.bytes = Some(most);
        self
    }
}

impl KvRule {
    fn is_too_much(&self, request: &KvRequest<'_>) -> bool {
        matches!((self.bytes, request.bytes), (Some(most), Some(bytes)) if bytes > most)
    }
}

impl Rule for KvRule {
    type Request<'a> = KvRequest<'a>;

    fn matches(&self, request: &KvRequest<'_>) -> bool {
        let key = match self.key.strip_suffix('*') {
            Some(start) => request.key.starts_with(start),
            None => !request.prefix && self.key == request.key,
        };
        let access = self.access != Some(KvAccess::Read) || request.access == KvAccess::Read;
        key && access && !self.is_too_much(request)
    }

    /// A list that would show a denied key is denied; of a size, what is more.
    fn denies(&self, request: &KvRequest<'_>) -> bool {
        let start = self.key.strip_suffix('*').unwrap_or(&self.key);
        let key = begins_or_is(&self.key, request.key) || request.prefix && start.starts_with(request.key);
        let access = self.access.is_none_or(|access| access == request.access);
        key && access && (self.bytes.is_none() || self.is_too_much(request))
    }

    fn words(&self) -> String {
        let keys = match self.key.strip_suffix('*') {
            Some("") => "keeping values".to_owned(),
            Some(start) => format!("keeping values under keys that begin with {start:?}"),
            None => format!("keeping a value under the key {:?}", self.key),
        };
        let reading = if self.access == Some(KvAccess::Read) { ", which it cannot change" } else { "" };
        match self.bytes {
            Some(bytes) => format!("{keys}{reading}, up to {bytes} bytes in all"),
            None => format!("{keys}{reading}"),
        }
    }

    fn risk(&self) -> Risk {
        Risk::Low
    }

    fn check(&self) -> Result<(), String> {
        check_pattern("key", &self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(rule: &KvRule, key: &str, access: KvAccess, bytes: Option<u64>) -> bool {
        rule.matches(&KvRequest { key, prefix: false, access, bytes })
    }

    #[test]
    fn a_rule_is_about_keys_access_and_size() {
        let rule: KvRule = toml::from_str("key = 'cache/*'\nbytes = 10").unwrap();
        assert_eq!(rule, KvRule::new("cache/*").bytes(10));
        assert!(may(&rule, "cache/a", KvAccess::Write, Some(10)));
        assert!(!may(&rule, "cache/a", KvAccess::Write, Some(11)));
        assert!(!may(&rule, "cach", KvAccess::Read, None));
        let read = KvRule::new("one").read_only();
        assert!(may(&read, "one", KvAccess::Read, None) && !may(&read, "one", KvAccess::Write, None));
        let list = KvRequest { key: "one", prefix: true, access: KvAccess::Read, bytes: None };
        assert!(!read.matches(&list) && KvRule::new("*").matches(&list) && KvRule::new("o*").matches(&list));
        assert!(!KvRule::new("one/*").matches(&list), "the list would show more");
        let denied = KvRule::new("a/*");
        assert!(
            denied.denies(&KvRequest { key: "", ..list }) && denied.denies(&KvRequest { key: "a/b", ..list })
        );
        assert!(!denied.denies(&KvRequest { key: "b", ..list }));
        let fixed: KvRule = toml::from_str("key = 'a'\naccess = 'write'").unwrap();
        let read = KvRequest { key: "a", prefix: false, access: KvAccess::Read, bytes: None };
        assert!(!fixed.denies(&read) && fixed.denies(&KvRequest { access: KvAccess::Write, ..read }));
        assert!(toml::from_str::<KvRule>("keys = 'a'").is_err());
        assert!(KvRule::new("a*b").check().is_err() && KvRule::new("").check().is_err());
    }
}
