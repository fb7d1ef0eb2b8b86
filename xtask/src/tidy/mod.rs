//! `cargo xtask tidy`: the house rules that a machine can check. One rule per file; each adds what it finds to a
//! `Report`, and nothing here changes a file.

mod book;
mod graph;
mod headers;
mod islands;
mod links;
mod paths;
mod room;
mod sizes;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the rules found, in the order they looked.
#[derive(Default)]
pub(crate) struct Report {
    problems: Vec<String>,
}

impl Report {
    fn add(&mut self, rule: &str, place: impl std::fmt::Display, what: impl std::fmt::Display) {
        self.problems.push(format!("{place}: {what} [{rule}]"));
    }
}

/// One tracked text file: its path from the root, with `/` between folders, and its text.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// Runs every rule over the tracked files.
///
/// # Errors
/// The number of problems, each already printed, or why a rule could not run.
pub(crate) fn run(root: &Path, _args: &[String]) -> Result<(), String> {
    let files = tracked(root)?;
    let mut report = Report::default();
    graph::check(root, &mut report)?;
    sizes::check(&files, &mut report);
    islands::check(&files, &mut report);
    headers::check(&files, &mut report);
    links::check(root, &files, &mut report);
    book::check(&files, &mut report);
    paths::check(&files, &mut report);
    room::check(&files, &mut report);
    for problem in &report.problems {
        println!("{problem}");
    }
    if report.problems.is_empty() {
        println!("tidy: {} files, no problem", files.len());
        Ok(())
    } else {
        Err(format!("{} problems in {} files", report.problems.len(), files.len()))
    }
}

/// Every text file that git tracks or would track; outside a git checkout, every file under the root.
pub(crate) fn tracked(root: &Path) -> Result<Vec<File>, String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output();
    let paths = match listed {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(str::to_owned)
            .collect(),
        _ => walk(root)?,
    };
    let mut files = Vec::new();
    for path in paths {
        let Ok(bytes) = std::fs::read(root.join(&path)) else { continue };
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(File { path, text });
        }
    }
    Ok(files)
}

fn walk(root: &Path) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    let mut folders: Vec<PathBuf> = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() {
                if !matches!(
                    name.to_str(),
                    Some("target" | ".git" | ".venv" | "node_modules" | "__pycache__")
                ) {
                    folders.push(path);
                }
            } else if let Ok(relative) = path.strip_prefix(root) {
                found.insert(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(found)
}
