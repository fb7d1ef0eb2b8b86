//! The commands of the book's page on the command line print what the page says (`docs/src/cli.md`). Set
//! `PLUGBAY_BLESS=1` to write what they print into the page.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a command prints: on both streams, because a reader of a terminal sees no difference.
fn printed(command: &str) -> String {
    let cache = std::env::temp_dir().join(format!("plugbay-book-{}", std::process::id()));
    let arguments = words(command);
    assert_eq!(arguments[0], "plugbay", "{command}");
    let output = Command::new(env!("CARGO_BIN_EXE_plugbay"))
        .args(&arguments[1..])
        .current_dir(root().join("host/examples/guests"))
        .env("PLUGBAY_CACHE_DIR", &cache)
        .output()
        .unwrap();
    let _ = std::fs::remove_dir_all(cache);
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// The words of a command line, of which single quotes hold some together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('\'').enumerate() {
        match number % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// The page with every `console` block as it would be today.
fn rewritten(page: &str) -> String {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line {
            "```console" => {
                inside = true;
                lines.push(line.to_owned());
            }
            "```" => {
                inside = false;
                lines.push(line.to_owned());
            }
            _ if !inside => lines.push(line.to_owned()),
            _ => {
                if let Some(command) = line.strip_prefix("$ ") {
                    lines.push(line.to_owned());
                    lines.extend(printed(command).trim_end().lines().map(str::to_owned));
                }
            }
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_page_on_the_command_line_is_true() {
    let path = root().join("docs/src/cli.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let today = rewritten(&page);
    if std::env::var_os("PLUGBAY_BLESS").is_some() {
        return std::fs::write(&path, &today).unwrap();
    }
    assert_eq!(page.lines().filter(|line| line.starts_with("$ ")).count(), 10, "all commands are found");
    assert!(page == today, "set PLUGBAY_BLESS=1; the page would be:\n{today}");
}
