//! Rule `room`: where host functions serve guests, no memory is made room for by a number that nobody bounded. The size stands
//! there as a constant, with its `.min(…)`, or under a comment that begins with `bounded:` and says by what.

use super::{File, Report};

/// Where numbers come from guests.
const SERVING: &str = "host/src/wasi/";
/// What makes room for as much as it is told.
const MAKING: &[&str] = &["with_capacity(", ".resize(", ".reserve(", ".reserve_exact("];
/// How far above the line the comment may stand.
const ABOVE: usize = 2;

pub(super) fn check(files: &[File], report: &mut Report) {
    for file in files.iter().filter(|file| file.is_rust() && file.path.starts_with(SERVING)) {
        let is_test = file.path.ends_with("tests.rs") || file.path.contains("/tests/");
        if is_test {
            continue;
        }
        let code = file.text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines: Vec<&str> = code.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let bare = line.split("//").next().unwrap_or_default();
            let said =
                lines.iter().take(index + 1).rev().take(ABOVE + 1).any(|line| line.contains("// bounded:"));
            if !said && sizes(bare).any(|size| !is_bounded(size)) {
                let place = format!("{}:{}", file.path, index + 1);
                report.add(
                    "room",
                    place,
                    "room for a size that is not bounded here: use `.min(…)`, or say `// bounded:` by what",
                );
            }
        }
    }
}

/// What follows each place of a line that makes room.
fn sizes(line: &str) -> impl Iterator<Item = &str> {
    let calls = MAKING.iter().flat_map(move |making| line.split(making).skip(1));
    let repeated = line.split("vec![").skip(1).filter_map(|inside| inside.split(']').next()?.split_once(';'));
    calls.chain(repeated.map(|(_, size)| size))
}

/// Whether a size is a constant, or the smaller of two.
fn is_bounded(size: &str) -> bool {
    let end = size.find([')', ']', ',']).unwrap_or(size.len());
    let first = size.get(..end).unwrap_or_default().trim();
    let constant = |char: char| char.is_ascii_uppercase() || char.is_ascii_digit() || " _+*<".contains(char);
    size.contains(".min(") || (!first.is_empty() && first.chars().all(constant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> usize {
        let mut report = Report::default();
        check(&[File { path: "host/src/wasi/a.rs".into(), text: text.into() }], &mut report);
        report.problems.len()
    }

    #[test]
    fn d14_room_by_a_number_of_the_guests_is_found() {
        for wrong in [
            "let a = Vec::with_capacity(len);",
            "let a = vec![0; len];",
            "let a = vec![0_u8; usize::from(len)];",
            "bytes.resize(len, 0);",
            "bytes.reserve(len);",
            "/// bounded by nothing\nlet a = String::with_capacity(n as usize);",
        ] {
            assert_eq!(problems(wrong), 1, "{wrong}");
        }
        for right in [
            "let a = vec![0; len.min(MAX)];",
            "let a = Vec::with_capacity(MAX_NAMES + 1);",
            "let a = vec![0; 16];",
            "// bounded: by the limit of the host\nlet a = vec![0; self.fields];",
            "let a = vec![first, second];",
            "fn a() {}\n#[cfg(test)]\nmod tests { fn b(n: usize) { let a = vec![0; n]; } }",
        ] {
            assert_eq!(problems(right), 0, "{right}");
        }
    }
}
