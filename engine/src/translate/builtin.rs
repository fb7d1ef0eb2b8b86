//! Calls of the runtime's builtins, and what happens when one reports a failure.

use cranelift_codegen::ir::{AbiParam, InstBuilder, SigRef, Signature, Type, Value, types};

use cranelift_codegen::isa::CallConv;

use super::FuncTranslator;
use crate::builtins::{Builtin, Scalar};
use crate::error::{Error, Result};
use crate::vm::offsets;

fn scalar_type(scalar: Scalar) -> Type {
    match scalar {
        Scalar::I32 => types::I32,
        Scalar::I64 => types::I64,
    }
}

impl FuncTranslator<'_> {
    /// Calls a builtin and returns its result, if it has one.
    fn call_builtin(&mut self, builtin: Builtin, arguments: &[Value]) -> Result<Option<Value>> {
        let (signature, code, arguments) = self.prepare_builtin(builtin, arguments)?;
        let call = self.builder.ins().call_indirect(signature, code, &arguments);
        Ok(self.builder.inst_results(call).first().copied())
    }

    /// What calling a builtin takes: signature, address and all arguments.
    pub(super) fn prepare_builtin(
        &mut self,
        builtin: Builtin,
        arguments: &[Value],
    ) -> Result<(SigRef, Value, Vec<Value>)> {
        let entry = u32::try_from(builtin.index()).unwrap_or(u32::MAX).saturating_mul(8);
        let code = if matches!(builtin, Builtin::Raise | Builtin::Interrupt) {
            // Hardly ever called: not worth a register outside the block that calls it.
            let table = self.load_variable(types::I64, self.vmctx, offsets::CONTEXT_BUILTINS)?;
            self.load_variable(types::I64, table, entry)?
        } else {
            let table = self.load_constant(types::I64, self.vmctx, offsets::CONTEXT_BUILTINS)?;
            self.load_constant(types::I64, table, entry)?
        };
        let signature = self.builtin_signature(builtin);
        let mut all = Vec::with_capacity(arguments.len().saturating_add(1));
        all.push(self.vmctx);
        all.extend_from_slice(arguments);
        Ok((signature, code, all))
    }

    /// Calls a builtin that has no result.
    pub(super) fn run_builtin(&mut self, builtin: Builtin, arguments: &[Value]) -> Result<()> {
        self.call_builtin(builtin, arguments).map(drop)
    }

    /// Calls a builtin for its result.
    pub(super) fn ask_builtin(&mut self, builtin: Builtin, arguments: &[Value]) -> Result<Value> {
        self.call_builtin(builtin, arguments)?
            .ok_or_else(|| Error::internal(format!("builtin {builtin:?} has no result")))
    }

    /// Calls a builtin whose result is 0 or the code of a trap kind, and raises that trap.
    pub(super) fn try_builtin(&mut self, builtin: Builtin, arguments: &[Value]) -> Result<()> {
        let status = self.ask_builtin(builtin, arguments)?;
        let failed = self.builder.create_block();
        let done = self.builder.create_block();
        self.builder.set_cold_block(failed);
        self.builder.ins().brif(status, failed, &[], done, &[]);
        self.builder.seal_block(failed);
        self.builder.seal_block(done);
        self.builder.switch_to_block(failed);
        self.raise(status)?;
        self.builder.switch_to_block(done);
        Ok(())
    }

    fn builtin_signature(&mut self, builtin: Builtin) -> SigRef {
        if let Some(known) = self.builtins.get(&builtin.index()) {
            return *known;
        }
        let mut signature = Signature::new(match builtin {
            Builtin::Interrupt => CallConv::PreserveAll,
            builtin if builtin.throws() => CallConv::Tail,
            _ => self.module.host_call_conv,
        });
        signature.params.push(AbiParam::new(types::I64));
        signature.params.extend(builtin.params().iter().map(|param| AbiParam::new(scalar_type(*param))));
        signature.returns.extend(builtin.result().map(|result| AbiParam::new(scalar_type(result))));
        let declared = self.builder.import_signature(signature);
        self.builtins.insert(builtin.index(), declared);
        declared
    }
}
