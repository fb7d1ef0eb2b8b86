//! Idle instances: what is left of dropped ones, brought back to the initial state, waits here for the next tenant. Each
//! module keeps its own, since the images of its memories stay mapped and the references to its functions written; the
//! engine counts them all and decides who gives way when there are too many.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, TryLockError, Weak};

use super::instance::{InstanceData, Origin};
use crate::config::PoolConfig;
use crate::module::Module;

/// An idle instance and the bytes that it keeps in memory.
struct Idle {
    data: InstanceData,
    bytes: usize,
}

/// The idle instances of one module.
pub(crate) struct ModulePool {
    engine: Arc<EnginePool>,
    idle: Mutex<Vec<Idle>>,
}

/// What an engine knows of all idle instances of its modules.
pub(crate) struct EnginePool {
    config: PoolConfig,
    instances: AtomicUsize,
    bytes: AtomicUsize,
    /// The modules that ever had some.
    modules: Mutex<Vec<Weak<ModulePool>>>,
}

/// How often a lock is tried: it is held for moments only.
const TRIES: usize = 1000;

/// Nothing if somebody holds the lock and does not let go, in the child of a fork for ever: then instances are made anew,
/// and dropped.
fn lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    for _ in 0..TRIES {
        match mutex.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => std::hint::spin_loop(),
        }
    }
    None
}

impl EnginePool {
    pub(crate) fn new(config: PoolConfig) -> Arc<Self> {
        let (instances, bytes, modules) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::default());
        Arc::new(Self { config, instances, bytes, modules })
    }

    /// Whether instances are kept at all.
    pub(super) fn is_on(&self) -> bool {
        self.config.instances > 0
    }

    /// Notes a module that has its first idle instance. One that it cannot note does not give way to others.
    fn add_module(&self, module: &Arc<ModulePool>) {
        let Some(mut modules) = lock(&self.modules) else { return };
        if modules.len() == modules.capacity() {
            // Those that are gone make room, before the list grows.
            modules.retain(|module| module.strong_count() > 0);
        }
        modules.push(Arc::downgrade(module));
    }

    /// The modules that are still there; the lock is not held while instances are taken from them and dropped.
    fn live_modules(&self) -> Vec<Arc<ModulePool>> {
        lock(&self.modules).iter().flat_map(|modules| modules.iter()).filter_map(Weak::upgrade).collect()
    }

    fn add(&self, bytes: usize) {
        self.instances.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
    }

    fn remove(&self, bytes: usize) {
        self.instances.fetch_sub(1, Relaxed);
        self.bytes.fetch_sub(bytes, Relaxed);
    }

    fn is_over(&self) -> bool {
        self.instances.load(Relaxed) > self.config.instances || self.bytes.load(Relaxed) > self.config.bytes
    }

    /// Drops idle instances of other modules than `except` until there are no more than there may be; returns whether
    /// that was enough.
    #[cold]
    fn make_room(&self, except: &Arc<ModulePool>) -> bool {
        for module in self.live_modules().iter().filter(|module| !Arc::ptr_eq(module, except)) {
            while self.is_over() && module.take().is_some() {}
        }
        !self.is_over()
    }

    /// Drops all idle instances: the system is short of something that they hold.
    #[cold]
    pub(super) fn clear(&self) {
        for module in self.live_modules() {
            while module.take().is_some() {}
        }
    }
}

impl ModulePool {
    pub(crate) fn new(engine: &Arc<EnginePool>) -> Arc<Self> {
        Arc::new(Self { engine: Arc::clone(engine), idle: Mutex::default() })
    }

    /// An idle instance, as good as new.
    pub(super) fn take(&self) -> Option<InstanceData> {
        let Idle { data, bytes } = lock(&self.idle)?.pop()?;
        self.engine.remove(bytes);
        Some(data)
    }

    fn give(self: &Arc<Self>, data: InstanceData, bytes: usize) {
        self.engine.add(bytes);
        if self.engine.is_over() && !self.engine.make_room(self) {
            self.engine.remove(bytes);
            return;
        }
        let first = {
            let Some(mut idle) = lock(&self.idle) else {
                self.engine.remove(bytes);
                return;
            };
            let first = idle.capacity() == 0;
            idle.push(Idle { data, bytes });
            first
        };
        // Without the lock of this list: `make_room` and `clear` go the other way.
        if first {
            self.engine.add_module(self);
        }
    }
}

impl Drop for ModulePool {
    fn drop(&mut self) {
        for Idle { bytes, .. } in self.idle.get_mut().map(std::mem::take).unwrap_or_default() {
            self.engine.remove(bytes);
        }
    }
}

