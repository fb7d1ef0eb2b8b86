//! Calls: `call` and `call_indirect`.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    ExtFuncData, ExternalName, FuncRef, Inst, InstBuilder, MemFlagsData, SigRef, Type, UserExternalName,
    Value, types,
};
use wasmparser::Operator;

use super::environ::displacement;
use super::{FuncTranslator, missing, signature};
use crate::error::Result;
use crate::trap::TrapKind;
use crate::types::FuncType;
use crate::vm::offsets;

impl<'a> FuncTranslator<'a> {
    pub(super) fn call_operator(&mut self, operator: &Operator<'_>) -> Result<bool> {
        match *operator {
            Operator::Call { function_index } => self.call(function_index)?,
            Operator::CallIndirect { type_index, table_index } => {
                self.call_indirect(type_index, table_index)?
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn call(&mut self, function: u32) -> Result<()> {
        let info = self.module.info;
        let ty = info.func_type(function).ok_or_else(|| missing("function", function))?;
        let call = match info.defined_function(function) {
            Some(defined) => {
                let callee = self.callee(function, defined)?;
                let arguments = self.arguments(self.vmctx, ty)?;
                self.builder.ins().call(callee, &arguments)
            }
            None => {
                let entry = self.module.offsets.imported_function(function);
                let code = entry.saturating_add(offsets::FUNC_IMPORT_CODE);
                let code = self.load_constant(types::I64, self.vmctx, code)?;
                let context = entry.saturating_add(offsets::FUNC_IMPORT_VMCTX);
                let context = self.load_constant(types::I64, self.vmctx, context)?;
                let type_index =
                    *info.functions.get(function as usize).ok_or_else(|| missing("type", function))?;
                let signature = self.signature(type_index)?;
                let arguments = self.arguments(context, ty)?;
                self.builder.ins().call_indirect(signature, code, &arguments)
            }
        };
        self.push_results(call)
    }

    fn call_indirect(&mut self, type_index: u32, table: u32) -> Result<()> {
        let info = self.module.info;
        let ty = info.types.get(type_index as usize).ok_or_else(|| missing("type", type_index))?;
        let index = self.pop()?;
        let func_ref = self.load_element(table, index, TrapKind::UndefinedElement)?;
        self.trap_unless(func_ref, TrapKind::UninitializedElement);
        self.check_type(func_ref, type_index)?;
        let code = self.load_func_ref(types::I64, func_ref, offsets::FUNC_REF_CODE)?;
        let context = self.load_func_ref(types::I64, func_ref, offsets::FUNC_REF_VMCTX)?;
        let signature = self.signature(type_index)?;
        let arguments = self.arguments(context, ty)?;
        let call = self.builder.ins().call_indirect(signature, code, &arguments);
        self.push_results(call)
    }

    /// Traps unless the function behind a reference that is not null has the module's type `type_index`.
    fn check_type(&mut self, func_ref: Value, type_index: u32) -> Result<()> {
        let type_ids = self.load_constant(types::I64, self.vmctx, offsets::CONTEXT_TYPE_IDS)?;
        let expected = self.load_constant(types::I32, type_ids, type_index.saturating_mul(4))?;
        let found = self.load_func_ref(types::I32, func_ref, offsets::FUNC_REF_TYPE_ID)?;
        let same = self.builder.ins().icmp(IntCC::Equal, expected, found);
        self.trap_unless(same, TrapKind::BadSignature);
        Ok(())
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

    fn push_results(&mut self, call: Inst) -> Result<()> {
        self.stack.extend_from_slice(self.builder.inst_results(call));
        Ok(())
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
