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

#[cfg(feature = "compile")]
use crate::compile::{self, LazyCompiler};
#[cfg(feature = "compile")]
use crate::config::CompileStrategy;
use crate::engine::Engine;
use crate::error::Result;
use crate::runtime::pool::ModulePool;
use crate::runtime::signature::Signatures;
use crate::runtime::template::Template;
use crate::types::ExternType;
#[cfg(feature = "compile")]
use crate::vm::CodeMemory;
#[cfg(feature = "compile")]
use crate::vm::lazy_code::LazyCode;
use crate::vm::offsets::VmOffsets;
use code::ModuleCode;
#[cfg(feature = "compile")]
use decode::{Decoded, decode};
use image::Images;
use info::ModuleInfo;
pub use limits::ModuleLimits;
pub use names::harmless;
use symbols::Symbols;

/// A compiled module. Cheap to clone; safe to share between threads.
#[derive(Clone)]
pub struct Module(Arc<Inner>);

struct Inner {
    engine: Engine,
    parts: Arc<Parts>,
}

/// What a module consists of. When it comes from an artifact it does not refer to the engine, which may keep it.
pub(crate) struct Parts {
    pub(crate) info: Arc<ModuleInfo>,
    pub(crate) offsets: VmOffsets,
    pub(crate) symbols: Arc<Symbols>,
    pub(crate) signatures: Signatures,
    /// Made when the first instance is.
    template: OnceLock<Template>,
    /// What is left of instances that were dropped. (Before `code` goes, which they refer to.)
    pool: Arc<ModulePool>,
    pub(crate) code: ModuleCode,
    /// The images of its memories, if it came with some.
    images: Option<Images>,
}

impl Parts {
    /// The parts of a module, without what its instances leave.
    pub(crate) fn new(
        engine: &Engine,
        info: Arc<ModuleInfo>,
        symbols: Arc<Symbols>,
        signatures: Signatures,
        code: ModuleCode,
    ) -> Self {
        let (offsets, pool) = (VmOffsets::new(&*info), ModulePool::new(engine.pool()));
        Self { info, offsets, symbols, signatures, template: OnceLock::new(), pool, code, images: None }
    }

    /// The same, with the images of its memories.
    pub(crate) fn with_images(mut self, images: Option<Images>) -> Self {
        self.images = images;
        self
    }
}

impl Module {
    /// Decodes, validates and compiles a module in the binary format.
    ///
    /// # Errors
    /// `Malformed`, `Invalid` or `Unsupported` for what the bytes say, `Limit` for what they ask for, `Compile` and `Os`
    /// for what goes wrong on our side.
    #[cfg(feature = "compile")]
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<Self> {
        Self::compile(engine, bytes).map_err(|error| refusal::explain(error, bytes, engine.config()))
    }

    #[cfg(feature = "compile")]
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
        let symbols = Arc::new(Symbols::new(symbols.copied()));
        Ok(Self::from_parts(engine, Arc::new(Parts::new(engine, info, symbols, signatures, code))))
    }

    /// The module of these parts, which were made for this engine.
    pub(crate) fn from_parts(engine: &Engine, parts: Arc<Parts>) -> Self {
        Self(Arc::new(Inner { engine: engine.clone(), parts }))
    }

    /// The engine it was compiled by.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The imports, in order: module, name, type.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = (&str, &str, ExternType)> {
        let info = &self.0.parts.info;
        info.imports
            .iter()
            .map(|import| (import.module.as_str(), import.name.as_str(), info.entity_type(import.kind)))
    }

    /// Whether it has tags, of its own or imported: code without any throws no exceptions.
    pub fn has_tags(&self) -> bool {
        !self.0.parts.info.tags.is_empty()
    }

    /// The exports, in order: name, type.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = (&str, ExternType)> {
        let info = &self.0.parts.info;
        info.exports.iter().map(|export| (export.name.as_str(), info.entity_type(export.kind)))
    }

    /// How many of its functions are compiled: all that it defines, or, with
    /// [`CompileStrategy::Lazy`](crate::CompileStrategy::Lazy), those that were called.
    pub fn compiled_functions(&self) -> usize {
        match &self.0.parts.code {
            ModuleCode::Whole(_) => {
                let info = self.info();
                info.functions.len().saturating_sub(info.num_imported_functions as usize)
            }
            #[cfg(feature = "compile")]
            ModuleCode::Lazy(code) => code.compiled(),
        }
    }

    /// What the module declares.
    pub(crate) fn info(&self) -> &ModuleInfo {
        &self.0.parts.info
    }

    /// The layout of its VM contexts.
    pub(crate) fn offsets(&self) -> &VmOffsets {
        &self.0.parts.offsets
    }

    /// Its machine code.
    pub(crate) fn code(&self) -> &ModuleCode {
        &self.0.parts.code
    }

    /// What its instances start from.
    pub(crate) fn template(&self) -> Result<&Template> {
        if let Some(template) = self.0.parts.template.get() {
            return Ok(template);
        }
        let made = Template::new(self)?;
        // Another thread may have been quicker: then ours is dropped.
        Ok(self.0.parts.template.get_or_init(|| made))
    }

    /// What is left of its instances.
    pub(crate) fn pool(&self) -> &Arc<ModulePool> {
        &self.0.parts.pool
    }

    /// The images of its memories that it came with.
    pub(crate) fn images(&self) -> Option<&Images> {
        self.0.parts.images.as_ref()
    }

    /// The signatures of its types.
    pub(crate) fn signatures(&self) -> &Signatures {
        &self.0.parts.signatures
    }

    /// What backtraces are told with.
    pub(crate) fn symbols(&self) -> &Arc<Symbols> {
        &self.0.parts.symbols
    }

    /// The name under which it exports one of its tags, safe to print.
    pub(crate) fn tag_name(&self, tag: u32) -> Option<String> {
        let export = self.info().exports.iter().find(|export| export.kind == info::Entity::Tag(tag))?;
        Some(names::printable(export.name.as_bytes()))
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { info, code, .. } = &*self.0.parts;
        f.debug_struct("Module")
            .field("imports", &info.imports.len())
            .field("exports", &info.exports.len())
            .field("functions", &info.functions.len())
            .field("text", &code.len())
            .finish_non_exhaustive()
    }
}
