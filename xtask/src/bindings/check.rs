//! Generated crates of macro calls, checked by cargo; errors are matched with the calls by their line.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// One call of `bindgen!`.
pub(super) struct Call {
    pub(super) name: String,
    /// What stands in the braces, on one line.
    pub(super) arguments: String,
    /// What its error says, where it is to be refused for a reason of ours.
    pub(super) expected: Option<&'static str>,
}

/// A generated crate.
pub(super) struct Krate {
    folder: PathBuf,
    /// The line of each call.
    lines: Vec<u64>,
}

/// An error of the compiler.
pub(super) struct Error {
    /// The call that it points into.
    pub(super) call: Option<usize>,
    pub(super) text: String,
}

/// What every generated crate begins with: what is made needs no unsafe code and no prelude, and gives no warning.
const HEAD: &str = "#![forbid(unsafe_code)]\n#![no_implicit_prelude]\n#![deny(warnings)]\n";

impl Krate {
    /// Writes the crate `name`, with a module for each call.
    pub(super) fn write(root: &Path, name: &str, calls: &[Call]) -> Result<Self, String> {
        let folder = root.join("target/bindings").join(name);
        let mut source = HEAD.to_owned();
        let mut lines = Vec::new();
        for (index, call) in calls.iter().enumerate() {
            lines.push(source.lines().count() as u64 + 2);
            let (name, arguments) = (&call.name, &call.arguments);
            let _ = write!(
                source,
                "/// {name}\npub mod m{index} {{ ::plugbay::bindgen!({{ {arguments} }}); }}\n"
            );
        }
        let manifest = format!(
            "[package]\nname = \"plugbay-bindings-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             plugbay = {{ path = {:?}, default-features = false, features = [\"binary-wit\"] }}\n\n[workspace]\n",
            root.join("host")
        );
        let write = |path: PathBuf, text: &str| {
            let parent = path.parent().unwrap_or(&folder);
            std::fs::create_dir_all(parent)
                .and_then(|()| std::fs::write(&path, text))
                .map_err(|e| format!("{}: {e}", path.display()))
        };
        write(folder.join("Cargo.toml"), &manifest)?;
        write(folder.join("src/lib.rs"), &source)?;
        // The same versions of everything as the workspace has.
        let lock =
            std::fs::read_to_string(root.join("Cargo.lock")).map_err(|e| format!("Cargo.lock: {e}"))?;
        write(folder.join("Cargo.lock"), &lock)?;
        Ok(Self { folder, lines })
    }

    /// Checks the crate and gives its errors.
    pub(super) fn check(&self, root: &Path) -> Result<Vec<Error>, String> {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.folder).env("CARGO_TARGET_DIR", target.join("bindings/target"));
        let output = cargo
            .args(["check", "--quiet", "--offline", "--message-format=json"])
            .stderr(std::process::Stdio::inherit())
            .output()
            .map_err(|e| format!("cannot run {cargo:?}: {e}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let errors: Vec<Error> = messages
            .filter(|message| {
                message["reason"] == "compiler-message" && message["message"]["level"] == "error"
            })
            .filter(|message| message["message"]["spans"].as_array().is_some_and(|spans| !spans.is_empty()))
            .map(|message| self.error(&message["message"]))
            .collect();
        if !output.status.success() && errors.is_empty() {
            return Err(format!("{} does not build", self.folder.display()));
        }
        Ok(errors)
    }

    fn error(&self, message: &Value) -> Error {
        let spans = message["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
        let primary = spans.iter().find(|span| span["is_primary"] == true);
        let line = primary.filter(|span| span["file_name"] == "src/lib.rs").map(|span| &span["line_start"]);
        let call =
            line.and_then(Value::as_u64).and_then(|line| self.lines.iter().position(|own| *own == line));
        Error { call, text: message["message"].as_str().unwrap_or_default().to_owned() }
    }
}
