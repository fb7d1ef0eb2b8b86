//! Exports of the outermost component: what they are (for reflection) and where their functions come from (for calls).

use std::sync::Arc;

use wasmparser::component_types::ComponentEntityType;

use super::build::Builder;
use super::frame::Item;
use super::step::FuncSource;
use crate::decode::tree::Definition;
use crate::error::{Error, Result};
use crate::link::Name;
use crate::types::{ComponentItem, FuncType};

/// A function that can be called from outside.
#[derive(Debug, Clone)]
pub(crate) struct ExportFunc {
    /// The names of the instances it is in, outermost first: none, or one interface as a rule.
    pub(crate) path: Box<[Arc<str>]>,
    pub(crate) name: Arc<str>,
    pub(crate) source: FuncSource,
    pub(crate) ty: FuncType,
}

/// All exports of a component.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exports {
    pub(crate) items: Vec<(Arc<str>, ComponentItem)>,
    pub(crate) funcs: Vec<ExportFunc>,
}

impl Exports {
    /// The function at `path`: `interface#name`, or a bare name. A version may be left out. Of several versions that
    /// fit, the very one that is named is meant, or else the newest.
    pub(crate) fn find(&self, path: &str) -> Option<(usize, &ExportFunc)> {
        let (interface, name) = match path.rsplit_once('#') {
            Some((interface, name)) => (Some(Name::parse(interface)), name),
            None => (None, path),
        };
        let fits = |func: &ExportFunc| {
            &*func.name == name
                && match (&interface, &*func.path) {
                    (None, []) => true,
                    (Some(wanted), [found]) => Name::parse(found).is_meant_by(wanted),
                    // An instance inside an instance is meant by its names as they are.
                    (Some(_), [_, _, ..]) => {
                        let names = path.rsplit_once('#').map_or("", |(names, _)| names);
                        func.path.join("#") == names
                    }
                    _ => false,
                }
        };
        let version = |func: &ExportFunc| {
            let found = Name::parse(func.path.first()?);
            let exact = interface.as_ref().is_some_and(|wanted| *wanted == found);
            Some((exact, found.version))
        };
        let mut found = self.funcs.iter().enumerate().filter(|(_, func)| fits(func));
        let first = found.next()?;
        Some(found.fold(first, |best, next| if version(next.1) > version(best.1) { next } else { best }))
    }
}

impl Builder<'_> {
    /// Fills in the exports of the plan from the outermost frame.
    pub(super) fn export(&mut self, frame: usize) -> Result<()> {
        let tree = self.tree;
        let items = std::mem::take(&mut self.frame(frame)?.exports);
        let root = tree.components.first().ok_or_else(|| Error::internal("no component"))?;
        let types = root.definitions.iter().filter_map(|(_, definition)| match definition {
            Definition::Export { ty, attributes, .. } => Some((*ty, attributes)),
            _ => None,
        });
        for ((name, item), (ty, attributes)) in items.iter().zip(types) {
            let mut path = Vec::new();
            self.name_resources(name, item);
            if !attributes.is_empty() {
                self.plan.export_attributes.insert(Arc::clone(name), attributes.clone());
            }
            let reflected = self.exported(frame, &mut path, name, ty, item)?;
            self.plan.exports.items.extend(reflected.map(|item| (Arc::clone(name), item)));
        }
        Ok(())
    }

    /// A resource type that a component defines has no name of its own: it gets that of its export.
    fn name_resources(&mut self, name: &Arc<str>, item: &Item) {
        if let Item::Type(Some(resource)) = item
            && let Some(plan) = self.plan.resources.get_mut(*resource as usize)
            && &*plan.name == "resource"
        {
            plan.name = Arc::clone(name);
        }
    }

    fn exported(
        &mut self,
        frame: usize,
        path: &mut Vec<Arc<str>>,
        name: &Arc<str>,
        ty: ComponentEntityType,
        item: &Item,
    ) -> Result<Option<ComponentItem>> {
        self.spend(1)?;
        match (ty, item) {
            (ComponentEntityType::Func(id), Item::Func(source)) => {
                let ty = self.func_type(frame, id)?;
                let func =
                    ExportFunc { path: path.as_slice().into(), name: Arc::clone(name), source: *source, ty };
                let item = ComponentItem::Func(func.ty.clone());
                self.plan.exports.funcs.push(func);
                Ok(Some(item))
            }
            (ComponentEntityType::Instance(id), Item::Instance(instance)) => {
                let types = self.types();
                let mut exports = Vec::new();
                path.push(Arc::clone(name));
                for (name, export) in &types[id].exports {
                    self.spend_name(name)?;
                    let name: Arc<str> = name.as_str().into();
                    let Some(item) = instance.exports.get(&name) else { continue };
                    self.name_resources(&name, item);
                    let reflected = self.exported(frame, path, &name, export.ty, item)?;
                    exports.extend(reflected.map(|item| (name, item)));
                }
                path.pop();
                Ok(Some(ComponentItem::Instance(crate::types::InstanceType::new(exports))))
            }
            _ => self.item_type(frame, ty),
        }
    }
}
