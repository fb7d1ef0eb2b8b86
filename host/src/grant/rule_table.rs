//! A rule as it was written: a table in TOML, whose meaning is known by the capability alone, and where it stands.

use std::str::FromStr;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize as _, Deserializer};
use toml::Spanned;
use toml::de::ValueDeserializer;

use super::{Risk, Rule};
use crate::error::{Error, ErrorKind};
use crate::manifest::{ManifestError, Place};

/// A rule of a capability as it was written: one `{ … }` of `allow` or `deny`. What it means, and whether it means anything, is
/// known by the capability's [`Rule`]; that is asked when the plugin is compiled or linked, for capabilities of WASI when the
/// file is read.
///
/// Two are equal when they say the same, wherever that stands.
#[derive(Clone, Debug)]
pub struct RuleTable {
    table: toml::Table,
    written: Option<Written>,
}

/// Where a rule stands.
#[derive(Clone, Debug)]
struct Written {
    place: Place,
    /// The rule itself, where it is one `{ … }`: for the places of mistakes in it.
    text: String,
}

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadRule {
    problem: String,
    /// Where in the file.
    place: Option<Place>,
    rule: String,
}

/// What is known of a rule by its capability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) words: String,
    pub(crate) risk: Risk,
}

impl RuleTable {
    /// A rule that stands in a file.
    pub(crate) fn read_from(table: Spanned<toml::Table>, file: &str, text: &str) -> Self {
        let span = table.span();
        let rule = text.get(span.clone()).filter(|rule| rule.starts_with('{')).unwrap_or_default();
        let written = Written { place: Place::new(file, text, span.start), text: rule.to_owned() };
        Self { table: table.into_inner(), written: Some(written) }
    }

    /// A rule as it would be written.
    ///
    /// # Errors
    /// Why it cannot be: TOML has only tables with values that are there.
    pub fn of<R: Rule>(rule: &R) -> Result<Self, String> {
        toml::Table::try_from(rule).map(Self::from).map_err(|error| error.to_string())
    }

    /// What it says.
    #[must_use]
    pub fn table(&self) -> &toml::Table {
        &self.table
    }

    /// The rule that is meant.
    pub(crate) fn read<R: Rule>(&self) -> Result<R, BadRule> {
        let inner = self.written.as_ref().filter(|written| !written.text.is_empty());
        let rule = match inner {
            Some(written) => ValueDeserializer::parse(&written.text)
                .and_then(|inner| R::deserialize(Strict { table: &self.table, inner })),
            None => {
                R::deserialize(Strict { table: &self.table, inner: toml::Value::Table(self.table.clone()) })
            }
        };
        let rule = rule.map_err(|error| self.bad(error.message(), error.span().map(|span| span.start)))?;
        rule.check().map_err(|problem| self.bad(problem, None))?;
        Ok(rule)
    }

    /// [`read`](Self::read), for those who do not know the type.
    pub(crate) fn meaning<R: Rule>(&self) -> Result<Meaning, BadRule> {
        self.read::<R>().map(|rule| Meaning { words: rule.words(), risk: rule.risk() })
    }

    /// The mistake `problem`, at `offset` of the rule where that is known.
    pub(crate) fn bad(&self, problem: impl Into<String>, offset: Option<usize>) -> BadRule {
        let place = self.written.as_ref().map(|written| match offset {
            Some(offset) => written.place.within(&written.text, offset),
            None => written.place.clone(),
        });
        BadRule { problem: problem.into(), place, rule: self.to_string() }
    }
}

impl BadRule {
    /// As a mistake in the file where the rule stands, or in the grants of the application.
    pub(crate) fn of(self, capability: &str) -> Error {
        let Self { problem, place, rule } = self;
        Error::new(match place {
            Some(place) => ErrorKind::Manifest(place.error(problem)),
            None => ErrorKind::Grant(format!("the rule `{rule}` of `{capability}`: {problem}")),
        })
    }

    /// As a mistake in the file called `file`, if the rule is in one.
    pub(crate) fn in_file(self, file: &str) -> ManifestError {
        let Self { problem, place, .. } = self;
        match place {
            Some(place) => place.error(problem),
            None => ManifestError::new(file, "", None, problem),
        }
    }
}

impl From<toml::Table> for RuleTable {
    fn from(table: toml::Table) -> Self {
        Self { table, written: None }
    }
}

