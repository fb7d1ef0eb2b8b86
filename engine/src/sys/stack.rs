//! Stacks: where the calling thread's stack ends, and a second one for its signal handlers.

use std::cell::RefCell;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use super::mapping::{Access, Mapping, page_size};

/// Size of the stack that signal handlers run on.
const ALTERNATE_STACK: usize = 64 << 10;

/// Lowest usable address of the calling thread's stack.
pub(crate) fn lowest_address() -> io::Result<usize> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut address = ptr::null_mut();
    let mut size = 0;
    let mut guard = 0;
    // SAFETY: `pthread_getattr_np` initialises the attributes of the calling thread (which lives), the getters only read
    // them and write to the locals given, and `pthread_attr_destroy` ends their use.
    let result = unsafe {
        match libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) {
            0 => {
                let mut result =
                    libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut address, &raw mut size);
                if result == 0 {
                    result = libc::pthread_attr_getguardsize(attributes.as_ptr(), &raw mut guard);
                }
                libc::pthread_attr_destroy(attributes.as_mut_ptr());
                result
            }
            result => result,
        }
    };
    match result {
        // Some systems count the guard pages among the stack: keep off them.
        0 => Ok(address.addr().saturating_add(guard)),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// The alternate stack of one thread, taken back when the thread ends.
struct AlternateStack(Mapping);

impl Drop for AlternateStack {
    fn drop(&mut self) {
        let mut current = current_stack();
        if current.ss_sp.cast::<u8>() == usable(&self.0) {
            current.ss_flags = libc::SS_DISABLE;
            // SAFETY: turning the alternate stack off is possible at any time outside a handler, and a thread's
            // destructors do not run in one. From here on nothing uses the mapping.
            unsafe { libc::sigaltstack(&raw const current, ptr::null_mut()) };
        }
    }
}

thread_local! {
    static ALTERNATE: RefCell<Option<AlternateStack>> = const { RefCell::new(None) };
}

fn usable(mapping: &Mapping) -> *mut u8 {
    mapping.base().as_ptr().wrapping_add(page_size())
}

fn current_stack() -> libc::stack_t {
    let mut current = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
    // SAFETY: only reads the thread's setting into a local.
    unsafe { libc::sigaltstack(ptr::null(), &raw mut current) };
    current
}

/// Makes sure that signal handlers of the calling thread run on an alternate stack of at least 64 KiB: one that is there
/// is kept if it is large enough, else replaced by one with a guard page below it.
pub(crate) fn ensure_alternate() -> io::Result<()> {
    let current = current_stack();
    if current.ss_flags & libc::SS_DISABLE == 0 && current.ss_size >= ALTERNATE_STACK {
        return Ok(());
    }
    let guard = page_size();
    let mapping = Mapping::reserve(guard + ALTERNATE_STACK)?;
    // SAFETY: the mapping is new; nothing refers to it.
    unsafe { mapping.protect(guard, ALTERNATE_STACK, Access::ReadWrite)? };
    let stack = libc::stack_t { ss_sp: usable(&mapping).cast(), ss_flags: 0, ss_size: ALTERNATE_STACK };
    ALTERNATE
        .try_with(|slot| {
            // SAFETY: the range is readable and writable and stays so until `AlternateStack` is dropped at the end of
            // the thread, which first turns it off.
            if unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) } != 0 {
                return Err(io::Error::last_os_error());
            }
            slot.replace(Some(AlternateStack(mapping)));
            Ok(())
        })
        .map_err(|_| io::Error::other("the thread is ending"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_ends_below_a_local() {
        let local = 0_u8;
        let lowest = lowest_address().unwrap();
        let distance = (&raw const local).addr() - lowest;
        assert!(distance > 64 << 10 && distance < 1 << 30, "{distance}");
    }

    #[test]
    fn a_thread_gets_a_large_alternate_stack_and_gives_it_back() {
        std::thread::spawn(|| {
            ensure_alternate().unwrap();
            assert!(current_stack().ss_size >= ALTERNATE_STACK);
            ensure_alternate().unwrap();
        })
        .join()
        .unwrap();
    }
}
