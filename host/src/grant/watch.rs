//! The watch over one linked plugin: which of its grants were taken back, and what it used of the others. It stands as a gate before
//! every function that needed a grant; the check is one flag, the note one number.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use plugbay_component::{Error as ComponentError, Gate, HostContext};

use super::name::Pattern;
use super::refused::{Reason, Refused};
use super::{Power, Rule};
use crate::audit::{self, Asked, Ears, Event, Note, Tally, Used, Verdict, clean};
use crate::state::PluginState;
use crate::usage::SoftLimit;

/// Shared by a linked plugin, its instances and its gates.
pub(crate) struct Watch {
    plugin: Arc<str>,
    version: Option<Arc<str>>,
    digest: Option<Arc<str>>,
    ears: Ears,
    interfaces: Mutex<Vec<Interface>>,
    functions: Mutex<Vec<Function>>,
    streams: Streams,
}

/// An interface that was granted.
struct Interface {
    name: Arc<str>,
    revoked: Arc<AtomicBool>,
}

/// A function that the plugin imports from one of them.
#[derive(Clone)]
struct Function {
    import: Arc<str>,
    name: Arc<str>,
}

/// What streams lead to that outlives the call which got it: whether that was taken back.
#[derive(Debug, Default)]
struct Streams {
    files: AtomicBool,
    stdin: AtomicBool,
    stdout: AtomicBool,
    stderr: AtomicBool,
    http: AtomicBool,
    sockets: AtomicBool,
    secrets: AtomicBool,
}

/// What a stream leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leads {
    /// Nothing that could be taken back.
    Nowhere,
    Files,
    Stdin,
    Stdout,
    Stderr,
    #[cfg(feature = "http")]
    Http,
    Sockets,
    /// What `plugbay:host/secret` puts into requests.
    #[cfg(feature = "http")]
    Secrets,
}

impl Watch {
    pub(crate) fn new(
        plugin: Arc<str>,
        version: Option<Arc<str>>,
        digest: Option<Arc<str>>,
        ears: Ears,
    ) -> Arc<Self> {
        let (interfaces, functions, streams) = Default::default();
        Arc::new(Self { plugin, version, digest, ears, interfaces, functions, streams })
    }

