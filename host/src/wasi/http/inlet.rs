//! A response on its way from the thread that receives it to the guest: head, a bounded queue of the body, and the end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error_code::ErrorCode;
use super::exchange::Bell;
use super::fields::FieldMap;
use super::outlet::CAPACITY;
use crate::interrupt::Interrupt;

/// What comes before the body.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: Arc<FieldMap>,
}

/// The end of a body: trailers, if there were any.
pub(super) type Ending = Result<Option<Arc<FieldMap>>, ErrorCode>;

/// The queue; shared by what the guest holds of the response and the thread that receives it.
#[derive(Debug)]
pub(super) struct Inlet {
    state: Mutex<State>,
    interrupt: Arc<Interrupt>,
    bell: Arc<Bell>,
}

#[derive(Debug, Default)]
struct State {
    head: Option<Head>,
    queue: VecDeque<u8>,
    end: Option<Ending>,
    /// The guest wants no more of the body, but its end.
    discard: bool,
    hung_up: bool,
}

impl Inlet {
    pub(super) fn new(interrupt: Arc<Interrupt>, bell: Arc<Bell>) -> Self {
        Self { state: Mutex::default(), interrupt, bell }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The head, or why there will be none; nothing as long as it is not known.
    pub(super) fn head(&self) -> Option<Result<Head, ErrorCode>> {
        let state = self.lock();
        match (&state.head, &state.end) {
            (Some(head), _) => Some(Ok(head.clone())),
            (None, Some(Err(code))) => Some(Err(code.clone())),
            (None, Some(Ok(_))) => Some(Err(ErrorCode::HttpResponseIncomplete)),
            (None, None) => None,
        }
    }

    /// Up to `len` bytes; none when there are none now; at the end `Err`, with what went wrong.
    pub(super) fn read(&self, len: usize) -> Result<Vec<u8>, Option<ErrorCode>> {
        let mut state = self.lock();
        if state.queue.is_empty() {
            return match &state.end {
                None => Ok(Vec::new()),
                Some(Ok(_)) => Err(None),
                Some(Err(code)) => Err(Some(code.clone())),
            };
        }
        let count = len.min(state.queue.len());
        let bytes = state.queue.drain(..count).collect();
        drop(state);
        self.bell.ring();
        Ok(bytes)
    }

    /// Whether a read would say something.
    pub(super) fn is_readable(&self) -> bool {
        let state = self.lock();
        !state.queue.is_empty() || state.end.is_some()
    }

    /// How it ended, once it has.
    pub(super) fn ending(&self) -> Option<Ending> {
        self.lock().end.clone()
    }

    /// The guest wants to know only how it ends.
    pub(super) fn discard(&self) {
        let mut state = self.lock();
        state.discard = true;
        state.queue = VecDeque::new();
        drop(state);
        self.bell.ring();
    }

    /// Nobody waits for it any more.
    pub(super) fn hang_up(&self) {
        let mut state = self.lock();
        state.hung_up = true;
        state.queue = VecDeque::new();
        drop(state);
        self.bell.ring();
    }

    pub(super) fn is_hung_up(&self) -> bool {
        self.lock().hung_up
    }

    /// For how many bytes of the body there is room.
    pub(super) fn room(&self) -> usize {
        let state = self.lock();
        if state.discard { CAPACITY } else { CAPACITY.saturating_sub(state.queue.len()) }
    }

    pub(super) fn begin(&self, head: Head) {
        self.lock().head = Some(head);
        self.interrupt.wake();
    }

    pub(super) fn push(&self, bytes: &[u8]) {
        let mut state = self.lock();
        if !state.discard && !state.hung_up {
            state.queue.extend(bytes);
        }
        drop(state);
        self.interrupt.wake();
    }

    /// It is over; the first who says so is right.
    pub(super) fn end(&self, ending: Ending) {
        self.lock().end.get_or_insert(ending);
        self.interrupt.wake();
    }
}
