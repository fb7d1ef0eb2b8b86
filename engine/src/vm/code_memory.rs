//! Executable memory: written, then made executable and never written again; and the tables that explain its traps.
//!
//! All code of the process lies in one region (`code_region.rs`), so that a signal handler finds the tables
//! (`code_tables.rs`) of a program counter without locks. Code is kept alive by the modules and signatures that own a
//! [`CodeMemory`], which stores keep. Code that is compiled when it is first called is in `lazy_code.rs`.

use std::ptr;
#[cfg(feature = "dylib")]
use std::sync::Arc;

use super::arch;
#[cfg(feature = "dylib")]
use super::code_elsewhere::Registered;
use super::code_region::Room;
use super::code_tables::Tables;
use crate::artifact::code::Code;
use crate::artifact::code::CodeTables;
use crate::error::{Error, Result};
#[cfg(feature = "dylib")]
use crate::sys::library::Library;
use crate::sys::mapping::{Access, page_size};
use crate::sys::sealed_file::SealedFile;

/// Published code. Dropping it unmaps it.
#[derive(Debug)]
pub(crate) struct CodeMemory {
    /// Dropped first: nothing finds the tables any more when they go.
    place: Place,
    tables: Box<Tables>,
}

/// Where code lies. It is kept for being dropped.
#[derive(Debug)]
enum Place {
    /// In the region.
    Room(Room),
    /// In a library that the system loaded.
    #[cfg(feature = "dylib")]
    Library(
        #[expect(dead_code, reason = "kept")] Registered,
        #[expect(dead_code, reason = "kept")] Arc<Library>,
    ),
}

impl CodeMemory {
    /// Copies a text into the region and makes it executable.
    ///
    /// # Errors
    /// `Limit` when the region is full, `Os` when the system refuses memory or executing it.
    pub(crate) fn publish(code: &Code) -> Result<Self> {
        Self::publish_text(&code.text, &code.tables)
    }

    /// The same for text and tables that lie apart.
    ///
    /// # Errors
    /// As for [`Self::publish`].
    pub(crate) fn publish_text(text: &[u8], tables: &CodeTables) -> Result<Self> {
        let room = Room::take(text.len())?;
        let start = room.start();
        let (len, code) = (text.len(), tables.clone());
        let tables = Box::new(Tables { owner: start, start, len, code, ..Tables::default() });
        let size = len.max(1).next_multiple_of(page_size());
        // SAFETY: the room was just taken, so nothing refers to it; it is written before it is made executable, and not any
        // more afterwards; the tables are dropped after the room.
        unsafe {
            room.protect(0, size, Access::ReadWrite)?;
            let base = room.at(0)?.as_ptr();
            ptr::copy_nonoverlapping(text.as_ptr(), base, len);
            room.protect(0, size, Access::ReadExecute)?;
            arch::flush_instructions(base, len);
            room.publish(&raw const *tables);
        }
        Ok(Self { place: Place::Room(room), tables })
    }

    /// Makes the `len` bytes of a sealed file from `start` on executable where they are.
    ///
    /// # Errors
    /// As for [`Self::publish`]; `Os` also when the system does not let files in memory be executed.
    pub(crate) fn publish_mapped(
        file: &SealedFile,
        start: u64,
        len: usize,
        tables: &CodeTables,
    ) -> Result<Self> {
        let size = len.max(1).next_multiple_of(page_size());
        let end = start.checked_add(len as u64);
        if !start.is_multiple_of(page_size() as u64) || end.is_none_or(|end| end > file.len() as u64) {
            return Err(Error::internal("text that cannot be mapped"));
        }
        let room = Room::take(len)?;
        let at = room.start();
        let tables =
            Box::new(Tables { owner: at, start: at, len, code: tables.clone(), ..Tables::default() });
        // SAFETY: the room was just taken, so nothing refers to it; the tables are dropped after the room. Nobody can
        // change or cut off a sealed file; pages of it beyond `len` are never jumped to.
        unsafe {
            room.map(size, file, start)?;
            arch::flush_instructions(room.at(0)?.as_ptr(), len);
            room.publish(&raw const *tables);
        }
        Ok(Self { place: Place::Room(room), tables })
    }

