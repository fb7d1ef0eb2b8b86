//! Stacks of our own for work that needs more than a caller's thread may have: compiling runs on one, so that a thread with
//! a small stack, or a guest that used up most of it, can still compile.
//!
//! Switching costs a few instructions where a thread would cost a wake-up on each side. Nothing unwinds out of such a
//! stack, and a page below it that cannot be touched ends the process should it overflow, as a thread's own would.

use std::arch::naked_asm;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use super::mapping::{Access, Mapping, page_size};

/// Bytes of a stack; memory is taken only as far as it is used.
pub(crate) const STACK_BYTES: usize = 8 << 20;

/// How many stacks are kept for later use.
const KEPT: usize = 4;

static STACKS: Mutex<Vec<Mapping>> = Mutex::new(Vec::new());

/// Work on its way to another stack, and its result on the way back.
enum Task<F, R> {
    Waiting(F),
    Running,
    Done(thread::Result<R>),
}

/// Runs `work` on a stack of [`STACK_BYTES`], whatever is left of the caller's. A panic comes back as `Err`.
///
/// # Errors
/// When the system refuses memory for the stack.
pub(crate) fn run<R>(work: impl FnOnce() -> R) -> io::Result<thread::Result<R>> {
    let stack = take()?;
    let top = stack.base().as_ptr().wrapping_add(stack.len());
    let mut task = Task::Waiting(work);
    // SAFETY: the stack is readable and writable up to `top`, which is aligned to a page, and is nobody else's until `run`
    // returned; `execute` is made for this very task, which lives as long, and neither unwinds nor keeps anything.
    unsafe { switch((&raw mut task).cast(), entry_of(&task), top) };
    give_back(stack);
    match task {
        Task::Done(result) => Ok(result),
        Task::Waiting(_) | Task::Running => Err(io::Error::other("the work was not done")),
    }
}

fn entry_of<F: FnOnce() -> R, R>(_: &Task<F, R>) -> Entry {
    execute::<F, R>
}

type Entry = unsafe extern "C" fn(*mut u8);

/// # Safety
/// `task` points to a `Task` of these types that nobody else uses.
unsafe extern "C" fn execute<F: FnOnce() -> R, R>(task: *mut u8) {
    // SAFETY: the caller's promise.
    let task = unsafe { &mut *task.cast::<Task<F, R>>() };
    if let Task::Waiting(work) = std::mem::replace(task, Task::Running) {
        *task = Task::Done(catch_unwind(AssertUnwindSafe(work)));
    }
}

fn take() -> io::Result<Mapping> {
    // Without waiting: in the child of a fork, whoever has the lock may not exist.
    let kept = STACKS.try_lock().ok().and_then(|mut stacks| stacks.pop());
    if let Some(stack) = kept {
        return Ok(stack);
    }
    let guard = page_size();
    let stack = Mapping::reserve(guard + STACK_BYTES)?;
    // SAFETY: the mapping is new; nothing refers to it.
    unsafe { stack.protect(guard, STACK_BYTES, Access::ReadWrite)? };
    Ok(stack)
}

fn give_back(stack: Mapping) {
    if let Ok(mut stacks) = STACKS.try_lock()
        && stacks.len() < KEPT
    {
        stacks.push(stack);
    }
}

/// Calls `entry(task)` with the stack pointer at `top`.
///
/// # Safety
/// `top` is the aligned end of a stack that nobody uses; `entry` may be called with `task` and does not unwind.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
unsafe extern "C" fn switch(task: *mut u8, entry: Entry, top: *mut u8) {
    naked_asm!("push rbp", "mov rbp, rsp", "mov rsp, rdx", "call rsi", "mov rsp, rbp", "pop rbp", "ret")
}

/// Calls `entry(task)` with the stack pointer at `top`.
///
/// # Safety
/// `top` is the aligned end of a stack that nobody uses; `entry` may be called with `task` and does not unwind.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
unsafe extern "C" fn switch(task: *mut u8, entry: Entry, top: *mut u8) {
    naked_asm!(
        "stp x29, x30, [sp, #-16]!",
        "mov x29, sp",
        "mov sp, x2",
        "blr x1",
        "mov sp, x29",
        "ldp x29, x30, [sp], #16",
        "ret"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deep(levels: u64) -> u64 {
        let frame = std::hint::black_box([levels; 128]);
        if levels == 0 { 0 } else { deep(levels - 1) + frame[7] / levels }
    }

    #[test]
    fn a_small_thread_can_do_deep_work() {
        let small = thread::Builder::new().stack_size(32 << 10);
        let work = || (0..3).map(|_| run(|| deep(2000)).unwrap().unwrap()).sum::<u64>();
        assert_eq!(small.spawn(work).unwrap().join().unwrap(), 6000);
    }

    #[test]
    fn a_panic_comes_back_and_the_stack_is_used_again() {
        let text = "on purpose".to_owned();
        let panic = run(|| -> u32 { panic!("{text}") }).unwrap().unwrap_err();
        assert_eq!(panic.downcast_ref::<String>(), Some(&text));
        assert_eq!(run(|| run(|| 7).unwrap().unwrap() + 1).unwrap().unwrap(), 8);
    }
}
