//! What came of a script: one outcome per directive, totals that add up, and their two printed forms.

use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What came of one directive.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it should.
    Passed,
    /// It was executed and did something else.
    Failed(String),
    /// It was not executed, for want of a proposal.
    Skipped { needs: String, reason: String },
}

/// A directive worth a line of output.
pub(crate) struct Finding {
    pub(crate) line: u32,
    pub(crate) skipped: bool,
    pub(crate) reason: String,
}

/// The counts of one script or of all. `executed + skipped = directives`; `passed` counts assertions, `failed` every
/// directive that went wrong, so that a module that does not compile is seen.
#[derive(Default, Clone, Copy, Serialize)]
pub(crate) struct Totals {
    pub(crate) files: u64,
    pub(crate) directives: u64,
    pub(crate) executed: u64,
    pub(crate) assertions: u64,
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

/// What came of one script.
pub(crate) struct FileReport {
    pub(crate) path: PathBuf,
    pub(crate) totals: Totals,
    pub(crate) findings: Vec<Finding>,
    /// How many directives were skipped for want of each proposal.
    pub(crate) needs: BTreeMap<String, u64>,
}

impl FileReport {
    pub(crate) fn new(path: PathBuf) -> Self {
        let totals = Totals { files: 1, ..Totals::default() };
        Self { path, totals, findings: Vec::new(), needs: BTreeMap::new() }
    }

    /// A script that could not be read at all: one failure.
    pub(crate) fn unreadable(path: PathBuf, reason: String) -> Self {
        let mut report = Self::new(path);
        report.totals.failed = 1;
        report.findings.push(Finding { line: 1, skipped: false, reason });
        report
    }

    /// Counts one directive.
    pub(crate) fn add(&mut self, line: u32, assertion: bool, outcome: Outcome) {
        let totals = &mut self.totals;
        bump(&mut totals.directives, true);
        bump(&mut totals.assertions, assertion);
        bump(&mut totals.executed, !matches!(outcome, Outcome::Skipped { .. }));
        match outcome {
            Outcome::Passed => bump(&mut totals.passed, assertion),
            Outcome::Failed(reason) => {
                bump(&mut totals.failed, true);
                self.findings.push(Finding { line, skipped: false, reason });
            }
            Outcome::Skipped { needs, reason } => {
                bump(&mut totals.skipped, true);
                bump(self.needs.entry(needs).or_default(), true);
                self.findings.push(Finding { line, skipped: true, reason });
            }
        }
    }

    /// One line per failure and, when `skips` are wanted, per skip.
    pub(crate) fn lines(&self, skips: bool) -> impl Iterator<Item = String> + '_ {
        self.findings.iter().filter(move |finding| skips || !finding.skipped).map(|finding| {
            let verdict = if finding.skipped { "skipped" } else { "FAILED" };
            format!("{}:{}: {verdict}: {}", self.path.display(), finding.line, finding.reason)
        })
    }
}

fn bump(count: &mut u64, by_one: bool) {
    *count = count.saturating_add(u64::from(by_one));
}

impl Totals {
    /// Adds the counts of another script.
    pub(crate) fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.files, other.files),
            (&mut self.directives, other.directives),
            (&mut self.executed, other.executed),
            (&mut self.assertions, other.assertions),
            (&mut self.passed, other.passed),
            (&mut self.failed, other.failed),
            (&mut self.skipped, other.skipped),
        ];
        for (sum, more) in pairs {
            *sum = sum.saturating_add(more);
        }
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} files, {} of {} directives executed, {} of {} assertions passed, {} failed, {} skipped",
            self.files,
            self.executed,
            self.directives,
            self.passed,
            self.assertions,
            self.failed,
            self.skipped
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_add_up() {
        let mut report = FileReport::new("x.wast".into());
        report.add(1, false, Outcome::Passed);
        report.add(2, true, Outcome::Passed);
        report.add(3, true, Outcome::Failed("no".into()));
        report.add(4, true, Outcome::Skipped { needs: "gc".into(), reason: "needs gc: structs".into() });
        let t = report.totals;
        assert_eq!((t.directives, t.executed, t.assertions), (4, 3, 3));
        assert_eq!((t.passed, t.failed, t.skipped), (1, 1, 1));
        assert_eq!(report.needs["gc"], 1);
        let lines: Vec<String> = report.lines(true).collect();
        assert_eq!(lines, ["x.wast:3: FAILED: no", "x.wast:4: skipped: needs gc: structs"]);
    }
}
