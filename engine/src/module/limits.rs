//! What a module may ask for before any of it runs: one struct, checked against the declared sizes before anything is
//! allocated for them. What a running plugin may use is the store's (`StoreLimits`), not here.
//!
//! wasmparser has caps of its own (a million functions, 50,000 locals, bodies of 7.6 MB …). Those here are at most as high;
//! where both hold, ours speaks first, so that the error names a knob.

use std::time::{Duration, Instant};

use wasmparser::{Payload, SectionLimited};

use super::info::ModuleInfo;
use crate::error::{Error, ErrorKind, Result};

/// The highest [`ModuleLimits::br_table_targets`] that is obeyed: Cranelift encodes distances that hold up to here on
/// every machine.
const MOST_BR_TABLE_TARGETS: u64 = 65_520;

/// The highest [`ModuleLimits::code_bytes`] that is obeyed: offsets in machine code are 32 bits wide.
const MOST_CODE_BYTES: u64 = 2 << 30;

/// What a module may ask for: caps on inputs and on the work of compiling them. Exceeding one is an error of kind
/// [`Limit`](crate::ErrorKind::Limit) that names the field, what was asked for and the limit.
///
/// Hostile bytes cost no more time and memory than these allow; real modules stay far below. Counts are those that a
/// section declares, imports included; a count that the section's own bytes cannot hold is malformed, and nothing is
/// allocated for it either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ModuleLimits {
    /// Bytes of a whole module, or component. Default: 256 MiB.
    pub module_bytes: u64,
    /// Types. Default: 100,000.
    pub types: u32,
    /// Functions, imported and defined. Default: 500,000 (never more than 1,000,000).
    pub functions: u32,
    /// Imports. Default: 100,000.
    pub imports: u32,
    /// Exports. Default: 100,000.
    pub exports: u32,
    /// Tables, imported and defined. Default: 1,000.
    pub tables: u32,
    /// Memories, imported and defined. Default: 100 (never more).
    pub memories: u32,
    /// Globals, imported and defined. Default: 100,000.
    pub globals: u32,
    /// Exception tags, imported and defined. Default: 10,000.
    pub tags: u32,
    /// Element segments. Default: 100,000 (never more).
    pub element_segments: u32,
    /// Data segments. Default: 100,000 (never more).
    pub data_segments: u32,
    /// Bytes of one function's body. Default: 7,654,321 (never more).
    pub function_bytes: u64,
    /// Operators, operands of branches and calls, and locals of one function. Default: 3,000,000.
    pub function_work: u64,
    /// Values in the intermediate form of one function. Default: 4,000,000.
    pub function_values: u64,
    /// Blocks open at the same time in one function. Default: 20,000.
    pub block_depth: u64,
    /// Targets of one `br_table`, the default included. Default: 65,520 (never more).
    pub br_table_targets: u64,
    /// What `function_work` counts, for all functions together. Default: 500,000,000.
    pub module_work: u64,
    /// Bytes of machine code of a whole module. Default: 1 GiB (never more than 2).
    pub code_bytes: u64,
    /// How long compiling one module may take on the clock; looked at between functions. Default: as long as it takes,
    /// since that depends on the machine and on what else it does.
    pub compile_time: Option<Duration>,
}

impl Default for ModuleLimits {
    fn default() -> Self {
        Self {
            module_bytes: 256 << 20,
            types: 100_000,
            functions: 500_000,
            imports: 100_000,
            exports: 100_000,
            tables: 1_000,
            memories: 100,
            globals: 100_000,
            tags: 10_000,
            element_segments: 100_000,
            data_segments: 100_000,
            function_bytes: 7_654_321,
            function_work: 3_000_000,
            function_values: 4_000_000,
            block_depth: 20_000,
            br_table_targets: MOST_BR_TABLE_TARGETS,
            module_work: 500_000_000,
            code_bytes: 1 << 30,
            compile_time: None,
        }
    }
}

impl ModuleLimits {
    /// A number for all of them but the time, which says nothing about a module.
    pub(crate) fn number(&self) -> u64 {
        let limits = Self { compile_time: None, ..*self };
        let hash = blake3::hash(format!("{limits:?}").as_bytes());
        hash.as_bytes().first_chunk().copied().map_or(0, u64::from_le_bytes)
    }

    /// Refuses modules that are too large to be looked at.
    pub(crate) fn check_module_size(&self, bytes: &[u8]) -> Result<()> {
        at_most("module_bytes", bytes.len() as u64, self.module_bytes)
    }

