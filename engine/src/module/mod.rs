//! Modules: from bytes to declarations (`decode`, `info`, `consts`, `convert`) and code. Backtraces
//! are told with `symbols`: `names` and, by DWARF, places. What is supported and
//! why something is refused is in `refusal`, the caps on inputs in `limits`.

pub(crate) mod code;
pub(crate) mod consts;
pub(crate) mod convert;
pub(crate) mod decode;
#[cfg(feature = "dwarf")]
mod dwarf;
pub(crate) mod image;
pub(crate) mod info;
pub(crate) mod limits;
mod names;
pub(crate) mod refusal;
pub(crate) mod symbols;

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::compile::{self, LazyCompiler};
use crate::config::CompileStrategy;
use crate::engine::Engine;
use crate::error::Result;
use crate::runtime::pool::ModulePool;
use crate::runtime::signature::Signatures;
use crate::runtime::template::Template;
use crate::types::ExternType;
use crate::vm::CodeMemory;
use crate::vm::lazy_code::LazyCode;
use crate::vm::offsets::VmOffsets;
use code::ModuleCode;
use decode::{Decoded, decode};
use info::ModuleInfo;
pub use limits::ModuleLimits;
use symbols::Symbols;

/// A compiled module. Cheap to clone; safe to share between threads.
#[derive(Clone)]
pub struct Module(Arc<Inner>);

struct Inner {
    engine: Engine,
    info: Arc<ModuleInfo>,
    offsets: VmOffsets,
    symbols: Arc<Symbols>,
    signatures: Signatures,
    code: ModuleCode,
    /// Made when the first instance is.
    template: OnceLock<Template>,
    /// What is left of instances that were dropped. (Before `code` goes, which they refer to.)
    pool: Arc<ModulePool>,
}

impl Module {
    /// Decodes, validates and compiles a module in the binary format.
    ///
    /// # Errors
    /// `Malformed`, `Invalid` or `Unsupported` for what the bytes say, `Limit` for what they ask for, `Compile` and `Os`
    /// for what goes wrong on our side.
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<Self> {
        Self::compile(engine, bytes).map_err(|error| refusal::explain(error, bytes, engine.config()))
    }

    fn compile(engine: &Engine, bytes: &[u8]) -> Result<Self> {
        engine.config().module_limits().check_module_size(bytes)?;
        let Decoded { info, bodies, symbols, signatures } = decode(bytes, engine)?;
        let info = Arc::new(info);
        let code = match engine.config().compile_strategy() {
            CompileStrategy::Eager => {
                let code = compile::compile_module(engine.isa(), engine.config(), &info, bodies)?;
                ModuleCode::Whole(CodeMemory::publish(&code)?)
            }
            CompileStrategy::Lazy => {
                let compiler = LazyCompiler::new(engine, Arc::clone(&info), bytes, bodies)?;
                ModuleCode::Lazy(LazyCode::new(compiler)?)
            }
        };
        let signatures = Signatures::new(signatures);
        let (offsets, symbols) = (VmOffsets::new(&*info), Arc::new(Symbols::new(symbols.copied())));
        let (template, pool) = (OnceLock::new(), ModulePool::new(engine.pool()));
        let engine = engine.clone();
        Ok(Self(Arc::new(Inner { engine, info, offsets, symbols, signatures, code, template, pool })))
    }

    /// The engine it was compiled by.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The imports, in order: module, name, type.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = (&str, &str, ExternType)> {
        let info = &self.0.info;
        info.imports
            .iter()
            .map(|import| (import.module.as_str(), import.name.as_str(), info.entity_type(import.kind)))
    }

    /// The exports, in order: name, type.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = (&str, ExternType)> {
        let info = &self.0.info;
        info.exports.iter().map(|export| (export.name.as_str(), info.entity_type(export.kind)))
    }

    /// How many of its functions are compiled: all that it defines, or, with
    /// [`CompileStrategy::Lazy`](crate::CompileStrategy::Lazy), those that were called.
    pub fn compiled_functions(&self) -> usize {
        match &self.0.code {
            ModuleCode::Whole(_) => {
                let info = self.info();
                info.functions.len().saturating_sub(info.num_imported_functions as usize)
            }
            ModuleCode::Lazy(code) => code.compiled(),
        }
    }

    /// What the module declares.
    pub(crate) fn info(&self) -> &ModuleInfo {
        &self.0.info
    }

    /// The layout of its VM contexts.
    pub(crate) fn offsets(&self) -> &VmOffsets {
        &self.0.offsets
    }

    /// Its machine code.
    pub(crate) fn code(&self) -> &ModuleCode {
        &self.0.code
    }

    /// What its instances start from.
    pub(crate) fn template(&self) -> Result<&Template> {
        if let Some(template) = self.0.template.get() {
            return Ok(template);
        }
        let made = Template::new(self)?;
        // Another thread may have been quicker: then ours is dropped.
        Ok(self.0.template.get_or_init(|| made))
    }

    /// What is left of its instances.
    pub(crate) fn pool(&self) -> &Arc<ModulePool> {
        &self.0.pool
    }

    /// The signatures of its types.
    pub(crate) fn signatures(&self) -> &Signatures {
        &self.0.signatures
    }

    /// What backtraces are told with.
    pub(crate) fn symbols(&self) -> &Arc<Symbols> {
        &self.0.symbols
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { info, code, .. } = &*self.0;
        f.debug_struct("Module")
            .field("imports", &info.imports.len())
            .field("exports", &info.exports.len())
            .field("functions", &info.functions.len())
            .field("text", &code.len())
            .finish_non_exhaustive()
    }
}
