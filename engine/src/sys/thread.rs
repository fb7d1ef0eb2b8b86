//! Threads: their numbers, and sending one of them the signal that interrupts guest code.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use super::signals::INTERRUPT_SIGNAL;

/// The number by which the system knows the calling thread; never 0.
pub(crate) fn current_id() -> i32 {
    rustix::thread::gettid().as_raw_nonzero().get()
}

/// Sends a thread of this process the interrupt signal. That the thread may have ended, or its number be in use for
/// another one of this process, is harmless: the handler ignores a signal that finds no guest code running.
pub(crate) fn interrupt(thread: i32) -> io::Result<()> {
    let process = rustix::process::getpid().as_raw_nonzero().get();
    // SAFETY: `tgkill` takes three integers and touches no memory; the handler for the signal is installed before a
    // thread number is ever published (`signals::install`).
    let result = unsafe { libc::syscall(libc::SYS_tgkill, process, thread, INTERRUPT_SIGNAL) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Has these called around every `fork` of this process from now on: before it, and after it in parent and child.
pub(crate) fn around_fork(
    before: extern "C" fn(),
    parent: extern "C" fn(),
    child: extern "C" fn(),
) -> io::Result<()> {
    // SAFETY: only keeps the addresses of these functions, which are safe to call and there as long as the program is.
    match unsafe { libc::pthread_atfork(Some(before), Some(parent), Some(child)) } {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// Keeps all signals away from the calling thread, so that those sent to the process go to the application's threads.
pub(crate) fn block_signals() {
    let mut all = MaybeUninit::uninit();
    // SAFETY: `sigfillset` initialises the local set, which `pthread_sigmask` reads; only this thread is affected.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), ptr::null_mut());
    }
}
