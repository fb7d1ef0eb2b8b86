//! Rule `book`: every page below `docs/` is in the table of contents, or nobody would find it. (That the contents lead to
//! pages that exist is the rule `links`.)

use super::links::targets;
use super::{File, Report};

const CONTENTS: &str = "docs/SUMMARY.md";

pub(super) fn check(files: &[File], report: &mut Report) {
    let Some(contents) = files.iter().find(|file| file.path == CONTENTS) else {
        report.add("book", CONTENTS, "the book has no table of contents");
        return;
    };
    let listed: Vec<String> =
        targets(&contents.text).into_iter().map(|(_, target)| format!("docs/{target}")).collect();
    let pages = files.iter().filter(|file| file.path.starts_with("docs/") && file.path.ends_with(".md"));
    for page in pages.filter(|page| page.path != CONTENTS && !listed.contains(&page.path)) {
        report.add("book", &page.path, format!("is not in {CONTENTS}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<File> =
            files.iter().map(|(path, text)| File { path: (*path).into(), text: (*text).into() }).collect();
        let mut report = Report::default();
        check(&files, &mut report);
        report.problems
    }

    #[test]
    fn a_page_that_nobody_would_find_is_found() {
        let contents = (CONTENTS, "# Summary\n- [A](src/a.md)\n  - [B](decisions/0001-b.md)\n");
        let pages = [
            ("docs/src/a.md", ""),
            ("docs/decisions/0001-b.md", ""),
            ("docs/book.toml", ""),
            ("README.md", ""),
        ];
        assert_eq!(problems(&[&[contents][..], &pages].concat()), Vec::<String>::new());
        let lost = problems(&[contents, ("docs/src/c.md", "")]);
        assert_eq!(lost, ["docs/src/c.md: is not in docs/SUMMARY.md [book]"]);
        assert_eq!(problems(&[]).len(), 1);
    }
}
