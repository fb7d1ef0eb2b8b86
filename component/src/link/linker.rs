//! `Linker`: what a host defines, by interface and name.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::missing::MissingImport;
use super::name::Name;
use super::pre::{InstancePre, LinkedFunc};
use super::{Gate, Pass};
use crate::call::{DynamicFunc, HostFunc, ViewFunc, WrappedFunc};
use crate::component::Component;
use crate::error::{Error, ErrorKind, Result};
use crate::instance::{HostContext, HostDtor};
use crate::marshal::{Known, KnownResource, Lift, Lower, Params, View};
use crate::plan::{Plan, ResourceOrigin, ResourcePlan};
use crate::types::FuncType;
use crate::value::Val;

/// A host resource: the Rust type of its data, and its destructor.
pub(crate) struct ResourceDef<T> {
    pub(crate) host_type: Option<TypeId>,
    pub(crate) type_name: &'static str,
    pub(crate) dtor: HostDtor<T>,
}

impl<T> ResourceDef<T> {
    fn known(&self) -> KnownResource {
        KnownResource {
            host_type: self.host_type,
            described: self.type_name,
            identity: Arc::as_ptr(&self.dtor).cast::<()>().addr(),
        }
    }
}

impl<T> Clone for ResourceDef<T> {
    fn clone(&self) -> Self {
        Self { host_type: self.host_type, type_name: self.type_name, dtor: Arc::clone(&self.dtor) }
    }
}

pub(super) struct Interface<T> {
    pub(super) funcs: BTreeMap<Arc<str>, Arc<dyn HostFunc<T>>>,
    resources: BTreeMap<Arc<str>, ResourceDef<T>>,
    gate: Option<Arc<dyn Gate<T>>>,
    /// Gates of single functions, before the one of all.
    gates: BTreeMap<Arc<str>, Arc<dyn Gate<T>>>,
}

impl<T> Default for Interface<T> {
    fn default() -> Self {
        Self { funcs: BTreeMap::new(), resources: BTreeMap::new(), gate: None, gates: BTreeMap::new() }
    }
}

impl<T> Clone for Interface<T> {
    fn clone(&self) -> Self {
        Self {
            funcs: self.funcs.clone(),
            resources: self.resources.clone(),
            gate: self.gate.clone(),
            gates: self.gates.clone(),
        }
    }
}

/// The definitions that a host offers to components whose host data is a `T`.
pub struct Linker<T: 'static> {
    /// By full name; world-level definitions are under the empty name.
    pub(super) interfaces: BTreeMap<Arc<str>, Interface<T>>,
}

impl<T> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Self { interfaces: self.interfaces.clone() }
    }
}

impl<T> Default for Linker<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> std::fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Linker").field("interfaces", &self.interfaces.keys().collect::<Vec<_>>()).finish()
    }
}

