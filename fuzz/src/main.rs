//! `fuzz`: runs fuzz targets for a while, each in a process of its own so that a crash or a hang is a finding as well.

#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use plugbay_fuzz::run::{Inputs, Totals};
use plugbay_fuzz::targets::{TARGETS, differential};
use plugbay_fuzz::{Target, run};

const USAGE: &str = "\
usage: fuzz [--seconds N] [--seed N] [--findings DIR] [TARGET...]
       fuzz --input FILE [--module OUT] TARGET

Runs the targets (all if none is named) for N seconds each (10), with inputs that follow from the seed (1).
Findings are written to DIR (target/findings); `--input` feeds one file again; `--module` writes down, as text, the
module that the target `differential` makes of it.";

/// How long one input may take before it counts as a hang.
const HANG: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match perform(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("fuzz: {message}");
            ExitCode::from(2)
        }
    }
}

struct Options {
    seconds: u64,
    seed: u64,
    from: u64,
    findings: PathBuf,
    input: Option<PathBuf>,
    module: Option<PathBuf>,
    progress: Option<PathBuf>,
    targets: Vec<Target>,
}

fn perform(args: &[String]) -> Result<bool, String> {
    let mut options = Options {
        seconds: 10,
        seed: 1,
        from: 0,
        findings: PathBuf::from("target/findings"),
        input: None,
        module: None,
        progress: None,
        targets: Vec::new(),
    };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value\n{USAGE}"));
        let number = |text: &String| text.parse().map_err(|_| format!("`{text}` is no number\n{USAGE}"));
        match arg.as_str() {
            "--seconds" => options.seconds = number(value()?)?,
            "--seed" => options.seed = number(value()?)?,
            "--from" => options.from = number(value()?)?,
            "--findings" => options.findings = value()?.into(),
            "--input" => options.input = Some(value()?.into()),
            "--module" => options.module = Some(value()?.into()),
            "--worker" => options.progress = Some(value()?.into()),
            name => match TARGETS.iter().find(|target| target.name == name) {
                Some(target) => options.targets.push(*target),
                None => return Err(format!("no target `{name}`\n{USAGE}")),
            },
        }
    }
    match (&options.input, &options.progress, options.targets.as_slice()) {
        (Some(path), _, [target]) => {
            let input = fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
            if let (Some(path), Some((module, _))) = (&options.module, differential::module(&input)) {
                let text = wasmprinter::print_bytes(module).map_err(|e| e.to_string())?;
                fs::write(path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
            }
            println!("{}: {:?}", target.name, (target.run)(&input));
            Ok(true)
        }
        (None, Some(progress), [target]) => work(&options, *target, progress).map(|()| true),
        (None, None, []) => supervise_all(&options, TARGETS),
        (None, None, targets) => supervise_all(&options, targets),
        _ => Err(USAGE.to_owned()),
    }
}

/// Feeds inputs in this process and prints the totals.
fn work(options: &Options, target: Target, progress: &Path) -> Result<(), String> {
    let inputs = Inputs::new(target, options.seed)?;
    let file = File::create(progress).map_err(|e| format!("cannot write {}: {e}", progress.display()))?;
    let totals = run::run(&inputs, options.from, Duration::from_secs(options.seconds), |number| {
        // Only read after a crash; when it cannot be written the crash is found all the same.
        let _ = file.write_all_at(&number.to_le_bytes(), 0);
    });
    let findings: Vec<String> = totals.findings.iter().map(u64::to_string).collect();
    println!("{} {} {} {}", totals.executions, totals.accepted, totals.looked_at, findings.join(","));
    Ok(())
}

fn supervise_all(options: &Options, targets: &[Target]) -> Result<bool, String> {
    fs::create_dir_all(&options.findings)
        .map_err(|e| format!("cannot make {}: {e}", options.findings.display()))?;
    let (mut executions, mut findings) = (0, 0);
    for target in targets {
        let start = Instant::now();
        let totals = supervise(options, *target)?;
        println!(
            "fuzz {:12} {:>9} executions, {:>8} accepted, {:>9} results looked at, {} findings, {:.0?}",
            target.name,
            totals.executions,
            totals.accepted,
            totals.looked_at,
            totals.findings.len(),
            start.elapsed(),
        );
        executions += totals.executions;
        findings += totals.findings.len();
    }
    println!("fuzz: {executions} executions, {findings} findings, seed {}", options.seed);
    Ok(findings == 0)
}

/// Has a process feed inputs to a target, and another one go on where it crashed.
fn supervise(options: &Options, target: Target) -> Result<Totals, String> {
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let inputs = Inputs::new(target, options.seed)?;
    let progress = options.findings.join(format!("progress-{}-{}", target.name, std::process::id()));
    let mut sum = Totals::default();
    let mut from = options.from;
    loop {
        let left = end.saturating_duration_since(Instant::now()).as_secs_f64().ceil() as u64;
        if left == 0 || sum.findings.len() >= 20 {
            break;
        }
        let program = std::env::current_exe().map_err(|e| e.to_string())?;
        let worker = Command::new(program)
            .args(["--seconds", &left.to_string(), "--seed", &options.seed.to_string()])
            .args(["--from", &from.to_string(), "--worker"])
            .arg(&progress)
            .arg(target.name)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cannot start a worker: {e}"))?;
        let told = watch(worker, &progress)?;
        let (totals, crashed) = match told {
            Some(totals) => (totals, false),
            None => {
                let at = position(&progress).ok_or("a worker ended before its first input")?;
                let executions = at.saturating_sub(from) + 1;
                (Totals { executions, findings: vec![at], ..Totals::default() }, true)
            }
        };
        for number in &totals.findings {
            let path = options.findings.join(format!("{}-{}-{number}", target.name, options.seed));
            fs::write(&path, inputs.get(*number))
                .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
            println!("FINDING: {} (fuzz --input {} {})", target.door, path.display(), target.name);
        }
        from += totals.executions;
        sum.executions += totals.executions;
        sum.accepted += totals.accepted;
        sum.looked_at += totals.looked_at;
        sum.findings.extend(totals.findings);
        if !crashed {
            break;
        }
    }
    fs::remove_file(&progress).ok();
    Ok(sum)
}

/// Waits for a worker; `None` if it crashed or hung.
fn watch(mut worker: Child, progress: &Path) -> Result<Option<Totals>, String> {
    let (mut last, mut since) = (None, Instant::now());
    loop {
        if worker.try_wait().map_err(|e| e.to_string())?.is_some() {
            break;
        }
        let now = position(progress);
        if now != last {
            (last, since) = (now, Instant::now());
        } else if since.elapsed() > HANG {
            println!("an input takes more than {HANG:?}");
            worker.kill().map_err(|e| e.to_string())?;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let output = worker.wait_with_output().map_err(|e| e.to_string())?;
    if !output.status.success() {
        println!("the worker ended with {}", output.status);
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words: Vec<&str> = text.trim_end_matches('\n').split(' ').collect();
    let number = |index: usize| words.get(index).and_then(|word| word.parse().ok()).unwrap_or(0);
    let findings = words.get(3).into_iter().flat_map(|list| list.split(',')).filter_map(|n| n.parse().ok());
    Ok(Some(Totals {
        executions: number(0),
        accepted: number(1),
        looked_at: number(2),
        findings: findings.collect(),
    }))
}

/// The number of the input that was fed last.
fn position(progress: &Path) -> Option<u64> {
    let bytes = fs::read(progress).ok()?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}