/// Takes leave of an instance whose store is dropped; `entered` says whether the store's guests ever ran.
pub(super) fn retire(mut data: InstanceData, entered: bool) {
    let Origin::Module(module) = std::mem::replace(&mut data.origin, Origin::Host) else { return };
    let pool = module.pool();
    if !pool.engine.is_on() {
        return;
    }
    if let Some(bytes) = reset(&mut data, &module, entered, pool.engine.config.keep_resident) {
        pool.give(data, bytes);
    }
}

/// Brings an instance back to what it was before anyone saw it, except for what the next instantiation overwrites
/// (imports, globals). Returns how many bytes it keeps in memory; `None` if it must not be used again.
fn reset(data: &mut InstanceData, module: &Module, entered: bool, keep: usize) -> Option<usize> {
    let info = module.info();
    let template = module.template().ok()?;
    let InstanceData { block, origin: _, imports, memories, tables, dropped_data, dropped_elements, tags } =
        data;
    *imports = None;
    tags.clear();
    dropped_data.clear();
    dropped_elements.clear();
    let declared_memories = info.memories.get(info.num_imported_memories as usize..)?;
    let declared_tables = info.tables.get(info.num_imported_tables as usize..)?;
    if memories.len() != declared_memories.len() || tables.len() != declared_tables.len() {
        // Its instantiation failed half-way.
        return None;
    }
    let mut bytes = block.offsets().size() as usize;
    for (memory, declared) in memories.iter_mut().zip(declared_memories) {
        let len = usize::try_from(declared.plan.min_bytes()).ok()?;
        let kept = memory.memory.reset(len, entered, keep.saturating_sub(bytes)).ok()?;
        bytes = bytes.saturating_add(kept);
        block.set_pair(memory.offset, memory.memory.address() as u64, len as u64).ok()?;
    }
    let base = block.address_of(block.offsets().func_ref(0));
    for (index, (table, declared)) in tables.iter_mut().zip(declared_tables).enumerate() {
        let prepared = template.tables.as_ref().and_then(|tables| tables.get(index));
        let len = usize::try_from(declared.ty.minimum).ok()?;
        if entered || *table.touched.get_mut() || prepared.is_none() {
            table.reset(len, prepared, base)?;
            let address = table.elements.as_ptr().expose_provenance() as u64;
            block.set_pair(table.offset, address, len as u64).ok()?;
        }
        bytes = bytes.saturating_add(len.saturating_mul(size_of::<u64>()));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Engine, Instance, Store, StoreLimits};

    #[test]
    fn modules_that_are_gone_are_forgotten() {
        let engine = Engine::new(&Config::new()).unwrap();
        let bytes = wat::parse_str("(module (memory 1))").unwrap();
        for _ in 0..100 {
            let module = Module::new(&engine, &bytes).unwrap();
            let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
            Instance::new(&mut store.context(), &module, &[]).unwrap();
            drop(store);
            assert_eq!(engine.pool().instances.load(Relaxed), 1);
        }
        assert_eq!((engine.pool().instances.load(Relaxed), engine.pool().bytes.load(Relaxed)), (0, 0));
        assert!(lock(&engine.pool().modules).unwrap().len() <= 8);
    }

    #[test]
    fn what_is_kept_is_counted_and_bounded() {
        let pool = PoolConfig { instances: 4, bytes: 10 << 10, keep_resident: 64 << 10 };
        let engine = Engine::new(&Config::new().with_pool(pool)).unwrap();
        let text = r#"(module (memory (export "memory") 1)
            (func $start (i32.store (i32.const 0) (i32.const 1))) (start $start))"#;
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let make = |_| {
            let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
            Instance::new(&mut store.context(), &module, &[]).unwrap();
            store
        };
        let live: Vec<_> = (0..8).map(make).collect();
        drop(live);
        // Where the system tells which pages were written to, each keeps one of 4 KiB or more, else nothing.
        let (instances, bytes) = (engine.pool().instances.load(Relaxed), engine.pool().bytes.load(Relaxed));
        assert!((0..=4).contains(&instances) && bytes <= 10 << 10, "{instances} keep {bytes}");
        drop(module);
        assert_eq!((engine.pool().instances.load(Relaxed), engine.pool().bytes.load(Relaxed)), (0, 0));
    }

    #[test]
    fn a_lock_that_is_held_for_ever_costs_only_the_reuse() {
        let engine = Engine::new(&Config::new()).unwrap();
        let module = Module::new(&engine, &wat::parse_str("(module (memory 1))").unwrap()).unwrap();
        let held = module.pool().idle.lock().unwrap();
        for _ in 0..3 {
            let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
            Instance::new(&mut store.context(), &module, &[]).unwrap();
        }
        assert_eq!(engine.pool().instances.load(Relaxed), 0);
        drop(held);
    }
}
