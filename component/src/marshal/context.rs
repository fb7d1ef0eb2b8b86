//! What lifting and lowering need to know of a guest: its memory, its `realloc`, its table of handles. The traits are
//! the seam to the rest of the crate (and to the tests, which use a plain vector as memory).

use std::any::TypeId;

use super::budget::Budget;
use crate::abi::options::StringEncoding;
use crate::abi::strings::Utf8Window;
use crate::abi::trap::AbiTrap;
use crate::abi::view;
use crate::error::{Error, Result};
use crate::types::ResourceType;
use crate::value::ResourceAny;

/// The guest that values are lowered into.
pub trait Guest {
    /// The `string-encoding` option of the function.
    fn encoding(&self) -> StringEncoding;

    /// The guest's memory as it is now (empty when the function has no `memory` option). Read again after every
    /// `realloc`.
    fn memory(&mut self) -> &mut [u8];

    /// Calls the guest's `realloc` with the guest unable to leave, and gives what it returned, unchecked.
    ///
    /// # Errors
    /// When it traps; [`AbiTrap::NoRealloc`] when the function has none.
    fn realloc(&mut self, old: u32, old_size: u32, align: u32, new_size: u32) -> Result<u32>;

    /// Enters an owned handle in the guest's table. `ty` is absent on the typed path: then the function's own types
    /// must allow it.
    ///
    /// # Errors
    /// When the handle is stale, of another instance or of another type, or lent.
    fn lower_own(&mut self, ty: Option<&ResourceType>, value: ResourceAny) -> Result<u32>;

    /// Lends a resource to the guest for the length of the call: gives the handle, or the representation when the guest
    /// itself defined the type.
    ///
    /// # Errors
    /// As [`Guest::lower_own`].
    fn lower_borrow(&mut self, ty: Option<&ResourceType>, value: ResourceAny) -> Result<u32>;

    /// Enters an owned handle to the host resource `rep` of Rust type `ty`.
    ///
    /// # Errors
    /// When the function has no resource that the linker defined as `ty`.
    fn lower_host_own(&mut self, ty: TypeId, rep: u32) -> Result<u32>;

    /// Lends the host resource `rep` of Rust type `ty` for the length of the call.
    ///
    /// # Errors
    /// As [`Guest::lower_host_own`].
    fn lower_host_borrow(&mut self, ty: TypeId, rep: u32) -> Result<u32>;
}

/// The table of handles of the guest that values are lifted from.
pub trait Handles {
    /// Takes an owned handle out of the guest's table. `ty` is absent on the typed path: then the function's own types
    /// must allow it.
    ///
    /// # Errors
    /// When there is no such handle, or it is of another type, borrowed or lent.
    fn lift_own(&mut self, ty: Option<&ResourceType>, handle: u32) -> Result<ResourceAny>;

    /// Borrows the resource behind a handle for the length of the call.
    ///
    /// # Errors
    /// When there is no such handle, or it is of another type.
    fn lift_borrow(&mut self, ty: Option<&ResourceType>, handle: u32) -> Result<ResourceAny>;

    /// Takes an owned handle to a host resource of Rust type `ty` out of the guest's table; gives its representation.
    ///
    /// # Errors
    /// As [`Handles::lift_own`].
    fn lift_host_own(&mut self, ty: TypeId, handle: u32) -> Result<u32>;

    /// Borrows a host resource of Rust type `ty`; gives its representation.
    ///
    /// # Errors
    /// As [`Handles::lift_borrow`].
    fn lift_host_borrow(&mut self, ty: TypeId, handle: u32) -> Result<u32>;
}

/// What [`Lower`](super::Lower) writes through: the guest's memory behind checks.
#[derive(Debug)]
pub struct LowerContext<'a, G> {
    guest: &'a mut G,
}

impl<'a, G: Guest> LowerContext<'a, G> {
    /// Lowers into `guest`.
    #[must_use]
    pub fn new(guest: &'a mut G) -> Self {
        Self { guest }
    }

    /// The guest.
    #[inline]
    pub fn guest(&mut self) -> &mut G {
        self.guest
    }