/// Reads a rule from a command line: `host=api.acme.dev,port=443`, or as it is written in a file, `{ host = "api.acme.dev" }`.
impl FromStr for RuleTable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let inside = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
        if inside.trim().is_empty() {
            return Err("an empty rule says nothing: write one as `host=api.acme.dev,port=443`".to_owned());
        }
        let whole = ValueDeserializer::parse(&format!("{{{inside}}}")).and_then(toml::Table::deserialize);
        if let Ok(table) = whole {
            return Ok(table.into());
        }
        let mut table = toml::Table::new();
        for pair in inside.split(',') {
            let Some((key, value)) = pair.split_once('=') else {
                return Err(format!(
                    "{pair:?} is no `key=value`: write a rule as `host=api.acme.dev,port=443`"
                ));
            };
            let (key, value) = (key.trim().to_owned(), value.trim());
            let read = ValueDeserializer::parse(value).and_then(toml::Value::deserialize);
            let value = read.unwrap_or_else(|_| value.into());
            if let Some(old) = table.insert(key, value) {
                return Err(format!("a key is there twice, first with {old}"));
            }
        }
        Ok(table.into())
    }
}

impl PartialEq for RuleTable {
    fn eq(&self, other: &Self) -> bool {
        self.table == other.table
    }
}

impl std::fmt::Display for RuleTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A value in TOML prints tables on one line; what a terminal would obey is escaped there.
        toml::Value::Table(self.table.clone()).fmt(f)
    }
}

/// A table that is read whole: a key that the type does not know is an error, whether its author thought of that or not.
struct Strict<'t, D> {
    table: &'t toml::Table,
    inner: D,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        // The type's own error knows the place; so it goes first.
        let value = self.inner.deserialize_struct(name, fields, visitor)?;
        match self.table.keys().find(|key| !fields.contains(&key.as_str())) {
            Some(key) => Err(D::Error::unknown_field(key, fields)),
            None => Ok(value),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    /// Without `deny_unknown_fields`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Lax {
        host: String,
        port: Option<u16>,
    }

    impl Rule for Lax {
        type Request<'a> = &'a str;

        fn matches(&self, request: &&str) -> bool {
            self.host == *request
        }

        fn words(&self) -> String {
            self.host.clone()
        }

        fn check(&self) -> Result<(), String> {
            if self.port == Some(0) { Err("port 0 is none".to_owned()) } else { Ok(()) }
        }
    }

    #[derive(Deserialize)]
    struct File {
        allow: Vec<Spanned<toml::Table>>,
    }

    fn read(text: &str) -> Result<Lax, String> {
        let file: File = toml::from_str(text).unwrap();
        let table = file.allow.into_iter().next_back().unwrap();
        let rule = RuleTable::read_from(table, "f.toml", text);
        rule.read().map_err(|bad| bad.in_file("f.toml").to_string())
    }

    #[test]
    fn a_rule_is_read_from_a_command_line() {
        let read = |text: &str| text.parse::<RuleTable>().map(|rule| rule.to_string());
        let rule = Ok("{ host = \"api.acme.dev\", port = 443 }".to_owned());
        for text in [
            "host=api.acme.dev,port=443",
            "host=\"api.acme.dev\", port=443",
            "{ host = \"api.acme.dev\", port = 443 }",
        ] {
            assert_eq!(read(text), rule, "{text}");
        }
        let listed = "methods=[\"GET\",\"PUT\"]".parse::<RuleTable>().unwrap();
        assert_eq!(listed.table()["methods"].as_array().map(Vec::len), Some(2));
        for wrong in ["", "host", "a=1,a=2"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_rule_is_read_whole_and_its_mistakes_have_a_place() {
        assert_eq!(
            read("allow = [{ host = \"a\", port = 1 }]"),
            Ok(Lax { host: "a".to_owned(), port: Some(1) })
        );
        for (text, place, part) in [
            ("allow = [\n  { host = \"a\", prot = 1 },\n]", "f.toml:2:3: ", "`prot`"),
            ("allow = [{ host = \"a\" }, { host = \"a\", port = -1 }]", "f.toml:1:47: ", "u16"),
            ("allow = [{ host = \"a\", port = 0 }]", "f.toml:1:10: ", "port 0"),
            ("allow = [\n  { host = \"a\",\n  port = \"x\" },\n]", "f.toml:3:10: ", "u16"),
            ("[[allow]]\nhost = 3\n", "f.toml:1:1: ", "string"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(place) && error.contains(part), "{text}: {error}");
        }
        let rule = RuleTable::from(toml::Table::from_iter([("host".to_owned(), 3.into())]));
        let error = rule.read::<Lax>().unwrap_err().of("demo:app/net").to_string();
        assert!(error.contains("`{ host = 3 }` of `demo:app/net`"), "{error}");
    }
}
