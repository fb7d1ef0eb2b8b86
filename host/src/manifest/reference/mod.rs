//! `docs/src/manifest.md`, the reference of `plugin.toml`, is made here of the types that read it: which keys there are is asked
//! of serde, what is refused and how is tried. What is said about them stands in `keys`. The page is a test: it fails when a key
//! has no words, when an example is not read, and when the page in the book is another one.

mod keys;

use std::cell::Cell;
use std::fmt::Write as _;
use std::path::Path;

use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};

use self::keys::{EXAMPLE, Key, RULES, TABLES, Table};
use super::Manifest;
use crate::grant::capability;

/// How the page is written anew.
const BLESS: &str = "PLUGBAY_BLESS";

/// The keys that a type reads, as serde knows them.
pub(crate) fn keys<T: DeserializeOwned>() -> &'static [&'static str] {
    let found = Cell::new(&[][..]);
    let _ = T::deserialize(Asked(&found));
    found.get()
}

/// A deserializer that is asked for a struct, notes its fields, and gives nothing.
struct Asked<'a>(&'a Cell<&'static [&'static str]>);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.set(fields);
        self.deserialize_any(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("there is nothing here"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The example, with `line` in place of what it says about a key.
fn with(table: &str, key: &str, line: &str) -> String {
    let (mut inside, mut replaced) = (false, false);
    let lines = EXAMPLE.lines().map(|old| {
        if old.starts_with('[') {
            inside = old == table;
        }
        let here = !replaced && (inside || table.is_empty()) && old.starts_with(&format!("{key} = "));
        replaced |= here;
        if here { line } else { old }
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    assert!(replaced, "the example says nothing of `{key}` in `{table}`");
    text
}

/// What is said about a mistake.
fn refusal(text: &str, line: &str) -> String {
    let error = Manifest::parse("plugin.toml", text).expect_err(line);
    assert!(error.line > 0, "{line}: {error} has no place");
    // The parser may go on for lines; the first says it.
    error.problem.lines().next().unwrap_or_default().to_owned()
}

fn rows(page: &mut String, keys: &[Key]) -> std::fmt::Result {
    page.push_str("| key | value | without it | |\n|---|---|---|---|\n");
    for Key { name, kind, default, says, .. } in keys {
        writeln!(page, "| `{name}` | {kind} | {default} | {says} |")?;
    }
    Ok(())
}

fn refused(page: &mut String, tried: &[(&str, String)]) -> std::fmt::Result {
    if tried.is_empty() {
        return Ok(());
    }
    page.push_str("\nRefused, for example:\n\n```text\n");
    for (line, problem) in tried {
        writeln!(page, "{line}\n    {problem}")?;
    }
    page.push_str("```\n");
    Ok(())
}

fn table(page: &mut String, table: &Table) -> std::fmt::Result {
    let Table { heading, place, intro, fields, keys } = table;
    let named: Vec<_> = keys.iter().map(|key| key.name).collect();
    assert_eq!(named, fields(), "{heading}: these keys are told, and those are read");
    writeln!(page, "\n## {heading}\n\n{intro}\n")?;
    rows(page, keys)?;
    let tried: Vec<_> = keys
        .iter()
        .flat_map(|key| {
            key.wrong.iter().map(move |line| (*line, refusal(&with(place, key.name, line), line)))
        })
        .collect();
    refused(page, &tried)
}

/// The capabilities that have rules, and their keys.
fn rules(page: &mut String) -> std::fmt::Result {
    page.push_str(keys::ABOUT_RULES);
    for capability in capability::all() {
        let Some(form) = capability.form else { continue };
        let told = RULES.iter().find(|told| told.capability == capability.name);
        let told = told.unwrap_or_else(|| panic!("tell of the rules of `{}` in `keys.rs`", capability.name));
        let mut named: Vec<_> = told.keys.iter().map(|key| key.name).collect();
        let mut read = (form.keys)().to_vec();
        named.sort_unstable();
        read.sort_unstable();
        assert_eq!(named, read, "`{}`: these keys are told, and those are read", capability.name);
        writeln!(page, "\n### `{}`\n\nThe plugin {}.\n", capability.name, capability.sentence)?;
        rows(page, told.keys)?;
        let ask = |rule: &str| {
            let head = EXAMPLE.split("[[capability").next().unwrap_or_default();
            format!("{head}[[capability.required]]\nuse = \"{}\"\nreason = \"r\"\n{rule}\n", capability.name)
        };
        for rule in told.right {
            if let Err(error) = Manifest::parse("plugin.toml", &ask(rule)) {
                panic!("{}: {rule}: {error}", capability.name);
            }
        }
        writeln!(page, "\n```toml\n{}\n```", told.right.join("\n"))?;
        let tried: Vec<_> = told.wrong.iter().map(|rule| (*rule, refusal(&ask(rule), rule))).collect();
        refused(page, &tried)?;
    }
    Ok(())
}

fn page() -> Result<String, std::fmt::Error> {
    let mut page = format!("{}\n```toml\n{EXAMPLE}```\n", keys::INTRO);
    for of in TABLES {
        table(&mut page, of)?;
        if of.heading == "A capability" {
            rules(&mut page)?;
        }
    }
    page.push_str(keys::OUTRO);
    Ok(page)
}

#[test]
fn the_reference_of_manifests_is_that_of_the_types() {
    Manifest::parse("plugin.toml", EXAMPLE).unwrap();
    let made = page().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/manifest.md");
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if made != kept {
        let differing = made.lines().zip(kept.lines()).find(|(made, kept)| made != kept);
        panic!(
            "docs/src/manifest.md is stale: `{BLESS}=1 cargo test -p plugbay --lib manifest::reference` writes it anew; \
             the first difference: {differing:?}"
        );
    }
}

#[test]
fn unknown_and_doubled_keys_are_refused_in_every_table() {
    for Table { place, keys, .. } in TABLES {
        let Some(key) = keys.iter().find(|key| !key.wrong.is_empty() || key.default != "required") else {
            continue;
        };
        if place.is_empty() || !EXAMPLE.contains(&format!("\n{} = ", key.name)) {
            continue;
        }
        let line = EXAMPLE
            .split_once(&format!("{place}\n"))
            .and_then(|(_, rest)| rest.lines().find(|line| line.starts_with(&format!("{} = ", key.name))))
            .unwrap_or_else(|| panic!("{place}: {}", key.name));
        let text = with(place, key.name, &format!("{line}\nno-such-key = 1"));
        assert!(refusal(&text, line).contains("no-such-key"), "{place}");
        let text = with(place, key.name, &format!("{line}\n{line}"));
        assert!(refusal(&text, line).contains("duplicate key"), "{place}");
    }
}
