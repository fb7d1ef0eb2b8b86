//! The counts of many scripts side by side: a table for people, folder by folder, and the same for programs. Of each file
//! it says which proposals keep directives from being executed.

use super::report::{FileReport, Totals};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// What `--json` prints: the totals, and the counts of every file.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    #[serde(flatten)]
    totals: Totals,
    scripts: Vec<Script<'a>>,
}

#[derive(Serialize)]
struct Script<'a> {
    path: &'a Path,
    directives: u64,
    executed: u64,
    assertions: u64,
    passed: u64,
    failed: u64,
    /// Skipped directives by the proposal that they need.
    needs: &'a BTreeMap<String, u64>,
}

impl<'a> Summary<'a> {
    pub(super) fn new(totals: Totals, reports: &'a [FileReport]) -> Self {
        let scripts = reports.iter().map(|report| {
            let Totals { directives, executed, assertions, passed, failed, .. } = report.totals;
            Script {
                path: &report.path,
                directives,
                executed,
                assertions,
                passed,
                failed,
                needs: &report.needs,
            }
        });
        Self { totals, scripts: scripts.collect() }
    }
}

/// The table: the files of each folder, and the folder's sum.
pub(super) fn of_files(reports: &[FileReport]) -> String {
    let mut folders: BTreeMap<String, Vec<(String, &FileReport)>> = BTreeMap::new();
    for report in reports {
        let (folder, file) = place(&report.path);
        folders.entry(folder).or_default().push((file, report));
    }
    let mut table = String::new();
    line(&mut table, "", ["directives", "executed", "assertions", "passed", "failed"].map(str::to_owned), "");
    for (folder, files) in folders {
        let (mut sum, mut needs) = (Totals::default(), BTreeMap::<&str, u64>::new());
        for (file, report) in &files {
            sum.add(&report.totals);
            for (need, count) in &report.needs {
                let total = needs.entry(need).or_default();
                *total = total.saturating_add(*count);
            }
            let needed = report.needs.iter().map(|(need, count)| (need.as_str(), *count));
            line(&mut table, &format!("  {file}"), counts(&report.totals), &listed(needed));
        }
        line(
            &mut table,
            &format!("{folder} ({} files)", files.len()),
            counts(&sum),
            &listed(needs.into_iter()),
        );
    }
    table
}

/// Folder and name of a script. A pre-encoded script is `test.json` in a folder of its own.
fn place(path: &Path) -> (String, String) {
    let path = if path.ends_with("test.json") { path.parent().unwrap_or(path) } else { path };
    let name =
        |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    (path.parent().map(name).unwrap_or_default(), name(path))
}

fn counts(totals: &Totals) -> [String; 5] {
    [totals.directives, totals.executed, totals.assertions, totals.passed, totals.failed]
        .map(|n| n.to_string())
}

fn listed<'a>(needs: impl Iterator<Item = (&'a str, u64)>) -> String {
    needs.map(|(need, count)| format!("{count} skipped: {need}")).collect::<Vec<_>>().join("; ")
}

fn line(table: &mut String, name: &str, [a, b, c, d, e]: [String; 5], note: &str) {
    // Writing to a string does not fail.
    let text = format!("{name:<55}{a:>11}{b:>10}{c:>12}{d:>8}{e:>8}  {note}");
    let _ = writeln!(table, "{}", text.trim_end());
}

#[cfg(test)]
mod tests {
    use super::super::report::Outcome;
    use super::*;

    #[test]
    fn the_table_adds_up_and_says_what_is_missing() {
        let mut passing = FileReport::new("suite/values/strings/test.json".into());
        passing.add(1, true, Outcome::Passed);
        let mut gated = FileReport::new("suite/values/streams.wast".into());
        gated.add(1, true, Outcome::Skipped { needs: "async".into(), reason: String::new() });
        gated.add(2, false, Outcome::Skipped { needs: "async".into(), reason: String::new() });
        let table = of_files(&[passing, gated]);
        let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[1], ["strings", "1", "1", "1", "1", "0"]);
        assert_eq!(rows[2], ["streams.wast", "2", "0", "1", "0", "0", "2", "skipped:", "async"]);
        assert_eq!(rows[3], ["values", "(2", "files)", "3", "1", "2", "1", "0", "2", "skipped:", "async"]);
    }
}
