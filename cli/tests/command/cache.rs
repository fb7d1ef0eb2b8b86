//! `plugbay compile` and `plugbay cache`, and the cache under processes that come, go and are killed.

use crate::support::{File, TOOLS, plugbay};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A cache directory, and one for the key, that are gone when the test ends.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plugbay-cli-cache-{}-{name}", std::process::id()));
        std::fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        Self(path)
    }

    fn cache(&self) -> PathBuf {
        self.0.join("cache")
    }

    /// `plugbay` with these directories.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plugbay"));
        command
            .args(args)
            .env("PLUGBAY_CACHE_DIR", self.cache())
            .env("PLUGBAY_DATA_DIR", self.0.join("data"));
        command
    }

    /// Runs it and gives exit code, output and error output.
    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let output = self.command(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// Calls `add` of a component.
    fn add(&self, file: &Path) -> (Option<i32>, String, String) {
        self.run(&["run", file.to_str().unwrap(), "--invoke", "add(40, 2)"])
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_was_compiled_runs_without_the_source() {
    let (place, source) = (Place::new("compile"), File::component("compile", TOOLS));
    let output = place.0.join("tools.plugbay");
    let (from, to) = (source.path().to_str().unwrap().to_owned(), output.to_str().unwrap());
    let (code, out, err) = place.run(&["compile", &from, "-o", to]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("tools.plugbay"), "{out}");
    drop(source);
    assert_eq!(place.add(&output), (Some(0), "42\n".into(), String::new()));
    // Another user's key does not open it, and neither does damage.
    let other = Place::new("compile-other");
    let (code, _, err) = other.add(&output);
    assert!(code == Some(1) && err.contains("sealed with another key"), "{code:?} {err}");
    let mut bytes = std::fs::read(&output).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&output, bytes).unwrap();
    let (code, _, err) = place.add(&output);
    assert!(code == Some(1) && err.contains("damaged"), "{code:?} {err}");
}

#[test]
fn core_modules_are_compiled_too() {
    let (place, source) = (Place::new("core"), File::component("core", "(module (func (export \"f\")))"));
    let (code, out, err) = place.run(&["compile", source.path().to_str().unwrap()]);
    assert_eq!(code, Some(0), "{err}");
    let output = source.path().with_extension("plugbay");
    assert!(output.is_file() && out.contains("core.plugbay"), "{out}");
    let (code, _, err) = place.run(&["run", output.to_str().unwrap()]);
    assert!(code == Some(1) && err.contains("core module"), "{code:?} {err}");
}

#[test]
fn the_cache_can_be_listed_verified_and_cleared() {
    let (place, source) = (Place::new("verbs"), File::component("verbs", TOOLS));
    assert!(place.run(&["cache", "list"]).1.contains("0 entries"));
    assert_eq!(place.add(source.path()).0, Some(0));
    assert!(place.run(&["cache", "list"]).1.contains("1 entries"));
    assert_eq!(
        place.run(&["cache", "verify"]),
        (Some(0), "1 of 1 entries are sound\n".into(), String::new())
    );
    let other = Place::new("verbs-other");
    let there = place.cache();
    let (code, out, _) = other.run(&["cache", "verify", "--cache-dir", there.to_str().unwrap()]);
    assert!(code == Some(1) && out.contains("another key") && out.contains("0 of 1"), "{out}");
    assert_eq!(place.add(source.path()).0, Some(0));
    assert!(place.run(&["cache", "clear"]).1.contains("1 entries removed"));
    // Nothing is kept when nobody wants it.
    let file = source.path().to_str().unwrap();
    assert_eq!(place.run(&["run", file, "--no-cache", "--invoke", "add(1, 2)"]).1, "3\n");
    assert!(place.run(&["cache", "list"]).1.contains("0 entries"));
}

#[test]
fn a_cache_that_cannot_be_used_is_told_and_does_no_harm() {
    let source = File::component("note", TOOLS);
    let ended = plugbay("run", source.path(), &["--cache-dir", "/proc/nowhere", "--invoke", "add(1, 2)"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "3\n"));
    assert!(ended.err.contains("the cache of compiled plugins is not used"), "{}", ended.err);
}

#[test]
fn g9_a_writer_that_is_killed_leaves_nothing_that_is_run() {
    let (place, source) = (Place::new("killed"), File::component("killed", TOOLS));
    for round in 0..24_u64 {
        let args = ["run", source.path().to_str().unwrap(), "--invoke", "add(40, 2)"];
        let mut child = place.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(700 * round));
        let _ = child.kill();
        child.wait().unwrap();
        if round % 8 == 7 {
            assert_eq!(place.add(source.path()), (Some(0), "42\n".into(), String::new()));
            assert_eq!(place.run(&["cache", "verify"]).0, Some(0));
            assert_eq!(place.run(&["cache", "clear"]).0, Some(0));
        }
    }
}

#[test]
fn g10_no_space_leaves_no_bad_entry() {
    let (place, source) = (Place::new("space"), File::component("space", TOOLS));
    let run = |limit: &str| {
        // The shell's unit is 512 or 1024 bytes; the signal is ignored so that writing fails instead.
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_plugbay"), "run"]);
        command.arg(source.path()).args(["--invoke", "add(40, 2)"]);
        command.env("PLUGBAY_CACHE_DIR", place.cache()).env("PLUGBAY_DATA_DIR", place.0.join("data"));
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    // The first makes the key, which fits.
    assert_eq!(place.run(&["cache", "list"]).0, Some(0));
    for limit in ["1", "8", "1"] {
        assert_eq!(run(limit), (Some(0), "42\n".into()));
        assert_eq!(std::fs::read_dir(place.cache()).unwrap().count(), 0, "something was left");
    }
    assert_eq!(run("unlimited"), (Some(0), "42\n".into()));
    assert_eq!(std::fs::read_dir(place.cache()).unwrap().count(), 1);
}

#[test]
fn g11_processes_share_one_cache_and_one_key() {
    let place = Place::new("many");
    let sources: Vec<File> = (0..3)
        .map(|n| {
            File::component(
                &format!("many{n}"),
                &TOOLS.replace("i32.add", ["i32.add", "i32.sub", "i32.mul"][n]),
            )
        })
        .collect();
    let expected = ["42\n", "38\n", "80\n"];
    let children: Vec<_> = (0..16)
        .map(|n| {
            let args = ["run", sources[n % 3].path().to_str().unwrap(), "--invoke", "add(40, 2)"];
            place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for (n, child) in children.into_iter().enumerate() {
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), (expected[n % 3], ""));
    }
    assert_eq!(
        place.run(&["cache", "verify"]),
        (Some(0), "3 of 3 entries are sound\n".into(), String::new())
    );
    assert_eq!(std::fs::read_dir(place.0.join("data")).unwrap().count(), 1, "one key, and nothing left over");
}
