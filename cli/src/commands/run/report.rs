//! The flags that tell what the plugin did: to a file while it runs, and on standard error when it has ended.

use crate::exit::Failure;
use plugbay::audit::JsonLines;
use plugbay::{HostBuilder, Plugin};
use std::path::PathBuf;

/// The size at which a new audit file is begun, and how many older ones are kept.
const MAX_BYTES: u64 = 16 << 20;
const KEEP: u32 = 8;

#[derive(clap::Args)]
#[command(next_help_heading = "What is told of it")]
pub(super) struct ReportFlags {
    /// Append what it was granted and denied, and what it used, to this file: one JSON object on each line, for
    /// `plugbay audit`. At 16 MiB a new file is begun; 8 older ones are kept.
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
    /// Print on standard error what it used of its limits, when it has ended.
    #[arg(long, value_name = "FORM", num_args = 0..=1, default_missing_value = "text", require_equals = true)]
    usage: Option<Form>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Form {
    /// A table.
    Text,
    /// An object.
    Json,
}

impl ReportFlags {
    /// Tells the host what is to be told.
    pub(super) fn apply(&self, host: HostBuilder<()>) -> Result<HostBuilder<()>, Failure> {
        let host = host.measure(self.audit.is_some() || self.usage.is_some());
        match &self.audit {
            Some(file) => Ok(host.audit(JsonLines::open(file, MAX_BYTES, KEEP)?)),
            None => Ok(host),
        }
    }

    /// Tells what the plugin used.
    pub(super) fn tell(&self, plugin: &mut Plugin<()>) {
        match self.usage {
            Some(Form::Text) => eprintln!("{}", plugin.usage()),
            Some(Form::Json) => match serde_json::to_string(&plugin.usage()) {
                Ok(json) => eprintln!("{json}"),
                Err(error) => eprintln!("plugbay: {error}"),
            },
            None => {}
        }
    }
}
