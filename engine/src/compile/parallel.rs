//! Many functions at once. The result does not depend on how many threads there are or which one did what: output is in
//! the order of the functions, and of several errors the one in the first function is reported.

use std::cmp::Reverse;
use std::num::NonZero;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::error::{Error, Result};
use crate::sys::big_stack;

/// Something that takes work in proportion to its bytes.
pub(super) trait Weight {
    fn bytes(&self) -> usize;
}

impl Weight for crate::module::decode::Body<'_> {
    fn bytes(&self) -> usize {
        self.1.as_bytes().len()
    }
}

/// How much work there is in a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Some ten nanoseconds.
    Validate,
    /// Some microseconds.
    Compile,
}

impl Effort {
    /// Bytes that are worth a thread.
    const fn bytes_per_thread(self) -> usize {
        match self {
            Self::Validate => 256 << 10,
            Self::Compile => 2 << 10,
        }
    }

    /// Bytes that a thread claims at a time.
    const fn bytes_per_claim(self) -> usize {
        match self {
            Self::Validate => 64 << 10,
            Self::Compile => 1 << 10,
        }
    }
}

/// How many threads are worth having for this many bytes of function bodies.
fn threads_for(bytes: usize, effort: Effort, parallel: bool) -> usize {
    let most = if parallel { thread::available_parallelism().map_or(1, NonZero::get) } else { 1 };
    (bytes / effort.bytes_per_thread()).clamp(1, most)
}

/// Applies the work of as many workers as there are threads to all `items`, the heaviest first, so that no thread comes to a
/// heavy one when the others are done. The calling thread is one of them; all have stacks of their own for the work.
pub(super) fn map_in_order<T, R, W>(
    items: Vec<T>,
    effort: Effort,
    parallel: bool,
    worker: impl Fn() -> W + Sync,
) -> Result<Vec<R>>
where
    T: Send + Weight,
    R: Send,
    W: FnMut(T) -> Result<R>,
{
    let bytes = items.iter().map(Weight::bytes).fold(0usize, usize::saturating_add);
    let threads = threads_for(bytes, effort, parallel);
    let queue = Queue::new(items, effort);
    let mut done = thread::scope(|scope| -> Result<Vec<(usize, R)>> {
        let mut handles = Vec::new();
        for _ in 1..threads {
            let thread = thread::Builder::new().name("plugbay-compile".to_owned());
            match thread.stack_size(THREAD_STACK).spawn_scoped(scope, || queue.work(&worker)) {
                Ok(handle) => handles.push(handle),
                // Fewer threads do the same work.
                Err(_) => break,
            }
        }
        let mut done = queue.work(&worker)?;
        for handle in handles {
            done.extend(handle.join().map_err(|_| panicked())??);
        }
        Ok(done)
    })?;
    if let Some((_, error)) = queue.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    done.sort_unstable_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// Stack of a helping thread itself: the work is done on another.
const THREAD_STACK: usize = 128 << 10;

/// Items that wait.
struct Queue<T> {
    /// With their indices, the heaviest first.
    items: Mutex<std::vec::IntoIter<(usize, T)>>,
    effort: Effort,
    /// The first item so far that failed, and why. What comes after it need not be done any more.
    failure: Mutex<Option<(usize, Error)>>,
    /// Its index.
    failed: AtomicUsize,
}

impl<T: Weight> Queue<T> {
    fn new(items: Vec<T>, effort: Effort) -> Self {
        let mut items: Vec<(usize, T)> = items.into_iter().enumerate().collect();
        items.sort_by_key(|(_, item)| Reverse(item.bytes()));
        let failed = AtomicUsize::new(usize::MAX);
        Self { items: Mutex::new(items.into_iter()), effort, failure: Mutex::new(None), failed }
    }

    /// The next items.
    fn claim(&self) -> Vec<(usize, T)> {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut bytes, mut claimed) = (0_usize, Vec::new());
        while bytes < self.effort.bytes_per_claim() {
            let Some((index, item)) = items.next() else { break };
            bytes = bytes.saturating_add(item.bytes().max(16));
            claimed.push((index, item));
        }
        claimed
    }

    /// What one thread does.
    fn work<R, W: FnMut(T) -> Result<R>>(&self, worker: impl Fn() -> W) -> Result<Vec<(usize, R)>> {
        let work = || {
            let (mut work, mut done) = (worker(), Vec::new());
            loop {
                let items = self.claim();
                if items.is_empty() {
                    break done;
                }
                for (index, item) in items {
                    // All that could hold an earlier failure is done, whichever thread finds one first.
                    if index > self.failed.load(Relaxed) {
                        continue;
                    }
                    match work(item) {
                        Ok(result) => done.push((index, result)),
                        Err(error) => {
                            self.fail(index, error);
                            // A worker is not used again after an error.
                            work = worker();
                        }
                    }
                }
            }
        };
        match big_stack::run(work) {
            Ok(done) => done.map_err(|_| {
                self.failed.store(0, Relaxed);
                panicked()
            }),
            Err(source) => Err(Error::os("making a stack for the compiler", source)),
        }
    }

    fn fail(&self, index: usize, error: Error) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.as_ref().is_none_or(|(first, _)| index < *first) {
            *failure = Some((index, error));
            self.failed.fetch_min(index, Relaxed);
        }
    }
}

fn panicked() -> Error {
    Error::internal("the compiler panicked")
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Weight for u64 {
        fn bytes(&self) -> usize {
            300
        }
    }

    #[test]
    fn results_keep_their_order_whatever_the_threads_do() {
        let squares: Vec<u64> =
            map_in_order((0..1000).collect(), Effort::Compile, true, || |n: u64| Ok(n * n)).unwrap();
        assert_eq!(squares, (0..1000).map(|n| n * n).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_of_several_errors_is_reported() {
        for _ in 0..20 {
            let work = || |n: u64| if n >= 7 { Err(Error::internal(n.to_string())) } else { Ok(n) };
            let error = map_in_order((0..500).collect(), Effort::Compile, true, work).unwrap_err();
            assert!(error.to_string().ends_with(": 7"), "{error}");
        }
    }

    #[test]
    fn a_panic_becomes_an_error() {
        let work = || |n: u64| if n == 3 { panic!("on purpose") } else { Ok(n) };
        let result = map_in_order((0..10).collect(), Effort::Compile, true, work);
        assert!(result.unwrap_err().to_string().contains("panicked"));
    }
}
