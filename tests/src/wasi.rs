//! The programs of the WASI test suite: 46 modules of preview 1 and the same as components of 0.2, each with what is expected of
//! it in JSON. Each runs in a copy of its folder; here is how one is run and judged.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use plugbay::{Access, Config, Grants, Host, Source, Stdio, TrapStyle};
use serde_json::Value;

/// How many programs each part of the suite has.
pub const PROGRAMS: usize = 46;

/// Both ways of noticing guest faults.
pub const STYLES: [TrapStyle; 2] = [TrapStyle::Signals, TrapStyle::Explicit];

/// Programs that are known to fail, and why.
pub const KNOWN_FAILURES: &[(&str, &str)] = &[];

/// The parts of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Core modules of preview 1, which the host makes into components.
    Preview1,
    /// Components of WASI 0.2.
    Components,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Preview1, Self::Components];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Preview1 => "preview1 modules",
            Self::Components => "0.2 components",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Preview1 => "rust/wasm32-wasip1",
            Self::Components => "p2-componentized/rust",
        }
    }

    /// The programs, in the order of their names.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn programs(self, suite: &Path) -> Result<Vec<PathBuf>, String> {
        let folder = suite.join(self.folder());
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut programs: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        programs.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
        programs.sort();
        Ok(programs)
    }
}

/// Where the suite is, if it is here.
pub fn suite() -> Option<PathBuf> {
    crate::suites().map(|suites| suites.join("wasi-testsuite")).filter(|suite| suite.is_dir())
}

/// A host that notices guest faults in this way.
///
/// # Errors
/// When the machine cannot run it.
pub fn host(style: TrapStyle) -> Result<Host<()>, String> {
    Host::builder().engine(Config::new().with_trap_style(style)).build().map_err(|error| error.to_string())
}

/// What a program is called.
pub fn name(program: &Path) -> String {
    program.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Runs a program in a copy of its folder, which it may use as `access` says.
///
/// # Errors
/// What it did other than expected.
pub fn run(host: &Host<()>, suite: &Path, program: &Path, access: Access) -> Result<(), String> {
    let io = |error: std::io::Error| error.to_string();
    let name = name(program);
    let expectations = suite.join(Part::Preview1.folder());
    let expected: Value = match fs::read_to_string(expectations.join(&name).with_extension("json")) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| error.to_string())?,
        Err(_) => Value::Null,
    };
    // Tests run side by side, perhaps the same program.
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let number = RUNS.fetch_add(1, Ordering::Relaxed);
    let root = std::env::temp_dir().join(format!("plugbay-wasi-{}-{number}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(&root).map_err(io)?;
    let result = match expected["root"].as_str() {
        Some(folder) => copy(&expectations.join(folder), &root).map_err(io),
        None => Ok(()),
    };
    let result = result.and_then(|()| run_in(host, program, &expected, &root, access));
    fs::remove_dir_all(&root).map_err(io)?;
    result
}

fn run_in(
    host: &Host<()>,
    program: &Path,
    expected: &Value,
    root: &Path,
    access: Access,
) -> Result<(), String> {
    let told = |error: plugbay::Error| error.to_string();
    let compiled = host.compile(Source::file(program)).map_err(told)?;
    let grants = grants(&name(program), expected, root, access);
    let mut plugin = compiled.link(&grants).map_err(told)?.instantiate(()).map_err(told)?;
    let code = plugin.run_command();
    let (stdout, stderr) = (plugin.take_stdout(), plugin.take_stderr());
    let stderr = String::from_utf8_lossy(&stderr).trim().to_owned();
    let code = code.map_err(|error| format!("{error}\n{stderr}"))?;
    let wanted = expected["exit_code"].as_u64().unwrap_or(0);
    if u64::from(code) != wanted {
        return Err(format!("exit code {code} instead of {wanted}\n{stderr}"));
    }
    match expected["stdout"].as_str() {
        Some(wanted) if wanted.as_bytes() != stdout => {
            Err(format!("wrote {:?} instead of {wanted:?}", String::from_utf8_lossy(&stdout)))
        }
        _ => Ok(()),
    }
}

fn grants(name: &str, expected: &Value, root: &Path, access: Access) -> Grants {
    let mut grants = Grants::none()
        .allow("wasi:cli")
        .allow("wasi:filesystem")
        .allow_clocks()
        .allow_random()
        .stdio(Stdio::capture())
        .args([format!("{name}.wasm")]);
    if expected["root"].is_string() {
        grants = grants.directory(root, "/", access);
    }
    let args = expected["args"].as_array().into_iter().flatten();
    grants = grants.args(args.filter_map(Value::as_str));
    for (key, value) in expected["env"].as_object().into_iter().flatten() {
        grants = grants.env(key, value.as_str().unwrap_or_default());
    }
    grants
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
