//! plugbay-editor: a small editor whose features are plugins. This file reads the command line; what the commands do is in
//! `command.rs` and `demo/`.

#![forbid(unsafe_code)]

mod bay;
mod bindings;
mod buffer;
mod command;
mod demo;
mod desk;
mod edit;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A small editor whose features are plugins.
#[derive(Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Arguments {
    /// Shows everything without a terminal: loads the plugins, uses them, denies one, stops one.
    #[arg(long)]
    demo: bool,
    /// The folder with the plugins, one folder a language inside.
    #[arg(long, value_name = "FOLDER", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/.."), hide_default_value = true)]
    plugins: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Opens a file and shows what the plugins make of it.
    Open {
        /// The file.
        file: PathBuf,
    },
    /// Lists the plugins and what they may do.
    Plugins,
    /// Lets one plugin edit a file, and prints the result.
    Apply {
        /// The plugin, by name.
        plugin: String,
        /// The file.
        file: PathBuf,
        /// Saves the result to the file instead of printing it.
        #[arg(long)]
        write: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.command {
        _ if arguments.demo => demo::run(&arguments.plugins),
        Some(Command::Open { file }) => command::open(&arguments.plugins, file),
        Some(Command::Plugins) => command::plugins(&arguments.plugins),
        Some(Command::Apply { plugin, file, write }) => {
            command::apply(&arguments.plugins, plugin, file, *write)
        }
        None => Err("nothing to do: give --demo or a command (see --help)".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("plugbay-editor: {error}");
            ExitCode::FAILURE
        }
    }
}
