//! `Component`: a decoded, planned and compiled component, shared by all its instances.

use std::sync::Arc;

use plugbay_engine as engine;

use crate::decode;
use crate::error::{Error, Result};
use crate::fuse::{self, Group};
use crate::plan::{self, Plan};
use crate::types::{ComponentItem, FuncType, NameAttributes};

/// A compiled component. Cheap to clone; can be used from any thread.
#[derive(Clone)]
pub struct Component(Arc<Inner>);

struct Inner {
    engine: engine::Engine,
    /// The component's own, then one for each of `adapters`.
    modules: Vec<engine::Module>,
    own_modules: usize,
    /// Which calls from component to component are compiled.
    adapters: Vec<Group>,
    plan: Arc<Plan>,
}

impl Component {
    /// Decodes, validates, plans and compiles a component in the binary format.
    ///
    /// # Errors
    /// Malformed or invalid bytes with their offset, an unsupported feature by name, or a limit.
    #[cfg(feature = "compile")]
    pub fn new(engine: &engine::Engine, bytes: &[u8]) -> Result<Self> {
        let compile = |_: usize, code: &[u8]| engine::Module::new(engine, code);
        let mut generator = None;
        Self::build(engine, bytes, compile, |edges, group, modules| {
            let throws = || modules.iter().any(engine::Module::has_tags);
            let generator = generator.get_or_insert_with(|| fuse::Generator::new(engine.config(), throws()));
            let refused = || engine::Error::misuse("the engine is set to refuse what adapters use");
            let code = generator.module(edges, group).ok_or_else(refused)?;
            engine::Module::new(engine, &code)
        })
    }

    /// Decodes, validates and plans a component whose core modules come from somewhere else than the compiler: an artifact,
    /// say. `module` is called with the number and the bytes of each of them, in order, and returns it compiled by
    /// `engine`. That it is made of these bytes is `module`'s responsibility: a component with modules that are not its
    /// own goes wrong, if safely.
    ///
    /// After those of the component, `module` is asked for the adapters behind calls from one of its components to another,
    /// which have numbers but no bytes: they are in [`Component::modules`] of the component that was compiled. If it has
    /// none, such calls are interpreted.
    ///
    /// # Errors
    /// Malformed or invalid bytes with their offset, an unsupported feature by name, or a limit; what `module` returns.
    pub fn with_modules(
        engine: &engine::Engine,
        bytes: &[u8],
        module: impl FnMut(usize, &[u8]) -> engine::Result<engine::Module>,
    ) -> Result<Self> {
        let module = std::cell::RefCell::new(module);
        let own = |index: usize, code: &[u8]| (module.borrow_mut())(index, code);
        Self::build(engine, bytes, own, |_, _, modules| (module.borrow_mut())(modules.len(), &[]))
    }

