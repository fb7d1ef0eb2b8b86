//! The resource `fields`: headers and trailers, with what a guest may do to them. Names keep the case they were written in and
//! are compared without it; order is kept.

use std::sync::Arc;

use super::syntax;
use super::types::HeaderError;

/// The resource `fields`.
#[derive(Clone, Debug)]
pub(in crate::wasi) struct Fields {
    map: Arc<FieldMap>,
    mutable: bool,
}

/// Names and values, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldMap {
    entries: Vec<(Box<str>, Box<[u8]>)>,
    /// Bytes on the wire, at least.
    size: usize,
}

/// What a line has at least beside name and value: `:` and its end.
const LINE: usize = 2;

impl FieldMap {
    /// How many lines they are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many bytes they take on the wire, at least.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Adds a value, whatever it is.
    pub(super) fn push(&mut self, name: &str, value: &[u8]) {
        self.size = self.size.saturating_add(line(name, value));
        self.entries.push((name.into(), value.into()));
    }

    fn remove(&mut self, name: &str) {
        self.entries.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.size = self.iter().map(|(name, value)| line(name, value)).sum();
    }

    /// The values of `name`.
    pub(super) fn get<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All names and values, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.entries.iter().map(|(name, value)| (&**name, &**value))
    }

    fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
    }
}

/// Adds a field as a line of a message.
pub(super) fn write_line(message: &mut Vec<u8>, name: &str, value: &[u8]) {
    message.extend_from_slice(name.as_bytes());
    message.extend_from_slice(b": ");
    message.extend_from_slice(value);
    message.extend_from_slice(b"\r\n");
}

fn line(name: &str, value: &[u8]) -> usize {
    name.len().saturating_add(value.len()).saturating_add(LINE)
}

fn check(name: &str, value: &[u8]) -> Result<(), HeaderError> {
    check_name(name)?;
    if syntax::is_field_value(value) { Ok(()) } else { Err(HeaderError::InvalidSyntax) }
}

fn check_name(name: &str) -> Result<(), HeaderError> {
    if !syntax::is_token(name) {
        return Err(HeaderError::InvalidSyntax);
    }
    if syntax::is_forbidden(name) { Err(HeaderError::Forbidden) } else { Ok(()) }
}

impl Fields {
    /// Empty, to be filled.
    pub(super) fn new() -> Self {
        Self { map: Arc::default(), mutable: true }
    }

    /// What nobody changes any more.
    pub(super) fn immutable(map: Arc<FieldMap>) -> Self {
        Self { map, mutable: false }
    }

    /// With these entries, all or none of them.
    pub(super) fn from_list<'a>(
        entries: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Self, HeaderError> {
        let mut map = FieldMap::default();
        for (name, value) in entries {
            check(name, value)?;
            map.push(name, value);
        }
        Ok(Self { map: Arc::new(map), mutable: true })
    }

    pub(super) fn map(&self) -> &Arc<FieldMap> {
        &self.map
    }

    /// The values of `name`.
    pub(super) fn get(&self, name: &str) -> Vec<Vec<u8>> {
        self.map.get(name).map(<[u8]>::to_vec).collect()
    }

