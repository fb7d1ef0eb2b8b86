//! Signals: one handler per process for faults and interrupts, which asks `vm/` first and then whoever was there before.
//!
//! The fault signals are SIGSEGV, SIGBUS, SIGILL and SIGFPE. The interrupt signal is SIGURG: its default action is to be
//! ignored, so that one that comes late harms nobody; several pending ones are one; libraries hardly use it (urgent
//! socket data is all but extinct), and the Go runtime, which uses it for the same purpose, gets its own by chaining.

use std::ffi::{c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::registers::Registers;

/// The signal that makes a thread look whether its guest must stop.
pub(crate) const INTERRUPT_SIGNAL: c_int = libc::SIGURG;

/// Every signal that is handled.
const SIGNALS: [c_int; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, INTERRUPT_SIGNAL];

/// What a signal interrupted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interrupted {
    /// Address of the interrupted instruction.
    pub(crate) pc: usize,
    /// The frame pointer there.
    pub(crate) fp: usize,
    /// The register that generated code may have pinned.
    pub(crate) pinned: usize,
    /// Why.
    pub(crate) cause: Cause,
}

/// Why a signal was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// An access to this address failed.
    Memory(usize),
    /// The instruction itself traps.
    Instruction,
    /// Somebody asks the thread to look whether its guest must stop.
    Interrupt,
}

/// Where the interrupted thread goes on instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Redirect {
    /// Address of a function that never returns to the interrupted code.
    pub(crate) pc: usize,
    /// Its argument.
    pub(crate) argument: usize,
}

/// Decides about a signal; `None` if it is somebody else's. Runs inside the signal handler: see the charter.
pub(crate) type Hook = fn(&Interrupted) -> Option<Redirect>;

struct Installed {
    hook: Hook,
    previous: [libc::sigaction; SIGNALS.len()],
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// Installs the handlers, once per process; later calls do nothing.
///
/// # Safety
/// For guest code only may `hook` return a redirection, and the function that it names must be prepared to be entered
/// with the interrupted thread's stack pointer.
pub(crate) unsafe fn install(hook: Hook) -> io::Result<()> {
    static DONE: Mutex<bool> = Mutex::new(false);
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    if *done {
        return Ok(());
    }
    let previous = current_actions()?;
    if INSTALLED.get().is_none() {
        let _ = INSTALLED.set(Installed { hook, previous });
    }
    SIGNALS.iter().try_for_each(|signal| set_action(*signal, &our_action(*signal)))?;
    *done = true;
    Ok(())
}

/// Lets the signals through to the calling thread: programs that block all signals in their worker threads would
/// otherwise be killed by a guest's fault, and never interrupt a guest.
pub(crate) fn unblock() -> io::Result<()> {
    let mut ours = MaybeUninit::uninit();
    // SAFETY: `sigemptyset` initialises the local set, which the others change and read; only this thread is affected.
    let result = unsafe {
        libc::sigemptyset(ours.as_mut_ptr());
        for signal in SIGNALS {
            libc::sigaddset(ours.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(libc::SIG_UNBLOCK, ours.as_ptr(), ptr::null_mut())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(result)) }
}

fn current_actions() -> io::Result<[libc::sigaction; SIGNALS.len()]> {
    let mut failed = None;
    let actions = SIGNALS.map(|signal| {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: a null new action only reads the present one into the local; all zeros is a valid `sigaction`.
        unsafe {
            if libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) != 0 {
                failed = Some(io::Error::last_os_error());
            }
            action.assume_init()
        }
    });
    failed.map_or(Ok(actions), Err)
}

fn our_action(signal: c_int) -> libc::sigaction {
    // SAFETY: all zeros is a valid `sigaction` (no flags, default handler, a valid if unspecified mask).
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = on_signal;
    action.sa_sigaction = handler as usize;
    // SA_RESTART: host functions that wait in the kernel when an interrupt comes go on waiting.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    if signal == INTERRUPT_SIGNAL {
        action.sa_flags |= libc::SA_RESTART;
    }
    // SAFETY: writes the mask of a local.
    unsafe { libc::sigemptyset(&raw mut action.sa_mask) };
    action
}

