//! Functions that are compiled one by one, when they are first called. What is kept of a module for that: its code section
//! and what validating one of its bodies needs. All bodies were validated when the module was loaded.

use std::sync::{Arc, Mutex, PoisonError};

use wasmparser::{
    BinaryReader, FuncToValidate, FuncValidatorAllocations, FunctionBody, ValidatorResources, WasmFeatures,
};

use super::code::Code;
use super::function::{CallSite, CompiledFunction, FunctionCompiler, Scratch};
use super::isa::Targets;
use super::parallel::Effort;
use super::{layout, parallel};
use crate::config::Config;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::module::decode::Body;
use crate::module::info::ModuleInfo;
use crate::module::limits::CompileClock;
use crate::module::refusal;
use crate::sys::big_stack;
use crate::translate::ModuleEnvironment;

/// How many compilers' memory is kept for the next functions.
const KEPT_SCRATCH: usize = 4;

/// Compiles the functions of one module, any of them, any number of times, on any thread.
pub(crate) struct LazyCompiler {
    engine: Engine,
    info: Arc<ModuleInfo>,
    /// The module's bytes from the first body to the end of the last.
    bytes: Box<[u8]>,
    bodies: Box<[LazyBody]>,
    /// What validating a body needs, if there is one.
    context: Option<(ValidatorResources, WasmFeatures)>,
    scratch: Mutex<Vec<Scratch>>,
}

/// A function body that waits for being compiled.
#[derive(Debug, Clone, Copy)]
struct LazyBody {
    /// Offset in the module.
    start: u32,
    /// Length in bytes.
    len: u32,
    /// The type's index in the module.
    ty: u32,
}

/// A function that was compiled and is to be given an address.
pub(crate) struct LazyFunction(CompiledFunction);

impl LazyCompiler {
    /// Validates all bodies, on all processors if `parallel`, and keeps what compiling them takes of the module's bytes.
    pub(crate) fn new(
        engine: &Engine,
        info: Arc<ModuleInfo>,
        module: &[u8],
        bodies: Vec<Body<'_>>,
    ) -> Result<Self> {
        let offset = |at: u64| u32::try_from(at).map_err(|_| Error::internal("a body above 4 GiB"));
        let kept = bodies.iter().map(|(function, body)| {
            let start = offset(body.range().start)?;
            let len = offset(body.range().end)?.saturating_sub(start);
            Ok(LazyBody { start, len, ty: function.ty })
        });
        let kept = kept.collect::<Result<Box<[_]>>>()?;
        let context = bodies.first().map(|(function, _)| (function.resources.clone(), function.features));
        let (start, end) = bounds(&kept);
        let bytes = module.get(start..end).ok_or_else(lost)?.into();
        validate(bodies, engine.config())?;
        Ok(Self { engine: engine.clone(), info, bytes, bodies: kept, context, scratch: Mutex::default() })
    }

    /// How many functions there are.
    pub(crate) fn len(&self) -> usize {
        self.bodies.len()
    }

    /// Bytes of all function bodies.
    pub(crate) fn body_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Refuses more bytes of machine code than the settings allow a module.
    pub(crate) fn check_code_size(&self, bytes: usize) -> Result<()> {
        self.engine.config().module_limits().check_code_size(bytes as u64)
    }

    /// Compiles the defined function with this index (imports do not count), on a stack of its own. A panic of the
    /// compiler is an internal error.
    pub(crate) fn compile(&self, function: u32) -> Result<LazyFunction> {
        match big_stack::run(|| self.compile_here(function)) {
            Ok(Ok(result)) => result.map(LazyFunction),
            Ok(Err(_panic)) => Err(Error::internal("the compiler panicked")),
            Err(source) => Err(Error::os("making a stack for the compiler", source)),
        }
    }

