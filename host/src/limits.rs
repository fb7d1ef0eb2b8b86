//! What one plugin may use of the machine. Every limit is on by default; nothing here knows what a plugin may *do* (that
//! is `grant`).

use std::time::{Duration, Instant};

use plugbay_component::engine::{ModuleLimits, StoreLimits};

use crate::usage::Fuel;
#[cfg(feature = "http")]
use crate::wasi::http::HttpLimits;

/// The resources one live plugin may use, how long one call into it may take, and what its file may ask for.
///
/// A limit that is reached is an error of kind [`Limit`](crate::ErrorKind::Limit), which names the field, what was asked
/// for and the limit; a guest that asks for more memory or table elements gets −1 from the instruction that asks.
///
/// All fields are public; the setters exist for chaining:
///
/// ```
/// use std::time::Duration;
/// let limits = plugbay::Limits::default().memory(64 << 20).deadline(Duration::from_millis(250));
/// assert_eq!(limits.memory, 64 << 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// All linear memories of the plugin together, in bytes. Default 256 MiB.
    pub memory: u64,
    /// How long one call (or the instantiation) may take, host calls and waiting included. `None` means for ever.
    /// Default 5 seconds.
    pub deadline: Option<Duration>,
    /// Fuel that a plugin starts with: a count of the work that it does, the same in every run, which stops it when it is
    /// used up. What takes how much is told at [`Context::fuel`](plugbay_component::engine::Context::fuel). `None` means
    /// that nothing is counted, which is faster. Whether it is, the host's own limits decide; those of
    /// [`Compiled::with_limits`](crate::Compiled::with_limits) only say how much. Default none.
    pub fuel: Option<u64>,
    /// Fuel that one call (or the instantiation) may use, of what there is in all. `None` means all of it. Default none.
    pub fuel_per_call: Option<u64>,
    /// The guest's machine stack, in bytes. Default 512 KiB.
    pub stack: usize,
    /// Elements of all tables of the plugin together. Default 1,000,000.
    pub table_elements: u64,
    /// Core module instances of one plugin. Default 1,000.
    pub instances: u32,
    /// Linear memories of one plugin. Default 1,000.
    pub memories: u32,
    /// Tables of one plugin. Default 1,000.
    pub tables: u32,
    /// Bytes of the host's memory for the globals, imports and function references of one plugin's instances.
    /// Default 64 MiB.
    pub instance_bytes: u64,
    /// Bytes of the host's memory for exceptions that the plugin's core modules hold on to. Default 16 MiB.
    pub exception_bytes: u64,
    /// Bytes that the values which a plugin gives to the host in one call may take: what the host owns as it lies there,
    /// what it only borrows as it lies in the plugin. Default 128 MiB.
    pub value_bytes: u64,
    /// Bytes of one string that a plugin gives to the host. Default 64 MiB.
    pub string_bytes: u32,
    /// Elements of one list that a plugin gives to the host; those of a `list<u8>` are its bytes. Default 67,108,864.
    pub list_elements: u32,
    /// Resource handles: those a guest holds, and host objects that stand behind them. Default 100,000.
    pub handles: u32,
    /// How often handles may be lent in the calls under way. Default 200,000.
    pub lends: u32,
    /// Files and directories a plugin may hold open through WASI. Default 256.
    pub open_files: u32,
    /// Sockets a plugin may hold open. Default 64.
    pub sockets: u32,
    /// Pollables that wait for a clock. Default 10,000.
    pub timers: u32,
    /// Pollables of all kinds, timers included. Default 10,000.
    pub pollables: u32,
    /// Bytes of the host's memory that host functions keep for a plugin at one time: output that is captured, buffers of
    /// streams, bodies and fields of HTTP. Default 256 MiB.
    pub host_bytes: u64,
    /// Bytes that a plugin may write to the log in one call. Default 4 MiB.
    pub log_bytes: u64,
    /// Bytes that a plugin may write to files in its life: what it writes, what files grow by without it (holes), and 4 KiB
    /// for each new name. Removing files gives nothing back. Default 1 GiB.
    pub written_bytes: u64,
    /// At which part of a limit, in hundredths, it is told that there is little left
    /// ([`Verdict::Near`](crate::audit::Verdict::Near)). 100 and more: never. Default 80.
    pub soft_percent: u8,
    /// Bytes of captured standard output, and as many of standard error, before writes fail. Default 16 MiB.
    pub captured_output: usize,
    /// Bytes of standard output and error together each second, a second's worth at once. What comes faster waits, up to the
    /// deadline; a plugin that does not want to wait is told so by `check-write`. `None` for any number. Default 16 MiB.
    pub output_rate: Option<u64>,
    /// Requests that a plugin sends through `wasi:http`.
    #[cfg(feature = "http")]
    pub http: HttpLimits,
    /// What a plugin's file may ask for: its size, functions, nesting, the work of compiling it. Holds for everything
    /// that a host compiles; those of [`Compiled::with_limits`](crate::Compiled::with_limits) come too late for it.
    pub module: ModuleLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 256 << 20,
            deadline: Some(Duration::from_secs(5)),
            fuel: None,
            fuel_per_call: None,
            stack: 512 << 10,
            table_elements: 1_000_000,
            instances: 1_000,
            memories: 1_000,
            tables: 1_000,
            instance_bytes: 64 << 20,
            exception_bytes: StoreLimits::default().exception_bytes,
            value_bytes: 128 << 20,
            string_bytes: 64 << 20,
            list_elements: 64 << 20,
            handles: 100_000,
            lends: 200_000,
            open_files: 256,
            sockets: 64,
            timers: 10_000,
            pollables: 10_000,
            host_bytes: 256 << 20,
            log_bytes: 4 << 20,
            written_bytes: 1 << 30,
            soft_percent: 80,
            captured_output: 16 << 20,
            output_rate: Some(16 << 20),
            #[cfg(feature = "http")]
            http: HttpLimits::default(),
            module: ModuleLimits::default(),
        }
    }
}

