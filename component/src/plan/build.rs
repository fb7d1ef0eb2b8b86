//! The builder: carries out the definitions of a component, and of those it instantiates, frame by frame.

use std::collections::HashMap;
use std::sync::Arc;

use wasmparser::component_types::ComponentDefinedTypeId;
use wasmparser::types::Types;

use super::frame::{Closure, Frame, Item};
use super::step::{InstancePlan, Plan, ResourceOrigin, ResourcePlan, Step};
use super::{MAX_NESTING, MAX_STEPS, MAX_WORK};
use crate::decode::tree::{ComponentIndex, Tree};
use crate::error::{Error, Result};
use crate::types::FuncType;

/// Makes the plan of a decoded component.
///
/// # Errors
/// A limit, when the component expands too far; unsupported, when it uses types that are not.
pub(crate) fn build(tree: &Tree) -> Result<Plan> {
    let mut builder = Builder {
        tree,
        plan: Plan::default(),
        frames: Vec::new(),
        lift_types: Vec::new(),
        depths: HashMap::new(),
        work: 0,
    };
    let root = Closure { component: ComponentIndex(0), outer: None };
    let frame = builder.run(root, None, None)?;
    if builder.plan.unlinkable.is_empty() {
        builder.export(frame)?;
    }
    Ok(builder.plan)
}

pub(super) struct Builder<'t> {
    pub(super) tree: &'t Tree,
    pub(super) plan: Plan,
    /// Frames stay: components defined in them may be instantiated later, elsewhere.
    pub(super) frames: Vec<Frame>,
    /// The types of the functions lifted so far.
    pub(super) lift_types: Vec<(FuncType, Arc<[u32]>)>,
    /// How deep the types met so far are nested.
    pub(super) depths: HashMap<ComponentDefinedTypeId, u32>,
    work: u64,
}

impl<'t> Builder<'t> {
    pub(super) fn types(&self) -> &'t Types {
        &self.tree.types
    }

    /// Instantiates a component: carries out its definitions in a new frame, and returns that frame.
    pub(super) fn run(
        &mut self,
        closure: Closure,
        args: Option<HashMap<Arc<str>, Item>>,
        parent: Option<u32>,
    ) -> Result<usize> {
        let instance = self.new_instance(parent)?;
        let frame = self.frames.len();
        self.frames.push(Frame { instance, outer: closure.outer, args, ..Frame::default() });
        let tree = self.tree;
        let component = tree.components.get(closure.component.0 as usize);
        let component = component.ok_or_else(|| Error::internal("component index"))?;
        for (offset, definition) in &component.definitions {
            self.spend(1)?;
            self.define(frame, definition).map_err(|error| located(error, *offset))?;
            if !self.plan.unlinkable.is_empty() {
                break;
            }
        }
        Ok(frame)
    }

    fn new_instance(&mut self, parent: Option<u32>) -> Result<u32> {
        let depth = match parent {
            None => 0,
            Some(parent) => self.plan.instances.get(parent as usize).map_or(0, |instance| instance.depth) + 1,
        };
        if depth > MAX_NESTING {
            return Err(Error::limit("nested component instances", depth.into(), MAX_NESTING.into()));
        }
        let index = self.plan.instances.len();
        if index >= MAX_STEPS {
            return Err(Error::limit("component instances", index as u64 + 1, MAX_STEPS as u64));
        }
        self.plan.instances.push(InstancePlan { parent, depth });
        u32::try_from(index).map_err(|_| Error::internal("component instances"))
    }

    /// Notes that something was visited.
    pub(super) fn spend(&mut self, work: u64) -> Result<()> {
        self.work = self.work.saturating_add(work);
        if self.work > MAX_WORK {
            return Err(Error::limit("definitions and types visited while planning", self.work, MAX_WORK));
        }
        Ok(())
    }

    /// Notes that a name was copied or looked up.
    pub(super) fn spend_name(&mut self, name: &str) -> Result<()> {
        self.spend(1 + name.len() as u64 / 32)
    }

    pub(super) fn step(&mut self, step: Step) -> Result<()> {
        if self.plan.steps.len() >= MAX_STEPS {
            return Err(Error::limit(
                "steps to instantiate the component",
                MAX_STEPS as u64 + 1,
                MAX_STEPS as u64,
            ));
        }
        self.plan.steps.push(step);
        Ok(())
    }

    pub(super) fn frame(&mut self, frame: usize) -> Result<&mut Frame> {
        self.frames.get_mut(frame).ok_or_else(|| Error::internal("frame index"))
    }

    /// A new resource type.
    pub(super) fn new_resource(&mut self, name: Arc<str>, origin: ResourceOrigin) -> Result<u32> {
        let index = self.plan.resources.len();
        if index >= MAX_STEPS {
            return Err(Error::limit("resource types", index as u64 + 1, MAX_STEPS as u64));
        }
        self.plan.resources.push(ResourcePlan { name, origin });
        u32::try_from(index).map_err(|_| Error::internal("resource types"))
    }
}

/// Adds the place of the definition to an error that has none.
fn located(error: Error, offset: usize) -> Error {
    if offset == 0 || error.places().next().is_some() {
        return error;
    }
    error.within(format!("in the definition at byte {offset:#x}"))
}