    /// The guest's memory alone, found once for many plain values (see [`Layout::plain`](super::Layout::plain)).
    #[inline]
    pub(crate) fn bytes(&mut self) -> Bytes<'_> {
        Bytes(self.guest.memory())
    }

    /// Asks the guest for `size` bytes, and checks what it answers.
    ///
    /// # Errors
    /// When `realloc` traps, or gives what is not aligned or not in memory.
    #[inline]
    pub fn allocate(&mut self, align: u32, size: u32) -> Result<u32> {
        self.reallocate(0, 0, align, size)
    }

    /// Asks the guest for `size` bytes and fills them with as many.
    ///
    /// # Errors
    /// As [`LowerContext::allocate`].
    #[inline]
    pub(crate) fn allocate_filled(&mut self, align: u32, size: u32, bytes: &[u8]) -> Result<u32> {
        let ptr = self.guest.realloc(0, 0, align, size)?;
        if !view::is_aligned(ptr, align) {
            return Err(AbiTrap::ReallocUnaligned.into());
        }
        match view::bytes_mut(self.guest.memory(), ptr, size) {
            Some(window) if window.len() == bytes.len() => window.copy_from_slice(bytes),
            _ => return Err(AbiTrap::ReallocOutOfBounds.into()),
        }
        Ok(ptr)
    }

    /// Asks the guest to resize an allocation, and checks what it answers.
    ///
    /// # Errors
    /// As [`LowerContext::allocate`].
    #[inline]
    pub fn reallocate(&mut self, old: u32, old_size: u32, align: u32, size: u32) -> Result<u32> {
        let ptr = self.guest.realloc(old, old_size, align, size)?;
        if !view::is_aligned(ptr, align) {
            return Err(AbiTrap::ReallocUnaligned.into());
        }
        if !view::is_inside(self.guest.memory().len(), ptr, size) {
            return Err(AbiTrap::ReallocOutOfBounds.into());
        }
        Ok(ptr)
    }

    /// Overwrites the `N` bytes at `ptr`, little endian.
    ///
    /// # Errors
    /// When they do not lie in memory.
    #[inline]
    pub fn store_bytes<const N: usize>(&mut self, ptr: u32, value: [u8; N]) -> Result<()> {
        view::store(self.guest.memory(), ptr, value)
    }

    /// The `len` bytes at `ptr`, to be overwritten.
    ///
    /// # Errors
    /// When they do not lie in memory.
    #[inline]
    pub fn window(&mut self, ptr: u32, len: u32) -> Result<&mut [u8]> {
        view::bytes_mut(self.guest.memory(), ptr, len).ok_or_else(|| AbiTrap::PointerOutOfBounds.into())
    }

    /// Writes the pointer and length of a string or list.
    ///
    /// # Errors
    /// When they do not lie in memory.
    #[inline]
    pub(crate) fn store_range(&mut self, ptr: u32, range: (u32, u32)) -> Result<()> {
        let [begin, length] = [range.0.to_le_bytes(), range.1.to_le_bytes()];
        let [[a, b, c, d], [e, f, g, h]] = [begin, length];
        self.store_bytes(ptr, [a, b, c, d, e, f, g, h])
    }

    /// Writes the discriminant of a variant with `cases` cases.
    ///
    /// # Errors
    /// When it does not lie in memory.
    #[inline]
    pub fn store_discriminant(&mut self, ptr: u32, discriminant: u32, cases: usize) -> Result<()> {
        let bytes = discriminant.to_le_bytes();
        match crate::abi::layout::discriminant_size(cases) {
            1 => self.store_bytes(ptr, [bytes[0]]),
            2 => self.store_bytes(ptr, [bytes[0], bytes[1]]),
            _ => self.store_bytes(ptr, bytes),
        }
    }
}

/// A guest as its memory alone, into which plain values are lowered.
pub(crate) struct Bytes<'a>(&'a mut [u8]);

impl Bytes<'_> {
    /// No memory at all.
    pub(super) fn nothing() -> Self {
        Self(&mut [])
    }
}

impl Guest for Bytes<'_> {
    fn encoding(&self) -> StringEncoding {
        StringEncoding::Utf8
    }

    #[inline]
    fn memory(&mut self) -> &mut [u8] {
        self.0
    }

    fn realloc(&mut self, _: u32, _: u32, _: u32, _: u32) -> Result<u32> {
        Err(not_plain())
    }

    fn lower_own(&mut self, _: Option<&ResourceType>, _: ResourceAny) -> Result<u32> {
        Err(not_plain())
    }

    fn lower_borrow(&mut self, _: Option<&ResourceType>, _: ResourceAny) -> Result<u32> {
        Err(not_plain())
    }

    fn lower_host_own(&mut self, _: TypeId, _: u32) -> Result<u32> {
        Err(not_plain())
    }

    fn lower_host_borrow(&mut self, _: TypeId, _: u32) -> Result<u32> {
        Err(not_plain())
    }
}