impl Limits {
    /// Sets [`memory`](Self::memory), in bytes.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// Sets [`deadline`](Self::deadline) for each call.
    #[must_use]
    pub fn deadline(mut self, per_call: Duration) -> Self {
        self.deadline = Some(per_call);
        self
    }

    /// Lets calls take as long as they like. Only for plugins that you would run outside a sandbox too, or where a
    /// [`Canceller`](crate::Canceller) does the work.
    #[must_use]
    pub fn no_deadline(mut self) -> Self {
        self.deadline = None;
        self
    }

    /// Sets [`fuel`](Self::fuel).
    #[must_use]
    pub fn fuel(mut self, amount: u64) -> Self {
        self.fuel = Some(amount);
        self
    }

    /// Sets [`fuel_per_call`](Self::fuel_per_call).
    #[must_use]
    pub fn fuel_per_call(mut self, amount: u64) -> Self {
        self.fuel_per_call = Some(amount);
        self
    }

    /// Sets [`stack`](Self::stack), in bytes.
    #[must_use]
    pub fn stack(mut self, bytes: usize) -> Self {
        self.stack = bytes;
        self
    }

    /// Sets [`handles`](Self::handles).
    #[must_use]
    pub fn handles(mut self, count: u32) -> Self {
        self.handles = count;
        self
    }

    /// Sets [`open_files`](Self::open_files).
    #[must_use]
    pub fn open_files(mut self, count: u32) -> Self {
        self.open_files = count;
        self
    }

    /// Sets [`sockets`](Self::sockets).
    #[must_use]
    pub fn sockets(mut self, count: u32) -> Self {
        self.sockets = count;
        self
    }

    /// Sets [`timers`](Self::timers).
    #[must_use]
    pub fn timers(mut self, count: u32) -> Self {
        self.timers = count;
        self
    }

    /// Sets [`pollables`](Self::pollables).
    #[must_use]
    pub fn pollables(mut self, count: u32) -> Self {
        self.pollables = count;
        self
    }

    /// Sets [`host_bytes`](Self::host_bytes).
    #[must_use]
    pub fn host_bytes(mut self, bytes: u64) -> Self {
        self.host_bytes = bytes;
        self
    }

    /// Sets [`log_bytes`](Self::log_bytes).
    #[must_use]
    pub fn log_bytes(mut self, bytes: u64) -> Self {
        self.log_bytes = bytes;
        self
    }

    /// Sets [`soft_percent`](Self::soft_percent).
    #[must_use]
    pub fn soft_percent(mut self, percent: u8) -> Self {
        self.soft_percent = percent;
        self
    }

    /// Sets [`captured_output`](Self::captured_output), in bytes.
    #[must_use]
    pub fn captured_output(mut self, bytes: usize) -> Self {
        self.captured_output = bytes;
        self
    }

    /// Sets [`output_rate`](Self::output_rate), in bytes each second; `None` for any number.
    #[must_use]
    pub fn output_rate(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.output_rate = bytes.into();
        self
    }

    /// Sets [`module`](Self::module).
    ///
    /// ```
    /// use plugbay::{Limits, ModuleLimits};
    /// let limits = Limits::default().module(ModuleLimits { module_bytes: 1 << 20, ..ModuleLimits::default() });
    /// ```
    #[must_use]
    pub fn module(mut self, limits: ModuleLimits) -> Self {
        self.module = limits;
        self
    }

    /// The amount above which there is little left of `limit`.
    pub(crate) fn soft(&self, limit: u64) -> u64 {
        if self.soft_percent >= 100 {
            return u64::MAX;
        }
        // Divided before it is multiplied where it could overflow, and after where that would round to nothing.
        let percent = u64::from(self.soft_percent);
        limit
            .checked_mul(percent)
            .map_or_else(|| (limit / 100).saturating_mul(percent), |product| product / 100)
    }

    pub(crate) fn to_engine(&self) -> StoreLimits {
        StoreLimits {
            memory_bytes: self.memory,
            table_elements: self.table_elements,
            instances: self.instances,
            memories: self.memories,
            tables: self.tables,
            instance_bytes: self.instance_bytes,
            exception_bytes: self.exception_bytes,
            stack_bytes: self.stack,
            fuel: self.fuel_of_plugin().given(),
        }
    }

    /// What a new plugin has.
    pub(crate) fn fuel_of_plugin(&self) -> Fuel {
        Fuel::new(self.fuel.unwrap_or(StoreLimits::default().fuel), self.fuel_per_call)
    }

    pub(crate) fn to_component(&self, deadline: Option<Instant>) -> plugbay_component::Limits {
        plugbay_component::Limits {
            handles: self.handles,
            lends: self.lends,
            value_bytes: self.value_bytes,
            string_bytes: self.string_bytes,
            list_elements: self.list_elements,
            deadline,
        }
    }
}
