//! WASI 0.2, by hand over the component linker: what a plugin may ask of the system, each interface only when granted.
//!
//! `catalog` says which interfaces exist and what they need; one folder or file per WASI package holds the functions.
//! Here is the state that they share. Every length that a guest gives is capped, every wait obeys the deadline of the
//! call, and no value of a guest can make these functions panic.

pub(crate) mod catalog;
mod cli;
mod clocks;
mod filesystem;
#[cfg(feature = "http")]
pub(crate) mod http;
mod io;
mod random;
mod sockets;

use std::sync::Arc;

use plugbay_component::{Error, HostContext, Linker, ResourceTable, ResourceTableError, Result};

use crate::audit::{Note, Tally, Verdict};
use crate::error::GuestMistake;
use crate::grant::Input;
use crate::grant::authority::Authority;
use crate::grant::watch::Watch;
use crate::interrupt::{Stop, Waiter};
use crate::limits::Limits;
use crate::powers;
use crate::state::PluginState;
use crate::usage::Meter;
use catalog::{Interface, Part};
use cli::{Outputs, ProcessInput, Which};
use io::{Bytes, InputStream};

/// The context of a host function of WASI.
type Cx<'a, T> = HostContext<'a, PluginState<T>>;

/// The most bytes that one call moves: reads return no more, writes accept no more.
const MAX_TRANSFER: usize = 64 << 10;

/// The most bytes that a host function makes room for at a guest's word.
const MAX_BUFFER: usize = 1 << 20;

/// The state of WASI of one live plugin.
#[derive(Debug)]
pub(crate) struct Wasi {
    pub(crate) table: ResourceTable,
    pub(crate) waiter: Waiter,
    /// What host functions hold for the plugin, below its limits.
    pub(crate) meter: Meter,
    /// What the plugin used of what it was granted.
    pub(crate) tally: Tally,
    pub(crate) powers: powers::InUse,
    authority: Arc<Authority>,
    pub(crate) watch: Arc<Watch>,
    /// What is left of standard input, where that is bytes.
    stdin: Option<Bytes>,
    outputs: Outputs,
    clock: clocks::PluginClock,
    random: random::Generator,
    #[cfg(feature = "http")]
    http: http::Client,
    net: sockets::Net,
}

impl Wasi {
    pub(crate) fn new(authority: Arc<Authority>, waiter: Waiter, limits: &Limits, watch: Arc<Watch>) -> Self {
        let stdio = &authority.stdio;
        let stdin = match &stdio.stdin {
            Input::Bytes(bytes) => Some(Bytes::new(bytes.clone())),
            Input::Null | Input::Inherit => None,
        };
        let meter = Meter::new(limits, watch.clone());
        Self {
            table: ResourceTable::with_max(usize::try_from(limits.handles).unwrap_or(usize::MAX)),
            waiter,
            tally: Tally::default(),
            stdin,
            outputs: Outputs::new((&stdio.stdout, &stdio.stderr), limits, &meter, &watch),
            clock: clocks::PluginClock::new(&authority.clock),
            random: random::Generator::new(&authority.random),
            #[cfg(feature = "http")]
            http: http::Client::new(limits.http.clone()),
            meter,
            powers: powers::InUse(authority.powers.clone()),
            net: sockets::Net::default(),
            authority,
            watch,
        }
    }

    /// Whether [`note`](Self::note) would tell anybody about such a decision; it need not be called if not.
    #[inline]
    pub(crate) fn hears(&self, verdict: Verdict) -> bool {
        self.watch.hears(verdict)
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

    /// What was captured of standard output.
    pub(crate) fn take_stdout(&self) -> Vec<u8> {
        self.outputs.take(Which::Stdout)
    }

    /// What was captured of standard error.
    pub(crate) fn take_stderr(&self) -> Vec<u8> {
        self.outputs.take(Which::Stderr)
    }

    fn input(&self) -> InputStream {
        match (&self.authority.stdio.stdin, &self.stdin) {
            (Input::Bytes(_), Some(bytes)) => InputStream::bytes(bytes.clone()),
            (Input::Inherit, _) => InputStream::source(Arc::new(ProcessInput)),
            (Input::Null | Input::Bytes(_), _) => InputStream::empty(),
        }
    }
}

/// So many zeroes to read into. The only place where memory is sized by a guest's number; that is capped here.
fn buffer(len: usize) -> Vec<u8> {
    vec![0; len.min(MAX_BUFFER)]
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
        Part::Config => powers::define_config(&mut instance),
        #[cfg(feature = "kv")]
        Part::Kv => powers::define_kv(&mut instance),
        Part::Log => powers::define_log(&mut instance),
        Part::Secret => powers::define_secret(&mut instance),
        #[cfg(feature = "http")]
        Part::HttpTypes => http::define_types(&mut instance),
        #[cfg(feature = "http")]
        Part::HttpOutgoingHandler => http::define_handler(&mut instance),
        Part::Network => sockets::define_network(&mut instance),
        Part::InstanceNetwork => sockets::define_instance_network(&mut instance),
        Part::IpNameLookup => sockets::define_lookup(&mut instance),
        Part::Tcp => sockets::define_tcp(&mut instance),
        Part::TcpCreateSocket => sockets::define_create_tcp(&mut instance),
        Part::Udp => sockets::define_udp(&mut instance),
        Part::UdpCreateSocket => sockets::define_create_udp(&mut instance),
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
