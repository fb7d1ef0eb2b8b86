//! The canonical options of one lifted or lowered function. Values only: what they point at lives in the engine.

/// How strings travel in a guest's memory (the `string-encoding` canonical option).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StringEncoding {
    /// UTF-8; lengths count bytes.
    #[default]
    Utf8,
    /// UTF-16, little endian; lengths count code units.
    Utf16,
    /// Latin-1, or UTF-16 when bit 31 of the length is set.
    Latin1OrUtf16,
}
