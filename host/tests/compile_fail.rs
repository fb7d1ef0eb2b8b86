//! Applications that must not compile: each file of `compile_fail/` has beside it what the compiler says, an error a line,
//! as in `record.rs:8:5: …`. `BLESS=1` rewrites those. The compiler is called as cargo does, on the library that this test is
//! linked with, so that a file takes a fraction of a second.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// What the compiler says about a file: its errors, a line each, without the folder.
fn compile(file: &Path, library: &Path) -> String {
    let folder = file.parent().unwrap();
    let out = std::env::temp_dir().join(format!("plugbay-compile-fail-{}", std::process::id()));
    std::fs::create_dir_all(&out).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--error-format=short", "-Awarnings"])
        .arg("--out-dir")
        .arg(&out)
        .arg("-L")
        .arg(format!("dependency={}", library.parent().unwrap().display()))
        .arg("--extern")
        .arg(format!("plugbay={}", library.display()))
        .arg(file)
        .env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    std::fs::remove_dir_all(&out).unwrap();
    let text = String::from_utf8(output.stderr).unwrap().replace(&format!("{}/", folder.display()), "");
    let mut lines = String::new();
    for line in text.lines().filter(|line| !line.starts_with("error: aborting")) {
        lines.push_str(line);
        lines.push('\n');
    }
    assert_eq!(output.status.success(), lines.is_empty(), "{text}");
    lines
}

/// The library, newest first: there may be one for each set of features.
fn libraries() -> Vec<PathBuf> {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let mut found: Vec<(SystemTime, PathBuf)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| {
            let name = entry.file_name().into_string().unwrap_or_default();
            name.starts_with("libplugbay-") && name.ends_with(".rlib")
        })
        .map(|entry| (entry.metadata().unwrap().modified().unwrap(), entry.path()))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path).collect()
}

#[test]
fn errors_stand_where_the_mistake_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    let fits = folder.join("fits.rs");
    let libraries = libraries();
    let library = libraries.iter().find(|library| compile(&fits, library).is_empty());
    let library = library.unwrap_or_else(|| panic!("{}", compile(&fits, &libraries[0])));
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs") && *file != fits);
    files.sort();
    assert!(files.len() >= 4, "{files:?}");
    let mut different = Vec::new();
    for file in files {
        let text = compile(&file, library);
        assert!(!text.is_empty(), "{} compiles", file.display());
        let golden = file.with_extension("stderr");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&golden, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        if text != expected {
            different.push(format!("{}:\n{text}--- expected\n{expected}", file.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}
