//! `Survey`: what a core module says of itself: whose imports it has, what it exports, whether it carries types. Everything is
//! counted before anyone works with it.

use plugbay_component::engine::ModuleLimits;
use wasmparser::{ExternalKind, Parser, Payload, Validator};

use super::encode::Adapter;
use super::refused;
use crate::error::{Error, ErrorKind, Result};

/// The module that functions of preview 1 are imported from.
pub(super) const PREVIEW1: &str = "wasi_snapshot_preview1";
/// The one of its draft, which other functions had.
const PREVIEW0: &str = "wasi_unstable";
/// How the sections are called that wit-bindgen writes types into.
const TYPES: &str = "component-type";

/// The most bytes of types that a module may carry.
const MAX_TYPES: usize = 1 << 20;
/// The most imports, and the most exports, that a module may have to be made into a component.
const MAX_NAMES: u32 = 10_000;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Survey {
    preview1: bool,
    /// A module that is imported from, and is neither preview 1 nor explained by types.
    other: Option<String>,
    types: usize,
    start: bool,
}

impl Survey {
    /// Looks at a module, which is valid or refused.
    pub(super) fn of(bytes: &[u8], limits: &ModuleLimits) -> Result<Self> {
        within("module.module_bytes", bytes.len() as u64, limits.module_bytes)?;
        let malformed = |error: wasmparser::BinaryReaderError| {
            refused(
                usize::try_from(error.offset()).ok(),
                format!("not a valid core module: {}", error.message()),
            )
        };
        let mut survey = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            survey.look(payload.map_err(malformed)?)?;
        }
        // The encoder believes what a module says of itself.
        Validator::new().validate_all(bytes).map_err(malformed)?;
        Ok(survey)
    }

    fn look(&mut self, payload: Payload<'_>) -> Result<()> {
        match payload {
            Payload::ImportSection(section) => {
                within("imports of a core module", section.count().into(), MAX_NAMES.into())?;
                // What cannot be read is told by the validator, with its place.
                for import in section.into_imports().flatten() {
                    match import.module {
                        PREVIEW1 => self.preview1 = true,
                        other => self.other = Some(other.to_owned()),
                    }
                }
            }
            Payload::ExportSection(section) => {
                within("exports of a core module", section.count().into(), MAX_NAMES.into())?;
                let start = |name, kind| name == "_start" && kind == ExternalKind::Func;
                self.start |= section.into_iter().flatten().any(|export| start(export.name, export.kind));
            }
            Payload::CustomSection(section) if section.name().starts_with(TYPES) => {
                self.types = self.types.saturating_add(section.data().len());
                within("bytes of types of a core module", self.types as u64, MAX_TYPES as u64)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// What the module needs to become a component.
    pub(super) fn adapter(&self) -> Result<Option<Adapter>> {
        let reason = match (self.preview1, self.types > 0, self.start, &self.other) {
            (true, _, true, _) => return Ok(Some(Adapter::Command)),
            (true, true, false, _) => return Ok(Some(Adapter::Reactor)),
            (false, true, _, _) => return Ok(None),
            (true, false, false, _) => {
                "it imports WASI preview 1 but is no command, which exports `_start`, and carries no types of what it exports; \
                 build it as a command, or with wit-bindgen"
                    .to_owned()
            }
            (false, false, _, Some(module)) if module == PREVIEW0 => format!(
                "it imports `{PREVIEW0}`, the draft that came before WASI preview 1; build it with a compiler that is newer"
            ),
            (false, false, _, _) => {
                "it neither imports WASI preview 1 nor carries types from wit-bindgen; build it for `wasm32-wasip2`, or give it \
                 types with `wasm-tools component embed`"
                    .to_owned()
            }
        };
        Err(refused(
            None,
            format!("this is a core module, not a component, and cannot be made into one: {reason}"),
        ))
    }
}

fn within(knob: &str, asked: u64, limit: u64) -> Result<()> {
    if asked <= limit {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Limit { knob: knob.to_owned(), asked: Some(asked), limit }))
}
