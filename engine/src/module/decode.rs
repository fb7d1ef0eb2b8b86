//! From bytes to declarations: one pass over the sections, validated by wasmparser as it goes. Function bodies are only
//! collected; they are validated when they are compiled.

use std::sync::Arc;

use wasmparser::{
    CompositeInnerType, CustomSectionReader, DataKind, ElementKind, Encoding, ExternalKind, FuncToValidate,
    FunctionBody, Parser, Payload, SectionLimited, TableInit, TypeRef, ValidPayload, Validator,
    ValidatorResources,
};

use super::consts::ConstExpr;
use super::convert;
use super::info::{
    DataSegment, ElementItems, ElementSegment, Entity, Export, Import, Memory, ModuleInfo, SegmentMode, Table,
};
use super::refusal;
use super::symbols::{DebugSection, SymbolSections};
use crate::config::Config;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::memory_plan::MemoryPlan;
use crate::runtime::signature::Signature;
use crate::types::RefType;

/// A function body that waits for being validated and compiled.
pub(crate) type Body<'a> = (FuncToValidate<ValidatorResources>, FunctionBody<'a>);

/// What a module's bytes say.
pub(crate) struct Decoded<'a> {
    /// The declarations.
    pub(crate) info: ModuleInfo,
    /// The bodies of the defined functions, in order.
    pub(crate) bodies: Vec<Body<'a>>,
    /// Where the sections are that backtraces need.
    pub(crate) symbols: SymbolSections<&'a [u8]>,
    /// The signatures of the types, by type index.
    pub(crate) signatures: Vec<Arc<Signature>>,
}

/// Decodes and validates everything but function bodies.
pub(crate) fn decode<'a>(bytes: &'a [u8], engine: &Engine) -> Result<Decoded<'a>> {
    let features = refusal::supported(engine.config());
    let limits = engine.config().module_limits();
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut validator = Validator::new_with_features(features);
    let mut decoded = Decoded {
        info: ModuleInfo::default(),
        bodies: Vec::new(),
        symbols: SymbolSections::default(),
        signatures: Vec::new(),
    };
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(refusal::malformed)?;
        if let Payload::Version { encoding: Encoding::Component, .. } = payload {
            let message = "this is a component, a core module is expected".to_owned();
            return Err(Error::new(ErrorKind::Malformed { offset: 4, message }));
        }
        limits.check_section(&payload, &decoded.info)?;
        match validator.payload(&payload).map_err(refusal::invalid)? {
            ValidPayload::Func(function, body) => decoded.bodies.push((function, body)),
            _ => decoded.payload(engine, payload)?,
        }
    }
    decoded.collect_escaping();
    Ok(decoded)
}

