//! One function: validate, translate, compile. The compiler of a thread, with everything it can use again.

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{ExternalName, SourceLoc};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::{
    CompiledCode, Context, ExceptionContextLoc, Final, FinalizedMachExceptionHandler, FinalizedMachReloc,
    FinalizedRelocTarget, MachBufferFinalized, ir,
};
use cranelift_frontend::FunctionBuilderContext;
use wasmparser::FuncValidatorAllocations;

use super::gate;
use super::isa::Targets;
use crate::artifact::code::Handler;
use crate::config::TrapStyle;
use crate::error::{Error, Result};
use crate::module::decode::Body;
use crate::translate::{ModuleEnvironment, kind_of, translate_function, translate_gate};
use crate::trap::TrapKind;

/// The machine code of one function, all offsets counted from its beginning.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CompiledFunction {
    pub(super) code: Vec<u8>,
    pub(super) alignment: u32,
    pub(super) calls: Vec<CallSite>,
    /// (Offset in the code, why), sorted.
    pub(super) traps: Vec<(u32, TrapKind)>,
    /// (Offset in the code, offset in the module), sorted.
    pub(super) positions: Vec<(u32, u32)>,
    pub(super) handlers: Vec<Handler>,
}

/// A place in the code that refers to another function of the module.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CallSite {
    pub(super) offset: u32,
    pub(super) kind: Reloc,
    pub(super) addend: i64,
    /// The callee's place among the defined functions.
    pub(super) target: u32,
}

/// Instructions of a function up to which its memory is kept for the next one.
const KEPT_INSTRUCTIONS: usize = 10_000;

/// What compiling a function leaves for the next one to use again: memory, nothing else.
pub(super) struct Scratch {
    context: Context,
    builder: FunctionBuilderContext,
    validator: FuncValidatorAllocations,
}

impl Default for Scratch {
    fn default() -> Self {
        let (builder, validator) = (FunctionBuilderContext::new(), FuncValidatorAllocations::default());
        Self { context: Context::new(), builder, validator }
    }
}

/// Compiles one function after the other.
pub(super) struct FunctionCompiler<'a> {
    targets: &'a Targets<'a>,
    module: &'a ModuleEnvironment<'a>,
    scratch: Scratch,
}

impl<'a> FunctionCompiler<'a> {
    pub(super) fn new(targets: &'a Targets<'a>, module: &'a ModuleEnvironment<'a>, scratch: Scratch) -> Self {
        Self { targets, module, scratch }
    }

    /// What the next compiler may use again.
    pub(super) fn into_scratch(self) -> Scratch {
        self.scratch
    }

    /// Compiles one body. After an error the compiler must not be used again.
    pub(super) fn compile(&mut self, (function, body): Body<'_>) -> Result<CompiledFunction> {
        let index = function.index;
        let start = u32::try_from(body.range().start).map_err(|_| Error::internal("a body above 4 GiB"))?;
        let Scratch { context, builder, validator: allocations } = &mut self.scratch;
        context.clear();
        let mut validator = function.into_validator(std::mem::take(allocations));
        let live = translate_function(self.module, index, &mut validator, &body, &mut context.func, builder)?;
        *allocations = validator.into_allocations();
        let isa = self.targets.target(&context.func, live)?;
        let compiled = emit(isa, context, &format!("function {index}"))?;
        let frame = compiled.buffer.frame_layout().map_or(0, |layout| layout.frame_to_fp_offset);
        let mut output = collect(compiled, &context.func)?;
        if self.module.style == TrapStyle::Explicit && frame > gate::LARGEST_FRAME {
            context.clear();
            translate_gate(self.module, index, start, frame, &mut context.func, builder)?;
            let gate = emit(isa, context, &format!("the gate of function {index}"))?;
            output = gate::join(collect(gate, &context.func)?, output)?;
        }
        if self.scratch.context.func.dfg.num_insts() > KEPT_INSTRUCTIONS {
            self.scratch = Scratch::default();
        }
        // What no operator stands for, the prologue and its stack check, belongs to the beginning of the body.
        if output.positions.first().is_none_or(|(offset, _)| *offset > 0) {
            output.positions.insert(0, (0, start));
        }
        Ok(output)
    }
}

