//! Signatures: function types numbered engine-wide, so that generated code compares numbers, each with the trampolines
//! between host and guest, made when first needed. A signature lives as long as a module or function uses it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use super::slots::width;
#[cfg(feature = "compile")]
use crate::compile;
use crate::engine::Engine;
use crate::error::Result;
use crate::types::{FuncType, FuncTypeId, HeapType, RefType, ValType};
use crate::vm::CodeMemory;

/// A function type with its number.
pub(crate) struct Signature {
    id: u32,
    type_id: FuncTypeId,
    ty: FuncType,
    numeric: bool,
    slots: usize,
    trampolines: OnceLock<Trampolines>,
    registry: Arc<Registry>,
    /// The signatures of the types that this one's references name: they keep their identities as long as this one is used.
    named: Vec<Arc<Signature>>,
}

/// The two ways between host and guest for one signature.
pub(crate) struct Trampolines {
    code: Arc<CodeMemory>,
    array_to_wasm: u32,
    wasm_to_array: u32,
}

impl Trampolines {
    /// Trampolines at these offsets of published code.
    pub(crate) fn new(code: Arc<CodeMemory>, array_to_wasm: u32, wasm_to_array: u32) -> Self {
        Self { code, array_to_wasm, wasm_to_array }
    }

    /// Address of the way in: loads parameters from slots and calls a guest function.
    pub(crate) fn array_to_wasm(&self) -> Result<usize> {
        self.code.address_of(self.array_to_wasm)
    }

    /// Address of the way out: what guests call to reach a host function.
    pub(crate) fn wasm_to_array(&self) -> Result<usize> {
        self.code.address_of(self.wasm_to_array)
    }
}

impl Signature {
    /// The number; equal exactly for equal types while both are in use.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// What references call the type; never given to another one.
    pub(crate) fn type_id(&self) -> FuncTypeId {
        self.type_id
    }

    /// The type.
    pub(crate) fn ty(&self) -> &FuncType {
        &self.ty
    }

    /// Whether all parameters and results are numbers.
    pub(crate) fn is_numeric(&self) -> bool {
        self.numeric
    }

    /// How many slots a call takes: the larger of what parameters and results need.
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    /// The trampolines, compiled at first use.
    pub(crate) fn trampolines(&self, engine: &Engine) -> Result<&Trampolines> {
        if let Some(trampolines) = self.trampolines.get() {
            return Ok(trampolines);
        }
        let made = self.make_trampolines(engine)?;
        // Another thread may have been quicker: then ours is dropped.
        Ok(self.trampolines.get_or_init(|| made))
    }

    #[cfg(feature = "compile")]
    fn make_trampolines(&self, engine: &Engine) -> Result<Trampolines> {
        let made = compile::compile_trampolines(engine.isa(), &self.ty)?;
        let code = Arc::new(CodeMemory::publish(&made.code)?);
        Ok(Trampolines::new(code, made.array_to_wasm, made.wasm_to_array))
    }

    #[cfg(not(feature = "compile"))]
    fn make_trampolines(&self, _: &Engine) -> Result<Trampolines> {
        Err(crate::error::Error::misuse(format!(
            "no compiled module that was loaded has functions of type {}, and this build of plugbay has no compiler",
            crate::types::ExternType::Func(self.ty.clone())
        )))
    }

    /// Whether there are trampolines.
    pub(crate) fn has_trampolines(&self) -> bool {
        self.trampolines.get().is_some()
    }

    /// Takes trampolines that came with a module, unless there are some.
    pub(crate) fn offer_trampolines(&self, trampolines: Trampolines) {
        // If there are some, these are dropped: they are the same.
        let _ = self.trampolines.set(trampolines);
    }
}

impl Drop for Signature {
    fn drop(&mut self) {
        self.registry.forget(self);
        // Types can name types that name types; a million of them must not become a million nested drops.
        let mut unused = std::mem::take(&mut self.named);
        while let Some(next) = unused.pop() {
            if let Some(mut next) = Arc::into_inner(next) {
                unused.append(&mut next.named);
            }
        }
    }
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signature({}: {})", self.id, crate::types::ExternType::Func(self.ty.clone()))
    }
}

/// How many slots values of these types take: one, or two for a vector.
fn slots_of(types: &[ValType]) -> usize {
    types.iter().copied().map(width).sum()
}

impl FuncTypeId {
    /// An identity that no type of any engine ever had.
    fn unused() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Relaxed))
    }
}

