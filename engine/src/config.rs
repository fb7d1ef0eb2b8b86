//! What an [`Engine`](crate::Engine) can be told once, when it is made: how traps are caught, how code is compiled.
//! What one plugin may use while it runs is the store's (`StoreLimits`), not here.

use crate::memory_plan;
use crate::module::ModuleLimits;

/// How guest faults are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TrapStyle {
    /// Guard pages and trapping instructions, caught by a signal handler that chains to whatever was there. Fast.
    #[default]
    Signals,
    /// Checks in the code itself, no signal handler at all: for applications that own their signals, and for hosts of so
    /// many memories that they cannot reserve gigabytes of address space for each. Slower by what the checks cost.
    Explicit,
}

/// How hard the compiler tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OptLevel {
    /// Compile in about half the time, run slower.
    None,
    /// Compile well.
    #[default]
    Speed,
}

/// When the functions of a module are compiled. Their code is the same, and all of a module is validated when it is loaded,
/// whichever is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum CompileStrategy {
    /// All when the module is loaded.
    #[default]
    Eager,
    /// Each when it is first called: a large module answers its first call without compiling what it does not run, but
    /// calls that come to a new part of it take longer, and the module's bytes are kept.
    Lazy,
}

/// How much an engine keeps of instances that were dropped, to make the next ones from: their address space, with the
/// images of their memories mapped, and some of the pages that they wrote to, overwritten. Nothing of what a plugin left
/// can be seen by the next. Making an instance this way takes a tenth of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PoolConfig {
    /// Most idle instances of all modules together; those of other modules give way to the last dropped. Each takes the
    /// address space of its memories (6 GiB each by default) and some of the system's mappings. 0: none, each instance is
    /// made anew. Default: 512.
    pub instances: usize,
    /// Most bytes of memory that all idle instances together hold. Default: 64 MiB.
    pub bytes: usize,
    /// Most bytes of memory that one idle instance holds of those that it wrote to; it gives the rest back to the system.
    /// Default: 256 KiB.
    pub keep_resident: usize,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self { instances: 512, bytes: 64 << 20, keep_resident: 256 << 10 }
    }
}

impl PoolConfig {
    /// Nothing is kept.
    #[must_use]
    pub fn off() -> Self {
        Self { instances: 0, bytes: 0, keep_resident: 0 }
    }
}

/// The settings of an [`Engine`](crate::Engine). Modules compiled under one set of settings run under that set only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Config {
    trap_style: TrapStyle,
    opt_level: OptLevel,
    strategy: CompileStrategy,
    parallel: bool,
    verify_ir: bool,
    tail_calls: bool,
    function_references: bool,
    multi_memory: bool,
    memory64: bool,
    simd: bool,
    relaxed_simd: bool,
    pool: PoolConfig,
    wide_arithmetic: bool,
    fuel: bool,
    memory_reservation: Option<u64>,
    memory_guard: Option<u64>,
    module_limits: ModuleLimits,
    debug_info: bool,
    remembered_artifacts: u64,
    exceptions: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            trap_style: TrapStyle::Signals,
            opt_level: OptLevel::Speed,
            strategy: CompileStrategy::Eager,
            parallel: true,
            verify_ir: cfg!(debug_assertions),
            tail_calls: true,
            function_references: true,
            multi_memory: true,
            memory64: true,
            simd: true,
            relaxed_simd: true,
            pool: PoolConfig::default(),
            wide_arithmetic: true,
            fuel: false,
            memory_reservation: None,
            memory_guard: None,
            module_limits: ModuleLimits::default(),
            debug_info: true,
            remembered_artifacts: 128 << 20,
            exceptions: true,
        }
    }
}

impl Config {
    /// The default settings: signal traps, optimised code, all processors used for compiling.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses how guest faults are noticed.
    #[must_use]
    pub fn with_trap_style(mut self, style: TrapStyle) -> Self {
        self.trap_style = style;
        self
    }

    /// Chooses how hard the compiler tries.
    #[must_use]
    pub fn with_opt_level(mut self, level: OptLevel) -> Self {
        self.opt_level = level;
        self
    }