    fn compile_here(&self, function: u32) -> Result<CompiledFunction> {
        let body = *self.bodies.get(function as usize).ok_or_else(lost)?;
        let first = self.bodies.first().map_or(0, |first| first.start);
        let start = body.start.checked_sub(first).ok_or_else(lost)? as usize;
        let bytes = self.bytes.get(start..start.saturating_add(body.len as usize)).ok_or_else(lost)?;
        let (resources, features) = self.context.clone().ok_or_else(lost)?;
        let body_reader = FunctionBody::new(BinaryReader::new(bytes, u64::from(body.start)));
        let to_validate = FuncToValidate {
            resources,
            index: self.info.num_imported_functions.saturating_add(function),
            ty: body.ty,
            features,
        };
        let (isa, config) = (self.engine.isa(), self.engine.config());
        let (targets, environment) = (Targets::new(isa), ModuleEnvironment::new(isa, config, &self.info));
        let scratch = self.scratch().pop().unwrap_or_default();
        let mut compiler = FunctionCompiler::new(&targets, &environment, scratch);
        let compiled = compiler.compile((to_validate, body_reader))?;
        let mut kept = self.scratch();
        if kept.len() < KEPT_SCRATCH {
            kept.push(compiler.into_scratch());
        }
        Ok(compiled)
    }

    fn scratch(&self) -> std::sync::MutexGuard<'_, Vec<Scratch>> {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LazyFunction {
    /// Bytes of code.
    pub(crate) fn len(&self) -> usize {
        self.0.code.len()
    }

    /// The function as it is to lie at address `start`, a multiple of 64, its calls going where `address_of` says that the
    /// defined functions are.
    pub(crate) fn place(mut self, start: usize, address_of: impl Fn(u32) -> Result<usize>) -> Result<Code> {
        let tables = layout::tables_of(&self.0)?;
        let mut resolve =
            |call: &CallSite| layout::resolve(&mut self.0.code, start, call, address_of(call.target)?);
        self.0.calls.iter().try_for_each(&mut resolve)?;
        Ok(Code { text: self.0.code, tables })
    }
}

/// Offsets of the first and behind the last byte of some bodies, which are in order.
fn bounds(bodies: &[LazyBody]) -> (usize, usize) {
    let start = bodies.first().map_or(0, |first| first.start);
    let end = bodies.last().map_or(start, |last| last.start.saturating_add(last.len));
    (start as usize, end as usize)
}

fn validate(bodies: Vec<Body<'_>>, config: &Config) -> Result<()> {
    let clock = CompileClock::start(config.module_limits());
    let worker = || {
        let mut allocations = FuncValidatorAllocations::default();
        move |(function, body): Body<'_>| {
            clock.check()?;
            let mut validator = function.into_validator(std::mem::take(&mut allocations));
            validator.validate(&body).map_err(refusal::invalid)?;
            allocations = validator.into_allocations();
            Ok(())
        }
    };
    parallel::map_in_order(bodies, Effort::Validate, config.parallel_compilation(), worker).map(drop)
}

fn lost() -> Error {
    Error::internal("a function body is not where it was")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::compile_functions;
    use crate::config::TrapStyle;
    use crate::module::decode::{Decoded, decode};

    /// Functions of different sizes that call each other and keep constants in their code.
    fn module() -> Vec<u8> {
        let function = |index: usize| {
            let work = "(local.set 1 (f64.mul (local.get 1) (f64.const 1.1)))".repeat(index % 37);
            let callee = (index * 7) % 300;
            format!(
                "(func (param i32) (result i32) (local f64) {work} (call {callee} (i32.div_s (i32.const {index}) (local.get 0))))"
            )
        };
        wat::parse_str(format!("(module {})", (0..300).map(function).collect::<String>())).unwrap()
    }

    #[test]
    fn functions_are_the_same_whenever_and_wherever_they_are_compiled() {
        let bytes = module();
        for style in [TrapStyle::Signals, TrapStyle::Explicit] {
            let eager = [true, false].map(|parallel| {
                let config = Config::new().with_trap_style(style).with_parallel_compilation(parallel);
                let engine = Engine::new(&config).unwrap();
                let Decoded { info, bodies, .. } = decode(&bytes, &engine).unwrap();
                compile_functions(engine.isa(), engine.config(), &info, bodies).unwrap()
            });
            let engine = Engine::new(&Config::new().with_trap_style(style)).unwrap();
            let Decoded { info, bodies, .. } = decode(&bytes, &engine).unwrap();
            let lazy = LazyCompiler::new(&engine, Arc::new(info), &bytes, bodies).unwrap();
            assert!(eager[0].len() == 300 && eager[0] == eager[1]);
            for index in (0..300).map(|index| index * 113 % 300).chain([5, 5, 17]) {
                assert_eq!(lazy.compile(index as u32).unwrap().0, eager[0][index]);
            }
        }
    }
}
