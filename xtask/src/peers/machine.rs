//! What a table of figures must say of where it was made: machine, date, commit, compiler, load.

use std::path::Path;
use std::process::Command;

pub(super) fn describe(root: &Path) -> String {
    let processor = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name.to_owned()));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ");
    let kernel = read("/proc/sys/kernel/osrelease");
    format!(
        "{}, commit {}. {}, {cores} cores, Linux {}, {}. Load at the end: {load}.\n",
        output(root, "date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        output(root, "git", &["describe", "--always", "--dirty"]),
        processor.unwrap_or_else(|| "an unknown processor".to_owned()),
        kernel.trim(),
        output(root, "rustc", &["--version"]),
    )
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn output(root: &Path, program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).current_dir(root).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
