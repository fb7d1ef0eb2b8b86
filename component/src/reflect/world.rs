//! `WorldType`: imports and exports with full types, wherever they come from.

use std::sync::Arc;

use super::change::Change;
use super::names::TypeNames;
use super::{compare, wit};
use plugbay_engine::ModuleLimits;

use crate::component::Component;
use crate::decode;
use crate::error::Result;
use crate::link::Name;
use crate::plan;
use crate::types::{ComponentItem, FuncType};

/// What a component, or a world written in WIT, imports and exports, with full types. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorldType {
    imports: Arc<[(Arc<str>, ComponentItem)]>,
    exports: Arc<[(Arc<str>, ComponentItem)]>,
}

impl WorldType {
    /// A world of these imports and exports, in order.
    pub fn new(
        imports: impl IntoIterator<Item = (Arc<str>, ComponentItem)>,
        exports: impl IntoIterator<Item = (Arc<str>, ComponentItem)>,
    ) -> Self {
        Self { imports: imports.into_iter().collect(), exports: exports.into_iter().collect() }
    }

    /// The world of a component.
    #[must_use]
    pub fn of(component: &Component) -> Self {
        let shared = |(name, item): (&str, ComponentItem)| (Arc::from(name), item);
        Self::new(component.imports().map(shared), component.exports().map(shared))
    }

    /// The world of a component in the binary format, which is validated but not compiled, under the default limits of
    /// modules.
    ///
    /// # Errors
    /// As [`Component::check`].
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let plan = plan::build(&decode::decode(bytes, &ModuleLimits::default())?)?;
        Ok(Self { imports: plan.imports.into(), exports: plan.exports.items.into() })
    }

    /// What is asked for, in order.
    #[must_use]
    pub fn imports(&self) -> &[(Arc<str>, ComponentItem)] {
        &self.imports
    }

    /// What is offered, in order.
    #[must_use]
    pub fn exports(&self) -> &[(Arc<str>, ComponentItem)] {
        &self.exports
    }

    /// The type of the exported function at `path`: `demo:editor/tokenizer#tokenize`, with or without a version, or a
    /// bare name.
    #[must_use]
    pub fn func(&self, path: &str) -> Option<&FuncType> {
        let Some((interface, name)) = path.rsplit_once('#') else {
            return self.exports.iter().find_map(|(key, item)| match item {
                ComponentItem::Func(ty) if **key == *path => Some(ty),
                _ => None,
            });
        };
        let wanted = Name::parse(interface);
        self.exports.iter().find_map(|(key, item)| match item {
            ComponentItem::Instance(ty) if Name::parse(key).is_meant_by(&wanted) => match ty.get(name) {
                Some(ComponentItem::Func(ty)) => Some(ty),
                _ => None,
            },
            _ => None,
        })
    }

    /// The names of its types.
    #[must_use]
    pub fn names(&self) -> TypeNames {
        TypeNames::of(self)
    }

    /// The world as WIT: a package `root:component` with a world `root`, and the packages of its interfaces. What WIT has no
    /// words for (imported components and core modules, names that are URLs) stands there as a comment.
    ///
    /// # Errors
    /// When the text would become excessively long.
    pub fn to_wit(&self) -> Result<String> {
        wit::print(self)
    }

    /// What has to change in this world to become `newer`. Interfaces are matched by name and compatible version.
    #[must_use]
    pub fn changes_to(&self, newer: &Self) -> Vec<Change> {
        compare::world_changes(self, newer)
    }

    /// JSON Schema (2020-12) of the parameters of the exported function at `path`, as an object by their names: what
    /// [`json::args_from_json`](crate::json::args_from_json) takes. `None` when there is no such function.
    ///
    /// # Errors
    /// When a parameter is or has a resource, which has no JSON form, or the types are excessively large.
    #[cfg(feature = "json")]
    pub fn params_schema(&self, path: &str) -> Option<Result<serde_json::Value>> {
        self.func(path).map(|ty| super::schema::params(ty, &self.names()))
    }

    /// JSON Schema (2020-12) of the result of the exported function at `path`: what
    /// [`json::to_json`](crate::json::to_json) makes; of `null` when the function has no result. `None` when there is no such
    /// function.
    ///
    /// # Errors
    /// As [`params_schema`](Self::params_schema).
    #[cfg(feature = "json")]
    pub fn result_schema(&self, path: &str) -> Option<Result<serde_json::Value>> {
        self.func(path).map(|ty| super::schema::result(ty, &self.names()))
    }
}
