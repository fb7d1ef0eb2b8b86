//! What each thread keeps while it runs guest code. The signal handler reads it too, so it has neither a destructor nor
//! an initialiser that runs: access is a plain load.

use std::cell::Cell;
use std::io;
use std::ptr;

use super::store::VMStore;
use crate::sys;

/// The state of one thread.
pub(super) struct Thread {
    /// The store whose guest code was entered last on this thread and not yet left; null if there is none. Valid while
    /// set: calls restore it before they return, and borrow the store until then.
    pub(super) active: Cell<*const VMStore>,
    /// The thread's number; 0 before its first call.
    pub(super) id: Cell<i32>,
    /// Lowest usable address of the thread's stack.
    pub(super) stack_lowest: Cell<usize>,
    /// Whether signal handlers have a stack of their own.
    pub(super) has_alternate_stack: Cell<bool>,
}

thread_local! {
    static THREAD: Thread = const {
        Thread {
            active: Cell::new(ptr::null()),
            id: Cell::new(0),
            stack_lowest: Cell::new(0),
            has_alternate_stack: Cell::new(false),
        }
    };
}

/// The calling thread's state; stays where it is until the thread ends.
#[inline]
pub(super) fn current() -> *const Thread {
    THREAD.with(ptr::from_ref)
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
