//! The fields of a dynamic record. The names are one table, which all records that were lifted with the same type share,
//! so that a thousand records are not three thousand names.

use std::fmt;
use std::sync::Arc;

use super::Val;

/// The fields of a record, in order: `Val::Record([("x", Val::U8(1))].into_iter().collect())`.
#[derive(Clone, Default)]
pub struct Record {
    /// Of the same length.
    names: Arc<[Arc<str>]>,
    values: Vec<Val>,
}

impl Record {
    /// A record with names that others have, too.
    pub(crate) fn shared(names: &Arc<[Arc<str>]>, values: Vec<Val>) -> Self {
        Self { names: Arc::clone(names), values }
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of the field of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Val> {
        self.values.get(self.names.iter().position(|known| **known == *name)?)
    }

    /// The value of the field of this name, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Val> {
        self.values.get_mut(self.names.iter().position(|known| **known == *name)?)
    }

    /// Name and value of each field, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Val)> + Clone {
        self.names.iter().map(|name| &**name).zip(&self.values)
    }

    /// Name and value of each field, in order; the values to change.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Val)> {
        self.names.iter().map(|name| &**name).zip(&mut self.values)
    }

    /// The values, in order.
    pub(crate) fn values(&self) -> &[Val] {
        &self.values
    }

    /// The values, if the names are this very table.
    pub(crate) fn values_of(&self, names: &Arc<[Arc<str>]>) -> Option<&[Val]> {
        Arc::ptr_eq(&self.names, names).then_some(&*self.values)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        (Arc::ptr_eq(&self.names, &other.names) || self.names == other.names) && self.values == other.values
    }
}

impl<N: Into<Arc<str>>> FromIterator<(N, Val)> for Record {
    fn from_iter<I: IntoIterator<Item = (N, Val)>>(fields: I) -> Self {
        let (names, values): (Vec<Arc<str>>, _) =
            fields.into_iter().map(|(name, value)| (name.into(), value)).unzip();
        Self { names: names.into(), values }
    }
}

impl<N: Into<Arc<str>>> From<Vec<(N, Val)>> for Record {
    fn from(fields: Vec<(N, Val)>) -> Self {
        fields.into_iter().collect()
    }
}

impl<N: Into<Arc<str>>, const LEN: usize> From<[(N, Val); LEN]> for Record {
    fn from(fields: [(N, Val); LEN]) -> Self {
        fields.into_iter().collect()
    }
}

impl IntoIterator for Record {
    type Item = (Arc<str>, Val);
    type IntoIter = std::vec::IntoIter<(Arc<str>, Val)>;

    fn into_iter(self) -> Self::IntoIter {
        self.names.iter().cloned().zip(self.values).collect::<Vec<_>>().into_iter()
    }
}
