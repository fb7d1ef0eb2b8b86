//! From function bodies to one text: which machine (`isa`), one function (`function`), many at once (`parallel`), one
//! by one when they are called (`lazy`), the layout of the text (`layout`), the trampolines between host and guest
//! (`trampoline`). The result is in `artifact/code.rs`.

mod function;
mod gate;
mod isa;
mod layout;
mod lazy;
mod parallel;
mod trampoline;

use cranelift_codegen::isa::TargetIsa;

pub(crate) use crate::artifact::code::{self, Code};
pub(crate) use isa::isa;
pub(crate) use lazy::{LazyCompiler, LazyFunction};
pub(crate) use trampoline::compile_trampolines;

use crate::config::Config;
use crate::error::Result;
use crate::module::decode::Body;
use crate::module::info::ModuleInfo;
use crate::module::limits::CompileClock;
use crate::translate::ModuleEnvironment;
use function::{CompiledFunction, FunctionCompiler, Scratch};
use isa::Targets;
use parallel::Effort;

/// Validates and compiles the bodies of a module's defined functions, in order; on all processors if the configuration says
/// so.
pub(crate) fn compile_module(
    isa: &dyn TargetIsa,
    config: &Config,
    info: &ModuleInfo,
    bodies: Vec<Body<'_>>,
) -> Result<Code> {
    if bodies.is_empty() {
        return Ok(Code::default());
    }
    let functions = compile_functions(isa, config, info, bodies)?;
    let bytes = functions.iter().map(|function| function.code.len() as u64).sum();
    config.module_limits().check_code_size(bytes)?;
    layout::lay_out(isa, functions)
}

fn compile_functions(
    isa: &dyn TargetIsa,
    config: &Config,
    info: &ModuleInfo,
    bodies: Vec<Body<'_>>,
) -> Result<Vec<CompiledFunction>> {
    let clock = CompileClock::start(config.module_limits());
    let environment = ModuleEnvironment::new(isa, config, info);
    let targets = Targets::new(isa);
    let worker = || {
        let mut compiler = FunctionCompiler::new(&targets, &environment, Scratch::default());
        move |body| {
            clock.check()?;
            compiler.compile(body)
        }
    };
    let functions = parallel::map_in_order(bodies, Effort::Compile, config.parallel_compilation(), worker)?;
    clock.check()?;
    Ok(functions)
}

#[cfg(test)]
mod tests {
    use super::code::CodeTables;
    use super::*;
    use crate::engine::Engine;
    use crate::module::decode::{Decoded, decode};
    use crate::trap::TrapKind;
    use crate::types::{FuncType, ValType};

    fn compile(parallel: bool) -> Code {
        let body = "(func (param i32 i32) (result i32) (call 0 (i32.div_s (local.get 0) (local.get 1)) (i32.const 0)))";
        let text = format!("(module (memory 1) {})", body.repeat(500));
        let bytes = wat::parse_str(text).unwrap();
        let config = Config::new().with_parallel_compilation(parallel);
        let Decoded { info, bodies, .. } = decode(&bytes, &Engine::new(&config).unwrap()).unwrap();
        compile_module(&*isa(&config).unwrap(), &config, &info, bodies).unwrap()
    }

    #[test]
    fn the_code_does_not_depend_on_the_threads() {
        assert_eq!(compile(true), compile(false));
    }

    #[test]
    fn functions_lie_aligned_one_after_the_other_and_traps_within_them() {
        let code = compile(false);
        let CodeTables { functions, traps, positions, .. } = &code.tables;
        assert_eq!(functions.len(), 500);
        let mut end = 0;
        for function in functions.iter() {
            assert!(function.start >= end && function.start % 16 == 0);
            end = function.start + function.len;
        }
        assert!(end as usize <= code.text.len());
        assert!(
            traps.iter().is_sorted_by_key(|trap| trap.offset) && traps.iter().all(|trap| trap.offset < end)
        );
        assert!(positions.iter().is_sorted());
        for kind in [TrapKind::IntegerDivisionByZero, TrapKind::IntegerOverflow, TrapKind::StackOverflow] {
            assert!(traps.iter().any(|trap| trap.kind == kind), "{kind}");
        }
    }

    #[test]
    fn trampolines_compile_for_signatures_of_any_shape() {
        let isa = isa(&Config::new()).unwrap();
        let all = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::FUNCREF, ValType::V128];
        for ty in [
            FuncType::new([], []),
            FuncType::new(all, all),
            FuncType::new(all.repeat(100), []),
            FuncType::new([], all.repeat(100)),
        ] {
            let code = compile_trampolines(&*isa, &ty).unwrap();
            assert!(
                code.array_to_wasm < code.wasm_to_array
                    && (code.wasm_to_array as usize) < code.code.text.len()
            );
        }
    }
}
