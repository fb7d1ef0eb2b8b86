//! Exceptions as the application sees them: references to them, and those that no guest caught. Where they live is in
//! `exceptions.rs`, how a guest throws and catches in `vm/unwind.rs`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::exceptions::Word;
use super::store::StoreInner;
use super::{Context, Tag, Val};
use crate::error::{Error, ErrorKind, Result};
use crate::trap::Frame;
use crate::types::{FuncType, HeapType, RefType, TypeList, ValType};

/// A reference to an exception of a store, which keeps it for as long as the store lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExnRef {
    store: u64,
    word: Word,
}

/// An exception that the guest threw and did not catch. As an error that a host function returns unchanged it is thrown
/// again there: the guest that called the function can catch it.
pub struct Exception {
    tag: Tag,
    ty: FuncType,
    name: Option<String>,
    frames: Vec<Frame>,
    word: Word,
    /// Keeps the exception in its store.
    _held: Arc<()>,
}

impl ExnRef {
    /// The exception that it refers to. As an error that a host function returns unchanged it is thrown again there.
    ///
    /// # Errors
    /// `Misuse` when the reference is of another store.
    pub fn exception<T>(&self, cx: &mut Context<'_, T>) -> Result<Exception> {
        let store = cx.inner_mut();
        store.check_store(self.store)?;
        store.exception(self.word)
    }
}

impl Exception {
    /// The exception's tag.
    pub fn tag(&self) -> Tag {
        self.tag
    }

    /// The type of the tag; its parameters are the types of what the exception carries.
    pub fn ty(&self) -> &FuncType {
        &self.ty
    }

    /// What the module that defines the tag exports it as, if it does; safe to print.
    pub fn tag_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The guest frames in which it was thrown, innermost first. May be empty.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// What the exception carries.
    ///
    /// # Errors
    /// `Misuse` when the exception is of another store.
    pub fn values<T>(&self, cx: &Context<'_, T>) -> Result<Vec<Val>> {
        let store = cx.inner();
        store.check_store(self.tag.store)?;
        store.lift_all(self.ty.params(), store.exceptions.get(self.word)?.1)
    }

    /// Says in which frames it was thrown, if nobody has so far.
    pub(super) fn set_frames(&mut self, frames: impl FnOnce() -> Vec<Frame>) {
        if self.frames.is_empty() {
            self.frames = frames();
        }
    }

    /// Its reference in the store with this number.
    pub(super) fn word_in(&self, store: u64) -> Option<Word> {
        (self.tag.store == store).then_some(self.word)
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the plugin threw an exception that nobody caught: ")?;
        match &self.name {
            Some(name) => write!(f, "tag `{name}` "),
            None => f.write_str("a tag without a name, "),
        }?;
        TypeList(self.ty.params()).fmt(f)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exception").field("tag", &self.tag).field("name", &self.name).finish_non_exhaustive()
    }
}

impl From<Exception> for Error {
    fn from(exception: Exception) -> Self {
        ErrorKind::Exception(Box::new(exception)).into()
    }
}

fn is_exception(ty: ValType) -> bool {
    matches!(ty, ValType::Ref(RefType { heap: HeapType::Exn | HeapType::NoExn, .. }))
}

impl StoreInner {
    /// Makes the exception that a guest throws: of the tag with this index in the instance.
    pub(crate) fn throw(&mut self, tag: Tag, slots: &[u64]) -> Result<Word> {
        self.exceptions.add(tag.index, slots, self.limits.exception_bytes)
    }

    /// Whether exceptions should be collected before one of this tag is thrown.
    pub(crate) fn should_collect(&self, slots: usize) -> bool {
        self.exceptions.is_full(slots, self.limits.exception_bytes)
    }

    /// Forgets the exceptions that nobody can reach; `frames` are all words of the running call's guest frames.
    pub(crate) fn collect_exceptions(&mut self, frames: impl Iterator<Item = u64>) {
        let stored = self.stored_exceptions();
        self.exceptions.collect(frames.chain(stored));
    }

    /// The references to exceptions that lie in globals and tables.
    fn stored_exceptions(&self) -> Vec<u64> {
        let mut found = Vec::new();
        for instance in &self.instances {
            for (offset, ty) in instance.globals() {
                if is_exception(ty) {
                    found.extend(instance.block.get(offset));
                }
            }
            for table in &instance.tables {
                if is_exception(ValType::Ref(table.current_type().element)) {
                    found.extend(table.elements.iter().map(|element| element.load(Relaxed)));
                }
            }
        }
        found
    }

    /// Whether an exception is one of the tag with this index in an instance.
    pub(crate) fn is_of_tag(&self, word: Word, instance: u32, tag: u32) -> bool {
        let found = self.exceptions.get(word).map(|(tag, _)| tag);
        matches!((found, self.tag_at(instance, tag)), (Ok(found), Ok(tag)) if found == tag.index)
    }

    /// Says that an exception was caught, with a reference to it or without, and returns the address of what it carries,
    /// which stays there until the next one is made.
    pub(crate) fn catch(&mut self, word: Word, by_reference: bool) -> Result<usize> {
        match by_reference {
            true => self.exceptions.refer(word),
            false => self.exceptions.catch(word),
        }
        Ok(self.exceptions.get(word)?.1.as_ptr().expose_provenance())
    }

    /// The error for an exception that no frame of the running activation catches.
    #[cold]
    pub(crate) fn uncaught(&mut self, word: Word) -> Error {
        let passed_on = self.recorded_exception() == Some(word);
        let again = if passed_on { self.recorded.take() } else { None };
        again.unwrap_or_else(|| self.exception(word).map_or_else(|error| error, Error::from))
    }

    /// An exception for the application.
    pub(crate) fn exception(&mut self, word: Word) -> Result<Exception> {
        let tag = Tag { store: self.id(), index: self.exceptions.get(word)?.0 };
        let ty = self.tag_signature(tag)?.ty().clone();
        let held = self.exceptions.hold(word)?;
        Ok(Exception { tag, ty, name: self.tag_name(tag), frames: Vec::new(), word, _held: held })
    }

    /// The reference that stands for an exception in slots.
    pub(super) fn exception_word(&self, exception: ExnRef) -> Result<Word> {
        self.check_store(exception.store)?;
        Ok(exception.word)
    }

    /// The application's reference to an exception.
    pub(super) fn exception_ref(&self, word: Word) -> Result<ExnRef> {
        self.exceptions.keep(word)?;
        Ok(ExnRef { store: self.id(), word })
    }
}
