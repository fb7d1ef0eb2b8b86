//! `cargo xtask hostile`: which entries of the lists of hostile input (`tests/hostile.txt`) have tests. A test covers the
//! entries whose numbers its name begins with: `a06_a07_counts_that_stand_for_much`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::tidy::tracked;

/// Where the entries are listed.
const LIST: &str = "tests/hostile.txt";

/// The number of an entry: its list's letter and its place there.
type Number = (char, u32);

/// An entry.
#[derive(Debug, Default)]
struct Entry {
    /// What it is.
    title: String,
    /// Tests that cover it, as path and name.
    tests: Vec<(String, String)>,
    /// Why it has none.
    missing: Option<String>,
}

/// Prints what is covered.
///
/// # Errors
/// When the list cannot be read, contradicts the tests, or leaves an entry without test and reason.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let list = std::fs::read_to_string(root.join(LIST)).map_err(|e| format!("{LIST}: {e}"))?;
    let files = tracked(root)?;
    let sources = files.iter().filter(|file| file.path.ends_with(".rs") || file.path.ends_with(".py"));
    let tests: Vec<(String, String)> = sources
        .flat_map(|file| test_names(&file.text).into_iter().map(|name| (file.path.clone(), name)))
        .collect();
    let (entries, mut wrong) = read(&list, &tests);
    let mut letters: Vec<char> = entries.keys().map(|(letter, _)| *letter).collect();
    letters.dedup();
    let (mut covered, mut all) = (0, 0);
    for letter in letters {
        let of_list: Vec<_> = entries.iter().filter(|((other, _), _)| *other == letter).collect();
        let done = of_list.iter().filter(|(_, entry)| !entry.tests.is_empty()).count();
        let tests: usize = of_list.iter().map(|(_, entry)| entry.tests.len()).sum();
        println!("{letter}: {done} of {} entries covered by {tests} tests", of_list.len());
        for ((_, place), entry) in of_list.iter().filter(|(_, entry)| entry.tests.is_empty()) {
            match &entry.missing {
                Some(reason) => println!("  {letter}{place} ({}): {reason}", entry.title),
                None => {
                    wrong.push(format!("{letter}{place} ({}) has neither a test nor a reason", entry.title))
                }
            }
        }
        (covered, all) = (covered + done, all + of_list.len());
    }
    println!("{covered} of {all} entries covered");
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// The entries with their tests, and what is wrong with the list.
fn read(list: &str, tests: &[(String, String)]) -> (BTreeMap<Number, Entry>, Vec<String>) {
    let (mut entries, mut wrong) = (BTreeMap::<Number, Entry>::new(), Vec::new());
    let mut current = None;
    for line in list.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let rest = rest.trim();
        if !line.starts_with(' ') {
            current = numbers(&word.to_lowercase()).first().copied();
            match current {
                Some(number) => {
                    drop(entries.insert(number, Entry { title: rest.to_owned(), ..Entry::default() }))
                }
                None => wrong.push(format!("`{line}` does not begin with the number of an entry")),
            }
            continue;
        }
        let Some(entry) = current.and_then(|number| entries.get_mut(&number)) else { continue };
        match word {
            "missing" => entry.missing = Some(rest.to_owned()),
            "also" => match tests.iter().find(|(path, name)| rest == format!("{path} {name}")) {
                Some(test) => entry.tests.push(test.clone()),
                None => wrong.push(format!("there is no test {rest}")),
            },
            _ => wrong.push(format!("`{line}` is not understood")),
        }
    }
    for (path, name) in tests {
        for number in numbers(name) {
            // Lists that are not here belong to others.
            if let Some(entry) = entries.get_mut(&number) {
                entry.tests.push((path.clone(), name.clone()));
            } else if entries.keys().any(|(letter, _)| *letter == number.0) {
                wrong.push(format!("{path}: {name} names an entry that there is not"));
            }
        }
    }
    for ((letter, place), entry) in &entries {
        if entry.missing.is_some() && !entry.tests.is_empty() {
            wrong.push(format!("{letter}{place} has a test; take its reason off the list"));
        }
    }
    (entries, wrong)
}

/// The numbers that a name begins with, each followed by an underscore or the end: `a06_a07_rest` has two.
fn numbers(name: &str) -> Vec<Number> {
    let part = |part: &str| {
        let letter = part.chars().next().filter(char::is_ascii_lowercase)?;
        let digits = part.get(1..)?;
        // `f32_…` and `f64_…` are types.
        let plain = !matches!(part, "f32" | "f64")
            && (1..=2).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        Some((letter.to_ascii_uppercase(), plain.then(|| digits.parse().ok()).flatten()?))
    };
    name.split('_').map_while(part).collect()
}

/// The names of the test functions in a file; of Python's without their `test_`.
fn test_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut test = false;
    for line in text.lines().map(str::trim) {
        if line == "#[test]" {
            test = true;
        } else if let Some(rest) = line.strip_prefix("def test_") {
            names.extend(rest.split_once('(').map(|(name, _)| name.to_owned()));
        } else if test && let Some(rest) = line.strip_prefix("fn ") {
            names.extend(rest.split_once('(').map(|(name, _)| name.to_owned()));
            test = false;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_begin_with_numbers() {
        assert_eq!(numbers("a06_a7_counts_that_stand_for_much"), [('A', 6), ('A', 7)]);
        assert_eq!(numbers("h12_little"), [('H', 12)]);
        assert_eq!(numbers("a_plugin_2_x"), []);
        assert_eq!(numbers("i32_adds"), [('I', 32)]);
        assert_eq!(numbers("b123_x"), []);
        assert_eq!(numbers("f32_adds"), []);
    }

    #[test]
    fn tests_are_told_from_other_functions() {
        let text = "fn helper() {}\n    #[test]\n    #[cfg(unix)]\n    fn a1_x() {\n#[test]\nfn b2_y() {}";
        assert_eq!(test_names(text), ["a1_x", "b2_y"]);
    }

    #[test]
    fn the_list_and_the_tests_must_agree() {
        let test = |name: &str| ("p.rs".to_owned(), name.to_owned());
        let tests = [test("a1_x"), test("a3_x"), test("other"), test("c9_x")];
        let list = "# A\nA1 one\n  missing soon\nA2  two\n  also p.rs other\n  also p.rs nothing\n";
        let (entries, wrong) = read(list, &tests);
        assert_eq!(entries[&('A', 2)].tests, [test("other")]);
        assert_eq!(entries[&('A', 1)].title, "one");
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }
}