/// Compiles the function that a context holds.
pub(super) fn emit(isa: &dyn TargetIsa, context: &mut Context, what: &str) -> Result<CompiledCode> {
    if let Err(error) = context.compile(isa, &mut ControlPlane::default()) {
        return Err(Error::internal(format!("{what}: {}", error.inner)));
    }
    context.take_compiled_code().ok_or_else(|| Error::internal(format!("{what}: no code")))
}

/// Takes what we keep out of Cranelift's output for a function.
pub(super) fn collect(compiled: CompiledCode, func: &ir::Function) -> Result<CompiledFunction> {
    let buffer = &compiled.buffer;
    let calls = buffer.relocs().iter().map(|reloc| call_site(reloc, func)).collect::<Result<_>>()?;
    let traps = buffer.traps().iter().map(|trap| {
        kind_of(trap.code)
            .map(|kind| (trap.offset, kind))
            .ok_or_else(|| Error::internal(format!("unknown trap code {}", trap.code)))
    });
    let mut traps = traps.collect::<Result<Vec<_>>>()?;
    traps.sort_by_key(|(offset, _)| *offset);
    let positions = buffer
        .get_srclocs_sorted()
        .iter()
        .filter(|position| position.loc != SourceLoc::default())
        .map(|position| (position.start, position.loc.bits()))
        .collect();
    Ok(CompiledFunction {
        code: compiled.code_buffer().to_vec(),
        alignment: buffer.alignment,
        calls,
        traps,
        positions,
        handlers: handlers(buffer)?,
    })
}

/// The handlers of all calls, in the order in which they are asked.
fn handlers(buffer: &MachBufferFinalized<Final>) -> Result<Vec<Handler>> {
    let mut found = Vec::new();
    for call in buffer.call_sites() {
        let mut context = None;
        for handler in call.exception_handlers {
            let (clause, pad) = match *handler {
                FinalizedMachExceptionHandler::Context(ExceptionContextLoc::SPOffset(offset)) => {
                    context = Some(offset);
                    continue;
                }
                FinalizedMachExceptionHandler::Tag(clause, pad) => (clause.as_u32(), pad),
                other => return Err(Error::internal(format!("a handler of another form: {other:?}"))),
            };
            let (Some(frame), Some(context)) = (call.frame_offset, context) else {
                return Err(Error::internal("a handler in a frame of unknown form"));
            };
            found.push(Handler { call: call.ret_addr, frame, context, clause, pad });
        }
    }
    found.sort_by_key(|handler| handler.call);
    Ok(found)
}

/// The only relocations are calls of functions of the same module: everything else goes through the VM context.
fn call_site(reloc: &FinalizedMachReloc, func: &ir::Function) -> Result<CallSite> {
    let FinalizedRelocTarget::ExternalName(ExternalName::User(name)) = reloc.target else {
        return Err(Error::internal(format!("code refers to {:?}, outside the module", reloc.target)));
    };
    let name =
        func.params.user_named_funcs().get(name).ok_or_else(|| Error::internal("an unknown callee"))?;
    Ok(CallSite { offset: reloc.offset, kind: reloc.kind, addend: reloc.addend, target: name.index })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::isa;
    use crate::config::Config;
    use crate::engine::Engine;
    use crate::error::ErrorKind;
    use crate::module::decode::decode;
    use crate::module::limits::ModuleLimits;

    #[test]
    fn locals_read_under_many_loops_do_not_become_too_many_values() {
        // Every local that is read in the innermost loop becomes a parameter of every loop around it.
        let (locals, depth) = (500, 2000);
        let reads: String = (0..locals).map(|index| format!("(drop (local.get {index}))")).collect();
        let text = format!(
            "(module (func (local {}) {} {reads} {}))",
            "i32 ".repeat(locals),
            "loop ".repeat(depth),
            "end ".repeat(depth)
        );
        let bytes = wat::parse_str(text).unwrap();
        let mut decoded = decode(&bytes, &Engine::new(&Config::new()).unwrap()).unwrap();
        let isa = isa(&Config::new()).unwrap();
        let limits = ModuleLimits { function_values: 50_000, ..ModuleLimits::default() };
        let config = Config::new().with_module_limits(limits);
        let environment = ModuleEnvironment::new(&*isa, &config, &decoded.info);
        let result = FunctionCompiler::new(&Targets::new(&*isa), &environment, Scratch::default())
            .compile(decoded.bodies.pop().unwrap());
        let kind = result.unwrap_err().into_kind();
        assert!(matches!(kind, ErrorKind::Limit { knob: "function_values", limit: 50_000, .. }), "{kind:?}");
    }
}