impl<'a> Decoded<'a> {
    fn payload(&mut self, engine: &Engine, payload: Payload<'a>) -> Result<()> {
        match payload {
            Payload::TypeSection(section) => each(section, |group| {
                for ty in group.into_types() {
                    let CompositeInnerType::Func(ty) = &ty.composite_type.inner else {
                        return Err(Error::internal("a type that is not a function's passed validation"));
                    };
                    let ty = convert::func_type(&self.signatures, ty)?;
                    let signature = engine.signature(&ty);
                    self.info.types.push(signature.ty().clone());
                    self.signatures.push(signature);
                }
                Ok(())
            }),
            Payload::ImportSection(section) => {
                let config = engine.config();
                let mut imports = section.into_imports();
                imports.try_for_each(|import| self.import(import.map_err(refusal::malformed)?, config))?;
                config.module_limits().check_imported(&self.info)
            }
            Payload::FunctionSection(section) => each(section, |ty| push(&mut self.info.functions, ty)),
            Payload::TableSection(section) => each(section, |table| self.table(&table)),
            Payload::MemorySection(section) => {
                each(section, |ty| push(&mut self.info.memories, memory(&ty, engine.config())))
            }
            Payload::TagSection(section) => each(section, |ty| push(&mut self.info.tags, ty.func_type_idx)),
            Payload::GlobalSection(section) => each(section, |global| {
                self.info.globals.push(convert::global_type(&self.signatures, &global.ty)?);
                self.info.global_inits.push(ConstExpr::read(&global.init_expr)?);
                Ok(())
            }),
            Payload::ExportSection(section) => each(section, |export| self.export(&export)),
            Payload::StartSection { func, .. } => {
                self.info.start = Some(func);
                Ok(())
            }
            Payload::ElementSection(section) => each(section, |segment| self.element(segment)),
            Payload::CodeSectionStart { unchecked_range: range, .. } => {
                self.symbols.code_start = range.start;
                Ok(())
            }
            Payload::DataSection(section) => each(section, |segment| self.data(&segment)),
            Payload::CustomSection(section) => {
                self.custom(&section, engine.config().debug_info());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Notes where the custom sections are that backtraces need; all others are ignored.
    fn custom(&mut self, section: &CustomSectionReader<'a>, debug_info: bool) {
        let symbols = &mut self.symbols;
        match section.name() {
            "name" => symbols.names = section.data(),
            name if debug_info && cfg!(feature = "dwarf") => {
                if let Some(kind) = DebugSection::named(name)
                    && symbols.debug.iter().all(|(other, _)| *other != kind)
                {
                    symbols.debug.push((kind, section.data()));
                }
            }
            _ => {}
        }
    }

    fn import(&mut self, import: wasmparser::Import<'_>, config: &Config) -> Result<()> {
        let info = &mut self.info;
        let kind = match import.ty {
            TypeRef::Func(ty) => {
                info.functions.push(ty);
                Entity::Function(next(&mut info.num_imported_functions))
            }
            TypeRef::Table(ty) => {
                info.tables.push(Table { ty: convert::table_type(&self.signatures, &ty)?, init: None });
                Entity::Table(next(&mut info.num_imported_tables))
            }
            TypeRef::Memory(ty) => {
                info.memories.push(memory(&ty, config));
                Entity::Memory(next(&mut info.num_imported_memories))
            }
            TypeRef::Global(ty) => {
                info.globals.push(convert::global_type(&self.signatures, &ty)?);
                Entity::Global(next(&mut info.num_imported_globals))
            }
            TypeRef::Tag(ty) => {
                info.tags.push(ty.func_type_idx);
                Entity::Tag(next(&mut info.num_imported_tags))
            }
            TypeRef::FuncExact(_) => return Err(not_ours("import")),
        };
        info.imports.push(Import { module: import.module.to_owned(), name: import.name.to_owned(), kind });
        Ok(())
    }

    fn table(&mut self, table: &wasmparser::Table<'_>) -> Result<()> {
        let init = match &table.init {
            TableInit::RefNull => None,
            TableInit::Expr(expr) => Some(ConstExpr::read(expr)?),
        };
        push(&mut self.info.tables, Table { ty: convert::table_type(&self.signatures, &table.ty)?, init })
    }

    fn export(&mut self, export: &wasmparser::Export<'_>) -> Result<()> {
        let kind = match export.kind {
            ExternalKind::Func => Entity::Function(export.index),
            ExternalKind::Table => Entity::Table(export.index),
            ExternalKind::Memory => Entity::Memory(export.index),
            ExternalKind::Global => Entity::Global(export.index),
            ExternalKind::Tag => Entity::Tag(export.index),
            ExternalKind::FuncExact => return Err(not_ours("export")),
        };
        push(&mut self.info.exports, Export { name: export.name.to_owned(), kind })
    }

    fn element(&mut self, segment: wasmparser::Element<'_>) -> Result<()> {
        let mode = match &segment.kind {
            ElementKind::Passive => SegmentMode::Passive,
            ElementKind::Declared => SegmentMode::Declared,
            ElementKind::Active { table_index, offset_expr } => SegmentMode::Active {
                target: table_index.unwrap_or(0),
                offset: ConstExpr::read(offset_expr)?,
            },
        };
        let mut functions = Vec::new();
        let mut expressions = Vec::new();
        let (ty, items) = match segment.items {
            wasmparser::ElementItems::Functions(items) => {
                each(items, |function| push(&mut functions, function))?;
                (RefType::FUNCREF, ElementItems::Functions(functions.into_boxed_slice()))
            }
            wasmparser::ElementItems::Expressions(ty, items) => {
                each(items, |expr| push(&mut expressions, ConstExpr::read(&expr)?))?;
                (
                    convert::ref_type(&self.signatures, ty)?,
                    ElementItems::Expressions(expressions.into_boxed_slice()),
                )
            }
        };
        push(&mut self.info.elements, ElementSegment { mode, ty, items })
    }

    fn data(&mut self, segment: &wasmparser::Data<'_>) -> Result<()> {
        let mode = match &segment.kind {
            DataKind::Passive => SegmentMode::Passive,
            DataKind::Active { memory_index, offset_expr } => {
                SegmentMode::Active { target: *memory_index, offset: ConstExpr::read(offset_expr)? }
            }
        };
        push(&mut self.info.data, DataSegment { mode, bytes: segment.data.to_vec().into() })
    }

    /// Finds the functions that can be reached by reference. Validation sees to it that `ref.func` in a body names one
    /// of them.
    fn collect_escaping(&mut self) {
        let info = &self.info;
        let exported = info.exports.iter().filter_map(|export| match export.kind {
            Entity::Function(function) => Some(function),
            _ => None,
        });
        let initial = info.tables.iter().filter_map(|table| table.init.as_ref());
        let constants = info.global_inits.iter().chain(initial).filter_map(ConstExpr::function);
        let mut escaping: Vec<u32> = exported.chain(info.start).chain(constants).collect();
        for segment in &info.elements {
            match &segment.items {
                ElementItems::Functions(functions) => escaping.extend(functions),
                ElementItems::Expressions(items) => {
                    escaping.extend(items.iter().filter_map(ConstExpr::function))
                }
            }
        }
        for function in escaping {
            self.info.escape(function);
        }
        self.info.sort_exports();
    }
}

/// Reads every item of a section.
fn each<'a, T: wasmparser::FromReader<'a>>(
    section: SectionLimited<'a, T>,
    mut read: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    section.into_iter().try_for_each(|item| read(item.map_err(refusal::malformed)?))
}

fn push<T>(list: &mut Vec<T>, item: T) -> Result<()> {
    list.push(item);
    Ok(())
}

/// The current value of a counter, which then moves on.
fn next(counter: &mut u32) -> u32 {
    let current = *counter;
    *counter = counter.saturating_add(1);
    current
}

fn memory(ty: &wasmparser::MemoryType, config: &Config) -> Memory {
    let ty = convert::memory_type(ty);
    Memory { ty, plan: MemoryPlan::new(&ty, config) }
}

fn not_ours(what: &str) -> Error {
    Error::internal(format!("an {what} of an unsupported kind passed validation"))
}
