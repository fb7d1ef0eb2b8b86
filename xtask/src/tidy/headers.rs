//! Rule `headers`: every Rust file opens with `//!` that says what lives in it.

use super::{File, Report};

/// Shorter than this, a header says nothing.
const SHORTEST: usize = 12;

pub(super) fn check(files: &[File], report: &mut Report) {
    for file in files.iter().filter(|f| f.is_rust() && !exempt(&f.path)) {
        let header = file.text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!"));
        match header.and_then(|line| line.strip_prefix("//!")) {
            Some(text) if text.trim().len() >= SHORTEST => {}
            Some(_) => report.add("headers", &file.path, "its `//!` header says nothing"),
            None => report.add("headers", &file.path, "does not open with `//!`"),
        }
    }
}

/// Cases of compile-fail suites and goldens are data, not modules.
fn exempt(path: &str) -> bool {
    ["/ui/", "/expand/", "/bindings/", "/generated/"].iter().any(|folder| path.contains(folder))
}
