//! What a process has: memory, descriptors, mappings, threads; from `/proc/self`.

use std::fmt;
use std::fs;

/// What this process has at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Bytes of memory that are resident.
    pub resident: u64,
    /// Open file descriptors.
    pub descriptors: usize,
    /// Mappings of memory.
    pub maps: usize,
    /// Threads.
    pub threads: usize,
}

impl Sample {
    /// What it has now. What cannot be read counts as nothing.
    pub fn now() -> Self {
        let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages: u64 = pages.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        let count = |folder| fs::read_dir(folder).map_or(0, Iterator::count);
        Self {
            resident: pages * 4096,
            // Less the one that the folder is read through.
            descriptors: count("/proc/self/fd").saturating_sub(1),
            maps: fs::read_to_string("/proc/self/maps").map_or(0, |maps| maps.lines().count()),
            threads: count("/proc/self/task"),
        }
    }
}

/// How a process grew while something was done many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    /// How many times it was done.
    pub steps: u64,
    /// What the process had before.
    pub early: Sample,
    /// And after.
    pub late: Sample,
}

/// What an allocator may take at any time, whatever is done.
const NOISE: u64 = 512 << 10;

impl Growth {
    /// Bytes of resident memory more.
    pub fn bytes(&self) -> u64 {
        self.late.resident.saturating_sub(self.early.resident)
    }

    /// Whether nothing grew: less than a byte for each step beyond what an allocator may take, no descriptor, no thread,
    /// and no mapping beyond the few that a heap may be split into.
    pub fn is_flat(&self) -> bool {
        self.bytes() <= NOISE + self.steps
            && self.late.descriptors <= self.early.descriptors
            && self.late.threads <= self.early.threads
            && self.late.maps <= self.early.maps + 4
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { early, late, .. } = self;
        let kib = |bytes| bytes / 1024;
        write!(
            f,
            "resident {} -> {} KiB, descriptors {} -> {}, maps {} -> {}, threads {} -> {}",
            kib(early.resident),
            kib(late.resident),
            early.descriptors,
            late.descriptors,
            early.maps,
            late.maps,
            early.threads,
            late.threads,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_something_and_growth_is_noticed() {
        let early = Sample::now();
        assert!(early.resident > 0 && early.descriptors > 0 && early.maps > 0 && early.threads > 0);
        let flat = Growth { steps: 10, early, late: early };
        assert!(flat.is_flat());
        let more = [
            Sample { resident: early.resident + (1 << 20), ..early },
            Sample { descriptors: early.descriptors + 1, ..early },
            Sample { maps: early.maps + 5, ..early },
            Sample { threads: early.threads + 1, ..early },
        ];
        for late in more {
            assert!(!Growth { late, ..flat }.is_flat(), "{late:?}");
        }
    }
}
