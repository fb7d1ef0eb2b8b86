//! What generated code asks itself where no signal can stop it. In explicit style: at the entry of a function, whether
//! there is stack enough for it; there and at the head of every loop, whether it must stop.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};

use super::FuncTranslator;
use crate::builtins::Builtin;
use crate::config::TrapStyle;
use crate::error::Result;
use crate::trap::TrapKind;
use crate::vm::offsets;

impl FuncTranslator<'_> {
    /// Traps if the frame of the function, which is there already, and `more` bytes would reach below the store's limit.
    /// What was written to the frame by then lies in the room below the limit: functions with larger frames have a gate
    /// (`compile/gate.rs`).
    pub(super) fn check_stack(&mut self, more: u32) -> Result<()> {
        if self.module.style == TrapStyle::Signals {
            return Ok(());
        }
        let store = self.load_constant(types::I64, self.vmctx, offsets::CONTEXT_STORE)?;
        let limit = self.load_constant(types::I64, store, offsets::store::STACK_LIMIT)?;
        let pointer = self.builder.ins().get_stack_pointer(types::I64);
        let pointer = match more {
            0 => pointer,
            // Stacks do not lie at the lowest addresses: this does not wrap.
            _ => self.builder.ins().iadd_imm_s(pointer, -i64::from(more)),
        };
        let full = self.builder.ins().icmp(IntCC::UnsignedLessThan, pointer, limit);
        self.trap_if(full, TrapKind::StackOverflow)
    }

    /// Asks the runtime whether to stop, if somebody hinted at it. Every cycle of generated code has such a place.
    ///
    /// The hint is loaded anew each time: the call, on the path that joins again, may change all memory.
    pub(super) fn poll(&mut self) -> Result<()> {
        if self.module.style == TrapStyle::Signals {
            return Ok(());
        }
        self.ask_whether_to_stop()
    }

    /// The same in signal style, after a builtin that cannot end the guest itself: in a loop that calls little else, most
    /// signals strike in the builtin, where they cannot end it either.
    pub(super) fn poll_after_builtin(&mut self) -> Result<()> {
        if self.module.style != TrapStyle::Signals {
            return Ok(());
        }
        self.ask_whether_to_stop()
    }

    fn ask_whether_to_stop(&mut self) -> Result<()> {
        self.budget.spend(4)?;
        let store = self.load_constant(types::I64, self.vmctx, offsets::CONTEXT_STORE)?;
        let hint = self.load_variable(types::I64, store, offsets::store::INTERRUPT)?;
        let (ask, go_on) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(ask);
        self.builder.ins().brif(hint, ask, &[], go_on, &[]);
        self.builder.seal_block(ask);
        self.builder.switch_to_block(ask);
        self.run_builtin(Builtin::Interrupt, &[])?;
        self.builder.ins().jump(go_on, &[]);
        self.builder.seal_block(go_on);
        self.builder.switch_to_block(go_on);
        Ok(())
    }
}