impl<T: 'static> Linker<T> {
    /// Nothing defined.
    #[must_use]
    pub fn new() -> Self {
        Self { interfaces: BTreeMap::new() }
    }

    /// The interface `name` (`wasi:io/streams@0.2.12`), to define things in; made when it is not there yet. An instance
    /// inside an imported instance is called `outer#inner`.
    pub fn instance(&mut self, name: &str) -> LinkerInstance<'_, T> {
        LinkerInstance { interface: self.interfaces.entry(name.into()).or_default() }
    }

    /// The world itself: functions and resources that are imported by bare name.
    pub fn root(&mut self) -> LinkerInstance<'_, T> {
        self.instance("")
    }

    /// The names of the interfaces that are defined, without the world itself.
    pub fn interfaces(&self) -> impl Iterator<Item = &str> {
        self.interfaces.keys().map(|name| &**name).filter(|name| !name.is_empty())
    }

    /// Everything that `component` imports and this linker does not have, or has with another type.
    #[must_use]
    pub fn missing(&self, component: &Component) -> Vec<MissingImport> {
        let plan = component.plan();
        let mut missing = Vec::new();
        for (name, kind) in &plan.unlinkable {
            let reason = format!("a host cannot provide a {kind}; compose it with another component");
            missing.push(MissingImport {
                interface: Arc::clone(name),
                item: None,
                expected: (*kind).into(),
                reason,
            });
        }
        for resource in &plan.resources {
            if let ResourceOrigin::Imported(path) = &resource.origin
                && self.resource(plan, path).is_none()
            {
                missing.push(self.absent(plan, path, "resource"));
            }
        }
        let resources = self.resources(plan);
        for import in &plan.import_funcs {
            match self.func(plan, &import.path) {
                None => missing.push(self.absent(plan, &import.path, "function")),
                Some(func) => {
                    let known = Known::among(&import.mentioned, |ty| {
                        Some(resources.get(ty as usize)?.as_ref()?.known())
                    });
                    if let Err(mismatch) = known.during(|| func.typecheck(&import.ty)) {
                        let reason = format!("the host defines it with another type: {mismatch}");
                        missing.push(MissingImport { reason, ..self.absent(plan, &import.path, "function") });
                    }
                }
            }
        }
        missing
    }

    /// Matches every import of `component`. All names are looked up here; instantiating only walks the plan.
    ///
    /// # Errors
    /// A link error that names every import that does not fit (see [`Linker::missing`]).
    pub fn pre(&self, component: &Component) -> Result<InstancePre<T>> {
        let missing = self.missing(component);
        if let Some((first, others)) = missing.split_first() {
            return Err(Error::new(ErrorKind::Link {
                import: first.path(),
                expected: format!("a {}", first.expected),
                found: first.reason.clone(),
                others: others.iter().map(ToString::to_string).collect(),
            }));
        }
        let plan = component.plan();
        let mut funcs = Vec::with_capacity(plan.import_funcs.len());
        for import in &plan.import_funcs {
            let func = self.linked(plan, &import.path);
            funcs.push(func.ok_or_else(|| Error::internal("import after matching"))?);
        }
        Ok(InstancePre::new(component.clone(), funcs, self.resources(plan)))
    }

    /// The host's definitions of the imported resources, by number of the plan's resources.
    fn resources(&self, plan: &Plan) -> Vec<Option<ResourceDef<T>>> {
        let definition = |resource: &ResourcePlan| match &resource.origin {
            ResourceOrigin::Imported(path) => self.resource(plan, path),
            ResourceOrigin::Defined => None,
        };
        plan.resources.iter().map(definition).collect()
    }

    pub(super) fn absent(&self, plan: &Plan, path: &[Arc<str>], kind: &str) -> MissingImport {
        let (interface, item) = match path {
            [] => ("".into(), None),
            [only] => (Arc::clone(only), None),
            [interface, rest @ ..] => (Arc::clone(interface), Some(rest.join("#").into())),
        };
        let reason = match self.place(plan, path) {
            Some((interface, name)) if interface.funcs.contains_key(name) => {
                "the host defines it as a function"
            }
            Some((interface, name)) if interface.resources.contains_key(name) => {
                "the host defines it as a resource"
            }
            None if item.is_some() => "the interface is not defined by the host",
            _ => "it is not defined by the host",
        };
        MissingImport { interface, item, expected: kind.into(), reason: reason.to_owned() }
    }

    fn interface(&self, name: &str) -> Option<&Interface<T>> {
        if let Some(exact) = self.interfaces.get(name) {
            return Some(exact);
        }
        let wanted = Name::parse(name);
        // Several compatible versions may be defined: the newest is meant.
        let fitting = self.interfaces.iter().filter(|(defined, _)| Name::parse(defined).satisfies(&wanted));
        fitting.max_by_key(|(defined, _)| Name::parse(defined).version).map(|(_, interface)| interface)
    }

    pub(super) fn func(&self, plan: &Plan, path: &[Arc<str>]) -> Option<Arc<dyn HostFunc<T>>> {
        let (interface, name) = self.place(plan, path)?;
        interface.funcs.get(name).cloned()
    }

    fn linked(&self, plan: &Plan, path: &[Arc<str>]) -> Option<LinkedFunc<T>> {
        let (interface, name) = self.place(plan, path)?;
        let import = if let [import, _] = path { import } else { "" };
        let gate = interface.gates.get(name).or(interface.gate.as_ref());
        let pass = gate.map(|gate| Pass::new(gate, import, name));
        Some(LinkedFunc { func: interface.funcs.get(name)?.clone(), pass })
    }

    fn resource(&self, plan: &Plan, path: &[Arc<str>]) -> Option<ResourceDef<T>> {
        let (interface, name) = self.place(plan, path)?;
        interface.resources.get(name).cloned()
    }

    /// Where an import is to be found: an interface by the import's name, or else by that of the interface which the import
    /// says it implements.
    pub(super) fn place<'a>(&self, plan: &Plan, path: &'a [Arc<str>]) -> Option<(&Interface<T>, &'a str)> {
        match path {
            [name] => Some((self.interfaces.get("")?, name)),
            [interface, name] => {
                let implemented = || self.interface(plan.import_attributes.get(interface)?.implements()?);
                Some((self.interface(interface).or_else(implemented)?, name))
            }
            [outer @ .., name] => Some((self.interfaces.get(outer.join("#").as_str())?, name)),
            [] => None,
        }
    }
}

