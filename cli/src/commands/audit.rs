//! `plugbay audit`: reads what `plugbay run --audit`, or an application, wrote.

use crate::exit::Failure;
use plugbay::audit::{Event, EventFilter, EventLog, EventSummary, parse_time};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

/// How long `--follow` waits before it looks again.
const PAUSE: Duration = Duration::from_millis(200);

/// Show what plugins did and were denied, from an audit file and those that were rotated away from it.
///
/// One line for each event: when, what was decided, the plugin and the call into it, the function, its target, how often and how
/// long, and the rule. Lines that are no events are told and passed by.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file that is written to, as in `plugbay run --audit FILE`.
    file: PathBuf,
    /// Only of this plugin.
    #[arg(long, value_name = "ID")]
    plugin: Option<String>,
    /// Only of a package (`wasi:filesystem`), an interface, or `limits`.
    #[arg(long, value_name = "NAME")]
    capability: Option<String>,
    /// Only what was denied.
    #[arg(long)]
    denied: bool,
    /// Not before: `10m`, `2h`, `7d` ago, or `2027-01-01T00:00:00Z`.
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<SystemTime>,
    /// Only of the call with this number.
    #[arg(long, value_name = "NUMBER")]
    call: Option<u64>,
    /// Count instead: who did what, how often, to how many targets.
    #[arg(long, conflicts_with = "follow")]
    summary: bool,
    /// Print JSON: an event on each line, or the summary as a list.
    #[arg(long)]
    json: bool,
    /// Wait for more, until interrupted.
    #[arg(long, short)]
    follow: bool,
}

fn since(text: &str) -> Result<SystemTime, String> {
    parse_time(text).ok_or_else(|| "write how long ago, as in `10m`, or `2027-01-01T00:00:00Z`".to_owned())
}

/// Runs the command.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let filter = args.filter();
    let mut log = EventLog::open(&args.file)?;
    let mut summary = EventSummary::default();
    let mut out = io::stdout().lock();
    loop {
        for event in &mut log {
            let event = match event {
                Ok(event) => event,
                Err(error) => {
                    eprintln!("plugbay: {error}");
                    continue;
                }
            };
            if !filter.matches(&event) {
                continue;
            }
            if args.summary {
                summary.add(&event);
            } else if print(&mut out, &event, args.json).is_err() {
                // Whoever read it has seen enough.
                return Ok(ExitCode::SUCCESS);
            }
        }
        if !args.follow {
            break;
        }
        if out.flush().is_err() {
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(PAUSE);
    }
    if args.summary {
        let text = if args.json { to_json(&summary)? } else { summary.to_string() };
        writeln!(out, "{text}").ok();
    }
    Ok(ExitCode::SUCCESS)
}

impl Args {
    fn filter(&self) -> EventFilter {
        let mut filter = EventFilter::new();
        if let Some(plugin) = &self.plugin {
            filter = filter.plugin(plugin);
        }
        if let Some(capability) = &self.capability {
            filter = filter.capability(capability);
        }
        if self.denied {
            filter = filter.denied();
        }
        if let Some(since) = self.since {
            filter = filter.since(since);
        }
        match self.call {
            Some(call) => filter.call(call),
            None => filter,
        }
    }
}

fn print(out: &mut impl io::Write, event: &Event, json: bool) -> io::Result<()> {
    if json { writeln!(out, "{}", serde_json::to_string(event)?) } else { writeln!(out, "{event}") }
}

fn to_json(summary: &EventSummary) -> Result<String, Failure> {
    serde_json::to_string_pretty(summary).map_err(|error| Failure::usage(error.to_string()))
}