    fn build(
        engine: &engine::Engine,
        bytes: &[u8],
        mut module: impl FnMut(usize, &[u8]) -> engine::Result<engine::Module>,
        mut adapter: impl FnMut(&fuse::Edges<'_>, &Group, &[engine::Module]) -> engine::Result<engine::Module>,
    ) -> Result<Self> {
        let tree = decode::decode(bytes, engine.config().module_limits())?;
        let plan = plan::build(&tree)?;
        let mut modules = Vec::with_capacity(tree.modules.len());
        for (index, definition) in tree.modules.iter().enumerate() {
            let code = bytes.get(definition.bytes.clone()).ok_or_else(|| Error::internal("module range"))?;
            modules.push(module(index, code)?);
        }
        let own_modules = modules.len();
        let edges = fuse::Edges::new(&plan);
        // All or none, so that numbers mean the same wherever the modules come from. Without them calls are slower.
        let made: engine::Result<()> = edges.groups.iter().try_for_each(|group| {
            let made = adapter(&edges, group, &modules)?;
            modules.push(made);
            Ok(())
        });
        let adapters = if made.is_ok() { edges.groups } else { Vec::new() };
        if adapters.is_empty() {
            modules.truncate(own_modules);
        }
        let plan = Arc::new(plan);
        Ok(Self(Arc::new(Inner { engine: engine.clone(), modules, own_modules, adapters, plan })))
    }

    /// The same component with all calls between its components interpreted. For tests, which compare both ways.
    #[doc(hidden)]
    #[must_use]
    pub fn without_adapters(&self) -> Self {
        let Inner { engine, modules, own_modules, plan, .. } = &*self.0;
        let modules = modules.iter().take(*own_modules).cloned().collect();
        let (engine, plan) = (engine.clone(), Arc::clone(plan));
        Self(Arc::new(Inner { engine, modules, own_modules: *own_modules, adapters: Vec::new(), plan }))
    }

    /// How many of the calls from component to component are compiled, and how many there are. For tests.
    #[doc(hidden)]
    #[must_use]
    pub fn adapters(&self) -> (usize, usize) {
        let all = fuse::Edges::new(&self.0.plan).groups.iter().map(|group| group.steps.len()).sum();
        let modules = self.0.modules.iter().skip(self.0.own_modules);
        (modules.map(|module| module.exports().len()).sum(), all)
    }

    /// Decodes, validates and plans a component without compiling it, under the default limits of modules.
    ///
    /// # Errors
    /// As [`Component::new`], apart from what only shows in function bodies.
    pub fn check(bytes: &[u8]) -> Result<()> {
        plan::build(&decode::decode(bytes, &engine::ModuleLimits::default())?).map(drop)
    }

    /// The engine that compiled it.
    #[must_use]
    pub fn engine(&self) -> &engine::Engine {
        &self.0.engine
    }

    /// What the component needs, in order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = (&str, ComponentItem)> {
        self.0.plan.imports.iter().map(|(name, item)| (&**name, item.clone()))
    }

    /// The names of the imports that need something of the host, a function or a resource, in order. The other imports
    /// only name types: nothing has to be defined for them, and no power lies in them.
    pub fn needed_imports(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.plan.needed_imports.iter().map(|name| &**name)
    }

    /// What the component offers, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = (&str, ComponentItem)> {
        self.0.plan.exports.items.iter().map(|(name, item)| (&**name, item.clone()))
    }

    /// What the import called `name` says beside its name, if it says something.
    #[must_use]
    pub fn import_attributes(&self, name: &str) -> Option<&NameAttributes> {
        self.0.plan.import_attributes.get(name)
    }

    /// What the export called `name` says beside its name, if it says something.
    #[must_use]
    pub fn export_attributes(&self, name: &str) -> Option<&NameAttributes> {
        self.0.plan.export_attributes.get(name)
    }

    /// The type of the exported function at `path`, written as for [`crate::Instance::func`].
    #[must_use]
    pub fn func_type(&self, path: &str) -> Option<FuncType> {
        self.0.plan.exports.find(path).map(|(_, func)| func.ty.clone())
    }

    /// Its core modules, in order, and then the adapters behind calls from one of its components to another.
    #[must_use]
    pub fn modules(&self) -> &[engine::Module] {
        &self.0.modules
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.0.plan
    }

    pub(crate) fn module(&self, index: u32) -> Result<&engine::Module> {
        self.0.modules.get(index as usize).ok_or_else(|| Error::internal("module index"))
    }

    /// The compiled calls from component to component: for each group its module.
    pub(crate) fn adapter_groups(&self) -> impl Iterator<Item = (&Group, &engine::Module)> {
        self.0.adapters.iter().zip(self.0.modules.iter().skip(self.0.own_modules))
    }
}

impl std::fmt::Debug for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plan = &self.0.plan;
        f.debug_struct("Component")
            .field("modules", &self.0.modules.len())
            .field("steps", &plan.steps.len())
            .finish_non_exhaustive()
    }
}
