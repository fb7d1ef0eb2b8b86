//! `cargo xtask <task>`: the chores of this repository, one module each. Nothing here is part of what users build.

#![forbid(unsafe_code)]

mod bindings;
mod guests;
mod hostile;
mod peers;
mod program;
mod size;
mod test;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <task>

tasks:
  test [FILTER | --suite NAME]
                   run every test that needs neither Python nor a guest toolchain, then the public suites; or one suite
  peers [OPTION...]
                   measure beside other engines with the harness of the peers benchmark, and print what was reached
  bindings         expand and compile bindings of every public WIT package, and see that what is wrong is refused
  hostile          print which entries of the lists of hostile input have tests, and why others have none
  programs [--explicit] [PART-OF-A-NAME...]
                   run the programs of the public benchmark suites and compare their output
  wasi [PART-OF-A-NAME...]
                   run the programs of the WASI test suite, modules and components, in both trap styles
  soak [--cycles N] [--kills N]
                   make and drop instances, trap, and kill writers of the cache, many times: nothing grows, nothing breaks
  size             build the smallest hosts, with the compiler and without, and print how large they are
  tidy             check the house rules: crate graph, sizes, unsafe islands, headers, links
  guests [--check] [LANGUAGE...]
                   build the example plugins from source and compare them with those checked in";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = match args.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("help", &[][..]),
    };
    let root = root();
    let outcome = match task {
        "test" => test::run(&root, rest),
        "bindings" => bindings::run(&root),
        "hostile" => hostile::run(&root),
        "tidy" => tidy::run(&root, rest),
        "peers" => peers::run(&root, rest),
        "programs" | "soak" => program::run(&root, task, rest),
        "wasi" => program::wasi(&root, rest),
        "size" => size::run(&root, rest),
        "guests" => guests::run(&root, rest),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(format!("unknown task `{other}`\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask {task}: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository: the folder above this crate.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