    /// The gate before the interface `name`.
    pub(crate) fn gate<T: 'static>(self: &Arc<Self>, name: &str) -> Arc<dyn Gate<PluginState<T>>> {
        let interface = Interface { name: name.into(), revoked: Arc::default() };
        let (revoked, counted) = (Arc::clone(&interface.revoked), self.is_audited());
        let timed = counted && self.measures();
        let gate = Before { watch: Arc::clone(self), revoked, counted, timed };
        lock(&self.interfaces).push(interface);
        Arc::new(gate)
    }

    /// The gate before what was not granted: nothing passes, and each attempt is told. `rule` says why.
    pub(crate) fn refusal<T: 'static>(self: &Arc<Self>, rule: &'static str) -> Arc<dyn Gate<PluginState<T>>> {
        Arc::new(Never { watch: Arc::clone(self), rule })
    }

    /// Takes back what `pattern` stands for; says how many interfaces that were.
    pub(crate) fn revoke(&self, pattern: &Pattern) -> usize {
        let mut revoked = 0;
        for interface in lock(&self.interfaces).iter().filter(|interface| pattern.matches(&interface.name)) {
            interface.revoked.store(true, Ordering::Relaxed);
            revoked += 1;
            self.tell(&self.event(&interface.name, "revoke", Verdict::Denied, "revoked"));
        }
        let Streams { files, stdin, stdout, stderr, http, sockets, secrets } = &self.streams;
        for (flag, name) in [
            (files, "wasi:filesystem/types@0.2.12"),
            (stdin, "wasi:cli/stdin@0.2.12"),
            (stdout, "wasi:cli/stdout@0.2.12"),
            (stderr, "wasi:cli/stderr@0.2.12"),
            (http, "wasi:http/outgoing-handler@0.2.12"),
            (sockets, "wasi:sockets/tcp@0.2.12"),
            (secrets, "plugbay:host/secret@0.1.0"),
        ] {
            flag.fetch_or(pattern.matches(name), Ordering::Relaxed);
        }
        revoked
    }

    /// Whether a stream that the plugin got earlier may still be used.
    pub(crate) fn may_use(&self, stream: Leads) -> bool {
        let flag = match stream {
            Leads::Nowhere => return true,
            Leads::Files => &self.streams.files,
            Leads::Stdin => &self.streams.stdin,
            Leads::Stdout => &self.streams.stdout,
            Leads::Stderr => &self.streams.stderr,
            #[cfg(feature = "http")]
            Leads::Http => &self.streams.http,
            Leads::Sockets => &self.streams.sockets,
            #[cfg(feature = "http")]
            Leads::Secrets => &self.streams.secrets,
        };
        !flag.load(Ordering::Relaxed)
    }

    /// Tells what was decided when the plugin was linked.
    pub(crate) fn linked(&self, import: &str, verdict: Verdict, rule: &str) {
        self.tell(&self.event(import, "link", verdict, rule));
    }

    /// Tells what an instance used in call `call`, which has ended.
    pub(crate) fn ended(&self, tally: &mut Tally, call: u64) {
        if self.ears.sink.is_none() {
            return;
        }
        let functions = lock(&self.functions);
        for (number, used) in tally.take_uses() {
            let Some(function) = functions.get(number) else { continue };
            let event = self.event(&function.import, &function.name, Verdict::Allowed, "granted");
            self.tell(&Event { call, count: used.count, duration: self.timed(used), ..event });
        }
        drop(functions);
        tally.flush_notes(|note, used| self.tell_all(call, &note, used));
    }

    /// Who learns what plugins need is told that `power` permitted `request`.
    #[inline]
    pub(crate) fn learn<R: Rule>(&self, power: &Power<R>, request: &R::Request<'_>) {
        if let Some(learner) = &self.ears.learner {
            learner.used(&self.plugin, power, request);
        }
    }

    /// Whether anyone wants to know of such a decision: the sink of all, the log of denials.
    #[inline]
    pub(crate) fn hears(&self, verdict: Verdict) -> bool {
        self.ears.sink.is_some() || (verdict != Verdict::Allowed && audit::log_hears_denials())
    }

    /// Tells what was decided inside a host function: a denial at once, what repeats it and what was allowed when the call has
    /// ended.
    pub(crate) fn note(&self, tally: &mut Tally, call: u64, note: &Note<'_>) {
        if !self.hears(note.verdict) {
            return;
        }
        let left = |left: Note<'_>, used: Used| self.tell_all(call, &left, used);
        if let Some(target) = tally.note(call, note, left) {
            self.tell(&self.noted(call, &Note { target, ..*note }));
        }
    }

    /// There is little left of a limit.
    pub(crate) fn near(&self, knob: &'static str, call: u64, used: u64, limit: u64) {
        if let Some(listener) = &self.ears.soft {
            listener(&SoftLimit::new(&self.plugin, call, knob, used, limit));
        }
        self.of_limit(knob, call, Verdict::Near, used, limit, "little is left of the limit");
    }

    /// A limit was reached: what was asked for is not there.
    pub(crate) fn exhausted(&self, knob: &str, call: u64, asked: u64, limit: u64) {
        self.of_limit(knob, call, Verdict::Denied, asked, limit, "the limit is reached");
    }

    fn of_limit(&self, knob: &str, call: u64, verdict: Verdict, used: u64, limit: u64, rule: &str) {
        let target = Some(format!("{used} of {limit}"));
        self.tell(&Event { call, target, ..self.event("limits", knob, verdict, rule) });
    }

    fn tell_all(&self, call: u64, note: &Note<'_>, used: Used) {
        let event = self.noted(call, note);
        self.tell(&Event { count: used.count, duration: self.timed(used), ..event });
    }

    fn timed(&self, used: Used) -> Option<Duration> {
        self.ears.measure.then_some(used.duration)
    }

    fn noted(&self, call: u64, note: &Note<'_>) -> Event {
        let target = (!note.target.is_empty()).then(|| clean(note.target));
        let event = self.event(note.capability, note.operation, note.verdict, &clean(note.rule));
        Event { call, target, ..event }
    }

    /// Tells what somebody answered who was asked about the plugin.
    pub(crate) fn asked(&self, asked: &[Asked]) {
        for asked in asked.iter().filter(|asked| asked.is_news()) {
            self.tell(&self.event(&asked.capability, "ask", asked.verdict(), &asked.rule));
        }
    }

    /// Whether calls and host functions are timed.
    pub(crate) fn measures(&self) -> bool {
        self.ears.measure
    }

    /// Whether nobody wants to know anything.
    pub(crate) fn is_deaf(&self) -> bool {
        self.ears.is_none()
    }

    /// Whether anyone wants to know of decisions.
    pub(crate) fn is_audited(&self) -> bool {
        self.ears.sink.is_some()
    }

    fn event(&self, capability: &str, operation: &str, verdict: Verdict, rule: &str) -> Event {
        Event {
            time: SystemTime::now(),
            plugin: clean(&self.plugin),
            version: self.version.as_deref().map(str::to_owned),
            digest: self.digest.as_deref().map(str::to_owned),
            call: 0,
            capability: capability.into(),
            operation: operation.into(),
            target: None,
            verdict,
            rule: rule.into(),
            count: 1,
            duration: None,
        }
    }

    fn tell(&self, event: &Event) {
        audit::trace(event);
        if let Some(sink) = &self.ears.sink {
            sink.record(event);
        }
    }

    /// Function `number` may not be called, by `rule`.
    #[cold]
    fn refuse(&self, number: u32, call: u64, rule: &str, reason: Reason) -> ComponentError {
        let function = lock(&self.functions).get(number as usize).cloned();
        let Some(Function { import, name }) = function else {
            return ComponentError::misuse("a gate was asked about a function that it did not admit");
        };
        let event = self.event(&import, &name, Verdict::Denied, rule);
        self.tell(&Event { call, ..event });
        let (import, function) = (import.as_ref().into(), name.as_ref().into());
        ComponentError::host(Refused { import, function, reason })
    }

    fn admit(&self, import: &str, function: &str) -> u32 {
        let mut functions = lock(&self.functions);
        functions.push(Function { import: import.into(), name: function.into() });
        u32::try_from(functions.len() - 1).unwrap_or(u32::MAX)
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("plugin", &self.plugin).finish_non_exhaustive()
    }
}