fn set_action(signal: c_int, action: &libc::sigaction) -> io::Result<()> {
    // SAFETY: the action is valid: it is ours, whose handler follows the rules for handlers, or was read from the system.
    match unsafe { libc::sigaction(signal, action, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

extern "C" fn on_signal(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some(installed) = INSTALLED.get() else { return };
    if signal != INTERRUPT_SIGNAL && was_sent(info) {
        // Not what the guest did, wherever it is; and there is no address in it.
        return chain(&installed.previous, signal, info, context);
    }
    // SAFETY: these are the arguments of a running `SA_SIGINFO` handler.
    let mut registers = unsafe { Registers::new(context) };
    let cause = match signal {
        // SAFETY: `info` is valid while the handler runs, and these two signals carry an address.
        libc::SIGSEGV | libc::SIGBUS => Cause::Memory(unsafe { (*info).si_addr() }.addr()),
        INTERRUPT_SIGNAL => Cause::Interrupt,
        _ => Cause::Instruction,
    };
    let interrupted =
        Interrupted { pc: registers.pc(), fp: registers.fp(), pinned: registers.pinned(), cause };
    match (installed.hook)(&interrupted) {
        Some(redirect) => registers.redirect(redirect.pc, redirect.argument),
        None => chain(&installed.previous, signal, info, context),
    }
}

/// Does what would have been done had this handler not been installed.
fn chain(
    previous: &[libc::sigaction; SIGNALS.len()],
    signal: c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    let Some(action) = SIGNALS.iter().position(|known| *known == signal).and_then(|at| previous.get(at))
    else {
        return;
    };
    match action.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN if signal == INTERRUPT_SIGNAL => {}
        // Only a fault that an instruction caused cannot be ignored.
        libc::SIG_IGN if was_sent(info) => {}
        libc::SIG_DFL | libc::SIG_IGN => die_of(signal, info),
        handler if action.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: an action with `SA_SIGINFO` and neither special value holds a function of this type.
            let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) =
                unsafe { std::mem::transmute(ptr::with_exposed_provenance::<()>(handler)) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: an action without `SA_SIGINFO` and neither special value holds a function of this type.
            let handler: extern "C" fn(c_int) =
                unsafe { std::mem::transmute(ptr::with_exposed_provenance::<()>(handler)) };
            handler(signal);
        }
    }
}

/// Whether a process sent the signal; if not, an instruction caused it.
fn was_sent(info: *const libc::siginfo_t) -> bool {
    // SAFETY: called by the running handler, which was given a valid `info`.
    unsafe { (*info).si_code <= 0 }
}

/// Restores the default action, so that the instruction, executed again, ends the process as it would have.
fn die_of(signal: c_int, info: *mut libc::siginfo_t) {
    // SAFETY: all zeros is a valid `sigaction`: the default one.
    let default: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    let _ = set_action(signal, &default);
    if was_sent(info) {
        // It would not come again by itself.
        // SAFETY: `raise` is async-signal-safe and touches no memory of this program.
        unsafe { libc::raise(signal) };
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::{Config, Engine, Instance, Module, Store, StoreLimits, TrapKind, TrapStyle};

    /// Says to a process of this test program which of the deaths below to die.
    const DEATH: &str = "PLUGBAY_TEST_DEATH";

    fn die(how: &str) {
        // SAFETY: no signal is ever redirected.
        unsafe { install(|_| None) }.unwrap();
        match how {
            // SAFETY: a fault on purpose, in a process made for it.
            "fault" => unsafe { ptr::with_exposed_provenance_mut::<u8>(8).write_volatile(1) },
            // SAFETY: sends this process a signal.
            "sent" => drop(unsafe { libc::raise(libc::SIGILL) }),
            // SAFETY: sends this process a signal.
            _ => drop(unsafe { libc::raise(INTERRUPT_SIGNAL) }),
        }
        std::process::exit(42);
    }

    /// Says to a process of this test program to run guests in explicit style.
    const EXPLICIT: &str = "PLUGBAY_TEST_EXPLICIT";

    /// Whatever explicit style has to do with: traps of several kinds, a full stack, a deadline.
    fn run_explicit() -> Vec<TrapKind> {
        let config = Config::new().with_trap_style(TrapStyle::Explicit);
        let engine = Engine::new(&config).unwrap();
        let text = r#"(module (memory 1)
            (func (export "unreachable") unreachable)
            (func (export "memory") (drop (i32.load (i32.const -1))))
            (func (export "division") (param i32) (drop (i32.div_u (i32.const 1) (local.get 0))))
            (func $stack (export "stack") (call $stack))
            (func (export "loop") (loop (br 0))))"#;
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
        let mut cx = store.context();
        let instance = Instance::new(&mut cx, &module, &[]).unwrap();
        cx.set_deadline(Some(Instant::now() + Duration::from_millis(500)));
        let names = ["unreachable", "memory", "division", "stack", "loop"];
        let stop = |name| {
            let func = instance.export(&cx, name).unwrap().into_func().unwrap();
            func.call_raw(&mut cx, &mut [0]).unwrap_err().trap().unwrap().kind()
        };
        names.map(stop).to_vec()
    }

    /// Not a test by itself: what the process that [`explicit_style_leaves_signals_alone`] starts does.
    #[test]
    fn explicit_process() {
        if std::env::var_os(EXPLICIT).is_none() {
            return;
        }
        let handlers = || current_actions().unwrap().map(|action| action.sa_sigaction);
        let before = handlers();
        let kinds = std::thread::spawn(run_explicit).join().unwrap();
        let expected = [
            TrapKind::Unreachable,
            TrapKind::MemoryOutOfBounds,
            TrapKind::IntegerDivisionByZero,
            TrapKind::StackOverflow,
            TrapKind::Deadline,
        ];
        assert_eq!(kinds, expected);
        assert!(before == handlers() && INSTALLED.get().is_none());
        std::process::exit(42);
    }

    #[test]
    fn explicit_style_leaves_signals_alone() {
        let test = "sys::signals::tests::explicit_process";
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.args(["--exact", test, "--nocapture"]).env(EXPLICIT, "1").output().unwrap();
        assert_eq!(output.status.code(), Some(42), "{output:?}");
    }

    /// Not a test by itself: what the processes that [`the_hosts_own_faults_end_the_process`] starts do.
    #[test]
    fn dying_process() {
        if let Ok(how) = std::env::var(DEATH) {
            die(&how);
        }
    }

    #[test]
    fn the_hosts_own_faults_end_the_process() {
        let status = |how| {
            let test = "sys::signals::tests::dying_process";
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", test, "--nocapture"]).env(DEATH, how).output().unwrap().status
        };
        assert_eq!(status("fault").signal(), Some(libc::SIGSEGV));
        assert_eq!(status("sent").signal(), Some(libc::SIGILL));
        assert_eq!(status("interrupt").code(), Some(42));
    }
}
