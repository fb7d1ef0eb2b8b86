//! The parts of an artifact: a header of fixed size, the list of sections, the sections.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | `plugbay` and a zero |
//! | 8..12 | how many sections there are |
//! | 12..16 | how many modules there are |
//! | 16..24 | bytes of the whole artifact |
//! | 24..56 | build, settings |
//! | 56..64 | architecture, page size |
//! | 64..72 | extensions of the processor |
//! | 72..104 | the hash of what it was compiled from |
//! | 104..120 | the number of the key |
//! | 120..128 | zeros |
//! | 128..160 | hash of the header so far and of the list of sections, to tell damage from other circumstances |
//! | 160..192 | the seal: keyed hash of everything else |

use super::bytes::Bytes;
use super::error::{ArtifactError, nonsense};
use super::made_for::MadeFor;
use super::seal::SourceHash;
use super::table::{Record, Table, u32_at};
use crate::module::symbols::DebugSection;

/// Bytes of the header.
pub(super) const HEADER: usize = 192;

/// Bytes of the header that the seal covers.
pub(super) const SEALED: usize = 160;

/// Bytes of the header that its own hash covers, besides the list of sections.
const CHECKED: usize = 128;

const MAGIC: &[u8; 8] = b"plugbay\0";

/// Sections that no artifact has more of.
const MAX_SECTIONS: u32 = 1 << 20;

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What the maker put in (of no module).
    Extra,
    /// The declarations.
    Info,
    /// The text, from a page boundary on.
    Text,
    /// Where functions lie in it.
    Functions,
    /// Instructions that trap.
    Traps,
    /// Offsets in the module.
    Positions,
    /// Handlers of exceptions.
    Handlers,
    /// The name section.
    Names,
    /// The bytes of the data segments.
    Data,
    /// The text of the trampolines.
    TrampolineText,
    /// Instructions in it that trap.
    TrampolineTraps,
    /// Where the trampolines of each type lie in it.
    Trampolines,
    /// The images of the memories, from a page boundary on.
    Images,
    /// A section of debug information.
    Debug(DebugSection),
}

impl Kind {
    /// Whether it is machine code.
    #[cfg(feature = "dylib")]
    pub(super) fn is_code(self) -> bool {
        matches!(self, Self::Text | Self::TrampolineText)
    }

    /// The number that stands for it.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Extra => 0,
            Self::Info => 1,
            Self::Text => 2,
            Self::Functions => 3,
            Self::Traps => 4,
            Self::Positions => 5,
            Self::Names => 6,
            Self::Data => 7,
            Self::TrampolineText => 8,
            Self::TrampolineTraps => 9,
            Self::Trampolines => 10,
            Self::Images => 11,
            Self::Handlers => 12,
            Self::Debug(section) => (section as u32).saturating_add(100),
        }
    }
}

/// One section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) module: u32,
    pub(super) kind: u32,
    pub(super) offset: u64,
    pub(super) len: u64,
}

impl Record for Section {
    const SIZE: usize = 24;

    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            module: u32_at(bytes, 0)?,
            kind: u32_at(bytes, 4)?,
            offset: u64_at(bytes, 8)?,
            len: u64_at(bytes, 16)?,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        (self.module, self.kind).write(out);
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(&self.len.to_le_bytes());
    }
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// What the header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) sections: u32,
    pub(super) modules: u32,
    pub(super) len: u64,
    pub(super) made_for: MadeFor,
    pub(super) source: SourceHash,
    pub(super) key: [u8; 16],
}

impl Header {
    /// The header's bytes for this list of sections, without the seal, which is zeros.
    pub(super) fn write(&self, sections: &[u8]) -> [u8; HEADER] {
        let MadeFor { build, config, architecture, page_size, extensions } = &self.made_for;
        let mut out = Vec::from(MAGIC);
        out.extend_from_slice(&self.sections.to_le_bytes());
        out.extend_from_slice(&self.modules.to_le_bytes());
        out.extend_from_slice(&self.len.to_le_bytes());
        out.extend_from_slice(build);
        out.extend_from_slice(config);
        out.extend_from_slice(&architecture.to_le_bytes());
        out.extend_from_slice(&page_size.to_le_bytes());
        out.extend_from_slice(&extensions.to_le_bytes());
        out.extend_from_slice(&self.source.0);
        out.extend_from_slice(&self.key);
        out.resize(CHECKED, 0);
        let check = check(&out, sections);
        out.extend_from_slice(&check);
        let mut header = [0; HEADER];
        header.iter_mut().zip(out).for_each(|(to, from)| *to = from);
        header
    }

