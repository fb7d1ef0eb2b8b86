//! Modules → artifact: sections one after the other, texts from page boundaries on, a header in front, sealed.

use super::info;
use super::layout::{HEADER, Header, Kind, SEALED, Section};
use super::made_for::MadeFor;
use super::seal::{self, PIECE, SealKey, SourceHash};
use super::table::{Record, Table, TableBuilder};
use crate::artifact::code::{CodeTables, TrapSite};
use crate::compile::compile_trampolines;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::module::Module;
use crate::module::image;
use crate::module::info::ModuleInfo;
use crate::sys::mapping::page_size;

/// Sections begin at multiples of this, if not of a page.
const ALIGNMENT: usize = 16;

/// Puts compiled modules into one artifact, to be loaded by an engine of the same build, under the same settings, on a
/// processor of the same kind.
pub struct ArtifactWriter {
    engine: Engine,
    source: SourceHash,
    modules: u32,
    sections: Vec<(u32, Kind, Vec<u8>)>,
}

impl ArtifactWriter {
    /// An artifact without modules, of what was compiled from `source`.
    pub fn new(engine: &Engine, source: SourceHash) -> Self {
        Self { engine: engine.clone(), source, modules: 0, sections: Vec::new() }
    }

    /// The engine whose modules it takes.
    #[cfg(feature = "dylib")]
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Adds bytes that [`Artifact::extra`](super::Artifact::extra) gives back; those of the last call.
    pub fn set_extra(&mut self, extra: impl Into<Vec<u8>>) {
        self.sections.retain(|(_, kind, _)| *kind != Kind::Extra);
        self.sections.push((0, Kind::Extra, extra.into()));
    }

    /// Adds a module; the first one gets number 0.
    ///
    /// # Errors
    /// `Misuse` for a module of another engine, `Compile` if the trampolines of its types cannot be made.
    pub fn add_module(&mut self, module: &Module) -> Result<()> {
        if !module.engine().same(&self.engine) {
            return Err(Error::misuse("the module was compiled by another engine than the artifact's"));
        }
        let number = self.modules;
        let mut add = |kind, bytes: Vec<u8>| {
            if !bytes.is_empty() {
                self.sections.push((number, kind, bytes));
            }
        };
        let info = module.info();
        add(Kind::Info, info::write(info, module.signatures(), module.symbols().sections().code_start));
        let whole = module.code().whole();
        let code = whole.ok_or_else(|| {
            Error::misuse(
                "modules that are compiled when they are called make no artifact; use CompileStrategy::Eager",
            )
        })?;
        add(Kind::Text, code.text().to_vec());
        let CodeTables { functions, traps, positions, handlers } = code.tables();
        add(Kind::Functions, functions.bytes().to_vec());
        add(Kind::Traps, traps.bytes().to_vec());
        add(Kind::Positions, positions.bytes().to_vec());
        add(Kind::Handlers, handlers.bytes().to_vec());
        let symbols = module.symbols().sections();
        add(Kind::Names, symbols.names.to_vec());
        for (section, bytes) in symbols.debug {
            add(Kind::Debug(section), bytes.to_vec());
        }
        add(Kind::Data, info.data.iter().flat_map(|segment| segment.bytes.iter().copied()).collect());
        let trampolines = Trampolines::of(module)?;
        add(Kind::TrampolineText, trampolines.text);
        add(Kind::TrampolineTraps, trampolines.traps.bytes().to_vec());
        add(Kind::Trampolines, trampolines.entries.bytes().to_vec());
        add(Kind::Images, images(info)?);
        self.modules = self.modules.saturating_add(1);
        Ok(())
    }

    /// The artifact, sealed with a key: whoever loads it needs the same one.
    ///
    /// # Errors
    /// `Limit` for an artifact that is too large to be written.
    pub fn seal(mut self, key: &SealKey) -> Result<Vec<u8>> {
        self.sections.sort_by_key(|(module, kind, _)| (*module, kind.number()));
        let order = (0..self.sections.len()).collect::<Vec<_>>();
        let mapped = |kind| matches!(kind, Kind::Text | Kind::Images);
        self.write(key, &order, mapped)
    }

    /// The artifact with all its code in a row, on pages of its own.
    #[cfg(feature = "dylib")]
    pub(super) fn seal_code_first(mut self, key: &SealKey) -> Result<Vec<u8>> {
        self.sections.sort_by_key(|(module, kind, _)| (*module, kind.number()));
        let mut order = (0..self.sections.len()).collect::<Vec<_>>();
        let is_code = |at: &usize| self.sections.get(*at).is_some_and(|(_, kind, _)| kind.is_code());
        order.sort_by_key(|at| !is_code(at));
        self.write(key, &order, |kind| kind.is_code() || kind == Kind::Images)
    }

