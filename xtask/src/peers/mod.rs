//! `cargo xtask peers`: builds our worker, has the harness of the peers benchmark measure it side by side with the others,
//! and prints what was reached. The figures come from that run alone; nothing here knows a result.

mod machine;
mod options;
mod reach;
mod results;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use options::Options;
use results::Results;

/// Sections that are measured alike: (sections, rounds, processes of a start, milliseconds of a sample).
const RUNS: &[(&[&str], &str, &str, &str)] = &[
    (&["A", "B", "E"], "21", "1", "5"),
    (&["F", "F2", "G"], "9", "1", "10"),
    (&["D2"], "9", "1", "5"),
    (&["C", "D", "E2"], "1", "5", "5"),
];

pub(crate) fn run(root: &Path, args: &[String]) -> Result<(), String> {
    let options = Options::new(root, args)?;
    if !options.table_only {
        let worker = build_worker(root)?;
        match &options.harness {
            Some(harness) => measure(harness, &worker, &options)?,
            None => {
                println!(
                    "The worker is {}.\nName the harness with --harness DIR to measure.",
                    worker.display()
                );
                return Ok(());
            }
        }
    }
    let results = Results::read(&options.out.join("results.jsonl"))?;
    let mut text = machine::describe(root);
    text.push('\n');
    text.push_str(&reach::table(&results));
    print!("{text}");
    if let Some(path) = &options.save {
        let tables = std::fs::read_to_string(options.out.join("tables.md")).unwrap_or_default();
        let _ = write!(text, "\n{}", reach::demote(&tables));
        std::fs::write(path, document(&text)).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

fn document(text: &str) -> String {
    format!(
        "# Figures, beside other engines\n\nMade by `cargo xtask peers --harness DIR`; [benches/peer](../benches/peer/README.md) says \
         what is measured and how.\n\n{text}"
    )
}

fn build_worker(root: &Path) -> Result<PathBuf, String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--profile", "peer", "--package", "plugbay-peer"]).current_dir(root);
    succeed(&mut cargo, "cargo build")?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("peer/plugbay-peer"))
}

fn measure(harness: &Path, worker: &Path, options: &Options) -> Result<(), String> {
    let bin = options.bin.clone().unwrap_or_else(|| harness.join("target/release"));
    let guests = options.guests.clone().unwrap_or_else(|| harness.join("../guests/out"));
    if options.sections.is_empty() {
        // A whole run stands for itself.
        let _ = std::fs::remove_file(options.out.join("results.jsonl"));
    }
    for (sections, rounds, shots, milliseconds) in RUNS {
        let asked =
            |section: &&&str| options.sections.is_empty() || options.sections.iter().any(|s| s == **section);
        let sections: Vec<&str> = sections.iter().filter(asked).copied().collect();
        if sections.is_empty() {
            continue;
        }
        let mut versus = Command::new(bin.join("versus"));
        versus.env("PLUGBAY_PEER", worker).env("BENCH_GUESTS", &guests);
        versus.arg("--config").arg(harness.join("contestants.toml")).arg("--bin").arg(&bin);
        versus.arg("--out").arg(&options.out).args(["--sections", &sections.join(",")]);
        versus.args(["--only", &options.only, "--min-ms", milliseconds]);
        versus.args(["--rounds", options.rounds.as_deref().unwrap_or(rounds)]);
        versus.args(["--shots", options.rounds.as_deref().unwrap_or(shots)]);
        succeed(&mut versus, "versus")?;
    }
    Ok(())
}

fn succeed(command: &mut Command, what: &str) -> Result<(), String> {
    let status = command.status().map_err(|e| format!("cannot run {what}: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{what} failed")) }
}
