//! Conditions, and waiting for several at once: never past the deadline of the call, and never so long that a cancellation
//! goes unnoticed.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::os::fd::{AsRawFd as _, BorrowedFd, RawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};

use crate::interrupt::{SLICE, Stop, Waiter};

/// What can be waited for.
pub(in crate::wasi) trait Condition: Debug + Send + Sync {
    /// Whether it holds now.
    fn holds(&self) -> bool;

    /// What brings it about.
    fn cause(&self) -> Cause<'_> {
        Cause::Thread
    }
}

/// What brings a condition about.
#[derive(Clone, Copy, Debug)]
pub(in crate::wasi) enum Cause<'a> {
    /// Another thread, which then wakes the plugin (`Interrupt::wake`).
    Thread,
    /// Time: it holds from then on.
    Time(Instant),
    /// The system, which knows when the descriptor is ready for this.
    Fd(BorrowedFd<'a>, PollFlags),
    /// Something that wakes nobody: it is looked at again and again.
    Unseen,
}

/// What holds at any time.
#[derive(Debug)]
pub(in crate::wasi) struct Always;

impl Condition for Always {
    fn holds(&self) -> bool {
        true
    }
}

/// Whether a descriptor is ready for one of these, or cannot be waited for: using it says why.
pub(in crate::wasi) fn is_ready(fd: BorrowedFd<'_>, flags: PollFlags) -> bool {
    !poll(BTreeMap::from([(fd.as_raw_fd(), (fd, flags))]), Duration::ZERO).is_empty()
}

/// The indices of those that hold now.
pub(in crate::wasi) fn ready(conditions: &[Arc<dyn Condition>]) -> Vec<u32> {
    let fds = poll(descriptors(conditions), Duration::ZERO);
    let holds = |condition: &Arc<dyn Condition>| match condition.cause() {
        Cause::Fd(fd, flags) => fds.get(&fd.as_raw_fd()).is_some_and(|found| found.intersects(flags)),
        Cause::Thread | Cause::Time(_) | Cause::Unseen => condition.holds(),
    };
    (0u32..).zip(conditions).filter(|(_, condition)| holds(condition)).map(|(index, _)| index).collect()
}

/// Waits until one of them may hold.
pub(in crate::wasi) fn pause(conditions: &[Arc<dyn Condition>], waiter: &Waiter) -> Result<(), Stop> {
    waiter.check()?;
    let mut until = None;
    for condition in conditions {
        let at = match condition.cause() {
            Cause::Time(at) => at,
            Cause::Unseen => Instant::now() + SLICE,
            Cause::Thread | Cause::Fd(..) => continue,
        };
        until = Some(until.map_or(at, |until: Instant| until.min(at)));
    }
    let descriptors = descriptors(conditions);
    if descriptors.is_empty() {
        let threads = |condition: &Arc<dyn Condition>| matches!(condition.cause(), Cause::Thread);
        return waiter.wait_until(until, || {
            conditions.iter().any(|condition| threads(condition) && condition.holds())
        });
    }
    poll(descriptors, waiter.slice(until));
    waiter.check()
}

type Descriptors<'a> = BTreeMap<RawFd, (BorrowedFd<'a>, PollFlags)>;

/// Each descriptor once, however often it is named.
fn descriptors(conditions: &[Arc<dyn Condition>]) -> Descriptors<'_> {
    let mut wanted = Descriptors::new();
    for condition in conditions {
        if let Cause::Fd(fd, flags) = condition.cause() {
            wanted.entry(fd.as_raw_fd()).or_insert((fd, PollFlags::empty())).1 |= flags;
        }
    }
    wanted
}

/// Those that are ready, and for what, after waiting up to `timeout`, which is short.
fn poll(wanted: Descriptors<'_>, timeout: Duration) -> BTreeMap<RawFd, PollFlags> {
    if wanted.is_empty() {
        return BTreeMap::new();
    }
    let mut fds: Vec<PollFd<'_>> =
        wanted.values().map(|(fd, flags)| PollFd::from_borrowed_fd(*fd, *flags)).collect();
    let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(timeout.min(SLICE).subsec_nanos()) };
    let failed = match rustix::event::poll(&mut fds, Some(&timeout)) {
        Ok(_) => false,
        Err(rustix::io::Errno::INTR) => return BTreeMap::new(),
        Err(_) => true,
    };
    // What is at its end, or broken, is ready for anything.
    let broken = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
    let found = |fd: &PollFd<'_>| match fd.revents() {
        events if failed || events.intersects(broken) => PollFlags::all(),
        events => events,
    };
    let all = wanted.keys().zip(&fds).map(|(raw, fd)| (*raw, found(fd)));
    all.filter(|(_, found)| !found.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::fd::{AsFd as _, OwnedFd};

    use super::*;
    use crate::interrupt::Interrupt;

    #[derive(Debug)]
    struct At(Instant);

    impl Condition for At {
        fn holds(&self) -> bool {
            Instant::now() >= self.0
        }

        fn cause(&self) -> Cause<'_> {
            Cause::Time(self.0)
        }
    }

    #[derive(Debug)]
    struct Never(Cause<'static>);

    impl Condition for Never {
        fn holds(&self) -> bool {
            false
        }

        fn cause(&self) -> Cause<'_> {
            self.0
        }
    }

    #[derive(Debug)]
    struct Pipe(OwnedFd, PollFlags);

    impl Condition for Pipe {
        fn holds(&self) -> bool {
            is_ready(self.0.as_fd(), self.1)
        }

        fn cause(&self) -> Cause<'_> {
            Cause::Fd(self.0.as_fd(), self.1)
        }
    }

    #[test]
    fn what_holds_is_found_and_the_earliest_is_waited_for() {
        let now = Instant::now();
        let late: Arc<dyn Condition> = Arc::new(At(now + Duration::from_secs(60)));
        let never: Arc<dyn Condition> = Arc::new(Never(Cause::Thread));
        let conditions = [never.clone(), Arc::new(Always), Arc::new(At(now)), late.clone()];
        assert_eq!(ready(&conditions), [1, 2]);
        let mut waiter = Waiter::new(Arc::new(Interrupt::default()));
        let soon = Instant::now() + Duration::from_millis(5);
        pause(&[late.clone(), Arc::new(At(soon)), never.clone()], &waiter).unwrap();
        assert!(Instant::now() >= soon);
        pause(&[late.clone(), Arc::new(Never(Cause::Unseen))], &waiter).unwrap();
        waiter.deadline = Some(Instant::now() + Duration::from_millis(5));
        assert_eq!(pause(&[never], &waiter), Err(Stop::Deadline));
        assert_eq!(pause(&[late], &waiter), Err(Stop::Deadline));
    }

    #[test]
    fn a_descriptor_named_many_times_is_asked_about_once() {
        let (read, write) = rustix::pipe::pipe().unwrap();
        let read: Arc<dyn Condition> = Arc::new(Pipe(read, PollFlags::IN));
        let mut conditions = vec![read.clone(); 100_000];
        assert!(ready(&conditions).is_empty() && !read.holds());
        let write = Pipe(write, PollFlags::OUT);
        assert!(write.holds());
        rustix::io::write(&write.0, b"x").unwrap();
        conditions.truncate(1);
        conditions.push(Arc::new(write));
        assert_eq!(ready(&conditions), [0, 1]);
    }
}
