//! The traps of the canonical ABI: what a guest can get wrong when values cross its boundary. The texts are those that
//! the component test suite expects.

/// A guest broke the canonical ABI. Whatever the variant, the plugin is at fault and its instance is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AbiTrap {
    /// A pointer that is not a multiple of the alignment of what it points at.
    #[error("unaligned pointer")]
    UnalignedPointer,
    /// A pointer to a value that does not lie in memory whole.
    #[error("pointer out of bounds of memory")]
    PointerOutOfBounds,
    /// A string that does not lie in memory whole.
    #[error("string pointer/length out of bounds of memory")]
    StringOutOfBounds,
    /// As above, where one guest passes a string to another.
    #[error("string content out-of-bounds")]
    StringContentOutOfBounds,
    /// A string of 2^28 bytes or more.
    #[error("string of 2^28 bytes or more")]
    StringTooLong,
    /// A string that is not UTF-8.
    #[error("invalid utf-8")]
    InvalidUtf8,
    /// A string that stops in the middle of a UTF-8 sequence.
    #[error("incomplete utf-8 byte sequence")]
    IncompleteUtf8,
    /// A string that is not UTF-16.
    #[error("unpaired surrogate in a utf-16 string")]
    UnpairedSurrogate,
    /// A list that does not lie in memory whole.
    #[error("list pointer/length out of bounds of memory")]
    ListOutOfBounds,
    /// As above, or without room for it in the other, where one guest passes a list to another.
    #[error("list content out-of-bounds")]
    ListContentOutOfBounds,
    /// A list of 2^28 bytes or more.
    #[error("list of 2^28 bytes or more")]
    ListTooLong,
    /// A number that is not a Unicode scalar value.
    #[error("invalid `char` bit pattern")]
    InvalidChar,
    /// A discriminant without a case.
    #[error("invalid variant discriminant")]
    InvalidDiscriminant,
    /// `realloc` gave a pointer that is not aligned as asked.
    #[error("realloc return: result not aligned")]
    ReallocUnaligned,
    /// `realloc` gave a pointer to a place that does not lie in memory whole.
    #[error("realloc return: beyond end of memory")]
    ReallocOutOfBounds,
    /// A value must be put in the guest's memory, but the function has no `memory` or `realloc` option.
    #[error("no memory or realloc to put the value in")]
    NoRealloc,
    /// A call out of the guest at a time when it may not leave (during `realloc` or `post-return`).
    #[error("cannot leave component instance")]
    CannotLeave,
    /// A call into an instance that is already running, or is no longer fit to run.
    #[error("cannot enter component instance")]
    CannotEnter,
    /// A handle that is not in the instance's table.
    #[error("unknown handle index {0}")]
    UnknownHandle(u32),
    /// A handle to another type of resource.
    #[error(
        "handle index {0} used with the wrong type, expected guest-defined resource but found a different guest-defined resource"
    )]
    WrongResource(u32),
    /// A borrow where an own is needed.
    #[error("handle index {0} is a borrow where an owned handle is needed")]
    NotOwned(u32),
    /// An owned handle given away while it is lent.
    #[error("cannot remove owned resource while borrowed")]
    Lent(u32),
    /// A call that ends before the borrows it was given are dropped.
    #[error("borrow handles still remain at the end of the call")]
    BorrowsRemain,
    /// The table of handles is full.
    #[error("resource table has no free keys")]
    TableFull,
}
