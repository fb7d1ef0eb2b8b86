//! Calls: `call`, `call_indirect`, `call_ref`, and the tail calls `return_call`, `return_call_indirect`,
//! `return_call_ref`.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    ExtFuncData, ExternalName, FuncRef, InstBuilder, MemFlagsData, SigRef, Type, UserExternalName, Value,
    types,
};
use wasmparser::Operator;

use super::environ::displacement;
use super::{BEHIND_GATE, FuncTranslator, missing, signature};
use crate::error::Result;
use crate::trap::TrapKind;
use crate::types::FuncType;
use crate::vm::offsets;

/// Who is called.
enum Callee {
    /// A function of the same module.
    Direct(FuncRef),
    /// Whatever is at this address.
    Indirect(SigRef, Value),
}

/// A call with everything checked and loaded.
struct Prepared {
    callee: Callee,
    arguments: Vec<Value>,
}

impl<'a> FuncTranslator<'a> {
    pub(super) fn call_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match *operator {
            Operator::Call { function_index } => {
                let call = self.prepare_call(function_index)?;
                self.call(call)?;
            }
            Operator::CallIndirect { type_index, table_index } => {
                let call = self.prepare_indirect(type_index, table_index)?;
                self.call(call)?;
            }
            Operator::ReturnCall { function_index } => {
                let call = self.prepare_call(function_index)?;
                self.tail_call(call);
            }
            Operator::ReturnCallIndirect { type_index, table_index } => {
                let call = self.prepare_indirect(type_index, table_index)?;
                self.tail_call(call);
            }
            Operator::CallRef { type_index } => {
                let call = self.prepare_typed(type_index)?;
                self.call(call)?;
            }
            Operator::ReturnCallRef { type_index } => {
                let call = self.prepare_typed(type_index)?;
                self.tail_call(call);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn call(&mut self, Prepared { callee, arguments }: Prepared) -> Result<()> {
        self.settle();
        if !self.handlers.is_empty() {
            return self.call_in_try(callee, &arguments);
        }
        let call = match callee {
            Callee::Direct(function) => self.builder.ins().call(function, &arguments),
            Callee::Indirect(signature, code) => {
                self.builder.ins().call_indirect(signature, code, &arguments)
            }
        };
        self.stack.extend_from_slice(self.builder.inst_results(call));
        Ok(())
    }

    /// A call whose exceptions are handled here.
    fn call_in_try(&mut self, callee: Callee, arguments: &[Value]) -> Result<()> {
        let signature = match callee {
            Callee::Direct(function) => self.builder.func.dfg.ext_funcs[function].signature,
            Callee::Indirect(signature, _) => signature,
        };
        let (table, next) = self.exception_table(signature)?;
        match callee {
            Callee::Direct(function) => self.builder.ins().try_call(function, arguments, table),
            Callee::Indirect(_, code) => self.builder.ins().try_call_indirect(code, arguments, table),
        };
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        self.stack.extend_from_slice(self.builder.block_params(next));
        Ok(())
    }

    /// Calls in place of the running function: its frame is gone before the callee's begins.
    fn tail_call(&mut self, Prepared { callee, arguments }: Prepared) {
        self.settle();
        match callee {
            Callee::Direct(function) => self.builder.ins().return_call(function, &arguments),
            Callee::Indirect(signature, code) => {
                self.builder.ins().return_call_indirect(signature, code, &arguments)
            }
        };
        self.reachable = false;
    }

    /// A call of the function with this index.
    fn prepare_call(&mut self, function: u32) -> Result<Prepared> {
        let info = self.module.info;
        let ty = info.func_type(function).ok_or_else(|| missing("function", function))?;
        if let Some(defined) = info.defined_function(function) {
            let callee = Callee::Direct(self.callee(function, defined)?);
            return Ok(Prepared { callee, arguments: self.arguments(self.vmctx, ty)? });
        }
        let entry = self.module.offsets.imported_function(function);
        let code = entry.saturating_add(offsets::FUNC_IMPORT_CODE);
        let code = self.load_constant(types::I64, self.vmctx, code)?;
        let context = entry.saturating_add(offsets::FUNC_IMPORT_VMCTX);
        let context = self.load_constant(types::I64, self.vmctx, context)?;
        let type_index = *info.functions.get(function as usize).ok_or_else(|| missing("type", function))?;
        let callee = Callee::Indirect(self.signature(type_index)?, code);
        Ok(Prepared { callee, arguments: self.arguments(context, ty)? })
    }

    /// A call of an element of a table.
    fn prepare_indirect(&mut self, type_index: u32, table: u32) -> Result<Prepared> {
        let index = self.pop_table_index(table)?;
        let func_ref = self.load_element(table, index, TrapKind::UndefinedElement)?;
        self.trap_unless(func_ref, TrapKind::UninitializedElement)?;
        self.check_type(func_ref, type_index)?;
        self.prepare_reference(func_ref, type_index)
    }

    /// A call through a reference of this type, which validation has checked.
    fn prepare_typed(&mut self, type_index: u32) -> Result<Prepared> {
        let func_ref = self.pop()?;
        self.trap_unless(func_ref, TrapKind::NullFunctionReference)?;
        self.prepare_reference(func_ref, type_index)
    }

    /// A call through a reference that is not null, to a function of this type.
    fn prepare_reference(&mut self, func_ref: Value, type_index: u32) -> Result<Prepared> {
        let types = &self.module.info.types;
        let ty = types.get(type_index as usize).ok_or_else(|| missing("type", type_index))?;
        let code = self.load_func_ref(types::I64, func_ref, offsets::FUNC_REF_CODE)?;
        let context = self.load_func_ref(types::I64, func_ref, offsets::FUNC_REF_VMCTX)?;
        let callee = Callee::Indirect(self.signature(type_index)?, code);
        Ok(Prepared { callee, arguments: self.arguments(context, ty)? })
    }

    /// Traps unless the function behind a reference that is not null has the module's type `type_index`.
    fn check_type(&mut self, func_ref: Value, type_index: u32) -> Result<()> {
        let type_ids = self.load_constant(types::I64, self.vmctx, offsets::CONTEXT_TYPE_IDS)?;
        let expected = self.load_constant(types::I32, type_ids, type_index.saturating_mul(4))?;
        let found = self.load_func_ref(types::I32, func_ref, offsets::FUNC_REF_TYPE_ID)?;
        let same = self.builder.ins().icmp(IntCC::Equal, expected, found);
        self.trap_unless(same, TrapKind::BadSignature)
    }

    /// Loads a field of a function reference. It never changes, but the load must stay behind the check for null.
    fn load_func_ref(&mut self, ty: Type, func_ref: Value, offset: u32) -> Result<Value> {
        let flags = MemFlagsData::trusted().with_readonly().with_alias_region(Some(self.regions.context));
        Ok(self.builder.ins().load(ty, flags, func_ref, displacement(offset)?))
    }

    /// Pops the parameters of a call and puts both contexts in front of them.
    fn arguments(&mut self, callee_context: Value, ty: &FuncType) -> Result<Vec<Value>> {
        self.budget.spend(ty.params().len().saturating_add(ty.results().len()))?;
        let params = self.pop_many(ty.params().len())?;
        let mut arguments = Vec::with_capacity(params.len().saturating_add(2));
        arguments.extend([callee_context, self.vmctx]);
        arguments.extend(params);
        Ok(arguments)
    }

    /// Ends a gate: calls the function behind it in its place, with the same arguments.
    pub(super) fn go_behind_gate(&mut self) {
        let func = &mut self.builder.func;
        let name = func.declare_imported_user_function(UserExternalName::new(0, BEHIND_GATE));
        let signature = func.signature.clone();
        let signature = self.builder.import_signature(signature);
        let callee = self.builder.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated: true,
            patchable: false,
        });
        let entry = self.builder.func.layout.entry_block();
        let arguments = entry.map_or(Vec::new(), |entry| self.builder.block_params(entry).to_vec());
        self.builder.ins().return_call(callee, &arguments);
    }

    /// The signature of a type, declared once per function.
    fn signature(&mut self, type_index: u32) -> Result<SigRef> {
        if let Some(known) = self.signatures.get(&type_index) {
            return Ok(*known);
        }
        let ty =
            self.module.info.types.get(type_index as usize).ok_or_else(|| missing("type", type_index))?;
        let declared = self.builder.import_signature(signature::wasm(ty));
        self.signatures.insert(type_index, declared);
        Ok(declared)
    }

    /// A function of the same module, declared once per function that calls it.
    fn callee(&mut self, function: u32, defined: u32) -> Result<FuncRef> {
        if let Some(known) = self.callees.get(&function) {
            return Ok(*known);
        }
        let info = self.module.info;
        let type_index =
            *info.functions.get(function as usize).ok_or_else(|| missing("function", function))?;
        let signature = self.signature(type_index)?;
        let name = self.builder.func.declare_imported_user_function(UserExternalName::new(0, defined));
        let declared = self.builder.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated: true,
            patchable: false,
        });
        self.callees.insert(function, declared);
        Ok(declared)
    }
}
