//! Imports: of a nested component, the arguments it was instantiated with; of the outermost one, the host.

use std::rc::Rc;
use std::sync::Arc;

use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};

use super::MAX_STEPS;
use super::build::Builder;
use super::frame::{InstanceItem, Item};
use super::step::{FuncSource, ImportFunc, ResourceOrigin};
use crate::error::{Error, Result};
use crate::types::NameAttributes;

impl Builder<'_> {
    pub(super) fn import(
        &mut self,
        frame: usize,
        name: &Arc<str>,
        attributes: &NameAttributes,
        ty: ComponentEntityType,
    ) -> Result<()> {
        self.spend_name(name)?;
        let item = match &self.frame(frame)?.args {
            Some(args) => {
                let item =
                    args.get(name).cloned().ok_or_else(|| Error::internal("argument after validation"))?;
                self.bind(frame, ty, &item)?;
                item
            }
            None => {
                let mut path = vec![Arc::clone(name)];
                let before = self.needs();
                let Some(item) = self.host_item(frame, &mut path, ty)? else { return Ok(()) };
                if self.needs() != before {
                    self.plan.needed_imports.push(Arc::clone(name));
                }
                if let Some(reflected) = self.item_type(frame, ty)? {
                    self.plan.imports.push((Arc::clone(name), reflected));
                }
                if !attributes.is_empty() {
                    self.plan.import_attributes.insert(Arc::clone(name), attributes.clone());
                }
                item
            }
        };
        self.frame(frame)?.push(item);
        Ok(())
    }

    /// How much the host is asked to provide so far.
    fn needs(&self) -> usize {
        self.plan.import_funcs.len() + self.plan.resources.len()
    }

    /// What the host is asked to provide at `path`; `None` when it cannot.
    fn host_item(
        &mut self,
        frame: usize,
        path: &mut Vec<Arc<str>>,
        ty: ComponentEntityType,
    ) -> Result<Option<Item>> {
        self.spend(1)?;
        Ok(match ty {
            ComponentEntityType::Func(id) => {
                let mentioned = self.mentioned(frame, id)?;
                let ty = self.func_type(frame, id)?;
                let imported = self.plan.import_funcs.len();
                if imported >= MAX_STEPS {
                    return Err(Error::limit("imported functions", imported as u64 + 1, MAX_STEPS as u64));
                }
                let index = u32::try_from(imported).map_err(|_| Error::internal("imports"))?;
                self.plan.import_funcs.push(ImportFunc { path: path.as_slice().into(), ty, mentioned });
                Some(Item::Func(FuncSource::Import(index)))
            }
            ComponentEntityType::Type { created: ComponentAnyTypeId::Resource(id), .. } => {
                let known = self.frame(frame)?.resources.get(&id.resource()).copied();
                let resource = match known {
                    Some(resource) => resource,
                    None => {
                        let name = path.last().cloned().unwrap_or_else(|| "resource".into());
                        self.new_resource(name, ResourceOrigin::Imported(path.as_slice().into()))?
                    }
                };
                self.frame(frame)?.resources.insert(id.resource(), resource);
                Some(Item::Type(Some(resource)))
            }
            ComponentEntityType::Type { .. } => Some(Item::Type(None)),
            ComponentEntityType::Instance(id) => {
                let types = self.types();
                let mut instance = InstanceItem::default();
                for (name, export) in &types[id].exports {
                    self.spend_name(name)?;
                    path.push(name.as_str().into());
                    let item = self.host_item(frame, path, export.ty)?;
                    path.pop();
                    let Some(item) = item else { return Ok(None) };
                    instance.exports.insert(name.as_str().into(), item);
                }
                Some(Item::Instance(Rc::new(instance)))
            }
            ComponentEntityType::Module(_) => self.unlinkable(path, "core module"),
            ComponentEntityType::Component(_) => self.unlinkable(path, "component"),
            ComponentEntityType::Value(_) => self.unlinkable(path, "value"),
        })
    }

    fn unlinkable(&mut self, path: &[Arc<str>], kind: &'static str) -> Option<Item> {
        self.plan.unlinkable.push((path.join("#").into(), kind));
        None
    }
}
