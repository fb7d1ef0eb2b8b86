//! What each thread keeps while it runs guest code. The signal handler reads it too, so it has neither a destructor nor
//! an initialiser that runs: access is a plain load.

use std::cell::Cell;
use std::io;
use std::ptr;

use super::store::{MAX_FRAMES, VMStore};
use crate::sys;

/// The state of one thread.
pub(super) struct Thread {
    /// The store whose guest code runs, whenever guest code runs on this thread: set before it is entered and when a host
    /// function returns to it. The pointer stays when the guest was left, and must not be followed then.
    pub(super) active: Cell<*const VMStore>,
    /// The thread's number; 0 before its first call.
    pub(super) id: Cell<i32>,
    /// Lowest usable address of the thread's stack.
    pub(super) stack_lowest: Cell<usize>,
    /// Whether signal handlers have a stack of their own.
    pub(super) has_alternate_stack: Cell<bool>,
    /// Addresses in the guest frames of the last trap, innermost first. They are read when the call that trapped ends.
    pub(super) frames: [Cell<usize>; MAX_FRAMES],
}

thread_local! {
    static THREAD: Thread = const {
        Thread {
            active: Cell::new(ptr::null()),
            id: Cell::new(0),
            stack_lowest: Cell::new(0),
            has_alternate_stack: Cell::new(false),
            frames: [const { Cell::new(0) }; MAX_FRAMES],
        }
    };
}

/// The calling thread's state; stays where it is until the thread ends.
#[inline]
pub(super) fn current() -> *const Thread {
    THREAD.with(ptr::from_ref)
}

/// The store whose guest code is running on this thread.
///
/// # Safety
/// Called, directly or not, by guest code, and the result is not used longer than that code's call lasts.
pub(super) unsafe fn active_store<'a>() -> &'a VMStore {
    // SAFETY: the state of the thread that this runs on, which nobody has exclusively; while guest code runs, its store was
    // set and is borrowed by the call.
    unsafe { &*(*current()).active.get() }
}

/// Guest code of the store goes on, after a host function of it, which may have called guests of other stores.
#[inline(always)]
pub(super) fn back_in(vm: &VMStore) {
    // SAFETY: the state of the thread that this runs on; nobody has it exclusively.
    let thread = unsafe { &*current() };
    if !ptr::eq(thread.active.get(), vm) {
        thread.active.set(vm);
    }
}

impl Thread {
    /// Prepares the thread for its first call (with `signals`, its first that may be stopped by one).
    #[cold]
    pub(super) fn prepare(&self, signals: bool) -> io::Result<()> {
        self.stack_lowest.set(sys::stack::lowest_address()?);
        if signals && !self.has_alternate_stack.get() {
            sys::stack::ensure_alternate()?;
            sys::signals::unblock()?;
            self.has_alternate_stack.set(true);
        }
        self.id.set(sys::thread::current_id());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use crate::{Config, Engine, Instance, Module, Store, StoreLimits, TrapKind};

    /// Whether a guest that loops for ever is stopped by its deadline.
    fn deadline_holds(store: &mut Store<()>, module: &Module) -> bool {
        let mut cx = store.context();
        let instance = Instance::new(&mut cx, module, &[]).unwrap();
        let func = instance.export(&cx, "loop").unwrap().into_func().unwrap();
        cx.set_deadline(Some(Instant::now() + Duration::from_millis(20)));
        let stopped = func.call_raw(&mut cx, &mut []);
        stopped.is_err_and(|error| error.trap().is_some_and(|trap| trap.kind() == TrapKind::Deadline))
    }

    #[test]
    fn deadlines_hold_in_the_child_of_a_fork() {
        let engine = Engine::new(&Config::new()).unwrap();
        let text = r#"(module (func (export "loop") (loop (br 0))))"#;
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
        assert!(deadline_holds(&mut store, &module));
        // SAFETY: the child calls what the system's allocator and threads allow after a fork, and leaves without cleaning up.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let held = deadline_holds(&mut store, &module);
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(if held { 7 } else { 8 }) };
        }
        let mut status = 0;
        let patience = Instant::now() + Duration::from_secs(20);
        // SAFETY: asks for the child made above; the status is a local.
        while unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == 0 {
            if Instant::now() > patience {
                // SAFETY: ends the child made above, which was not waited for yet.
                unsafe { libc::kill(child, libc::SIGKILL) };
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 7, "{status}");
        assert!(deadline_holds(&mut store, &module));
    }

    #[test]
    fn threads_that_block_all_signals_run_guests_all_the_same() {
        let engine = Engine::new(&Config::new()).unwrap();
        let text = r#"(module (func (export "trap") unreachable) (func (export "loop") (loop (br 0))))"#;
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let thread = std::thread::spawn(move || {
            crate::sys::thread::block_signals();
            let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
            let mut cx = store.context();
            let instance = Instance::new(&mut cx, &module, &[]).unwrap();
            cx.set_deadline(Some(Instant::now() + Duration::from_millis(50)));
            ["trap", "loop"].map(|name| {
                let func = instance.export(&cx, name).unwrap().into_func().unwrap();
                func.call_raw(&mut cx, &mut []).unwrap_err().trap().unwrap().kind()
            })
        });
        assert_eq!(thread.join().unwrap(), [TrapKind::Unreachable, TrapKind::Deadline]);
    }
}
