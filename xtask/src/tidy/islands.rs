//! Rule `islands` (I4): the word `unsafe` stands only in the two islands of the engine, every other crate forbids it,
//! and each unsafe site of an island is near a `SAFETY:` line.

use super::{File, Report};
use proc_macro2::{TokenStream, TokenTree};

const ISLANDS: &[&str] = &["engine/src/vm/", "engine/src/sys/"];

/// Other files that may say `unsafe`: (path or folder, reason).
const EXCEPTIONS: &[(&str, &str)] = &[
    ("benches/", "the limit of a call is a native function loaded through libloading"),
    (
        "engine/tests/dylib.rs",
        "what it tests is unsafe: running libraries that prove nothing of who made them",
    ),
    ("plugins-example/rust/", "guest code, run in the sandbox; its exports are raw symbols"),
    ("plugins-example/notebook/", "guest code, run in the sandbox; its exports are raw symbols"),
];

/// The roots of crates that must say `#![forbid(unsafe_code)]`.
const FORBIDDING: &[&str] = &[
    "component/src/lib.rs",
    "host/src/lib.rs",
    "bindgen-macro/src/lib.rs",
    "bindings-python/src/lib.rs",
    "cli/src/main.rs",
    "plugins-example/editor/src/main.rs",
    "tests/src/lib.rs",
    "xtask/src/main.rs",
];

pub(super) fn check(files: &[File], report: &mut Report) {
    for file in files.iter().filter(|f| f.is_rust()) {
        if FORBIDDING.contains(&file.path.as_str()) && !file.text.contains("#![forbid(unsafe_code)]") {
            report.add("islands", &file.path, "must say `#![forbid(unsafe_code)]`");
        }
        let island = ISLANDS.iter().any(|island| file.path.starts_with(island));
        let excused = EXCEPTIONS.iter().any(|(path, _)| file.path.starts_with(path));
        if island || excused {
            continue;
        }
        // A file that does not lex is reported by the rule on sizes.
        if let Ok(tokens) = file.text.parse::<TokenStream>() {
            let mut lines = Vec::new();
            unsafe_lines(tokens, &mut lines);
            for line in lines {
                let place = format!("{}:{line}", file.path);
                report.add("islands", place, "`unsafe` outside engine/src/vm and engine/src/sys");
            }
        }
    }
}

fn unsafe_lines(tokens: TokenStream, lines: &mut Vec<usize>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => unsafe_lines(group.stream(), lines),
            TokenTree::Ident(ident) if ident == "unsafe" => lines.push(ident.span().start().line),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> usize {
        let mut report = Report::default();
        check(&[File { path: path.into(), text: text.into() }], &mut report);
        report.problems.len()
    }

    #[test]
    fn the_keyword_is_found_where_it_hides_and_comments_are_not() {
        assert_eq!(problems("host/src/a.rs", "m! { fn f() { unsafe { g() } } }"), 1);
        assert_eq!(
            problems("host/src/a.rs", "// unsafe\n#![deny(unsafe_code)] const S: &str = \"unsafe\";"),
            0
        );
        assert_eq!(problems("engine/src/vm/a.rs", "unsafe fn f() {}"), 0);
    }

    #[test]
    fn a_crate_must_forbid_it() {
        assert_eq!(problems("host/src/lib.rs", "//! x"), 1);
        assert_eq!(problems("host/src/lib.rs", "#![forbid(unsafe_code)]"), 0);
    }
}
