//! H: signals of others, alternate stacks, forks, and systems that forbid making code (`tests/hostile.txt`). Here because
//! it takes `unsafe`. What changes or ends a process runs in one of its own: this test program, told by its environment.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::ptr;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::{Duration, Instant};

use libc::{c_int, c_void, siginfo_t};

use crate::{Config, Engine, Error, ErrorKind, Extern, Func, FuncType, Instance, Module, Store, StoreLimits};
use crate::{TrapKind, Val};

/// Says to a process of this test program what to do.
const SCENARIO: &str = "PLUGBAY_TEST_SIGNALS";

/// What a process that did it exits with, and what the handlers of others exit with.
const DONE: i32 = 42;
const THEIRS: i32 = 33;

/// Where the host's own faults are.
const HOSTS_FAULT: usize = 8;

type Handler = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

fn run_in_a_process(scenario: &str) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "vm::signal_tests::process", "--nocapture"]).env(SCENARIO, scenario);
    command.output().unwrap()
}

/// That the scenario went well.
fn done(scenario: &str) {
    ends(scenario, Some(DONE), None);
}

fn ends(scenario: &str, code: Option<i32>, signal: Option<c_int>) {
    let output = run_in_a_process(scenario);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.status.signal()), (code, signal), "{scenario}: {text}");
}

/// Not a test by itself: what the processes do.
#[test]
fn process() {
    // A hang is a failure.
    let Ok(scenario) = std::env::var(SCENARIO) else { return };
    // SAFETY: ends the process some time later, unless it ended before.
    unsafe { libc::alarm(60) };
    match scenario.as_str() {
        "before" => handlers_from_before(),
        "after" => handlers_from_after(),
        "sent" => signals_that_were_sent(),
        "default" => a_fault_of_the_hosts(),
        "profiler" => a_profiler(),
        "urgent" => somebody_elses_interrupt_signal(),
        "stacks" => alternate_stacks(),
        "fork" => forks(),
        "fork while compiling" => forks_while_compiling(),
        "no new code" => no_new_code(),
        other => panic!("{other}"),
    }
    std::process::exit(DONE);
}

const TEXT: &str = r#"(module (import "" "host" (func $host)) (memory 1)
    (func (export "unreachable") unreachable)
    (func (export "memory") (drop (i32.load (i32.const -4))))
    (func (export "divide") (drop (i32.div_u (i32.const 1) (i32.load (i32.const 0)))))
    (func $r (export "recurse") (call $r))
    (func (export "loop") (loop (br 0)))
    (func (export "host") (call $host))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

/// A store with an instance of the module above.
struct Guest {
    store: Store<()>,
    instance: Instance,
}

impl Guest {
    fn new() -> Self {
        Self::with_host(|| Ok(()))
    }

    fn with_host(host: fn() -> Result<(), Error>) -> Self {
        let engine = Engine::new(&Config::new()).unwrap();
        let module = Module::new(&engine, &wat::parse_str(TEXT).unwrap()).unwrap();
        let mut store = Store::new(&engine, (), StoreLimits::default()).unwrap();
        let mut cx = store.context();
        let host = Func::new(&mut cx, FuncType::new([], []), move |_, _, _| host());
        let instance = Instance::new(&mut cx, &module, &[Extern::Func(host)]).unwrap();
        Self { store, instance }
    }

    fn call(&mut self, name: &str, args: &[Val]) -> Result<Vec<Val>, Error> {
        let mut cx = self.store.context();
        let func = self.instance.export(&cx, name).and_then(Extern::into_func).unwrap();
        func.call(&mut cx, args)
    }

    fn trap(&mut self, name: &str) -> TrapKind {
        self.call(name, &[]).unwrap_err().trap().unwrap().kind()
    }

    /// Everything that signals are needed for, and that results are right.
    fn check(&mut self) {
        assert_eq!(self.trap("unreachable"), TrapKind::Unreachable);
        assert_eq!(self.trap("memory"), TrapKind::MemoryOutOfBounds);
        assert_eq!(self.trap("divide"), TrapKind::IntegerDivisionByZero);
        assert_eq!(self.trap("recurse"), TrapKind::StackOverflow);
        self.store.context().set_deadline(Some(Instant::now() + Duration::from_millis(10)));
        assert_eq!(self.trap("loop"), TrapKind::Deadline);
        self.store.context().set_deadline(None);
        assert_eq!(self.call("add", &[Val::I32(2), Val::I32(3)]).unwrap(), [Val::I32(5)]);
    }
}

