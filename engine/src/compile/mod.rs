//! From function bodies to one text: which machine (`isa`), one function (`function`), many at once (`parallel`), the
//! layout of the text (`layout`), the trampolines between host and guest (`trampoline`), and the result (`code`).

pub(crate) mod code;
mod function;
mod isa;
mod layout;
mod parallel;
mod trampoline;

use cranelift_codegen::isa::TargetIsa;

pub(crate) use code::{Code, TrampolineCode};
pub(crate) use isa::isa;
pub(crate) use trampoline::compile_trampolines;

use crate::error::Result;
use crate::module::decode::Body;
use crate::module::info::ModuleInfo;
use crate::translate::ModuleEnvironment;
use function::FunctionCompiler;

/// Validates and compiles the bodies of a module's defined functions, in order; on all processors if `parallel`.
pub(crate) fn compile_module(
    isa: &dyn TargetIsa,
    info: &ModuleInfo,
    bodies: Vec<Body<'_>>,
    parallel: bool,
) -> Result<Code> {
    if bodies.is_empty() {
        return Ok(Code::default());
    }
    let bytes = bodies.iter().map(|(_, body)| body.as_bytes().len()).fold(0usize, usize::saturating_add);
    let environment = ModuleEnvironment::new(isa, info);
    let worker = || {
        let mut compiler = FunctionCompiler::new(isa, &environment);
        move |body| compiler.compile(body)
    };
    let functions = parallel::map_in_order(bodies, parallel::threads_for(bytes, parallel), worker)?;
    layout::lay_out(isa, functions)
}
