//! `cargo xtask bindings`: bindings of every public WIT package expand and compile, and what is wrong is refused with a
//! place in the macro call. Two crates are generated under `target/`: one whose macro calls must compile, one whose macro
//! calls must each be an error. What is behind a gate of the Component Model is listed with its gate.

mod check;
mod packages;
mod refusals;

use std::collections::BTreeMap;
use std::path::Path;

use check::{Call, Krate};
use packages::Package;
use plugbay_bindgen::diag::messages;
use plugbay_bindgen::{Contents, Options};

/// What became of the packages.
#[derive(Default)]
struct Findings {
    compile: Vec<Call>,
    refuse: Vec<Call>,
    /// Gate → worlds.
    gated: BTreeMap<String, Vec<String>>,
    without_world: Vec<String>,
    known: Vec<String>,
    failed: Vec<String>,
}

/// Expands, compiles and refuses.
///
/// # Errors
/// What did not.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let Some(suites) = crate::test::suites_folder(root) else {
        eprintln!("*** BINDINGS NOT CHECKED: no suites found in $PLUGBAY_SUITES or ../shared/suites.");
        return Ok(());
    };
    let suites = std::fs::canonicalize(&suites).map_err(|e| format!("{}: {e}", suites.display()))?;
    let mut findings = Findings::default();
    let packages = packages::accepted(&suites)?;
    for package in &packages {
        accepted(package, &mut findings);
    }
    let rejected = packages::rejected(&suites)?;
    for package in &rejected {
        refused(package, &mut findings);
    }
    findings.refuse.extend(refusals::calls());
    compile(root, &mut findings)?;
    refuse(root, &mut findings)?;
    print(&findings, packages.len(), rejected.len());
    if findings.failed.is_empty() { Ok(()) } else { Err(findings.failed.join("\n")) }
}

/// Expands every world of a package that a generator should digest; of a package without one, a world that imports and
/// exports its interfaces. Where the WIT has `@unstable` features, all is done without them and with them.
fn accepted(package: &Package, findings: &mut Findings) {
    match plugbay_bindgen::contents(&package.options(&[]), Path::new("/")) {
        Ok(contents) => worlds(package, &[], &contents, findings),
        Err(error) => {
            let text = messages(error);
            let known = packages::KNOWN
                .iter()
                .find(|(name, part, _)| package.name.ends_with(name) && text.contains(part));
            match known {
                Some((_, _, reason)) => findings.known.push(format!("{}: {reason}", package.name)),
                None if !package.features.is_empty() => {
                    let gate = format!("feature {}", package.features.join(", "));
                    findings.gated.entry(gate).or_default().push(package.name.clone());
                }
                None => findings.failed.push(format!("{}: {text}", package.name)),
            }
        }
    }
    if !package.features.is_empty() {
        match plugbay_bindgen::contents(&package.options(&package.features), Path::new("/")) {
            Ok(contents) => worlds(package, &package.features, &contents, findings),
            Err(error) => {
                findings.failed.push(format!("{} {:?}: {}", package.name, package.features, messages(error)))
            }
        }
    }
}

/// Expands the worlds of a package, or the one made of its interfaces.
fn worlds(package: &Package, features: &[String], contents: &Contents, findings: &mut Findings) {
    let with = if features.is_empty() { String::new() } else { format!(" with {}", features.join(", ")) };
    let worlds = contents.worlds.iter().filter(|world| package.defines(&world.place));
    let mut found = false;
    for world in worlds {
        found = true;
        let name = format!("{} {}{with}", package.name, world.name);
        let arguments = package.arguments(features, &format!("world: {:?}", world.name));
        expand(name, &package.options(features).world(&world.name), arguments, findings);
    }
    if found {
        return;
    }
    let interfaces = contents.interfaces.iter().filter(|interface| package.defines(&interface.place));
    let items: String =
        interfaces.map(|interface| format!(" import {0}; export {0};", escaped(&interface.name))).collect();
    if items.is_empty() {
        findings.without_world.push(package.name.clone());
        return;
    }
    let name = format!("{} (a world of its interfaces){with}", package.name);
    let text = format!("package plugbay:bindings; world all {{{items} }}");
    let arguments = package.arguments(features, &format!("inline: {text:?}"));
    expand(name, &package.options(features).inline(&text), arguments, findings);
}

