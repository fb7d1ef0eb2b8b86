//! Words that the application and generated code share: both read and write them without a call. Addresses are taken
//! here and nowhere followed; what keeps the words where they are is the store's own reference to them.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::instance::{InstanceData, Origin};
use super::{Context, Global};
use crate::error::Result;
use crate::vm::block::InstanceBlock;
use crate::vm::offsets::{VmCounts, VmOffsets};

/// The cell of an i32 global: generated code reads and writes its low half.
#[repr(C, align(16))]
#[derive(Debug, Default)]
struct Word(AtomicU64);

/// A row of 32-bit words that guests see as mutable globals of type i32 ([`Global::shared`]). Clones are the same words.
#[derive(Debug, Clone, Default)]
pub struct SharedWords(Arc<[Word]>);

impl SharedWords {
    /// So many words, all 0.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self((0..count).map(|_| Word::default()).collect())
    }

    /// The word of this number; 0 when there is none.
    #[inline]
    #[must_use]
    pub fn get(&self, index: u32) -> u32 {
        self.0.get(index as usize).map_or(0, |word| word.0.load(Relaxed) as u32)
    }

    /// Sets the word of this number, if there is one.
    #[inline]
    pub fn set(&self, index: u32, value: u32) {
        if let Some(word) = self.0.get(index as usize) {
            word.0.store(u64::from(value), Relaxed);
        }
    }

    /// Where the word of this number is.
    pub(super) fn address(&self, index: u32) -> Option<u64> {
        self.0.get(index as usize).map(|word| std::ptr::from_ref(word).expose_provenance() as u64)
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl Global {
    /// Shared words as mutable globals of type i32, in their order.
    ///
    /// # Errors
    /// `Limit` when the store's limits do not allow one more instance, which is what they count as together.
    pub fn shared<T>(cx: &mut Context<'_, T>, words: &SharedWords) -> Result<Vec<Self>> {
        let store = cx.inner_mut();
        let instance = store.next_instance()?;
        let offsets = VmOffsets::new(VmCounts::default());
        let block = InstanceBlock::new(store.vm_address(), &[], instance, offsets)?;
        store.instances.push(InstanceData::new(block, Origin::Words(words.clone()), None));
        let store = store.id();
        Ok((0..words.len() as u32).map(|index| Self { store, instance, index }).collect())
    }
}

#[cfg(all(test, feature = "compile"))]
mod tests {
    use super::*;
    use crate::{Config, Engine, Extern, Instance, Module, Store, StoreLimits, Val};

    #[test]
    fn both_sides_see_what_the_other_wrote() {
        let engine = Engine::new(&Config::new()).unwrap();
        let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
        let mut cx = store.context();
        let words = SharedWords::new(3);
        let globals = Global::shared(&mut cx, &words).unwrap();
        let text = r#"(module (import "" "" (global $g (mut i32)))
            (func (export "swap") (param i32) (result i32) (global.get $g) (global.set $g (local.get 0))))"#;
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let instance = Instance::new(&mut cx, &module, &[Extern::Global(globals[1])]).unwrap();
        let swap = instance.export(&cx, "swap").and_then(Extern::into_func).unwrap();
        words.set(1, 7);
        assert_eq!(swap.call(&mut cx, &[Val::I32(-1)]).unwrap(), [Val::I32(7)]);
        assert_eq!([0, 1, 2, 3].map(|index| words.get(index)), [0, u32::MAX, 0, 0]);
        globals[2].set(&mut cx, Val::I32(5)).unwrap();
        assert_eq!((words.get(2), globals[2].get(&cx)), (5, Val::I32(5)));
        drop(store);
        assert_eq!(words.get(1), u32::MAX);
    }
}
