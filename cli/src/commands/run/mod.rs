//! `plugbay run`: runs a command, or calls one export. Here: the order of things; `grants`, `limits`, `powers` and `report`
//! read the flags, `invoke` the call.

mod grants;
mod invoke;
mod learn;
mod limits;
mod powers;
mod report;

pub(crate) use grants::{Directory, directory};

use super::cache_flags::CacheFlags;
use crate::exit::Failure;
use plugbay::grants::{Answer, Ask, GrantStore, Learner, ask_at_terminal};
use plugbay::{Compiled, Grants, Host, Package, Plugin};
use std::path::PathBuf;
use std::process::ExitCode;

/// Run a command, or call one export of a component.
///
/// A component that exports `wasi:cli/run` runs with the arguments after `--`, and its exit code becomes ours. It sees
/// its arguments and this terminal, and nothing else that was not allowed by name. The exit code is 1 when the component
/// fails or is refused, 2 when the command line is wrong.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The component, or a plugin: its folder with a `plugin.toml`, a `.plug`, or a component with a manifest in it.
    component: PathBuf,
    /// Call an export instead, with arguments in WAVE: `word-count("some text")`. Prints the result in WAVE. An export
    /// of an interface may be named in full: `demo:editor/text-tools#count-words("some text")`.
    #[arg(long, value_name = "CALL")]
    invoke: Option<String>,
    /// With `--invoke` and the name of an export: its arguments as a JSON array, or an object by their names. Prints the
    /// result as JSON.
    #[arg(long, value_name = "ARGUMENTS", requires = "invoke")]
    json: Option<String>,
    #[command(flatten)]
    grants: grants::GrantFlags,
    /// A file of decisions (`plugbay grant`) about the plugin. What is not decided there is asked about.
    #[arg(long, value_name = "FILE")]
    grants_file: Option<PathBuf>,
    /// Tell in the end what it used: the smallest manifest and grants that would have sufficed, and what was refused. It
    /// gets no more for that; allow it generously to learn much.
    #[arg(long)]
    learn: bool,
    /// Do not ask: what is not decided is denied.
    #[arg(long)]
    no_prompt: bool,
    #[command(flatten)]
    powers: powers::PowerFlags,
    #[command(flatten)]
    limits: limits::LimitFlags,
    #[command(flatten)]
    report: report::ReportFlags,
    #[command(flatten)]
    cache: CacheFlags,
    /// The arguments of the command.
    #[arg(last = true)]
    args: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// When the component cannot be loaded, is not allowed what it asks for, or fails.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    if args.invoke.is_some() && !args.args.is_empty() {
        return Err(Failure::usage("the arguments of a call are written inside it, not after `--`"));
    }
    let limits = args.limits.limits();
    let mut grants = args.powers.grants(args.grants.grants()?);
    let learner = Learner::new();
    let host = Host::builder().limits(limits).cache(args.cache.config());
    let mut host = args.report.apply(args.powers.apply(host)?)?;
    if args.learn {
        host = host.learn(&learner);
    }
    let host = host.build()?;
    let compiled = match decided(args, &host)? {
        Some((compiled, decided)) => {
            grants = grants.and(decided);
            compiled
        }
        None => super::compile(&host, &args.component)?,
    };
    args.cache.tell(host.cache());
    let call = match (&args.invoke, &args.json) {
        (Some(name), Some(arguments)) => Some(invoke::Call::of_json(&compiled, name, arguments)?),
        (Some(text), None) => Some(invoke::Call::parse(&compiled, text)?),
        (None, _) => None,
    };
    if call.is_none() {
        let program = args.component.file_name().unwrap_or_default().to_string_lossy().into_owned();
        grants = grants.args([program]).args(args.args.iter().cloned());
    }
    let ended = go(&compiled, &grants, call, args);
    if args.learn {
        learn::tell(&learner, &compiled, &args.component);
    }
    ended
}

/// The last two verbs, and what is reported of them.
fn go(
    compiled: &Compiled<()>,
    grants: &Grants,
    call: Option<invoke::Call>,
    args: &Args,
) -> Result<ExitCode, Failure> {
    let mut plugin = compiled.link(grants)?.instantiate(())?;
    let outcome = run_it(&mut plugin, call, args);
    args.report.tell(&mut plugin);
    outcome
}

/// Makes the call, or runs the command.
fn run_it(plugin: &mut Plugin, call: Option<invoke::Call>, args: &Args) -> Result<ExitCode, Failure> {
    match call {
        Some(call) => {
            let result = plugin.call_dynamic(&call.path, &call.args)?;
            match (result, &call.result, &args.json) {
                (Some(result), Some(ty), Some(_)) => {
                    let json = plugbay::json::to_json(&result, ty);
                    println!("{}", json.map_err(|error| Failure::usage(format!("the result: {error}")))?);
                }
                (Some(result), ..) => println!("{}", plugbay::wave::print(&result)),
                (None, ..) => {}
            }
            Ok(ExitCode::SUCCESS)
        }
        None => Ok(ExitCode::from(plugin.run_command()?)),
    }
}

/// The plugin, with what was decided about it in a file and at the terminal.
fn decided(args: &Args, host: &Host<()>) -> Result<Option<(Compiled<()>, Grants)>, Failure> {
    let Some(file) = &args.grants_file else { return Ok(None) };
    let package = Package::open(&args.component)?;
    let mut store = GrantStore::open(file)?;
    let before = store.clone();
    let ask = |ask: &Ask<'_>| if args.no_prompt { Answer::DenyOnce } else { ask_at_terminal(ask) };
    let grants = store.grants(&package, ask)?;
    if store != before {
        store.save()?;
    }
    Ok(Some((host.compile_package(&package)?, grants)))
}
