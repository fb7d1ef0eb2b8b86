//! Rule `graph`: the crates depend on each other exactly as ARCHITECTURE.md draws it, by `cargo metadata`.

use super::Report;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The drawing: a crate, and the workspace crates it may depend on (build and normal dependencies).
const DRAWING: &[(&str, &[&str])] = &[
    ("plugbay-engine", &[]),
    ("plugbay-component", &["plugbay-engine"]),
    ("plugbay-bindgen", &[]),
    ("plugbay-macro", &["plugbay-bindgen"]),
    ("plugbay", &["plugbay-component", "plugbay-engine", "plugbay-macro"]),
    ("plugbay-cli", &["plugbay", "plugbay-bindgen", "plugbay-component", "plugbay-engine"]),
    ("plugbay-python", &["plugbay"]),
    ("plugbay-editor", &["plugbay"]),
    ("xtask", &["plugbay-bindgen"]),
];

/// Crates that exist only for development and may see all others.
const DEVELOPMENT: &[&str] =
    &["plugbay-tests", "plugbay-benches", "plugbay-peer", "plugbay-size", "plugbay-fuzz"];

/// Light crates: dependencies they must never gain, directly.
const HEAVY: &[&str] = &["tokio", "hyper", "regex", "anyhow"];

pub(super) fn check(root: &Path, report: &mut Report) -> Result<(), String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root)
        .output()
        .map_err(|e| format!("cannot run `cargo metadata`: {e}"))?;
    if !output.status.success() {
        return Err(format!("`cargo metadata` failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let metadata: Value =
        serde_json::from_slice(&output.stdout).map_err(|e| format!("`cargo metadata`: {e}"))?;
    compare(&metadata, report);
    Ok(())
}

fn compare(metadata: &Value, report: &mut Report) {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let members: BTreeSet<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    for package in packages {
        let Some(name) = package["name"].as_str() else { continue };
        let used: BTreeSet<&str> = package["dependencies"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter(|dependency| dependency["kind"].as_str() != Some("dev"))
            .filter_map(|dependency| dependency["name"].as_str())
            .collect();
        if matches!(name, "plugbay-engine" | "plugbay-component") {
            for heavy in HEAVY.iter().filter(|heavy| used.contains(**heavy)) {
                report.add("graph", name, format!("must stay light, but depends on `{heavy}`"));
            }
        }
        if DEVELOPMENT.contains(&name) {
            continue;
        }
        let Some((_, allowed)) = DRAWING.iter().find(|(drawn, _)| *drawn == name) else {
            report.add("graph", name, "is not in the drawing (ARCHITECTURE.md and xtask/src/tidy/graph.rs)");
            continue;
        };
        for dependency in used.intersection(&members).filter(|d| !allowed.contains(d)) {
            report.add("graph", name, format!("depends on `{dependency}`, which the drawing does not allow"));
        }
    }
    for (drawn, _) in DRAWING {
        if !members.contains(drawn) {
            report.add("graph", drawn, "is drawn but is no crate of the workspace");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(extra: &str) -> Vec<String> {
        let mut packages: Vec<Value> = DRAWING
            .iter()
            .map(|(name, deps)| {
                let deps: Vec<Value> =
                    deps.iter().map(|d| serde_json::json!({ "name": d, "kind": null })).collect();
                serde_json::json!({ "name": name, "dependencies": deps })
            })
            .collect();
        if let Some(deps) = packages[0]["dependencies"].as_array_mut()
            && !extra.is_empty()
        {
            deps.push(serde_json::json!({ "name": extra, "kind": null }));
        }
        let mut report = Report::default();
        compare(&serde_json::json!({ "packages": packages }), &mut report);
        report.problems
    }

    #[test]
    fn the_drawing_itself_is_accepted() {
        assert_eq!(problems(""), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_found() {
        assert!(problems("plugbay")[0].contains("depends on `plugbay`"));
    }

    #[test]
    fn a_heavy_dependency_of_the_core_is_found() {
        assert!(problems("tokio")[0].contains("must stay light"));
    }
}
