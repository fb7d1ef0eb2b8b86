//! The engine: one configuration, the compiler's target for it, and the signatures that stores and modules share.

use std::sync::Arc;

#[cfg(feature = "compile")]
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};

use crate::artifact::Remembered;
#[cfg(feature = "compile")]
use crate::compile;
use crate::config::Config;
use crate::error::Result;
use crate::runtime::pool::EnginePool;
use crate::runtime::signature::{Registry, Signature};
use crate::types::FuncType;

/// What modules are compiled by and stores are made with. Cheap to clone; safe to share between threads.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    config: Config,
    #[cfg(feature = "compile")]
    isa: OwnedTargetIsa,
    signatures: Arc<Registry>,
    pool: Arc<EnginePool>,
    remembered: Remembered,
}

impl Engine {
    /// An engine with these settings for the processor at hand.
    ///
    /// # Errors
    /// Of kind `Compile` when the processor is not supported.
    pub fn new(config: &Config) -> Result<Self> {
        Ok(Self(Arc::new(Inner {
            config: config.clone(),
            #[cfg(feature = "compile")]
            isa: compile::isa(config)?,
            signatures: Arc::default(),
            pool: EnginePool::new(config.pool()),
            remembered: Remembered::default(),
        })))
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Whether two handles are the same engine.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    #[cfg(feature = "compile")]
    pub(crate) fn isa(&self) -> &dyn TargetIsa {
        &*self.0.isa
    }

    /// What it knows of idle instances.
    pub(crate) fn pool(&self) -> &Arc<EnginePool> {
        &self.0.pool
    }

    /// The artifacts that were verified.
    pub(crate) fn remembered(&self) -> &Remembered {
        &self.0.remembered
    }

    /// The signature of a type.
    pub(crate) fn signature(&self, ty: &FuncType) -> Arc<Signature> {
        self.0.signatures.get(ty)
    }

    /// The signature of this number.
    pub(crate) fn signature_by_id(&self, id: u32) -> Option<Arc<Signature>> {
        self.0.signatures.by_id(id)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("config", &self.0.config).finish_non_exhaustive()
    }
}
