//! The standard streams of a plugin: where they lead, how much output is taken, how fast, and how it looks on a terminal.

use std::fmt;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustix::event::PollFlags;
use rustix::io::Errno;

use super::plain::Plain;
use super::rate::Bucket;
use crate::grant::Output;
use crate::grant::watch::{Leads, Watch};
use crate::limits::Limits;
use crate::usage::{Kind, Meter, Slot};
use crate::wasi::io::{Cause, Condition, Failure, IoError, OutputStream, Sink, Source, is_ready};
use crate::wasi::{MAX_TRANSFER, buffer};

/// The most bytes that a pipe which is ready takes without blocking.
const PIPE_CHUNK: usize = 4096;

/// A standard stream for output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wasi) enum Which {
    Stdout,
    Stderr,
}

impl Which {
    fn leads(self) -> Leads {
        match self {
            Self::Stdout => Leads::Stdout,
            Self::Stderr => Leads::Stderr,
        }
    }

    fn fd(self) -> std::os::fd::BorrowedFd<'static> {
        match self {
            Self::Stdout => rustix::stdio::stdout(),
            Self::Stderr => rustix::stdio::stderr(),
        }
    }
}

/// The standard input of this process.
#[derive(Debug)]
pub(in crate::wasi) struct ProcessInput;

impl Condition for ProcessInput {
    fn holds(&self) -> bool {
        is_ready(rustix::stdio::stdin(), PollFlags::IN)
    }

    fn cause(&self) -> Cause<'_> {
        Cause::Fd(rustix::stdio::stdin(), PollFlags::IN)
    }
}

impl Source for ProcessInput {
    fn read(&self, len: usize) -> Result<Option<Vec<u8>>, Failure> {
        if !self.holds() {
            return Ok(None);
        }
        let mut bytes = buffer(len);
        match rustix::io::read(rustix::stdio::stdin(), &mut bytes) {
            Ok(0) => Err(Failure::Closed),
            Ok(read) => {
                bytes.truncate(read);
                Ok(Some(bytes))
            }
            Err(Errno::INTR | Errno::AGAIN) => Ok(None),
            Err(error) => Err(std::io::Error::from(error).into()),
        }
    }

    fn leads(&self) -> Leads {
        Leads::Stdin
    }
}

/// Both standard streams for output of one plugin.
#[derive(Debug)]
pub(in crate::wasi) struct Outputs {
    stdout: Arc<StandardOutput>,
    stderr: Arc<StandardOutput>,
}

/// One of them.
struct StandardOutput {
    which: Which,
    to: Output,
    state: Mutex<State>,
    /// Of both together.
    rate: Arc<Mutex<Bucket>>,
    bounds: Bounds,
}

#[derive(Debug, Default)]
struct State {
    captured: Vec<u8>,
    /// What of the host's memory that takes.
    held: Option<Slot>,
    /// When it leads to a terminal.
    plain: Option<Plain>,
    /// What was taken and is still to be written to the terminal.
    pending: Vec<u8>,
}

/// What is held to, and who is told.
#[derive(Debug)]
struct Bounds {
    captured: usize,
    rate: Option<u64>,
    meter: Meter,
    watch: Arc<Watch>,
    /// Whether it was told that there is too much, and that it comes too fast: once for each plugin.
    told: (AtomicBool, AtomicBool),
}

impl Outputs {
    pub(in crate::wasi) fn new(
        (stdout, stderr): (&Output, &Output),
        limits: &Limits,
        meter: &Meter,
        watch: &Arc<Watch>,
    ) -> Self {
        let rate = Arc::new(Mutex::new(Bucket::new(limits.output_rate, Instant::now())));
        let output = |which: Which, to: &Output| {
            let is_terminal = matches!(to, Output::Inherit) && which.fd().is_terminal();
            let state = State { plain: is_terminal.then(Plain::default), ..State::default() };
            let bounds = Bounds {
                captured: limits.captured_output,
                rate: limits.output_rate,
                meter: meter.clone(),
                watch: watch.clone(),
                told: Default::default(),
            };
            Arc::new(StandardOutput {
                which,
                to: to.clone(),
                state: Mutex::new(state),
                rate: rate.clone(),
                bounds,
            })
        };
        Self { stdout: output(Which::Stdout, stdout), stderr: output(Which::Stderr, stderr) }
    }

    /// A stream of its own that leads there.
    pub(in crate::wasi) fn stream(&self, which: Which) -> OutputStream {
        let output = self.get(which);
        match output.to {
            Output::Null => OutputStream::null(),
            _ => OutputStream::sink(output.clone()),
        }
    }