#[cold]
fn not_plain() -> Error {
    Error::internal("a plain value called the guest")
}

/// What [`Lift`](super::Lift) reads through: the guest's memory behind checks, and a budget for what the host keeps.
pub struct LiftContext<'a> {
    memory: &'a [u8],
    encoding: StringEncoding,
    handles: &'a mut dyn Handles,
    budget: Budget,
    window: Utf8Window<'a>,
}

impl std::fmt::Debug for LiftContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiftContext").field("budget", &self.budget).finish_non_exhaustive()
    }
}

impl<'a> LiftContext<'a> {
    /// Lifts from `memory` (empty when the function has no `memory` option). At most `budget` bytes of host memory are
    /// spent on the values.
    #[must_use]
    pub fn new(
        memory: &'a [u8],
        encoding: StringEncoding,
        handles: &'a mut dyn Handles,
        budget: u64,
    ) -> Self {
        Self::with_budget(memory, encoding, handles, Budget::bytes(budget))
    }

    /// The same, with limits on single strings and lists.
    pub(crate) fn with_budget(
        memory: &'a [u8],
        encoding: StringEncoding,
        handles: &'a mut dyn Handles,
        budget: Budget,
    ) -> Self {
        Self { memory, encoding, handles, budget, window: Utf8Window::EMPTY }
    }

    /// What may still be lifted.
    #[inline]
    pub(crate) fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    /// The guest's memory.
    #[inline]
    #[must_use]
    pub fn memory(&self) -> &'a [u8] {
        self.memory
    }

    /// The `string-encoding` option of the function.
    #[inline]
    #[must_use]
    pub fn encoding(&self) -> StringEncoding {
        self.encoding
    }

    /// The UTF-8 text at `ptr`.
    #[inline]
    pub(crate) fn utf8(&mut self, ptr: u32, length: u32) -> Result<&'a str> {
        self.window.string(self.memory, ptr, length)
    }

    /// The guest's table of handles.
    #[inline]
    pub fn handles(&mut self) -> &mut dyn Handles {
        self.handles
    }

    /// Spends `bytes` of the budget of this call.
    ///
    /// # Errors
    /// A limit error when that is more than is left.
    #[inline]
    pub fn charge(&mut self, bytes: u64) -> Result<()> {
        self.budget.charge(bytes)
    }

    /// The `N` bytes at `ptr`.
    ///
    /// # Errors
    /// When they do not lie in memory.
    #[inline]
    pub fn load_bytes<const N: usize>(&self, ptr: u32) -> Result<[u8; N]> {
        view::load(self.memory, ptr)
    }

    /// Reads the `u32` at `ptr`.
    ///
    /// # Errors
    /// When it does not lie in memory.
    #[inline]
    pub fn load_u32(&self, ptr: u32) -> Result<u32> {
        Ok(u32::from_le_bytes(self.load_bytes(ptr)?))
    }

    /// Reads the pointer and length of a string or list.
    ///
    /// # Errors
    /// When they do not lie in memory.
    #[inline]
    pub(crate) fn load_range(&self, ptr: u32) -> Result<(u32, u32)> {
        Ok((self.load_u32(ptr)?, self.load_u32(ptr.wrapping_add(4))?))
    }

    /// Reads the discriminant of a variant with `cases` cases.
    ///
    /// # Errors
    /// `invalid variant discriminant` when there is no such case.
    #[inline]
    pub fn load_discriminant(&self, ptr: u32, cases: usize) -> Result<u32> {
        let discriminant = match crate::abi::layout::discriminant_size(cases) {
            1 => u32::from(u8::from_le_bytes(self.load_bytes(ptr)?)),
            2 => u32::from(u16::from_le_bytes(self.load_bytes(ptr)?)),
            _ => self.load_u32(ptr)?,
        };
        crate::abi::load::check_discriminant(discriminant, u32::try_from(cases).unwrap_or(u32::MAX))
    }
}
