//! Decoding: bytes → component tree.
//!
//! wasmparser parses and validates in one pass; this module listens to that pass and writes down what each definition
//! *does* (instantiate, alias, lift …), with the indices and type identifiers that validation has just established. It
//! re-validates nothing: an index read here was checked one line earlier, and its type is asked of the validator.
//!
//! ```text
//!   tree.rs                         what comes out: components, their definitions in order, core modules as byte ranges
//!   section/<one file per section>  one section kind → definitions
//!   canon_options.rs                the `canonopt`s of lift and lower
//!   gates.rs                        which gates are closed; the second look at what was refused
//!   features.rs                     how the validator's refusals are worded
//! ```
//!
//! Core function bodies are skipped here: the engine validates them when it compiles the module. Nested components are
//! not recursion but a stack of levels, and land in one flat list.

mod canon_options;
mod features;
mod gates;
mod section;
pub(crate) mod tree;

use plugbay_engine::ModuleLimits;
use wasmparser::types::TypesRef;
use wasmparser::{Encoding, Parser, Payload, Validator};

use crate::error::{Error, ErrorKind, Result};
use tree::{ComponentDef, ComponentIndex, Definition, ModuleDef, ModuleIndex, Tree};

pub(crate) use features::malformed;

/// What every WebAssembly file begins with.
const MAGIC: &[u8; 4] = b"\0asm";

/// Parses and validates a component.
///
/// # Errors
/// Malformed, invalid or unsupported input, with its offset.
pub(crate) fn decode(bytes: &[u8], limits: &ModuleLimits) -> Result<Tree> {
    let (size, limit) = (bytes.len() as u64, limits.module_bytes);
    if size > limit {
        return Err(Error::limit("module_bytes", size, limit));
    }
    expect_wasm(bytes)?;
    read(bytes).map_err(|error| gates::reconsider(bytes, error))
}

fn read(bytes: &[u8]) -> Result<Tree> {
    let mut decoder = Decoder::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(malformed)?;
        decoder.payload(&payload)?;
    }
    decoder.finish(bytes)
}

/// Says plainly that a file is something else, before the parser does at more length.
fn expect_wasm(bytes: &[u8]) -> Result<()> {
    let start = bytes.get(..8).unwrap_or(bytes);
    if start.is_empty() {
        return Err(Error::new(ErrorKind::NotAComponent(
            "this is not a WebAssembly file: it is empty".into(),
        )));
    }
    if start.iter().zip(MAGIC).any(|(found, expected)| found != expected) {
        return Err(Error::new(ErrorKind::NotAComponent(format!(
            "this is not a WebAssembly file: it starts with `{}`",
            start.escape_ascii()
        ))));
    }
    Ok(())
}

/// One level of nesting.
enum Level {
    Component(ComponentIndex),
    Module(ModuleIndex),
}

/// What a section's reader needs: the validator's types so far, and where definitions go.
pub(crate) struct Decoder {
    validator: Validator,
    levels: Vec<Level>,
    components: Vec<ComponentDef>,
    modules: Vec<ModuleDef>,
    types: Option<wasmparser::types::Types>,
}

impl Decoder {
    fn new() -> Self {
        Self {
            validator: Validator::new_with_features(gates::open()),
            levels: Vec::new(),
            components: Vec::new(),
            modules: Vec::new(),
            types: None,
        }
    }

    fn payload(&mut self, payload: &Payload<'_>) -> Result<()> {
        let valid = self.validator.payload(payload).map_err(malformed)?;
        match payload {
            Payload::Version { encoding, .. } => self.enter(*encoding),
            Payload::End(offset) => {
                if let wasmparser::ValidPayload::End(types) = valid
                    && self.levels.len() == 1
                {
                    self.types = Some(types);
                }
                self.leave(*offset)
            }
            Payload::ImportSection(section) => section::core_import::read(self, section),
            Payload::ModuleSection { unchecked_range, .. } => {
                section::core_module::read(self, unchecked_range)
            }
            Payload::InstanceSection(section) => section::core_instance::read(self, section),
            Payload::ComponentSection { .. } => section::component::read(self),
            Payload::ComponentInstanceSection(section) => section::instance::read(self, section),
            Payload::ComponentAliasSection(section) => section::alias::read(self, section),
            Payload::ComponentTypeSection(section) => section::types::read(self, section),
            Payload::ComponentCanonicalSection(section) => section::canon::read(self, section),
            Payload::ComponentImportSection(section) => section::import::read(self, section),
            Payload::ComponentExportSection(section) => section::export::read(self, section),
            _ => Ok(()),
        }
    }

    fn enter(&mut self, encoding: Encoding) -> Result<()> {
        match encoding {
            Encoding::Component => {
                let index = tree::next_index(self.components.len())?;
                self.components.push(ComponentDef { definitions: Vec::new() });
                self.levels.push(Level::Component(ComponentIndex(index)));
            }
            Encoding::Module if self.levels.is_empty() => {
                return Err(Error::new(ErrorKind::NotAComponent(
                    "this is a core module, not a component; make a component of it with \
                     `wasm-tools component new`"
                        .into(),
                )));
            }
            // Its range was noted by the module section that holds it.
            Encoding::Module => {
                let index = tree::next_index(self.modules.len().saturating_sub(1))?;
                self.levels.push(Level::Module(ModuleIndex(index)));
            }
        }
        Ok(())
    }

    fn leave(&mut self, _offset: u64) -> Result<()> {
        match self.levels.pop() {
            Some(Level::Component(index)) if !self.levels.is_empty() => {
                self.define(0, Definition::Component(index))
            }
            Some(Level::Module(index)) => self.define(0, Definition::Module(index)),
            _ => Ok(()),
        }
    }

    /// Appends a definition to the component being read.
    pub(crate) fn define(&mut self, offset: usize, definition: Definition) -> Result<()> {
        let Some(Level::Component(index)) = self.levels.last() else {
            return Err(Error::internal("a component section outside a component"));
        };
        let component = self.components.get_mut(index.0 as usize);
        component.ok_or_else(|| Error::internal("component index"))?.definitions.push((offset, definition));
        Ok(())
    }

    /// The types of the component being read, as far as they are defined.
    pub(crate) fn types(&self) -> Result<TypesRef<'_>> {
        self.validator.types(0).ok_or_else(|| Error::internal("no types while decoding"))
    }

    fn finish(self, bytes: &[u8]) -> Result<Tree> {
        let types =
            self.types.ok_or_else(|| Error::malformed(Some(bytes.len()), "the component ends early"))?;
        Ok(Tree { components: self.components, modules: self.modules, types })
    }
}