/// Installs a handler, and returns what was there.
fn install(signal: c_int, handler: Handler, flags: c_int) -> libc::sigaction {
    let mut before = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: all zeros is a valid action, `handler` one of the type that `SA_SIGINFO` asks for; both are locals.
    unsafe {
        let mut action: libc::sigaction = std::mem::MaybeUninit::zeroed().assume_init();
        action.sa_sigaction = handler as usize;
        action.sa_flags = flags | libc::SA_SIGINFO;
        assert_eq!(libc::sigaction(signal, &raw const action, before.as_mut_ptr()), 0);
        before.assume_init()
    }
}

/// What the host does wrong.
fn fault() {
    // SAFETY: a fault on purpose, in a process made for it.
    unsafe { ptr::with_exposed_provenance_mut::<u8>(HOSTS_FAULT).write_volatile(1) };
}

extern "C" fn exits(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: ends the process at once; may be called from a handler.
    unsafe { libc::_exit(THEIRS) };
}

static COUNT: AtomicUsize = AtomicUsize::new(0);

extern "C" fn counts(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    COUNT.fetch_add(1, SeqCst);
}

fn handlers_from_before() {
    for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE] {
        install(signal, exits, 0);
    }
    Guest::new().check();
    // As language runtimes do, with a thread that never ran a guest.
    std::thread::spawn(fault).join().unwrap();
}

static PREVIOUS: std::sync::OnceLock<libc::sigaction> = std::sync::OnceLock::new();

/// A handler as libraries have them: what is theirs they take, all else they hand on.
extern "C" fn takes_theirs(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: a running handler's arguments; the signals it is installed for carry an address.
    if unsafe { (*info).si_addr() }.addr() == HOSTS_FAULT {
        exits(signal, info, context);
    }
    let Some(previous) = PREVIOUS.get() else { return };
    // SAFETY: what was installed before was installed with `SA_SIGINFO`, by the engine.
    let handler: Handler = unsafe { std::mem::transmute(previous.sa_sigaction) };
    handler(signal, info, context);
}

fn handlers_from_after() {
    let mut guest = Guest::new();
    guest.check();
    let _ = PREVIOUS.set(install(libc::SIGSEGV, takes_theirs, libc::SA_ONSTACK | libc::SA_NODEFER));
    guest.check();
    // A second engine does not take the handlers back, and need not.
    Guest::new().check();
    std::thread::spawn(|| Guest::new().check()).join().unwrap();
    fault();
}

fn signals_that_were_sent() {
    for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGURG] {
        install(signal, counts, 0);
    }
    let mut guest = Guest::with_host(|| {
        for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGURG] {
            // SAFETY: sends this process a signal that is handled.
            unsafe { libc::raise(signal) };
        }
        Ok(())
    });
    // While a guest is on the stack: they are not the guest's.
    guest.call("host", &[]).unwrap();
    assert_eq!(COUNT.load(SeqCst), 5);
    guest.check();
}

fn a_fault_of_the_hosts() {
    Guest::new().check();
    std::thread::spawn(fault).join().unwrap();
}

fn a_profiler() {
    install(libc::SIGPROF, counts, libc::SA_RESTART);
    install(libc::SIGALRM, counts, libc::SA_RESTART);
    let often = libc::timeval { tv_sec: 0, tv_usec: 500 };
    let timer = libc::itimerval { it_interval: often, it_value: often };
    for clock in [libc::ITIMER_PROF, libc::ITIMER_REAL] {
        // SAFETY: the timer is a local that is only read.
        assert_eq!(unsafe { libc::setitimer(clock, &raw const timer, ptr::null_mut()) }, 0);
    }
    let begin = Instant::now();
    let mut guest = Guest::new();
    while begin.elapsed() < Duration::from_millis(500) {
        guest.check();
    }
    assert!(COUNT.load(SeqCst) > 100, "{}", COUNT.load(SeqCst));
}

fn somebody_elses_interrupt_signal() {
    // Ignored before, by the whole process.
    // SAFETY: ignoring this signal is its default.
    unsafe { libc::signal(libc::SIGURG, libc::SIG_IGN) };
    let mut guest = Guest::new();
    guest.check();
    // Somebody floods the thread with it.
    // SAFETY: the number of this thread.
    let thread = unsafe { libc::pthread_self() };
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(SeqCst) {
                // SAFETY: the thread lives as long as the scope in it.
                unsafe { libc::pthread_kill(thread, libc::SIGURG) };
                std::thread::sleep(Duration::from_micros(50));
            }
        });
        for _ in 0..20 {
            guest.check();
        }
        over.store(true, SeqCst);
    });
}

/// Gives the thread an alternate stack of this size, or takes it away.
fn set_alternate(memory: Option<&mut [u8]>) -> c_int {
    let mut stack = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
    if let Some(memory) = memory {
        stack = libc::stack_t { ss_sp: memory.as_mut_ptr().cast(), ss_flags: 0, ss_size: memory.len() };
    }
    // SAFETY: the memory is leaked by the callers, so that it is there as long as the thread.
    unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) }
}

