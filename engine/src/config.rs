//! What an [`Engine`](crate::Engine) can be told once, when it is made: how traps are caught, how code is compiled.
//! Limits of one plugin are the store's (`StoreLimits`), not here.

/// How guest faults are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TrapStyle {
    /// Guard pages and trapping instructions, caught by a signal handler that chains to whatever was there. Fast.
    #[default]
    Signals,
    /// Explicit checks, no signal handler at all: for applications that own their signals. Not available yet: an engine
    /// refuses it.
    Explicit,
}

/// How hard the compiler tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OptLevel {
    /// Compile quickly, run slower.
    None,
    /// Compile well.
    #[default]
    Speed,
}

/// The settings of an [`Engine`](crate::Engine). Modules compiled under one set of settings run under that set only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Config {
    trap_style: TrapStyle,
    opt_level: OptLevel,
    parallel: bool,
    verify_ir: bool,
    tail_calls: bool,
    function_references: bool,
    multi_memory: bool,
    memory64: bool,
    simd: bool,
    relaxed_simd: bool,
    wide_arithmetic: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            trap_style: TrapStyle::Signals,
            opt_level: OptLevel::Speed,
            parallel: true,
            verify_ir: cfg!(debug_assertions),
            tail_calls: true,
            function_references: true,
            multi_memory: true,
            memory64: true,
            simd: true,
            relaxed_simd: true,
            wide_arithmetic: true,
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

    /// How guest faults are noticed.
    pub fn trap_style(&self) -> TrapStyle {
        self.trap_style
    }

    /// How hard the compiler tries.
    pub fn opt_level(&self) -> OptLevel {
        self.opt_level
    }

    /// Whether functions are compiled on all processors.
    pub fn parallel_compilation(&self) -> bool {
        self.parallel
    }

    /// Whether the compiler checks its own intermediate form.
    pub fn ir_verifier(&self) -> bool {
        self.verify_ir
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
}
