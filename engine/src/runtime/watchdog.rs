//! The watchdog: one thread per process that asks stores to stop when their deadline has passed or they were cancelled.
//!
//! Asking means: set the store's `interrupt` and, in signal style, send the thread that runs its guest a signal, again and
//! again until the guest has stopped. Whether it must really stop, the asked thread finds out itself
//! (`VMStore::must_stop`), so asking once too often does no harm. The thread is started when it is first needed and
//! sleeps until the earliest deadline; setting a later deadline than that does not wake it.
//!
//! Where calls have a limit (`vm/call_limit.rs`), it looks at the store every now and then as long as new calls are made.
//! When none is, it leaves the store with a hint, and the first call that finds the hint says so (`call_seen`).
//!
//! The child of a `fork` has no such thread until it sets a deadline or cancels; `before_fork` and its like see to it that
//! it gets one then, and that the lock is not held for ever by a thread that only the parent has.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use crate::sys;
use crate::vm;
use crate::vm::call_limit::CallLimit;
use crate::vm::store::{NO_DEADLINE, VMStore, nanoseconds};

/// How long to wait before asking again; doubles each time, up to 16 times this.
const ASK_AGAIN: u64 = 1_000_000;

/// How often a store whose guest does not seem to run is asked: it may have been entered while it was looked at.
const IDLE_ASKS: u32 = 3;

/// When the watchdog wakes next, in nanoseconds since the epoch; `NO_DEADLINE` while it looks around or sleeps for good.
static NEXT: AtomicU64 = AtomicU64::new(NO_DEADLINE);

static WATCH: Mutex<Watch> = Mutex::new(Watch { stores: BTreeMap::new(), started: false, forks: false });
static WAKE: Condvar = Condvar::new();

thread_local! {
    /// The lock, while the thread forks.
    static HELD: RefCell<Option<MutexGuard<'static, Watch>>> = const { RefCell::new(None) };
}

struct Watch {
    /// By address.
    stores: BTreeMap<usize, Watched>,
    /// Whether the thread runs.
    started: bool,
    /// Whether forks are noticed.
    forks: bool,
}

struct Watched {
    vm: Arc<VMStore>,
    /// How often it was asked since it became due.
    asked: u32,
    /// The call that was seen last, when it was first seen, and how often since then no guest ran.
    call: u64,
    since: u64,
    idle: u32,
}

fn lock() -> MutexGuard<'static, Watch> {
    WATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins to watch a store with this deadline (0 if it was cancelled). Fails if the thread cannot be started.
pub(super) fn watch(vm: &Arc<VMStore>, deadline: u64) -> io::Result<()> {
    // The next call looks for itself: the deadline may have passed before the thread gets round to say so.
    vm.interrupt.store(1, SeqCst);
    let mut watch = lock();
    watch.start()?;
    if vm.closed.load(SeqCst) {
        return Ok(());
    }
    watch.add(vm);
    // While the lock is held, the watchdog either sleeps until `NEXT` or will look around before it sleeps again.
    if deadline < NEXT.load(SeqCst) {
        WAKE.notify_one();
    }
    Ok(())
}

/// Ends watching a store, for good.
pub(super) fn forget(vm: &Arc<VMStore>, watched: bool) {
    // A token that cancels at this moment on another thread either sees `closed` (in `watch`) or is seen here.
    vm.closed.store(true, SeqCst);
    if watched || vm.cancelled.load(SeqCst) {
        lock().stores.remove(&Arc::as_ptr(vm).addr());
    }
}

/// Tells the watchdog of a deadline that was set in a watched store. Fails as [`watch`] does, in the child of a fork.
pub(super) fn deadline_set(vm: &VMStore, deadline: u64) -> io::Result<()> {
    // The deadline was stored before this load, the watchdog stores `NEXT` before it loads deadlines, all of it in one
    // order (SeqCst): either it sees the deadline or this sees a `NEXT` that makes it wake the watchdog.
    if deadline >= NEXT.load(SeqCst) {
        return Ok(());
    }
    // As in `watch`.
    vm.interrupt.store(1, SeqCst);
    wake()
}

/// Begins to look at calls of a store that have a limit, when one is made: it finds the hint that nobody looks yet.
pub(super) fn watch_calls(vm: &Arc<VMStore>) {
    vm.interrupt.store(1, SeqCst);
    lock().add(vm);
}

