//! Names to addresses: by the system or by what the application supplies, on a few threads that all plugins share.

use std::collections::VecDeque;
use std::fmt;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::host::HostName;

/// The most addresses that are taken of one answer.
const MAX_ADDRESSES: usize = 64;

/// Finds the addresses of a name. An application supplies its own with
/// [`HostBuilder::resolver`](crate::HostBuilder::resolver): a fixed table, or one that asks a server of its own.
///
/// What it answers is not trusted: each address is checked against the rules before it is connected to.
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of `name`, the preferred first. May block; it is called on a thread for it.
    ///
    /// # Errors
    /// Why there are none.
    fn resolve(&self, name: &HostName) -> Result<Vec<IpAddr>, ResolveError>;
}

/// Why a name has no addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// There is no such name, or it has no address.
    #[error("there is no such name")]
    NotFound,
    /// Later it may be different.
    #[error("names cannot be resolved now")]
    Temporary,
    /// It will not be different.
    #[error("names cannot be resolved")]
    Permanent,
}

/// The resolver of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: &HostName) -> Result<Vec<IpAddr>, ResolveError> {
        match (name.as_str(), 0).to_socket_addrs() {
            Ok(addresses) => Ok(addresses.map(|address| address.ip()).collect()),
            Err(error) => Err(from_system(&error.to_string())),
        }
    }
}

/// The standard library hands out the reason only in words, which are those of the C library.
fn from_system(words: &str) -> ResolveError {
    let says = |part: &str| words.contains(part);
    if says("Temporary failure") || says("Try again") || says("try again") {
        ResolveError::Temporary
    } else if says("Non-recoverable") || says("non-recoverable") {
        ResolveError::Permanent
    } else {
        ResolveError::NotFound
    }
}

/// The addresses of an answer: each once, those of IPv4 as such, and not more than a bounded number.
pub(crate) fn tidy(answer: Vec<IpAddr>) -> Result<Vec<IpAddr>, ResolveError> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in answer.into_iter().map(|address| address.to_canonical()) {
        if addresses.len() < MAX_ADDRESSES && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err(ResolveError::NotFound) } else { Ok(addresses) }
}

/// A resolver, shared by the plugins of a host.
#[derive(Clone)]
pub(crate) struct Resolver(Arc<dyn Resolve>);

impl Resolver {
    pub(crate) fn new(resolve: impl Resolve) -> Self {
        Self(Arc::new(resolve))
    }

    /// Asks, and waits for the answer on this thread.
    pub(crate) fn resolve(&self, name: &HostName) -> Result<Vec<IpAddr>, ResolveError> {
        self.0.resolve(name).and_then(tidy)
    }

    /// Asks on a thread for it; `done` is called there when the answer can be had from [`Lookup::answer`].
    /// There is no thread to be had and too many others wait: [`ResolveError::Temporary`].
    pub(crate) fn start(
        &self,
        name: &HostName,
        done: impl FnOnce() + Send + 'static,
    ) -> Result<Lookup, ResolveError> {
        let lookup = Lookup::default();
        let (resolver, name, answer) = (self.clone(), name.clone(), lookup.clone());
        let job = Box::new(move || {
            // Nobody waits for the answer any more.
            if Arc::strong_count(&answer.0) > 1 {
                let asked = Asked { answer, done: Some(done) };
                let found = resolver.resolve(&name);
                *lock(&asked.answer.0) = Some(found);
            }
        });
        Pool::global().run(job).map(|()| lookup)
    }
}

impl Default for Resolver {
    fn default() -> Self {
        Self::new(SystemResolver)
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

type Answer = Result<Vec<IpAddr>, ResolveError>;

/// A question under way. Dropping it does not stop the thread that asks, but nobody else then waits for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lookup(Arc<Mutex<Option<Answer>>>);

impl Lookup {
    /// The answer, once there is one.
    pub(crate) fn answer(&self) -> Option<Answer> {
        lock(&self.0).clone()
    }

    pub(crate) fn is_answered(&self) -> bool {
        lock(&self.0).is_some()
    }
}

/// A question that is being asked. When the application's resolver panics, that is an answer as well.
struct Asked<F: FnOnce()> {
    answer: Lookup,
    done: Option<F>,
}

impl<F: FnOnce()> Drop for Asked<F> {
    fn drop(&mut self) {
        lock(&self.answer.0).get_or_insert(Err(ResolveError::Permanent));
        if let Some(done) = self.done.take() {
            done();
        }
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// The threads that ask. The system's resolver can block for long and cannot be stopped, so there are few, they are there
/// only while there is something to ask, and a queue of bounded length stands before them.
#[derive(Default)]
struct Pool {
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

/// The most threads that ask at once.
pub(super) const MAX_THREADS: usize = 4;
/// The most questions that wait for a thread.
const MAX_WAITING: usize = 1024;
/// How long a thread stays when there is nothing to ask.
const LINGER: Duration = Duration::from_secs(5);

impl Pool {
    fn global() -> &'static Arc<Self> {
        static POOL: OnceLock<Arc<Pool>> = OnceLock::new();
        POOL.get_or_init(Arc::default)
    }

    fn run(self: &Arc<Self>, job: Job) -> Result<(), ResolveError> {
        let mut state = lock(&self.state);
        if state.jobs.len() >= MAX_WAITING {
            return Err(ResolveError::Temporary);
        }
        if state.idle <= state.jobs.len() && state.threads < MAX_THREADS {
            let pool = self.clone();
            match std::thread::Builder::new().name("plugbay-names".to_owned()).spawn(move || pool.work()) {
                Ok(_) => state.threads += 1,
                Err(_) if state.threads == 0 => return Err(ResolveError::Temporary),
                Err(_) => {}
            }
        }
        state.jobs.push_back(job);
        self.work.notify_one();
        Ok(())
    }

    fn work(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                // A resolver of the application may panic: that is an answer (`Asked`), and others wait.
                let _: Result<(), _> = std::panic::catch_unwind(AssertUnwindSafe(job));
                state = lock(&self.state);
                continue;
            }
            state.idle += 1;
            let (guard, timeout) = match self.work.wait_timeout(state, LINGER) {
                Ok(woken) => woken,
                Err(poisoned) => poisoned.into_inner(),
            };
            state = guard;
            state.idle -= 1;
            if timeout.timed_out() && state.jobs.is_empty() {
                // Before anyone else can count on this thread.
                state.threads -= 1;
                return;
            }
        }
    }
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(super) fn threads() -> usize {
    lock(&Pool::global().state).threads
}