/// Expands one world. What is behind a gate is listed; the rest is to be compiled.
fn expand(name: String, options: &Options, arguments: String, findings: &mut Findings) {
    match plugbay_bindgen::expand_options(options, Path::new("/")) {
        Ok(_) => findings.compile.push(Call { name, arguments, expected: None }),
        Err(error) => match gates(&error) {
            Some(gates) => findings.gated.entry(gates).or_default().push(name),
            None => findings.failed.push(format!("{name}: {}", messages(error))),
        },
    }
}

/// `a:async/b@1.0.0` → `%a:%async/%b@1.0.0`: no word is taken for a keyword.
fn escaped(name: &str) -> String {
    let (path, version) =
        name.split_once('@').map_or((name, String::new()), |(path, version)| (path, format!("@{version}")));
    format!("%{}{version}", path.replace(':', ":%").replace('/', "/%"))
}

/// The gates that an error names, when it is about nothing else.
fn gates(error: &syn::Error) -> Option<String> {
    let mut gates = Vec::new();
    for error in error.clone() {
        let text = error.to_string();
        let gate = text.split("(gate `").nth(1)?.split('`').next()?.to_owned();
        gates.push(gate);
    }
    gates.sort();
    gates.dedup();
    Some(gates.join(", "))
}

/// Sees that a package that is wrong is refused, and for the WIT and not for want of a world.
fn refused(package: &Package, findings: &mut Findings) {
    if plugbay_bindgen::contents(&package.options(&[]), Path::new("/")).is_ok() {
        return findings.failed.push(format!("{}: was not refused", package.name));
    }
    let arguments = package.arguments(&[], "");
    findings.refuse.push(Call { name: package.name.clone(), arguments, expected: None });
}

fn compile(root: &Path, findings: &mut Findings) -> Result<(), String> {
    let krate = Krate::write(root, "accepted", &findings.compile)?;
    let errors = krate.check(root)?;
    for error in errors {
        let name = error.call.map_or("somewhere", |index| findings.compile[index].name.as_str());
        findings.failed.push(format!("{name}: {}", error.text));
    }
    Ok(())
}

fn refuse(root: &Path, findings: &mut Findings) -> Result<(), String> {
    let krate = Krate::write(root, "refused", &findings.refuse)?;
    let errors = krate.check(root)?;
    for (index, call) in findings.refuse.iter().enumerate() {
        let texts: Vec<&str> = errors
            .iter()
            .filter(|error| error.call == Some(index))
            .map(|error| error.text.as_str())
            .collect();
        let wanted = call.expected.unwrap_or_default();
        if texts.is_empty() {
            findings.failed.push(format!("{}: no error in the macro call", call.name));
        } else if !texts.iter().any(|text| text.contains(wanted)) {
            findings.failed.push(format!(
                "{}: expected `{wanted}`, but it says: {}",
                call.name,
                texts.join("\n")
            ));
        }
    }
    for error in errors.iter().filter(|error| error.call.is_none()) {
        findings.failed.push(format!("an error in no macro call: {}", error.text));
    }
    Ok(())
}

fn print(findings: &Findings, accepted: usize, rejected: usize) {
    for call in &findings.compile {
        println!("compiles  {}", call.name);
    }
    for (gate, worlds) in &findings.gated {
        for world in worlds {
            println!("gated     {world} ({gate})");
        }
    }
    for package in &findings.without_world {
        println!("nothing   {package}");
    }
    for call in &findings.refuse {
        println!("refused   {}", call.name);
    }
    for known in &findings.known {
        println!("known     {known}");
    }
    let gated: usize = findings.gated.values().map(Vec::len).sum();
    let own = refusals::calls().len();
    println!(
        "{accepted} packages: {} worlds compile, {gated} are behind a gate, {} packages have nothing, {} are known",
        findings.compile.len(),
        findings.without_world.len(),
        findings.known.len()
    );
    println!(
        "{rejected} wrong packages and {own} wrong macro calls: {} refused with a place",
        findings.refuse.len()
    );
    println!("{} failed", findings.failed.len());
}
