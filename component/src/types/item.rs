//! What a component imports and exports.

use std::sync::Arc;

use super::{ResourceType, ValType};

/// The type of a component-level function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FuncType {
    params: Arc<[(Arc<str>, ValType)]>,
    result: Option<ValType>,
}

impl FuncType {
    /// A function of these named parameters and this result.
    pub fn new(params: impl IntoIterator<Item = (Arc<str>, ValType)>, result: Option<ValType>) -> Self {
        Self { params: params.into_iter().collect(), result }
    }

    /// Name and type of each parameter, in order.
    #[must_use]
    pub fn params(&self) -> &[(Arc<str>, ValType)] {
        &self.params
    }

    /// The type of the result, if there is one.
    #[must_use]
    pub fn result(&self) -> Option<&ValType> {
        self.result.as_ref()
    }
}

/// The type of an instance: what it exports, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstanceType {
    exports: Arc<[(Arc<str>, ComponentItem)]>,
}

impl InstanceType {
    /// An instance with these exports.
    pub fn new(exports: impl IntoIterator<Item = (Arc<str>, ComponentItem)>) -> Self {
        Self { exports: exports.into_iter().collect() }
    }

    /// Name and type of each export, in order.
    #[must_use]
    pub fn exports(&self) -> &[(Arc<str>, ComponentItem)] {
        &self.exports
    }

    /// The export called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ComponentItem> {
        self.exports.iter().find_map(|(key, item)| (&**key == name).then_some(item))
    }
}

/// What an import or export says of itself beside its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameAttributes {
    implements: Option<Arc<str>>,
    external_id: Option<Arc<str>>,
}

impl NameAttributes {
    pub(crate) fn new(implements: Option<&str>, external_id: Option<&str>) -> Self {
        Self { implements: implements.map(Arc::from), external_id: external_id.map(Arc::from) }
    }

    /// The interface of which this is one among several instances (`implements`).
    #[must_use]
    pub fn implements(&self) -> Option<&str> {
        self.implements.as_deref()
    }

    /// What the host knows it by, in whatever way it names things (`external-id`).
    #[must_use]
    pub fn external_id(&self) -> Option<&str> {
        self.external_id.as_deref()
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Something that a component imports or exports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComponentItem {
    /// A function.
    Func(FuncType),
    /// An instance: an interface.
    Instance(InstanceType),
    /// A resource type.
    Resource(ResourceType),
    /// A value type.
    Type(ValType),
    /// A component.
    Component,
    /// A core module.
    Module,
}

impl ComponentItem {
    /// What kind of thing this is, in the words of a message.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Func(_) => "function",
            Self::Instance(_) => "instance",
            Self::Resource(_) => "resource",
            Self::Type(_) => "type",
            Self::Component => "component",
            Self::Module => "core module",
        }
    }
}
