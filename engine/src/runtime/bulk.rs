//! The bulk instructions on memories and tables, and dropping segments (Core spec, "Memory Instructions", "Table
//! Instructions"). Bounds are checked first, so that an access that does not fit changes nothing. Long ones look between
//! pieces whether the guest must stop; what was written by then stays written.

use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;

use super::store::StoreInner;
use super::{Memory, Table};
use crate::module::info::ElementItems;
use crate::trap::TrapKind;

/// Bytes that are written between two looks at the clock.
const PIECE: usize = 16 << 20;

/// Elements that are written between two looks at the clock.
const TABLE_PIECE: usize = 1 << 20;

type Outcome = Result<(), TrapKind>;

/// `start..start + len`, if that lies within `size`.
fn within(start: u64, len: u64, size: usize) -> Option<Range<usize>> {
    let end = start.checked_add(len)?;
    if end > size as u64 {
        return None;
    }
    Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

/// The pieces of a copy of `len` things, in the order in which overlapping ones may be copied.
fn pieces(len: usize, piece: usize, backwards: bool) -> impl Iterator<Item = Range<usize>> {
    let count = len.div_ceil(piece);
    (0..count).map(move |index| {
        let start = piece * if backwards { count - 1 - index } else { index };
        start..len.min(start + piece)
    })
}

impl StoreInner {
    fn stop_if_asked(&self) -> Outcome {
        self.interrupted().map_or(Ok(()), Err)
    }

    fn memory_handle(&self, instance: u32, memory: u32) -> Result<(Memory, usize), TrapKind> {
        let handle = self.memory_at(instance, memory).map_err(|_| TrapKind::MemoryOutOfBounds)?;
        let len = self.memory(handle).map_err(|_| TrapKind::MemoryOutOfBounds)?.memory.len();
        Ok((handle, len))
    }

    fn bytes(&mut self, memory: Memory, range: Range<usize>) -> Result<&mut [u8], TrapKind> {
        let bytes = self.memory_mut(memory).ok().map(|memory| memory.memory.bytes_mut());
        bytes.and_then(|bytes| bytes.get_mut(range)).ok_or(TrapKind::MemoryOutOfBounds)
    }

    /// `memory.fill`
    pub(crate) fn memory_fill(
        &mut self,
        instance: u32,
        memory: u32,
        dst: u64,
        value: u8,
        len: u64,
    ) -> Outcome {
        let (memory, size) = self.memory_handle(instance, memory)?;
        let range = within(dst, len, size).ok_or(TrapKind::MemoryOutOfBounds)?;
        for piece in pieces(range.len(), PIECE, false) {
            self.bytes(memory, range.start + piece.start..range.start + piece.end)?.fill(value);
            self.stop_if_asked()?;
        }
        Ok(())
    }

    /// `memory.copy`, from and to (memory, address).
    pub(crate) fn memory_copy(
        &mut self,
        instance: u32,
        dst: (u32, u64),
        src: (u32, u64),
        len: u64,
    ) -> Outcome {
        let (dst_memory, dst_size) = self.memory_handle(instance, dst.0)?;
        let (src_memory, src_size) = self.memory_handle(instance, src.0)?;
        let to = within(dst.1, len, dst_size).ok_or(TrapKind::MemoryOutOfBounds)?;
        let from = within(src.1, len, src_size).ok_or(TrapKind::MemoryOutOfBounds)?;
        for piece in pieces(to.len(), PIECE, to.start > from.start) {
            let from = from.start + piece.start..from.start + piece.end;
            let to = to.start + piece.start;
            if dst_memory == src_memory {
                let end = from.end.max(to + from.len());
                self.bytes(dst_memory, 0..end)?.copy_within(from, to);
            } else {
                let (dst, src) =
                    self.two_memories(dst_memory, src_memory).ok_or(TrapKind::MemoryOutOfBounds)?;
                let to = dst.get_mut(to..to + from.len()).ok_or(TrapKind::MemoryOutOfBounds)?;
                to.copy_from_slice(src.get(from).ok_or(TrapKind::MemoryOutOfBounds)?);
            }
            self.stop_if_asked()?;
        }
        Ok(())
    }

    /// The bytes of two different memories.
    fn two_memories(&mut self, first: Memory, second: Memory) -> Option<(&mut [u8], &[u8])> {
        let (a, b) = (first.instance as usize, second.instance as usize);
        let (first, second) = if a == b {
            let memories = &mut self.instances.get_mut(a)?.memories;
            let [first, second] =
                memories.get_disjoint_mut([first.index as usize, second.index as usize]).ok()?;
            (first, second)
        } else {
            let [a, b] = self.instances.get_disjoint_mut([a, b]).ok()?;
            (a.memories.get_mut(first.index as usize)?, b.memories.get_mut(second.index as usize)?)
        };
        Some((first.memory.bytes_mut(), second.memory.bytes()))
    }

    /// `memory.init`
    pub(crate) fn memory_init(
        &mut self,
        instance: u32,
        memory: u32,
        segment: u32,
        dst: u64,
        src: u32,
        len: u32,
    ) -> Outcome {
        let (memory, size) = self.memory_handle(instance, memory)?;
        let to = within(dst, u64::from(len), size).ok_or(TrapKind::MemoryOutOfBounds)?;
        let data = self.instance(instance).map_err(|_| TrapKind::MemoryOutOfBounds)?;
        let dropped = data.dropped_data.contains(segment);
        // Keeps the segment's bytes while the memory is borrowed.
        let module = data.module().cloned();
        let segment = module.as_ref().and_then(|module| module.info().data.get(segment as usize));
        let bytes = segment.filter(|_| !dropped).map_or(&[][..], |segment| &*segment.bytes);
        let from = within(u64::from(src), u64::from(len), bytes.len());
        let from = from.and_then(|range| bytes.get(range)).ok_or(TrapKind::MemoryOutOfBounds)?;
        for piece in pieces(from.len(), PIECE, false) {
            let at = to.start + piece.start..to.start + piece.end;
            let from = from.get(piece).ok_or(TrapKind::MemoryOutOfBounds)?;
            self.bytes(memory, at)?.copy_from_slice(from);
            self.stop_if_asked()?;
        }
        Ok(())
    }

    /// `data.drop`
    pub(crate) fn data_drop(&mut self, instance: u32, segment: u32) {
        if let Ok(data) = self.instance_mut(instance) {
            data.dropped_data.insert(segment);
        }
    }

    /// `elem.drop`
    pub(crate) fn elem_drop(&mut self, instance: u32, segment: u32) {
        if let Ok(data) = self.instance_mut(instance) {
            data.dropped_elements.insert(segment);
        }
    }

    fn table_handle(&self, instance: u32, table: u32) -> Result<(Table, usize), TrapKind> {
        let handle = self.table_at(instance, table).map_err(|_| TrapKind::TableOutOfBounds)?;
        let len = self.table(handle).map_err(|_| TrapKind::TableOutOfBounds)?.elements.len();
        Ok((handle, len))
    }

    /// `table.fill`
    pub(crate) fn table_fill(
        &mut self,
        instance: u32,
        table: u32,
        start: u64,
        value: u64,
        len: u64,
    ) -> Outcome {
        let (table, size) = self.table_handle(instance, table)?;
        let range = within(start, len, size).ok_or(TrapKind::TableOutOfBounds)?;
        let elements = &self.table(table).map_err(|_| TrapKind::TableOutOfBounds)?.elements;
        for piece in elements.get(range).unwrap_or_default().chunks(TABLE_PIECE) {
            piece.iter().for_each(|element| element.store(value, Relaxed));
            self.stop_if_asked()?;
        }
        Ok(())
    }

    /// `table.copy`, from and to (table, index).
    pub(crate) fn table_copy(
        &mut self,
        instance: u32,
        dst: (u32, u64),
        src: (u32, u64),
        len: u64,
    ) -> Outcome {
        let (dst_table, dst_size) = self.table_handle(instance, dst.0)?;
        let (src_table, src_size) = self.table_handle(instance, src.0)?;
        let to = within(dst.1, len, dst_size).ok_or(TrapKind::TableOutOfBounds)?;
        let from = within(src.1, len, src_size).ok_or(TrapKind::TableOutOfBounds)?;
        let backwards = to.start > from.start;
        let to = self.table(dst_table).ok().and_then(|table| table.elements.get(to));
        let from = self.table(src_table).ok().and_then(|table| table.elements.get(from));
        let (to, from) = to.zip(from).ok_or(TrapKind::TableOutOfBounds)?;
        for piece in pieces(to.len(), TABLE_PIECE, backwards) {
            let (to, from) = (to.get(piece.clone()), from.get(piece));
            let pairs = to.unwrap_or_default().iter().zip(from.unwrap_or_default());
            if backwards {
                pairs.rev().for_each(|(to, from)| to.store(from.load(Relaxed), Relaxed));
            } else {
                pairs.for_each(|(to, from)| to.store(from.load(Relaxed), Relaxed));
            }
            self.stop_if_asked()?;
        }
        Ok(())
    }

    /// `table.init`
    pub(crate) fn table_init(
        &mut self,
        instance: u32,
        table: u32,
        segment: u32,
        dst: u64,
        src: u32,
        len: u32,
    ) -> Outcome {
        const OUTSIDE: TrapKind = TrapKind::TableOutOfBounds;
        let (table, size) = self.table_handle(instance, table)?;
        let to = within(dst, u64::from(len), size).ok_or(OUTSIDE)?;
        let data = self.instance(instance).map_err(|_| OUTSIDE)?;
        let dropped = data.dropped_elements.contains(segment);
        let segment = data.info().and_then(|info| info.elements.get(segment as usize)).filter(|_| !dropped);
        let from = within(u64::from(src), u64::from(len), segment.map_or(0, |segment| segment.items.len()));
        let from = from.ok_or(OUTSIDE)?;
        let Some(segment) = segment else { return Ok(()) };
        let table = self.table(table).map_err(|_| OUTSIDE)?;
        table.touched.store(true, Relaxed);
        let elements = table.elements.get(to).ok_or(OUTSIDE)?;
        for piece in pieces(from.len(), TABLE_PIECE, false) {
            let (start, from) = (piece.start, from.start + piece.start..from.start + piece.end);
            let elements = elements.get(start..).unwrap_or_default().iter();
            match &segment.items {
                ElementItems::Functions(functions) => {
                    for (element, function) in elements.zip(functions.get(from).unwrap_or_default()) {
                        let value = self.func_value_at(instance, *function).map_err(|_| OUTSIDE)?;
                        element.store(value, Relaxed);
                    }
                }
                ElementItems::Expressions(expressions) => {
                    for (element, expression) in elements.zip(expressions.get(from).unwrap_or_default()) {
                        let [value, _] = self.evaluate(instance, expression).map_err(|_| OUTSIDE)?;
                        element.store(value, Relaxed);
                    }
                }
            }
            self.stop_if_asked()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_must_fit() {
        assert_eq!(within(2, 3, 5), Some(2..5));
        assert_eq!(within(5, 0, 5), Some(5..5));
        assert_eq!(within(6, 0, 5), None);
        assert_eq!(within(u64::MAX, 2, 5), None);
    }

    #[test]
    fn pieces_cover_everything_once_in_either_direction() {
        let forwards: Vec<_> = pieces(10, 4, false).collect();
        assert_eq!(forwards, [0..4, 4..8, 8..10]);
        let backwards: Vec<_> = pieces(10, 4, true).collect();
        assert_eq!(backwards, [8..10, 4..8, 0..4]);
        assert_eq!(pieces(0, 4, true).count(), 0);
    }
}
