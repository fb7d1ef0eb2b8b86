//! What the translator of a function knows about everything outside the function: the module, the layout of its VM
//! context, and the kinds of memory that generated code reads and writes.

use std::borrow::Cow;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{
    self, AliasRegion, AliasRegionData, GlobalValueData, InstBuilder, MemFlagsData, Type, Value, types,
};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig, TargetIsa};

use super::FuncTranslator;
use crate::config::{Config, TrapStyle};
use crate::error::{Error, Result};
use crate::module::info::ModuleInfo;
use crate::module::limits::ModuleLimits;
use crate::vm::offsets::{self, VmOffsets};

/// A module as its functions see it.
pub(crate) struct ModuleEnvironment<'a> {
    pub(crate) info: &'a ModuleInfo,
    pub(crate) offsets: VmOffsets,
    pub(crate) frontend: TargetFrontendConfig,
    pub(crate) host_call_conv: CallConv,
    /// How traps are raised.
    pub(crate) style: TrapStyle,
    /// Whether fuel is counted.
    pub(crate) fuel: bool,
    /// What functions may ask for.
    pub(crate) limits: ModuleLimits,
    /// The work that functions may still ask for, all together.
    work: AtomicU64,
}

impl<'a> ModuleEnvironment<'a> {
    /// The environment of the functions of this module on this machine.
    pub(crate) fn new(isa: &dyn TargetIsa, config: &Config, info: &'a ModuleInfo) -> Self {
        Self {
            info,
            offsets: VmOffsets::new(info),
            frontend: isa.frontend_config(),
            host_call_conv: isa.default_call_conv(),
            style: config.trap_style(),
            fuel: config.fuel(),
            limits: *config.module_limits(),
            work: AtomicU64::new(config.module_limits().module_work),
        }
    }

    /// Takes the work of a translated function off what the module may ask for.
    pub(super) fn account(&self, budget: &Budget) -> Result<()> {
        let amount = budget.limit.saturating_sub(budget.left);
        let limit = self.limits.module_work;
        match self.work.try_update(Relaxed, Relaxed, |left| left.checked_sub(amount)) {
            Ok(_) => Ok(()),
            Err(left) => {
                Err(Error::limit("module_work", limit.saturating_sub(left).saturating_add(amount), limit))
            }
        }
    }
}

/// Kinds of memory that never overlap, so that a store to one leaves what was loaded from another.
#[derive(Clone, Copy)]
pub(super) struct Regions {
    pub(super) context: AliasRegion,
    pub(super) heap: AliasRegion,
    pub(super) table: AliasRegion,
    pub(super) global: AliasRegion,
}

impl Regions {
    pub(super) fn new(func: &mut ir::Function) -> Self {
        let mut region = |user_id, name: &'static str| {
            func.dfg.alias_regions.insert(AliasRegionData { user_id, description: Cow::Borrowed(name) })
        };
        Self {
            context: region(0, "context"),
            heap: region(1, "heap"),
            table: region(2, "table"),
            global: region(3, "global"),
        }
    }

    /// For what never changes while the instance lives.
    pub(super) fn constant(&self) -> MemFlagsData {
        MemFlagsData::trusted().with_readonly().with_can_move().with_alias_region(Some(self.context))
    }
}

/// Makes the function check its stack against the store's limit on entry, with an instruction that traps.
pub(super) fn set_stack_limit(func: &mut ir::Function, regions: &Regions) {
    let pointer = types::I64;
    let flags = func.dfg.mem_flags.insert_unchecked(regions.constant());
    let context = func.create_global_value(GlobalValueData::VMContext);
    let store = func.create_global_value(GlobalValueData::Load {
        base: context,
        offset: Offset32::new(offsets::CONTEXT_STORE.cast_signed()),
        global_type: pointer,
        flags,
    });
    let limit = func.create_global_value(GlobalValueData::Load {
        base: store,
        offset: Offset32::new(offsets::store::STACK_LIMIT.cast_signed()),
        global_type: pointer,
        flags,
    });
    func.stack_limit = Some(limit);
}

/// How much intermediate form one function may still become. A few bytes of WebAssembly can stand for a thousand values
/// (calls and branches with many operands), so that the size of the body alone bounds nothing.
pub(super) struct Budget {
    left: u64,
    limit: u64,
}

impl Budget {
    pub(super) fn new(limits: &ModuleLimits) -> Self {
        Self { left: limits.function_work, limit: limits.function_work }
    }

    pub(super) fn spend(&mut self, amount: usize) -> Result<()> {
        let amount = amount as u64;
        self.left = self.left.checked_sub(amount).ok_or_else(|| {
            let spent = self.limit.saturating_sub(self.left);
            Error::limit("function_work", spent.saturating_add(amount), self.limit)
        })?;
        Ok(())
    }
}

/// An offset from the VM context as the displacement of an instruction.
pub(super) fn displacement(offset: u32) -> Result<i32> {
    i32::try_from(offset).map_err(|_| Error::internal("a VM context above 2 GiB"))
}

impl FuncTranslator<'_> {
    /// Loads something at `base + offset` that never changes while the instance lives.
    pub(super) fn load_constant(&mut self, ty: Type, base: Value, offset: u32) -> Result<Value> {
        let flags = self.regions.constant();
        Ok(self.builder.ins().load(ty, flags, base, displacement(offset)?))
    }

    /// Loads something at `base + offset` that calls can change.
    pub(super) fn load_variable(&mut self, ty: Type, base: Value, offset: u32) -> Result<Value> {
        let flags = MemFlagsData::trusted().with_alias_region(Some(self.regions.context));
        Ok(self.builder.ins().load(ty, flags, base, displacement(offset)?))
    }

    pub(super) fn constant32(&mut self, value: u32) -> Value {
        self.builder.ins().iconst(types::I32, i64::from(value))
    }

    pub(super) fn constant64(&mut self, value: u64) -> Value {
        self.builder.ins().iconst(types::I64, value.cast_signed())
    }
}