/// A call found the hint that it might not be looked at. Whether it is now.
pub(crate) fn call_seen(vm: &VMStore) -> bool {
    let Some(limit) = vm.call.get() else { return true };
    let soon = nanoseconds(Instant::now()).saturating_add(CallLimit::tick(limit));
    NEXT.load(SeqCst) <= soon || wake().is_ok()
}

#[cold]
fn wake() -> io::Result<()> {
    lock().start()?;
    WAKE.notify_one();
    Ok(())
}

impl Watch {
    fn add(&mut self, vm: &Arc<VMStore>) {
        let watched = || Watched { vm: Arc::clone(vm), asked: 0, call: 0, since: 0, idle: 0 };
        self.stores.entry(Arc::as_ptr(vm).addr()).or_insert_with(watched);
    }

    /// Starts the thread, unless it runs.
    fn start(&mut self) -> io::Result<()> {
        if !self.forks {
            sys::thread::around_fork(before_fork, after_fork, after_fork_in_child)?;
            self.forks = true;
        }
        if !self.started {
            thread::Builder::new().name("plugbay-watchdog".to_owned()).spawn(run)?;
            self.started = true;
        }
        Ok(())
    }
}

extern "C" fn before_fork() {
    // A thread that is ending cannot hold it, and forks without.
    let _ = HELD.try_with(|held| held.replace(Some(lock())));
}

extern "C" fn after_fork() {
    let _ = HELD.try_with(RefCell::take);
}

extern "C" fn after_fork_in_child() {
    let _ = HELD.try_with(|held| {
        if let Some(mut watch) = held.take() {
            watch.started = false;
            // Those who run next find nobody looking, and say so.
            watch.stores.values().for_each(|watched| watched.vm.interrupt.store(1, SeqCst));
            NEXT.store(NO_DEADLINE, SeqCst);
        }
    });
    vm::forked();
}

fn run() {
    sys::thread::block_signals();
    let mut watch = lock();
    loop {
        NEXT.store(NO_DEADLINE, SeqCst);
        let now = nanoseconds(Instant::now());
        let next = look_around(&mut watch, now);
        NEXT.store(next, SeqCst);
        watch = if next == NO_DEADLINE {
            WAKE.wait(watch).unwrap_or_else(PoisonError::into_inner)
        } else {
            let pause = Duration::from_nanos(next.saturating_sub(now));
            WAKE.wait_timeout(watch, pause).unwrap_or_else(PoisonError::into_inner).0
        };
    }
}

/// Asks every store that is due and returns when to look again.
fn look_around(watch: &mut Watch, now: u64) -> u64 {
    let mut next = NO_DEADLINE;
    for watched in watch.stores.values_mut() {
        let deadline = watched.vm.deadline.load(SeqCst);
        let due = watched.vm.cancelled.load(SeqCst) || deadline <= now;
        if !due {
            watched.asked = 0;
            next = next.min(deadline);
        } else if ask(&watched.vm) || watched.asked < IDLE_ASKS {
            next = next.min(now.saturating_add(ASK_AGAIN << watched.asked.min(4)));
            watched.asked = watched.asked.saturating_add(1);
        }
        next = next.min(watched.look_at_call(now));
    }
    next
}

impl Watched {
    /// Asks a store whose call takes too long and returns when to look again.
    fn look_at_call(&mut self, now: u64) -> u64 {
        let Some(limit) = self.vm.call.get() else { return NO_DEADLINE };
        let running = self.vm.running().is_some();
        let call = self.vm.call.number();
        let again = now.saturating_add(CallLimit::tick(limit));
        if call != self.call {
            (self.call, self.since, self.idle) = (call, now, 0);
            self.vm.call.note(call, now);
            return again;
        }
        if !running {
            self.vm.interrupt.store(1, SeqCst);
            self.idle = self.idle.saturating_add(1);
            return if self.idle <= IDLE_ASKS { again } else { NO_DEADLINE };
        }
        self.idle = 0;
        let end = self.since.saturating_add(limit);
        if now < end {
            return end.min(again);
        }
        self.vm.call.expire(call);
        ask(&self.vm);
        now.saturating_add(ASK_AGAIN)
    }
}

/// Asks a store to stop; returns whether its guest is running.
fn ask(vm: &VMStore) -> bool {
    vm.interrupt.store(1, SeqCst);
    let running = vm.running();
    if let Some(thread) = running
        && vm.signals
    {
        // It may have ended in between: then there is nothing to stop.
        let _ = sys::thread::interrupt(thread);
    }
    running.is_some()
}