/// The identities of the types that a type's references name, each once.
fn named(ty: &FuncType) -> Vec<FuncTypeId> {
    let all = ty.params().iter().chain(ty.results()).filter_map(|ty| match ty {
        ValType::Ref(RefType { heap: HeapType::Concrete(id), .. }) => Some(*id),
        _ => None,
    });
    let mut all: Vec<_> = all.collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// All signatures of an engine that are in use.
#[derive(Default)]
pub(crate) struct Registry {
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    by_type: HashMap<FuncType, Weak<Signature>>,
    by_type_id: HashMap<FuncTypeId, Weak<Signature>>,
    by_id: Vec<Weak<Signature>>,
    free: Vec<u32>,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The signature of a type.
    pub(crate) fn get(self: &Arc<Self>, ty: &FuncType) -> Arc<Signature> {
        let mut tables = self.lock();
        if let Some(known) = tables.by_type.get(ty).and_then(Weak::upgrade) {
            return known;
        }
        let id = match tables.free.pop() {
            Some(id) => id,
            // Four thousand million signatures do not fit any memory; if they ever do, two types must not share a number.
            None => u32::try_from(tables.by_id.len()).unwrap_or_else(|_| std::process::abort()),
        };
        let named = named(ty).into_iter().filter_map(|id| tables.by_type_id.get(&id)?.upgrade()).collect();
        let type_id = FuncTypeId::unused();
        let signature = Arc::new(Signature {
            id,
            type_id,
            ty: ty.clone(),
            numeric: ty.is_numeric(),
            slots: slots_of(ty.params()).max(slots_of(ty.results())),
            trampolines: OnceLock::new(),
            registry: Arc::clone(self),
            named,
        });
        tables.by_type_id.insert(type_id, Arc::downgrade(&signature));
        tables.by_type.insert(ty.clone(), Arc::downgrade(&signature));
        match tables.by_id.get_mut(id as usize) {
            Some(place) => *place = Arc::downgrade(&signature),
            None => tables.by_id.push(Arc::downgrade(&signature)),
        }
        signature
    }

    /// The signature of this number, if it is in use.
    pub(crate) fn by_id(&self, id: u32) -> Option<Arc<Signature>> {
        self.lock().by_id.get(id as usize).and_then(Weak::upgrade)
    }

    /// Frees the number of a signature that nobody uses any more.
    fn forget(&self, signature: &Signature) {
        let mut tables = self.lock();
        // The type may meanwhile have a new signature: leave that alone.
        if tables.by_type.get(&signature.ty).is_some_and(|known| known.strong_count() == 0) {
            tables.by_type.remove(&signature.ty);
        }
        if let Some(place) = tables.by_id.get_mut(signature.id as usize) {
            *place = Weak::new();
        }
        tables.by_type_id.remove(&signature.type_id);
        tables.free.push(signature.id);
    }
}

/// The signatures of a module's types.
#[derive(Debug)]
pub(crate) struct Signatures {
    list: Box<[Arc<Signature>]>,
    ids: Box<[u32]>,
}

impl Signatures {
    /// These signatures, by type index.
    pub(crate) fn new(list: Vec<Arc<Signature>>) -> Self {
        let list = list.into_boxed_slice();
        let ids = list.iter().map(|signature| signature.id()).collect();
        Self { list, ids }
    }

    /// The signature of the type with this index.
    pub(crate) fn get(&self, type_index: u32) -> Option<&Arc<Signature>> {
        self.list.get(type_index as usize)
    }

    /// The signatures, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Signature>> {
        self.list.iter()
    }

    /// The numbers, by type index; they stay where they are as long as `self` lives.
    pub(crate) fn ids(&self) -> &[u32] {
        &self.ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_types_share_a_number_and_free_it_together() {
        let registry = Arc::new(Registry::default());
        let ty = |params: &[ValType]| FuncType::new(params, []);
        let first = registry.get(&ty(&[ValType::I32]));
        let same = registry.get(&ty(&[ValType::I32]));
        let other = registry.get(&ty(&[ValType::V128]));
        assert!(Arc::ptr_eq(&first, &same));
        assert_ne!(first.id(), other.id());
        assert_eq!((first.slots(), other.slots()), (1, 2));
        assert!(first.is_numeric() && !other.is_numeric());
        let freed = first.id();
        drop((first, same));
        assert!(registry.by_id(freed).is_none());
        assert_eq!(registry.get(&ty(&[ValType::I64])).id(), freed);
        assert_eq!(registry.by_id(other.id()).unwrap().id(), other.id());
    }

    /// A chain of types in which each names the one before; the last one.
    fn chain(registry: &Arc<Registry>, len: usize) -> Arc<Signature> {
        let first = registry.get(&FuncType::new([], []));
        (1..len).fold(first, |last, _| {
            let heap = HeapType::Concrete(last.type_id());
            registry.get(&FuncType::new([ValType::Ref(RefType { nullable: true, heap })], []))
        })
    }

    #[test]
    fn equal_structures_are_one_type_however_they_came_about() {
        let registry = Arc::new(Registry::default());
        let (first, second) = (chain(&registry, 5), chain(&registry, 5));
        assert!(Arc::ptr_eq(&first, &second));
        assert!(!Arc::ptr_eq(&first, &chain(&registry, 6)));
    }

    #[test]
    fn a_long_chain_of_types_is_forgotten_without_deep_recursion() {
        let registry = Arc::new(Registry::default());
        let last = chain(&registry, 200_000);
        assert_eq!(registry.lock().by_type.len(), 200_000);
        drop(last);
        let tables = registry.lock();
        assert!(tables.by_type.is_empty() && tables.by_type_id.is_empty());
        assert_eq!(tables.free.len(), 200_000);
    }
}
