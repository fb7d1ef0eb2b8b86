//! The flags that allow and deny, turned into `Grants`. Every flag is one call of the library; a denial wins there.

use crate::commands::rule_flags::RuleFlags;
use crate::exit::Failure;
use plugbay::{Grants, Stdio};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(next_help_heading = "What it may do")]
pub(super) struct GrantFlags {
    /// Show the directory HOST as GUEST, for reading and writing; for reading only with `::ro`.
    #[arg(long, value_name = "HOST::GUEST[::ro]", value_parser = directory)]
    dir: Vec<Directory>,
    /// Set an environment variable.
    #[arg(long, value_name = "KEY=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// Show a directory under its own name, for reading.
    #[arg(long, value_name = "DIR")]
    allow_read: Vec<PathBuf>,
    /// Show a directory under its own name, for reading and writing.
    #[arg(long, value_name = "DIR")]
    allow_write: Vec<PathBuf>,
    /// Pass on environment variables of ours.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    allow_env: Vec<String>,
    #[command(flatten)]
    rules: RuleFlags,
    /// Allow to read the time, measure time and wait.
    #[arg(long)]
    allow_clocks: bool,
    /// Allow random numbers.
    #[arg(long)]
    allow_random: bool,
    /// Allow this terminal (the default).
    #[arg(long)]
    allow_stdio: bool,
    /// Allow a package (`wasi:clocks`) or an interface (`wasi:clocks/wall-clock`).
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    allow: Vec<String>,
    /// Allow all of WASI: every variable of ours, and the current directory for reading and writing.
    #[arg(long)]
    allow_all: bool,
    /// Hide a path and all below it.
    #[arg(long, value_name = "PATH")]
    deny_read: Vec<PathBuf>,
    /// Protect a path and all below it from changes.
    #[arg(long, value_name = "PATH")]
    deny_write: Vec<PathBuf>,
    /// Hide environment variables.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    deny_env: Vec<String>,
    /// Deny clocks.
    #[arg(long)]
    deny_clocks: bool,
    /// Deny random numbers.
    #[arg(long)]
    deny_random: bool,
    /// Deny this terminal.
    #[arg(long)]
    deny_stdio: bool,
    /// Deny a package or an interface, whatever else is allowed.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    deny: Vec<String>,
}

/// A directory of the host and what it is called in the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directory {
    pub(crate) host: PathBuf,
    pub(crate) guest: String,
    pub(crate) read_only: bool,
}

pub(crate) fn directory(text: &str) -> Result<Directory, String> {
    let (text, read_only) = match text.strip_suffix("::ro") {
        Some(rest) => (rest, true),
        None => (text.strip_suffix("::rw").unwrap_or(text), false),
    };
    match text.split_once("::") {
        Some((host, guest)) if !host.is_empty() && !guest.is_empty() && !guest.contains("::") => {
            Ok(Directory { host: host.into(), guest: guest.to_owned(), read_only })
        }
        _ => Err("write HOST::GUEST or HOST::GUEST::ro, as in `./notes::/notes::ro`".to_owned()),
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE; to pass on a variable of ours, use --allow-env KEY".to_owned()),
    }
}

impl GrantFlags {
    /// The grants that the flags stand for.
    pub(super) fn grants(&self) -> Result<Grants, Failure> {
        let mut grants = Grants::none();
        if self.allow_all {
            grants = everything(grants);
        }
        for dir in &self.dir {
            grants = if dir.read_only {
                grants.allow_read(&dir.host, &dir.guest)
            } else {
                grants.allow_write(&dir.host, &dir.guest)
            };
        }
        for path in &self.allow_read {
            grants = grants.allow_read(path, own_name(path)?);
        }
        for path in &self.allow_write {
            grants = grants.allow_write(path, own_name(path)?);
        }
        if self.allow_stdio || !self.deny_stdio {
            grants = grants.stdio(Stdio::inherit());
        }
        let grants = self.env.iter().fold(grants, |grants, (name, value)| grants.env(name, value));
        let grants = self.allow_env.iter().fold(grants, Grants::allow_env);
        self.rules.add(self.deny(self.allow(grants)))
    }

    fn allow(&self, mut grants: Grants) -> Grants {
        let switches = [(self.allow_clocks, "wasi:clocks"), (self.allow_random, "wasi:random")];
        for (_, name) in switches.iter().filter(|(on, _)| *on) {
            grants = grants.allow(*name);
        }
        self.allow.iter().fold(grants, Grants::allow)
    }

    fn deny(&self, mut grants: Grants) -> Grants {
        let switches = [
            (self.deny_clocks, "wasi:clocks"),
            (self.deny_random, "wasi:random"),
            (self.deny_stdio, "wasi:cli/stdin"),
            (self.deny_stdio, "wasi:cli/stdout"),
            (self.deny_stdio, "wasi:cli/stderr"),
        ];
        for (_, name) in switches.iter().filter(|(on, _)| *on) {
            grants = grants.deny(*name);
        }
        let grants = self.deny_read.iter().fold(grants, Grants::deny_read);
        let grants = self.deny_write.iter().fold(grants, Grants::deny_write);
        let grants = self.deny_env.iter().fold(grants, Grants::deny_env);
        self.deny.iter().fold(grants, Grants::deny)
    }
}

fn everything(grants: Grants) -> Grants {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let grants = names.fold(grants, Grants::allow_env);
    let packages = ["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:random"];
    packages.into_iter().fold(grants, Grants::allow).allow_write(".", ".")
}

fn own_name(path: &std::path::Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| {
        Failure::usage(format!(
            "{} is not Unicode; name it for the plugin with --dir HOST::GUEST",
            path.display()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_read_as_written() {
        let dir = |host: &str, guest: &str, read_only| {
            Ok(Directory { host: host.into(), guest: guest.into(), read_only })
        };
        assert_eq!(directory("a::/b"), dir("a", "/b", false));
        assert_eq!(directory("a::/b::ro"), dir("a", "/b", true));
        assert_eq!(directory("a::/b::rw"), dir("a", "/b", false));
        for bad in ["a", "::b", "a::", "a::ro", "a::b::c", ""] {
            assert!(directory(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn variables_are_read_as_written() {
        assert_eq!(variable("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert_eq!(variable("A="), Ok(("A".to_owned(), String::new())));
        assert!(variable("A").is_err() && variable("=x").is_err());
    }
}
