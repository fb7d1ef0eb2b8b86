//! The command line of `cargo xtask peers`.

use std::path::{Path, PathBuf};

/// Contestants that are measured when nobody says otherwise; `*` stands for any end.
const CONTESTANTS: &str = "plugbay*,native*,wasmtime,wasmtime-pool,wasmtime-poolkeep,wasmtime-component,\
                           wasmtime-component-pool,wasmtime-fuel,wasmtime-epoch,wasmtime-dyn,wasmi,wasmi-lazy,tinywasm";

pub(super) const USAGE: &str = "\
usage: cargo xtask peers [--harness DIR] [--bin DIR] [--guests DIR] [--out DIR] [--sections A,B,…] [--only NAMES]
                         [--rounds N] [--table-only] [--save FILE]";

#[derive(Debug)]
pub(super) struct Options {
    /// The folder of the harness.
    pub(super) harness: Option<PathBuf>,
    /// Where the programs of harness and peers are; `target/release` in the harness.
    pub(super) bin: Option<PathBuf>,
    /// Where the guests are; `../guests/out` beside the harness.
    pub(super) guests: Option<PathBuf>,
    /// Where results go.
    pub(super) out: PathBuf,
    /// What is measured: all if empty. Results of other sections are kept then.
    pub(super) sections: Vec<String>,
    pub(super) only: String,
    /// Samples of a case.
    pub(super) rounds: Option<String>,
    /// Prints what was measured before.
    pub(super) table_only: bool,
    /// The document to write.
    pub(super) save: Option<PathBuf>,
}

impl Options {
    pub(super) fn new(root: &Path, args: &[String]) -> Result<Self, String> {
        let mut options = Self {
            harness: std::env::var_os("PLUGBAY_PEERS_HARNESS").map(PathBuf::from),
            bin: None,
            guests: std::env::var_os("BENCH_GUESTS").map(PathBuf::from),
            out: root.join("target/peers"),
            sections: Vec::new(),
            only: CONTESTANTS.to_owned(),
            rounds: None,
            table_only: false,
            save: None,
        };
        let mut args = args.iter();
        while let Some(flag) = args.next() {
            if flag == "--table-only" {
                options.table_only = true;
                continue;
            }
            let value = args.next().ok_or_else(|| format!("{flag} needs a value\n{USAGE}"))?.clone();
            match flag.as_str() {
                "--harness" => options.harness = Some(value.into()),
                "--bin" => options.bin = Some(value.into()),
                "--guests" => options.guests = Some(value.into()),
                "--out" => options.out = value.into(),
                "--sections" => options.sections = value.split(',').map(str::to_owned).collect(),
                "--only" => options.only = value,
                "--rounds" => options.rounds = Some(value),
                "--save" => options.save = Some(value.into()),
                _ => return Err(format!("unknown option {flag}\n{USAGE}")),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_strangers_refused() {
        let args = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let options = Options::new(Path::new("."), &args("--sections A,F2 --table-only --rounds 3"));
        let options = options.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(options.sections, ["A", "F2"]);
        assert!(options.table_only && options.rounds.as_deref() == Some("3"));
        assert!(Options::new(Path::new("."), &args("--sections")).is_err());
        assert!(Options::new(Path::new("."), &args("--what is")).is_err());
    }
}
