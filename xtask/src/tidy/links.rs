//! Rule `links`: every relative link of a tracked Markdown file leads to a file that exists.

use super::{File, Report};
use std::path::Path;

pub(super) fn check(root: &Path, files: &[File], report: &mut Report) {
    for file in files.iter().filter(|f| f.path.ends_with(".md")) {
        let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
        for (line, target) in targets(&file.text) {
            let path = target.split('#').next().unwrap_or_default();
            let elsewhere = target.contains("://") || target.starts_with("mailto:");
            if path.is_empty() || elsewhere || root.join(folder).join(path).exists() {
                continue;
            }
            report.add("links", format!("{}:{line}", file.path), format!("`{target}` leads nowhere"));
        }
    }
}

/// The targets of `[text](target)` outside fenced code, each with its line.
pub(super) fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let mut rest = line;
        while let Some((_, after)) = rest.split_once("](") {
            let Some((target, tail)) = after.split_once(')') else { break };
            found.push((number.saturating_add(1), target.trim()));
            rest = tail;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_outside_fences() {
        let text = "[a](x.md) and [b](y.md#z)\n```\n[c](no.md)\n```\n[d](https://e.org)";
        assert_eq!(targets(text), [(1, "x.md"), (1, "y.md#z"), (5, "https://e.org")]);
    }
}
