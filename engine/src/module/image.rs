//! Memory images: the active data segments of a module laid out as the initial bytes of its memories, so that instances
//! map them copy-on-write instead of copying segment by segment.
//!
//! Only where nobody can tell the difference: every active segment goes to a memory of the module's own, at a constant
//! place, and fits. Everything else (imported memories, offsets from imported globals, segments that trap after earlier
//! ones were written) is done segment by segment, as the specification says.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::consts::ConstExpr;
use super::info::{DataSegment, ModuleInfo, SegmentMode};
use crate::memory_plan::PAGE_SIZE;
use crate::sys::mapping::page_size;
use crate::sys::memory_file::MemoryFile;
use crate::sys::sealed_file::SealedFile;
use crate::vm::image::{ImageFile, MemoryImage};

/// What an image may take beyond four times the bytes of the module's segments: room between segments costs memory.
const SLACK: u64 = 1 << 20;

/// The part of one memory that its image holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The memory's place among those that the module defines.
    pub(crate) memory: u32,
    /// Which bytes of it, from one page of the system to another.
    pub(crate) range: Range<u64>,
}

/// What the images of a module's memories hold, at most one extent for each, in their order; nothing if they must be
/// filled segment by segment.
pub(crate) fn extents(info: &ModuleInfo) -> Vec<Extent> {
    let page = page_size() as u64;
    let mut ranges: BTreeMap<u32, Range<u64>> = BTreeMap::new();
    let mut bytes = 0_u64;
    for (segment, target, offset) in active(info) {
        let Some((memory, range)) = place(info, segment, target, offset) else { return Vec::new() };
        if range.is_empty() {
            continue;
        }
        bytes = bytes.saturating_add(range.end - range.start);
        let all = ranges.entry(memory).or_insert_with(|| range.clone());
        *all = all.start.min(range.start)..all.end.max(range.end);
    }
    let whole_pages = |(memory, range): (u32, Range<u64>)| {
        // Within the memory, whose size is a multiple of any page size.
        let range = range.start - range.start % page..range.end.next_multiple_of(page);
        Extent { memory, range }
    };
    let extents: Vec<_> = ranges.into_iter().map(whole_pages).collect();
    let held = extents.iter().fold(0_u64, |sum, extent| sum.saturating_add(extent.len()));
    if held > bytes.saturating_mul(4).saturating_add(SLACK) { Vec::new() } else { extents }
}

impl Extent {
    /// How many bytes it holds.
    pub(crate) fn len(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }
}

