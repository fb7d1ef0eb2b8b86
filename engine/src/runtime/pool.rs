//! Idle instances: what is left of dropped ones, brought back to the initial state, waits here for the next tenant. Each
//! module keeps its own, since the images of its memories stay mapped and the references to its functions written; the
//! engine counts them all and decides who gives way when there are too many.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut modules = lock(&self.modules);
        modules.retain(|module| module.strong_count() > 0);
        let others = modules.iter().filter_map(Weak::upgrade).filter(|module| !Arc::ptr_eq(module, except));
        for module in others {
            while self.is_over() && module.take().is_some() {}
        }
        !self.is_over()
    }

    /// Drops all idle instances: the system is short of something that they hold.
    #[cold]
    pub(super) fn clear(&self) {
        let modules: Vec<_> = lock(&self.modules).iter().filter_map(Weak::upgrade).collect();
        for module in modules {
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
        let Idle { data, bytes } = lock(&self.idle).pop()?;
        self.engine.remove(bytes);
        Some(data)
    }

    fn give(self: &Arc<Self>, data: InstanceData, bytes: usize) {
        self.engine.add(bytes);
        if self.engine.is_over() && !self.engine.make_room(self) {
            self.engine.remove(bytes);
            return;
        }
        let mut idle = lock(&self.idle);
        if idle.capacity() == 0 {
            lock(&self.engine.modules).push(Arc::downgrade(self));
        }
        idle.push(Idle { data, bytes });
    }
}

impl Drop for ModulePool {
    fn drop(&mut self) {
        while self.take().is_some() {}
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
