//! Which pages of a private mapping were written to: asked of the system in one call (`PAGEMAP_SCAN`, Linux 6.7).

use std::fs::File;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::sync::OnceLock;

use rustix::mm::Advice;

use super::mapping::{Mapping, page_size};

/// Ranges that one call reports at most.
const RANGES: usize = 32;

/// `struct page_region` of the system.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Region {
    start: u64,
    end: u64,
    categories: u64,
}

/// `struct pm_scan_arg` of the system.
#[repr(C)]
#[derive(Default)]
struct Scan {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vec: u64,
    vec_len: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

/// `_IOWR('f', 16, struct pm_scan_arg)`
const PAGEMAP_SCAN: libc::Ioctl = (3 << 30 | (size_of::<Scan>() << 16) | (0x66 << 8) | 16) as libc::Ioctl;

/// The page is the file's own, not a copy of it.
const FILE: u64 = 1 << 2;
/// The page is in memory.
const PRESENT: u64 = 1 << 3;
/// The page is swapped out.
const SWAPPED: u64 = 1 << 4;
/// The page is the one page of zeros that all share.
const ZERO: u64 = 1 << 5;

/// What scanning needs, once per process.
struct Pagemap {
    file: File,
    /// A page that holds a 1 in this process and a 0 in the child of a fork, to which `file` would tell of its parent.
    marker: Mapping,
}

static PAGEMAP: OnceLock<Option<Pagemap>> = OnceLock::new();

impl Pagemap {
    fn open() -> Option<Self> {
        let page = page_size();
        let marker = Mapping::zeros(page).ok()?;
        // SAFETY: the mapping is this function's own; wiping it in a child leaves zeros, which are bytes like others.
        unsafe {
            rustix::mm::madvise(marker.base().as_ptr().cast(), page, Advice::LinuxWipeOnFork).ok()?;
            marker.base().as_ptr().write_volatile(1);
        }
        let this = Self { file: File::open("/proc/self/pagemap").ok()?, marker };
        // Does the system know the call, and answer as expected?
        let mut found = false;
        let start = this.marker.base().addr().get();
        let done = this.scan(start..start + page, &mut |range| found = range == (start..start + page));
        (done && found).then_some(this)
    }

    fn usable(&self) -> bool {
        // SAFETY: the page is mapped as long as `self` is.
        unsafe { self.marker.base().as_ptr().read_volatile() == 1 }
    }

    fn scan(&self, range: Range<usize>, each: &mut dyn FnMut(Range<usize>)) -> bool {
        let mut start = range.start as u64;
        while start < range.end as u64 {
            let mut regions = [Region::default(); RANGES];
            let mut scan = Scan {
                size: size_of::<Scan>() as u64,
                start,
                end: range.end as u64,
                vec: regions.as_mut_ptr().expose_provenance() as u64,
                vec_len: RANGES as u64,
                category_inverted: FILE | ZERO,
                category_mask: FILE | ZERO,
                category_anyof_mask: PRESENT | SWAPPED,
                return_mask: PRESENT,
                ..Scan::default()
            };
            // SAFETY: the call reads and writes `scan` and writes at most `vec_len` regions at `vec`, both of them locals.
            let count = unsafe { libc::ioctl(self.file.as_raw_fd(), PAGEMAP_SCAN, &raw mut scan) };
            let Some(found) = usize::try_from(count).ok().and_then(|count| regions.get(..count)) else {
                return false;
            };
            for region in found {
                each(region.start as usize..region.end as usize);
            }
            if scan.walk_end <= start {
                return false;
            }
            start = scan.walk_end;
        }
        true
    }
}

/// Reports the pages in a range of private mappings (whole pages of them) that hold something else than the mapped file
/// or zeros, because they were written to: as ranges of addresses, in order. Returns whether the system could tell; if
/// not, any page may have been written to.
pub(crate) fn each_written(range: Range<usize>, mut each: impl FnMut(Range<usize>)) -> bool {
    let pagemap = PAGEMAP.get_or_init(Pagemap::open).as_ref();
    pagemap.is_some_and(|pagemap| pagemap.usable() && pagemap.scan(range, &mut each))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::memory_file::MemoryFile;

    #[test]
    fn pages_that_were_written_to_are_found() {
        let page = page_size();
        let file = MemoryFile::new(4 * page as u64, [(0, &[7; 64][..])].into_iter()).unwrap();
        let mapping = Mapping::zeros(200 * page).unwrap();
        let at = |index: usize| mapping.base().as_ptr().wrapping_add(index * page);
        // SAFETY: nothing refers to the mapping but this test.
        unsafe {
            mapping.overlay(0, 4 * page, file.file(), 0).unwrap();
            // Read, not written.
            assert_eq!((*at(0), *at(3), *at(4), *at(150)), (7, 0, 0, 0));
            *at(1) = 1;
            for index in (10..180).step_by(2) {
                *at(index) = 1;
            }
            *at(11) = 1;
        }
        let start = mapping.base().addr().get();
        let mut found = Vec::new();
        let told = each_written(start..start + mapping.len(), |range| {
            found.extend(range.step_by(page).map(|address| (address - start) / page));
        });
        // Older systems cannot tell.
        if told {
            let mut expected: Vec<usize> = (10..180).step_by(2).chain([1, 11]).collect();
            expected.sort_unstable();
            assert_eq!(found, expected);
        }
    }
}
