//! Waking a thread that waits for a socket: a pipe that it polls beside it.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};

/// Rings for one thread.
#[derive(Debug)]
pub(in crate::wasi::http) struct Bell {
    rung: AtomicBool,
    /// Both ends live as long as anyone may ring: nobody writes to a closed pipe, which would be a signal.
    pipe: (PipeReader, PipeWriter),
}

/// Hears it.
#[derive(Debug)]
pub(in crate::wasi::http) struct Ear(Arc<Bell>);

impl Bell {
    pub(in crate::wasi::http) fn new() -> io::Result<(Arc<Self>, Ear)> {
        let bell = Arc::new(Self { rung: AtomicBool::new(false), pipe: io::pipe()? });
        Ok((bell.clone(), Ear(bell)))
    }

    /// There is something to see.
    pub(in crate::wasi::http) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // At most one byte is in the pipe, so this does not block.
            let _ = (&self.pipe.1).write(&[1]);
        }
    }
}

impl Ear {
    /// Waits for the bell, for `events` on `socket`, or until `until`. Afterwards look at everything anew.
    pub(super) fn wait(
        &mut self,
        socket: Option<(BorrowedFd<'_>, PollFlags)>,
        until: Instant,
    ) -> io::Result<()> {
        let rung = {
            let mut fds = vec![PollFd::from_borrowed_fd(self.0.pipe.0.as_fd(), PollFlags::IN)];
            fds.extend(socket.map(|(fd, events)| PollFd::from_borrowed_fd(fd, events)));
            // A little longer rather than many times until it is there.
            let left =
                until.saturating_duration_since(Instant::now()).saturating_add(Duration::from_millis(1));
            let timeout = Timespec::try_from(left).ok();
            match rustix::event::poll(&mut fds, timeout.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            fds.first().is_some_and(|fd| fd.revents().contains(PollFlags::IN))
        };
        if rung {
            let _ = (&self.0.pipe.0).read(&mut [0])?;
            // What happens from here on rings again; what happened before is looked at next.
            self.0.rung.store(false, Ordering::Release);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_wakes_once_however_often_it_is_rung() {
        let (bell, mut ear) = Bell::new().unwrap();
        let far = Instant::now() + Duration::from_secs(60);
        for _ in 0..3 {
            (0..100_000).for_each(|_| bell.ring());
            ear.wait(None, far).unwrap();
        }
        let start = Instant::now();
        ear.wait(None, start + Duration::from_millis(20)).unwrap();
        assert!(start.elapsed() >= Duration::from_millis(20), "nothing rang");
        drop(ear);
        bell.ring();
        bell.ring();
    }
}