    /// Writes the sections, which are sorted, in this order; on pages of their own if they are to be mapped.
    fn write(self, key: &SealKey, order: &[usize], mapped: impl Fn(Kind) -> bool) -> Result<Vec<u8>> {
        let count = self.sections.len();
        let header_len = count.checked_mul(Section::SIZE).and_then(|list| list.checked_add(HEADER));
        let mut at = header_len.ok_or_else(too_large)?;
        let mut places = vec![0; count];
        for (index, (_, kind, bytes)) in
            order.iter().filter_map(|index| Some((*index, self.sections.get(*index)?)))
        {
            let alignment = if mapped(*kind) { page_size() } else { ALIGNMENT };
            at = at.checked_next_multiple_of(alignment).ok_or_else(too_large)?;
            if let Some(place) = places.get_mut(index) {
                *place = at;
            }
            at = at.checked_add(bytes.len()).ok_or_else(too_large)?;
            if mapped(*kind) {
                // Nothing but zeros shares a page with what is mapped.
                at = at.checked_next_multiple_of(page_size()).ok_or_else(too_large)?;
            }
        }
        let records = self.sections.iter().zip(&places).map(|((module, kind, bytes), place)| Section {
            module: *module,
            kind: kind.number(),
            offset: *place as u64,
            len: bytes.len() as u64,
        });
        let list: Table<Section> = records.collect();
        let header = Header {
            sections: u32::try_from(count).map_err(|_| too_large())?,
            modules: self.modules,
            len: at as u64,
            made_for: MadeFor::here(self.engine.config()),
            source: self.source,
            key: key.id(),
        };
        let header = header.write(list.bytes());
        let mut out = Vec::new();
        out.try_reserve_exact(at).map_err(|_| too_large())?;
        out.extend_from_slice(&header);
        out.extend_from_slice(list.bytes());
        out.resize(at, 0);
        for ((_, _, bytes), place) in self.sections.into_iter().zip(places) {
            let place = out.get_mut(place..place.saturating_add(bytes.len()));
            place.ok_or_else(too_large)?.copy_from_slice(&bytes);
        }
        sign(&mut out, key);
        Ok(out)
    }
}

/// The images of a module's memories, one after the other.
fn images(info: &ModuleInfo) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    for extent in image::extents(info) {
        let start = out.len();
        let len = usize::try_from(extent.len()).map_err(|_| too_large())?;
        out.resize(start.checked_add(len).ok_or_else(too_large)?, 0);
        for (at, bytes) in image::pieces(info, &extent) {
            let at = usize::try_from(at).ok().and_then(|at| start.checked_add(at));
            let place = at.and_then(|at| out.get_mut(at..at.checked_add(bytes.len())?));
            place.ok_or_else(|| Error::internal("a segment outside its image"))?.copy_from_slice(bytes);
        }
    }
    Ok(out)
}

/// Writes the seal.
pub(super) fn sign(out: &mut [u8], key: &SealKey) {
    let (header, rest) = out.split_at_mut(HEADER.min(out.len()));
    let chunks: Vec<&[u8]> = rest.chunks(PIECE).collect();
    let piece =
        |index: usize| Ok::<_, ()>(key.piece(index as u64, chunks.get(index).copied().unwrap_or_default()));
    let pieces = seal::pieces(chunks.len(), piece).unwrap_or_default();
    let (sealed, seal) = header.split_at_mut(SEALED);
    seal.iter_mut().zip(key.seal(sealed, &pieces).as_bytes()).for_each(|(to, from)| *to = *from);
}

fn too_large() -> Error {
    Error::limit("bytes of an artifact", u64::MAX, usize::MAX as u64)
}

/// The trampolines of a module's types: loading it needs no compiler.
struct Trampolines {
    text: Vec<u8>,
    traps: Table<TrapSite>,
    /// By type index: where the way in and the way out lie.
    entries: Table<(u32, u32)>,
}

impl Trampolines {
    fn of(module: &Module) -> Result<Self> {
        let (mut text, mut traps) = (Vec::new(), TableBuilder::default());
        let mut entries = Vec::new();
        let mut known = std::collections::HashMap::new();
        for signature in module.signatures().iter() {
            if let Some(entry) = known.get(&signature.id()) {
                entries.push(*entry);
                continue;
            }
            text.resize(text.len().next_multiple_of(ALIGNMENT), 0);
            let start = u32::try_from(text.len()).map_err(|_| too_large())?;
            let made = compile_trampolines(module.engine().isa(), signature.ty())?;
            for site in made.code.tables.traps.iter() {
                traps.push(&TrapSite { offset: start.saturating_add(site.offset), ..site });
            }
            text.extend_from_slice(&made.code.text);
            let entry = (start.saturating_add(made.array_to_wasm), start.saturating_add(made.wasm_to_array));
            known.insert(signature.id(), entry);
            entries.push(entry);
        }
        Ok(Self { text, traps: traps.finish(), entries: entries.into_iter().collect() })
    }
}

impl std::fmt::Debug for ArtifactWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArtifactWriter").field("modules", &self.modules).finish_non_exhaustive()
    }
}
