//! The generator: edges → a core module of adapters. Nothing here runs; what the module may do is bounded by WebAssembly
//! and by what it imports.
//!
//! ```text
//!   survey.rs   what an edge needs, and whether it is within the limits
//!   module.rs   the module under construction: types, imports, functions
//!   body.rs     one function under construction: code and locals
//!   adapter.rs  the exported function of an edge: flags, arguments, call, result
//!   crossing.rs one direction of an edge: memories, room in the destination, budget
//!   place.rs    where a value is: in locals, or in memory
//!   copy.rs     values by type, from place to place
//!   list.rs     lists          string.rs  strings
//! ```

mod adapter;
mod body;
mod copy;
mod crossing;
mod list;
mod module;
mod place;
mod string;
mod survey;

use plugbay_engine as engine;

use super::edge::{Edges, Group};

/// What the adapters of one component are made with.
pub(crate) struct Generator<'a> {
    config: &'a engine::Config,
    /// Whether there may be exceptions, which end at adapters.
    throws: bool,
    /// How many parts of types code may still be made for.
    left: u32,
}

/// What may be used in adapters.
#[derive(Debug, Clone, Copy)]
struct Features {
    simd: bool,
    exceptions: bool,
}

impl<'a> Generator<'a> {
    /// For engines of this configuration.
    pub(crate) fn new(config: &'a engine::Config, throws: bool) -> Self {
        Self { config, throws, left: survey::MAX_ALL_PARTS }
    }

    /// The adapter module of a group: exports `0`, `1`, … for those of its edges that have an adapter. `None` when the
    /// engine is set to refuse what all adapters use.
    pub(crate) fn module(&mut self, edges: &Edges<'_>, group: &Group) -> Option<Vec<u8>> {
        if !self.config.multi_memory() {
            return None;
        }
        let exceptions = self.throws && self.config.exceptions();
        let mut module = module::Module::new(Features { simd: self.config.simd(), exceptions });
        let mut surveyed = Vec::new();
        for (step, number) in group.steps.iter().zip(0_u32..) {
            let edge = edges.edge(*step)?;
            if let Some(needs) = survey::survey(&edge, &mut self.left) {
                adapter::import(&mut module, number, &edge, &needs);
                surveyed.push((number, edge, needs));
            }
        }
        // All imports are known: functions have their numbers from here on.
        for (number, edge, needs) in &surveyed {
            adapter::define(&mut module, *number, edge, needs)?;
        }
        Some(module.finish())
    }
}
