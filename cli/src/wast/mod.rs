//! `plugbay wast`: runs the test scripts of WebAssembly and of the Component Model and counts what came of them.
//! Here: the command; `script` reads, `judge` decides, `core` and `component` act, `compare` and `report` tell.

mod compare;
mod component;
mod component_values;
mod core;
mod core_values;
mod judge;
mod mode;
mod outcome;
mod report;
mod script;
mod spectest;
mod table;
mod via;

use crate::exit::Failure;
use judge::Judge;
use mode::Mode;
use plugbay_engine::Engine;
use report::{FileReport, Outcome, Totals};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use via::Via;

/// Run WebAssembly test scripts.
///
/// Prints every failed and every skipped directive with its file, line and reason, and one line of totals. A directive is
/// skipped only when it needs a proposal that is not supported. The exit code is 0 only when nothing failed.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// `.wast` files, pre-encoded JSON scripts, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print the totals as one JSON object; failures and skips go to the error stream.
    #[arg(long)]
    json: bool,
    /// Print a line of totals for every file, too.
    #[arg(long)]
    verbose: bool,
    /// Print a table of the files instead of single skips: their counts, and which proposals keep directives out.
    #[arg(long, conflicts_with = "json")]
    table: bool,
    /// How many scripts to run at once. Default: one per processor.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    mode: Mode,
}

/// Runs the command.
///
/// # Errors
/// A path that holds no script; an engine that cannot be made.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let scripts = script::find(&args.paths).map_err(Failure::usage)?;
    let engine = Engine::new(&args.mode.config()).map_err(|e| Failure::guest(e.to_string()))?;
    let via = Via::new(args.mode.via()).map_err(|e| Failure::guest(format!("no folder for modules: {e}")))?;
    let jobs =
        args.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1);
    let reports = run_all(&engine, &args.mode, &via, &scripts, jobs);
    let mut totals = Totals::default();
    for report in &reports {
        totals.add(&report.totals);
        for line in report.lines(!args.table) {
            if args.json { eprintln!("{line}") } else { println!("{line}") }
        }
        if args.verbose && !args.json {
            println!("{}: {}", report.path.display(), report.totals);
        }
    }
    if args.table {
        print!("{}", table::of_files(&reports));
    }
    if args.json {
        let summary = table::Summary::new(totals, &reports);
        println!("{}", serde_json::to_string(&summary).map_err(|e| Failure::guest(e.to_string()))?);
    } else {
        println!("{totals}");
    }
    Ok(if totals.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the scripts on `jobs` threads; the reports come in the order of the scripts.
fn run_all(engine: &Engine, mode: &Mode, via: &Via, scripts: &[PathBuf], jobs: usize) -> Vec<FileReport> {
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(scripts.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = scripts.get(index) else { break };
                    let report = run_file(engine, mode, via, path);
                    reports.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, report));
                }
            });
        }
    });
    let mut reports = reports.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    reports.sort_by_key(|(index, _)| *index);
    reports.into_iter().map(|(_, report)| report).collect()
}

fn run_file(engine: &Engine, mode: &Mode, via: &Via, path: &Path) -> FileReport {
    let outcome = guarded(|| {
        script::load(path, |script| -> Result<FileReport, String> {
            let mut judge = Judge::new(engine, mode, via, &script).map_err(|refusal| refusal.describe())?;
            let mut report = FileReport::new(path.to_path_buf());
            for command in &script.commands {
                let outcome = guarded(|| judge.execute(command)).unwrap_or_else(Outcome::Failed);
                report.add(command.line(), script::is_assertion(command), outcome);
            }
            Ok(report)
        })
    });
    match outcome {
        Ok(Ok(Ok(report))) => report,
        Ok(Ok(Err(reason)) | Err(reason)) | Err(reason) => FileReport::unreadable(path.to_path_buf(), reason),
    }
}

/// A panic is a defect of the engine; it fails its directive and the other directives go on.
fn guarded<R>(run: impl FnOnce() -> R) -> Result<R, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        format!("the engine panicked: {text}")
    })
}
