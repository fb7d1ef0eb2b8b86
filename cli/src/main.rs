//! The `plugbay` command: parses the command line and hands over to one module per verb. It prints what the library
//! knows and decides nothing itself.

#![forbid(unsafe_code)]

mod commands;
mod exit;
mod wast;

use clap::{Parser, Subcommand};
use plugbay::grants::Decision;
use std::process::ExitCode;

/// Run, inspect and test sandboxed WebAssembly plugins.
#[derive(Parser)]
#[command(name = "plugbay", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Run(Box<commands::run::Args>),
    Inspect(commands::inspect::Args),
    Check(commands::check::Args),
    Wit(commands::wit::Args),
    Permissions(commands::permissions::Args),
    Grant(commands::decide::Args),
    /// Note that a plugin may not have what it asks for.
    Deny(commands::decide::Args),
    Revoke(commands::decide::RevokeArgs),
    Pack(commands::pack::Args),
    Unpack(commands::pack::UnpackArgs),
    Keygen(commands::sign::KeygenArgs),
    Sign(commands::sign::Args),
    Verify(commands::sign::VerifyArgs),
    Audit(commands::audit::Args),
    Bindgen(commands::bindgen::Args),
    Compile(commands::compile::Args),
    Cache(commands::cache::Args),
    Wast(wast::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().verb {
        Verb::Run(args) => commands::run::run(&args),
        Verb::Inspect(args) => commands::inspect::run(&args),
        Verb::Check(args) => commands::check::run(&args),
        Verb::Wit(args) => commands::wit::run(&args),
        Verb::Permissions(args) => commands::permissions::run(&args),
        Verb::Grant(args) => commands::decide::run(&args, Decision::Allow),
        Verb::Deny(args) => commands::decide::run(&args, Decision::Deny),
        Verb::Revoke(args) => commands::decide::revoke(&args),
        Verb::Pack(args) => commands::pack::run(&args),
        Verb::Unpack(args) => commands::pack::unpack(&args),
        Verb::Keygen(args) => commands::sign::keygen(&args),
        Verb::Sign(args) => commands::sign::run(&args),
        Verb::Verify(args) => commands::sign::verify(&args),
        Verb::Audit(args) => commands::audit::run(&args),
        Verb::Bindgen(args) => commands::bindgen::run(&args),
        Verb::Compile(args) => commands::compile::run(&args),
        Verb::Cache(args) => commands::cache::run(&args),
        Verb::Wast(args) => wast::run(&args),
    };
    outcome.unwrap_or_else(|failure| failure.report())
}
