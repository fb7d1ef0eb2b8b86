//! `plugbay bindgen`: the typed code of a WIT world, as text: for Rust, what `plugbay::bindgen!` expands to.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::exit::Failure;

/// Print the typed code of a WIT world, the same that `plugbay::bindgen!` makes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A .wit file, or a folder of them with its dependencies in `deps/`.
    wit: String,
    /// The language of the code.
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    lang: Language,
    /// The world; may be left out when there is only one.
    #[arg(long)]
    world: Option<String>,
    /// The name of the plugin struct; the world's when left out.
    #[arg(long)]
    name: Option<String>,
    /// Take `@unstable` items of this feature too; may be given again.
    #[arg(long = "feature", value_name = "FEATURE")]
    features: Vec<String>,
    /// Let every function of the host end the plugin's call with an error.
    #[arg(long)]
    trappable: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Language {
    /// What `plugbay::bindgen!` expands to.
    Rust,
}

/// Runs the command.
///
/// # Errors
/// When the WIT cannot be read, or bindings cannot be made of it.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let Language::Rust = args.lang;
    let mut options = plugbay_bindgen::Options::of_path(&args.wit);
    if let Some(world) = &args.world {
        options = options.world(world);
    }
    if let Some(name) = &args.name {
        options = options.name(name).map_err(|error| Failure::usage(format!("--name: {error}")))?;
    }
    for feature in &args.features {
        options = options.feature(feature);
    }
    if args.trappable {
        options = options.trappable();
    }
    let here: PathBuf = std::env::current_dir().map_err(|error| Failure::usage(error.to_string()))?;
    let text = plugbay_bindgen::expand_options(&options, &here)
        .and_then(|expansion| plugbay_bindgen::text(expansion.items))
        .map_err(|error| Failure::usage(plugbay_bindgen::diag::messages(error)))?;
    // Whoever reads may have read enough.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}
