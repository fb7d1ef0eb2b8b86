//! Tags: what exceptions are told apart by. A tag is a place in its store's list, so that imports of one tag are one tag
//! however they came about, and two tags of equal types are two.

use std::sync::Arc;

use super::exception::Exception;
use super::instance::gone;
use super::signature::Signature;
use super::store::StoreInner;
use super::{Context, Val};
use crate::error::{Error, Result};
use crate::module::Module;
use crate::types::FuncType;

/// A handle to a tag (Core spec, "Tags").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag {
    pub(super) store: u64,
    pub(super) index: u32,
}

/// A tag of a store.
pub(super) struct TagData {
    signature: Arc<Signature>,
    /// The instance that defines it, and its index there, unless the host made it.
    place: Option<(u32, u32)>,
}

impl Tag {
    /// A new tag, different from all others. Its exceptions carry values of the parameters of `ty`.
    ///
    /// # Errors
    /// `Misuse` when the type has results.
    pub fn new<T>(cx: &mut Context<'_, T>, ty: &FuncType) -> Result<Self> {
        if !ty.results().is_empty() {
            return Err(Error::misuse("the type of a tag has no results"));
        }
        let store = cx.inner_mut();
        let signature = store.engine().signature(ty);
        Ok(store.add_tag(signature, None))
    }

    /// The type; one without parameters for a handle of another store.
    pub fn ty<T>(&self, cx: &Context<'_, T>) -> FuncType {
        cx.inner().tag_signature(*self).map_or_else(|_| FuncType::new([], []), |found| found.ty().clone())
    }

    /// An exception of this tag with these values, as the error that a host function returns to throw it: the guest that
    /// called the function can catch it.
    ///
    /// Instead of the exception the error is of kind `Misuse` when the values are not of the tag's types or a handle is of
    /// another store, and of kind `Limit` when the store's limits allow no more exceptions.
    pub fn exception<T>(&self, cx: &mut Context<'_, T>, values: &[Val]) -> Error {
        self.make(cx, values).map_or_else(|error| error, Error::from)
    }

    fn make<T>(&self, cx: &mut Context<'_, T>, values: &[Val]) -> Result<Exception> {
        let store = cx.inner_mut();
        let signature = store.tag_signature(*self)?;
        let types = signature.ty().params();
        if types.len() != values.len() {
            let (asked, given) = (types.len(), values.len());
            return Err(Error::misuse(format!(
                "exceptions of the tag carry {asked} values, {given} were given"
            )));
        }
        for (value, ty) in values.iter().zip(types) {
            store.check(*value, *ty)?;
        }
        let mut slots = vec![0; signature.slots()];
        store.lower_all(values, &mut slots)?;
        let exception = store.exceptions.add(self.index, &slots, store.limits.exception_bytes)?;
        store.exception(exception)
    }
}

impl StoreInner {
    fn add_tag(&mut self, signature: Arc<Signature>, place: Option<(u32, u32)>) -> Tag {
        let index = u32::try_from(self.tags.len()).unwrap_or(u32::MAX);
        self.tags.push(TagData { signature, place });
        Tag { store: self.id(), index }
    }

    fn tag(&self, tag: Tag) -> Result<&TagData> {
        self.check_store(tag.store)?;
        self.tags.get(tag.index as usize).ok_or_else(|| gone("a tag"))
    }

    /// The signature of a tag.
    pub(super) fn tag_signature(&self, tag: Tag) -> Result<Arc<Signature>> {
        self.tag(tag).map(|data| Arc::clone(&data.signature))
    }

    /// Makes the tags of a new instance of this module: those that it imports, then those that it defines.
    pub(super) fn define_tags(&mut self, instance: u32, module: &Module) -> Result<()> {
        let info = module.info();
        let imported = info.num_imported_tags;
        let data = self.instance_mut(instance)?;
        data.tags.clear();
        let imports = data.imports.as_deref();
        data.tags.extend(imports.iter().flat_map(|imports| &imports.tags).map(|tag| tag.index));
        for (index, ty) in (imported..).zip(info.tags.iter().skip(imported as usize)) {
            let signature = module.signatures().get(*ty).ok_or_else(|| gone("a type"))?;
            let tag = self.add_tag(Arc::clone(signature), Some((instance, index)));
            self.instance_mut(instance)?.tags.push(tag.index);
        }
        Ok(())
    }

    /// The tag with this index in an instance.
    pub(crate) fn tag_at(&self, instance: u32, index: u32) -> Result<Tag> {
        let tag = self.instance(instance)?.tags.get(index as usize).ok_or_else(|| gone("a tag"))?;
        Ok(Tag { store: self.id(), index: *tag })
    }

    /// How many slots what exceptions of a tag carry takes.
    pub(crate) fn tag_slots(&self, tag: Tag) -> Result<usize> {
        self.tag(tag).map(|data| data.signature.slots())
    }

    /// What the module that defines a tag calls it: the name of its first export.
    pub(super) fn tag_name(&self, tag: Tag) -> Option<String> {
        let (instance, index) = self.tag(tag).ok()?.place?;
        self.instance(instance).ok()?.module()?.tag_name(index)
    }
}