    /// What was captured.
    pub(in crate::wasi) fn take(&self, which: Which) -> Vec<u8> {
        let mut state = self.get(which).state();
        state.held = None;
        std::mem::take(&mut state.captured)
    }

    fn get(&self, which: Which) -> &Arc<StandardOutput> {
        match which {
            Which::Stdout => &self.stdout,
            Which::Stderr => &self.stderr,
        }
    }
}

impl StandardOutput {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rate(&self) -> MutexGuard<'_, Bucket> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the system takes a chunk of what leads to this process.
    fn is_writable(&self) -> bool {
        is_ready(self.which.fd(), PollFlags::OUT)
    }

    /// For how many bytes there is room where it leads.
    fn room_there(&self) -> Result<usize, Failure> {
        match &self.to {
            Output::Null | Output::Writer(_) => Ok(MAX_TRANSFER),
            Output::Capture => match self.bounds.captured.saturating_sub(self.state().captured.len()) {
                0 => Err(self.bounds.too_much()),
                room => Ok(room.min(MAX_TRANSFER)),
            },
            Output::Inherit | Output::Terminal => {
                let done = self.write_pending()?;
                Ok(if done && self.is_writable() { PIPE_CHUNK } else { 0 })
            }
        }
    }

    fn take_there(&self, contents: &[u8]) -> Result<usize, Failure> {
        match &self.to {
            Output::Null => Ok(contents.len()),
            Output::Writer(writer) => {
                writer.lock().unwrap_or_else(PoisonError::into_inner).write_all(contents)?;
                Ok(contents.len())
            }
            Output::Capture => {
                let mut state = self.state();
                let State { captured, held, .. } = &mut *state;
                let bytes = contents.len() as u64;
                let grown = match held {
                    Some(held) => held.grow(bytes),
                    None => {
                        self.bounds.meter.take_many(Kind::HostBytes, bytes).map(|slot| *held = Some(slot))
                    }
                };
                grown.map_err(|exhausted| Failure::Failed(IoError::new(exhausted.to_string())))?;
                captured.extend_from_slice(contents);
                Ok(contents.len())
            }
            Output::Inherit | Output::Terminal => {
                if !self.write_pending()? {
                    return Ok(0);
                }
                let mut state = self.state();
                if let Some(plain) = &mut state.plain {
                    state.pending = plain.filter(contents);
                    drop(state);
                    self.write_pending()?;
                    return Ok(contents.len());
                }
                self.write(contents)
            }
        }
    }

    /// Writes what is pending for the terminal; says whether all of it is now.
    fn write_pending(&self) -> Result<bool, Failure> {
        let mut state = self.state();
        while !state.pending.is_empty() {
            let written = self.write(&state.pending)?;
            if written == 0 {
                return Ok(false);
            }
            state.pending.drain(..written);
        }
        Ok(true)
    }

    /// Writes what the system takes now; says how much that was.
    fn write(&self, contents: &[u8]) -> Result<usize, Failure> {
        if !self.is_writable() {
            return Ok(0);
        }
        let chunk = contents.get(..contents.len().min(PIPE_CHUNK)).unwrap_or_default();
        match rustix::io::write(self.which.fd(), chunk) {
            Ok(written) => Ok(written),
            Err(Errno::INTR | Errno::AGAIN) => Ok(0),
            Err(error) => Err(std::io::Error::from(error).into()),
        }
    }
}

impl Condition for StandardOutput {
    fn holds(&self) -> bool {
        !matches!(self.room(), Ok(0))
    }

    fn cause(&self) -> Cause<'_> {
        let mut rate = self.rate();
        if rate.room(Instant::now()) == 0 {
            return rate.refilled().map_or(Cause::Thread, Cause::Time);
        }
        match self.to {
            Output::Inherit | Output::Terminal => Cause::Fd(self.which.fd(), PollFlags::OUT),
            Output::Null | Output::Capture | Output::Writer(_) => Cause::Unseen,
        }
    }
}

impl Sink for StandardOutput {
    fn room(&self) -> Result<usize, Failure> {
        let room = self.room_there()?;
        let allowed = self.rate().room(Instant::now());
        if allowed == 0 {
            self.bounds.too_fast();
        }
        Ok(room.min(usize::try_from(allowed).unwrap_or(usize::MAX)))
    }