    /// Refuses a section or a body that declares too much, given what the sections before it did.
    pub(crate) fn check_section(&self, payload: &Payload<'_>, info: &ModuleInfo) -> Result<()> {
        match payload {
            Payload::TypeSection(section) => declared("types", 0, section, self.types),
            Payload::ImportSection(section) => declared("imports", 0, section, self.imports),
            Payload::FunctionSection(section) => {
                declared("functions", info.functions.len(), section, self.functions)
            }
            Payload::TableSection(section) => declared("tables", info.tables.len(), section, self.tables),
            Payload::MemorySection(section) => {
                declared("memories", info.memories.len(), section, self.memories)
            }
            Payload::TagSection(section) => declared("tags", info.tags.len(), section, self.tags),
            Payload::GlobalSection(section) => declared("globals", info.globals.len(), section, self.globals),
            Payload::ExportSection(section) => declared("exports", 0, section, self.exports),
            Payload::ElementSection(section) => {
                declared("element_segments", 0, section, self.element_segments)
            }
            Payload::DataSection(section) => declared("data_segments", 0, section, self.data_segments),
            Payload::CodeSectionEntry(body) => {
                at_most("function_bytes", body.as_bytes().len() as u64, self.function_bytes)
            }
            _ => Ok(()),
        }
    }

    /// Refuses modules that import too much of a kind; definitions are counted by section.
    pub(crate) fn check_imported(&self, info: &ModuleInfo) -> Result<()> {
        let imported = |knob, count: u32, limit: u32| at_most(knob, count.into(), limit.into());
        imported("functions", info.num_imported_functions, self.functions)?;
        imported("tables", info.num_imported_tables, self.tables)?;
        imported("memories", info.num_imported_memories, self.memories)?;
        imported("globals", info.num_imported_globals, self.globals)?;
        imported("tags", info.num_imported_tags, self.tags)
    }

    pub(crate) fn check_block_depth(&self, depth: u64) -> Result<()> {
        at_most("block_depth", depth, self.block_depth)
    }

    pub(crate) fn check_br_table(&self, targets: u64) -> Result<()> {
        at_most("br_table_targets", targets, self.br_table_targets.min(MOST_BR_TABLE_TARGETS))
    }

    pub(crate) fn check_values(&self, values: usize) -> Result<()> {
        at_most("function_values", values as u64, self.function_values)
    }

    pub(crate) fn check_code_size(&self, bytes: u64) -> Result<()> {
        at_most("code_bytes", bytes, self.code_bytes.min(MOST_CODE_BYTES))
    }
}

/// Refuses a section that declares more items than may be, besides those that are there, or more than its own bytes can
/// hold with a byte for each: wasmparser takes memory for as many as are declared.
fn declared<T>(knob: &'static str, there: usize, section: &SectionLimited<'_, T>, limit: u32) -> Result<()> {
    let range = section.range();
    let (count, bytes) = (u64::from(section.count()), range.end.saturating_sub(range.start));
    if count > bytes {
        let offset = usize::try_from(range.start).unwrap_or(usize::MAX);
        let message = format!("unexpected end: a section of {bytes} bytes declares {count} items ({knob})");
        return Err(Error::new(ErrorKind::Malformed { offset, message }));
    }
    at_most(knob, count.saturating_add(there as u64), limit.into())
}

/// Refuses `asked` of what is limited by `knob` if it is more than `limit`.
pub(crate) fn at_most(knob: &'static str, asked: u64, limit: u64) -> Result<()> {
    if asked > limit { Err(Error::limit(knob, asked, limit)) } else { Ok(()) }
}

/// When compiling a module began, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CompileClock {
    began: Instant,
    limit: Option<Duration>,
}

impl CompileClock {
    /// A clock that starts now.
    pub(crate) fn start(limits: &ModuleLimits) -> Self {
        Self { began: Instant::now(), limit: limits.compile_time }
    }

    /// Refuses to go on when the time is up. Both times of the error are in milliseconds.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(limit) = self.limit else { return Ok(()) };
        let elapsed = self.began.elapsed();
        if elapsed <= limit {
            return Ok(());
        }
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        // Rounded up, so that it is more than the limit in these units too.
        Err(Error::limit("compile_time", milliseconds(elapsed).saturating_add(1), milliseconds(limit)))
    }
}
