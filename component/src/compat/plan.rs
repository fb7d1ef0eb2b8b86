//! Whether a function can be bridged, and how: made once, when a plugin is linked or an export is bound.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Adaptation, Adapter, Compat};
use crate::call::{Func, rust_type};
use crate::instance::Instance;
use crate::marshal::{ComponentType, Lift, Lower};
use crate::reflect::{Change, ChangeKind, Comparison, Side, TypeNames, Verdict, WorldType, address};
use crate::types::{FuncType, ValType};
use crate::value::Val;

/// How values go between a plugin's function and the host's idea of it.
#[derive(Clone, Debug)]
pub struct Plan {
    side: Side,
    plugin: FuncType,
    host: FuncType,
    to_host: Arc<Adapter>,
    to_plugin: Arc<Adapter>,
    adaptations: Vec<Adaptation>,
}

impl Plan {
    /// A plan for the function `path`, which is `plugin` to a plugin with the world `world`, and takes `params` and gives
    /// `result` to the host.
    ///
    /// # Errors
    /// All differences that the rules do not bridge, one sentence each.
    pub fn new(
        side: Side,
        path: &str,
        world: &WorldType,
        plugin: &FuncType,
        (params, result): (Vec<ValType>, Option<ValType>),
        rules: &Compat,
    ) -> Result<Self, Vec<String>> {
        let names = TypeNames::of(world);
        // Rust types have no names of parameters; another number of them is found below.
        let unnamed = Arc::<str>::from("");
        let called = plugin.params().iter().map(|(name, _)| name).chain(std::iter::repeat(&unnamed));
        let host = FuncType::new(called.cloned().zip(params), result);
        let changes = Comparison::of_rust(side, &names).func(path, plugin, &host);
        let mut differences: Vec<String> = changes
            .iter()
            .filter(|change| change.old_plugins() == Verdict::Breaks)
            .map(Change::difference)
            .collect();
        if !differences.is_empty() {
            return Err(differences);
        }
        let mut defaults = Defaults {
            names: &names,
            rules,
            found: HashMap::new(),
            seen: HashSet::new(),
            missing: Vec::new(),
        };
        match side {
            Side::Export => {
                if let (Some(from), Some(to)) = (plugin.result(), host.result()) {
                    defaults.walk(from, to);
                }
            }
            Side::Import => {
                let pairs = plugin.params().iter().zip(host.params());
                pairs.for_each(|((_, from), (_, to))| defaults.walk(from, to));
            }
        }
        differences.append(&mut defaults.missing);
        if !differences.is_empty() {
            return Err(differences.into_iter().map(|text| format!("{side} {path}: {text}")).collect());
        }
        let adaptations = changes.into_iter().map(|change| {
            let default = match &change.kind {
                ChangeKind::Member { name, .. } => defaults.told(&change.path, name),
                _ => None,
            };
            Adaptation { change, default }
        });
        let adaptations = adaptations.collect();
        let to_host = Arc::new(Adapter::new(
            defaults.found.into_iter().map(|(key, (_, value))| (key, value)).collect(),
        ));
        let to_plugin = Arc::new(Adapter::new(HashMap::new()));
        Ok(Self { side, plugin: plugin.clone(), host, to_host, to_plugin, adaptations })
    }

    /// A plan for the exported function `path`, for an application that wants it with `P` and `R`.
    ///
    /// # Errors
    /// As [`new`](Self::new); when the Rust types have no dynamic form.
    pub fn of_export<P: ComponentType, R: ComponentType>(
        path: &str,
        world: &WorldType,
        plugin: &FuncType,
        rules: &Compat,
    ) -> Result<Self, Vec<String>> {
        let rust = rust_type::<P, R>().map_err(|error| vec![format!("{path}: {error}")])?;
        Self::new(Side::Export, path, world, plugin, rust, rules)
    }