/// The gate before one interface.
struct Before {
    watch: Arc<Watch>,
    revoked: Arc<AtomicBool>,
    /// Whether anyone wants to know how often it is passed,
    counted: bool,
    /// and how long what is behind it takes.
    timed: bool,
}

impl<T: 'static> Gate<PluginState<T>> for Before {
    fn admit(&self, import: &str, function: &str) -> u32 {
        self.watch.admit(import, function)
    }

    #[inline]
    fn pass(&self, cx: &mut HostContext<'_, PluginState<T>>, number: u32) -> plugbay_component::Result<()> {
        if self.revoked.load(Ordering::Relaxed) {
            return Err(self.watch.refuse(number, cx.data().wasi.meter.call(), "revoked", Reason::Revoked));
        }
        if self.counted {
            let tally = &mut cx.data_mut().wasi.tally;
            tally.count(number);
            if self.timed {
                tally.start();
            }
        }
        Ok(())
    }

    fn follows(&self) -> bool {
        self.timed
    }

    fn done(&self, cx: &mut HostContext<'_, PluginState<T>>, number: u32) {
        cx.data_mut().wasi.tally.stop(number);
    }
}

/// The gate before what was not granted.
struct Never {
    watch: Arc<Watch>,
    rule: &'static str,
}

impl<T: 'static> Gate<PluginState<T>> for Never {
    fn admit(&self, import: &str, function: &str) -> u32 {
        self.watch.admit(import, function)
    }

    fn pass(&self, cx: &mut HostContext<'_, PluginState<T>>, number: u32) -> plugbay_component::Result<()> {
        Err(self.watch.refuse(number, cx.data().wasi.meter.call(), self.rule, Reason::NotGranted))
    }
}

fn lock<V>(mutex: &Mutex<V>) -> std::sync::MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
