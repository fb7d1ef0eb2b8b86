//! The registers of interrupted code, as a signal handler finds them: the one place where processors differ here.
//! aarch64 is untested.

use std::ffi::c_void;

/// The registers of the code that a signal interrupted, valid while its handler runs.
pub(crate) struct Registers<'a> {
    context: &'a mut libc::ucontext_t,
}

impl<'a> Registers<'a> {
    /// # Safety
    /// `context` is the third argument of a handler installed with `SA_SIGINFO` that is running.
    pub(super) unsafe fn new(context: *mut c_void) -> Self {
        // SAFETY: the kernel passes a valid `ucontext_t` that lives as long as the handler runs; nobody else uses it.
        Self { context: unsafe { &mut *context.cast::<libc::ucontext_t>() } }
    }
}

#[cfg(target_arch = "x86_64")]
impl Registers<'_> {
    /// Address of the interrupted instruction.
    pub(super) fn pc(&self) -> usize {
        self.context.uc_mcontext.gregs[libc::REG_RIP as usize] as usize
    }

    /// The frame pointer.
    pub(super) fn fp(&self) -> usize {
        self.context.uc_mcontext.gregs[libc::REG_RBP as usize] as usize
    }

    /// The register that generated code may have pinned.
    pub(super) fn pinned(&self) -> usize {
        self.context.uc_mcontext.gregs[libc::REG_R15 as usize] as usize
    }

    /// Makes the interrupted thread go on at `pc` as if called with `argument`.
    pub(super) fn redirect(&mut self, pc: usize, argument: usize) {
        self.context.uc_mcontext.gregs[libc::REG_RIP as usize] = pc as i64;
        self.context.uc_mcontext.gregs[libc::REG_RDI as usize] = argument as i64;
    }
}

#[cfg(target_arch = "aarch64")]
impl Registers<'_> {
    /// Address of the interrupted instruction.
    pub(super) fn pc(&self) -> usize {
        self.context.uc_mcontext.pc as usize
    }

    /// The frame pointer.
    pub(super) fn fp(&self) -> usize {
        self.context.uc_mcontext.regs[29] as usize
    }

    /// The register that generated code may have pinned.
    pub(super) fn pinned(&self) -> usize {
        self.context.uc_mcontext.regs[21] as usize
    }

    /// Makes the interrupted thread go on at `pc` as if called with `argument`.
    pub(super) fn redirect(&mut self, pc: usize, argument: usize) {
        self.context.uc_mcontext.pc = pc as u64;
        self.context.uc_mcontext.regs[0] = argument as u64;
    }
}
