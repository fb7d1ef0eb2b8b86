//! Verified bytes → modules. Text is mapped where it lies, tables and data are used in place; only the declarations are
//! read.

use std::sync::Arc;

use super::bytes::Bytes;
use super::error::{ArtifactError, nonsense};
use super::info;
use super::layout::Kind;
use super::open::Contents;
use super::table::Table;
use crate::artifact::code::CodeTables;
use crate::engine::Engine;
use crate::error::Result;
use crate::module::Parts;
use crate::module::code::ModuleCode;
use crate::module::image::{self, Images};
use crate::module::info::ModuleInfo;
use crate::module::symbols::{DebugSection, SymbolSections, Symbols};
use crate::runtime::signature::{Signatures, Trampolines};
use crate::vm::CodeMemory;

impl Contents {
    /// The module of this number.
    pub(super) fn module(&self, engine: &Engine, number: u32) -> Result<Parts> {
        let section = |kind| self.section(number, kind).map(|(_, bytes)| bytes);
        let (info, signatures, code_start) =
            info::read(&section(Kind::Info)?, &section(Kind::Data)?, engine)?;
        let tables = CodeTables {
            functions: Table::new(section(Kind::Functions)?),
            traps: Table::new(section(Kind::Traps)?),
            positions: Table::new(section(Kind::Positions)?),
            handlers: Table::new(section(Kind::Handlers)?),
        };
        let defined = info.functions.len().saturating_sub(info.num_imported_functions as usize);
        if tables.functions.len() != defined {
            return Err(nonsense("not as many functions as declared").into());
        }
        let code = ModuleCode::Whole(self.publish(number, Kind::Text, &tables)?);
        self.trampolines(number, &signatures)?;
        let symbols = Arc::new(Symbols::new(SymbolSections {
            names: section(Kind::Names)?,
            code_start,
            debug: self.debug(number)?,
        }));
        let images = self.images(number, &info)?;
        let parts = Parts::new(engine, Arc::new(info), symbols, signatures, code);
        Ok(parts.with_images(images))
    }

    /// Makes a text executable: mapped if it can be, copied if not.
    fn publish(&self, number: u32, kind: Kind, tables: &CodeTables) -> Result<CodeMemory> {
        let (offset, text) = self.section(number, kind)?;
        #[cfg(feature = "dylib")]
        if let Some(library) = &self.library {
            return library.publish(offset, text.len(), tables);
        }
        if let (Some(file), Kind::Text) = (&self.file, kind)
            && let Ok(mapped) = CodeMemory::publish_mapped(file, offset, text.len(), tables)
        {
            return Ok(mapped);
        }
        CodeMemory::publish_text(&text, tables)
    }

    /// The debug information.
    fn debug(&self, number: u32) -> Result<Vec<(DebugSection, Bytes)>, ArtifactError> {
        let mut found = Vec::new();
        for section in DebugSection::ALL {
            let (_, bytes) = self.section(number, Kind::Debug(*section))?;
            if !bytes.is_empty() {
                found.push((*section, bytes));
            }
        }
        Ok(found)
    }

    /// The images of the module's memories where they lie in the file, if there is one and they can be mapped.
    fn images(&self, number: u32, info: &ModuleInfo) -> Result<Option<Images>, ArtifactError> {
        let (mut at, bytes) = self.section(number, Kind::Images)?;
        let extents = image::extents(info);
        let total = extents.iter().fold(0, |sum, extent| extent.len().saturating_add(sum));
        let Some(file) = &self.file else { return Ok(None) };
        if extents.is_empty() || total != bytes.len() as u64 {
            return Ok(None);
        }
        let mut places = Vec::with_capacity(extents.len());
        for extent in extents {
            let len = extent.len();
            places.push((extent, at));
            at = at.saturating_add(len);
        }
        Ok(Images::in_artifact(file, &places).ok())
    }

    /// Gives the signatures that have no trampolines yet those of the artifact.
    fn trampolines(&self, number: u32, signatures: &Signatures) -> Result<()> {
        if signatures.iter().all(|signature| signature.has_trampolines()) {
            return Ok(());
        }
        let traps = Table::new(self.section(number, Kind::TrampolineTraps)?.1);
        let tables = CodeTables { traps, ..CodeTables::default() };
        let code = Arc::new(self.publish(number, Kind::TrampolineText, &tables)?);
        let entries: Table<(u32, u32)> = Table::new(self.section(number, Kind::Trampolines)?.1);
        for (index, signature) in signatures.iter().enumerate() {
            let entry = entries.get(index).filter(|(into, out)| (*into.max(out) as usize) < code.len());
            let (into, out) = entry.ok_or(ArtifactError::Flipped { what: "a type without trampolines" })?;
            signature.offer_trampolines(Trampolines::new(Arc::clone(&code), into, out));
        }
        Ok(())
    }
}
