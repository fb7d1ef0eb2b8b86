//! WASI 0.2, by hand over the component linker: what a plugin may ask of the system, each interface only when granted.
//!
//! `catalog` says which interfaces exist and what they need; one folder or file per WASI package holds the functions.
//! Here is the state that they share. Every length that a guest gives is capped, every wait obeys the deadline of the
//! call, and no value of a guest can make these functions panic.

pub(crate) mod catalog;
mod cli;
mod clocks;
mod filesystem;
mod io;
mod random;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use plugbay_component::{Error, HostContext, Linker, ResourceTable, ResourceTableError, Result};

use crate::audit::{Note, Tally, Verdict};
use crate::error::GuestMistake;
use crate::grant::authority::Authority;
use crate::grant::watch::Watch;
use crate::grant::{Input, Output};
use crate::interrupt::{Stop, Waiter};
use crate::limits::Limits;
use crate::state::PluginState;
use crate::usage::Meter;
use catalog::{Interface, Part};
use io::{Bytes, InputStream, OutputStream, Which};

/// The context of a host function of WASI.
type Cx<'a, T> = HostContext<'a, PluginState<T>>;

/// The most bytes that one call moves: reads return no more, writes accept no more.
const MAX_TRANSFER: usize = 64 << 10;

/// The state of WASI of one live plugin.
#[derive(Debug)]
pub(crate) struct Wasi {
    pub(crate) table: ResourceTable,
    pub(crate) waiter: Waiter,
    /// What host functions hold for the plugin, below its limits.
    pub(crate) meter: Meter,
    /// What the plugin used of what it was granted.
    pub(crate) tally: Tally,
    pub(crate) stdout: Captured,
    pub(crate) stderr: Captured,
    authority: Arc<Authority>,
    pub(crate) watch: Arc<Watch>,
    stdin: InputStream,
    started: Instant,
    files: Arc<filesystem::OpenFiles>,
}

/// Output that is kept in memory.
#[derive(Clone, Debug)]
pub(crate) struct Captured {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit: usize,
}

impl Wasi {
    pub(crate) fn new(authority: Arc<Authority>, waiter: Waiter, limits: &Limits, watch: Arc<Watch>) -> Self {
        let stdin = match &authority.stdio.stdin {
            Input::Null => InputStream::Empty,
            Input::Inherit => InputStream::Stdin,
            Input::Bytes(bytes) => InputStream::Bytes(Bytes::new(bytes.clone())),
        };
        Self {
            table: ResourceTable::with_max(usize::try_from(limits.handles).unwrap_or(usize::MAX)),
            waiter,
            meter: Meter::new(limits, watch.clone()),
            tally: Tally::default(),
            stdout: Captured::new(limits.captured_output),
            stderr: Captured::new(limits.captured_output),
            stdin,
            started: Instant::now(),
            files: filesystem::OpenFiles::new(limits.open_files),
            authority,
            watch,
        }
    }

    /// Tells the audit what was decided inside a host function, about one target: `("wasi:filesystem/types", "open-at",
    /// "/notes/a.txt", Verdict::Denied, "the grant denies **/.env")`. Denials are told at once, the same one again in the same
    /// call with its count when that has ended; what was allowed is told then too.
    ///
    /// A target is what a rule speaks of (a path, a host and port, a name of a key), never a value or a secret.
    pub(crate) fn note(
        &mut self,
        capability: &str,
        operation: &str,
        target: &str,
        verdict: Verdict,
        rule: &str,
    ) {
        let call = self.meter.call();
        self.watch.note(&mut self.tally, call, &Note { capability, operation, target, verdict, rule });
    }

    fn output(&self, which: Which) -> OutputStream {
        let (output, captured) = match which {
            Which::Stdout => (&self.authority.stdio.stdout, &self.stdout),
            Which::Stderr => (&self.authority.stdio.stderr, &self.stderr),
        };
        match output {
            Output::Null => OutputStream::Null,
            Output::Inherit => OutputStream::Process(which),
            Output::Capture => OutputStream::Captured(captured.clone(), which),
            Output::Writer(writer) => OutputStream::Writer(writer.clone(), which),
        }
    }
}

impl Captured {
    fn new(limit: usize) -> Self {
        Self { bytes: Arc::default(), limit }
    }

    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether all of `contents` found room.
    fn append(&self, contents: &[u8]) -> bool {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = contents.len() <= self.limit.saturating_sub(bytes.len());
        if fits {
            bytes.extend_from_slice(contents);
        }
        fits
    }
}

/// Adds the functions of one interface to a linker.
pub(crate) fn define<T: 'static>(interface: &Interface, linker: &mut Linker<PluginState<T>>) -> Result<()> {
    let mut instance = linker.instance(interface.name);
    match interface.part {
        Part::IoError => io::define_error(&mut instance),
        Part::IoPoll => io::define_poll(&mut instance),
        Part::IoStreams => io::define_streams(&mut instance),
        Part::Environment => cli::define_environment(&mut instance),
        Part::Exit => cli::define_exit(&mut instance),
        Part::Stdin => cli::define_stdin(&mut instance),
        Part::Stdout => cli::define_output(&mut instance, "get-stdout", Which::Stdout),
        Part::Stderr => cli::define_output(&mut instance, "get-stderr", Which::Stderr),
        Part::TerminalInput => cli::define_terminal_input(&mut instance),
        Part::TerminalOutput => cli::define_terminal_output(&mut instance),
        Part::TerminalStdin => cli::define_terminal_stdin(&mut instance),
        Part::TerminalStdout => cli::define_terminal_stdout(&mut instance),
        Part::TerminalStderr => cli::define_terminal_stderr(&mut instance),
        Part::WallClock => clocks::define_wall(&mut instance),
        Part::MonotonicClock => clocks::define_monotonic(&mut instance),
        Part::Random => random::define_random(&mut instance),
        Part::RandomInsecure => random::define_insecure(&mut instance),
        Part::RandomInsecureSeed => random::define_insecure_seed(&mut instance),
        Part::FilesystemTypes => filesystem::define_types(&mut instance),
        Part::FilesystemPreopens => filesystem::define_preopens(&mut instance),
    }
}

/// The guest broke a rule for which the interface has no error value: the call traps.
fn mistake(message: impl Into<String>) -> Error {
    Error::host(GuestMistake(message.into()))
}

/// The table refused a handle, or is full.
pub(crate) fn refused(error: ResourceTableError) -> Error {
    match error {
        ResourceTableError::Full(limit) => {
            let limit = limit as u64;
            Error::limit("handles", limit.saturating_add(1), limit)
        }
        other => mistake(other.to_string()),
    }
}

fn stopped(stop: Stop) -> Error {
    Error::host(stop)
}
