//! Conversion of wasmparser's types to self-contained ones, with the resources of a frame filled in.

use std::sync::Arc;

use wasmparser::PrimitiveValType;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentEntityType,
    ComponentFuncTypeId, ComponentValType, ResourceId,
};

use super::MAX_TYPE_DEPTH;
use super::build::Builder;
use super::mentioned::parts;
use super::step::FuncSource;
use crate::error::{Error, Result};
use crate::types::{
    ComponentItem, EnumType, FlagsType, FuncType, InstanceType, ListType, OptionType, RecordType,
    ResourceType, ResultType, TupleType, ValType, VariantType,
};

impl Builder<'_> {
    pub(super) fn func_type(&mut self, frame: usize, id: ComponentFuncTypeId) -> Result<FuncType> {
        let types = self.types();
        let ty = &types[id];
        if ty.async_ {
            return Err(Error::unsupported("the asynchronous function type (`async func`)", None));
        }
        let mut params = Vec::with_capacity(ty.params.len());
        for (name, ty) in &ty.params {
            self.spend_name(name)?;
            params.push((Arc::from(name.as_str()), self.val_type(frame, *ty)?));
        }
        let result = ty.result.map(|ty| self.val_type(frame, ty)).transpose()?;
        Ok(FuncType::new(params, result))
    }

    /// The type of a function that the plan knows.
    pub(super) fn source_type(&self, source: FuncSource) -> Result<(FuncType, Arc<[u32]>)> {
        let known = match source {
            FuncSource::Import(index) => {
                let import = self.plan.import_funcs.get(index as usize);
                import.map(|import| (import.ty.clone(), Arc::clone(&import.mentioned)))
            }
            FuncSource::Lift(index) => self.lift_types.get(index as usize).cloned(),
        };
        known.ok_or_else(|| Error::internal("function index"))
    }

    fn val_type(&mut self, frame: usize, ty: ComponentValType) -> Result<ValType> {
        match ty {
            ComponentValType::Primitive(ty) => primitive(ty),
            ComponentValType::Type(id) => {
                if let Some(ty) = self.frame(frame)?.types.get(&id) {
                    return Ok(ty.clone());
                }
                let ty = self.defined(frame, id)?;
                self.check_depth(id)?;
                self.frame(frame)?.types.insert(id, ty.clone());
                Ok(ty)
            }
        }
    }

    fn optional(&mut self, frame: usize, ty: Option<ComponentValType>) -> Result<Option<ValType>> {
        ty.map(|ty| self.val_type(frame, ty)).transpose()
    }

    /// Refuses a type that is nested too deep. Its parts have been through here before it.
    fn check_depth(&mut self, id: ComponentDefinedTypeId) -> Result<()> {
        if self.depths.contains_key(&id) {
            return Ok(());
        }
        let parts = parts(&self.types()[id]);
        self.spend(parts.len() as u64)?;
        let deepest = parts.iter().filter_map(|part| match part {
            ComponentValType::Type(id) => self.depths.get(id),
            ComponentValType::Primitive(_) => None,
        });
        let depth = 1 + deepest.max().copied().unwrap_or(0);
        if depth > MAX_TYPE_DEPTH {
            return Err(Error::limit("levels of nested types", depth.into(), MAX_TYPE_DEPTH.into()));
        }
        self.depths.insert(id, depth);
        Ok(())
    }

    // The validator bounds the nesting of types to 100 levels, hence this recursion.
    fn defined(&mut self, frame: usize, id: ComponentDefinedTypeId) -> Result<ValType> {
        let types = self.types();
        self.spend(1)?;
        Ok(match &types[id] {
            ComponentDefinedType::Primitive(ty) => primitive(*ty)?,
            ComponentDefinedType::Record(ty) => {
                let mut fields = Vec::with_capacity(ty.fields.len());
                for (name, ty) in &ty.fields {
                    self.spend_name(name)?;
                    fields.push((Arc::from(name.as_str()), self.val_type(frame, *ty)?));
                }
                ValType::Record(RecordType::new(fields)?)
            }
            ComponentDefinedType::Variant(ty) => {
                let mut cases = Vec::with_capacity(ty.cases.len());
                for (name, case) in &ty.cases {
                    self.spend_name(name)?;
                    cases.push((Arc::from(name.as_str()), self.optional(frame, case.ty)?));
                }
                ValType::Variant(VariantType::new(cases)?)
            }
            ComponentDefinedType::List { element, .. } => {
                ValType::List(ListType::new(self.val_type(frame, *element)?))
            }
            ComponentDefinedType::Tuple(ty) => {
                let mut elements = Vec::with_capacity(ty.types.len());
                for ty in &ty.types {
                    self.spend(1)?;
                    elements.push(self.val_type(frame, *ty)?);
                }
                ValType::Tuple(TupleType::new(elements)?)
            }
            ComponentDefinedType::Flags(names) => {
                for name in names {
                    self.spend_name(name)?;
                }
                ValType::Flags(FlagsType::new(names.iter().map(|name| Arc::from(name.as_str())))?)
            }
            ComponentDefinedType::Enum(names) => {
                for name in names {
                    self.spend_name(name)?;
                }
                ValType::Enum(EnumType::new(names.iter().map(|name| Arc::from(name.as_str())))?)
            }
            ComponentDefinedType::Option { ty, .. } => {
                ValType::Option(OptionType::new(self.val_type(frame, *ty)?)?)
            }
            ComponentDefinedType::Result { ok, err, .. } => {
                let ok = self.optional(frame, *ok)?;
                ValType::Result(ResultType::new(ok, self.optional(frame, *err)?)?)
            }
            ComponentDefinedType::Own(id) => ValType::Own(self.resource_type(frame, id.resource())?),
            ComponentDefinedType::Borrow(id) => ValType::Borrow(self.resource_type(frame, id.resource())?),
            // `map<K, V>` despecializes to `list<tuple<K, V>>`.
            ComponentDefinedType::Map { key, value, .. } => {
                let key = self.val_type(frame, *key)?;
                ValType::List(ListType::map(key, self.val_type(frame, *value)?)?)
            }
            ComponentDefinedType::FixedLengthList { .. } => return Err(unsupported("list of fixed length")),
            ComponentDefinedType::Future { .. } => return Err(unsupported("future")),
            ComponentDefinedType::Stream { .. } => return Err(unsupported("stream")),
        })
    }

    fn resource_type(&mut self, frame: usize, id: ResourceId) -> Result<ResourceType> {
        let resource = self.frame(frame)?.resources.get(&id).copied();
        let resource = resource.ok_or_else(|| Error::internal("unbound resource"))?;
        let name = self.plan.resources.get(resource as usize).map(|plan| Arc::clone(&plan.name));
        Ok(ResourceType::new(name.unwrap_or_else(|| "resource".into()), u64::from(resource)))
    }

    /// What an import or export looks like to reflection; `None` for the types of functions, instances and components,
    /// which nobody can call or make.
    pub(super) fn item_type(
        &mut self,
        frame: usize,
        ty: ComponentEntityType,
    ) -> Result<Option<ComponentItem>> {
        self.spend(1)?;
        Ok(Some(match ty {
            ComponentEntityType::Func(id) => ComponentItem::Func(self.func_type(frame, id)?),
            ComponentEntityType::Instance(id) => {
                let types = self.types();
                let mut exports = Vec::new();
                for (name, export) in &types[id].exports {
                    self.spend_name(name)?;
                    if let Some(item) = self.item_type(frame, export.ty)? {
                        exports.push((Arc::from(name.as_str()), item));
                    }
                }
                ComponentItem::Instance(InstanceType::new(exports))
            }
            ComponentEntityType::Type { created, .. } => match created {
                ComponentAnyTypeId::Resource(id) => {
                    ComponentItem::Resource(self.resource_type(frame, id.resource())?)
                }
                ComponentAnyTypeId::Defined(id) => {
                    ComponentItem::Type(self.val_type(frame, ComponentValType::Type(id))?)
                }
                ComponentAnyTypeId::Func(_)
                | ComponentAnyTypeId::Instance(_)
                | ComponentAnyTypeId::Component(_) => return Ok(None),
            },
            ComponentEntityType::Component(_) => ComponentItem::Component,
            ComponentEntityType::Module(_) => ComponentItem::Module,
            ComponentEntityType::Value(_) => return Err(unsupported("value")),
        }))
    }
}

fn primitive(ty: PrimitiveValType) -> Result<ValType> {
    Ok(match ty {
        PrimitiveValType::Bool => ValType::Bool,
        PrimitiveValType::S8 => ValType::S8,
        PrimitiveValType::U8 => ValType::U8,
        PrimitiveValType::S16 => ValType::S16,
        PrimitiveValType::U16 => ValType::U16,
        PrimitiveValType::S32 => ValType::S32,
        PrimitiveValType::U32 => ValType::U32,
        PrimitiveValType::S64 => ValType::S64,
        PrimitiveValType::U64 => ValType::U64,
        PrimitiveValType::F32 => ValType::F32,
        PrimitiveValType::F64 => ValType::F64,
        PrimitiveValType::Char => ValType::Char,
        PrimitiveValType::String => ValType::String,
        PrimitiveValType::ErrorContext => return Err(unsupported("error-context")),
    })
}

fn unsupported(what: &str) -> Error {
    Error::unsupported(format!("the type `{what}`"), None)
}
