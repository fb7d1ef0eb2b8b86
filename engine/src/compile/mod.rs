//! From function bodies to one text: which machine (`isa`), one function (`function`), many at once (`parallel`), the
//! layout of the text (`layout`, `arch/`), the trampolines between host and guest (`trampoline`), and the result (`code`).

pub(crate) mod code;
mod isa;

use cranelift_codegen::isa::TargetIsa;
use wasmparser::{FuncToValidate, FunctionBody, ValidatorResources};

pub(crate) use code::{Code, TrampolineCode};
pub(crate) use isa::isa;

use crate::error::{Error, Result};
use crate::module::info::ModuleInfo;
use crate::types::FuncType;

/// A function body that waits for being validated, translated and compiled.
pub(crate) type Body<'a> = (FuncToValidate<ValidatorResources>, FunctionBody<'a>);

/// Validates and compiles the bodies of a module's defined functions, in order, on all processors if `parallel`.
pub(crate) fn compile_module(
    _isa: &dyn TargetIsa,
    _info: &ModuleInfo,
    _bodies: Vec<Body<'_>>,
    _parallel: bool,
) -> Result<Code> {
    Err(Error::internal("functions are not compiled yet"))
}

/// Compiles the trampolines of one signature.
pub(crate) fn compile_trampolines(_isa: &dyn TargetIsa, _ty: &FuncType) -> Result<TrampolineCode> {
    Err(Error::internal("trampolines are not compiled yet"))
}
