//! The two ways between host and guest for one signature, over an array of 64-bit slots: `array_to_wasm` is what the host
//! calls, `wasm_to_array` is what the guest calls when it calls the host. A vector takes two slots.

use cranelift_codegen::Context;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AbiParam, Function, InstBuilder, MemFlagsData, Signature, StackSlotData, StackSlotKind, TrapCode, Type,
    Value, types,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use super::code::TrampolineCode;
use super::function::{CompiledFunction, collect, emit};
use super::layout::lay_out;
use crate::builtins::Builtin;
use crate::error::{Error, Result};
use crate::sys::big_stack;
use crate::translate::signature::{value_type, wasm};
use crate::translate::trap_code;
use crate::trap::TrapKind;
use crate::types::{FuncType, ValType};
use crate::vm::offsets::{CONTEXT_STORE, host_func, store};

/// Bytes of a slot.
const SLOT: i32 = 8;

/// Compiles both trampolines of a signature.
pub(crate) fn compile_trampolines(isa: &dyn TargetIsa, ty: &FuncType) -> Result<TrampolineCode> {
    // Whoever makes an instance or a function may have little stack left: a host function that a guest called, say.
    match big_stack::run(|| compile_here(isa, ty)) {
        Ok(Ok(made)) => made,
        Ok(Err(_panic)) => Err(Error::internal("the compiler panicked")),
        Err(source) => Err(Error::os("making a stack for the compiler", source)),
    }
}

fn compile_here(isa: &dyn TargetIsa, ty: &FuncType) -> Result<TrampolineCode> {
    let into = compile(isa, |func, context| array_to_wasm(isa, ty, func, context))?;
    let out = compile(isa, |func, context| wasm_to_array(isa, ty, func, context))?;
    let code = lay_out(isa, vec![into, out])?;
    let functions = &code.tables.functions;
    let (Some(into), Some(out)) = (functions.get(0), functions.get(1)) else {
        return Err(Error::internal("two trampolines are not two functions"));
    };
    Ok(TrampolineCode { code, array_to_wasm: into.start, wasm_to_array: out.start })
}

fn compile(
    isa: &dyn TargetIsa,
    build: impl FnOnce(&mut Function, &mut FunctionBuilderContext) -> Result<()>,
) -> Result<CompiledFunction> {
    let mut context = Context::new();
    build(&mut context.func, &mut FunctionBuilderContext::new())?;
    let compiled = emit(isa, &mut context, "a trampoline")?;
    collect(compiled, &context.func)
}

/// A function of WebAssembly's convention: `fn(callee context, caller context, code, slots)`.
fn array_to_wasm(
    isa: &dyn TargetIsa,
    ty: &FuncType,
    func: &mut Function,
    context: &mut FunctionBuilderContext,
) -> Result<()> {
    func.signature = wasm(&FuncType::new([ValType::I64, ValType::I64], []));
    let mut builder = FunctionBuilder::new(func, context);
    let params = enter(&mut builder);
    let &[callee, caller, code, slots] = params.as_slice() else { return Err(wrong_arity()) };
    let metered = isa.flags().enable_pinned_reg();
    if metered {
        take_fuel(&mut builder, caller, CONTEXT_STORE);
    }
    let mut arguments = vec![callee, caller];
    arguments.extend(load_slots(&mut builder, slots, ty.params()));
    let signature = builder.import_signature(wasm(ty));
    let call = builder.ins().call_indirect(signature, code, &arguments);
    let results = builder.inst_results(call).to_vec();
    if metered {
        leave_fuel(&mut builder, caller, CONTEXT_STORE);
    }
    store_slots(&mut builder, slots, ty.results(), &results);
    builder.ins().return_(&[]);
    builder.finalize(isa.frontend_config());
    Ok(())
}

/// A WebAssembly function whose own context is a `VMHostFunc`.
fn wasm_to_array(
    isa: &dyn TargetIsa,
    ty: &FuncType,
    func: &mut Function,
    context: &mut FunctionBuilderContext,
) -> Result<()> {
    func.signature = wasm(ty);
    let mut builder = FunctionBuilder::new(func, context);
    let params = enter(&mut builder);
    let &[callee, caller, ref arguments @ ..] = params.as_slice() else { return Err(wrong_arity()) };
    let size = slots_size(ty.params()).max(slots_size(ty.results()));
    let size = u32::try_from(size).map_err(|_| wrong_arity())?;
    let slot = builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 4));
    let slots = builder.ins().stack_addr(types::I64, slot, 0);
    store_slots(&mut builder, slots, ty.params(), arguments);

    let metered = isa.flags().enable_pinned_reg();
    if metered {
        pay_for_call(isa, &mut builder, callee, caller);
        leave_fuel(&mut builder, callee, host_func::STORE);
    }
    let array_call = load(&mut builder, callee, host_func::ARRAY_CALL);
    let signature = builder.import_signature(host_signature(isa, 3, Some(types::I32)));
    let call = builder.ins().call_indirect(signature, array_call, &[callee, caller, slots]);
    let status = builder.inst_results(call).first().copied().ok_or_else(wrong_arity)?;
    if metered {
        take_fuel(&mut builder, callee, host_func::STORE);
    }
    let recorded = builder.ins().iconst(types::I32, 0);
    raise_if(isa, &mut builder, status, recorded, callee, caller);

    let results = load_slots(&mut builder, slots, ty.results());
    builder.ins().return_(&results);
    builder.finalize(isa.frontend_config());
    Ok(())
}

