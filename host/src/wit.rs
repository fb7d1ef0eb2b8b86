//! Worlds from WIT files and text, as [`WorldType`]s: to compare them with each other and with components. Only with the
//! feature `wit`.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use plugbay_component::reflect::WorldType;
use plugbay_component::types::{
    ComponentItem, EnumType, FlagsType, FuncType, InstanceType, ListType, OptionType, RecordType,
    ResourceType, ResultType, TupleType, ValType, VariantType,
};
use wit_parser::{
    Function, FunctionKind, Handle, InterfaceId, PackageId, Resolve, Type, TypeDefKind, TypeId, WorldId,
    WorldItem, WorldKey,
};

use crate::error::{Error, ErrorKind, Result};

/// The deepest nesting of types that is read.
const MAX_DEPTH: usize = 100;

/// The world called `world` of the WIT package at `path`: a file, or a folder with its dependencies in `deps`. The name may
/// be left out when there is only one.
///
/// # Errors
/// [`ErrorKind::Io`] when there is nothing at `path`, [`ErrorKind::Misuse`] when the text is no WIT (with the place), has no
/// such world, or uses what is not supported.
pub fn world(path: impl AsRef<Path>, world: Option<&str>) -> Result<WorldType> {
    let path = path.as_ref();
    std::fs::metadata(path).map_err(|source| {
        Error::new(ErrorKind::Io { what: "read the WIT", path: path.to_owned(), source })
    })?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(path).map_err(|error| Error::misuse(format!("{error:#}")))?;
    select(&resolve, package, world)
}

/// The same from the text of one file.
///
/// # Errors
/// [`ErrorKind::Misuse`], as [`world`].
pub fn world_of_text(text: &str, world: Option<&str>) -> Result<WorldType> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("text.wit", text).map_err(|error| Error::misuse(format!("{error:#}")))?;
    select(&resolve, package, world)
}

fn select(resolve: &Resolve, package: PackageId, world: Option<&str>) -> Result<WorldType> {
    let id = resolve.select_world(&[package], world).map_err(|error| Error::misuse(format!("{error:#}")))?;
    Reader { resolve, types: HashMap::new() }.world(id)
}

struct Reader<'a> {
    resolve: &'a Resolve,
    types: HashMap<TypeId, ValType>,
}

