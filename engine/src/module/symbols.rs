//! What backtraces are told with: the sections of a module that name its functions and places, kept as they are and read
//! when a backtrace is looked at.

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "dwarf")]
use super::dwarf::Dwarf;
use super::names::Names;
use crate::artifact::bytes::Bytes;
use crate::trap::Location;

macro_rules! debug_sections {
    ($($name:ident = $text:literal;)*) => {
        /// The custom sections of debug information that are kept.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum DebugSection {
            $(#[doc = $text] $name,)*
        }

        impl DebugSection {
            /// The section with this name, if it is one that is kept.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name.
            #[cfg(feature = "dwarf")]
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

debug_sections! {
    Abbrev = ".debug_abbrev";
    Addr = ".debug_addr";
    Info = ".debug_info";
    Line = ".debug_line";
    LineStr = ".debug_line_str";
    Ranges = ".debug_ranges";
    RngLists = ".debug_rnglists";
    Str = ".debug_str";
    StrOffsets = ".debug_str_offsets";
}

/// The sections of a module that backtraces need: in its bytes (`B` is a slice) or kept (`B` is [`Bytes`]).
#[derive(Debug, Clone, Default)]
pub(crate) struct SymbolSections<B> {
    /// Contents of the name section.
    pub(crate) names: B,
    /// Offset in the module of the contents of the code section, from which debug information counts.
    pub(crate) code_start: u64,
    /// Sections of debug information; of several with one name the first.
    pub(crate) debug: Vec<(DebugSection, B)>,
}

impl SymbolSections<&[u8]> {
    /// A copy.
    pub(crate) fn copied(&self) -> SymbolSections<Bytes> {
        SymbolSections {
            names: self.names.to_vec().into(),
            code_start: self.code_start,
            debug: self.debug.iter().map(|(kind, bytes)| (*kind, bytes.to_vec().into())).collect(),
        }
    }
}

/// The names and places of a module.
#[derive(Default)]
pub(crate) struct Symbols {
    names: Names,
    code_start: u64,
    #[cfg(feature = "dwarf")]
    dwarf: Dwarf,
}

impl Symbols {
    /// The names and places that these sections tell.
    pub(crate) fn new(sections: SymbolSections<Bytes>) -> Self {
        Self {
            names: Names::new(sections.names),
            code_start: sections.code_start,
            #[cfg(feature = "dwarf")]
            dwarf: Dwarf::new(sections.debug),
        }
    }

    /// The sections.
    pub(crate) fn sections(&self) -> SymbolSections<Bytes> {
        SymbolSections {
            names: self.names.section().clone(),
            code_start: self.code_start,
            #[cfg(feature = "dwarf")]
            debug: self.dwarf.sections().to_vec(),
            #[cfg(not(feature = "dwarf"))]
            debug: Vec::new(),
        }
    }

    /// The name of a function, safe to print.
    pub(crate) fn function(&self, index: u32) -> Option<String> {
        self.names.function(index)
    }

    /// The places in the source of the instruction at this offset in the module: inlined functions first.
    pub(crate) fn places(&self, offset: usize) -> Arc<[Location]> {
        #[cfg(feature = "dwarf")]
        if let Some(address) = (offset as u64).checked_sub(self.code_start) {
            return self.dwarf.places(address);
        }
        let _ = offset;
        Arc::default()
    }
}

impl fmt::Debug for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Symbols").field("code_start", &self.code_start).finish_non_exhaustive()
    }
}