    /// Reads the header of an artifact of which `found` bytes are there. Nothing of it is to be trusted.
    pub(super) fn read(bytes: &[u8], found: u64) -> Result<Self, ArtifactError> {
        if !begins(bytes) {
            return Err(ArtifactError::NotAnArtifact);
        }
        let cut = ArtifactError::Truncated { found, expected: HEADER as u64 };
        let header = Self::fields(bytes).ok_or(cut)?;
        if found < header.len {
            return Err(ArtifactError::Truncated { found, expected: header.len });
        }
        if found > header.len {
            return Err(nonsense("there are more bytes than it says"));
        }
        let list = header.sections_end();
        if header.sections > MAX_SECTIONS || list as u64 > header.len || header.modules > header.sections {
            return Err(nonsense("the header"));
        }
        Ok(header)
    }

    fn fields(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER)?;
        Some(Self {
            sections: u32_at(bytes, 8)?,
            modules: u32_at(bytes, 12)?,
            len: u64_at(bytes, 16)?,
            made_for: MadeFor {
                build: array_at(bytes, 24)?,
                config: array_at(bytes, 40)?,
                architecture: u32_at(bytes, 56)?,
                page_size: u32_at(bytes, 60)?,
                extensions: u64_at(bytes, 64)?,
            },
            source: SourceHash(array_at(bytes, 72)?),
            key: array_at(bytes, 104)?,
        })
    }

    /// Where the list of sections ends.
    pub(super) fn sections_end(&self) -> usize {
        HEADER.saturating_add((self.sections as usize).saturating_mul(Section::SIZE))
    }

    /// Whether header and list of sections, `head`, are undamaged (not: who made them).
    pub(super) fn check(head: &[u8]) -> Result<(), ArtifactError> {
        let parts = head.get(..CHECKED).zip(head.get(HEADER..)).zip(array_at::<32>(head, CHECKED));
        match parts {
            Some(((header, sections), expected)) if check(header, sections) == expected => Ok(()),
            _ => Err(nonsense("the header")),
        }
    }
}

/// Whether bytes begin as those of an artifact.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.first_chunk() == Some(MAGIC)
}

fn check(header: &[u8], sections: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new().update(header).update(sections).finalize().as_bytes()
}

/// The seal that an artifact bears.
pub(super) fn seal_of(bytes: &[u8]) -> Option<blake3::Hash> {
    array_at(bytes, SEALED).map(blake3::Hash::from_bytes)
}

/// From where to where all machine code lies, if there is any.
#[cfg(feature = "dylib")]
pub(super) fn code_range(sections: &Table<Section>) -> Option<std::ops::Range<u64>> {
    let code = [Kind::Text.number(), Kind::TrampolineText.number()];
    let mut range = None;
    for section in sections.iter().filter(|section| code.contains(&section.kind)) {
        let end = section.offset.checked_add(section.len)?;
        let (start, so_far) =
            range.map_or((section.offset, end), |range: std::ops::Range<u64>| (range.start, range.end));
        range = Some(start.min(section.offset)..so_far.max(end));
    }
    range
}

/// The part of the artifact's bytes that a section holds; empty if there is no such section.
pub(super) fn find(
    bytes: &Bytes,
    sections: &Table<Section>,
    module: u32,
    kind: Kind,
) -> Result<(u64, Bytes), ArtifactError> {
    let key = (module, kind.number());
    let place = sections.partition_point(|section| (section.module, section.kind) < key);
    let Some(section) = sections.get(place).filter(|section| (section.module, section.kind) == key) else {
        return Ok((0, Bytes::default()));
    };
    let end = section.offset.checked_add(section.len);
    let range = usize::try_from(section.offset).ok().zip(end.and_then(|end| usize::try_from(end).ok()));
    let part = range.and_then(|(start, end)| bytes.slice(start..end));
    part.map(|part| (section.offset, part)).ok_or(nonsense("a section lies outside"))
}