impl Reader<'_> {
    fn world(&mut self, id: WorldId) -> Result<WorldType> {
        let resolve = self.resolve;
        let world = resolve.worlds.get(id).ok_or_else(|| Error::misuse("the world is not there"))?;
        let mut sides = [Vec::new(), Vec::new()];
        for (side, items) in sides.iter_mut().zip([&world.imports, &world.exports]) {
            for (key, item) in items {
                let name = match key {
                    WorldKey::Name(name) => name.clone(),
                    WorldKey::Interface(_) => resolve.name_world_key(key),
                };
                let item =
                    self.world_item(item).map_err(|what| Error::misuse(format!("`{name}`: {what}")))?;
                side.push((Arc::from(name), item));
            }
        }
        let [imports, exports] = sides;
        Ok(WorldType::new(imports, exports))
    }

    fn world_item(&mut self, item: &WorldItem) -> Result<ComponentItem, String> {
        match item {
            WorldItem::Interface { id, .. } => self.interface(*id),
            WorldItem::Function(function) => self.function(function),
            WorldItem::Type { id, .. } => self.named(*id),
        }
    }

    fn interface(&mut self, id: InterfaceId) -> Result<ComponentItem, String> {
        let resolve = self.resolve;
        let interface = resolve.interfaces.get(id).ok_or("an interface that is not there")?;
        let mut items = Vec::new();
        for (name, id) in &interface.types {
            items.push((Arc::from(name.as_str()), self.named(*id)?));
        }
        for (name, function) in &interface.functions {
            let item = self.function(function).map_err(|what| format!("`{name}`: {what}"))?;
            items.push((Arc::from(name.as_str()), item));
        }
        Ok(ComponentItem::Instance(InstanceType::new(items)))
    }

    fn function(&mut self, function: &Function) -> Result<ComponentItem, String> {
        if matches!(
            function.kind,
            FunctionKind::AsyncFreestanding | FunctionKind::AsyncMethod(_) | FunctionKind::AsyncStatic(_)
        ) {
            return Err("asynchronous functions are not supported".to_owned());
        }
        let mut params = Vec::with_capacity(function.params.len());
        for param in &function.params {
            params.push((Arc::from(param.name.as_str()), self.ty(param.ty, MAX_DEPTH)?));
        }
        let result = function.result.map(|ty| self.ty(ty, MAX_DEPTH)).transpose()?;
        Ok(ComponentItem::Func(FuncType::new(params, result)))
    }

    /// A type that has a name: a resource, or one with a structure.
    fn named(&mut self, id: TypeId) -> Result<ComponentItem, String> {
        let (id, resource) = self.resource(id);
        match resource {
            Some(ty) => Ok(ComponentItem::Resource(ty)),
            None => self.ty(Type::Id(id), MAX_DEPTH).map(ComponentItem::Type),
        }
    }

    /// What a name finally means, if that is a resource; else the same name.
    fn resource(&self, named: TypeId) -> (TypeId, Option<ResourceType>) {
        let mut id = named;
        for _ in 0..=self.resolve.types.len() {
            match self.resolve.types.get(id).map(|ty| (&ty.kind, &ty.name)) {
                Some((TypeDefKind::Type(Type::Id(next)), _)) => id = *next,
                Some((TypeDefKind::Resource, name)) => {
                    let name = name.as_deref().unwrap_or("resource");
                    return (id, Some(ResourceType::new(name, id.index() as u64)));
                }
                _ => break,
            }
        }
        (named, None)
    }

    fn ty(&mut self, ty: Type, depth: usize) -> Result<ValType, String> {
        Ok(match ty {
            Type::Bool => ValType::Bool,
            Type::U8 => ValType::U8,
            Type::U16 => ValType::U16,
            Type::U32 => ValType::U32,
            Type::U64 => ValType::U64,
            Type::S8 => ValType::S8,
            Type::S16 => ValType::S16,
            Type::S32 => ValType::S32,
            Type::S64 => ValType::S64,
            Type::F32 => ValType::F32,
            Type::F64 => ValType::F64,
            Type::Char => ValType::Char,
            Type::String => ValType::String,
            Type::ErrorContext => return Err("the type `error-context` is not supported".to_owned()),
            Type::Id(id) => {
                if let Some(known) = self.types.get(&id) {
                    return Ok(known.clone());
                }
                let Some(depth) = depth.checked_sub(1) else {
                    return Err(format!("types are nested more than {MAX_DEPTH} deep"));
                };
                let made = self.defined(id, depth)?;
                self.types.insert(id, made.clone());
                made
            }
        })
    }

    fn optional(&mut self, ty: Option<Type>, depth: usize) -> Result<Option<ValType>, String> {
        ty.map(|ty| self.ty(ty, depth)).transpose()
    }

    fn defined(&mut self, id: TypeId, depth: usize) -> Result<ValType, String> {
        let resolve = self.resolve;
        let ty = resolve.types.get(id).ok_or("a type that is not there")?;
        let shared = |name: &String| Arc::<str>::from(name.as_str());
        let made = match &ty.kind {
            TypeDefKind::Type(ty) => return self.ty(*ty, depth),
            TypeDefKind::List(ty) => Ok(ValType::List(ListType::new(self.ty(*ty, depth)?))),
            TypeDefKind::Option(ty) => OptionType::new(self.ty(*ty, depth)?).map(ValType::Option),
            TypeDefKind::Tuple(ty) => {
                let types: Vec<_> =
                    ty.types.iter().map(|ty| self.ty(*ty, depth)).collect::<Result<_, _>>()?;
                TupleType::new(types).map(ValType::Tuple)
            }
            TypeDefKind::Result(ty) => {
                let (ok, err) = (self.optional(ty.ok, depth)?, self.optional(ty.err, depth)?);
                ResultType::new(ok, err).map(ValType::Result)
            }
            TypeDefKind::Record(ty) => {
                let mut fields = Vec::with_capacity(ty.fields.len());
                for field in &ty.fields {
                    fields.push((shared(&field.name), self.ty(field.ty, depth)?));
                }
                RecordType::new(fields).map(ValType::Record)
            }
            TypeDefKind::Variant(ty) => {
                let mut cases = Vec::with_capacity(ty.cases.len());
                for case in &ty.cases {
                    cases.push((shared(&case.name), self.optional(case.ty, depth)?));
                }
                VariantType::new(cases).map(ValType::Variant)
            }
            TypeDefKind::Enum(ty) => {
                EnumType::new(ty.cases.iter().map(|case| shared(&case.name))).map(ValType::Enum)
            }
            TypeDefKind::Flags(ty) => {
                FlagsType::new(ty.flags.iter().map(|flag| shared(&flag.name))).map(ValType::Flags)
            }
            // As when a component is read.
            TypeDefKind::Map(key, value) => {
                ListType::map(self.ty(*key, depth)?, self.ty(*value, depth)?).map(ValType::List)
            }
            TypeDefKind::Handle(handle) => {
                let (Handle::Own(id) | Handle::Borrow(id)) = handle;
                let resource = self.resource(*id).1.ok_or("a handle to what is no resource")?;
                return Ok(match handle {
                    Handle::Own(_) => ValType::Own(resource),
                    Handle::Borrow(_) => ValType::Borrow(resource),
                });
            }
            other => return Err(format!("the type `{}` is not supported", other.as_str())),
        };
        let name = ty.name.as_deref().unwrap_or("a type without a name");
        made.map_err(|error| format!("`{name}`: {error}"))
    }
}
