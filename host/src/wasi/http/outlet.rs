//! The body of a request on its way from the guest to the thread that sends it: a bounded queue.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error_code::ErrorCode;
use super::exchange::Bell;
use super::fields::FieldMap;
use crate::interrupt::Interrupt;

/// How many bytes wait in one direction.
pub(super) const CAPACITY: usize = 64 << 10;

/// The queue; shared by the guest's `outgoing-body` and its stream, and the thread that sends.
#[derive(Debug)]
pub(super) struct Outlet {
    state: Mutex<State>,
    /// What the `content-length` says.
    expected: Option<u64>,
    /// The most bytes in all.
    limit: u64,
    interrupt: Arc<Interrupt>,
}

#[derive(Debug)]
struct State {
    queue: VecDeque<u8>,
    written: u64,
    end: End,
    /// Nobody sends any more, and why.
    closed: Option<Option<ErrorCode>>,
    bell: Option<Arc<Bell>>,
}

/// What the guest says about the end.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// There may be more.
    Open,
    /// That was all, with these trailers.
    Finished(Option<Arc<FieldMap>>),
    /// Dropped without an end.
    Abandoned,
}

/// Nobody takes more: the exchange is over, or failed.
pub(super) struct Closed(pub(super) Option<ErrorCode>);

impl Outlet {
    pub(super) fn new(expected: Option<u64>, limit: u64, interrupt: Arc<Interrupt>) -> Self {
        let state = State { queue: VecDeque::new(), written: 0, end: End::Open, closed: None, bell: None };
        Self { state: Mutex::new(state), expected, limit, interrupt }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For how many bytes there is room now.
    pub(super) fn room(&self) -> Result<usize, Closed> {
        let state = self.lock();
        match &state.closed {
            Some(code) => Err(Closed(code.clone())),
            None => Ok(CAPACITY.saturating_sub(state.queue.len())),
        }
    }

    /// Whether [`room`](Self::room) says something new.
    pub(super) fn is_writable(&self) -> bool {
        self.room().map_or(true, |room| room > 0)
    }

    /// Takes as many of `bytes` as there is room for.
    pub(super) fn take(&self, bytes: &[u8]) -> Result<usize, Closed> {
        let most = self.expected.map_or(self.limit, |expected| expected.min(self.limit));
        let mut state = self.lock();
        if let Some(code) = &state.closed {
            return Err(Closed(code.clone()));
        }
        if state.written.saturating_add(bytes.len() as u64) > most {
            let code = ErrorCode::HttpRequestBodySize(Some(most));
            state.end = End::Abandoned;
            state.closed = Some(Some(code.clone()));
            Self::ring(state);
            return Err(Closed(Some(code)));
        }
        let taken = bytes.len().min(CAPACITY.saturating_sub(state.queue.len()));
        state.queue.extend(bytes.get(..taken).unwrap_or_default());
        state.written = state.written.saturating_add(taken as u64);
        Self::ring(state);
        Ok(taken)
    }

    /// That was all.
    pub(super) fn finish(&self, trailers: Option<Arc<FieldMap>>) -> Result<(), ErrorCode> {
        let mut state = self.lock();
        let short = self.expected.is_some_and(|expected| expected != state.written);
        let result = match &state.closed {
            Some(Some(code)) => Err(code.clone()),
            // The response came before the request was sent whole.
            Some(None) => Ok(()),
            None if short => Err(ErrorCode::HttpRequestBodySize(Some(state.written))),
            None => Ok(()),
        };
        match &result {
            Ok(()) => state.end = End::Finished(trailers),
            Err(code) => {
                state.end = End::Abandoned;
                state.closed.get_or_insert(Some(code.clone()));
            }
        }
        Self::ring(state);
        result
    }

    /// The guest dropped it.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        if matches!(state.end, End::Open) {
            state.end = End::Abandoned;
            Self::ring(state);
        }
    }

    fn ring(state: MutexGuard<'_, State>) {
        let bell = state.bell.clone();
        drop(state);
        if let Some(bell) = bell {
            bell.ring();
        }
    }

    /// The thread that sends begins.
    pub(super) fn attach(&self, bell: Arc<Bell>) {
        self.lock().bell = Some(bell);
    }

    /// Up to `most` bytes, and how it goes on after them.
    pub(super) fn pull(&self, most: usize) -> (Vec<u8>, End) {
        let mut state = self.lock();
        let count = most.min(state.queue.len());
        let bytes: Vec<u8> = state.queue.drain(..count).collect();
        let end = match &state.end {
            End::Finished(_) if !state.queue.is_empty() => End::Open,
            end => end.clone(),
        };
        drop(state);
        if !bytes.is_empty() {
            self.interrupt.wake();
        }
        (bytes, end)
    }

    /// How many bytes wait, and what is known of the end.
    pub(super) fn peek(&self) -> (usize, End) {
        let state = self.lock();
        (state.queue.len(), state.end.clone())
    }

    /// Nobody sends any more.
    pub(super) fn close(&self, code: Option<ErrorCode>) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.closed = Some(code);
            state.queue = VecDeque::new();
        }
        drop(state);
        self.interrupt.wake();
    }
}
