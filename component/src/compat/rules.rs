//! `Compat`: the opt-in, and what the application adds to it.

use std::collections::BTreeMap;

use crate::link::Name;
use crate::value::Val;

/// That plugins which were built against an older version of a world may be loaded, and how their values are completed.
///
/// A new field of a record needs a value where an older plugin gives such a record: `none` if the field is an `option`;
/// for any other type the application says which, because WIT has no defaults and a zero is rarely "not said":
///
/// ```
/// use plugbay_component::{Compat, Val};
///
/// let compat = Compat::additive()
///     .field("demo:editor/types.token.line", Val::U32(1))
///     .field("style.bold", Val::Bool(false));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compat {
    fields: BTreeMap<String, Val>,
}

impl Compat {
    /// Additive changes are bridged: functions that the world exports now, new fields with a value for those who do not
    /// know them, new cases and flags. Whatever else differs is refused with the list of differences.
    #[must_use]
    pub fn additive() -> Self {
        Self::default()
    }

    /// What a field is completed with. It is named by the record's name in the plugin: `interface.record.field` (without a
    /// version: `demo:editor/types.token.line`), or `record.field` for records of this name in all interfaces.
    #[must_use]
    pub fn field(mut self, path: impl Into<String>, value: Val) -> Self {
        self.fields.insert(path.into(), value);
        self
    }

    /// The value for `field` of the record called `record` in `interface` (`None`: of the world itself).
    pub(super) fn default_of(&self, interface: Option<&str>, record: &str, field: &str) -> Option<&Val> {
        let exact = interface.and_then(|interface| {
            let interface = Name::parse(interface).base;
            self.fields.get(&format!("{interface}.{record}.{field}"))
        });
        exact.or_else(|| self.fields.get(&format!("{record}.{field}")))
    }
}
