//! From WebAssembly operators to Cranelift's intermediate form, one file per family of operators: `control`, `call`,
//! `variable` (locals, globals, the operand stack), `numeric/`, `memory`, `table`, `reference`,
//! `vector/`, `exception`.
//!
//! To add an instruction, find its family, add an arm there; a new family is a file and an entry in `FAMILIES`.
//! Nothing here validates: every operator has passed wasmparser before it arrives, and what our own code relies on
//! (heights, indices) is checked again where it is used and reported as an internal error.

mod builtin;
mod bulk;
mod call;
mod checked;
mod control;
mod environ;
mod exception;
mod frame;
mod fuel;
mod memory;
mod numeric;
mod poll;
mod reference;
pub(crate) mod signature;
mod table;
mod trap;
mod variable;
mod vector;

use std::collections::HashMap;

use cranelift_codegen::ir::{self, InstBuilder, Value};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use wasmparser::{FuncValidator, FunctionBody, Operator, OperatorsReader, ValidatorResources};

pub(crate) use environ::ModuleEnvironment;
pub(crate) use trap::{kind_of, trap_code};

use crate::config::TrapStyle;
use crate::error::{Error, Result};
use crate::module::refusal;
use crate::types::FuncType;
use frame::ControlFrame;

/// Translates the operators of one family. `Ok(false)` means that the operator belongs to another one.
type Family<'a> = for<'t, 'o, 'm> fn(&'t mut FuncTranslator<'a>, &'o Operator<'m>) -> Result<bool>;

/// The state of translating one function.
pub(crate) struct FuncTranslator<'a> {
    builder: FunctionBuilder<'a>,
    module: &'a ModuleEnvironment<'a>,
    regions: environ::Regions,
    /// The function's own VM context.
    vmctx: Value,
    /// WebAssembly's operand stack.
    stack: Vec<Value>,
    /// The blocks that are open and were entered by reachable code, outermost first.
    control: Vec<ControlFrame<'a>>,
    /// Whether the current position can be reached. If not, operators are skipped.
    reachable: bool,
    /// How many blocks were opened since the code became unreachable.
    dead_blocks: usize,
    locals: Vec<Variable>,
    /// Signatures by type index.
    signatures: HashMap<u32, ir::SigRef>,
    /// Directly called functions by function index.
    callees: HashMap<u32, ir::FuncRef>,
    /// Signatures of builtins by their number.
    builtins: HashMap<usize, ir::SigRef>,
    /// What the operators since the last payment take of the fuel.
    owed: u64,
    /// Accesses to memories that are known to be in bounds.
    checked: checked::Checked,
    /// Traps that are raised out of line, not written yet.
    trap_blocks: Vec<trap::TrapBlock>,
    budget: environ::Budget,
    /// The handlers in force.
    handlers: exception::Handlers,
    /// Where exceptions are handed over, if the function throws any.
    payload: Option<ir::StackSlot>,
}

/// Validates a function body and translates it into `func`, which must be empty. Returns how many values can live at the
/// same time at most: locals and operands.
pub(crate) fn translate_function(
    module: &ModuleEnvironment<'_>,
    function: u32,
    validator: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
    func: &mut ir::Function,
    context: &mut FunctionBuilderContext,
) -> Result<usize> {
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader).map_err(refusal::invalid)?;
    reader.set_features(*validator.features());
    let mut operators = OperatorsReader::new(reader);

    let start = position(body.range().start)?;
    let mut translator = FuncTranslator::new(module, function, start, func, context)?;
    translator.declare_locals(validator)?;
    let mut highest = 0;
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset().map_err(refusal::malformed)?;
        validator.op(offset, &operator).map_err(refusal::invalid)?;
        translator.operator(&operator, offset)?;
        highest = translator.stack.len().max(highest);
    }
    operators.finish().map_err(refusal::malformed)?;
    let live = translator.locals.len().saturating_add(highest);
    translator.finish()?;
    Ok(live)
}

/// The number by which a gate calls the function behind it.
pub(crate) const BEHIND_GATE: u32 = u32::MAX;

/// Translates, into `func`, what stands before a function (with its body at `start`) whose frame is so large that it must
/// not be touched before it is known to fit: a function of the same type that checks the stack for `frame` bytes more and
/// goes on to [`BEHIND_GATE`].
pub(crate) fn translate_gate(
    module: &ModuleEnvironment<'_>,
    function: u32,
    start: u32,
    frame: u32,
    func: &mut ir::Function,
    context: &mut FunctionBuilderContext,
) -> Result<()> {
    let ty = module.info.func_type(function).ok_or_else(|| missing("function", function))?;
    let (mut translator, _) = FuncTranslator::enter(module, ty, start, func, context)?;
    translator.check_stack(frame)?;
    translator.go_behind_gate();
    translator.write_trap_blocks()?;
    translator.builder.finalize(module.frontend);
    Ok(())
}