    fn take(&self, contents: &[u8]) -> Result<usize, Failure> {
        let room = self.room()?;
        let Some(contents) = contents.get(..room.min(contents.len())).filter(|some| !some.is_empty()) else {
            return Ok(0);
        };
        let taken = self.take_there(contents)?;
        self.rate().take(taken as u64);
        Ok(taken)
    }

    fn flush(&self) -> Result<bool, Failure> {
        match &self.to {
            Output::Writer(writer) => writer.lock().unwrap_or_else(PoisonError::into_inner).flush()?,
            Output::Inherit | Output::Terminal => return self.write_pending(),
            Output::Null | Output::Capture => {}
        }
        Ok(true)
    }

    fn leads(&self) -> Leads {
        self.which.leads()
    }
}

impl Bounds {
    /// Nothing more is kept; told once.
    fn too_much(&self) -> Failure {
        if !self.told.0.swap(true, Ordering::Relaxed) {
            let limit = self.captured as u64;
            self.watch.exhausted("captured_output", self.meter.call(), limit.saturating_add(1), limit);
        }
        Failure::Failed(IoError::new("the host keeps no more output"))
    }

    /// It has to wait before it writes more; told once.
    fn too_fast(&self) {
        if !self.told.1.swap(true, Ordering::Relaxed) {
            let rate = self.rate.unwrap_or(0);
            self.watch.near("output_rate", self.meter.call(), rate, rate);
        }
    }
}

impl fmt::Debug for StandardOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({:?})", self.which, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interrupt::{Interrupt, Stop, Waiter};

    fn outputs(to: Output, limits: &Limits) -> Outputs {
        let watch = Watch::new("p".into(), None, None, Default::default());
        Outputs::new((&to, &Output::Null), limits, &Meter::new(limits, watch.clone()), &watch)
    }

    fn waiter() -> Waiter {
        Waiter::new(Arc::new(Interrupt::default()))
    }

    #[test]
    fn captured_output_is_kept_up_to_the_limit_and_then_the_stream_is_closed() {
        let limits = Limits { captured_output: 5, ..Limits::default() };
        let outputs = outputs(Output::Capture, &limits);
        let mut stream = outputs.stream(Which::Stdout);
        assert_eq!(stream.check().unwrap(), 5);
        stream.write(b"five.", &waiter()).unwrap();
        assert!(matches!(stream.check(), Err(Failure::Failed(_))));
        assert!(matches!(stream.write(b"x", &waiter()), Err(Failure::Closed)));
        assert!(matches!(stream.check(), Err(Failure::Closed)));
        assert_eq!(outputs.take(Which::Stdout), b"five.");
        assert_eq!(outputs.take(Which::Stdout), b"");
    }

    #[test]
    fn captured_output_counts_among_the_hosts_bytes() {
        let limits = Limits { host_bytes: 4, ..Limits::default() };
        let outputs = outputs(Output::Capture, &limits);
        outputs.stream(Which::Stdout).write(b"four", &waiter()).unwrap();
        assert!(matches!(outputs.stream(Which::Stdout).write(b"x", &waiter()), Err(Failure::Failed(_))));
        assert_eq!(outputs.take(Which::Stdout), b"four");
        outputs.stream(Which::Stdout).write(b"more", &waiter()).unwrap();
    }

    #[test]
    fn a_writer_of_the_application_gets_the_bytes() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let outputs = outputs(Output::Writer(written.clone()), &Limits::default());
        let mut stream = outputs.stream(Which::Stdout);
        stream.write(b"hello", &waiter()).unwrap();
        assert!(stream.flush().unwrap());
        assert_eq!(*written.lock().unwrap(), b"hello");
    }

    #[test]
    fn output_that_comes_too_fast_waits_up_to_the_deadline() {
        let limits = Limits { output_rate: Some(100_000), ..Limits::default() };
        let outputs = outputs(Output::Capture, &limits);
        let mut stream = outputs.stream(Which::Stdout);
        let (start, mut waiter) = (Instant::now(), waiter());
        stream.write(&[b'x'; 100_000], &waiter).unwrap();
        assert_eq!(stream.check().unwrap(), 0);
        assert!(!stream.condition().holds());
        stream.write(&[b'x'; 4096], &waiter).unwrap();
        assert!(start.elapsed().as_millis() >= 40);
        waiter.deadline = Some(Instant::now() + std::time::Duration::from_millis(10));
        let stopped = stream.write(&[b'x'; 100_000], &waiter);
        assert!(matches!(stopped, Err(Failure::Stopped(Stop::Deadline))), "{stopped:?}");
        assert!(outputs.take(Which::Stdout).len() < 110_000);
    }
}
