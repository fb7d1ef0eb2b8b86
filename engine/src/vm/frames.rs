//! The guest frames of the running activation, innermost first: generated code keeps frame pointers.

use std::ptr;
use std::sync::atomic::Ordering::Relaxed;

use super::code_tables;
use super::store::VMStore;

/// Walks guest frames. Each is a program counter and a frame pointer; the program counters of all but the first are of the
/// last byte of the call that is being executed. Async-signal-safe.
pub(super) struct Frames {
    entry: usize,
    next: Option<(usize, usize)>,
}

impl Frames {
    /// The frames from the one that executes at `pc` with frame pointer `fp` on, up to the innermost entry of the store.
    pub(super) fn new(vm: &VMStore, pc: usize, fp: usize) -> Self {
        Self { entry: vm.entry_sp.load(Relaxed), next: Some((pc, fp)) }
    }
}

impl Iterator for Frames {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let (pc, fp) = self.next.take().filter(|(pc, _)| code_tables::contains(*pc))?;
        let below_entry = fp != 0 && fp.is_multiple_of(size_of::<usize>()) && fp < self.entry;
        if below_entry {
            let caller: *const usize = ptr::with_exposed_provenance(fp);
            // SAFETY: generated code keeps frame pointers: while `pc` is in it, `fp` is the address of a saved frame pointer
            // with the return address after it; both lie on this thread's stack above the current frame and, as just
            // checked, below the entry into this activation.
            let (next_fp, next_pc) = unsafe { (*caller, *caller.add(1)) };
            self.next = (next_fp > fp).then(|| (next_pc.wrapping_sub(1), next_fp));
        }
        Some((pc, fp))
    }
}