    /// Chooses when functions are compiled. Default: all when the module is loaded.
    #[must_use]
    pub fn with_compile_strategy(mut self, strategy: CompileStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Chooses whether functions are compiled on all processors or on one thread. The code is the same.
    #[must_use]
    pub fn with_parallel_compilation(mut self, parallel: bool) -> Self {
        self.parallel = parallel;
        self
    }

    /// Chooses whether the compiler checks its own intermediate form: slow, and only worth it to find defects of plugbay.
    #[must_use]
    pub fn with_ir_verifier(mut self, verify: bool) -> Self {
        self.verify_ir = verify;
        self
    }

    /// Chooses whether modules may use tail calls (`return_call` and its kin). Default: yes.
    #[must_use]
    pub fn with_tail_calls(mut self, allow: bool) -> Self {
        self.tail_calls = allow;
        self
    }

    /// Chooses whether modules may use typed function references (`call_ref`, references that are never null, tables with
    /// initial elements). Default: yes.
    #[must_use]
    pub fn with_function_references(mut self, allow: bool) -> Self {
        self.function_references = allow;
        self
    }

    /// Chooses whether modules may have more than one memory. Default: yes.
    #[must_use]
    pub fn with_multi_memory(mut self, allow: bool) -> Self {
        self.multi_memory = allow;
        self
    }

    /// Chooses whether modules may have memories and tables with 64-bit indices (the memory64 proposal). Memories do not
    /// grow beyond 4 GiB for all that. Default: yes.
    #[must_use]
    pub fn with_memory64(mut self, allow: bool) -> Self {
        self.memory64 = allow;
        self
    }

    /// Chooses whether modules may use vectors of 128 bits (fixed-width SIMD). Without them there is no relaxed SIMD
    /// either. Default: yes.
    #[must_use]
    pub fn with_simd(mut self, allow: bool) -> Self {
        self.simd = allow;
        self
    }

    /// Chooses whether modules may use relaxed SIMD, whose results are those of the deterministic profile: the same on
    /// every processor. Default: yes.
    #[must_use]
    pub fn with_relaxed_simd(mut self, allow: bool) -> Self {
        self.relaxed_simd = allow;
        self
    }

    /// Chooses whether modules may use wide arithmetic (`i64.add128` and its kin). Default: yes.
    #[must_use]
    pub fn with_wide_arithmetic(mut self, allow: bool) -> Self {
        self.wide_arithmetic = allow;
        self
    }

    /// Chooses whether guests use up fuel: a number that the application gives a store
    /// ([`Context::set_fuel`](crate::Context::set_fuel)), from which every executed operator takes, and which stops the
    /// guest with [`TrapKind::OutOfFuel`](crate::TrapKind::OutOfFuel) when it is used up. What a call takes depends on the
    /// module, its arguments and its imports only: not on the machine, the trap style or the way of compiling. A store
    /// starts with [`StoreLimits::fuel`](crate::StoreLimits::fuel). Default: no, then guests run faster.
    #[must_use]
    pub fn with_fuel(mut self, fuel: bool) -> Self {
        self.fuel = fuel;
        self
    }

    /// Chooses how many bytes of address space a linear memory reserves. Memories with 32-bit indices that reserve the
    /// 4 GiB that these reach, and a guard, are accessed without comparisons in signal style; all others with. A memory
    /// that grows beyond what it reserved moves (in time that depends on its size). Default: 4 GiB.
    #[must_use]
    pub fn with_memory_reservation(mut self, bytes: u64) -> Self {
        self.memory_reservation = Some(bytes);
        self
    }

    /// Chooses how many bytes of inaccessible address space follow a linear memory, at most 2 GiB. In signal style,
    /// accesses with a static offset below this need no comparison; in explicit style nothing relies on it. Default: 2 GiB
    /// in signal style, none in explicit style.
    #[must_use]
    pub fn with_memory_guard(mut self, bytes: u64) -> Self {
        self.memory_guard = Some(bytes);
        self
    }

    /// Sets what modules may ask for before any of them runs. Default: see [`ModuleLimits`].
    #[must_use]
    pub fn with_module_limits(mut self, limits: ModuleLimits) -> Self {
        self.module_limits = limits;
        self
    }

    /// Chooses whether the debug information of modules that have it (DWARF) is kept, so that backtraces tell files and
    /// lines. It is kept as it is, a copy of the sections, and read when a backtrace is looked at. Default: yes.
    #[must_use]
    pub fn with_debug_info(mut self, keep: bool) -> Self {
        self.debug_info = keep;
        self
    }

    /// Chooses how much is kept of dropped instances.
    #[must_use]
    pub fn with_pool(mut self, pool: PoolConfig) -> Self {
        self.pool = pool;
        self
    }

    /// All that changes machine code, how memories are planned, or which modules are accepted, by name. Artifacts are
    /// bound to it.
    pub(crate) fn fingerprint(&self) -> [(&'static str, u64); 15] {
        // By name, so that whoever adds a setting decides.
        let Self {
            trap_style,
            opt_level,
            parallel: _,
            verify_ir: _,
            strategy: _,
            tail_calls,
            function_references,
            multi_memory,
            memory64,
            simd,
            relaxed_simd,
            wide_arithmetic,
            exceptions,
            fuel,
            memory_reservation: _,
            memory_guard: _,
            module_limits,
            debug_info,
            pool: _,
            remembered_artifacts: _,
        } = self;
        [
            ("trap style", *trap_style as u64),
            ("opt level", *opt_level as u64),
            ("tail calls", u64::from(*tail_calls)),
            ("function references", u64::from(*function_references)),
            ("multi-memory", u64::from(*multi_memory)),
            ("memory64", u64::from(*memory64)),
            ("simd", u64::from(*simd)),
            ("relaxed simd", u64::from(*relaxed_simd)),
            ("wide arithmetic", u64::from(*wide_arithmetic)),
            ("exceptions", u64::from(*exceptions)),
            ("fuel", u64::from(*fuel)),
            ("memory reservation", self.memory_reservation()),
            ("memory guard", self.memory_guard()),
            ("module limits", module_limits.number()),
            ("debug info", u64::from(*debug_info)),
        ]
    }

    /// Chooses how many bytes of artifacts that were loaded from files an engine keeps after they were verified, so that
    /// loading an unchanged file again costs next to nothing. 0: none, every load verifies. Default: 128 MiB.
    #[must_use]
    pub fn with_remembered_artifacts(mut self, bytes: u64) -> Self {
        self.remembered_artifacts = bytes;
        self
    }

    /// Bytes of artifacts that an engine keeps after they were verified.
    pub fn remembered_artifacts(&self) -> u64 {
        self.remembered_artifacts
    }

    /// Chooses whether modules may use exceptions: tags, `throw`, `try_table` and references to exceptions. The older form
    /// of the proposal (`try` with `catch` inside, `rethrow`, `delegate`) is always refused. Default: yes.
    #[must_use]
    pub fn with_exceptions(mut self, allow: bool) -> Self {
        self.exceptions = allow;
        self
    }

    /// How guest faults are noticed.
    pub fn trap_style(&self) -> TrapStyle {
        self.trap_style
    }

    /// How much is kept of dropped instances.
    pub fn pool(&self) -> PoolConfig {
        self.pool
    }

    /// How hard the compiler tries.
    pub fn opt_level(&self) -> OptLevel {
        self.opt_level
    }

    /// When functions are compiled.
    pub fn compile_strategy(&self) -> CompileStrategy {
        self.strategy
    }

    /// Whether functions are compiled on all processors.
    pub fn parallel_compilation(&self) -> bool {
        self.parallel
    }

    /// Whether the compiler checks its own intermediate form.
    pub fn ir_verifier(&self) -> bool {
        self.verify_ir
    }

    /// What modules may ask for before any of them runs.
    pub fn module_limits(&self) -> &ModuleLimits {
        &self.module_limits
    }

    /// Whether the debug information of modules is kept.
    pub fn debug_info(&self) -> bool {
        self.debug_info
    }

    /// Whether modules may use tail calls.
    pub fn tail_calls(&self) -> bool {
        self.tail_calls
    }

    /// Whether modules may use typed function references.
    pub fn function_references(&self) -> bool {
        self.function_references
    }

    /// Whether modules may have more than one memory.
    pub fn multi_memory(&self) -> bool {
        self.multi_memory
    }

    /// Whether modules may have memories and tables with 64-bit indices.
    pub fn memory64(&self) -> bool {
        self.memory64
    }

    /// Whether modules may use vectors of 128 bits.
    pub fn simd(&self) -> bool {
        self.simd
    }

    /// Whether modules may use relaxed SIMD, given [`Config::simd`].
    pub fn relaxed_simd(&self) -> bool {
        self.relaxed_simd
    }

    /// Whether modules may use wide arithmetic.
    pub fn wide_arithmetic(&self) -> bool {
        self.wide_arithmetic
    }

    /// Whether guests use up fuel.
    pub fn fuel(&self) -> bool {
        self.fuel
    }

    /// Bytes of address space that a linear memory reserves.
    pub fn memory_reservation(&self) -> u64 {
        self.memory_reservation.unwrap_or(memory_plan::RESERVATION)
    }

    /// Bytes of inaccessible address space that follow a linear memory.
    pub fn memory_guard(&self) -> u64 {
        let default = match self.trap_style {
            TrapStyle::Signals => memory_plan::GUARD,
            TrapStyle::Explicit => 0,
        };
        self.memory_guard.unwrap_or(default).min(memory_plan::GUARD)
    }

    /// Whether modules may use exceptions.
    pub fn exceptions(&self) -> bool {
        self.exceptions
    }
}