fn alternate_stacks() {
    // None, the least that the system takes, a large one.
    // SAFETY: asks for a number.
    let least = usize::try_from(unsafe { libc::getauxval(libc::AT_MINSIGSTKSZ) }).unwrap();
    for size in [0, 2048, least, libc::SIGSTKSZ, 1 << 20] {
        let thread = std::thread::spawn(move || {
            if size == 0 {
                set_alternate(None);
            } else if set_alternate(Some(vec![0; size].leak())) != 0 {
                return;
            }
            let mut guest = Guest::new();
            guest.check();
            // Somebody takes it away again, and puts one of the usual size there.
            set_alternate(None);
            guest.check();
            set_alternate(Some(vec![0; libc::SIGSTKSZ.max(4 * least)].leak()));
            guest.check();
        });
        thread.join().unwrap();
    }
}

/// Forks; the child does `work` and exits with [`DONE`], unless that fails.
fn child(work: impl FnOnce()) {
    // SAFETY: the child goes on with one thread, and ends without what the others would have to do.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        // SAFETY: ends the process some time later.
        unsafe { libc::alarm(20) };
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(if ended.is_ok() { DONE } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: waits for the child made above; the status is a local.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == DONE, "{status:#x}");
}

fn forks() {
    // Idle, before anything ran and after.
    child(|| Guest::new().check());
    let mut guest = Guest::new();
    guest.check();
    for _ in 0..3 {
        child(|| guest.check());
        child(|| Guest::new().check());
    }
    guest.check();
    // In the middle of a call: parent and child both return into the guest.
    let mut guest = Guest::with_host(|| {
        child(|| Guest::new().check());
        Ok(())
    });
    guest.call("host", &[]).unwrap();
    guest.check();
}

fn forks_while_compiling() {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(SeqCst) {
                    let text = format!("(module {})", "(func (param i32) (drop (local.get 0)))".repeat(50));
                    let engine = Engine::new(&Config::new()).unwrap();
                    Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
                    Guest::new().check();
                }
            });
        }
        for _ in 0..40 {
            child(|| Guest::new().check());
            std::thread::sleep(Duration::from_millis(3));
        }
        over.store(true, SeqCst);
    });
}

fn no_new_code() {
    const PR_SET_MDWE: c_int = 65;
    let engine = Engine::new(&Config::new()).unwrap();
    // SAFETY: from here on nothing becomes executable that was not: nothing that this process relies on.
    if unsafe { libc::prctl(PR_SET_MDWE, 1_u64, 0_u64, 0_u64, 0_u64) } != 0 {
        // A kernel older than 6.3.
        return;
    }
    for strategy in [crate::CompileStrategy::Eager, crate::CompileStrategy::Lazy] {
        let engine = Engine::new(&Config::new().with_compile_strategy(strategy)).unwrap();
        let module = Module::new(&engine, &wat::parse_str(TEXT).unwrap());
        let error = module.and_then(|module| {
            let mut store = Store::new(&engine, (), StoreLimits::default())?;
            let mut cx = store.context();
            let host = Func::new(&mut cx, FuncType::new([], []), |_, _, _| Ok(()));
            let instance = Instance::new(&mut cx, &module, &[Extern::Func(host)])?;
            let add = instance.export(&cx, "add").and_then(Extern::into_func).unwrap();
            add.call(&mut cx, &[Val::I32(1), Val::I32(2)]).map(drop)
        });
        let error = error.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Os { .. }), "{error:?}");
    }
    drop(engine);
}

#[test]
fn h01_h02_handlers_from_before_get_the_hosts_faults() {
    ends("before", Some(THEIRS), None);
}

#[test]
fn h02_handlers_from_after_hand_on_the_guests_faults() {
    ends("after", Some(THEIRS), None);
}

#[test]
fn h02_signals_that_were_sent_are_nobodys_traps() {
    done("sent");
}

#[test]
fn h02_profilers_and_floods_of_signals_disturb_nothing() {
    done("profiler");
    done("urgent");
}

#[test]
fn h03_a_fault_on_a_thread_without_guests_ends_the_process() {
    ends("default", None, Some(libc::SIGSEGV));
}

#[test]
fn h05_alternate_stacks_of_any_size() {
    done("stacks");
}

#[test]
fn h07_forks_run_guests() {
    done("fork");
}

#[test]
fn h07_forks_while_others_compile_run_guests() {
    done("fork while compiling");
}

#[test]
fn h11_where_no_code_may_be_made_that_is_an_error() {
    done("no new code");
}