    /// Makes the `len` bytes of a loaded library's code from `offset` on known to the signal handler.
    ///
    /// # Errors
    /// `Limit` when too many libraries are loaded.
    #[cfg(feature = "dylib")]
    pub(crate) fn publish_loaded(
        library: &Arc<Library>,
        offset: usize,
        len: usize,
        tables: &CodeTables,
    ) -> Result<Self> {
        let start = library.address_of(offset, len);
        let start = start.ok_or_else(|| Error::internal("code outside its library"))?;
        let code = tables.clone();
        let tables = Box::new(Tables { owner: start, start, len, code, ..Tables::default() });
        // SAFETY: the tables are dropped after what is registered.
        let registered = unsafe { Registered::new(&tables)? };
        Ok(Self { place: Place::Library(registered, Arc::clone(library)), tables })
    }

    /// The text.
    pub(crate) fn text(&self) -> &[u8] {
        let start = match &self.place {
            Place::Room(room) => room.at(0).map_or(ptr::null(), |base| base.as_ptr().cast_const()),
            #[cfg(feature = "dylib")]
            Place::Library(..) => ptr::with_exposed_provenance(self.tables.start),
        };
        if start.is_null() {
            return &[];
        }
        // SAFETY: published text is readable, `len` bytes long, lives as long as `self` and is not written any more.
        unsafe { std::slice::from_raw_parts(start, self.tables.len) }
    }

    /// What is known about the text.
    pub(crate) fn tables(&self) -> &CodeTables {
        &self.tables.code
    }

    /// What [`locate`](super::code_tables::locate) calls the owner of this code: the address of its first byte.
    pub(crate) fn key(&self) -> usize {
        self.tables.start
    }

    /// Length of the text in bytes.
    pub(crate) fn len(&self) -> usize {
        self.tables.len
    }

    /// Address of the byte at `offset`, which must be within the text.
    pub(crate) fn address_of(&self, offset: u32) -> Result<usize> {
        let offset = offset as usize;
        if offset >= self.tables.len {
            return Err(Error::internal("a function outside its module's text"));
        }
        Ok(self.tables.start + offset)
    }

    /// Address of the defined function with this index (imports do not count).
    pub(crate) fn function(&self, index: u32) -> Result<usize> {
        let range = self.tables.code.functions.get(index as usize);
        let range = range.ok_or_else(|| Error::internal("a function without code"))?;
        self.address_of(range.start)
    }
}

#[cfg(test)]
mod tests {
    use super::super::code_tables::{contains, tables_of};
    use super::*;
    use crate::artifact::code::TrapSite;
    use crate::trap::TrapKind;

    #[test]
    fn published_text_is_found_by_address_and_forgotten_when_dropped() {
        let site = TrapSite { offset: 1, kind: TrapKind::Unreachable };
        let tables = CodeTables { traps: [site].into_iter().collect(), ..CodeTables::default() };
        let code = CodeMemory::publish(&Code { text: vec![0xc3; 70_000], tables }).unwrap();
        let start = code.key();
        let tables = tables_of(start + 69_999).unwrap();
        assert_eq!(tables.trap_at(start + 1), Some(TrapKind::Unreachable));
        assert_eq!(tables.trap_at(start + 2), None);
        assert!(tables_of(start + 70_000).is_none() && contains(start + 70_000));
        assert!(code.address_of(70_000).is_err());
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn published_text_runs() {
        // mov eax, 42; ret
        let text = vec![0xb8, 42, 0, 0, 0, 0xc3];
        let code = CodeMemory::publish(&Code { text, ..Code::default() }).unwrap();
        let address = ptr::with_exposed_provenance::<()>(code.address_of(0).unwrap());
        // SAFETY: the bytes are a function of this type.
        let function: extern "C" fn() -> u32 = unsafe { std::mem::transmute(address) };
        assert_eq!(function(), 42);
    }
}
