//! Many functions at once. The result does not depend on how many threads there are or which one did what: output is in
//! the order of the functions, and of several errors the one in the first function is reported.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::error::{Error, Result, Stage};

/// Stack of a compiling thread. Ours, so that the caller's may be small.
const STACK_BYTES: usize = 8 << 20;

/// How many threads are worth starting for this many bytes of function bodies.
pub(super) fn threads_for(bytes: usize, parallel: bool) -> usize {
    const BYTES_PER_THREAD: usize = 8 << 10;
    let most = if parallel { thread::available_parallelism().map_or(1, NonZero::get) } else { 1 };
    (bytes / BYTES_PER_THREAD).clamp(1, most)
}

/// Applies the work of as many workers as `threads` to all `items`. Each worker runs on a thread of its own.
pub(super) fn map_in_order<T, R, W>(
    items: Vec<T>,
    threads: usize,
    worker: impl Fn() -> W + Sync,
) -> Result<Vec<R>>
where
    T: Send,
    R: Send,
    W: FnMut(T) -> Result<R>,
{
    let count = items.len();
    let queue = Mutex::new(items.into_iter().enumerate());
    let failed = AtomicBool::new(false);
    let run = || {
        let mut work = worker();
        let mut done: Vec<(usize, Result<R>)> = Vec::new();
        // Items are claimed in order, and a claimed item is always completed: everything before the first failure is.
        while !failed.load(Ordering::Relaxed) {
            let claimed = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((index, item)) = claimed else { break };
            let result = work(item);
            if result.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            let stop = result.is_err();
            done.push((index, result));
            if stop {
                break;
            }
        }
        done
    };
    let mut results: Vec<(usize, Result<R>)> = Vec::with_capacity(count);
    thread::scope(|scope| -> Result<()> {
        let mut handles = Vec::new();
        for _ in 0..threads {
            let thread = thread::Builder::new().name("plugbay-compile".to_owned()).stack_size(STACK_BYTES);
            match thread.spawn_scoped(scope, run) {
                Ok(handle) => handles.push(handle),
                // Fewer threads do the same work.
                Err(_) if !handles.is_empty() => break,
                Err(source) => return Err(Error::os("starting a compiler thread", source).at(Stage::Compile)),
            }
        }
        for handle in handles {
            results.extend(handle.join().map_err(|_| Error::internal("the compiler panicked"))?);
        }
        Ok(())
    })?;
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order_whatever_the_threads_do() {
        let squares: Vec<u64> = map_in_order((0..1000).collect(), 4, || |n: u64| Ok(n * n)).unwrap();
        assert_eq!(squares, (0..1000).map(|n| n * n).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_of_several_errors_is_reported() {
        for _ in 0..20 {
            let work = || |n: u32| if n >= 7 { Err(Error::internal(n.to_string())) } else { Ok(n) };
            let error = map_in_order((0..500).collect(), 4, work).unwrap_err();
            assert!(error.to_string().ends_with(": 7"), "{error}");
        }
    }

    #[test]
    fn a_panic_becomes_an_error() {
        let work = || |n: u32| if n == 3 { panic!("on purpose") } else { Ok(n) };
        assert!(map_in_order((0..10).collect(), 2, work).unwrap_err().to_string().contains("panicked"));
    }
}