/// One interface of a [`Linker`], to define things in. A later definition of a name replaces an earlier one.
pub struct LinkerInstance<'a, T: 'static> {
    interface: &'a mut Interface<T>,
}

impl<T> std::fmt::Debug for LinkerInstance<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkerInstance")
            .field("funcs", &self.interface.funcs.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl<T: 'static> LinkerInstance<'_, T> {
    /// Puts a gate before all functions that this interface defines, now and later. Destructors of resources pass it by.
    pub fn gate(&mut self, gate: Arc<dyn Gate<T>>) -> &mut Self {
        self.interface.gate = Some(gate);
        self
    }

    /// Puts a gate before the function `name`, in place of the one before all of them.
    pub fn gate_func(&mut self, name: &str, gate: Arc<dyn Gate<T>>) -> &mut Self {
        self.interface.gates.insert(name.into(), gate);
        self
    }

    /// Defines a function by a closure over Rust values: parameters as a tuple, the result as one value (`()` for none).
    /// Its type is compared with the component's when linking.
    ///
    /// # Errors
    /// None today; reserved for names that cannot be imported.
    pub fn func_wrap<P, R, F>(&mut self, name: &str, call: F) -> Result<&mut Self>
    where
        P: Params + Lift + 'static,
        R: Lower + 'static,
        F: Fn(&mut HostContext<'_, T>, P) -> Result<R> + Send + Sync + 'static,
    {
        self.interface.funcs.insert(name.into(), Arc::new(WrappedFunc::new(call)));
        Ok(self)
    }

    /// Defines a function that borrows its arguments from the guest's memory, as far as it can: `&str`, `&[u8]`,
    /// [`ListView`](crate::marshal::ListView). `P` says which, with `'static` for every lifetime; the function is called
    /// with borrows as long as the call:
    ///
    /// ```
    /// # fn define(linker: &mut plugbay_component::Linker<Vec<String>>) -> plugbay_component::Result<()> {
    /// linker.root().func_view::<(u32, &'static str), (), _>("log", |cx, (level, msg)| {
    ///     cx.data_mut().push(format!("{level}: {msg}"));
    ///     Ok(())
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// See [`View`] for what else can be borrowed and how.
    ///
    /// # Errors
    /// None today; reserved for names that cannot be imported.
    pub fn func_view<P, R, F>(&mut self, name: &str, call: F) -> Result<&mut Self>
    where
        P: Params + View + 'static,
        R: Lower + 'static,
        F: for<'m> Fn(&mut HostContext<'_, T>, P::Of<'m>) -> Result<R> + Send + Sync + 'static,
    {
        self.interface.funcs.insert(name.into(), Arc::new(ViewFunc::<P, R, F>::new(call)));
        Ok(self)
    }

    /// Defines a function of whatever type the component imports it with, by a closure over dynamic values.
    ///
    /// # Errors
    /// None today; reserved for names that cannot be imported.
    pub fn func_dynamic<F>(&mut self, name: &str, call: F) -> Result<&mut Self>
    where
        F: Fn(&mut HostContext<'_, T>, &FuncType, &[Val]) -> Result<Option<Val>> + Send + Sync + 'static,
    {
        self.interface.funcs.insert(name.into(), Arc::new(DynamicFunc::new(call)));
        Ok(self)
    }

    /// Defines a resource whose data is an `R`; `dtor` runs when a guest drops the last handle, with the
    /// representation.
    ///
    /// # Errors
    /// None today; reserved for names that cannot be imported.
    pub fn resource<R: 'static>(
        &mut self,
        name: &str,
        dtor: impl Fn(&mut HostContext<'_, T>, u32) -> Result<()> + Send + Sync + 'static,
    ) -> Result<&mut Self> {
        let def = ResourceDef {
            host_type: Some(TypeId::of::<R>()),
            type_name: std::any::type_name::<R>(),
            dtor: Arc::new(dtor),
        };
        self.interface.resources.insert(name.into(), def);
        Ok(self)
    }

    /// Defines a resource without a Rust type, for hosts that do not know their resources when they are compiled: they
    /// make handles with [`HostContext::resource_new`] and look behind them with [`HostContext::resource_rep`].
    ///
    /// # Errors
    /// None today; reserved for names that cannot be imported.
    pub fn resource_dynamic(
        &mut self,
        name: &str,
        dtor: impl Fn(&mut HostContext<'_, T>, u32) -> Result<()> + Send + Sync + 'static,
    ) -> Result<&mut Self> {
        let def = ResourceDef { host_type: None, type_name: "a dynamic resource", dtor: Arc::new(dtor) };
        self.interface.resources.insert(name.into(), def);
        Ok(self)
    }
}