    /// Calls the exported function that this is a plan for.
    ///
    /// # Errors
    /// When an argument has a case or flag that the plugin does not know (nothing was called then); and whatever ended the
    /// call.
    pub fn call<T: 'static, P: Lower, R: Lift>(
        &self,
        instance: &mut Instance<T>,
        func: Func,
        params: &P,
    ) -> crate::error::Result<R> {
        let args = self.args(Val::from_params(params)?)?;
        let result = instance.call(func, &args)?;
        Val::to_result(self.result(result)?)
    }

    /// What is bridged.
    #[must_use]
    pub fn adaptations(&self) -> &[Adaptation] {
        &self.adaptations
    }

    /// Arguments for the other side: of the host's types for an export, of the plugin's for an import.
    ///
    /// # Errors
    /// When an argument has a case or flag that the other side does not know.
    pub fn args(&self, args: Vec<Val>) -> crate::error::Result<Vec<Val>> {
        let (adapter, from, to) = match self.side {
            Side::Export => (&self.to_plugin, &self.host, &self.plugin),
            Side::Import => (&self.to_host, &self.plugin, &self.host),
        };
        let types = from.params().iter().zip(to.params());
        args.into_iter()
            .zip(types)
            .map(|(value, ((name, from), (_, to)))| {
                adapter.adapt(value, from, to).map_err(|error| error.within(format!("parameter `{name}`")))
            })
            .collect()
    }

    /// The result on its way back.
    ///
    /// # Errors
    /// As [`args`](Self::args).
    pub fn result(&self, result: Option<Val>) -> crate::error::Result<Option<Val>> {
        let (adapter, from, to) = match self.side {
            Side::Export => (&self.to_host, &self.plugin, &self.host),
            Side::Import => (&self.to_plugin, &self.host, &self.plugin),
        };
        match (result, from.result(), to.result()) {
            (Some(value), Some(from), Some(to)) => {
                adapter.adapt(value, from, to).map(Some).map_err(|error| error.within("the result"))
            }
            (result, ..) => Ok(result),
        }
    }
}

/// Looks for the fields that the plugin does not give, and for what they are completed with.
struct Defaults<'a> {
    names: &'a TypeNames,
    rules: &'a Compat,
    /// By the host's record and the field: the plugin's name of the record, and the value.
    found: HashMap<(usize, Arc<str>), (Option<String>, Val)>,
    seen: HashSet<(usize, usize)>,
    missing: Vec<String>,
}

impl Defaults<'_> {
    fn walk(&mut self, from: &ValType, to: &ValType) {
        let (Some(a), Some(b)) = (address(from), address(to)) else { return };
        if !self.seen.insert((a, b)) {
            return;
        }
        match (from, to) {
            (ValType::List(from), ValType::List(to)) => self.walk(from.element(), to.element()),
            (ValType::Option(from), ValType::Option(to)) => self.walk(from.some(), to.some()),
            (ValType::Tuple(from), ValType::Tuple(to)) => {
                from.types().iter().zip(to.types()).for_each(|(from, to)| self.walk(from, to));
            }
            (ValType::Result(from), ValType::Result(to)) => {
                for (from, to) in [(from.ok(), to.ok()), (from.err(), to.err())] {
                    if let (Some(from), Some(to)) = (from, to) {
                        self.walk(from, to);
                    }
                }
            }
            (ValType::Variant(from), ValType::Variant(to)) => {
                for (name, from) in from.cases() {
                    let to = to.index_of(name).and_then(|index| to.cases().get(index));
                    if let (Some(from), Some((_, Some(to)))) = (from, to) {
                        self.walk(from, to);
                    }
                }
            }
            (ValType::Record(old), ValType::Record(new)) => {
                for (name, to) in new.fields() {
                    match old.fields().iter().find(|(key, _)| key == name) {
                        Some((_, from)) => self.walk(from, to),
                        None => self.complete(from, b, name, to),
                    }
                }
            }
            _ => {}
        }
    }

    /// A field of the host's record `address` that the plugin's `record` does not have.
    fn complete(&mut self, record: &ValType, address: usize, field: &Arc<str>, ty: &ValType) {
        let place = self.names.get(record);
        let called = place.map(|place| place.path());
        let told =
            place.and_then(|place| self.rules.default_of(place.interface.as_deref(), &place.name, field));
        let value = match (told, ty) {
            (Some(value), _) => value.clone(),
            (None, ValType::Option(_)) => Val::Option(None),
            (None, _) => {
                let record = called.unwrap_or_else(|| record.to_string());
                self.missing.push(format!(
                    "the plugin's `{record}` has no field `{field}`, and no default for it was set with `Compat::field`"
                ));
                return;
            }
        };
        if let Err(error) = value.fits(ty) {
            self.missing.push(format!("the default for the field `{field}` does not fit: {error}"));
            return;
        }
        self.found.insert((address, Arc::clone(field)), (called, value));
    }

    /// The default that was found for the field of a record at `path`.
    fn told(&self, path: &str, field: &str) -> Option<Val> {
        let mut found = self.found.iter();
        found.find_map(|((_, name), (record, value))| {
            (**name == *field && record.as_deref() == Some(path)).then(|| value.clone())
        })
    }
}