impl<'a> FuncTranslator<'a> {
    /// Every family, the most frequent operators first.
    const FAMILIES: [Family<'a>; 20] = [
        Self::variable_operator,
        Self::constant_operator,
        Self::load_operator,
        Self::store_operator,
        Self::integer_binary_operator,
        Self::branch_operator,
        Self::block_operator,
        Self::integer_comparison_operator,
        Self::call_operator,
        Self::integer_unary_operator,
        Self::float_arithmetic_operator,
        Self::float_comparison_operator,
        Self::float_conversion_operator,
        Self::global_operator,
        Self::memory_operator,
        Self::reference_operator,
        Self::table_operator,
        Self::vector_operator,
        Self::wide_operator,
        Self::exception_operator,
    ];

    fn new(
        module: &'a ModuleEnvironment<'a>,
        function: u32,
        start: u32,
        func: &'a mut ir::Function,
        context: &'a mut FunctionBuilderContext,
    ) -> Result<Self> {
        let ty = module.info.func_type(function).ok_or_else(|| missing("function", function))?;
        let (mut translator, arguments) = Self::enter(module, ty, start, func, context)?;
        translator.check_stack(0)?;
        translator.poll()?;
        translator.check_fuel()?;
        translator.declare_arguments(&arguments);
        translator.open_body(ty.results());
        Ok(translator)
    }

    /// The beginning of a function of this type, and its arguments.
    fn enter(
        module: &'a ModuleEnvironment<'a>,
        ty: &FuncType,
        start: u32,
        func: &'a mut ir::Function,
        context: &'a mut FunctionBuilderContext,
    ) -> Result<(Self, Vec<Value>)> {
        func.signature = signature::wasm(ty);
        let regions = environ::Regions::new(func);
        if module.style == TrapStyle::Signals {
            environ::set_stack_limit(func, &regions);
        }
        let mut builder = FunctionBuilder::new(func, context);
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        builder.seal_block(entry);
        let params = builder.block_params(entry).to_vec();
        let &[vmctx, _caller, ref arguments @ ..] = params.as_slice() else {
            return Err(Error::internal("a function without contexts"));
        };
        let arguments = arguments.to_vec();
        let mut translator = Self {
            builder,
            module,
            regions,
            vmctx,
            stack: Vec::new(),
            control: Vec::new(),
            reachable: true,
            dead_blocks: 0,
            locals: Vec::new(),
            signatures: HashMap::new(),
            callees: HashMap::new(),
            builtins: HashMap::new(),
            owed: 0,
            checked: checked::Checked::default(),
            trap_blocks: Vec::new(),
            budget: environ::Budget::new(&module.limits),
            handlers: exception::Handlers::default(),
            payload: None,
        };
        translator.builder.set_srcloc(ir::SourceLoc::new(start));
        Ok((translator, arguments))
    }

    /// Translates one operator.
    fn operator(&mut self, operator: &Operator<'_>, offset: u64) -> Result<()> {
        if !self.reachable {
            return self.dead_operator(operator);
        }
        self.builder.set_srcloc(ir::SourceLoc::new(position(offset)?));
        self.budget.spend(1)?;
        self.count_operator(operator)?;
        for family in &Self::FAMILIES {
            if family(self, operator)? {
                return self.check_size();
            }
        }
        Err(Error::internal(format!("{operator:?} is not translated")))
    }

    /// Few operators can make many values: a local that is read under many open loops becomes a parameter of each.
    fn check_size(&self) -> Result<()> {
        self.module.limits.check_values(self.builder.func.dfg.num_values())
    }

    /// Completes the function after its last operator.
    fn finish(mut self) -> Result<()> {
        if !self.control.is_empty() || self.dead_blocks != 0 {
            return Err(Error::internal("blocks are open at the end of a function"));
        }
        if self.reachable {
            self.settle();
            let results = std::mem::take(&mut self.stack);
            self.builder.ins().return_(&results);
        }
        self.write_trap_blocks()?;
        self.builder.finalize(self.module.frontend);
        self.module.account(&self.budget)
    }

    fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    fn pop(&mut self) -> Result<Value> {
        self.stack.pop().ok_or_else(underflow)
    }

    fn pop2(&mut self) -> Result<(Value, Value)> {
        let second = self.pop()?;
        Ok((self.pop()?, second))
    }

    fn pop3(&mut self) -> Result<(Value, Value, Value)> {
        let third = self.pop()?;
        let (first, second) = self.pop2()?;
        Ok((first, second, third))
    }

    /// The topmost `count` operands, the last one on top.
    fn top(&self, count: usize) -> Result<&[Value]> {
        let start = self.stack.len().checked_sub(count).ok_or_else(underflow)?;
        self.stack.get(start..).ok_or_else(underflow)
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Value>> {
        let start = self.stack.len().checked_sub(count).ok_or_else(underflow)?;
        Ok(self.stack.split_off(start))
    }
}

/// An offset in the module as generated code is marked with it.
fn position(offset: u64) -> Result<u32> {
    u32::try_from(offset).map_err(|_| Error::internal("an offset above 4 GiB"))
}

fn underflow() -> Error {
    Error::internal("the operand stack of a validated function underflows")
}

/// The module has no `what` with this index, though validation passed.
fn missing(what: &str, index: u32) -> Error {
    Error::internal(format!("a validated module refers to {what} {index}, which does not exist"))
}
