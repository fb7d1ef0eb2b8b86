//! The public WIT packages among the suites: those that a generator should digest, and those that must be refused.

use std::path::{Path, PathBuf};

use plugbay_bindgen::Options;

/// Packages that the suite accepts and the rules of today do not, by the end of their name: a part of the error, and why.
pub(super) const KNOWN: &[(&str, &str, &str)] = &[
    ("wit-parser-ui/multi-file", "empty record", EMPTY_RECORD),
    ("wit-parser-ui/types.wit", "empty record", EMPTY_RECORD),
    ("wit-parser-ui/union-fuzz-2.wit", "empty record", EMPTY_RECORD),
    ("wit-parser-ui/use-chain.wit", "empty record", EMPTY_RECORD),
];

const EMPTY_RECORD: &str = "the suite is older than the rule that a record has a field";

/// A WIT package.
pub(super) struct Package {
    /// Its place in the suites.
    pub(super) name: String,
    /// The package, last, after those that it uses and that do not lie in `deps/`.
    pub(super) paths: Vec<String>,
    /// The features of its `@unstable` items, but for those that are there to be off.
    pub(super) features: Vec<String>,
}

impl Package {
    fn new(suites: &Path, path: &Path, uses: &[PathBuf]) -> Self {
        let name = path.strip_prefix(suites).unwrap_or(path).display().to_string();
        let paths = uses.iter().map(PathBuf::as_path).chain([path]);
        let mut features = Vec::new();
        features_of(path, &mut features);
        features.sort();
        features.dedup();
        Self { name, paths: paths.map(|path| path.display().to_string()).collect(), features }
    }

    /// Whether something at `place` is of the package itself.
    pub(super) fn defines(&self, place: &str) -> bool {
        self.paths
            .last()
            .and_then(|path| place.strip_prefix(path.as_str()))
            .is_some_and(|rest| !rest.contains("deps/"))
    }

    /// What the generator is told.
    pub(super) fn options(&self, features: &[String]) -> Options {
        let options = Options::of_paths(self.paths.iter().map(String::as_str));
        features.iter().fold(options, |options, feature| options.feature(feature))
    }

    /// The same as arguments of a macro call.
    pub(super) fn arguments(&self, features: &[String], rest: &str) -> String {
        format!("path: {:?}, features: {features:?}, {rest}", self.paths)
    }
}

/// Packages that bindings are made of.
pub(super) fn accepted(suites: &Path) -> Result<Vec<Package>, String> {
    let mut packages = Vec::new();
    let mut folders = Vec::new();
    tests(&suites.join("wit-bindgen-runtime"), &mut folders)?;
    packages.extend(folders.iter().map(|folder| {
        // A folder may have WIT of other packages, which is not read by its test.
        let file = folder.join("test.wit");
        Package::new(suites, if folder.join("deps").is_dir() { folder } else { &file }, &[])
    }));
    let ui = entries(&suites.join("wit-parser-ui"))?;
    let ui = ui.iter().filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name != "parse-fail"
    });
    packages.extend(ui.map(|path| Package::new(suites, path, &[])));
    let proposals = suites.join("wasi-0.2.12-wit/proposals");
    for version in ["wit", "wit-0.3.0-draft"] {
        let mut uses: Vec<PathBuf> = Vec::new();
        // In the order in which they use each other.
        for proposal in ["io", "clocks", "random", "filesystem", "sockets", "cli", "http"] {
            let path = proposals.join(proposal).join(version);
            if path.is_dir() {
                packages.push(Package::new(suites, &path, &uses));
                uses.push(path);
            }
        }
    }
    Ok(packages)
}

/// Packages that must be refused.
pub(super) fn rejected(suites: &Path) -> Result<Vec<Package>, String> {
    let paths = entries(&suites.join("wit-parser-ui/parse-fail"))?;
    Ok(paths.iter().map(|path| Package::new(suites, path, &[])).collect())
}

/// Folders with a `test.wit`.
fn tests(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    if folder.join("test.wit").is_file() {
        found.push(folder.to_owned());
    }
    for entry in entries(folder)?.iter().filter(|entry| entry.is_dir() && !entry.ends_with("deps")) {
        tests(entry, found)?;
    }
    Ok(())
}

/// What lies in a folder, by name; of files only WIT.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "wit" || extension == "wat")
        {
            entries.push(path);
        }
    }
    entries.sort();
    Ok(entries)
}

/// The features that the WIT at `path` names.
fn features_of(path: &Path, found: &mut Vec<String>) {
    if path.is_dir() {
        entries(path).unwrap_or_default().iter().for_each(|path| features_of(path, found));
    }
    let text = std::fs::read_to_string(path).unwrap_or_default();
    for gate in text.split("@unstable(").skip(1) {
        let Some((_, feature)) = gate.split(')').next().and_then(|gate| gate.split_once('=')) else {
            continue;
        };
        let feature = feature.trim();
        let off = feature == "disabled" || (feature.contains("active") && feature != "active");
        if !off {
            found.push(feature.to_owned());
        }
    }
}