/// What a call of the host takes of the fuel.
const CALL_FUEL: i64 = 50;

/// Takes the store's fuel along in the register that is pinned for it. `context` has the address of the store's header at
/// `offset`.
fn take_fuel(builder: &mut FunctionBuilder<'_>, context: Value, offset: u32) {
    let store = load(builder, context, offset);
    let fuel = load(builder, store, store::FUEL);
    builder.ins().set_pinned_reg(fuel);
}

/// Gives back what is left of the fuel.
fn leave_fuel(builder: &mut FunctionBuilder<'_>, context: Value, offset: u32) {
    let store = load(builder, context, offset);
    let fuel = builder.ins().get_pinned_reg(types::I64);
    builder.ins().store(MemFlagsData::trusted(), fuel, store, store::FUEL.cast_signed());
}

/// Pays for the call of a host function, which is not called if there is not enough.
fn pay_for_call(isa: &dyn TargetIsa, builder: &mut FunctionBuilder<'_>, callee: Value, caller: Value) {
    let fuel = builder.ins().get_pinned_reg(types::I64);
    let left = builder.ins().iadd_imm_s(fuel, -CALL_FUEL);
    builder.ins().set_pinned_reg(left);
    let none = builder.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0);
    let kind = builder.ins().iconst(types::I32, i64::from(TrapKind::OutOfFuel.code()));
    raise_if(isa, builder, none, kind, callee, caller);
}

/// Raises the trap of this kind, or, for 0, the error that the host recorded, if the status is not 0.
fn raise_if(
    isa: &dyn TargetIsa,
    builder: &mut FunctionBuilder<'_>,
    status: Value,
    kind: Value,
    callee: Value,
    caller: Value,
) {
    let failed = builder.create_block();
    let done = builder.create_block();
    builder.set_cold_block(failed);
    builder.ins().brif(status, failed, &[], done, &[]);
    builder.seal_block(failed);
    builder.seal_block(done);
    builder.switch_to_block(failed);
    let table = load(builder, callee, host_func::BUILTINS);
    let entry = u32::try_from(Builtin::Raise.index()).unwrap_or(u32::MAX).saturating_mul(8);
    let raise = load(builder, table, entry);
    let mut signature = host_signature(isa, 1, None);
    signature.params.push(AbiParam::new(types::I32));
    let signature = builder.import_signature(signature);
    builder.ins().call_indirect(signature, raise, &[caller, kind]);
    let code: TrapCode = trap_code(TrapKind::Unreachable);
    builder.ins().trap(code);
    builder.switch_to_block(done);
}

fn enter(builder: &mut FunctionBuilder<'_>) -> Vec<Value> {
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    builder.seal_block(entry);
    builder.block_params(entry).to_vec()
}

/// A signature of the host's convention with this many words as parameters.
fn host_signature(isa: &dyn TargetIsa, words: usize, result: Option<Type>) -> Signature {
    let mut signature = Signature::new(isa.default_call_conv());
    signature.params.extend(std::iter::repeat_n(AbiParam::new(types::I64), words));
    signature.returns.extend(result.map(AbiParam::new));
    signature
}

fn load(builder: &mut FunctionBuilder<'_>, base: Value, offset: u32) -> Value {
    builder.ins().load(types::I64, MemFlagsData::trusted(), base, offset.cast_signed())
}

/// The offsets of the slots of values of these types.
fn slot_offsets(types: &[ValType]) -> impl Iterator<Item = (ValType, i32)> {
    types.iter().scan(0i32, |next, ty| {
        let offset = *next;
        *next = next.saturating_add(slot_size(*ty));
        Some((*ty, offset))
    })
}

fn slot_size(ty: ValType) -> i32 {
    match ty {
        ValType::V128 => SLOT.saturating_mul(2),
        _ => SLOT,
    }
}

fn slots_size(types: &[ValType]) -> i32 {
    types.iter().fold(0i32, |size, ty| size.saturating_add(slot_size(*ty)))
}

fn load_slots(builder: &mut FunctionBuilder<'_>, slots: Value, types: &[ValType]) -> Vec<Value> {
    slot_offsets(types)
        .map(|(ty, offset)| builder.ins().load(value_type(ty), slot_flags(), slots, offset))
        .collect()
}

/// Stores values in slots; narrow ones are zero-extended to the whole slot.
fn store_slots(builder: &mut FunctionBuilder<'_>, slots: Value, types: &[ValType], values: &[Value]) {
    for ((ty, offset), value) in slot_offsets(types).zip(values) {
        let mut value = *value;
        if ty == ValType::F32 {
            value = builder.ins().bitcast(types::I32, MemFlagsData::new(), value);
        }
        if matches!(ty, ValType::F32 | ValType::I32) {
            value = builder.ins().uextend(types::I64, value);
        }
        builder.ins().store(slot_flags(), value, slots, offset);
    }
}

/// Slots are valid memory, aligned to 8 bytes only.
fn slot_flags() -> MemFlagsData {
    MemFlagsData::new().with_notrap()
}

fn wrong_arity() -> Error {
    Error::internal("a trampoline with the wrong number of values")
}