/// The pieces that the image of an extent consists of, later ones over earlier ones, with their places in it; the rest is
/// zero.
pub(crate) fn pieces<'a>(
    info: &'a ModuleInfo,
    extent: &'a Extent,
) -> impl Iterator<Item = (u64, &'a [u8])> + use<'a> {
    active(info).filter_map(|(segment, target, offset)| {
        let (memory, range) = place(info, segment, target, offset)?;
        let wanted = memory == extent.memory && !range.is_empty();
        Some((range.start.checked_sub(extent.range.start).filter(|_| wanted)?, &*segment.bytes))
    })
}

fn active(info: &ModuleInfo) -> impl Iterator<Item = (&DataSegment, u32, &ConstExpr)> {
    info.data.iter().filter_map(|segment| match &segment.mode {
        SegmentMode::Active { target, offset } => Some((segment, *target, offset)),
        SegmentMode::Passive | SegmentMode::Declared => None,
    })
}

/// Where an active segment goes: the place of the memory among the defined ones, and the range; `None` if that is not
/// known, or out of bounds.
fn place(
    info: &ModuleInfo,
    segment: &DataSegment,
    target: u32,
    offset: &ConstExpr,
) -> Option<(u32, Range<u64>)> {
    let memory = info.defined_memory(target)?;
    let start = match offset {
        ConstExpr::I32(offset) => u64::from(offset.cast_unsigned()),
        ConstExpr::I64(offset) => offset.cast_unsigned(),
        _ => return None,
    };
    let end = start.checked_add(segment.bytes.len() as u64)?;
    let size = info.memories.get(target as usize)?.plan.min_pages.checked_mul(PAGE_SIZE)?;
    (end <= size).then_some((memory, start..end))
}

/// The images of a module's memories.
#[derive(Debug, Clone, Default)]
pub(crate) struct Images(Vec<Option<Arc<MemoryImage>>>);

impl Images {
    /// Lays a module's images out in a file in memory. None if that is not possible.
    pub(crate) fn of(info: &ModuleInfo) -> Self {
        let extents = extents(info);
        Self::lay_out(info, &extents).unwrap_or_default()
    }

    fn lay_out(info: &ModuleInfo, extents: &[Extent]) -> io::Result<Self> {
        let mut starts = Vec::with_capacity(extents.len());
        let mut end = 0_u64;
        for extent in extents {
            starts.push(end);
            end = end.saturating_add(extent.len());
        }
        if extents.is_empty() {
            return Ok(Self::default());
        }
        let all = extents.iter().zip(&starts).flat_map(|(extent, start)| {
            pieces(info, extent).map(|(at, bytes)| (start.saturating_add(at), bytes))
        });
        let file = Arc::new(ImageFile::Memory(MemoryFile::new(end, all)?));
        Self::from_parts(&file, extents.iter().zip(starts))
    }

    /// The images that lie in an artifact, with their offsets in it; multiples of the system's page size, as are the
    /// extents.
    ///
    /// # Errors
    /// When one is not such a multiple, or the system refuses to map the file.
    pub(crate) fn in_artifact(file: &Arc<SealedFile>, extents: &[(Extent, u64)]) -> io::Result<Self> {
        let file = Arc::new(ImageFile::Artifact(Arc::clone(file)));
        Self::from_parts(&file, extents.iter().map(|(extent, offset)| (extent, *offset)))
    }

    fn from_parts<'a>(
        file: &Arc<ImageFile>,
        parts: impl Iterator<Item = (&'a Extent, u64)>,
    ) -> io::Result<Self> {
        let usize = |at: u64| usize::try_from(at).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput));
        let mut images = Vec::new();
        for (extent, offset) in parts {
            let range = usize(extent.range.start)?..usize(extent.range.end)?;
            let image = Arc::new(MemoryImage::new(Arc::clone(file), offset, range)?);
            let place = extent.memory as usize;
            images.resize(images.len().max(place.saturating_add(1)), None);
            if let Some(entry) = images.get_mut(place) {
                *entry = Some(image);
            }
        }
        Ok(Self(images))
    }

    /// The image of the defined memory at this place.
    pub(crate) fn get(&self, memory: usize) -> Option<&Arc<MemoryImage>> {
        self.0.get(memory)?.as_ref()
    }

    /// How many memories have one.
    pub(crate) fn count(&self) -> usize {
        self.0.iter().flatten().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Engine, Module};

    fn module(text: &str) -> Module {
        Module::new(&Engine::new(&Config::new()).unwrap(), &wat::parse_str(text).unwrap()).unwrap()
    }

    fn ranges(text: &str) -> Vec<(u32, Range<u64>)> {
        let page = page_size() as u64;
        let all = extents(module(text).info()).into_iter();
        all.map(|extent| (extent.memory, extent.range.start / page..extent.range.end / page)).collect()
    }

    #[test]
    fn segments_that_fit_are_laid_out() {
        let text = r#"(module (memory 2) (memory 1)
            (data (i32.const 5) "first") (data (i32.const 7) "XY") (data (i32.const 65536) "z")
            (data (memory 1) (i32.const 10) "second") (data "passive") (data (i32.const 131072) ""))"#;
        let pages = 65_536 / page_size() as u64;
        assert_eq!(ranges(text), [(0, 0..pages + 1), (1, 0..1)]);
        let module = module(text);
        let images = Images::of(module.info());
        let first = images.get(0).unwrap();
        assert_eq!((&first.bytes()[4..12], first.bytes()[65_536]), (&b"\0fiXYt\0\0"[..], b'z'));
        assert_eq!(&images.get(1).unwrap().bytes()[9..17], b"\0second\0");
        assert_eq!((images.count(), images.get(2).is_none()), (2, true));
    }

    #[test]
    fn others_are_left_to_the_slow_way() {
        for text in [
            r#"(module (memory 1) (data (i32.const 0) "a") (data (i32.const 65536) "b"))"#,
            r#"(module (memory 1) (data (i32.const -1) "ab"))"#,
            r#"(module (memory (import "a" "b") 1) (data (i32.const 0) "a"))"#,
            r#"(module (import "a" "b" (global $g i32)) (memory 1) (data (global.get $g) "a"))"#,
            r#"(module (memory 0) (data (i32.const 1) ""))"#,
            r#"(module (memory 65536) (data (i32.const 0) "a") (data (i32.const -1) "b"))"#,
            r"(module (memory 1))",
        ] {
            assert_eq!(ranges(text), [], "{text}");
        }
    }
}
