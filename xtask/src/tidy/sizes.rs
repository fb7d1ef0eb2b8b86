//! Rule `sizes` (I7): no Rust file over 800 lines, no function over 80. An exception is listed here with its reason.

use super::{File, Report};
use proc_macro2::Span;
use syn::spanned::Spanned;

const MAX_FILE: usize = 800;
const MAX_FUNCTION: usize = 80;

/// Functions that may be longer: (file, function, reason).
const LONG_FUNCTIONS: &[(&str, &str, &str)] = &[];

/// Files that may be longer: (file, reason).
const LONG_FILES: &[(&str, &str)] = &[];

/// Folders whose Rust is printed by a generator and not read by people.
const GENERATED: &[&str] = &["/bindings/", "/expand/", "/generated/"];

pub(super) fn check(files: &[File], report: &mut Report) {
    for file in files.iter().filter(|f| f.is_rust() && !GENERATED.iter().any(|g| f.path.contains(g))) {
        let lines = file.text.lines().count();
        if lines > MAX_FILE && !LONG_FILES.iter().any(|(path, _)| *path == file.path) {
            report.add("sizes", &file.path, format!("{lines} lines; at most {MAX_FILE}"));
        }
        match syn::parse_file(&file.text) {
            Ok(parsed) => parsed.items.iter().for_each(|item| item_sizes(item, file, report)),
            Err(error) => report.add("sizes", &file.path, format!("does not parse: {error}")),
        }
    }
    for (path, name, _) in LONG_FUNCTIONS {
        if !files.iter().any(|f| f.path == *path) {
            report.add("sizes", path, format!("the exception for `{name}` names a file that is gone"));
        }
    }
}

fn item_sizes(item: &syn::Item, file: &File, report: &mut Report) {
    match item {
        syn::Item::Fn(f) => function(&f.sig, f.block.brace_token.span.close(), file, report),
        syn::Item::Mod(m) => {
            m.content.iter().flat_map(|(_, items)| items).for_each(|item| item_sizes(item, file, report));
        }
        syn::Item::Impl(i) => i.items.iter().for_each(|item| {
            if let syn::ImplItem::Fn(f) = item {
                function(&f.sig, f.block.brace_token.span.close(), file, report);
            }
        }),
        syn::Item::Trait(t) => t.items.iter().for_each(|item| {
            if let syn::TraitItem::Fn(syn::TraitItemFn { sig, default: Some(block), .. }) = item {
                function(sig, block.brace_token.span.close(), file, report);
            }
        }),
        _ => {}
    }
}

fn function(sig: &syn::Signature, close: Span, file: &File, report: &mut Report) {
    let first = sig.span().start().line;
    let lines = close.end().line.saturating_sub(first).saturating_add(1);
    let name = sig.ident.to_string();
    let excused = LONG_FUNCTIONS.iter().any(|(path, function, _)| *path == file.path && *function == name);
    if lines > MAX_FUNCTION && !excused {
        let place = format!("{}:{first}", file.path);
        report.add("sizes", place, format!("`{name}` has {lines} lines; at most {MAX_FUNCTION}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: String) -> Vec<String> {
        let mut report = Report::default();
        check(&[File { path: "x.rs".into(), text }], &mut report);
        report.problems
    }

    #[test]
    fn a_function_of_81_lines_is_found_and_one_of_80_is_not() {
        let body = |n: usize| format!("impl X {{\nfn f() {{\n{}}}\n}}\n", "g();\n".repeat(n));
        assert_eq!(problems(body(78)), Vec::<String>::new());
        assert!(problems(body(79))[0].starts_with("x.rs:2: `f` has 81 lines"));
    }

    #[test]
    fn a_file_of_801_lines_is_found() {
        assert_eq!(problems("//\n".repeat(800)), Vec::<String>::new());
        assert_eq!(problems("//\n".repeat(801)).len(), 1);
    }
}
