//! Linking: an adapter module's imports, by their names, from what the steps of the plan have made so far.

use std::sync::Arc;

use plugbay_engine as engine;

use super::host::{self, Strings};
use super::import::{Common, Import, Part, Side};
use crate::call::Options;
use crate::error::{Error, Result};
use crate::instance::{Lifted, StoreData};

/// The two ends of an edge at run time.
pub(crate) struct EdgeParts {
    /// The canonical options of the lowered function.
    pub(crate) caller: Options,
    /// The lifted function.
    pub(crate) callee: Arc<Lifted>,
}

/// What the adapters of a store share, made when the first of them asks.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    flags: Option<Vec<engine::Global>>,
    common: Vec<(Common, engine::Extern)>,
}

/// Makes an instance of the adapter module of these edges.
pub(crate) fn link<T: 'static>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    module: &engine::Module,
    edges: &[EdgeParts],
    shared: &mut Shared,
) -> Result<engine::Instance> {
    let mut imports = Vec::with_capacity(module.imports().len());
    for (from, name, _) in module.imports() {
        let import = Import::parse(from, name).ok_or_else(unknown)?;
        imports.push(match import {
            Import::Common(common) => shared.common(cx, common)?,
            Import::Flags(instance) => shared.flags(cx, instance)?.into(),
            Import::Edge(edge, part) => {
                let edge = edges.get(edge as usize).ok_or_else(unknown)?;
                edge.part(cx, part)?
            }
        });
    }
    Ok(engine::Instance::new(cx, module, &imports)?)
}

impl Shared {
    fn common<T: 'static>(
        &mut self,
        cx: &mut engine::Context<'_, StoreData<T>>,
        which: Common,
    ) -> Result<engine::Extern> {
        if let Some((_, made)) = self.common.iter().find(|(known, _)| *known == which) {
            return Ok(*made);
        }
        let made = match host::common(cx, which) {
            Some(func) => func.into(),
            None => host::budget(cx)?.into(),
        };
        self.common.push((which, made));
        Ok(made)
    }

    fn flags<T: 'static>(
        &mut self,
        cx: &mut engine::Context<'_, StoreData<T>>,
        instance: u32,
    ) -> Result<engine::Global> {
        let flags = match &self.flags {
            Some(flags) => flags,
            None => {
                let words = cx.data().state.flags.clone();
                self.flags.insert(engine::Global::shared(cx, &words)?)
            }
        };
        flags.get(instance as usize).copied().ok_or_else(unknown)
    }
}

impl EdgeParts {
    fn part<T: 'static>(
        &self,
        cx: &mut engine::Context<'_, StoreData<T>>,
        part: Part,
    ) -> Result<engine::Extern> {
        let options = |side| if side == Side::Caller { &self.caller } else { &self.callee.options };
        let strings = |from| Strings::new(from, self.caller, self.callee.options);
        let found = match part {
            Part::Callee => Some(self.callee.core.into()),
            Part::PostReturn => self.callee.options.post_return.map(engine::Extern::from),
            Part::Memory(side) => options(side).memory.map(engine::Extern::from),
            Part::Realloc(side) => options(side).realloc.map(engine::Extern::from),
            Part::Validate(from) => Some(strings(from).validate(cx).into()),
            Part::Measure(from) => Some(strings(from).measure(cx).into()),
            Part::Transcode(from) => Some(strings(from).transcode(cx).into()),
        };
        found.ok_or_else(unknown)
    }
}

fn unknown() -> Error {
    Error::internal("an adapter imports what its edge does not have")
}
