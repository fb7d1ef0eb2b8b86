//! One request and its response on a thread of their own: find the host, check its addresses, connect, send, receive. The
//! thread shares nothing with the plugin but two bounded queues, and ends when the plugin hangs up, when it is over or when its
//! time is up.

mod bell;
mod conn;
mod connect;
mod decode;
mod pump;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::authority::Prepared;
use super::error_code::ErrorCode;
use super::inlet::Inlet;
use super::limits::HttpLimits;
use super::outlet::Outlet;
use super::rule::HttpRule;
use super::slots::OpenRequest;
use super::tls::Tls;
use crate::audit::{Note, Tally, Verdict};
use crate::grant::net::Resolver;
use crate::grant::watch::Watch;
use crate::grant::{Denial, Power};

pub(super) use bell::{Bell, Ear};
use conn::Conn;
use pump::Pump;

/// The most threads of this kind in the process.
const MAX_THREADS: usize = 256;

static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Everything that one exchange needs.
pub(super) struct Job {
    pub(super) request: Prepared,
    pub(super) outlet: Option<Arc<Outlet>>,
    pub(super) inlet: Arc<Inlet>,
    pub(super) bell: Arc<Bell>,
    pub(super) power: Power<HttpRule>,
    pub(super) resolver: Resolver,
    pub(super) tls: Tls,
    /// The plugin's own timeouts are in it.
    pub(super) limits: HttpLimits,
    pub(super) watch: Arc<Watch>,
    /// The call that the plugin was in.
    pub(super) call: u64,
    /// Held as long as the thread works.
    pub(super) _open: Arc<OpenRequest>,
}

/// Why an exchange did not come to its end.
#[derive(Debug)]
enum Stopped {
    /// The plugin does not want it any more.
    HungUp,
    Failed(ErrorCode),
}

impl From<ErrorCode> for Stopped {
    fn from(code: ErrorCode) -> Self {
        Self::Failed(code)
    }
}

impl Job {
    /// Whether anyone still waits for it.
    fn check(&self) -> Result<(), Stopped> {
        if self.inlet.is_hung_up() { Err(Stopped::HungUp) } else { Ok(()) }
    }

    /// Tells that the host led to an address that the plugin may not reach.
    fn denied(&self, address: IpAddr, why: &Denial) {
        let target = format!("{} at {address}", self.request.shown());
        let rule = why.to_string();
        let note = Note {
            capability: super::CAPABILITY,
            operation: "handle",
            target: &target,
            verdict: Verdict::Denied,
            rule: &rule,
        };
        self.watch.note(&mut Tally::default(), self.call, &note);
    }
}

/// Begins an exchange.
pub(super) fn start(job: Job, ear: Ear) -> Result<(), ErrorCode> {
    let Some(thread) = Thread::new() else { return Err(ErrorCode::ConnectionLimitReached) };
    let spawned = std::thread::Builder::new().name("plugbay-http".to_owned()).spawn(move || {
        let _thread = thread;
        let over = Over(job);
        let Over(job) = &over;
        let ending = match run(job, ear) {
            Ok(()) | Err(Stopped::HungUp) => Err(ErrorCode::ConnectionTerminated),
            Err(Stopped::Failed(code)) => Err(code),
        };
        if let Some(outlet) = &job.outlet {
            // After a whole response nobody is to blame for what was not sent.
            outlet.close(match job.inlet.ending() {
                Some(Ok(_)) => None,
                _ => ending.clone().err(),
            });
        }
        job.inlet.end(ending);
    });
    // Without a thread for it.
    spawned.map(drop).map_err(|_| ErrorCode::ConnectionLimitReached)
}

fn run(job: &Job, mut ear: Ear) -> Result<(), Stopped> {
    let limits = &job.limits;
    let start = Instant::now();
    let total = after(start, limits.total);
    let connected = total.min(after(start, limits.connect));
    let addresses = connect::addresses(job, &mut ear, connected)?;
    let stream = connect::connect(job, &addresses, &mut ear, connected)?;
    let conn = match job.request.secure {
        true => Conn::tls(stream, &job.request.host, &job.tls)?,
        false => Conn::plain(stream),
    };
    Pump::new(job, conn, ear, connected, total).run()
}

/// A moment, however long an application lets things take.
fn after(start: Instant, duration: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    start.checked_add(duration.min(YEAR)).unwrap_or(start)
}

/// Tells the plugin that it is over, should the thread panic.
struct Over(Job);

impl Drop for Over {
    fn drop(&mut self) {
        let code = || ErrorCode::internal("the request could not be carried out");
        if let Some(outlet) = &self.0.outlet {
            outlet.close(Some(code()));
        }
        self.0.inlet.end(Err(code()));
    }
}

/// Counts a thread as long as it is there.
struct Thread;

impl Thread {
    fn new() -> Option<Self> {
        let more = |threads: usize| (threads < MAX_THREADS).then(|| threads.saturating_add(1));
        THREADS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Self)
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        THREADS.fetch_sub(1, Ordering::Relaxed);
    }
}