    /// Whether there is a value of `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.map.has(name)
    }

    /// Everything.
    pub(super) fn entries(&self) -> Vec<(String, Vec<u8>)> {
        self.map.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
    }

    pub(super) fn set(&mut self, name: &str, values: &[Vec<u8>]) -> Result<(), HeaderError> {
        self.change(name)?;
        if !values.iter().all(|value| syntax::is_field_value(value)) {
            return Err(HeaderError::InvalidSyntax);
        }
        let map = Arc::make_mut(&mut self.map);
        map.remove(name);
        for value in values {
            map.push(name, value);
        }
        Ok(())
    }

    pub(super) fn append(&mut self, name: &str, value: &[u8]) -> Result<(), HeaderError> {
        self.change(name)?;
        check(name, value)?;
        Arc::make_mut(&mut self.map).push(name, value);
        Ok(())
    }

    pub(super) fn delete(&mut self, name: &str) -> Result<(), HeaderError> {
        self.change(name)?;
        if self.map.has(name) {
            Arc::make_mut(&mut self.map).remove(name);
        }
        Ok(())
    }

    /// The same, to be changed.
    pub(super) fn copy(&self) -> Self {
        Self { map: self.map.clone(), mutable: true }
    }

    fn change(&self, name: &str) -> Result<(), HeaderError> {
        if self.mutable { check_name(name) } else { Err(HeaderError::Immutable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(entries: &[(&str, &str)]) -> Fields {
        Fields::from_list(entries.iter().map(|(name, value)| (*name, value.as_bytes()))).unwrap()
    }

    #[test]
    fn names_keep_their_case_and_are_compared_without_it() {
        let mut fields = fields(&[("X-One", "1"), ("b", ""), ("x-one", "2")]);
        assert_eq!(fields.get("X-ONE"), [b"1".to_vec(), b"2".to_vec()]);
        assert_eq!(fields.get("b"), [b"".to_vec()]);
        assert!(fields.has("B") && !fields.has("c") && !fields.has("a b") && fields.get("\n").is_empty());
        let names: Vec<_> = fields.entries().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["X-One", "b", "x-one"]);
        fields.set("x-ONE", &[b"3".to_vec()]).unwrap();
        assert_eq!(fields.entries(), [("b".into(), b"".to_vec()), ("x-ONE".into(), b"3".to_vec())]);
        fields.delete("X-one").unwrap();
        fields.delete("absent").unwrap();
        assert_eq!((fields.map.len(), fields.map.size()), (1, 1 + LINE));
        fields.set("b", &[]).unwrap();
        assert!(!fields.has("b"));
    }

    #[test]
    fn what_breaks_a_message_or_is_the_hosts_is_refused_and_changes_nothing() {
        let mut fields = fields(&[("a", "1")]);
        for name in ["", "a b", "a:", "a\r\n", "ä", "a\0"] {
            assert_eq!(fields.append(name, b"x"), Err(HeaderError::InvalidSyntax), "{name:?}");
            assert_eq!(fields.set(name, &[]), Err(HeaderError::InvalidSyntax), "{name:?}");
            assert_eq!(fields.delete(name), Err(HeaderError::InvalidSyntax), "{name:?}");
            assert!(Fields::from_list([(name, &b"x"[..])]).is_err());
        }
        for value in ["x\r\nhost: evil", "x\n", "x\0", "\u{7f}"] {
            assert_eq!(fields.append("a", value.as_bytes()), Err(HeaderError::InvalidSyntax), "{value:?}");
            assert_eq!(fields.set("a", &[value.into()]), Err(HeaderError::InvalidSyntax), "{value:?}");
        }
        for name in ["Host", "connection", "Transfer-Encoding", "TE", "Expect", "proxy-authorization"] {
            assert_eq!(fields.append(name, b"x"), Err(HeaderError::Forbidden), "{name}");
            assert_eq!(fields.set(name, &[b"x".to_vec()]), Err(HeaderError::Forbidden), "{name}");
            assert_eq!(Fields::from_list([(name, &b"x"[..])]).unwrap_err(), HeaderError::Forbidden);
        }
        assert_eq!(fields.entries(), [("a".into(), b"1".to_vec())]);
        fields.append("a", "ü and \t".as_bytes()).unwrap();
    }

    #[test]
    fn what_was_handed_over_is_immutable_and_its_copy_is_not() {
        let mut original = fields(&[("a", "1")]);
        let mut shared = Fields::immutable(original.map().clone());
        assert_eq!(shared.append("a", b"2"), Err(HeaderError::Immutable));
        assert_eq!(shared.set("a b", &[]), Err(HeaderError::Immutable));
        assert_eq!(shared.delete("a"), Err(HeaderError::Immutable));
        let mut copy = shared.copy();
        copy.append("a", b"2").unwrap();
        original.delete("a").unwrap();
        assert_eq!((shared.get("a").len(), copy.get("a").len(), original.get("a").len()), (1, 2, 0));
    }
}
