//! Rule `paths`: no tracked text names a place of one particular machine.

use super::{File, Report};

/// Beginnings of paths that exist on somebody's machine only. Written in halves, so that this file obeys the rule.
const MACHINE: &[(&str, &str)] =
    &[("/ro", "ot/"), ("/ho", "me/"), ("/Us", "ers/"), ("/wo", "rk/"), ("C:\\Us", "ers\\")];

pub(super) fn check(files: &[File], report: &mut Report) {
    for file in files.iter().filter(|f| !f.path.ends_with(".lock")) {
        for (number, line) in file.text.lines().enumerate() {
            for (head, tail) in MACHINE {
                let path = format!("{head}{tail}");
                if stands_alone(line, &path) {
                    let place = format!("{}:{}", file.path, number.saturating_add(1));
                    report.add("paths", place, format!("names a place of one machine (`{path}`)"));
                }
            }
        }
    }
}

/// Whether `path` begins a path in `line`, rather than continuing one (a folder of that name further down is nobody's machine).
fn stands_alone(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        !line[..at].ends_with(|before: char| before.is_alphanumeric() || "._-/}~)".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_paths_count() {
        let absolute = format!("see {}{}x", "/ho", "me/");
        assert!(stands_alone(&absolute, &absolute[4..10]));
        assert!(!stands_alone("docs/home/x", &absolute[4..10]));
    }
}
